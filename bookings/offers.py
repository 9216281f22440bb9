"""Free times as they are offered to a person: by day and part of day, each with somebody to do it.

`Times.ask` asks the booking system; everything else here reckons with what it was given.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings import localtime
from bookings.gateway import GatewayError, Misconfigured, Refused, Slot, get_gateway
from bookings.models import Booking, Service
from clienteling.models import StaffMember, Store

DAYS_SHOWN = 7
A_STRIP = dt.timedelta(days=DAYS_SHOWN)
DAYS_SEARCHED = 28  # when the days shown are full, how much further the next free day is looked for
PARTS = (
    (12, pgettext_lazy("part of a day", "Morning")),
    (17, pgettext_lazy("part of a day", "Afternoon")),
    (24, pgettext_lazy("part of a day", "Evening")),
)
# How many bookings somebody has on a local day: what "anyone" is shared out by.
Load = Mapping[tuple[int, dt.date], int]


@dataclass(frozen=True, slots=True)
class Offer:
    """A free time with the person who would do it. Local times are the store's."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    staff: StaffMember
    local_start: dt.datetime
    local_end: dt.datetime
    offset: str = ""  # "UTC+2", only where the clock shows this time twice
    is_shared: bool = False

    @property
    def who(self) -> str:
        """In full: "June Park and a colleague"."""
        name = self.staff.full_name
        return _("%(name)s and a colleague") % {"name": name} if self.is_shared else name

    @property
    def who_short(self) -> str:
        """Where there is little room: "June + 1"."""
        name = self.staff.short_name
        return _("%(name)s + 1") % {"name": name} if self.is_shared else name

    @property
    def value(self) -> str:
        """What a form posts: forms.SlotField reads it."""
        return f"{self.starts_at.astimezone(dt.UTC).isoformat()}|{self.staff.pk}"

    @property
    def day(self) -> dt.date:
        return self.local_start.date()


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    offers: list[Offer]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the strip; it is there also when nothing is free."""

    date: dt.date
    offers: list[Offer]

    @property
    def count(self) -> int:
        return len(self.offers)

    @property
    def parts(self) -> list[Part]:
        found: list[Part] = []
        start = 0
        for end, label in PARTS:
            inside = [offer for offer in self.offers if start <= offer.local_start.hour < end]
            if inside:
                found.append(Part(str(label), inside))
            start = end
        return found


def fairest(staff_ids: Iterable[int], day: dt.date, load: Load) -> int:
    """Who has the fewest bookings that day; among equals the one the booking system named first.

    As Booxi's own dispatch does it (booxi-api.md section 10).
    """
    return min(staff_ids, key=lambda pk: load.get((pk, day), 0))


def offers_of(
    slots: Iterable[Slot],
    *,
    store: Store,
    people: Mapping[int, StaffMember],
    load: Load,
    staff: StaffMember | None = None,
) -> list[Offer]:
    """One offer a time, soonest first: with `staff`, or with the fairest of those who are free.

    Who needs no help comes first; where `people` are a single one, she may not give anything to colleagues.
    """
    found = []
    for slot in sorted(slots):
        free = [pk for pk in slot.staff_ids if pk in people and (staff is None or pk == staff.pk)]
        alone = [pk for pk in free if pk not in slot.helped_ids]
        if alone or (free and len(people) > 1):
            chosen = fairest(alone or free, store.local(slot.starts_at).date(), load)
            found.append(offer(slot, store=store, staff=people[chosen]))
    return found


def offer(slot: Slot, *, store: Store, staff: StaffMember) -> Offer:
    twice = localtime.is_ambiguous(slot.starts_at, store.zone)
    return Offer(
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        staff=staff,
        local_start=store.local(slot.starts_at),
        local_end=store.local(slot.ends_at),
        offset=localtime.offset_label(slot.starts_at, store.zone) if twice else "",
        is_shared=staff.pk in slot.helped_ids,
    )


def days_of(offers: Sequence[Offer], first: dt.date, count: int = DAYS_SHOWN) -> list[Day]:
    """`count` days from `first` on, the empty ones too, so that nothing seems to be missing."""
    dates = [first + dt.timedelta(days=number) for number in range(count)]
    return [Day(date, [offer for offer in offers if offer.day == date]) for date in dates]


def load_between(store: Store, start: dt.datetime, end: dt.datetime) -> Load:
    """How many bookings each person of `store` has on each local day of [start, end), from the mirror."""
    taken = Booking.objects.filter(store=store, starts_at__gte=start, starts_at__lt=end, staff__isnull=False).live()
    return Counter((pk, store.local(starts_at).date()) for pk, starts_at in taken.values_list("staff_id", "starts_at"))


class Problem:
    """Why there are no times to show, in words for the person at the counter."""

    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"

    WORDS = {
        UNAVAILABLE: _("The booking system has not answered. Nothing you entered is lost: please try again."),
        MISCONFIGURED: _(
            "The connection to the booking system of this store is not set up right. Please tell head office. "
            "Nothing you entered is lost."
        ),
        REFUSED: _("The booking system does not offer these services together. Please choose others."),
    }


@dataclass(frozen=True, slots=True)
class Other:
    """A further service of the same booking, given by `staff` so long after the booking's start."""

    service: Service
    staff: StaffMember
    after: dt.timedelta


