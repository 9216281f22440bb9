"""Understanding what was kept. The table is the queue (integrations/models/work.py): claimed in batches, done in the
transaction of its effect, tried again with growing pauses, parked for a person in the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bookings.gateway import GatewayError, Unavailable
from integrations.crm import events as crm_events
from integrations.models import Connection, Lost, WebhookDelivery
from integrations.providers.base import ClientMerged, Provider
from integrations.providers.reading import Unreadable
from integrations.switchboard import Purpose, noting_trouble, open_provider
from integrations.webhooks import bookings, clients, hints
from integrations.webhooks.envelopes import About, NotAnEvent, booxi_event, decoded
from integrations.webhooks.gaps import Need
from integrations.webhooks.settling import Item, Result, empty, settle

logger = logging.getLogger(__name__)

BATCH = 200
MOST_BATCHES = 500  # a worker does other things as well; the schedule comes again
LEASE_TO_ASK = 45.0  # seconds: longer than a call may take (PROVIDER_TIMEOUT_BACKGROUND)
# A delivery tried this often may be what kills its workers: it no longer takes others with it ...
TRIES_IN_COMPANY = 4
# ... and is left to a person in the end, even though nobody ever came back to say why.
MOST_DEATHS = 3 * WebhookDelivery.MOST_TRIES


@dataclass(slots=True)
class Report:
    """How many deliveries were taken up, and whether something was asked for that another worker must read."""

    taken: int = 0
    wants_reading: bool = False


def work() -> Report:
    """Take up what is due until nothing is, one batch of each connection in turn."""
    report = Report()
    for _ in range(MOST_BATCHES):
        taken = [_next_batch(connection, report) for connection in _with_news()]
        if not any(taken):
            break
    return report


def _with_news() -> list[Connection]:
    due = WebhookDelivery.objects.filter(
        connection=OuterRef("pk"), state=WebhookDelivery.State.WAITING, due_at__lte=timezone.now()
    )
    return list(Connection.objects.filter(Exists(due), is_active=True).select_related("crm"))


def _next_batch(connection: Connection, report: Report) -> int:
    rows = WebhookDelivery.claim(BATCH, connection=connection)
    report.taken += len(rows)
    report.wants_reading |= carry_out(connection, rows)
    return len(rows)


def carry_out(connection: Connection, rows: Sequence[WebhookDelivery]) -> bool:
    """Claimed `rows`, together; where one spoils it for all, one by one. Returns whether something must be read."""
    together = [row for row in rows if row.attempts <= TRIES_IN_COMPANY]
    alone = [row for row in rows if row.attempts > TRIES_IN_COMPANY]
    handle = HANDLERS[connection.kind]
    wants_reading = False
    try:
        wants_reading = handle(connection, together) if together else False
    except Lost:
        logger.info("a batch of deliveries was taken over")
    except OperationalError:
        raise
    except Exception as error:  # whatever it is, it must not stop the others
        logger.warning("a batch of deliveries goes one by one: %s", type(error).__name__)
        alone = [*together, *alone]
    for row in alone:
        wants_reading |= _one(connection, row, handle)
    return wants_reading


Handler = Callable[[Connection, Sequence[WebhookDelivery]], bool]


def _one(connection: Connection, row: WebhookDelivery, handle: Handler) -> bool:
    if not row.hold(WebhookDelivery.LEASE.total_seconds()):
        return False
    if row.attempts > MOST_DEATHS:
        row.postpone("Every worker that took it up was lost.", hopeless=True)
        return False
    try:
        return handle(connection, [row])
    except Lost:
        return False
    except OperationalError:
        raise
    except Exception as error:  # noted on the row, where a person finds it
        logger.warning("delivery %s failed: %s", row.pk, type(error).__name__)
        row.postpone(f"It could not be applied ({type(error).__name__}).")
        return False


def _handle_crm(connection: Connection, rows: Sequence[WebhookDelivery]) -> bool:
    """One by one, because each may need a question; those of somebody forgotten do not stay."""
    for row in rows:
        if row.hold(LEASE_TO_ASK):
            crm_events.apply(connection, [row])
    empty(WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]))
    return False


def _handle_booker(connection: Connection, rows: Sequence[WebhookDelivery]) -> bool:
    found, unknown = hints.sorted_out(rows)
    with transaction.atomic():
        settle(unknown)
    for hint in found:
        _ask(connection, hint.rows, partial(hints.follow_up, connection, hint=hint))
    return bool(found)


# --- a booking system's news ------------------------------------------------------------------------------


def _handle_booxi(connection: Connection, rows: Sequence[WebhookDelivery]) -> bool:
    items = [item for row in rows if (item := _read(row))]
    with transaction.atomic():
        results = [Result(item.row, "unknown") for item in items if item.event.about == About.UNKNOWN]
        about_people, people = clients.apply(connection, items)
        about_bookings, groups = bookings.apply(connection, items)
        settle([*results, *about_people, *about_bookings])
    for person in people:
        _ask(connection, person.rows, partial(clients.follow_up, connection, person=person))
    wants_reading = False
    for group in groups:
        wants_reading |= _follow_up(connection, group)
    return wants_reading


def _read(row: WebhookDelivery) -> Item | None:
    """What it says; one that nobody can understand is left to a person at once."""
    try:
        return Item(row, booxi_event({"type": row.event_type, **decoded(row.body)}))
    except NotAnEvent:
        row.postpone("Its body is no JSON object.", hopeless=True)
    except Unreadable as error:
        row.postpone(f"It lacks what it is about ({error}).", hopeless=True)
    return None


def _follow_up(connection: Connection, group: bookings.Group) -> bool:
    if group.need == Need.ASK:
        _ask(connection, group.rows, partial(bookings.follow_up, connection, group=group))
    if group.need == Need.NOBODY_KNOWS:
        bookings.give_up(group)
    return group.need == Need.CATALOGUE and bookings.wait_for_catalogue(connection, group)


def _ask(connection: Connection, rows: Sequence[WebhookDelivery], ask: Callable[[Provider], None]) -> None:
    """Network. `ask` the provider, with the rows held for as long as that may take."""
    if not all(row.hold(LEASE_TO_ASK) for row in rows):
        return
    try:
        noting_trouble(connection, lambda: ask(open_provider(connection, Purpose.FOLLOW_UP)))
    except Lost:
        logger.info("a delivery was taken over")
    except (GatewayError, ClientMerged) as error:
        wait = error.retry_after if isinstance(error, Unavailable) else None
        for row in rows:
            row.postpone(f"{type(error).__name__}: {error}", wait=wait and max(wait, 1.0))


HANDLERS: dict[str, Handler] = {
    Connection.Kind.BOOXI: _handle_booxi,
    Connection.Kind.BOOKER: _handle_booker,
    Connection.Kind.CRM: _handle_crm,
}
