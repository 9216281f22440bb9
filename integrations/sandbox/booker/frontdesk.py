"""What the spa's own people do at Booker, and no API call can: check in, no-show, completion, moves without asking."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from integrations.sandbox.booker import booking, places, placing
from integrations.sandbox.booker.appointments import BOOKED, CANCELLED, CHECKED_IN, COMPLETED, CONFIRMED, NO_SHOW
from integrations.sandbox.booker.credentials import BRAND_ID, MERCHANT
from integrations.sandbox.booker.placing import Task
from integrations.sandbox.http import Call, Caller
from integrations.sandbox.reading import bad
from integrations.sandbox.times import MINUTE

_TASKS = "SELECT * FROM booker_booked WHERE appointment_id = ? ORDER BY starts_at, id"


def caller(location_id: int) -> Caller:
    """The location's own people."""
    return Caller(key="", kind=MERCHANT, group_id=BRAND_ID, merchant_id=location_id)


def tasks_of(db: sqlite3.Connection, appointment_id: int) -> list[Task]:
    names = (
        "id", "treatment_id", "employee_id", "room_id", "starts_at", "ends_at", "busy_until", "price", "was_requested",
    )  # fmt: skip
    rows = db.execute(_TASKS, (appointment_id,)).fetchall()
    return [Task(**{name: row[name] for name in names}) for row in rows]


def book(call: Call, values: Mapping[str, Any], *, is_checked: bool = True) -> int:
    """`{locationId, customerId, treatmentId, employeeId?, roomId?, startsAt}`; the new appointment's id.

    Unchecked, a named employee and room are taken whether or not they are free.
    """
    location_id, treatment_id = values["locationId"], values["treatmentId"]
    treatment = places.row_of(call.db, "treatment", treatment_id, what="treatment")
    start = int(values["startsAt"])
    end = start + treatment["minutes"] * MINUTE
    task = Task(
        treatment_id=treatment_id,
        employee_id=values.get("employeeId") or 0,
        room_id=values.get("roomId") or 0,
        starts_at=start,
        ends_at=end,
        busy_until=end + treatment["recovery"] * MINUTE,
        price=treatment["price"],
    )
    if is_checked or not task.employee_id or not task.room_id:
        task = placing.placed(call, task, (), location_id=location_id)
    about = {"location_id": location_id, "customer_id": values["customerId"], "notes": values.get("notes") or ""}
    return booking.keep(call, [task], status=BOOKED, source="Front desk", **about)


def move(
    call: Call,
    row: sqlite3.Row,
    *,
    starts_at: int | None = None,
    employee_id: int | None = None,
    room_id: int | None = None,
    is_checked: bool = True,
) -> None:
    """All treatments by as much as the first, whose person and room may change, too. Only what is live is moved."""
    if row["status"] not in booking.LIVE:
        bad("The appointment is over or cancelled.")
    tasks = tasks_of(call.db, row["id"])
    shift = 0 if starts_at is None else starts_at - tasks[0].starts_at
    moved = [placing.shifted(task, shift) for task in tasks]
    moved[0] = placing.given_to(moved[0], employee_id=employee_id, room_id=room_id)
    if is_checked:
        kept: list[Task] = []
        for task in moved:
            kept.append(placing.placed(call, task, kept, location_id=row["location_id"], own=row["id"]))
        moved = kept
    booking.put_tasks(call, row["id"], moved)


def mark(db: sqlite3.Connection, row: sqlite3.Row, status: str, *, now: int) -> None:
    """Any status from any other; the times that go with it are set, and an order is paid on completion."""
    columns: dict[str, Any] = {"status": status}
    if status == CHECKED_IN:
        columns["checked_in_on"] = now
    elif status == NO_SHOW:
        columns["no_show_on"] = now
    elif status == COMPLETED:
        columns |= {
            "checked_in_on": row["checked_in_on"] or now,
            "order_id": row["order_id"] or _sell(db, row, now=now),
        }
    if status == CANCELLED:
        booking.cancel_row(db, row["id"], now=now)
        return
    if status in (BOOKED, CONFIRMED):
        columns |= {"checked_in_on": None, "no_show_on": None, "cancelled_on": None}
    in_class = "SELECT appointment_id FROM booker_place"  # whose teacher and room the class has, not its guests
    query = f"UPDATE booker_booked SET is_live = 1 WHERE appointment_id = ? AND appointment_id NOT IN ({in_class})"  # noqa: S608
    db.execute(query, (row["id"],))
    booking.write(db, row["id"], now=now, **columns)


def _sell(db: sqlite3.Connection, row: sqlite3.Row, *, now: int) -> int:
    tasks = tasks_of(db, row["id"])
    total = sum(task.price for task in tasks)
    made = db.execute(
        "INSERT INTO booker_order (location_id, customer_id, appointment_id, status, before_taxes, total, created_on,"
        " completed_on, paid_on) VALUES (?, ?, ?, 'Paid', ?, ?, ?, ?, ?)",
        (row["location_id"], row["customer_id"], row["id"], total, round(total * 1.08), now, now, now),
    )
    for task in tasks:
        name = places.row_of(db, "treatment", task.treatment_id, what="treatment")["name"]
        db.execute(
            "INSERT INTO booker_order_item (order_id, name, kind, treatment_id, employee_id, quantity, price)"
            " VALUES (?, ?, 'Treatment', ?, ?, 1, ?)",
            (made.lastrowid, name, task.treatment_id, task.employee_id, task.price),
        )
    return int(made.lastrowid or 0)


def delete_customer(db: sqlite3.Connection, customer_id: int, *, now: int) -> None:
    """Gone from every answer, without a word to anybody; her coming appointments are cancelled."""
    query = "SELECT id FROM booker_appointment WHERE customer_id = ? AND status IN (?, ?) AND starts_at > ?"
    for row in db.execute(query, (customer_id, BOOKED, CONFIRMED, now)).fetchall():
        booking.cancel_row(db, row["id"], now=now)
    update = "UPDATE booker_customer SET is_deleted = 1, modified_on = ? WHERE id = ?"
    db.execute(update, (now, customer_id))
