"""Who gets in: tokens, scopes, and how much one may ask."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from clienteling.models import ApiToken, AuditEntry, Store
from clienteling.permissions import SCOPES, TABLE, Action, Mark, Scope, allows, may
from tests.people import NOW, Shop, make_booking
from tests.systems import API, EVERYTHING, Caller, make_caller, make_token

ADDRESSES = {
    "stores/": Scope.READ_STORE,
    "staff/": Scope.READ_STORE,
    "services/": Scope.READ_STORE,
    "clients/": Scope.READ_CLIENTS,
    "bookings/": Scope.READ_CLIENTS,
    "requests/": Scope.WRITE_REQUESTS,
}


def test_a_token_is_kept_as_a_digest_only(caller: Caller) -> None:
    row = ApiToken.objects.values().get()
    assert caller.secret not in str(row)
    assert caller.secret.startswith(f"clt_{row['prefix']}_")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {}", "Bearer {}x", "bearer é"])
def test_nobody_gets_in_without_the_right_token(caller: Caller, header: str) -> None:
    answer = Browser().get(f"{API}stores/", headers={"Authorization": header.format(caller.secret)})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] in ("no_token", "wrong_token")


def test_a_token_that_is_over_or_revoked_is_turned_away(caller: Caller) -> None:
    assert caller.get("stores/").status_code == 200
    ApiToken.objects.update(expires_at=NOW)
    assert caller.get("stores/").status_code == 401
    ApiToken.objects.update(expires_at=NOW + dt.timedelta(seconds=1))
    assert caller.get("stores/").status_code == 200
    assert caller.token.revoke(timezone.now())
    assert caller.get("stores/").status_code == 401


def test_a_log_in_opens_nothing(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    for address in ADDRESSES:
        assert browser.get(f"{API}{address}").status_code == 401
    assert browser.post(f"{API}bookings/", {}, "application/json").status_code == 401


def test_a_locked_screen_does_not_stand_in_the_way(caller: Caller, shop: Shop, browser_of: Any) -> None:
    caller.browser = browser_of(shop.ana)
    caller.browser.post("/lock/")
    assert caller.get("stores/").status_code == 200


@pytest.mark.parametrize(("address", "scope"), ADDRESSES.items())
def test_each_address_wants_its_scope(shop: Shop, clock: Any, address: str, scope: str) -> None:
    assert make_caller(scopes=[scope]).get(address).status_code == 200
    needed = {one for one in Scope if SCOPES[one] >= SCOPES[Scope(scope)]}
    for other in set(Scope) - needed:
        answer = make_caller(scopes=[other]).get(address)
        if answer.status_code == 200:
            continue  # what may change something may read it
        assert answer.status_code == 403
        assert answer.json()["code"] == "scope_missing"
        assert scope in answer.json()["scopes"]


def test_reading_scopes_change_nothing(shop: Shop, clock: Any, still_gateway: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    reader = make_caller(scopes=[Scope.READ_STORE, Scope.READ_CLIENTS, Scope.READ_CONTACT])
    for path in ("bookings/", *(f"bookings/{booking.pk}/{one}/" for one in ("cancel", "move", "arrive"))):
        assert reader.send(path).status_code == 403, path
    assert reader.send(f"bookings/{booking.pk}/", method="PATCH").status_code == 403
    assert reader.send(f"requests/{booking.pk}/give/").status_code == 403
    assert still_gateway.calls == []


def test_no_scope_does_more_than_head_office() -> None:
    for actions in SCOPES.values():
        assert all(allows(Mark.HEAD_OFFICE, action) for action in actions)
    managing = {Action.MANAGE_TOKENS, Action.MANAGE_PEOPLE, Action.MANAGE_CONNECTIONS, Action.SEE_AUDIT, Action.EXPORT}
    assert not managing & frozenset().union(*SCOPES.values())
    assert set(SCOPES) == set(Scope)
    assert set(TABLE) == set(Action)


def test_a_closed_store_is_gone(shop: Shop, caller: Caller) -> None:
    Store.objects.filter(pk=shop.store.pk).update(is_active=False)
    answer = caller.get("stores/")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_store")


def test_every_store_means_those_to_come(shop: Shop) -> None:
    caller = make_caller(scopes=[Scope.READ_STORE])
    Store.objects.create(name="Lyon")
    assert {one["name"] for one in caller.get("stores/").json()["results"]} == {"Paris Opéra", "New York SoHo", "Lyon"}


def test_a_system_is_asked_the_same_questions_as_people(shop: Shop) -> None:
    token = make_token(stores=[shop.store], scopes=[Scope.WRITE_BOOKINGS])[0]
    system = token.as_system()
    assert may(system, Action.CHANGE_STORE_BOOKINGS, shop.store)
    assert not may(system, Action.CHANGE_STORE_BOOKINGS, shop.other)
    assert not may(system, Action.DISPATCH_REQUESTS)


def test_last_use_is_written_once_a_minute(caller: Caller, clock: Any, django_assert_num_queries: Any) -> None:
    caller.get("stores/")
    assert ApiToken.objects.get().used_at == NOW
    clock.shift(30)
    with django_assert_num_queries(3):  # the token, its stores, the stores that are shown
        caller.get("stores/")
    assert ApiToken.objects.get().used_at == NOW
    clock.shift(31)
    caller.get("stores/")
    assert ApiToken.objects.get().used_at == NOW + dt.timedelta(seconds=61)


# --- how much ---------------------------------------------------------------------------------------------


def test_a_token_may_ask_so_much_a_minute(caller: Caller, clock: Any, settings: Any) -> None:
    settings.API_RATE = 3
    assert [caller.get("stores/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = caller.get("stores/")
    assert answer["Content-Type"] == "application/problem+json"
    assert 0 < int(answer["Retry-After"]) <= 60
    assert make_caller(name="Till").get("stores/").status_code == 200
    clock.shift(60)
    assert caller.get("stores/").status_code == 200


def test_wrong_tokens_are_counted_by_the_peer_whatever_a_header_says(caller: Caller, settings: Any) -> None:
    settings.API_RATE_WRONG = 2
    right, caller.secret = caller.secret, "wrong"
    browser, statuses = Browser(), []
    for number in range(4):
        said = {"Authorization": "Bearer wrong", "X-Forwarded-For": f"10.0.0.{number}"}
        statuses.append(browser.get(f"{API}stores/", headers=said).status_code)
    assert statuses == [401, 401, 429, 429]
    assert Browser(REMOTE_ADDR="10.9.9.9").get(f"{API}stores/", headers=said).status_code == 401
    caller.secret = right
    assert caller.get("stores/").status_code == 200


# --- the trail --------------------------------------------------------------------------------------------


def test_what_a_system_reads_and_does_is_written_down(shop: Shop, caller: Caller) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    caller.get(f"clients/{shop.lea.pk}/")
    caller.get("clients/", q="lea")
    caller.get(f"bookings/{booking.pk}/")
    caller.send(f"bookings/{booking.pk}/arrive/")
    found = AuditEntry.objects.order_by("pk").values_list("deed", "user", "user_name", "client", "session")
    mark = f"token-{caller.token.prefix}"
    assert list(found) == [
        ("client_seen", None, "Shop", shop.lea.pk, mark),
        ("searched", None, "Shop", None, mark),
        ("booking_seen", None, "Shop", shop.lea.pk, mark),
        ("booking_changed", None, "Shop", shop.lea.pk, mark),
    ]


def test_head_office_finds_it_by_the_name_of_the_token(shop: Shop, caller: Caller, browser_of: Any) -> None:
    caller.get(f"clients/{shop.lea.pk}/")
    page = browser_of(shop.helene).get("/audit/", {"person": "Shop"}).content.decode()
    assert "Opened a client&#x27;s page" in page
    assert "with contact data" in page


# --- the pages --------------------------------------------------------------------------------------------

MAKE = "/connections/tokens/new/"


def test_head_office_makes_a_token_and_sees_it_once(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    said = {"name": "Web shop", "scopes": ["read:store"], "stores": [shop.store.pk], "days": 30}
    page = browser.post(MAKE, said)
    token = ApiToken.objects.get()
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    for address in ("/connections/tokens/", f"/connections/tokens/{token.pk}/"):
        shown = browser.get(address).content.decode()
        assert "Web shop" in shown
        assert secret not in shown
    assert (token.created_by, list(token.stores.all())) == (shop.helene, [shop.store])
    assert Caller(secret, token).get("stores/").status_code == 200
    browser.post(f"/connections/tokens/{token.pk}/revoke/")
    assert Caller(secret, token).get("stores/").status_code == 401
    deeds = ("token_made", "token_revoked")
    assert list(AuditEntry.objects.filter(deed__in=deeds).order_by("pk").values_list("deed", flat=True)) == [*deeds]


@pytest.mark.parametrize(
    "wrong",
    [{"stores": []}, {"all_stores": "on"}, {"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"days": 9999}],
)
def test_half_a_token_is_none(shop: Shop, browser_of: Any, wrong: dict[str, Any]) -> None:
    said = {"name": "Web shop", "scopes": ["read:store"], "stores": [shop.store.pk], "days": 30}
    assert browser_of(shop.helene).post(MAKE, said | wrong).status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_else_makes_one(shop: Shop, browser_of: Any) -> None:
    said = {"name": "Mine", "scopes": list(EVERYTHING), "all_stores": "on", "days": 30}
    for person in (shop.ana, shop.marc):
        assert browser_of(person).post(MAKE, said).status_code == 404
    assert not ApiToken.objects.exists()
