import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser

from clienteling.models import Client, Role, StaffMember, Store, User
from tests.people import Shop, make_client, make_member


def test_client_for_user_is_who_a_store_of_hers_knows(shop: Shop) -> None:
    theirs = make_client(shop.other, "Mira", "Okafor")
    assert list(Client.objects.for_user(shop.ana.user)) == [shop.lea]
    assert list(Client.objects.for_user(shop.charlie.user)) == [theirs]
    assert set(Client.objects.for_user(shop.helene)) == {shop.lea, theirs}


def test_client_for_user_comes_once_however_many_stores_know_her(shop: Shop) -> None:
    StaffMember.objects.create(store=shop.other, user=shop.ana.user, first_name="Ana")
    shop.lea.know_in(shop.other)
    assert Client.objects.for_user(User.objects.get(pk=shop.ana.user.pk)).count() == 1


def test_client_know_in_twice_is_harmless(shop: Shop) -> None:
    shop.lea.know_in(shop.store)
    assert shop.lea.known_in.count() == 1


def test_for_user_shows_nothing_to_strangers_and_to_who_has_left(shop: Shop) -> None:
    left = make_member(shop.store, "Gone", "Away").user
    left.is_active = False
    left.save()
    for stranger in (AnonymousUser(), left):
        assert not Client.objects.for_user(stranger).exists()
        assert not Store.objects.for_user(stranger).exists()
        assert not StaffMember.objects.calendars_for(stranger).exists()


def test_for_user_ignores_places_that_have_ended(shop: Shop) -> None:
    StaffMember.objects.filter(pk=shop.ana.pk).update(is_active=False)
    assert not Client.objects.for_user(User.objects.get(pk=shop.ana.user.pk)).exists()


def test_calendars_for_are_her_own_or_all_of_a_manager(shop: Shop) -> None:
    assert list(StaffMember.objects.calendars_for(shop.ana.user)) == [shop.ana]
    assert set(StaffMember.objects.calendars_for(shop.marc.user)) == {shop.ana, shop.bo, shop.marc}
    assert StaffMember.objects.calendars_for(shop.helene).count() == 4


def test_managing_one_store_is_not_managing_another(shop: Shop) -> None:
    colleague = make_member(shop.other, "Dan", "Ito")
    StaffMember.objects.create(store=shop.other, user=shop.marc.user, first_name="Marc", role=Role.ASSOCIATE)
    marc = User.objects.get(pk=shop.marc.user.pk)
    assert colleague not in StaffMember.objects.calendars_for(marc)


@pytest.mark.parametrize(
    ("fields", "name", "initials"),
    [
        ({"first_name": "Lea", "last_name": "Noir"}, "Lea Noir", "LN"),
        ({"first_name": "Cher", "last_name": ""}, "Cher", "C"),
        ({"first_name": "", "last_name": "", "email": "x@example.org"}, "Client without a name", "·"),
        ({"first_name": "", "last_name": ""}, "Client without a name", "·"),
        ({"first_name": "太郎", "last_name": "山田"}, "太郎 山田", "太山"),
    ],
)
def test_client_has_a_name_to_show_whatever_is_known(fields: dict[str, str], name: str, initials: str) -> None:
    client = Client(**fields)
    assert (client.full_name, client.initials) == (name, initials)


def test_client_search_wants_all_terms(shop: Shop) -> None:
    assert list(Client.objects.search("noir lea")) == [shop.lea]
    assert list(Client.objects.search("06 12 34")) == [shop.lea]
    assert not Client.objects.search("lea okafor")
    assert not Client.objects.search("")


@pytest.mark.parametrize("query", ["%", "_", "le%r", "le_"])
def test_client_search_takes_wildcards_as_they_are(shop: Shop, query: str) -> None:
    assert not Client.objects.search(query)


@pytest.mark.parametrize(
    ("day", "hours"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25), (dt.date(2026, 5, 6), 24)]
)
def test_store_day_bounds_follow_its_clock(shop: Shop, day: dt.date, hours: int) -> None:
    start, end = shop.store.day_bounds(day)
    assert end - start == dt.timedelta(hours=hours)


def test_user_email_is_found_in_any_case(shop: Shop) -> None:
    assert User.objects.get_by_natural_key("ANA.ROY@shop.test") == shop.ana.user
