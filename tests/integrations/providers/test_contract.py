"""What every booking system must do for us, over HTTP against the sandbox: the same behaviours, faults and errors."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import replace
from typing import Any

import pytest

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from integrations.models import Connection
from integrations.providers.base import Provider
from integrations.records import Batch, BookingPatch, BookingRecord, ItemDraft
from tests.integrations.providers.systems import BookerSystem, BooxiSystem, System
from tests.vendors import Vendor


@pytest.fixture(params=["booxi", "booker"])
def system(request: pytest.FixtureRequest, db: None, vendor: Vendor, vendor_time: Any) -> System:
    account: Connection = request.getfixturevalue("connection" if request.param == "booxi" else "booker")
    if request.param == "booxi":
        return BooxiSystem(vendor, account, "/booking/v1/booking", "/booking/v1/client/")
    return BookerSystem(vendor, account, "/v4.1/merchant/appointment$", "/v4.1/merchant/customer/")


def all_of(pages: Any) -> list[BookingRecord]:
    batch = Batch()
    for page in pages:
        batch.add(page)
    assert not batch.unreadable
    return batch.bookings


def around(record: BookingRecord) -> tuple[dt.datetime, dt.datetime]:
    assert record.starts_at
    return record.starts_at - dt.timedelta(hours=1), record.starts_at + dt.timedelta(hours=1)


# --- reading -----------------------------------------------------------------------------------------------


def test_stores_have_a_name_a_clock_and_hours(system: System) -> None:
    stores = system.provider.stores()
    assert len({one.external_id for one in stores}) == len(stores) > 1
    assert all(one.name and one.currency and zoneinfo.ZoneInfo(one.time_zone) for one in stores)
    hours = system.provider.opening_hours(system.store)
    assert {row["weekday"] for row in hours} <= set(range(7))
    assert all(row["start"] < row["end"] for row in hours)


def test_a_store_has_people_who_give_services_of_its_categories(system: System) -> None:
    provider, store = system.provider, system.store
    people = {one.external_id for one in provider.staff(store.id)}
    services = {one.external_id: one for one in provider.services(store.id)}
    categories = {one.external_id for one in provider.categories(store.id)}
    pairs = provider.offers(store, list(services))
    assert pairs
    assert {what for _, what in pairs} <= services.keys()
    assert {who for who, _ in pairs} & people
    assert {one.category_id for one in services.values() if one.category_id} <= categories
    assert all(one.price is None or one.currency for one in services.values())


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_offered_can_be_booked_and_is_then_no_longer_offered(system: System, number: int) -> None:
    services, slots = system.offered(number)
    slot = slots[2]
    minutes = sum(one.duration for one in services)
    assert slot.ends_at - slot.starts_at >= dt.timedelta(minutes=minutes)
    record = system.provider.create_booking(system.draft(services, slot))
    assert record.external_id
    assert (record.status, record.presence, record.is_completed) == ("confirmed", "expecting", False)
    assert (record.starts_at, record.staff_id) == (slot.starts_at, slot.staff_ids[0])
    assert [one.service_id for one in record.items] == [one.external_id for one in services]
    assert [one.duration for one in record.items] == [one.duration for one in services]
    assert record.client
    assert record.client.external_id == system.client_id
    assert record.quick_note == "By the window"
    again = system.provider.availability(
        system.store, [one.external_id for one in services], *around(record), [record.staff_id]
    )
    assert slot.starts_at not in {one.starts_at for one in again}
    with pytest.raises(Refused) as refused:
        system.provider.create_booking(system.draft(services, slot))
    assert refused.value.reason == Reason.SLOT_TAKEN


def test_a_booking_is_found_wherever_it_belongs(system: System) -> None:
    services, slots = system.offered()
    made = system.provider.create_booking(system.draft(services, slots[1]))
    provider = system.provider
    found = [
        provider.booking(system.store, made.external_id),
        *all_of(provider.calendar(system.store, made.staff_id, *around(made))),
        *all_of(provider.bookings_of(system.client_id, *around(made))),
    ]
    if provider.reads_by_store:
        found += all_of(provider.store_calendar(system.store, *around(made)))
    same = [one for one in found if one.external_id == made.external_id]
    assert len(same) == (4 if provider.reads_by_store else 3)
    for one in same:
        assert (one.starts_at, one.ends_at, one.staff_id, one.items) == (
            made.starts_at,
            made.ends_at,
            made.staff_id,
            made.items,
        )


def test_moving_lengthening_noting_and_cancelling(system: System) -> None:
    services, slots = system.offered(2)
    made = system.provider.create_booking(system.draft(services[:1], slots[0]))
    later = slots[-1]
    moved = system.provider.update_booking(system.store, made.external_id, BookingPatch(starts_at=later.starts_at))
    assert (moved.starts_at, moved.external_id) == (later.starts_at, made.external_id)
    items = tuple(ItemDraft(one.external_id, one.duration) for one in services)
    longer = system.provider.update_booking(system.store, made.external_id, BookingPatch(items=items))
    assert [one.service_id for one in longer.items] == [one.external_id for one in services]
    assert longer.starts_at == later.starts_at
    noted = system.provider.update_booking(system.store, made.external_id, BookingPatch(quick_note="By the door"))
    assert noted.quick_note == "By the door"
    over = system.provider.update_booking(system.store, made.external_id, BookingPatch(status="cancelled"))
    assert over.status == "cancelled"
    assert system.provider.booking(system.store, made.external_id).status == "cancelled"


def test_what_its_own_people_do_is_seen(system: System) -> None:
    services, slots = system.offered()
    made = system.provider.create_booking(system.draft(services, slots[0]))
    system.move(made.external_id, slots[-1].starts_at)
    assert system.provider.booking(system.store, made.external_id).starts_at == slots[-1].starts_at
    system.cancel(made.external_id)
    assert system.provider.booking(system.store, made.external_id).status == "cancelled"


# --- clients -----------------------------------------------------------------------------------------------


def test_a_client_is_made_found_changed_and_booked_for(system: System) -> None:
    values = {
        "first_name": "Nell",
        "last_name": "Contract",
        "email": "nell@contract.example",
        "mobile_phone": "+15125550177",
    }
    made = system.provider.create_client(system.store.id, values)
    assert {name: getattr(made, name) for name in values} == values
    for query in ("nell@contract.example", "+15125550177", "Nell Contract"):
        found, _ = system.provider.find_clients(system.store.id, query)
        assert [one.external_id for one in found] == [made.external_id], query
    changed = system.provider.update_client(made.external_id, {"last_name": "Clause"})
    assert (changed.first_name, changed.last_name, changed.email) == ("Nell", "Clause", "nell@contract.example")
    assert system.provider.client(made.external_id).mobile_phone == "+15125550177"


def test_somebody_without_an_id_is_matched_and_not_made_twice(system: System) -> None:
    services, slots = system.offered()
    person = {"external_id": "", "first_name": "Odile", "last_name": "Twice", "email": "odile@contract.example"}
    first = system.provider.create_booking(system.draft(services, slots[0], **person))
    second = system.provider.create_booking(system.draft(services, slots[-1], **person))
    assert first.client
    assert second.client
    assert first.client.external_id == second.client.external_id
    found, _ = system.provider.find_clients(system.store.id, "odile@contract.example")
    assert len(found) == 1


def test_who_is_gone_is_gone_and_who_never_was_too(system: System) -> None:
    made = system.provider.create_client(
        system.store.id, {"first_name": "Gone", "last_name": "Girl", "email": "gone@contract.example"}
    )
    system.delete_client(made.external_id)
    for key in (made.external_id, "999999999"):
        with pytest.raises(Refused) as refused:
            system.provider.client(key)
        assert refused.value.reason == Reason.GONE
    with pytest.raises(Refused) as refused:
        system.provider.booking(system.store, "999999999")
    assert refused.value.reason == Reason.GONE


@pytest.mark.parametrize("hostile", ["../../merchant", "1/../2", "1?x=1", "", "é", "1" * 500])
def test_an_id_cannot_leave_its_place_in_the_path(system: System, hostile: str) -> None:
    with pytest.raises((Refused, Unavailable)):
        system.provider.booking(system.store, hostile)
    with pytest.raises((Refused, Unavailable)):
        system.provider.client(hostile)


# --- faults ------------------------------------------------------------------------------------------------


def ask(provider: Provider, system: System) -> object:
    return provider.client(system.client_id)


@pytest.mark.parametrize("fault", ["500", "503", "429", "reset", "malformed_json", "html_error", "timeout_before"])
def test_a_fault_that_lasts_is_unavailable_whatever_it_looks_like(
    system: System, vendor: Vendor, fault: str, settings: Any
) -> None:
    settings.PROVIDER_TIMEOUT_PERSON = 1.5
    ask(system.provider, system)
    vendor.fault(fault, times=None, path=system.client_at, seconds=5)
    with pytest.raises(Unavailable):
        ask(system.provider, system)


@pytest.mark.parametrize("fault", ["500", "503", "reset", "malformed_json"])
def test_a_fault_that_passes_is_not_noticed_by_who_reads(system: System, vendor: Vendor, fault: str) -> None:
    provider = system.provider
    before = ask(provider, system)
    vendor.fault(fault, path=system.client_at)
    assert ask(provider, system) == before


def test_over_quota_says_how_long_to_wait(system: System, vendor: Vendor, settings: Any) -> None:
    settings.PROVIDER_TIMEOUT_PERSON = 1.0
    provider = system.provider
    ask(provider, system)
    vendor.fault("429_retry_after", times=None, path=system.client_at, seconds=7)
    with pytest.raises(Unavailable) as unavailable:
        ask(provider, system)
    assert unavailable.value.retry_after == 7


@pytest.mark.parametrize("fault", ["lost_reply", "malformed_json"])
def test_a_booking_whose_answer_is_lost_may_be_done_and_is_not_sent_twice(
    system: System, vendor: Vendor, fault: str
) -> None:
    services, slots = system.offered()
    draft = system.draft(services, slots[3])
    provider = system.provider
    list(provider.calendar(system.store, draft.staff_id, draft.starts_at, draft.starts_at + dt.timedelta(minutes=1)))
    vendor.fault(fault, path=system.books_at, method="POST")
    with pytest.raises(Unavailable) as unavailable:
        provider.create_booking(draft)
    assert unavailable.value.maybe_done
    window = (draft.starts_at, draft.starts_at + dt.timedelta(minutes=1))
    landed = [
        one
        for one in all_of(system.provider.calendar(system.store, draft.staff_id, *window))
        if one.starts_at == draft.starts_at and one.status != "cancelled"
    ]
    assert len(landed) == 1


def test_a_time_that_somebody_takes_meanwhile_is_refused(system: System, vendor: Vendor) -> None:
    services, slots = system.offered()
    vendor.fault("slot_taken", path=system.books_at)
    with pytest.raises(Refused) as refused:
        system.provider.create_booking(system.draft(services, slots[0]))
    assert refused.value.reason == Reason.SLOT_TAKEN


def test_a_wrong_key_is_for_head_office(system: System) -> None:
    system.spoil_key()
    with pytest.raises(Misconfigured) as misconfigured:
        system.provider.stores()
    assert "nobody-knows" not in str(misconfigured.value)


def test_what_it_cannot_do_it_refuses_by_that_name(system: System) -> None:
    provider = system.provider
    services, slots = system.offered()
    made = provider.create_booking(system.draft(services, replace(slots[0])))
    if "arrive" not in provider.cannot:
        pytest.skip("it can")
    for patch in (BookingPatch(presence="arrived"), BookingPatch(is_completed=True)):
        with pytest.raises(Refused) as refused:
            provider.update_booking(system.store, made.external_id, patch)
        assert refused.value.reason == Reason.NOT_SUPPORTED
