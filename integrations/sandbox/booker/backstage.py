"""`/__sandbox/booker`: what the spa's people and time would do, and the raw truth, for tests and the demo.

Bodies and queries are of the sandbox's own spelling: instants are RFC 3339, names begin small.
"""

import json
import re
import sqlite3
from typing import Any

from werkzeug.wrappers import Request

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booker import appointments, booking, clients, customers, frontdesk, places
from integrations.sandbox.booker.assumptions import ARGUMENTS, ASSUMPTIONS, NOT_FOUND, STATUS_IDS
from integrations.sandbox.booker.failures import Failure
from integrations.sandbox.booker.seed import more
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.http import Call, Refusal, Reply
from integrations.sandbox.reading import (
    Body,
    bad,
    choice,
    flag,
    json_object,
    moment,
    parts,
    query_flag,
    query_moment,
    query_whole,
    required_moment,
    required_whole,
    text,
    whole,
)
from integrations.sandbox.times import DAY, to_rfc3339

LISTED_MOST = 5000
PLANTED_MOST = 200_000
_COUNTED = (
    "location", "employee", "room", "treatment", "customer", "appointment", "booked", "order", "order_item", "refund",
    "membership", "note", "product",
)  # fmt: skip
_BY_EMPLOYEE = "id IN (SELECT appointment_id FROM booker_booked WHERE employee_id = :employeeId)"
_ALL_CUSTOMERS = """
    SELECT * FROM booker_customer WHERE id > :after AND (:location IS NULL OR location_id = :location)
    ORDER BY id LIMIT :most
"""
_FILTERS = {
    "customerId": "customer_id = :customerId",
    "locationId": "location_id = :locationId",
    "employeeId": _BY_EMPLOYEE,
}


def call_of(sandbox: Sandbox, request: Request, db: sqlite3.Connection, *, location_id: int) -> Call:
    """A call as the location's own people would make it."""
    return Call(request=request, db=db, caller=frontdesk.caller(location_id), now=sandbox.clock.now())


def panel_refusal(failure: Failure) -> Refusal:
    """As a panel words it: 400 for what cannot be read, 404 for what is not there, else 409."""
    status = {ARGUMENTS: 400, NOT_FOUND: 404}.get(failure.code, 409)
    return Refusal(status, " ".join([failure.message, *(f"{name}: {what}." for name, what in failure.arguments)]))


# ---- truth


def summary(sandbox: Sandbox, request: Request) -> Reply:
    with sandbox.state.reading() as db:
        counts = {name: db.execute(f"SELECT count(*) FROM booker_{name}").fetchone()[0] for name in _COUNTED}  # noqa: S608
        statuses = db.execute("SELECT status, count(*) FROM booker_appointment GROUP BY status").fetchall()
    return Reply(body=counts | {"appointmentStatuses": {row[0]: row[1] for row in statuses}})


def assumptions(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body={"assumptions": [entry._asdict() for entry in ASSUMPTIONS]})


def all_appointments(sandbox: Sandbox, request: Request) -> Reply:
    """Of a client, an employee or a location, starting from..to; with `live=true` none that is over or cancelled."""
    conditions, values = ["1"], dict[str, Any]()
    for name, condition in _FILTERS.items():
        if (value := query_whole(request.args, name)) is not None:
            conditions.append(condition)
            values[name] = value
    for name, condition in (("from", "starts_at >= :from"), ("to", "starts_at <= :to")):
        if name in request.args:
            conditions.append(condition)
            values[name] = query_moment(request.args, name)
    if query_flag(request.args, "live"):
        conditions.append(f"status IN ({', '.join(repr(status) for status in booking.LIVE)})")
    query = f"SELECT * FROM booker_appointment WHERE {' AND '.join(conditions)} ORDER BY starts_at, id"  # noqa: S608
    with sandbox.state.reading() as db:
        rows = db.execute(f"{query} LIMIT {LISTED_MOST}", values).fetchall()
        shapes = appointments.shapes(db, rows, now=sandbox.clock.now())
    raw = [_raw(row) for row in rows]
    return Reply(body={"appointments": [shape | about for shape, about in zip(shapes, raw, strict=True)]})


def _raw(row: sqlite3.Row) -> dict[str, Any]:
    """What a test wants to know without reading Booker's dates."""
    about = {"startsOn": to_rfc3339(row["starts_at"]), "endsOn": to_rfc3339(row["ends_at"])}
    return {"raw": about | {"modifiedOn": to_rfc3339(row["modified_on"]), "status": row["status"]}}


