"""A store's day: what stands in every calendar, side by side. Read in a constant number of queries, for any number of
people, as plain rows rather than objects: a busy store has more than a thousand lines a day.

Times in words are store-local. Nothing here asks the booking system.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, IntegerField, Value, When
from django.utils.translation import gettext as _

from bookings import freetime, rules
from bookings.calendars import UNDER_WAY, places_words, staff_colour
from bookings.daygrid import INSTANT, ROWS, Axis, Box, More, day_bounds, opening, shown_hours, side_by_side, wall_hours
from bookings.freetime import Epoch, FreeTime
from bookings.models import Booking, BookingItem, Change, GroupEvent, Status, TimeSlot, WorkingHours
from bookings.models.bookings import STATES, state_of
from bookings.templatetags.shop import clock, status_key
from clienteling.models import Client, StaffMember, Store, User

MOST_LANES = 3  # side by side in one column
NOBODY = 0  # whose column holds what has nobody yet
STEP_SECONDS = 300  # a row of daygrid.py


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the day. `kind`: booking, group, busy or available; `url` and what follows only for bookings."""

    kind: str
    pk: int
    staff_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    who: str
    what: str
    status: str = ""
    status_label: str = ""
    under_way: str = ""
    can_move: bool = False
    services: frozenset[int] = frozenset()

    @property
    def is_ground(self) -> bool:
        return self.kind == TimeSlot.Kind.AVAILABLE


@dataclass(frozen=True, slots=True)
class Day:
    """Everything of one day. `services`: those booked that day, by name, with how often."""

    day: dt.date
    lines: list[Line]
    cancelled: int
    services: list[tuple[int, str, int]]
    hours: Mapping[int, Any]  # WorkingHours.schedules by person


def read(*, store: Store, user: User, day: dt.date, people: Sequence[StaffMember], with_cancelled: bool = False) -> Day:
    """The calendars of `people` on `day`, and what has nobody yet. Five queries."""
    start, end = store.day_bounds(day)
    under_way = _changes_under_way(store)
    rows = list(_booking_rows(store, user, start, end))
    titles, named = _titles([row[0] for row in rows])
    known = {person.pk for person in people} | {NOBODY}
    labels = {state: str(word) for state, (_glyph, word) in STATES.items()}  # translated once, not a line
    everything = [_booking_line(row, titles, under_way, labels) for row in rows]
    bookings = [line for line in everything if line.staff_id in known]
    lines = [line for line in bookings if with_cancelled or line.status != "cancelled"]
    others = _other_lines(store, start, end, {line.pk: line for line in everything})
    lines += [line for line in others if line.staff_id in known]
    lines.sort(key=lambda line: (line.starts_at, line.ends_at))
    return Day(
        day=day,
        lines=lines,
        cancelled=sum(line.status == "cancelled" for line in bookings),
        services=_counted(named, bookings),
        hours=dict(WorkingHours.objects.filter(staff__store=store).values_list("staff_id", "schedules")),
    )


def _booking_rows(store: Store, user: User, start: dt.datetime, end: dt.datetime) -> Iterable[Any]:
    """Appointments. Reservations show in their group event, as the number of places taken."""
    rows = Booking.objects.for_user(user).filter(store=store).between(start, end).order_by()
    rows = rows.exclude(status=Status.REFUSED).exclude(group_event__isnull=False)
    return rows.values_list(
        "pk",
        "staff_id",
        Epoch("starts_at"),
        Epoch("ends_at"),
        "kind",
        "status",
        "status_text",
        "presence",
        "is_completed",
        "remote_id",
        "client__first_name",
        "client__last_name",
        "client__email",
        "client__anonymised_at",
        "client_id",
    )


def _booking_line(
    row: Any,
    titles: Mapping[int, list[tuple[int | None, str]]],
    under_way: Mapping[int, str],
    labels: Mapping[str, str],
) -> Line:
    pk, staff_id, first, last, kind, status, text, presence, is_completed, remote_id = row[:10]
    state = state_of(status, presence, is_completed=is_completed)
    items = titles.get(pk, ())
    open_kind = under_way.get(pk)
    return Line(
        kind="booking",
        pk=pk,
        staff_id=staff_id or NOBODY,
        starts_at=dt.datetime.fromtimestamp(first, dt.UTC),
        ends_at=dt.datetime.fromtimestamp(last, dt.UTC),
        who=_name(*row[10:]),
        what=", ".join(name for _service, name in items),
        status=status_key(state),
        status_label=text or labels[state],
        under_way=str(UNDER_WAY.get(Change.Kind(open_kind), _("move not confirmed yet"))) if open_kind else "",
        can_move=not open_kind and rules.is_movable(state, kind, is_accepted=remote_id is not None),
        services=frozenset(service for service, _name in items if service),
    )


def _name(first: str | None, last: str | None, email: str | None, anonymised_at: Any, pk: int | None) -> str:
    """`Client.full_name` of a row, without a `Client` where there is a name."""
    if pk is None:
        return _("No client")
    if not anonymised_at and (first or last):
        return f"{first} {last}".strip()
    return Client(
        first_name=first or "", last_name=last or "", email=email or "", anonymised_at=anonymised_at
    ).full_name


