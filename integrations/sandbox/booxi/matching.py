"""Who a booking without a client id is for: found, completed, or created (section 6.1)."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.sandbox.booxi import client_rows, module_links
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE

_FILLABLE = ("email", "home_phone", "mobile_phone")


def found_or_created(
    db: sqlite3.Connection, *, merchant: sqlite3.Row, values: Mapping[str, Any], external_id: str, now: int
) -> int:
    """The id of the client these values mean; on a match, the client's empty fields are filled from them."""
    match = _match(db, merchant=merchant, values=values, external_id=external_id)
    if match is not None:
        _complete(db, match, values=values, dial_prefix=merchant["dial_prefix"], now=now)
        return int(match["id"])
    created = client_rows.insert(db, merchant=merchant, values=values, now=now)
    if external_id:
        module_links.write(
            db, kind="client", owner_id=created, module_id=PRIMARY_MODULE, external_id=external_id, metadata={}, now=now
        )
    return created


def _match(
    db: sqlite3.Connection, *, merchant: sqlite3.Row, values: Mapping[str, Any], external_id: str
) -> sqlite3.Row | None:
    clientele = merchant["clientele_id"]
    if external_id:
        for client in client_rows.linked(db, module_id=PRIMARY_MODULE, external_id=external_id):
            if client["clientele_id"] == clientele:
                return client
    for keys in _attempts(client_rows.keyed(client_rows.BLANK | dict(values), dial_prefix=merchant["dial_prefix"])):
        if found := client_rows.found(db, clientele=clientele, keys=keys):
            return found[0]
    return None


def _attempts(row: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Full name with email, then with home phone, then with mobile."""
    for key in ("email_key", "home_key", "mobile_key"):
        if row["name_key"] and row[key]:
            yield {"name_key": row["name_key"], key: row[key]}


def _complete(
    db: sqlite3.Connection, client: sqlite3.Row, *, values: Mapping[str, Any], dial_prefix: str, now: int
) -> None:
    missing = {name: values[name] for name in _FILLABLE if values.get(name) and not client[name]}
    if missing:
        client_rows.change(db, client, values=missing, dial_prefix=dial_prefix, now=now)
