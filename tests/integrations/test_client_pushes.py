"""What other systems are told about clients: once, only what differs, and to whom it may be told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bookings.gateway import get_gateway
from bookings.models import Booking
from clienteling.models import Client, Consent
from integrations import client_pushes, pull, sync
from integrations.models import ClientLink, ClientPush, Connection, Linking, SyncRun
from integrations.switchboard import Purpose, open_provider
from tests.customers import Customers, client_of, client_there, number_there
from tests.integrations.test_linking import look_for, unlinked_client
from tests.people import Shop

Kind, State = ClientPush.Kind, ClientPush.State
PHONE = "+33612999001"


@pytest.fixture
def nina(linked: Connection, customers: Customers) -> tuple[str, str]:
    """Linked by the usual way, the same everywhere: (id at the booking system, id in the CRM)."""
    who = unlinked_client(linked, customers.vendor)
    pull.apply_clients(linked, [pull_record(linked, who)])
    return who, look_for(linked, who).chosen


def spread(client: Client, *fields: str, said_by: ClientLink | None = None) -> int:
    with transaction.atomic():
        return ClientPush.objects.spread(client, fields, said_by=said_by)


def due_now() -> None:
    ClientPush.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    client_pushes.work()


# --- who is told what -----------------------------------------------------------------------------------


@pytest.fixture
def pair(shop: Shop) -> tuple[ClientLink, ClientLink]:
    """Lea at a booking system and in a CRM."""
    crm = Connection.objects.create(name="CRM", kind="crm", base_url="https://crm.example/v1")
    booxi = Connection.objects.create(name="Booxi", base_url="https://api.booxi.eu/booking/v1", crm=crm)
    return (
        ClientLink.objects.create(connection=booxi, external_id="31", client=shop.lea),
        ClientLink.objects.create(connection=crm, external_id="CUST-9", client=shop.lea),
    )


def told() -> list[tuple[str, str, list[str]]]:
    return [(one.connection.name, one.external_id, one.fields) for one in ClientPush.objects.order_by("connection")]


def test_spread_tells_everybody_but_who_said_it(shop: Shop, pair: tuple[ClientLink, ClientLink]) -> None:
    assert spread(shop.lea, "email", said_by=pair[0]) == 1
    assert told() == [("CRM", "CUST-9", ["email"])]
    assert spread(shop.lea, "email", "last_name") == 2


def test_spread_says_only_what_systems_share(shop: Shop, pair: tuple[ClientLink, ClientLink]) -> None:
    assert spread(shop.lea, "quick_note", "details_at") == 0
    assert spread(shop.lea, "consent", "quick_note") == 1
    assert told() == [("CRM", "CUST-9", ["consent"])]


def test_spread_twice_before_anybody_began_is_told_once(shop: Shop, pair: tuple[ClientLink, ClientLink]) -> None:
    assert spread(shop.lea, "email", "last_name", said_by=pair[0]) == 1
    assert spread(shop.lea, "email", said_by=pair[0]) == 0
    ClientPush.objects.update(attempts=1)
    assert spread(shop.lea, "email", said_by=pair[0]) == 1


def test_spread_of_a_booking_only_client_keeps_her_from_the_crm(
    shop: Shop, pair: tuple[ClientLink, ClientLink]
) -> None:
    shop.lea.consent = Consent.BOOKING_ONLY
    spread(shop.lea, "email", "consent")
    assert told() == [("Booxi", "31", ["email"]), ("CRM", "CUST-9", ["consent"])]


def test_spread_of_an_anonymised_client_tells_nobody(shop: Shop, pair: tuple[ClientLink, ClientLink]) -> None:
    shop.lea.anonymise(at=timezone.now())
    assert spread(shop.lea, "email") == 0


def test_a_push_row_holds_no_personal_data(shop: Shop, pair: tuple[ClientLink, ClientLink]) -> None:
    spread(shop.lea, "email", "last_name")
    for row in ClientPush.objects.values():
        assert not any(word in str(row) for word in (shop.lea.email, shop.lea.last_name, shop.lea.mobile_phone))


def test_the_consent_page_tells_the_crm(
    shop: Shop, pair: tuple[ClientLink, ClientLink], browser_of: Any, settings: Any
) -> None:
    """And makes sure that who was not passed on is looked for again."""
    row = Linking.objects.create(
        connection=pair[0].connection, client=shop.lea, external_id="31", state="done", outcome="not_kept"
    )
    Client.objects.filter(pk=shop.lea.pk).update(consent=Consent.BOOKING_ONLY)
    browser_of(shop.ana).post(f"/clients/{shop.lea.pk}/consent/", {"consent": "kept"})
    assert told() == [("CRM", "CUST-9", ["consent"])]
    row.refresh_from_db()
    assert row.state == "waiting"
    browser_of(shop.ana).post(f"/clients/{shop.lea.pk}/consent/", {"consent": "kept"})
    assert len(told()) == 1


# --- telling it -----------------------------------------------------------------------------------------


def test_only_what_differs_is_written(linked: Connection, customers: Customers, nina: tuple[str, str]) -> None:
    client = client_of(linked, nina[0])
    customers.vendor.raw.delete("/__chaos/calls")
    spread(client, "email", "first_name")
    client_pushes.work()
    assert {call["method"] for call in customers.vendor.calls()} == {"GET"}
    assert not ClientPush.objects.exclude(state=State.DONE).exists()


@pytest.mark.parametrize("fault", ["lost_reply", "500", "reset"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_whatever_happens_to_an_answer_it_is_told_in_the_end(
    linked: Connection, customers: Customers, nina: tuple[str, str], fault: str, method: str
) -> None:
    client = client_of(linked, nina[0])
    Client.objects.filter(pk=client.pk).update(
        last_name="Vogel-Roth", details_at=timezone.now() + dt.timedelta(hours=1)
    )
    spread(client, "last_name")
    customers.vendor.fault(fault, method=method, times=4)
    for _ in range(4):
        due_now()
    assert client_there(customers.vendor, nina[0])["lastName"] == "Vogel-Roth"
    assert customers.read(nina[1])["last_name"] == "Vogel-Roth"
    assert not ClientPush.objects.exclude(state=State.DONE).exists()


def test_whom_the_other_side_does_not_have_is_parked_with_the_reason(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    client = client_of(linked, nina[0])
    customers.call("DELETE", f"/customers/{nina[1]}").raise_for_status()
    spread(client, "email")
    client_pushes.work()
    row = ClientPush.objects.get(connection=linked.crm)
    assert (row.state, row.attempts) == (State.PARKED, 1)
    assert "does not have her" in row.reason


def test_a_customer_merged_meanwhile_is_told_under_her_new_id(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    other = customers.make(first_name="Nina", email="other@vogel.example")["id"]
    customers.call("POST", f"/customers/{nina[1]}/merge", json={"into": other}).raise_for_status()
    client = client_of(linked, nina[0])
    Client.objects.filter(pk=client.pk).update(
        mobile_phone=PHONE, field_times={"mobile_phone": "2026-05-06T09:00:00+00:00"}
    )
    spread(client, "mobile_phone")
    due_now()
    assert customers.read(other)["mobile"] == PHONE
    due_now()
    assert number_there(customers.vendor, nina[0]) == other


def test_a_client_merged_at_the_booking_system_is_told_under_her_new_id(
    linked: Connection, customers: Customers
) -> None:
    """Her bookings, notes and links move along, once."""
    old, new = (str(one) for one in customers.vendor.story()["merged_client"].values())
    ghost = Client.objects.create(first_name="Ghost", email="ghost@x.example")
    ClientLink.objects.filter(connection=linked, module="", external_id=old).delete()
    ClientLink.objects.create(connection=linked, external_id=old, client=ghost)
    booking = Booking.objects.accepted().exclude(client=None).first()
    assert booking
    Booking.objects.filter(pk=booking.pk).update(client=ghost)
    ghost.notes.create(store=booking.store, author_name="Ana", body="Likes tea")
    survivor = pull.apply_clients(linked, [pull_record(linked, new)])[0]
    spread(ghost, "email")
    due_now()
    due_now()
    booking.refresh_from_db()
    assert booking.client == survivor
    assert survivor.notes.count() == 1
    assert not Client.objects.filter(pk=ghost.pk).exists()
    assert not ClientPush.objects.exclude(state=State.DONE).exists()


def pull_record(connection: Connection, external_id: str) -> Any:
    return open_provider(connection, Purpose.FOLLOW_UP).client(external_id)


def test_a_client_without_a_home_waits_for_a_store(linked: Connection, customers: Customers) -> None:
    linked.runs.all().delete()
    pull.apply_stores(linked, [])
    customers.says("created", customers.make(first_name="Olga", email="olga@neu.example"))
    client_pushes.work()
    row = ClientPush.objects.get(kind=Kind.CREATE)
    assert row.state == State.WAITING
    assert "No store" in row.reason


def test_several_who_could_be_she_at_the_booking_system_are_left_to_a_person(
    linked: Connection, customers: Customers
) -> None:
    for name in ("One", "Two"):
        who = unlinked_client(linked, customers.vendor, firstName=name, email="same@x.example")
        client_of(linked, who).delete()
    customers.says("created", customers.make(first_name="Olga", email="same@x.example"))
    client_pushes.work()
    row = ClientPush.objects.get(kind=Kind.CREATE)
    assert (row.state, row.attempts) == (State.PARKED, 1)


def test_what_was_taken_over_by_another_worker_is_told_by_that_one(
    linked: Connection, customers: Customers, nina: tuple[str, str]
) -> None:
    spread(
        client_of(linked, nina[0]),
        "email",
        said_by=ClientLink.objects.get(connection=linked, module="", external_id=nina[0]),
    )
    (row,) = ClientPush.claim(1)
    ClientPush.objects.filter(pk=row.pk).update(due_at=row.due_at + dt.timedelta(minutes=1))
    client_pushes.carry_out(row)
    assert ClientPush.objects.get(pk=row.pk).state == State.WAITING


def test_only_the_booking_system_is_asked_for_her_bookings(linked: Connection, nina: tuple[str, str]) -> None:
    """The customer system knows her, and none of her bookings."""
    client = client_of(linked, nina[0])
    ClientLink.objects.filter(client=client).update(read_at=None)
    get_gateway().ask_history(client=client)
    assert [run.connection for run in SyncRun.objects.filter(kind="history")] == [linked]
    sync.work()
    assert get_gateway().history_freshness(client=client).state == "fresh"


def test_the_client_page_names_her_number_once(linked: Connection, nina: tuple[str, str]) -> None:
    links = get_gateway().client_links(client=client_of(linked, nina[0]))
    assert links == [("Booxi", nina[0]), ("CRM", nina[1])]
