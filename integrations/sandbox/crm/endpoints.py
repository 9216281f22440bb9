"""`/crm/v1/customers`: found, read, created, changed, deleted, merged."""

import hashlib
import sqlite3

from integrations.sandbox.crm import customers
from integrations.sandbox.crm.assumptions import ID_MOST
from integrations.sandbox.crm.keys import BEARER
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.reading import Body, bad, flag, json_object, query_text, text

CRITERIA = ("email", "phone", "external_id")


def search(call: Call) -> Reply:
    wanted = {name: given for name in CRITERIA if (given := query_text(call.args, name))}
    if not wanted:
        bad("Search by email, phone or external_id.")
    rows = customers.found(call.db, _normal(call.db, wanted))
    return Reply(body={"customers": [customers.shape(row) for row in rows]})


def _normal(db: sqlite3.Connection, wanted: dict[str, str]) -> dict[str, str]:
    normal = dict(wanted)
    if "email" in wanted:
        normal["email"] = customers.email_key(wanted["email"])
    if "phone" in wanted:
        normal["phone"] = customers.phone_sought(wanted["phone"])
    if "external_id" in wanted:
        normal["external_id"] = customers.surviving_id(db, wanted["external_id"][:ID_MOST])
    return normal


def show(call: Call, customer_id: str) -> Reply:
    return Reply(body=customers.shape(customers.living(call.db, customer_id)))


def create(call: Call) -> Reply:
    body = json_object(call.request)
    key = call.request.headers.get("Idempotency-Key", "")[:ID_MOST]
    digest = hashlib.sha256(call.request.get_data(cache=True)).hexdigest()
    if key and (before := _answered(call.db, key, digest=digest)):
        return before
    made = _created(call, body)
    if key:
        call.db.execute("INSERT INTO customer_request VALUES (?, ?, ?)", (key, digest, made["id"]))
    return Reply(body=customers.shape(made), status=201)


def _answered(db: sqlite3.Connection, key: str, *, digest: str) -> Reply | None:
    """The customer that key created before, as she is now. 409 when it asked for something else then."""
    found = db.execute("SELECT * FROM customer_request WHERE key = ?", (key,)).fetchone()
    if found is None:
        return None
    if found["digest"] != digest:
        raise Refusal(409, "The Idempotency-Key was used for another request.", error="idempotency_conflict")
    return Reply(body=customers.shape(customers.living(db, found["customer_id"])), status=201)


def _created(call: Call, body: Body) -> sqlite3.Row:
    values = customers.values_of(body)
    if not any(values.get(name) for name in ("first_name", "last_name", "email", "phone", "mobile")):
        bad("A name, an email or a phone number is required.")
    if values.get("email") and not flag(body, "allow_duplicate"):
        _refuse_duplicate(call.db, values["email"])
    return customers.insert(call.db, values, now=call.now)


def _refuse_duplicate(db: sqlite3.Connection, email: str) -> None:
    same = customers.found(db, {"email": customers.email_key(email)})
    if same:
        ids = [row["id"] for row in same]
        raise Refusal(409, "Another customer has that email.", error="duplicate", extra={"ids": ids})


def change(call: Call, customer_id: str) -> Reply:
    customer = customers.living(call.db, customer_id)
    values = customers.values_of(json_object(call.request))
    customers.change(call.db, customer, values=values, now=call.now)
    return show(call, customer_id)


def delete(call: Call, customer_id: str) -> Reply:
    customers.delete(call.db, customers.living(call.db, customer_id), now=call.now)
    return Reply(body=None, status=204)


def merge(call: Call, customer_id: str) -> Reply:
    """`{"into": id}`: the answer is the survivor."""
    into = text(json_object(call.request), "into", most=ID_MOST) or bad("into is required.")
    merge_into(call.db, customer_id, into=into, now=call.now)
    return show(call, into)


def merge_into(db: sqlite3.Connection, customer_id: str, *, into: str, now: int) -> None:
    """400 when they are one already; 404 or 301 when either is not there any more."""
    gone, kept = customers.living(db, customer_id), customers.living(db, into)
    if gone["n"] == kept["n"]:
        bad("They are one customer already.")
    customers.merge(db, gone=gone, kept=kept, now=now)


ROUTES = (
    Route(method="GET", path="/v1/customers", answer=search, key=BEARER),
    Route(method="POST", path="/v1/customers", answer=create, key=BEARER, writes=True),
    Route(method="GET", path="/v1/customers/<customer_id>", answer=show, key=BEARER),
    Route(method="PATCH", path="/v1/customers/<customer_id>", answer=change, key=BEARER, writes=True),
    Route(method="DELETE", path="/v1/customers/<customer_id>", answer=delete, key=BEARER, writes=True),
    Route(method="POST", path="/v1/customers/<customer_id>/merge", answer=merge, key=BEARER, writes=True),
)
