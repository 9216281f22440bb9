"""What other systems have to be told about a client (`ClientPush`): look first, then say only what differs.

Nothing is repeated blindly. Before a client is created she is looked for; before fields are written, the other side's
are read and weighed, so that a change made there meanwhile is not run over; what was told comes back as news and
changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.utils import timezone

from bookings.gateway import REASONS, GatewayError, Misconfigured, Reason, Refused, Unavailable
from clienteling import privacy
from clienteling.models import Client, Consent
from integrations import pull
from integrations.crm import customers
from integrations.crm.base import CustomerMerged, CustomerRecord
from integrations.crm.registry import open_crm
from integrations.models import ClientLink, ClientPush, Connection, Difference, Lost, StoreLink
from integrations.models.linking import SHARED
from integrations.providers.base import ClientMerged, Provider
from integrations.pull.fields import is_same
from integrations.pull.writing import take_turn
from integrations.records import ClientRecord
from integrations.switchboard import Purpose, noting_trouble, open_provider, subject_of

logger = logging.getLogger(__name__)

Kind = ClientPush.Kind
BATCH = 20
# How long a refusal to erase is believed: until a day has passed, no booking of hers is over.
ASK_AGAIN = dt.timedelta(hours=6)


class Hopeless(Exception):
    """Trying again would not help: a person has to look. The text holds no personal data."""


def work(limit: int = 1000) -> int:
    """Network. Do what is due until nothing is. Returns how many rows were looked at."""
    done = 0
    while done < limit:
        rows = ClientPush.claim(min(BATCH, limit - done))
        if not rows:
            break
        for row in rows:
            carry_out(row)
        done += len(rows)
    return done


def carry_out(row: ClientPush) -> None:
    """Network. One claimed row, to its end or to a reason why it waits."""
    try:
        _step(row)(row)
    except Lost:
        logger.info("push %s was taken over", row.pk)
    except ClientMerged as merged:
        pull.merge_client(row.connection, row.external_id, merged.new_id)
        _again_as(row, merged.new_id)
    except CustomerMerged as merged:
        with transaction.atomic():
            customers.merge(row.connection, row.external_id, merged.new_id)
        _again_as(row, merged.new_id)
    except Unavailable as error:
        row.postpone(str(error), wait=error.retry_after)
    except Hopeless as error:
        row.postpone(str(error), hopeless=True)
    except Refused as error:
        _refused(row, error.reason)
    except (GatewayError, DatabaseError) as error:
        logger.warning("push %s: %s", row.pk, type(error).__name__)
        row.postpone(str(error) if isinstance(error, Misconfigured) else type(error).__name__)


def _step(row: ClientPush) -> Callable[[ClientPush], None]:
    if row.client is None or (row.client.anonymised_at and row.kind != Kind.ERASE):
        return _end
    return (CRM_STEPS if row.connection.is_customer_system else BOOKING_STEPS)[row.kind]


def _end(row: ClientPush) -> None:
    with transaction.atomic():
        ClientPush.finish([row])


def _again_as(row: ClientPush, new_id: str) -> None:
    """She lives on under another id there: the same is told to that one, at once."""
    ClientPush.objects.filter(pk=row.pk, due_at=row.due_at).update(external_id=new_id, due_at=timezone.now())


def _refused(row: ClientPush, reason: Reason) -> None:
    """Bookings to come only have to be waited for; whom the other side no longer has needs to be told nothing."""
    if reason == Reason.STILL_BOOKED:
        held = ClientPush.objects.filter(pk=row.pk, due_at=row.due_at, state=ClientPush.State.WAITING)
        held.update(due_at=timezone.now() + ASK_AGAIN, attempts=0, reason=str(REASONS[reason]))
    elif reason == Reason.GONE:
        row.postpone("The other system does not have her any more.", hopeless=True)
    else:
        row.postpone(str(REASONS[reason]), hopeless=True)


# --- booking systems ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with the client and the provider it is for."""

    row: ClientPush
    client: Client
    provider: Provider


def _line(row: ClientPush) -> _Line:
    client = row.client
    if client is None:
        raise Hopeless("The client is gone.")
    subject = subject_of(client)
    provider = noting_trouble(row.connection, lambda: open_provider(row.connection, Purpose.FOLLOW_UP, subject))
    return _Line(row, client, provider)


def _create(row: ClientPush) -> None:
    """A client for somebody the CRM brought, unless she is one already."""
    line = _line(row)
    if ClientLink.objects.filter(connection=row.connection, module="", client=line.client).exists():
        _end(row)
        return
    store = _home(row.connection)
    record = _found(line, store) or line.provider.create_client(store.external_id, _values(line.client, SHARED))
    with transaction.atomic():
        take_turn(row.connection)
        ClientPush.finish([row], external_id=record.external_id)
        _adopt(line, store, record)


def _home(connection: Connection) -> StoreLink:
    """The store in which customers become clients: the first one. Their clientele is shared, or they are matched
    again when they book elsewhere."""
    links = StoreLink.objects.filter(connection=connection, store__is_active=True).select_related("store")
    first = links.order_by("store__number", "pk").first()
    if first is None:
        raise Misconfigured("No store of the booking system is known yet.")
    return first


def _found(line: _Line, store: StoreLink) -> ClientRecord | None:
    """She, if the booking system has her: by her CRM id, then by contact. Raises Hopeless when several could be she."""
    module, number = line.row.connection.module_id, _number(line)
    found = line.provider.linked_clients(module, number) if module and number else []
    for contact in (line.client.email, line.client.mobile_phone, line.client.home_phone):
        if not found and contact:
            found = line.provider.find_clients(store.external_id, contact)[0]
    if len(found) > 1:
        raise Hopeless("More than one client of the booking system could be she.")
    return found[0] if found else None


