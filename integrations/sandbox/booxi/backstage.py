"""`/__sandbox`: what Booxi's own people and processes would do, and the raw truth, for tests and the demo."""

import sqlite3
from dataclasses import asdict, replace
from typing import Any

from werkzeug.wrappers import Request

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booxi import (
    booking_bodies,
    booking_rows,
    booking_shapes,
    bookings,
    consents,
    lookup,
    module_links,
    rivals,
    shapes,
)
from integrations.sandbox.booxi.assumptions import ASSUMPTIONS
from integrations.sandbox.booxi.booking_rows import PENDING_STAFF, Booking
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.http import Call, Caller, Refusal, Reply
from integrations.sandbox.reading import (
    Body,
    bad,
    flag,
    json_object,
    moment,
    parts,
    query_choice,
    query_moment,
    query_whole,
    required_moment,
    required_whole,
    text,
    whole,
)
from integrations.sandbox.times import DAY

LISTED_MOST = 5000
_ALL_CLIENTS = """
    SELECT * FROM client WHERE id > :after AND (:merchant IS NULL OR merchant_id = :merchant) ORDER BY id LIMIT :most
"""
_COUNTED = ("merchant", "staff", "service", "category", "client", "booking", "group_event", "time_slot", "module_link")
_COUNTS = {table: f"SELECT count(*) FROM {table}" for table in _COUNTED}  # noqa: S608


def call_of(sandbox: Sandbox, request: Request, db: sqlite3.Connection, *, merchant_id: int | None = None) -> Call:
    """A call as the store's own people would make it: allowed for that store's group."""
    group = lookup.known(db, "merchant", merchant_id)["group_id"] if merchant_id is not None else 0
    caller = Caller(key="", kind=PARTNER, group_id=group)
    return Call(request=request, db=db, caller=caller, now=sandbox.clock.now())


# ---- truth


def summary(sandbox: Sandbox, request: Request) -> Reply:
    with sandbox.state.reading() as db:
        counts = {table: db.execute(query).fetchone()[0] for table, query in _COUNTS.items()}
        statuses = db.execute("SELECT status, count(*) FROM booking GROUP BY status").fetchall()
    return Reply(body=counts | {"bookingStatuses": {row[0]: row[1] for row in statuses}})


def assumptions(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body={"assumptions": [entry._asdict() for entry in ASSUMPTIONS]})


def all_bookings(sandbox: Sandbox, request: Request) -> Reply:
    """Every booking that overlaps from..to, cancelled and unscheduled ones too, with every field we keep."""
    conditions, values = ["1"], dict[str, Any]()
    for name in ("staffId", "clientId", "merchantId", "groupEventId"):
        if (value := query_whole(request.args, name)) is not None:
            conditions.append(f"booking.{_COLUMNS[name]} = :{name}")
            values[name] = value
    if (status := query_choice(request.args, "status", booking_rows.STATUSES)) is not None:
        conditions.append("booking.status = :status")
        values["status"] = status
    for name, condition in (("from", "booking.ends_at > :from"), ("to", "booking.starts_at <= :to")):
        if name in request.args:
            conditions.append(condition)
            values[name] = query_moment(request.args, name)
    query = f"{booking_shapes.SELECT} WHERE {' AND '.join(conditions)} ORDER BY booking.starts_at, booking.n"
    with sandbox.state.reading() as db:
        rows = db.execute(f"{query} LIMIT {LISTED_MOST}", values).fetchall()
    return Reply(body={"bookings": [_raw(row) for row in rows]})


_COLUMNS = {
    "staffId": "staff_id",
    "clientId": "client_id",
    "merchantId": "merchant_id",
    "groupEventId": "group_event_id",
}


def _raw(row: sqlite3.Row) -> dict[str, Any]:
    """As the API shows it, and under `raw` as we keep it (instants in epoch seconds)."""
    return booking_shapes.booking(row) | {"raw": asdict(booking_rows.from_row(row))}


def one_booking(sandbox: Sandbox, request: Request, booking_id: str) -> Reply:
    with sandbox.state.reading() as db:
        return _raw_reply(db, bookings.by_public_id(db, booking_id))


def _raw_reply(db: sqlite3.Connection, booking: Booking) -> Reply:
    return Reply(body=_raw(db.execute(f"{booking_shapes.SELECT} WHERE booking.n = ?", (booking.n,)).fetchone()))


# ---- other people at work


