"""What `bookings` needs of a booking system, and the errors it may raise.

`settings.BOOKING_GATEWAY` names the class that does it. Methods that say "network" talk to the provider
and must not be called inside a transaction; all others read our own database only.
"""

from __future__ import annotations

import datetime as dt
import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from bookings.models import Change, Service, TimeChange
    from clienteling.models import Client, StaffMember, Store, User


class Reason(enum.StrEnum):
    """Why a booking system said no. The words for each are in `REASONS`."""

    SLOT_TAKEN = "slot_taken"
    RESOURCE_TAKEN = "resource_taken"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NOT_TODAY = "not_today"
    HAS_PASSED = "has_passed"
    IS_COMPLETED = "is_completed"
    NOT_SCHEDULED = "not_scheduled"
    CANCELLED_BY_CLIENT = "cancelled_by_client"
    CLIENT_BLOCKED = "client_blocked"
    FULL = "full"
    PRESENCE = "presence"
    CHANGED_MEANWHILE = "changed_meanwhile"
    GONE = "gone"
    ID_TAKEN = "id_taken"
    STILL_BOOKED = "still_booked"
    NOT_OURS = "not_ours"
    NO_CALENDAR = "no_calendar"
    NOT_SUPPORTED = "not_supported"
    INVALID = "invalid"
    OTHER = "other"


REASONS = {
    Reason.SLOT_TAKEN: _("That time has just been taken, or is outside the person's hours."),
    Reason.RESOURCE_TAKEN: _("The room or equipment it needs is not free at that time."),
    Reason.TOO_EARLY: _("The store does not take bookings at such short notice."),
    Reason.TOO_LATE: _("The store does not take bookings that far ahead."),
    Reason.NOT_TODAY: _("The booking system records arrivals and no-shows only on the day itself."),
    Reason.HAS_PASSED: _("The appointment is in the past, and the booking system no longer changes it."),
    Reason.IS_COMPLETED: _("The appointment is completed. Undo that first, then change it."),
    Reason.NOT_SCHEDULED: _("The appointment has no time yet. Choose one first."),
    Reason.CANCELLED_BY_CLIENT: _(
        "The client has cancelled it herself. Make a new booking if she has changed her mind."
    ),
    Reason.CLIENT_BLOCKED: _("The booking system does not take bookings for this client."),
    Reason.FULL: _("There are not enough places left."),
    Reason.PRESENCE: _("The client's presence does not allow this. Set her back to expected first."),
    Reason.CHANGED_MEANWHILE: _(
        "Somebody changed this booking in the meantime. Here is how it is now; please look and try again."
    ),
    Reason.GONE: _("The booking system no longer has this booking."),
    Reason.ID_TAKEN: _("Somebody else has that customer number in the booking system."),
    Reason.STILL_BOOKED: _("She still has bookings to come."),
    Reason.NOT_OURS: _("That time comes from another calendar. It can only be changed there."),
    Reason.NO_CALENDAR: _("This person has no calendar in the booking system."),
    Reason.NOT_SUPPORTED: _("This store’s booking system takes that only in its own calendar. Please do it there."),
    Reason.INVALID: _("The booking system did not accept the details. Please check them."),
    Reason.OTHER: _("The booking system refused it without saying why we could understand."),
}


class GatewayError(Exception):
    """Something went wrong on the way to the booking system. Its text carries no personal data."""


class Unavailable(GatewayError):
    """No answer, or none that could be understood: ask again later.

    `maybe_done`: the provider may have carried the call out. `retry_after`: seconds it asked us to wait.
    """

    def __init__(self, message: str, *, maybe_done: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        self.retry_after = retry_after


class Refused(GatewayError):
    """The provider answered no: tell the person, with `reason`."""

    def __init__(self, reason: Reason, message: str = "") -> None:
        super().__init__(message or reason.value)
        self.reason = reason


class Misconfigured(GatewayError):
    """The connection is not set up right (wrong key, unknown store): tell head office."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time at which all wanted services can start, in a row, with any of `staff_ids` (ours). Aware, UTC.

    With those in `helped_ids` colleagues give the services that they do not.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    staff_ids: tuple[int, ...]
    helped_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """How true the mirror is for what a page shows.

    `state`: "fresh"; "catching_up" (being read, or older than it should be and asked for); "unreachable";
    "misconfigured"; "unconnected" (no booking system). `as_of`: the moment up to which the mirror was proven
    right, None when never. `done`, `total`: progress of what is being read, in steps, total 0 when nothing is.
    """

    state: str
    provider: str = ""
    as_of: dt.datetime | None = None
    done: int = 0
    total: int = 0


class Gateway(ABC):
    """One door to every booking system; each store's own is found behind it."""

    @abstractmethod
    def availability(
        self,
        *,
        store: Store,
        services: Sequence[Service],
        start: dt.datetime,
        end: dt.datetime,
        staff: StaffMember | None = None,
    ) -> list[Slot]:
        """Network. Live free times in [start, end) for `services` in that order, soonest first.

        Raises Unavailable, Refused (a service cannot be booked), Misconfigured.
        """

    @abstractmethod
    def send(self, change: Change) -> None:
        """Network. Carry `change` out and write the provider's answer to the mirror.

        From the second attempt on it looks first whether an earlier one arrived after all. Returning means:
        the provider has accepted it, and the booking row says what it says. Raises Unavailable, Refused,
        Misconfigured; the mirror is then as the provider has it, as far as known.
        """

    @abstractmethod
    def send_time(self, change: TimeChange) -> None:
        """Network. As `send`, for busy and extra time in a calendar."""

    @abstractmethod
    def find_clients(self, *, store: Store, query: str) -> int:
        """Network. Look in the booking system for clients by e-mail, phone, full name or CRM id, and mirror them.

        Returns how many were found. Raises Unavailable, Refused (nothing one can search by), Misconfigured.
        """

    @abstractmethod
    def freshness(self, *, stores: Sequence[Store]) -> Freshness:
        """The least fresh of `stores`, for the window that is always mirrored. At most 3 queries."""

    @abstractmethod
    def day_freshness(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> Freshness:
        """As `freshness`, for one calendar and any dates, also those outside the mirrored window."""

    @abstractmethod
    def history_freshness(self, *, client: Client) -> Freshness:
        """As `freshness`, for the older bookings of one client."""

    @abstractmethod
    def ask_refresh(self, *, store: Store) -> None:
        """Have `store` read again soon, in the background. Cheap, and harmless when asked for often."""

    @abstractmethod
    def ask_days(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> None:
        """Have one calendar outside the mirrored window read soon, in the background."""

    @abstractmethod
    def ask_history(self, *, client: Client) -> None:
        """Have a client's details and older bookings read soon, in the background."""

    @abstractmethod
    def client_changed(self, *, client: Client, before: Mapping[str, str], author: User | None = None) -> None:
        """Somebody here changed these fields of hers (name -> what stood there): have it told to who else knows her.

        In the caller's transaction; the telling itself happens in the background.
        """

    @abstractmethod
    def client_links(self, *, client: Client) -> list[tuple[str, str]]:
        """What other systems call her: (system, id), by system."""

    @abstractmethod
    def mirrored_until(self, *, store: Store) -> tuple[dt.date, dt.date]:
        """First and last local day of the window that is always mirrored."""


@cache
def _gateway(path: str) -> Gateway:
    gateway: Gateway = import_string(path)()
    return gateway


def get_gateway() -> Gateway:
    return _gateway(settings.BOOKING_GATEWAY)
