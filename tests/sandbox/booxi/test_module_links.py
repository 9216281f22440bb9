import pytest

from tests.sandbox.desk import ANA, CUT, OPERA, Desk


@pytest.mark.parametrize(
    ("kind", "owner_id"), [("staff", ANA), ("service", CUT), ("merchant", OPERA), ("client", 1003)]
)
def test_link_is_set_read_and_removed(desk: Desk, kind: str, owner_id: int) -> None:
    path = f"/{kind}/{owner_id}/moduleLink/demo_pos"
    assert desk.partner("GET", path).status == 404

    desk.partner("PUT", path, body={"externalId": "X-1", "metadata": {"tier": "gold"}})
    body = desk.partner("GET", path).body
    assert body["link"] == {
        f"{kind}Id": owner_id,
        "moduleId": "demo_pos",
        "externalId": "X-1",
        "metadata": {"tier": "gold"},
        "createdOn": "2026-11-20T10:20:00Z",
        "modifiedOn": "2026-11-20T10:20:00Z",
    }
    assert body[kind]["id"] == owner_id

    assert desk.partner("PUT", path, body={"externalId": ""}).body["link"] is None
    assert desk.partner("GET", path).status == 404


def test_link_keeps_its_first_day(desk: Desk) -> None:
    path = "/client/1003/moduleLink/demo_pos"
    desk.partner("PUT", path, body={"externalId": "X-1"})
    desk.at("2026-11-21T10:00:00Z")
    link = desk.partner("PUT", path, body={"externalId": "X-2"}).body["link"]

    assert (link["externalId"], link["createdOn"], link["modifiedOn"]) == (
        "X-2",
        "2026-11-20T10:20:00Z",
        "2026-11-21T10:00:00Z",
    )


def test_external_id_of_another_client_is_invalid(desk: Desk) -> None:
    answer = desk.partner("PUT", "/client/1003/moduleLink/demo_crm", body={"externalId": "CUST-9"})

    assert (answer.status, answer.error) == (409, "InvalidExternalId")


def test_own_external_id_may_be_written_again(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]["clientId"]

    assert desk.partner("PUT", f"/client/{lea}/moduleLink/demo_crm", body={"externalId": "CUST-9"}).status == 200


def test_unknown_module_is_forbidden(desk: Desk) -> None:
    assert desk.partner("GET", "/client/1003/moduleLink/other").status == 403
    assert desk.partner("PUT", "/client/1003/moduleLink/other", body={"externalId": "1"}).status == 403


def test_unknown_owner_is_not_found(desk: Desk) -> None:
    assert desk.partner("GET", "/staff/99/moduleLink/demo_crm").status == 404


@pytest.mark.parametrize(
    "body", [{"externalId": 5}, {"externalId": "x" * 101}, {"externalId": "1", "metadata": {"a": 1}}]
)
def test_unreadable_link_is_bad(desk: Desk, body: dict[str, object]) -> None:
    assert desk.partner("PUT", "/client/1003/moduleLink/demo_crm", body=body).status == 400
