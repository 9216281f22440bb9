"""What the CRM tells by webhook: `{"type", "timestamp", "data"}`, as Standard Webhooks recommends."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from integrations.sandbox.crm import customers
from integrations.sandbox.times import to_rfc3339
from integrations.sandbox.webhooks.events import Change, Event

_WEIGHTIEST_FIRST = ("deleted", "merged", "created", "updated")


def news(db: sqlite3.Connection, changes: Sequence[Change], now: int) -> Iterator[Event]:
    """One event for each customer that changed."""
    for change in changes:
        row = db.execute("SELECT * FROM customer WHERE n = ?", (int(change.id),)).fetchone()
        what = next(what for what in _WEIGHTIEST_FIRST if what in change.whats)
        body: dict[str, Any] = {"type": f"customer.{what}", "timestamp": to_rfc3339(now), "data": _data(row, what)}
        # The id travels in the webhook-id header; the body is the same for every listener.
        yield Event(type=body["type"], subject=f"customer:{row['id']}", body=lambda *_, said=body: said)


def _data(row: sqlite3.Row, what: str) -> dict[str, Any]:
    if what == "deleted":
        return {"id": row["id"]}
    if what == "merged":
        return {"from": row["id"], "into": row["merged_into"]}
    return customers.shape(row)
