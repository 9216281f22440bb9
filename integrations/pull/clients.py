"""Who the clients are, and what other systems call them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clienteling import names, privacy, profiles
from clienteling.models import Client, ClientStore, Consent, Store
from integrations.models import ClientLink, ClientPush, Connection, Difference, Linking, StoreLink, SyncRun
from integrations.pull import fields
from integrations.pull.writing import Ids, News, amend, as_text, take_turn
from integrations.records import ClientLinkRecord, ClientRecord

SAID_SO = News()


def apply_clients(
    connection: Connection,
    records: Sequence[ClientRecord],
    links: Sequence[ClientLinkRecord] = (),
    news: News = SAID_SO,
) -> list[Client]:
    """Clients the provider described in full. Her newest description wins; an anonymous one is forgotten here too."""
    with transaction.atomic():
        take_turn(connection)
        ids = known_clients(connection, records)
        found = Client.objects.select_for_update().in_bulk(ids.values())  # the customer system may be writing as well
        clients = [found[ids[record.external_id]] for record in records]
        described = zip(records, clients, strict=True)
        changed = [client.pk for record, client in described if _describe(connection, client, record, news)]
        changed += _profiles(connection, zip(records, clients, strict=True))
        if changed:
            Store.objects.filter(knows__client__in=changed).touch()
        _apply_module_links(connection, ids, links)
        stores = Ids(StoreLink, "store", connection, [record.store_id for record in records])
        known_in = {(ids[one.external_id], stores.get(one.store_id)) for one in records}
        know_in_stores({(client, store) for client, store in known_in if store})
    return clients


def _describe(connection: Connection, client: Client, record: ClientRecord, news: News) -> bool:
    """Bring `client` up to `record`, field by field, unless we know newer. Returns whether one sees a change of her.

    What changes is told to the other systems that know her.
    """
    newest = record.modified_at or timezone.now()
    if client.anonymised_at or (client.details_at and newest < client.details_at):
        return False
    if record.is_anonymous:
        return privacy.forget(client, at=timezone.now())
    values = client_values(record)
    times = dict.fromkeys(values, newest)
    found = fields.weigh(connection, client, values, times)
    record_differences(connection, client, found, times, news, external_id=record.external_id)
    before = client.details_at
    if amend(client, {**found.newer, "details_at": newest}):
        fields.stamp(client, dict.fromkeys(found.newer, newest), unchanged_since=before)
        client.search_text = client.text_to_search(external_ids(client))
        client.save()
    if found.newer:
        said_by = ClientLink.objects.filter(connection=connection, module="", external_id=record.external_id).first()
        ClientPush.objects.spread(client, found.newer, said_by=said_by)
    return bool(found.newer)


def _profiles(connection: Connection, described: Iterable[tuple[ClientRecord, Client]]) -> set[int]:
    """What else the provider tells of them. Of who is here for a booking only nothing more is kept."""
    rows = [
        (client, record.profile, record.memberships)
        for record, client in described
        if record.profile is not None and client.keeps_data and not client.anonymised_at
    ]
    if not rows:
        return set()
    keys = {profile["referred_by"] for _client, profile, _memberships in rows if profile.get("referred_by")}
    known = Ids(ClientLink, "client", connection, keys).found if keys else {}
    told = {client.pk: (client, _with_referrer(profile, known), told) for client, profile, told in rows}
    return profiles.describe_held(list(told.values()), at=timezone.now())


def _with_referrer(profile: Mapping[str, Any], known: Mapping[str, int]) -> dict[str, Any]:
    """The provider's id of who referred her as ours; of somebody who is not known here nothing is kept yet."""
    values = dict(profile)
    if "referred_by" in values:
        values["referred_by_id"] = known.get(values.pop("referred_by"))
    return values


def record_differences(
    connection: Connection,
    client: Client,
    found: fields.Verdicts,
    times: Mapping[str, dt.datetime],
    news: News,
    *,
    external_id: str,
) -> None:
    """Both values of every field that is told anew, before it is written; what came too late is marked as such."""
    late = fields.late_differences(client, found, times)
    rows = [(name, value, True) for name, value in found.newer.items()]
    rows += [(name, found.older[name], False) for name in late]
    if news.first:  # what was never filled in is not different, only known now
        rows = [row for row in rows if getattr(client, row[0])]
    Difference.objects.bulk_create(
        news.difference(
            connection,
            external_id,
            client=client,
            field=name,
            before=as_text(getattr(client, name)),
            after=as_text(value),
            applied=applied,
            said_at=times.get(name),
        )
        for name, value, applied in rows
    )


