import datetime as dt
import uuid
from decimal import Decimal

import pytest

from bookings import actions
from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from bookings.models import Booking, Change, Presence, Status
from tests.people import NOW, make_booking, make_service

AT = NOW + dt.timedelta(hours=4)
K = Change.Kind


@pytest.fixture
def booking(shop, clock):
    return make_booking(shop.ana, shop.lea, AT, [shop.styling])


def book(shop, **changed):
    wanted = {
        "store": shop.store,
        "client": shop.lea,
        "services": [shop.styling, shop.fitting],
        "staff": shop.ana,
        "starts_at": AT,
        "author": shop.ana.user,
    }
    return actions.book(**wanted | changed)


def test_book_is_done_when_the_provider_has_accepted(shop, clock, still_gateway):
    change = book(shop, client_request="Navy", quick_note="Size 38")
    booking = Booking.objects.get()
    assert change.state == Change.State.DONE
    assert (booking.status, booking.client_request, booking.quick_note) == (Status.CONFIRMED, "Navy", "Size 38")
    assert [item.name for item in booking.item_list] == ["Styling", "Fitting"]
    assert booking.ends_at == AT + dt.timedelta(minutes=90)


def test_book_keeps_free_the_spacing_between_services_but_not_after_the_last(shop, clock, still_gateway):
    long = make_service(shop.store, "Bath", 30, spacing=15)
    assert actions.length([long, shop.fitting]) == dt.timedelta(minutes=75)
    assert actions.length([shop.fitting, long]) == dt.timedelta(minutes=60)


def test_book_twice_with_one_reference_sends_once(shop, clock, still_gateway):
    reference = uuid.uuid4()
    first, second = book(shop, reference=reference), book(shop, reference=reference)
    assert first == second
    assert Booking.objects.count() == 1
    assert still_gateway.calls == ["send"]


def test_book_refused_leaves_no_booking_that_takes_time(shop, clock, still_gateway):
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    change = book(shop)
    assert (change.state, change.reason) == (Change.State.REFUSED, "slot_taken")
    assert change.booking.status == Status.REFUSED
    assert not Booking.objects.live().exists()


@pytest.mark.parametrize("error", [Unavailable("no answer", maybe_done=True), Misconfigured("wrong key")])
def test_book_without_an_answer_stays_open(shop, clock, still_gateway, error):
    still_gateway.error = error
    change = book(shop)
    assert change.state == Change.State.UNCONFIRMED
    assert change.booking.status == Status.SENDING
    assert change.next_attempt_at > NOW


def test_book_waits_as_long_as_the_provider_asked(shop, clock, still_gateway):
    still_gateway.error = Unavailable("over quota", retry_after=90)
    assert book(shop).next_attempt_at == NOW + dt.timedelta(seconds=90)


def test_send_gives_up_after_a_day(shop, clock, still_gateway):
    still_gateway.error = Unavailable("no answer")
    change = book(shop)
    clock.shift(dt.timedelta(days=2))
    assert change.claim(now=NOW + dt.timedelta(days=2))
    actions.send(change)
    assert change.state == Change.State.GIVEN_UP
    assert change.booking.status == Status.REFUSED


def test_refused_later_on_needs_attention_and_at_once_does_not(shop, clock, still_gateway):
    still_gateway.error = Refused(Reason.FULL)
    book(shop)
    still_gateway.error = Unavailable("no answer")
    late = book(shop, starts_at=AT + dt.timedelta(hours=2))
    clock.shift(dt.timedelta(minutes=1))
    late.claim(now=NOW + dt.timedelta(minutes=1))
    still_gateway.error = Refused(Reason.FULL)
    actions.send(late)
    assert list(Change.objects.needing_attention(shop.ana.user)) == [late]
    late.dismiss()
    assert not Change.objects.needing_attention(shop.ana.user).exists()


def test_move_says_where_from_and_where_to(shop, booking, still_gateway):
    later = AT + dt.timedelta(hours=1)
    change = actions.move(booking, starts_at=later, staff=shop.bo, author=shop.ana.user)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.staff) == (later, shop.bo)
    assert change.before == {"starts_at": AT.isoformat(), "staff": shop.ana.pk}


def test_edit_sends_only_what_was_given(shop, booking, still_gateway):
    change = actions.edit(booking, author=shop.ana.user, quick_note="Size 38")
    assert change.wanted == {"quick_note": "Size 38"}


def test_edit_keeps_prices_exact(shop, booking, still_gateway):
    item = actions.Item(service=shop.styling, duration=75, price=Decimal("19.90"))
    change = actions.edit(booking, author=shop.ana.user, items=[item])
    change.refresh_from_db()
    assert change.wanted["items"] == [{"service": shop.styling.pk, "duration": 75, "price": "19.90"}]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (K.CANCEL, ("cancelled", "expecting", False)),
        (K.ARRIVE, ("confirmed", "arrived", False)),
        (K.NO_SHOW, ("confirmed", "no_show", False)),
        (K.COMPLETE, ("confirmed", "arrived", True)),
    ],
)
def test_set_state_sets_the_three_facts(shop, booking, still_gateway, kind, expected):
    actions.set_state(booking, kind=kind, author=shop.ana.user)
    booking.refresh_from_db()
    assert (booking.status, booking.presence, booking.is_completed) == expected


def test_undo_goes_back_one_step(shop, booking, still_gateway):
    for kind in (K.COMPLETE, K.UNDO):
        actions.set_state(booking, kind=kind, author=shop.ana.user)
        booking.refresh_from_db()
    assert booking.state == "arrived"
    actions.set_state(booking, kind=K.UNDO, author=shop.ana.user)
    booking.refresh_from_db()
    assert booking.presence == Presence.EXPECTING


def test_a_second_change_of_one_booking_waits_for_the_first(shop, booking, still_gateway):
    still_gateway.error = Unavailable("no answer")
    actions.set_state(booking, kind=K.ARRIVE, author=shop.marc.user)
    with pytest.raises(actions.Busy) as caught:
        actions.set_state(booking, kind=K.CANCEL, author=shop.ana.user)
    assert caught.value.change.author_name == "Marc Petit"
    assert still_gateway.calls == ["send"]


def test_a_double_press_finds_the_first_change(shop, booking, still_gateway):
    reference = uuid.uuid4()
    changes = {actions.set_state(booking, kind=K.ARRIVE, author=shop.ana.user, reference=reference) for _ in range(2)}
    assert len(changes) == 1
    assert still_gateway.calls == ["send"]


def test_what_the_person_saw_is_kept_with_the_change(shop, booking, still_gateway):
    seen = NOW - dt.timedelta(days=9)
    assert actions.set_state(booking, kind=K.ARRIVE, author=shop.ana.user, seen_at=seen).seen_at == seen
    assert actions.set_state(booking, kind=K.UNDO, author=shop.ana.user).seen_at == booking.modified_at
