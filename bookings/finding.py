"""Clients as a list shows them: which stores know her, when she came last, when she comes next."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Max, Min

from bookings.history import coming
from bookings.models import Booking
from bookings.models.bookings import BookingQuerySet
from clienteling import contact
from clienteling.models import Client, ClientQuerySet, Store, User
from clienteling.models.clients import ClientStore
from clienteling.permissions import Action, own_places

if TYPE_CHECKING:
    from clienteling.permissions import Anybody

MOST_FOUND = 25
# How far back "seen lately" looks, and how many bookings it reads to find that many different people.
LATELY = dt.timedelta(days=30)
MOST_READ = 100
# Of so many at most is it weighed whether a part of their contact data found them, for those it must not help.
MOST_WEIGHED = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and the store on whose clock it is read."""

    at: dt.datetime
    store: Store


@dataclass(slots=True)
class Found:
    client: Client
    stores: list[str] = field(default_factory=list)
    last: Moment | None = None
    next: Moment | None = None


@dataclass(frozen=True, slots=True)
class Familiar:
    """Who somebody is likely to look for before a word is typed."""

    today: list[Found]
    lately: list[Found]


def search(query: str, *, user: User, stores: Sequence[Store], now: dt.datetime) -> tuple[list[Found], bool]:
    """At most `MOST_FOUND` clients `user` may see, and whether there are more. Four queries."""
    clients = clients_by(query, Client.objects.for_user(user), user=user, stores=stores, most=MOST_FOUND + 1)
    return described(clients[:MOST_FOUND], user=user, stores=stores, now=now), len(clients) > MOST_FOUND


def clients_by(
    query: str, clients: ClientQuerySet, *, user: Anybody, stores: Iterable[Store], most: int
) -> list[Client]:
    """At most `most` of `clients` that `query` finds, with who of them shows her contact data to `user`."""
    found = list(clients.search(query)[: most if contact.sees_all(user) else MOST_WEIGHED])
    contact.show_to(user, found)
    region = next((store.country for store in stores if store.country), "")
    fair = (one for one in found if one.contact_shown or contact.is_found_fairly(one, query, region))
    return list(islice(fair, most))


def familiar(*, user: User, store: Store | None, stores: Sequence[Store], now: dt.datetime) -> Familiar:
    """Clients of today's own bookings, by time, and of the latest ones before. Without an own calendar: the store's."""
    if store is None:
        return Familiar([], [])
    day_start, day_end = store.day_bounds(store.today())
    recent = _own_bookings(user, store).live().filter(starts_at__gte=day_start - LATELY, starts_at__lt=day_end)
    rows = list(recent.order_by("-starts_at").values_list("client", "starts_at")[:MOST_READ])
    today = list(dict.fromkeys(pk for pk, at in reversed(rows) if at >= day_start))
    lately = [pk for pk in dict.fromkeys(pk for pk, _ in rows) if pk not in today]
    wanted = (today + lately)[:MOST_FOUND]
    clients = Client.objects.for_user(user).in_bulk(wanted)
    contact.show_to(user, clients.values())
    listed = described([clients[pk] for pk in wanted if pk in clients], user=user, stores=stores, now=now)
    return Familiar(
        [found for found in listed if found.client.pk in today],
        [found for found in listed if found.client.pk not in today],
    )


def _own_bookings(user: User, store: Store) -> BookingQuerySet:
    bookings = Booking.objects.for_user(user).filter(client__isnull=False, client__anonymised_at__isnull=True)
    if user.member_in(store):
        return bookings.filter(staff__in=own_places(user, Action.SEE_OWN_CALENDAR))
    return bookings.filter(store=store)


def described(clients: Sequence[Client], *, user: User, stores: Iterable[Store], now: dt.datetime) -> list[Found]:
    """`clients` in their order, with what `stores` know of them. Three queries for any number."""
    known = {store.pk: store for store in stores}
    ids = [client.pk for client in clients]
    bookings = Booking.objects.for_user(user).filter(client__in=ids).order_by()
    last = _latest(bookings.visits().values_list("client", "store").annotate(at=Max("starts_at")), known)
    ahead = _soonest(coming(bookings, now=now).values_list("client", "store").annotate(at=Min("starts_at")), known)
    homes = _homes(ids, known)
    return [Found(one, homes[one.pk], last.get(one.pk), ahead.get(one.pk)) for one in clients]


Rows = Iterable[tuple[int, int, dt.datetime | None]]


def _moments(rows: Rows, known: dict[int, Store]) -> list[tuple[int, Moment]]:
    return [(client, Moment(at, known[store])) for client, store, at in rows if at and store in known]


def _latest(rows: Rows, known: dict[int, Store]) -> dict[int, Moment]:
    return dict(sorted(_moments(rows, known), key=lambda pair: pair[1].at))


def _soonest(rows: Rows, known: dict[int, Store]) -> dict[int, Moment]:
    return dict(sorted(_moments(rows, known), key=lambda pair: pair[1].at, reverse=True))


def _homes(ids: Sequence[int], known: dict[int, Store]) -> defaultdict[int, list[str]]:
    """Names of the stores that know each client."""
    homes: defaultdict[int, list[str]] = defaultdict(list)
    rows = ClientStore.objects.filter(client__in=ids, store__in=known).order_by("store__name", "store")
    for client, name in rows.values_list("client", "store__name"):
        homes[client].append(name)
    return homes
