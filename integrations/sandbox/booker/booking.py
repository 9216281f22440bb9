"""Appointments as they are written: booked by either side, changed, cancelled, confirmed (sections 5.2 and 5.4)."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import appointments, clients, customers, freetime, gate, places
from integrations.sandbox.booker.appointments import BOOKED, CANCELLED, CHECKED_IN, COMPLETED, CONFIRMED, NO_SHOW
from integrations.sandbox.booker.assumptions import (
    AHEAD_MOST,
    CANCELLATION_NOTICE,
    CANNOT_CHANGE,
    EMPLOYEE_TAKEN,
    NOTICE_LEAST,
    ROOM_UNAVAILABLE,
    RULE_BROKEN,
    TREATMENTS_MOST,
)
from integrations.sandbox.booker.failures import Failure, bad, envelope, missing
from integrations.sandbox.booker.fields import Body, body_of, flag, instant, part, parts, required_whole, text, whole
from integrations.sandbox.http import Call, Reply
from integrations.sandbox.times import DAY, MINUTE

LENGTH_MOST = DAY
NOTES_MOST = 4000


@dataclass(frozen=True, kw_only=True)
class Task:
    """One treatment of an appointment, to be done by somebody somewhere. `id` is that of the row it replaces."""

    treatment_id: int
    employee_id: int
    room_id: int
    starts_at: int
    ends_at: int
    busy_until: int
    price: int
    was_requested: bool = False
    id: int | None = None


# ---- what was asked for


def _tasks(call: Call, entries: Sequence[Body], *, location_id: int, own: int | None = None) -> list[Task]:
    """The treatments of AppointmentTreatmentDTOs, or of time slots; nobody and no room does two things at once."""
    if not entries:
        bad("AppointmentTreatmentDTOs", "Required")
    zone, tasks = places.zone_of(call.db, location_id), list[Task]()
    for entry in entries:
        tasks.append(_task(call, entry, tasks, location_id=location_id, zone=zone, own=own))
    return tasks


def _task(
    call: Call, entry: Body, before: Sequence[Task], *, location_id: int, zone: ZoneInfo, own: int | None
) -> Task:
    treatment = _treatment(call.db, required_whole(entry, "TreatmentID"), location_id=location_id)
    start, end = _span(entry, treatment, zone=zone)
    task = Task(
        treatment_id=treatment["id"],
        employee_id=_wanted(entry, "EmployeeID"),
        room_id=_wanted(entry, "RoomID"),
        starts_at=start,
        ends_at=end,
        busy_until=end + treatment["recovery"] * MINUTE,
        price=treatment["price"],
        was_requested=bool(flag(entry, "EmployeeWasRequested")),
        id=whole(entry, "AppointmentTreatmentID"),
    )
    return placed(call, task, before, location_id=location_id, own=own)


def placed(call: Call, task: Task, before: Sequence[Task], *, location_id: int, own: int | None = None) -> Task:
    """The task with somebody and a room, which are free then; a failure when there is nobody or nowhere."""
    diary = _Diary(call.db, before, own)
    task = replace(task, employee_id=diary.employee(task, location_id=location_id))
    if call.fault == "room_unavailable":
        _no_room()
    return replace(task, room_id=diary.room(task))


def shifted(task: Task, seconds: int) -> Task:
    start, end, until = (moment + seconds for moment in (task.starts_at, task.ends_at, task.busy_until))
    return replace(task, starts_at=start, ends_at=end, busy_until=until)


def given_to(task: Task, *, employee_id: int | None, room_id: int | None) -> Task:
    """To another person, in another room; None changes nothing."""
    employee_id = task.employee_id if employee_id is None else employee_id
    return replace(task, employee_id=employee_id, room_id=task.room_id if room_id is None else room_id)


def _treatment(db: sqlite3.Connection, treatment_id: int, *, location_id: int) -> sqlite3.Row:
    row = places.row_of(db, "treatment", treatment_id, what="treatment")
    if row["location_id"] != location_id or not row["is_active"]:
        missing("treatment")
    return row


def _span(entry: Body, treatment: sqlite3.Row, *, zone: ZoneInfo) -> tuple[int, int]:
    name = "StartDateTime" if "StartDateTime" in entry or "StartDateTimeOffset" in entry else "StartTime"
    start, end = instant(entry, name, zone=zone), instant(entry, "EndTime", zone=zone)
    if start is None:
        bad(f"{name}Offset", "Required")
    minutes = whole(entry, "Duration") or treatment["minutes"]
    end = start + minutes * MINUTE if end is None else end
    if not start < end <= start + LENGTH_MOST:
        bad("EndTimeOffset", "Must be after the start, and within a day of it")
    return start, end


def _wanted(entry: Body, name: str) -> int:
    """An id; 0 for anybody, anywhere."""
    return max(0, whole(entry, name) or 0)


def _no_room() -> NoReturn:
    raise Failure(ROOM_UNAVAILABLE, "The room is unavailable for the selected treatment and time.")


@dataclass(frozen=True)
class _Diary:
    """Who and what is taken: by what is kept (but for the appointment that is being changed), and by `before`."""

    db: sqlite3.Connection
    before: Sequence[Task]
    own: int | None

    def employee(self, task: Task, *, location_id: int) -> int:
        """Who does it: the one asked for, or the first who can. A failure when there is nobody."""
        query = (
            "SELECT id FROM booker_employee JOIN booker_performer ON employee_id = id"
            " WHERE treatment_id = ? AND location_id = ? AND is_active ORDER BY id"
        )
        able = [row["id"] for row in self.db.execute(query, (task.treatment_id, location_id))]
        wanted = [one for one in able if task.employee_id in (0, one)]
        if not wanted:
            raise Failure(EMPLOYEE_TAKEN, "The employee does not perform this treatment.")
        for one in wanted:
            if self.is_free(task, "employee_id", one):
                return int(one)
        raise Failure(EMPLOYEE_TAKEN, "The employee is not available at the selected time.")

    def room(self, task: Task) -> int:
        query = "SELECT room_id FROM booker_host WHERE treatment_id = ? ORDER BY room_id"
        hosts = [row["room_id"] for row in self.db.execute(query, (task.treatment_id,))]
        for one in hosts:
            if task.room_id in (0, one) and self.is_free(task, "room_id", one):
                return int(one)
        _no_room()

    def is_free(self, task: Task, column: str, identifier: int) -> bool:
        query = (
            f"SELECT 1 FROM booker_booked WHERE is_live AND {column} = ? AND starts_at < ? AND busy_until > ?"  # noqa: S608
            " AND appointment_id != ? LIMIT 1"
        )
        values = (identifier, task.busy_until, task.starts_at, self.own or 0)
        if self.db.execute(query, values).fetchone() is not None:
            return False
        others = (one for one in self.before if getattr(one, column) == identifier)
        return not any(one.starts_at < task.busy_until and task.starts_at < one.busy_until for one in others)


# ---- kept


def keep(
    call: Call, tasks: Sequence[Task], *, location_id: int, customer_id: int, notes: str, status: str, source: str
) -> int:
    """A new appointment; its id."""
    made = call.db.execute(
        "INSERT INTO booker_appointment (location_id, customer_id, status, starts_at, ends_at, notes, source,"
        " created_on, modified_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (location_id, customer_id, status, *_bounds(tasks), notes, source, call.now, call.now),
    )
    appointment_id = int(made.lastrowid or 0)
    _keep_tasks(call.db, appointment_id, tasks)
    return appointment_id


def put_tasks(call: Call, appointment_id: int, tasks: Sequence[Task]) -> None:
    """Other treatments, times, people or rooms for an appointment."""
    _keep_tasks(call.db, appointment_id, tasks)
    starts_at, ends_at = _bounds(tasks)
    write(call.db, appointment_id, now=call.now, starts_at=starts_at, ends_at=ends_at)


def _bounds(tasks: Sequence[Task]) -> tuple[int, int]:
    return min(task.starts_at for task in tasks), max(task.ends_at for task in tasks)


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
    if flag(body, "CreateIncompleteAppointment"):
        bad("CreateIncompleteAppointment", "Is not supported here")
    location_id = places.asked(call, body)
    tasks = _tasks(call, parts(body, "AppointmentTreatmentDTOs", most=TREATMENTS_MOST), location_id=location_id)
    status = CONFIRMED if flag(body, "MarkAsConfirmed") else BOOKED
    return _booked(call, body, tasks, location_id=location_id, status=status, source="Front desk")


def book_as_client(call: Call) -> Reply:
    """As the client: within notice, opening hours and shifts, and only what is online."""
    body = body_of(call)
    location_id = places.asked(call, body)
    tasks = _tasks(call, list(_time_slots(body)), location_id=location_id)
    _require_rules(call, tasks, location_id=location_id)
    return _booked(call, body, tasks, location_id=location_id, status=BOOKED, source="Online booking")


def _time_slots(body: Body) -> Iterator[Body]:
    for entry in parts(body, "ItineraryTimeSlotList", most=TREATMENTS_MOST):
        yield from parts(entry, "TreatmentTimeSlots", most=TREATMENTS_MOST)


def _require_rules(call: Call, tasks: Sequence[Task], *, location_id: int) -> None:
    start, end = _bounds(tasks)
    if not call.now + NOTICE_LEAST <= start <= call.now + AHEAD_MOST:
        raise Failure(RULE_BROKEN, "The time is too soon, or too far ahead, to be booked online.")
    week = freetime.week(call.db, location_id, start=start, end=end)
    for task in tasks:
        if not week.treatments[task.treatment_id]["is_online"]:
            raise Failure(RULE_BROKEN, "The treatment cannot be booked online.")
        if not week.is_at_work(task.employee_id, (task.starts_at, task.ends_at)):
            raise Failure(EMPLOYEE_TAKEN, "The employee is not available at the selected time.")


def _booked(call: Call, body: Body, tasks: Sequence[Task], *, location_id: int, status: str, source: str) -> Reply:
    customer_id = _customer_id(call, body, location_id=location_id)
    notes = text(body, "Notes", most=NOTES_MOST) or ""
    made = keep(
        call, tasks, location_id=location_id, customer_id=customer_id, notes=notes, status=status, source=source
    )
    return _told(call, made)


def _customer_id(call: Call, body: Body, *, location_id: int) -> int:
    """Who comes: known by ID, or a new client even if somebody has that e-mail."""
    given = part(body, "Customer") or bad("Customer", "Required")
    known = whole(given, "ID") or whole(given, "CustomerID")
    if known:
        return int(customers.living(call, known)["id"])
    return int(clients.make(call, given, location_id=location_id, may_be_double=True)["id"])


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
        put_tasks(call, row["id"], _tasks(call, entries, location_id=row["location_id"], own=row["id"]))
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
    entries: list[Body] = [*parts(body, "AppointmentTreatmentDTOs"), *_time_slots(body)]
    location_id = whole(body, "LocationID")
    if not entries or location_id is None:
        return
    try:
        tasks = _tasks(call, entries[:1], location_id=location_id, own=whole(body, "ID"))
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
)