def one_appointment(sandbox: Sandbox, request: Request, appointment_id: int) -> Reply:
    with sandbox.state.reading() as db:
        return _told(db, appointment_id, now=sandbox.clock.now())


def _told(db: sqlite3.Connection, appointment_id: int, *, now: int) -> Reply:
    try:
        row = places.row_of(db, "appointment", appointment_id, what="appointment")
    except Failure as failure:
        raise panel_refusal(failure) from failure
    return Reply(body=appointments.shapes(db, [row], now=now)[0] | _raw(row))


# ---- appointments


def add_appointment(sandbox: Sandbox, request: Request) -> Reply:
    """`{locationId, customerId, treatmentId, employeeId?, roomId?, startsOn, notes?, anyway?}`; 409 when not free."""
    body = json_object(request)
    values: dict[str, Any] = {name: required_whole(body, name) for name in ("locationId", "customerId", "treatmentId")}
    values |= {name: whole(body, name) for name in ("employeeId", "roomId")}
    about = {"startsAt": required_moment(body, "startsOn"), "notes": text(body, "notes", most=4000)}
    with sandbox.state.writing() as db:
        call = call_of(sandbox, request, db, location_id=values["locationId"])
        try:
            customers.living(call, values["customerId"])
            made = frontdesk.book(call, values | about, is_checked=not flag(body, "anyway"))
        except Failure as failure:
            raise panel_refusal(failure) from failure
        return _told(db, made, now=call.now)


def change_appointment(sandbox: Sandbox, request: Request, appointment_id: int) -> Reply:
    """`{startsOn?, employeeId?, roomId?, status?, notes?, anyway?}`: move, hand over, note, then mark it so.

    409 when somebody or something is not free, unless `anyway`.
    """
    body = json_object(request)
    with sandbox.state.writing() as db:
        try:
            alter(sandbox, request, db, appointment_id, body)
        except Failure as failure:
            raise panel_refusal(failure) from failure
        return _told(db, appointment_id, now=sandbox.clock.now())


def alter(sandbox: Sandbox, request: Request, db: sqlite3.Connection, appointment_id: int, body: Body) -> None:
    """As `change_appointment`. Failure when it cannot be done."""
    row = places.row_of(db, "appointment", appointment_id, what="appointment")
    call = call_of(sandbox, request, db, location_id=row["location_id"])
    wanted = {"starts_at": moment(body, "startsOn"), "employee_id": whole(body, "employeeId")}
    wanted["room_id"] = whole(body, "roomId")
    if any(value is not None for value in wanted.values()):
        frontdesk.move(call, row, is_checked=not flag(body, "anyway"), **wanted)
    if (notes := text(body, "notes", most=4000)) is not None:
        booking.write(db, appointment_id, now=call.now, notes=notes)
    if (status := choice(body, "status", STATUS_IDS)) is not None:
        frontdesk.mark(db, row, status, now=call.now)


# ---- customers


def all_customers(sandbox: Sandbox, request: Request) -> Reply:
    """Of a location or of all, deleted ones too; `after` is an id."""
    values = {"location": query_whole(request.args, "locationId"), "after": query_whole(request.args, "after") or 0}
    with sandbox.state.reading() as db:
        rows = db.execute(_ALL_CUSTOMERS, values | {"most": LISTED_MOST}).fetchall()
        return Reply(body={"customers": [_raw_customer(db, row) for row in rows]})


