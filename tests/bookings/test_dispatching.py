from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings.dispatching import Candidate, Floor, Wish, suggest
from bookings.models import Booking, Service, Status, TimeSlot, WorkingHours
from tests.people import NOW, Shop, make_booking, make_client, make_member

HOUR = dt.timedelta(hours=1)
TOMORROW = NOW + dt.timedelta(days=1)  # Thursday 7 May, 10:00 in Paris
NINE_TO_SIX = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(6)]


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.store.weekly_hours = NINE_TO_SIX
    shop.store.save()
    for service in (shop.styling, shop.fitting):
        service.people.add(shop.ana, shop.bo)
    return shop


def request(shop: Shop, starts_at: dt.datetime | None = TOMORROW, **fields: Any) -> Booking:
    values = {"status": Status.REQUESTED, "staff": None, **fields}
    booking = make_booking(shop.ana, shop.lea, TOMORROW, [shop.styling, shop.fitting])
    times = {} if starts_at else {"starts_at": None, "ends_at": None}
    Booking.objects.filter(pk=booking.pk).update(**values, **times)
    return Booking.objects.with_details().get(pk=booking.pk)


def ranked(booking: Booking) -> tuple[list[Candidate], list[Candidate]]:
    wish = Wish.of(booking)
    return Floor.read(booking.store, [wish], now=NOW).candidates(wish)


def one(found: list[Candidate], name: str) -> Candidate:
    return next(candidate for candidate in found if candidate.staff.first_name == name)


def test_who_is_free_at_the_time_comes_before_who_saw_the_client_last(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, TOMORROW, [shop.fitting])
    make_booking(shop.ana, shop.lea, NOW - dt.timedelta(days=60), [shop.styling], presence="arrived")
    can, _cannot = ranked(request(shop))
    assert [candidate.staff.first_name for candidate in can] == ["Bo", "Ana"]
    assert can[0].reasons == ["free Thu 7 May, 10:00", "does both", "0 that day, 0 that week, the lightest"]
    assert can[1].reasons == [
        "busy at 10:00; free 10:30",
        "saw the client last, Sat 7 Mar",
        "does both",
        "1 that day, 1 that week",
    ]


def test_among_equals_who_saw_the_client_last_then_who_has_least_to_do(shop: Shop) -> None:
    cy = make_member(shop.store, "Cy", "Moss")
    for service in (shop.styling, shop.fitting):
        service.people.add(cy)
    make_booking(shop.ana, make_client(shop.store, "Mo", "Ray"), TOMORROW + 4 * HOUR, [shop.fitting])
    assert [one.staff.first_name for one in ranked(request(shop))[0]] == ["Bo", "Cy", "Ana"]
    make_booking(shop.ana, shop.lea, NOW - dt.timedelta(days=60), [shop.styling], presence="arrived")
    assert [one.staff.first_name for one in ranked(request(shop))[0]] == ["Ana", "Bo", "Cy"]


def test_whom_the_client_asked_for_comes_first(shop: Shop) -> None:
    can, _cannot = ranked(request(shop, staff=shop.bo))
    assert can[0].staff == shop.bo
    assert "asked for by the client" in can[0].reasons


def test_nobody_is_left_out_without_a_reason(shop: Shop) -> None:
    shop.fitting.people.remove(shop.bo)
    TimeSlot.objects.create(
        store=shop.store, staff=shop.ana, remote_id="T1", kind="busy", starts_at=NOW - HOUR, ends_at=NOW + 47 * HOUR
    )
    WorkingHours.objects.create(
        staff=shop.ana,
        schedules=[{"from": None, "until": None, "hours": [{"weekday": 3, "start": "09:00", "end": "10:00"}]}],
    )
    can, cannot = ranked(request(shop))
    assert can == []
    assert {candidate.staff.first_name: candidate.why_not for candidate in cannot} == {
        "Ana": "no free time long enough until Sun 24 May",
        "Bo": "does not do Fitting",
        "Marc": "does not do Styling, Fitting",
    }


def test_a_day_off_is_said(shop: Shop) -> None:
    WorkingHours.objects.create(
        staff=shop.bo,
        schedules=[{"from": None, "until": None, "hours": [{"weekday": 4, "start": "09:00", "end": "18:00"}]}],
    )
    bo = one(ranked(request(shop))[0], "Bo")
    assert bo.reasons[0] == "off that day; free Fri 8 May, 09:00"
    assert not bo.is_wished


def test_without_word_of_who_does_what_practice_counts(shop: Shop) -> None:
    Service.people.through.objects.all().delete()
    for weeks in (1, 2):
        make_booking(shop.bo, shop.lea, NOW - dt.timedelta(weeks=weeks), [shop.styling], presence="arrived")
    can, cannot = ranked(request(shop))
    assert cannot == []
    assert "has done Styling 2 times lately, not known to have done Fitting" in one(can, "Bo").reasons


def test_times_the_client_proposed_are_searched_in_order(shop: Shop) -> None:
    spells = [[TOMORROW.isoformat(), (TOMORROW + 2 * HOUR).isoformat()], ["no", "times"]]
    booking = request(shop, None, proposed_times=spells)
    make_booking(shop.ana, shop.lea, TOMORROW, [shop.fitting])
    make_booking(shop.bo, shop.lea, TOMORROW + HOUR, [shop.fitting])
    can, _cannot = ranked(booking)
    assert one(can, "Ana").starts_at == TOMORROW + HOUR / 2
    assert one(can, "Ana").is_wished
    assert not one(can, "Bo").is_wished
    assert one(can, "Bo").reasons[0].startswith("first free Thu 7 May, 11:30") or one(can, "Bo").starts_at


def test_queries_stay_the_same_for_any_number_of_people(shop: Shop, django_assert_max_num_queries: Any) -> None:
    booking = request(shop)
    for number in range(30):
        shop.styling.people.add(make_member(shop.store, f"P{number}", "Many"))
    with django_assert_max_num_queries(8):
        ranked(booking)


def test_several_are_shared_out_and_what_was_given_counts(shop: Shop) -> None:
    wishes = [Wish.of(request(shop)) for _ in range(3)]
    found = suggest(Floor.read(shop.store, wishes, now=NOW), wishes)
    first, second, third = found
    assert first.chosen
    assert second.chosen
    assert {first.chosen.staff, second.chosen.staff} == {shop.ana, shop.bo}
    assert third.chosen is None, "nobody else is free then: another time is for a person to choose"
    assert {candidate.staff for candidate in third.options} == {shop.ana, shop.bo}


def test_of_somebody_who_cannot_be_booked_online_nothing_is_told(shop: Shop) -> None:
    shop.marc.is_online = False
    shop.marc.save()
    can, cannot = ranked(request(shop))
    assert cannot == []
    assert "not known to have done Styling, not known to have done Fitting" in one(can, "Marc").reasons
