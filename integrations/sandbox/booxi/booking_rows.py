"""A booking as the sandbox keeps it, and its way in and out of the table."""

import json
import sqlite3
from dataclasses import dataclass, fields, replace
from typing import Any

from integrations.sandbox.times import MINUTE

APPOINTMENT = "Appointment"
RESERVATION = "GroupReservation"
APPROVED = "Approved"
CANCELLED = "Cancelled"
PENDING_STAFF = "PendingStaffApproval"
PENDING_CLIENT = "PendingClientApproval"
STATUSES = (PENDING_STAFF, PENDING_CLIENT, APPROVED, CANCELLED)
EXPECTING, ARRIVED, NO_SHOW = "Expecting", "Arrived", "NoShow"
PRESENCES = (EXPECTING, ARRIVED, NO_SHOW)
STAFF, CLIENT = "Staff", "Client"

_JSON = ("items", "client_availability", "attendees")
_FLAGS = ("is_completed", "is_scheduled", "remind_by_email", "remind_by_sms")
_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_SPACE = 36**6
_ID_STRIDE = 1_540_483_477  # Shares no factor with 36, so that every number gives another id.


@dataclass(frozen=True, kw_only=True)
class Booking:
    """Instants are epoch seconds. `items` are `{serviceId, serviceName, duration, spacingAfter, ...}` in minutes.

    `ends_at` is the client's end; the person stays busy until `busy_until` when the last spacing is a busy one.
    Unscheduled requests keep their first proposed time in `starts_at`, only for ordering.
    """

    n: int | None = None
    booking_id: str = ""
    merchant_id: int
    method: str = APPOINTMENT
    status: str = APPROVED
    is_completed: bool = False
    is_scheduled: bool = True
    starts_at: int
    ends_at: int
    busy_until: int
    staff_id: int | None
    client_id: int
    presence: str = EXPECTING
    items: tuple[dict[str, Any], ...] = ()
    additional_request: str = ""
    quick_note: str = ""
    remind_by_email: bool = True
    remind_by_sms: bool = False
    client_availability: tuple[dict[str, Any], ...] = ()
    location: str = "Business"
    group_event_id: int | None = None
    attending: int = 1
    attendees: tuple[dict[str, Any], ...] = ()
    channel: str = ""
    created_on: int
    created_by: str = STAFF
    created_by_staff_id: int | None = None
    modified_on: int
    modified_by: str = STAFF
    modified_by_staff_id: int | None = None
    cancelled_by: str | None = None

    @property
    def service_ids(self) -> tuple[int, ...]:
        return tuple(item["serviceId"] for item in self.items)

    def timed(self, *, starts_at: int) -> "Booking":
        """The same booking starting at `starts_at`, its ends reckoned from its items (section 8)."""
        length, tail = lengths(self.items)
        end = starts_at + length * MINUTE
        return replace(self, starts_at=starts_at, ends_at=end, busy_until=end + tail * MINUTE)


COLUMNS = tuple(field.name for field in fields(Booking))
_INSERT = f"INSERT INTO booking ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"  # noqa: S608
_UPDATE = f"UPDATE booking SET {', '.join(f'{name} = :{name}' for name in COLUMNS[1:])} WHERE n = :n"  # noqa: S608


def lengths(items: tuple[dict[str, Any], ...]) -> tuple[int, int]:
    """Minutes the client stays, and minutes the person stays busy after that.

    Durations and spacings add up, except the last spacing, which is the tail when it is a busy one (section 8).
    """
    if not items:
        return 0, 0
    total = sum(item["duration"] + item["spacingAfter"] for item in items)
    last = items[-1]
    return total - last["spacingAfter"], last["spacingAfter"] if last["isBusySpacingAfter"] else 0


def public_id(n: int) -> str:
    """Six letters and digits for row `n`; no two rows share one."""
    number, letters = n * _ID_STRIDE % _ID_SPACE, ""
    for _ in range(6):
        number, digit = divmod(number, 36)
        letters = _ID_ALPHABET[digit] + letters
    return letters


def from_row(row: sqlite3.Row) -> Booking:
    values: dict[str, Any] = {name: row[name] for name in COLUMNS}
    values |= {name: tuple(json.loads(values[name])) for name in _JSON}
    values |= {name: bool(values[name]) for name in _FLAGS}
    return Booking(**values)


def as_row(booking: Booking) -> dict[str, Any]:
    values = {name: getattr(booking, name) for name in COLUMNS}
    return values | {name: json.dumps(values[name], ensure_ascii=False) for name in _JSON}


def insert(db: sqlite3.Connection, booking: Booking) -> Booking:
    """Keep a new booking; the answer has its number and its public id."""
    last = db.execute("SELECT coalesce(max(n), 0) FROM booking").fetchone()[0]
    kept = replace(booking, n=last + 1, booking_id=public_id(last + 1))
    db.execute(_INSERT, as_row(kept))
    return kept


def insert_many(db: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    """Keep ready rows (see `as_row`) that already have their numbers and ids."""
    db.executemany(_INSERT, rows)


def update(db: sqlite3.Connection, booking: Booking) -> None:
    db.execute(_UPDATE, as_row(booking))
