"""Customers of the CRM, made of the people who book: most are known, some twice, some not at all."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.crm import customers, schema
from integrations.sandbox.state import run_script


@dataclass(frozen=True, kw_only=True)
class Acquaintance:
    """Somebody a booking system knows, under `client_id` there; `customer_id` is empty when nobody linked her.

    `values` are fields of a customer, phones in E.164; `is_double` has the CRM know her twice.
    """

    client_id: int
    customer_id: str
    values: dict[str, Any] = field(repr=False)
    since: int
    is_double: bool = False


def is_planted(db: sqlite3.Connection) -> bool:
    run_script(db, schema.TABLES)
    return db.execute("SELECT 1 FROM meta WHERE name = 'crm'").fetchone() is not None


def plant(db: sqlite3.Connection, people: Iterable[Acquaintance]) -> None:
    """Fill the empty tables; which client is which kind of acquaintance is kept for `/__story`."""
    rows: dict[str, dict[str, Any]] = {}
    told: dict[str, Any] = {}
    for person in people:
        kind, made = _known_as(person)
        for row in made:
            rows.setdefault(row["id"], row)
        if made or kind == "absent":
            told.setdefault(kind, {"clientId": person.client_id, "customerIds": [row["id"] for row in made]})
    customers.insert_many(db, list(rows.values()))
    run_script(db, schema.INDEXES)
    db.execute("INSERT INTO meta VALUES ('crm', ?)", (json.dumps(told),))


def story(db: sqlite3.Connection) -> dict[str, Any]:
    """One example of each kind: `{linked, by_email, by_phone, duplicates, absent}`."""
    found = db.execute("SELECT value FROM meta WHERE name = 'crm'").fetchone()
    told: dict[str, Any] = json.loads(found["value"]) if found else {}
    return told


def _known_as(person: Acquaintance) -> tuple[str, list[dict[str, Any]]]:
    if person.customer_id:
        return "linked", [_row(person, person.customer_id)]
    if person.is_double:
        return "duplicates", list(_doubles(person))
    turn = person.client_id // 3 % 6
    if turn < 2 and person.values["email"]:
        return "by_email", [_row(person, f"CUST-E{person.client_id:06d}", phone="", mobile="")]
    if turn == 2 and person.values["mobile"]:
        return "by_phone", [_row(person, f"CUST-P{person.client_id:06d}", email=_other_email(person))]
    if turn == 3 and person.values["email"]:
        return "duplicates", list(_doubles(person))
    return "absent", []


def _doubles(person: Acquaintance) -> Iterator[dict[str, Any]]:
    """Two customers with one e-mail: one with all there is, one with a name cut short and no phones."""
    yield _row(person, f"CUST-D{person.client_id:06d}A")
    shorter = person.values["first_name"][:1] + "."
    yield _row(person, f"CUST-D{person.client_id:06d}B", first_name=shorter, phone="", mobile="")


def _row(person: Acquaintance, customer_id: str, **other: Any) -> dict[str, Any]:
    consent = person.client_id % 5 != 0
    return customers.new_row(customer_id, person.values | {"consent": consent} | other, now=person.since)


def _other_email(person: Acquaintance) -> str:
    return f"private.{person.client_id}@example.net"
