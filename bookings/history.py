"""What a client has booked: what is coming, what was, and a few numbers about it.

Everything starts from `Booking.objects.for_user`: another store's bookings are neither shown nor counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from bookings.models import Booking, Change, Status
from bookings.models.bookings import BookingQuerySet
from clienteling import names
from clienteling.models import Client, ClientQuerySet, Store, User

PAGE_SIZE = 25
# More coming bookings than this are a mistake somewhere; the page must open all the same.
MOST_COMING = 50
MOST_LOOKALIKES = 5
# The last digits of a phone number: few others share them, while nearly all begin alike.
TELLING_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the past is asked for. `since` and `until` are days on the clock of the store of each booking."""

    store: int | None = None
    kind: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    oldest_first: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class History:
    """`coming`: soonest first, requests without a time last. `years`: one page of the past, by local year."""

    coming: list[Booking]
    has_more_coming: bool
    years: list[tuple[int, list[Booking]]]
    has_more: bool


def bookings_of(client: Client, *, user: User) -> BookingQuerySet:
    return Booking.objects.for_user(user).filter(client=client)


def coming(bookings: BookingQuerySet, *, now: dt.datetime) -> BookingQuerySet:
    """What lies ahead, or goes on now; also requests for which no time is chosen yet."""
    return bookings.upcoming(now) | bookings.live().filter(starts_at__isnull=True)


def past(bookings: BookingQuerySet, *, now: dt.datetime) -> BookingQuerySet:
    """What is not coming: over, or called off. Never what the booking system has refused: that never was."""
    ahead = coming(bookings, now=now)
    return bookings.exclude(status=Status.REFUSED).exclude(pk__in=ahead.values("pk"))


def filtered(bookings: BookingQuerySet, *, filters: Filters, stores: Iterable[Store]) -> BookingQuerySet:
    """`bookings` (with `placed_at`) as asked for, in order; of `stores` alone where a period is given."""
    if filters.store:
        bookings = bookings.filter(store=filters.store)
    if filters.kind:
        bookings = bookings.filter(kind=filters.kind)
    if filters.since or filters.until:
        bookings = bookings.filter(_period(filters, stores))
    return bookings.order_by(*(("placed_at", "pk") if filters.oldest_first else ("-placed_at", "-pk")))


def _period(filters: Filters, stores: Iterable[Store]) -> Q:
    """A day is a day on the clock of a booking's store: one condition per time zone."""
    wanted = Q(pk__in=[])
    for store in {store.time_zone: store for store in stores}.values():
        inside = Q(store__time_zone=store.time_zone)
        if filters.since:
            inside &= Q(placed_at__gte=store.day_bounds(filters.since)[0])
        if filters.until:
            inside &= Q(placed_at__lt=store.day_bounds(filters.until)[1])
        wanted |= inside
    return wanted


def read(client: Client, *, user: User, stores: Iterable[Store], filters: Filters, now: dt.datetime) -> History:
    """Coming bookings and one page of the past, in two queries. `is_changeable`: `user` may act on it.

    The client's bookings bound every part, so the query stays on the index `booking_by_client`.
    """
    # A request that was called off before a time was chosen stands where it was made.
    mine = bookings_of(client, user=user).annotate(placed_at=Coalesce("starts_at", "booked_at"))
    start = (filters.page - 1) * PAGE_SIZE
    ahead = coming(mine, now=now).order_by(F("starts_at").asc(nulls_last=True), "pk")[: MOST_COMING + 1]
    page = filtered(past(mine, now=now), filters=filters, stores=stores)[start : start + PAGE_SIZE + 1]
    changeable = Booking.objects.changeable_by(user).filter(pk=OuterRef("pk"))
    rows = mine.filter(Q(pk__in=ahead.values("pk")) | Q(pk__in=page.values("pk")))
    open_changes = Change.objects.open().filter(booking=OuterRef("pk"))
    rows = rows.annotate(
        is_coming=_is_in(ahead), is_changeable=Exists(changeable), has_open_change=Exists(open_changes)
    )
    return _parted(list(rows.with_details().order_by("placed_at", "pk")), filters)


