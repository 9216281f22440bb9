import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.sandbox.booker.assumptions import TOKEN_SECONDS
from tests.sandbox.booker.spa import CHICAGO, NEW_YORK, Spa, failure
from tests.sandbox.desk import Answer, Desk

HOME = "http://127.0.0.1:8000/booker/callback"
VERIFIER = "a-verifier-that-nobody-else-knows-of-and-that-is-long-enough"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def claims(token: str) -> dict[str, object]:
    middle = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return found


def test_personal_access_token_of_a_location_brings_a_location(spa: Spa) -> None:
    said = claims(spa.token)

    assert len(spa.token.split(".")) == 3
    assert (said["location_id"], said["scope"], said["user_type"]) == (NEW_YORK, "merchant", 2)
    assert isinstance(said["exp"], int)
    assert isinstance(said["nbf"], int)
    assert said["exp"] - said["nbf"] == TOKEN_SECONDS


def test_personal_access_token_as_shown_must_be_decoded_first(spa: Spa) -> None:
    shown = spa.story["personal_access_tokens_as_shown"][str(NEW_YORK)]
    answer = spa.ask_token(grant_type="personal_access_token", scope="merchant", personal_access_token=shown)

    assert (answer.status, answer.body["error"]) == (400, "invalid_grant")


def test_wrong_secret_is_an_invalid_client(spa: Spa) -> None:
    answer = spa.ask_token(grant_type="client_credentials", scope="customer", client_secret="wrong")

    assert (answer.status, answer.body["error"]) == (400, "invalid_client")


def test_brand_token_needs_a_location_first(spa: Spa) -> None:
    brand = spa.merchant_token("brand")
    assert failure(spa.merchant("POST", "/customers", token=brand)) == (200, 1001, False)
    assert len(spa.merchant("POST", "/locations", token=brand).body["Results"]) == 3

    headers = spa.key("merchant") | {"Authorization": f"Bearer {brand}"}
    where = f"/v5/auth/context/update?locationId={CHICAGO}&brandId={spa.story['brand_id']}"
    answer = spa.desk.ask("POST", where, headers=headers)
    assert isinstance(answer.body, str)
    assert claims(answer.body)["location_id"] == CHICAGO
    assert spa.merchant("POST", "/customers", token=answer.body, LocationID=CHICAGO).body["IsSuccess"]


@pytest.mark.parametrize("location", [str(CHICAGO), "1", ""])
def test_location_user_stays_where_she_is(spa: Spa, location: str) -> None:
    headers = spa.key("merchant") | {"Authorization": f"Bearer {spa.token}"}

    assert spa.desk.ask("POST", f"/v5/auth/context/update?locationId={location}", headers=headers).status == 403


def test_location_token_asks_for_no_other_location(spa: Spa) -> None:
    assert failure(spa.merchant("POST", "/employees", LocationID=CHICAGO)) == (200, 403, False)


def test_token_expires_by_the_sandbox_clock(spa: Spa) -> None:
    spa.desk.at("2026-11-20T10:49:59Z")
    assert spa.merchant("POST", "/employees").body["IsSuccess"]
    spa.desk.at("2026-11-20T10:50:00Z")
    answer = spa.merchant("POST", "/employees")

    assert failure(answer) == (200, 1000, False)
    assert answer.body["ErrorMessage"] == "invalid access token"


def test_token_is_taken_from_body_query_or_header(spa: Spa) -> None:
    bearer = spa.key("merchant") | {"Authorization": f"Bearer {spa.token}"}
    path = f"/v4.1/merchant/location/{NEW_YORK}"

    assert spa.desk.ask("GET", path, headers=bearer).body["IsSuccess"]
    assert spa.desk.ask("GET", path, headers=spa.key("merchant"), query={"access_token": spa.token}).body["IsSuccess"]
    assert spa.desk.ask("POST", "/v4.1/merchant/rooms", headers=bearer, body={}).body["IsSuccess"]
    assert failure(spa.desk.ask("GET", path, headers=spa.key("merchant"))) == (200, 1000, False)


@pytest.mark.parametrize("forged", ["", "a.b.c", "opaque", "e30.e30.e30"])
def test_forged_token_is_refused(spa: Spa, forged: str) -> None:
    assert failure(spa.merchant("POST", "/rooms", token=forged or "x")) == (200, 1000, False)


