"""Clients in and out of the table, with the keys they are found by."""

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

BLANK: dict[str, Any] = {
    "first_name": "",
    "last_name": "",
    "language": "eng",
    "email": "",
    "home_phone": "",
    "mobile_phone": "",
    "membership_number": "",
    "remind_by_sms": False,
    "remind_by_email": True,
    "in_mailing_list": False,
    "gender": "Unknown",
    "status": "Active",
    "quick_note": "",
    "date_of_birth": "null",
    "address": "null",
    "metadata": "{}",
}
COLUMNS = (
    "id", "merchant_id", "clientele_id", *BLANK,
    "name_key", "email_key", "home_key", "mobile_key", "created_on", "modified_on",
)  # fmt: skip
_INSERT = f"INSERT INTO client ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"  # noqa: S608
_KEYS = ("name_key", "email_key", "home_key", "mobile_key")
_UPDATE_COLUMNS = (*BLANK, *_KEYS, "modified_on")
_UPDATE = f"UPDATE client SET {', '.join(f'{name} = :{name}' for name in _UPDATE_COLUMNS)} WHERE id = :id"  # noqa: S608
_LIVE = "SELECT * FROM client WHERE clientele_id = :clientele AND merged_into IS NULL AND is_deleted = 0"


def name_key(first_name: str, last_name: str) -> str:
    """Names compared without case, outer spaces or doubled spaces; empty when both are missing."""
    first, last = " ".join(first_name.split()).casefold(), " ".join(last_name.split()).casefold()
    return f"{first}|{last}" if first or last else ""


def phone_key(phone: str, *, dial_prefix: str) -> str:
    """Phones compared as E.164: digits only, a national number completed with the store's country."""
    digits = re.sub(r"\D", "", phone, flags=re.ASCII)
    if not digits or phone.strip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return dial_prefix.lstrip("+") + digits.removeprefix("0")


def keyed(values: Mapping[str, Any], *, dial_prefix: str) -> dict[str, Any]:
    """The same values, with the keys they are found by."""
    return dict(values) | {
        "name_key": name_key(values["first_name"], values["last_name"]),
        "email_key": values["email"].strip().casefold(),
        "home_key": phone_key(values["home_phone"], dial_prefix=dial_prefix),
        "mobile_key": phone_key(values["mobile_phone"], dial_prefix=dial_prefix),
    }


def insert(db: sqlite3.Connection, *, merchant: sqlite3.Row, values: Mapping[str, Any], now: int) -> int:
    """Keep a new client of that store; the answer is its id."""
    identifier: int = db.execute("SELECT coalesce(max(id), 1000) + 1 FROM client").fetchone()[0]
    fixed = {"id": identifier, "merchant_id": merchant["id"], "clientele_id": merchant["clientele_id"]}
    row = keyed(BLANK | dict(values), dial_prefix=merchant["dial_prefix"])
    insert_many(db, [row | fixed | {"created_on": now, "modified_on": now}])
    return identifier


def insert_many(db: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    db.executemany(_INSERT, rows)


def change(
    db: sqlite3.Connection, client: sqlite3.Row, *, values: Mapping[str, Any], dial_prefix: str, now: int
) -> None:
    """Write the given columns over a client, and bring its keys up to date."""
    current = {name: client[name] for name in BLANK}
    row = keyed(current | dict(values), dial_prefix=dial_prefix)
    db.execute(_UPDATE, row | {"id": client["id"], "modified_on": max(now, client["modified_on"])})


def found(db: sqlite3.Connection, *, clientele: int, keys: Mapping[str, str]) -> list[sqlite3.Row]:
    """The living clients of a clientele whose keys all agree; `phone_key` means home or mobile. Oldest first."""
    conditions = [_CONDITIONS[name] for name in keys]
    query = " AND ".join([_LIVE, *conditions])
    return db.execute(f"{query} ORDER BY id", {"clientele": clientele} | dict(keys)).fetchall()


_CONDITIONS = {
    "name_key": "name_key = :name_key",
    "email_key": "email_key = :email_key AND email_key != ''",
    "home_key": "home_key = :home_key AND home_key != ''",
    "mobile_key": "mobile_key = :mobile_key AND mobile_key != ''",
    "phone_key": "((home_key = :phone_key AND home_key != '') OR (mobile_key = :phone_key AND mobile_key != ''))",
}


def linked(db: sqlite3.Connection, *, module_id: str, external_id: str) -> list[sqlite3.Row]:
    """The living clients, of any clientele, whom that module knows by that id."""
    return db.execute(
        "SELECT client.* FROM module_link JOIN client ON client.id = owner_id WHERE owner_kind = 'client'"
        " AND module_id = ? AND external_id = ? AND merged_into IS NULL AND is_deleted = 0 ORDER BY client.id",
        (module_id, external_id),
    ).fetchall()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
