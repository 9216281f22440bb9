"""Booker's news are hints: what they are about is read again (booker-api.md section 10: their form is assumed).

`{messageId, eventId, eventData {locationId, appointmentId?, customerId?}}`. A wrong guess of it costs nothing: the
hourly pass makes whole what no hint told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from bookings.gateway import Reason, Refused
from bookings.models import Booking
from clienteling import privacy
from integrations import linking, pull, sync
from integrations.models import ClientLink, Connection, Difference, StoreLink, SyncRun, WebhookDelivery
from integrations.providers.base import Provider, StoreRef
from integrations.providers.reading import members, optional_id
from integrations.pull import Verdict
from integrations.webhooks.envelopes import NotAnEvent, decoded
from integrations.webhooks.settling import Result, settle

WEBHOOK = Difference.Source.WEBHOOK
EVENTS = ("appointment.", "customer.")


@dataclass(slots=True)
class Hint:
    """All news of one batch about one appointment (`appointment`), or about one client alone."""

    location: str
    appointment: str
    customer: str
    rows: list[WebhookDelivery] = field(default_factory=list)

    @property
    def newest(self) -> WebhookDelivery:
        return max(self.rows, key=lambda row: row.pk)


def sorted_out(rows: Sequence[WebhookDelivery]) -> tuple[list[Hint], list[Result]]:
    """What is to be read again, each once, and what cannot be: events that we do not know. Parks what is no event."""
    found: dict[tuple[str, str, str], Hint] = {}
    unknown: list[Result] = []
    for row in rows:
        try:
            data = members(decoded(row.body).get("eventData"))
        except NotAnEvent:
            row.postpone("Its body is no JSON object.", hopeless=True)
            continue
        location, appointment, customer = (
            optional_id(data.get(name)) for name in ("locationId", "appointmentId", "customerId")
        )
        if not row.event_type.lower().startswith(EVENTS):
            unknown.append(Result(row, "unknown"))
        elif not (appointment or customer):
            row.postpone("It lacks what it is about.", hopeless=True)
        else:
            key = (location, appointment, "" if appointment else customer)
            found.setdefault(key, Hint(*key)).rows.append(row)
    return list(found.values()), unknown


def follow_up(connection: Connection, provider: Provider, hint: Hint) -> None:
    """Network. Read what `hint` is about, apply and settle it. Raises what the provider raises."""
    if hint.appointment:
        _appointment(connection, provider, hint)
    else:
        _customer(connection, provider, hint)


def _appointment(connection: Connection, provider: Provider, hint: Hint) -> None:
    held = Booking.objects.filter(remote_id=hint.appointment, store__links__connection=connection).first()
    news = pull.News(source=WEBHOOK, deliveries={hint.appointment: hint.newest.pk})
    try:
        record = provider.booking(StoreRef(hint.location or _location(connection, held)), hint.appointment)
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        with transaction.atomic():
            if held:
                pull.mark_gone([held.pk], connection=connection, news=news)
            settle(_results(hint, "gone", held))
        return
    with transaction.atomic():
        if held:
            outcome = pull.apply_last_word(connection, held, record, news)
        else:
            outcome = pull.apply_bookings(connection, [record], news)
        verdict = outcome.verdicts[record.external_id]
        if verdict != Verdict.UNPLACED:
            linking.note(connection, [record], [])
            booking = Booking.objects.filter(remote_id=record.external_id, store__links__connection=connection).first()
            settle(_results(hint, str(verdict), booking))
            return
    sync.request(connection, SyncRun.Kind.CATALOGUE)
    for row in hint.rows:
        row.postpone("Waits for the catalogue: it names a store, a person or a service that is new.")


def _location(connection: Connection, booking: Booking | None) -> str:
    links = StoreLink.objects.filter(connection=connection, **({"store": booking.store_id} if booking else {}))
    return links.order_by("pk").values_list("external_id", flat=True).first() or ""


def _customer(connection: Connection, provider: Provider, hint: Hint) -> None:
    news = pull.News(source=WEBHOOK)
    try:
        record = provider.client(hint.customer)
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        link = ClientLink.objects.filter(connection=connection, module="", external_id=hint.customer).first()
        with transaction.atomic():
            if link:
                privacy.forget(link.client, at=timezone.now())
            settle([Result(row, "gone") for row in hint.rows])
        return
    with transaction.atomic():
        (client,) = pull.apply_clients(connection, [record], news=news)
        settle([Result(row, "read again", f"client:{client.pk}", client.pk) for row in hint.rows])


def _results(hint: Hint, outcome: str, booking: Booking | None) -> list[Result]:
    subject = f"booking:{booking.pk}" if booking else ""
    return [Result(row, outcome, subject, booking.client_id if booking else None) for row in hint.rows]
