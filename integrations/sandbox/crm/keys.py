"""The one key of the CRM, and how it says no."""

import hmac
import sqlite3

from werkzeug.datastructures import Headers

from integrations.sandbox.crm.assumptions import KEY, MERGED_STATUS
from integrations.sandbox.http import Caller, Refusal, Reply, Route

BEARER = "bearer"
_ERRORS = {400: "invalid", 401: "unauthorized", 404: "not_found", 409: "conflict", 413: "too_large"}


def admit(db: sqlite3.Connection, *, headers: Headers, route: Route) -> Caller:
    """401 unless `Authorization: Bearer` brings the key."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), KEY.encode()):
        raise Refusal(401, "The key is missing or not known.")
    return Caller(key=KEY, kind=BEARER, group_id=0)


def refused(refusal: Refusal) -> Reply:
    """`{"error", "message", ...}`; a merged customer is `{"merged_into": id}` alone."""
    if refusal.status == MERGED_STATUS:
        return Reply(body=refusal.extra, status=refusal.status, headers=refusal.headers)
    error = refusal.error or _ERRORS.get(refusal.status, "failed")
    body = {"error": error, "message": refusal.message} | refusal.extra
    return Reply(body=body, status=refusal.status, headers=refusal.headers)
