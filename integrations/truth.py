"""How true the mirror is: where news came from, what webhooks missed, and when each store was last proven right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Difference, StoreLink, WebhookDelivery
from integrations.recorder.words import LINK

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
MOST_STORES = 500
Source = Difference.Source

LABELS = {
    Source.WEBHOOK: gettext_lazy("Came by webhook"),
    Source.SWEEP: gettext_lazy("Found by a sweep: no webhook had told us"),
    Source.CRM: gettext_lazy("From the customer system"),
    Source.PERSON: gettext_lazy("Changed here"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """How many changed fields came from one source. `start` and `width`: its part of the bar, in hundredths."""

    source: str
    label: str
    number: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Period:
    """`told`: of what changed at booking systems, the share that a webhook told, in per cent; None: nothing did."""

    title: str
    shares: list[Share]

    @property
    def is_empty(self) -> bool:
        return not any(share.number for share in self.shares)

    @property
    def told(self) -> int | None:
        numbers = {share.source: share.number for share in self.shares}
        elsewhere = numbers[Source.WEBHOOK] + numbers[Source.SWEEP]
        return 100 * numbers[Source.WEBHOOK] // elsewhere if elsewhere else None


@dataclass(frozen=True, slots=True)
class Queue:
    """Deliveries not done yet."""

    waiting: int
    oldest: dt.datetime | None
    parked: int
    latest: dt.datetime | None


def periods(now: dt.datetime) -> list[Period]:
    """Where changes came from in the last day and week. One query."""
    changed = Difference.objects.exclude(field=LINK)  # links are written by us alone
    rows = changed.filter(at__gte=now - WEEK, applied=True).order_by().values("source")
    counted = rows.annotate(week=Count("pk"), day=Count("pk", filter=Q(at__gte=now - DAY)))
    numbers = {row["source"]: (row["day"], row["week"]) for row in counted}
    per_day, per_week = ([numbers.get(source, (0, 0))[at] for source in LABELS] for at in (0, 1))
    return [Period(_("Last 24 hours"), _shares(per_day)), Period(_("Last 7 days"), _shares(per_week))]


def _shares(numbers: Sequence[int]) -> list[Share]:
    whole = sum(numbers)
    found, start = [], 0.0
    for (source, label), number in zip(LABELS.items(), numbers, strict=True):
        width = 100 * number / whole if whole else 0.0
        found.append(Share(source, str(label), number, start, width))
        start += width
    return found


def stores(now: dt.datetime) -> list[tuple[StoreLink, int]]:
    """Each store in use, the stalest first, with what sweeps found different there in a week. Two queries."""
    links = StoreLink.objects.filter(connection__is_active=True, store__is_active=True)
    rows = links.select_related("store", "connection").order_by("store__name", "pk")[:MOST_STORES]
    found = Difference.objects.filter(source=Source.SWEEP, applied=True, at__gte=now - WEEK).order_by()
    counted = dict(found.values_list("booking__store").annotate(number=Count("pk")))
    return sorted(((row, counted.get(row.store_id, 0)) for row in rows), key=lambda pair: _staleness(pair[0]))


def _staleness(link: StoreLink) -> tuple[bool, dt.datetime]:
    return link.full_at is not None, link.full_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def queue() -> Queue:
    """Two queries, however much has come."""
    open_rows = WebhookDelivery.objects.exclude(state=WebhookDelivery.State.DONE)
    waiting = Q(state=WebhookDelivery.State.WAITING)
    facts = open_rows.aggregate(
        waiting=Count("pk", filter=waiting),
        oldest=Min("received_at", filter=waiting),
        parked=Count("pk", filter=~waiting),
    )
    return Queue(**facts, latest=WebhookDelivery.objects.aggregate(latest=Max("received_at"))["latest"])
