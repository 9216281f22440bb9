"""Clients of the booking system and customers of the CRM, both over HTTP: who ends up linked to whom."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from bookings.models import Booking
from clienteling.models import Client, Consent
from integrations import linking
from integrations.models import ClientLink, Connection, Linking
from integrations.records import BookingRecord, ClientLinkRecord, ClientRecord
from integrations.switchboard import Purpose
from tests.customers import Customers, client_of, number_of, number_there, put_number_there
from tests.vendors import Vendor

Outcome, State = Linking.Outcome, Linking.State
PHONE = "+33612999001"


def news_of(*external_ids: str) -> list[BookingRecord]:
    """Bookings as a message brings them, of which only the client matters here."""
    return [
        BookingRecord(
            external_id=f"B{one}",
            store_id="501",
            kind="appointment",
            status="confirmed",
            status_text="",
            presence="expecting",
            is_completed=False,
            starts_at=None,
            ends_at=None,
            staff_id="",
            client=ClientRecord(one),
            items=(),
            client_request="",
            quick_note="",
            proposed_times=[],
            group_event_id="",
            booked_at=None,
            booked_by_client=True,
            booked_by_id="",
            modified_at=None,
            modified_by_client=True,
            modified_by_id="",
            extra={},
        )
        for one in external_ids
    ]


def look_for(connection: Connection, external_id: str) -> Linking:
    """A message names her without a link; a worker does the rest."""
    linking.note(connection, news_of(external_id), [])
    linking.work()
    return Linking.objects.get(connection=connection, external_id=external_id)


def unlinked_client(connection: Connection, vendor: Vendor, **fields: Any) -> str:
    """A client at the booking system and in the mirror, whom the CRM does not know."""
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    body = {"merchantId": 501, "firstName": "Nina", "lastName": "Vogel", "email": "nina@vogel.example"} | fields
    made = vendor.raw.post("/booking/v1/client", headers=headers, json=body).json()
    client = Client.objects.create(
        first_name=made["firstName"],
        last_name=made["lastName"],
        email=made["email"],
        mobile_phone=made["mobilePhoneNumber"],
    )
    ClientLink.objects.create(connection=connection, external_id=str(made["id"]), client=client)
    return str(made["id"])


# --- what a message says --------------------------------------------------------------------------------


def test_note_keeps_links_of_our_module_and_asks_for_nobody(linked: Connection, vendor: Vendor) -> None:
    who = unlinked_client(linked, vendor)
    shown = [ClientLinkRecord(who, "demo_crm", "CUST-77"), ClientLinkRecord(who, "other", "X")]
    linking.note(linked, news_of(who), shown)
    client = client_of(linked, who)
    assert set(ClientLink.objects.filter(client=client).values_list("connection", "module", "external_id")) == {
        (linked.pk, "", who),
        (linked.pk, "demo_crm", "CUST-77"),
        (linked.crm_id, "", "CUST-77"),
    }
    assert not Linking.objects.exists()


@pytest.mark.parametrize("lacking", ["crm", "module_id"])
def test_note_asks_for_nobody_without_a_crm_or_a_module(linked: Connection, vendor: Vendor, lacking: str) -> None:
    setattr(linked, lacking, None if lacking == "crm" else "")
    linking.note(linked, news_of(unlinked_client(linked, vendor)), [])
    assert not Linking.objects.exists()


def test_note_twice_asks_once(linked: Connection, vendor: Vendor) -> None:
    who = unlinked_client(linked, vendor)
    linking.note(linked, news_of(who, who), [])
    linking.note(linked, news_of(who), [])
    assert Linking.objects.count() == 1


def test_note_of_many_takes_as_many_queries_as_of_one(
    linked: Connection, vendor: Vendor, django_assert_max_num_queries: Any
) -> None:
    everyone = list(ClientLink.objects.filter(connection=linked, module="").values_list("external_id", flat=True))
    assert len(everyone) > 20
    with django_assert_max_num_queries(5):
        linking.note(linked, news_of(*everyone), [])


# --- finding her ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["by_email", "by_phone"])
def test_a_client_the_crm_knows_is_found_and_linked_everywhere(
    linked: Connection, customers: Customers, kind: str
) -> None:
    who, (number,) = customers.example(kind)
    row = look_for(linked, who)
    assert (row.state, row.outcome, row.chosen) == (State.DONE, Outcome.FOUND, number)
    assert number_there(customers.vendor, who) == number_of(linked, client_of(linked, who)) == number
    assert ClientLink.objects.filter(connection=linked.crm, module="", external_id=number).exists()


def test_a_client_the_crm_does_not_know_is_created_once(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    row = look_for(linked, who)
    assert row.outcome == Outcome.CREATED
    (made,) = customers.find(email="nina@vogel.example")
    assert made["id"] == number_there(customers.vendor, who) == row.chosen
    assert (made["first_name"], made["last_name"], made["consent"]) == ("Nina", "Vogel", True)
    linking.note(linked, news_of(who), [])
    linking.work()
    assert len(customers.find(email="nina@vogel.example")) == 1


def test_a_name_alone_is_never_a_match(linked: Connection, customers: Customers) -> None:
    customers.make(first_name="Nina", last_name="Vogel", email="another@vogel.example")
    row = look_for(linked, unlinked_client(linked, customers.vendor))
    assert row.outcome == Outcome.CREATED


def test_an_email_is_compared_without_case_and_a_phone_by_its_digits(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="N.", email="NINA@Vogel.Example")
    assert look_for(linked, unlinked_client(linked, customers.vendor)).chosen == made["id"]
    made = customers.make(first_name="P.", mobile=PHONE)
    who = unlinked_client(linked, customers.vendor, email="", mobilePhoneNumber="+33 6 12 99 90 01")
    assert look_for(linked, who).chosen == made["id"]


def test_the_email_decides_before_the_phone(linked: Connection, customers: Customers) -> None:
    customers.make(first_name="Paul", last_name="Vogel", mobile=PHONE)
    nina = customers.make(first_name="Nina", last_name="Vogel", email="nina@vogel.example")
    who = unlinked_client(linked, customers.vendor, mobilePhoneNumber=PHONE)
    assert look_for(linked, who).chosen == nina["id"]


def test_two_who_could_be_she_are_left_to_a_person(linked: Connection, customers: Customers) -> None:
    who, doubles = customers.example("duplicates")
    row = look_for(linked, who)
    assert (row.state, row.outcome) == (State.PARKED, Outcome.SEVERAL)
    assert sorted(row.candidates) == sorted(doubles)
    assert number_there(customers.vendor, who) == number_of(linked, client_of(linked, who)) == ""


def test_a_link_that_stands_there_is_taken_over(linked: Connection, customers: Customers) -> None:
    who, (number,) = customers.example("linked")
    row = look_for(linked, who)
    assert (row.outcome, row.chosen) == (Outcome.KNOWN, number)
    assert number_of(linked, client_of(linked, who)) == number


def test_a_link_to_a_customer_who_was_merged_becomes_one_to_the_survivor(
    linked: Connection, customers: Customers
) -> None:
    old, new = (
        customers.make(first_name="Old", email="o@x.example"),
        customers.make(first_name="New", email="n@x.example"),
    )
    who = unlinked_client(linked, customers.vendor)
    put_number_there(customers.vendor, who, old["id"])
    customers.call("POST", f"/customers/{old['id']}/merge", json={"into": new["id"]}).raise_for_status()
    row = look_for(linked, who)
    assert row.chosen == number_there(customers.vendor, who) == new["id"]


def test_a_link_to_a_customer_nobody_has_is_left_to_a_person(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    put_number_there(customers.vendor, who, "CUST-MADE-UP")
    row = look_for(linked, who)
    assert (row.state, row.outcome, row.candidates) == (State.PARKED, Outcome.CONFLICT, ["CUST-MADE-UP"])


def test_another_id_linked_there_is_left_to_a_person(linked: Connection, customers: Customers) -> None:
    who, (number,) = customers.example("linked")
    client = client_of(linked, who)
    ClientLink.objects.create(connection=linked, module="demo_crm", client=client, external_id="CUST-OURS")
    linking.note(linked, news_of(who), [ClientLinkRecord(who, "demo_crm", number)])
    linking.work()
    row = Linking.objects.get()
    assert (row.state, row.outcome, row.candidates) == (State.PARKED, Outcome.CONFLICT, [number, "CUST-OURS"])
    assert number_of(linked, client) == "CUST-OURS"


def test_a_customer_who_is_somebody_elses_there_is_left_to_a_person(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Nina", email="nina@vogel.example")
    twin = unlinked_client(linked, customers.vendor, firstName="Else", email="else@vogel.example")
    assert put_number_there(customers.vendor, twin, made["id"]) == 200
    who = unlinked_client(linked, customers.vendor)
    row = look_for(linked, who)
    assert (row.state, row.outcome, row.candidates) == (State.PARKED, Outcome.CONFLICT, [made["id"]])
    assert number_there(customers.vendor, twin) == made["id"]


def test_a_customer_who_is_another_client_here_is_left_to_a_person(linked: Connection, customers: Customers) -> None:
    made = customers.make(first_name="Nina", email="nina@vogel.example")
    other = Client.objects.create(first_name="Paula", last_name="Other", email="paula@x.example")
    ClientLink.objects.create(connection=linked.crm, external_id=made["id"], client=other)
    row = look_for(linked, unlinked_client(linked, customers.vendor))
    assert (row.state, row.outcome) == (State.PARKED, Outcome.CONFLICT)


def test_one_person_in_two_clienteles_becomes_one_here(linked: Connection, customers: Customers) -> None:
    """The same full name and e-mail is what booking systems themselves match on."""
    made = customers.make(first_name="Nina", last_name="Vogel", email="nina@vogel.example")
    first = Client.objects.create(first_name="Nina", last_name="Vogel", email="Nina@Vogel.example")
    ClientLink.objects.create(connection=linked.crm, external_id=made["id"], client=first)
    who = unlinked_client(linked, customers.vendor)
    row = look_for(linked, who)
    assert (row.state, row.chosen) == (State.DONE, made["id"])
    assert client_of(linked, who) == first
    assert row.client == first


# --- who is not passed on -------------------------------------------------------------------------------


def test_a_booking_only_client_is_never_shown_to_the_crm(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    Client.objects.filter(pk=client_of(linked, who).pk).update(consent=Consent.BOOKING_ONLY)
    customers.vendor.raw.delete("/__chaos/calls")
    assert look_for(linked, who).outcome == Outcome.NOT_KEPT
    assert not [call for call in customers.vendor.calls() if "customers" in call["path"]]
    assert number_there(customers.vendor, who) == ""


def test_once_she_agrees_she_is_linked(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    client = client_of(linked, who)
    Client.objects.filter(pk=client.pk).update(consent=Consent.BOOKING_ONLY)
    look_for(linked, who)
    Client.objects.filter(pk=client.pk).update(consent=Consent.KEPT)
    client.refresh_from_db()
    assert linking.consent_given(client) == 1
    linking.work()
    assert Linking.objects.get().outcome == Outcome.CREATED


def test_an_anonymised_client_is_nobody(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    client_of(linked, who).anonymise(at=Booking.objects.accepted().first().modified_at)
    assert look_for(linked, who).outcome == Outcome.NOT_KEPT


# --- calls, and what goes wrong on the way --------------------------------------------------------------


def test_a_link_costs_one_call_when_messages_show_links(linked: Connection, customers: Customers) -> None:
    vendor = customers.vendor
    shown, who = unlinked_client(linked, vendor, email="a@b.example"), unlinked_client(linked, vendor)
    linking.note(linked, news_of(shown), [ClientLinkRecord(shown, "demo_crm", "CUST-77")])
    vendor.raw.delete("/__chaos/calls")
    assert look_for(linked, who).outcome == Outcome.CREATED
    assert [call["method"] for call in vendor.calls() if "customers" not in call["path"]] == ["PUT"]


@pytest.mark.parametrize("fault", ["lost_reply", "500", "reset"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_whatever_happens_to_an_answer_there_is_one_customer_in_the_end(
    linked: Connection, customers: Customers, fault: str, method: str
) -> None:
    """POST creates the customer, PUT writes the link."""
    who = unlinked_client(linked, customers.vendor)
    customers.vendor.fault(fault, method=method, times=4)
    linking.note(linked, news_of(who), [])
    for _ in range(4):
        Linking.objects.filter(state=State.WAITING).update(due_at=Booking.objects.accepted().first().booked_at)
        linking.work()
    row = Linking.objects.get()
    assert row.state == State.DONE
    assert len(customers.find(email="nina@vogel.example")) == 1
    assert number_there(customers.vendor, who) == row.chosen


def test_a_crm_that_does_not_answer_is_asked_again(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    linked.crm.base_url = "http://127.0.0.1:9/crm/v1"
    linked.crm.save()
    row = look_for(linked, who)
    assert (row.state, row.attempts) == (State.WAITING, 1)
    assert row.reason


def test_a_client_merged_at_the_booking_system_is_followed(linked: Connection, customers: Customers) -> None:
    old, new = (str(number) for number in customers.vendor.story()["merged_client"].values())
    ghost = Client.objects.create(first_name="Ghost", email="ghost@x.example")
    ClientLink.objects.filter(connection=linked, module="", external_id=old).delete()
    ClientLink.objects.create(connection=linked, external_id=old, client=ghost)
    look_for(linked, old)
    assert not ClientLink.objects.filter(connection=linked, module="", external_id=old).exists()
    assert ClientLink.objects.filter(connection=linked, module="", external_id=new).exists()


def test_what_was_taken_over_by_another_worker_changes_nothing(linked: Connection, customers: Customers) -> None:
    who = unlinked_client(linked, customers.vendor)
    linking.note(linked, news_of(who), [])
    (row,) = Linking.claim(1)
    Linking.objects.filter(pk=row.pk).update(due_at=row.due_at.replace(year=2030))
    linking.carry_out(row, Purpose.FOLLOW_UP)
    assert number_of(linked, client_of(linked, who)) == ""
    assert Linking.objects.get().state == State.WAITING


def test_queue_missed_brings_those_whom_no_message_brought(linked: Connection) -> None:
    assert linking.queue_missed(limit=3) == 3
    rows = Linking.objects.all()
    assert all(Booking.objects.filter(client=row.client, starts_at__isnull=False).exists() for row in rows)
    linking.queue_missed(limit=1000)
    total = Linking.objects.count()
    assert linking.queue_missed(limit=1000) == 0
    assert Linking.objects.count() == total


def test_many_workers_link_each_client_once(transactional_db: None, linked: Connection, customers: Customers) -> None:
    who = [
        unlinked_client(linked, customers.vendor, firstName=f"N{number}", email=f"n{number}@vogel.example")
        for number in range(6)
    ]
    linking.note(linked, news_of(*who), [])

    def worker() -> None:
        try:
            linking.work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(Linking.objects.values_list("state", "outcome")) == {(State.DONE, Outcome.CREATED)}
    for number, one in enumerate(who):
        (made,) = customers.find(email=f"n{number}@vogel.example")
        assert number_there(customers.vendor, one) == made["id"]
