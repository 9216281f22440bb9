"""Who a booking system's client is in the CRM (the guide, "Using the webhook to link").

Each client to be linked is a `Linking` row. For each: is she linked there? Else find her in the CRM (by external id,
then e-mail, then phone; never by name alone) or create her, then write her number into the booking system's link and
keep it here. Where more than one could be she, or another number stands there already, nothing is guessed: the row
is parked and a person decides (`settling`). Who is here for a booking only is not passed on.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bookings.gateway import GatewayError, Misconfigured, Reason, Refused, Unavailable
from bookings.models import Booking
from clienteling import names
from clienteling.celery import wake as send_for_a_worker
from clienteling.models import Client, Store
from integrations import pull
from integrations.crm import customers
from integrations.crm.base import Crm, CustomerRecord, Duplicates
from integrations.crm.registry import open_crm
from integrations.models import ClientLink, Connection, Difference, Linking, Lost
from integrations.models.linking import SHARED
from integrations.providers.base import ClientMerged, Provider
from integrations.pull.clients import external_ids
from integrations.pull.writing import take_turn
from integrations.records import BookingRecord, ClientLinkRecord
from integrations.switchboard import Purpose, noting_trouble, open_provider, subject_of

logger = logging.getLogger(__name__)

Outcome = Linking.Outcome
BATCH = 20
# What a message showed of her link is believed this long; later it is asked for again.
BELIEVED_FOR = dt.timedelta(minutes=10)


# --- asking for links -----------------------------------------------------------------------------------


def note(
    connection: Connection,
    bookings: Sequence[BookingRecord],
    links: Sequence[ClientLinkRecord],
    *,
    shows_links: bool = False,
) -> None:
    """News of `bookings` came with `links`: keep those of our module, and have whoever has none linked.

    `shows_links`: the messages had a place for links, so who came without one has none; once seen, this is
    remembered of the connection. Inside the caller's transaction, after the bookings were applied. A few queries
    however many there are.
    """
    if not connection.module_id:
        return
    ours = {link.client_id: link.external_id for link in links if link.module == connection.module_id}
    wanted = {one.client.external_id for one in bookings if one.client} | ours.keys()
    known = ClientLink.objects.filter(connection=connection, module="", external_id__in=wanted - {""})
    people = {link.external_id: link.client_id for link in known}
    held = _numbers_of(connection, people.values())
    if (ours or shows_links) and not connection.shows_links:
        connection.shows_links = True
        Connection.objects.filter(pk=connection.pk).update(shows_links=True)
    _keep(connection, people, held, ours)
    unlinked = [key for key, client in people.items() if key not in ours and client not in held]
    _queue(connection, {key: people[key] for key in unlinked}, is_unlinked_there=connection.shows_links)


def _numbers_of(connection: Connection, clients: Iterable[int]) -> dict[int, str]:
    rows = ClientLink.objects.filter(connection=connection, module=connection.module_id, client__in=list(clients))
    return dict(rows.values_list("client_id", "external_id"))


def _keep(connection: Connection, people: dict[str, int], held: dict[int, str], ours: dict[str, str]) -> None:
    """Store the numbers that are new; where another one is known already, have it looked into."""
    for key, number in ours.items():
        client = people.get(key)
        if client is None or held.get(client) == number:
            continue
        if client not in held and _take(connection, client, number):
            continue
        _queue(connection, {key: client})
        again = Linking.objects.filter(connection=connection, external_id=key, state=Linking.State.DONE)
        Linking.replay(again.exclude(outcome=Outcome.NOT_KEPT))


def _take(connection: Connection, client: int, number: str) -> bool:
    """Keep a number that nobody here has."""
    systems = [(connection, connection.module_id)] + ([(connection.crm, "")] if connection.crm else [])
    for system, module in systems:
        others = ClientLink.objects.filter(connection=system, module=module, external_id=number)
        if others.exclude(client=client).exists():
            return False
    for system, module in systems:
        pull.set_module_link(system, client, module, number)
    return True


def _queue(connection: Connection, people: dict[str, int], *, is_unlinked_there: bool = False) -> None:
    if not people or connection.crm_id is None:
        return
    rows = [
        Linking(connection=connection, client_id=client, external_id=key, is_unlinked_there=is_unlinked_there)
        for key, client in people.items()
    ]
    Linking.objects.bulk_create(rows, ignore_conflicts=True)
    wake()


def queue(links: Sequence[ClientLink]) -> None:
    """Have these clients of booking systems looked for in the CRM, whatever came of it before."""
    for link in links:
        if link.connection.module_id:
            _queue(link.connection, {link.external_id: link.client_id})
            mine = Linking.objects.filter(connection=link.connection, external_id=link.external_id)
            Linking.replay(mine.filter(state=Linking.State.DONE).exclude(outcome=Outcome.SETTLED))


def queue_missed(limit: int) -> int:
    """Clients with bookings to come whom no message brought: the sweep that found them does not link them."""
    now = timezone.now()
    queued = 0
    for connection in Connection.objects.filter(is_active=True, crm__is_active=True).exclude(module_id=""):
        numbered = ClientLink.objects.filter(client=OuterRef("client"), connection=connection)
        tried = Linking.objects.filter(connection=connection, external_id=OuterRef("external_id"))
        coming = Booking.objects.filter(client=OuterRef("client"), starts_at__gte=now)
        links = ClientLink.objects.filter(
            ~Exists(numbered.filter(module=connection.module_id)),
            ~Exists(tried),
            Exists(coming),
            connection=connection,
            module="",
            client__consent="kept",
            client__anonymised_at__isnull=True,
        )[:limit]
        people = dict(links.values_list("external_id", "client_id"))
        _queue(connection, people)
        queued += len(people)
    return queued


def consent_given(client: Client) -> int:
    """She agreed to more than a booking: whoever was not passed on for want of it is looked for now."""
    rows = Linking.objects.filter(client=client, outcome=Outcome.NOT_KEPT, state=Linking.State.DONE)
    found = Linking.replay(rows)
    if found:
        wake()
    return found


def wake() -> None:
    """Have a worker look after the transaction. Losing this message costs a few seconds: the beat looks as well."""
    transaction.on_commit(partial(send_for_a_worker, "integrations.tasks.link_clients"))


# --- doing it -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Finding:
    """What came of one row. `number`: her CRM id, now written there; `customer`: she, where the CRM was asked."""

    outcome: str
    number: str = ""
    customer: CustomerRecord | None = None


class Parked(Exception):
    """Nothing is guessed: a person decides between `candidates`."""

    def __init__(self, outcome: str, candidates: Iterable[str]) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.candidates = list(dict.fromkeys(one for one in candidates if one))


@dataclass
class Desk:
    """One row being worked on, with a line to both systems. Opened when first needed."""

    row: Linking
    purpose: Purpose
    how: str = field(default="")

    @property
    def connection(self) -> Connection:
        return self.row.connection

    @property
    def module(self) -> str:
        return self.connection.module_id

    @property
    def client(self) -> Client:
        return self.row.client

    @cached_property
    def crm_connection(self) -> Connection:
        if self.connection.crm is None or not self.module:
            raise Misconfigured("The booking system has no customer system or no module id.")
        return self.connection.crm

    @cached_property
    def provider(self) -> Provider:
        subject = subject_of(self.client)
        return noting_trouble(self.connection, lambda: open_provider(self.connection, self.purpose, subject))

    @cached_property
    def crm(self) -> Crm:
        subject = subject_of(self.client)
        return noting_trouble(self.crm_connection, lambda: open_crm(self.crm_connection, self.purpose, subject))

    def number_here(self) -> str:
        """Her CRM id as we know it: under the module, else because the CRM itself told us of her."""
        by_module = ClientLink.objects.filter(connection=self.connection, module=self.module, client=self.client)
        by_crm = ClientLink.objects.filter(connection=self.crm_connection, module="", client=self.client)
        numbers = [*by_module.values_list("external_id", flat=True), *by_crm.values_list("external_id", flat=True)]
        different = list(dict.fromkeys(numbers))
        if len(different) > 1:
            raise Parked(Outcome.CONFLICT, different)
        return different[0] if different else ""

    def number_there(self) -> str:
        """Her CRM id at the booking system. Not asked for when the message has just shown that there is none."""
        if self.row.is_unlinked_there and self.row.attempts <= 1 and self._is_recent():
            return ""
        return self.provider.client_link(self.row.external_id, self.module)

    def _is_recent(self) -> bool:
        return self.row.created_at > timezone.now() - BELIEVED_FOR


def work(limit: int = 1000) -> int:
    """Network. Do what is due until nothing is. Returns how many rows were looked at."""
    done = 0
    while done < limit:
        rows = Linking.claim(min(BATCH, limit - done))
        if not rows:
            break
        for row in rows:
            carry_out(row, Purpose.FOLLOW_UP)
        done += len(rows)
    return done


def carry_out(row: Linking, purpose: Purpose) -> None:
    """Network. One claimed row, to its end or to a reason why it waits."""
    desk = Desk(row, purpose)
    try:
        finding = _step(row)(desk)
        if finding:
            _settle(desk, finding)
    except Lost:
        logger.info("linking %s was taken over", row.pk)
    except Parked as parked:
        park(row, parked)
    except ClientMerged as merged:
        _follow(row, merged.new_id)
    except Unavailable as error:
        row.postpone(str(error), wait=error.retry_after)
    except (GatewayError, DatabaseError) as error:
        logger.warning("linking %s: %s", row.pk, type(error).__name__)
        reason = str(error) if isinstance(error, GatewayError) else type(error).__name__
        row.postpone(reason, hopeless=isinstance(error, Refused))


def _step(row: Linking) -> Callable[[Desk], Finding | None]:
    if row.outcome == Outcome.SETTLED and row.decision != Linking.Decision.UNDO:
        return _still_settled
    return STEPS[row.decision]


def _settle(desk: Desk, finding: Finding) -> None:
    """The effect and the end of the row, in one transaction."""
    with transaction.atomic():
        take_turn(desk.connection)
        Linking.finish([desk.row], outcome=finding.outcome, chosen=finding.number)
        if finding.number:
            client = _hold(desk, finding.number)
            if finding.customer and _name(finding.customer.full_name) == _name(client.full_name):
                _learn(desk, finding.customer)


def _hold(desk: Desk, number: str) -> Client:
    """Keep her number here. Another client of ours who had it is the same person: they become one. Returns that one."""
    client = desk.client
    other = holder_of(desk.crm_connection, number, besides=client)
    if other and not other.anonymised_at and desk.row.decision == Linking.Decision.NONE:
        pull.fold(client, into=other)
        client = other
    held = _numbers_of(desk.connection, [client.pk]).get(client.pk, "")
    keep_number(desk.crm_connection, "", client, number)
    keep_number(desk.connection, desk.module, client, number)
    note_number(desk, client, held, number)
    return client


def _learn(desk: Desk, customer: CustomerRecord) -> None:
    """What the CRM knows of her since later than the booking system. Only where the names agree: families share
    a telephone."""
    link = customers.link_of(desk.crm_connection, customer.external_id)
    if link:
        customers.apply(desk.crm_connection, link, customer, pull.News(source=Difference.Source.CRM, certain=False))


def note_number(desk: Desk, client: Client, before: str, after: str) -> None:
    """For the record: what the CRM calls her, here and at the booking system."""
    if before != after:
        source = Difference.Source.PERSON if desk.row.decision else Difference.Source.CRM
        Difference.objects.create(
            connection=desk.connection,
            client=client,
            field="customer_number",
            before=before,
            after=after,
            source=source,
            author_id=desk.row.settled_by_id if desk.row.decision else None,
        )


def keep_number(connection: Connection, module: str, client: Client, number: str) -> None:
    """`module` calls her `number` and nothing else; whoever was called that is not any more."""
    mine = ClientLink.objects.filter(connection=connection, module=module, client=client)
    mine.exclude(external_id=number).delete()
    ClientLink.objects.update_or_create(
        connection=connection, module=module, external_id=number, defaults={"client": client}
    )
    refresh_search(client)


def refresh_search(client: Client) -> None:
    """She is found by her numbers, and open pages show them."""
    Client.objects.filter(pk=client.pk).update(search_text=client.text_to_search(external_ids(client)))
    Store.objects.filter(knows__client=client).touch()


def park(row: Linking, parked: Parked) -> None:
    held = Linking.objects.filter(pk=row.pk, due_at=row.due_at, state=Linking.State.WAITING)
    held.update(
        state=Linking.State.PARKED,
        outcome=parked.outcome,
        candidates=parked.candidates,
        decision="",
        before={},
        reason=str(Outcome(parked.outcome).label),
        finished_at=timezone.now(),
    )


def _follow(row: Linking, new_id: str) -> None:
    """The booking system merged her into somebody: that one is looked at in her place."""
    with transaction.atomic():
        pull.merge_client(row.connection, row.external_id, new_id)
        Linking.finish([row])
        link = ClientLink.objects.filter(connection=row.connection, module="", external_id=new_id).first()
        if link:
            queue([link])


# --- matching -------------------------------------------------------------------------------------------


def _match(desk: Desk) -> Finding:
    if desk.client.anonymised_at:
        return Finding(Outcome.NOT_KEPT)
    here, there = desk.number_here(), desk.number_there()
    if there and here and here != there:
        raise Parked(Outcome.CONFLICT, [there, here])
    if there:
        return _known(desk, there, is_new=not here)
    if not desk.client.keeps_data:
        return Finding(Outcome.NOT_KEPT)
    if here:
        return _written(desk, here, Outcome.KNOWN)
    return _searched(desk)


def _known(desk: Desk, number: str, *, is_new: bool) -> Finding:
    """She is linked there. A number that is new to us is looked up: a web page may have passed any, or an old one."""
    if is_new:
        found = desk.crm.find(external_id=number)
        if not found:
            raise Parked(Outcome.CONFLICT, [number])
        if found[0].external_id != number:
            return _written(desk, found[0].external_id, Outcome.KNOWN)
    _require_free(desk, number)
    return Finding(Outcome.KNOWN, number)


def _searched(desk: Desk) -> Finding:
    found = find(desk)
    if len(found) > 1:
        raise Parked(Outcome.SEVERAL, [one.external_id for one in found])
    if found:
        return _written(desk, found[0].external_id, Outcome.FOUND, found[0])
    try:
        made = create(desk)
    except Duplicates as duplicates:
        if len(duplicates.ids) != 1:
            raise Parked(Outcome.SEVERAL, duplicates.ids) from duplicates
        return _written(desk, duplicates.ids[0], Outcome.FOUND)
    return _written(desk, made.external_id, Outcome.CREATED)


def find(desk: Desk) -> list[CustomerRecord]:
    """Who could be she in the CRM, when nobody knows her number: by the first way that finds anybody."""
    client, crm = desk.client, desk.crm
    ways: list[tuple[str, Callable[[], list[CustomerRecord]]]] = [
        ("email", lambda: crm.find(email=client.email) if client.email else []),
        ("phone", lambda: _by_phone(crm, client)),
    ]
    for how, way in ways:
        found = {one.external_id: one for one in way()}
        if found:
            desk.how = how
            return list(found.values())
    return []


def _by_phone(crm: Crm, client: Client) -> list[CustomerRecord]:
    phones = dict.fromkeys(phone for phone in (client.mobile_phone, client.home_phone) if phone)
    return [one for phone in phones for one in crm.find(phone=phone)]


def shares_contact(client: Client, customer: CustomerRecord) -> bool:
    phones = {names.digits(one) for one in (client.mobile_phone, client.home_phone)} - {""}
    theirs = {names.digits(customer.get(name)) for name in ("mobile_phone", "home_phone")} - {""}
    email = client.email.casefold()
    return bool(email and email == customer.get("email").casefold()) or bool(phones & theirs)


def _name(name: str) -> list[str]:
    return sorted(names.words(name))


def create(desk: Desk, *, allow_duplicate: bool = False) -> CustomerRecord:
    """A customer like her. The same row never makes two: its reference goes along, and names the first one again."""
    values = {name: getattr(desk.client, name) for name in sorted(SHARED) if getattr(desk.client, name)}
    desk.how = "created"
    return desk.crm.create(values, consent=True, key=str(desk.row.reference), allow_duplicate=allow_duplicate)


def _written(desk: Desk, number: str, outcome: str, customer: CustomerRecord | None = None) -> Finding:
    """Write her number into the booking system's link."""
    _require_free(desk, number)
    write_number(desk, number)
    return Finding(outcome, number, customer)


