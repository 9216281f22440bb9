"""What the CRM tells us by webhook: customers created, updated, deleted, merged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

from bookings.gateway import GatewayError, Misconfigured, Reason, Refused, Unavailable
from integrations import linking
from integrations.crm import customers
from integrations.crm.base import CustomerMerged, CustomerRecord
from integrations.crm.http import customer
from integrations.crm.registry import open_crm
from integrations.models import Connection, Difference, Lost, WebhookDelivery
from integrations.providers.reading import Unreadable, identifier, members
from integrations.pull import News
from integrations.pull.writing import take_turn
from integrations.switchboard import Purpose, noting_trouble
from integrations.webhooks.envelopes import NotAnEvent, decoded, type_of

logger = logging.getLogger(__name__)

MOST_ID = 100
MOST_MERGES = 5  # one into another into another; more is a circle


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery: a word, and which client it was about."""

    word: str
    client_id: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        subject = f"client:{self.client_id}" if self.client_id else ""
        return {"outcome": self.word, "subject": subject}


def apply(connection: Connection, deliveries: Sequence[WebhookDelivery]) -> int:
    """Network, and a transaction for each of the claimed `deliveries`: its effect and its end together.

    What cannot be done now is postponed, what cannot be understood is parked. Returns how many were done.
    """
    return sum(_carry_out(connection, delivery) for delivery in deliveries)


def _carry_out(connection: Connection, delivery: WebhookDelivery) -> bool:
    try:
        _understand(connection, delivery)
    except Lost:
        return False
    except Unreadable as error:
        delivery.postpone(f"not understood: {error}", hopeless=True)
    except Unavailable as error:
        delivery.postpone(f"the customer system: {error}", wait=error.retry_after)
    except (GatewayError, DatabaseError) as error:
        logger.warning("delivery %s: %s", delivery.pk, type(error).__name__)
        delivery.postpone(type(error).__name__, hopeless=isinstance(error, Refused))
    else:
        return True
    return False


def _understand(connection: Connection, delivery: WebhookDelivery) -> None:
    kind, data = _read(delivery)
    if kind == "customer.merged":
        _merged(connection, delivery, data)
    elif kind == "customer.deleted":
        _deleted(connection, delivery, data)
    elif kind in ("customer.created", "customer.updated"):
        _described(connection, delivery, data)
    else:
        _end(delivery, Outcome("unknown"))


def _read(delivery: WebhookDelivery) -> tuple[str, dict[str, Any]]:
    try:
        body = decoded(delivery.body)
    except NotAnEvent as error:
        raise Unreadable("not JSON") from error
    return type_of(body) or delivery.event_type, members(body.get("data"))


def _end(delivery: WebhookDelivery, outcome: Outcome) -> None:
    WebhookDelivery.finish([delivery], **outcome.fields, client_id=outcome.client_id)


def _news(delivery: WebhookDelivery, customer_id: str) -> News:
    return News(source=Difference.Source.CRM, certain=False, deliveries={customer_id: delivery.pk})


# --- created, updated -----------------------------------------------------------------------------------


def _described(connection: Connection, delivery: WebhookDelivery, data: dict[str, Any]) -> None:
    """Whom we know is brought up to date from the message alone; who is new, or without a time, is read first.

    The CRM is asked about strangers because a message may be older than her deletion.
    """
    record = customer(data)
    if _is_dated(record) and _brought_up_to_date(connection, delivery, record):
        return
    try:
        current = _current(connection, record.external_id)
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        with transaction.atomic():
            _end(delivery, Outcome("gone"))
        return
    if not _brought_up_to_date(connection, delivery, current):
        _entered(connection, delivery, current)


def _is_dated(record: CustomerRecord) -> bool:
    return bool(record.values) and (record.modified_at is not None or record.values.keys() <= record.times.keys())


def _brought_up_to_date(connection: Connection, delivery: WebhookDelivery, record: CustomerRecord) -> bool:
    """False: nobody here is linked to her."""
    with transaction.atomic():
        take_turn(connection)
        link = customers.link_of(connection, record.external_id)
        if link is None:
            return False
        word = customers.apply(connection, link, record, _news(delivery, record.external_id))
        _end(delivery, Outcome(word, link.client_id))
    linking.wake()
    return True


def _current(connection: Connection, customer_id: str) -> CustomerRecord:
    """Network. The customer as she is now, under the id she lives on under."""
    crm = noting_trouble(connection, lambda: open_crm(connection, Purpose.FOLLOW_UP))
    for _ in range(MOST_MERGES):
        try:
            return crm.read(customer_id)
        except CustomerMerged as merged:
            customer_id = merged.new_id
    raise Misconfigured("A customer was merged into herself.")


def _entered(connection: Connection, delivery: WebhookDelivery, record: CustomerRecord) -> None:
    """Somebody new. Who looks like a client we have is matched by the way every client is matched."""
    with transaction.atomic():
        take_turn(connection)
        alike = customers.lookalikes(connection, record)
        if alike:
            linking.queue(alike)
            _end(delivery, Outcome("linking", alike[0].client_id if len(alike) == 1 else None))
        elif record.consent is False:
            # She has not booked, and nobody may keep what she has not agreed to.
            _end(delivery, Outcome("not kept"))
        else:
            client = customers.create(connection, record, _news(delivery, record.external_id))
            _end(delivery, Outcome("created", client.pk))
    linking.wake()


# --- deleted, merged ------------------------------------------------------------------------------------


def _deleted(connection: Connection, delivery: WebhookDelivery, data: dict[str, Any]) -> None:
    customer_id = identifier(data.get("id"), MOST_ID)
    with transaction.atomic():
        take_turn(connection)
        link = customers.link_of(connection, customer_id)
        erased = link is not None and customers.erase(connection, link)
        _end(delivery, Outcome("applied" if erased else "unchanged", link.client_id if link else None))
    linking.wake()


def _merged(connection: Connection, delivery: WebhookDelivery, data: dict[str, Any]) -> None:
    old_id, new_id = identifier(data.get("from"), MOST_ID), identifier(data.get("into"), MOST_ID)
    with transaction.atomic():
        take_turn(connection)
        changed = customers.merge(connection, old_id, new_id)
        link = customers.link_of(connection, new_id)
        _end(delivery, Outcome("applied" if changed else "unchanged", link.client_id if link else None))
    linking.wake()
