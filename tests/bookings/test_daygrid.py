"""Positions in the calendar.

Clock changes of 2026: Paris 29 March and 25 October, New York 8 March and 1 November.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from bookings import daygrid
from bookings.daygrid import Axis, Box, WallHour, draw, opening, parts, shown_hours, side_by_side, wall_hours

PARIS, NEW_YORK, UTC = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York"), dt.UTC
WEDNESDAY = dt.date(2026, 5, 6)
NOW = dt.datetime(2026, 5, 6, 8, 0, tzinfo=UTC)  # 10:00 in Paris
NINE_TO_SIX = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(7)]


@dataclass(frozen=True)
class Event:
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_ground: bool = False


def utc(*parts_of_it: int) -> dt.datetime:
    return dt.datetime(*parts_of_it, tzinfo=UTC)  # type: ignore[misc, arg-type]


def at(day: dt.date, time: str, minutes: int, zone: ZoneInfo = PARIS) -> Event:
    start = dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=zone).astimezone(UTC)
    return Event(start, start + dt.timedelta(minutes=minutes))


def sheet(
    *events: Event, days: list[dt.date] | None = None, zone: ZoneInfo = PARIS, hours: object = None, limit: int = 4
):
    return draw(days=days or [WEDNESDAY], zone=zone, weekly_hours=hours or [], events=events, limit=limit, now=NOW)


def box_of(event: Event, **options: object) -> Box:
    return sheet(event, **options).columns[0].events[0].box  # type: ignore[arg-type]


# --- hours of a day ------------------------------------------------------------------------------------------


def test_wall_hours_of_an_ordinary_day_are_24() -> None:
    hours = wall_hours(WEDNESDAY, PARIS)
    assert list(hours) == [WallHour(hour, 0) for hour in range(24)]
    assert hours[WallHour(0, 0)] == utc(2026, 5, 5, 22)


@pytest.mark.parametrize(
    ("zone", "day", "missing", "after"),
    [
        (PARIS, dt.date(2026, 3, 29), 2, utc(2026, 3, 29, 1)),
        (NEW_YORK, dt.date(2026, 3, 8), 2, utc(2026, 3, 8, 7)),
    ],
)
def test_wall_hours_lack_the_hour_skipped_in_spring(
    zone: ZoneInfo, day: dt.date, missing: int, after: dt.datetime
) -> None:
    hours = wall_hours(day, zone)
    assert len(hours) == 23
    assert WallHour(missing, 0) not in hours
    assert hours[WallHour(missing + 1, 0)] == after


@pytest.mark.parametrize(
    ("zone", "day", "doubled", "first", "second"),
    [
        (PARIS, dt.date(2026, 10, 25), 2, utc(2026, 10, 25, 0), utc(2026, 10, 25, 1)),
        (NEW_YORK, dt.date(2026, 11, 1), 1, utc(2026, 11, 1, 5), utc(2026, 11, 1, 6)),
    ],
)
def test_wall_hours_have_the_hour_repeated_in_autumn_twice(
    zone: ZoneInfo, day: dt.date, doubled: int, first: dt.datetime, second: dt.datetime
) -> None:
    hours = wall_hours(day, zone)
    assert len(hours) == 25
    assert hours[WallHour(doubled, 0)] == first
    assert hours[WallHour(doubled, 1)] == second


def test_wall_hours_where_midnight_does_not_exist() -> None:
    hours = wall_hours(dt.date(2026, 9, 6), ZoneInfo("America/Santiago"))
    assert next(iter(hours)) == WallHour(1, 0)
    assert len(hours) == 23


def test_wall_hours_where_clocks_change_by_half_an_hour() -> None:
    hours = wall_hours(dt.date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe"))
    assert WallHour(1, 1) in hours


@pytest.mark.parametrize("zone", [PARIS, NEW_YORK, ZoneInfo("Asia/Kathmandu")])
def test_day_bounds_meet_without_a_gap(zone: ZoneInfo) -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    for day, following in zip(days, days[1:], strict=False):
        assert daygrid.day_bounds(day, zone)[1] == daygrid.day_bounds(following, zone)[0]


# --- positions -----------------------------------------------------------------------------------------------


def test_event_stands_at_its_time_and_length() -> None:
    box = box_of(at(WEDNESDAY, "10:15", 45), hours=NINE_TO_SIX)
    assert (box.row, box.rows) == (2 * 12 + 3, 9)  # the sheet starts at 08:00, an hour before opening


def test_event_off_the_five_minutes_covers_the_rows_it_touches() -> None:
    box = box_of(at(WEDNESDAY, "10:07", 10), hours=NINE_TO_SIX)
    assert (box.row, box.rows) == (2 * 12 + 1, 3)


def test_event_without_length_is_still_drawn() -> None:
    assert box_of(at(WEDNESDAY, "10:00", 0)).rows == 1


def test_event_over_midnight_stands_on_both_days() -> None:
    event = at(WEDNESDAY, "23:30", 60)
    drawn = sheet(event, days=[WEDNESDAY, WEDNESDAY + dt.timedelta(days=1)])
    first, second = (column.events[0] for column in drawn.columns)
    assert (first.box.row, first.box.rows, first.from_before, first.goes_on) == (23 * 12 + 6, 6, False, True)
    assert (second.box.row, second.box.rows, second.from_before, second.goes_on) == (0, 6, True, False)


def test_event_that_ends_at_midnight_is_not_on_the_next_day() -> None:
    event = at(WEDNESDAY, "23:00", 60)
    assert parts(event, WEDNESDAY, PARIS)
    assert parts(event, WEDNESDAY + dt.timedelta(days=1), PARIS) is None
    assert box_of(event).rows == 12


def test_event_across_the_skipped_hour_keeps_its_true_length() -> None:
    day = dt.date(2026, 3, 29)
    event = Event(utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30))  # 01:30 to 03:30, one hour
    box = box_of(event, days=[day])
    assert box.rows == 12


def test_events_in_the_repeated_hour_stand_one_after_the_other() -> None:
    day = dt.date(2026, 10, 25)
    first = Event(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 0))  # 02:30 to 03:00, summer time
    second = Event(utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 2, 0))  # 02:30 to 03:00, winter time
    drawn = sheet(first, second, days=[day])
    boxes = [one.box for one in drawn.columns[0].events]
    assert boxes[1].row - boxes[0].row == 12
    assert {box.lanes for box in boxes} == {1}


def test_ten_oclock_is_at_one_height_all_through_a_week_with_a_clock_change() -> None:
    days = [dt.date(2026, 10, 19) + dt.timedelta(days=n) for n in range(7)]  # the clocks go back on the Sunday
    events = [at(day, "10:00", 60) for day in days] + [at(days[0], "00:30", 30)]
    drawn = sheet(*events, days=days)
    rows = {one.box.row for column in drawn.columns for one in column.events if one.event is not events[-1]}
    assert rows == {11 * 12}


def test_hour_that_a_day_does_not_have_is_marked_missing() -> None:
    days = [dt.date(2026, 3, 28), dt.date(2026, 3, 29)]
    drawn = sheet(at(days[0], "00:30", 30), days=days)
    saturday, sunday = drawn.columns
    assert saturday.missing == []
    assert sunday.missing == [Box(2 * 12, 12)]
    assert sunday.starts[2] is None
    assert sunday.starts[3] == utc(2026, 3, 29, 1)


def test_sheet_labels_the_repeated_hour_twice_with_different_offsets() -> None:
    drawn = sheet(at(dt.date(2026, 10, 25), "00:00", 30), days=[dt.date(2026, 10, 25)])
    twice = [n for n in range(len(drawn.hours)) if drawn.is_twice(n)]
    assert twice == [2, 3]
    offsets = [drawn.labels[n].utcoffset() for n in twice]
    assert offsets == [dt.timedelta(hours=2), dt.timedelta(hours=1)]


def test_column_starts_are_the_instants_dragging_snaps_to() -> None:
    column = sheet(hours=NINE_TO_SIX).columns[0]
    assert column.starts[2] == utc(2026, 5, 6, 8)  # the third hour of the sheet is 10:00 in Paris
    assert len(column.starts) == 11


def test_now_line_is_only_on_today_and_only_where_the_hour_is_shown() -> None:
    days = [WEDNESDAY, WEDNESDAY + dt.timedelta(days=1)]
    today, tomorrow = sheet(days=days, hours=NINE_TO_SIX).columns
    assert today.now == Box(24, 1)
    assert tomorrow.now is None
    evening = [{"weekday": 2, "start": "17:00", "end": "21:00"}]
    assert sheet(hours=evening).columns[0].now is None


# --- opening hours -------------------------------------------------------------------------------------------


def test_opening_reads_several_spans_of_a_day() -> None:
    hours = [
        {"weekday": 2, "start": "14:00", "end": "18:30"},
        {"weekday": 2, "start": "09:30", "end": "12:00"},
        {"weekday": 3, "start": "08:00", "end": "20:00"},
    ]
    assert opening(hours, WEDNESDAY) == [(570, 720), (840, 1110)]


def test_opening_past_midnight_belongs_to_both_days() -> None:
    hours = [{"weekday": 2, "start": "18:00", "end": "02:00"}]
    assert opening(hours, WEDNESDAY) == [(1080, 1440)]
    assert opening(hours, WEDNESDAY + dt.timedelta(days=1)) == [(0, 120)]


@pytest.mark.parametrize(
    "hours",
    [
        None,
        "09:00",
        [7],
        [{"weekday": 2}],
        [{"weekday": 2, "start": None, "end": "18:00"}],
        [{"weekday": 2, "start": "nine", "end": "18:00"}],
        [{"weekday": 2, "start": "09:00", "end": "99:99"}],
        [{"weekday": 2, "start": "²1:00", "end": "18:00"}],
    ],
)
def test_opening_leaves_out_what_it_cannot_read(hours: object) -> None:
    assert opening(hours, WEDNESDAY) == []


def test_sheet_shows_closed_time_around_opening_hours() -> None:
    drawn = sheet(hours=NINE_TO_SIX)
    assert [hour.hour for hour in drawn.hours] == list(range(8, 19))
    assert drawn.columns[0].open == [Box(12, 9 * 12)]


def test_sheet_of_a_closed_day_has_no_open_time() -> None:
    assert sheet(hours=[{"weekday": 5, "start": "09:00", "end": "18:00"}]).columns[0].open == []


def test_sheet_of_a_store_without_hours_is_open_and_shows_the_usual_day() -> None:
    drawn = sheet()
    assert (drawn.hours[0].hour, drawn.hours[-1].hour) == (8, 18)
    assert drawn.columns[0].open == [Box(0, 11 * 12)]


def test_shown_hours_reach_to_what_is_booked_outside_opening_hours() -> None:
    early = dt.datetime(2026, 5, 6, 6, 45, tzinfo=PARIS), dt.datetime(2026, 5, 6, 7, 29, tzinfo=PARIS)
    assert shown_hours([(9 * 60, 18 * 60)], [early]) == (6, 19)


def test_shown_hours_stay_within_the_day() -> None:
    assert shown_hours([(0, 24 * 60)], []) == (0, 24)


# --- lanes ---------------------------------------------------------------------------------------------------


def test_lanes_of_events_that_touch_but_do_not_overlap_are_one() -> None:
    placed, more = side_by_side([Box(0, 12), Box(12, 12)], limit=4)
    assert [(box.lane, box.lanes) for box in placed if box] == [(0, 1), (0, 1)]
    assert more == []


def test_lanes_are_shared_by_all_that_overlap_through_others() -> None:
    placed, _more = side_by_side([Box(0, 12), Box(6, 12), Box(12, 12)], limit=4)
    assert [(box.lane, box.lanes) for box in placed if box] == [(0, 2), (1, 2), (0, 2)]


def test_lanes_keep_short_events_from_covering_each_other() -> None:
    placed, _more = side_by_side([Box(0, 1), Box(1, 1)], limit=4)
    assert [(box.lane, box.lanes) for box in placed if box] == [(0, 2), (1, 2)]


def test_lanes_beyond_the_limit_are_counted() -> None:
    placed, more = side_by_side([Box(0, 12)] * 6, limit=4)
    assert [box.lane for box in placed if box] == [0, 1, 2]
    assert [(one.count, one.box) for one in more] == [(3, Box(0, 12, 3, 4))]


def test_lanes_at_the_limit_are_all_shown() -> None:
    placed, more = side_by_side([Box(0, 12)] * 4, limit=4)
    assert [box.lane for box in placed if box] == [0, 1, 2, 3]
    assert more == []


def test_lanes_come_back_in_the_order_of_the_boxes() -> None:
    placed, _more = side_by_side([Box(20, 6), Box(0, 6)], limit=4)
    assert [box.row for box in placed if box] == [20, 0]


def test_ground_takes_no_lane() -> None:
    event = at(WEDNESDAY, "10:00", 60)
    behind = Event(event.starts_at, event.ends_at, is_ground=True)
    column = sheet(event, behind).columns[0]
    assert [one.event for one in column.ground] == [behind]
    assert column.events[0].box.lanes == 1


# --- class names ---------------------------------------------------------------------------------------------


def test_every_position_has_a_class_in_the_stylesheet() -> None:
    text = (Path(settings.BASE_DIR) / "static/css/grid.css").read_text()
    known = set(re.findall(r"\.([a-z]+\d+)\{", text))
    boxes = [
        Box(row, rows, lane, lanes) for row in range(25 * 12) for rows in (1, 11, 12, 300) for lane, lanes in [(3, 4)]
    ]
    used = {name for box in boxes for name in box.css.split()}
    # Zero is what a missing class means, except for the first hour.
    assert used - known == {"m0", "dh0", "dm0"}


def test_axis_puts_times_outside_at_its_ends() -> None:
    axis = Axis(WallHour(hour, 0) for hour in range(9, 18))
    assert axis.row(WallHour(6, 0), 30) == 0
    assert axis.row(WallHour(23, 0), 30) == axis.size
