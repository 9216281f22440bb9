"""What is Booker's own: appointments whose treatments several people give, over HTTP against the sandbox."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from integrations.models import Connection
from integrations.providers.base import StoreRef
from integrations.records import BookingPatch, BookingRecord, ItemDraft
from tests.integrations.providers.systems import BookerSystem
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
