"""What becomes of deliveries, against the vendor over HTTP: applied once, in any order, and never lost."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from bookings.models import Booking
from clienteling.models import Client, Consent, StaffMember
from integrations import sync
from integrations.models import ClientLink, Connection, Difference, Linking, StaffLink, StoreLink, WebhookDelivery
from integrations.webhooks import bookings as booking_news
from integrations.webhooks import processing
from tests.integrations.webhooks.sending import envelope, post, tell
from tests.vendors import Vendor

State = WebhookDelivery.State
Json = dict[str, Any]


def shown(vendor: Vendor, booking_id: str) -> Json:
    """A booking as the vendor's API and events show it."""
    found: Json = vendor.raw.get(f"/__sandbox/booking/{booking_id}").json()
    found.pop("raw")
    return found


def changed(vendor: Vendor, booking_id: str, **fields: Any) -> Json:
    """What the vendor shows after somebody changed it in the vendor's own calendar."""
    vendor.raw.post(f"/__sandbox/booking/{booking_id}", json=fields).raise_for_status()
    return shown(vendor, booking_id)


def event(booking: Json, kind: str = "appointment.updated", **content: Any) -> Json:
    return envelope(kind, {"booking": booking, **content}, merchantId=booking.get("merchantId"))


def facts(booking: Booking) -> tuple[Any, ...]:
    starts_at = booking.starts_at and booking.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return starts_at, booking.status, booking.staff_id


def wanted(connection: Connection, row: Json) -> tuple[Any, ...]:
    """`facts` of what the vendor shows."""
    statuses = {"Approved": "confirmed", "Cancelled": "cancelled", "PendingStaffApproval": "requested"}
    staff = StaffLink.objects.get(connection=connection, external_id=str(row["staffId"]))
    return row["startsOn"], statuses[row["status"]], staff.staff_id


@pytest.fixture
def booking_id(told: Connection, vendor: Vendor) -> str:
    """A coming appointment that nobody has touched yet; the calls that the first reading took are forgotten."""
    later = (timezone.now() + dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for row in vendor.truth(status="Approved"):
        if row["bookingMethod"] == "Appointment" and row.get("staffId") and row["startsOn"] > later:
            vendor.raw.delete("/__chaos/calls")
            return str(row["bookingId"])
    raise AssertionError("the sandbox has no coming appointment")


def moved(row: Json, **by: float) -> str:
    start = dt.datetime.fromisoformat(row["startsOn"]) + dt.timedelta(**by)
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- a whole booking costs no call ----------------------------------------------------------------------


def test_a_newer_whole_booking_is_applied_without_a_call(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))
    (delivery,) = tell(told, event(row))
    booking = Booking.objects.get(remote_id=booking_id)
    assert facts(booking) == wanted(told, row)
    assert (delivery.state, delivery.outcome, delivery.subject) == (State.DONE, "applied", f"booking:{booking.pk}")
    assert delivery.client == booking.client
    assert vendor.calls() == []
    assert not Linking.objects.exists(), "no customer system, nobody to link"


def test_what_it_changed_is_recorded_with_where_it_came_from(told: Connection, vendor: Vendor, booking_id: str) -> None:
    (delivery,) = tell(told, event(changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))))
    fields = Difference.objects.filter(delivery=delivery, source=Difference.Source.WEBHOOK)
    assert {"starts_at", "ends_at"} <= set(fields.values_list("field", flat=True))


def test_a_booking_we_never_saw_is_created(told: Connection, vendor: Vendor, booking_id: str) -> None:
    Booking.objects.filter(remote_id=booking_id).delete()
    (delivery,) = tell(told, event(shown(vendor, booking_id), "appointment.created"))
    assert delivery.outcome == "created"
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, shown(vendor, booking_id))
    assert vendor.calls() == []


def test_the_same_again_and_older_news_change_nothing(told: Connection, vendor: Vendor, booking_id: str) -> None:
    before = shown(vendor, booking_id)
    after = changed(vendor, booking_id, startsOn=moved(before, days=1))
    outcomes = [tell(told, event(row))[0].outcome for row in (after, after, before)]
    assert outcomes == ["applied", "unchanged", "older"]
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, after)
    assert vendor.calls() == []


