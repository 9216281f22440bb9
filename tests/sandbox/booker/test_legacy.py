"""v4 as older programs call it: two services, no subscription key, tokens by calls of their own."""

from typing import Any

import pytest

from tests.sandbox.booker.spa import CHICAGO, MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import Answer

CUSTOMER, BUSINESS = "/webservice4/json/CustomerService.svc", "/WebService4/json/BusinessService.svc"


def client_of(spa: Spa) -> dict[str, str]:
    return {"client_id": spa.story["client_id"], "client_secret": spa.story["client_secret"]}


def token_of(spa: Spa) -> str:
    query = client_of(spa) | {"grant_type": "client_credentials"}
    return str(spa.desk.ask("GET", f"{CUSTOMER}/access_token", query=query).body["access_token"])


def account_login(spa: Spa, account: str, user: str, **more: Any) -> Answer:
    password = spa.story["sign_in"]["password"]
    body = client_of(spa) | {"AccountName": account, "UserName": user, "Password": password} | more
    return spa.desk.ask("POST", f"{BUSINESS}/accountlogin", body=body)


@pytest.mark.parametrize("service", [CUSTOMER, CUSTOMER.lower(), "/WebService4/json/customerService.svc"])
def test_names_in_any_case_and_no_key(spa: Spa, service: str) -> None:
    body = {"LocationID": NEW_YORK, "access_token": token_of(spa)}
    answer = spa.desk.ask("POST", f"{service}/treatments", body=body)

    assert len(answer.body["Treatments"]) == 11
    (location,) = (
        one for one in spa.desk.ask("POST", f"{service}/locations/partial", body=body).body["Results"]
        if one["ID"] == NEW_YORK
    )  # fmt: skip
    assert location["BusinessName"]


def test_newer_address_still_wants_its_key(spa: Spa) -> None:
    body = {"LocationID": NEW_YORK, "access_token": token_of(spa)}

    assert spa.desk.ask("POST", "/v4.1/customer/treatments", body=body).status == 401


def test_token_with_a_wrong_secret(spa: Spa) -> None:
    answer = spa.desk.ask("GET", f"{CUSTOMER}/access_token", query=client_of(spa) | {"client_secret": "wrong"})

    assert answer.body["error"] == "invalid_client"
    assert "access_token" not in answer.body


def test_business_token_without_a_user_finds_the_locations(spa: Spa) -> None:
    token = spa.desk.ask("GET", f"{BUSINESS}/access_token", query=client_of(spa)).body["access_token"]

    found = spa.desk.ask("POST", f"{BUSINESS}/locations", body={"access_token": token})
    assert len(found.body["Results"]) == 3
    answer = spa.desk.ask("POST", f"{BUSINESS}/customers", body={"access_token": token, "LocationID": NEW_YORK})
    assert failure(answer) == (200, 1001, False)


def test_stale_token_is_error_1000(spa: Spa) -> None:
    answer = spa.desk.ask("POST", f"{CUSTOMER}/treatments", body={"LocationID": NEW_YORK, "access_token": "stale"})

    assert failure(answer) == (200, 1000, False)


@pytest.mark.parametrize("user", ["desk2@juniperslate.example", "brand@juniperslate.example"])
def test_account_login_is_for_its_location(spa: Spa, user: str) -> None:
    answer = account_login(spa, "juniperslate2", user)
    token = answer.body["access_token"]

    assert answer.body["error"] is None
    who = spa.desk.ask("GET", f"{BUSINESS}/user", query={"access_token": token}).body
    assert (who["LocationID"], who["BrandID"], who["User"]["Username"]) == (CHICAGO, 700, user)
    found = spa.desk.ask("POST", f"{BUSINESS}/customers", body={"access_token": token, "LocationID": CHICAGO})
    assert found.body["Customers"]


def test_account_login_refuses_strangers(spa: Spa) -> None:
    desk = "desk2@juniperslate.example"

    for answer in (
        account_login(spa, "juniperslate1", desk),
        account_login(spa, "nowhere", desk),
        account_login(spa, "juniperslate2", desk, Password="wrong"),
        account_login(spa, "juniperslate2", desk, client_secret="wrong"),
    ):
        assert (answer.status, answer.body["access_token"]) == (200, None)
        assert answer.body["error"]


def test_services_do_the_same_as_the_newer_paths(spa: Spa) -> None:
    token = account_login(spa, "juniperslate1", "desk1@juniperslate.example").body["access_token"]
    query = {"access_token": token}
    visit = spa.story["visits"][str(NEW_YORK)]["coming"]

    old = spa.desk.ask("GET", f"{BUSINESS}/appointment/{visit}", query=query).body
    assert old == spa.merchant("GET", f"/appointment/{visit}").body
    body = {"access_token": token, "ID": visit}
    assert spa.desk.ask("PUT", f"{BUSINESS}/appointment/cancel", body=body).body["Appointment"]["IsCancelled"]
    assert spa.appointment(visit)["IsCancelled"]


def test_clock_of_the_server_is_new_yorks(spa: Spa) -> None:
    query = {"access_token": token_of(spa)}

    assert spa.desk.ask("GET", f"{CUSTOMER}/server_information", query=query).body["ServerTimeZoneOffset"] == -5
    spa.desk.at("2026-07-01T10:00:00Z")
    query = {"access_token": token_of(spa)}
    assert spa.desk.ask("GET", f"{CUSTOMER}/server_information", query=query).body["ServerTimeZoneOffset"] == -4


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_is_not_known_is_an_envelope(spa: Spa, method: str) -> None:
    body = {"access_token": token_of(spa)} if method != "GET" else None

    assert failure(spa.desk.ask(method, f"{CUSTOMER}/customer/{MIRA}/unheard_of", body=body)) == (200, 501, False)
