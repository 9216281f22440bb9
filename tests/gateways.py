"""A gateway that never leaves the process, for tests of pages that make no call or need one canned answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils import timezone

from bookings.gateway import Freshness, Gateway, GatewayError, Slot
from bookings.models import Change, Service, Status, TimeChange, TimeSlot
from clienteling.models import Client, StaffMember, Store, User


class StillGateway(Gateway):
    """Accepts every change as asked; offers the slots it was given; counts the network calls."""

    calls: list[str] = []
    slots: list[Slot] = []
    error: GatewayError | None = None
    state: Freshness = Freshness("fresh", "Booxi", None)

    @classmethod
    def reset(cls) -> None:
        cls.calls, cls.slots, cls.error = [], [], None
        cls.state = Freshness("fresh", "Booxi", timezone.now())

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.error:
            raise self.error

    def availability(
        self,
        *,
        store: Store,
        services: Sequence[Service],
        start: dt.datetime,
        end: dt.datetime,
        staff: StaffMember | None = None,
    ) -> list[Slot]:
        self._call("availability")
        wanted = [slot for slot in self.slots if start <= slot.starts_at < end]
        return [slot for slot in wanted if staff is None or staff.pk in slot.staff_ids]

    def send(self, change: Change) -> None:
        self._call("send")
        booking, wanted = change.booking, change.wanted
        if change.kind == Change.Kind.BOOK:
            booking.remote_id, booking.status = f"S{booking.pk}", Status.CONFIRMED
        for name in ("client_request", "quick_note", "status", "presence", "is_completed"):
            if name in wanted:
                setattr(booking, name, wanted[name])
        if "starts_at" in wanted:
            length = booking.ends_at - booking.starts_at
            booking.starts_at = dt.datetime.fromisoformat(wanted["starts_at"])
            booking.ends_at = booking.starts_at + length
            booking.staff_id = wanted["staff"]
        booking.modified_at = timezone.now()
        booking.save()

    def send_time(self, change: TimeChange) -> None:
        self._call("send_time")
        if change.removes:
            TimeSlot.objects.filter(remote_id=change.removes).delete()
        if change.kind == TimeChange.Kind.ADD:
            TimeSlot.objects.filter(pk=change.slot_id).update(remote_id=f"T{change.slot_id}")

    def find_clients(self, *, store: Store, query: str) -> int:
        self._call("find_clients")
        return 0

    def freshness(self, *, stores: Sequence[Store]) -> Freshness:
        return self.state

    def day_freshness(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> Freshness:
        return self.state

    def history_freshness(self, *, client: Client) -> Freshness:
        return self.state

    def ask_refresh(self, *, store: Store) -> None:
        """Nothing to ask."""

    def ask_days(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> None:
        """Nothing to ask."""

    def ask_history(self, *, client: Client) -> None:
        """Nothing to ask."""

    def client_changed(self, *, client: Client, before: Mapping[str, str], author: User | None = None) -> None:
        """Nobody to tell."""

    def client_links(self, *, client: Client) -> list[tuple[str, str]]:
        return [("Booxi", "31"), ("demo_crm", "CUST-9")]

    def mirrored_until(self, *, store: Store) -> tuple[dt.date, dt.date]:
        today = store.today()
        return today - dt.timedelta(days=90), today + dt.timedelta(days=60)
