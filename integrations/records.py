"""What booking systems say, in our words: frozen, complete, safe to store. Ids are the provider's, as text.

Moments are aware and in UTC, durations whole minutes, money a `Decimal` beside its ISO 4217 currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class StoreRecord:
    external_id: str
    name: str
    number: str = ""
    time_zone: str = "UTC"
    currency: str = ""
    country: str = ""
    language: str = ""
    address: str = ""
    phone: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StaffRecord:
    external_id: str
    first_name: str
    last_name: str
    position: str
    login_email: str
    role: str
    is_online: bool


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """Hours a person works, week by week, from `starts_at` up to `ends_at` (None: always, for ever).

    `hours` as in `Store.weekly_hours`, store-local.
    """

    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    hours: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    external_id: str
    name: str
    description: str
    duration: int
    spacing_after: int
    price: Decimal | None
    currency: str
    category_id: str
    is_online: bool
    is_group: bool


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client. Inside a booking she comes with what that booking shows of her, and `modified_at` is None."""

    external_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    mobile_phone: str = ""
    home_phone: str = ""
    language: str = ""
    quick_note: str = ""
    store_id: str = ""
    modified_at: dt.datetime | None = None
    profile: Mapping[str, Any] | None = field(default=None, repr=False)
    """Fields of `ClientProfile`; what is not named was not told. None: nothing was."""
    memberships: tuple[Mapping[str, Any], ...] | None = field(default=None, repr=False)
    """All she has, fields of `Membership`. None: not told."""

    @property
    def is_anonymous(self) -> bool:
        """No name and no contact left: how an anonymised client is recognised (booxi-api.md section 13)."""
        return not (self.first_name or self.last_name or self.email or self.mobile_phone or self.home_phone)


@dataclass(frozen=True, slots=True)
class ClientPage:
    """`size`: how many rows the page had; `total`: how many all pages have, 0 where that was not told."""

    records: list[ClientRecord]
    size: int
    total: int = 0


@dataclass(frozen=True, slots=True)
class ClientLinkRecord:
    client_id: str
    module: str
    external_id: str


@dataclass(frozen=True, slots=True)
class ItemRecord:
    service_id: str
    name: str
    duration: int
    spacing_after: int = 0
    price: Decimal | None = None
    currency: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class BookingRecord:
    external_id: str
    store_id: str
    kind: str
    status: str
    status_text: str
    presence: str
    is_completed: bool
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    staff_id: str
    client: ClientRecord | None
    items: tuple[ItemRecord, ...]
    client_request: str
    quick_note: str
    proposed_times: list[list[str]]
    group_event_id: str
    booked_at: dt.datetime | None
    booked_by_client: bool
    booked_by_id: str
    modified_at: dt.datetime | None
    modified_by_client: bool
    modified_by_id: str
    extra: dict[str, Any]
    others: tuple[TimeSlotRecord, ...] | None = None
    """Parts that somebody else than its own person gives; None where the provider knows no such thing."""


@dataclass(frozen=True, slots=True)
class GroupEventRecord:
    external_id: str
    staff_id: str
    service_id: str
    name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    places: int
    places_taken: int
    is_completed: bool


@dataclass(frozen=True, slots=True)
class TimeSlotRecord:
    external_id: str
    staff_id: str
    kind: str
    label: str
    tags: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    can_modify: bool = True


@dataclass(frozen=True, slots=True)
class TimeSlotDraft:
    """Time to keep busy or to add. `kind`: busy or available; `tags`: separated by commas."""

    store_id: str
    staff_id: str
    kind: str
    label: str
    tags: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(slots=True)
class Batch:
    """What one or more pages brought, with the number of entries that could not be understood."""

    bookings: list[BookingRecord] = field(default_factory=list)
    group_events: list[GroupEventRecord] = field(default_factory=list)
    time_slots: list[TimeSlotRecord] = field(default_factory=list)
    unreadable: int = 0

    def add(self, other: Batch) -> None:
        self.bookings += other.bookings
        self.group_events += other.group_events
        self.time_slots += other.time_slots
        self.unreadable += other.unreadable


@dataclass(frozen=True, slots=True)
class SlotRecord:
    """Any of `staff_ids` can have it; with those in `helped_ids` colleagues give what they do not."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    staff_ids: tuple[str, ...]
    helped_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDraft:
    service_id: str
    duration: int | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BookingDraft:
    """A booking to create. `client.external_id` empty: the provider matches or creates her."""

    store_id: str
    staff_id: str
    starts_at: dt.datetime
    items: tuple[ItemDraft, ...]
    client: ClientRecord
    client_request: str = ""
    quick_note: str = ""
    author_staff_id: str = ""


@dataclass(frozen=True, slots=True)
class BookingPatch:
    """Fields to change; None leaves a field as it is."""

    starts_at: dt.datetime | None = None
    staff_id: str | None = None
    items: tuple[ItemDraft, ...] | None = None
    client_request: str | None = None
    quick_note: str | None = None
    status: str | None = None
    presence: str | None = None
    is_completed: bool | None = None
    author_staff_id: str = ""


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """Where services are given. `service_ids`: those it hosts."""

    external_id: str
    name: str
    capacity: int
    service_ids: tuple[str, ...]
