from typing import Any

from tests.sandbox.desk import NOW, NOWHERE, STANDARD_SECRET, Desk

MIRA = {"first_name": "Mira", "email": "mira@example.org", "mobile": "+33639980555"}


def listened(desk: Desk) -> Desk:
    desk.listen(NOWHERE, source="crm", secret=STANDARD_SECRET)
    return desk


def told(desk: Desk) -> list[tuple[str, Any]]:
    return [(entry["type"], entry["body"]["data"]) for entry in desk.told()]


def test_every_change_is_told_as_it_is_then(desk: Desk) -> None:
    listened(desk)
    customer = desk.crm("POST", "/customers", body=MIRA).body
    changed = desk.crm("PATCH", f"/customers/{customer['id']}", body={"language": "fr"}).body
    desk.crm("DELETE", f"/customers/{customer['id']}")

    assert told(desk) == [
        ("customer.created", customer),
        ("customer.updated", changed),
        ("customer.deleted", {"id": customer["id"]}),
    ]
    assert desk.told()[0]["body"]["timestamp"] == NOW


def test_change_of_nothing_is_not_told(desk: Desk) -> None:
    customer = desk.crm("POST", "/customers", body=MIRA).body
    listened(desk)
    desk.crm("PATCH", f"/customers/{customer['id']}", body=MIRA)

    assert told(desk) == []


def test_merge_tells_of_both(desk: Desk) -> None:
    gone = desk.crm("POST", "/customers", body=MIRA).body["id"]
    kept = desk.crm("POST", "/customers", body={"first_name": "Mira"}).body["id"]
    listened(desk)
    desk.crm("POST", f"/customers/{gone}/merge", body={"into": kept})

    (merged, updated) = told(desk)
    assert merged == ("customer.merged", {"from": gone, "into": kept})
    assert (updated[0], updated[1]["id"], updated[1]["mobile"]) == ("customer.updated", kept, MIRA["mobile"])


def test_booxi_and_crm_each_tell_their_own(desk: Desk) -> None:
    listened(desk)
    desk.listen(NOWHERE)
    desk.crm("POST", "/customers", body=MIRA)
    desk.partner("POST", "/client", body={"merchantId": 501, "firstName": "Mira"})

    assert [(entry["source"], entry["type"]) for entry in desk.told()] == [
        ("crm", "customer.created"),
        ("booxi", "client.created"),
    ]
