from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings import freetime
from bookings.daygrid import day_bounds
from bookings.freetime import FreeTime, Row, reckon
from bookings.models import GroupEvent, TimeSlot, WorkingHours
from tests.people import NOW, Shop, make_booking

Span = tuple[int, str, dt.datetime, dt.datetime]
PARIS = ZoneInfo("Europe/Paris")
ZONES = [PARIS, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]
# Spring and autumn in both halves of the world, and an ordinary day.
DAYS = [dt.date(2026, 3, 28), dt.date(2026, 10, 24), dt.date(2026, 11, 1), dt.date(2026, 4, 4), dt.date(2026, 5, 6)]
HOURS = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(7)]
MINUTE = dt.timedelta(minutes=1)


def at(hour: int, minute: int = 0, day: dt.date = dt.date(2026, 5, 6)) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=PARIS).astimezone(dt.UTC)


def rows_from(*spans: Span) -> list[Row]:
    return [(pk, kind, int(first.timestamp()), int(last.timestamp())) for pk, kind, first, last in spans]


def a_day(*rows: Span, hours: object = HOURS, schedules: object = None, day: dt.date = dt.date(2026, 5, 6)) -> FreeTime:
    start, end = day_bounds(day, PARIS)
    return reckon(
        start=start,
        end=end,
        zone=PARIS,
        weekly_hours=hours,
        schedules={1: schedules},
        people=[1],
        rows=rows_from(*rows),
    )


def test_free_between_what_is_booked_and_within_opening_hours() -> None:
    free = a_day((1, "booked", at(10), at(11)), (1, "booked", at(15, 30), at(16)))
    assert free.is_free(1, at(9), 60)
    assert not free.is_free(1, at(9), 61)
    assert not free.is_free(1, at(8, 55), 30)
    assert not free.is_free(1, at(17, 30), 35)
    assert free.free_until(1, at(11)) == at(15, 30)
    assert free.free_until(1, at(10, 30)) is None
    assert free.free_until(1, at(16, 10)) == at(18)
    assert free.free_from(1, at(10, 30)) == at(11)


def test_the_nearest_time_is_on_the_quarter_and_the_later_one_of_two() -> None:
    free = a_day((1, "booked", at(10), at(11, 5)), (1, "booked", at(12), at(17)))
    assert free.soonest(1, 45, after=at(10)) == at(11, 15)
    assert free.nearest(1, 45, to=at(10), after=at(9)) == at(9, 15)
    assert free.nearest(1, 45, to=at(10, 30), after=at(9)) == at(11, 15)
    assert free.nearest(1, 60, to=at(12), after=at(9)) == at(9)
    assert free.nearest(1, 300, to=at(12), after=at(9)) is None


def test_extra_availability_opens_the_evening_and_busy_time_closes_it_again() -> None:
    rows = ((1, "busy", at(19), at(19, 30)), (1, "available", at(18), at(20)))
    free = a_day(*rows)
    assert free.is_free(1, at(18), 60)
    assert not free.is_free(1, at(18, 30), 60)
    assert free.is_free(1, at(19, 30), 30)


def test_shifts_count_within_opening_hours_and_only_while_they_are_valid() -> None:
    late = [{"from": None, "until": None, "hours": [{"weekday": 2, "start": "14:00", "end": "22:00"}]}]
    free = a_day(schedules=late)
    assert free.is_working(1, at(14))
    assert not free.is_working(1, at(13, 55))
    assert not free.is_working(1, at(18))
    over = [{"from": None, "until": at(0).isoformat(), "hours": late[0]["hours"]}]
    assert not a_day(schedules=over).works_in(1, at(0), at(23))


def test_without_any_hours_nobody_is_hidden() -> None:
    assert a_day(hours=[]).is_free(1, at(3), 60)


def test_how_full_a_day_is_counts_working_time_only() -> None:
    free = a_day((1, "booked", at(9), at(12)), (1, "booked", at(20), at(21)), hours=HOURS)
    assert free.fullness(1, at(0), at(18)) == pytest.approx(1 / 3)
    assert a_day(hours=[{"weekday": 0, "start": "09:00", "end": "18:00"}]).fullness(1, at(0), at(23)) == 0.0


