import datetime as dt
from typing import Any

import pytest

from bookings import history
from bookings.history import Filters
from bookings.models import Booking, Change, Kind, Presence, Status
from clienteling.models import Client, StaffMember, Store, User
from tests.people import NOW, Shop, make_booking, make_client, make_service

pytestmark = pytest.mark.usefixtures("clock")
DAY = dt.timedelta(days=1)


def read(shop: Shop, user: User | None = None, **filters: Any) -> history.History:
    user = user or shop.ana.user
    stores = list(Store.objects.for_user(user))
    return history.read(shop.lea, user=user, stores=stores, filters=Filters(**filters), now=NOW)


def past_of(found: history.History) -> list[Booking]:
    return [booking for _, bookings in found.years for booking in bookings]


def visit(shop: Shop, days_ago: float, staff: StaffMember | None = None, **fields: Any) -> Booking:
    values = {"presence": Presence.ARRIVED, "is_completed": True} | fields
    return make_booking(staff or shop.ana, shop.lea, NOW - days_ago * DAY, [shop.styling], **values)


def lea_as(shop: Shop, user: User) -> Any:
    return history.with_facts(Client.objects.for_user(user), user=user).get(pk=shop.lea.pk)


def test_every_booking_is_either_coming_or_past_and_never_both(shop: Shop) -> None:
    times = (NOW - 40 * DAY, NOW - dt.timedelta(minutes=20), NOW + 3 * DAY)
    for starts_at in times:
        for status in (Status.CONFIRMED, Status.REQUESTED, Status.CANCELLED, Status.UNKNOWN, Status.SENDING):
            for presence in Presence.values:
                make_booking(shop.ana, shop.lea, starts_at, [shop.styling], status=status, presence=presence)
    make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling], presence=Presence.ARRIVED, is_completed=True)
    found, later = read(shop), read(shop, page=2)
    coming, past = set(found.coming), set(past_of(found)) | set(past_of(later))
    assert coming | past == set(Booking.objects.all())
    assert not coming & past


def test_coming_are_soonest_first_and_requests_without_a_time_last(shop: Shop) -> None:
    undated = make_booking(shop.ana, shop.lea, NOW, [shop.styling], status=Status.REQUESTED)
    Booking.objects.filter(pk=undated.pk).update(starts_at=None, ends_at=None, booked_at=NOW - DAY)
    later = make_booking(shop.ana, shop.lea, NOW + 5 * DAY, [shop.styling])
    sooner = make_booking(shop.bo, shop.lea, NOW + DAY, [shop.styling])
    now_here = make_booking(shop.ana, shop.lea, NOW - DAY / 48, [shop.styling], presence=Presence.ARRIVED)
    assert read(shop).coming == [now_here, sooner, later, undated]


def test_past_holds_what_was_called_off_and_not_what_was_never_accepted(shop: Shop) -> None:
    cancelled = make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling], status=Status.CANCELLED)
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling], status=Status.REFUSED, remote_id=None)
    assert past_of(read(shop)) == [cancelled]


def test_past_shows_a_request_called_off_before_it_had_a_time_where_it_was_made(shop: Shop) -> None:
    older, newer = visit(shop, 20), visit(shop, 5)
    undated = make_booking(shop.ana, shop.lea, NOW, [shop.styling], status=Status.CANCELLED)
    Booking.objects.filter(pk=undated.pk).update(starts_at=None, ends_at=None, booked_at=NOW - 10 * DAY)
    assert past_of(read(shop)) == [newer, undated, older]


def test_past_is_in_years_of_the_stores_clock(shop: Shop) -> None:
    new_year_in_paris = dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC)
    booking = make_booking(shop.ana, shop.lea, new_year_in_paris, [shop.styling])
    assert read(shop).years == [(2026, [booking])]


def test_past_comes_in_pages_in_either_order(shop: Shop) -> None:
    visits = [visit(shop, number + 1) for number in range(history.PAGE_SIZE + 2)]
    first, second = read(shop), read(shop, page=2)
    assert (first.has_more, second.has_more) == (True, False)
    assert past_of(first) + past_of(second) == visits
    assert past_of(read(shop, oldest_first=True))[0] == visits[-1]
    assert past_of(read(shop, page=3)) == []


def test_a_full_last_page_has_no_more(shop: Shop) -> None:
    for number in range(history.PAGE_SIZE):
        visit(shop, number + 1)
    assert not read(shop).has_more


def test_past_is_filtered_by_store_and_kind(shop: Shop) -> None:
    here = visit(shop, 3)
    workshop = visit(shop, 4, kind=Kind.GROUP_RESERVATION)
    there = visit(shop, 5, staff=shop.charlie)
    assert past_of(read(shop, user=shop.helene)) == [here, workshop, there]
    assert past_of(read(shop, user=shop.helene, store=shop.other.pk)) == [there]
    assert past_of(read(shop, user=shop.helene, kind=Kind.GROUP_RESERVATION)) == [workshop]


def test_a_period_is_told_by_the_clock_of_each_store(shop: Shop) -> None:
    one_in_the_morning_in_paris = dt.datetime(2026, 4, 10, 23, 0, tzinfo=dt.UTC)
    in_paris = make_booking(shop.ana, shop.lea, one_in_the_morning_in_paris, [shop.styling])
    in_new_york = make_booking(shop.charlie, shop.lea, one_in_the_morning_in_paris, [shop.styling])
    tenth, eleventh = dt.date(2026, 4, 10), dt.date(2026, 4, 11)
    assert past_of(read(shop, user=shop.helene, since=tenth, until=tenth)) == [in_new_york]
    assert past_of(read(shop, user=shop.helene, since=eleventh)) == [in_paris]
    assert past_of(read(shop, user=shop.helene, until=dt.date(2026, 4, 9))) == []