def test_of_many_in_one_batch_the_newest_counts(told: Connection, vendor: Vendor, booking_id: str) -> None:
    rows = [changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), hours=1)) for _ in range(4)]
    deliveries = tell(told, *[event(row) for row in reversed(rows)])
    assert [row.outcome for row in deliveries] == ["applied", "older", "older", "older"]
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, rows[-1])


def test_a_batch_takes_a_constant_number_of_queries(
    told: Connection, vendor: Vendor, django_assert_max_num_queries: Any
) -> None:
    rows = [row for row in vendor.truth(status="Approved") if row["bookingMethod"] == "Appointment"][:60]
    for row in rows:
        row.pop("raw")
        assert post(told, event(row)).status_code == 200
    with django_assert_max_num_queries(60):
        processing.work()
    assert not WebhookDelivery.objects.exclude(state=State.DONE).exists()


# --- order does not matter ------------------------------------------------------------------------------


@pytest.fixture
def story(told: Connection, vendor: Vendor, booking_id: str) -> list[Json]:
    """Created, moved, moved again, cancelled: what the vendor showed after each."""
    rows = [shown(vendor, booking_id)]
    rows.append(changed(vendor, booking_id, startsOn=moved(rows[0], days=1)))
    rows.append(changed(vendor, booking_id, startsOn=moved(rows[0], days=2)))
    rows.append(changed(vendor, booking_id, status="Cancelled"))
    return rows


ORDERS = list(itertools.permutations(range(4)))


def forgotten(booking_id: str) -> None:
    Booking.objects.filter(remote_id=booking_id).delete()
    WebhookDelivery.objects.all().delete()


def heard(told: Connection, rows: list[Json], order: tuple[int, ...], *, at_once: bool) -> None:
    """The events in that order, each one twice, the second time after the next one."""
    kinds = ["appointment.created", *["appointment.updated"] * 3]
    events = [event(rows[number], kinds[number]) for number in order]
    repeated = [one for pair in zip(events, [events[0], *events], strict=False) for one in pair]
    for one in repeated:
        assert post(told, one).status_code == 200
        if not at_once:
            processing.work()
    processing.work()
    assert not WebhookDelivery.objects.exclude(state=State.DONE).exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_all_orders_end_in_the_vendors_state(
    told: Connection, vendor: Vendor, booking_id: str, story: list[Json], at_once: bool
) -> None:
    for order in ORDERS:
        forgotten(booking_id)
        heard(told, story, order, at_once=at_once)
        assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, story[-1]), order
    assert vendor.calls() == [], "each event carries the whole booking"


@pytest.mark.parametrize("at_once", [True, False])
def test_all_orders_within_one_second_end_in_the_vendors_state(
    told: Connection, vendor: Vendor, booking_id: str, story: list[Json], at_once: bool
) -> None:
    """The wire does not tell which came last: the vendor has to be asked."""
    same = [row | {"modifiedOn": story[-1]["modifiedOn"]} for row in story]
    for order in ORDERS:
        forgotten(booking_id)
        heard(told, same, order, at_once=at_once)
        assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, story[-1]), order
    assert {call["path"] for call in vendor.calls()} == {"/booking/<booking_id>"}


def test_a_late_update_never_revives_a_cancelled_booking(
    told: Connection, vendor: Vendor, booking_id: str, story: list[Json]
) -> None:
    tell(told, event(story[3]))
    for late in story[:3]:
        assert tell(told, event(late))[0].outcome == "older"
    assert Booking.objects.get(remote_id=booking_id).status == "cancelled"


def test_a_late_update_does_not_revive_what_the_vendor_no_longer_had(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    """Marked as gone by a sweep; news from before that is newer than all we had read of it."""
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1)) | {"bookingId": "ZZZZZZ"}
    rows = Booking.objects.filter(remote_id=booking_id)
    rows.update(remote_id="ZZZZZZ", status="cancelled", status_text="gone")
    (delivery,) = tell(told, event(row))
    assert delivery.outcome == "gone"
    assert Booking.objects.get(remote_id="ZZZZZZ").status == "cancelled"