def write_number(desk: Desk, number: str) -> None:
    """Raises Parked when somebody else has that number there."""
    metadata = {"matchedBy": desk.how} if desk.how and number else {}
    try:
        desk.provider.put_client_link(desk.row.external_id, desk.module, number, metadata)
    except Refused as error:
        if error.reason != Reason.ID_TAKEN:
            raise
        raise Parked(Outcome.CONFLICT, [number]) from error


def holder_of(crm: Connection, number: str, *, besides: Client) -> Client | None:
    """Which other client here the CRM means by `number`."""
    link = ClientLink.objects.filter(connection=crm, module="", external_id=number).exclude(client=besides).first()
    return link.client if link else None


def _require_free(desk: Desk, number: str) -> None:
    """Another client here may have the number only if she is the same by what booking systems match on: full name,
    and e-mail or phone (booxi-api.md section 6.1). Then she is one person who is a client in two clienteles."""
    other = holder_of(desk.crm_connection, number, besides=desk.client)
    if other is None or other.anonymised_at:
        return
    twin = CustomerRecord("", {name: getattr(other, name) for name in SHARED})
    if not shares_contact(desk.client, twin) or _name(other.full_name) != _name(desk.client.full_name):
        raise Parked(Outcome.CONFLICT, [number])


# --- what a person decided ------------------------------------------------------------------------------


