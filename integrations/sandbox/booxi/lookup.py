"""Finding one thing by its id, on behalf of a caller who may or may not see it (section 11)."""

import sqlite3

from integrations.sandbox.booxi.assumptions import MERGED_STATUS
from integrations.sandbox.booxi.keys import MERCHANT
from integrations.sandbox.http import Call, Refusal

_TABLES = {
    "merchant": "SELECT * FROM merchant WHERE id = ?",
    "staff": "SELECT * FROM staff WHERE id = ?",
    "service": "SELECT * FROM service WHERE id = ?",
    "category": "SELECT * FROM category WHERE id = ?",
    "client": "SELECT * FROM client WHERE id = ? AND is_deleted = 0",
    "group_event": "SELECT * FROM group_event WHERE id = ?",
    "time_slot": "SELECT * FROM time_slot WHERE id = ?",
    "schedule": "SELECT * FROM schedule WHERE id = ?",
}


def row(db: sqlite3.Connection, kind: str, identifier: int) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute(_TABLES[kind], (identifier,)).fetchone()
    return found


def known(db: sqlite3.Connection, kind: str, identifier: int) -> sqlite3.Row:
    """The row, or a 404."""
    found = row(db, kind, identifier)
    if found is None:
        raise Refusal(404, f"There is no such {kind.replace('_', ' ')}.")
    return found


def merchant(call: Call, merchant_id: int) -> sqlite3.Row:
    """The store. 404 when there is none, 403 when the key does not open it."""
    found = known(call.db, "merchant", merchant_id)
    own = found["group_id"] == call.caller.group_id
    if call.caller.kind == MERCHANT:
        own = merchant_id == call.caller.merchant_id
    if not own:
        raise Refusal(403, "The API key is not allowed for this merchant.")
    return found


def own(call: Call, kind: str, identifier: int) -> sqlite3.Row:
    """Something that belongs to a store the caller may see; the store decides as in `merchant`."""
    found = known(call.db, kind, identifier)
    if call.caller.kind == MERCHANT:
        if found["merchant_id"] != call.caller.merchant_id:
            raise Refusal(404, f"There is no such {kind.replace('_', ' ')}.")
        return found
    merchant(call, found["merchant_id"])
    return found


def of_merchant(call: Call, kind: str, identifier: int, *, merchant_id: int) -> sqlite3.Row:
    """Something a body names, which must be of the booking's store: 404 when unknown, 400 when another's."""
    found = known(call.db, kind, identifier)
    if found["merchant_id"] != merchant_id:
        raise Refusal(400, f"The {kind.replace('_', ' ')} does not belong to the merchant.")
    return found


def own_client(call: Call, client_id: int) -> sqlite3.Row:
    """The client; 308 with `newClientId` when merged into another one."""
    found = own(call, "client", client_id)
    if found["merged_into"] is not None:
        survivor = surviving_id(call.db, client_id)
        raise merged_redirect(call, client_id, survivor)
    return found


def surviving_id(db: sqlite3.Connection, client_id: int) -> int:
    """The id a client goes by after every merge; its own when never merged."""
    while (found := row(db, "client", client_id)) is not None and found["merged_into"] is not None:
        client_id = found["merged_into"]
    return client_id


def merged_redirect(call: Call, client_id: int, survivor: int) -> Refusal:
    refusal = Refusal(MERGED_STATUS, "The client was merged into another one.", extra={"newClientId": survivor})
    refusal.headers["Location"] = call.request.path.replace(f"/client/{client_id}", f"/client/{survivor}", 1)
    return refusal
