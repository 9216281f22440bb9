import datetime as dt
import uuid

import pytest

from bookings import actions, counter
from bookings.counter import Newcomer, Order
from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking, Change, Kind
from clienteling.models import Client, Consent
from tests.people import NOW, make_booking

AT = NOW + dt.timedelta(hours=4)
MIRA = Newcomer("Mira", "Okafor", "mira@example.org", "+33612340000", Consent.BOOKING_ONLY)


def place(shop, client=MIRA, reference=None, **changed):
    fields = {"services": [shop.styling], "staff": shop.ana, "starts_at": AT, "client_request": "", "quick_note": ""}
    order = Order(client=client, **fields | changed)
    return counter.place(order, store=shop.store, author=shop.ana.user, reference=reference or uuid.uuid4())


def test_place_makes_a_client_with_her_consent(shop, clock, still_gateway):
    client = place(shop).booking.client
    assert (client.full_name, client.email, client.mobile_phone) == ("Mira Okafor", "mira@example.org", "+33612340000")
    assert (client.consent, client.consent_at) == (Consent.BOOKING_ONLY, NOW)
    assert list(client.stores.all()) == [shop.store]


def test_place_refused_leaves_no_client_behind(shop, clock, still_gateway):
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    change = place(shop)
    assert Client.objects.get() == shop.lea
    assert change.booking.client is None


def test_place_refused_keeps_a_client_who_was_there(shop, clock, still_gateway):
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    assert place(shop, client=shop.lea).booking.client == shop.lea


def test_place_without_an_answer_keeps_the_client(shop, clock, still_gateway):
    still_gateway.error = Unavailable("no answer")
    assert place(shop).booking.client.full_name == "Mira Okafor"


def test_place_lets_go_of_what_was_typed_when_the_provider_knew_her(shop, clock, still_gateway, monkeypatch):
    accept = still_gateway.send

    def knows_her(self, change):
        accept(self, change)
        Booking.objects.filter(pk=change.booking_id).update(client=shop.lea)

    monkeypatch.setattr(still_gateway, "send", knows_her)
    assert place(shop).booking.client == shop.lea
    assert Client.objects.get() == shop.lea


def test_place_twice_makes_one_client_and_one_booking(shop, clock, still_gateway):
    reference = uuid.uuid4()
    assert place(shop, reference=reference) == place(shop, reference=reference)
    assert Client.objects.filter(last_name="Okafor").count() == 1
    assert still_gateway.calls == ["send"]


def test_latest_of_an_unknown_reference_is_itself(db):
    reference = uuid.uuid4()
    assert counter.latest(reference) == (reference, None)


def test_latest_goes_past_what_was_refused_always_the_same_way(shop, clock, still_gateway):
    first = uuid.uuid4()
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    place(shop, reference=first)
    second, known = counter.latest(first)
    assert known is None
    assert second not in (first, counter.latest(uuid.uuid4())[0])
    still_gateway.error = None
    change = place(shop, reference=second)
    assert counter.latest(first) == (second, change)


@pytest.fixture
def booking(shop, clock):
    return make_booking(shop.ana, shop.lea, AT, [shop.styling])


def press(booking, shop, kind=Change.Kind.ARRIVE, reference=None):
    return counter.attempt(
        booking,
        kind=kind,
        reference=reference or uuid.uuid4(),
        send=lambda one: actions.set_state(booking, kind=kind, author=shop.ana.user, reference=one),
    )


def test_attempt_sends_what_the_rules_allow(shop, booking, still_gateway):
    assert press(booking, shop).change.state == Change.State.DONE


def test_attempt_sends_nothing_the_rules_forbid(shop, booking, still_gateway):
    result = press(booking, shop, Change.Kind.UNDO)
    assert result.refusal
    assert (result.change, still_gateway.calls) == (None, [])


def test_attempt_again_finds_the_first_though_the_rules_now_forbid_it(shop, booking, still_gateway):
    reference = uuid.uuid4()
    first = press(booking, shop, reference=reference)
    booking.refresh_from_db()
    second = press(booking, shop, reference=reference)
    assert (second.change, second.refusal) == (first.change, "")
    assert still_gateway.calls == ["send"]


def test_attempt_with_the_reference_of_another_booking_is_turned_down(shop, booking, still_gateway):
    other = make_booking(shop.ana, shop.lea, AT + dt.timedelta(hours=2), [shop.fitting])
    reference = uuid.uuid4()
    press(other, shop, reference=reference)
    assert press(booking, shop, reference=reference).change is None
    assert still_gateway.calls == ["send"]


def test_attempt_refused_says_why_and_gives_a_new_reference(shop, booking, still_gateway):
    reference = uuid.uuid4()
    still_gateway.error = Refused(Reason.NOT_TODAY)
    result = press(booking, shop, reference=reference)
    assert "on the day itself" in result.refusal
    assert result.reference != reference


def test_attempt_while_somebody_else_is_at_it_names_her(shop, booking, still_gateway):
    still_gateway.error = Unavailable("no answer")
    actions.set_state(booking, kind=Change.Kind.ARRIVE, author=shop.marc.user)
    assert "Marc Petit" in press(booking, shop, Change.Kind.CANCEL).refusal


def test_possible_leaves_confirming_out_while_there_is_no_time(shop, clock):
    request = make_booking(shop.ana, shop.lea, AT, [shop.styling], status="requested")
    assert Change.Kind.CONFIRM in counter.possible(request)
    request.starts_at = request.ends_at = None
    assert Change.Kind.CONFIRM not in counter.possible(request)


def test_possible_for_a_place_in_a_group_event_is_to_cancel(shop, clock):
    place_taken = make_booking(shop.ana, shop.lea, AT, [shop.styling], kind=Kind.GROUP_RESERVATION)
    assert counter.possible(place_taken) == [Change.Kind.CANCEL]
