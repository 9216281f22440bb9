"""Bookings as the JSON of section 7: appointments and group reservations."""

import json
import sqlite3
from typing import Any

from integrations.sandbox.booxi.booking_rows import RESERVATION
from integrations.sandbox.booxi.shapes import Json, timespan
from integrations.sandbox.times import MINUTE, to_rfc3339

SELECT = """
    SELECT booking.*, staff.first_name AS staff_first_name, staff.last_name AS staff_last_name,
        client.first_name, client.last_name, client.email, client.home_phone, client.mobile_phone, client.address
    FROM booking
    LEFT JOIN staff ON staff.id = booking.staff_id
    LEFT JOIN client ON client.id = booking.client_id
"""


def one(db: sqlite3.Connection, n: int) -> Json:
    return booking(db.execute(f"{SELECT} WHERE booking.n = ?", (n,)).fetchone())


def booking(row: sqlite3.Row) -> Json:
    """A row of SELECT as the vendor shows it. Nulls are left out, except staffId of a request nobody has yet."""
    shape = _common(row)
    shape |= _reservation(row) if row["method"] == RESERVATION else _appointment(row)
    return {name: value for name, value in shape.items() if value is not None or name == "staffId"}


def _common(row: sqlite3.Row) -> Json:
    scheduled = row["is_scheduled"]
    items = json.loads(row["items"])
    return {
        "bookingId": row["booking_id"],
        "merchantId": row["merchant_id"],
        "bookingMethod": row["method"],
        "status": row["status"],
        "isCompleted": bool(row["is_completed"]),
        "startsOn": to_rfc3339(row["starts_at"]) if scheduled else None,
        "totalClientTimespan": timespan(row["starts_at"], row["ends_at"]) if scheduled else None,
        "staffId": row["staff_id"],
        "staffFirstName": row["staff_first_name"],
        "staffLastName": row["staff_last_name"],
        "items": _items(items, start=row["starts_at"] if scheduled else None),
        "location": row["location"],
        "payment": _payment(items, places=row["attending"], is_completed=row["is_completed"]),
        "createdOn": to_rfc3339(row["created_on"]),
        "createdBy": row["created_by"],
        "createdByStaffId": row["created_by_staff_id"],
        "modifiedOn": to_rfc3339(row["modified_on"]),
        "modifiedBy": row["modified_by"],
        "modifiedByStaffId": row["modified_by_staff_id"],
        "acquisitionChannel": row["channel"] or None,
    }


def _items(items: list[Json], *, start: int | None) -> list[Json]:
    if start is None:
        return items
    shaped = []
    for item in items:
        end = start + item["duration"] * MINUTE
        shaped.append(item | {"reservedClientTimespan": timespan(start, end)})
        start = end + item["spacingAfter"] * MINUTE
    return shaped


def _payment(items: list[Json], *, places: int, is_completed: bool) -> Json:
    cents = sum(round(float(item["price"]["amount"]) * 100) for item in items) * places
    total = f"{cents // 100}.{cents % 100:02d}"
    return {"total": total, "paid": total if is_completed else "0.00", "onlinePaymentStatus": "None"}


def _appointment(row: sqlite3.Row) -> Json:
    return {
        "isScheduled": bool(row["is_scheduled"]),
        "clientAvailability": json.loads(row["client_availability"]),
        "clientCount": row["attending"],
        "client": client(row) | {"address": json.loads(row["address"]) if row["address"] else None},
        "quickNote": row["quick_note"],
    }


def _reservation(row: sqlite3.Row) -> Json:
    return {
        "groupEventId": row["group_event_id"],
        "client": client(row) | {"isAttending": _requester_attends(row)},
        "attendees": json.loads(row["attendees"]),
        "clientCommunication": "ClientOnly",
    }


def _requester_attends(row: sqlite3.Row) -> bool:
    return any(attendee.get("isRequester") for attendee in json.loads(row["attendees"]))


def client(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["client_id"],
        "firstName": row["first_name"] or "",
        "lastName": row["last_name"] or "",
        "email": row["email"] or "",
        "homePhoneNumber": row["home_phone"] or "",
        "mobilePhoneNumber": row["mobile_phone"] or "",
        "presence": row["presence"],
        "remindByEmail": bool(row["remind_by_email"]),
        "remindBySMS": bool(row["remind_by_sms"]),
        "additionalRequest": row["additional_request"],
    }
