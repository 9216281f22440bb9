"""Each fault of the chaos list while a calendar is read: what pages say, and what the mirror holds afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.gateway import get_gateway
from bookings.models import Booking, GroupEvent, TimeSlot
from clienteling.models import StaffMember, Store, User
from integrations import pull, sync
from integrations.models import Connection, StoreLink, SyncRun
from integrations.records import Batch
from integrations.sandbox.chaos import BEFORE, BOOKER, FAULTS, WEBHOOKS
from tests.vendors import Vendor

# A novelty in an answer is no fault to us: it is read at once, and kept.
NOVELTIES = {"unknown_fields", "unknown_status"}
# What spoils a page; `slot_taken` and the webhook faults strike no reading, and Booker's strike Booker's alone.
SPOILERS = sorted(FAULTS.keys() - WEBHOOKS.keys() - BEFORE.keys() - BOOKER.keys() - NOVELTIES)


def held() -> dict[str, list[tuple[Any, ...]]]:
    return {
        "bookings": list(Booking.objects.order_by("pk").values_list()),
        "slots": list(TimeSlot.objects.order_by("pk").values_list()),
        "events": list(GroupEvent.objects.order_by("pk").values_list()),
    }


@pytest.fixture
def store(mirror: Connection) -> Store:
    SyncRun.objects.all().delete()
    return Store.objects.get(number="101")


@pytest.fixture
def todays_page(store: Store, browser_of: Callable[[object], Browser]) -> Callable[[], str]:
    """Today, as Ana sees it."""
    ana = User.objects.create_user("ana.roy@demo.test", name="Ana Roy")
    StaffMember.objects.filter(login_email=ana.email).update(user=ana)

    def opened() -> str:
        response = browser_of(ana).get("/")
        assert response.status_code == 200
        return response.content.decode()

    return opened


def read_near(store: Store) -> SyncRun:
    get_gateway().ask_refresh(store=store)
    sync.work(limit=1)
    return SyncRun.objects.filter(kind=SyncRun.Kind.NEAR).latest("pk")


@pytest.mark.parametrize("fault", SPOILERS)
def test_a_spoilt_page_changes_nothing_and_is_read_again(
    store: Store, vendor: Vendor, settings: Any, todays_page: Callable[[], str], fault: str
) -> None:
    settings.PROVIDER_TIMEOUT_BACKGROUND = 1.0
    before = held()
    vendor.fault(fault, path="/calendar", times=None, seconds=3, megabytes=9)
    run = read_near(store)
    assert run.state != SyncRun.State.DONE, "what was not read is not proven right"
    assert held() == before, "nothing is taken for gone because a page was spoilt"
    page = todays_page()
    assert "as of 10:00" in page or "showing 10:00" in page, "the page opens from the mirror and says how old it is"

    vendor.raw.delete("/__chaos/faults")
    settings.PROVIDER_TIMEOUT_BACKGROUND = 30.0
    SyncRun.objects.exclude(state=SyncRun.State.FAILED).update(held_until=timezone.now())
    if not sync.work():
        read_near(store)
    assert SyncRun.objects.filter(kind=SyncRun.Kind.NEAR, state=SyncRun.State.DONE).exists()
    assert held() == before
    assert "not answering" not in todays_page()


@pytest.mark.parametrize("fault", sorted(NOVELTIES))
def test_a_page_with_novelties_is_read_and_they_are_kept(store: Store, vendor: Vendor, fault: str) -> None:
    vendor.fault(fault, path="/calendar", times=None)
    assert read_near(store).state == SyncRun.State.DONE
    changed = Booking.objects.filter(store=store, status="unknown")
    if fault == "unknown_fields":
        changed = Booking.objects.filter(store=store).exclude(extra={})
    assert changed.exists()


def test_where_an_entry_cannot_be_read_no_other_is_taken_for_gone(store: Store) -> None:
    slot = TimeSlot.objects.filter(store=store).select_related("staff").order_by("pk")[0]
    link = StoreLink.objects.select_related("connection").get(store=store)
    window = {"start": slot.starts_at, "end": slot.ends_at}
    pull.apply_calendar(link, slot.staff, Batch(unreadable=1), **window)
    assert TimeSlot.objects.filter(pk=slot.pk).exists()
    pull.apply_calendar(link, slot.staff, Batch(), **window)
    assert not TimeSlot.objects.filter(pk=slot.pk).exists()
