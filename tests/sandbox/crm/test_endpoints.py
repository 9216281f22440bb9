from typing import Any

import pytest

from tests.sandbox.desk import NOW, Desk

MIRA = {"first_name": "Mira", "last_name": "Okafor", "email": "Mira@Example.org", "mobile": "+33 6 39 98 05-55"}
LATER = "2026-11-20T10:30:00Z"


def found(desk: Desk, **query: str) -> list[str]:
    answer = desk.crm("GET", "/customers", query=query)
    assert answer.status == 200, answer.body
    return [customer["id"] for customer in answer.body["customers"]]


def made(desk: Desk, **changes: Any) -> Any:
    answer = desk.crm("POST", "/customers", body=MIRA | changes)
    assert answer.status == 201, answer.body
    return answer.body


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic sandbox-crm-key", "sandbox-crm-key"])
def test_without_the_key_there_is_nothing(desk: Desk, authorization: str) -> None:
    answer = desk.crm("GET", "/customers/CUST-9", Authorization=authorization)

    assert (answer.status, answer.body["error"]) == (401, "unauthorized")


def test_customer_has_the_contracts_shape(desk: Desk) -> None:
    assert made(desk, consent=True) == {
        "id": desk.crm("GET", "/customers", query={"email": "mira@example.org"}).body["customers"][0]["id"],
        "first_name": "Mira",
        "last_name": "Okafor",
        "email": "Mira@Example.org",
        "phone": "",
        "mobile": "+33639980555",
        "language": "",
        "consent": True,
        "created_at": NOW,
        "updated_at": NOW,
        "field_times": dict.fromkeys(("first_name", "last_name", "email", "mobile", "consent"), NOW),
    }


@pytest.mark.parametrize("email", ["lea.noir@example.org", " LEA.Noir@example.ORG "])
def test_search_by_email_ignores_case(desk: Desk, email: str) -> None:
    assert found(desk, email=email) == ["CUST-9"]


@pytest.mark.parametrize("phone", ["+33639980009", "+33 6 39 98 00 09", " 33639980009", "0033639980009"])
def test_search_by_phone_goes_by_digits(desk: Desk, phone: str) -> None:
    assert found(desk, phone=phone) == ["CUST-9"]


def test_search_by_phone_finds_either_number(desk: Desk) -> None:
    customer = made(desk, phone="+442079460999", mobile="+447700900999")

    assert found(desk, phone="+44 20 7946 0999") == found(desk, phone="+44 7700 900999") == [customer["id"]]


def test_search_by_part_of_a_phone_finds_nobody(desk: Desk) -> None:
    assert found(desk, phone="0639980009") == found(desk, phone="33639980") == []


def test_search_criteria_must_all_hold(desk: Desk) -> None:
    assert found(desk, email="lea.noir@example.org", external_id="CUST-9") == ["CUST-9"]
    assert found(desk, email="lea.noir@example.org", external_id="CUST-77") == []


def test_search_without_criteria_is_bad(desk: Desk) -> None:
    for query in ({}, {"email": ""}, {"name": "Lea"}):
        assert desk.crm("GET", "/customers", query=query).status == 400


def test_taken_email_is_refused_unless_allowed(desk: Desk) -> None:
    first = made(desk)
    answer = desk.crm("POST", "/customers", body=MIRA | {"email": "mira@example.ORG"})
    assert (answer.status, answer.body["error"], answer.body["ids"]) == (409, "duplicate", [first["id"]])

    second = made(desk, allow_duplicate=True)
    assert found(desk, email=MIRA["email"]) == [first["id"], second["id"]]


def test_idempotency_key_creates_once(desk: Desk) -> None:
    def create(**changes: Any) -> Any:
        return desk.crm("POST", "/customers", body=MIRA | changes, Idempotency_Key="k1")

    first, again = create(), create()
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert (create(last_name="Other").status, create(last_name="Other").error) == (409, "idempotency_conflict")
    assert found(desk, email=MIRA["email"]) == [first.body["id"]]


