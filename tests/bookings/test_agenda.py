"""The day in lines: who is late, here, next; what one tap can do; what wants attention. 10:00 in Paris."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings.agenda import Agenda, Line, agenda, notice, request_line, waiting_words
from bookings.calendars import bookings_of, with_change_under_way
from bookings.models import Booking, Change
from tests.people import NOW, Shop, make_booking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def minutes(count: int) -> dt.datetime:
    return NOW + dt.timedelta(minutes=count)


def day_of(shop: Shop, person: str = "ana") -> Agenda:
    user = shop.helene if person == "helene" else getattr(shop, person).user
    rows = with_change_under_way(bookings_of(user).select_related("client", "group_event", "staff", "store"))
    return agenda(rows.order_by("starts_at"), [], user=user, now=NOW)


def only_line(shop: Shop, start: int, person: str = "ana", **fields: Any) -> Line:
    make_booking(shop.ana, shop.lea, minutes(start), [shop.styling], **fields)
    day = day_of(shop, person)
    return (day.lines + day.done)[0]


@pytest.mark.parametrize(
    ("start", "fields", "timing", "words"),
    [
        (25, {}, "later", "in 25 min"),
        (0, {}, "later", "now"),
        (300, {}, "later", ""),
        (-12, {}, "late", "12 min late"),
        (-90, {}, "over", "over, not marked"),
        (-12, {"presence": "arrived"}, "here", ""),
        (-90, {"presence": "arrived"}, "here", "due to end 09:30"),
        (-90, {"presence": "arrived", "is_completed": True}, "done", ""),
        (-12, {"presence": "no_show"}, "done", ""),
        (25, {"status": "requested"}, "", ""),
        (25, {"status": "sending", "remote_id": None}, "", ""),
    ],
)
def test_line_says_how_the_booking_stands_now(
    shop: Shop, start: int, fields: dict[str, Any], timing: str, words: str
) -> None:
    line = only_line(shop, start, **fields)
    assert (line.timing, line.timing_words) == (timing, words)


@pytest.mark.parametrize(
    ("start", "fields", "slugs"),
    [
        (25, {}, ["arrive"]),
        (-12, {}, ["arrive", "no-show"]),
        (-90, {}, ["complete", "no-show"]),
        (-12, {"presence": "arrived"}, ["complete", "undo"]),
        (-12, {"presence": "no_show"}, ["undo"]),
        (-90, {"presence": "arrived", "is_completed": True}, ["undo"]),
        (25, {"status": "requested"}, []),
        (25, {"status": "sending", "remote_id": None}, []),
        (25, {"kind": "group_reservation"}, []),
    ],
)
def test_buttons_offer_what_is_needed_now(shop: Shop, start: int, fields: dict[str, Any], slugs: list[str]) -> None:
    assert [button.slug for button in only_line(shop, start, **fields).buttons] == slugs


def test_buttons_are_left_out_in_a_calendar_that_is_not_hers(shop: Shop) -> None:
    assert only_line(shop, -12, person="bo").buttons == []


@pytest.mark.parametrize("person", ["marc", "helene"])
def test_buttons_are_there_for_those_who_run_the_store(shop: Shop, person: str) -> None:
    assert only_line(shop, -12, person=person).buttons


def test_buttons_are_left_out_while_an_answer_is_awaited(shop: Shop) -> None:
    booking = make_booking(shop.ana, shop.lea, minutes(-12), [shop.styling])
    Change.begin(booking=booking, kind="arrive", author=shop.ana.user, author_name="Ana")
    line = day_of(shop).lines[0]
    assert line.buttons == []
    assert line.event.under_way == "arrival not confirmed yet"


def test_buttons_each_carry_their_own_reference(shop: Shop) -> None:
    references = [button.reference for button in only_line(shop, -12).buttons]
    assert len(set(references)) == 2


def test_agenda_names_who_is_late_here_and_next(shop: Shop) -> None:
    for start, fields in [(-70, {"presence": "arrived"}), (-10, {}), (60, {}), (60, {}), (120, {})]:
        make_booking(shop.ana, shop.lea, minutes(start), [shop.styling], **fields)
    day = day_of(shop)
    assert [line.event.time for line in day.late] == ["09:50"]
    assert [line.event.time for line in day.here] == ["08:50"]
    assert [line.event.time for line in day.next] == ["11:00", "11:00"]


def test_agenda_keeps_the_done_apart_and_all_in_order(shop: Shop) -> None:
    for start, fields in [(60, {}), (-60, {"presence": "arrived", "is_completed": True}), (-5, {})]:
        make_booking(shop.ana, shop.lea, minutes(start), [shop.styling], **fields)
    day = day_of(shop)
    assert [line.event.time for line in day.lines] == ["09:55", "11:00"]
    assert [line.event.time for line in day.done] == ["09:00"]


# --- what wants attention ------------------------------------------------------------------------------------


def change(shop: Shop, kind: str, state: str, reason: str = "", **wanted: Any) -> Change:
    booking = make_booking(shop.ana, shop.lea, minutes(240), [shop.styling])
    return Change.objects.create(
        booking=booking,
        kind=kind,
        wanted=wanted,
        author=shop.ana.user,
        author_name="Ana",
        state=state,
        reason=reason,
        next_attempt_at=NOW,
    )


@pytest.mark.parametrize("kind", Change.Kind.values)
@pytest.mark.parametrize("state", Change.State.values)
def test_notice_has_words_for_every_kind_and_state(shop: Shop, kind: str, state: str) -> None:
    said = notice(change(shop, kind, state, starts_at=minutes(300).isoformat(), staff=1))
    assert "Lea Noir" in said.title
    assert "%(" not in said.title
    assert said.text


def test_notice_of_a_refused_move_says_where_it_stays_and_why(shop: Shop) -> None:
    said = notice(change(shop, "move", "refused", "slot_taken", starts_at=minutes(300).isoformat()))
    assert said.title == "Not moved: Lea Noir stays at Wed 6 May, 14:00"
    assert "has just been taken" in said.text
    assert not said.is_open


def test_notice_of_an_open_move_says_what_happens_next(shop: Shop) -> None:
    said = notice(change(shop, "move", "unconfirmed", "unavailable", starts_at=minutes(300).isoformat()))
    assert said.title == "Move not confirmed yet: Lea Noir from Wed 6 May, 14:00 to Wed 6 May, 15:00"
    assert "Nothing is lost" in said.text
    assert said.is_open


def test_notice_of_an_unknown_reason_still_says_something(shop: Shop) -> None:
    assert "refused it without saying why" in notice(change(shop, "cancel", "refused", "martian")).text


# --- requests ------------------------------------------------------------------------------------------------


def test_request_line_lists_the_times_proposed(shop: Shop) -> None:
    booking = make_booking(
        shop.ana,
        shop.lea,
        NOW,
        [shop.styling],
        status="requested",
        booked_at=NOW - dt.timedelta(hours=3),
        proposed_times=[["2026-05-07T08:00:00+00:00", "2026-05-07T09:00:00+00:00"], ["2026-05-08T12:00:00+00:00", ""]],
    )
    Booking.objects.filter(pk=booking.pk).update(starts_at=None, ends_at=None)
    booking.refresh_from_db()
    line = request_line(booking, now=NOW)
    assert line.wished == "Thu 7 May, 10:00 or Fri 8 May, 14:00"
    assert line.waiting == "3 h"


@pytest.mark.parametrize(
    ("span", "words"),
    [(dt.timedelta(seconds=5), "1 min"), (dt.timedelta(minutes=59), "59 min"), (dt.timedelta(days=3), "3 days")],
)
def test_waiting_words_round_to_what_matters(span: dt.timedelta, words: str) -> None:
    assert waiting_words(span) == words
