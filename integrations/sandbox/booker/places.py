"""Which location a call is about, and whether its token may ask for it; small shapes that everything uses."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import gate
from integrations.sandbox.booker.assumptions import NO_LOCATION, NOT_ALLOWED
from integrations.sandbox.booker.dates import EASTERN
from integrations.sandbox.booker.failures import Failure, bad, missing
from integrations.sandbox.booker.fields import Body, whole
from integrations.sandbox.http import Call

CURRENCY = "USD"
COUNTRY = {"ID": 1, "Name": "United States"}


def row_of(db: sqlite3.Connection, table: str, identifier: int, *, what: str) -> sqlite3.Row:
    """A row by its id. A not-found failure when there is none."""
    found = db.execute(f"SELECT * FROM booker_{table} WHERE id = ?", (identifier,)).fetchone()  # noqa: S608
    if found is None:
        missing(what)
    row: sqlite3.Row = found
    return row


def asked(call: Call, body: Body) -> int:
    """The location that is asked for, or else the token's. Fails when there is neither, or it is not allowed."""
    location_id = whole(body, "LocationID") or call.caller.merchant_id
    if location_id is None:
        require_any(call)
        bad("LocationID", "Required")
    require(call, location_id)
    row_of(call.db, "location", location_id, what="location")
    return location_id


def require(call: Call, location_id: int) -> None:
    """Fails when the business side's token is for another location, or for none."""
    require_any(call)
    if gate.is_merchant(call) and call.caller.merchant_id != location_id:
        raise Failure(NOT_ALLOWED, "The access token is for another location.")


def require_any(call: Call) -> None:
    """Fails when the business side's token is for no location at all."""
    if gate.is_merchant(call) and call.caller.merchant_id is None:
        raise Failure(NO_LOCATION, "The access token has no location.")


def owned(call: Call, table: str, identifier: int, *, what: str) -> sqlite3.Row:
    """A row of a location that the token may ask for."""
    row = row_of(call.db, table, identifier, what=what)
    require(call, row["location_id"])
    return row


def zone_of(db: sqlite3.Connection, location_id: int) -> ZoneInfo:
    return ZoneInfo(row_of(db, "location", location_id, what="location")["time_zone"])


def callers_zone(call: Call) -> ZoneInfo:
    """The zone of the token's location; Eastern for a token without."""
    location_id = call.caller.merchant_id
    return EASTERN if location_id is None else zone_of(call.db, location_id)


# ---- small shapes


def lookup(identifier: int | None, name: str) -> dict[str, Any]:
    return {"ID": identifier, "Name": name}


def money(cents: int) -> dict[str, Any]:
    """Major units."""
    return {"Amount": cents / 100, "CurrencyCode": CURRENCY}


def address(text: str) -> dict[str, Any]:
    """The address kept as JSON, every part of it."""
    kept: Mapping[str, Any] = json.loads(text)
    return {name: kept.get(name, "") for name in ("Street1", "Street2", "City", "State", "Zip")} | {"Country": COUNTRY}