def change_booking(sandbox: Sandbox, request: Request, booking_id: str) -> Reply:
    """A change made in Booxi's own calendar: the body of a PUT, no rule checked, modifiedOn always moved on.

    Beyond a PUT, `isScheduled` may be set and `staffId` may be null (nobody yet).
    """
    body = json_object(request)
    with sandbox.state.writing() as db:
        before = bookings.by_public_id(db, booking_id)
        call = call_of(sandbox, request, db, merchant_id=before.merchant_id)
        after = booking_bodies.changed(call, body, before)
        after = replace(
            after,
            staff_id=None if body.get("staffId", 0) is None else after.staff_id,
            is_scheduled=after.is_scheduled if flag(body, "isScheduled") is None else bool(body["isScheduled"]),
        )
        author = booking_bodies.author_of(call, body, merchant_id=before.merchant_id)
        kept = bookings.signed(before, after, author=author, now=max(call.now, before.modified_on + 1))
        booking_rows.update(db, kept)
        return _raw_reply(db, kept)


def add_rival(sandbox: Sandbox, request: Request) -> Reply:
    """`{staffId, startsOn, serviceId?}`: another client's booking, made whether or not the time is free."""
    body = json_object(request)
    staff_id, starts_at = required_whole(body, "staffId"), required_moment(body, "startsOn")
    with sandbox.state.writing() as db:
        lookup.known(db, "staff", staff_id)
        made = rivals.rival(
            db, staff_id=staff_id, starts_at=starts_at, now=sandbox.clock.now(), service_id=whole(body, "serviceId")
        )
        if made is None:
            raise Refusal(409, "The staff offers no service.")
        return _raw_reply(db, booking_rows.insert(db, made))


def add_request(sandbox: Sandbox, request: Request) -> Reply:
    """A client's own request, waiting for staff: `{merchantId, serviceId, clientId | client, staffId?, startsOn?,
    clientAvailability?}`. Without startsOn it is unscheduled, and its first proposed time stands in for ordering.
    """
    body = json_object(request)
    with sandbox.state.writing() as db:
        merchant = lookup.known(db, "merchant", required_whole(body, "merchantId"))
        call = call_of(sandbox, request, db, merchant_id=merchant["id"])
        return _raw_reply(db, booking_rows.insert(db, _request(call, body, merchant=merchant)))


def _request(call: Call, body: Body, *, merchant: sqlite3.Row) -> Booking:
    client = {"client": {"id": body["clientId"]}} if "clientId" in body else {}
    starts_at, proposed = moment(body, "startsOn"), _proposed(body)
    order = starts_at if starts_at is not None else (proposed[0] if proposed else call.now + DAY)
    staff_id = whole(body, "staffId")
    if staff_id is not None:
        lookup.of_merchant(call, "staff", staff_id, merchant_id=merchant["id"])
    return Booking(
        merchant_id=merchant["id"],
        status=PENDING_STAFF,
        is_scheduled=starts_at is not None,
        starts_at=order,
        ends_at=order,
        busy_until=order,
        staff_id=staff_id,
        client_id=booking_bodies.client_id_of(call, {**body, **client}, merchant=merchant),
        items=(booking_bodies.item_of(call, {"serviceId": body.get("serviceId")}, merchant_id=merchant["id"]),),
        additional_request=text(body, "additionalRequest", most=4000) or "",
        client_availability=tuple(parts(body, "clientAvailability") or ()),
        created_on=call.now,
        created_by=booking_rows.CLIENT,
        modified_on=call.now,
        modified_by=booking_rows.CLIENT,
    ).timed(starts_at=order)


def _proposed(body: Body) -> list[int]:
    entries = parts(body, "clientAvailability") or []
    return [start for entry in entries if (start := moment(entry, "from")) is not None and moment(entry, "to")]


# ---- clients


def all_clients(sandbox: Sandbox, request: Request) -> Reply:
    """Every client of a store (or of all), merged and deleted ones too, with links and consent; `after` is an id."""
    values = {"merchant": query_whole(request.args, "merchantId"), "after": query_whole(request.args, "after") or 0}
    with sandbox.state.reading() as db:
        rows = db.execute(_ALL_CLIENTS, values | {"most": LISTED_MOST}).fetchall()
        return Reply(body={"clients": [_raw_client(db, row) for row in rows]})


