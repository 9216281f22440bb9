"""A second factor for managers, head office and support."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from clienteling.models import AuditEntry, Deed, Role, StaffMember, User
from clienteling.second_factor import Factors
from tests.people import Shop

# Real transactions: allauth tells of a new factor once it is committed, while the request is still going on.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_gateway", "required")]
PASSWORD = "a long counter word"


@pytest.fixture
def required(settings: Any) -> None:
    settings.MFA_REQUIRED = True
    cache.clear()


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def marc(shop: Shop) -> User:
    return with_password(shop.marc.user)


def code_of(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def logged_in(user: User) -> tuple[Browser, Any]:
    browser = Browser()
    return browser, browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


@pytest.fixture
def sets_up() -> Callable[[Browser], str]:
    """Sets up an authenticator app; returns its secret. The password is asked for once more before."""

    def set_up(browser: Browser) -> str:
        assert browser.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
        browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        page = browser.get(reverse("mfa_activate_totp")).content.decode()
        found = re.search(r'<code class="secret">([A-Z2-7]+)</code>', page)
        assert found
        answer = browser.post(reverse("mfa_activate_totp"), {"code": code_of(found[1])})
        assert answer.url == reverse("mfa_view_recovery_codes")
        cache.clear()  # a code is good once
        return found[1]

    return set_up


def test_a_manager_gets_nowhere_before_a_second_factor_is_set_up(shop: Shop, marc: User) -> None:
    browser, _ = logged_in(marc)
    for address in (
        "/",
        reverse("client", args=[shop.lea.pk]),
        reverse("calendar"),
        reverse("account_change_password"),
    ):
        assert browser.get(address).url == reverse("second-factor"), address
    assert browser.post(reverse("client-note", args=[shop.lea.pk]), {"body": "x"}).url == reverse("second-factor")
    assert not shop.lea.notes.exists()
    assert browser.get(reverse("live", args=["today", shop.store.pk])).json() == {"ended": True}
    assert browser.get("/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = browser.get(reverse("second-factor"))
    assert page.status_code == 200
    assert "Paris" not in page.content.decode()


def test_who_sets_one_up_goes_on_and_is_asked_for_it_at_the_next_log_in(shop: Shop, marc: User, sets_up: Any) -> None:
    browser, _ = logged_in(marc)
    secret = sets_up(browser)
    assert browser.get("/").status_code == 200
    again, answer = logged_in(marc)
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert again.get("/").status_code == 302  # a password alone is no log-in
    wrong = again.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    again.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert again.get("/").status_code == 200
    assert AuditEntry.objects.filter(deed=Deed.LOGIN_FAILED, user=marc).latest("pk").detail == {"how": "code"}
    added = AuditEntry.objects.filter(deed=Deed.FACTOR_CHANGED, user=marc)
    assert {entry.detail["kind"] for entry in added} == {"totp", "recovery_codes"}


def test_a_recovery_code_opens_once(marc: User, sets_up: Any) -> None:
    browser, _ = logged_in(marc)
    sets_up(browser)
    page = browser.get(reverse("mfa_view_recovery_codes")).content.decode()
    found = re.findall(r"<li><code>(\d{8})</code></li>", page)
    assert len(found) == 10
    for expected in (200, 302):
        again, _ = logged_in(marc)
        again.post(reverse("mfa_authenticate"), {"code": found[0]})
        assert again.get("/").status_code == expected


def test_a_session_from_before_the_second_factor_has_to_log_in_anew(marc: User, sets_up: Any) -> None:
    """Somebody with the password alone waits in another browser while she sets hers up."""
    thief, _ = logged_in(marc)
    assert thief.get("/").url == reverse("second-factor")
    browser, _ = logged_in(marc)
    sets_up(browser)
    assert thief.get("/").url.startswith(reverse("account_login"))


@pytest.mark.parametrize("who", ["helene", "support", "marc"])
def test_it_is_asked_of_managers_head_office_and_support(shop: Shop, browser_of: Any, who: str) -> None:
    support = User.objects.create_user("support@shop.test", is_support=True)
    person = {"helene": shop.helene, "support": support, "marc": shop.marc}[who]
    assert browser_of(person).get(reverse("people")).url == reverse("second-factor")


def test_it_is_not_asked_of_associates(shop: Shop, browser_of: Any) -> None:
    assert browser_of(shop.ana).get("/").status_code == 200


def test_who_becomes_a_manager_needs_one_at_the_next_request(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.get("/").status_code == 200
    StaffMember.objects.filter(pk=shop.ana.pk).update(role=Role.MANAGER)
    assert browser.get("/").url == reverse("second-factor")


def test_an_associate_who_has_one_is_asked_for_it_too(shop: Shop, sets_up: Any) -> None:
    ana = with_password(shop.ana.user)
    browser, _ = logged_in(ana)
    sets_up(browser)
    assert logged_in(ana)[1].url.startswith(reverse("mfa_authenticate"))


def test_the_last_one_stays_with_those_who_need_it(marc: User, sets_up: Any) -> None:
    browser, _ = logged_in(marc)
    sets_up(browser)
    browser.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=marc, type="totp").exists()


def test_a_session_proves_nothing_any_more_once_the_last_one_is_gone(shop: Shop, marc: User, sets_up: Any) -> None:
    """An associate may remove hers; made a manager in the same session, she sets up a new one."""
    StaffMember.objects.filter(pk=shop.marc.pk).update(role=Role.ASSOCIATE)
    browser, _ = logged_in(marc)
    sets_up(browser)
    browser.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=marc).exists()
    StaffMember.objects.filter(pk=shop.marc.pk).update(role=Role.MANAGER)
    assert browser.get("/").url == reverse("second-factor")


def test_secrets_are_encrypted_at_rest(marc: User, settings: Any, sets_up: Any) -> None:
    browser, _ = logged_in(marc)
    secret = sets_up(browser)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert Factors().decrypt(Factors().encrypt("abc")) == "abc"
    lost = Factors().encrypt("abc")
    settings.SECRET_KEY = "another one"
    assert Factors().decrypt(lost) == ""


def test_head_office_lets_somebody_begin_anew_who_has_lost_hers(
    shop: Shop, marc: User, settings: Any, browser_of: Any, sets_up: Any
) -> None:
    browser, _ = logged_in(marc)
    sets_up(browser)
    settings.MFA_REQUIRED = False
    browser_of(shop.helene).post(reverse("person-factors", args=[marc.pk]))
    settings.MFA_REQUIRED = True
    assert browser.get("/").url.startswith(reverse("account_login"))
    again, _ = logged_in(marc)
    assert again.get("/").url == reverse("second-factor")
    assert AuditEntry.objects.get(deed=Deed.FACTORS_FORGOTTEN).object_id == marc.pk


def test_the_setting_switches_the_requirement_off(shop: Shop, settings: Any, browser_of: Any) -> None:
    settings.MFA_REQUIRED = False
    assert browser_of(shop.marc).get("/").status_code == 200
    assert browser_of(shop.marc).get(reverse("second-factor")).url == "/"


def test_guessing_codes_is_slowed_down(marc: User, sets_up: Any) -> None:
    browser, _ = logged_in(marc)
    secret = sets_up(browser)
    again, _ = logged_in(marc)
    for _ in range(6):
        again.post(reverse("mfa_authenticate"), {"code": "000000"})
    again.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert again.get("/").status_code == 302


def test_passkeys_are_asked_for_without_a_log_in(db: None) -> None:
    answer = Browser().get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert "request_options" in answer.json()
    page = Browser().get(reverse("account_login")).content.decode()
    assert "passkey_login" in page
