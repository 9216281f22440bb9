"""What became of deliveries, written down together with what they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.models import WebhookDelivery
from integrations.webhooks.consents import Said
from integrations.webhooks.envelopes import Event


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed delivery and what it says."""

    row: WebhookDelivery
    event: Event

    @property
    def said(self) -> list[Said]:
        """What clients agreed to, by this delivery."""
        return [Said(agreement, self.row.pk, self.row.created_at) for agreement in self.event.agreements]


@dataclass(frozen=True, slots=True)
class Result:
    """A delivery that is dealt with. `client_id`: whose data its body holds."""

    row: WebhookDelivery
    outcome: str
    subject: str = ""
    client_id: int | None = None


def settle(results: Sequence[Result]) -> None:
    """Mark the deliveries done, in the transaction of their effect. Raises Lost unless all are still the caller's."""
    if not results:
        return
    WebhookDelivery.finish_each([(one.row, one.outcome, one.subject, one.client_id) for one in results])
    empty(WebhookDelivery.objects.filter(pk__in=[one.row.pk for one in results if one.client_id]))


def empty(rows: QuerySet[WebhookDelivery]) -> int:
    """Take the body from those of `rows` whose client has been forgotten. Returns how many."""
    return rows.filter(client__anonymised_at__isnull=False).exclude(body="").update(body="")
