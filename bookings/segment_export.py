"""Clients of a segment as a file, read and sent piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from bookings.segments import Clock, with_visits
from clienteling import contact, spreadsheet
from clienteling.models import ClientProfile, ClientQuerySet
from clienteling.permissions import Reach

if TYPE_CHECKING:
    from clienteling.permissions import Anybody

MOST_EXPORTED = 200_000
AT_ONCE = 1000
COLUMNS = (
    *("client", "first_name", "last_name", "email", "mobile_phone", "home_phone", "street", "postcode", "city"),
    *("region", "country", "birthday", "takes_email_offers", "takes_sms", "consent", "visits", "last_visit"),
)
NOBODYS = ClientProfile()
ANSWERS = {True: _("yes"), False: _("no"), None: ""}


def lines(rows: ClientQuerySet, *, user: Anybody, where: Reach, clock: Clock) -> Iterator[str]:
    """CSV in UTF-8, begun with the mark by which spreadsheets know that. By id, so that what changes meanwhile neither
    repeats nor skips anybody; one query a piece. Contact data where `user` may see it, as on the pages."""
    yield "\ufeff" + spreadsheet.line(COLUMNS)
    ordered = with_visits(rows, where=where, clock=clock).select_related("profile").order_by("pk")
    after, left = 0, MOST_EXPORTED
    while found := list(ordered.filter(pk__gt=after)[: min(AT_ONCE, left)]):
        contact.show_to(user, found)
        yield "".join(spreadsheet.line(_cells(client, clock)) for client in found)
        after, left = found[-1].pk, left - len(found)


def _cells(client: Any, clock: Clock) -> tuple[Any, ...]:
    profile = getattr(client, "profile", None) or NOBODYS
    reach = (client.email, client.mobile_phone, client.home_phone, profile.street)
    last = client.last_visit_at
    return (
        *(client.pk, client.first_name, client.last_name),
        *(reach if client.contact_shown else ("",) * len(reach)),
        *(profile.postcode, profile.city, profile.region, profile.country, profile.born_on or ""),
        *(ANSWERS[profile.takes_offers_by_email], ANSWERS[profile.takes_sms], client.get_consent_display()),
        *(client.visits, last.astimezone(clock.zone).date() if last else ""),
    )