@dataclass(frozen=True)
class Times:
    """An answer to "when is it possible?"."""

    store: Store
    first_day: dt.date
    people: Mapping[int, StaffMember]
    staff: StaffMember | None = None
    slots: list[Slot] = field(default_factory=list)
    load: Load = field(default_factory=dict)
    problem: str = ""
    picked: Offer | None = None

    @classmethod
    def ask(
        cls,
        *,
        store: Store,
        services: Sequence[Service],
        people: Mapping[int, StaffMember],
        now: dt.datetime,
        first_day: dt.date,
        staff: StaffMember | None = None,
        others: Sequence[Other] = (),
    ) -> Times:
        """Network, unless there is no service yet. Looks further ahead only when the first days are full.

        `others` must be possible as well.
        """
        if not services:
            return cls(store, first_day, people, staff)
        start, end = store.day_bounds(first_day, DAYS_SHOWN)
        _, far = store.day_bounds(first_day, DAYS_SEARCHED)
        try:
            slots = _free_with(store, services, staff, max(start, now), end, others)
            slots = slots or _free_with(store, services, staff, max(end, now), far, others)
        except GatewayError as error:
            return cls(store, first_day, people, staff, problem=_problem(error))
        load = load_between(store, start, far if slots and slots[0].starts_at >= end else end)
        return cls(store, first_day, people, staff, slots=slots, load=load)

    @property
    def words(self) -> str:
        return str(Problem.WORDS[self.problem]) if self.problem else ""

    @cached_property
    def offers(self) -> list[Offer]:
        found = offers_of(self.slots, store=self.store, people=self.people, load=self.load, staff=self.staff)
        picked = self.picked
        return [picked if picked and picked.starts_at == one.starts_at else one for one in found]

    @cached_property
    def days(self) -> list[Day]:
        return days_of(self.offers, self.first_day)

    def keeping(self, starts_at: dt.datetime, staff: StaffMember) -> Times:
        """The same with that choice picked, where it is still free: with the same person if she is."""
        slot = next((slot for slot in self.slots if slot.starts_at == starts_at), None)
        if slot and staff.pk in slot.staff_ids and self.staff in (None, staff):
            return replace(self, picked=offer(slot, store=self.store, staff=staff))
        return replace(self, picked=next((one for one in self.offers if one.starts_at == starts_at), None))

    @property
    def earlier(self) -> dt.date | None:
        """Where the strip before this one starts; None where that would be past."""
        today = self.store.today()
        return max(self.first_day - A_STRIP, today) if self.first_day > today else None

    @property
    def later(self) -> dt.date:
        return self.first_day + A_STRIP

    @property
    def first_free(self) -> Day | None:
        return next((day for day in self.days if day.count), None)

    @property
    def open_day(self) -> dt.date | None:
        """The day whose times are shown first."""
        if self.picked:
            return self.picked.day
        return self.first_free.date if self.first_free else None

    @property
    def next_free_date(self) -> dt.date | None:
        """The next free day after those shown, when all of them are full."""
        if self.first_free or not self.offers:
            return None
        return self.offers[0].day


def _free_with(
    store: Store,
    services: Sequence[Service],
    staff: StaffMember | None,
    start: dt.datetime,
    end: dt.datetime,
    others: Sequence[Other],
) -> list[Slot]:
    """Where `services` are free and each of `others` is, in her turn."""
    slots = _free(store, services, staff, start, end)
    for other in others:
        theirs = _free(store, [other.service], other.staff, start + other.after, end + other.after) if slots else []
        ends = {one.starts_at - other.after: one.ends_at for one in theirs}
        slots = [
            replace(slot, ends_at=max(slot.ends_at, ends[slot.starts_at])) for slot in slots if slot.starts_at in ends
        ]
    return slots


def _free(
    store: Store, services: Sequence[Service], staff: StaffMember | None, start: dt.datetime, end: dt.datetime
) -> list[Slot]:
    if start >= end:
        return []
    return get_gateway().availability(store=store, services=services, start=start, end=end, staff=staff)


def _problem(error: GatewayError) -> str:
    if isinstance(error, Misconfigured):
        return Problem.MISCONFIGURED
    return Problem.REFUSED if isinstance(error, Refused) else Problem.UNAVAILABLE
