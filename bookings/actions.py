"""What people do with bookings. Every page, task and API call goes through here.

Each action keeps what was asked for as a `Change` first, sends it with no transaction open, and returns the
change with the provider's answer: DONE, REFUSED (with a reason) or UNCONFIRMED (the sweep goes on asking).

Keys of `Change.wanted` (and of `before`), all optional: `starts_at` (ISO 8601, UTC), `staff` (our id), `items`
([{"service", "duration", "price"}], our ids, minutes, decimal string), `client_request`, `quick_note`,
`status`, `presence`, `is_completed`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings import rules, sending
from bookings.gateway import get_gateway
from bookings.models import Booking, BookingItem, Change, Presence, Service, Status
from clienteling import audit
from clienteling.models import Client, Deed, StaffMember, Store
from clienteling.permissions import person_of

if TYPE_CHECKING:
    from clienteling.permissions import Author


class Busy(Exception):
    """Another change of this booking is still open; `change` says whose and since when."""

    def __init__(self, change: Change | None) -> None:
        super().__init__("another change is open")
        self.change = change


class Settled(Busy):
    """What was waiting has been decided meanwhile; `change` says by whom, None where it was not done here."""


@dataclass(frozen=True, slots=True)
class Item:
    """A service of a booking as asked for: minutes, and a price where it differs from the catalogue's."""

    service: Service
    duration: int
    price: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        price = None if self.price is None else str(self.price)
        return {"service": self.service.pk, "duration": self.duration, "price": price}


def item_of(service: Service) -> Item:
    """`service` as the catalogue has it."""
    return Item(service=service, duration=service.duration, price=service.price)


def book(
    *,
    store: Store,
    client: Client,
    services: Sequence[Service],
    staff: StaffMember,
    starts_at: dt.datetime,
    author: Author,
    client_request: str = "",
    quick_note: str = "",
    reference: uuid.UUID | None = None,
) -> Change:
    """Ask the booking system for a booking. The same `reference` again finds the first answer and sends nothing.

    `client` may be new and unknown to the provider: it matches or creates her and the answer says who she is.
    """
    reference = reference or uuid.uuid4()
    wanted = {
        "starts_at": _iso(starts_at),
        "staff": staff.pk,
        "items": [item_of(service).as_json() for service in services],
        "client_request": client_request,
        "quick_note": quick_note,
    }
    try:
        with transaction.atomic():
            booking = _new_booking(store, client, services, staff, starts_at, client_request, quick_note, author)
            change = _begin(booking, Change.Kind.BOOK, wanted=wanted, author=author, reference=reference)
    except IntegrityError:
        return Change.objects.get(reference=reference)
    return send(change)


def _new_booking(
    store: Store,
    client: Client,
    services: Sequence[Service],
    staff: StaffMember,
    starts_at: dt.datetime,
    client_request: str,
    quick_note: str,
    author: Author,
) -> Booking:
    """The row of a booking nobody has accepted yet."""
    booking = Booking.objects.create(
        store=store,
        client=client,
        staff=staff,
        starts_at=starts_at,
        ends_at=starts_at + length(services),
        client_request=client_request,
        quick_note=quick_note,
        booked_by=author.member_in(store),
    )
    BookingItem.objects.bulk_create(
        BookingItem(
            booking=booking,
            position=position,
            service=service,
            name=service.name,
            duration=service.duration,
            spacing_after=service.spacing_after,
            price=service.price,
            currency=service.currency,
        )
        for position, service in enumerate(services)
    )
    return booking


def length(services: Iterable[Service]) -> dt.timedelta:
    """Durations and spacings, except the last spacing (booxi-api.md section 8)."""
    rows = list(services)
    minutes = sum(service.duration + service.spacing_after for service in rows)
    return dt.timedelta(minutes=minutes - rows[-1].spacing_after)


def move(
    booking: Booking,
    *,
    starts_at: dt.datetime,
    staff: StaffMember,
    author: Author,
    seen_at: dt.datetime | None = None,
    reference: uuid.UUID | None = None,
) -> Change:
    """Another time, another person, or both. Raises Busy."""
    wanted = {"starts_at": _iso(starts_at), "staff": staff.pk}
    before = {"starts_at": _iso(booking.starts_at), "staff": booking.staff_id}
    return _change(booking, Change.Kind.MOVE, wanted, before, author, seen_at, reference)


def edit(
    booking: Booking,
    *,
    author: Author,
    items: Sequence[Item] | None = None,
    client_request: str | None = None,
    quick_note: str | None = None,
    seen_at: dt.datetime | None = None,
    reference: uuid.UUID | None = None,
) -> Change:
    """Other services, durations, prices or words. None: leave as it is. Raises Busy."""
    wanted: dict[str, Any] = {}
    before: dict[str, Any] = {}
    if items is not None:
        wanted["items"] = [item.as_json() for item in items]
        before["items"] = [
            {
                "service": item.service_id,
                "duration": item.duration,
                "price": None if item.price is None else str(item.price),
            }
            for item in booking.item_list
        ]
    for name, value in (("client_request", client_request), ("quick_note", quick_note)):
        if value is not None:
            wanted[name], before[name] = value, getattr(booking, name)
    return _change(booking, Change.Kind.EDIT, wanted, before, author, seen_at, reference)


