from __future__ import annotations

from typing import Any

import pytest

from integrations import access
from integrations.booker_forms import BookerForm, PlacesForm
from integrations.delivery_forms import WebhookForm
from integrations.models import AccessToken, Connection
from integrations.providers.booker import HOSTS, SIGN_IN
from integrations.providers.booker_auth import Granted

SECRET, KEY, TOKEN = "client-secret-of-some-length-1234", "subscription-key-of-length-5678", "personal/token==9012"


def filled(**fields: Any) -> dict[str, Any]:
    given = {"name": "Spa", "environment": "production", "client_id": "spa-client", "client_secret": SECRET}
    given |= {"subscription_key": KEY, "location_id": "10001", "scope": "merchant", "is_active": "on"}
    return given | fields


def kept(**fields: Any) -> dict[str, Any]:
    return filled(**{"client_secret": "", "subscription_key": ""} | fields)


@pytest.fixture
def stored(db: None) -> Connection:
    form = BookerForm(filled(personal_access_token=TOKEN, subscription_key_customer="customer-key"), instance=fresh())
    assert form.is_valid(), form.errors
    return form.save()


def fresh() -> Connection:
    return Connection(kind=Connection.Kind.BOOKER)


def test_it_makes_a_connection_to_booker(stored: Connection) -> None:
    made = Connection.objects.get()
    assert (made.kind, made.base_url, made.sign_in_url) == ("booker", HOSTS["production"], SIGN_IN["production"])
    assert (made.location_id, made.scope, made.client_id) == ("10001", "merchant", "spa-client")
    assert dict(made.secrets) == {
        "client_secret": SECRET,
        "subscription_key": KEY,
        "subscription_key_customer": "customer-key",
        "personal_access_token": TOKEN,
    }


def test_another_address_serves_calls_and_sign_in(db: None) -> None:
    form = BookerForm(filled(environment="other", address="https://sandbox.example/"), instance=fresh())
    assert form.is_valid(), form.errors
    made = form.save()
    assert (made.base_url, made.sign_in_url) == ("https://sandbox.example", "https://sandbox.example")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"client_secret": ""}, "client_secret"),
        ({"subscription_key": ""}, "subscription_key"),
        ({"client_id": ""}, "client_id"),
        ({"environment": "other"}, "address"),
        ({"environment": "other", "address": "ftp://x.example"}, "address"),
        ({"environment": "other", "address": "https://name:word@x.example"}, "address"),
        ({"location_id": ""}, "location_id"),
        ({"location_id": "10001,10002"}, "location_id"),
        ({"location_id": "10001/../9"}, "location_id"),
        ({"brand_id": "a b"}, "brand_id"),
        ({"scope": "internal"}, "scope"),
        ({"subscription_key_merchant": "two words"}, "subscription_key_merchant"),
        ({"personal_access_token": "x" * 4001}, "personal_access_token"),
        ({"pace": "0"}, "pace"),
        ({"daily_calls": "0"}, "daily_calls"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(db: None, given: dict[str, str], wrong: str) -> None:
    form = BookerForm(filled(**given), instance=fresh())
    assert list(form.errors) == [wrong]


def test_a_crm_needs_a_name_to_link_under(db: None) -> None:
    crm = Connection.objects.create(name="CRM", kind=Connection.Kind.CRM, base_url="https://crm.test")
    assert "module_id" in BookerForm(filled(crm=crm.pk), instance=fresh()).errors
    assert BookerForm(filled(crm=crm.pk, module_id="crm"), instance=fresh()).is_valid()


@pytest.mark.parametrize(("where", "brand"), [("", "700"), ("10001, 10002 ,10003", "700"), (" 10001 ", "")])
def test_places_are_a_location_a_brand_or_some_of_it(db: None, where: str, brand: str) -> None:
    form = PlacesForm({"location_id": where, "brand_id": brand}, instance=fresh())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["location_id"] == where.replace(" ", "")


def test_no_secret_comes_out_again(stored: Connection) -> None:
    shown = BookerForm(instance=stored).as_p() + BookerForm(filled(name=""), instance=stored).as_p()
    for secret in (SECRET, KEY, TOKEN, "customer-key"):
        assert secret not in shown
    assert "ends in …1234" in shown


def test_left_empty_secrets_stay_and_nothing_is_forgotten(stored: Connection) -> None:
    access.save(stored, Granted("given"))
    form = BookerForm(kept(name="Renamed"), instance=Connection.objects.get())
    assert form.is_valid(), form.errors
    saved = form.save()
    assert not form.changes_access
    assert (saved.name, saved.secrets["client_secret"]) == ("Renamed", SECRET)
    assert AccessToken.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": "another-secret"},
        {"subscription_key": "another-key"},
        {"personal_access_token": "another-token"},
        {"forget": ["personal_access_token"]},
        {"client_id": "another"},
        {"scope": "customer merchant"},
        {"location_id": "10002"},
        {"brand_id": "700"},
    ],
)
def test_other_credentials_forget_what_was_given_for_the_old_ones(stored: Connection, change: dict[str, Any]) -> None:
    access.save(stored, Granted("given"))
    stored.note_trouble(Connection.Trouble.MISCONFIGURED, "refused")
    Connection.objects.update(checks={"token": {"at": "", "wrong": "refused"}})
    form = BookerForm(kept(**change), instance=Connection.objects.get())
    assert form.is_valid(), form.errors
    saved = form.save()
    assert form.changes_access
    assert (saved.trouble, saved.checks) == ("", {})
    assert not AccessToken.objects.exists()


