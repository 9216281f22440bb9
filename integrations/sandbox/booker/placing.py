"""What is to be done, by whom and where, at a time when nobody and no room has something else to do."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import freetime, places
from integrations.sandbox.booker.assumptions import EMPLOYEE_TAKEN, ROOM_UNAVAILABLE, TREATMENTS_MOST
from integrations.sandbox.booker.failures import Failure, bad, missing
from integrations.sandbox.booker.fields import Body, flag, instant, part, parts, required_whole, whole
from integrations.sandbox.http import Call
from integrations.sandbox.times import DAY, MINUTE

LENGTH_MOST = DAY


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


def tasks_of(call: Call, entries: Sequence[Body], *, location_id: int, own: int | None = None) -> list[Task]:
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
    diary = _Diary(call.db, before, own, call.now)
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


def time_slots(body: Body) -> Iterator[Body]:
    """The treatments of ItineraryTimeSlotList, or of the one ItineraryTimeSlot."""
    single = part(body, "ItineraryTimeSlot")
    for entry in [single] if single else parts(body, "ItineraryTimeSlotList", most=TREATMENTS_MOST):
        yield from parts(entry, "TreatmentTimeSlots", most=TREATMENTS_MOST)


def bounds(tasks: Sequence[Task]) -> tuple[int, int]:
    return min(task.starts_at for task in tasks), max(task.ends_at for task in tasks)


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
    now: int

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
        if freetime.is_blocked(self.db, column, identifier, span=(task.starts_at, task.busy_until), now=self.now):
            return False
        others = (one for one in self.before if getattr(one, column) == identifier)
        return not any(one.starts_at < task.busy_until and task.starts_at < one.busy_until for one in others)
