"""Single sign-on opens accounts that exist, and makes or takes over none. The provider is a small server here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client as Browser
from django.urls import reverse

from clienteling.models import AuditEntry, Deed, User
from tests.people import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_gateway")]
LOGIN = "/account/oidc/sso/login/"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Provider:
    """What it says of whoever comes: `says`."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = {}
        self.server = make_server("127.0.0.1", 0, self.answer, handler_class=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, environ: dict[str, Any], respond: Any) -> list[bytes]:
        places = {name: f"{self.address}/{name}" for name in ("authorize", "token", "userinfo", "keys")}
        answers: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "authorization_endpoint": places["authorize"],
                "token_endpoint": places["token"],
                "userinfo_endpoint": places["userinfo"],
                "jwks_uri": places["keys"],
            },
            "/token": {"access_token": "t", "token_type": "Bearer"},
            "/userinfo": self.says,
        }
        respond("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answers[environ["PATH_INFO"]]).encode()]


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    made = Provider()
    settings.OIDC_ISSUER, settings.OIDC_NAME = made.address, "Maison Aurel"
    app = {"provider_id": "sso", "name": "Maison Aurel", "client_id": "us", "secret": "s"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app | {"settings": {"server_url": made.address}}]}
    }
    yield made
    made.server.shutdown()
    made.server.server_close()


def comes(provider: Provider, browser: Browser | None = None, query: str = "", **says: Any) -> tuple[Browser, Any]:
    """Somebody of whom the provider says that. Returns her browser and the last answer."""
    browser = browser or Browser()
    provider.says = says
    leaves = browser.post(LOGIN + query)
    asked = parse_qs(urlsplit(leaves.url).query)
    assert leaves.url.startswith(f"{provider.address}/authorize")
    assert asked["code_challenge_method"] == ["S256"]
    return browser, browser.get(f"{LOGIN}callback/", {"code": "c", "state": asked["state"][0]})


def is_in(browser: Browser) -> bool:
    return browser.get(reverse("today")).status_code == 200


def test_it_opens_the_account_with_the_verified_address(shop: Shop, provider: Provider) -> None:
    browser, _ = comes(provider, sub="1", email="Ana.Roy@shop.test", email_verified=True)
    assert is_in(browser)
    assert AuditEntry.objects.get(deed=Deed.LOGGED_IN).user == shop.ana.user
    again, _ = comes(provider, sub="1", email="another@shop.test", email_verified=False)
    assert is_in(again)  # the same person, whatever her address is now
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("claim", [{"email_verified": False}, {}, {"email_verified": "false"}])
def test_an_address_that_is_not_verified_opens_nothing(shop: Shop, provider: Provider, claim: dict[str, Any]) -> None:
    browser, _ = comes(provider, sub="2", email="ana.roy@shop.test", **claim)
    assert not is_in(browser)
    assert not SocialAccount.objects.exists()


def test_it_makes_no_account(shop: Shop, provider: Provider) -> None:
    before = User.objects.count()
    browser, answer = comes(provider, sub="3", email="new@shop.test", email_verified=True)
    assert (answer.status_code, is_in(browser), User.objects.count()) == (200, False, before)


def test_a_closed_account_stays_closed(shop: Shop, provider: Provider) -> None:
    comes(provider, sub="1", email="ana.roy@shop.test", email_verified=True)
    User.objects.filter(pk=shop.ana.user.pk).update(is_active=False)
    for sub in ("1", "4"):
        assert not is_in(comes(provider, sub=sub, email="ana.roy@shop.test", email_verified=True)[0])


def test_nobody_joins_an_identity_to_an_account_by_hand(shop: Shop, provider: Provider, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    comes(provider, browser, "?process=connect", sub="9", email="mallory@example.org", email_verified=True)
    assert not SocialAccount.objects.exists()


def test_it_is_no_second_factor(shop: Shop, provider: Provider, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    browser, _ = comes(provider, sub="5", email="marc.petit@shop.test", email_verified=True)
    assert browser.get(reverse("today")).url == reverse("second-factor")


def test_the_log_in_page_offers_it_where_it_is_set_up(provider: Provider) -> None:
    assert "Use Maison Aurel" in Browser().get(reverse("account_login")).content.decode()


def test_without_settings_it_is_not_there(db: None) -> None:
    assert LOGIN not in Browser().get(reverse("account_login")).content.decode()
    assert Browser().post(LOGIN).status_code == 404
    assert Browser().get(f"{LOGIN}callback/").status_code == 404


def test_a_made_up_answer_opens_nothing(provider: Provider) -> None:
    browser = Browser()
    answer = browser.get(f"{LOGIN}callback/", {"code": "c", "state": "made up"})
    assert "That did not work" in answer.content.decode()
    assert not is_in(browser)
