"""Bookings out: what a `Change` asks for, in the provider's terms. Looks before it repeats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking, Change
from clienteling.models import Client, ClientStore, Store
from integrations import pull
from integrations.models import ClientLink, Difference, ServiceLink, StaffLink
from integrations.providers.base import ClientMerged, Provider
from integrations.records import BookingDraft, BookingPatch, BookingRecord, ClientRecord, ItemDraft
from integrations.switchboard import Place

# Clocks differ: a booking made by us may carry a time of creation a little before ours.
CLOCK_SKEW = dt.timedelta(minutes=2)


def send(place: Place, provider: Provider, change: Change) -> None:
    """Network. Carry `change` out and mirror the answer. Raises Unavailable, Refused, Misconfigured."""
    carry_out = _create if change.kind == Change.Kind.BOOK else _update
    try:
        carry_out(place, provider, change)
    except ClientMerged as merged:
        _follow_merge(place, change, merged.new_id)
        raise Unavailable("the client was merged", retry_after=0.0) from merged


def _news(change: Change) -> pull.News:
    return pull.News(source=Difference.Source.PERSON, change=change)


def _create(place: Place, provider: Provider, change: Change) -> None:
    """Look before repeating: no provider offers an idempotency key (booxi-api.md section 11)."""
    if change.booking.remote_id:
        return  # accepted before, and only our note of it was lost
    draft = _draft(place, change)
    record = _landed(place, provider, change, draft) if change.attempts > 1 else None
    if record is None:
        try:
            record = provider.create_booking(draft)
        except Refused:
            # A repeat may be refused because its own first try is what takes the time.
            record = _landed(place, provider, change, draft) if change.attempts > 1 else None
            if record is None:
                raise
    pull.adopt(place.connection, change.booking, record, _news(change))


def _landed(place: Place, provider: Provider, change: Change, draft: BookingDraft) -> BookingRecord | None:
    """The booking an earlier try of `change` made, if it did: same person, time and services, made since then."""
    until = draft.starts_at + dt.timedelta(minutes=1)
    for page in provider.calendar(place.ref, draft.staff_id, draft.starts_at, until):
        for record in page.bookings:
            if _is_ours(record, change, draft) and not _belongs_to_another(place, change, record):
                return record
    return None


def _is_ours(record: BookingRecord, change: Change, draft: BookingDraft) -> bool:
    made = record.booked_at or record.modified_at
    return (
        record.starts_at == draft.starts_at
        and record.staff_id == draft.staff_id
        and record.status != "cancelled"
        and not record.booked_by_client
        and [item.service_id for item in record.items] == [item.service_id for item in draft.items]
        and (made is None or made >= change.created_at - CLOCK_SKEW)
        and record.client is not None
        and _same_person(record.client, draft.client)
    )


def _same_person(theirs: ClientRecord, ours: ClientRecord) -> bool:
    """By id where we have one, else by what the provider matches on: name and e-mail, or name and phone."""
    if ours.external_id:
        return theirs.external_id == ours.external_id
    if _name(theirs) != _name(ours):
        return False
    return theirs.email == ours.email or bool({theirs.mobile_phone, theirs.home_phone} & {ours.mobile_phone} - {""})


def _name(client: ClientRecord) -> tuple[str, str]:
    return client.first_name.casefold(), client.last_name.casefold()


def _belongs_to_another(place: Place, change: Change, record: BookingRecord) -> bool:
    """Another change of ours has made this very booking."""
    mirrored = Booking.objects.filter(store=place.link.store_id, remote_id=record.external_id)
    return mirrored.exclude(pk=change.booking_id).filter(changes__kind=Change.Kind.BOOK).exists()


def _draft(place: Place, change: Change) -> BookingDraft:
    wanted, booking = change.wanted, change.booking
    return BookingDraft(
        store_id=place.link.external_id,
        staff_id=staff_id(place, wanted["staff"]),
        starts_at=dt.datetime.fromisoformat(wanted["starts_at"]),
        items=_items(place, wanted["items"]),
        client=_client(place, booking.client, booking.store),
        client_request=booking.client_request,
        quick_note=booking.quick_note,
        author_staff_id=_author_id(place, change),
    )


def _client(place: Place, client: Client | None, store: Store) -> ClientRecord:
    """By id where this store knows her, else by name and contact: a foreign id is refused (section 6.1)."""
    if client is None or client.anonymised_at:
        raise Refused(Reason.INVALID)
    link = ClientLink.objects.filter(connection=place.connection, module="", client=client).order_by("pk").first()
    known_here = ClientStore.objects.filter(client=client, store=store).exists()
    return ClientRecord(
        external_id=link.external_id if link and known_here else "",
        first_name=client.first_name,
        last_name=client.last_name,
        email=client.email,
        mobile_phone=client.mobile_phone,
        home_phone=client.home_phone,
    )


def _items(place: Place, items: Sequence[dict[str, Any]]) -> tuple[ItemDraft, ...]:
    ids = service_ids(place, [item["service"] for item in items])
    return tuple(
        ItemDraft(
            service_id=external_id,
            duration=item["duration"],
            price=None if item["price"] is None else Decimal(item["price"]),
        )
        for external_id, item in zip(ids, items, strict=True)
    )


def service_ids(place: Place, service_ids: Sequence[int]) -> list[str]:
    links = ServiceLink.objects.filter(connection=place.connection, service__in=service_ids)
    known = dict(links.values_list("service_id", "external_id"))
    if any(pk not in known for pk in service_ids):
        raise Refused(Reason.INVALID)
    return [known[pk] for pk in service_ids]


def staff_id(place: Place, staff_id: int) -> str:
    link = StaffLink.objects.filter(connection=place.connection, staff=staff_id).first()
    if link is None:
        raise Refused(Reason.INVALID)
    return link.external_id


def _author_id(place: Place, change: Change) -> str:
    """Who asked, as the provider knows her: she must work in the store, or the call fails (section 6.1)."""
    member = change.author.member_in(change.booking.store) if change.author else None
    link = StaffLink.objects.filter(connection=place.connection, staff=member).first() if member else None
    return link.external_id if link else ""


def _update(place: Place, provider: Provider, change: Change) -> None:
    """Read, compare, then write: the provider offers no version to send along (section 15)."""
    booking = change.booking
    current = provider.booking(place.ref, booking.remote_id or "")
    if not _is_done(place, change, current):
        if _changed_meanwhile(place, change, current):
            pull.apply_bookings(place.connection, [current], _news(change))
            raise Refused(Reason.CHANGED_MEANWHILE)
        current = provider.update_booking(place.ref, booking.remote_id or "", _patch(place, change))
    pull.apply_bookings(place.connection, [current], _news(change))
    booking.refresh_from_db()


def _facts(place: Place, record: BookingRecord, names: Sequence[str]) -> dict[str, Any]:
    """The named fields of `record`, written as `Change.wanted` writes them."""
    staff = StaffLink.objects.filter(connection=place.connection, external_id=record.staff_id).first()
    services = dict(
        ServiceLink.objects.filter(
            connection=place.connection, external_id__in=[item.service_id for item in record.items]
        ).values_list("external_id", "service_id")
    )
    facts: dict[str, Any] = {
        "starts_at": record.starts_at and record.starts_at.isoformat(),
        "staff": staff and staff.staff_id,
        "items": [
            {
                "service": services.get(item.service_id),
                "duration": item.duration,
                "price": None if item.price is None else str(item.price),
            }
            for item in record.items
        ],
        "client_request": record.client_request,
        "quick_note": record.quick_note,
        "status": record.status,
        "presence": record.presence,
        "is_completed": record.is_completed,
    }
    return {name: facts[name] for name in names}


def _is_done(place: Place, change: Change, current: BookingRecord) -> bool:
    return _facts(place, current, list(change.wanted)) == change.wanted


def _changed_meanwhile(place: Place, change: Change, current: BookingRecord) -> bool:
    """What the change touches is no longer as the person saw it."""
    return _facts(place, current, list(change.before)) != change.before


def _patch(place: Place, change: Change) -> BookingPatch:
    wanted = change.wanted
    starts_at = wanted.get("starts_at")
    staff = wanted.get("staff")
    items = wanted.get("items")
    return BookingPatch(
        starts_at=starts_at and dt.datetime.fromisoformat(starts_at),
        staff_id=staff and staff_id(place, staff),
        items=None if items is None else _items(place, items),
        client_request=wanted.get("client_request"),
        quick_note=wanted.get("quick_note"),
        status=wanted.get("status") or ("confirmed" if "presence" in wanted else None),
        presence=wanted.get("presence"),
        is_completed=wanted.get("is_completed"),
        author_staff_id=_author_id(place, change),
    )


def _follow_merge(place: Place, change: Change, new_id: str) -> None:
    """The client we named lives on under another id: follow, so that the next attempt names the right one."""
    link = (
        ClientLink.objects.filter(connection=place.connection, module="", client=change.booking.client_id)
        .order_by("pk")
        .first()
    )
    if link:
        pull.merge_client(place.connection, link.external_id, new_id)
