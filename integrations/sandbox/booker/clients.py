"""Clients as they are written: made, and changed from either side (section 5.2)."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any

from integrations.sandbox.booker import customers, dates, gate, places
from integrations.sandbox.booker.assumptions import DUPLICATE_CLIENT, GENDER_IDS
from integrations.sandbox.booker.failures import Failure, bad, envelope
from integrations.sandbox.booker.fields import Body, body_of, flag, part, text, whole
from integrations.sandbox.booker.seed.people import CUSTOMER_COLUMNS, blank, with_keys
from integrations.sandbox.http import Call, Reply

Row = dict[str, Any]

_TEXTS = {
    "FirstName": "first_name", "LastName": "last_name", "Email": "email", "CellPhone": "cell_phone",
    "MobilePhone": "cell_phone", "HomePhone": "home_phone", "WorkPhone": "work_phone",
}  # fmt: skip
_FLAGS = {
    "AllowReceiveEmails": "allows_email", "AllowReceivePromotionalEmails": "allows_promotion",
    "AllowReceiveSMS": "allows_sms", "IsActive": "is_active",
}  # fmt: skip
_CONTACT = ("email", "cell_phone", "home_phone", "work_phone")
_KEPT = (*CUSTOMER_COLUMNS[1:], "is_deleted")  # all but the id
_INSERT = (
    f"INSERT INTO booker_customer ({', '.join(_KEPT)})"  # noqa: S608
    f" VALUES ({', '.join(':' + name for name in _KEPT)})"
)
_UPDATE = f"UPDATE booker_customer SET {', '.join(f'{name} = :{name}' for name in _KEPT)} WHERE id = :id"  # noqa: S608


# ---- making


def create(call: Call) -> Reply:
    body = body_of(call)
    row = make(call, body, location_id=places.asked(call, body))
    return created(call, row)


def created(call: Call, row: Row) -> Reply:
    kept = places.row_of(call.db, "customer", row["id"], what="customer")
    location = places.row_of(call.db, "location", row["location_id"], what="location")
    shape = customers.shape(kept, location=location)
    return Reply(body=envelope(CustomerID=row["id"], Customer={"CustomerID": row["id"], "Customer": shape}))


def make(call: Call, body: Body, *, location_id: int, login_name: str = "", may_be_double: bool = False) -> Row:
    """A new client, kept. ErrorCode 13 when somebody has the e-mail already, unless doubles are fine."""
    values = values_of(body)
    for field, column in (("FirstName", "first_name"), ("LastName", "last_name")):
        if not values.get(column):
            bad(field, "Required")
    origination = "API" if gate.is_merchant(call) else "Online booking"
    row = blank(0, location_id, now=call.now) | values | {"login_name": login_name, "origination": origination}
    row = with_keys(row)
    if call.fault == "duplicate_client" or (not may_be_double and _is_taken(call.db, row["email_key"])):
        raise Failure(DUPLICATE_CLIENT, "A customer with this email address already exists.")
    return insert(call.db, row)


def _is_taken(db: sqlite3.Connection, email_key: str) -> bool:
    query = "SELECT 1 FROM booker_customer WHERE email_key = ? AND email_key != '' AND NOT is_deleted"
    return db.execute(query, (email_key,)).fetchone() is not None


def insert(db: sqlite3.Connection, row: Row) -> Row:
    made = db.execute(_INSERT, row | {"is_deleted": False})
    return row | {"id": made.lastrowid}


def guest_of(call: Call, body: Body, *, location_id: int) -> int:
    """The id of a booking's `Customer`: known by ID, or a new client even if somebody has that e-mail."""
    given = part(body, "Customer") or bad("Customer", "Required")
    known = whole(given, "ID") or whole(given, "CustomerID")
    if known:
        return int(customers.living(call, known)["id"])
    return int(make(call, given, location_id=location_id, may_be_double=True)["id"])


# ---- changing


def replace_contact(call: Call, customer_id: int) -> Reply:
    """The merchant side: `{CustomerID, LocationID, Customer {...}}`; of e-mail and phones what is not sent is emptied.

    R1's fork sends these alone and the name, to keep the rest.
    """
    body = body_of(call)
    if whole(body, "CustomerID") not in (None, customer_id):
        bad("CustomerID", "Is another than the path's")
    places.asked(call, body)
    given = part(body, "Customer") or bad("Customer", "Required")
    _change(call, customer_id, dict.fromkeys(_CONTACT, "") | values_of(given))
    return Reply(body=envelope())


def change_fields(call: Call, customer_id: int) -> Reply:
    """The customer side: flat fields; what is not sent stays."""
    body = body_of(call)
    places.asked(call, body)
    _change(call, customer_id, values_of(body))
    return Reply(body=envelope())


def _change(call: Call, customer_id: int, values: Row) -> None:
    before = dict(customers.living(call, customer_id))
    for field, column in (("FirstName", "first_name"), ("LastName", "last_name")):
        if not (before | values)[column]:
            bad(field, "Required")
    update(call.db, before | values, now=call.now)


def update(db: sqlite3.Connection, row: Row, *, now: int) -> None:
    """Keep the row as changed at `now`."""
    db.execute(_UPDATE, with_keys(row) | {"modified_on": max(now, row["modified_on"])})


# ---- what clients have none of


def no_cards(call: Call) -> Reply:
    return Reply(body=envelope(CreditCards=[]))


# ---- reading


def values_of(body: Body) -> Row:
    """Columns for the fields that are there. MobilePhone is what bookings call CellPhone."""
    values: Row = {column: given for field, column in _TEXTS.items() if (given := text(body, field)) is not None}
    if values.get("email") and "@" not in values["email"]:
        bad("Email", "Must be an e-mail address")
    values |= {column: said for field, column in _FLAGS.items() if (said := flag(body, field)) is not None}
    if (address := part(body, "Address")) is not None:
        kept = {name: text(address, name) or "" for name in ("Street1", "Street2", "City", "State", "Zip")}
        values["address"] = json.dumps(kept, ensure_ascii=False)
    return values | _gender(body) | _birthday(body)


def _gender(body: Body) -> Row:
    given = body.get("Gender")
    number = given.get("ID") if isinstance(given, Mapping) else body.get("GenderID")
    if number is None:
        return {}
    name = next((name for name, known in GENDER_IDS.items() if known == number), None)
    return {"gender": name} if name else bad("Gender", "Is not known")


def _birthday(body: Body) -> Row:
    by_offset, by_slash = (text(body, name) for name in ("DateOfBirthOffset", "DateOfBirth"))
    try:
        if by_offset:
            dates.from_offset(by_offset)
            return {"birthday": date.fromisoformat(by_offset[:10]).isoformat()}
        return {"birthday": dates.day_from_slash(by_slash).isoformat()} if by_slash else {}
    except ValueError:
        bad("DateOfBirth", "Must be a date")


ROUTES = (
    *gate.both("POST", "/customer", create, writes=True),
    gate.merchant("PUT", "/customer/<id:customer_id>", replace_contact, writes=True),
    gate.merchant("POST", "/customer/creditcards", no_cards),
    gate.customer("PUT", "/customer/<id:customer_id>", change_fields, writes=True),
)
