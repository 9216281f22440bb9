"""Today, at 10:00 in Paris."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from bookings.gateway import Freshness
from bookings.models import Booking, Change, GroupEvent
from clienteling.models import StaffMember, User
from integrations.models import Connection, StoreLink
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking, make_client, make_member, make_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "still_gateway")]
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def today(browser_of: Any) -> Any:
    """`today(person, "?whose=store")`: the page as she sees it."""
    return lambda person, query="": text_of(browser_of(person).get(reverse("today") + query))


def failed_change(booking: Booking, author: User, **fields: Any) -> Change:
    values = {"kind": "move", "state": "refused", "reason": "slot_taken", "attempts": 2, "next_attempt_at": NOW}
    return Change.objects.create(
        booking=booking,
        author=author,
        author_name=str(author),
        wanted={"starts_at": NOW.isoformat()},
        **values | fields,
    )


# --- whose day -----------------------------------------------------------------------------------------------


def test_today_shows_her_own_day_in_store_time(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], client_request="Ivory please")
    make_booking(shop.bo, make_client(shop.store, "Mira", "Okafor"), NOW + HOUR, [shop.styling])
    page = today(shop.ana)
    assert "Wednesday 6 May" in page
    assert "Paris time, UTC+2" in page
    assert "Lea Noir" in page
    assert "11:00" in page
    assert "Ivory please" in page
    assert "Mira Okafor" not in page


def test_today_shows_the_part_she_gives_of_a_colleagues_booking(shop: Shop, today: Any) -> None:
    booking = make_booking(shop.bo, shop.lea, NOW + HOUR, [shop.styling, shop.fitting])
    make_part(booking, shop.ana, NOW + 2 * HOUR, "Fitting")
    page = today(shop.ana)
    assert "Lea Noir" in page
    assert "12:00" in page
    assert "11:00" not in page
    assert "Arrived" not in page, "that is for whose booking it is"
    assert today(shop.bo).count('class="line-time"') == 1
    assert today(shop.marc, "?whose=store").count('class="line-time"') == 1


def test_a_part_of_hers_comes_next_and_goes_below_when_it_is_done(shop: Shop, today: Any) -> None:
    mira = make_client(shop.store, "Mira", "Okafor")
    booking = make_booking(shop.bo, mira, NOW + HOUR, [shop.styling, shop.fitting])
    make_part(booking, shop.ana, NOW + 2 * HOUR, "Fitting")
    make_booking(shop.ana, shop.lea, NOW + 5 * HOUR, [shop.styling])
    page = today(shop.ana)
    assert page.index("Mira Okafor") < page.index("in 2 h") < page.index("Lea Noir")
    Booking.objects.filter(pk=booking.pk).update(presence="arrived", is_completed=True)
    page = today(shop.ana)
    assert page.index("Lea Noir") < page.index("Mira Okafor")


def test_todays_parts_cost_no_queries_of_their_own(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(shop.ana)
    for number in range(4):
        booking = make_booking(shop.bo, shop.lea, NOW + number * HOUR, [shop.styling, shop.fitting])
        make_part(booking, shop.ana, NOW + (number + 1) * HOUR, "Fitting")
    with django_assert_max_num_queries(12):
        browser.get(reverse("today"))


def test_today_leaves_out_other_days(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + 24 * HOUR, [shop.styling])
    assert "Lea Noir" not in today(shop.ana)


def test_today_of_the_day_that_is_today_in_the_store(shop: Shop, today: Any, clock: Any) -> None:
    clock.move_to(dt.datetime(2026, 5, 6, 22, 30, tzinfo=dt.UTC))  # half past midnight in Paris
    make_booking(shop.ana, shop.lea, dt.datetime(2026, 5, 7, 8, 0, tzinfo=dt.UTC), [shop.styling])
    page = today(shop.ana)
    assert "Thursday 7 May" in page
    assert "Lea Noir" in page


def test_today_empty_offers_to_book(shop: Shop, today: Any) -> None:
    page = today(shop.ana)
    assert "Nothing is booked with you today" in page
    assert reverse("booking-new") in page


def test_today_with_everything_cancelled_says_so(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status="cancelled")
    page = today(shop.ana)
    assert "1 was cancelled" in page
    assert "Nothing is booked with you today" in page


def test_today_associate_cannot_ask_for_the_whole_store(shop: Shop, today: Any) -> None:
    make_booking(shop.bo, shop.lea, NOW + HOUR, [shop.styling])
    page = today(shop.ana, "?whose=store")
    assert "Lea Noir" not in page
    assert "Whole store" not in page


def test_today_manager_chooses_between_her_day_and_the_store(shop: Shop, today: Any) -> None:
    make_booking(shop.bo, shop.lea, NOW + HOUR, [shop.styling])
    assert "Lea Noir" not in today(shop.marc)
    page = today(shop.marc, "?whose=store")
    assert "Lea Noir" in page
    assert "Bo Lind" in page


def test_today_head_office_sees_the_day_of_the_store(shop: Shop, today: Any, browser_of: Any) -> None:
    make_booking(shop.bo, shop.lea, NOW + HOUR, [shop.styling])
    browser = browser_of(shop.helene)
    browser.post(reverse("choose-store"), {"store": shop.store.pk})
    assert "Lea Noir" in text_of(browser.get(reverse("today")))


def test_today_stranger_sees_nothing_of_the_store(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status="requested")
    page = today(shop.charlie, "?whose=store")
    assert "Lea" not in page
    assert "New York SoHo" in page


def test_today_person_without_a_store_is_told(db: None, today: Any) -> None:
    assert "You are not part of a store yet" in today(User.objects.create_user("new@shop.test", name="New"))


@pytest.mark.parametrize("query", ["?whose=everyone", "?whose=%00", "?whose=" + "9" * 5000])
def test_today_survives_hostile_parameters(shop: Shop, today: Any, query: str) -> None:
    assert "Wednesday 6 May" in today(shop.marc, query)


def test_today_escapes_what_comes_from_outside(shop: Shop, today: Any) -> None:
    nasty = make_client(shop.store, "<script>alert(1)</script>", '"onload=x')
    make_booking(shop.ana, nasty, NOW + HOUR, [shop.styling], client_request="<img src=x>")
    page = today(shop.ana)
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


# --- late, here, next, and one tap ---------------------------------------------------------------------------


def test_today_says_who_is_late_here_and_next(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, make_client(shop.store, "Kim", "Late"), NOW - 12 * MINUTE, [shop.styling])
    make_booking(shop.ana, make_client(shop.store, "Bea", "Here"), NOW - HOUR, [shop.styling], presence="arrived")
    make_booking(shop.ana, shop.lea, NOW + 25 * MINUTE, [shop.styling])
    page = today(shop.ana)
    assert "12 min late" in page
    assert "In the store now" in page
    assert "10:25, in 25 min" in page


def test_today_button_posts_what_was_seen_and_comes_back(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW - 5 * MINUTE, [shop.styling])
    browser = browser_of(shop.ana)
    page = text_of(browser.get(reverse("today")))
    action = reverse("booking-change", args=[booking.pk, "arrive"])
    assert f'action="{action}"' in page
    assert f'name="seen" value="{booking.modified_at.isoformat()}"' in page
    reference = page.split(f'action="{action}"')[1].split('name="reference" value="')[1].split('"')[0]
    response = browser.post(
        action, {"reference": reference, "seen": booking.modified_at.isoformat(), "next": reverse("today")}
    )
    assert response.url == reverse("today")
    booking.refresh_from_db()
    assert booking.presence == "arrived"


def test_today_booking_not_accepted_yet_is_not_called_confirmed(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status="sending", remote_id=None)
    page = today(shop.ana)
    assert "Not confirmed yet" in page
    assert 'data-status="confirmed"' not in page


def test_today_lists_group_events_with_their_guests(shop: Shop, today: Any) -> None:
    group = GroupEvent.objects.create(
        store=shop.store, staff=shop.ana, remote_id="1", name="Workshop", starts_at=NOW, ends_at=NOW + HOUR, places=8
    )
    make_booking(shop.ana, shop.lea, NOW, [], kind="group_reservation", group_event=group, ends_at=NOW + HOUR)
    page = today(shop.ana)
    assert "Workshop" in page
    assert "Lea Noir" in page


# --- notices -------------------------------------------------------------------------------------------------


def test_today_shows_her_refused_change_until_she_puts_it_aside(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + 48 * HOUR, [shop.styling])
    change = failed_change(booking, shop.ana.user)
    browser = browser_of(shop.ana)
    assert "Not moved: Lea Noir" in text_of(browser.get(reverse("today")))
    response = browser.post(reverse("change-dismiss", args=[change.pk]), {"next": "/?whose=mine"})
    assert response.url == "/?whose=mine"
    assert "Not moved" not in text_of(browser.get(reverse("today")))


def test_today_shows_only_her_own_changes(shop: Shop, today: Any) -> None:
    failed_change(make_booking(shop.ana, shop.lea, NOW + 48 * HOUR, [shop.styling]), shop.ana.user)
    assert "Not moved" not in today(shop.bo)


def test_today_does_not_show_her_changes_in_a_store_she_has_left(shop: Shop, today: Any) -> None:
    failed_change(make_booking(shop.ana, shop.lea, NOW + 48 * HOUR, [shop.styling]), shop.charlie.user)
    assert "Lea" not in today(shop.charlie)


def test_today_shows_what_has_no_answer_yet(shop: Shop, today: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    failed_change(booking, shop.ana.user, state="unconfirmed", kind="cancel", reason="unavailable")
    page = today(shop.ana)
    assert "Cancellation not confirmed yet: Lea Noir" in page
    assert "Nothing is lost" in page


@pytest.mark.parametrize("person", ["bo", "charlie"])
def test_dismiss_is_only_for_the_author(shop: Shop, browser_of: Any, person: str) -> None:
    change = failed_change(make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling]), shop.ana.user)
    url = reverse("change-dismiss", args=[change.pk])
    assert browser_of(getattr(shop, person)).post(url).status_code == 404
    change.refresh_from_db()
    assert change.dismissed_at is None


def test_dismiss_takes_only_post(shop: Shop, browser_of: Any) -> None:
    assert browser_of(shop.ana).get(reverse("change-dismiss", args=[1])).status_code == 405


# --- requests ------------------------------------------------------------------------------------------------


def test_today_counts_requests_and_shows_those_waiting_longest(shop: Shop, today: Any) -> None:
    for hours in range(7):
        client = make_client(shop.store, f"Person{hours}", "Asking")
        make_booking(shop.bo, client, NOW + 30 * HOUR, [shop.styling], status="requested", booked_at=NOW - hours * HOUR)
    page = today(shop.ana)
    assert '<span class="count">7</span>' in page
    assert "Person6 Asking" in page
    assert "Person1 Asking" not in page
    assert "waiting 6 h" in page


def test_today_leaves_out_requests_whose_time_has_passed(shop: Shop, today: Any) -> None:
    make_booking(shop.bo, shop.lea, NOW - 48 * HOUR, [shop.styling], status="requested")
    assert "Requests waiting" not in today(shop.ana)


# --- choosing a store ----------------------------------------------------------------------------------------


@pytest.fixture
def ana_in_both(shop: Shop) -> StaffMember:
    return StaffMember.objects.create(store=shop.other, user=shop.ana.user, first_name="Ana", last_name="Roy")


def test_choose_store_changes_where_she_works(shop: Shop, ana_in_both: StaffMember, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.post(reverse("choose-store"), {"store": shop.store.pk}).url == reverse("today")
    assert "Paris time" in text_of(browser.get(reverse("today")))
    browser.post(reverse("choose-store"), {"store": shop.other.pk})
    assert "New York time" in text_of(browser.get(reverse("today")))


@pytest.mark.parametrize("store", ["", "x", "0", "9" * 40, "\x00"])
def test_choose_store_refuses_nonsense(shop: Shop, browser_of: Any, store: str) -> None:
    assert browser_of(shop.ana).post(reverse("choose-store"), {"store": store}).status_code == 404


def test_choose_store_refuses_a_store_that_is_not_hers(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.post(reverse("choose-store"), {"store": shop.other.pk}).status_code == 404
    assert "Paris time" in text_of(browser.get(reverse("today")))


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/clients/?q=lea", "/clients/?q=lea"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\x00", "/"),
        ("/" + "x" * 600, "/"),
        ("/calendar/7/?view=week", "/calendar/"),
    ],
)
def test_choose_store_goes_back_only_to_our_own_pages(shop: Shop, browser_of: Any, wanted: str, goes_to: str) -> None:
    answer = browser_of(shop.ana).post(reverse("choose-store"), {"store": shop.store.pk, "next": wanted})
    assert answer.url == goes_to


# --- freshness -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Freshness("fresh", "Booxi", NOW - 3 * MINUTE), "as of 09:57"),
        (Freshness("catching_up", "Booxi", NOW - 24 * HOUR, 3, 10), "catching up; showing Tue 5 May, 10:00"),
        (Freshness("catching_up", "Booxi", None, 3, 10), '<progress value="3" max="10"'),
        (Freshness("catching_up", "Booxi", None), "reading from Booxi"),
        (Freshness("unreachable", "Booxi", NOW - 20 * MINUTE), "Booxi is not answering; showing 09:40"),
        (Freshness("misconfigured", "Booxi", None), "Booxi is not set up right"),
        (Freshness("unconnected"), "no booking system is connected"),
    ],
)
def test_fresh_says_how_true_the_mirror_is(shop: Shop, today: Any, state: Freshness, words: str) -> None:
    StillGateway.state = state
    assert words in today(shop.ana)


def test_fresh_sends_only_head_office_to_the_connections(shop: Shop, today: Any) -> None:
    StillGateway.state = Freshness("misconfigured", "Booxi", None)
    assert "See why" in today(shop.helene)
    assert "See why" not in today(shop.marc)


def test_fresh_fragment_asks_again_only_while_catching_up(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    StillGateway.state = Freshness("catching_up", "Booxi", None, 3, 10)
    assert "hx-get" in text_of(browser.get(reverse("fresh"), {"looks": 4}))
    StillGateway.state = Freshness("fresh", "Booxi", NOW)
    answer = browser.get(reverse("fresh"), {"looks": 5})
    assert "hx-get" not in text_of(answer)
    assert answer["HX-Trigger"] == "mirror-read"


@pytest.mark.parametrize("looks", ["100", "9" * 5000, "-1", "x", "\x00"])
def test_fresh_fragment_stops_asking_after_a_while(shop: Shop, browser_of: Any, looks: str) -> None:
    StillGateway.state = Freshness("catching_up", "Booxi", None, 3, 10)
    assert "hx-get" not in text_of(browser_of(shop.ana).get(reverse("fresh"), {"looks": looks}))


def test_fresh_fragment_reloads_the_page_when_the_session_has_ended(db: None, client: Any) -> None:
    answer = client.get(reverse("fresh"))
    assert answer.status_code == 204
    assert answer["HX-Refresh"] == "true"


# --- the budget ----------------------------------------------------------------------------------------------


@pytest.fixture
def connected(shop: Shop, settings: Any) -> None:
    """The real gateway, with a mirror read just now."""
    settings.BOOKING_GATEWAY = "integrations.gateway.ProviderGateway"
    connection = Connection.objects.create(name="Booxi", base_url="https://booxi.example")
    StoreLink.objects.create(connection=connection, store=shop.store, external_id="1", near_at=NOW, full_at=NOW)


def fill(shop: Shop, rows: int) -> None:
    for n in range(rows):
        client = make_client(shop.store, f"Person{n}", "Known")
        member = make_member(shop.store, f"Staff{n}", f"Of{rows}")
        for staff in (shop.ana, member):
            booking = make_booking(staff, client, NOW + n * HOUR, [shop.styling, shop.fitting])
            make_booking(staff, client, NOW + (n + 30) * HOUR, [shop.styling], status="requested")
        failed_change(booking, shop.ana.user)
        GroupEvent.objects.create(
            store=shop.store, staff=shop.ana, remote_id=f"{rows}-{n}", name="W", starts_at=NOW, ends_at=NOW + HOUR
        )


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(("person", "query"), [("ana", ""), ("marc", "?whose=store"), ("helene", "")])
@pytest.mark.parametrize("rows", [1, 3])
def test_today_costs_the_same_queries_however_much_is_booked(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any, person: str, query: str, rows: int
) -> None:
    fill(shop, rows)
    browser = browser_of(getattr(shop, person))
    browser.post(reverse("choose-store"), {"store": shop.store.pk})
    with django_assert_max_num_queries(12):
        page = text_of(browser.get(reverse("today") + query))
    assert "Person0 Known" in page


def test_today_asks_no_booking_system(shop: Shop, today: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    today(shop.ana)
    assert StillGateway.calls == []


def test_today_does_not_call_a_day_empty_that_was_never_read(shop: Shop, today: Any) -> None:
    StillGateway.state = Freshness("catching_up", "Booxi", None, 3, 10)
    page = today(shop.ana)
    assert "Nothing is booked" not in page
    assert "Your day has not been read yet" in page