# --- asking ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["modifiedOn", "items", "status", "client", "totalClientTimespan"])
def test_a_booking_told_in_part_is_read_again(told: Connection, vendor: Vendor, booking_id: str, missing: str) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))
    told_part = {name: value for name, value in row.items() if name != missing}
    told_part["items"] = [{"serviceId": item["serviceId"]} for item in row["items"]]
    if missing == "items":
        del told_part["items"]
    (delivery,) = tell(told, event(told_part))
    assert (delivery.state, delivery.outcome) == (State.DONE, "read again")
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, row)
    assert len(vendor.calls()) == 1


def test_the_sample_of_the_documentation_is_understood(told: Connection, vendor: Vendor, booking_id: str) -> None:
    """Section 12: only what the guide shows, with the older name of the container."""
    row = shown(vendor, booking_id)
    Booking.objects.filter(remote_id=booking_id).delete()
    content = {
        "booking": {
            "bookingId": booking_id,
            "startsOn": row["startsOn"],
            "client": {"id": row["client"]["id"], "presence": "Expecting"},
        },
        "clientLinks": [{"clientId": row["client"]["id"], "moduleId": "demo_crm", "externalId": "CUST-EVENT"}],
    }
    sent = {"id": "evt-guide", "eventType": "appointment.created", "eventContent": content, "merchantId": 501}
    post(told, sent | {"merchantId": row["merchantId"]})
    processing.work()
    (delivery,) = WebhookDelivery.objects.all()
    assert delivery.outcome == "read again"
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, row)


def test_while_the_vendor_does_not_answer_it_waits_and_then_goes_on(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))
    vendor.fault("500", path="/booking/", times=3)
    (delivery,) = tell(told, event({**row, "modifiedOn": None}))
    assert (delivery.state, delivery.attempts) == (State.WAITING, 1)
    assert "Unavailable" in delivery.reason
    assert delivery.due_at > timezone.now()
    vendor.calm()
    due_now()
    processing.work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome, delivery.reason) == (State.DONE, "read again", "")


def due_now() -> None:
    WebhookDelivery.objects.filter(state=State.WAITING).update(due_at=timezone.now())


def test_after_eight_tries_it_is_parked_with_the_reason(told: Connection, vendor: Vendor, booking_id: str) -> None:
    vendor.fault("unauthorized", path="/booking/", times=99)
    (delivery,) = tell(told, event({**shown(vendor, booking_id), "modifiedOn": None}))
    for _ in range(7):
        assert delivery.state == State.WAITING
        due_now()
        processing.work()
        delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.PARKED, 8)
    assert "Misconfigured" in delivery.reason
    told.refresh_from_db()
    assert told.trouble == Connection.Trouble.MISCONFIGURED
    vendor.calm()
    assert WebhookDelivery.told_again(WebhookDelivery.objects.all()) == 1
    processing.work()
    delivery.refresh_from_db()
    assert delivery.state == State.DONE


# --- what is missing is fetched -------------------------------------------------------------------------


def test_news_of_an_unknown_person_waits_for_the_catalogue(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = shown(vendor, booking_id)
    link = StaffLink.objects.get(external_id=str(row["staffId"]))
    Booking.objects.filter(staff=link.staff_id).delete()
    StaffMember.objects.filter(pk=link.staff_id).delete()
    (delivery,) = tell(told, event(row))
    assert delivery.state == State.WAITING
    sync.work()
    due_now()
    processing.work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome) == (State.DONE, "created")
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, row)


def test_a_person_the_catalogue_does_not_know_either_is_left_out(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1)) | {"staffId": 999_999}
    (delivery,) = tell(told, event(row))
    sync.work()
    due_now()
    processing.work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome) == (State.DONE, "applied")
    assert Booking.objects.get(remote_id=booking_id).staff is None