def _raw_customer(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    location = places.row_of(db, "location", row["location_id"], what="location")
    return customers.shape(row, location=location) | {"isDeleted": bool(row["is_deleted"])}


def add_customer(sandbox: Sandbox, request: Request) -> Reply:
    """Booker's own field names, and `locationId`; nobody minds a double."""
    body = json_object(request)
    location_id = required_whole(body, "locationId")
    with sandbox.state.writing() as db:
        call = call_of(sandbox, request, db, location_id=location_id)
        try:
            places.row_of(db, "location", location_id, what="location")
            made = clients.make(call, body, location_id=location_id, may_be_double=True)
        except Failure as failure:
            raise panel_refusal(failure) from failure
        return _customer(db, made["id"])


def change_customer(sandbox: Sandbox, request: Request, customer_id: int) -> Reply:
    """Booker's own field names; what is not sent stays. `RequestedToBeForgotten` may be set, too."""
    body = json_object(request)
    with sandbox.state.writing() as db:
        call = call_of(sandbox, request, db, location_id=0)
        try:
            before = dict(customers.living(call, customer_id))
            clients.update(db, before | clients.values_of(body) | _forgetting(body), now=call.now)
        except Failure as failure:
            raise panel_refusal(failure) from failure
        return _customer(db, customer_id)


def _forgetting(body: Body) -> dict[str, Any]:
    asked = flag(body, "RequestedToBeForgotten")
    return {} if asked is None else {"is_to_be_forgotten": asked}


def _customer(db: sqlite3.Connection, customer_id: int) -> Reply:
    return Reply(body=_raw_customer(db, places.row_of(db, "customer", customer_id, what="customer")))


def delete_customer(sandbox: Sandbox, request: Request, customer_id: int) -> Reply:
    with sandbox.state.writing() as db:
        _require_customer(db, customer_id)
        frontdesk.delete_customer(db, customer_id, now=sandbox.clock.now())
        return _customer(db, customer_id)


def _require_customer(db: sqlite3.Connection, customer_id: int) -> None:
    if db.execute("SELECT 1 FROM booker_customer WHERE id = ?", (customer_id,)).fetchone() is None:
        raise Refusal(404, "There is no such customer.")


def add_note(sandbox: Sandbox, request: Request, customer_id: int) -> Reply:
    """`{text}`: a note is a change of its customer."""
    body, now = json_object(request), sandbox.clock.now()
    said = text(body, "text", most=4000) or bad("text is required.")
    with sandbox.state.writing() as db:
        _require_customer(db, customer_id)
        insert = "INSERT INTO booker_note (customer_id, text, author, created_on) VALUES (?, ?, 'Front desk', ?)"
        db.execute(insert, (customer_id, said, now))
        db.execute("UPDATE booker_customer SET modified_on = ? WHERE id = ?", (now, customer_id))
        return _customer(db, customer_id)


def add_membership(sandbox: Sandbox, request: Request, customer_id: int) -> Reply:
    """`{planId?, expiresOn?}`: a year from now unless told; a change of its customer."""
    body, now = json_object(request), sandbox.clock.now()
    plan_id, expires_on = whole(body, "planId") or 801, moment(body, "expiresOn") or now + 365 * DAY
    with sandbox.state.writing() as db:
        _require_customer(db, customer_id)
        if db.execute("SELECT 1 FROM booker_plan WHERE id = ?", (plan_id,)).fetchone() is None:
            bad("planId is not known.")
        db.execute(
            "INSERT INTO booker_membership (customer_id, plan_id, card, starts_on, expires_on, is_cancelled, earned,"
            " used, sold_at) SELECT id, ?, 'JS-' || id, ?, ?, 0, 1, 0, location_id FROM booker_customer WHERE id = ?",
            (plan_id, now, expires_on, customer_id),
        )
        db.execute("UPDATE booker_customer SET modified_on = ? WHERE id = ?", (now, customer_id))
        return _customer(db, customer_id)


# ---- who works there, and what is offered

_CHANGEABLE: dict[str, dict[str, str]] = {
    "employee": {"firstName": "first_name", "lastName": "last_name", "isActive": "is_active", "shifts": "shifts"},
    "treatment": {"name": "name", "minutes": "minutes", "price": "price", "isActive": "is_active"},
    "room": {"name": "name"},
    "location": {"name": "name", "hours": "hours"},
}


def change_employee(sandbox: Sandbox, request: Request, row_id: int) -> Reply:
    """`{firstName?, lastName?, isActive?, shifts?}`; shifts are `[{dow, start, end}]`, dow 0 is Sunday."""
    return _change_row(sandbox, request, "employee", row_id)


def change_treatment(sandbox: Sandbox, request: Request, row_id: int) -> Reply:
    """`{name?, minutes?, price?, isActive?}`; the price is in cents. What is booked stays as it is."""
    return _change_row(sandbox, request, "treatment", row_id)


def change_room(sandbox: Sandbox, request: Request, row_id: int) -> Reply:
    """`{name?}`."""
    return _change_row(sandbox, request, "room", row_id)


def change_location(sandbox: Sandbox, request: Request, row_id: int) -> Reply:
    """`{name?, hours?}`; hours as shifts."""
    return _change_row(sandbox, request, "location", row_id)


def _change_row(sandbox: Sandbox, request: Request, table: str, row_id: int) -> Reply:
    body = json_object(request)
    values = {column: _column(body, name) for name, column in _CHANGEABLE[table].items() if name in body}
    if not values:
        bad("Nothing is to be changed.")
    if table != "location":
        values["modified_on"] = sandbox.clock.now()
    names = ", ".join(f"{column} = :{column}" for column in values)
    with sandbox.state.writing() as db:
        changed = db.execute(f"UPDATE booker_{table} SET {names} WHERE id = :id", values | {"id": row_id})  # noqa: S608
        if not changed.rowcount:
            raise Refusal(404, f"There is no such {table}.")
        return Reply(body=dict(db.execute(f"SELECT * FROM booker_{table} WHERE id = ?", (row_id,)).fetchone()))  # noqa: S608


def _column(body: Body, name: str) -> Any:
    if name in ("shifts", "hours"):
        week = parts(body, name, most=14) or []
        return json.dumps([_hours(entry) for entry in week])
    if name == "isActive":
        return bool(flag(body, name))
    if name in ("minutes", "price"):
        return required_whole(body, name, least=1, most=1_000_000)
    return text(body, name) or bad(f"{name} is required.")


def _hours(entry: Body) -> dict[str, Any]:
    start, end = (text(entry, name) or "" for name in ("start", "end"))
    if not _CLOCK.fullmatch(start) or not _CLOCK.fullmatch(end) or start >= end:
        bad("start and end must be HH:MM, start before end.")
    return {"dow": required_whole(entry, "dow", most=6), "start": start, "end": end}


_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


# ---- more of everything


def plant(sandbox: Sandbox, request: Request) -> Reply:
    """`{customers?, appointments?, ahead?}`: so many more, spread over the locations; nobody is told.

    Appointments are of days before the usual ones, or with `ahead` after them, without overlaps.
    """
    body = json_object(request)
    count, wanted = (whole(body, name, most=PLANTED_MOST) or 0 for name in ("customers", "appointments"))
    plan = Plan(now=sandbox.clock.now())
    with sandbox.state.noting() as db:
        total = more.customers(db, plan, count)
        made = more.appointments(db, plan, wanted, is_ahead=bool(flag(body, "ahead"))) if wanted else 0
        db.execute("DELETE FROM change_note WHERE source = 'booker'")
    return Reply(body={"customers": total, "appointmentsMade": made})


ROUTES = (
    PanelRoute(method="GET", path="/__sandbox/booker/summary", answer=summary),
    PanelRoute(method="GET", path="/__sandbox/booker/assumptions", answer=assumptions),
    PanelRoute(method="GET", path="/__sandbox/booker/appointments", answer=all_appointments),
    PanelRoute(method="POST", path="/__sandbox/booker/appointments", answer=add_appointment),
    PanelRoute(method="GET", path="/__sandbox/booker/appointment/<id:appointment_id>", answer=one_appointment),
    PanelRoute(method="POST", path="/__sandbox/booker/appointment/<id:appointment_id>", answer=change_appointment),
    PanelRoute(method="GET", path="/__sandbox/booker/customers", answer=all_customers),
    PanelRoute(method="POST", path="/__sandbox/booker/customers", answer=add_customer),
    PanelRoute(method="POST", path="/__sandbox/booker/customer/<id:customer_id>", answer=change_customer),
    PanelRoute(method="DELETE", path="/__sandbox/booker/customer/<id:customer_id>", answer=delete_customer),
    PanelRoute(method="POST", path="/__sandbox/booker/customer/<id:customer_id>/note", answer=add_note),
    PanelRoute(method="POST", path="/__sandbox/booker/customer/<id:customer_id>/membership", answer=add_membership),
    PanelRoute(method="POST", path="/__sandbox/booker/employee/<id:row_id>", answer=change_employee),
    PanelRoute(method="POST", path="/__sandbox/booker/treatment/<id:row_id>", answer=change_treatment),
    PanelRoute(method="POST", path="/__sandbox/booker/room/<id:row_id>", answer=change_room),
    PanelRoute(method="POST", path="/__sandbox/booker/location/<id:row_id>", answer=change_location),
    PanelRoute(method="POST", path="/__sandbox/booker/plant", answer=plant),
)
