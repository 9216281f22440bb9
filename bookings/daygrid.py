"""Where things stand in a calendar drawn as hours down and days across. Pure: no queries and no words.

The axis is made of wall hours, (hour, fold) pairs. An ordinary day has 24 of them. On the day the clocks go back one
hour comes twice (fold 1 is the second), on the day they go forward one is missing. Days side by side share one axis,
so ten o'clock is at the same height in all of them, and an hour that a day does not have stays blank there.

Positions are five-minute rows from the top of the axis. They become class names of static/css/grid.css, because the
content policy refuses style attributes.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

ROW = dt.timedelta(minutes=5)
ROWS = 12  # in an hour
LEAST_ROWS = 3  # what is shorter is drawn, and kept clear, as a quarter of an hour
DAY_MINUTES = 24 * 60
USUAL_HOURS = (9 * 60, 18 * 60)  # shown where the store has told no hours and nothing is booked
MARGIN = 30  # minutes of closed time shown at least before opening and after closing
INSTANT = dt.timedelta(seconds=1)

Minutes = tuple[int, int]  # from and to, in wall minutes of a day


class Timed(Protocol):
    @property
    def starts_at(self) -> dt.datetime: ...
    @property
    def ends_at(self) -> dt.datetime: ...
    @property
    def is_ground(self) -> bool:
        """Drawn behind the events, over the whole width."""


class WallHour(NamedTuple):
    hour: int
    fold: int


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a column: rows from the top, length in rows, lane among the lanes side by side."""

    row: int
    rows: int
    lane: int = 0
    lanes: int = 1

    @property
    def css(self) -> str:
        place = f"h{self.row // ROWS} m{self.row % ROWS} dh{self.rows // ROWS} dm{self.rows % ROWS}"
        return place if self.lanes == 1 else f"{place} l{self.lane} of{self.lanes}"


@dataclass(frozen=True, slots=True)
class Placed:
    """`event` in one column; it may have begun the day before, or go on the day after."""

    event: Any
    box: Box
    from_before: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class More:
    """Events for which there was no lane left."""

    box: Box
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """One day. `starts`: the instant of minute 0 of each hour of the axis, None where the day has no such hour."""

    day: dt.date
    starts: list[dt.datetime | None]
    open: list[Box]
    missing: list[Box]
    ground: list[Placed]
    events: list[Placed]
    more: list[More]
    now: Box | None


@dataclass(frozen=True, slots=True)
class Sheet:
    hours: list[WallHour]
    labels: list[dt.datetime]  # local, one an hour
    columns: list[Column]

    def is_twice(self, position: int) -> bool:
        """Whether the hour at `position` is one of two with the same name."""
        return sum(one.hour == self.hours[position].hour for one in self.hours) > 1


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """First instant of `day` and of the next one, UTC."""
    first = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    last = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return first.astimezone(dt.UTC), last.astimezone(dt.UTC)


def wall_hours(day: dt.date, zone: ZoneInfo) -> dict[WallHour, dt.datetime]:
    """The hours clocks show on `day`, in order, each with the instant of its minute 0 (UTC)."""
    moment, end = day_bounds(day, zone)
    found: dict[WallHour, dt.datetime] = {}
    while moment < end:
        local = moment.astimezone(zone)
        key = WallHour(local.hour, local.fold)
        found.setdefault(key, moment - dt.timedelta(minutes=local.minute))
        moment += dt.timedelta(minutes=30)  # no zone changes by less
    return found


def is_clock_change(day: dt.date, zone: ZoneInfo) -> bool:
    first, last = day_bounds(day, zone)
    return last - first != dt.timedelta(hours=24)


# --- opening hours -----------------------------------------------------------------------------------


def opening(weekly_hours: Any, day: dt.date) -> list[Minutes]:
    """When a store is open on `day`, from `Store.weekly_hours`. What cannot be read is left out."""
    today = _spans(weekly_hours, day.weekday())
    before = _spans(weekly_hours, (day - dt.timedelta(days=1)).weekday())
    found = [(start, end if end > start else DAY_MINUTES) for start, end in today]
    found += [(0, end) for start, end in before if end <= start and end]  # open past midnight
    return sorted(found)


