"""How a connection's webhooks are set up, and what came through them, for head office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from integrations.models import Connection, WebhookDelivery
from integrations.webhooks import failures
from integrations.webhooks.receiving import secrets_of
from integrations.webhooks.signatures import HEADERS, Scheme

State = WebhookDelivery.State

# The words stored as outcomes, where translators find them: the pages translate what is stored.
OUTCOMES = (
    pgettext_lazy("what became of a delivery", "created"),
    pgettext_lazy("what became of a delivery", "applied"),
    pgettext_lazy("what became of a delivery", "unchanged"),
    pgettext_lazy("what became of a delivery", "older"),
    pgettext_lazy("what became of a delivery", "read again"),
    pgettext_lazy("what became of a delivery", "gone"),
    pgettext_lazy("what became of a delivery", "kept"),
    pgettext_lazy("what became of a delivery", "not kept"),
    pgettext_lazy("what became of a delivery", "linking"),
    pgettext_lazy("what became of a delivery", "unknown"),
)


@dataclass(frozen=True, slots=True)
class Door:
    """`is_open`: there is a secret and the connection is on. `is_rotating`: the secret before is still accepted."""

    address: str
    header: str
    is_open: bool
    is_rotating: bool
    last: WebhookDelivery | None
    waiting: int
    parked: int


def door_of(request: HttpRequest, connection: Connection) -> Door:
    rows = WebhookDelivery.objects.filter(connection=connection)
    counts = rows.exclude(state=State.DONE).aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)), parked=Count("pk", filter=Q(state=State.PARKED))
    )
    secrets = secrets_of(connection)
    return Door(
        address=request.build_absolute_uri(reverse("webhook", args=[connection.webhook_token])),
        header=header_of(connection),
        is_open=bool(secrets) and connection.is_active,
        is_rotating=len(secrets) > 1,
        last=rows.defer("body").order_by("-received_at").first(),
        **counts,
    )


def header_of(connection: Connection) -> str:
    """The header (of Standard Webhooks: their common start) that the proof is read from."""
    header = connection.webhook_header or HEADERS[Scheme(connection.webhook_scheme)]
    return f"{header}-signature" if connection.webhook_scheme == Scheme.STANDARD else header


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came lately, of all connections. `oldest_at`: since when the longest waiting delivery waits."""

    minute: int
    hour: int
    day: int
    repeats: int
    waiting: int
    oldest_at: dt.datetime | None
    parked: int
    failures: int


def traffic(connections: Sequence[Connection]) -> Traffic:
    now = timezone.now()
    rows = WebhookDelivery.objects.filter(connection__in=connections)
    came = rows.filter(received_at__gte=now - dt.timedelta(days=1)).aggregate(
        minute=Count("pk", filter=Q(received_at__gte=now - dt.timedelta(minutes=1))),
        hour=Count("pk", filter=Q(received_at__gte=now - dt.timedelta(hours=1))),
        day=Count("pk"),
        again=Sum("repeats"),
    )
    repeats = came.pop("again") or 0
    still = rows.filter(state=State.WAITING).aggregate(waiting=Count("pk"), oldest_at=Min("received_at"))
    parked = rows.filter(state=State.PARKED).count()
    return Traffic(**came, **still, repeats=repeats, parked=parked, failures=failures.lately(connections))
