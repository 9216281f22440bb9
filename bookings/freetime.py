"""Who is free when, reckoned from the mirror: bookings, group events, time slots, shifts and opening hours.

Our own reckoning, for ranking and for "free until"; it never replaces the booking system's word when something is
booked. A stretch of days is one byte for each five minutes of real time and person, so that looking for a gap is a
search for a run of zero bytes. Counted in instants, not on the wall: a day on which the clocks change has as many
steps as it has minutes, and only working hours are read from the wall.

What is not known and therefore not reckoned with: rooms and equipment, and the spacing after an appointment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, CharField, Func, Value

from bookings.daygrid import DAY_MINUTES, Minutes, day_bounds, opening
from bookings.models import Booking, GroupEvent, Kind, TimeSlot, WorkingHours
from clienteling.models import StaffMember, Store

STEP = 5  # minutes
STEP_SPAN = dt.timedelta(minutes=STEP)
GRID = 15  # minutes: what times are offered to people by (booxi-api.md section 8)
FREE, CLOSED, TAKEN = 0, 1, 2
BOOKED = "booked"  # beside the kinds of a time slot

# Whose, of which kind, from and to in epoch seconds: a month of a big store has twenty thousand of them, and whole
# numbers are read and reckoned several times faster than moments.
Row = tuple[int, str, int, int]


class Epoch(Func):
    """A moment as epoch seconds."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)::bigint", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(ROUND((julianday(%(expressions)s) - 2440587.5) * 86400) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True, slots=True)
