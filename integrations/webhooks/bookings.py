"""News about bookings: applied as it came where it is whole and newer, asked about where that cannot be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking
from clienteling.celery import wake
from integrations import linking, pull, sync
from integrations.models import ClientLink, Connection, Difference, SyncRun, WebhookDelivery
from integrations.providers.base import ClientMerged, Provider, StoreRef
from integrations.pull import Verdict
from integrations.records import BookingRecord, ClientRecord
from integrations.switchboard import calling_about
from integrations.webhooks import consents
from integrations.webhooks.gaps import Gaps, Need
from integrations.webhooks.settling import Item, Result, settle

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
WEBHOOK = Difference.Source.WEBHOOK


@dataclass(slots=True)
class Group:
    """All news of one batch about one booking; `record` is what the newest of it says.

    `is_doubtful`: it cannot be told whether that is newer than what else we know.
    """

    record: BookingRecord
    newest: Item
    items: list[Item]
    is_doubtful: bool
    need: Need | None = None

    @property
    def rows(self) -> list[WebhookDelivery]:
        return [item.row for item in self.items]

    @property
    def since(self) -> dt.datetime:
        return min(row.created_at for row in self.rows)


def grouped(items: Sequence[Item]) -> list[Group]:
    """By booking, whatever the order they came in."""
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.event.booking:
            found.setdefault(item.event.booking.external_id, []).append(item)
    return [_group(same) for same in found.values()]


def _group(items: list[Item]) -> Group:
    records = {item.row.pk: item.event.booking for item in items if item.event.booking}
    newest = max(items, key=lambda item: (_age(records[item.row.pk]), item.row.pk))
    record = records[newest.row.pk]
    # Within one second the wire does not tell which came last.
    rivals = [one for one in records.values() if _age(one) == _age(record)]
    is_doubtful = any(one != record for one in rivals) or not all(item.event.is_whole for item in items)
    return Group(record, newest, items, is_doubtful)


def _age(record: BookingRecord) -> dt.datetime:
    return record.modified_at or EPOCH


def apply(connection: Connection, items: Sequence[Item]) -> tuple[list[Result], list[Group]]:
    """What was dealt with, and what has to be followed up. Inside the caller's transaction, without any call."""
    groups = grouped(items)
    if not groups:
        return [], []
    pull.take_turn(connection)
    names = pull.names_in(connection, [group.record for group in groups])
    gaps = Gaps(connection, names)
    for group in groups:
        group.need = Need.ASK if group.is_doubtful else gaps.need(group.record, since=group.since)
    ready = [group for group in groups if group.need is None]
    results = _enter(connection, ready, names, certain=False)
    return results, [group for group in groups if group.need is not None]


def _enter(connection: Connection, groups: Sequence[Group], names: pull.Names, *, certain: bool) -> list[Result]:
    """Write the groups' records down, in the turn that `names` was looked up in.

    One that has to be asked about gets its need instead of results.
    """
    if not groups:
        return []
    deliveries = {group.record.external_id: group.newest.row.pk for group in groups}
    news = pull.News(source=WEBHOOK, certain=certain, deliveries=deliveries)
    outcome = pull.apply_bookings(connection, [group.record for group in groups], news, names)
    verdicts = outcome.verdicts
    _have_read_again(connection, groups, outcome.clients)
    for group in groups:
        verdict = verdicts[group.record.external_id]
        group.need = NEEDS.get(verdict)
        group.is_doubtful |= verdict == Verdict.UNSURE
    done = [group for group in groups if group.need is None]
    consents.apply(connection, [one for group in done for item in group.items for one in item.said])
    links = [link for group in done for item in group.items for link in item.event.links]
    linking.note(connection, [group.record for group in done], links)
    return [result for group in done for result in _results(group, verdicts, outcome.places, certain=certain)]


