"""Clients: found, created, changed, deleted (section 6.7)."""

import sqlite3
from typing import Any

from integrations.sandbox.booxi import client_rows, lookup, module_links, shapes
from integrations.sandbox.booxi.assumptions import CLIENT_SEARCH_MOST
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.booxi.module_rules import asked_link
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.reading import (
    Body,
    bad,
    choice,
    flag,
    json_object,
    part,
    query_flag,
    query_required_whole,
    query_text,
    required_whole,
    text,
    texts,
    whole,
)

_FUTURE = """
    SELECT 1 FROM booking WHERE client_id = ? AND starts_at > ? AND status != 'Cancelled' LIMIT 1
"""
_TEXTS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "homePhoneNumber": "home_phone",
    "mobilePhoneNumber": "mobile_phone",
    "membershipNumber": "membership_number",
    "language": "language",
}
_FLAGS = {"remindBySMS": "remind_by_sms", "remindByEmail": "remind_by_email", "inMailingList": "in_mailing_list"}
_ADDRESS = ("street", "city", "state", "postalCode", "country")


def search(call: Call) -> Reply:
    """By external id, or by contact at one store; never both (section 6.7)."""
    by_link = "moduleId" in call.args or "externalId" in call.args
    by_contact = any(name in call.args for name in ("firstName", "lastName", "email", "phoneNumber"))
    if by_link == by_contact:
        bad("Search either by moduleId and externalId, or by merchantId and contact.")
    clients = _by_link(call) if by_link else _by_contact(call)
    links = [link for client in clients for link in module_links.of_client(call.db, client["id"])]
    return Reply(body={"clients": [shapes.client(client) for client in clients], "clientLinks": links})


def _by_link(call: Call) -> list[sqlite3.Row]:
    link = asked_link(call.args) or {"moduleId": "", "externalId": ""}
    found = client_rows.linked(call.db, module_id=link["moduleId"], external_id=link["externalId"])
    return [client for client in found if _is_visible(call, client)]


def _is_visible(call: Call, client: sqlite3.Row) -> bool:
    merchant = lookup.known(call.db, "merchant", client["merchant_id"])
    return bool(merchant["group_id"] == call.caller.group_id)


def _by_contact(call: Call) -> list[sqlite3.Row]:
    merchant = lookup.merchant(call, query_required_whole(call.args, "merchantId"))
    keys: dict[str, str] = {}
    first, last = query_text(call.args, "firstName"), query_text(call.args, "lastName")
    if (first is None) != (last is None):
        bad("firstName and lastName go together.")
    if first is not None and last is not None:
        keys["name_key"] = client_rows.name_key(first, last) or bad("A name is empty.")
    if email := query_text(call.args, "email"):
        keys["email_key"] = email.strip().casefold()
    if phone := query_text(call.args, "phoneNumber"):
        keys["phone_key"] = client_rows.phone_key(phone, dial_prefix=merchant["dial_prefix"])
    if not keys:
        bad("A name, an email or a phone number is required.")
    return client_rows.found(call.db, clientele=merchant["clientele_id"], keys=keys)[:CLIENT_SEARCH_MOST]


def create(call: Call) -> Reply:
    body = json_object(call.request)
    merchant = lookup.merchant(call, required_whole(body, "merchantId"))
    values = values_of(body)
    if not values.get("first_name") and not values.get("last_name"):
        bad("firstName or lastName is required.")
    created = client_rows.insert(call.db, merchant=merchant, values=values, now=call.now)
    return Reply(body=shapes.client(lookup.known(call.db, "client", created)))


def show(call: Call, client_id: int) -> Reply:
    return Reply(body=shapes.client(lookup.own_client(call, client_id)))


def change(call: Call, client_id: int) -> Reply:
    client = lookup.own_client(call, client_id)
    merchant = lookup.known(call.db, "merchant", client["merchant_id"])
    values = values_of(json_object(call.request))
    client_rows.change(call.db, client, values=values, dial_prefix=merchant["dial_prefix"], now=call.now)
    return Reply(body=shapes.client(lookup.known(call.db, "client", client_id)))


def delete(call: Call, client_id: int) -> Reply:
    client = lookup.own_client(call, client_id)
    coming = call.db.execute(_FUTURE, (client_id, call.now)).fetchone()
    if coming and not query_flag(call.args, "ignoreError"):
        raise Refusal(409, "The client has future bookings.")
    call.db.execute("UPDATE client SET is_deleted = 1, modified_on = ? WHERE id = ?", (call.now, client_id))
    call.db.execute("DELETE FROM module_link WHERE owner_kind = 'client' AND owner_id = ?", (client_id,))
    return Reply(body=shapes.client(client))


def values_of(body: Body) -> dict[str, Any]:
    """The columns a Client object fills; what it leaves out, or has as null, is not among them."""
    values: dict[str, Any] = {column: text(body, name) for name, column in _TEXTS.items()}
    values |= {column: flag(body, name) for name, column in _FLAGS.items()}
    values["gender"] = choice(body, "gender", ("Unknown", "Female", "Male", "Other"))
    values["status"] = choice(body, "status", ("Active", "Blocked"))
    values["quick_note"] = text(body, "quickNote", most=4000)
    values |= {"date_of_birth": _birth(body), "address": _address(body), "metadata": _metadata(body)}
    return {column: value for column, value in values.items() if value is not None}


def _birth(body: Body) -> str | None:
    birth = part(body, "dateOfBirth")
    if birth is None:
        return None
    limits = {"day": 31, "month": 12, "year": 9999}
    return client_rows.as_json({name: whole(birth, name, least=1, most=most) for name, most in limits.items()})


def _address(body: Body) -> str | None:
    address = part(body, "address")
    if address is None:
        return None
    return client_rows.as_json({name: text(address, name) or "" for name in _ADDRESS})


def _metadata(body: Body) -> str | None:
    metadata = texts(body, "metadata")
    return client_rows.as_json(metadata) if metadata is not None else None


ROUTES = (
    Route(method="GET", path="/client", answer=search, key=PARTNER),
    Route(method="POST", path="/client", answer=create, key=PARTNER, writes=True),
    Route(method="GET", path="/client/<id:client_id>", answer=show, key=PARTNER),
    Route(method="PUT", path="/client/<id:client_id>", answer=change, key=PARTNER, writes=True),
    Route(method="DELETE", path="/client/<id:client_id>", answer=delete, key=PARTNER, writes=True),
)
