"""A small shop, and events about its bookings as Booxi would word and sign them (booxi-api.md section 12)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import time
from typing import Any

from bookings.models import Service, ServiceCategory
from clienteling.models import Client, StaffMember, Store
from integrations.models import ClientLink, Connection, ServiceLink, StaffLink, StoreLink

SECRET = "a-secret-that-was-handed-over"  # noqa: S105 - opens a throw-away database
START = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
MERCHANT, STAFF, SERVICE, FIRST_CLIENT, CLIENTS = 501, 7001, 9001, 100, 50


def plant() -> Connection:
    """A connection that takes webhooks, and all that `booking` names: not one question has to be asked."""
    connection = Connection.objects.create(
        name="News", base_url="http://127.0.0.1:9/booking/v1", secrets={"webhook_secret": SECRET}
    )
    store = Store.objects.create(name="News", time_zone="Europe/Paris")
    member = StaffMember.objects.create(store=store, first_name="Noa", last_name="Blanc")
    category = ServiceCategory.objects.create(store=store, name="Studio")
    service = Service.objects.create(store=store, category=category, name="Styling", duration=60)
    StoreLink.objects.create(connection=connection, external_id=MERCHANT, store=store)
    StaffLink.objects.create(connection=connection, external_id=STAFF, staff=member)
    ServiceLink.objects.create(connection=connection, external_id=SERVICE, service=service)
    for number in range(CLIENTS):
        client = Client.objects.create(first_name="Guest", last_name=f"No {number}")
        ClientLink.objects.create(connection=connection, external_id=FIRST_CLIENT + number, client=client)
    return connection


def booking(number: int, *, version: int = 0, note: str = "", status: str = "Approved") -> dict[str, Any]:
    """A whole booking; each `version` is an hour later in the day and a minute newer."""
    start = START + dt.timedelta(days=number % 60, hours=version)
    client = number % CLIENTS
    return {
        "bookingId": f"N{number:06}",
        "merchantId": MERCHANT,
        "bookingMethod": "Appointment",
        "status": status,
        "createdOn": "2026-05-01T08:00:00Z",
        "modifiedOn": f"2026-05-01T08:{version:02}:00Z",
        "startsOn": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "staffId": STAFF,
        "isCompleted": False,
        "quickNote": note,
        "items": [{"serviceId": SERVICE, "serviceName": "Styling", "duration": 60, "price": 45.0, "currency": "EUR"}],
        "client": {
            "id": FIRST_CLIENT + client,
            "firstName": "Guest",
            "lastName": f"No {client}",
            "presence": "Expecting",
            "additionalRequest": "",
        },
    }


def event(event_id: str, content: dict[str, Any], kind: str = "appointment.updated") -> bytes:
    envelope = {
        "id": event_id,
        "type": kind,
        "createdOn": content["modifiedOn"],
        "merchantId": MERCHANT,
        "merchantGroupId": 20,
        "content": {"booking": content},
    }
    return json.dumps(envelope).encode()


def stripe_event(event_id: str, account: str, content: dict[str, Any]) -> bytes:
    """The same content as dj-stripe takes it: of a kind that none of its handlers looks at."""
    envelope = {
        "id": event_id,
        "object": "event",
        "account": account,
        "api_version": "2026-05-27.dahlia",
        "type": "balance.available",
        "created": 1777622400,
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "data": {"object": {"object": "balance", **content}},
    }
    return json.dumps(envelope).encode()


def signature(body: bytes, *, secret: str = SECRET) -> str:
    """Of now. Booxi's (assumed) and Stripe's are made alike."""
    stamp = str(int(time.time()))
    return f"t={stamp},v1={hmac.new(secret.encode(), stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"
