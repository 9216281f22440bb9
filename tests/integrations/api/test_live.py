"""The whole way: another system, our API, the stand-in of the booking system."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from bookings.models import Booking, Service
from clienteling.models import Client, Store
from integrations.models import Connection
from tests.systems import make_caller
from tests.vendors import Vendor


@pytest.mark.django_db(transaction=True)
def test_a_shop_looks_for_a_time_books_it_and_cancels(mirror: Connection, vendor: Vendor) -> None:
    cache.clear()
    store = Store.objects.order_by("pk")[0]
    shop = make_caller(stores=[store])
    service = Service.objects.filter(store=store, is_online=True).bookable().order_by("pk")[0]  # type: ignore[attr-defined]
    free = _free(shop, store, service)
    body = {
        "store": store.pk,
        "new_client": {
            "first_name": "Mira",
            "last_name": "Okafor",
            "email": "mira.okafor@example.org",
            "consent": "kept",
        },
        "services": [service.pk],
        "staff": free["staff"][0],
        "starts_at": free["starts_at"],
    }
    answer = shop.send("bookings/", body, key="order-1")
    assert answer.status_code == 201, answer.content
    booked = answer.json()
    assert (booked["status"], booked["starts_at"], booked["client_name"]) == (
        "confirmed",
        free["starts_at"],
        "Mira Okafor",
    )
    assert shop.send("bookings/", body, key="order-1").json()["id"] == booked["id"]
    taken = body | {"new_client": body["new_client"] | {"email": "somebody.else@example.org"}}
    refused = shop.send("bookings/", taken)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert shop.send(f"bookings/{booked['id']}/cancel/").json()["status"] == "cancelled"
    assert Booking.objects.get(pk=booked["id"]).remote_id
    assert not Client.objects.filter(email="somebody.else@example.org").exists()


def _free(shop: Any, store: Store, service: Service) -> Any:
    found = shop.get("availability/", store=store.pk, service=service.pk).json()["results"]
    assert found
    return found[len(found) // 2]
