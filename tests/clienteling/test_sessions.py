"""How long a log-in lasts, what is written down of it, and locking the screen of a shared tablet."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from clienteling.models import AuditEntry, Deed, User
from tests.people import NOW, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_gateway")]
PASSWORD = "a long counter word"
MINUTE = dt.timedelta(minutes=1)
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def nobody_has_tried_yet() -> None:
    cache.clear()


@pytest.fixture
def ana(shop: Shop) -> User:
    shop.ana.user.set_password(PASSWORD)
    shop.ana.user.save()
    return shop.ana.user


@pytest.fixture
def clock(shop: Shop) -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(ana: User, clock: Any) -> Browser:
    return logged_in(ana)


def logged_in(user: User, password: str = PASSWORD, **headers: str) -> Browser:
    browser = Browser(headers=headers)
    browser.post(reverse("account_login"), {"login": user.email, "password": password})
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get(reverse("today")).status_code == 200


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("deed", flat=True))


# --- how long ----------------------------------------------------------------------------------------------


def test_a_log_in_ends_after_half_an_hour_without_anybody(browser: Browser, clock: Any) -> None:
    assert is_in(browser)
    clock.move_to(NOW + 29 * MINUTE)
    assert is_in(browser)
    clock.move_to(NOW + 58 * MINUTE)
    assert is_in(browser)
    clock.move_to(NOW + 88 * MINUTE)
    assert not is_in(browser)
    assert deeds()[-1] == Deed.TIMED_OUT
    assert AuditEntry.objects.latest("pk").detail == {"why": "idle"}
    clock.move_to(NOW + 60 * MINUTE)
    assert not is_in(browser)  # over is over


def test_a_log_in_ends_after_twelve_hours_however_busy(browser: Browser, clock: Any) -> None:
    for minutes in range(0, 12 * 60, 20):
        clock.move_to(NOW + minutes * MINUTE)
        assert is_in(browser), minutes
    clock.move_to(NOW + 12 * 60 * MINUTE)
    assert not is_in(browser)


@pytest.mark.parametrize("address", ["live", "fresh", "part"])
def test_pages_that_ask_on_their_own_keep_nobody_logged_in(
    shop: Shop, browser: Browser, clock: Any, address: str
) -> None:
    path = {"live": reverse("live", args=["today", shop.store.pk]), "fresh": reverse("fresh"), "part": reverse("today")}
    for minutes in range(5, 30, 5):
        clock.move_to(NOW + minutes * MINUTE)
        assert browser.get(path[address], headers=HX if address == "part" else {}).status_code == 200
    clock.move_to(NOW + 30 * MINUTE)
    answer = browser.get(path["live"])
    assert answer.json() == {"ended": True}
    assert not is_in(browser)


def test_a_press_keeps_her_logged_in_also_by_script(shop: Shop, browser: Browser, clock: Any) -> None:
    clock.move_to(NOW + 20 * MINUTE)
    browser.post(reverse("booking-new-people"), {"q": "lea"}, headers=HX)
    clock.move_to(NOW + 45 * MINUTE)
    assert is_in(browser)


def test_a_session_that_never_began_is_over(ana: User, browser: Browser) -> None:
    session = browser.session
    del session["began"]
    session.save()
    assert not is_in(browser)


def test_attending_does_not_write_the_session_each_time(
    browser: Browser, clock: Any, django_assert_num_queries: Any
) -> None:
    is_in(browser)
    clock.move_to(NOW + dt.timedelta(seconds=30))
    with django_assert_num_queries(3):  # session, person, her places
        browser.get(reverse("account_logout"))


def test_pages_stay_in_no_cache_for_the_next_one_at_the_tablet(browser: Browser) -> None:
    assert "no-store" in browser.get(reverse("today"))["Cache-Control"]


# --- what is written down ----------------------------------------------------------------------------------


def test_who_comes_and_goes_is_written_down(ana: User, browser: Browser) -> None:
    browser.post(reverse("account_logout"))
    assert deeds() == ["logged_in", "logged_out"]
    assert {entry.user for entry in AuditEntry.objects.all()} == {ana}


def test_a_log_in_that_fails_is_written_down_without_what_was_typed(ana: User) -> None:
    logged_in(ana, "not-her-password")
    logged_in(User(email="pass-word-typed-as@example.org"), "x")
    assert [(entry.deed, entry.user) for entry in AuditEntry.objects.order_by("pk")] == [
        ("login_failed", ana),
        ("login_failed", None),
    ]
    written = str(list(AuditEntry.objects.values()))
    assert "not-her-password" not in written
    assert "pass-word-typed-as" not in written


def test_guessing_is_slowed_down_whatever_a_header_claims(ana: User) -> None:
    for number in range(6):
        logged_in(ana, "wrong", **{"X-Forwarded-For": f"203.0.113.{number}"})
    assert not is_in(logged_in(ana, **{"X-Forwarded-For": "203.0.113.99"}))
    cache.clear()
    assert is_in(logged_in(ana))


def test_many_log_ins_from_one_address_are_slowed_down_whatever_a_header_claims(ana: User, clock: Any) -> None:
    answers = []
    for number in range(35):
        data = {"login": f"somebody{number}@example.org", "password": "x"}
        header = {"X-Forwarded-For": f"203.0.113.{number}"}
        answers.append(Browser(headers=header).post(reverse("account_login"), data).status_code)
    assert answers[-1] == 429


# --- sessions listed and ended -----------------------------------------------------------------------------


def test_a_person_sees_where_she_is_logged_in_and_ends_the_others(ana: User, clock: Any) -> None:
    here, there = logged_in(ana, **{"User-Agent": "Tablet"}), logged_in(ana, **{"User-Agent": "Laptop"})
    page = here.get(reverse("usersessions_list")).content.decode()
    assert "Tablet" in page
    assert "Laptop" in page
    here.post(reverse("usersessions_list"))
    assert (is_in(here), is_in(there)) == (True, False)


def test_head_office_sees_where_somebody_is_logged_in(shop: Shop, ana: User, browser_of: Any) -> None:
    logged_in(ana, **{"User-Agent": "Tablet"})
    office = browser_of(shop.helene)
    assert "Tablet" in office.get(reverse("person", args=[ana.pk])).content.decode()
    office.post(reverse("person-sessions", args=[ana.pk]))
    assert "Tablet" not in office.get(reverse("person", args=[ana.pk])).content.decode()


# --- locking -----------------------------------------------------------------------------------------------


@pytest.fixture
def locked(shop: Shop, browser: Browser) -> Browser:
    answer = browser.post(reverse("lock"), {"next": reverse("client", args=[shop.lea.pk])})
    assert answer.url == reverse("locked")
    return browser


def test_a_locked_screen_shows_nothing_and_does_nothing(shop: Shop, locked: Browser) -> None:
    for address in ("/", reverse("client", args=[shop.lea.pk]), reverse("calendar"), reverse("booking-new")):
        assert locked.get(address).url == reverse("locked")
    note = locked.post(reverse("client-note", args=[shop.lea.pk]), {"body": "x"})
    assert note.url == reverse("locked")
    assert not shop.lea.notes.exists()
    page = locked.get(reverse("locked")).content.decode()
    assert "Ana Roy" in page
    assert "Lea" not in page
    assert "Paris" not in page


def test_open_pages_of_a_locked_screen_leave(shop: Shop, locked: Browser) -> None:
    assert locked.get(reverse("live", args=["today", shop.store.pk])).json() == {"ended": True}
    assert locked.get(reverse("fresh"))["HX-Refresh"] == "true"
    assert locked.get(reverse("today"), headers=HX)["HX-Refresh"] == "true"


def test_the_password_brings_back_the_page(shop: Shop, locked: Browser) -> None:
    wrong = locked.post(reverse("locked"), {"password": "not hers"})
    assert wrong.status_code == 422
    answer = locked.post(reverse("locked"), {"password": PASSWORD})
    assert answer.url == reverse("client", args=[shop.lea.pk])
    assert locked.get(answer.url).status_code == 200
    assert deeds()[-3:] == ["locked", "unlocked", "client_seen"]


def test_guessing_at_a_locked_screen_ends_the_log_in(locked: Browser) -> None:
    for _ in range(5):
        answer = locked.post(reverse("locked"), {"password": "guess"})
    assert answer.url == reverse("account_login")
    assert locked.post(reverse("locked"), {"password": PASSWORD}).status_code == 302
    assert not is_in(locked)


def test_another_person_takes_over_and_nothing_is_left(ana: User, shop: Shop, locked: Browser) -> None:
    shop.bo.user.set_password(PASSWORD)
    shop.bo.user.save()
    before = locked.session.session_key
    assert locked.post(reverse("switch-person")).url == reverse("account_login")
    locked.post(reverse("account_login"), {"login": shop.bo.user.email, "password": PASSWORD})
    assert is_in(locked)
    assert locked.session.session_key != before
    assert "locked" not in locked.session
    assert "Bo Lind" in locked.get(reverse("today")).content.decode()


def test_a_locked_screen_leads_to_pages_of_ours_alone(browser: Browser) -> None:
    browser.post(reverse("lock"), {"next": "https://evil.example/"})
    assert browser.post(reverse("locked"), {"password": PASSWORD}).url == reverse("today")


def test_a_locked_screen_times_out_too(locked: Browser, clock: Any) -> None:
    clock.move_to(NOW + 31 * MINUTE)
    assert locked.get(reverse("locked")).status_code == 302
    assert deeds()[-1] == Deed.TIMED_OUT
