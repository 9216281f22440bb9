"""Busy and extra time in calendars: what people do with it. Each thing asked for is kept as a `TimeChange` first.

A time slot that the booking system has not accepted yet stands in the calendar as such, and goes if it is refused.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings import sending
from bookings.gateway import get_gateway
from bookings.models import Booking, TimeChange, TimeSlot
from clienteling import audit
from clienteling.models import Deed, StaffMember, User

Span = tuple[dt.datetime, dt.datetime]
SECONDS_AT_ONCE = 2.0  # how long a person waits; what is not sent by then is sent in the background


class Busy(Exception):
    """Another change of this time slot is still open."""


@dataclass(frozen=True, slots=True)
class Time:
    """What to put into the calendar of `staff`: the same at each of `spans` (aware, UTC)."""

    staff: StaffMember
    kind: str
    spans: Sequence[Span]
    label: str = ""
    tags: str = ""


def add(wanted: Time, *, author: User, reference: uuid.UUID) -> list[TimeChange]:
    """Network. Ask for all of it; the same `reference` again finds the first answer and sends nothing."""
    series = reference if len(wanted.spans) > 1 else None
    names = [reference, *(uuid.uuid5(reference, str(number)) for number in range(1, len(wanted.spans)))]
    try:
        with transaction.atomic():
            changes = [
                _asked_for(wanted, span, author=author, reference=name, series=series)
                for name, span in zip(names, wanted.spans, strict=True)
            ]
    except IntegrityError:
        return list(TimeChange.objects.filter(reference__in=names).order_by("starts_at"))
    _send_soon(changes)
    return changes


def _asked_for(
    wanted: Time,
    span: Span,
    *,
    author: User,
    reference: uuid.UUID,
    series: uuid.UUID | None = None,
    replaced: TimeSlot | None = None,
) -> TimeChange:
    slot = TimeSlot.objects.create(
        store_id=wanted.staff.store_id,
        staff=wanted.staff,
        kind=wanted.kind,
        label=wanted.label,
        tags=wanted.tags,
        series=series,
        starts_at=span[0],
        ends_at=span[1],
    )
    removes = (replaced and replaced.remote_id) or ""
    return _begin(slot, TimeChange.Kind.ADD, author=author, reference=reference, removes=removes)


def _begin(slot: TimeSlot, kind: str, *, author: User, reference: uuid.UUID, removes: str) -> TimeChange:
    """Due at once and held by nobody, so that whatever stops us, the worker goes on with it."""
    change = TimeChange.begin(
        kind=kind,
        staff=slot.staff,
        slot=slot,
        removes=removes,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        author=author,
        author_name=str(author),
        reference=reference,
        attempts=0,
    )
    TimeChange.objects.filter(pk=change.pk).update(next_attempt_at=timezone.now())
    audit.record(Deed.TIME_CHANGED, user=author, about=slot.staff, store=slot.store_id, kind=kind)
    return change


def replace(slot: TimeSlot, wanted: Time, *, author: User, reference: uuid.UUID) -> TimeChange:
    """Network. Put `wanted` (one span) in the place of `slot`. Raises Busy."""
    try:
        with transaction.atomic():
            _require_still(slot)
            change = _asked_for(
                wanted, wanted.spans[0], author=author, reference=reference, series=slot.series, replaced=slot
            )
    except IntegrityError:
        return TimeChange.objects.get(reference=reference)
    _send_soon([change])
    return change


def remove(slots: Iterable[TimeSlot], *, author: User) -> list[TimeChange]:
    """Network. Take `slots` out of their calendars; what is being changed already is left alone."""
    changes = []
    for slot in slots:
        try:
            with transaction.atomic():
                _require_still(slot)
                changes.append(
                    _begin(
                        slot,
                        TimeChange.Kind.REMOVE,
                        author=author,
                        reference=uuid.uuid4(),
                        removes=slot.remote_id or "",
                    )
                )
        except (IntegrityError, Busy):
            continue
    _send_soon(changes)
    return changes


def _require_still(slot: TimeSlot) -> None:
    """Nobody else is adding, replacing or removing it. Raises Busy. Inside the caller's transaction."""
    held = TimeSlot.objects.select_for_update().filter(pk=slot.pk, remote_id__isnull=False).exists()
    open_ones = TimeChange.objects.open().filter(removes=slot.remote_id or "", staff=slot.staff_id)
    if not held or open_ones.exists():
        raise Busy


def _send_soon(changes: Sequence[TimeChange]) -> None:
    """As many as a person has patience for."""
    until = time.monotonic() + SECONDS_AT_ONCE
    for change in changes:
        if change.claim(now=timezone.now()):
            send(change)
        if time.monotonic() > until:
            break


def send(change: TimeChange) -> TimeChange:
    """Network. Send an open change that the caller holds, and keep the answer."""
    return sending.carry_out(change, get_gateway().send_time, _end)


def _end(change: TimeChange, *, reason: str, given_up: bool = False) -> None:
    """Refused. What the provider never had goes from the calendar; the row says what was asked for."""
    with transaction.atomic():
        change.mark_refused(now=timezone.now(), reason=reason, given_up=given_up)
        TimeSlot.objects.filter(changes=change, remote_id__isnull=True).delete()
    change.refresh_from_db()


def clashes(wanted: Time, *, user: User) -> list[Booking]:
    """Appointments that stand in the way of keeping `wanted` busy, those `user` may see. Two queries."""
    if wanted.kind != TimeSlot.Kind.BUSY or not wanted.spans:
        return []
    first, last = min(span[0] for span in wanted.spans), max(span[1] for span in wanted.spans)
    rows = Booking.objects.for_user(user).live().filter(staff=wanted.staff).between(first, last)
    found = rows.select_related("client", "store", "group_event").prefetch_related("items").order_by("starts_at")
    return [row for row in found if any(_overlap(row, span) for span in wanted.spans)]


def _overlap(booking: Booking, span: Span) -> bool:
    return bool(booking.starts_at and booking.ends_at and booking.starts_at < span[1] and booking.ends_at > span[0])
