"""Appointments as they are written: booked by either side, changed, cancelled, confirmed (sections 5.2 and 5.4)."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from integrations.sandbox.booker import appointments, clients, freetime, gate, holds, places, placing
from integrations.sandbox.booker.appointments import BOOKED, CANCELLED, CHECKED_IN, COMPLETED, CONFIRMED, NO_SHOW
from integrations.sandbox.booker.assumptions import (
    AHEAD_MOST,
    CANCELLATION_NOTICE,
    CANNOT_CHANGE,
    EMPLOYEE_TAKEN,
    NOTICE_LEAST,
    RULE_BROKEN,
    TREATMENTS_MOST,
)
from integrations.sandbox.booker.failures import Failure, bad, envelope
from integrations.sandbox.booker.fields import Body, body_of, flag, part, parts, required_whole, text, whole
from integrations.sandbox.booker.placing import Task
from integrations.sandbox.http import Call, Reply

NOTES_MOST = 4000


# ---- kept


def keep(
    call: Call, tasks: Sequence[Task], *, location_id: int, customer_id: int, notes: str, status: str, source: str
) -> int:
    """A new appointment; its id."""
    made = call.db.execute(
        "INSERT INTO booker_appointment (location_id, customer_id, status, starts_at, ends_at, notes, source,"
        " created_on, modified_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (location_id, customer_id, status, *placing.bounds(tasks), notes, source, call.now, call.now),
    )
    appointment_id = int(made.lastrowid or 0)
    _keep_tasks(call.db, appointment_id, tasks)
    return appointment_id


def put_tasks(call: Call, appointment_id: int, tasks: Sequence[Task]) -> None:
    """Other treatments, times, people or rooms for an appointment."""
    _keep_tasks(call.db, appointment_id, tasks)
    starts_at, ends_at = placing.bounds(tasks)
    write(call.db, appointment_id, now=call.now, starts_at=starts_at, ends_at=ends_at)


def _keep_tasks(db: sqlite3.Connection, appointment_id: int, tasks: Sequence[Task]) -> None:
    """In place of what was there; a task that names its row keeps that row's id."""
    known = {
        row["id"] for row in db.execute("SELECT id FROM booker_booked WHERE appointment_id = ?", (appointment_id,))
    }
    db.execute("DELETE FROM booker_booked WHERE appointment_id = ?", (appointment_id,))
    for task in tasks:
        kept_id = task.id if task.id in known else None
        known.discard(kept_id)
        db.execute(
            "INSERT INTO booker_booked VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                kept_id,
                appointment_id,
                task.treatment_id,
                task.employee_id,
                task.room_id,
                task.starts_at,
                task.ends_at,
                task.busy_until,
                task.was_requested,
                task.price,
            ),
        )


def write(db: sqlite3.Connection, appointment_id: int, *, now: int, **columns: Any) -> None:
    """Change columns of an appointment; its DateLastModified moves on."""
    names = ", ".join(f"{name} = :{name}" for name in columns)
    query = f"UPDATE booker_appointment SET {names}, modified_on = max(modified_on, :now) WHERE id = :id"  # noqa: S608
    db.execute(query, columns | {"now": now, "id": appointment_id})


# ---- booking


def book(call: Call) -> Reply:
    """As the business: no booking rule is checked, but nobody and no room is booked twice."""
    body = body_of(call)
    location_id = places.asked(call, body)
    tasks = placing.tasks_of(
        call, parts(body, "AppointmentTreatmentDTOs", most=TREATMENTS_MOST), location_id=location_id
    )
    if flag(body, "CreateIncompleteAppointment"):
        return holds.kept(call, tasks, location_id=location_id)
    status = CONFIRMED if flag(body, "MarkAsConfirmed") else BOOKED
    return _booked(call, body, tasks, location_id=location_id, status=status, source="Front desk")


def book_as_client(call: Call) -> Reply:
    """As the client: within notice, opening hours and shifts, and only what is online."""
    body = body_of(call)
    location_id = places.asked(call, body)
    holds.release(call, body, location_id=location_id)
    tasks = placing.tasks_of(call, list(placing.time_slots(body)), location_id=location_id)
    _require_rules(call, tasks, location_id=location_id)
    return _booked(call, body, tasks, location_id=location_id, status=BOOKED, source="Online booking")


def _require_rules(call: Call, tasks: Sequence[Task], *, location_id: int) -> None:
    start, end = placing.bounds(tasks)
    if not call.now + NOTICE_LEAST <= start <= call.now + AHEAD_MOST:
        raise Failure(RULE_BROKEN, "The time is too soon, or too far ahead, to be booked online.")
    week = freetime.week(call.db, location_id, start=start, end=end, now=call.now)
    for task in tasks:
        if not week.treatments[task.treatment_id]["is_online"]:
            raise Failure(RULE_BROKEN, "The treatment cannot be booked online.")
        if not week.is_at_work(task.employee_id, (task.starts_at, task.ends_at)):
            raise Failure(EMPLOYEE_TAKEN, "The employee is not available at the selected time.")


def hold(call: Call) -> Reply:
    """A time kept for somebody who is still filling in who she is."""
    body = body_of(call)
    location_id = places.asked(call, body)
    tasks = placing.tasks_of(call, list(placing.time_slots(body)), location_id=location_id)
    _require_rules(call, tasks, location_id=location_id)
    return holds.kept(call, tasks, location_id=location_id)


