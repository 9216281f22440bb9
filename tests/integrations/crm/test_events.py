"""What the CRM tells us: who is created, changed, erased and merged here and at the booking system, and what is not."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from django.utils import timezone

from bookings.gateway import get_gateway
from clienteling.models import Client, Consent
from integrations import client_pushes, linking, pull
from integrations.crm import events
from integrations.models import ClientLink, ClientPush, Connection, Difference, Linking, WebhookDelivery
from integrations.switchboard import Purpose, open_provider
from tests.customers import (
    Customers,
    change_there,
    client_of,
    client_there,
    number_of,
    number_there,
    numbers,
    put_number_there,
)
from tests.integrations.test_linking import look_for, unlinked_client

State = WebhookDelivery.State
PHONE, OTHER_PHONE = "+33612999001", "+33612999002"


@pytest.fixture
def nina(linked: Connection, customers: Customers) -> tuple[str, str]:
    """Linked by the usual way: (id at the booking system, id in the CRM)."""
    who = unlinked_client(linked, customers.vendor)
    return who, look_for(linked, who).chosen


def read_again(connection: Connection, external_id: str) -> None:
    """What a client.updated message of the booking system leads to."""
    provider = open_provider(connection, Purpose.FOLLOW_UP)
    pull.apply_clients(connection, [provider.client(external_id)])


# --- updated --------------------------------------------------------------------------------------------


def test_a_changed_phone_is_here_and_at_the_booking_system(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    row = customers.says("updated", customers.change(number, mobile=PHONE))
    assert (row.state, row.outcome) == (State.DONE, "applied")
    client = client_of(linked, who)
    assert client.mobile_phone == PHONE
    assert row.subject == f"client:{client.pk}"
    client_pushes.work()
    assert client_there(customers.vendor, who)["mobilePhoneNumber"] == PHONE
    difference = Difference.objects.get(client=client, field="mobile_phone", source=Difference.Source.CRM)
    assert (difference.before, difference.after, difference.applied, difference.delivery) == ("", PHONE, True, row)


def test_our_own_change_comes_back_as_news_and_changes_nothing(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    """Both ways round: from the CRM to the booking system, and from there to the CRM."""
    who, number = nina
    customers.says("updated", customers.change(number, mobile=PHONE))
    client_pushes.work()
    read_again(linked, who)
    change_there(customers.vendor, who, homePhoneNumber=OTHER_PHONE)
    read_again(linked, who)
    client_pushes.work()
    assert customers.read(number)["phone"] == OTHER_PHONE
    kept = (ClientPush.objects.count(), Difference.objects.count(), client_there(customers.vendor, who))
    assert customers.says("updated", customers.read(number)).outcome == "unchanged"
    read_again(linked, who)
    client_pushes.work()
    assert (ClientPush.objects.count(), Difference.objects.count(), client_there(customers.vendor, who)) == kept
    assert not ClientPush.objects.exclude(state="done").exists()


def test_a_change_at_the_booking_system_is_in_the_crm(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    change_there(customers.vendor, who, firstName="Nina Maria")
    read_again(linked, who)
    client_pushes.work()
    assert customers.read(number)["first_name"] == "Nina Maria"


def test_the_last_writer_wins_and_both_values_are_kept(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    newer = customers.change(number, mobile=PHONE)
    older = newer | {"mobile": OTHER_PHONE, "field_times": newer["field_times"] | {"mobile": "2020-01-01T00:00:00Z"}}
    customers.says("updated", newer)
    assert customers.says("updated", older).outcome == "older"
    client = client_of(linked, who)
    assert client.mobile_phone == PHONE
    lost = Difference.objects.get(client=client, applied=False, after=OTHER_PHONE)
    assert lost.said_at == dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    customers.says("updated", older)
    assert Difference.objects.filter(client=client, applied=False, after=OTHER_PHONE).count() == 1


def test_each_field_has_its_own_last_writer(linked: Connection, customers: Customers, nina: tuple[str, str]) -> None:
    """The CRM has the phone, the booking system the name, although its record is newer and has the old phone."""
    who, number = nina
    customers.says("updated", customers.change(number, mobile=PHONE))
    later = "2026-05-06T08:30:00Z"
    customers.vendor.raw.post("/__sandbox/clock", json={"now": later}).raise_for_status()
    change_there(customers.vendor, who, lastName="Vogel-Roth")
    read_again(linked, who)
    client = client_of(linked, who)
    assert (client.mobile_phone, client.last_name) == (PHONE, "Vogel-Roth")
    client_pushes.work()
    assert client_there(customers.vendor, who)["mobilePhoneNumber"] == PHONE
    assert customers.read(number)["last_name"] == "Vogel-Roth"


def test_a_newer_change_of_the_same_field_at_the_booking_system_wins(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    customers.says("updated", customers.change(number, mobile=PHONE))
    customers.vendor.raw.post("/__sandbox/clock", json={"now": "2026-05-06T08:30:00Z"}).raise_for_status()
    change_there(customers.vendor, who, mobilePhoneNumber=OTHER_PHONE)
    client_pushes.work()
    assert client_there(customers.vendor, who)["mobilePhoneNumber"] == OTHER_PHONE
    assert client_of(linked, who).mobile_phone == OTHER_PHONE
    client_pushes.work()
    assert customers.read(number)["mobile"] == OTHER_PHONE


def test_an_empty_field_without_a_time_erases_nothing(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    said = customers.read(number) | {"email": "", "field_times": {}, "updated_at": "2026-05-06T09:00:00Z"}
    customers.says("updated", said)
    assert client_of(linked, who).email == "nina@vogel.example"


def test_a_field_that_was_emptied_is_empty_everywhere(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    customers.says("updated", customers.change(number, mobile=PHONE))
    client_pushes.work()
    customers.vendor.raw.post("/__sandbox/clock", json={"now": "2026-05-06T08:30:00Z"}).raise_for_status()
    customers.says("updated", customers.change(number, mobile=""))
    client_pushes.work()
    assert client_of(linked, who).mobile_phone == client_there(customers.vendor, who)["mobilePhoneNumber"] == ""


def test_a_system_that_spells_our_word_its_own_way_does_not_start_a_circle(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    change_there(customers.vendor, who, lastName="VOGEL-ROTH")
    read_again(linked, who)
    client_pushes.work()
    shouting = customers.read(number)
    shouting |= {
        "last_name": "Vogel-Roth",
        "field_times": shouting["field_times"] | {"last_name": "2026-05-06T09:00:00Z"},
    }
    assert customers.says("updated", shouting).outcome == "unchanged"
    assert client_of(linked, who).last_name == "VOGEL-ROTH"


def test_consent_follows_the_crm_and_the_crm_follows_us(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    customers.says("updated", customers.change(number, consent=False))
    client = client_of(linked, who)
    assert client.consent == Consent.BOOKING_ONLY
    client.consent, client.consent_at = Consent.KEPT, timezone.now()
    client.save()
    get_gateway().client_changed(client=client, before={"consent": Consent.BOOKING_ONLY})
    client_pushes.work()
    assert customers.read(number)["consent"] is True
    assert client_of(linked, who).consent == Consent.KEPT


def test_of_a_booking_only_client_the_crm_hears_that_alone(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    client = client_of(linked, who)
    client.consent, client.consent_at, client.mobile_phone = Consent.BOOKING_ONLY, timezone.now(), PHONE
    client.save()
    get_gateway().client_changed(client=client, before={"consent": Consent.KEPT, "mobile_phone": ""})
    client_pushes.work()
    told = customers.read(number)
    assert (told["consent"], told["mobile"]) == (False, "")


# --- created --------------------------------------------------------------------------------------------


def test_a_new_customer_is_a_client_here_and_there(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Olga", last_name="Neu", email="olga@neu.example", mobile=PHONE, language="fr")
    row = customers.says("created", made)
    assert (row.state, row.outcome) == (State.DONE, "created")
    client_pushes.work()
    client = ClientLink.objects.get(connection=linked.crm, external_id=made["id"]).client
    link = ClientLink.objects.get(connection=linked, module="", client=client)
    there = client_there(customers.vendor, link.external_id)
    assert (there["firstName"], there["email"], there["mobilePhoneNumber"]) == ("Olga", "olga@neu.example", PHONE)
    assert number_there(customers.vendor, link.external_id) == number_of(linked, client) == made["id"]
    assert customers.says("created", made).outcome == "unchanged"
    assert Client.objects.filter(email="olga@neu.example").count() == 1


def test_a_new_customer_who_is_a_client_already_is_linked_and_not_made_again(
    linked: Connection, customers: Customers
) -> None:
    who = unlinked_client(linked, customers.vendor)
    made = customers.make(first_name="Nina", last_name="Vogel", email="Nina@vogel.example")
    assert customers.says("created", made).outcome == "linking"
    linking.work()
    assert number_there(customers.vendor, who) == made["id"]
    assert Client.objects.filter(email__iexact="nina@vogel.example").count() == 1


def test_a_new_customer_whom_only_the_booking_system_knows_is_found_there(
    linked: Connection, customers: Customers
) -> None:
    who = unlinked_client(linked, customers.vendor)
    client_of(linked, who).delete()
    customers.says("created", customers.make(first_name="Nina", last_name="Vogel", email="nina@vogel.example"))
    client_pushes.work()
    assert client_of(linked, who).email == "nina@vogel.example"
    assert number_there(customers.vendor, who)


def test_a_customer_who_does_not_agree_is_not_kept(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Olga", email="olga@neu.example", consent=False)
    assert customers.says("created", made).outcome == "not kept"
    assert not Client.objects.filter(email="olga@neu.example").exists()


def test_late_news_of_a_customer_who_is_gone_does_not_bring_her_back(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Olga", email="olga@neu.example")
    customers.call("DELETE", f"/customers/{made['id']}").raise_for_status()
    assert customers.says("created", made).outcome == "gone"
    assert not Client.objects.filter(email="olga@neu.example").exists()


@pytest.mark.parametrize("fault", ["lost_reply", "500", "reset"])
def test_whatever_happens_to_an_answer_there_is_one_client_in_the_end(
    linked: Connection, customers: Customers, fault: str
) -> None:
    customers.says("created", customers.make(first_name="Olga", last_name="Neu", email="olga@neu.example"))
    customers.vendor.fault(fault, method="POST", path="/client")
    for _ in range(4):
        ClientPush.objects.filter(state="waiting").update(due_at=timezone.now())
        client_pushes.work()
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    query = {"merchantId": 501, "email": "olga@neu.example"}
    assert len(customers.vendor.raw.get("/booking/v1/client", headers=headers, params=query).json()["clients"]) == 1
    assert not ClientPush.objects.exclude(state="done").exists()


# --- deleted --------------------------------------------------------------------------------------------


def test_a_deleted_customer_is_erased_there_and_then_here(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    client = client_of(linked, who)
    assert customers.says("deleted", {"id": number}).outcome == "applied"
    client_pushes.work()
    client.refresh_from_db()
    assert client.anonymised_at
    assert "code" in client_there(customers.vendor, who)
    late = {"id": number, "first_name": "Nina", "updated_at": "2026-05-06T12:00:00Z"}
    assert customers.says("updated", late).outcome == "unchanged"
    assert customers.says("deleted", {"id": number}).outcome == "unchanged"
    client.refresh_from_db()
    assert client.first_name == ""


def test_who_has_bookings_to_come_waits_and_says_why(linked: Connection, customers: Customers) -> None:
    who, (number,) = customers.example("by_email")
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    slot = {"merchantId": 501, "clientId": who, "from": "2026-05-06T00:00:00Z", "to": "2026-08-01T00:00:00Z"}
    coming = customers.vendor.raw.get("/booking/v1/booking", headers=headers, params=slot).json()["bookings"]
    look_for(linked, who)
    customers.says("deleted", {"id": number})
    client_pushes.work()
    push = ClientPush.objects.get(kind=ClientPush.Kind.ERASE)
    client = client_of(linked, who)
    assert [one for one in coming if one["status"] != "Cancelled"]
    assert push.state == "waiting"
    assert "bookings to come" in push.reason
    assert not client.anonymised_at
    assert client.consent == Consent.BOOKING_ONLY
    for booking in coming:
        path = f"/booking/v1/booking/{booking['bookingId']}"
        customers.vendor.raw.put(path, headers=headers, json={"status": "Cancelled", "modifiedBy": "Staff"})
    ClientPush.objects.update(due_at=timezone.now())
    client_pushes.work()
    client.refresh_from_db()
    assert client.anonymised_at


def test_a_deleted_customer_whom_nobody_knows_is_no_news(customers: Customers) -> None:
    assert customers.says("deleted", {"id": "CUST-NOBODY"}).outcome == "unchanged"


# --- merged ---------------------------------------------------------------------------------------------


def test_customers_merged_in_the_crm_are_one_client_here(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    twin = unlinked_client(linked, customers.vendor, firstName="N", email="n@twin.example")
    twin_number = look_for(linked, twin).chosen
    customers.call("POST", f"/customers/{twin_number}/merge", json={"into": number}).raise_for_status()
    assert customers.says("merged", {"from": twin_number, "into": number}).outcome == "applied"
    client = client_of(linked, who)
    assert client_of(linked, twin) == client
    assert number_of(linked, client) == number
    client_pushes.work()
    assert number_there(customers.vendor, who) == number
    assert number_there(customers.vendor, twin) == ""
    assert customers.says("merged", {"from": twin_number, "into": number}).outcome == "unchanged"


def test_a_customer_merged_into_one_we_do_not_know_takes_the_link_along(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    other = customers.make(first_name="Nina", email="new@vogel.example")
    customers.call("POST", f"/customers/{number}/merge", json={"into": other["id"]}).raise_for_status()
    customers.says("merged", {"from": number, "into": other["id"]})
    client_pushes.work()
    assert number_there(customers.vendor, who) == number_of(linked, client_of(linked, who)) == other["id"]


# --- order, repeats, rubbish ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_every_order_ends_as_the_crm_has_it(
    linked: Connection, customers: Customers, nina: tuple[str, str], order: tuple[int, ...]
) -> None:
    who, number = nina
    said = []
    for minute, change in enumerate([{"mobile": PHONE}, {"mobile": OTHER_PHONE}, {"first_name": "N."}, {"mobile": ""}]):
        customers.vendor.raw.post("/__sandbox/clock", json={"now": f"2026-05-06T08:1{minute}:00Z"}).raise_for_status()
        said.append(customers.change(number, **change))
    for place in [*order, order[0]]:
        assert customers.says("updated", said[place]).state == State.DONE
    client = client_of(linked, who)
    assert (client.mobile_phone, client.first_name) == ("", "N.")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "NaN",
        '{"data": {"id": NaN}}',
        '{"data": {}}',
        '{"data": {"id": ""}}',
        '{"data": {"id": ["CUST-1"]}}',
        '{"data": {"id": "' + "9" * 5000 + '"}}',
        '{"data": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"data": {"from": "a"}}',
    ],
    ids=range(11),
)
@pytest.mark.parametrize("kind", ["created", "deleted", "merged"])
def test_rubbish_is_parked_and_stops_nobody(customers: Customers, body: str, kind: str) -> None:
    row = customers.brings(f"customer.{kind}", body)
    assert row.state == State.PARKED
    assert row.reason
    assert customers.brings("customer.told", json.dumps({"type": "customer.told"})).outcome == "unknown"


def test_hostile_values_are_stored_as_harmless_text(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    said: dict[str, Any] = {
        "id": number,
        "first_name": "A\x00B\ud800" + "x" * 500,
        "last_name": {"a": 1},
        "mobile": 33612999001,
        "email": ["x"],
        "language": "klingon",
        "updated_at": "2026-05-06T09:00:00Z",
        "field_times": {"first_name": "2026-05-06T09:00:00Z", "email": 7, "consent": "never"},
    }
    assert customers.says("updated", said).state == State.DONE
    client = client_of(linked, who)
    assert len(client.first_name) == 100
    assert client.first_name.startswith("AB?x")
    assert (client.last_name, client.email) == ("Vogel", "nina@vogel.example")


def test_a_crm_that_does_not_answer_is_asked_again(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Olga", email="olga@neu.example")
    customers.vendor.fault("500", method="GET", path="/v1/customers", times=9)
    row = customers.says("created", made)
    assert (row.state, row.attempts) == (State.WAITING, 1)


def test_an_effect_whose_row_was_taken_over_is_undone(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    who, number = nina
    body = json.dumps({"type": "customer.updated", "data": customers.change(number, mobile=PHONE)})
    row = WebhookDelivery.objects.create(connection=linked.crm, event_id=f"evt-{next(numbers)}", body=body)
    (claimed,) = WebhookDelivery.claim(1, pk=row.pk)
    WebhookDelivery.objects.filter(pk=row.pk).update(due_at=claimed.due_at + dt.timedelta(minutes=1))
    assert events.apply(linked.crm, [claimed]) == 0
    assert client_of(linked, who).mobile_phone == ""


def test_a_link_of_another_client_is_left_with_her(linked: Connection, customers: Customers) -> None:
    """The number was given at the booking system, to somebody the CRM's own message does not fit."""
    who = unlinked_client(linked, customers.vendor)
    made = customers.make(first_name="Nina", email="nina@vogel.example")
    twin = unlinked_client(linked, customers.vendor, firstName="Else", email="else@vogel.example")
    put_number_there(customers.vendor, twin, made["id"])
    customers.says("created", made)
    linking.work()
    assert Linking.objects.get(external_id=who).outcome == Linking.Outcome.CONFLICT
    assert number_there(customers.vendor, twin) == made["id"]
