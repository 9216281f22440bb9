"""What a Booking body asks for: a new booking, or a change to one we hold (section 6.1)."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from integrations.sandbox.booxi import clients, lookup, matching, services, shapes
from integrations.sandbox.booxi.assumptions import BOOKING_LENGTH_MOST
from integrations.sandbox.booxi.booking_rows import (
    APPOINTMENT,
    APPROVED,
    CANCELLED,
    CLIENT,
    PRESENCES,
    RESERVATION,
    STAFF,
    STATUSES,
    Booking,
)
from integrations.sandbox.http import Call
from integrations.sandbox.reading import (
    Body,
    amount,
    bad,
    choice,
    flag,
    moment,
    part,
    parts,
    required_moment,
    required_whole,
    text,
    whole,
)
from integrations.sandbox.times import MINUTE

ITEMS_MOST = 10
NOTE_MOST = 4000
LOCATIONS = ("Business", "Home", "Phone", "VideoConference", "Custom")
T = TypeVar("T")
METHODS = (APPOINTMENT, RESERVATION, "Reservation")


# ---- a new booking


def new_appointment(call: Call, body: Body, *, merchant: sqlite3.Row) -> Booking:
    """The appointment a POST asks for, its client found or created. 400 for anything missing or misread."""
    staff_id = required_whole(body, "staffId")
    lookup.of_merchant(call, "staff", staff_id, merchant_id=merchant["id"])
    entries = parts(body, "items", most=ITEMS_MOST) or bad("items is required.")
    items = tuple(item_of(call, entry, merchant_id=merchant["id"]) for entry in entries)
    starts_at = required_moment(body, "startsOn")
    booking = Booking(
        merchant_id=merchant["id"],
        starts_at=starts_at,
        ends_at=starts_at,
        busy_until=starts_at,
        staff_id=staff_id,
        client_id=client_id_of(call, body, merchant=merchant),
        items=items,
        quick_note=text(body, "quickNote", most=NOTE_MOST) or "",
        **_common(call, body, merchant_id=merchant["id"]),
    )
    return checked_length(booking.timed(starts_at=starts_at))


def new_reservation(call: Call, body: Body, *, merchant: sqlite3.Row) -> Booking:
    """Places at a group event; time, staff and service are the event's."""
    event_id = required_whole(body, "groupEventId")
    event = lookup.of_merchant(call, "group_event", event_id, merchant_id=merchant["id"])
    client_id = client_id_of(call, body, merchant=merchant)
    attendees = tuple(_attendees(body))
    return Booking(
        merchant_id=merchant["id"],
        method=RESERVATION,
        starts_at=event["starts_at"],
        ends_at=event["ends_at"],
        busy_until=event["ends_at"],
        staff_id=event["staff_id"],
        client_id=client_id,
        items=(item_for(services.named(call.db, event["service_id"])),),
        group_event_id=event["id"],
        attending=len(attendees),
        attendees=attendees,
        **_common(call, body, merchant_id=merchant["id"]),
    )


def _common(call: Call, body: Body, *, merchant_id: int) -> dict[str, Any]:
    if choice(body, "status", STATUSES) != APPROVED:
        bad("status is required, and only Approved is supported on creation.")
    client = part(body, "client") or {}
    made_by = choice(body, "createdBy", (STAFF, CLIENT)) or STAFF
    staff_id = _staff_named(call, body, "createdByStaffId", merchant_id=merchant_id)
    return {
        "additional_request": text(client, "additionalRequest", most=NOTE_MOST) or "",
        "remind_by_email": flag(client, "remindByEmail") is not False,
        "remind_by_sms": flag(client, "remindBySMS") or False,
        "location": choice(body, "location", LOCATIONS) or "Business",
        "channel": text(body, "acquisitionChannel") or "",
        "created_on": call.now,
        "created_by": made_by,
        "created_by_staff_id": staff_id,
        "modified_on": call.now,
        "modified_by": made_by,
        "modified_by_staff_id": staff_id,
    }


def _staff_named(call: Call, body: Body, name: str, *, merchant_id: int) -> int | None:
    staff_id = whole(body, name)
    if staff_id is not None:
        lookup.of_merchant(call, "staff", staff_id, merchant_id=merchant_id)
    return staff_id


