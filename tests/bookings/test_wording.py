import datetime as dt

import pytest

from bookings import actions, wording
from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking, Change, Kind
from tests.people import NOW, make_booking

AT = NOW + dt.timedelta(hours=4)  # 14:00 in Paris
K = Change.Kind


@pytest.fixture
def booking(shop, clock, still_gateway):
    return make_booking(shop.ana, shop.lea, AT, [shop.styling])


def said(change: Change, shop) -> str:
    booking = Booking.objects.get(pk=change.booking_id)
    return wording.done(change, booking, {member.pk: member for member in (shop.ana, shop.bo)})


def test_booked_is_ready_to_be_read_out(booking):
    assert wording.booked(booking) == "Lea's Styling with Ana Roy is booked for Wed 6 May, 14:00."


def test_about_a_booking_without_a_client_is_its_services(booking):
    booking.client = None
    assert wording.about(booking) == "Styling"


def test_done_says_where_from_and_where_to(shop, booking):
    change = actions.move(booking, starts_at=AT + dt.timedelta(days=1), staff=shop.bo, author=shop.ana.user)
    assert said(change, shop) == "Lea's Styling is moved from Wed 6 May, 14:00 to Thu 7 May, 14:00 with Bo Lind."


def test_done_the_same_day_says_the_times_alone(shop, booking):
    change = actions.move(booking, starts_at=AT + dt.timedelta(hours=1), staff=shop.ana, author=shop.ana.user)
    assert said(change, shop) == "Lea's Styling is moved from 14:00 to 15:00 with Ana Roy."


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (K.ARRIVE, "Lea has arrived."),
        (K.NO_SHOW, "Lea is marked as a no-show."),
        (K.COMPLETE, "Lea's Styling is completed."),
        (K.CANCEL, "Lea's Styling is cancelled."),
        (K.UNDO, "Lea is set back to expected."),
    ],
)
def test_done_says_it_in_a_sentence(shop, booking, kind, sentence):
    assert said(actions.set_state(booking, kind=kind, author=shop.ana.user), shop) == sentence


def test_names_with_percent_signs_do_no_harm(shop, booking):
    shop.lea.first_name = "100%s %(who)s"
    shop.lea.save()
    change = actions.set_state(booking, kind=K.ARRIVE, author=shop.ana.user)
    assert said(change, shop) == "100%s %(who)s has arrived."
    change = actions.edit(booking, author=shop.ana.user, quick_note="x")
    assert said(change, shop) == "100%s %(who)s's Styling is changed."


def test_reason_nobody_knows_still_has_words():
    assert wording.reason("no_such_reason") == wording.reason(Reason.OTHER)


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"starts_at": AT + dt.timedelta(days=1)}, K.ARRIVE, "on the day itself"),
        ({"is_completed": True}, K.MOVE, "completed"),
        ({"status": "cancelled"}, K.MOVE, "cancelled"),
        ({"kind": Kind.GROUP_RESERVATION}, K.MOVE, "group event"),
        ({"remote_id": None}, K.CANCEL, "not accepted"),
        ({"presence": "no_show"}, K.MOVE, "No-show"),
        ({"starts_at": None, "status": "requested"}, K.CONFIRM, "no time yet"),
    ],
)
def test_why_not_names_the_obstacle(booking, fields, kind, words):
    for name, value in fields.items():
        setattr(booking, name, value)
    assert words in wording.why_not(booking, kind)


def story(booking, **names):
    booking = Booking.objects.get(pk=booking.pk)
    return wording.story(booking, list(booking.changes.all()), names.get("staff", {}), names.get("services", {}))


def test_story_tells_what_the_provider_knows(shop, booking):
    booking.booked_at = NOW - dt.timedelta(days=9)
    booking.booked_by_client = True
    booking.modified_at = NOW - dt.timedelta(days=1)
    booking.modified_by = shop.bo
    booking.save()
    assert [(entry.who, entry.what) for entry in story(booking)] == [
        ("Bo Lind", "Changed in the booking system"),
        ("The client", "Booked"),
    ]


def test_story_tells_our_change_once_with_its_outcome(shop, booking):
    booking.booked_at = NOW - dt.timedelta(days=9)
    booking.save()
    actions.move(booking, starts_at=AT + dt.timedelta(hours=1), staff=shop.bo, author=shop.ana.user)
    entries = story(booking, staff={shop.bo.pk: shop.bo})
    assert [(entry.who, entry.what, entry.outcome) for entry in entries] == [
        ("Ana Roy", "Move: Wed 6 May, 15:00, Bo Lind", "Accepted"),
        ("The store", "Booked", ""),
    ]


def test_story_says_why_something_was_refused(shop, booking, still_gateway):
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    actions.edit(booking, author=shop.ana.user, quick_note="x")
    entry = story(booking)[0]
    assert entry.what == "Change: quick note"
    assert "just been taken" in entry.outcome


def test_not_confirmed_says_that_nothing_is_lost(shop, booking, still_gateway):
    still_gateway.error = Unavailable("no answer")
    change = actions.set_state(booking, kind=K.ARRIVE, author=shop.ana.user)
    assert "Nothing is lost" in wording.not_confirmed(change)
    assert story(booking)[0].outcome == "Not confirmed yet"
