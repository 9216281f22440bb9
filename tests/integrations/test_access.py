"""Booker's access tokens, kept and renewed over HTTP with the sandbox."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection as database
from django.utils import timezone

from bookings.gateway import Misconfigured, Unavailable
from integrations import access
from integrations.models import AccessToken, Connection, ProviderCall
from integrations.providers.booker_api import MOST_RENEWALS
from integrations.providers.booker_auth import CONTEXT_PATH, TOKEN_PATH, Granted
from integrations.switchboard import Purpose, open_provider
from tests.integrations.test_worker import database_url
from tests.vendors import ROOT, TODAY, Vendor

HOME = "10001"
START = dt.datetime.fromisoformat(TODAY)

needs_postgresql = pytest.mark.skipif("database.vendor != 'postgresql'", reason="threads of their own (DATABASE_URL)")


@pytest.fixture
def desk(booker: Connection, vendor: Vendor) -> Connection:
    """Our account with one location: its own user's token, and no brand."""
    token = vendor.story()["booker"]["personal_access_tokens"][HOME]
    return told(booker, location_id=HOME, brand_id="", personal_access_token=token)


def told(connection: Connection, location_id: str | None = None, brand_id: str | None = None, **secrets: str) -> Any:
    connection.location_id = connection.location_id if location_id is None else location_id
    connection.brand_id = connection.brand_id if brand_id is None else brand_id
    connection.secrets = {**connection.secrets, **secrets}
    connection.save()
    return connection


def ask(connection: Connection) -> Any:
    """One call about a location, as anybody makes it."""
    booker = open_provider(Connection.objects.get(pk=connection.pk), Purpose.PERSON)
    return booker.staff(HOME)


def renewals() -> int:
    return ProviderCall.objects.filter(endpoint=TOKEN_PATH).count()


