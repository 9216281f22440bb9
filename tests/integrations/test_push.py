"""Bookings out, against the vendor over HTTP: what ends up there, here, and in front of the person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from bookings import actions, tasks
from bookings.gateway import Reason, Slot, get_gateway
from bookings.models import Booking, Change, Service
from clienteling.models import Client, Consent, StaffMember, Store, User
from integrations import sync
from integrations.models import ClientLink, Connection
from tests.vendors import Vendor

WRITE = {"path": "/booking", "method": "POST"}


@dataclass
class Counter:
    """Ana at the counter of the first store, with a client in front of her and a free slot on the screen."""

    store: Store
    ana: StaffMember
    author: User
    lea: Client
    service: Service
    slots: list[Slot]

    @property
    def slot(self) -> Slot:
        return self.slots[0]

    def book(self, **changes: object) -> Change:
        wanted: dict[str, object] = {
            "store": self.store,
            "client": self.lea,
            "services": [self.service],
            "staff": self.ana,
            "starts_at": self.slot.starts_at,
            "author": self.author,
            "client_request": "Navy suit",
            "quick_note": "Quiet room",
        }
        return actions.book(**wanted | changes)  # type: ignore[arg-type]


@pytest.fixture
def counter(mirror: Connection, vendor: Vendor) -> Counter:
    ana = StaffMember.objects.select_related("store").get(login_email="ana.roy@demo.test")
    author = User.objects.create_user("ana.roy@demo.test", name="Ana Roy")
    StaffMember.objects.filter(pk=ana.pk).update(user=author)
    lea = ClientLink.objects.get(module="", external_id=str(vendor.story()["lea_noir"]["clientId"])).client
    tomorrow = ana.store.today() + dt.timedelta(days=1)
    start, end = ana.store.day_bounds(tomorrow, 14)
    for service in Service.objects.filter(store=ana.store).bookable().order_by("duration", "pk"):
        slots = get_gateway().availability(store=ana.store, services=[service], start=start, end=end, staff=ana)
        if len(slots) > 8:
            break
    vendor.raw.delete("/__chaos/calls")
    return Counter(ana.store, ana, author, lea, service, slots)


def made_there(vendor: Vendor, counter: Counter, slot: Slot | None = None) -> list[dict[str, Any]]:
    """Live bookings at the vendor for Ana at that time."""
    start = (slot or counter.slot).starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    staff_id = vendor.story()["staff"]["ana.roy@demo.test"]
    rows = vendor.truth(staffId=staff_id)
    return [row for row in rows if row["startsOn"] == start and row["status"] != "Cancelled"]


def later(change: Change) -> Change:
    """The sweep comes by when the change is due."""
    Change.objects.filter(pk=change.pk).update(next_attempt_at=timezone.now())
    tasks.send_due_changes()
    change.refresh_from_db()
    return change


def test_a_booking_is_accepted_there_and_mirrored_here(counter: Counter, vendor: Vendor) -> None:
    change = counter.book()
    assert change.state == Change.State.DONE
    booking = change.booking
    assert booking.state == "confirmed"
    (row,) = made_there(vendor, counter)
    assert row["bookingId"] == booking.remote_id
    assert row["client"]["additionalRequest"] == booking.client_request == "Navy suit"
    assert row["quickNote"] == booking.quick_note == "Quiet room"
    assert booking.client == counter.lea
    assert booking.booked_by == counter.ana


def test_two_services_in_a_row_are_one_booking(counter: Counter, vendor: Vendor) -> None:
    others = Service.objects.filter(store=counter.store).bookable().exclude(pk=counter.service.pk)
    start, end = counter.store.day_bounds(counter.store.today() + dt.timedelta(days=1), 20)
    for other in others:
        services = [counter.service, other]
        slots = get_gateway().availability(store=counter.store, services=services, start=start, end=end)
        if slots:
            break
    staff = StaffMember.objects.get(pk=slots[0].staff_ids[0])
    change = counter.book(services=services, staff=staff, starts_at=slots[0].starts_at)
    assert change.state == Change.State.DONE
    assert [item.service for item in change.booking.item_list] == services
    assert change.booking.ends_at == slots[0].ends_at


def test_a_new_client_becomes_the_one_the_vendor_made(counter: Counter, vendor: Vendor) -> None:
    mira = Client.objects.create(first_name="Mira", last_name="Okafor", email="mira@example.test")
    change = counter.book(client=mira)
    assert change.state == Change.State.DONE
    assert change.booking.client == mira
    (row,) = made_there(vendor, counter)
    assert ClientLink.objects.get(client=mira, module="").external_id == str(row["client"]["id"])


def test_a_client_typed_anew_is_recognised_and_not_doubled(counter: Counter) -> None:
    typed = Client.objects.create(
        first_name=counter.lea.first_name,
        last_name=counter.lea.last_name,
        email=counter.lea.email,
        consent=Consent.BOOKING_ONLY,
    )
    change = counter.book(client=typed)
    assert change.booking.client == counter.lea
    assert not Client.objects.filter(pk=typed.pk).exists()


def test_the_same_form_sent_twice_books_once(counter: Counter, vendor: Vendor) -> None:
    first = counter.book()
    again = counter.book(reference=first.reference)
    assert again == first
    assert len(made_there(vendor, counter)) == 1
    assert Booking.objects.filter(client=counter.lea, starts_at=counter.slot.starts_at).count() == 1


def test_a_taken_slot_is_refused_in_words_and_leaves_nothing(counter: Counter, vendor: Vendor) -> None:
    vendor.fault("slot_taken", path="/booking")
    change = counter.book()
    assert (change.state, change.reason) == (Change.State.REFUSED, Reason.SLOT_TAKEN)
    assert change.booking.state == "refused"
    (rival,) = made_there(vendor, counter)
    assert rival["client"]["id"] != ClientLink.objects.get(client=counter.lea, module="").external_id


# What each fault leaves behind: whether the person sees "not confirmed yet", and one booking in the end.
BROKEN_ANSWERS = ["lost_reply", "malformed_json", "wrong_types", "html_error", "huge_body"]
NO_ANSWERS = ["500", "503", "429", "429_retry_after", "reset", "redirect"]


@pytest.mark.parametrize("fault", BROKEN_ANSWERS + NO_ANSWERS)
def test_whatever_happens_to_the_answer_there_is_one_booking_in_the_end(
    counter: Counter, vendor: Vendor, settings: Any, fault: str
) -> None:
    vendor.fault(fault, **WRITE, seconds=1, megabytes=9)
    change = counter.book()
    assert change.state == Change.State.UNCONFIRMED, "nobody says it is made before the vendor has said so"
    assert change.booking.state == "sending"
    assert later(change).state == Change.State.DONE
    (row,) = made_there(vendor, counter)
    booking = Booking.objects.get(pk=change.booking_id)
    assert booking.remote_id == row["bookingId"]
    assert Booking.objects.filter(client=counter.lea, starts_at=counter.slot.starts_at).count() == 1


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after_write", "slow_drip"])
def test_a_slow_answer_is_given_up_in_time_and_found_later(
    counter: Counter, vendor: Vendor, settings: Any, fault: str
) -> None:
    settings.PROVIDER_TIMEOUT_PERSON = 0.7
    vendor.fault(fault, **WRITE, seconds=4)
    change = counter.book()
    assert change.state == Change.State.UNCONFIRMED
    settings.PROVIDER_TIMEOUT_PERSON = 8.0
    assert later(change).state == Change.State.DONE
    assert len(made_there(vendor, counter)) == 1


@pytest.mark.parametrize("fault", ["unknown_fields", "unknown_status"])
def test_an_answer_with_novelties_is_still_an_answer(counter: Counter, vendor: Vendor, fault: str) -> None:
    vendor.fault(fault, **WRITE)
    change = counter.book()
    assert change.state == Change.State.DONE
    if fault == "unknown_status":
        assert change.booking.state == "unknown"
        assert change.booking.status_text
    else:
        assert change.booking.extra


def test_a_withdrawn_key_keeps_the_booking_and_tells_head_office(counter: Counter, vendor: Vendor) -> None:
    vendor.fault("unauthorized", **WRITE)
    change = counter.book()
    assert (change.state, change.reason) == (Change.State.UNCONFIRMED, "misconfigured")
    connection = Connection.objects.get()
    assert connection.trouble == Connection.Trouble.MISCONFIGURED
    assert later(change).state == Change.State.DONE
    connection.refresh_from_db()
    assert connection.trouble == ""


def test_a_rival_between_the_lost_try_and_the_repeat_is_not_mistaken_for_ours(counter: Counter, vendor: Vendor) -> None:
    vendor.fault("reset", **WRITE)
    change = counter.book()
    start = counter.slot.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    staff_id = vendor.story()["staff"]["ana.roy@demo.test"]
    vendor.raw.post("/__sandbox/rival", json={"staffId": staff_id, "startsOn": start}).raise_for_status()
    later(change)
    assert (change.state, change.reason) == (Change.State.REFUSED, Reason.SLOT_TAKEN)
    assert change in Change.objects.needing_attention(counter.author)
    assert len(made_there(vendor, counter)) == 1


def test_a_sender_that_died_is_followed_by_the_sweep(counter: Counter, vendor: Vendor) -> None:
    """SIGKILL between the vendor's answer and our note of it."""
    change = counter.book()
    Booking.objects.filter(pk=change.booking_id).update(remote_id=None, status="sending")
    Change.objects.filter(pk=change.pk).update(state=Change.State.SENDING, answered_at=None)
    assert later(change).state == Change.State.DONE
    assert len(made_there(vendor, counter)) == 1


