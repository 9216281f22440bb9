"""News about clients: described anew, merged, deleted, agreed or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bookings.gateway import Reason, Refused
from clienteling import privacy
from clienteling.models import Client
from integrations import pull
from integrations.models import ClientLink, Connection, Difference, WebhookDelivery
from integrations.providers.base import ClientMerged, Provider
from integrations.pull.clients import client_values
from integrations.pull.writing import differences
from integrations.records import ClientRecord
from integrations.webhooks import consents
from integrations.webhooks.envelopes import About
from integrations.webhooks.settling import Item, Result, settle

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
WEBHOOK = Difference.Source.WEBHOOK


@dataclass(slots=True)
class Person:
    """All news of one batch that describes one client; `record` is the newest of it."""

    record: ClientRecord
    items: list[Item]
    is_doubtful: bool

    @property
    def rows(self) -> list[WebhookDelivery]:
        return [item.row for item in self.items]

    @property
    def news(self) -> pull.News:
        return pull.News(source=WEBHOOK, deliveries={self.record.external_id: self.rows[-1].pk})


def apply(connection: Connection, items: Sequence[Item]) -> tuple[list[Result], list[Person]]:
    """What was dealt with, and who has to be asked about. Inside the caller's transaction, without any call."""
    results: list[Result] = []
    doubtful: list[Person] = []
    known = known_by(connection, {item.event.client_id for item in items})
    for person in described(items):
        found = _describe(connection, person, known.get(person.record.external_id))
        results += found
        doubtful += [] if found else [person]
    results += _agree(connection, items)
    for about, step in STEPS.items():
        results += [step(connection, item) for item in items if item.event.about == about]
    return results, doubtful


def known_by(connection: Connection, external_ids: set[str]) -> dict[str, Client]:
    links = ClientLink.objects.filter(connection=connection, module="", external_id__in=external_ids - {""})
    return {link.external_id: link.client for link in links.select_related("client")}


def described(items: Sequence[Item]) -> list[Person]:
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.event.client:
            found.setdefault(item.event.client_id, []).append(item)
    return [_person(same) for same in found.values()]


def _person(items: list[Item]) -> Person:
    records = [item.event.client for item in items if item.event.client]
    newest = max(records, key=_age)
    rivals = [one for one in records if _age(one) == _age(newest)]
    return Person(newest, items, newest.modified_at is None or any(one != newest for one in rivals))


def _age(record: ClientRecord) -> dt.datetime:
    return record.modified_at or EPOCH


def _describe(connection: Connection, person: Person, client: Client | None) -> list[Result]:
    """Nothing where she is not known, has no name left, or where it cannot be told what is newer: ask first."""
    if client is None or person.is_doubtful or person.record.is_anonymous:
        return []
    outcome = _outcome(client, person.record)
    if outcome == "unsure":
        return []
    if outcome != "older":
        links = [link for item in person.items for link in item.event.links]
        pull.apply_clients(connection, [person.record], links, person.news)
    return [Result(row, outcome, f"client:{client.pk}", client.pk) for row in person.rows]


def _outcome(client: Client, record: ClientRecord) -> str:
    newer = record.modified_at is not None and (client.details_at is None or record.modified_at > client.details_at)
    if client.anonymised_at or (client.details_at and _age(record) < client.details_at):
        return "older"
    if not differences(client, client_values(record)):
        return "unchanged"
    return "applied" if newer else "unsure"


def _agree(connection: Connection, items: Sequence[Item]) -> list[Result]:
    """Agreements that came with events about clients; those about nothing else are dealt with by that."""
    about_people = [item for item in items if item.event.about in (About.CLIENT, About.CONSENT)]
    outcomes = consents.apply(connection, [one for item in about_people for one in item.said])
    alone = [item for item in about_people if item.event.about == About.CONSENT]
    people = known_by(connection, {item.event.client_id for item in alone})
    return [
        _result(item, outcomes.get(item.event.client_id, "kept"), people.get(item.event.client_id)) for item in alone
    ]


def _merge(connection: Connection, item: Item) -> Result:
    old_id, new_id = item.event.client_id, item.event.new_client_id
    was_known = bool(known_by(connection, {old_id}))
    pull.merge_client(connection, old_id, new_id, pull.News(source=WEBHOOK, deliveries={old_id: item.row.pk}))
    client = known_by(connection, {new_id}).get(new_id)
    return _result(item, "applied" if was_known else "unchanged", client)


def _forget(connection: Connection, item: Item) -> Result:
    client = known_by(connection, {item.event.client_id}).get(item.event.client_id)
    forgotten = privacy.forget(client, at=timezone.now()) if client else False
    return _result(item, "applied" if forgotten else "unchanged", client)


def _result(item: Item, outcome: str, client: Client | None) -> Result:
    return Result(item.row, outcome, f"client:{client.pk}" if client else "", client.pk if client else None)


# In this order: what a batch says of somebody counts before she is merged away or forgotten.
STEPS = {About.CLIENT_MERGED: _merge, About.CLIENT_GONE: _forget}


# --- with the provider's help, outside of any transaction ---------------------------------------------------


def follow_up(connection: Connection, provider: Provider, person: Person) -> None:
    """Network. Her description as the provider has it now. Raises what the provider raises, not ClientMerged."""
    asked = person.record.external_id
    merged = ""
    try:
        record = provider.client(asked)
    except ClientMerged as moved:
        merged = moved.new_id
        record = provider.client(merged)
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        settle([Result(row, "gone") for row in person.rows])
        return
    with transaction.atomic():
        if merged:
            pull.merge_client(connection, asked, merged, person.news)
        (client,) = pull.apply_clients(connection, [record], news=person.news)
        settle([Result(row, "read again", f"client:{client.pk}", client.pk) for row in person.rows])
