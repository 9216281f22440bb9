"""Bookings, as the provider has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, BookingItem, GroupEvent, TimeSlot
from clienteling.models import Client, Store
from integrations.models import ClientLink, Connection, Difference, ServiceLink, StaffLink, StoreLink
from integrations.pull.clients import fold, know_in_stores, known_clients, outdated
from integrations.pull.parts import apply_parts
from integrations.pull.writing import Ids, News, Outcome, Verdict, amend, as_text, differences, take_turn
from integrations.records import BookingRecord, ClientRecord, ItemRecord

CHUNK = 500
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
GONE = "gone"  # what a booking's status is called that the provider no longer has
SAID_SO = News()


@dataclass(slots=True)
class Names:
    """What a batch of records calls our rows. `clients`: of those known so far."""

    stores: Ids
    staff: Ids
    services: Ids
    group_events: dict[tuple[int, str], int]
    clients: dict[str, int]
    forgotten: set[int] = field(default_factory=set)  # of those clients


def apply_bookings(
    connection: Connection, records: Sequence[BookingRecord], news: News = SAID_SO, known: Names | None = None
) -> Outcome:
    """Bookings as the provider has them, in chunks of one transaction each. `known`: looked up in this turn already."""
    outcome = Outcome()
    for start in range(0, len(records), CHUNK):
        with transaction.atomic():
            take_turn(connection)
            outcome.add(apply_chunk(connection, records[start : start + CHUNK], news, known))
    return outcome


def apply_last_word(connection: Connection, booking: Booking, record: BookingRecord, news: News = SAID_SO) -> Outcome:
    """What the provider answered when asked about `booking`, as we held it before asking.

    It is right even where its time is older than ours, as when a clock was set wrong once: else that booking would
    stay as it is until time has caught up. Unless newer news has come since we asked.
    """
    with transaction.atomic():
        take_turn(connection)
        if record.modified_at:
            untouched = Booking.objects.filter(pk=booking.pk, modified_at=booking.modified_at)
            untouched.filter(modified_at__gt=record.modified_at).update(modified_at=record.modified_at)
        return apply_chunk(connection, [record], news)


@dataclass(slots=True)
class _Sheet:
    """What is to be written for one chunk."""

    fresh: list[tuple[Booking, BookingRecord]] = field(default_factory=list)
    changed: list[tuple[Booking, BookingRecord]] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    left: set[int] = field(default_factory=set)  # clients whose booking is somebody else's now


def apply_chunk(
    connection: Connection, records: Sequence[BookingRecord], news: News = SAID_SO, known: Names | None = None
) -> Outcome:
    """At most `CHUNK` records, inside the caller's transaction and turn."""
    known = known or names_in(connection, records)
    _meet_clients(connection, records, known)
    placed: dict[tuple[int, str], BookingRecord] = {}
    outcome = Outcome()
    for record in records:
        store = known.stores.get(record.store_id)
        if store:
            placed[(store, record.external_id)] = record
        else:
            outcome.verdicts[record.external_id] = Verdict.UNPLACED
            outcome.counts["bookings skipped"] += 1
    rows = _mirrored(placed)
    sheet = _Sheet()
    for key, record in placed.items():
        outcome.verdicts[record.external_id] = _judge(connection, sheet, rows.get(key), record, key[0], known, news)
    _write_bookings(sheet, known)
    known_rows = rows | {(row.store_id, record.external_id): row for row, record in sheet.fresh}
    # What is older than what is here says nothing of its parts either.
    old = {key for key, verdict in outcome.verdicts.items() if verdict in (Verdict.OLDER, Verdict.UNSURE)}
    told = {
        known_rows[key]: one.others
        for key, one in placed.items()
        if one.others is not None and key in known_rows and one.external_id not in old
    }
    outcome.counts.update(apply_parts(connection, told))
    outcome.places = {key: (row.pk, row.client_id) for (_store, key), row in known_rows.items()}
    if not news.first:
        outcome.clients = _doubtful_clients(connection, sheet, records, known)
    tally = {"bookings created": len(sheet.fresh), "bookings changed": len(sheet.changed), "bookings seen": len(placed)}
    outcome.counts.update(tally)
    return outcome


def _judge(
    connection: Connection,
    sheet: _Sheet,
    row: Booking | None,
    record: BookingRecord,
    store: int,
    known: Names,
    news: News,
) -> Verdict:
    """Decide on one record, and put what has to be written on the sheet."""
    values = _booking_values(record, store, known)
    if row is None:
        return _enter(connection, sheet, Booking(remote_id=record.external_id, **values), record, known, news)
    if record.modified_at is not None and record.modified_at < row.modified_at:
        return Verdict.OLDER
    differing = differences(row, values)
    items_differ = _items_differ(row, record, known)
    if not differing and not items_differ:
        return Verdict.UNCHANGED
    if not news.certain and _cannot_tell(row, record):
        return Verdict.UNSURE
    texts = _texts(row, values, differing) + ([("items", *_item_texts(row, record))] if items_differ else [])
    said = _said(record, known)
    if "client_id" in differing and row.client_id:
        sheet.left.add(row.client_id)
    sheet.differences += [
        news.difference(connection, record.external_id, booking=row, field=name, before=before, after=after, **said)
        for name, before, after in texts
    ]
    amend(row, values)
    sheet.changed.append((row, record))
    sheet.fields.update(differing)
    return Verdict.APPLIED


