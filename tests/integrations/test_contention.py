"""Many people at once, each with a connection of her own, against the vendor over HTTP."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from django.db import connection as database
from django.utils import timezone

from bookings import actions, counter
from bookings.dispatching import Floor, Wish
from bookings.gateway import Reason, get_gateway
from bookings.models import Booking, Change, Service, Status
from clienteling.models import Client, StaffMember, User
from integrations.models import Connection
from tests.vendors import Vendor

PEOPLE = 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_fifty_people_booking_one_slot_get_one_booking_and_49_clear_answers(mirror: Connection, vendor: Vendor) -> None:
    ana = StaffMember.objects.select_related("store").get(login_email="ana.roy@demo.test")
    author = User.objects.create_user("desk@shop.test")
    start, end = ana.store.day_bounds(ana.store.today() + dt.timedelta(days=1), 14)
    for service in Service.objects.filter(store=ana.store).bookable().order_by("duration", "pk"):
        slots = get_gateway().availability(store=ana.store, services=[service], start=start, end=end, staff=ana)
        if slots:
            break
    clients = Client.objects.bulk_create(
        Client(first_name=f"Guest{number}", last_name="Crowd", email=f"guest{number}@example.test")
        for number in range(PEOPLE)
    )
    answers: list[tuple[str, str]] = []
    ready = threading.Barrier(PEOPLE)

    def book(client: Client) -> None:
        try:
            ready.wait(30)
            change = actions.book(
                store=ana.store,
                client=client,
                services=[service],
                staff=ana,
                starts_at=slots[0].starts_at,
                author=author,
            )
            answers.append((change.state, change.reason))
        finally:
            database.close()

    threads = [threading.Thread(target=book, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {
        (Change.State.DONE, ""): 1,
        (Change.State.REFUSED, Reason.SLOT_TAKEN): PEOPLE - 1,
    }
    wanted = slots[0].starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    there = [row for row in vendor.truth() if row.get("startsOn") == wanted and row["staffId"] == 7001]
    assert len([row for row in there if row["status"] != "Cancelled"]) == 1
    assert Booking.objects.accepted().filter(staff=ana, starts_at=slots[0].starts_at).live().count() == 1


# --- several people deciding about one booking ---------------------------------------------------------------


def at_once(people: Sequence[User], decide: Callable[[User], counter.Attempt]) -> list[counter.Attempt]:
    """What `decide` answers to each of `people`, all starting in the same moment."""
    answers: list[counter.Attempt] = []
    ready = threading.Barrier(len(people))

    def run(person: User) -> None:
        try:
            ready.wait(30)
            answers.append(decide(person))
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def managers(number: int) -> list[User]:
    return [User.objects.create_user(f"manager{n}@shop.test", name=f"Manager {n}") for n in range(number)]


def writes(vendor: Vendor) -> int:
    """Changes of bookings that the vendor was asked for."""
    return sum(one["method"] == "PUT" and "booking" in one["path"] for one in vendor.calls())


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_fifty_managers_dispatching_one_request_give_it_once_and_49_are_told(
    mirror: Connection, vendor: Vendor
) -> None:
    """Each has read it while it waited, and each would give it to somebody: to the best of all, or to the second."""
    request = Booking.objects.waiting(timezone.now()).filter(starts_at__isnull=False).first()
    assert request
    wish = Wish.of(request)
    can, _cannot = Floor.read(request.store, [wish], now=timezone.now()).candidates(wish)
    people = managers(PEOPLE)
    vendor.raw.delete("/__chaos/calls")

    def dispatch(person: User) -> counter.Attempt:
        booking = Booking.objects.get(pk=request.pk)
        choice = can[int(person.pk) % 2]
        assert choice.starts_at
        return counter.attempt(
            booking,
            kind=Change.Kind.DISPATCH,
            reference=uuid.uuid4(),
            send=lambda reference: actions.dispatch(
                booking, starts_at=choice.starts_at, staff=choice.staff, author=person, reference=reference
            ),
        )

    answers = at_once(people, dispatch)
    given = [one for one in answers if not one.refusal]
    assert len(given) == 1
    assert given[0].change
    winner = given[0].change
    assert winner.state == Change.State.DONE
    told = [one.refusal for one in answers if one.refusal]
    assert len(told) == PEOPLE - 1
    assert all(winner.author_name in words for words in told), Counter(told)
    request.refresh_from_db()
    assert (request.status, request.staff_id) == (Status.CONFIRMED, winner.wanted["staff"])
    assert writes(vendor) == 1
    there = next(row for row in vendor.truth() if row["bookingId"] == request.remote_id)
    assert there["status"] == "Approved"
    assert not Change.objects.open().exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_two_managers_moving_one_booking_move_it_once_and_the_other_is_told(mirror: Connection, vendor: Vendor) -> None:
    ana = StaffMember.objects.select_related("store").get(login_email="ana.roy@demo.test")
    start, end = ana.store.day_bounds(ana.store.today() + dt.timedelta(days=1), 14)
    coming = Booking.objects.accepted().filter(staff=ana, status=Status.CONFIRMED, kind="appointment")
    booking = coming.filter(starts_at__gte=start, starts_at__lt=end).prefetch_related("items__service").first()
    assert booking
    services = [item.service for item in booking.item_list if item.service]
    slots = get_gateway().availability(store=ana.store, services=services, start=start, end=end, staff=ana)
    targets = [slot.starts_at for slot in (slots[0], slots[-1])]
    people = managers(2)
    vendor.raw.delete("/__chaos/calls")

    def move(person: User) -> counter.Attempt:
        mine = Booking.objects.get(pk=booking.pk)
        target = targets[people.index(person)]
        return counter.attempt(
            mine,
            kind=Change.Kind.MOVE,
            reference=uuid.uuid4(),
            seen_at=booking.modified_at,
            send=lambda reference: actions.move(
                mine, starts_at=target, staff=ana, author=person, seen_at=booking.modified_at, reference=reference
            ),
        )

    answers = at_once(people, move)
    (moved,) = [one.change for one in answers if not one.refusal and one.change]
    (told,) = [one.refusal for one in answers if one.refusal]
    assert moved.author_name in told
    booking.refresh_from_db()
    assert moved.wanted["starts_at"] == booking.starts_at.isoformat()
    assert writes(vendor) == 1