def _raw_client(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    return shapes.client(row) | {
        "links": module_links.of_client(db, row["id"]),
        "consent": consents.of_client(db, row["id"]),
        "mergedInto": row["merged_into"],
        "isDeleted": bool(row["is_deleted"]),
        "isAnonymized": row["anonymized_on"] is not None,
    }


def merge_clients(sandbox: Sandbox, request: Request) -> Reply:
    """`{fromClientId, intoClientId}`: bookings and missing links move, the first then answers 308."""
    body = json_object(request)
    gone, kept = required_whole(body, "fromClientId"), required_whole(body, "intoClientId")
    with sandbox.state.writing() as db:
        lookup.known(db, "client", gone)
        lookup.known(db, "client", kept)
        if lookup.surviving_id(db, kept) in (gone, lookup.surviving_id(db, gone)):
            bad("They are one client already.")
        merge(db, gone=gone, kept=kept, now=sandbox.clock.now())
        return Reply(body=shapes.client(lookup.known(db, "client", kept)))


def merge(db: sqlite3.Connection, *, gone: int, kept: int, now: int) -> None:
    """Make `gone` another name of `kept`. Their bookings count as modified now."""
    db.execute("UPDATE booking SET client_id = ?, modified_on = ? WHERE client_id = ?", (kept, now, gone))
    db.execute(
        "UPDATE OR IGNORE module_link SET owner_id = ? WHERE owner_kind = 'client' AND owner_id = ?", (kept, gone)
    )
    db.execute("DELETE FROM module_link WHERE owner_kind = 'client' AND owner_id = ?", (gone,))
    db.execute("UPDATE OR IGNORE consent SET client_id = ? WHERE client_id = ?", (kept, gone))
    db.execute("DELETE FROM consent WHERE client_id = ?", (gone,))
    db.execute("UPDATE client SET merged_into = ?, modified_on = ? WHERE id = ?", (kept, now, gone))


def anonymise(sandbox: Sandbox, request: Request, client_id: int) -> Reply:
    """What Booxi's retention does to a client: the id stays, everything personal goes (section 13)."""
    with sandbox.state.writing() as db:
        lookup.known(db, "client", client_id)
        forget(db, client_id, now=sandbox.clock.now())
        return Reply(body=shapes.client(lookup.known(db, "client", client_id)))


def forget(db: sqlite3.Connection, client_id: int, *, now: int) -> None:
    db.execute(
        "UPDATE client SET first_name = '', last_name = '', email = '', home_phone = '', mobile_phone = '',"
        " membership_number = '', quick_note = '', date_of_birth = 'null', address = 'null', metadata = '{}',"
        " gender = 'Unknown', name_key = '', email_key = '', home_key = '', mobile_key = '', anonymized_on = :now,"
        " modified_on = :now WHERE id = :id",
        {"now": now, "id": client_id},
    )
    db.execute(
        "UPDATE booking SET additional_request = '', quick_note = '', attendees = '[]', modified_on = ?"
        " WHERE client_id = ?",
        (now, client_id),
    )
    db.execute("DELETE FROM module_link WHERE owner_kind = 'client' AND owner_id = ?", (client_id,))
    db.execute("DELETE FROM consent WHERE client_id = ?", (client_id,))


def set_consent(sandbox: Sandbox, request: Request) -> Reply:
    """`{clientId, granted}`: what she said to the shop's own people."""
    body = json_object(request)
    client_id, granted = required_whole(body, "clientId"), flag(body, "granted")
    with sandbox.state.writing() as db:
        lookup.known(db, "client", client_id)
        said = bad("granted is required.") if granted is None else granted
        now = sandbox.clock.now()
        consents.write(db, client_id, is_granted=said, source=consents.BACK_OFFICE, now=now)
        return Reply(body={"consent": consents.of_client(db, client_id)})


ROUTES = (
    PanelRoute(method="GET", path="/__sandbox/summary", answer=summary),
    PanelRoute(method="GET", path="/__sandbox/assumptions", answer=assumptions),
    PanelRoute(method="GET", path="/__sandbox/bookings", answer=all_bookings),
    PanelRoute(method="GET", path="/__sandbox/booking/<booking_id>", answer=one_booking),
    PanelRoute(method="POST", path="/__sandbox/booking/<booking_id>", answer=change_booking),
    PanelRoute(method="POST", path="/__sandbox/rival", answer=add_rival),
    PanelRoute(method="POST", path="/__sandbox/request", answer=add_request),
    PanelRoute(method="GET", path="/__sandbox/clients", answer=all_clients),
    PanelRoute(method="POST", path="/__sandbox/merge-clients", answer=merge_clients),
    PanelRoute(method="POST", path="/__sandbox/consent", answer=set_consent),
    PanelRoute(method="POST", path="/__sandbox/anonymise/<id:client_id>", answer=anonymise),
)
