"""Bookings: one, a client's history, made, changed (section 6.1)."""

import sqlite3
from dataclasses import replace
from typing import Any

from integrations.sandbox.booxi import booking_rows, booking_shapes, group_events, lookup, rules
from integrations.sandbox.booxi.assumptions import CLIENT_ID_REQUIRED_ON_HISTORY, HISTORY_RANGE_MOST
from integrations.sandbox.booxi.booking_bodies import METHODS, NEW, Author, author_of, changed
from integrations.sandbox.booxi.booking_rows import APPOINTMENT, CANCELLED, RESERVATION, Booking
from integrations.sandbox.booxi.diaries import diary, offers, zone_of
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.booxi.rules import Checks, Today
from integrations.sandbox.booxi.spans import query_span
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.paging import CURSOR_PAGE, Place, page_of, place_of
from integrations.sandbox.reading import (
    Body,
    bad,
    choice,
    json_object,
    query_choice,
    query_list,
    query_whole,
    required_whole,
)

# ---- reading


def history(call: Call) -> Reply:
    """GET /booking: a client's bookings that start within from..to, both included."""
    place = place_of(call)
    conditions, values = _history_filters(call, place)
    descending = query_choice(place.args, "order", ("Ascending", "Descending")) == "Descending"
    if place.after is not None:
        sign = "<" if descending else ">"
        conditions.append(f"(booking.starts_at, booking.n) {sign} (:after, :after_n)")
        values |= dict(zip(("after", "after_n"), place.after, strict=True))
    way = "DESC" if descending else "ASC"
    query = f"{booking_shapes.SELECT} WHERE {' AND '.join(conditions)}"
    query += f" ORDER BY booking.starts_at {way}, booking.n {way} LIMIT :most"
    page = page_of(place, call.db.execute(query, values).fetchall(), key=lambda row: (row["starts_at"], row["n"]))
    return page.reply(_history_body(call.db, page.rows))


def _history_filters(call: Call, place: Place) -> tuple[list[str], dict[str, Any]]:
    client_id = query_whole(place.args, "clientId")
    if client_id is None and CLIENT_ID_REQUIRED_ON_HISTORY:
        bad("clientId is required.")
    start, end = query_span(place.args, most=HISTORY_RANGE_MOST)
    values: dict[str, Any] = {"group": call.caller.group_id, "start": start, "end": end, "most": CURSOR_PAGE + 1}
    conditions = [
        "booking.merchant_id IN (SELECT id FROM merchant WHERE group_id = :group)",
        "booking.starts_at BETWEEN :start AND :end",
    ]
    if client_id is not None:
        values["client"] = _visible_client(call, client_id)
        conditions.append("booking.client_id = :client")
    if (merchant_id := query_whole(place.args, "merchantId")) is not None:
        values["merchant"] = lookup.merchant(call, merchant_id)["id"]
        conditions.append("booking.merchant_id = :merchant")
    if methods := query_list(place.args, "bookingMethod", (*METHODS, "Rental")):
        wanted = {RESERVATION if method == "Reservation" else method for method in methods}
        conditions.append(f"booking.method IN ({', '.join(repr(method) for method in sorted(wanted))})")
    return conditions, values


def _visible_client(call: Call, client_id: int) -> int:
    survivor = lookup.surviving_id(call.db, client_id)
    lookup.own(call, "client", survivor)
    return survivor


def _history_body(db: sqlite3.Connection, rows: list[sqlite3.Row]) -> dict[str, Any]:
    events = [row["group_event_id"] for row in rows if row["group_event_id"] is not None]
    return {
        "bookings": [booking_shapes.booking(row) for row in rows],
        "groupEvents": group_events.many(db, events),
        "services": [],
        "merchants": [],
        "resources": [],
    }


def show(call: Call, booking_id: str) -> Reply:
    booking = visible(call, booking_id)
    events = [booking.group_event_id] if booking.group_event_id is not None else []
    body = {"booking": booking_shapes.one(call.db, booking.n or 0), "groupEvents": group_events.many(call.db, events)}
    return Reply(body=body)


def visible(call: Call, booking_id: str) -> Booking:
    """The booking with that public id. 404 when unknown, 403 when another group's."""
    booking = by_public_id(call.db, booking_id)
    lookup.merchant(call, booking.merchant_id)
    return booking


def by_public_id(db: sqlite3.Connection, booking_id: str) -> Booking:
    row = db.execute("SELECT * FROM booking WHERE booking_id = ?", (booking_id[:64],)).fetchone()
    if row is None:
        raise Refusal(404, "There is no such booking.")
    return booking_rows.from_row(row)


