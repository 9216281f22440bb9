"""Customers in and out of the table: kept as E.164 and as typed, found by normal form."""

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from integrations.sandbox.crm.assumptions import CONTACT_MOST, MERGED_STATUS, NAME_MOST, SEARCH_MOST
from integrations.sandbox.http import Refusal
from integrations.sandbox.reading import Body, flag, text
from integrations.sandbox.times import to_rfc3339

TEXTS = {
    "first_name": NAME_MOST,
    "last_name": NAME_MOST,
    "email": CONTACT_MOST,
    "phone": CONTACT_MOST,
    "mobile": CONTACT_MOST,
    "language": 8,
}
PHONES = ("phone", "mobile")
FIELDS = (*TEXTS, "consent")
BLANK: dict[str, Any] = dict.fromkeys(TEXTS, "") | {"consent": False}
COLUMNS = ("id", *FIELDS, "email_key", "field_times", "created_at", "updated_at")

_INSERT = f"INSERT INTO customer ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"  # noqa: S608
_UPDATE = f"UPDATE customer SET {', '.join(f'{name} = :{name}' for name in COLUMNS[1:])} WHERE n = :n"  # noqa: S608
_LIVING = "SELECT * FROM customer WHERE merged_into IS NULL AND NOT is_deleted"
_CONDITIONS = {
    "email": "email_key = :email AND email_key != ''",
    "phone": "((phone = :phone AND phone != '') OR (mobile = :phone AND mobile != ''))",
    "external_id": "id = :external_id",
}
_PUNCTUATION = re.compile(r"[\s().\-/\u00a0]")
_E164 = re.compile(r"\+[1-9][0-9]{3,14}")


def shape(row: sqlite3.Row) -> dict[str, Any]:
    """A Customer of the contract."""
    values = {name: row[name] for name in TEXTS} | {"consent": bool(row["consent"])}
    times = {name: to_rfc3339(at) for name, at in json.loads(row["field_times"]).items()}
    stamps = {"created_at": to_rfc3339(row["created_at"]), "updated_at": to_rfc3339(row["updated_at"])}
    return {"id": row["id"]} | values | stamps | {"field_times": times}


# ---- normal forms


def email_key(email: str) -> str:
    return email.strip().casefold()


def e164(phone: str) -> str:
    """The number as `+` and digits; empty stays empty. 400 for one without its country."""
    number = _PUNCTUATION.sub("", phone)
    number = "+" + number[2:] if number.startswith("00") else number
    if number and not _E164.fullmatch(number):
        raise Refusal(400, "A phone number must be E.164.", error="invalid_phone")
    return number


def phone_sought(phone: str) -> str:
    """What to look for: digits with a plus, however they came (an unescaped + arrives as a space)."""
    digits = re.sub(r"[^0-9]", "", phone)
    return "+" + (digits[2:] if digits.startswith("00") else digits)


# ---- reading


def values_of(body: Body) -> dict[str, Any]:
    """The fields a body gives; null empties a text. 400 for anything misread."""
    values: dict[str, Any] = {}
    for name, most in TEXTS.items():
        if name in body:
            given = text(body, name, most=most) or ""
            values[name] = e164(given) if name in PHONES else given
    if (consent := flag(body, "consent")) is not None:
        values["consent"] = consent
    return values


def found(db: sqlite3.Connection, wanted: Mapping[str, str]) -> list[sqlite3.Row]:
    """The living customers for whom every criterion holds, oldest first."""
    query = " AND ".join([_LIVING, *(_CONDITIONS[name] for name in wanted)])
    return db.execute(f"{query} ORDER BY n LIMIT {SEARCH_MOST}", dict(wanted)).fetchall()


def row(db: sqlite3.Connection, customer_id: str) -> sqlite3.Row:
    """The customer, merged or not; a 404 when there is none, or no more."""
    query = "SELECT * FROM customer WHERE id = ? AND NOT is_deleted"
    known: sqlite3.Row | None = db.execute(query, (customer_id,)).fetchone()
    if known is None:
        raise Refusal(404, "There is no such customer.", error="not_found")
    return known


def living(db: sqlite3.Connection, customer_id: str) -> sqlite3.Row:
    """The customer; a 301 with `merged_into` when she goes by another id now."""
    known = row(db, customer_id)
    if known["merged_into"] is not None:
        survivor = surviving_id(db, customer_id)
        refusal = Refusal(MERGED_STATUS, "The customer was merged.", extra={"merged_into": survivor})
        refusal.headers["Location"] = f"/crm/v1/customers/{survivor}"
        raise refusal
    return known


def surviving_id(db: sqlite3.Connection, customer_id: str) -> str:
    """The id a customer goes by after every merge; her own when never merged, or unknown."""
    query = "SELECT merged_into FROM customer WHERE id = ?"
    while (known := db.execute(query, (customer_id,)).fetchone()) is not None and known["merged_into"] is not None:
        customer_id = known["merged_into"]
    return customer_id


# ---- writing


def insert(db: sqlite3.Connection, values: Mapping[str, Any], *, now: int) -> sqlite3.Row:
    """Keep a new customer, under an id of her own."""
    number = db.execute("SELECT coalesce(max(n), 0) + 1 FROM customer").fetchone()[0]
    made = new_row(f"CUST-N{number:06d}", values, now=now)
    insert_many(db, [made])
    return row(db, made["id"])


def new_row(customer_id: str, values: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """Ready for `insert_many`; every field that says something is as old as the customer."""
    filled = BLANK | dict(values)
    times = {name: now for name in FIELDS if filled[name] or name in values}
    return filled | {
        "id": customer_id,
        "email_key": email_key(filled["email"]),
        "field_times": json.dumps(times),
        "created_at": now,
        "updated_at": now,
    }


def insert_many(db: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    db.executemany(_INSERT, rows)


def change(db: sqlite3.Connection, customer: sqlite3.Row, *, values: Mapping[str, Any], now: int) -> None:
    """Write what differs, each field with its time; nothing at all when nothing does."""
    differing = {name: value for name, value in values.items() if value != customer[name]}
    if not differing:
        return
    after = {name: customer[name] for name in (*COLUMNS, "n")} | differing
    times = json.loads(customer["field_times"]) | dict.fromkeys(differing, now)
    after |= {"email_key": email_key(after["email"]), "field_times": json.dumps(times)}
    db.execute(_UPDATE, after | {"updated_at": max(now, customer["updated_at"])})


def delete(db: sqlite3.Connection, customer: sqlite3.Row, *, now: int) -> None:
    """Forget her; only the id is remembered, so that nobody else gets it."""
    db.execute(
        "UPDATE customer SET first_name = '', last_name = '', email = '', phone = '', mobile = '', language = '',"
        " consent = 0, email_key = '', field_times = '{}', is_deleted = 1, updated_at = :now WHERE n = :n",
        {"n": customer["n"], "now": now},
    )


def merge(db: sqlite3.Connection, *, gone: sqlite3.Row, kept: sqlite3.Row, now: int) -> None:
    """Make `gone` another name of `kept`, whose empty fields it fills."""
    db.execute("UPDATE customer SET merged_into = ?, updated_at = ? WHERE n = ?", (kept["id"], now, gone["n"]))
    change(db, kept, values={name: gone[name] for name in TEXTS if gone[name] and not kept[name]}, now=now)