def test_news_of_an_unknown_store_is_parked_when_the_catalogue_has_none(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    (delivery,) = tell(told, event(shown(vendor, booking_id) | {"merchantId": 424_242}))
    assert delivery.state == State.WAITING
    sync.work()
    due_now()
    processing.work()
    delivery.refresh_from_db()
    assert delivery.state == State.PARKED
    assert "store" in delivery.reason


def test_news_of_a_store_that_is_new_is_applied_once_it_was_read(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    row = shown(vendor, booking_id)
    StoreLink.objects.get(external_id=str(row["merchantId"])).store.delete()
    ClientLink.objects.exclude(client__known_in__isnull=False).delete()
    (delivery,) = tell(told, event(row))
    assert delivery.state == State.WAITING
    sync.work()
    due_now()
    processing.work()
    delivery.refresh_from_db()
    assert delivery.state == State.DONE
    assert Booking.objects.filter(remote_id=booking_id).exists()


def test_a_client_known_only_by_id_is_asked_about_and_not_taken_for_anonymised(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    row = shown(vendor, booking_id)
    Booking.objects.filter(remote_id=booking_id).delete()
    number = str(row["client"]["id"])
    Client.objects.filter(links__external_id=number, links__module="").delete()
    (delivery,) = tell(told, event(row | {"client": {"id": row["client"]["id"], "presence": "Expecting"}}))
    assert delivery.state == State.DONE
    client = Booking.objects.get(remote_id=booking_id).client
    assert client
    assert (client.first_name, client.anonymised_at) == (row["client"]["firstName"], None)
    assert [call["path"] for call in vendor.calls()] == ["/client/<id:client_id>"]


# --- clients --------------------------------------------------------------------------------------------


@pytest.fixture
def lea(told: Connection, vendor: Vendor) -> ClientLink:
    return ClientLink.objects.get(module="", external_id=str(vendor.story()["lea_noir"]["clientId"]))


def as_told(lea: ClientLink, *, seconds: int = 60, **fields: Any) -> Json:
    client = lea.client
    at = (client.details_at or timezone.now()) + dt.timedelta(seconds=seconds)
    return {
        "id": int(lea.external_id),
        "firstName": client.first_name,
        "lastName": client.last_name,
        "email": client.email,
        "mobilePhoneNumber": client.mobile_phone,
        "homePhoneNumber": client.home_phone,
        "quickNote": client.quick_note,
        "modifiedOn": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    } | fields


def test_a_client_told_anew_is_brought_up_to_date(told: Connection, lea: ClientLink, vendor: Vendor) -> None:
    vendor.raw.delete("/__chaos/calls")
    news = as_told(lea, email="lea.new@example.org")
    (delivery,) = tell(told, envelope("client.updated", {"client": news}))
    lea.client.refresh_from_db()
    assert lea.client.email == "lea.new@example.org"
    assert (delivery.outcome, delivery.subject, delivery.client) == ("applied", f"client:{lea.client_id}", lea.client)
    (late,) = tell(told, envelope("client.updated", {"client": as_told(lea, seconds=-60, email="old@example.org")}))
    lea.client.refresh_from_db()
    assert (late.outcome, lea.client.email) == ("older", "lea.new@example.org")
    assert vendor.calls() == []


def test_a_client_without_a_name_left_is_asked_about_before_she_is_forgotten(told: Connection, lea: ClientLink) -> None:
    (delivery,) = tell(told, envelope("client.updated", {"client": {"id": int(lea.external_id)}}))
    lea.client.refresh_from_db()
    assert (delivery.outcome, lea.client.anonymised_at) == ("read again", None)
    assert lea.client.last_name == "Noir"


def test_a_deleted_client_is_forgotten_and_her_deliveries_lose_their_text(told: Connection, lea: ClientLink) -> None:
    (before,) = tell(told, envelope("client.updated", {"client": as_told(lea)}))
    (delivery,) = tell(told, envelope("client.deleted", {"clientId": int(lea.external_id), "client": as_told(lea)}))
    lea.client.refresh_from_db()
    assert lea.client.anonymised_at
    before.refresh_from_db()
    assert (delivery.outcome, delivery.body, before.body) == ("applied", "", "")
    (late,) = tell(told, envelope("client.updated", {"client": as_told(lea, email="lea.noir@example.org")}))
    lea.client.refresh_from_db()
    assert (late.outcome, late.body, lea.client.email) == ("older", "", "")


def test_merged_clients_become_one_once(told: Connection, lea: ClientLink) -> None:
    other = ClientLink.objects.filter(connection=told, module="").exclude(pk=lea.pk).select_related("client")[0]
    count = Client.objects.count()
    theirs = set(other.client.bookings.values_list("pk", flat=True))
    content = {"clientId": int(other.external_id), "newClientId": int(lea.external_id)}
    outcomes = [tell(told, envelope("client.merged", content))[0].outcome for _ in range(2)]
    assert outcomes == ["applied", "unchanged"]
    assert Client.objects.count() == count - 1
    assert theirs <= set(lea.client.bookings.values_list("pk", flat=True))


def said(lea: ClientLink, agreed: object, at: str) -> Json:
    consent = {"clientId": int(lea.external_id), "granted": agreed, "changedOn": at}
    return envelope("client.consent", {"clientId": int(lea.external_id), "consent": consent})


def test_consent_follows_what_she_said_last(told: Connection, lea: ClientLink) -> None:
    told_so = [
        (said(lea, False, "2026-05-06T08:00:00Z"), "applied", Consent.BOOKING_ONLY),
        (said(lea, True, "2026-05-05T08:00:00Z"), "older", Consent.BOOKING_ONLY),
        (said(lea, "yes", "2026-05-07T08:00:00Z"), "kept", Consent.BOOKING_ONLY),
        (said(lea, True, "2026-05-07T08:00:00Z"), "applied", Consent.KEPT),
    ]
    for body, outcome, consent in told_so:
        (delivery,) = tell(told, body)
        lea.client.refresh_from_db()
        assert (delivery.outcome, lea.client.consent) == (outcome, consent)


def test_a_booking_brings_the_agreement_of_its_client(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = shown(vendor, booking_id)
    consent = {"clientId": row["client"]["id"], "granted": False, "changedOn": "2026-05-06T08:00:00Z"}
    tell(told, event(row, consents=[consent]))
    client = Booking.objects.get(remote_id=booking_id).client
    assert client
    assert client.consent == Consent.BOOKING_ONLY


# --- what nobody understands ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["appointment.teleported.twice", "survey.answered", "", "notification.sent"])
def test_unknown_events_are_kept_and_done(told: Connection, kind: str) -> None:
    content = {} if kind.startswith("appointment") else {"anything": [1, 2]}
    (delivery,) = tell(told, envelope(kind, content))
    expected = (State.PARKED, "") if kind.startswith("appointment") else (State.DONE, "unknown")
    assert (delivery.state, delivery.outcome) == expected


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"booking": None},
        {"booking": []},
        {"booking": "text"},
        {"booking": {"bookingId": "\x00", "merchantId": 501}},
        {"booking": {"bookingId": "\ud800" * 9, "merchantId": {}}},
        {"booking": {"bookingId": 10**4000, "merchantId": 501}},
    ],
)
def test_signed_nonsense_is_parked_and_never_blocks_the_others(
    told: Connection, vendor: Vendor, booking_id: str, content: Json
) -> None:
    bad = envelope("appointment.updated", content)
    good = event(changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1)))
    rows = tell(told, bad, good)
    assert [row.state for row in rows] == [State.PARKED, State.DONE]
    assert rows[0].reason