# ---- writing


def create(call: Call) -> Reply:
    checks, body = rules.checks_of(call), json_object(call.request)
    return Reply(body=booking_shapes.one(call.db, make(call, body, checks=checks).n or 0))


def make(call: Call, body: Body, *, checks: Checks) -> Booking:
    """Keep the booking a POST's body asks for. 409 for a conflict that is neither unchecked nor ignored."""
    merchant = lookup.merchant(call, required_whole(body, "merchantId"))
    method = choice(body, "bookingMethod", METHODS) or bad("bookingMethod is required.")
    booking = NEW[method](call, body, merchant=merchant)
    _check_client(call.db, booking, checks=checks)
    rules.check_start(booking.starts_at, today=_today(call, booking), checks=checks)
    check_time(call.db, booking, checks=checks)
    return booking_rows.insert(call.db, booking)


def change(call: Call, booking_id: str) -> Reply:
    checks, body = rules.checks_of(call), json_object(call.request)
    before = visible(call, booking_id)
    alter(call, before, body, checks=checks)
    return Reply(body=booking_shapes.one(call.db, before.n or 0))


def alter(call: Call, before: Booking, body: Body, *, checks: Checks) -> None:
    """Do to a booking what a PUT's body asks for. 409 for a conflict that is neither unchecked nor ignored."""
    author = author_of(call, body, merchant_id=before.merchant_id)
    after = changed(call, body, before)
    rules.check_change(before, after, today=_today(call, before), checks=checks)
    if rules.holds_time_anew(before, after):
        check_time(call.db, after, checks=checks)
    booking_rows.update(call.db, signed(before, after, author=author, now=call.now))


def signed(before: Booking, after: Booking, *, author: Author, now: int) -> Booking:
    """`after` with who changed it and when; modifiedOn never goes back."""
    cancelled_by = after.cancelled_by
    if after.status != before.status:
        cancelled_by = author[0] if after.status == CANCELLED else None
    return replace(
        after,
        cancelled_by=cancelled_by,
        modified_on=max(now, before.modified_on),
        modified_by=author[0],
        modified_by_staff_id=author[1],
    )


def check_time(db: sqlite3.Connection, booking: Booking, *, checks: Checks) -> None:
    """409 when the person, or the event, cannot take it."""
    if booking.method == RESERVATION:
        _check_places(db, booking, checks=checks)
    elif "Availability" in checks.rules and not is_free(db, booking):
        checks.refuse("StaffNotAvailable")


def is_free(db: sqlite3.Connection, booking: Booking) -> bool:
    """Whether its person offers its services and is at work and free for all of it, itself aside."""
    staff = lookup.known(db, "staff", booking.staff_id or 0)
    if booking.method == APPOINTMENT and not offers(db, staff_id=staff["id"], service_ids=booking.service_ids):
        return False
    span = (booking.starts_at, booking.busy_until)
    found = diary(db, staff=staff, span=span, but=booking.n)
    return found.is_free(start=booking.starts_at, end=booking.ends_at, busy_until=booking.busy_until)


def _check_places(db: sqlite3.Connection, booking: Booking, *, checks: Checks) -> None:
    if "AttendeeCount" not in checks.rules:
        return
    event = group_events.detailed(db, booking.group_event_id or 0)
    service = lookup.known(db, "service", event["service_id"])
    if booking.attending > service["max_reservation_size"]:
        checks.refuse("TooManyAttendees")
    if event["attendee_count"] + booking.attending > event["capacity"]:
        checks.refuse("GroupEventOvercapacity")


def _check_client(db: sqlite3.Connection, booking: Booking, *, checks: Checks) -> None:
    client = lookup.known(db, "client", booking.client_id)
    if "ClientBlocked" in checks.rules and client["status"] == "Blocked":
        checks.refuse("ClientStatus")


def _today(call: Call, booking: Booking) -> Today:
    return Today(now=call.now, zone=zone_of(call.db, booking.merchant_id))


ROUTES = (
    Route(method="GET", path="/booking", answer=history, key=PARTNER),
    Route(method="POST", path="/booking", answer=create, key=PARTNER, writes=True),
    Route(method="GET", path="/booking/<booking_id>", answer=show, key=PARTNER),
    Route(method="PUT", path="/booking/<booking_id>", answer=change, key=PARTNER, writes=True),
)
