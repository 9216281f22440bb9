"""Connecting Booker in pages: the form, signing in at the sandbox's Booker, and what works."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.urls import reverse

from clienteling.models import AuditEntry
from integrations import sync
from integrations.models import AccessToken, Connection, Pace, ProviderCall, StoreLink, SyncRun
from integrations.pacing import PaceGate
from integrations.switchboard import gate_of
from tests.integrations.test_booker_forms import KEY, SECRET, filled
from tests.integrations.test_views import words_of
from tests.people import NOW, Shop
from tests.vendors import Vendor

HOST = "127.0.0.1"
DESK = {"location_id": "10001", "brand_id": ""}


@pytest.fixture
def unsigned(booker: Connection, vendor: Vendor) -> Connection:
    """A connection with a client and a key, and no way in yet."""
    secrets = {name: value for name, value in booker.secrets.items() if name != "personal_access_token"}
    booker.secrets, booker.sign_in_url, booker.brand_id = secrets, vendor.url, ""
    booker.save()
    return booker


@pytest.fixture
def office(shop: Shop, browser_of: Any) -> Any:
    opened = browser_of(shop.helene)
    opened.defaults["HTTP_HOST"] = HOST  # the sandbox sends nobody to another machine
    return opened


def begun(office: Any, connection: Connection, **places: str) -> str:
    """Where the button leads."""
    response = office.post(reverse("connection-sign-in", args=[connection.pk]), DESK | places)
    assert response.status_code == 302, response.content
    return str(response["Location"])


def allowed(vendor: Vendor, there: str, *, answer: str = "allow", who: str = "sign_in") -> str:
    """The address that Booker sends the browser back to."""
    user = vendor.story()["booker"][who]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    response = vendor.raw.post("/auth/connect/authorize", data=asked | user | {"answer": answer})
    assert response.status_code == 302, response.text
    return str(response.headers["Location"])


def finished(office: Any, back: str) -> str:
    """What the page says in the end; on the way there no address of ours holds what Booker gave."""
    parts = urlsplit(back)
    first = office.get(f"{parts.path}?{parts.query}")
    assert (first.status_code, first["Location"]) == (302, reverse("connection-booker-signed-in"))
    assert first.content == b""
    last = office.get(first["Location"], follow=True)
    assert last.status_code == 200
    return words_of(last)


# --- the form ------------------------------------------------------------------------------------------------------


def test_the_form_connects_and_has_everything_read(office: Any) -> None:
    response = office.post(reverse("connection-new-booker"), filled())
    made = Connection.objects.get()
    assert response["Location"] == reverse("connection", args=[made.pk])
    assert SyncRun.objects.filter(kind=SyncRun.Kind.CATALOGUE, state=SyncRun.State.WAITING).count() == 1


def test_the_form_leads_to_the_sign_in_before_anything_is_read(office: Any) -> None:
    response = office.post(reverse("connection-new-booker"), filled(sign_in="1"))
    assert response["Location"] == reverse("connection-sign-in", args=[Connection.objects.get().pk])
    assert not SyncRun.objects.exists()


def test_no_page_shows_a_secret(office: Any) -> None:
    office.post(reverse("connection-new-booker"), filled())
    pk = Connection.objects.get().pk
    pages = [reverse(name, args=[pk]) for name in ("connection", "connection-edit", "connection-sign-in")]
    for page in [*pages, reverse("connections")]:
        shown = office.get(page).content.decode()
        assert SECRET not in shown
        assert KEY not in shown
    wrong = office.post(reverse("connection-edit", args=[pk]), filled(name=""))
    assert wrong.status_code == 422
    assert SECRET not in wrong.content.decode()


# --- signing in -----------------------------------------------------------------------------------------------------


def test_signing_in_connects(office: Any, unsigned: Connection, vendor: Vendor, vendor_time: Any) -> None:
    there = begun(office, unsigned)
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{vendor.url}/auth/connect/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile userinfo offline_access merchant"]
    assert asked["redirect_uri"] == [f"http://{HOST}{reverse('connection-booker-back')}"]
    words = finished(office, allowed(vendor, there))
    assert "Booker is connected. Its stores are read now." in words
    assert "Somebody signed in at Booker" in words
    made = Connection.objects.get()
    assert (made.location_id, made.brand_id) == ("10001", "")
    assert made.secrets["refresh_token"]
    assert AuditEntry.objects.filter(detail={"what": "signed_in"}, object_id=made.pk).count() == 1
    assert SyncRun.objects.filter(kind=SyncRun.Kind.CATALOGUE, state=SyncRun.State.WAITING).count() == 1
    sync.work()
    assert StoreLink.objects.get().external_id == "10001"


def test_a_brand_is_connected_by_its_own_person(
    office: Any, unsigned: Connection, vendor: Vendor, vendor_time: Any
) -> None:
    there = begun(office, unsigned, location_id="", brand_id="700")
    finished(office, allowed(vendor, there, who="brand_sign_in"))
    sync.work(limit=1)
    assert StoreLink.objects.count() == 3
    words = words_of(office.get(reverse("connection", args=[unsigned.pk])))
    assert "What has changed" in words
    assert "Store's own key" not in words
    assert "all of brand 700" in words


def test_what_is_secret_is_nowhere_to_be_read(
    office: Any, unsigned: Connection, vendor: Vendor, vendor_time: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    there = begun(office, unsigned)
    back = allowed(vendor, there)
    (code,), (state,) = (parse_qs(urlsplit(back).query)[name] for name in ("code", "state"))
    parts = urlsplit(back)
    office.get(f"{parts.path}?{parts.query}")
    for row in Session.objects.all():
        kept = str(row.get_decoded())
        assert code not in kept
        assert state not in kept
    shown = office.get(reverse("connection-booker-signed-in"), follow=True).content.decode()
    tokens = AccessToken.objects.get().secrets["access"], Connection.objects.get().secrets["refresh_token"]
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("inte", "clie")))
    calls = str(list(ProviderCall.objects.values())) + str(list(AuditEntry.objects.values()))
    for secret in (code, state, *tokens):
        for place in (shown, logged, calls):
            assert secret not in place


def test_denied_changes_nothing_and_says_how_to_go_on(office: Any, unsigned: Connection, vendor: Vendor) -> None:
    there = begun(office, unsigned, location_id="10002")
    words = finished(office, allowed(vendor, there, answer="deny"))
    assert "Access was not allowed at Booker. Nothing has changed; you can sign in again." in words
    assert "Go to Booker" in words
    assert Connection.objects.get().location_id == ""
    assert not SyncRun.objects.exists()


def test_another_state_is_nobodys_sign_in(office: Any, unsigned: Connection, vendor: Vendor) -> None:
    there = begun(office, unsigned)
    back = allowed(vendor, there).split("&state=")[0] + "&state=guessed"
    assert "does not belong to the sign-in that was begun here" in finished(office, back)
    assert not AccessToken.objects.exists()
    assert not ProviderCall.objects.exists(), "a code that came with a wrong state is not even asked about"


def test_an_answer_counts_once(office: Any, unsigned: Connection, vendor: Vendor, vendor_time: Any) -> None:
    back = allowed(vendor, begun(office, unsigned))
    finished(office, back)
    assert "There is no sign-in to finish here." in finished(office, back)
    assert AccessToken.objects.count() == 1


def test_a_code_that_has_ended_is_said_in_words(office: Any, unsigned: Connection, vendor: Vendor) -> None:
    back = allowed(vendor, begun(office, unsigned))
    vendor.raw.post("/__sandbox/clock", json={"now": "2026-05-06T08:06:00Z"}).raise_for_status()
    assert "Booker no longer takes this sign-in: it was used before, or took too long." in finished(office, back)
    assert not AccessToken.objects.exists()


def test_somebody_elses_code_is_of_no_use(
    office: Any, unsigned: Connection, vendor: Vendor, shop: Shop, browser_of: Any
) -> None:
    """Whoever lures head office onto her own answer has neither the state nor the verifier of its session."""
    other = browser_of(shop.helene)
    other.defaults["HTTP_HOST"] = HOST
    back = allowed(vendor, begun(other, unsigned))
    assert "There is no sign-in to finish here." in finished(office, back)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("fault", ["503", "reset", "html_error", "malformed_json"])
def test_a_provider_that_is_down_is_said_in_words(
    office: Any, unsigned: Connection, vendor: Vendor, fault: str
) -> None:
    there = begun(office, unsigned)
    back = allowed(vendor, there)
    vendor.fault(fault, path="/auth/connect/token")
    assert "Booker did not answer in time. Nothing has changed" in finished(office, back)
    assert Connection.objects.get().trouble == "", "where people sign in is another host than where calls go"


def test_too_late_is_said_in_words(office: Any, unsigned: Connection, vendor: Vendor) -> None:
    with time_machine.travel(NOW, tick=True) as clock:
        back = allowed(vendor, begun(office, unsigned))
        clock.shift(11 * 60)
        assert "took longer than 10 minutes" in finished(office, back)


def test_another_location_than_typed_is_pointed_out(
    office: Any, unsigned: Connection, vendor: Vendor, vendor_time: Any
) -> None:
    words = finished(office, allowed(vendor, begun(office, unsigned, location_id="10003")))
    assert "You signed in at location 10001, but 10003 is connected." in words


def test_who_was_logged_out_meanwhile_finds_the_log_in_without_the_code(
    unsigned: Connection, vendor: Vendor, office: Any
) -> None:
    back = allowed(vendor, begun(office, unsigned))
    office.logout()
    parts = urlsplit(back)
    first = office.get(f"{parts.path}?{parts.query}")
    last = office.get(first["Location"])
    assert last["Location"].startswith("/account/login/")
    assert "code" not in last["Location"]


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=access_denied", f"?code={'x' * 9000}&state=%00"])
def test_any_answer_that_nobody_waits_for_leads_back(office: Any, query: str) -> None:
    first = office.get(reverse("connection-booker-back") + query)
    assert first["Location"] == reverse("connection-booker-signed-in")
    assert "There is no sign-in to finish here." in words_of(office.get(first["Location"], follow=True))


def test_the_form_may_lead_to_booker_and_no_other_pages_may(office: Any, unsigned: Connection, vendor: Vendor) -> None:
    sign_in = office.get(reverse("connection-sign-in", args=[unsigned.pk]))["Content-Security-Policy"]
    other = office.get(reverse("connection", args=[unsigned.pk]))["Content-Security-Policy"]
    assert f"form-action 'self' {vendor.url}" in sign_in
    assert vendor.url not in other


def test_without_client_and_secret_there_is_no_sign_in(office: Any, unsigned: Connection) -> None:
    Connection.objects.update(secrets={"subscription_key": "x"})
    address = reverse("connection-sign-in", args=[unsigned.pk])
    assert "are needed first" in words_of(office.get(address))
    assert office.post(address, DESK).status_code == 200


# --- what works -----------------------------------------------------------------------------------------------------


def checked(office: Any, connection: Connection) -> str:
    return words_of(office.post(reverse("connection-check", args=[connection.pk]), follow=True))


def test_each_family_is_checked(office: Any, booker: Connection, vendor_time: Any) -> None:
    page = reverse("connection", args=[booker.pk])
    assert words_of(office.get(page)).count("not checked yet") == 4
    words = checked(office, booker)
    assert "Booker answers to every kind of call." in words
    assert words.count("works · ") == 4
    assert "Booker takes no word from outside about arrivals, no-shows," in words


@pytest.mark.parametrize(("family", "name"), [("customer", "New clients"), ("availability", "What can be booked when")])
def test_a_key_that_is_for_something_else_is_found(
    office: Any, booker: Connection, vendor: Vendor, vendor_time: Any, family: str, name: str
) -> None:
    merchants = vendor.story()["booker"]["subscription_keys"]["merchant"]
    booker.secrets = {**booker.secrets, f"subscription_key_{family}": merchants}
    booker.save()
    words = checked(office, booker)
    assert words.count("works · ") == 3
    assert f"{name} does not work · " in words
    assert "Booker does not accept the subscription key" in words


def test_a_wrong_secret_is_found_at_the_door(office: Any, booker: Connection, vendor_time: Any) -> None:
    booker.secrets = {**booker.secrets, "client_secret": "wrong"}
    booker.save()
    words = checked(office, booker)
    assert words.count("not checked yet") == 3
    assert "Booker does not know the client id, or the client secret is wrong." in words


# --- the budget ------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_calls_of_today(office: Any, booker: Connection, settings: Any) -> None:
    settings.BOOKER_DAILY_CALLS = 900
    Connection.objects.update(daily_calls=None)
    booker.refresh_from_db()
    gate_of(booker).wait(until=1e12)
    page = office.get(reverse("connection", args=[booker.pk]))
    assert "Calls today 1 of 900" in words_of(page)
    assert '<progress class="budget" value="1" max="900"' in page.content.decode()
    Connection.objects.update(daily_calls=1)
    words = words_of(office.get(reverse("connection", args=[booker.pk])))
    assert "1 of 1 · The regular reading waits until midnight UTC. People still get through." in words


def test_a_used_up_budget_lets_people_through(office: Any, booker: Connection, vendor_time: Any) -> None:
    Connection.objects.update(daily_calls=1)
    gate = gate_of(Connection.objects.get())
    assert isinstance(gate, PaceGate)
    gate.wait(until=1e12)
    sync.request(booker, SyncRun.Kind.CATALOGUE)
    sync.work(limit=1)
    assert "the calls of today are used up" in SyncRun.objects.get().error
    assert not ProviderCall.objects.exists()
    assert "answers to every kind of call" in checked(office, booker)
    assert Pace.objects.get().day_calls > 1