def test_move_changes_time_there_and_here(counter: Counter, vendor: Vendor) -> None:
    booking = counter.book().booking
    target = counter.slots[-1]
    change = actions.move(booking, starts_at=target.starts_at, staff=counter.ana, author=counter.author)
    assert change.state == Change.State.DONE
    booking.refresh_from_db()
    assert booking.starts_at == target.starts_at
    assert made_there(vendor, counter, target)[0]["bookingId"] == booking.remote_id
    assert made_there(vendor, counter) == []


@pytest.mark.parametrize("fault", BROKEN_ANSWERS + NO_ANSWERS)
def test_a_move_whose_answer_is_lost_ends_moved_once(counter: Counter, vendor: Vendor, fault: str) -> None:
    booking = counter.book().booking
    target = counter.slots[-1]
    vendor.fault(fault, path="/booking", method="PUT", seconds=1, megabytes=9)
    change = actions.move(booking, starts_at=target.starts_at, staff=counter.ana, author=counter.author)
    assert change.state == Change.State.UNCONFIRMED
    booking.refresh_from_db()
    assert booking.starts_at == counter.slot.starts_at, "the mirror says what the vendor last said"
    with pytest.raises(actions.Busy):
        actions.set_state(booking, kind=Change.Kind.CANCEL, author=counter.author)
    assert later(change).state == Change.State.DONE
    booking.refresh_from_db()
    assert booking.starts_at == target.starts_at