def _cannot_tell(row: Booking, record: BookingRecord) -> bool:
    """Whether `record` is the newer of the two. What the provider no longer had when asked, old news may still name."""
    return record.modified_at is None or record.modified_at == row.modified_at or row.status_text == GONE


def _doubtful_clients(
    connection: Connection, sheet: _Sheet, records: Sequence[BookingRecord], known: Names
) -> set[str]:
    """Who has to be read again: shown otherwise than we know her, or without a booking she had (merged, perhaps)."""
    left = ClientLink.objects.filter(connection=connection, module="", client__in=sheet.left)
    gone = set(left.values_list("external_id", flat=True)) if sheet.left else set()
    return gone | outdated(known.clients, [record.client for record in records if record.client])


def _enter(
    connection: Connection, sheet: _Sheet, row: Booking, record: BookingRecord, known: Names, news: News
) -> Verdict:
    if not news.certain and record.modified_at is None:
        return Verdict.UNSURE
    sheet.fresh.append((row, record))
    if not news.first:
        sheet.differences.append(
            news.difference(
                connection, record.external_id, booking=row, field="created", **_said(record, known, new=True)
            )
        )
    return Verdict.CREATED


# Not worth a line of its own in the record: they follow from the change itself.
UNRECORDED = frozenset({"modified_at", "modified_by_client", "modified_by_id", "extra", "booked_at"})


def _texts(row: Booking, values: Mapping[str, Any], differing: Sequence[str]) -> list[tuple[str, str, str]]:
    """Field, value before, value after."""
    told = [name for name in differing if name not in UNRECORDED]
    return [(name.removesuffix("_id"), as_text(getattr(row, name)), as_text(values[name])) for name in told]


def _item_texts(row: Booking, record: BookingRecord) -> tuple[str, str]:
    held, wanted = row.item_list, record.items
    return ", ".join(_item_text(item) for item in held), ", ".join(_item_text(item) for item in wanted)


def _item_text(item: BookingItem | ItemRecord) -> str:
    price = "" if item.price is None else f" {item.price:.2f} {item.currency}".rstrip()
    return f"{item.name} {item.duration}'{price}"


def _said(record: BookingRecord, known: Names, *, new: bool = False) -> dict[str, Any]:
    """Who said so at the provider, and when."""
    by_client = record.booked_by_client if new else record.modified_by_client
    member = known.staff.get(record.booked_by_id if new else record.modified_by_id)
    said_at = record.booked_at if new else record.modified_at
    return {"said_at": said_at or record.modified_at, "said_by_id": member, "said_by_client": by_client}


def names_in(connection: Connection, records: Sequence[BookingRecord]) -> Names:
    """What is known of what `records` name; nothing is written."""
    staff = {one for record in records for one in (record.staff_id, record.booked_by_id, record.modified_by_id)}
    stores = Ids(StoreLink, "store", connection, {record.store_id for record in records})
    events = {record.group_event_id for record in records if record.group_event_id}
    rows = GroupEvent.objects.filter(store__in=stores.found.values(), remote_id__in=events) if events else []
    people = {record.client.external_id for record in records if record.client}
    return Names(
        stores=stores,
        staff=Ids(StaffLink, "staff", connection, staff),
        services=Ids(ServiceLink, "service", connection, {item.service_id for r in records for item in r.items}),
        group_events={(row.store_id, row.remote_id): row.pk for row in rows},
        clients=dict(Ids(ClientLink, "client", connection, people).found),
    )


def _meet_clients(connection: Connection, records: Sequence[BookingRecord], known: Names) -> None:
    """Whom `records` name and nobody knows yet is entered."""
    people = {record.client.external_id: record.client for record in records if record.client}
    known.clients |= known_clients(connection, list(people.values()), known.clients)
    here = [known.clients[key] for key in people]
    forgotten = Client.objects.filter(pk__in=here, anonymised_at__isnull=False).order_by()
    known.forgotten |= set(forgotten.values_list("pk", flat=True))


def _mirrored(placed: Mapping[tuple[int, str], BookingRecord]) -> dict[tuple[int, str], Booking]:
    rows = Booking.objects.filter(
        store__in={store for store, _ in placed}, remote_id__in={remote_id for _, remote_id in placed}
    ).prefetch_related("items")
    return {(row.store_id, row.remote_id or ""): row for row in rows}


# What the provider may still show of a client who was forgotten here does not come back (`Booking.forget_words`).
NO_WORDS: Mapping[str, Any] = {"client_request": "", "quick_note": "", "extra": {}}