def _have_read_again(connection: Connection, groups: Sequence[Group], doubtful: set[str]) -> None:
    """Queue the reading of clients whom the news shows otherwise than we know them, or whose booking is somebody
    else's now: news of a merge may have been lost. A message that names her by her id alone says nothing of her."""
    only_ids = {client.external_id for group in groups if (client := group.record.client) and client.is_anonymous}
    links = ClientLink.objects.filter(connection=connection, module="", external_id__in=doubtful - only_ids)
    for link in links.select_related("client") if doubtful - only_ids else ():
        if sync.request(connection, SyncRun.Kind.HISTORY, client=link.client):
            transaction.on_commit(partial(wake, "integrations.tasks.work"))


NEEDS = {Verdict.UNSURE: Need.ASK, Verdict.UNPLACED: Need.CATALOGUE}


def _results(
    group: Group, verdicts: dict[str, Verdict], places: dict[str, tuple[int, int | None]], *, certain: bool
) -> list[Result]:
    pk, client = places.get(group.record.external_id, (0, None))
    subject = f"booking:{pk}" if pk else ""
    verdict = "read again" if certain else str(verdicts[group.record.external_id])
    return [
        Result(item.row, verdict if certain or _says_the_same(item, group) else "older", subject, client)
        for item in group.items
    ]


def _says_the_same(item: Item, group: Group) -> bool:
    return item.event.booking == group.record


# --- with the provider's help, outside of any transaction ---------------------------------------------------


def follow_up(connection: Connection, provider: Provider, group: Group) -> None:
    """Network. Get what `group` lacks, apply it, settle it. Raises what the provider raises."""
    record, clients = group.record, list[ClientRecord]()
    booking = Booking.objects.filter(remote_id=record.external_id, store__links__connection=connection).first()
    with calling_about(booking) if booking else nullcontext():
        try:
            record = provider.booking(StoreRef(record.store_id), record.external_id) if group.is_doubtful else record
            record, clients = _with_client(connection, provider, record)
        except Refused as error:
            if error.reason != Reason.GONE:
                raise
            _settle_gone(connection, group, booking)
            return
    group.record = record
    _apply_asked(connection, group, clients)


def _with_client(
    connection: Connection, provider: Provider, record: BookingRecord
) -> tuple[BookingRecord, list[ClientRecord]]:
    """`record`, and her description where it names somebody we do not know by her id alone."""
    if not record.client or not Gaps(connection, pull.names_in(connection, [record])).is_stranger(record):
        return record, []
    try:
        return record, [provider.client(record.client.external_id)]
    except ClientMerged as merged:
        with transaction.atomic():
            pull.merge_client(connection, record.client.external_id, merged.new_id)
        raise Unavailable("the client was merged", retry_after=1.0) from merged


def _settle_gone(connection: Connection, group: Group, booking: Booking | None) -> None:
    news = pull.News(source=WEBHOOK, deliveries={group.record.external_id: group.newest.row.pk})
    subject = f"booking:{booking.pk}" if booking else ""
    with transaction.atomic():
        if booking:
            pull.mark_gone([booking.pk], connection=connection, news=news)
        settle([Result(row, "gone", subject, booking.client_id if booking else None) for row in group.rows])


def _apply_asked(connection: Connection, group: Group, clients: Sequence[ClientRecord]) -> None:
    with transaction.atomic():
        pull.apply_clients(connection, clients, news=pull.News(source=WEBHOOK))
        pull.take_turn(connection)
        names = pull.names_in(connection, [group.record])
        group.need = Gaps(connection, names).need(group.record, since=group.since)
        settle(_enter(connection, [group], names, certain=group.is_doubtful) if group.need is None else [])


def wait_for_catalogue(connection: Connection, group: Group) -> bool:
    """Have the catalogue read, and try again after that. Returns whether somebody has to be woken for it."""
    asked = sync.request(connection, SyncRun.Kind.CATALOGUE)
    for row in group.rows:
        row.postpone("Waits for the catalogue: it names a store, a person or a service that is new.")
    return asked


def give_up(group: Group) -> None:
    for row in group.rows:
        row.postpone("It is about a store that this connection does not have.", hopeless=True)