def let_go(call: Call) -> Reply:
    body = body_of(call)
    holds.release(call, body, location_id=places.asked(call, body))
    return Reply(body=envelope())


def _booked(call: Call, body: Body, tasks: Sequence[Task], *, location_id: int, status: str, source: str) -> Reply:
    customer_id = clients.guest_of(call, body, location_id=location_id)
    notes = text(body, "Notes", most=NOTES_MOST) or ""
    made = keep(
        call, tasks, location_id=location_id, customer_id=customer_id, notes=notes, status=status, source=source
    )
    return _told(call, made)


def _told(call: Call, appointment_id: int) -> Reply:
    return appointments.told(call, places.row_of(call.db, "appointment", appointment_id, what="appointment"))


# ---- changing


def _open(call: Call, body: Body) -> sqlite3.Row:
    """The appointment of `ID`, while it can still be changed."""
    row = places.owned(call, "appointment", required_whole(body, "ID"), what="appointment")
    if row["status"] in (CANCELLED, NO_SHOW, COMPLETED):
        raise Failure(CANNOT_CHANGE, f"The appointment is {row['status'].lower()} and cannot be changed.")
    return row


def change(call: Call) -> Reply:
    body = body_of(call)
    row = _open(call, body)
    guest = part(body, "Customer") or {}
    if (whole(guest, "ID") or row["customer_id"]) != row["customer_id"]:
        bad("Customer", "An appointment stays with its customer")
    entries = parts(body, "AppointmentTreatmentDTOs", most=TREATMENTS_MOST)
    columns: dict[str, Any] = {}
    if entries:
        put_tasks(call, row["id"], placing.tasks_of(call, entries, location_id=row["location_id"], own=row["id"]))
    notes = text(body, "Notes", most=NOTES_MOST)
    columns["notes"] = row["notes"] if notes is None else notes
    columns["status"] = CONFIRMED if flag(body, "MarkAsConfirmed") and row["status"] == BOOKED else row["status"]
    write(call.db, row["id"], now=call.now, **columns)
    return _told(call, row["id"])


def cancel(call: Call) -> Reply:
    body = body_of(call)
    row = places.owned(call, "appointment", required_whole(body, "ID"), what="appointment")
    if row["status"] == CANCELLED:
        return _told(call, row["id"])
    row = _open(call, body)
    if not gate.is_merchant(call) and row["starts_at"] - call.now < CANCELLATION_NOTICE:
        raise Failure(RULE_BROKEN, "It is too late to cancel this appointment online.")
    cancel_row(call.db, row["id"], now=call.now)
    return _told(call, row["id"])


def cancel_row(db: sqlite3.Connection, appointment_id: int, *, now: int) -> None:
    """Cancelled, and its time free for others."""
    db.execute("UPDATE booker_booked SET is_live = 0 WHERE appointment_id = ?", (appointment_id,))
    write(db, appointment_id, now=now, status=CANCELLED, cancelled_on=now)


def confirm(call: Call) -> Reply:
    row = _open(call, body_of(call))
    if row["status"] == BOOKED:
        write(call.db, row["id"], now=call.now, status=CONFIRMED)
    return _told(call, row["id"])


def set_notes(call: Call, appointment_id: int) -> Reply:
    body = body_of(call)
    row = places.owned(call, "appointment", appointment_id, what="appointment")
    write(call.db, row["id"], now=call.now, notes=text(body, "Notes", most=NOTES_MOST) or "")
    return Reply(body=envelope())


# ---- somebody faster


def take_slot(call: Call, **ids: object) -> None:
    """Book the first treatment's time that the call asks for, for somebody else, if it is free."""
    body = body_of(call)
    entries: list[Body] = [*parts(body, "AppointmentTreatmentDTOs"), *placing.time_slots(body)]
    location_id = whole(body, "LocationID")
    if not entries or location_id is None:
        return
    try:
        tasks = placing.tasks_of(call, entries[:1], location_id=location_id, own=whole(body, "ID"))
    except Failure:
        return
    rival = call.db.execute(
        "SELECT id FROM booker_customer WHERE location_id = ? AND NOT is_deleted ORDER BY id DESC LIMIT 1",
        (location_id,),
    ).fetchone()
    if rival is not None:
        taken = {"customer_id": rival["id"], "notes": "", "status": BOOKED, "source": "Online booking"}
        keep(call, tasks, location_id=location_id, **taken)


LIVE = (BOOKED, CONFIRMED, CHECKED_IN)
ROUTES = (
    gate.merchant("POST", "/appointment", book, writes=True),
    gate.merchant("PUT", "/appointment", change, writes=True),
    *gate.both("PUT", "/appointment/cancel", cancel, writes=True),
    gate.merchant("PUT", "/appointment/confirm", confirm, writes=True),
    gate.merchant("PUT", "/appointment/<id:appointment_id>/notes", set_notes, writes=True),
    gate.customer("POST", "/appointment/create", book_as_client, writes=True),
    gate.customer("POST", "/appointment/createincomplete", hold, writes=True),
    gate.booking("POST", "/appointment/hold", hold, writes=True),
    gate.booking("DELETE", "/appointment/hold", let_go, writes=True),
)
