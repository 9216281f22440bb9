"""Who could take what waits: everybody of the store, ranked, each with the reasons in words. Nobody is hidden.

Ranked by our own reckoning from the mirror (freetime.py); the booking system has the last word when it is sent.
Two things Booxi does not tell (booxi-api.md sections 10 and 15): which requests wait, so they are found in the mirror
that webhooks and sweeps keep; and a store's approval mode, so it is not shown.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings import freetime
from bookings.freetime import FreeTime
from bookings.models import Booking, BookingItem, Service
from bookings.templatetags.shop import clock, day, when
from clienteling.models import StaffMember, Store

LONGEST = 42  # days that are reckoned at once
AFTER = 14  # days after what was asked for in which the nearest free time is looked for
LATELY = dt.timedelta(days=180)  # how far back "has done it" counts

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for. `spells`: when it may start and must end; for a fixed time exactly that."""

    booking: Booking
    minutes: int
    spells: list[Span]
    services: dict[int, str]  # ours, with their names; what the catalogue does not know is left out

    @classmethod
    def of(cls, booking: Booking) -> Wish:
        minutes = max(booking.minutes, freetime.STEP)
        services = {item.service_id: item.name for item in booking.item_list if item.service_id}
        return cls(booking, minutes, _spells(booking, minutes), services)

    @property
    def first(self) -> dt.datetime | None:
        return self.spells[0][0] if self.spells else None

    @property
    def is_fixed(self) -> bool:
        return self.booking.starts_at is not None


def _spells(booking: Booking, minutes: int) -> list[Span]:
    if booking.starts_at:
        return [(booking.starts_at, booking.starts_at + dt.timedelta(minutes=minutes))]
    return proposed_spans(booking)