def _number(line: _Line) -> str:
    """What the CRM calls her."""
    crm = line.row.connection.crm
    link = ClientLink.objects.filter(connection=crm, module="", client=line.client).order_by("pk").first()
    return link.external_id if link and crm else ""


def _adopt(line: _Line, store: StoreLink, record: ClientRecord) -> None:
    """The client there is the one here: whoever stood for her alone becomes one with her."""
    row, client = line.row, line.client
    link = ClientLink.objects.filter(connection=row.connection, module="", external_id=record.external_id).first()
    if link is None:
        ClientLink.objects.create(connection=row.connection, external_id=record.external_id, client=client)
        client.know_in(store.store)
    elif link.client_id != client.pk:
        _require_unlinked(row.connection, link.client)
        pull.fold(client, into=link.client)
        client = link.client
    told = {"connection": row.connection, "client": client, "external_id": record.external_id}
    if row.connection.module_id:
        ClientPush.objects.create(**told, kind=Kind.LINK)
    fields = [name for name, value in _differing(client, SHARED, record).items() if value]
    if fields:
        ClientPush.objects.create(**told, kind=Kind.UPDATE, fields=fields)


def _require_unlinked(connection: Connection, client: Client) -> None:
    if ClientLink.objects.filter(connection=connection.crm_id, module="", client=client).exists():
        raise Hopeless("The client of the booking system who looks like her is another customer already.")


def _values(client: Client, names: frozenset[str]) -> dict[str, str]:
    return {name: getattr(client, name) for name in sorted(names) if getattr(client, name)}


def _differing(client: Client, names: frozenset[str] | set[str], record: ClientRecord) -> dict[str, str]:
    """What is otherwise here than there, as it is here."""
    return {
        name: getattr(client, name)
        for name in sorted(names)
        if not is_same(name, getattr(client, name), getattr(record, name))
    }


def _update(row: ClientPush) -> None:
    """Read, weigh, then write what still differs."""
    line = _line(row)
    current = line.provider.client(row.external_id)
    pull.apply_clients(row.connection, [current])
    client = Client.objects.get(pk=line.client.pk)
    differing = _differing(client, set(row.fields) & SHARED, current)
    answer = line.provider.update_client(row.external_id, differing) if differing else None
    with transaction.atomic():
        ClientPush.finish([row])
        if answer:
            pull.apply_clients(row.connection, [answer])


def _erase(row: ClientPush) -> None:
    """There first; here when every booking system has let her go."""
    line = _line(row)
    line.provider.delete_client(row.external_id)
    with transaction.atomic():
        take_turn(row.connection)
        ClientPush.finish([row])
        if not customers.is_leaving(line.client):
            privacy.forget(line.client, at=timezone.now())


def _link(row: ClientPush) -> None:
    """Her CRM number as it is now; taken away where another client of the clientele has it already."""
    line = _line(row)
    number, module = _number(line), row.connection.module_id
    try:
        line.provider.put_client_link(row.external_id, module, number, {"matchedBy": "crm"} if number else {})
    except Refused as error:
        if error.reason != Reason.ID_TAKEN:
            raise
        line.provider.put_client_link(row.external_id, module, "", {})
    with transaction.atomic():
        take_turn(row.connection)
        ClientPush.finish([row])
        if number:
            pull.set_module_link(row.connection, line.client.pk, module, number)


BOOKING_STEPS: dict[str, Callable[[ClientPush], None]] = {
    Kind.CREATE: _create,
    Kind.UPDATE: _update,
    Kind.ERASE: _erase,
    Kind.LINK: _link,
}


# --- customer systems -----------------------------------------------------------------------------------


def _update_customer(row: ClientPush) -> None:
    """Read, weigh, then write what still differs."""
    client = row.client
    if client is None:
        raise Hopeless("The client is gone.")
    subject = subject_of(client)
    crm = noting_trouble(row.connection, lambda: open_crm(row.connection, Purpose.FOLLOW_UP, subject))
    current = crm.read(row.external_id)
    if _heard(row, client, current):
        values, consent = _differing_there(row, Client.objects.get(pk=client.pk), current)
        if values or consent is not None:
            crm.update(row.external_id, values, consent=consent)
    _end(row)


def _heard(row: ClientPush, client: Client, current: CustomerRecord) -> bool:
    """Learn what has changed there meanwhile. False: she is not that customer any more."""
    with transaction.atomic():
        take_turn(row.connection)
        link = customers.link_of(row.connection, row.external_id)
        if link is None or link.client_id != client.pk:
            return False
        customers.apply(row.connection, link, current, pull.News(source=Difference.Source.CRM))
    return True


def _differing_there(row: ClientPush, client: Client, current: CustomerRecord) -> tuple[dict[str, str], bool | None]:
    """Fields, and the consent, to be written. Of who does not agree, only that she does not is told."""
    kept = client.consent == Consent.KEPT
    names = sorted(set(row.fields) & SHARED) if kept else []
    values = {name: getattr(client, name) for name in names}
    differing = {name: value for name, value in values.items() if not is_same(name, value, current.get(name))}
    return differing, kept if "consent" in row.fields and current.consent is not kept else None


def _erase_customer(row: ClientPush) -> None:
    crm = noting_trouble(row.connection, lambda: open_crm(row.connection, Purpose.FOLLOW_UP))
    crm.erase(row.external_id)
    _end(row)


CRM_STEPS: dict[str, Callable[[ClientPush], None]] = {
    Kind.CREATE: _end,
    Kind.UPDATE: _update_customer,
    Kind.ERASE: _erase_customer,
    Kind.LINK: _end,
}
