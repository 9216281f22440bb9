"""One interface over booking systems. An adapter only translates: JSON in, records out, no database."""

from __future__ import annotations

import datetime as dt
import enum
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from integrations.records import (
    Batch,
    BookingDraft,
    BookingPatch,
    BookingRecord,
    CategoryRecord,
    ClientLinkRecord,
    ClientPage,
    ClientRecord,
    RoomRecord,
    ScheduleRecord,
    ServiceRecord,
    SlotRecord,
    StaffRecord,
    StoreRecord,
    TimeSlotDraft,
    TimeSlotRecord,
)


class ClientMerged(Exception):
    """The client lives on under `new_id`."""

    def __init__(self, new_id: str) -> None:
        super().__init__("client merged")
        self.new_id = new_id


class Owner(enum.StrEnum):
    """What, beside clients, a module has numbers for: product ids, employee ids, store numbers."""

    STORE = "store"
    STAFF = "staff"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class StoreRef:
    """A store as the provider knows it, with its own key where it has one."""

    id: str
    key: str = field(default="", repr=False)


class Provider(ABC):
    """Every method is one or more calls over the network.

    All raise `Unavailable`, `Refused` or `Misconfigured` of `bookings.gateway` and nothing else, unless said.

    `reads_by_store`: one list holds all calendars of a store (`store_calendar`), else each person's is read.
    `tells_changes`: lists tell what has changed since a moment (`changed_bookings`, `clients`).
    `needs_store_key`: some calls take a key of the store's own.
    `cannot`: kinds of change it does not take from outside.
    """

    reads_by_store: ClassVar[bool] = False
    tells_changes: ClassVar[bool] = False
    needs_store_key: ClassVar[bool] = False
    cannot: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def stores(self) -> list[StoreRecord]: ...

    @abstractmethod
    def opening_hours(self, store: StoreRef) -> list[dict[str, Any]]:
        """`[{"weekday": 0 = Monday, "start": "09:00", "end": "18:00"}]`, store-local."""

    @abstractmethod
    def staff(self, store_id: str) -> list[StaffRecord]: ...

    @abstractmethod
    def categories(self, store_id: str) -> list[CategoryRecord]: ...

    @abstractmethod
    def services(self, store_id: str) -> list[ServiceRecord]: ...

    def rooms(self, store_id: str) -> list[RoomRecord]:
        """Where services are given; none where the provider keeps them to itself."""
        return []

    @abstractmethod
    def calendar(self, store: StoreRef, staff_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        """One person's calendar from `start` to `end`, page by page."""

    def store_calendar(self, store: StoreRef, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        """Everybody's, where `reads_by_store`."""
        raise NotImplementedError

    def changed_bookings(self, store: StoreRef, since: dt.datetime) -> Iterator[Batch]:
        """Of any day, where `tells_changes`."""
        raise NotImplementedError

    def clients(self, store: StoreRef, since: dt.datetime | None = None) -> Iterator[ClientPage]:
        """A store's clients, all or who has changed since then, page by page, where `tells_changes`."""
        raise NotImplementedError

    @abstractmethod
    def bookings_of(self, client_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        """One client's bookings in every store of the connection, page by page."""

    @abstractmethod
    def booking(self, store: StoreRef, booking_id: str) -> BookingRecord: ...

    @abstractmethod
    def create_booking(self, draft: BookingDraft) -> BookingRecord: ...

    @abstractmethod
    def update_booking(self, store: StoreRef, booking_id: str, patch: BookingPatch) -> BookingRecord: ...

    @abstractmethod
    def create_time_slot(self, draft: TimeSlotDraft) -> TimeSlotRecord: ...

    @abstractmethod
    def delete_time_slot(self, slot_id: str) -> None:
        """One that is gone already is no error."""

    @abstractmethod
    def availability(
        self,
        store: StoreRef,
        service_ids: Sequence[str],
        start: dt.datetime,
        end: dt.datetime,
        staff_ids: Sequence[str] = (),
    ) -> list[SlotRecord]:
        """Free times for the services in that order with one person; `staff_ids` empty: with anyone."""

    @abstractmethod
    def find_clients(self, store_id: str, query: str) -> tuple[list[ClientRecord], list[ClientLinkRecord]]:
        """By e-mail, phone, CRM id or full name, whichever `query` looks like."""

    @abstractmethod
    def client(self, client_id: str) -> ClientRecord:
        """Raises ClientMerged as well."""

    @abstractmethod
    def client_link(self, client_id: str, module: str) -> str:
        """The client's id in `module`, "" when she has none."""

    @abstractmethod
    def offers(self, store: StoreRef, service_ids: Sequence[str]) -> set[tuple[str, str]]:
        """Who does what: (person, service), of those that clients can book online."""

    @abstractmethod
    def schedules(self, staff_id: str) -> list[ScheduleRecord]:
        """When one person works. Empty: the provider tells nothing."""

    # --- clients, on behalf of the customer system ------------------------------------------------------

    @abstractmethod
    def put_client_link(self, client_id: str, module: str, external_id: str, metadata: Mapping[str, str]) -> None:
        """Replace the client's id in `module`; "" takes it away. Refused(ID_TAKEN) when another client has it.

        Raises ClientMerged as well.
        """

    @abstractmethod
    def linked_clients(self, module: str, external_id: str) -> list[ClientRecord]:
        """Whom `module` calls that: at most one in each clientele."""

    @abstractmethod
    def create_client(self, store_id: str, values: Mapping[str, str]) -> ClientRecord:
        """A client of that store. `values` by the names of `ClientRecord`'s fields."""

    @abstractmethod
    def update_client(self, client_id: str, values: Mapping[str, str]) -> ClientRecord:
        """Change the fields given and no others; "" empties one. Raises ClientMerged as well."""

    @abstractmethod
    def delete_client(self, client_id: str) -> None:
        """Refused(STILL_BOOKED) while she has bookings to come. One who is gone already is no error.

        Raises ClientMerged as well.
        """

    # --- numbers of stores, staff and services ----------------------------------------------------------

    @abstractmethod
    def owner_link(self, owner: Owner, owner_id: str, module: str) -> str:
        """Its number in `module`, "" when it has none."""

    @abstractmethod
    def put_owner_link(self, owner: Owner, owner_id: str, module: str, external_id: str) -> None:
        """Replace its number in `module`; "" takes it away."""

    @abstractmethod
    def find_owners(self, owner: Owner, module: str, external_id: str) -> list[str]:
        """The provider's ids of what has that number."""
