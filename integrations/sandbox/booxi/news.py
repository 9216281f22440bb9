"""What Booxi tells by webhook: the envelope of section 12, whole bookings, and clients."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from integrations.sandbox.booxi import booking_shapes, consents, lookup, module_links, shapes
from integrations.sandbox.booxi.booking_rows import RESERVATION
from integrations.sandbox.times import to_rfc3339
from integrations.sandbox.webhooks.events import Change, Event

_CLIENT = "SELECT * FROM client WHERE id = ?"
_MERCHANT = "SELECT * FROM merchant WHERE id = ?"
_WEIGHTIEST_FIRST = ("deleted", "merged", "created", "updated")
Json = dict[str, Any]
Content = Callable[[str | None], Json]
"""What an event says to whoever may see that module."""


def news(db: sqlite3.Connection, changes: Sequence[Change], now: int) -> Iterator[Event]:
    """One event for each row that changed, with the row as it is now."""
    for change in changes:
        yield _TELLERS[change.kind](db, change, now)


def _booking(db: sqlite3.Connection, change: Change, now: int) -> Event:
    query = f"{booking_shapes.SELECT} WHERE booking.n = ?"
    row = db.execute(query, (int(change.id),)).fetchone()
    family = "reservation" if row["method"] == RESERVATION else "appointment"
    content = partial(_booking_content, db, booking_shapes.booking(row))
    return _event(
        db,
        f"{family}.{_weightiest(change)}",
        subject=f"booking:{change.id}",
        merchant_id=row["merchant_id"],
        content=content,
        now=now,
    )


def _booking_content(db: sqlite3.Connection, booking: Json, module_id: str | None) -> Json:
    return {"booking": booking} | _about_client(db, booking["client"]["id"], module_id)


def _client(db: sqlite3.Connection, change: Change, now: int) -> Event:
    row, what = db.execute(_CLIENT, (int(change.id),)).fetchone(), _weightiest(change)
    return _event(
        db,
        f"client.{what}",
        subject=f"client:{change.id}",
        merchant_id=row["merchant_id"],
        content=partial(_CLIENT_CONTENTS.get(what, _client_content), db, row),
        now=now,
    )


def _client_content(db: sqlite3.Connection, row: sqlite3.Row, module_id: str | None) -> Json:
    return {"client": shapes.client(row)} | _about_client(db, row["id"], module_id)


def _merged_content(db: sqlite3.Connection, row: sqlite3.Row, module_id: str | None) -> Json:
    survivor = db.execute(_CLIENT, (lookup.surviving_id(db, row["id"]),)).fetchone()
    return {"clientId": row["id"], "newClientId": survivor["id"]} | _client_content(db, survivor, module_id)


def _deleted_content(db: sqlite3.Connection, row: sqlite3.Row, module_id: str | None) -> Json:
    return {"clientId": row["id"], "client": {"id": row["id"], "merchantId": row["merchant_id"]}}


_CLIENT_CONTENTS = {"merged": _merged_content, "deleted": _deleted_content}


def _consent(db: sqlite3.Connection, change: Change, now: int) -> Event:
    row = db.execute(_CLIENT, (int(change.id),)).fetchone()
    return _event(
        db,
        "client.consent",
        subject=f"client:{change.id}",
        merchant_id=row["merchant_id"],
        content=partial(_consent_content, db, row),
        now=now,
    )


def _consent_content(db: sqlite3.Connection, row: sqlite3.Row, module_id: str | None) -> Json:
    said = {"clientId": row["id"], "consent": consents.of_client(db, row["id"])}
    return said | _client_content(db, row, module_id)


_TELLERS = {"booking": _booking, "client": _client, "consent": _consent}


def _weightiest(change: Change) -> str:
    return next(what for what in _WEIGHTIEST_FIRST if what in change.whats)


def _about_client(db: sqlite3.Connection, client_id: int, module_id: str | None) -> Json:
    """The client's link, for an endpoint authorized for its module, and what she consented to where she was asked."""
    said = consents.of_client(db, client_id)
    about: Json = {"consents": [said]} if said else {}
    if module_id:
        links = module_links.of_client(db, client_id)
        about["clientLinks"] = [link for link in links if link["moduleId"] == module_id]
    return about


def _event(db: sqlite3.Connection, type: str, *, subject: str, merchant_id: int, content: Content, now: int) -> Event:
    group_id = db.execute(_MERCHANT, (merchant_id,)).fetchone()["group_id"]
    envelope = {"type": type, "createdOn": to_rfc3339(now), "merchantId": merchant_id, "merchantGroupId": group_id}
    return Event(
        type=type,
        subject=subject,
        group_id=group_id,
        merchant_id=merchant_id,
        body=lambda event_id, module_id: {"id": event_id} | envelope | {"content": content(module_id)},
    )