def test_wild_values_in_every_field_never_fail(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = shown(vendor, booking_id)
    wild: list[Any] = [
        None,
        True,
        [],
        {},
        -1,
        10**3000,
        1e308,
        "\x00",
        "\ud800",
        "x" * 60_000,
        [[[[]]]],
        {"a": {"b": 1}},
    ]
    events = [
        event(row | {name: value, "modifiedOn": f"2026-06-0{1 + number % 9}T00:00:00Z"})
        for number, (name, value) in enumerate(itertools.product(row.keys() - {"bookingId", "merchantId"}, wild))
    ]
    for body in events:
        assert post(told, body).status_code == 200
    processing.work()
    states = set(WebhookDelivery.objects.values_list("state", flat=True))
    assert states <= {State.DONE, State.PARKED, State.WAITING}
    assert not WebhookDelivery.objects.filter(reason__contains="could not be applied").exists()


def test_one_that_breaks_our_code_does_not_take_the_batch_with_it(
    told: Connection, vendor: Vendor, booking_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = event(changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1)))
    bad = event(shown(vendor, booking_id) | {"bookingId": "POISON"})
    real: Callable[..., Any] = booking_news.grouped

    def breaking(items: Any) -> Any:
        if any(item.event.booking and item.event.booking.external_id == "POISON" for item in items):
            raise ZeroDivisionError
        return real(items)

    monkeypatch.setattr(booking_news, "grouped", breaking)
    poisoned, fine = tell(told, bad, good)
    assert fine.state == State.DONE
    assert (poisoned.state, poisoned.attempts) == (State.WAITING, 1)
    assert poisoned.reason == "It could not be applied (ZeroDivisionError)."
    assert Booking.objects.get(remote_id=booking_id).starts_at


