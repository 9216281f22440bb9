"""Whose time is free: shifts, opening hours, slots, bookings and events of one store, read from the tables."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from integrations.sandbox.availability import Span, collides, covers, merged, shared, weekly_spans
from integrations.sandbox.booxi.assumptions import BOOKING_LENGTH_MOST, TIME_SLOT_LENGTH_MOST
from integrations.sandbox.times import local_day

_HELD = """
    SELECT starts_at, busy_until FROM booking WHERE staff_id = :staff AND starts_at < :end AND starts_at > :floor
        AND busy_until > :start AND status != 'Cancelled' AND is_scheduled AND method = 'Appointment' AND n != :but
"""
_EVENTS = "SELECT starts_at, ends_at FROM group_event WHERE staff_id = :staff AND starts_at < :end AND ends_at > :start"
_SLOTS = """
    SELECT starts_at, ends_at FROM time_slot WHERE staff_id = :staff AND type = :type AND starts_at < :end
        AND starts_at >= :floor AND ends_at > :start
"""
# A booking is never longer than its limit plus a busy tail of the same limit: how far back one may reach in.
_REACH = 2 * BOOKING_LENGTH_MOST


@dataclass(frozen=True, kw_only=True)
class Diary:
    """One person's time inside a span: when she works, and when something already has her."""

    staff_id: int
    work: list[Span]
    busy: list[Span]

    def is_free(self, *, start: int, end: int, busy_until: int) -> bool:
        return covers(self.work, (start, end)) and not collides(self.busy, (start, busy_until))


def diary(db: sqlite3.Connection, *, staff: sqlite3.Row, span: Span, but: int | None = None) -> Diary:
    """The diary of a staff member over `span`, leaving out booking number `but`. Empty without a calendar."""
    if not staff["has_calendar"]:
        return Diary(staff_id=staff["id"], work=[], busy=[])
    return Diary(
        staff_id=staff["id"],
        work=working_spans(db, staff=staff, span=span),
        busy=busy_spans(db, staff_id=staff["id"], span=span, but=but),
    )


def working_spans(db: sqlite3.Connection, *, staff: sqlite3.Row, span: Span) -> list[Span]:
    """Opening hours and shift together, plus extra Available slots."""
    zone = zone_of(db, staff["merchant_id"])
    opening = _scheduled(db, "merchant", staff["merchant_id"], zone=zone, span=span)
    shift = _scheduled(db, "staff", staff["id"], zone=zone, span=span)
    extra = _slots(db, staff_id=staff["id"], kind="Available", span=span)
    return merged([*shared(opening, shift), *extra])


def busy_spans(db: sqlite3.Connection, *, staff_id: int, span: Span, but: int | None = None) -> list[Span]:
    """Everything that holds the person: live bookings with their busy tail, group events, Busy slots."""
    values = {"staff": staff_id, "start": span[0], "end": span[1], "floor": span[0] - _REACH, "but": but or 0}
    held = [*db.execute(_HELD, values), *db.execute(_EVENTS, values)]
    return [tuple(row) for row in held] + _slots(db, staff_id=staff_id, kind="Busy", span=span)


def zone_of(db: sqlite3.Connection, merchant_id: int) -> ZoneInfo:
    found = db.execute("SELECT time_zone FROM merchant WHERE id = ?", (merchant_id,)).fetchone()
    return ZoneInfo(found["time_zone"])


def performers(db: sqlite3.Connection, *, service_ids: Sequence[int], only: Sequence[int] = ()) -> list[sqlite3.Row]:
    """The online people with a calendar who offer every one of the services, in Back Office order."""
    wanted = sorted(set(service_ids))
    values = {"wanted": json.dumps(wanted), "count": len(wanted), "first": wanted[0]}
    rows = db.execute(
        "SELECT staff.* FROM staff WHERE has_calendar AND status = 'Online' AND (SELECT count(*) FROM staff_service"
        " WHERE staff_id = staff.id AND service_id IN (SELECT value FROM json_each(:wanted))) = :count"
        " AND merchant_id = (SELECT merchant_id FROM service WHERE id = :first) ORDER BY id",
        values,
    ).fetchall()
    return [row for row in rows if not only or row["id"] in only]


def offers(db: sqlite3.Connection, *, staff_id: int, service_ids: Sequence[int]) -> bool:
    rows = db.execute("SELECT service_id FROM staff_service WHERE staff_id = ?", (staff_id,))
    return set(service_ids) <= {row["service_id"] for row in rows}


def _scheduled(db: sqlite3.Connection, kind: str, owner_id: int, *, zone: ZoneInfo, span: Span) -> list[Span]:
    first, last = local_day(span[0], zone=zone), local_day(span[1], zone=zone)
    rows = db.execute("SELECT * FROM schedule WHERE owner_kind = ? AND owner_id = ?", (kind, owner_id))
    spans: list[Span] = []
    for row in rows:
        hours = weekly_spans(json.loads(row["weekly_hours"]), zone=zone, first=first, last=last)
        spans += shared(hours, [_validity(row, span)])
    return merged(spans)


def _validity(row: sqlite3.Row, span: Span) -> Span:
    """From when to when a schedule counts; one without dates always does. A day either side keeps shifts whole."""
    start = row["starts_on"] if row["starts_on"] is not None else span[0] - BOOKING_LENGTH_MOST
    end = row["ends_on"] if row["ends_on"] is not None else span[1] + BOOKING_LENGTH_MOST
    return start, end


def _slots(db: sqlite3.Connection, *, staff_id: int, kind: str, span: Span) -> list[Span]:
    values = {"staff": staff_id, "type": kind, "start": span[0], "end": span[1]}
    rows = db.execute(_SLOTS, values | {"floor": span[0] - TIME_SLOT_LENGTH_MOST})
    return [tuple(row) for row in rows]
