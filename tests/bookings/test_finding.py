import datetime as dt
from typing import Any

import pytest

from bookings import finding
from bookings.models import Presence, Status
from clienteling.models import Store, User
from tests.people import NOW, Shop, make_booking, make_client

pytestmark = pytest.mark.usefixtures("clock")
DAY = dt.timedelta(days=1)


def search(shop: Shop, query: str, user: User | None = None) -> tuple[list[finding.Found], bool]:
    user = user or shop.ana.user
    return finding.search(query, user=user, stores=list(Store.objects.for_user(user)), now=NOW)


def familiar(shop: Shop, user: User) -> finding.Familiar:
    stores = list(Store.objects.for_user(user))
    return finding.familiar(user=user, store=shop.store, stores=stores, now=NOW)


def names(rows: list[finding.Found]) -> list[str]:
    return [row.client.first_name for row in rows]


def test_search_tells_last_visit_next_booking_and_stores(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, NOW - 30 * DAY, [shop.styling], presence=Presence.ARRIVED)
    last = make_booking(shop.bo, shop.lea, NOW - 2 * DAY, [shop.styling], presence=Presence.ARRIVED)
    make_booking(shop.bo, shop.lea, NOW - DAY, [shop.styling], presence=Presence.NO_SHOW)
    coming = make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW + 9 * DAY, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW + DAY / 2, [shop.styling], status=Status.CANCELLED)
    (row,), has_more = search(shop, "lea")
    assert (row.last, row.next) == (
        finding.Moment(last.starts_at, shop.store),
        finding.Moment(coming.starts_at, shop.store),
    )
    assert (row.stores, has_more) == (["Paris Opéra"], False)


def test_search_tells_nothing_of_other_stores(shop: Shop) -> None:
    shop.lea.know_in(shop.other)
    make_booking(shop.charlie, shop.lea, NOW - DAY, [shop.styling], presence=Presence.ARRIVED)
    make_booking(shop.charlie, shop.lea, NOW + DAY, [shop.styling])
    (row,), _ = search(shop, "lea")
    assert (row.stores, row.last, row.next) == (["Paris Opéra"], None, None)
    (row,), _ = search(shop, "lea", user=shop.helene)
    assert row.stores == ["New York SoHo", "Paris Opéra"]
    assert row.last
    assert row.last.store == shop.other


def test_search_finds_no_strangers(shop: Shop) -> None:
    assert search(shop, "lea", user=shop.charlie.user) == ([], False)


def test_search_stops_at_its_most_and_says_so(shop: Shop) -> None:
    for number in range(finding.MOST_FOUND):
        make_client(shop.store, f"Nora{number}")
    assert search(shop, "nora")[1] is False
    make_client(shop.store, "Nora99")
    rows, has_more = search(shop, "nora")
    assert (len(rows), has_more) == (finding.MOST_FOUND, True)


def test_search_takes_four_queries_for_one_and_for_three(shop: Shop, django_assert_num_queries: Any) -> None:
    stores = list(Store.objects.for_user(shop.ana.user))
    for number in range(3):
        client = make_client(shop.store, f"Nora{number}")
        make_booking(shop.ana, client, NOW + DAY, [shop.styling])
    for query in ("nora1", "nora"):
        with django_assert_num_queries(4):
            finding.search(query, user=shop.ana.user, stores=stores, now=NOW)


def test_familiar_are_own_clients_of_today_by_time_then_those_seen_lately(shop: Shop) -> None:
    for name, when, staff in (
        ("Late", NOW + DAY / 6, shop.ana),
        ("Early", NOW - DAY / 12, shop.ana),
        ("Bos", NOW, shop.bo),
        ("Yesterday", NOW - DAY, shop.ana),
        ("Before", NOW - 9 * DAY, shop.ana),
        ("Old", NOW - 60 * DAY, shop.ana),
        ("Tomorrow", NOW + DAY, shop.ana),
    ):
        make_booking(staff, make_client(shop.store, name), when, [shop.styling])
    found = familiar(shop, shop.ana.user)
    assert (names(found.today), names(found.lately)) == (["Early", "Late"], ["Yesterday", "Before"])


def test_familiar_to_head_office_are_clients_of_the_store(shop: Shop) -> None:
    make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    assert names(familiar(shop, shop.helene).today) == ["Lea"]


def test_familiar_names_nobody_twice_and_nobody_who_was_forgotten(shop: Shop) -> None:
    gone = make_client(shop.store, "Gone")
    for client in (shop.lea, gone):
        make_booking(shop.ana, client, NOW, [shop.styling])
        make_booking(shop.ana, client, NOW - DAY, [shop.styling])
    gone.anonymise(at=NOW)
    found = familiar(shop, shop.ana.user)
    assert (names(found.today), found.lately) == (["Lea"], [])


def test_familiar_without_a_store_is_nobody(shop: Shop) -> None:
    assert finding.familiar(user=shop.ana.user, store=None, stores=[], now=NOW) == finding.Familiar([], [])
