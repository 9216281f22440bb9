"""What a vendor has to say, and how its notes become that."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Change(NamedTuple):
    """A row of a vendor's, and everything one transaction did to it, in order (`created`, `updated`, ...)."""

    kind: str
    id: str
    whats: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something to tell. `subject` is what deliveries keep their order by; `body` says it to one registration.

    `body` is given the event's id and the module the registration may see (None for none).
    """

    type: str
    subject: str
    body: Callable[[str, str | None], dict[str, Any]]
    group_id: int | None = None
    merchant_id: int | None = None


Teller = Callable[[sqlite3.Connection, Sequence[Change], int], Iterable[Event]]
"""A vendor's: its events for these changes, at an instant on the sandbox's clock."""


def taken_changes(db: sqlite3.Connection) -> dict[str, list[Change]]:
    """The notes of this transaction by source, each row once, in the order they were first touched; then gone."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in db.execute("SELECT * FROM change_note ORDER BY n"):
        found.setdefault((row["source"], row["kind"], row["id"]), []).append(row["what"])
    if found:
        db.execute("DELETE FROM change_note")
    changes: dict[str, list[Change]] = {}
    for (source, kind, identifier), whats in found.items():
        changes.setdefault(source, []).append(Change(kind, identifier, tuple(whats)))
    return changes
