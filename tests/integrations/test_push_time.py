"""Busy and extra time out, against the vendor over HTTP: what ends up there, and here."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from bookings import tasks, time_slots
from bookings.gateway import Reason
from bookings.models import TimeChange, TimeSlot
from bookings.time_slots import Time
from clienteling.models import StaffMember, User
from integrations import sync
from integrations.models import Connection, StaffLink, SyncRun
from tests.vendors import Vendor

PARTNER = {"Booxi-PartnerKey": "sandbox-partner-key"}
State = TimeChange.State


@pytest.fixture
def ana(mirror: Connection) -> StaffMember:
    return StaffMember.objects.select_related("store").get(login_email="ana.roy@demo.test")


@pytest.fixture
def marc(ana: StaffMember) -> User:
    user = User.objects.create_user("marc.petit@demo.test", name="Marc Petit")
    StaffMember.objects.filter(login_email=user.email).update(user=user)
    return user


@pytest.fixture
def training(ana: StaffMember) -> Time:
    start, _ = ana.store.day_bounds(ana.store.today() + dt.timedelta(days=3))
    span = (start + dt.timedelta(hours=6), start + dt.timedelta(hours=7))
    return Time(ana, TimeSlot.Kind.BUSY, [span], "Training", "")


def there(vendor: Vendor, staff: StaffMember, label: str = "Training") -> list[dict[str, Any]]:
    """What the vendor has under that name."""
    link = StaffLink.objects.get(staff=staff)
    now = timezone.now()
    span = {"from": f"{now:%Y-%m-%dT%H:%M:%SZ}", "to": f"{now + dt.timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"}
    answer = vendor.raw.get("/booking/v1/timeSlot", params={"staffId": link.external_id, **span}, headers=PARTNER)
    return [row for row in answer.json()["timeSlots"] if row["description"] == label]


def later(change: TimeChange) -> TimeChange:
    """The sweep comes by when the change is due."""
    TimeChange.objects.filter(pk=change.pk).update(next_attempt_at=timezone.now())
    tasks.send_due_changes()
    change.refresh_from_db()
    return change


def test_added_time_is_accepted_there_and_a_sweep_finds_nothing_to_change(
    training: Time, marc: User, vendor: Vendor, mirror: Connection
) -> None:
    (change,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    assert change.state == State.DONE
    (row,) = there(vendor, training.staff)
    slot = TimeSlot.objects.get(remote_id=str(row["id"]))
    assert (slot.label, slot.kind, slot.starts_at) == ("Training", "busy", training.spans[0][0])
    before = list(TimeSlot.objects.order_by("pk").values())
    SyncRun.objects.all().delete()
    sync.request(mirror, SyncRun.Kind.NEAR, store=training.staff.store)
    sync.work()
    assert list(TimeSlot.objects.order_by("pk").values()) == before


def test_replaced_time_is_there_once(training: Time, marc: User, vendor: Vendor) -> None:
    (change,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    start, end = training.spans[0]
    longer = Time(training.staff, TimeSlot.Kind.BUSY, [(start, end + dt.timedelta(hours=1))], "Training")
    slot = TimeSlot.objects.get(changes=change)
    assert time_slots.replace(slot, longer, author=marc, reference=uuid.uuid4()).state == State.DONE
    (row,) = there(vendor, training.staff)
    assert row["end"] == f"{end + dt.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert TimeSlot.objects.get(label="Training").remote_id == str(row["id"])


def test_removed_time_is_gone_on_both_sides(training: Time, marc: User, vendor: Vendor) -> None:
    time_slots.add(training, author=marc, reference=uuid.uuid4())
    (change,) = time_slots.remove(TimeSlot.objects.filter(label="Training"), author=marc)
    assert change.state == State.DONE
    assert there(vendor, training.staff) == []
    assert not TimeSlot.objects.filter(label="Training").exists()


def test_what_somebody_else_has_removed_already_is_removed(training: Time, marc: User, vendor: Vendor) -> None:
    time_slots.add(training, author=marc, reference=uuid.uuid4())
    slot = TimeSlot.objects.get(label="Training")
    vendor.raw.delete(f"/booking/v1/timeSlot/{slot.remote_id}", headers=PARTNER).raise_for_status()
    (change,) = time_slots.remove([slot], author=marc)
    assert change.state == State.DONE
    assert not TimeSlot.objects.filter(label="Training").exists()


@pytest.mark.parametrize("fault", ["lost_reply", "malformed_json", "wrong_types", "html_error", "500", "reset", "429"])
def test_whatever_happens_to_the_answer_it_is_there_once_in_the_end(
    training: Time, marc: User, vendor: Vendor, fault: str
) -> None:
    vendor.fault(fault, path="/timeSlot", method="POST")
    (change,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    assert change.state == State.UNCONFIRMED
    assert not TimeSlot.objects.get(changes=change).is_accepted
    assert later(change).state == State.DONE
    (row,) = there(vendor, training.staff)
    assert TimeSlot.objects.get(label="Training").remote_id == str(row["id"])


def test_a_replacement_whose_second_half_is_lost_is_finished(training: Time, marc: User, vendor: Vendor) -> None:
    (first,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    vendor.fault("503", path="/timeSlot", method="DELETE", times=3)
    slot = TimeSlot.objects.get(changes=first)
    change = time_slots.replace(slot, training, author=marc, reference=uuid.uuid4())
    assert change.state == State.UNCONFIRMED
    assert len(there(vendor, training.staff)) == 2, "nobody becomes bookable meanwhile"
    assert later(change).state == State.DONE
    assert len(there(vendor, training.staff)) == 1
    assert TimeSlot.objects.filter(label="Training").count() == 1


def test_two_alike_asked_for_at_once_are_two(training: Time, marc: User, vendor: Vendor) -> None:
    """The repeat of one must not take what the other has made for its own."""
    vendor.fault("reset", path="/timeSlot", method="POST")
    (lost,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    (made,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    assert (lost.state, made.state) == (State.UNCONFIRMED, State.DONE)
    assert later(lost).state == State.DONE
    assert len(there(vendor, training.staff)) == 2


def test_time_from_another_calendar_is_refused_in_words(
    training: Time, marc: User, vendor: Vendor, mirror: Connection
) -> None:
    slot = TimeSlot.objects.filter(can_modify=False, starts_at__gt=timezone.now()).first()
    assert slot, "the sandbox plants some"
    (change,) = time_slots.remove([slot], author=marc)
    assert (change.state, change.reason) == (State.REFUSED, Reason.NOT_OURS)
    assert TimeSlot.objects.filter(pk=slot.pk).exists()


def test_a_sweep_leaves_alone_what_is_not_accepted_yet(
    training: Time, marc: User, vendor: Vendor, mirror: Connection
) -> None:
    vendor.fault("503", path="/timeSlot", method="POST")
    (change,) = time_slots.add(training, author=marc, reference=uuid.uuid4())
    SyncRun.objects.all().delete()
    sync.request(mirror, SyncRun.Kind.NEAR, store=training.staff.store)
    sync.work()
    assert TimeSlot.objects.filter(changes=change, remote_id=None).exists()
    assert later(change).state == State.DONE
