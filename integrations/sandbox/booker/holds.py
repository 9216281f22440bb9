"""Times held for a while: nobody else gets them, and they become an appointment or lapse (section 5.2)."""

from collections.abc import Sequence

from integrations.sandbox.booker import dates, places
from integrations.sandbox.booker.assumptions import HOLD_SECONDS
from integrations.sandbox.booker.failures import envelope, missing
from integrations.sandbox.booker.fields import Body, whole
from integrations.sandbox.booker.placing import Task, bounds
from integrations.sandbox.http import Call, Reply
from integrations.sandbox.times import MINUTE


def kept(call: Call, tasks: Sequence[Task], *, location_id: int) -> Reply:
    """The hold's id, at the top and as the ID of an appointment that is held; nothing else is told of it."""
    insert = "INSERT INTO booker_hold (location_id, until) VALUES (?, ?)"
    hold_id = call.db.execute(insert, (location_id, call.now + HOLD_SECONDS)).lastrowid
    rows = [(hold_id, task.employee_id, task.room_id, task.starts_at, task.busy_until) for task in tasks]
    call.db.executemany("INSERT INTO booker_held VALUES (?, ?, ?, ?, ?)", rows)
    zone, (start, end) = places.zone_of(call.db, location_id), bounds(tasks)
    appointment = {
        "ID": hold_id,
        "LocationID": location_id,
        "IsHeld": True,
        "HoldForMinutes": HOLD_SECONDS // MINUTE,
        **dates.twins("HeldSince", call.now, zone=zone),
        **dates.twins("StartDateTime", start, zone=zone),
        **dates.twins("EndDateTime", end, zone=zone),
    }
    return Reply(body=envelope(IncompleteAppointmentID=hold_id, Appointment=appointment))


def release(call: Call, body: Body, *, location_id: int) -> None:
    """Let go of what `IncompleteAppointmentID` holds, if it is there; a not-found failure for a hold nobody has."""
    hold_id = whole(body, "IncompleteAppointmentID")
    if not hold_id:
        return
    query = "DELETE FROM booker_hold WHERE id = ? AND location_id = ?"
    if not call.db.execute(query, (hold_id, location_id)).rowcount:
        missing("incomplete appointment")
    call.db.execute("DELETE FROM booker_held WHERE hold_id = ?", (hold_id,))
