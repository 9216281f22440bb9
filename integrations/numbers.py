"""What the customer system's module calls stores (store number), staff (employee id) and services (product id).

The booking system keeps these numbers; we keep a copy beside each link, to show and to find by.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from bookings.gateway import GatewayError
from integrations.models import Connection, ServiceLink, StaffLink, StoreLink
from integrations.providers.base import Owner
from integrations.switchboard import Purpose, noting_trouble, open_provider, opened_for_a_person

logger = logging.getLogger(__name__)

NumberedLink = StoreLink | StaffLink | ServiceLink
LINKS: dict[Owner, type[Any]] = {Owner.STORE: StoreLink, Owner.STAFF: StaffLink, Owner.SERVICE: ServiceLink}
ORDERS = {
    Owner.STORE: ("store__name",),
    Owner.STAFF: ("staff__store__name", "staff__first_name", "staff__last_name"),
    Owner.SERVICE: ("service__store__name", "service__name"),
}
PLACES = {Owner.STORE: "store", Owner.STAFF: "staff__store", Owner.SERVICE: "service__store"}


def links_of(connection: Connection, owner: Owner) -> QuerySet[Any]:
    """All links of that kind, with what they are about, in the order people look for them."""
    active = {f"{owner.value}__is_active": True}
    rows = LINKS[owner]._default_manager.filter(connection=connection, **active)
    found: QuerySet[Any] = rows.select_related(PLACES[owner], owner.value).order_by(*ORDERS[owner], "pk")
    return found


def find(connection: Connection, owner: Owner, number: str) -> list[Any]:
    """Network. The links of what has `number` at the booking system; what it says is kept.

    Raises Unavailable, Refused, Misconfigured.
    """
    provider = opened_for_a_person(connection)
    ids = noting_trouble(connection, lambda: provider.find_owners(owner, connection.module_id, number))
    rows = LINKS[owner]._default_manager.filter(connection=connection, external_id__in=ids)
    rows.update(module_external_id=number, number_read_at=timezone.now())
    return list(links_of(connection, owner).filter(external_id__in=ids))


def read(connection: Connection, owner: Owner, link: NumberedLink) -> str:
    """Network. The number that stands at the booking system now; kept. Raises as `find`."""
    provider = opened_for_a_person(connection)
    number = noting_trouble(connection, lambda: provider.owner_link(owner, link.external_id, connection.module_id))
    _keep(link, number)
    return number


def read_due(limit: int) -> int:
    """Network, one call each. Read at most `limit` numbers that nobody has read for long, the longest unread first.

    A booking system that does not answer is left for the next time. Returns how many were read.
    """
    done = 0
    for connection in Connection.objects.booking_systems().filter(is_active=True).exclude(module_id=""):
        try:
            for owner in LINKS:
                done += _read_due(connection, owner, limit - done)
        except GatewayError as error:
            logger.info("numbers of connection %s are not read: %s", connection.pk, type(error).__name__)
    return done


def _read_due(connection: Connection, owner: Owner, limit: int) -> int:
    long_ago = timezone.now() - settings.NUMBERS_EVERY
    unread = Q(number_read_at=None) | Q(number_read_at__lt=long_ago)
    rows = list(links_of(connection, owner).filter(unread).order_by(F("number_read_at").asc(nulls_first=True))[:limit])
    if not rows:
        return 0
    provider = open_provider(connection, Purpose.SWEEP)
    for link in rows:
        number = provider.owner_link(owner, link.external_id, connection.module_id)
        # Somebody who has just written another one knows better.
        seen = LINKS[owner]._default_manager.filter(pk=link.pk, number_read_at=link.number_read_at)
        seen.update(module_external_id=number, number_read_at=timezone.now())
    return len(rows)


def write(connection: Connection, owner: Owner, link: NumberedLink, number: str) -> None:
    """Network. Set the number at the booking system, "" takes it away; then keep it. Raises as `find`."""
    provider = opened_for_a_person(connection)
    noting_trouble(connection, lambda: provider.put_owner_link(owner, link.external_id, connection.module_id, number))
    _keep(link, number)


def _keep(link: NumberedLink, number: str) -> None:
    link.module_external_id, link.number_read_at = number, timezone.now()
    link.save(update_fields=["module_external_id", "number_read_at"])
