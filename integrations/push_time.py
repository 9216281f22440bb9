"""Busy and extra time out: what a `TimeChange` asks for, in the provider's terms. Looks before it repeats."""

from __future__ import annotations

import datetime as dt

from bookings.gateway import Reason, Refused
from bookings.models import TimeChange, TimeSlot
from integrations import pull
from integrations.providers.base import Provider
from integrations.push import staff_id
from integrations.records import TimeSlotDraft, TimeSlotRecord
from integrations.switchboard import Place


def send(place: Place, provider: Provider, change: TimeChange) -> None:
    """Network. Carry `change` out and mirror the answer. Raises Unavailable, Refused, Misconfigured.

    Booxi has no way to change a time slot (booxi-api.md section 6.2): the new one is made first, then the one it
    takes the place of is removed, so that nobody is bookable in between who should not be.
    """
    if change.kind == TimeChange.Kind.ADD:
        _add(place, provider, change)
    if change.removes:
        provider.delete_time_slot(change.removes)
        pull.remove_time_slot(place.link, change.removes)


def _add(place: Place, provider: Provider, change: TimeChange) -> None:
    slot = change.slot
    if slot is None:
        raise Refused(Reason.GONE)
    if slot.is_accepted:
        return  # accepted before, and only our note of it was lost
    draft = TimeSlotDraft(
        store_id=place.link.external_id,
        staff_id=staff_id(place, change.staff_id),
        kind=slot.kind,
        label=slot.label,
        tags=slot.tags,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
    )
    record = _landed(place, provider, draft, change) if change.attempts > 1 else None
    pull.adopt_time_slot(place.link, slot, record or provider.create_time_slot(draft))


def _landed(place: Place, provider: Provider, draft: TimeSlotDraft, change: TimeChange) -> TimeSlotRecord | None:
    """The time slot an earlier try of `change` made, if it did: the same, and made by no other change of ours."""
    alike = [
        record
        for page in provider.calendar(
            place.ref, draft.staff_id, draft.starts_at, draft.starts_at + dt.timedelta(minutes=1)
        )
        for record in page.time_slots
        if _is_ours(record, draft)
    ]
    others = TimeSlot.objects.filter(store=change.staff.store_id, remote_id__in=[one.external_id for one in alike])
    taken = set(others.filter(changes__kind=TimeChange.Kind.ADD).values_list("remote_id", flat=True))
    known = taken | {change.removes}
    return next((record for record in alike if record.external_id not in known), None)


def _is_ours(record: TimeSlotRecord, draft: TimeSlotDraft) -> bool:
    return (record.kind, record.label, record.starts_at, record.ends_at) == (
        draft.kind,
        draft.label,
        draft.starts_at,
        draft.ends_at,
    )