def test_consumer_token_opens_no_business_call(spa: Spa) -> None:
    assert failure(spa.merchant("POST", "/customers", token=spa.customer_token())) == (200, 403, False)


@pytest.mark.parametrize("key", ["", "unknown", "sandbox-booker-customer-key", "sandbox-booker-availability-key"])
def test_subscription_key_must_be_for_the_product(spa: Spa, key: str) -> None:
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    answer = spa.desk.ask("POST", "/v4.1/merchant/rooms", headers=headers, body={"access_token": spa.token})

    assert (answer.status, answer.body["statusCode"]) == (401, 401)


# ---- signing in


def signed_in(desk: Desk, spa: Spa, *, answer: str = "allow", **changes: str) -> dict[str, str]:
    """What comes back to the application's address."""
    who = spa.story["sign_in"]
    form = {
        "client_id": spa.story["client_id"],
        "redirect_uri": HOME,
        "response_type": "code",
        "scope": "openid offline_access merchant",
        "state": "where-we-were",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "user": who["user"],
        "password": who["password"],
        "answer": answer,
    }
    sent = desk.submit("/auth/connect/authorize", **(form | changes))
    assert sent.status == 302, sent.body
    assert sent.headers["Location"].startswith(HOME)
    return {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()}


def exchanged(spa: Spa, code: str, **changes: str) -> Answer:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME, "code_verifier": VERIFIER}
    return spa.ask_token(path="/auth/connect/token", **(form | changes))


def test_sign_in_ends_with_a_location_token_and_a_refresh_token(desk: Desk, spa: Spa) -> None:
    back = signed_in(desk, spa)
    answer = exchanged(spa, back["code"])

    assert back["state"] == "where-we-were"
    assert claims(answer.body["access_token"])["location_id"] == NEW_YORK
    assert spa.merchant("POST", "/rooms", token=answer.body["access_token"]).body["IsSuccess"]
    assert exchanged(spa, back["code"]).body["error"] == "invalid_grant"


def test_refresh_tokens_rotate(desk: Desk, spa: Spa) -> None:
    first = exchanged(spa, signed_in(desk, spa)["code"]).body["refresh_token"]
    answer = spa.ask_token(grant_type="refresh_token", scope="merchant", refresh_token=first)

    assert answer.body["refresh_token"] not in ("", first)
    assert claims(answer.body["access_token"])["location_id"] == NEW_YORK
    assert spa.ask_token(grant_type="refresh_token", refresh_token=first).body["error"] == "invalid_grant"
    assert spa.ask_token(grant_type="refresh_token", refresh_token=answer.body["refresh_token"]).status == 200


@pytest.mark.parametrize("changes", [{"code_verifier": "another"}, {"redirect_uri": f"{HOME}/other"}, {"code": "no"}])
def test_code_goes_to_nobody_else(desk: Desk, spa: Spa, changes: dict[str, str]) -> None:
    code = signed_in(desk, spa)["code"]

    assert exchanged(spa, **({"code": code} | changes)).body["error"] == "invalid_grant"


def test_code_expires(desk: Desk, spa: Spa) -> None:
    code = signed_in(desk, spa)["code"]
    desk.at("2026-11-20T10:25:00Z")

    assert exchanged(spa, code).body["error"] == "invalid_grant"


def test_denied_access_says_so(desk: Desk, spa: Spa) -> None:
    assert signed_in(desk, spa, answer="deny") == {"error": "access_denied", "state": "where-we-were"}


def test_wrong_password_shows_the_form_again(desk: Desk, spa: Spa) -> None:
    query = {"client_id": spa.story["client_id"], "redirect_uri": HOME, "response_type": "code", "state": "s"}
    form = desk.ask("GET", "/auth/connect/authorize", query=query).body
    assert "Allow access" in form
    assert spa.story["sign_in"]["user"] in form
    again = desk.submit("/auth/connect/authorize", **query, user="x", password="y", answer="allow")

    assert (again.status, 'role="alert"' in again.body) == (200, True)


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": "https://elsewhere.example/"}])
def test_unknown_clients_and_addresses_are_sent_nowhere(desk: Desk, spa: Spa, changes: dict[str, str]) -> None:
    query = {"client_id": spa.story["client_id"], "redirect_uri": HOME, "response_type": "code"} | changes

    assert desk.ask("GET", "/auth/connect/authorize", query=query).status == 400