def test_what_kills_its_workers_is_left_to_a_person_in_the_end(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    post(told, event(shown(vendor, booking_id)))
    WebhookDelivery.objects.update(attempts=processing.MOST_DEATHS)
    processing.work()
    (delivery,) = WebhookDelivery.objects.all()
    assert delivery.state == State.PARKED


# --- the queue ------------------------------------------------------------------------------------------


def test_a_connection_switched_off_keeps_its_deliveries_waiting(
    told: Connection, vendor: Vendor, booking_id: str
) -> None:
    post(told, event(shown(vendor, booking_id)))
    Connection.objects.update(is_active=False)
    assert processing.work().taken == 0
    Connection.objects.update(is_active=True)
    assert processing.work().taken == 1


def test_a_worker_that_died_leaves_its_rows_to_the_next(told: Connection, vendor: Vendor, booking_id: str) -> None:
    """SIGKILL after the claim: nothing is done, nothing is lost, and the lease runs out by itself."""
    post(told, event(changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))))
    assert len(WebhookDelivery.claim(10)) == 1
    assert processing.work().taken == 0
    due_now()
    assert processing.work().taken == 1
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, shown(vendor, booking_id))


def test_who_comes_back_after_his_lease_changes_nothing(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))
    before = facts(Booking.objects.get(remote_id=booking_id))
    post(told, event(row))
    late = WebhookDelivery.claim(10)
    due_now()
    (taken_over,) = WebhookDelivery.claim(10)
    assert taken_over.due_at != late[0].due_at
    processing.carry_out(told, late)
    assert facts(Booking.objects.get(remote_id=booking_id)) == before, "the effect was undone with its end"
    processing.carry_out(told, [taken_over])
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, row)


def test_replayed_any_number_of_times_it_has_one_effect(told: Connection, vendor: Vendor, booking_id: str) -> None:
    row = changed(vendor, booking_id, startsOn=moved(shown(vendor, booking_id), days=1))
    (delivery,) = tell(told, event(row))
    differences = Difference.objects.count()
    for _ in range(3):
        assert WebhookDelivery.told_again(WebhookDelivery.objects.all()) == 1
        processing.work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome) == (State.DONE, "unchanged")
    assert Difference.objects.count() == differences
    assert facts(Booking.objects.get(remote_id=booking_id)) == wanted(told, row)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_apply_everything_once(told: Connection, vendor: Vendor, booking_id: str) -> None:
    rows = [row for row in vendor.truth(status="Approved") if row["bookingMethod"] == "Appointment"][:40]
    for number, row in enumerate(rows):
        row.pop("raw")
        later = dt.datetime.fromisoformat(row["modifiedOn"]) + dt.timedelta(seconds=number + 1)
        news = row | {"quickNote": f"note {number}", "modifiedOn": later.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for _ in range(3):
            post(told, event(news))
    ready = threading.Barrier(6)

    def work() -> None:
        try:
            ready.wait(30)
            processing.work()
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    due_now()
    processing.work()
    assert not WebhookDelivery.objects.exclude(state=State.DONE).exists()
    changes = Difference.objects.filter(source=Difference.Source.WEBHOOK, field__in=["quick_note", "created"])
    assert changes.count() == len(rows), "each change is applied once, though it was told three times"