def moved(vendor: Vendor, clock: time_machine.Coordinates, **by: float) -> None:
    """Both clocks."""
    clock.shift(dt.timedelta(**by))
    vendor.raw.post("/__sandbox/clock", json={"now": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"}).raise_for_status()


def sign_in(connection: Connection, vendor: Vendor) -> None:
    """As if somebody had allowed access at Booker: a refresh token that works once."""
    booker = vendor.story()["booker"]
    back = "http://127.0.0.1/back/"
    asked = {"client_id": booker["client_id"], "redirect_uri": back, "response_type": "code", "state": "s"}
    who = {"user": booker["sign_in"]["user"], "password": booker["sign_in"]["password"], "answer": "allow"}
    answer = vendor.raw.post("/auth/connect/authorize", data=asked | who)
    code = answer.headers["Location"].split("code=")[1].split("&")[0]
    form = {"grant_type": "authorization_code", "client_id": booker["client_id"], "code": code, "redirect_uri": back}
    tokens = vendor.raw.post("/auth/connect/token", data=form | {"client_secret": booker["client_secret"]}).json()
    access.save(connection, Granted(tokens["access_token"], tokens["expires_in"], tokens["refresh_token"]))


# --- when -------------------------------------------------------------------------------------------------------


def test_a_token_serves_many_calls(desk: Connection, vendor_time: Any) -> None:
    for _ in range(3):
        ask(desk)
    assert renewals() == 1


def test_it_is_renewed_a_minute_before_it_ends(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates
) -> None:
    ask(desk)
    moved(vendor, vendor_time, minutes=28)
    ask(desk)
    assert renewals() == 1
    moved(vendor, vendor_time, seconds=65)
    ask(desk)
    assert renewals() == 2
    assert not ProviderCall.objects.filter(status=401).exists(), "nothing was asked with a token that had ended"


@pytest.mark.parametrize("face", ["expired_token_401", "expired_token_message", "expired_token_1000"])
def test_each_face_of_an_ended_token_leads_to_one_renewal(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates, face: str
) -> None:
    ask(desk)
    moved(vendor, vendor_time, seconds=5)  # tokens of one second are the same
    vendor.fault(face)
    assert ask(desk)
    assert renewals() == 2


def test_a_token_that_is_refused_again_is_no_endless_loop(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates
) -> None:
    vendor.fault("expired_token_1000", times=9)
    with pytest.raises(Misconfigured, match="subscription key"):
        ask(desk)
    assert renewals() == 1 + MOST_RENEWALS


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_at_once_renew_once(desk: Connection, vendor: Vendor, vendor_time: Any) -> None:
    sign_in(desk, vendor)
    AccessToken.objects.update(expires_at=timezone.now())
    vendor.fault("slow_drip", path=TOKEN_PATH, seconds=1)
    outcomes: list[Any] = []

    def one() -> None:
        try:
            outcomes.append(bool(ask(desk)))
        except Exception as error:
            outcomes.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 8
    assert renewals() == 1


# --- a renewal that does not end well -----------------------------------------------------------------------------


def keeper(connection: Connection, ask: Any, patience: float = 0.2) -> access.Keeper:
    return access.Keeper(connection, ask, by_location=False, patience=patience)


def test_a_killed_renewal_is_taken_over_when_its_lease_has_run_out(desk: Connection) -> None:
    with time_machine.travel(START, tick=True) as clock:
        # What a worker leaves behind that was killed while it waited for the answer: a lease, and nothing else.
        AccessToken.objects.create(connection=desk, renewing_until=timezone.now() + access.LEASE)

        def granted(secrets: Mapping[str, str], own: str, location: str) -> Granted:
            return Granted("fresh")

        with pytest.raises(Unavailable, match="somebody else"):
            keeper(desk, granted).current()
        clock.shift(access.LEASE + dt.timedelta(seconds=1))
        assert keeper(desk, granted).current() == "fresh"
        assert AccessToken.objects.get().renewing_until is None


def test_a_renewal_that_fails_leaves_the_way_free(desk: Connection) -> None:
    def fails(secrets: Mapping[str, str], own: str, location: str) -> Granted:
        raise Unavailable("no answer in time")

    with pytest.raises(Unavailable, match="no answer in time"):
        keeper(desk, fails).current()
    assert keeper(desk, lambda *_: Granted("fresh")).current() == "fresh"


def test_credentials_changed_during_a_renewal_keep_nothing_of_the_old_ones(desk: Connection) -> None:
    """Head office enters others while a worker waits for the token of those before."""
    told(desk, refresh_token="before")

    def meanwhile(secrets: Mapping[str, str], own: str, location: str) -> Granted:
        told(desk, refresh_token="after")
        access.forget(desk)
        return Granted("of the old ones", refresh="of the old ones")

    keeper(desk, meanwhile).current()
    assert not AccessToken.objects.exists()
    assert Connection.objects.get(pk=desk.pk).secrets["refresh_token"] == "after"


def test_who_waits_while_credentials_are_changed_asks_with_the_new_ones(desk: Connection, monkeypatch: Any) -> None:
    AccessToken.objects.create(connection=desk, renewing_until=timezone.now() + access.LEASE)
    monkeypatch.setattr(time, "sleep", lambda _: access.forget(desk))
    assert keeper(desk, lambda *_: Granted("fresh"), patience=5).current() == "fresh"


ASK = """
import django; django.setup()
from integrations.models import Connection
from integrations.switchboard import Purpose, open_provider
open_provider(Connection.objects.get(), Purpose.SWEEP).staff("10001")
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_waits_for_a_token_is_replaced(desk: Connection, vendor: Vendor) -> None:
    """What it leaves is a lease. The refresh token it sent is spent or not, which nobody knows: either way on."""
    sign_in(desk, vendor)
    AccessToken.objects.update(expires_at=timezone.now())
    vendor.fault("timeout_after_write", path=TOKEN_PATH, seconds=30)
    known = {
        "DJANGO_SETTINGS_MODULE": "clienteling.settings",
        "DATABASE_URL": database_url(),
        "ALLOW_HTTP_PROVIDERS": "1",
    }
    worker = subprocess.Popen([sys.executable, "-c", ASK], env=os.environ | known, cwd=ROOT)
    until = time.monotonic() + 60
    while AccessToken.objects.get().renewing_until is None or not asked_for_tokens(vendor):
        assert worker.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    row = AccessToken.objects.get()
    assert row.renewing_until, "nobody else has asked while it might still have been at it"
    AccessToken.objects.update(renewing_until=timezone.now() - dt.timedelta(seconds=1))  # the lease has run out
    assert ask(desk)
    assert AccessToken.objects.get().renewing_until is None


def asked_for_tokens(vendor: Vendor) -> list[Any]:
    return [call for call in vendor.calls() if call["path"].endswith(TOKEN_PATH)]


# --- by which grant ------------------------------------------------------------------------------------------------


def test_a_refresh_token_is_replaced_together_with_the_access_token(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates
) -> None:
    sign_in(desk, vendor)
    first = Connection.objects.get(pk=desk.pk).secrets["refresh_token"]
    for _ in range(2):
        moved(vendor, vendor_time, minutes=31)
        assert ask(desk)
        desk.refresh_from_db()
        assert desk.secrets["refresh_token"] != first
        first = desk.secrets["refresh_token"]
    assert renewals() == 2


def test_a_used_up_refresh_token_gives_way_to_a_personal_access_token(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates
) -> None:
    sign_in(desk, vendor)
    moved(vendor, vendor_time, minutes=31)
    vendor.fault("refresh_token_used")
    assert ask(desk)
    assert renewals() == 2


def test_a_used_up_refresh_token_is_said_in_words(
    desk: Connection, vendor: Vendor, vendor_time: time_machine.Coordinates
) -> None:
    told(desk, personal_access_token="")
    sign_in(desk, vendor)
    moved(vendor, vendor_time, minutes=31)
    vendor.fault("refresh_token_used")
    with pytest.raises(Misconfigured, match=r"sign in, again\.$"):
        ask(desk)


def test_a_wrong_secret_is_said_in_words(desk: Connection, vendor_time: Any) -> None:
    told(desk, client_secret="wrong")
    with pytest.raises(Misconfigured, match="client secret is wrong"):
        ask(desk)
    desk.refresh_from_db()
    assert desk.answered_at is None, "a refusal of the credentials is no sign that the connection works"


def test_a_token_shown_with_percent_signs_is_taken(booker: Connection, vendor: Vendor, vendor_time: Any) -> None:
    shown = vendor.story()["booker"]["personal_access_tokens_as_shown"]
    assert "%2F" in shown["brand"]
    told(booker, personal_access_token=shown["brand"])
    assert len(open_provider(booker, Purpose.PERSON).stores()) == 3


def test_a_brands_token_is_turned_into_each_locations(booker: Connection, vendor_time: Any) -> None:
    provider = open_provider(booker, Purpose.PERSON)
    for location in ("10001", "10002", "10001"):
        provider.staff(location)
    assert sorted(AccessToken.objects.values_list("location", flat=True)) == ["", "10001", "10002"]
    assert ProviderCall.objects.filter(endpoint=CONTEXT_PATH).count() == 2
    assert renewals() == 1


def test_a_location_that_is_not_the_brands_is_said_in_words(booker: Connection, vendor_time: Any) -> None:
    with pytest.raises(Misconfigured, match="Check location and brand"):
        open_provider(booker, Purpose.PERSON).staff("99999")


# --- at rest -------------------------------------------------------------------------------------------------------


def stored(table: str, pk: int) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT secrets FROM integrations_{table} WHERE id = %s", [pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def test_tokens_are_encrypted_and_never_printed(desk: Connection) -> None:
    access.save(desk, Granted("the-access-token", refresh="the-refresh-token"))
    row = AccessToken.objects.get()
    assert row.secrets == {"access": "the-access-token"}
    shown = f"{row} {row!r} {row.secrets} {Granted('the-access-token', refresh='the-refresh-token')!r}"
    for text in (shown, stored("accesstoken", row.pk), stored("connection", desk.pk)):
        assert "the-access-token" not in text
        assert "the-refresh-token" not in text


def test_keys_are_rotated_for_tokens_and_credentials_alike(desk: Connection, settings: Any) -> None:
    old, new, lost = (Fernet.generate_key().decode() for _ in range(3))
    settings.CREDENTIAL_KEYS = [lost]
    unreadable = Connection.objects.create(name="Lost", base_url="https://b.test", secrets={"partner_key": "gone"})
    settings.CREDENTIAL_KEYS = [old]
    desk.save()
    access.save(desk, Granted("the-access-token", refresh="the-refresh-token"))
    settings.CREDENTIAL_KEYS = [new, old]
    assert AccessToken.objects.get().secrets["access"] == "the-access-token"
    before = stored("connection", unreadable.pk)
    call_command("rotatekeys", verbosity=0)
    settings.CREDENTIAL_KEYS = [new]
    assert AccessToken.objects.get().secrets["access"] == "the-access-token"
    assert Connection.objects.get(pk=desk.pk).secrets["refresh_token"] == "the-refresh-token"
    assert stored("connection", unreadable.pk) == before, "what no key of ours reads may be read by one found again"