def _titles(bookings: Sequence[int]) -> tuple[dict[int, list[tuple[int | None, str]]], dict[int, str]]:
    """The services of each booking, in order; and the name of each service."""
    items = BookingItem.objects.filter(booking__in=bookings)
    found: defaultdict[int, list[tuple[int | None, str]]] = defaultdict(list)
    named: dict[int, str] = {}
    rows = items.order_by("position").values_list("booking_id", "service_id", "name")
    for booking, service, name in rows:
        found[booking].append((service, name))
        if service:
            named[service] = name
    return found, named


def _counted(named: Mapping[int, str], lines: Iterable[Line]) -> list[tuple[int, str, int]]:
    counts: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        for service in line.services:
            counts[service] += 1
    return sorted(((pk, named[pk], n) for pk, n in counts.items()), key=lambda one: one[1])


def _changes_under_way(store: Store) -> dict[int, str]:
    """What is not answered yet, by booking: few at any time."""
    return dict(Change.objects.open().filter(booking__store=store).order_by().values_list("booking_id", "kind"))


def _other_lines(store: Store, start: dt.datetime, end: dt.datetime, bookings: Mapping[int, Line]) -> list[Line]:
    """Group events and time slots, in one query. What somebody gives of another's booking stands as that booking."""
    nothing = Value(0, output_field=IntegerField())
    is_waiting = Case(When(remote_id=None, then=1), default=0)  # in the place of places taken
    group = Value("group", output_field=CharField())
    groups = GroupEvent.objects.between(start, end).filter(store=store).order_by()
    slots = TimeSlot.objects.between(start, end).filter(store=store).order_by()
    rows = groups.values_list(
        "pk", group, "staff_id", "name", "starts_at", "ends_at", "places_taken", "places", nothing
    )
    rows = rows.union(
        slots.values_list("pk", "kind", "staff_id", "label", "starts_at", "ends_at", is_waiting, nothing, "booking_id"),
        all=True,
    )
    return [_part_line(bookings[row[-1]], row) if row[-1] in bookings else _other_line(row) for row in rows]


def _part_line(booking: Line, row: Sequence[Any]) -> Line:
    _pk, _kind, staff_id, label, starts_at, ends_at = row[:6]
    what = label or booking.what
    return replace(booking, staff_id=staff_id, starts_at=starts_at, ends_at=ends_at, what=what, can_move=False)


def _other_line(row: Sequence[Any]) -> Line:
    pk, kind, staff_id, label, starts_at, ends_at, taken, places, _booking = row
    names = {"busy": _("Busy"), "available": _("Extra availability")}
    return Line(
        kind=kind,
        pk=pk,
        staff_id=staff_id or NOBODY,
        starts_at=starts_at,
        ends_at=ends_at,
        who=label or names.get(kind, ""),
        what=places_words(taken, places) if kind == "group" else (names[kind] if label else ""),
        under_way=_("not confirmed yet") if kind != "group" and taken else "",
    )


# --- who is free now -----------------------------------------------------------------------------------------


def free_time(day: Day, store: Store, people: Sequence[StaffMember]) -> FreeTime:
    start, end = store.day_bounds(day.day)
    rows = [
        (line.staff_id, line.kind, int(line.starts_at.timestamp()), int(line.ends_at.timestamp()))
        for line in day.lines
        if line.status != "cancelled"
    ]
    return freetime.reckon(
        start=start,
        end=end,
        zone=store.zone,
        weekly_hours=store.weekly_hours,
        schedules=day.hours,
        people=[person.pk for person in people],
        rows=rows,
    )


@dataclass(frozen=True, slots=True)
class Note:
    """What stands under a name. `tone`: free, busy or off."""

    words: str
    tone: str


def note_now(free: FreeTime, pk: int, now: dt.datetime, tell: Callable[[dt.datetime], str]) -> Note:
    """How `pk` stands at `now`; `tell` writes a time of day."""
    until = free.free_until(pk, now)
    if until:
        return Note(_("free until %(time)s") % {"time": tell(until)}, "free")
    later = free.free_from(pk, now)
    if free.is_working(pk, now):
        return Note(_("busy until %(time)s") % {"time": tell(later)} if later else _("busy to the end"), "busy")
    if later:
        return Note(_("from %(time)s") % {"time": tell(later)}, "off")
    return Note(_("no more today") if free.works_in(pk, free.start, now) else _("off today"), "off")


def note_of_day(spans: Sequence[tuple[int, int]]) -> Note:
    """The working hours of another day."""
    if not spans:
        return Note(_("off"), "off")
    first, last = spans[0][0], spans[-1][1]
    return Note(f"{first // 60:02d}:{first % 60:02d}–{last // 60:02d}:{last % 60:02d}", "")


# --- where things stand ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    line: Line
    box: Box
    from_before: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One person's day. `count`: how many lines, those without a lane included."""

    staff_id: int
    name: str
    colour: int
    note: Note
    open: list[Box]
    ground: list[Placed]
    events: list[Placed]
    more: list[More]
    count: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """`starts`: the instant of each hour shown; `clocks`: times of day in words, by instant (made once each)."""

    axis: Axis
    starts: list[dt.datetime]
    columns: list[Column]
    now: Box | None
    clocks: Clock = field(repr=False)


