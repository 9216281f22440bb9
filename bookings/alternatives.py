"""When the time somebody wanted has gone: the nearest real ones, in the order a person would ask for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bookings.gateway import Slot
from bookings.offers import Load, Offer, Times, fairest, offer
from clienteling.models import StaffMember, Store

HOW_MANY = 3


@dataclass(frozen=True, slots=True)
class Alternatives:
    """`same_person` that day, later times first; `other_people` as near to the time as can be; `other_days`."""

    same_person: list[Offer]
    other_people: list[Offer]
    other_days: list[Offer]

    def __bool__(self) -> bool:
        return bool(self.same_person or self.other_people or self.other_days)


def to(wanted_at: dt.datetime, staff: StaffMember, times: Times) -> Alternatives:
    """What `times`, asked for everybody, offers instead of `wanted_at` with `staff`."""
    return nearest(
        times.slots, store=times.store, people=times.people, wanted_at=wanted_at, staff=staff, load=times.load
    )


def nearest(
    slots: Sequence[Slot],
    *,
    store: Store,
    people: Mapping[int, StaffMember],
    wanted_at: dt.datetime,
    staff: StaffMember,
    load: Load,
) -> Alternatives:
    """Out of `slots` (of any person, over some days) those nearest to `wanted_at` with `staff`.

    The refused pair itself is never offered again, even where the booking system still lists it.
    """
    day = store.local(wanted_at).date()
    today = [slot for slot in slots if store.local(slot.starts_at).date() == day]
    later = [slot for slot in slots if store.local(slot.starts_at).date() > day]
    return Alternatives(
        same_person=_with_same_person(today, store, wanted_at, staff),
        other_people=_with_others(today, store, people, wanted_at, staff, load),
        other_days=_on_other_days(later, store, people, wanted_at, staff, load),
    )


def _with_same_person(slots: Sequence[Slot], store: Store, wanted_at: dt.datetime, staff: StaffMember) -> list[Offer]:
    free = [slot for slot in slots if staff.pk in slot.staff_ids and slot.starts_at != wanted_at]
    ranked = sorted(free, key=lambda slot: (slot.starts_at < wanted_at, abs(slot.starts_at - wanted_at)))
    return [offer(slot, store=store, staff=staff) for slot in sorted(ranked[:HOW_MANY])]


def _with_others(
    slots: Sequence[Slot],
    store: Store,
    people: Mapping[int, StaffMember],
    wanted_at: dt.datetime,
    staff: StaffMember,
    load: Load,
) -> list[Offer]:
    """Everybody who is free at the very time; where nobody is, one person at each of the nearest times."""
    ranked = sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted_at), slot.starts_at))
    pairs = [(slot, pk) for slot in ranked for pk in slot.staff_ids if pk in people and pk != staff.pk]
    exact = [pair for pair in pairs if pair[0].starts_at == wanted_at]
    if exact:
        day = store.local(wanted_at).date()
        exact.sort(key=lambda pair: load.get((pair[1], day), 0))
        return [offer(slot, store=store, staff=people[pk]) for slot, pk in exact[:HOW_MANY]]
    first_of_time = {slot.starts_at: (slot, pk) for slot, pk in reversed(pairs)}
    near = sorted(first_of_time.values(), key=lambda pair: abs(pair[0].starts_at - wanted_at))[:HOW_MANY]
    return [offer(slot, store=store, staff=people[pk]) for slot, pk in sorted(near)]


def _on_other_days(
    slots: Sequence[Slot],
    store: Store,
    people: Mapping[int, StaffMember],
    wanted_at: dt.datetime,
    staff: StaffMember,
    load: Load,
) -> list[Offer]:
    """One a day, the next days first: with the same person where she is free, at the time of day nearest to it."""
    wanted = _minutes(store.local(wanted_at))
    best: dict[dt.date, tuple[tuple[bool, int], Slot, int]] = {}
    for slot in slots:
        day = store.local(slot.starts_at).date()
        free = [pk for pk in slot.staff_ids if pk in people]
        if not free:
            continue
        person = staff.pk if staff.pk in free else fairest(free, day, load)
        rank = (person != staff.pk, abs(_minutes(store.local(slot.starts_at)) - wanted))
        if day not in best or rank < best[day][0]:
            best[day] = (rank, slot, person)
    return [offer(slot, store=store, staff=people[pk]) for _, (_, slot, pk) in sorted(best.items())[:HOW_MANY]]


def _minutes(local: dt.datetime) -> int:
    return local.hour * 60 + local.minute