def test_what_is_planned_is_taken() -> None:
    free = a_day()
    free.take(1, at(10), 60)
    assert not free.is_free(1, at(10, 30), 15)
    assert free.is_free(1, at(11), 15)


# --- against a slow reckoning, minute by minute, over clock changes -----------------------------------------


def slow_is_free(
    moment: dt.datetime, minutes: int, rows: list[Span], zone: ZoneInfo, start: dt.datetime, end: dt.datetime
) -> bool:
    """Every five minutes of the wish, on the wall: open, and inside nothing that is booked."""
    for step in range(0, minutes, 5):
        one = moment + step * MINUTE
        wall = one.astimezone(zone)
        if not (start <= one < end) or not 9 <= wall.hour < 18:
            return False
        if any(first < one + 5 * MINUTE and one < last for _pk, _kind, first, last in rows):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), zone=st.sampled_from(ZONES), day=st.sampled_from(DAYS))
def test_agrees_with_a_reckoning_minute_by_minute(seed: int, zone: ZoneInfo, day: dt.date) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    start, end = day_bounds(day, zone)[0], day_bounds(day + dt.timedelta(days=1), zone)[1]
    steps = int((end - start) / (5 * MINUTE))
    rows: list[Span] = []
    for _ in range(dice.randrange(12)):
        first = start + dice.randrange(-12, steps) * 5 * MINUTE + dice.choice([0, 0, 2]) * MINUTE
        rows.append((1, "booked", first, first + dice.choice([15, 30, 47, 90]) * MINUTE))
    free = reckon(start=start, end=end, zone=zone, weekly_hours=HOURS, schedules={}, people=[1], rows=rows_from(*rows))
    minutes = dice.choice([15, 45, 60, 120])
    grid = [start + n * 15 * MINUTE for n in range(int((end - start) / (15 * MINUTE)))]
    possible = [moment for moment in grid if slow_is_free(moment, minutes, rows, zone, start, end)]
    assert [moment for moment in grid if free.is_free(1, moment, minutes)] == possible
    wanted = start + dice.randrange(steps) * 5 * MINUTE
    assert free.soonest(1, minutes, after=wanted) == next((one for one in possible if one >= wanted), None)
    best = min(possible, key=lambda one: (abs(one - wanted), one < wanted), default=None)
    assert free.nearest(1, minutes, to=wanted, after=start) == best


# --- from the mirror ----------------------------------------------------------------------------------------


def test_reads_everything_that_takes_time_in_three_queries(shop: Shop, django_assert_num_queries: object) -> None:
    shop.store.weekly_hours = HOURS
    ana, bo, marc = shop.ana.pk, shop.bo.pk, shop.marc.pk
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW + dt.timedelta(hours=2), [shop.styling], status="cancelled")
    moving = make_booking(shop.ana, shop.lea, NOW + dt.timedelta(hours=4), [shop.styling])
    GroupEvent.objects.create(
        store=shop.store, staff=shop.bo, remote_id="G1", name="Workshop", starts_at=NOW, ends_at=NOW + 90 * MINUTE
    )
    TimeSlot.objects.create(
        store=shop.store, staff=shop.bo, remote_id="T1", kind="busy", starts_at=NOW + 120 * MINUTE,
        ends_at=NOW + 150 * MINUTE,
    )  # fmt: skip
    off = [{"from": None, "until": None, "hours": [{"weekday": 0, "start": "09:00", "end": "18:00"}]}]
    WorkingHours.objects.create(staff=shop.marc, schedules=off)
    start, end = shop.store.day_bounds(dt.date(2026, 5, 6))
    with django_assert_num_queries(3):  # type: ignore[operator]
        free = freetime.read(store=shop.store, people=[ana, bo, marc], start=start, end=end, but=[moving.pk])
    assert not free.is_free(ana, NOW, 30)
    assert free.is_free(ana, NOW + dt.timedelta(hours=2), 180)
    assert free.free_until(bo, NOW + 90 * MINUTE) == NOW + 120 * MINUTE
    assert not free.works_in(marc, start, end)