# --- what waits for a person -----------------------------------------------------------------------------


def dispatch(
    booking: Booking,
    *,
    starts_at: dt.datetime,
    staff: StaffMember,
    author: Author,
    proposal: bool = False,
    seen_at: dt.datetime | None = None,
    reference: uuid.UUID | None = None,
) -> Change:
    """Give what waits to `staff` at that time, confirmed; or, as a `proposal`, ask the client about it first.

    Time, person and status go in one change, so that no half of it can stand. Raises Busy and Settled.
    """
    status = Status.AWAITING_CLIENT if proposal else Status.CONFIRMED
    wanted = {"starts_at": _iso(starts_at), "staff": staff.pk, "status": status.value}
    before = {"starts_at": _iso(booking.starts_at), "staff": booking.staff_id, "status": booking.status}
    kind = Change.Kind.PROPOSE if proposal else Change.Kind.DISPATCH
    return _change(booking, kind, wanted, before, author, seen_at, reference)


def decline(
    booking: Booking,
    *,
    reason: str,
    author: Author,
    seen_at: dt.datetime | None = None,
    reference: uuid.UUID | None = None,
) -> Change:
    """Say no to what waits. Raises Busy and Settled.

    No provider has a field for the reason (booxi-api.md sections 7 and 9): it is kept in the staff's quick note.
    """
    wanted = {"status": Status.CANCELLED.value}
    before = {"status": booking.status}
    if reason:
        wanted["quick_note"] = "\n".join(filter(None, [booking.quick_note, reason]))
        before["quick_note"] = booking.quick_note
    return _change(booking, Change.Kind.DECLINE, wanted, before, author, seen_at, reference)


# What each of these kinds makes of the three facts (booxi-api.md section 9).
OUTCOMES: dict[str, dict[str, Any]] = {
    Change.Kind.CONFIRM: {"status": Status.CONFIRMED},
    Change.Kind.CANCEL: {"status": Status.CANCELLED},
    Change.Kind.ARRIVE: {"presence": Presence.ARRIVED},
    Change.Kind.NO_SHOW: {"presence": Presence.NO_SHOW},
    Change.Kind.COMPLETE: {"presence": Presence.ARRIVED, "is_completed": True},
}


def _undone(booking: Booking) -> dict[str, Any]:
    """One step back: completed to arrived, arrived or no-show to expected."""
    if booking.is_completed:
        return {"is_completed": False, "presence": Presence.ARRIVED}
    return {"presence": Presence.EXPECTING}


def set_state(
    booking: Booking,
    *,
    kind: str,
    author: Author,
    seen_at: dt.datetime | None = None,
    reference: uuid.UUID | None = None,
) -> Change:
    """Confirm, cancel, arrived, no-show, complete, or one step back (undo). Raises Busy."""
    wanted = _undone(booking) if kind == Change.Kind.UNDO else OUTCOMES[kind]
    before = {name: getattr(booking, name) for name in wanted}
    return _change(booking, kind, dict(wanted), before, author, seen_at, reference)


def _change(
    booking: Booking,
    kind: str,
    wanted: dict[str, Any],
    before: dict[str, Any],
    author: Author,
    seen_at: dt.datetime | None,
    reference: uuid.UUID | None,
) -> Change:
    reference = reference or uuid.uuid4()
    seen_at = seen_at or booking.modified_at
    try:
        with transaction.atomic():
            change = _begin(
                booking,
                kind,
                wanted=wanted,
                before=before,
                seen_at=seen_at,
                author=author,
                reference=reference,
            )
            if kind in rules.DECISIONS:
                _check_still_waiting(booking)
    except IntegrityError:
        known = Change.objects.filter(reference=reference).first()
        if known:
            return known
        in_the_way = booking.changes.open().first()
        if in_the_way is None and kind in rules.DECISIONS:
            _check_still_waiting(booking)  # it has been answered since
        raise Busy(in_the_way) from None
    return send(change)


def _check_still_waiting(booking: Booking) -> None:
    """Once the one open change is ours nobody else can settle it; but somebody may have, since `booking` was read."""
    now = Booking.objects.get(pk=booking.pk)
    if not now.is_waiting:
        raise Settled(now.changes.filter(state=Change.State.DONE).select_related("booking__staff").first())


def _begin(booking: Booking, kind: str, *, author: Author, **fields: Any) -> Change:
    change = Change.begin(booking=booking, kind=kind, author=person_of(author), author_name=str(author), **fields)
    where = {"client": booking.client_id, "store": booking.store_id}
    audit.record(Deed.BOOKING_CHANGED, user=author, about=booking, kind=kind, **where)
    return change


def send(change: Change) -> Change:
    """Network. Send an open change that the caller holds (just begun, or claimed), and keep the answer."""
    return sending.carry_out(change, get_gateway().send, _end)


def _end(change: Change, *, reason: str, given_up: bool = False) -> None:
    """Refused. A booking the provider never had is not a booking; the row stays only to show what was asked for."""
    with transaction.atomic():
        change.mark_refused(now=timezone.now(), reason=reason, given_up=given_up)
        if change.kind == Change.Kind.BOOK:
            Booking.objects.filter(pk=change.booking_id, remote_id__isnull=True).update(status=Status.REFUSED)
            change.booking.refresh_from_db()


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None