def test_change_touches_what_differs_and_dates_it(desk: Desk) -> None:
    customer = made(desk)
    desk.at(LATER)
    body = {"mobile": "+33639980556", "last_name": "Okafor", "language": None}
    changed = desk.crm("PATCH", f"/customers/{customer['id']}", body=body).body

    assert (changed["mobile"], changed["first_name"], changed["updated_at"]) == ("+33639980556", "Mira", LATER)
    assert (changed["field_times"]["mobile"], changed["field_times"]["last_name"]) == (LATER, NOW)


def test_change_of_nothing_changes_nothing(desk: Desk) -> None:
    customer = made(desk)
    desk.at(LATER)

    assert desk.crm("PATCH", f"/customers/{customer['id']}", body=MIRA).body == customer


def test_null_empties_a_text(desk: Desk) -> None:
    customer = made(desk)
    changed = desk.crm("PATCH", f"/customers/{customer['id']}", body={"email": None}).body

    assert changed["email"] == ""
    assert found(desk, external_id=customer["id"]) == [customer["id"]]


@pytest.mark.parametrize(
    "change",
    [
        {"mobile": "0639980555"},
        {"phone": "+0123456"},
        {"phone": "+33six"},
        {"consent": "yes"},
        {"email": 5},
        {"first_name": "x" * 101},
        {"email": "\x00"},
    ],
)
def test_unreadable_customer_is_bad(desk: Desk, change: dict[str, Any]) -> None:
    assert desk.crm("POST", "/customers", body=MIRA | change).status == 400
    assert desk.crm("PATCH", "/customers/CUST-9", body=change).status == 400


def test_nobody_is_no_customer(desk: Desk) -> None:
    assert desk.crm("POST", "/customers", body={"language": "fr"}).status == 400


def test_deleted_customer_is_gone(desk: Desk) -> None:
    customer = made(desk)
    path = f"/customers/{customer['id']}"
    gone = desk.client.delete(f"/crm/v1{path}", headers={"Authorization": "Bearer sandbox-crm-key"})

    assert (gone.status_code, gone.get_data()) == (204, b"")
    assert (desk.crm("GET", path).status, desk.crm("GET", path).body["error"]) == (404, "not_found")
    assert found(desk, email=MIRA["email"]) == []
    assert desk.crm("DELETE", path).status == 404
    assert made(desk)["id"] != customer["id"]


def test_merged_customer_answers_by_her_new_id(desk: Desk) -> None:
    gone, kept = made(desk), made(desk, email="okafor@example.org", mobile="", allow_duplicate=True)
    path = f"/customers/{gone['id']}"
    survivor = desk.crm("POST", f"{path}/merge", body={"into": kept["id"]})
    assert (survivor.status, survivor.body["id"], survivor.body["mobile"]) == (200, kept["id"], "+33639980555")
    assert survivor.body["email"] == "okafor@example.org"

    for method, body in (("GET", None), ("PATCH", {"language": "en"}), ("DELETE", None)):
        answer = desk.crm(method, path, body=body)
        assert (answer.status, answer.body) == (301, {"merged_into": kept["id"]})
        assert answer.headers["Location"] == f"/crm/v1/customers/{kept['id']}"
    assert found(desk, email=MIRA["email"]) == []
    assert found(desk, external_id=gone["id"]) == [kept["id"]]


def test_merge_follows_merge(desk: Desk) -> None:
    first, second, third = (made(desk, email=f"m{number}@example.org") for number in range(3))
    for gone, kept in ((first, second), (second, third)):
        desk.crm("POST", f"/customers/{gone['id']}/merge", body={"into": kept["id"]})

    assert desk.crm("GET", f"/customers/{first['id']}").body == {"merged_into": third["id"]}


def test_impossible_merges_are_refused(desk: Desk) -> None:
    assert desk.crm("POST", "/customers/CUST-9/merge", body={"into": "CUST-9"}).status == 400
    assert desk.crm("POST", "/customers/CUST-9/merge", body={}).status == 400
    assert desk.crm("POST", "/customers/CUST-9/merge", body={"into": "NOBODY"}).status == 404


def test_calls_are_counted_but_not_rationed(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/quota", body={"mode": "vendor"})

    assert {desk.crm("GET", "/customers/CUST-9").status for _ in range(12)} == {200}
    (endpoint,) = desk.panel("GET", "/__chaos/calls").body["endpoints"]
    assert (endpoint["path"], endpoint["total"]) == ("/v1/customers/<customer_id>", 12)
