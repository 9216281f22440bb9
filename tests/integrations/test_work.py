"""Who does what and when, from the vendor into the mirror; and our own reckoning of free time beside the vendor's."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import Count

from bookings import freetime
from bookings.gateway import get_gateway
from bookings.models import Service, WorkingHours
from clienteling.models import StaffMember, Store
from integrations import sync
from integrations.models import Connection, ServiceLink, StaffLink, SyncRun
from integrations.switchboard import Purpose, open_provider, ref_of
from tests.vendors import Vendor


def test_who_does_what_and_when_is_mirrored(mirror: Connection, vendor: Vendor) -> None:
    ana = StaffMember.objects.get(login_email="ana.roy@demo.test")
    answer = vendor.raw.get(
        "/booking/v1/service",
        params={"staffId": StaffLink.objects.get(staff=ana).external_id, "limit": 100},
        headers={"Booxi-APIKey": ana.store.links.get().secrets["merchant_key"]},
    )
    there = {str(row["id"]) for row in answer.json()["items"] if row["bookingMethod"] == "Appointment"}
    ours = ServiceLink.objects.filter(service__in=ana.services.filter(is_group=False))
    assert set(ours.values_list("external_id", flat=True)) >= there
    assert there
    (schedule,) = WorkingHours.objects.get(staff=ana).schedules
    assert {row["weekday"] for row in schedule["hours"]} <= set(range(7))
    assert all(row["start"] < row["end"] for row in schedule["hours"])
    assert schedule["from"] is None


def test_reading_the_same_again_writes_nothing(mirror: Connection) -> None:
    SyncRun.objects.all().delete()
    sync.request(mirror, SyncRun.Kind.CATALOGUE)
    sync.work(limit=1)
    assert SyncRun.objects.get(kind=SyncRun.Kind.CATALOGUE).counts == {}


def test_what_is_not_told_any_more_goes(mirror: Connection) -> None:
    ana = StaffMember.objects.get(login_email="ana.roy@demo.test")
    extra = Service.objects.filter(store=ana.store).annotate(n=Count("people")).order_by("n", "pk").exclude(people=ana)
    extra[0].people.add(ana)
    WorkingHours.objects.filter(staff=ana).update(schedules=[])
    known = set(ana.services.exclude(pk=extra[0].pk).values_list("pk", flat=True)) if extra else set()
    sync.request(mirror, SyncRun.Kind.CATALOGUE)
    sync.work(limit=1)
    assert set(ana.services.values_list("pk", flat=True)) <= known | {extra[0].pk}
    assert WorkingHours.objects.get(staff=ana).schedules != []


def test_it_takes_a_call_for_each_person_or_service_whichever_are_fewer(mirror: Connection, vendor: Vendor) -> None:
    store = Store.objects.get(staff__login_email="ana.roy@demo.test")
    ref = ref_of(store.links.get())
    services = list(ServiceLink.objects.filter(service__store=store).values_list("external_id", flat=True))
    provider = open_provider(mirror, Purpose.SWEEP)
    vendor.raw.delete("/__chaos/calls")
    by_person = provider.offers(ref, services)
    people = {who for who, _what in by_person}
    assert len(vendor.calls()) == 1 + len(people) < len(services)
    few = services[: len(people) - 1]
    assert provider.offers(ref, few) == {(who, what) for who, what in by_person if what in few}
    assert len(vendor.calls()) == 1 + len(people) + 1 + len(few)


@pytest.mark.parametrize("days", [1, 3, 6])
def test_what_the_vendor_offers_is_free_by_our_reckoning_too(mirror: Connection, days: int) -> None:
    ana = StaffMember.objects.select_related("store").get(login_email="ana.roy@demo.test")
    store = ana.store
    day = store.today() + dt.timedelta(days=days)
    start, end = store.day_bounds(day)
    people = freetime.people_of(store)
    free = freetime.read(store=store, people=[one.pk for one in people], start=start, end=end)
    for service in Service.objects.filter(store=store, is_online=True).bookable().order_by("duration", "pk")[:4]:
        able = set(service.people.values_list("pk", flat=True))
        for slot in get_gateway().availability(store=store, services=[service], start=start, end=end):
            assert set(slot.staff_ids) <= able
            for pk in slot.staff_ids:
                assert free.is_free(pk, slot.starts_at, service.duration), (service.name, slot)