def proposed_spans(booking: Booking) -> list[Span]:
    """Times the client proposed, soonest first. What cannot be read as times is left out."""
    found = []
    for span in booking.proposed_times:
        try:
            start, end = (dt.datetime.fromisoformat(text) for text in span)
        except (TypeError, ValueError):
            continue
        if start.tzinfo and end.tzinfo and start < end:
            found.append((start, end))
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`starts_at`: when she could do it, None where she cannot; `why_not` then says why, else `reasons` why her."""

    staff: StaffMember
    starts_at: dt.datetime | None
    is_wished: bool  # at the time asked for, or in one of the spells proposed
    reasons: list[str] = field(default_factory=list)
    why_not: str = ""
    rank: tuple[object, ...] = ()
    local_start: dt.datetime | None = None

    @property
    def value(self) -> str:
        """What a form posts: forms.SlotField reads it."""
        return f"{self.starts_at.astimezone(dt.UTC).isoformat()}|{self.staff.pk}" if self.starts_at else ""

    @property
    def label(self) -> str:
        return _("%(name)s, %(when)s") % {"name": self.staff.full_name, "when": when(self.local_start)}


@dataclass(frozen=True, slots=True)
class Floor:
    """What is known of a store's people for some requests, read once. `offers`: (service, person)."""

    store: Store
    now: dt.datetime
    people: list[StaffMember]
    free: FreeTime
    load: Counter[tuple[int, dt.date]]
    offers: set[tuple[int, int]]
    untold: set[int]  # services of which nobody knows who does them
    done: Mapping[tuple[int, int], int]  # (service, person) -> how often lately, where it is not told who does it
    served: Mapping[int, dict[int, dt.datetime]]  # client -> person -> her last visit with that person

    @classmethod
    def read(cls, store: Store, wishes: Sequence[Wish], *, now: dt.datetime) -> Floor:
        """At most eight queries, whatever the number of people and requests."""
        start, end = _window(store, wishes, now)
        people = freetime.people_of(store)
        free, load = _time_of(store, people, start, end, but=[wish.booking.pk for wish in wishes])
        services = {pk for wish in wishes for pk in wish.services}
        offers = set(
            Service.people.through.objects.filter(service__store=store).values_list("service_id", "staffmember_id")
        )
        untold = _untold(services, offers)
        clients = {wish.booking.client_id for wish in wishes if wish.booking.client_id}
        return cls(
            store=store,
            now=now,
            people=people,
            free=free,
            load=load,
            offers=offers,
            untold=untold,
            done=_done(store, services, now) if untold or not all(one.is_online for one in people) else {},
            served=_served(clients),
        )

    # --- one request --------------------------------------------------------------------------------------

    def candidates(self, wish: Wish) -> tuple[list[Candidate], list[Candidate]]:
        """Those who can, the best first; those who cannot, each with why."""
        looked_at = [self._look_at(person, wish) for person in self.people]
        can = sorted((one for one in looked_at if not one.why_not), key=lambda one: one.rank)
        cannot = sorted((one for one in looked_at if one.why_not), key=lambda one: one.staff.full_name)
        return can, cannot

    def _look_at(self, person: StaffMember, wish: Wish) -> Candidate:
        not_hers = [
            name for pk, name in wish.services.items() if self._is_told(pk, person) and not self._offers(pk, person)
        ]
        if not_hers:
            return Candidate(
                person, None, False, why_not=_("does not do %(services)s") % {"services": ", ".join(not_hers)}
            )
        starts_at, is_wished = self._time_for(person.pk, wish)
        if starts_at is None:
            return Candidate(person, None, False, why_not=self._no_time(wish))
        return self._described(person, wish, starts_at, is_wished)

    def _is_told(self, service: int, person: StaffMember) -> bool:
        """Booxi tells who does what only for services and people that clients can book online (section 6)."""
        return person.is_online and service not in self.untold

    def _offers(self, service: int, person: StaffMember) -> bool:
        return (service, person.pk) in self.offers

    def _time_for(self, pk: int, wish: Wish) -> tuple[dt.datetime | None, bool]:
        """The time asked for, or the first in the spells proposed; else the nearest one. In the past there is none."""
        for first, last in wish.spells:
            if wish.is_fixed and first >= self.now and self.free.is_free(pk, first, wish.minutes):
                return first, True
            found = self.free.soonest(pk, wish.minutes, after=max(first, self.now), before=last)
            if found and not wish.is_fixed:
                return found, True
        wanted = max(wish.first or self.now, self.now)
        return self.free.nearest(pk, wish.minutes, to=wanted, after=self.now), False

    def _no_time(self, wish: Wish) -> str:
        end = self.store.local(self.free.end - dt.timedelta(minutes=1))
        return _("no free time long enough until %(day)s") % {"day": day(end)}

    def _described(self, person: StaffMember, wish: Wish, starts_at: dt.datetime, is_wished: bool) -> Candidate:
        local = self.store.local(starts_at)
        today, week = self._loads(person.pk, local.date())
        is_asked_for = wish.booking.staff_id == person.pk
        last = self._last_visit(person.pk, wish)
        reasons = [
            self._time_words(person.pk, wish, starts_at, is_wished=is_wished),
            _("asked for by the client") if is_asked_for else "",
            last[1],
            self._skill_words(person, wish),
            self._load_words(person, local.date(), today, week, wish),
        ]
        away = abs(starts_at - wish.first) if wish.first and not is_wished else dt.timedelta()
        rank = (not is_wished, not is_asked_for, away, not last[0], today, week, person.full_name, person.pk)
        return Candidate(person, starts_at, is_wished, [one for one in reasons if one], "", rank, local)

    # --- in words --------------------------------------------------------------------------------------------

    def _time_words(self, pk: int, wish: Wish, starts_at: dt.datetime, *, is_wished: bool) -> str:
        local = self.store.local(starts_at)
        if is_wished:
            return _("free %(when)s") % {"when": when(local)}
        if not wish.is_fixed or wish.first is None:
            return _("first free %(when)s") % {"when": when(local)}
        wanted = self.store.local(wish.first)
        facts = {"wanted": clock(wanted), "when": clock(local) if local.date() == wanted.date() else when(local)}
        start, end = self.store.day_bounds(wanted.date())
        if not self.free.works_in(pk, start, end):
            return _("off that day; free %(when)s") % facts
        if not self.free.is_working(pk, wish.first):
            return _("not working at %(wanted)s; free %(when)s") % facts
        return _("busy at %(wanted)s; free %(when)s") % facts

    def _last_visit(self, pk: int, wish: Wish) -> tuple[bool, str]:
        """Whether `pk` was the last to serve the client, and in words when she did."""
        visits = self.served.get(wish.booking.client_id or 0, {})
        if pk not in visits:
            return False, ""
        facts = {"day": day(self.store.local(visits[pk]))}
        if visits[pk] == max(visits.values()):
            return True, _("saw the client last, %(day)s") % facts
        return False, _("saw the client on %(day)s") % facts

    def _skill_words(self, person: StaffMember, wish: Wish) -> str:
        if not wish.services:
            return ""
        untold = [(service, name) for service, name in wish.services.items() if not self._is_told(service, person)]
        if untold:
            return ", ".join(self._practice(person.pk, service, name) for service, name in untold)
        if len(wish.services) == 1:
            return _("does %(service)s") % {"service": next(iter(wish.services.values()))}
        return _("does both") if len(wish.services) == 2 else _("does all %(n)d") % {"n": len(wish.services)}

    def _practice(self, pk: int, service: int, name: str) -> str:
        times = self.done.get((service, pk), 0)
        if not times:
            return _("not known to have done %(service)s") % {"service": name}
        return ngettext("has done %(service)s once lately", "has done %(service)s %(n)d times lately", times) % {
            "service": name,
            "n": times,
        }

    def _load_words(self, person: StaffMember, on: dt.date, today: int, week: int, wish: Wish) -> str:
        others = [self._loads(one.pk, on)[0] for one in self.people if self._does(one, wish)]
        words = _("%(today)d that day, %(week)d that week") % {"today": today, "week": week}
        lightest = len(others) > 1 and today == min(others) and today < max(others)
        return _("%(load)s, the lightest") % {"load": words} if lightest else words

    def _does(self, person: StaffMember, wish: Wish) -> bool:
        return all(not self._is_told(pk, person) or self._offers(pk, person) for pk in wish.services)

    def _loads(self, pk: int, on: dt.date) -> tuple[int, int]:
        """How many bookings on that day, and in its week."""
        monday = on - dt.timedelta(days=on.weekday())
        return self.load[pk, on], sum(self.load[pk, monday + dt.timedelta(days=n)] for n in range(7))

    # --- planning several ----------------------------------------------------------------------------------------

    def give(self, wish: Wish, candidate: Candidate) -> None:
        """Reckon from now on as if it were given."""
        if candidate.starts_at:
            self.free.take(candidate.staff.pk, candidate.starts_at, wish.minutes)
            self.load[candidate.staff.pk, self.store.local(candidate.starts_at).date()] += 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    wish: Wish
    options: list[Candidate]
    chosen: Candidate | None


