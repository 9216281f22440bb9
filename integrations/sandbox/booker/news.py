"""What Booker tells by webhook: hints (section 10, an assumption); whoever wants to know more reads it again."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from integrations.sandbox.webhooks.events import Change, Event

_WEIGHTIEST_FIRST = ("created", "cancelled", "confirmed", "updated")


def news(db: sqlite3.Connection, changes: Sequence[Change], now: int) -> Iterator[Event]:
    """One event for each appointment and each customer that changed."""
    for change in changes:
        query = f"SELECT * FROM booker_{change.kind} WHERE id = ?"  # noqa: S608
        row = db.execute(query, (int(change.id),)).fetchone()
        what = next(what for what in _WEIGHTIEST_FIRST if what in change.whats)
        data: dict[str, Any] = {"locationId": row["location_id"]}
        if change.kind == "appointment":
            data |= {"appointmentId": row["id"], "customerId": row["customer_id"]}
        else:
            data |= {"customerId": row["id"]}
        name = f"{change.kind}.{what}"
        yield Event(
            type=name,
            subject=f"{change.kind}:{change.id}",
            merchant_id=row["location_id"],
            body=partial(_body, name, data),
        )


def _body(name: str, data: dict[str, Any], event_id: str, module_id: str | None) -> dict[str, Any]:
    return {"messageId": event_id, "eventId": name, "eventData": data}
