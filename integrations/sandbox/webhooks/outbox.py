"""What is still to be told, and what became of what was: one row for each event and registration."""

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable
from typing import Any

from integrations.sandbox.chaos import Chaos, Fault
from integrations.sandbox.times import to_rfc3339
from integrations.sandbox.webhooks import registrations
from integrations.sandbox.webhooks.events import Event

WAITING, SENT, DROPPED, GIVEN_UP = "waiting", "sent", "dropped", "given_up"
REMEMBERED = 5_000
LISTED_MOST = 1_000
BACK_OFF = (1, 2, 5, 10, 30, 60, 120, 300, 600)
"""Seconds before each further try; then the delivery is given up."""

LOOSE = ("webhook_late", "webhook_out_of_order")

_COLUMNS = ("key", "registration_id", "event_id", "type", "subject", "body", "made_on", "fault", "is_loose", "state",
            "due_at")  # fmt: skip
_INSERT = (
    f"INSERT INTO webhook_delivery ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(':' + name for name in _COLUMNS)})"
)
# A delivery waits for earlier ones about the same thing, unless chaos made it (or them) loose. One sent out of order
# is due as soon as a later one about the same thing has gone.
_DUE = """
    SELECT delivery.*, url, method, secret, scheme, header
    FROM webhook_delivery AS delivery JOIN webhook_registration AS registration ON registration.id = registration_id
    WHERE state = 'waiting'
        AND (due_at <= :now OR (fault = 'webhook_out_of_order' AND EXISTS (
            SELECT 1 FROM webhook_delivery AS later WHERE later.registration_id = delivery.registration_id
                AND later.subject = delivery.subject AND later.id > delivery.id AND later.state = 'sent')))
        AND (is_loose OR NOT EXISTS (
            SELECT 1 FROM webhook_delivery AS earlier WHERE earlier.registration_id = delivery.registration_id
                AND earlier.subject = delivery.subject AND earlier.id < delivery.id AND earlier.state = 'waiting'
                AND NOT earlier.is_loose))
    ORDER BY delivery.id LIMIT :most
"""
_HURRY = """
    UPDATE webhook_delivery SET due_at = :now WHERE state = 'waiting' AND NOT (fault = 'webhook_out_of_order'
        AND EXISTS (SELECT 1 FROM webhook_delivery AS later
            WHERE later.registration_id = webhook_delivery.registration_id AND later.subject = webhook_delivery.subject
                AND later.id > webhook_delivery.id AND later.state = 'waiting'))
"""
_LOGGED = """
    SELECT delivery.*, source, url, method FROM webhook_delivery AS delivery
    LEFT JOIN webhook_registration AS registration ON registration.id = registration_id
    ORDER BY delivery.id DESC LIMIT ?
"""
_PRUNE = """
    DELETE FROM webhook_delivery WHERE state != 'waiting'
        AND id <= (SELECT max(id) FROM webhook_delivery) - ?
"""


def add(db: sqlite3.Connection, *, source: str, events: Iterable[Event], chaos: Chaos, now: int) -> int:
    """A delivery of each event for each registration of the source that wants it, all with the event's one id.

    The answer is how many there were to tell.
    """
    listeners = db.execute("SELECT * FROM webhook_registration WHERE source = ? ORDER BY id", (source,)).fetchall()
    told = 0
    for event in events if listeners else ():
        event_id = f"evt-{uuid.uuid4().hex}"
        for row in listeners:
            if registrations.wants(row, type=event.type, group_id=event.group_id, merchant_id=event.merchant_id):
                _add(db, row, event, event_id=event_id, fault=chaos.take_event(event.type), now=now)
                told += 1
    return told


def _add(
    db: sqlite3.Connection, row: sqlite3.Row, event: Event, *, event_id: str, fault: Fault | None, now: int
) -> None:
    name = fault.spoils if fault else ""
    delay = fault.seconds if fault and name in LOOSE else 0.0
    body = event.body(event_id, row["module_id"])
    values = {
        "registration_id": row["id"],
        "event_id": event_id,
        "type": event.type,
        "subject": event.subject,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "made_on": now,
        "fault": name,
        "is_loose": name in LOOSE,
        "state": DROPPED if name == "webhook_dropped" else WAITING,
        "due_at": time.time() + delay,
    }
    for _ in range(2 if name == "webhook_twice" else 1):
        db.execute(_INSERT, values | {"key": uuid.uuid4().hex})


def due(db: sqlite3.Connection, *, most: int) -> list[sqlite3.Row]:
    """Deliveries that may be tried now, oldest first, each with its registration's address and secret."""
    return db.execute(_DUE, {"now": time.time(), "most": most}).fetchall()


def next_due(db: sqlite3.Connection) -> float | None:
    """Seconds until the next delivery that waits for its time; None when none does."""
    now = time.time()
    query = "SELECT min(due_at) FROM webhook_delivery WHERE state = 'waiting' AND due_at > ?"
    found = db.execute(query, (now,)).fetchone()[0]
    return None if found is None else found - now


def hurry(db: sqlite3.Connection) -> None:
    """Everything that waits for its time is due now; what is to be overtaken still waits for that."""
    db.execute(_HURRY, {"now": time.time()})


def settle(db: sqlite3.Connection, row: sqlite3.Row, *, status: int | None, now: int) -> None:
    """Note the answer (None: there was none). Without a 2xx it is tried again, later and later, then given up."""
    tries = row["tries"] + 1
    values = {"id": row["id"], "key": row["key"], "status": status, "tries": tries, "sent_on": None}
    values |= {"state": WAITING, "due_at": row["due_at"]}
    if status is not None and 200 <= status < 300:
        values |= {"state": SENT, "sent_on": now}
    elif tries > len(BACK_OFF):
        values["state"] = GIVEN_UP
    else:
        values["due_at"] = time.time() + BACK_OFF[tries - 1]
    db.execute(
        "UPDATE webhook_delivery SET state = :state, status = :status, tries = :tries, due_at = :due_at,"
        " sent_on = :sent_on WHERE id = :id AND key = :key",
        values,
    )
    db.execute(_PRUNE, (REMEMBERED,))


def counts(db: sqlite3.Connection) -> dict[str, int]:
    found = dict.fromkeys((WAITING, SENT, DROPPED, GIVEN_UP), 0)
    return found | dict(tuple(row) for row in db.execute("SELECT state, count(*) FROM webhook_delivery GROUP BY state"))


def log(db: sqlite3.Connection, *, with_bodies: bool = False) -> list[dict[str, Any]]:
    """The newest deliveries, in the order their events happened."""
    rows = db.execute(_LOGGED, (LISTED_MOST,)).fetchall()
    return [_entry(row) | ({"body": row["body"]} if with_bodies else {}) for row in reversed(rows)]


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "source": row["source"],
        "eventId": row["event_id"],
        "type": row["type"],
        "subject": row["subject"],
        "registrationId": row["registration_id"],
        "url": row["url"],
        "method": row["method"],
        "state": row["state"],
        "fault": row["fault"] or None,
        "tries": row["tries"],
        "status": row["status"],
        "madeOn": to_rfc3339(row["made_on"]),
        "sentOn": to_rfc3339(row["sent_on"]) if row["sent_on"] is not None else None,
    }


def forget_log(db: sqlite3.Connection) -> None:
    """Forget what is over; what waits still goes out."""
    db.execute("DELETE FROM webhook_delivery WHERE state != 'waiting'")
