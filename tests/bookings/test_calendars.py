"""What a calendar says, before it is drawn."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings.calendars import Calendar, Event, read
from bookings.models import Change, GroupEvent, TimeSlot
from tests.people import NOW, Shop, make_booking, make_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOUR = dt.timedelta(hours=1)


def calendar(shop: Shop, person: str = "ana") -> Calendar:
    start, end = shop.store.day_bounds(NOW.date())
    return read(staff=shop.ana, user=getattr(shop, person).user, start=start, end=end, now=NOW)


def only_event(shop: Shop) -> Event:
    (event,) = calendar(shop).events
    return event


def test_read_puts_a_booking_into_store_local_words(shop: Shop) -> None:
    make_booking(
        shop.ana, shop.lea, NOW + HOUR, [shop.styling, shop.fitting], client_request="Ivory", quick_note="Late"
    )
    event = only_event(shop)
    assert (event.time, event.until, event.who, event.what) == ("11:00", "12:30", "Lea Noir", "Styling, Fitting")
    assert (event.status, event.status_label) == ("confirmed", "Confirmed")
    assert (event.client_request, event.quick_note, event.client_note) == ("Ivory", "Late", "Prefers the quiet room")


def test_read_finds_nothing_of_colleagues_other_days_or_refused(shop: Shop) -> None:
    make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW + 24 * HOUR, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW, [shop.styling], status="refused", remote_id=None)
    assert calendar(shop) == Calendar([], [])


def test_read_finds_nothing_for_a_stranger(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    assert calendar(shop, "charlie").events == []


def test_read_keeps_cancelled_ones_apart(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling], status="cancelled")
    found = calendar(shop)
    assert found.events == []
    assert [event.status for event in found.cancelled] == ["cancelled"]


def test_read_tells_a_client_who_was_deleted_or_anonymised(shop: Shop) -> None:
    make_booking(shop.ana, None, NOW, [shop.styling])
    shop.lea.anonymise(at=NOW)
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    assert [event.who for event in calendar(shop).events] == ["No client", "Anonymised client"]


def test_booking_over_midnight_is_read_on_both_days(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, dt.datetime(2026, 5, 5, 21, 30, tzinfo=dt.UTC), [shop.styling])
    assert [event.time for event in calendar(shop).events] == ["23:30"]


@pytest.mark.parametrize(
    ("fields", "movable"),
    [({}, True), ({"presence": "arrived"}, False), ({"status": "sending", "remote_id": None}, False)],
)
def test_only_what_can_be_moved_has_a_move_url(shop: Shop, fields: dict[str, Any], movable: bool) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling], **fields)
    assert only_event(shop).move_url == (f"/bookings/{booking.pk}/move/" if movable else "")


def test_open_move_is_told_and_cannot_be_moved_again(shop: Shop) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    wanted = {"starts_at": "2026-05-07T08:30:00+00:00", "staff": shop.ana.pk}
    Change.begin(booking=booking, kind="move", wanted=wanted, author=shop.ana.user, author_name="Ana")
    event = only_event(shop)
    assert event.under_way == "moving to Thu 7 May, 10:30, not confirmed yet"
    assert event.move_url == ""


@pytest.mark.parametrize("kind", Change.Kind.values)
def test_open_change_of_any_kind_is_told(shop: Shop, kind: str) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    wanted = {"starts_at": NOW.isoformat(), "staff": shop.ana.pk}
    Change.begin(booking=booking, kind=kind, wanted=wanted, author=shop.ana.user, author_name="Ana")
    assert only_event(shop).under_way


def test_closed_change_is_not_told(shop: Shop) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    change = Change.begin(booking=booking, kind="arrive", author=shop.ana.user, author_name="Ana")
    change.mark_done(now=NOW)
    assert only_event(shop).under_way == ""


def test_group_events_and_time_slots_stand_in_order_with_bookings(shop: Shop) -> None:
    place = {"store": shop.store, "staff": shop.ana}
    group = GroupEvent.objects.create(
        **place, remote_id="1", name="Workshop", starts_at=NOW, ends_at=NOW + HOUR, places=8, places_taken=3
    )
    TimeSlot.objects.create(
        **place, remote_id="1", kind="busy", label="Lunch", starts_at=NOW + 3 * HOUR, ends_at=NOW + 4 * HOUR
    )
    TimeSlot.objects.create(**place, remote_id="2", kind="available", starts_at=NOW + 9 * HOUR, ends_at=NOW + 10 * HOUR)
    make_booking(shop.ana, shop.lea, NOW + 2 * HOUR, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW, [], kind="group_reservation", group_event=group, ends_at=NOW + HOUR)
    events = calendar(shop).events
    assert [(event.kind, event.who, event.what) for event in events] == [
        ("group", "Workshop", "3 of 8 places taken"),
        ("booking", "Lea Noir", "Styling"),
        ("busy", "Lunch", "Busy"),
        ("available", "Extra availability", ""),
    ]
    assert [guest.who for guest in events[0].guests] == ["Lea Noir"]
    assert [event.is_ground for event in events] == [False, False, False, True]


def test_a_part_of_somebody_elses_booking_stands_there_under_its_client(shop: Shop) -> None:
    booking = make_booking(shop.bo, shop.lea, NOW, [shop.styling, shop.fitting], presence="arrived")
    make_part(booking, shop.ana, NOW + HOUR, "Fitting")
    make_part(booking, shop.ana, NOW + 3 * HOUR, "Styling")
    first, second = calendar(shop).events
    assert (first.kind, first.time, first.until, first.who, first.what) == (
        "booking", "11:00", "12:00", "Lea Noir", "Fitting",
    )  # fmt: skip
    assert (first.url, first.move_url, first.status) == (f"/bookings/{booking.pk}/", "", "arrived")
    assert (second.time, second.what) == ("13:00", "Styling")


def test_reservation_whose_group_event_is_not_here_stands_alone(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, NOW, [], kind="group_reservation", ends_at=NOW + HOUR)
    assert only_event(shop).who == "Lea Noir"


def test_read_costs_four_queries(shop: Shop, django_assert_num_queries: Any) -> None:
    shop.ana.user.memberships  # noqa: B018 - read once per request, not part of this
    for hour in range(5):
        make_booking(shop.ana, shop.lea, NOW + hour * HOUR, [shop.styling, shop.fitting])
    with django_assert_num_queries(4):
        calendar(shop)
