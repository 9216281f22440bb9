import pytest

from integrations.sandbox.booxi.keys import MERCHANT, PARTNER
from integrations.sandbox.booxi.vendor import BASE, ROUTES
from integrations.sandbox.http import Route
from tests.sandbox.desk import FOREIGN, OPERA, STRANGER, Desk, merchant_key
from tests.sandbox.desk import PARTNER as PARTNER_HEADER

IDS = {
    "<booking_id>": "ABC123",
    "<module_id>": "demo_crm",
    "<id:client_id>": "1001",
    "<id:service_id>": "9001",
    "<id:category_id>": "301",
    "<id:merchant_id>": "501",
    "<id:staff_id>": "7001",
    "<id:schedule_id>": "1",
    "<id:slot_id>": "1",
    "<id:event_id>": "1",
    "<id:owner_id>": "501",
}


def path_of(route: Route) -> str:
    path = route.path
    for mark, value in IDS.items():
        path = path.replace(mark, value)
    assert "<" not in path
    return BASE + path


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_endpoint_wants_a_key(desk: Desk, route: Route) -> None:
    assert desk.ask(route.method, path_of(route)).status == 401


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_endpoint_refuses_an_unknown_key(desk: Desk, route: Route) -> None:
    header = "Booxi-APIKey" if route.key == MERCHANT else "Booxi-PartnerKey"

    assert desk.ask(route.method, path_of(route), headers={header: "nobody's"}).status == 401


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_endpoint_refuses_the_other_kind_of_key(desk: Desk, route: Route) -> None:
    other = PARTNER_HEADER if route.key == MERCHANT else merchant_key(OPERA)

    assert desk.ask(route.method, path_of(route), headers=other).status == 403


@pytest.mark.parametrize(
    "path", ["/merchant/501", "/staff/7001", "/service/9001", "/client/1001", "/staff/7001/schedule"]
)
def test_a_strangers_partner_key_opens_nothing_of_ours(desk: Desk, path: str) -> None:
    assert desk.ask("GET", BASE + path, headers=STRANGER).status == 403


def test_our_partner_key_opens_nothing_of_a_strangers(desk: Desk) -> None:
    assert desk.partner("GET", f"/merchant/{FOREIGN}").status == 403
    assert desk.partner("GET", "/client/900").status == 403
    query = {"staffId": 6001, "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
    query |= {"eventType": "Appointment", "include": "None"}
    assert desk.partner("GET", "/calendar", query=query).status == 403
    assert 6001 not in [person["id"] for person in desk.partner("GET", "/staff/list").body["staffs"]]
    assert desk.partner("GET", "/staff/list", query={"merchantId": FOREIGN}).status == 403


def test_a_merchant_key_opens_one_store(desk: Desk) -> None:
    assert desk.store("GET", "/service/9001/availability", merchant_id=502).status == 404
    body = {"searchMode": "verbose", "merchantId": 502}
    assert desk.store("POST", "/availability/search", body=body).status == 403


def test_the_right_key_counts_when_both_are_sent(desk: Desk) -> None:
    both = PARTNER_HEADER | {"Booxi-APIKey": "nobody's"}

    assert desk.ask("GET", f"{BASE}/merchant/list", headers=both).status == 200


def test_header_names_ignore_case(desk: Desk) -> None:
    assert desk.ask("GET", f"{BASE}/merchant", headers={"booxi-apikey": "sandbox-merchant-501"}).status == 200


def test_error_body_has_message_and_code(desk: Desk) -> None:
    body = desk.ask("GET", f"{BASE}/merchant").body

    assert set(body) == {"message", "code"}
    assert body["code"] == 401


def test_both_kinds_are_in_use() -> None:
    assert {route.key for route in ROUTES} == {MERCHANT, PARTNER}
