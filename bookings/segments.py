"""Which clients meet criteria: one query to count them, one for a page of them.

Everything is about a reach of stores: the clients known there and their visits there. What a visit is says
`BookingQuerySet.attended` (booker-api.md section 9). Who is forgotten is in no segment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.criteria import Criteria, MembershipIs
from bookings.models import Booking, Segment, SegmentCount
from bookings.models.bookings import BookingQuerySet
from bookings.models.segments import SegmentQuerySet
from clienteling import audit
from clienteling.models import Client, ClientQuerySet, Consent, Deed, Membership, Store, User
from clienteling.models.profiles import LEAP_BIRTHDAY, birthday_code
from clienteling.permissions import Reach

PAGE_SIZE = 50
# More saved segments than this in one place are nobody's to read.
MOST_SAVED = 200


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment, and on whose clock days are counted: the store's on its pages, UTC where there is none."""

    now: dt.datetime
    zone: dt.tzinfo = dt.UTC

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(self.zone).date()

    def starts(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), tzinfo=self.zone).astimezone(dt.UTC)

    def days_ago(self, days: int) -> dt.datetime:
        """The first instant of the day so many days before today."""
        return self.starts(self.today - dt.timedelta(days=days))


def clients(criteria: Criteria, *, where: Reach, clock: Clock) -> ClientQuerySet:
    """Clients who meet `criteria`, each once, in no order."""
    known = Client.objects.known_where(where).filter(anonymised_at__isnull=True)
    visits = _visits(where, clock)
    narrowed = known.filter(
        _last_visit(criteria, visits, clock),
        _visit_number(criteria, visits),
        _had(criteria, visits, clock),
        _membership(criteria, clock.today),
        _spent(criteria),
        _birthday(criteria, clock.today),
        _consent(criteria),
    )
    return narrowed.order_by()


def _visits(where: Reach, clock: Clock) -> BookingQuerySet:
    rows = Booking.objects.attended(clock.now).order_by()
    return rows if where.everywhere else rows.filter(store__in=where.store_ids)


def _hers(visits: BookingQuerySet) -> Exists:
    return Exists(visits.filter(client=OuterRef("pk")))


def _last_visit(criteria: Criteria, visits: BookingQuerySet, clock: Clock) -> Q:
    """Whoever came in the range and not after it. Two semi-joins: no newest visit of everybody has to be found."""
    if criteria.never:
        return Q(~_hers(visits))
    low, high = criteria.days_min, criteria.days_max
    if low is None and high is None:
        return Q()
    inside, after = visits, Q()
    if high is not None:
        inside = inside.filter(starts_at__gte=clock.days_ago(high))
    if low:
        end = clock.days_ago(low - 1)
        inside, after = inside.filter(starts_at__lt=end), Q(~_hers(visits.filter(starts_at__gte=end)))
    return Q(_hers(inside)) & after


def _visit_number(criteria: Criteria, visits: BookingQuerySet) -> Q:
    low, high = criteria.visits_min, criteria.visits_max
    by_client = visits.filter(client__isnull=False).values("client").annotate(number=Count("pk"))
    if low:
        enough = by_client.filter(number__gte=low) if high is None else by_client.filter(number__range=(low, high))
        return Q(pk__in=enough.values("client"))
    if high is None:
        return Q()
    # Also who never came: those are in no group.
    return Q(~_hers(visits)) if high == 0 else ~Q(pk__in=by_client.filter(number__gt=high).values("client"))


def _had(criteria: Criteria, visits: BookingQuerySet, clock: Clock) -> Q:
    wanted = Q()
    if criteria.service:
        wanted &= Q(items__service__name=criteria.service)
    if criteria.category:
        wanted &= Q(items__service__category__name=criteria.category)
    since = clock.days_ago(criteria.had_days) if criteria.had_days else None
    if criteria.had_since:
        since = clock.starts(criteria.had_since)
    if since:
        wanted &= Q(starts_at__gte=since)
    if criteria.had_until:
        wanted &= Q(starts_at__lt=clock.starts(criteria.had_until + dt.timedelta(days=1)))
    return Q(_hers(visits.filter(wanted))) if wanted else Q()


def _membership(criteria: Criteria, day: dt.date) -> Q:
    """By her memberships; where none are told, by what the source says of her."""
    hers = Membership.objects.filter(client=OuterRef("pk")).order_by()
    any_row, active_row = Exists(hers), Exists(hers.active(day))
    active = Q(active_row) | (Q(profile__is_member=True) & Q(~any_row))
    was = Q(any_row) | Q(profile__was_member=True)
    if criteria.membership == MembershipIs.ACTIVE:
        return active
    # Not `~active`: what is not told about her is null, and so would be its opposite.
    inactive = Q(~active_row) & (Q(any_row) | Q(profile__isnull=True) | Q(profile__is_member=False))
    if criteria.membership == MembershipIs.EXPIRED:
        return inactive & was
    if criteria.membership == MembershipIs.NEVER:
        unnamed = Q(profile__isnull=True) | Q(profile__is_member=False, profile__was_member=False)
        return Q(~any_row) & unnamed
    return Q()


def _spent(criteria: Criteria) -> Q:
    """In one currency: sums of two cannot be compared."""
    found = Q()
    if criteria.spent_min is not None:
        found &= Q(profile__spent__gte=criteria.spent_min)
    if criteria.spent_max is not None:
        found &= Q(profile__spent__lte=criteria.spent_max)
    return found & Q(profile__currency=criteria.currency) if found else found


