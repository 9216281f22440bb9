"""Somebody who books the very slot another is about to take."""

import sqlite3

from integrations.sandbox.booxi import booking_rows, bookings, services
from integrations.sandbox.booxi.booking_bodies import item_for
from integrations.sandbox.booxi.booking_rows import Booking
from integrations.sandbox.http import Call, Refusal
from integrations.sandbox.reading import Body, json_object, moment, parts, whole


def take_slot(call: Call, booking_id: str | None = None) -> None:
    """Book the time that the call's POST or PUT of a booking asks for, if it is free; else leave things as they are."""
    body = json_object(call.request)
    current = bookings.by_public_id(call.db, booking_id) if booking_id else None
    staff_id = whole(body, "staffId") or (current.staff_id if current else None)
    starts_at = moment(body, "startsOn") or (current.starts_at if current else None)
    if staff_id is None or starts_at is None:
        return
    made = rival(call.db, staff_id=staff_id, starts_at=starts_at, now=call.now, service_id=_service(body, current))
    if made is not None and bookings.is_free(call.db, made):
        booking_rows.insert(call.db, made)


def _service(body: Body, current: Booking | None) -> int | None:
    entries = parts(body, "items") or (list(current.items) if current else [])
    return whole(entries[0], "serviceId") if entries else None


def rival(
    db: sqlite3.Connection, *, staff_id: int, starts_at: int, now: int, service_id: int | None = None
) -> Booking | None:
    """An appointment for another client of the store, not yet kept; None when nobody could make it."""
    found = db.execute(
        "SELECT service_id FROM staff_service JOIN service ON service.id = service_id WHERE staff_id = ?"
        " AND booking_method = 'Appointment' ORDER BY service_id = ? DESC, service_id LIMIT 1",
        (staff_id, service_id or 0),
    ).fetchone()
    if found is None:
        return None
    service = services.named(db, found["service_id"])
    return Booking(
        merchant_id=service["merchant_id"],
        starts_at=starts_at,
        ends_at=starts_at,
        busy_until=starts_at,
        staff_id=staff_id,
        client_id=_somebody(db, service["merchant_id"]),
        items=(item_for(service),),
        created_on=now,
        created_by=booking_rows.CLIENT,
        modified_on=now,
        modified_by=booking_rows.CLIENT,
    ).timed(starts_at=starts_at)


def _somebody(db: sqlite3.Connection, merchant_id: int) -> int:
    """The newest living client of the store: hardly the one who is being booked."""
    found = db.execute(
        "SELECT id FROM client WHERE merchant_id = ? AND merged_into IS NULL AND is_deleted = 0"
        " AND anonymized_on IS NULL AND status = 'Active' ORDER BY id DESC LIMIT 1",
        (merchant_id,),
    ).fetchone()
    if found is None:
        raise Refusal(409, "The store has no clients.")
    return int(found["id"])
