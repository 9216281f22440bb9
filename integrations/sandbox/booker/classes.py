"""Classes: sessions with a teacher and so many places, and who takes one (sections 5.1 and 5.2)."""

import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import appointments, booking, clients, dates, employees, gate, places
from integrations.sandbox.booker.appointments import BOOKED
from integrations.sandbox.booker.assumptions import CLASS_FULL, UNPAGED_MOST
from integrations.sandbox.booker.failures import Failure, envelope
from integrations.sandbox.booker.fields import body_of, flag, instant, required_whole, text
from integrations.sandbox.booker.placing import Task
from integrations.sandbox.http import Call, Reply

_SESSIONS = """
    SELECT booker_class.*, booker_treatment.name AS treatment, price, minutes, booker_room.name AS room, first_name,
        last_name, (
            SELECT count(*) FROM booker_place JOIN booker_appointment ON booker_appointment.id = appointment_id
            WHERE class_id = booker_class.id AND status != 'Cancelled'
        ) AS taken
    FROM booker_class JOIN booker_treatment ON booker_treatment.id = treatment_id
    JOIN booker_room ON booker_room.id = room_id JOIN booker_employee ON booker_employee.id = employee_id
    WHERE {} ORDER BY booker_class.starts_at, booker_class.id LIMIT :most
"""
_BETWEEN = "booker_class.location_id = :location AND starts_at >= :start AND starts_at <= :end"


def find(call: Call) -> Reply:
    """Sessions that start between two times; with OnlyIfAvailable such as are to come and have a place left."""
    body = body_of(call)
    location_id = places.asked(call, body)
    zone, names = places.zone_of(call.db, location_id), ("FromStartDateTime", "ToStartDateTime")
    start, end = (instant(body, name, zone=zone) for name in names)
    values = {"location": location_id, "start": start or call.now, "end": end or 2**53, "most": UNPAGED_MOST}
    rows = call.db.execute(_SESSIONS.format(_BETWEEN), values).fetchall()
    if flag(body, "OnlyIfAvailable"):
        rows = [row for row in rows if row["taken"] < row["capacity"] and row["starts_at"] > call.now]
    found = [_session(row, zone=zone) for row in rows]
    return Reply(body=envelope(TotalResultsCount=len(found), Results=found))


def _session(row: sqlite3.Row, *, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "ID": row["id"],
        "LocationID": row["location_id"],
        "Treatment": places.lookup(row["treatment_id"], row["treatment"]),
        **dates.twins("StartDateTime", row["starts_at"], zone=zone),
        **dates.twins("EndDateTime", row["ends_at"], zone=zone),
        "TreatmentDuration": row["minutes"],
        "Teacher": employees.lookup(row),
        "Teacher2": None,
        "RoomName": row["room"],
        "Price": places.money(row["price"]),
        "TotalCapacity": row["capacity"],
        "NumReserved": row["taken"],
        "HasClassFilled": row["taken"] >= row["capacity"],
        "IsForMembersOnly": False,
        "IsRecurring": True,
        "IsSpecialEvent": False,
        "IsWorkshop": False,
        "ListAsSubstitute": False,
        "IsEnrollable": False,
        "SeriesID": None,
        "Order": None,
    }


def book(call: Call) -> Reply:
    """A place for one; the teacher's time and the room are the class's, not of who comes."""
    body = body_of(call)
    location_id, class_id = places.asked(call, body), required_whole(body, "ClassInstanceID")
    places.owned(call, "class", class_id, what="class")
    row = call.db.execute(_SESSIONS.format("booker_class.id = :id"), {"id": class_id, "most": 1}).fetchone()
    if row["taken"] >= row["capacity"] or row["starts_at"] <= call.now:
        raise Failure(CLASS_FULL, "The class is full, or has begun.")
    made = booking.keep(
        call,
        [_task(row)],
        location_id=location_id,
        customer_id=clients.guest_of(call, body, location_id=location_id),
        notes=text(body, "Notes", most=booking.NOTES_MOST) or "",
        status=BOOKED,
        source="Online booking",
    )
    call.db.execute("UPDATE booker_booked SET is_live = 0 WHERE appointment_id = ?", (made,))
    call.db.execute("INSERT INTO booker_place VALUES (?, ?)", (made, class_id))
    return appointments.told(call, places.row_of(call.db, "appointment", made, what="appointment"))


def _task(row: sqlite3.Row) -> Task:
    names = ("treatment_id", "employee_id", "room_id", "starts_at", "ends_at", "price")
    return Task(**{name: row[name] for name in names}, busy_until=row["ends_at"])


ROUTES = (
    gate.customer("POST", "/availability/class", find),
    gate.route("POST", "/v4.1/availability/availability/class", find, product="availability"),
    gate.customer("POST", "/class_appointment/create", book, writes=True),
)
