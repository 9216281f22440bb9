import re

import pytest

from tests.sandbox.desk import NOWHERE, STANDARD_SECRET, Desk

BLANK = dict.fromkeys(("first_name", "last_name", "email", "phone", "mobile", "language"), "")
TYPED = BLANK | {"first_name": "Mira", "last_name": "<b>", "email": "mira@example.org"}


@pytest.fixture
def customer_id(desk: Desk) -> str:
    made: str = desk.crm("POST", "/customers", body={"first_name": "Mira", "email": "mira@example.org"}).body["id"]
    return made


def test_customers_are_listed_and_found(desk: Desk) -> None:
    assert "CUST-" in desk.panel("GET", "/crm").body
    shown = desk.submit("/crm", q="noir").body
    assert "CUST-9" in shown
    assert len(re.findall(r"<tr>", shown)) == 2
    assert len(re.findall(r"<tr>", desk.submit("/crm", q="100%").body)) == 1


def test_new_customer_is_created_and_escaped(desk: Desk) -> None:
    desk.listen(NOWHERE, source="crm", secret=STANDARD_SECRET)
    answer = desk.submit("/crm", action="create", consent="yes", **TYPED)
    assert answer.status == 303

    shown = desk.panel("GET", answer.headers["Location"]).body
    assert "Mira &lt;b&gt;" in shown
    assert "<b>" not in shown
    assert re.search(r'name="consent" value="yes" checked', shown)
    assert [entry["type"] for entry in desk.told()] == ["customer.created"]


def test_change_is_saved_and_told(desk: Desk, customer_id: str) -> None:
    desk.listen(NOWHERE, source="crm", secret=STANDARD_SECRET)
    path = f"/crm/customer/{customer_id}"
    answer = desk.submit(path, action="save", **TYPED | {"mobile": "+33 6 39 98 05 55"})

    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?saved=1")
    assert "Saved." in desk.panel("GET", path, query={"saved": "1"}).body
    assert desk.crm("GET", f"/customers/{customer_id}").body["mobile"] == "+33639980555"
    assert [entry["type"] for entry in desk.told()] == ["customer.updated"]


def test_page_says_who_she_is_at_booxi(desk: Desk) -> None:
    linked = desk.story()["crm"]["linked"]
    shown = desk.panel("GET", f"/crm/customer/{linked['customerIds'][0]}").body
    assert f"Linked to client {linked['clientId']} " in shown

    desk.partner("PUT", f"/client/{linked['clientId']}/moduleLink/demo_crm", body={"externalId": "", "metadata": {}})
    assert "Not linked to a client of Booxi." in desk.panel("GET", f"/crm/customer/{linked['customerIds'][0]}").body


def test_refusals_are_shown(desk: Desk, customer_id: str) -> None:
    wrong = desk.submit(f"/crm/customer/{customer_id}", action="save", **TYPED | {"mobile": "06 39"})
    assert (wrong.status, 'role="alert"' in wrong.body) == (400, True)
    empty = desk.submit("/crm", action="create", **BLANK)
    assert (empty.status, 'role="alert"' in empty.body) == (400, True)
    assert desk.submit(f"/crm/customer/{customer_id}", action="merge", into="NOBODY").status == 404


def test_merge_and_delete(desk: Desk, customer_id: str) -> None:
    answer = desk.submit(f"/crm/customer/{customer_id}", action="merge", into="CUST-9")
    assert answer.headers["Location"] == "/crm/customer/CUST-9?saved=1"
    assert "Merged into" in desk.panel("GET", f"/crm/customer/{customer_id}").body

    assert desk.submit("/crm/customer/CUST-9", action="delete").headers["Location"] == "/crm"
    assert desk.panel("GET", "/crm/customer/CUST-9").status == 404


def test_every_field_has_its_label(desk: Desk) -> None:
    for path in ("/crm", "/crm/customer/CUST-9"):
        shown = desk.panel("GET", path).body
        labels = "".join(re.findall(r"<label>.*?</label>", shown, re.DOTALL))
        assert len(re.findall(r"<input(?! type=\"hidden\")", labels)) == len(
            re.findall(r"<input(?! type=\"hidden\")", shown)
        )
