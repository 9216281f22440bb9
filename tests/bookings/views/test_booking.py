import datetime as dt
import re
import uuid

import pytest
from django.urls import reverse

from bookings import actions
from bookings.gateway import Misconfigured, Reason, Refused, Slot, Unavailable
from bookings.models import Booking, BookingItem, Change, GroupEvent, Kind
from tests.people import NOW, make_booking, make_part, make_service

AT = NOW + dt.timedelta(hours=4)  # Wednesday 14:00 in Paris
HOUR = dt.timedelta(hours=1)
K = Change.Kind


@pytest.fixture
def booking(shop, clock, still_gateway):
    return make_booking(
        shop.ana, shop.lea, AT, [shop.styling, shop.fitting], client_request="Navy suit", quick_note="Size 38"
    )


@pytest.fixture
def web(shop, booking, browser_of):
    return browser_of(shop.ana)


def url(name: str, booking: Booking, *more: str) -> str:
    return reverse(name, args=[booking.pk, *more])


def press(web, booking, kind, **changed):
    data = {"reference": str(uuid.uuid4()), "seen": booking.modified_at.isoformat()}
    return web.post(url("booking-change", booking, kind), data | changed, follow=True)


def text(answer) -> str:
    return answer.content.decode()


# --- Who may see it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["booking", "booking-status", "booking-move", "booking-edit"])
def test_pages_are_not_there_for_another_store(shop, booking, browser_of, name):
    assert browser_of(shop.charlie).get(url(name, booking)).status_code == 404


def test_changes_are_not_there_for_another_store(shop, booking, browser_of, still_gateway):
    web = browser_of(shop.charlie)
    for name in ("booking-move", "booking-edit"):
        assert web.post(url(name, booking), {"reference": str(uuid.uuid4())}).status_code == 404
    assert press(web, booking, "cancel").status_code == 404
    assert still_gateway.calls == []


def test_page_of_a_colleague_can_be_read_and_not_changed(shop, booking, browser_of):
    page = text(browser_of(shop.bo).get(url("booking", booking)))
    assert "Lea Noir" in page
    assert "Only Ana Roy and the managers of the store can change this booking." in page
    assert url("booking-move", booking) not in page
    assert url("booking-change", booking, "arrive") not in page


