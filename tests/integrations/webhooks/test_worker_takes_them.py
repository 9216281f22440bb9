"""Deliveries and real worker processes: nobody was told to come, and some are killed at work."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings.models import Booking
from integrations.models import Connection, Difference, ServiceLink, StaffLink, StoreLink, WebhookDelivery
from tests.integrations.test_worker import environment, eventually, worker
from tests.integrations.webhooks.sending import envelope, post
from tests.people import Shop

__all__ = ["environment", "worker"]  # fixtures
NUMBER = 300


def booked(number: int) -> dict[str, Any]:
    start = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC) + dt.timedelta(hours=number)
    booking = {
        "bookingId": f"B{number:04}",
        "merchantId": 501,
        "bookingMethod": "Appointment",
        "status": "Approved",
        "startsOn": start.isoformat(),
        "staffId": 7001,
        "items": [{"serviceId": 9001, "serviceName": "Styling", "duration": 60}],
        "client": {"id": 100 + number % 7, "firstName": "Guest", "lastName": f"No {number % 7}"},
        "modifiedOn": "2026-05-01T08:00:00Z",
    }
    return envelope("appointment.created", {"booking": booking}, id=f"evt-booked-{number}")


@pytest.fixture
def store_link(door: Connection, shop: Shop) -> StoreLink:
    """Everything the news of this file name is known: not one question has to be asked."""
    StaffLink.objects.create(connection=door, external_id="7001", staff=shop.ana)
    ServiceLink.objects.create(connection=door, external_id="9001", service=shop.styling)
    return StoreLink.objects.create(connection=door, external_id="501", store=shop.store)


def done() -> int:
    return WebhookDelivery.objects.filter(state=WebhookDelivery.State.DONE).count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_workers_killed_at_work_lose_nothing_and_do_nothing_twice(
    door: Connection, store_link: StoreLink, worker: Any
) -> None:
    """The broker was down when the news came (nobody rang), and two workers die with rows in their hands."""
    for number in range(NUMBER):
        for _ in range(1 + (number % 10 == 0)):
            assert post(door, booked(number)).status_code == 200
    for enough in (1, NUMBER // 2):
        victim = worker()
        assert eventually(lambda enough=enough: done() >= enough)
        victim.kill()
        victim.wait()
        WebhookDelivery.claim(20)  # what it would have had in its hands
    worker()
    assert eventually(lambda: done() == NUMBER, seconds=90)
    assert Booking.objects.filter(store=store_link.store).count() == NUMBER
    created = Difference.objects.filter(source=Difference.Source.WEBHOOK, field="created")
    assert created.count() == NUMBER
    assert WebhookDelivery.objects.filter(repeats=1).count() == NUMBER // 10