def _linked(desk: Desk) -> Finding:
    """To the one chosen. Whoever had that number gives it up, and gets it back when this is undone."""
    row = desk.row
    remember(desk, row.chosen)
    if row.before["holder"]:
        desk.provider.put_client_link(row.before["holder"], desk.module, "", {})
    desk.how = "chosen"
    write_number(desk, row.chosen)
    return Finding(Outcome.SETTLED, row.chosen)


def _created(desk: Desk) -> Finding:
    """A new customer, although others look like her."""
    remember(desk, "")
    made = create(desk, allow_duplicate=True)
    write_number(desk, made.external_id)
    return Finding(Outcome.SETTLED, made.external_id)


def _left(desk: Desk) -> Finding:
    """Everything stays as it stands."""
    return Finding(Outcome.SETTLED)


def _still_settled(desk: Desk) -> Finding:
    """Something is said to stand there that does not fit what a person decided: see whether it does."""
    there = desk.number_there()
    if there == desk.row.chosen:
        return Finding(Outcome.SETTLED, there)
    if not there:
        raise Parked(Outcome.CONFLICT, [desk.row.chosen])
    raise Parked(Outcome.CONFLICT, [there, desk.row.chosen])


def remember(desk: Desk, number: str) -> None:
    """What stands there and here, before anything is changed: a repeat must not take our own change for it."""
    row = desk.row
    if row.before:
        return
    other = holder_of(desk.crm_connection, number, besides=desk.client) if number else None
    row.before = {
        "link": desk.provider.client_link(row.external_id, desk.module),
        "holder": _holder_there(desk, number) if number else "",
        "owner": other.pk if other else None,
    }
    Linking.objects.filter(pk=row.pk).update(before=row.before)


