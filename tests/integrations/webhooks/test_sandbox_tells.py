"""The vendor's own sender, over HTTP, with the faults it knows: what comes through is what the vendor has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking
from clienteling.models import Client
from integrations import sync
from integrations.models import ClientLink, Connection, Difference, WebhookDelivery
from integrations.webhooks import processing
from tests.integrations.webhooks.sending import SECRET
from tests.vendors import Vendor

State = WebhookDelivery.State


@pytest.fixture
def listening(told: Connection, vendor: Vendor, served: str) -> Iterator[Connection]:
    """The vendor sends its news to us from now on."""
    where = {"url": f"http://{served}/webhooks/{told.webhook_token}/", "secret": SECRET, "source": "booxi"}
    vendor.raw.post("/__sandbox/webhooks", json=where).raise_for_status()
    yield told
    vendor.raw.delete("/__sandbox/webhooks").raise_for_status()


def coming(vendor: Vendor, number: int) -> list[str]:
    """Appointments to come, by id."""
    later = (timezone.now() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [row for row in vendor.truth(status="Approved") if row["bookingMethod"] == "Appointment"]
    return [row["bookingId"] for row in rows if row["startsOn"] > later and row.get("staffId")][:number]


def change(vendor: Vendor, booking_id: str, **fields: Any) -> None:
    vendor.raw.post(f"/__sandbox/booking/{booking_id}", json=fields).raise_for_status()


def flushed(vendor: Vendor) -> None:
    """Everything is sent, and everything that came is understood."""
    vendor.raw.post("/__sandbox/webhooks/flush", json={"seconds": 60}, timeout=70).raise_for_status()
    WebhookDelivery.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    processing.work()


def notes(booking_ids: list[str]) -> dict[str, str]:
    return dict(Booking.objects.filter(remote_id__in=booking_ids).values_list("remote_id", "quick_note"))


@pytest.mark.django_db(transaction=True)
def test_a_change_there_is_here_without_any_call(listening: Connection, vendor: Vendor) -> None:
    (booking_id,) = coming(vendor, 1)
    vendor.raw.delete("/__chaos/calls")
    change(vendor, booking_id, status="Cancelled")
    flushed(vendor)
    assert Booking.objects.get(remote_id=booking_id).status == "cancelled"
    assert WebhookDelivery.objects.get().outcome == "applied"
    assert vendor.calls() == []


FAULTS = ["webhook_twice", "webhook_late", "webhook_out_of_order", "webhook_wrong_signature", "webhook_garbage"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_on_the_way_everything_arrives_once(listening: Connection, vendor: Vendor, fault: str) -> None:
    ids = coming(vendor, 8)
    vendor.fault(fault, times=6, seconds=1)
    for round_number in range(3):
        for booking_id in ids:
            change(vendor, booking_id, quickNote=f"{fault} {round_number}")
    flushed(vendor)
    assert notes(ids) == dict.fromkeys(ids, f"{fault} 2")
    assert not WebhookDelivery.objects.filter(state=State.WAITING).exists()
    assert fault == "webhook_garbage" or not WebhookDelivery.objects.filter(state=State.PARKED).exists()
    changes = Difference.objects.filter(source=Difference.Source.WEBHOOK, field="quick_note")
    assert changes.count() == changes.values("booking", "after").distinct().count(), "nothing is applied twice"


@pytest.mark.django_db(transaction=True)
def test_merged_and_deleted_clients_follow(listening: Connection, vendor: Vendor) -> None:
    """By the events the vendor words itself."""
    story = vendor.story()
    lea = ClientLink.objects.get(module="", external_id=str(story["lea_noir"]["clientId"]))
    double = ClientLink.objects.filter(connection=listening, module="").exclude(client=lea.client).order_by("-pk")[0]
    pair = {"fromClientId": int(double.external_id), "intoClientId": int(lea.external_id)}
    vendor.raw.post("/__sandbox/merge-clients", json=pair).raise_for_status()
    flushed(vendor)
    assert not ClientLink.objects.filter(pk=double.pk).exists()
    assert not Client.objects.filter(pk=double.client_id).exists()
    assert not WebhookDelivery.objects.filter(state=State.PARKED).exists()


@pytest.mark.django_db(transaction=True)
def test_a_merge_nobody_told_of_is_found_by_a_booking_that_changed_hands(listening: Connection, vendor: Vendor) -> None:
    """Else the bookings of hers that no calendar shows would stay with somebody who is no more."""
    (booking_id,) = coming(vendor, 1)
    booking = Booking.objects.select_related("client").get(remote_id=booking_id)
    assert booking.client
    gone = booking.client.links.get(module="")
    kept = ClientLink.objects.filter(connection=listening, module="").exclude(pk=gone.pk).order_by("-pk")[0]
    another = Booking.objects.accepted().filter(client=booking.client).exclude(pk=booking.pk).order_by("pk").first()
    vendor.fault("webhook_dropped", path="client", times=None)
    pair = {"fromClientId": int(gone.external_id), "intoClientId": int(kept.external_id)}
    vendor.raw.post("/__sandbox/merge-clients", json=pair).raise_for_status()
    change(vendor, booking_id, quickNote="Told after the merge")
    flushed(vendor)
    sync.work()
    assert not Client.objects.filter(pk=gone.client_id).exists()
    assert Booking.objects.get(remote_id=booking_id).client_id == kept.client_id
    assert another is None or Booking.objects.get(pk=another.pk).client_id == kept.client_id