def outdated(ids: Mapping[str, int], records: Sequence[ClientRecord]) -> set[str]:
    """External ids of clients whom their bookings show otherwise than we know them: to be read again.

    A booking shows only part of a client (booxi-api.md section 7), so what it leaves out says nothing, unless it
    leaves out everything: then she has been anonymised.
    """
    rows = Client.objects.filter(pk__in={ids[one.external_id] for one in records}, anonymised_at__isnull=True)
    held = rows.only(*SHOWN).in_bulk()
    return {one.external_id for one in records if _differs(held.get(ids[one.external_id]), one)}


SHOWN = ("first_name", "last_name", "email", "mobile_phone", "home_phone")


def _differs(client: Client | None, record: ClientRecord) -> bool:
    if client is None:
        return False
    held, shown = ([source[name] for name in SHOWN] for source in (vars(client), client_values(record)))
    return any(held) if record.is_anonymous else any(new not in ("", old) for old, new in zip(held, shown, strict=True))


def client_values(record: ClientRecord) -> dict[str, Any]:
    return {
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email,
        "mobile_phone": record.mobile_phone and names.international_phone(record.mobile_phone),
        "home_phone": record.home_phone and names.international_phone(record.home_phone),
        "language": record.language,
        "quick_note": record.quick_note,
    }


def external_ids(client: Client) -> list[str]:
    return list(ClientLink.objects.filter(client=client).exclude(module="").values_list("external_id", flat=True))


def _apply_module_links(connection: Connection, ids: Mapping[str, int], links: Sequence[ClientLinkRecord]) -> None:
    for link in links:
        if link.client_id in ids:
            set_module_link(connection, ids[link.client_id], link.module, link.external_id)


def set_module_link(connection: Connection, client_id: int, module: str, external_id: str) -> bool:
    """What `module` calls a client. An id that is somebody else's already is left with her. True: it is new."""
    if not external_id:
        return False
    link, created = ClientLink.objects.get_or_create(
        connection=connection, module=module, external_id=external_id, defaults={"client_id": client_id}
    )
    if created:
        client = link.client
        client.search_text = client.text_to_search(external_ids(client))
        client.save(update_fields=["search_text"])
        Store.objects.filter(knows__client=client_id).touch()
    return created


def mirror_module_link(
    connection: Connection, client_id: int, module: str, external_id: str, *, asked_at: dt.datetime, news: News
) -> bool:
    """Make `external_id` ("" for none) the only id `module` has for her, as the provider said when asked.

    Not where somebody here has linked her since, or is about to: then our word is newer. True: it was otherwise.
    """
    with transaction.atomic():
        take_turn(connection)
        hers = ClientLink.objects.filter(connection=connection, module=module, client=client_id)
        held = list(hers.values_list("external_id", flat=True))
        wanted = [external_id] if external_id else []
        ours = Q(state=Linking.State.WAITING) | Q(finished_at__gte=asked_at)
        if held == wanted or Linking.objects.filter(ours, client=client_id).exists():
            return False
        hers.exclude(external_id=external_id).delete()
        if external_id:
            ClientLink.objects.update_or_create(
                connection=connection, module=module, external_id=external_id, defaults={"client_id": client_id}
            )
        client = Client.objects.get(pk=client_id)
        client.search_text = client.text_to_search(external_ids(client))
        client.save(update_fields=["search_text"])
        if held or not news.first:
            told = {"field": "customer_number", "before": ", ".join(held), "after": external_id}
            news.difference(connection, client_id=client_id, **told).save()
        Store.objects.filter(knows__client=client_id).touch()
    return True


def _same_people(connection: Connection, records: Sequence[ClientRecord]) -> dict[str, int]:
    """Those of `records` whom another booking system knows here already: external id -> our client's id.

    Of the same name, and of the same e-mail or mobile phone, and one alone: nobody is guessed at.
    """
    if not records or not _others_know(connection):
        return {}
    values = {record.external_id: client_values(record) for record in records}
    emails = {one["email"] for one in values.values()} - {""}
    phones = {one["mobile_phone"] for one in values.values()} - {""}
    here = ClientLink.objects.filter(connection=connection, module="", client=OuterRef("pk"))
    others = Client.objects.filter(
        ~Exists(here), Q(email__in=emails) | Q(mobile_phone__in=phones), anonymised_at__isnull=True
    )
    rows = list(others.values_list("pk", "first_name", "last_name", "email", "mobile_phone"))
    found = {key: [pk for pk, *held in rows if _is_she(one, *held)] for key, one in values.items()}
    single = {key: pks[0] for key, pks in found.items() if len(pks) == 1}
    taken = Counter(single.values())
    return {key: pk for key, pk in single.items() if taken[pk] == 1}