def test_changes_by_a_colleague_are_refused_in_words(shop, booking, browser_of, still_gateway):
    web = browser_of(shop.bo)
    answers = [
        press(web, booking, "arrive"),
        web.get(url("booking-move", booking)),
        web.post(url("booking-edit", booking)),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert "Not yours to change" in text(answer)
    assert still_gateway.calls == []


@pytest.mark.parametrize("person", ["ana", "marc", "helene"])
def test_page_offers_changes_to_whoever_may_make_them(shop, booking, browser_of, person):
    page = text(browser_of(getattr(shop, person)).get(url("booking", booking)))
    assert url("booking-change", booking, "arrive") in page
    assert url("booking-edit", booking) in page


# --- The page ------------------------------------------------------------------------------------------


def test_page_says_all_about_it_in_store_time(web, booking):
    page = text(web.get(url("booking", booking)))
    for words in ("Lea Noir", "Wed 6 May, 14:00–15:30", "Paris time, UTC+2", "Styling", "€45.00", "€75.00", "1 h 30"):
        assert words in page
    for words in ("Ana Roy", "Navy suit", "Size 38", "06 12 34 56 78", "Confirmed", "Booked"):
        assert words in page


def test_page_says_who_gives_the_other_parts(shop, web, booking):
    make_part(booking, shop.bo, AT + HOUR, "Fitting")
    page = " ".join(text(web.get(url("booking", booking))).split())
    assert (
        f'<span class="name">{shop.bo.full_name}</span> <span class="small muted">Fitting, 15:00–16:00</span>' in page
    )


def test_page_needs_a_constant_number_of_queries(shop, web, booking, django_assert_max_num_queries):
    with django_assert_max_num_queries(12) as small:
        web.get(url("booking", booking))
    for number in range(3):
        actions.move(
            booking, starts_at=AT + number * HOUR, staff=shop.bo if number % 2 else shop.ana, author=shop.ana.user
        )
        item = actions.Item(service=shop.styling, duration=60 + number)
        actions.edit(booking, author=shop.ana.user, items=[item])
    booking.staff = shop.ana
    booking.save()
    # One each for the people and the services that changes speak of, however many there are.
    with django_assert_max_num_queries(min(12, len(small.captured_queries) + 2)):
        web.get(url("booking", booking))


def test_page_makes_no_call(web, booking, still_gateway):
    web.get(url("booking", booking))
    assert still_gateway.calls == []


def test_page_asks_for_a_refresh_when_the_mirror_is_old(web, booking, still_gateway, monkeypatch):
    asked = []
    monkeypatch.setattr(still_gateway, "ask_refresh", lambda self, *, store: asked.append(store))
    web.get(url("booking", booking))
    assert asked == []
    still_gateway.state = still_gateway.state.__class__("catching_up", "Booxi", NOW - HOUR)
    web.get(url("booking", booking))
    assert asked == [booking.store]


def test_page_escapes_what_comes_from_outside(web, booking):
    Booking.objects.filter(pk=booking.pk).update(client_request="<script>alert(1)</script>", status_text="<b>")
    page = text(web.get(url("booking", booking)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_page_of_another_day_says_why_nobody_can_arrive(web, shop):
    tomorrow = make_booking(shop.ana, shop.lea, AT + 24 * HOUR, [shop.styling])
    page = text(web.get(url("booking", tomorrow)))
    assert url("booking-change", tomorrow, "arrive") not in page
    assert "only on the day itself" in page


def test_page_of_a_request_shows_the_times_she_proposes(web, shop):
    request = make_booking(shop.ana, shop.lea, AT, [shop.styling], status="requested")
    spans = [["2026-05-07T08:00:00+00:00", "2026-05-07T10:00:00+00:00"], ["nonsense", 5], None]
    Booking.objects.filter(pk=request.pk).update(starts_at=None, ends_at=None, staff=None, proposed_times=spans)
    page = text(web.get(url("booking", request)))
    assert "Thu 7 May, 10:00–12:00" in page
    assert "No time chosen yet" in page


def test_page_of_a_place_in_a_group_event_can_only_be_cancelled(web, shop, booking):
    event = GroupEvent.objects.create(
        store=shop.store, staff=shop.ana, remote_id="G1", name="Tea ceremony", starts_at=AT, ends_at=AT + HOUR
    )
    Booking.objects.filter(pk=booking.pk).update(kind=Kind.GROUP_RESERVATION, group_event=event)
    page = text(web.get(url("booking", booking)))
    assert "Tea ceremony" in page
    assert url("booking-change", booking, "cancel") in page
    assert url("booking-move", booking) not in page


def test_page_of_a_cancelled_booking_offers_to_book_again(web, shop):
    gone = make_booking(shop.ana, shop.lea, AT, [shop.styling], status="cancelled")
    page = text(web.get(url("booking", gone)))
    assert f"{reverse('booking-new')}?service={shop.styling.pk}&amp;client={shop.lea.pk}" in page


def test_page_survives_a_booking_with_hardly_anything_known(web, shop):
    bare = make_booking(shop.ana, None, AT, [])
    Booking.objects.filter(pk=bare.pk).update(
        starts_at=None, ends_at=None, staff=None, status="unknown", status_text="Odd"
    )
    page = text(web.get(url("booking", bare)))
    assert "Unknown status" in page
    assert "Odd" in page


def test_page_says_why_it_was_never_booked(shop, web, still_gateway):
    still_gateway.error = Refused(Reason.CLIENT_BLOCKED)
    change = actions.book(
        store=shop.store, client=shop.lea, services=[shop.styling], staff=shop.ana, starts_at=AT, author=shop.ana.user
    )
    page = text(web.get(url("booking", change.booking)))
    assert "Not booked." in page
    assert "does not take bookings for this client" in page


# --- Pressing buttons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "sentence"),
    [
        ("arrive", "arrived", "Lea has arrived."),
        ("no-show", "no_show", "Lea is marked as a no-show."),
        ("complete", "completed", "is completed."),
        ("cancel", "cancelled", "is cancelled."),
    ],
)
def test_press_does_it_and_says_so(web, booking, kind, state, sentence):
    page = text(press(web, booking, kind))
    booking.refresh_from_db()
    assert booking.state == state
    assert sentence in page


def test_press_undo_goes_one_step_back(web, booking):
    press(web, booking, "complete")
    press(web, booking, "undo")
    booking.refresh_from_db()
    assert booking.state == "arrived"


def test_press_twice_sends_once_and_is_no_error(web, booking, still_gateway):
    reference = str(uuid.uuid4())
    pages = [text(press(web, booking, "arrive", reference=reference)) for _ in range(2)]
    assert all("Lea has arrived." in page for page in pages)
    assert still_gateway.calls == ["send"]


def test_press_refused_says_why(web, booking, still_gateway):
    still_gateway.error = Refused(Reason.CHANGED_MEANWHILE)
    assert "Somebody changed this booking in the meantime" in text(press(web, booking, "arrive"))


@pytest.mark.parametrize(
    ("error", "words"), [(Unavailable("x"), "go on asking"), (Misconfigured("x"), "head office sees why")]
)
def test_press_without_an_answer_is_not_confirmed_yet(web, booking, still_gateway, error, words):
    still_gateway.error = error
    page = text(press(web, booking, "arrive"))
    assert words in page
    assert "Not confirmed yet" in page
    assert url("booking-change", booking, "cancel") not in page


def test_press_while_somebody_else_is_at_it_names_her(shop, web, booking, still_gateway):
    still_gateway.error = Unavailable("x")
    actions.set_state(booking, kind=K.ARRIVE, author=shop.marc.user)
    assert "Marc Petit is changing this booking right now" in text(press(web, booking, "cancel"))


def test_press_that_no_longer_fits_sends_nothing(web, booking, still_gateway):
    page = text(press(web, booking, "undo"))
    assert "That does not fit" in page
    assert still_gateway.calls == []


def test_press_says_what_the_person_saw(web, booking):
    seen = booking.modified_at - HOUR
    press(web, booking, "arrive", seen=seen.isoformat())
    assert Change.objects.get().seen_at == seen


@pytest.mark.parametrize(
    "hostile", [{"reference": "\x00"}, {"reference": ""}, {"seen": "9" * 5000}, {"next": "x" * 600}]
)
def test_press_takes_no_harm_from_hostile_input(web, booking, still_gateway, hostile):
    assert "out of date" in text(press(web, booking, "arrive", **hostile))
    assert still_gateway.calls == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/clients/", "/clients/"),
        ("https://evil.example/", None),
        ("//evil.example/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_press_goes_on_to_a_page_of_ours_only(web, booking, target, expected):
    data = {"reference": str(uuid.uuid4()), "next": target}
    answer = web.post(url("booking-change", booking, "arrive"), data)
    assert answer.url == (expected or url("booking", booking))


def test_press_of_no_known_kind_is_not_there(web, booking):
    for kind in ("book", "move-it", "explode"):
        assert press(web, booking, kind).status_code == 404


def test_press_needs_a_post_and_cancelling_asks_first(web, booking, still_gateway):
    assert web.get(url("booking-change", booking, "arrive")).status_code == 405
    assert "Cancel this booking?" in text(web.get(url("booking-change", booking, "cancel")))
    assert still_gateway.calls == []


def test_status_goes_on_asking_until_there_is_an_answer(shop, web, booking, still_gateway):
    still_gateway.error = Unavailable("x")
    change = actions.set_state(booking, kind=K.ARRIVE, author=shop.ana.user)
    assert "every 3s" in text(web.get(url("booking-status", booking)))
    change.mark_done(now=NOW)
    assert web.get(url("booking-status", booking)).headers["HX-Refresh"] == "true"


# --- Moving --------------------------------------------------------------------------------------------


@pytest.fixture
def free(shop, still_gateway):
    still_gateway.slots = [
        Slot(AT + hours * HOUR, AT + hours * HOUR + dt.timedelta(minutes=90), (shop.ana.pk, shop.bo.pk))
        for hours in (1, 2, 24)
    ]


def move(web, booking, **changed):
    data = {"reference": str(uuid.uuid4()), "seen": booking.modified_at.isoformat()}
    return web.post(url("booking-move", booking), data | changed, follow=True)


def test_move_page_offers_live_times_with_the_same_person(shop, web, booking, free, still_gateway):
    page = text(web.get(url("booking-move", booking)))
    assert page.count("?starts_at=") == 3
    assert f"staff={shop.bo.pk}" not in page
    assert still_gateway.calls == ["availability"]


def test_move_page_offers_times_at_which_the_colleague_can_give_her_part(shop, web, booking, free, still_gateway):
    make_part(booking, shop.bo, AT + HOUR, "Fitting")
    page = text(web.get(url("booking-move", booking)))
    assert page.count("?starts_at=") == 1, "an hour later, for she is free two hours later"
    assert "<span>15:00" in page
    assert still_gateway.calls == ["availability"] * 2


def test_move_page_asks_for_what_is_hers_after_the_colleagues_part_in_its_own_turn(
    shop, clock, browser_of, still_gateway, monkeypatch
):
    booking = make_booking(shop.ana, shop.lea, AT, [shop.styling, shop.fitting, shop.styling])
    make_part(booking, shop.bo, AT + HOUR, "Fitting")
    still_gateway.slots = [
        Slot(AT + hours * HOUR, AT + hours * HOUR + HOUR, (shop.ana.pk, shop.bo.pk)) for hours in (1, 2)
    ]
    asked = []
    availability = still_gateway.availability

    def note(self, **wanted):
        asked.append((len(wanted["services"]), wanted["staff"], wanted["start"]))
        return availability(self, **wanted)

    monkeypatch.setattr(still_gateway, "availability", note)
    text(browser_of(shop.ana).get(url("booking-move", booking)))
    own, others, hers = asked[:3]
    assert (own[:2], others[:2], hers[:2]) == ((1, shop.ana), (1, shop.bo), (1, shop.ana))
    assert hers[2] > others[2] > own[2]


def test_move_page_asks_before_anything_is_sent(shop, web, booking, still_gateway):
    there = {"starts_at": "2026-05-06T13:15:00.000Z", "staff": shop.bo.pk}
    page = text(web.get(url("booking-move", booking), there))
    assert "Move Lea&#x27;s Styling, Fitting from 14:00 Ana Roy to 15:15 Bo Lind?" in page
    assert "15:15–16:45" in page
    assert still_gateway.calls == []
    assert not Change.objects.exists()


def test_move_page_to_where_it_is_has_nothing_to_send(web, booking):
    page = text(web.get(url("booking-move", booking), {"starts_at": AT.isoformat()}))
    assert "That is where it is already." in page


def test_move_page_queries_are_bounded(web, booking, free, shop, django_assert_max_num_queries):
    for number in range(3):
        make_booking(shop.bo, shop.lea, AT + number * HOUR, [shop.fitting])
    with django_assert_max_num_queries(12):
        web.get(url("booking-move", booking))


def test_move_page_without_an_answer_still_takes_a_time_by_hand(web, booking, still_gateway):
    still_gateway.error = Unavailable("x")
    page = text(web.get(url("booking-move", booking)))
    assert "has not answered" in page
    assert 'name="time"' in page


def test_move_page_refuses_a_time_that_does_not_exist(web, booking):
    page = text(web.get(url("booking-move", booking), {"day": "2027-03-28", "time": "02:30"}))
    assert "does not exist on that day" in page


def test_move_page_asks_which_of_two_times(web, booking):
    page = text(web.get(url("booking-move", booking), {"day": "2026-10-25", "time": "02:30"}))
    assert "this time comes twice" in page
    assert 'name="offset" value="UTC+1"' in page
    page = text(web.get(url("booking-move", booking), {"day": "2026-10-25", "time": "02:30", "offset": "UTC+1"}))
    assert "Sun 25 Oct" in page
    assert "UTC+1" in page
    assert 'value="2026-10-25T01:30:00+00:00"' in page


@pytest.mark.parametrize(
    "params",
    [
        {"starts_at": "\x00"},
        {"starts_at": "9" * 5000},
        {"staff": "9" * 5000},
        {"day": "x", "time": "\x00"},
        {"offset": "y" * 99},
    ],
)
def test_move_page_takes_no_harm_from_hostile_addresses(web, booking, free, params):
    assert web.get(url("booking-move", booking), params).status_code == 200


def test_move_page_refuses_people_of_another_store(shop, web, booking, free):
    page = text(web.get(url("booking-move", booking), {"starts_at": AT.isoformat(), "staff": shop.charlie.pk}))
    assert "Choose one of the people of this store." in page
    assert "Charlie" not in page


def test_move_is_done_and_said(shop, web, booking):
    page = text(move(web, booking, starts_at=(AT + HOUR).isoformat(), staff=shop.bo.pk))
    booking.refresh_from_db()
    assert (booking.starts_at, booking.staff) == (AT + HOUR, shop.bo)
    assert "is moved from 14:00 to 15:00 with Bo Lind." in page


def test_move_twice_sends_once(shop, web, booking, still_gateway):
    reference = str(uuid.uuid4())
    for _ in range(2):
        move(web, booking, starts_at=(AT + HOUR).isoformat(), reference=reference)
    assert still_gateway.calls == ["send"]


@pytest.fixture
def not_moved(web, booking, free, still_gateway, monkeypatch, shop):
    def lose_the_race(self, change):
        raise Refused(Reason.SLOT_TAKEN)

    with monkeypatch.context() as patch:
        patch.setattr(still_gateway, "send", lose_the_race)
        return move(web, booking, starts_at=(AT + HOUR).isoformat(), staff=shop.ana.pk, next="/calendar/")


def test_move_refused_offers_the_nearest_real_times(shop, not_moved):
    page = text(not_moved)
    assert not_moved.status_code == 409
    assert "That time has just been taken" in page
    assert re.findall(r'name="slot" value="([^"]+)"', page) == [
        f"{(AT + 2 * HOUR).isoformat()}|{shop.ana.pk}",
        f"{(AT + HOUR).isoformat()}|{shop.bo.pk}",
        f"{(AT + 24 * HOUR).isoformat()}|{shop.ana.pk}",
    ]


def test_move_to_an_alternative_is_one_tap(shop, web, booking, not_moved):
    posted = dict(re.findall(r'name="(reference|seen|starts_at|staff|next)" value="([^"]*)"', text(not_moved)))
    posted["slot"] = f"{(AT + HOUR).isoformat()}|{shop.bo.pk}"
    answer = web.post(url("booking-move", booking), posted)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.staff) == (AT + HOUR, shop.bo)
    assert answer.url == "/calendar/"


def test_move_while_somebody_else_is_at_it_keeps_the_question(shop, web, booking, still_gateway):
    still_gateway.error = Unavailable("x")
    actions.set_state(booking, kind=K.ARRIVE, author=shop.marc.user)
    answer = move(web, booking, starts_at=(AT + HOUR).isoformat())
    assert answer.status_code == 409
    assert "Marc Petit is changing this booking" in text(answer)
    assert "15:00–16:30" in text(answer)


def test_move_of_what_cannot_be_moved_says_why(web, booking, still_gateway):
    Booking.objects.filter(pk=booking.pk).update(presence="arrived", is_completed=True)
    page = text(web.get(url("booking-move", booking), follow=True))
    assert "completed. Undo that first" in page
    assert move(web, booking, starts_at=(AT + HOUR).isoformat()).status_code == 409
    assert still_gateway.calls == []


@pytest.mark.parametrize(
    "hostile", [{}, {"starts_at": "\x00"}, {"starts_at": "2026-05-06T13:00"}, {"slot": "9" * 5000}, {"reference": "x"}]
)
def test_move_takes_no_harm_from_hostile_input(web, booking, free, hostile):
    good = {"starts_at": AT.isoformat()} if "reference" in hostile else {}
    assert move(web, booking, **good | hostile).status_code == 422
    assert not Change.objects.exists()


# --- Changing ------------------------------------------------------------------------------------------


def as_edited(booking, **changed):
    """The form of the edit page as it would be posted, with `changed`."""
    data = {
        "reference": str(uuid.uuid4()),
        "seen": booking.modified_at.isoformat(),
        "client_request": booking.client_request,
        "quick_note": booking.quick_note,
        "items-TOTAL_FORMS": "2",
        "items-INITIAL_FORMS": "2",
    }
    for number, item in enumerate(booking.item_list):
        data |= {
            f"items-{number}-service": item.service_id or "",
            f"items-{number}-duration": item.duration,
            f"items-{number}-price": item.price,
        }
    return data | changed


def test_edit_page_shows_what_there_is(shop, web, booking, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = text(web.get(url("booking-edit", booking)))
    for words in ("Navy suit", "Size 38", 'name="items-0-duration" value="60"', 'name="items-1-price" value="30.00"'):
        assert words in page


def test_edit_sends_only_what_changed(web, booking):
    web.post(url("booking-edit", booking), as_edited(booking, quick_note="Size 40"))
    assert Change.objects.get().wanted == {"quick_note": "Size 40"}


def test_edit_of_services_sends_them_all_in_order(shop, web, booking):
    web.post(url("booking-edit", booking), as_edited(booking, **{"items-1-duration": "45", "items-1-price": "19.90"}))
    assert Change.objects.get().wanted == {
        "items": [
            {"service": shop.styling.pk, "duration": 60, "price": "45.00"},
            {"service": shop.fitting.pk, "duration": 45, "price": "19.90"},
        ]
    }


def test_edit_of_nothing_sends_nothing(web, booking, still_gateway):
    page = text(web.post(url("booking-edit", booking), as_edited(booking), follow=True))
    assert "Nothing was changed." in page
    assert still_gateway.calls == []


def test_edit_takes_line_breaks_of_the_browser_for_ours(web, booking, still_gateway):
    Booking.objects.filter(pk=booking.pk).update(quick_note="one\ntwo")
    web.post(url("booking-edit", booking), as_edited(booking, quick_note="one\r\ntwo"))
    assert still_gateway.calls == []


def test_edit_step_adds_and_rearranges_without_sending(shop, web, booking, still_gateway):
    bath = make_service(shop.store, "Bath", 20)
    page = text(web.post(url("booking-edit", booking), as_edited(booking, step=f"add:{bath.pk}", quick_note="typed")))
    assert f'name="items-2-service" value="{bath.pk}"' in page
    assert "typed" in page
    page = text(web.post(url("booking-edit", booking), as_edited(booking, step="up:1")))
    assert f'name="items-0-service" value="{shop.fitting.pk}"' in page
    assert still_gateway.calls == []


def test_edit_refused_keeps_what_was_typed(web, booking, still_gateway):
    still_gateway.error = Refused(Reason.CHANGED_MEANWHILE)
    answer = web.post(
        url("booking-edit", booking), as_edited(booking, quick_note="Size 40", **{"items-0-duration": "75"})
    )
    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody changed this booking in the meantime" in page
    assert "Size 40" in page
    assert 'value="75"' in page


def test_edit_refused_once_can_be_sent_again_from_the_same_page(web, booking, still_gateway):
    data = as_edited(booking, quick_note="Size 40")
    still_gateway.error = Refused(Reason.OTHER)
    web.post(url("booking-edit", booking), data)
    still_gateway.error = None
    page = text(web.post(url("booking-edit", booking), data, follow=True))
    booking.refresh_from_db()
    assert booking.quick_note == "Size 40"
    assert "is changed." in page


def test_edit_says_beside_the_field_what_is_wrong(web, booking, still_gateway):
    hostile = {"items-0-duration": "9" * 5000, "items-1-price": "-5", "quick_note": "a\x00b"}
    answer = web.post(url("booking-edit", booking), as_edited(booking, **hostile))
    assert answer.status_code == 422
    assert text(answer).count("errorlist") == 3
    assert still_gateway.calls == []


def test_edit_refuses_services_of_another_store(shop, web, booking, still_gateway):
    shave = make_service(shop.other, "Shave", 20)
    answer = web.post(url("booking-edit", booking), as_edited(booking, **{"items-0-service": shave.pk}))
    assert answer.status_code == 422
    assert still_gateway.calls == []


def test_edit_takes_the_words_alone_when_a_service_is_gone(web, booking):
    BookingItem.objects.filter(booking=booking, position=0).update(service=None)
    page = text(web.get(url("booking-edit", booking)))
    assert "not in the catalogue any more" in page
    web.post(url("booking-edit", booking), as_edited(booking, quick_note="Size 40"))
    assert Change.objects.get().wanted == {"quick_note": "Size 40"}


def test_edit_keeps_a_service_that_is_not_offered_any_more(shop, web, booking):
    type(shop.styling).objects.filter(pk=shop.styling.pk).update(is_active=False)
    web.post(url("booking-edit", booking), as_edited(booking, **{"items-0-duration": "75"}))
    assert Change.objects.get().wanted["items"][0] == {"service": shop.styling.pk, "duration": 75, "price": "45.00"}
