"""What was kept of one booking or one client, as rows. The same number of queries however much has happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import Booking, Change, GroupEvent, Service
from clienteling.models import Client, StaffMember, Store, User
from clienteling.permissions import Action, Reach, reach
from integrations.models import (
    ClientLink,
    ClientPush,
    Connection,
    Difference,
    Linking,
    ProviderCall,
    StoreLink,
    WebhookDelivery,
)
from integrations.switchboard import subject_of

MOST = 200  # of each kind, the newest
MOST_BOOKINGS = 100  # of one client, the newest
SAME_NEWS = dt.timedelta(seconds=2)  # fields written together


@dataclass(slots=True)
class Trail:
    """Everything that was kept, as rows, oldest first. `bookings`: those it is about, by id."""

    store: Store
    bookings: dict[int, Booking]
    connection: Connection | None = None
    changes: list[Change] = field(default_factory=list)
    calls: list[ProviderCall] = field(default_factory=list)
    deliveries: list[WebhookDelivery] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    linkings: list[Linking] = field(default_factory=list)
    pushes: list[ClientPush] = field(default_factory=list)
    links: list[ClientLink] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether older things were left out."""
        return any(len(rows) >= MOST for rows in (self.changes, self.calls, self.deliveries, self.differences))


@dataclass(slots=True)
class Cast:
    """Names for the ids that the rows speak of. Somebody the viewer may not see has none.

    `seen_in`: the stores whose people the viewer may see; `strangers`: accounts that work in others alone.
    """

    staff: dict[int, StaffMember]
    services: dict[int, str]
    clients: dict[int, Client]
    events: dict[int, str]
    seen_in: Reach
    strangers: set[int]


@dataclass(slots=True)
class News:
    """Fields that were found different together."""

    differences: list[Difference]

    @property
    def first(self) -> Difference:
        return self.differences[0]

    def of(self, name: str) -> Difference | None:
        return next((one for one in self.differences if one.field == name), None)


# --- reading -------------------------------------------------------------------------------------------


def trail_of_booking(booking: Booking) -> Trail:
    """`booking` with its store, client and staff at hand. Six queries."""
    link = StoreLink.objects.filter(store=booking.store).select_related("connection").order_by("pk").first()
    trail = Trail(booking.store, {booking.pk: booking}, link.connection if link else None)
    _read(trail, Q(booking=booking.pk), [subject_of(booking)])
    return trail


def trail_of_client(client: Client, *, user: User, store: Store) -> Trail:
    """`client` is one that `user` may see; of her bookings only those that `user` may see. Ten queries."""
    seen = Booking.objects.for_user(user).filter(client=client).select_related("store", "client", "staff")
    newest = list(seen.prefetch_related("items").order_by("-booked_at", "-pk")[:MOST_BOOKINGS])
    trail = Trail(store, {booking.pk: booking for booking in newest})
    subjects = [subject_of(client), *map(subject_of, newest)]
    _read(trail, Q(client=client) | Q(booking__in=trail.bookings), subjects)
    trail.linkings = list(Linking.objects.filter(client=client).select_related("connection__crm", "settled_by"))
    trail.pushes = list(client.pushes.select_related("connection").order_by("-created_at")[:MOST])[::-1]
    trail.links = list(client.links.select_related("connection__crm").order_by("pk"))
    return trail


def _read(trail: Trail, about: Q, subjects: list[str]) -> None:
    trail.changes = list(Change.objects.filter(booking__in=trail.bookings)[:MOST])[::-1]
    for change in trail.changes:
        change.booking = trail.bookings[change.booking_id]
    trail.calls = _newest(ProviderCall.objects.filter(subject__in=subjects), "at")
    trail.deliveries = _newest(WebhookDelivery.objects.filter(subject__in=subjects).defer("body"), "received_at")
    trail.differences = _newest(Difference.objects.filter(about).select_related("said_by", "author"), "at")


def _newest(rows: QuerySet[Any], moment: str) -> list[Any]:
    """The newest by the field `moment`, oldest first."""
    return list(rows.select_related("connection").order_by(f"-{moment}", "-pk")[:MOST])[::-1]


def cast_of(trail: Trail, *, user: User) -> Cast:
    """Who and what the rows speak of. At most five queries."""
    wishes = [values for change in trail.changes for values in (change.wanted, change.before)]
    staff = {one["staff"] for one in wishes if one.get("staff")} | _ids(trail, "staff", "booked_by")
    services = {item["service"] for one in wishes for item in one.get("items") or () if item.get("service")}
    clients, events = _ids(trail, "client"), _ids(trail, "group_event")
    people = StaffMember.objects.filter(pk__in=staff).in_bulk() if staff else {}
    names = Service.objects.filter(pk__in=services).values_list("pk", "name") if services else ()
    known = Client.objects.for_user(user).filter(pk__in=clients).in_bulk() if clients else {}
    titles = GroupEvent.objects.filter(pk__in=events).values_list("pk", "name") if events else ()
    seen_in = reach(user, Action.SEE_STORE)
    return Cast(people, dict(names), known, dict(titles), seen_in, _strangers(trail, seen_in))


def _strangers(trail: Trail, seen_in: Reach) -> set[int]:
    """Who changed something here and works only where the viewer does not. Head office is nowhere, and no stranger."""
    authors = {one.author_id for one in trail.differences if one.author_id}
    if seen_in.everywhere or not authors:
        return set()
    places = set(StaffMember.objects.filter(user__in=authors).values_list("user", "store"))
    return {user for user, _store in places} - {user for user, store in places if seen_in.covers(store)}


def _ids(trail: Trail, *names: str) -> set[int]:
    """Our ids that differences of these fields speak of."""
    texts = [text for one in trail.differences if one.field in names for text in (one.before, one.after)]
    return {int(text) for text in texts if text.isdecimal()}


# --- order ---------------------------------------------------------------------------------------------


def news_in(differences: Iterable[Difference]) -> list[News]:
    """Differences in groups of those found together, oldest first."""
    found: list[News] = []
    for _, together in groupby(sorted(differences, key=_order), key=_origin):
        found += _apart(list(together))
    return sorted(found, key=lambda news: news.first.at)


def _origin(one: Difference) -> tuple[Any, ...]:
    said_at = one.said_at.timestamp() if one.said_at else 0
    ids = (one.booking_id, one.client_id, one.change_id, one.delivery_id, one.run_id)
    return (*(pk or 0 for pk in ids), one.source, said_at, one.applied)


def _order(one: Difference) -> tuple[Any, ...]:
    return (*_origin(one), one.at, one.pk)


def _apart(rows: list[Difference]) -> list[News]:
    """`rows` of one origin, in order of time, cut where time has passed between them or a field changes again."""
    groups = [News([rows[0]])]
    for row in rows[1:]:
        if row.at - groups[-1].differences[-1].at > SAME_NEWS or groups[-1].of(row.field):
            groups.append(News([]))
        groups[-1].differences.append(row)
    return groups