def _spans(weekly_hours: Any, weekday: int) -> list[Minutes]:
    entries = weekly_hours if isinstance(weekly_hours, list) else []
    mine = [entry for entry in entries if isinstance(entry, Mapping) and entry.get("weekday") == weekday]
    read = [(wall_minutes(entry.get("start")), wall_minutes(entry.get("end"))) for entry in mine]
    return [(start, end) for start, end in read if start is not None and end is not None]


def wall_minutes(text: Any) -> int | None:
    """ "09:30" as minutes from midnight, "24:00" included; None where it is no time."""
    hours, colon, rest = str(text).partition(":")
    if not colon or not (hours.isdecimal() and rest[:2].isdecimal()) or len(hours) > 2:
        return None
    minutes = int(hours) * 60 + int(rest[:2])
    return minutes if minutes <= DAY_MINUTES and int(rest[:2]) < 60 else None


# --- the axis ----------------------------------------------------------------------------------------


class Axis:
    """The hours shown, shared by the days shown."""

    def __init__(self, hours: Iterable[WallHour]) -> None:
        self.hours = sorted(hours)
        self.size = len(self.hours) * ROWS

    def row(self, key: WallHour, minute: int) -> int:
        """The row of a time; the nearest end of the axis for one outside it."""
        position = bisect_left(self.hours, key)
        shown = position < len(self.hours) and self.hours[position] == key
        return position * ROWS + (minute // 5 if shown else 0)

    def box(self, first: dt.datetime, last: dt.datetime) -> Box:
        """From local `first` up to and with local `last`."""
        top = min(self.row(WallHour(first.hour, first.fold), first.minute), self.size - 1)
        bottom = min(self.row(WallHour(last.hour, last.fold), last.minute) + 1, self.size)
        return Box(top, max(bottom - top, 1))

    def wall_box(self, span: Minutes) -> Box:
        """From and to a wall time, as opening hours are given."""
        top, bottom = (self.row(WallHour(minutes // 60, 0), minutes % 60) for minutes in span)
        return Box(top, bottom - top)


def parts(event: Timed, day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime] | None:
    """The first and the last local moment of `event` on `day`; None when it does not touch that day."""
    start, end = day_bounds(day, zone)
    last = max(event.ends_at - INSTANT, event.starts_at)
    if event.starts_at >= end or last < start:
        return None
    return max(event.starts_at, start).astimezone(zone), min(last, end - INSTANT).astimezone(zone)


def shown_hours(open_hours: Iterable[Minutes], taken: Iterable[tuple[dt.datetime, dt.datetime]]) -> tuple[int, int]:
    """First hour and the one after the last that must be seen: opening hours with a margin, and all that is booked."""
    spans = list(open_hours) or [USUAL_HOURS]
    starts = [max(start - MARGIN, 0) // 60 for start, _end in spans]
    ends = [min(-(-(end + MARGIN) // 60), 24) for _start, end in spans]
    for first, last in taken:
        starts.append(first.hour)
        ends.append(last.hour + 1)
    return min(starts), max(ends)


# --- lanes -------------------------------------------------------------------------------------------


def side_by_side(boxes: Sequence[Box], *, limit: int) -> tuple[list[Box | None], list[More]]:
    """`boxes` with lanes, in their order; None for those that did not fit in `limit` lanes, which `More` counts.

    Boxes that overlap, directly or through others, share the width evenly.
    """
    placed: list[Box | None] = [None] * len(boxes)
    more: list[More] = []
    for group in _clusters(boxes):
        lanes = _assign(boxes, group)
        count = min(max(lanes.values()) + 1, limit)
        hidden = [i for i in group if lanes[i] >= count - 1] if max(lanes.values()) >= limit else []
        for i in group:
            if i not in hidden:
                placed[i] = Box(boxes[i].row, boxes[i].rows, lanes[i], count)
        if hidden:
            more.append(More(_around([boxes[i] for i in hidden], count), len(hidden)))
    return placed, more


def _end(box: Box) -> int:
    return box.row + max(box.rows, LEAST_ROWS)


def _clusters(boxes: Sequence[Box]) -> list[list[int]]:
    found: list[list[int]] = []
    reach = -1
    for i in sorted(range(len(boxes)), key=lambda i: (boxes[i].row, -boxes[i].rows)):
        if boxes[i].row >= reach:
            found.append([])
        found[-1].append(i)
        reach = max(reach, _end(boxes[i]))
    return found


def _assign(boxes: Sequence[Box], group: list[int]) -> dict[int, int]:
    """The first free lane for each, in order of time."""
    free_from: list[int] = []
    lanes: dict[int, int] = {}
    for i in group:
        lane = next((n for n, row in enumerate(free_from) if row <= boxes[i].row), len(free_from))
        free_from[lane : lane + 1] = [_end(boxes[i])]
        lanes[i] = lane
    return lanes


def _around(boxes: list[Box], lanes: int) -> Box:
    top = min(box.row for box in boxes)
    return Box(top, max(_end(box) for box in boxes) - top, lanes - 1, lanes)


# --- the sheet ---------------------------------------------------------------------------------------


def draw(
    *,
    days: Sequence[dt.date],
    zone: ZoneInfo,
    weekly_hours: Any,
    events: Sequence[Timed],
    limit: int,
    now: dt.datetime,
) -> Sheet:
    """`days` side by side with `events` in them, at most `limit` next to each other. `now` is aware."""
    hours = {day: wall_hours(day, zone) for day in days}
    taken = [span for day in days for event in events if (span := parts(event, day, zone))]
    first, last = shown_hours((span for day in days for span in opening(weekly_hours, day)), taken)
    axis = Axis({key for day in days for key in hours[day] if first <= key.hour < last})
    columns = [_column(day, zone, axis, hours[day], weekly_hours, events, limit, now) for day in days]
    known = {key: moment for day in days for key, moment in hours[day].items()}
    return Sheet(axis.hours, [known[key].astimezone(zone) for key in axis.hours], columns)


def _column(
    day: dt.date,
    zone: ZoneInfo,
    axis: Axis,
    hours: dict[WallHour, dt.datetime],
    weekly_hours: Any,
    events: Sequence[Timed],
    limit: int,
    now: dt.datetime,
) -> Column:
    placed = [one for event in events if (one := _place(event, day, zone, axis))]
    in_front = [one for one in placed if not one.event.is_ground]
    boxes, more = side_by_side([one.box for one in in_front], limit=limit)
    return Column(
        day=day,
        starts=[hours.get(key) for key in axis.hours],
        open=_open_boxes(axis, weekly_hours, day),
        missing=[Box(n * ROWS, ROWS) for n, key in enumerate(axis.hours) if key not in hours],
        ground=[one for one in placed if one.event.is_ground],
        events=[
            Placed(one.event, box, one.from_before, one.goes_on)
            for one, box in sorted(zip(in_front, boxes, strict=True), key=lambda pair: pair[0].box.row)
            if box
        ],
        more=more,
        now=_now_box(axis, day, zone, now),
    )


def _place(event: Timed, day: dt.date, zone: ZoneInfo, axis: Axis) -> Placed | None:
    span = parts(event, day, zone)
    if not span:
        return None
    start, end = day_bounds(day, zone)
    return Placed(event, axis.box(*span), event.starts_at < start, event.ends_at > end)


def _open_boxes(axis: Axis, weekly_hours: Any, day: dt.date) -> list[Box]:
    """Open time; all day where the store has told no hours at all."""
    spans = opening(weekly_hours, day) if weekly_hours else [(0, DAY_MINUTES)]
    boxes = [axis.wall_box(span) for span in spans]
    return [box for box in boxes if box.rows > 0]


def _now_box(axis: Axis, day: dt.date, zone: ZoneInfo, now: dt.datetime) -> Box | None:
    local = now.astimezone(zone)
    key = WallHour(local.hour, local.fold)
    if local.date() != day or key not in axis.hours:
        return None
    return Box(axis.row(key, local.minute), 1)
