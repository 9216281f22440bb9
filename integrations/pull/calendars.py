"""One person's calendar: appointments, group events, time slots."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from django.db import transaction

from bookings.models import Booking, GroupEvent, TimeSlot
from clienteling.models import StaffMember, Store
from integrations.models import ServiceLink, StoreLink
from integrations.pull.bookings import CHUNK, SAID_SO, apply_chunk
from integrations.pull.writing import Ids, News, Outcome, amend, take_turn
from integrations.records import Batch, GroupEventRecord, TimeSlotRecord

Window = tuple[dt.datetime, dt.datetime]


def apply_calendar(
    link: StoreLink,
    staff: StaffMember,
    batch: Batch,
    *,
    start: dt.datetime,
    end: dt.datetime,
    news: News = SAID_SO,
) -> Outcome:
    """One person's whole calendar in [start, end), in one transaction: no half of it is ever visible.

    Slots and events no longer there are removed, unless some entry could not be read: it may be one of them.
    Bookings no longer there are only named (`missing`): they may be cancelled, moved to somebody else or gone, and
    the caller asks for each.
    """
    connection = link.connection
    with transaction.atomic():
        take_turn(connection)
        doubtful = _doubtful_places(link, batch.group_events)
        window = None if batch.unreadable else (start, end)
        counts = _apply_group_events(link, staff, batch.group_events, window)
        counts += _apply_time_slots(link, staff, batch.time_slots, window)
        if counts:
            Store.objects.filter(pk=link.store_id).touch()
        outcome = Outcome(counts)
        for at in range(0, len(batch.bookings), CHUNK):
            outcome.add(apply_chunk(connection, batch.bookings[at : at + CHUNK], news))
        if batch.unreadable:
            outcome.counts["entries unreadable"] += batch.unreadable
        seen = {record.external_id for record in batch.bookings}
        held = (
            Booking.objects.accepted()
            .live()
            .filter(staff=staff, kind="appointment", starts_at__gte=start, starts_at__lt=end)
        )
        outcome.missing = [pk for pk, remote_id in held.values_list("pk", "remote_id") if remote_id not in seen]
        outcome.missing += doubtful
    return outcome


def _doubtful_places(link: StoreLink, records: Sequence[GroupEventRecord]) -> list[int]:
    """Our reservations of events that are not as we hold them: no calendar lists reservations themselves."""
    now = {record.external_id: (record.starts_at, record.places_taken) for record in records}
    held = GroupEvent.objects.filter(store=link.store, remote_id__in=now)
    changed = [row.pk for row in held if (row.starts_at, row.places_taken) != now[row.remote_id]]
    if not changed:
        return []
    return list(Booking.objects.accepted().live().filter(group_event__in=changed).values_list("pk", flat=True))


def _apply_group_events(
    link: StoreLink,
    staff: StaffMember,
    records: Sequence[GroupEventRecord],
    window: Window | None,
) -> Counter[str]:
    services = Ids(ServiceLink, "service", link.connection, [record.service_id for record in records])
    wanted = {
        record.external_id: {
            "staff_id": staff.pk,
            "service_id": services.get(record.service_id),
            "name": record.name,
            "starts_at": record.starts_at,
            "ends_at": record.ends_at,
            "places": record.places,
            "places_taken": record.places_taken,
            "is_completed": record.is_completed,
        }
        for record in records
    }
    return _apply_entries(GroupEvent, "group events", link, staff, wanted, window)


def _apply_time_slots(
    link: StoreLink,
    staff: StaffMember,
    records: Sequence[TimeSlotRecord],
    window: Window | None,
) -> Counter[str]:
    wanted = {
        record.external_id: {
            "staff_id": staff.pk,
            "kind": record.kind,
            "label": record.label,
            "tags": record.tags,
            "can_modify": record.can_modify,
            "starts_at": record.starts_at,
            "ends_at": record.ends_at,
        }
        for record in records
    }
    return _apply_entries(TimeSlot, "time slots", link, staff, wanted, window)


def _apply_entries(
    model: type[GroupEvent] | type[TimeSlot],
    word: str,
    link: StoreLink,
    staff: StaffMember,
    wanted: Mapping[str, Mapping[str, Any]],
    window: Window | None,
) -> Counter[str]:
    """Calendar entries that are known by their remote id; those of `window` that are not wanted go."""
    rows = {row.remote_id: row for row in model.objects.filter(store=link.store, remote_id__in=wanted)}
    fresh: list[Any] = []
    changed: list[Any] = []
    fields: set[str] = set()
    for remote_id, values in wanted.items():
        row = rows.get(remote_id)
        if row is None:
            fresh.append(model(store=link.store, remote_id=remote_id, **values))
        elif differing := amend(row, values):
            changed.append(row)
            fields.update(differing)
    model.objects.bulk_create(fresh)
    if changed:
        model.objects.bulk_update(changed, sorted(fields))
    gone = _unwanted(model, staff, wanted, window) if window else []
    if gone:
        model.objects.filter(pk__in=gone).delete()
    tally = {f"{word} created": len(fresh), f"{word} changed": len(changed), f"{word} removed": len(gone)}
    return Counter({name: count for name, count in tally.items() if count})


def _unwanted(
    model: type[GroupEvent] | type[TimeSlot], staff: StaffMember, wanted: Container[str], window: Window
) -> list[int]:
    """What the provider knew and no longer has; what it has not accepted yet stays."""
    held = model.objects.filter(staff=staff, starts_at__gte=window[0], starts_at__lt=window[1])
    held = held.filter(remote_id__isnull=False, **({"booking": None} if model is TimeSlot else {}))
    return [pk for pk, remote_id in held.values_list("pk", "remote_id") if remote_id not in wanted]


def adopt_time_slot(link: StoreLink, slot: TimeSlot, record: TimeSlotRecord) -> None:
    """The provider accepted `slot`. A copy that a sweep brought in meanwhile gives way."""
    with transaction.atomic():
        take_turn(link.connection)
        TimeSlot.objects.filter(store=link.store_id, remote_id=record.external_id).exclude(pk=slot.pk).delete()
        TimeSlot.objects.filter(pk=slot.pk).update(remote_id=record.external_id, can_modify=record.can_modify)
    slot.refresh_from_db()


def remove_time_slot(link: StoreLink, remote_id: str) -> None:
    """The provider no longer has it."""
    with transaction.atomic():
        take_turn(link.connection)
        TimeSlot.objects.filter(store=link.store_id, remote_id=remote_id).delete()
        Store.objects.filter(pk=link.store_id).touch()