def test_filters_leave_what_is_coming_alone(shop: Shop) -> None:
    coming = make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling])
    assert read(shop, kind=Kind.OTHER, until=dt.date(2020, 1, 1)).coming == [coming]


def test_bookings_of_a_store_she_does_not_work_in_are_neither_shown_nor_counted(shop: Shop) -> None:
    visit(shop, 3, staff=shop.charlie)
    make_booking(shop.charlie, shop.lea, NOW + DAY, [shop.styling])
    found, lea = read(shop), lea_as(shop, shop.ana.user)
    assert (found.coming, past_of(found)) == ([], [])
    assert (lea.visits, lea.last_visit_at, lea.usual_associate) == (0, None, None)


def test_bookings_of_other_clients_are_not_hers(shop: Shop) -> None:
    mira = make_client(shop.store, "Mira", "Okafor")
    make_booking(shop.ana, mira, NOW - DAY, [shop.styling])
    make_booking(shop.ana, mira, NOW + DAY, [shop.styling])
    found = read(shop)
    assert (found.coming, found.years) == ([], [])


def test_a_booking_says_whether_the_person_may_act_on_it_and_whether_somebody_does(shop: Shop) -> None:
    own = make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling])
    make_booking(shop.bo, shop.lea, NOW + 2 * DAY, [shop.styling])
    Change.begin(booking=own, kind=Change.Kind.MOVE, author=shop.ana.user, author_name="Ana")
    facts = [(row.is_changeable, row.has_open_change) for row in read(shop).coming]  # type: ignore[attr-defined]
    assert facts == [(True, True), (False, False)]
    assert all(row.is_changeable for row in read(shop, user=shop.marc.user).coming)  # type: ignore[attr-defined]


def test_very_many_coming_bookings_are_cut_off_visibly(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_COMING", 2)
    sooner, later, _ = (make_booking(shop.ana, shop.lea, NOW + n * DAY, [shop.styling]) for n in (1, 2, 3))
    found = read(shop)
    assert (found.coming, found.has_more_coming) == ([sooner, later], True)
    assert past_of(found) == []


def test_reading_takes_two_queries_whatever_there_is(shop: Shop, django_assert_num_queries: Any) -> None:
    stores = list(Store.objects.for_user(shop.ana.user))
    for rows in (1, 3):
        for number in range(rows):
            visit(shop, number + rows)
            make_booking(shop.bo, shop.lea, NOW + (number + rows) * DAY, [shop.styling, shop.fitting])
        with django_assert_num_queries(2):
            found = history.read(shop.lea, user=shop.ana.user, stores=stores, filters=Filters(), now=NOW)
            assert all(row.title and row.staff and row.store.zone for row in [*found.coming, *past_of(found)])


def test_facts_count_visits_and_no_shows(shop: Shop) -> None:
    latest = visit(shop, 3)
    visit(shop, 30)
    visit(shop, 50, is_completed=False)
    visit(shop, 60, presence=Presence.NO_SHOW, is_completed=False)
    visit(shop, 70, status=Status.CANCELLED, presence=Presence.ARRIVED, is_completed=False)
    lea = lea_as(shop, shop.ana.user)
    assert (lea.visits, lea.no_shows, lea.last_visit_at) == (3, 1, latest.starts_at)
    assert lea.last_visit_zone == "Europe/Paris"


def test_the_usual_associate_is_who_served_her_most_and_of_equals_the_latest(shop: Shop) -> None:
    visit(shop, 10, staff=shop.ana)
    visit(shop, 5, staff=shop.bo)
    assert lea_as(shop, shop.ana.user).usual_associate == "Bo"
    visit(shop, 20, staff=shop.ana)
    assert lea_as(shop, shop.ana.user).usual_associate == "Ana"


def test_who_did_not_come_was_served_by_nobody(shop: Shop) -> None:
    visit(shop, 10, presence=Presence.NO_SHOW, is_completed=False)
    assert lea_as(shop, shop.ana.user).usual_associate is None


def test_facts_tell_the_last_booking_of_all_stores(shop: Shop) -> None:
    booking = make_booking(shop.charlie, shop.lea, NOW + DAY, [make_service(shop.other, "Brows", 30)])
    assert lea_as(shop, shop.ana.user).last_booking_at == booking.ends_at


def test_lookalikes_share_an_email_address_or_a_phone_number(shop: Shop) -> None:
    same_email = make_client(shop.store, "Léa", "Noire", email="Lea.Noir@example.org")
    same_phone = make_client(shop.store, "L", "N", home_phone="+33612345678")
    make_client(shop.store, "Mira", "Okafor", email="lea.noir@example.org.uk", mobile_phone="+336123456789")
    make_client(shop.other, "Lea", "Elsewhere", email="lea.noir@example.org")
    assert set(history.lookalikes(shop.lea, user=shop.ana.user)) == {same_email, same_phone}


def test_lookalikes_of_who_left_no_contact_are_none_and_cost_nothing(
    shop: Shop, django_assert_num_queries: Any
) -> None:
    silent = make_client(shop.store, "Vera", "Still")
    make_client(shop.store, "Vera", "Still")
    with django_assert_num_queries(0):
        assert history.lookalikes(silent, user=shop.ana.user) == []
