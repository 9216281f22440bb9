from typing import Any

import pytest

from tests.sandbox.desk import FOREIGN, FREE_DAY, MARAIS, MAYFAIR, OPERA, Desk

NEW = {"merchantId": OPERA, "firstName": "Zoë", "lastName": "Nouvelle", "email": "zoe@example.org"}


def found(desk: Desk, **query: Any) -> list[int]:
    answer = desk.partner("GET", "/client", query=query)
    assert answer.status == 200, answer.body
    return [client["id"] for client in answer.body["clients"]]


def made(desk: Desk, **changes: Any) -> int:
    answer = desk.partner("POST", "/client", body=NEW | changes)
    assert answer.status == 200, answer.body
    identifier: int = answer.body["id"]
    return identifier


def test_create_answers_the_bare_client(desk: Desk) -> None:
    body = desk.partner("POST", "/client", body=NEW | {"dateOfBirth": {"day": 3, "month": 5, "year": 1990}}).body

    assert (body["firstName"], body["merchantId"], body["status"]) == ("Zoë", OPERA, "Active")
    assert body["dateOfBirth"] == {"day": 3, "month": 5, "year": 1990}
    assert desk.partner("GET", f"/client/{body['id']}").body == body


@pytest.mark.parametrize(
    "changes",
    [
        {"merchantId": None},
        {"firstName": "", "lastName": ""},
        {"firstName": 5},
        {"email": "x" * 256},
        {"status": "Gone"},
        {"remindBySMS": "yes"},
        {"metadata": {"a": 1}},
        {"address": "here"},
        {"dateOfBirth": {"day": 40, "month": 1, "year": 1990}},
    ],
)
def test_create_refuses_what_it_cannot_read(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.partner("POST", "/client", body=NEW | changes).status == 400


def test_create_at_a_foreign_store_is_forbidden(desk: Desk) -> None:
    assert desk.partner("POST", "/client", body=NEW | {"merchantId": FOREIGN}).status == 403


def test_change_is_partial(desk: Desk) -> None:
    client_id = made(desk, mobilePhoneNumber="+33639980077")
    body = desk.partner("PUT", f"/client/{client_id}", body={"lastName": "Mariée"}).body

    assert (body["firstName"], body["lastName"], body["mobilePhoneNumber"]) == ("Zoë", "Mariée", "+33639980077")
    assert found(desk, merchantId=OPERA, firstName="zoë", lastName="MARIÉE") == [client_id]


@pytest.mark.parametrize("phone", ["06 39 98 00 77", "+33 6 39 98 00 77", "0033639980077"])
def test_search_by_phone_ignores_how_it_is_written(desk: Desk, phone: str) -> None:
    mobile, home = made(desk, mobilePhoneNumber="06.39.98.00.77"), made(desk, homePhoneNumber="+33639980077")

    assert found(desk, merchantId=OPERA, phoneNumber=phone) == [mobile, home]


def test_search_criteria_must_all_hold(desk: Desk) -> None:
    client_id = made(desk)

    assert found(desk, merchantId=OPERA, email="ZOE@example.org") == [client_id]
    assert found(desk, merchantId=OPERA, email="zoe@example.org", firstName="Zoë", lastName="Autre") == []


def test_search_finds_a_client_with_one_name(desk: Desk) -> None:
    assert found(desk, merchantId=OPERA, firstName="Zendaya", lastName="") == [desk.story()["single_name"]]


def test_search_without_a_match_is_empty(desk: Desk) -> None:
    answer = desk.partner("GET", "/client", query={"merchantId": OPERA, "email": "nobody@example.org"})

    assert (answer.status, answer.body) == (200, {"clients": [], "clientLinks": []})


def test_search_stays_in_its_clientele(desk: Desk) -> None:
    client_id = made(desk)

    assert found(desk, merchantId=MARAIS, email="zoe@example.org") == [client_id]
    assert found(desk, merchantId=MAYFAIR, email="zoe@example.org") == []


def test_search_by_external_id_runs_over_every_clientele(desk: Desk) -> None:
    told = desk.story()["client_linked_twice"]
    body = desk.partner("GET", "/client", query={"moduleId": "demo_crm", "externalId": told["externalId"]}).body

    assert [client["id"] for client in body["clients"]] == told["clientIds"]
    assert {link["externalId"] for link in body["clientLinks"]} == {told["externalId"]}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"merchantId": OPERA},
        {"email": "zoe@example.org"},
        {"merchantId": OPERA, "firstName": "Zoë"},
        {"merchantId": OPERA, "lastName": "Nouvelle"},
        {"moduleId": "demo_crm"},
        {"externalId": "CUST-9"},
        {"moduleId": "demo_crm", "externalId": "CUST-9", "email": "lea.noir@example.org"},
    ],
)
def test_search_refuses_mixed_and_half_criteria(desk: Desk, query: dict[str, Any]) -> None:
    assert desk.partner("GET", "/client", query=query).status == 400


def test_search_in_an_unknown_module_is_forbidden(desk: Desk) -> None:
    assert desk.partner("GET", "/client", query={"moduleId": "other_crm", "externalId": "1"}).status == 403


def test_merged_client_redirects_with_its_new_id(desk: Desk) -> None:
    told = desk.story()["merged_client"]
    answer = desk.partner("GET", f"/client/{told['clientId']}")

    assert (answer.status, answer.body["newClientId"]) == (308, told["newClientId"])
    assert answer.headers["Location"].endswith(f"/booking/v1/client/{told['newClientId']}")
    assert desk.partner("GET", f"/client/{told['clientId']}/moduleLink/demo_crm").status == 308
    assert desk.partner("PUT", f"/client/{told['clientId']}", body={"firstName": "S"}).status == 308


def test_merged_client_is_found_no_more(desk: Desk) -> None:
    told = desk.story()["merged_client"]
    email = {"merchantId": OPERA, "email": "sophie.martin@example.org"}
    assert found(desk, **email) == []

    second = made(desk)
    desk.panel("POST", "/__sandbox/merge-clients", body={"fromClientId": told["newClientId"], "intoClientId": second})

    # Two merges in a row lead to the last one.
    assert desk.partner("GET", f"/client/{told['clientId']}").body["newClientId"] == second


def test_delete_is_refused_while_bookings_come(desk: Desk) -> None:
    client_id = made(desk)
    desk.booked(f"{FREE_DAY}T10:00:00Z", client={"id": client_id})

    assert desk.partner("DELETE", f"/client/{client_id}").status == 409
    assert desk.partner("DELETE", f"/client/{client_id}", query={"ignoreError": "true"}).status == 200
    assert desk.partner("GET", f"/client/{client_id}").status == 404


def test_delete_after_a_cancellation_is_accepted(desk: Desk) -> None:
    client_id = made(desk)
    desk.change(desk.booked(f"{FREE_DAY}T10:00:00Z", client={"id": client_id}), status="Cancelled")

    assert desk.partner("DELETE", f"/client/{client_id}").status == 200


def test_unknown_client_is_not_found(desk: Desk) -> None:
    assert desk.partner("GET", "/client/99").status == 404
