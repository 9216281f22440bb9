"""Customers in: what the CRM says of somebody becomes true here and, from here, in the booking systems.

Every function works inside the caller's transaction, network-free. The last writer wins, field by field; what came
too late is recorded and changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from clienteling import privacy
from clienteling.models import Client, Consent, Store
from integrations.crm.base import CustomerRecord
from integrations.models import ClientLink, ClientPush, Connection
from integrations.models.linking import SHARED
from integrations.pull import News, fields
from integrations.pull.clients import external_ids, fold, record_differences
from integrations.pull.writing import amend

CONSENT = "consent"


def link_of(connection: Connection, customer_id: str) -> ClientLink | None:
    """Whom the CRM means by `customer_id`, if anybody here: by its own link, else by a booking system's."""
    links = ClientLink.objects.filter(external_id=customer_id).select_related("client")
    own = links.filter(connection=connection, module="").first()
    if own:
        return own
    theirs = links.filter(connection__crm=connection, module=F("connection__module_id")).exclude(module="").first()
    if theirs is None:
        return None
    return ClientLink.objects.create(connection=connection, external_id=customer_id, client=theirs.client)


def booking_systems(connection: Connection) -> list[Connection]:
    """Whose clients are this CRM's customers."""
    return list(Connection.objects.booking_systems().filter(crm=connection, is_active=True).order_by("pk"))


def apply(connection: Connection, link: ClientLink, record: CustomerRecord, news: News) -> str:
    """Bring the client up to `record`, unless we know newer. Returns "applied", "older" or "unchanged"."""
    client = Client.objects.select_for_update().get(pk=link.client_id)
    if client.anonymised_at or is_leaving(client):
        return "unchanged"
    values, times = _said(client, record)
    found = fields.weigh(connection, client, values, times, else_since=client.created_at, empty_wins_ties=False)
    record_differences(connection, client, found, times, news, external_id=record.external_id)
    if not found.newer:
        return "older" if found.older else "unchanged"
    _write(client, found.newer, times)
    ClientPush.objects.spread(client, found.newer, said_by=link)
    return "applied"


def _said(client: Client, record: CustomerRecord) -> tuple[dict[str, str], dict[str, dt.datetime]]:
    """Values and times by field. An empty field without a time of its own says nothing: perhaps nobody ever asked."""
    values = dict(record.values)
    if record.consent is not None:
        values[CONSENT] = Consent.KEPT if record.consent else Consent.BOOKING_ONLY
    values = {name: value for name, value in values.items() if value or name in record.times}
    times = {name: record.times.get(name) or record.modified_at for name in values}
    return values, {name: at for name, at in times.items() if at}


def _write(client: Client, newer: Mapping[str, str], times: Mapping[str, dt.datetime]) -> None:
    now = timezone.now()
    stamps = {name: times.get(name, now) for name in newer}
    fields.stamp(client, stamps, unchanged_since=client.details_at)
    amend(client, newer)
    if CONSENT in newer:
        client.consent_at = stamps[CONSENT]
    client.search_text = client.text_to_search(external_ids(client))
    client.save(update_fields=[*newer, "consent_at", "field_times", "search_text"])
    Store.objects.filter(knows__client=client).touch()


# --- who is new -----------------------------------------------------------------------------------------


def lookalikes(connection: Connection, record: CustomerRecord) -> list[ClientLink]:
    """Clients of the booking systems who have her e-mail address or phone number, and no link to the CRM yet."""
    contacts = {record.get(name) for name in ("email", "mobile_phone", "home_phone")} - {""}
    found: dict[int, Client] = {}
    for contact in contacts:
        found |= {one.pk: one for one in Client.objects.search(contact)[:20] if _has(one, contact)}
    linked = ClientLink.objects.filter(connection=connection, module="", client__in=found).values("client")
    return list(
        ClientLink.objects.filter(module="", client__in=found, connection__in=booking_systems(connection))
        .exclude(client__in=linked)
        .select_related("connection", "client")
        .order_by("pk")
    )


def _has(client: Client, contact: str) -> bool:
    names = ("email", "mobile_phone", "home_phone")
    return any(fields.is_same(name, getattr(client, name), contact) for name in names if getattr(client, name))


def create(connection: Connection, record: CustomerRecord, news: News) -> Client:
    """A client here, and one to be created in each booking system of this CRM."""
    now = timezone.now()
    given = [name for name, value in record.values.items() if value]
    times = {name: record.times.get(name) or record.modified_at or now for name in given}
    client = Client(**record.values, consent=Consent.KEPT, consent_at=record.times.get(CONSENT) or record.modified_at)
    fields.stamp(client, times, unchanged_since=None)
    client.search_text = client.text_to_search([record.external_id])
    client.save()
    ClientLink.objects.create(connection=connection, external_id=record.external_id, client=client)
    news.difference(connection, record.external_id, client=client, field="created", said_at=record.modified_at).save()
    for system in booking_systems(connection):
        ClientPush.objects.create(connection=system, client=client, kind=ClientPush.Kind.CREATE, fields=sorted(SHARED))
    return client


# --- who goes -------------------------------------------------------------------------------------------


def is_leaving(client: Client) -> bool:
    """Whether she is to be erased as soon as the booking system lets her go."""
    return ClientPush.objects.filter(client=client, kind=ClientPush.Kind.ERASE).exclude(state="done").exists()


def erase(connection: Connection, link: ClientLink) -> bool:
    """Forget her: at the booking systems first, which keep her while she has bookings to come, then here.

    Her links stay, ids without a person: late news finds her gone instead of unknown. Returns whether she was here.
    """
    client = Client.objects.select_for_update().get(pk=link.client_id)
    if client.anonymised_at or is_leaving(client):
        return False
    known = ClientLink.objects.filter(client=client, module="", connection__in=booking_systems(connection))
    for one in known:
        ClientPush.objects.create(
            connection=one.connection, client=client, external_id=one.external_id, kind=ClientPush.Kind.ERASE
        )
    if not known:
        return privacy.forget(client, at=timezone.now())
    # Whatever becomes of it, her data is kept for her bookings alone from now on.
    Client.objects.filter(pk=client.pk).update(consent=Consent.BOOKING_ONLY, consent_at=timezone.now())
    return True


def merge(connection: Connection, old_id: str, new_id: str) -> bool:
    """The CRM merged one customer into another: here they become one as well. Returns whether anything changed."""
    old, new = link_of(connection, old_id), link_of(connection, new_id)
    if old is None or old_id == new_id:
        return False
    systems = booking_systems(connection)
    modules = ClientLink.objects.filter(connection__in=systems, client=old.client).exclude(module="")
    theirs = list(ClientLink.objects.filter(connection__in=systems, client=old.client, module=""))
    if new is None:
        ClientLink.objects.filter(pk=old.pk).update(external_id=new_id)
        modules.filter(external_id=old_id).update(external_id=new_id)
    else:
        modules.filter(external_id=old_id).delete()
        old.delete()
        if new.client_id != old.client_id:
            fold(old.client, into=new.client)
    person = new.client if new else old.client
    _tell_links(person, theirs)
    person.search_text = person.text_to_search(external_ids(person))
    person.save(update_fields=["search_text"])
    return True


def _tell_links(client: Client, links: list[ClientLink]) -> None:
    """The booking systems still have the number that is no more."""
    for link in links:
        if link.connection.module_id:
            ClientPush.objects.create(
                connection=link.connection, client=client, external_id=link.external_id, kind=ClientPush.Kind.LINK
            )