def item_of(call: Call, entry: Body, *, merchant_id: int) -> dict[str, Any]:
    """One service of a booking, with its own duration and price where the body gives them."""
    service_id = required_whole(entry, "serviceId")
    service = lookup.of_merchant(call, "service", service_id, merchant_id=merchant_id)
    if service["booking_method"] != APPOINTMENT:
        bad("That service is not booked by appointment.")
    item = item_for(services.named(call.db, service["id"]))
    item["duration"] = whole(entry, "duration", least=5, most=BOOKING_LENGTH_MOST // MINUTE) or item["duration"]
    item["price"] |= {"amount": amount(part(entry, "price") or {}, "amount") or item["price"]["amount"]}
    return item


def item_for(service: sqlite3.Row) -> dict[str, Any]:
    return {
        "serviceId": service["id"],
        "serviceName": service["name"],
        "duration": service["duration"],
        "spacingAfter": service["spacing_after"],
        "isBusySpacingAfter": bool(service["is_busy_spacing_after"]),
        "price": shapes.price(service["amount"], currency=service["currency"]),
    }


def checked_length(booking: Booking) -> Booking:
    if booking.ends_at - booking.starts_at > BOOKING_LENGTH_MOST:
        bad("The booking is longer than a day.")
    return booking


def client_id_of(call: Call, body: Body, *, merchant: sqlite3.Row) -> int:
    """The client a booking is for: the one named, or the one its name and contact mean."""
    client = part(body, "client") or bad("client is required.")
    given = whole(client, "id")
    if given is not None:
        return _given_client(call, given, merchant=merchant)
    values = clients.values_of({name: value for name, value in client.items() if name != "status"})
    if not values.get("first_name") or not values.get("last_name"):
        bad("client needs an id, or firstName and lastName.")
    if not any(values.get(name) for name in ("email", "home_phone", "mobile_phone")):
        bad("client needs an email or a phone number.")
    external_id = text(client, "customerId", most=100) or ""
    return matching.found_or_created(call.db, merchant=merchant, values=values, external_id=external_id, now=call.now)


def _given_client(call: Call, client_id: int, *, merchant: sqlite3.Row) -> int:
    survivor = lookup.surviving_id(call.db, client_id)
    if lookup.known(call.db, "client", survivor)["clientele_id"] != merchant["clientele_id"]:
        bad("The client does not belong to the merchant, nor to a clientele it shares.")
    return survivor


def _attendees(body: Body) -> list[dict[str, Any]]:
    """Who comes: the requester unless `client.isAttending` is false, and whoever else is listed."""
    client = part(body, "client") or {}
    attendees = [_attendee(entry) for entry in parts(body, "attendees") or []]
    listed = any(attendee["isRequester"] for attendee in attendees)
    if flag(client, "isAttending") is not False and not listed:
        names = {name: text(client, name) or "" for name in ("firstName", "lastName")}
        attendees.insert(0, names | {"isRequester": True, "presence": "Expecting"})
    return attendees or bad("Nobody attends.")


def _attendee(entry: Body) -> dict[str, Any]:
    return {
        "firstName": text(entry, "firstName") or "",
        "lastName": text(entry, "lastName") or "",
        "email": text(entry, "email") or "",
        "isRequester": flag(entry, "isRequester") or False,
        "presence": "Expecting",
    }


# ---- a change


def changed(call: Call, body: Body, booking: Booking) -> Booking:
    """`booking` with what the body says; what it leaves out stays. Who changed it is not yet marked."""
    if booking.method == RESERVATION:
        return _changed_reservation(body, booking)
    staff_id = _staff_named(call, body, "staffId", merchant_id=booking.merchant_id)
    booking = replace(
        booking,
        status=choice(body, "status", STATUSES) or booking.status,
        is_completed=_kept(flag(body, "isCompleted"), booking.is_completed),
        staff_id=_kept(staff_id, booking.staff_id),
        location=choice(body, "location", LOCATIONS) or booking.location,
        channel=_kept(text(body, "acquisitionChannel"), booking.channel),
        quick_note=_emptied(body, "quickNote", booking.quick_note),
    )
    return _with_time(call, body, _with_client(body, booking))


def _changed_reservation(body: Body, booking: Booking) -> Booking:
    allowed = {"status", "language", "modifiedBy", "modifiedByStaffId"}
    if set(body) - allowed or choice(body, "status", STATUSES) not in (None, CANCELLED, booking.status):
        bad("A reservation can only be cancelled.")
    return replace(booking, status=body.get("status") or booking.status)


def _with_client(body: Body, booking: Booking) -> Booking:
    client = part(body, "client") or {}
    if whole(client, "id") not in (None, booking.client_id):
        bad("A booking cannot be given to another client.")
    return replace(
        booking,
        presence=choice(client, "presence", PRESENCES) or booking.presence,
        additional_request=_emptied(client, "additionalRequest", booking.additional_request),
        remind_by_email=_kept(flag(client, "remindByEmail"), booking.remind_by_email),
        remind_by_sms=_kept(flag(client, "remindBySMS"), booking.remind_by_sms),
    )


def _with_time(call: Call, body: Body, booking: Booking) -> Booking:
    entries, starts_at = parts(body, "items", most=ITEMS_MOST), moment(body, "startsOn")
    if entries == []:
        bad("items is empty.")
    if entries is not None:
        items = tuple(item_of(call, entry, merchant_id=booking.merchant_id) for entry in entries)
        booking = replace(booking, items=items)
    if starts_at is not None:
        booking = replace(booking, is_scheduled=True)
    if entries is None and starts_at is None:
        return booking
    return checked_length(booking.timed(starts_at=booking.starts_at if starts_at is None else starts_at))


def _emptied(body: Body, name: str, current: str) -> str:
    """The new text; an explicit null empties it."""
    return (text(body, name, most=NOTE_MOST) or "") if name in body else current


def _kept(given: T | None, current: T) -> T:
    return current if given is None else given


Author = tuple[str, int | None]


def author_of(call: Call, body: Body, *, merchant_id: int) -> Author:
    """Who changes it: `modifiedBy` (Staff unless told) and `modifiedByStaffId`, who must be of the store."""
    made_by = choice(body, "modifiedBy", (STAFF, CLIENT)) or STAFF
    return made_by, _staff_named(call, body, "modifiedByStaffId", merchant_id=merchant_id)


Reader = Callable[..., Booking]
NEW: dict[str, Reader] = {
    APPOINTMENT: new_appointment,
    RESERVATION: new_reservation,
    "Reservation": new_reservation,
}