def suggest(floor: Floor, wishes: Iterable[Wish]) -> list[Suggestion]:
    """Who is to take which: in order of waiting, each to the best one left, with what was given before counted in.

    Somebody who is only free at another time is offered but not chosen: that is for a person to decide.
    """
    found = []
    for wish in wishes:
        options = floor.candidates(wish)[0]
        chosen = next((one for one in options if one.is_wished), None)
        if chosen:
            floor.give(wish, chosen)
        found.append(Suggestion(wish, options, chosen))
    return found


# --- reading -----------------------------------------------------------------------------------------------


def _window(store: Store, wishes: Sequence[Wish], now: dt.datetime) -> Span:
    """Whole weeks around what is asked for, so that a week's load is whole as well."""
    today = store.local(now).date()
    wanted = [max(store.local(wish.first).date(), today) for wish in wishes if wish.first] or [today]
    first = min(wanted)
    first -= dt.timedelta(days=first.weekday())
    days = min((max(wanted) - first).days + AFTER, LONGEST)
    return store.day_bounds(first, days - days % 7 + 7)


def _time_of(
    store: Store, people: Sequence[StaffMember], start: dt.datetime, end: dt.datetime, *, but: Sequence[int]
) -> tuple[FreeTime, Counter[tuple[int, dt.date]]]:
    """Free time, and bookings a person and local day, from the same rows. Three queries."""
    rows = freetime.rows_of(store, start, end, but=but)
    day_of = _days_of(store, start, end)
    load = Counter((pk, day_of(first)) for pk, kind, first, _last in rows if kind == freetime.BOOKED)
    return freetime.of_rows(store, [one.pk for one in people], start, end, rows), load


def _days_of(store: Store, start: dt.datetime, end: dt.datetime) -> Callable[[int], dt.date]:
    """From epoch seconds to local days, from the day before `start` on: what is booked overnight began there."""
    first = store.local(start).date() - dt.timedelta(days=2)
    days = [first + dt.timedelta(days=n) for n in range((store.local(end).date() - first).days + 1)]
    begins = [int(store.day_bounds(day)[0].timestamp()) for day in days]
    return lambda seconds: days[max(bisect_right(begins, seconds) - 1, 0)]


def _untold(services: Iterable[int], offers: set[tuple[int, int]]) -> set[int]:
    """Services of which it is not known who does them: those clients cannot book online; all, where nothing is told."""
    if not offers:
        return set(services)
    offline = Service.objects.filter(pk__in=list(services), is_online=False)
    return set(offline.values_list("pk", flat=True)) - {service for service, _person in offers}


def _done(store: Store, services: set[int], now: dt.datetime) -> dict[tuple[int, int], int]:
    visits = Booking.objects.visits().filter(store=store, starts_at__gte=now - LATELY, staff__isnull=False)
    items = BookingItem.objects.filter(booking__in=visits, service__in=services).order_by()
    rows = items.values_list("service", "booking__staff").annotate(n=Count("pk"))
    return {(service, person): n for service, person, n in rows}


def _served(clients: set[int]) -> dict[int, dict[int, dt.datetime]]:
    """The last visit of each client with each person."""
    visits = Booking.objects.visits().filter(client__in=clients, staff__isnull=False).order_by()
    found: dict[int, dict[int, dt.datetime]] = defaultdict(dict)
    for client, person, at in visits.values_list("client", "staff").annotate(at=Max("starts_at")):
        found[client][person] = at
    return found