class FreeTime:
    """Some people over [start, end). `steps` of each person: FREE, CLOSED or TAKEN, one byte every five minutes."""

    start: dt.datetime
    end: dt.datetime
    steps: Mapping[int, bytearray]

    # --- asking ------------------------------------------------------------------------------------------

    def is_free(self, pk: int, at: dt.datetime, minutes: int) -> bool:
        """Whether `pk` is free from `at` on for so long. Outside the stretch nobody is known to be."""
        first, last = self._from(at), self._upto(at + dt.timedelta(minutes=minutes))
        if at < self.start or last > self.size:
            return False
        return not any(self.steps[pk][first:last])

    def is_working(self, pk: int, at: dt.datetime) -> bool:
        return self._known(at) and self.steps[pk][self._from(at)] != CLOSED

    def free_until(self, pk: int, at: dt.datetime) -> dt.datetime | None:
        """When what is free at `at` ends; None where it is not free."""
        if not self._known(at) or self.steps[pk][self._from(at)]:
            return None
        steps, first = self.steps[pk], self._from(at)
        ends = [found for kind in (CLOSED, TAKEN) if (found := steps.find(kind, first)) >= 0]
        return self._at(min(ends, default=self.size))

    def free_from(self, pk: int, at: dt.datetime, *, before: dt.datetime | None = None) -> dt.datetime | None:
        """The first free moment from `at` on."""
        found = self.steps[pk].find(FREE, self._from(at), self._upto(before or self.end))
        return self._at(found) if found >= 0 else None

    def soonest(
        self, pk: int, minutes: int, *, after: dt.datetime, before: dt.datetime | None = None
    ) -> dt.datetime | None:
        """The first start, on the quarter of an hour, at which so many free minutes begin that end by `before`."""
        need = bytes(-(-minutes // STEP))
        first, last = self._on_grid(after), min(self._upto(before or self.end), self.size)
        while (found := self.steps[pk].find(need, first, last)) >= 0:
            start = self._on_grid(self._at(found))
            if start == found:
                return self._at(start)
            first = start
        return None

    def nearest(
        self, pk: int, minutes: int, *, to: dt.datetime, after: dt.datetime, before: dt.datetime | None = None
    ) -> dt.datetime | None:
        """The start nearest to `to` in [after, before); the later one of two that are as near."""
        later = self.soonest(pk, minutes, after=max(to, after), before=before)
        earlier = self._latest(pk, minutes, after=after, upto=to)
        if later is None or earlier is None:
            return later or earlier
        return earlier if to - earlier < later - to else later

    def _latest(self, pk: int, minutes: int, *, after: dt.datetime, upto: dt.datetime) -> dt.datetime | None:
        """The last possible start before `upto`."""
        need = bytes(-(-minutes // STEP))
        first, last = self._on_grid(after), min(self._upto(upto) + len(need), self.size)
        while (found := self.steps[pk].rfind(need, first, last)) >= 0:
            start = found - found % (GRID // STEP)
            if start == found and self._at(found) < upto:
                return self._at(found)
            last = min(found + len(need) - 1, start + len(need))
        return None

    def fullness(self, pk: int, start: dt.datetime, end: dt.datetime) -> float:
        """Share of the working time in [start, end) that is taken, 0.0 where nobody works."""
        part = self.steps[pk][self._from(start) : self._upto(end)]
        taken, free = part.count(TAKEN), part.count(FREE)
        return taken / (taken + free) if taken + free else 0.0

    def works_in(self, pk: int, start: dt.datetime, end: dt.datetime) -> bool:
        part = self.steps[pk][self._from(start) : self._upto(end)]
        return part.count(CLOSED) < len(part)

    def take(self, pk: int, at: dt.datetime, minutes: int) -> None:
        """As if something were booked there: for planning several at once."""
        self._paint(pk, at, at + dt.timedelta(minutes=minutes), TAKEN)

    # --- making ------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        return int((self.end - self.start) / STEP_SPAN)

    def _known(self, at: dt.datetime) -> bool:
        return self.start <= at < self.end

    def _at(self, step: int) -> dt.datetime:
        return self.start + step * STEP_SPAN

    def _from(self, at: dt.datetime) -> int:
        return max((at - self.start) // STEP_SPAN, 0)

    def _upto(self, at: dt.datetime) -> int:
        return max(-(-(at - self.start) // STEP_SPAN), 0)

    def _on_grid(self, at: dt.datetime) -> int:
        """The next quarter of an hour. Local midnight, where the stretch starts, is one everywhere."""
        each = GRID // STEP
        return -(-self._upto(at) // each) * each

    def _paint(self, pk: int, start: dt.datetime, end: dt.datetime, kind: int) -> None:
        first, last = self._from(start), min(self._upto(end), self.size)
        if last > first:
            self.steps[pk][first:last] = bytes([kind]) * (last - first)


def reckon(
    *,
    start: dt.datetime,
    end: dt.datetime,
    zone: ZoneInfo,
    weekly_hours: Any,
    schedules: Mapping[int, Any],
    people: Iterable[int],
    rows: Iterable[Row],
) -> FreeTime:
    """Pure. `start` and `end` are local midnights; `schedules` as `WorkingHours.schedules`, by person."""
    days = _days(start, end, zone)
    made: dict[str, bytes] = {}
    steps = {}
    for pk in people:
        key = repr(schedules.get(pk))  # most people of a store share their hours
        if key not in made:
            made[key] = _working(start, end, days, zone, weekly_hours, schedules.get(pk))
        steps[pk] = bytearray(made[key])
    free = FreeTime(start, end, steps)
    _fill(free, rows)
    return free


def _fill(free: FreeTime, rows: Iterable[Row]) -> None:
    """Extra availability opens what is closed; everything else takes time, also that."""
    size, steps, base = free.size, free.steps, int(free.start.timestamp())
    seconds = STEP * 60
    extra: list[Row] = []
    taken: list[Row] = []
    for row in rows:
        (extra if row[1] == TimeSlot.Kind.AVAILABLE else taken).append(row)
    for kind, group in ((FREE, extra), (TAKEN, taken)):
        one = bytes([kind])
        for pk, _kind, begins, ends in group:
            first, last = (begins - base) // seconds, -((base - ends) // seconds)
            if pk not in steps or last <= 0 or first >= size:
                continue
            if first < 0:
                first = 0
            if last > size:
                last = size
            if last > first:
                steps[pk][first:last] = one * (last - first)


def _days(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> list[dt.date]:
    first, last = start.astimezone(zone).date(), (end - dt.timedelta(seconds=1)).astimezone(zone).date()
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _working(
    start: dt.datetime, end: dt.datetime, days: Sequence[dt.date], zone: ZoneInfo, weekly_hours: Any, schedules: Any
) -> bytes:
    """CLOSED where the store is closed or the person off, else FREE."""
    canvas = FreeTime(start, end, {0: bytearray([CLOSED]) * int((end - start) / STEP_SPAN)})
    for day in days:
        for span in hours_of(day, zone, weekly_hours, schedules):
            first, last = (instant(day, minute, zone) for minute in span)
            canvas._paint(0, first, last, FREE)  # noqa: SLF001 - our own
    return bytes(canvas.steps[0])


def hours_of(day: dt.date, zone: ZoneInfo, weekly_hours: Any, schedules: Any) -> list[Minutes]:
    """When somebody works on `day`, in wall minutes: her shifts as far as the store is open.

    Without shifts the store's hours, without those all day: what is not known must not hide anybody.
    """
    opened = opening(weekly_hours, day) if weekly_hours else [(0, DAY_MINUTES)]
    if not schedules:
        return opened
    start, end = day_bounds(day, zone)
    shifts = [span for one in schedules if _counts(one, start, end) for span in opening(one.get("hours"), day)]
    both = [(max(a, c), min(b, d)) for a, b in opened for c, d in shifts]
    return sorted({span for span in both if span[0] < span[1]})


def _counts(schedule: Mapping[str, Any], start: dt.datetime, end: dt.datetime) -> bool:
    first, last = (schedule.get(name) for name in ("from", "until"))
    return (not first or dt.datetime.fromisoformat(first) < end) and (
        not last or dt.datetime.fromisoformat(last) > start
    )


def instant(day: dt.date, minute: int, zone: ZoneInfo) -> dt.datetime:
    """A wall minute of `day` (24:00 included) as an instant: of two the first, in a gap the moment after it."""
    midnight = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    return midnight.replace(tzinfo=zone).astimezone(dt.UTC)


# --- reading ---------------------------------------------------------------------------------------------


def read(
    *, store: Store, people: Iterable[int], start: dt.datetime, end: dt.datetime, but: Iterable[int] = ()
) -> FreeTime:
    """`people` of `store` in [start, end), local midnights. `but`: bookings to leave out. Three queries."""
    return of_rows(store, people, start, end, rows_of(store, start, end, but=but))


def of_rows(store: Store, people: Iterable[int], start: dt.datetime, end: dt.datetime, rows: Iterable[Row]) -> FreeTime:
    """The same with `rows` at hand. One query."""
    return reckon(
        start=start,
        end=end,
        zone=store.zone,
        weekly_hours=store.weekly_hours,
        schedules=dict(WorkingHours.objects.filter(staff__store=store).values_list("staff_id", "schedules")),
        people=people,
        rows=rows,
    )


def rows_of(store: Store, start: dt.datetime, end: dt.datetime, *, but: Iterable[int] = ()) -> list[Row]:
    """What takes or gives time in a store. Reservations take none of their own: their group event does. Two queries."""
    taken = Booking.objects.between(start, end).live().filter(store=store, staff__isnull=False)
    bookings = taken.exclude(pk__in=list(but)).exclude(kind=Kind.GROUP_RESERVATION).order_by()
    booked = Value(BOOKED, output_field=CharField())
    groups = GroupEvent.objects.between(start, end).filter(store=store, staff__isnull=False).order_by()
    slots = TimeSlot.objects.between(start, end).filter(store=store).order_by()
    span = (Epoch("starts_at"), Epoch("ends_at"))
    rows = bookings.values_list("staff_id", booked, *span)
    others = groups.values_list("staff_id", booked, *span).union(slots.values_list("staff_id", "kind", *span), all=True)
    return [*rows, *others]


def people_of(store: Store) -> list[StaffMember]:
    """Who can be given something there."""
    return list(StaffMember.objects.filter(store=store, is_active=True))