def _holder_there(desk: Desk, number: str) -> str:
    """The booking system's id of another client whom the module calls that."""
    others = [one.external_id for one in desk.provider.linked_clients(desk.module, number)]
    return next((one for one in others if one != desk.row.external_id), "")


def _undone(desk: Desk) -> None:
    """The links as they were, there and here; then the row waits for a person again."""
    row, before = desk.row, desk.row.before
    if before:
        desk.provider.put_client_link(row.external_id, desk.module, before["link"], {})
        if before["holder"]:
            desk.provider.put_client_link(before["holder"], desk.module, row.chosen, {})
    with transaction.atomic():
        take_turn(desk.connection)
        if before:
            _put_back(desk)
        candidates = [*row.candidates, row.chosen]
        park(row, Parked(Outcome.SEVERAL if len(set(candidates) - {""}) > 1 else Outcome.CONFLICT, candidates))
        # A new reference: should she be created after all, that is another customer than the one before.
        Linking.objects.filter(pk=row.pk).update(chosen="", reference=uuid.uuid4(), settled_at=None)


def _put_back(desk: Desk) -> None:
    """Here, the numbers of both as they were."""
    row, before = desk.row, desk.row.before
    mine = ClientLink.objects.filter(client=desk.client)
    mine.filter(connection=desk.connection, module=desk.module).delete()
    mine.filter(connection=desk.crm_connection, module="").delete()
    if before["link"]:
        keep_number(desk.connection, desk.module, desk.client, before["link"])
    note_number(desk, desk.client, row.chosen, before["link"])
    owner = Client.objects.filter(pk=before["owner"]).first()
    if owner:
        keep_number(desk.crm_connection, "", owner, row.chosen)
        if before["holder"]:
            keep_number(desk.connection, desk.module, owner, row.chosen)
    refresh_search(desk.client)


STEPS: dict[str, Callable[[Desk], Finding | None]] = {
    Linking.Decision.NONE: _match,
    Linking.Decision.LINK: _linked,
    Linking.Decision.CREATE: _created,
    Linking.Decision.LEAVE: _left,
    Linking.Decision.UNDO: _undone,
}