def _birthday(criteria: Criteria, today: dt.date) -> Q:
    if criteria.birthday_month:
        first = criteria.birthday_month * 100
        return Q(profile__birthday__range=(first + 1, first + 31))
    if criteria.birthday_days is None:
        return Q()
    first, last = birthdays_within(today, criteria.birthday_days)
    if first <= last:
        return Q(profile__birthday__range=(first, last))
    return Q(profile__birthday__gte=first) | Q(profile__birthday__lte=last)


def birthdays_within(today: dt.date, days: int) -> tuple[int, int]:
    """First and last birthday (as `birthday_code` has them) of today and the `days` days after it; the last one is the
    smaller number where a year ends between them. Who is born on 29 February has hers on the 28th of other years."""
    last_day = today + dt.timedelta(days=days)
    last = birthday_code(last_day)
    if (last_day.month, last_day.day) == (2, 28) and (last_day + dt.timedelta(days=1)).month == 3:
        last = LEAP_BIRTHDAY
    return birthday_code(today), last


def _consent(criteria: Criteria) -> Q:
    """What she agreed to, and that there is an address or a number to use it with."""
    found = Q()
    if criteria.kept:
        found &= Q(consent=Consent.KEPT)
    if criteria.email:
        no_refusal = Q(profile__takes_promotional_email=True) | Q(profile__takes_promotional_email__isnull=True)
        agreed = Q(profile__takes_email=True) | Q(
            profile__takes_email__isnull=True, profile__takes_promotional_email=True
        )
        found &= agreed & no_refusal & ~Q(email="")
    if criteria.sms:
        found &= Q(profile__takes_sms=True) & (~Q(mobile_phone="") | ~Q(home_phone=""))
    return found


def with_visits(rows: ClientQuerySet, *, where: Reach, clock: Clock) -> ClientQuerySet:
    """`rows` with `visits` and `last_visit_at`, each reckoned from the index of her own bookings."""
    own = _visits(where, clock).filter(client=OuterRef("pk")).values("client")
    return rows.annotate(
        visits=Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), Value(0)),
        last_visit_at=Subquery(own.annotate(last=Max("starts_at")).values("last")),
    )


# --- everybody, by last visit -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Clients whose last visit is `low` to `high` days ago; None: longer ago, or (both) never."""

    low: int | None
    high: int | None
    number: int
    share: float  # of everybody, in per cent

    @property
    def criteria(self) -> Criteria:
        if self.low is None:
            return Criteria(never=True)
        return Criteria(days_min=self.low, days_max=self.high)


def by_last_visit(limits: Sequence[int], *, where: Reach, clock: Clock) -> list[Group]:
    """Everybody in exactly one group. Two queries: who came, and how many there are."""
    everybody = clients(Criteria(), where=where, clock=clock)
    starts = [0, *(limit + 1 for limit in limits)]
    spans = list(zip(starts, [*limits, None], strict=True))
    last = _visits(where, clock).filter(client__in=everybody).values("client").annotate(last=Max("starts_at"))
    numbers = last.aggregate(**{f"g{low}": Count("client", filter=_between(low, high, clock)) for low, high in spans})
    total = everybody.count()
    found: list[tuple[int | None, int | None, int]] = [(low, high, numbers[f"g{low}"]) for low, high in spans]
    found.append((None, None, max(0, total - sum(numbers.values()))))
    return [Group(low, high, number, 100 * number / total if total else 0.0) for low, high, number in found]


def _between(low: int, high: int | None, clock: Clock) -> Q:
    inside = Q(last__lt=clock.days_ago(low - 1)) if low else Q(last__isnull=False)
    return inside if high is None else inside & Q(last__gte=clock.days_ago(high))


# --- saved ones -----------------------------------------------------------------------------------------------------


def save(*, name: str, criteria: Criteria, store: Store | None, author: User) -> Segment:
    """A segment, counted at once."""
    with transaction.atomic():
        made = Segment.objects.create(name=name, criteria=criteria.as_json(), store=store, owner=author)
        audit.record(Deed.SEGMENT_CHANGED, user=author, store=store, about=made, what="saved")
        count(made, now=timezone.now())
    return made


def rename(segment: Segment, name: str, *, author: User) -> None:
    segment.name = name
    segment.save(update_fields=["name"])
    audit.record(Deed.SEGMENT_CHANGED, user=author, store=segment.store_id, about=segment, what="renamed")


def remove(segment: Segment, *, author: User) -> None:
    audit.record(Deed.SEGMENT_CHANGED, user=author, store=segment.store_id, about=segment, what="removed")
    segment.delete()


def count(segment: Segment, *, now: dt.datetime) -> int:
    """How many are in it, noted for today (UTC) unless that has been done. ValueError for unreadable criteria."""
    clock = Clock(now)
    number = clients(segment.asks, where=segment.where, clock=clock).count()
    segment.note_count(clock.today, number)
    return number


def uncounted(now: dt.datetime) -> SegmentQuerySet:
    """Segments without a number for today (UTC)."""
    done = SegmentCount.objects.filter(segment=OuterRef("pk"), day=Clock(now).today)
    return Segment.objects.filter(~Exists(done)).order_by("pk")
