"""Whom a booking without a client id is for (booxi-api.md section 6.1)."""

from itertools import count
from typing import Any

import pytest

from integrations.sandbox.times import from_rfc3339, to_rfc3339
from tests.sandbox.desk import BROW, FREE_DAY, MAYFAIR, OPERA, Desk

NAME = {"firstName": "Nora", "lastName": "Neuve"}
EMAIL, HOME, MOBILE = "nora@example.org", "+33199000042", "+33639980042"
QUARTERS = count()


@pytest.fixture
def nora(desk: Desk) -> int:
    body = NAME | {"merchantId": OPERA, "email": EMAIL, "homePhoneNumber": HOME, "mobilePhoneNumber": MOBILE}
    identifier: int = desk.partner("POST", "/client", body=body).body["id"]
    return identifier


def booked_for(desk: Desk, client: dict[str, Any]) -> int:
    start = to_rfc3339(from_rfc3339(f"{FREE_DAY}T08:30:00Z") + next(QUARTERS) % 40 * 900)
    answer = desk.book(start, client=client, items=[{"serviceId": BROW}], query={"rules": "None"})
    assert answer.status == 200, answer.body
    identifier: int = answer.body["client"]["id"]
    return identifier


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "NORA@EXAMPLE.ORG"},
        {"homePhoneNumber": "01 99 00 00 42"},
        {"mobilePhoneNumber": "0033 6 39 98 00 42"},
        {"email": "another@example.org", "mobilePhoneNumber": MOBILE},
    ],
)
def test_name_with_email_or_phone_finds_the_client(desk: Desk, nora: int, contact: dict[str, str]) -> None:
    assert booked_for(desk, {"firstName": " nora ", "lastName": "NEUVE"} | contact) == nora


@pytest.mark.parametrize(
    "client",
    [
        NAME | {"email": "another@example.org"},
        {"firstName": "Nora", "lastName": "Autre", "email": EMAIL},
        # A home number is not a mobile one.
        NAME | {"mobilePhoneNumber": HOME},
    ],
)
def test_anything_less_makes_a_new_client(desk: Desk, nora: int, client: dict[str, str]) -> None:
    assert booked_for(desk, client) != nora


def test_new_client_is_then_found_again(desk: Desk) -> None:
    client = NAME | {"email": EMAIL}

    assert booked_for(desk, client) == booked_for(desk, client)


def test_match_fills_empty_fields_and_keeps_full_ones(desk: Desk) -> None:
    body = NAME | {"merchantId": OPERA, "email": EMAIL}
    client_id = desk.partner("POST", "/client", body=body).body["id"]

    booked_for(desk, NAME | {"email": EMAIL, "mobilePhoneNumber": MOBILE})
    booked_for(desk, NAME | {"email": "other@example.org", "mobilePhoneNumber": MOBILE})

    kept = desk.partner("GET", f"/client/{client_id}").body
    assert (kept["mobilePhoneNumber"], kept["email"]) == (MOBILE, EMAIL)


def test_external_id_comes_before_everything(desk: Desk, nora: int) -> None:
    lea = desk.story()["lea_noir"]["clientId"]

    assert booked_for(desk, NAME | {"email": EMAIL, "customerId": "CUST-9"}) == lea


def test_unknown_external_id_is_linked_to_the_client_it_makes(desk: Desk) -> None:
    client_id = booked_for(desk, NAME | {"email": EMAIL, "customerId": "CUST-NEW"})
    link = desk.partner("GET", f"/client/{client_id}/moduleLink/demo_crm").body["link"]

    assert link["externalId"] == "CUST-NEW"


def test_another_clientele_is_not_searched(desk: Desk, nora: int) -> None:
    staff_id = desk.store("GET", "/staff", merchant_id=MAYFAIR).body["items"][0]["id"]
    service_id = desk.store("GET", "/service", merchant_id=MAYFAIR).body["items"][0]["id"]
    body = {"merchantId": MAYFAIR, "staffId": staff_id, "items": [{"serviceId": service_id}]}
    answer = desk.book(f"{FREE_DAY}T12:00:00Z", client=NAME | {"email": EMAIL}, query={"rules": "None"}, **body)

    assert answer.body["client"]["id"] != nora


def test_a_given_id_must_be_of_the_clientele(desk: Desk) -> None:
    _, london = desk.story()["client_linked_twice"]["clientIds"]

    assert desk.book(f"{FREE_DAY}T10:00:00Z", client={"id": london}).status == 400


def test_a_merged_id_books_for_the_survivor(desk: Desk) -> None:
    told = desk.story()["merged_client"]

    assert booked_for(desk, {"id": told["clientId"]}) == told["newClientId"]