def _is_in(bookings: BookingQuerySet) -> models.Case:
    inside = models.When(pk__in=bookings.values("pk"), then=Value(True))
    return models.Case(inside, default=Value(False), output_field=models.BooleanField())


def _parted(rows: list[Any], filters: Filters) -> History:
    """`rows` come by `placed_at`."""
    ahead = sorted((row for row in rows if row.is_coming), key=lambda row: row.starts_at is None)
    behind = [row for row in rows if not row.is_coming]
    if not filters.oldest_first:
        behind.reverse()
    years = groupby(behind[:PAGE_SIZE], key=lambda row: row.store.local(row.placed_at).year)
    return History(
        coming=ahead[:MOST_COMING],
        has_more_coming=len(ahead) > MOST_COMING,
        years=[(year, list(bookings)) for year, bookings in years],
        has_more=len(behind) > PAGE_SIZE,
    )


def with_facts(clients: ClientQuerySet, *, user: User) -> ClientQuerySet:
    """`clients` with `visits`, `no_shows`, `last_visit_at`, `last_visit_zone`, `usual_associate`, `last_booking_at`.

    Each is reckoned from the index of her own bookings, so it does not matter how many there are in all.
    """
    own = Booking.objects.for_user(user).filter(client=OuterRef("pk")).order_by()
    latest = own.visits().order_by("-starts_at")
    return clients.annotate(
        visits=_number(own.visits()),
        no_shows=_number(own.no_shows()),
        last_visit_at=Subquery(latest.values("starts_at")[:1]),
        last_visit_zone=Subquery(latest.values("store__time_zone")[:1]),
        usual_associate=Subquery(_usual_associate(own)),
        # For privacy.anonymise_on: of every store, for a promise must hold whoever reads it.
        last_booking_at=Subquery(_last_ends(Booking.objects.filter(client=OuterRef("pk")))),
    )


def _number(bookings: BookingQuerySet) -> Coalesce:
    counted = bookings.values("client").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), Value(0), output_field=models.IntegerField())


def _last_ends(bookings: BookingQuerySet) -> BookingQuerySet:
    return bookings.order_by().values("client").annotate(last=Max("ends_at")).values("last")


def _usual_associate(bookings: BookingQuerySet) -> BookingQuerySet:
    """The name of who served her most often; of the two with the same number, who did so last."""
    name = Coalesce(NullIf("staff__first_name", Value("")), "staff__last_name")
    served = bookings.visits().filter(staff__isnull=False).values("staff")
    ranked = served.annotate(times=Count("pk"), latest=Max("starts_at"), name=name)
    return ranked.order_by("-times", "-latest", "staff").values("name")[:1]


def lookalikes(client: Client, *, user: User) -> list[Client]:
    """Other clients `user` may see with the same e-mail address or phone number. One query, or none."""
    wanted = Q()
    if client.email:
        # What stands before the @ keeps the trigram index quick: everybody shares what comes after it.
        local_part = names.plain(client.email).partition("@")[0]
        wanted |= Q(search_text__contains=f" {local_part}@", email__iexact=client.email)
    for number in _numbers(client):
        wanted |= Q(search_text__contains=number[-TELLING_DIGITS:])
    if not wanted:
        return []
    found = Client.objects.for_user(user).filter(wanted, anonymised_at__isnull=True).exclude(pk=client.pk)
    return [other for other in found[: 4 * MOST_LOOKALIKES] if _is_alike(client, other)][:MOST_LOOKALIKES]


def _is_alike(client: Client, other: Client) -> bool:
    """The search finds parts of numbers and customer numbers too; only whole phone numbers count."""
    same_email = client.email and names.plain(client.email) == names.plain(other.email)
    return bool(same_email or _numbers(client) & _numbers(other))


def _numbers(client: Client) -> set[str]:
    return {names.digits(client.mobile_phone), names.digits(client.home_phone)} - {""}