class Clock:
    """Times of day in words: formatting one is slow, and a day has few different ones."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._known: dict[dt.datetime, str] = {}

    def __call__(self, moment: dt.datetime) -> str:
        found = self._known.get(moment)
        if found is None:
            found = self._known[moment] = clock(moment.astimezone(self.zone))
        return found


def draw(day: Day, store: Store, people: Sequence[StaffMember], *, now: dt.datetime) -> Sheet:
    """Everybody side by side, those who are off at the end; first, where there is something, what has nobody yet."""
    zone, start_end = store.zone, day_bounds(day.day, store.zone)
    hours = wall_hours(day.day, zone)
    spans = {one.pk: freetime.hours_of(day.day, zone, store.weekly_hours, day.hours.get(one.pk)) for one in people}
    first, last = shown_hours(opening(store.weekly_hours, day.day), _edges(day.lines, start_end, zone))
    axis = Axis(key for key in hours if first <= key.hour < last)
    rows = Rows([hours[key] for key in axis.hours], start_end)
    clocks = Clock(zone)
    notes = _notes(day, store, people, spans, now, clocks)
    by_person: defaultdict[int, list[Line]] = defaultdict(list)
    for line in day.lines:
        by_person[line.staff_id].append(line)
    in_order = sorted(people, key=lambda one: not spans[one.pk] and one.pk not in by_person)
    columns = [
        _column(one.pk, one.full_name, notes[one.pk], _boxes(axis, spans[one.pk]), by_person[one.pk], rows)
        for one in in_order
    ]
    if by_person[NOBODY]:
        waits = Note(_("to hand out"), "busy")
        columns.insert(0, _column(NOBODY, _("Nobody yet"), waits, [], by_person[NOBODY], rows))
    return Sheet(axis, rows.starts, columns, rows.at(now) if start_end[0] <= now < start_end[1] else None, clocks)


def _notes(
    day: Day,
    store: Store,
    people: Sequence[StaffMember],
    spans: Mapping[int, Sequence[tuple[int, int]]],
    now: dt.datetime,
    clocks: Clock,
) -> dict[int, Note]:
    if day.day != store.local(now).date():
        return {one.pk: note_of_day(spans[one.pk]) for one in people}
    free = free_time(day, store, people)
    return {one.pk: note_now(free, one.pk, now, clocks) for one in people}


def _edges(
    lines: Sequence[Line], bounds: tuple[dt.datetime, dt.datetime], zone: ZoneInfo
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The earliest and the latest moment at which something stands, local."""
    if not lines:
        return []
    first = max(min(line.starts_at for line in lines), bounds[0])
    last = min(max(line.ends_at for line in lines), bounds[1]) - INSTANT
    return [(first.astimezone(zone), first.astimezone(zone)), (last.astimezone(zone), last.astimezone(zone))]


class Rows:
    """From instants to rows of one day's axis. `starts`: the instant of minute 0 of each hour shown."""

    def __init__(self, starts: list[dt.datetime], bounds: tuple[dt.datetime, dt.datetime]) -> None:
        self.starts, self.bounds = starts, bounds
        self.size = len(starts) * ROWS

    def row(self, moment: dt.datetime) -> int:
        hour = bisect_right(self.starts, moment) - 1
        if hour < 0:
            return 0
        return hour * ROWS + min((moment - self.starts[hour]).seconds // STEP_SECONDS, ROWS - 1)

    def place(self, line: Line) -> Placed:
        start, end = self.bounds
        last = max(line.ends_at - INSTANT, line.starts_at)
        top = min(self.row(max(line.starts_at, start)), self.size - 1)
        bottom = min(self.row(min(last, end - INSTANT)) + 1, self.size)
        return Placed(line, Box(top, max(bottom - top, 1)), line.starts_at < start, line.ends_at > end)

    def at(self, moment: dt.datetime) -> Box | None:
        """None before and after the hours shown."""
        if not self.starts or not self.starts[0] <= moment < self.starts[-1] + dt.timedelta(hours=1):
            return None
        return Box(self.row(moment), 1)


def _boxes(axis: Axis, spans: Iterable[tuple[int, int]]) -> list[Box]:
    return [box for span in spans if (box := axis.wall_box(span)).rows > 0]


def _column(staff_id: int, name: str, note: Note, opened: list[Box], lines: list[Line], rows: Rows) -> Column:
    placed = [rows.place(line) for line in lines]
    in_front = [one for one in placed if not one.line.is_ground]
    boxes, more = side_by_side([one.box for one in in_front], limit=MOST_LANES)
    return Column(
        staff_id=staff_id,
        name=name,
        colour=staff_colour(staff_id),
        note=note,
        open=opened,
        ground=[one for one in placed if one.line.is_ground],
        events=[
            Placed(one.line, box, one.from_before, one.goes_on) for one, box in zip(in_front, boxes, strict=True) if box
        ],
        more=more,
        count=len(in_front),
    )
