import datetime as dt

import pytest

from bookings.models import Booking, Change, Status
from clienteling import privacy
from clienteling.models import Client, Consent, Note
from tests.people import NOW, Shop, make_booking, make_client

pytestmark = pytest.mark.usefixtures("clock")
LONG_AGO = NOW - dt.timedelta(days=90)


@pytest.fixture
def vera(shop: Shop) -> Client:
    """Agreed to a booking only, long ago."""
    return make_client(
        shop.store, "Vera", "Passing", email="vera@example.org", consent=Consent.BOOKING_ONLY, created_at=LONG_AGO
    )


def test_anonymise_due_forgets_who_came_for_one_booking_only(shop: Shop, vera: Client) -> None:
    make_booking(shop.ana, vera, NOW - dt.timedelta(days=31), [shop.styling])
    assert privacy.anonymise_due(now=NOW) == 1
    vera.refresh_from_db()
    assert (vera.first_name, vera.last_name, vera.email, vera.search_text) == ("", "", "", "")
    assert vera.anonymised_at == NOW
    assert str(vera) == "Anonymised client"


def test_anonymise_due_counts_from_the_last_booking(shop: Shop, vera: Client) -> None:
    make_booking(shop.ana, vera, NOW - dt.timedelta(days=200), [shop.styling])
    make_booking(shop.ana, vera, NOW - dt.timedelta(days=29), [shop.styling])
    assert privacy.anonymise_due(now=NOW) == 0


def test_anonymise_due_keeps_who_has_a_coming_booking(shop: Shop, vera: Client) -> None:
    make_booking(shop.ana, vera, LONG_AGO, [shop.styling])
    make_booking(shop.ana, vera, NOW + dt.timedelta(days=3), [shop.styling])
    assert privacy.anonymise_due(now=NOW) == 0


def test_anonymise_due_keeps_who_waits_for_an_answer_without_a_time(shop: Shop, vera: Client) -> None:
    request = make_booking(shop.ana, vera, LONG_AGO, [shop.styling], status=Status.REQUESTED)
    Booking.objects.filter(pk=request.pk).update(starts_at=None, ends_at=None)
    assert privacy.anonymise_due(now=NOW) == 0
    Booking.objects.filter(pk=request.pk).update(status=Status.CANCELLED)
    assert privacy.anonymise_due(now=NOW) == 1


def test_anonymise_due_keeps_who_agreed(shop: Shop) -> None:
    make_booking(shop.ana, shop.lea, LONG_AGO, [shop.styling])
    assert privacy.anonymise_due(now=NOW) == 0


def test_anonymise_due_forgets_who_never_booked_at_all(vera: Client) -> None:
    assert privacy.anonymise_due(now=NOW) == 1


def test_anonymise_due_does_no_more_than_its_limit(shop: Shop) -> None:
    for number in range(3):
        make_client(shop.store, f"V{number}", consent=Consent.BOOKING_ONLY, created_at=LONG_AGO)
    assert privacy.anonymise_due(now=NOW, limit=2) == 2
    assert privacy.anonymise_due(now=NOW, limit=2) == 1


def test_forget_removes_words_on_bookings_changes_and_notes(shop: Shop, vera: Client) -> None:
    booking = make_booking(
        shop.ana, vera, LONG_AGO, [shop.styling], client_request="call me", quick_note="shy", extra={"a": 1}
    )
    words = {"client_request": "call me", "quick_note": "shy", "staff": 7}
    change = Change.begin(
        booking=booking, kind=Change.Kind.EDIT, wanted=dict(words), before=dict(words), author=None, author_name="Ana"
    )
    Note.objects.create(client=vera, store=shop.store, author_name="Ana", body="likes tea")
    assert privacy.forget(vera, at=NOW)
    booking.refresh_from_db()
    change.refresh_from_db()
    assert (booking.client_request, booking.quick_note, booking.extra) == ("", "", {})
    assert change.wanted == change.before == {"staff": 7}
    assert not vera.notes.exists()
    assert booking.client == vera


def test_forget_twice_changes_nothing(vera: Client) -> None:
    assert privacy.forget(vera, at=NOW)
    assert not privacy.forget(vera, at=NOW + dt.timedelta(days=1))
    vera.refresh_from_db()
    assert vera.anonymised_at == NOW


def test_anonymise_on_is_after_the_last_booking_and_retention(shop: Shop, vera: Client) -> None:
    make_booking(shop.ana, vera, NOW + dt.timedelta(days=2), [shop.styling])
    assert privacy.anonymise_on(vera) == dt.date(2026, 6, 7)


def test_anonymise_on_is_nothing_for_who_agreed_or_is_forgotten(shop: Shop, vera: Client) -> None:
    assert privacy.anonymise_on(shop.lea) is None
    privacy.forget(vera, at=NOW)
    assert privacy.anonymise_on(vera) is None