def _others_know(connection: Connection) -> bool:
    systems = Connection.objects.booking_systems().exclude(pk=connection.pk)
    return systems.filter(Exists(ClientLink.objects.filter(connection=OuterRef("pk"), module=""))).exists()


def _is_she(values: Mapping[str, Any], first: str, last: str, email: str, phone: str) -> bool:
    hers = names.plain(f"{values['first_name']} {values['last_name']}")
    if not hers or names.plain(f"{first} {last}") != hers:
        return False
    return bool(email and email == values["email"]) or bool(phone and phone == values["mobile_phone"])


def known_clients(
    connection: Connection, records: Sequence[ClientRecord], found: Mapping[str, int] | None = None
) -> dict[str, int]:
    """external id -> our client's id. Who is unknown is somebody whom another booking system knows, or created.

    `found`: who is known, where that was looked up in this turn already.
    """
    wanted = {record.external_id: record for record in records}
    ids = dict(Ids(ClientLink, "client", connection, wanted).found if found is None else found)
    same = _same_people(connection, [record for key, record in wanted.items() if key not in ids])
    ClientLink.objects.bulk_create(
        ClientLink(connection=connection, external_id=key, client_id=pk) for key, pk in same.items()
    )
    ids |= same
    fresh = [record for key, record in wanted.items() if key not in ids]
    rows = Client.objects.bulk_create([_new_client(record) for record in fresh])
    ClientLink.objects.bulk_create(
        ClientLink(connection=connection, external_id=record.external_id, client=row)
        for record, row in zip(fresh, rows, strict=True)
    )
    return ids | {record.external_id: row.pk for record, row in zip(fresh, rows, strict=True)}


def _new_client(record: ClientRecord) -> Client:
    client = Client(**client_values(record), consent=settings.PROVIDER_CLIENT_CONSENT, details_at=record.modified_at)
    if record.is_anonymous:
        client.anonymised_at = timezone.now()
    client.search_text = client.text_to_search([])
    return client


def know_in_stores(pairs: set[tuple[int, int]]) -> None:
    known = set(
        ClientStore.objects.filter(client__in={client for client, _ in pairs}).values_list("client_id", "store_id")
    )
    fresh = [ClientStore(client_id=client, store_id=store) for client, store in sorted(pairs - known)]
    ClientStore.objects.bulk_create(fresh, ignore_conflicts=True)


def merge_client(connection: Connection, old_id: str, new_id: str, news: News = SAID_SO) -> None:
    """The provider merged one client into another: her links, bookings and notes move along, once."""
    with transaction.atomic():
        take_turn(connection)
        old = ClientLink.objects.filter(connection=connection, module="", external_id=old_id).first()
        if old is None:
            return
        new = ClientLink.objects.filter(connection=connection, module="", external_id=new_id).first()
        if new is None:
            ClientLink.objects.filter(pk=old.pk).update(external_id=new_id, read_at=None)
            return
        if new.client_id != old.client_id:
            fold(old.client, into=new.client)
            merged = {"field": "merged", "before": old_id, "after": new_id}
            news.difference(connection, old_id, client_id=new.client_id, **merged).save()
        ClientLink.objects.filter(pk=old.pk).delete()


def fold(client: Client, *, into: Client) -> None:
    """Everything of `client` becomes `into`'s, and `client` goes."""
    client.bookings.update(client=into)
    client.notes.update(client=into)
    client.links.update(client=into)
    client.differences.update(client=into)
    client.deliveries.update(client=into)
    client.linkings.update(client=into)
    client.pushes.update(client=into)
    SyncRun.objects.filter(client=client).update(client=into)  # perhaps the very run that has found this out
    know_in_stores({(into.pk, store) for store in client.known_in.values_list("store_id", flat=True)})
    if client.keeps_data and not into.keeps_data:
        Client.objects.filter(pk=into.pk).update(consent=Consent.KEPT, consent_at=client.consent_at)
    client.delete()
    into.search_text = into.text_to_search(external_ids(into))
    into.save(update_fields=["search_text"])
    Store.objects.filter(knows__client=into).touch()
