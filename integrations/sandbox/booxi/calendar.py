"""GET /calendar: one person's appointments, group events and time slots (section 6.2)."""

import json
import sqlite3
from typing import Any

from integrations.sandbox.booxi import booking_shapes, group_events, lookup, services, shapes
from integrations.sandbox.booxi.assumptions import (
    BOOKING_LENGTH_MOST,
    CALENDAR_RANGE_MOST,
    CANCELLED_IN_CALENDAR,
    TIME_SLOT_LENGTH_MOST,
)
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.booxi.spans import query_span
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import CURSOR_PAGE, page_of, place_of
from integrations.sandbox.reading import bad, query_list, query_required_whole
from integrations.sandbox.times import to_rfc3339

EVENT_TYPES = ("Appointment", "GroupEvent", "TimeSlot")
DETAILS = ("None", "Appointment", "GroupEvent", "TimeSlot", "Staff", "Service")
_WITHIN = """
    starts_at <= :end AND ends_at > :start AND starts_at > :floor AND (starts_at, :rank, id) > (:after, :kind, :id)
    ORDER BY starts_at, id LIMIT :most
"""
_SOURCES = {
    "Appointment": "SELECT *, n AS id FROM booking WHERE method = 'Appointment' AND is_scheduled",
    "GroupEvent": "SELECT * FROM group_event WHERE 1",
    "TimeSlot": "SELECT * FROM time_slot WHERE 1",
}
_CANCELLED = "" if CANCELLED_IN_CALENDAR else " AND status != 'Cancelled'"
_SELECTS = {
    name: f"SELECT :rank AS rank, * FROM ({source}) WHERE staff_id = :staff AND {_WITHIN}"  # noqa: S608
    for name, source in (_SOURCES | {"Appointment": _SOURCES["Appointment"] + _CANCELLED}).items()
}
_START = (-(2**60), -1, 0)


def answer(call: Call) -> Reply:
    """A page of events in order of start; the detail arrays hold what `include` asks for."""
    place = place_of(call)
    types = query_list(place.args, "eventType", EVENT_TYPES) or bad("eventType is required.")
    include = query_list(place.args, "include", DETAILS) or bad("include is required.")
    staff = lookup.own(call, "staff", query_required_whole(place.args, "staffId"))
    start, end = query_span(place.args, most=CALENDAR_RANGE_MOST)
    values = {"staff": staff["id"], "start": start, "end": end, "most": CURSOR_PAGE + 1}
    values |= dict(zip(("after", "kind", "id"), place.after or _START, strict=True))
    rows = [row for name in EVENT_TYPES if name in types for row in _events(call.db, name, values)]
    rows.sort(key=lambda row: (row["starts_at"], row["rank"], row["id"]))
    page = page_of(place, rows, key=lambda row: (row["starts_at"], row["rank"], row["id"]))
    details = _details(call.db, page.rows, include=include)
    if "Staff" in include:
        details["staff"] = shapes.staff(staff)
    return page.reply({"calendarEvents": [_event(row) for row in page.rows]} | details)


def _events(db: sqlite3.Connection, name: str, values: dict[str, Any]) -> list[sqlite3.Row]:
    reach = BOOKING_LENGTH_MOST if name != "TimeSlot" else TIME_SLOT_LENGTH_MOST
    bounds = {"rank": EVENT_TYPES.index(name), "floor": values["start"] - reach - 1}
    return db.execute(_SELECTS[name], values | bounds).fetchall()


def _event(row: sqlite3.Row) -> dict[str, Any]:
    name = EVENT_TYPES[row["rank"]]
    # Ids of three tables share one list; spreading them keeps every event's own id its own.
    return {
        "id": row["id"] * len(EVENT_TYPES) + row["rank"],
        "merchantId": row["merchant_id"],
        "staffId": row["staff_id"],
        "type": name,
        "start": to_rfc3339(row["starts_at"]),
        "end": to_rfc3339(row["ends_at"]),
    } | _target(name, row)


def _target(name: str, row: sqlite3.Row) -> dict[str, Any]:
    if name == "Appointment":
        return {"bookingId": row["booking_id"]}
    return {"groupEventId" if name == "GroupEvent" else "timeSlotId": row["id"]}


def _details(db: sqlite3.Connection, rows: list[sqlite3.Row], *, include: list[str]) -> dict[str, Any]:
    ids = {name: [row["id"] for row in rows if EVENT_TYPES[row["rank"]] == name] for name in EVENT_TYPES}
    bookings = _bookings(db, ids["Appointment"])
    events = group_events.many(db, ids["GroupEvent"])
    return {
        "bookings": bookings if "Appointment" in include else [],
        "groupEvents": events if "GroupEvent" in include else [],
        "timeSlots": _slots(db, ids["TimeSlot"]) if "TimeSlot" in include else [],
        "services": _services(db, bookings, events) if "Service" in include else [],
    }


def _bookings(db: sqlite3.Connection, numbers: list[int]) -> list[dict[str, Any]]:
    query = f"{booking_shapes.SELECT} WHERE booking.n IN (SELECT value FROM json_each(?))"  # noqa: S608
    rows = db.execute(f"{query} ORDER BY booking.starts_at, booking.n", (json.dumps(numbers),))
    return [booking_shapes.booking(row) for row in rows]


def _slots(db: sqlite3.Connection, ids: list[int]) -> list[dict[str, Any]]:
    query = "SELECT * FROM time_slot WHERE id IN (SELECT value FROM json_each(?)) ORDER BY starts_at, id"
    return [shapes.time_slot(row) for row in db.execute(query, (json.dumps(ids),))]


def _services(
    db: sqlite3.Connection, bookings: list[dict[str, Any]], events: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    ids = {item["serviceId"] for booking in bookings for item in booking["items"]}
    ids |= {event["serviceId"] for event in events}
    return [shapes.service(services.named(db, service_id)) for service_id in sorted(ids)]


ROUTES = (Route(method="GET", path="/calendar", answer=answer, key=PARTNER),)
