"""The two kinds of key and what they open (sections 2 and 11)."""

import sqlite3

from werkzeug.datastructures import Headers

from integrations.sandbox.http import Caller, Refusal, Route

MERCHANT = "merchant"
PARTNER = "partner"
HEADERS = {MERCHANT: "Booxi-APIKey", PARTNER: "Booxi-PartnerKey"}


def admit(db: sqlite3.Connection, *, headers: Headers, route: Route) -> Caller:
    """Whom the key stands for. 401 without a known key, 403 when it is of the kind this endpoint does not take."""
    wanted = headers.get(HEADERS[route.key], "")
    if wanted:
        return _known(db, kind=route.key, key=wanted)
    other = PARTNER if route.key == MERCHANT else MERCHANT
    presented = headers.get(HEADERS[other], "")
    if not presented:
        raise Refusal(401, f"The {HEADERS[route.key]} header is missing.")
    _known(db, kind=other, key=presented)
    raise Refusal(403, f"This endpoint takes the {HEADERS[route.key]} header.")


def _known(db: sqlite3.Connection, *, kind: str, key: str) -> Caller:
    found = db.execute("SELECT group_id, merchant_id FROM api_key WHERE key = ? AND kind = ?", (key, kind)).fetchone()
    if found is None:
        raise Refusal(401, "The API key is not known.")
    return Caller(key=key, kind=kind, group_id=found["group_id"], merchant_id=found["merchant_id"])
