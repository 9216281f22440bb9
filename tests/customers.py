"""The CRM of the sandbox, as its own people use it, and what it tells us."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

from clienteling.models import Client
from integrations.crm import events
from integrations.models import ClientLink, Connection, WebhookDelivery
from tests.vendors import Vendor

KEY = "sandbox-crm-key"
numbers = itertools.count(1)


@dataclass
class Customers:
    """`connection` is ours to the CRM; everything else is done there by somebody else."""

    vendor: Vendor
    connection: Connection

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {KEY}", **options.pop("headers", {})}
        return self.vendor.raw.request(method, f"/crm/v1{path}", headers=headers, **options)

    def read(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/customers/{number}").json()
        return found

    def make(self, **fields: Any) -> dict[str, Any]:
        wanted = {"consent": True, "allow_duplicate": True} | fields
        answer = self.call("POST", "/customers", json=wanted)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    def change(self, number: str, **fields: Any) -> dict[str, Any]:
        answer = self.call("PATCH", f"/customers/{number}", json=fields)
        answer.raise_for_status()
        changed: dict[str, Any] = answer.json()
        return changed

    def find(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/customers", params=query).json()["customers"]
        return found

    def example(self, kind: str) -> tuple[str, list[str]]:
        """Of the story: (id of a client at the booking system, ids of the customers who could be she)."""
        told = self.vendor.story()["crm"][kind]
        return str(told["clientId"]), told["customerIds"]

    def says(self, kind: str, data: dict[str, Any], *, at: str = "2026-05-06T08:00:00Z") -> WebhookDelivery:
        """A delivery as it is kept, taken up and carried out."""
        body = json.dumps({"type": f"customer.{kind}", "timestamp": at, "data": data})
        return self.brings(f"customer.{kind}", body)

    def brings(self, kind: str, body: str) -> WebhookDelivery:
        row = WebhookDelivery.objects.create(
            connection=self.connection, event_id=f"evt-{next(numbers)}", event_type=kind, body=body
        )
        events.apply(self.connection, WebhookDelivery.claim(1, pk=row.pk))
        row.refresh_from_db()
        return row


def client_of(connection: Connection, external_id: str) -> Client:
    return ClientLink.objects.get(connection=connection, module="", external_id=external_id).client


def number_of(connection: Connection, client: Client) -> str:
    """What the module calls her, as we hold it; "" for nothing."""
    links = ClientLink.objects.filter(connection=connection, module=connection.module_id, client=client)
    return next(iter(links.values_list("external_id", flat=True)), "")


def number_there(vendor: Vendor, external_id: str) -> str:
    """What the module calls her at the booking system; "" for nothing."""
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    answer = vendor.raw.get(f"/booking/v1/client/{external_id}/moduleLink/demo_crm", headers=headers)
    return answer.json()["link"]["externalId"] if answer.status_code == 200 else ""


def put_number_there(vendor: Vendor, external_id: str, number: str) -> int:
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    path = f"/booking/v1/client/{external_id}/moduleLink/demo_crm"
    return vendor.raw.put(path, headers=headers, json={"externalId": number, "metadata": {}}).status_code


def client_there(vendor: Vendor, external_id: str) -> dict[str, Any]:
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    found: dict[str, Any] = vendor.raw.get(f"/booking/v1/client/{external_id}", headers=headers).json()
    return found


def change_there(vendor: Vendor, external_id: str, **fields: Any) -> None:
    headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
    vendor.raw.put(f"/booking/v1/client/{external_id}", headers=headers, json=fields).raise_for_status()
