"""Contact data of clients (phone, e-mail): who sees it at once, and how somebody else can still find a client by it.

A restricted associate has it shown one client at a time, which is written down. Her search must not become a way
around that: a part of a number or an address finds nobody, else it could be guessed digit by digit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clienteling import names
from clienteling.models import Client, ClientStore
from clienteling.permissions import Action, reach

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


def sees_all(user: Anybody) -> bool:
    """Whether she sees at once the contact data of every client she sees."""
    known_in, shown_in = reach(user, Action.SEE_CLIENTS), reach(user, Action.SEE_CONTACT)
    return shown_in.everywhere or (bool(shown_in) and set(known_in.store_ids) <= set(shown_in.store_ids))


def show_to(user: Anybody, clients: Iterable[Client | None]) -> None:
    """Set `contact_shown` on each. No query, unless her roles in stores differ in this: then one."""
    rows = [client for client in clients if client is not None]
    shown_in, everything = reach(user, Action.SEE_CONTACT), sees_all(user)
    readable: set[int] = set()
    if shown_in and not everything:
        known = ClientStore.objects.filter(client__in=[row.pk for row in rows], store__in=shown_in.store_ids)
        readable = set(known.values_list("client", flat=True))
    for row in rows:
        row.contact_shown = everything or row.pk in readable


def is_found_fairly(client: Client, query: str, region: str) -> bool:
    """Whether `query` finds `client` without the help of a part of her contact data: by names and customer numbers,
    or by a whole phone number (as typed in `region`) or e-mail address. `client` was found by `query` already."""
    hidden = {names.plain(client.email), names.digits(client.mobile_phone), names.digits(client.home_phone)} - {""}
    open_text = "".join(f" {word}" for word in client.search_text.split() if word not in hidden)
    whole = {names.digits(names.international_phone(query, region)), names.digits(query)} - {""}
    return all(term in open_text or term.strip() in hidden or whole & hidden for term in names.search_terms(query))