def test_to_another_address_every_secret_is_entered_again_or_taken_away(stored: Connection) -> None:
    form = BookerForm(kept(environment="staging"), instance=Connection.objects.get())
    every = {"client_secret", "subscription_key", "subscription_key_customer", "personal_access_token"}
    assert set(form.errors) == every
    leaving = {"forget": ["subscription_key_customer", "personal_access_token"]}
    form = BookerForm(filled(environment="staging", **leaving), instance=Connection.objects.get())
    assert form.is_valid(), form.errors
    assert set(form.save().secrets) == {"client_secret", "subscription_key"}


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({}, True),
        ({"location_id": "10002"}, True),
        ({"personal_access_token": "another"}, False),
        ({"client_secret": "another-secret"}, False),
        ({"client_id": "another"}, False),
        ({"forget": ["refresh_token"]}, False),
    ],
)
def test_a_sign_in_ends_with_the_client_it_was_made_with(
    stored: Connection, change: dict[str, Any], stays: bool
) -> None:
    access.save(stored, Granted("given", refresh="refresh"))
    form = BookerForm(kept(**change), instance=Connection.objects.get())
    assert form.is_valid(), form.errors
    assert ("refresh_token" in form.save().secrets) is stays


def test_a_token_renewed_while_the_form_was_open_is_kept(stored: Connection) -> None:
    form = BookerForm(kept(name="Renamed"), instance=Connection.objects.get())
    access.save(stored, Granted("given", refresh="renewed meanwhile"))
    assert form.is_valid(), form.errors
    form.save()
    assert Connection.objects.get().secrets["refresh_token"] == "renewed meanwhile"


def test_setting_up_webhooks_loses_no_token_renewed_meanwhile(stored: Connection) -> None:
    given = {"webhook_method": "POST", "webhook_scheme": "hmac_base64", "webhook_secret": "a-secret-between-two"}
    form = WebhookForm(given, instance=Connection.objects.get())
    access.save(stored, Granted("given", refresh="renewed meanwhile"))
    assert form.is_valid(), form.errors
    form.save()
    secrets = Connection.objects.get().secrets
    assert (secrets["refresh_token"], secrets["webhook_secret"]) == ("renewed meanwhile", "a-secret-between-two")
