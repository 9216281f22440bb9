"""What is Booker's own: appointments whose treatments several people give, over HTTP against the sandbox."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from bookings.gateway import Refused
from integrations.models import Connection
from integrations.providers.base import StoreRef
from integrations.records import BookingPatch, BookingRecord, ItemDraft
from tests.integrations.providers.systems import BookerSystem
from tests.people import NOW
from tests.vendors import Vendor

NEW_YORK = StoreRef("10001")
QUARTER = dt.timedelta(minutes=15)


@pytest.fixture
def system(db: None, vendor: Vendor, vendor_time: Any, booker: Connection) -> BookerSystem:
    return BookerSystem(vendor, booker, "/v4.1/merchant/appointment$", "/v4.1/merchant/customer/")


@pytest.fixture
def shared(system: BookerSystem) -> BookingRecord:
    """A massage that its own person gives, then a facial that a colleague gives."""
    key = str(system.vendor.story()["booker"]["appointment_with_two_treatments"])
    found = system.provider.booking(NEW_YORK, key)
    assert [part.staff_id for part in found.others] != [found.staff_id]
    return found


def colleague(system: BookerSystem, shared: BookingRecord) -> str:
    """Somebody else who can give the massage, and has no part in it."""
    service = shared.items[0].service_id
    involved = {shared.staff_id, *(part.staff_id for part in shared.others)}
    able = {who for who, what in system.provider.offers(NEW_YORK, [service]) if what == service}
    return min(able - involved)


def test_moved_by_its_own_person_everybody_keeps_her_treatment(system: BookerSystem, shared: BookingRecord) -> None:
    assert shared.starts_at
    patch = BookingPatch(starts_at=shared.starts_at + QUARTER, staff_id=shared.staff_id)
    moved = system.provider.update_booking(NEW_YORK, shared.external_id, patch)
    assert (moved.starts_at, moved.staff_id) == (shared.starts_at + QUARTER, shared.staff_id)
    assert [(part.staff_id, part.starts_at) for part in moved.others] == [
        (part.staff_id, part.starts_at + QUARTER) for part in shared.others
    ]


def test_given_to_a_colleague_only_its_own_treatments_go(system: BookerSystem, shared: BookingRecord) -> None:
    other = colleague(system, shared)
    assert shared.starts_at
    # Before the place opens nobody has anything else to do; its own people may book that.
    night = dt.datetime.combine(shared.starts_at.date() + dt.timedelta(days=40), dt.time(8), tzinfo=dt.UTC)
    patch = BookingPatch(starts_at=night, staff_id=other)
    moved = system.provider.update_booking(NEW_YORK, shared.external_id, patch)
    assert moved.staff_id == other
    assert [part.staff_id for part in moved.others] == [part.staff_id for part in shared.others]


def test_what_is_still_the_same_treatment_stays_with_who_gives_it(system: BookerSystem, shared: BookingRecord) -> None:
    shorter = [ItemDraft(shared.items[0].service_id, shared.items[0].duration - 15)]
    same = [ItemDraft(one.service_id, one.duration) for one in shared.items[1:]]
    changed = system.provider.update_booking(NEW_YORK, shared.external_id, BookingPatch(items=(*shorter, *same)))
    assert [one.duration for one in changed.items] == [shared.items[0].duration - 15, shared.items[1].duration]
    assert changed.staff_id == shared.staff_id
    assert [part.staff_id for part in changed.others] == [part.staff_id for part in shared.others]


def test_a_treatment_put_in_between_changes_nobody_elses(system: BookerSystem, shared: BookingRecord) -> None:
    first, second = (ItemDraft(one.service_id, one.duration) for one in shared.items)
    short = replace(first, duration=15)
    night = BookingPatch(starts_at=shared.starts_at, items=(replace(first, duration=30), short, second))
    changed = system.provider.update_booking(NEW_YORK, shared.external_id, night)
    assert [one.service_id for one in changed.items] == [first.service_id, first.service_id, second.service_id]
    assert [part.staff_id for part in changed.others] == [part.staff_id for part in shared.others]


def test_without_its_first_treatment_it_is_the_colleagues(system: BookerSystem, shared: BookingRecord) -> None:
    left = ItemDraft(shared.items[1].service_id, shared.items[1].duration)
    changed = system.provider.update_booking(NEW_YORK, shared.external_id, BookingPatch(items=(left,)))
    assert (changed.staff_id, changed.others) == (shared.others[0].staff_id, ())


# --- what she does not give ------------------------------------------------------------------------------------


class Wish(NamedTuple):
    """Two treatments: who gives each of them, and some days on which they are looked for."""

    what: list[str]
    first: set[str]
    second: set[str]
    span: tuple[dt.datetime, dt.datetime]


@pytest.fixture
def wish(system: BookerSystem, shared: BookingRecord) -> Wish:
    what = [one.service_id for one in shared.items]
    pairs = system.provider.offers(NEW_YORK, what)
    first, second = ({who for who, given in pairs if given == one} for one in what)
    start = dt.datetime.combine(NOW.date() + dt.timedelta(days=14), dt.time(4), tzinfo=dt.UTC)
    return Wish(what, first, second, (start, start + dt.timedelta(days=5)))


def test_what_she_does_not_give_a_colleague_gives(system: BookerSystem, wish: Wish) -> None:
    own = min(wish.first - wish.second)
    slots = system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[own])
    assert {(slot.staff_ids, slot.helped_ids) for slot in slots} == {((own,), (own,))}
    slot = slots[len(slots) // 2]
    services = {one.external_id: one for one in system.provider.services(NEW_YORK.id)}
    draft = replace(system.draft([services[one] for one in wish.what], slot), store_id=NEW_YORK.id)
    made = system.provider.create_booking(draft)
    assert (made.staff_id, made.starts_at, made.ends_at) == (own, slot.starts_at, slot.ends_at)
    assert [one.service_id for one in made.items] == wish.what
    assert [part.staff_id in wish.second for part in made.others] == [True]


def test_who_gives_both_is_not_helped_and_who_gives_the_second_alone_cannot_begin(
    system: BookerSystem, wish: Wish
) -> None:
    both, late = min(wish.first & wish.second), min(wish.second - wish.first)
    slots = system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[both])
    assert {(slot.staff_ids, slot.helped_ids) for slot in slots} == {((both,), ())}
    assert system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[late]) == []


def test_when_no_colleague_is_free_any_more_the_time_is_taken(system: BookerSystem, wish: Wish) -> None:
    own = min(wish.first - wish.second)
    slot = system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[own])[0]
    services = {one.external_id: one for one in system.provider.services(NEW_YORK.id)}
    draft = replace(system.draft([services[one] for one in wish.what], slot), store_id=NEW_YORK.id)
    night = replace(draft, starts_at=slot.starts_at - dt.timedelta(hours=8))
    with pytest.raises(Refused, match="slot_taken"):
        system.provider.create_booking(night)


def test_given_to_who_does_not_give_the_second_a_colleague_gets_that(system: BookerSystem, wish: Wish) -> None:
    services = {one.external_id: one for one in system.provider.services(NEW_YORK.id)}
    both, own = min(wish.first & wish.second), min(wish.first - wish.second)
    slot = system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[both])[0]
    draft = replace(system.draft([services[one] for one in wish.what], slot), store_id=NEW_YORK.id)
    made = system.provider.create_booking(draft)
    assert (made.staff_id, made.others) == (both, ())
    later = system.provider.availability(NEW_YORK, wish.what, *wish.span, staff_ids=[own])[-1]
    patch = BookingPatch(starts_at=later.starts_at, staff_id=own)
    moved = system.provider.update_booking(NEW_YORK, made.external_id, patch)
    assert moved.staff_id == own
    assert [part.staff_id in wish.second for part in moved.others] == [True]
