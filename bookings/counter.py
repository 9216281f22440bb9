"""What forms at the counter lead to: each to one booking or one change at most, however often it is sent.

A new client is left behind only where something is booked for her.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import actions, rules, wording
from bookings.gateway import Reason
from bookings.models import Booking, Change, Service, Status
from clienteling import audit
from clienteling.models import Client, Consent, Deed, StaffMember, Store

if TYPE_CHECKING:
    from clienteling.permissions import Author

LONGEST_CHAIN = 50
MOVES = (Change.Kind.MOVE, Change.Kind.DISPATCH, Change.Kind.PROPOSE)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A client as typed, who is a row only once something is booked for her."""

    first_name: str
    last_name: str
    email: str
    phone: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Order:
    """All of a booking that a person decided."""

    client: Client | Newcomer
    services: Sequence[Service]
    staff: StaffMember
    starts_at: dt.datetime
    client_request: str
    quick_note: str


def latest(reference: uuid.UUID) -> tuple[uuid.UUID, Change | None]:
    """Where the form with `reference` has come to: the reference to go on with, and what it has led to.

    A refused change ends its reference; the next one follows from it, the same whichever page the person went
    back to. So the tries of one form are one chain, and end in at most one booking.
    """
    for _attempt in range(LONGEST_CHAIN):
        known = Change.objects.filter(reference=reference).select_related("booking").first()
        if known is None or known.state not in (Change.State.REFUSED, Change.State.GIVEN_UP):
            return reference, known
        reference = uuid.uuid5(reference, "again")
    return uuid.uuid4(), None


def place(order: Order, *, store: Store, author: Author, reference: uuid.UUID) -> Change:
    """Book. A client who is new is kept only when the booking may come about."""
    newcomer = _welcome(order.client, store, author) if isinstance(order.client, Newcomer) else None
    change = actions.book(
        store=store,
        client=newcomer or order.client,  # type: ignore[arg-type]
        services=order.services,
        staff=order.staff,
        starts_at=order.starts_at,
        author=author,
        client_request=order.client_request,
        quick_note=order.quick_note,
        reference=reference,
    )
    if newcomer:
        _let_go_unless_needed(newcomer, change)
    return change


def _welcome(newcomer: Newcomer, store: Store, author: Author) -> Client:
    client = Client.objects.create(
        first_name=newcomer.first_name,
        last_name=newcomer.last_name,
        email=newcomer.email,
        mobile_phone=newcomer.phone,
        language=store.language,
        consent=newcomer.consent,
        consent_at=timezone.now(),
    )
    client.know_in(store)
    audit.record(Deed.CLIENT_ADDED, user=author, client=client, store=store, about=client)
    return client


def _let_go_unless_needed(client: Client, change: Change) -> None:
    """Not needed: the booking was refused, a second click came too late, or the booking system knew her already."""
    if client.bookings.exclude(status=Status.REFUSED).exists():
        return
    client.delete()
    change.booking.refresh_from_db(fields=["client"])


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a form: `refusal` says why not, "" where it was done or is under way; `code` is for machines.

    `change` is None where nothing was sent. `reference` is the one to go on with after a refusal.
    """

    reference: uuid.UUID
    change: Change | None = None
    refusal: str = ""
    code: str = ""


def attempt(
    booking: Booking,
    *,
    kind: str,
    reference: uuid.UUID,
    send: Callable[[uuid.UUID], Change],
    seen_at: dt.datetime | None = None,
) -> Attempt:
    """Change `booking` by `send`, unless the form has led to something already or the rules are against it.

    With `seen_at`, the `modified_at` of the booking on the page it comes from, a move that follows a move which that
    page did not show yet is not sent either.
    """
    reference, known = latest(reference)
    if known and known.booking_id != booking.pk:
        return Attempt(
            uuid.uuid4(), refusal=_("That page was out of date. Please look it over and try again."), code="out_of_date"
        )
    if known:
        return Attempt(reference, known)
    if kind not in possible(booking):
        return Attempt(reference, refusal=why_not(booking, kind), code="not_possible")
    faster = _moved_since(booking, seen_at) if seen_at else None
    if faster:
        return Attempt(reference, refusal=wording.settled(faster), code="settled")
    try:
        change = send(reference)
    except actions.Busy as error:
        return Attempt(reference, refusal=wording.busy(error), code="busy")
    if change.state == Change.State.REFUSED:
        return Attempt(latest(reference)[0], change, _refusal(change), change.reason)
    return Attempt(reference, change)


def why_not(booking: Booking, kind: str) -> str:
    """Why nothing was sent; for what somebody else has decided already, by whom."""
    if kind not in rules.DECISIONS:
        return wording.why_not(booking, kind)
    # An open one as well: its answer shows in the booking a moment before it is noted on the change.
    carried_out = booking.changes.exclude(state__in=[Change.State.REFUSED, Change.State.GIVEN_UP])
    return wording.settled(carried_out.select_related("booking__staff").first())


def _moved_since(booking: Booking, seen_at: dt.datetime) -> Change | None:
    """The move by somebody here that a page which showed the booking as of `seen_at` cannot have shown."""
    if booking.modified_at <= seen_at:
        return None
    moves = booking.changes.filter(kind__in=MOVES, state=Change.State.DONE, answered_at__gte=seen_at)
    return moves.select_related("booking__staff").first()


def _refusal(change: Change) -> str:
    """Why not; where somebody here was faster, by whom."""
    if change.reason != Reason.CHANGED_MEANWHILE:
        return wording.refused(change)
    others = change.booking.changes.filter(
        state=Change.State.DONE, answered_at__gte=change.seen_at or change.created_at
    )
    faster = others.exclude(pk=change.pk).select_related("booking__staff").first()
    return wording.settled(faster) if faster else wording.refused(change)


def possible(booking: Booking) -> list[str]:
    """What may be done with `booking` now."""
    return [*rules.possible(booking, now=timezone.now()), *rules.decisions(booking)]
