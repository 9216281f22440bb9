"""When a treatment can be had: somebody who does it is at work and free, and so is a room that hosts it."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.availability import Span, possible_starts, shared, weekly_spans
from integrations.sandbox.booker import places
from integrations.sandbox.booker.assumptions import GRID_MINUTES
from integrations.sandbox.times import DAY, MINUTE, local_day

_BUSY = """
    SELECT employee_id, room_id, booker_booked.starts_at, busy_until FROM booker_booked
    JOIN booker_appointment ON booker_appointment.id = appointment_id
    WHERE is_live AND location_id = ? AND booker_booked.starts_at < ? AND booker_appointment.starts_at > ?
        AND busy_until > ?
"""

# What takes somebody's time, or a room's, without being an appointment: classes, and times that are held.
_BLOCKED = "SELECT * FROM booker_blocked WHERE {} AND starts_at < :end AND busy_until > :start AND until > :now"


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One treatment of an itinerary, at an instant, with its person and its room."""

    treatment_id: int
    employee_id: int
    room_id: int
    starts_at: int
    ends_at: int


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A treatment, and who is to do it (None: anybody) and where (None: anywhere)."""

    treatment_id: int
    employee_id: int | None = None
    room_id: int | None = None


@dataclass(kw_only=True)
class Week:
    """A location between two instants: what it offers, who works when, and what is taken already."""

    start: int
    end: int
    zone: ZoneInfo
    open: list[Span]
    treatments: dict[int, sqlite3.Row]
    work: dict[int, list[Span]]
    freelancers: set[int]
    performers: dict[int, list[int]]
    hosts: dict[int, list[int]]
    busy: dict[int, list[Span]]
    _starts: dict[tuple[int, int, int], frozenset[int]] = field(default_factory=dict)

    def starts(self, wish: Wish) -> dict[int, list[int]]:
        """Every start on the grid with the people who could do it then, in a room that is free."""
        rooms = frozenset[int]().union(*(self._fits(room, wish) for room in self._rooms(wish)))
        found: dict[int, list[int]] = defaultdict(list)
        for employee in self._people(wish):
            for start in self._fits(employee, wish) & rooms:
                found[start].append(employee)
        return dict(sorted(found.items()))

    def rooms_at(self, wish: Wish, start: int) -> list[int]:
        return [room for room in self._rooms(wish) if start in self._fits(room, wish)]

    def is_at_work(self, employee_id: int, span: Span) -> bool:
        return any(start <= span[0] and span[1] <= end for start, end in self.work.get(employee_id, []))

    def length(self, treatment_id: int) -> int:
        """Seconds."""
        return int(self.treatments[treatment_id]["minutes"]) * MINUTE

    def recovery(self, treatment_id: int) -> int:
        """Seconds."""
        return int(self.treatments[treatment_id]["recovery"]) * MINUTE

    def _people(self, wish: Wish) -> list[int]:
        return [one for one in self.performers.get(wish.treatment_id, []) if wish.employee_id in (None, one)]

    def _rooms(self, wish: Wish) -> list[int]:
        return [one for one in self.hosts.get(wish.treatment_id, []) if wish.room_id in (None, one)]

    def _fits(self, resource: int, wish: Wish) -> frozenset[int]:
        """Starts at which a person or a room could take the treatment; rooms work whenever the location is open."""
        length, tail = self.length(wish.treatment_id), self.recovery(wish.treatment_id)
        key = (resource, length, tail)
        if key not in self._starts:
            found = possible_starts(
                self.work.get(resource, self.open),
                self.busy[resource],
                length=length,
                tail=tail,
                step=GRID_MINUTES * MINUTE,
                earliest=self.start,
                latest=self.end,
            )
            self._starts[key] = frozenset(found)
        return self._starts[key]


def week(db: sqlite3.Connection, location_id: int, *, start: int, end: int, now: int) -> Week:
    """What `start`..`end` (both possible starts) look like. Ids of employees and rooms do not overlap."""
    row = places.row_of(db, "location", location_id, what="location")
    zone = ZoneInfo(row["time_zone"])
    days: dict[str, Any] = {"zone": zone, "first": local_day(start, zone=zone), "last": local_day(end, zone=zone)}
    opened = weekly_spans(json.loads(row["hours"]), **days)
    staff = db.execute("SELECT * FROM booker_employee WHERE location_id = ? AND is_active", (location_id,)).fetchall()
    query = "SELECT * FROM booker_treatment WHERE location_id = ? AND is_active AND NOT is_class"
    treatments = db.execute(query, (location_id,))
    work = {one["id"]: shared(opened, weekly_spans(json.loads(one["shifts"]), **days)) for one in staff}
    return Week(
        start=start,
        end=end,
        zone=zone,
        open=opened,
        treatments={one["id"]: one for one in treatments},
        work=work,
        freelancers={one["id"] for one in staff if one["is_freelancer"]},
        performers=_links(db, "booker_performer", "employee_id", allowed=set(work)),
        hosts=_links(db, "booker_host", "room_id"),
        busy=_busy(db, location_id, start=start, end=end + DAY, now=now),
    )


def _links(db: sqlite3.Connection, table: str, column: str, *, allowed: set[int] | None = None) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row in db.execute(f"SELECT treatment_id, {column} AS other FROM {table} ORDER BY {column}"):  # noqa: S608
        if allowed is None or row["other"] in allowed:
            found[row["treatment_id"]].append(row["other"])
    return found


def is_blocked(db: sqlite3.Connection, column: str, identifier: int, *, span: Span, now: int) -> bool:
    """Whether an employee or a room (`column`) has a class then, or is held for somebody."""
    values = {"one": identifier, "start": span[0], "end": span[1], "now": now}
    return db.execute(_BLOCKED.format(f"{column} = :one"), values).fetchone() is not None


def _busy(db: sqlite3.Connection, location_id: int, *, start: int, end: int, now: int) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    values = {"location": location_id, "start": start, "end": end, "now": now}
    rows = db.execute(_BUSY, (location_id, end, start - DAY, start)).fetchall()
    for row in rows + db.execute(_BLOCKED.format("location_id = :location"), values).fetchall():
        span = (row["starts_at"], row["busy_until"])
        found[row["employee_id"]].append(span)
        found[row["room_id"]].append(span)
    return found


def itineraries(plan: Week, wishes: Sequence[Wish]) -> list[list[Slot]]:
    """Every way, one for each start, to have the treatments one right after the other."""
    offers = [plan.starts(wish) for wish in wishes]
    found = []
    for start in offers[0]:
        slots: list[Slot] = []
        at = start
        for wish, offer in zip(wishes, offers, strict=True):
            slot = _next(plan, wish, offer.get(at, []), at, slots[-1] if slots else None)
            if slot is None:
                break
            slots.append(slot)
            at = slot.ends_at
        if len(slots) == len(wishes):
            found.append(slots)
    return found


def _next(plan: Week, wish: Wish, people: Sequence[int], start: int, before: Slot | None) -> Slot | None:
    """Who just did a treatment that needs recovery cannot go on at once; nor can its room."""
    rooms = plan.rooms_at(wish, start)
    if before is not None and plan.recovery(before.treatment_id):
        people = [one for one in people if one != before.employee_id]
        rooms = [one for one in rooms if one != before.room_id]
    if not people or not rooms:
        return None
    return Slot(
        treatment_id=wish.treatment_id,
        employee_id=people[0],
        room_id=rooms[0],
        starts_at=start,
        ends_at=start + plan.length(wish.treatment_id),
    )