def _booking_values(record: BookingRecord, store: int, known: Names) -> dict[str, Any]:
    booked_at = record.booked_at or record.modified_at or record.starts_at or timezone.now()
    client = known.clients.get(record.client.external_id) if record.client else None
    values = {
        "store_id": store,
        "client_id": client,
        "staff_id": known.staff.get(record.staff_id),
        "group_event_id": known.group_events.get((store, record.group_event_id)),
        "kind": record.kind,
        "status": record.status,
        "status_text": record.status_text,
        "presence": record.presence,
        "is_completed": record.is_completed,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "proposed_times": record.proposed_times,
        "client_request": record.client_request,
        "quick_note": record.quick_note,
        "booked_at": booked_at,
        "booked_by_client": record.booked_by_client,
        "booked_by_id": known.staff.get(record.booked_by_id),
        "modified_at": record.modified_at or booked_at,
        "modified_by_client": record.modified_by_client,
        "modified_by_id": known.staff.get(record.modified_by_id),
        "extra": record.extra,
    }
    return {**values, **NO_WORDS} if client in known.forgotten else values


def _item_values(item: ItemRecord, known: Names) -> tuple[Any, ...]:
    service = known.services.get(item.service_id)
    return (service, item.name, item.duration, item.spacing_after, item.price, item.currency, item.room)


def _items_differ(row: Booking, record: BookingRecord, known: Names) -> bool:
    held = [
        (item.service_id, item.name, item.duration, item.spacing_after, item.price, item.currency, item.room)
        for item in row.item_list
    ]
    return held != [_item_values(item, known) for item in record.items]


def _write_bookings(sheet: _Sheet, known: Names) -> None:
    Booking.objects.bulk_create([row for row, _ in sheet.fresh])
    if sheet.fields:
        Booking.objects.bulk_update([row for row, _ in sheet.changed], sorted(sheet.fields), batch_size=100)
    replaced = [(row, record) for row, record in sheet.changed if _items_differ(row, record, known)]
    BookingItem.objects.filter(booking__in=[row for row, _ in replaced]).delete()
    BookingItem.objects.bulk_create(
        BookingItem(
            booking=row,
            position=position,
            service_id=service,
            name=name,
            duration=duration,
            spacing_after=spacing,
            price=price,
            currency=currency,
            room=room,
        )
        for row, record in [*sheet.fresh, *replaced]
        for position, item in enumerate(record.items)
        for service, name, duration, spacing, price, currency, room in [_item_values(item, known)]
    )
    Difference.objects.bulk_create(sheet.differences)
    known_in = {(row.client_id, row.store_id) for row, _ in [*sheet.fresh, *sheet.changed] if row.client_id}
    know_in_stores(known_in)
    if touched := {row.store_id for row, _ in [*sheet.fresh, *sheet.changed]}:
        Store.objects.filter(pk__in=touched).touch()


def adopt(connection: Connection, booking: Booking, record: BookingRecord, news: News = SAID_SO) -> None:
    """The provider accepted `booking`: it gets its remote id, and all that `record` says.

    A copy that a sweep brought in meanwhile gives way, and the person written into the form becomes the client
    that the provider matched or made.
    """
    with transaction.atomic():
        take_turn(connection)
        copies = Booking.objects.filter(store=booking.store, remote_id=record.external_id).exclude(pk=booking.pk)
        copies.delete()
        # What the provider says is newer than what we wrote down, whatever its clock says.
        Booking.objects.filter(pk=booking.pk).update(remote_id=record.external_id, modified_at=EPOCH)
        if record.client and booking.client:
            _recognise(connection, booking.client, record.client)
        apply_chunk(connection, [record], news)
    booking.refresh_from_db()


def _recognise(connection: Connection, ours: Client, theirs: ClientRecord) -> None:
    """`ours`, who was booked, is `theirs` at the provider."""
    link = ClientLink.objects.filter(connection=connection, module="", external_id=theirs.external_id).first()
    if link is None:
        ClientLink.objects.create(connection=connection, external_id=theirs.external_id, client=ours)
    elif link.client_id != ours.pk and not ours.links.exists():
        fold(ours, into=link.client)


def mark_gone(booking_ids: Sequence[int], *, connection: Connection | None = None, news: News = SAID_SO) -> int:
    """Bookings the provider no longer has: cancelled, as far as anybody here is concerned. Returns how many."""
    with transaction.atomic():
        rows = list(Booking.objects.select_for_update().filter(pk__in=booking_ids).exclude(status="cancelled"))
        Booking.objects.filter(pk__in=[row.pk for row in rows]).update(status="cancelled", status_text=GONE)
        TimeSlot.objects.filter(booking__in=rows).delete()
        if connection:
            Difference.objects.bulk_create(
                news.difference(connection, row.remote_id or "", booking=row, field="gone", before=row.status)
                for row in rows
            )
        if rows:
            Store.objects.filter(pk__in={row.store_id for row in rows}).touch()
    return len(rows)