def test_a_move_over_somebody_elses_change_is_refused_and_shows_it(counter: Counter, vendor: Vendor) -> None:
    booking = counter.book().booking
    elsewhere, target = counter.slots[4], counter.slots[-1]
    vendor.raw.post(
        f"/__sandbox/booking/{booking.remote_id}",
        json={"startsOn": elsewhere.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")},
    ).raise_for_status()
    change = actions.move(booking, starts_at=target.starts_at, staff=counter.ana, author=counter.author)
    assert (change.state, change.reason) == (Change.State.REFUSED, Reason.CHANGED_MEANWHILE)
    booking.refresh_from_db()
    assert booking.starts_at == elsewhere.starts_at


def test_edit_changes_what_was_asked_and_nothing_else(counter: Counter, vendor: Vendor) -> None:
    booking = counter.book().booking
    items = [actions.Item(counter.service, counter.service.duration, counter.service.price)]
    change = actions.edit(booking, author=counter.author, quick_note="", client_request="Grey suit", items=items)
    assert change.state == Change.State.DONE
    (row,) = made_there(vendor, counter)
    assert row["client"]["additionalRequest"] == "Grey suit"
    assert not row["quickNote"]
    booking.refresh_from_db()
    assert (booking.client_request, booking.quick_note) == ("Grey suit", "")
    assert booking.starts_at == counter.slot.starts_at


def test_todays_booking_goes_through_all_its_states(counter: Counter, vendor: Vendor) -> None:
    story = vendor.story()["lea_noir"]
    vendor.raw.post(
        f"/__sandbox/booking/{story['bookingId']}",
        json={"client": {"presence": "Expecting"}, "isCompleted": False, "status": "Approved"},
    )
    booking = Booking.objects.get(remote_id=story["bookingId"])
    steps = [("arrive", "arrived"), ("undo", "confirmed"), ("no_show", "no_show"), ("undo", "confirmed")]
    steps += [("arrive", "arrived"), ("complete", "completed"), ("undo", "arrived"), ("undo", "confirmed")]
    for kind, state in [*steps, ("cancel", "cancelled")]:
        change = actions.set_state(booking, kind=kind, author=counter.author)
        assert change.state == Change.State.DONE, (kind, change.reason)
        booking.refresh_from_db()
        assert booking.state == state
        assert vendor.raw.get(f"/__sandbox/booking/{booking.remote_id}").status_code == 200


def test_arrival_on_another_day_is_refused_in_words(counter: Counter) -> None:
    booking = counter.book().booking
    change = actions.set_state(booking, kind=Change.Kind.ARRIVE, author=counter.author)
    assert (change.state, change.reason) == (Change.State.REFUSED, Reason.NOT_TODAY)


def test_sync_after_booking_finds_nothing_to_change(counter: Counter, mirror: Connection) -> None:
    counter.book()
    before = list(Booking.objects.order_by("pk").values())
    get_gateway().ask_refresh(store=counter.store)
    sync.work()
    assert list(Booking.objects.order_by("pk").values()) == before
