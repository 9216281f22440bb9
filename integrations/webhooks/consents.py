"""What clients agreed to, as other systems say (booxi-api.md section 13: consents show up in webhooks)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clienteling.models import Client, Consent, Store
from integrations import linking, pull
from integrations.models import ClientLink, ClientPush, Connection, Difference
from integrations.webhooks.envelopes import Agreement


@dataclass(frozen=True, slots=True)
class Said:
    """An agreement, the delivery it came with, and when it counts from where it does not say."""

    agreement: Agreement
    delivery_id: int
    came_at: dt.datetime

    @property
    def at(self) -> dt.datetime:
        return self.agreement.at or self.came_at


def apply(connection: Connection, said: Sequence[Said]) -> dict[str, str]:
    """Follow what is newer than what we hold. External id -> applied, unchanged or older; strangers are left out.

    Inside the caller's transaction; one query when nothing is new.
    """
    newest: dict[str, Said] = {}
    for one in sorted(said, key=lambda one: one.at):
        newest[one.agreement.client_id] = one
    if not newest:
        return {}
    links = ClientLink.objects.filter(connection=connection, module="", external_id__in=newest)
    return {
        link.external_id: _follow(link, newest[link.external_id])
        for link in links.select_related("client", "connection").select_for_update(of=("client",))
    }


def _follow(link: ClientLink, said: Said) -> str:
    client, wanted = link.client, Consent.KEPT if said.agreement.agreed else Consent.BOOKING_ONLY
    if client.anonymised_at or (client.consent_at and said.at < client.consent_at):
        return "older"
    before = client.consent
    if said.at != client.consent_at:
        Client.objects.filter(pk=client.pk).update(consent=wanted, consent_at=said.at)
    if before == wanted:
        return "unchanged"
    _tell(link, before, wanted, said)
    return "applied"


def _tell(link: ClientLink, before: str, wanted: Consent, said: Said) -> None:
    """Write it down, and let everybody know who has to."""
    client = Client.objects.get(pk=link.client_id)
    news = pull.News(source=Difference.Source.WEBHOOK, deliveries={link.external_id: said.delivery_id})
    texts = {"field": "consent", "before": before, "after": str(wanted)}
    news.difference(link.connection, link.external_id, client=client, said_at=said.at, **texts).save()
    Store.objects.filter(knows__client=client).touch()
    ClientPush.objects.spread(client, ["consent"], said_by=link)
    if client.keeps_data:
        linking.consent_given(client)
