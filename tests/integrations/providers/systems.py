"""Each booking system of the sandbox, for tests that hold of all: how it is read, what its own people do."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass

from integrations.models import Connection
from integrations.providers.base import Provider, StoreRef
from integrations.records import BookingDraft, ClientRecord, ItemDraft, ServiceRecord, SlotRecord
from integrations.switchboard import Purpose, open_provider
from tests.vendors import Vendor

# A lost answer takes a place in the sandbox's own words.
WRONG_KEY = "nobody-knows-this-key"


@dataclass
class System(ABC):
    """`bookings` and `clients`: patterns of the paths where one books and asks for one client."""

    vendor: Vendor
    connection: Connection

    books_at: str
    client_at: str

    @property
    def provider(self) -> Provider:
        self.connection.refresh_from_db()
        return open_provider(self.connection, Purpose.PERSON)

    @property
    @abstractmethod
    def store(self) -> StoreRef: ...

    @property
    @abstractmethod
    def client_id(self) -> str:
        """Somebody with a past."""

    @abstractmethod
    def spoil_key(self) -> None: ...

    @abstractmethod
    def move(self, booking_id: str, starts_at: dt.datetime) -> None:
        """The store's own people move a booking."""

    @abstractmethod
    def cancel(self, booking_id: str) -> None: ...

    @abstractmethod
    def delete_client(self, client_id: str) -> None: ...

    # --- the same everywhere --------------------------------------------------------------------------

    def offered(self, number: int = 1) -> tuple[list[ServiceRecord], list[SlotRecord]]:
        """`number` services that somebody can give one after the other this week, and when."""
        provider, now = self.provider, dt.datetime.now(dt.UTC)
        services = {
            one.external_id: one for one in provider.services(self.store.id) if one.duration and not one.is_group
        }
        pairs = provider.offers(self.store, list(services))
        for who in sorted({who for who, _ in pairs}):
            hers = sorted(what for one, what in pairs if one == who)[:number]
            if len(hers) < number:
                continue
            start = now + dt.timedelta(days=1)
            slots = provider.availability(self.store, hers, start, start + dt.timedelta(days=5), [who])
            if len(slots) > 6:
                return [services[one] for one in hers], slots
        raise AssertionError("nobody is free")

    def draft(self, services: list[ServiceRecord], slot: SlotRecord, **client: str) -> BookingDraft:
        return BookingDraft(
            store_id=self.store.id,
            staff_id=slot.staff_ids[0],
            starts_at=slot.starts_at,
            items=tuple(ItemDraft(one.external_id, one.duration) for one in services),
            client=ClientRecord(**({"external_id": self.client_id} | client)),
            quick_note="By the window",
        )


class BooxiSystem(System):
    @property
    def store(self) -> StoreRef:
        record = min(self.provider.stores(), key=lambda one: one.external_id)
        return StoreRef(record.external_id, record.key)

    @property
    def client_id(self) -> str:
        return str(self.vendor.truth(limit=1)[0]["client"]["id"])

    def spoil_key(self) -> None:
        Connection.objects.filter(pk=self.connection.pk).update(secrets={"partner_key": WRONG_KEY})

    def move(self, booking_id: str, starts_at: dt.datetime) -> None:
        body = {"startsOn": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"}
        self.vendor.raw.post(f"/__sandbox/booking/{booking_id}", json=body).raise_for_status()

    def cancel(self, booking_id: str) -> None:
        self.vendor.raw.post(f"/__sandbox/booking/{booking_id}", json={"status": "Cancelled"}).raise_for_status()

    def delete_client(self, client_id: str) -> None:
        headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
        self.vendor.raw.delete(f"/booking/v1/client/{client_id}?ignoreError=true", headers=headers).raise_for_status()


class BookerSystem(System):
    @property
    def store(self) -> StoreRef:
        return StoreRef("10002")

    @property
    def client_id(self) -> str:
        return str(self.vendor.story()["booker"]["clients"]["10002"])

    def spoil_key(self) -> None:
        secrets = {**self.connection.secrets, "subscription_key": WRONG_KEY}
        Connection.objects.filter(pk=self.connection.pk).update(secrets=secrets)

    def move(self, booking_id: str, starts_at: dt.datetime) -> None:
        body = {"startsOn": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}", "anyway": True}
        self.vendor.raw.post(f"/__sandbox/booker/appointment/{booking_id}", json=body).raise_for_status()

    def cancel(self, booking_id: str) -> None:
        body = {"status": "Cancelled"}
        self.vendor.raw.post(f"/__sandbox/booker/appointment/{booking_id}", json=body).raise_for_status()

    def delete_client(self, client_id: str) -> None:
        self.vendor.raw.delete(f"/__sandbox/booker/customer/{client_id}").raise_for_status()
