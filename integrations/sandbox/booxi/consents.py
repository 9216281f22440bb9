"""Whether a client agreed to her data being kept (section 13). Known only where she was asked."""

import sqlite3
from typing import Any

from integrations.sandbox.times import to_rfc3339

WIDGET, BACK_OFFICE = "Widget", "BackOffice"


def write(db: sqlite3.Connection, client_id: int, *, is_granted: bool, source: str, now: int) -> None:
    db.execute(
        "INSERT INTO consent VALUES (?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET"
        " is_granted = excluded.is_granted, source = excluded.source, changed_on = excluded.changed_on",
        (client_id, is_granted, source, now),
    )


def of_client(db: sqlite3.Connection, client_id: int) -> dict[str, Any] | None:
    """What she said last; None when she was never asked."""
    row = db.execute("SELECT * FROM consent WHERE client_id = ?", (client_id,)).fetchone()
    if row is None:
        return None
    return {
        "clientId": row["client_id"],
        "granted": bool(row["is_granted"]),
        "source": row["source"],
        "changedOn": to_rfc3339(row["changed_on"]),
    }
