"""How long deliveries are kept: their bodies hold personal data."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import Q, QuerySet

from integrations.models import WebhookDelivery

State = WebhookDelivery.State
SLICE = 2000  # rows in one statement: deleting must not hold up those who insert


def prune_deliveries(*, now: dt.datetime) -> int:
    """Delete what is done, or parked and looked at by nobody, for long enough. Returns how many."""
    done = Q(state=State.DONE, finished_at__lt=now - dt.timedelta(days=settings.WEBHOOK_KEEP_DAYS))
    parked = Q(state=State.PARKED, finished_at__lt=now - dt.timedelta(days=settings.WEBHOOK_KEEP_PARKED_DAYS))
    return _delete_in_slices(WebhookDelivery.objects.filter(done | parked))


def _delete_in_slices(rows: QuerySet[WebhookDelivery]) -> int:
    deleted = 0
    while pks := list(rows.values_list("pk", flat=True)[:SLICE]):
        deleted += WebhookDelivery.objects.filter(pk__in=pks).delete()[1][WebhookDelivery._meta.label]
    return deleted
