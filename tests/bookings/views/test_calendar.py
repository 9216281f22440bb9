"""The calendar pages, at 10:00 in Paris on Wednesday 6 May 2026."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.urls import reverse

from bookings.gateway import Freshness
from bookings.models import Change, GroupEvent, TimeSlot
from clienteling.models import Store
from integrations.models import Connection, StoreLink
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking, make_client, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "still_gateway")]
HOUR = dt.timedelta(hours=1)
HTMX = {"HX-Request": "true"}


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def page_of(shop: Shop, browser_of: Any) -> Any:
    """`page_of(person, view="week")`: the calendar of ana as `person` sees it."""

    def get(person: Any, staff: Any = None, **asked: Any) -> str:
        return text_of(browser_of(person).get(reverse("calendar-staff", args=[(staff or shop.ana).pk]), asked))

    return get


def grid_of(page: str) -> str:
    """The drawn part, without the sheet for printing."""
    return page.split('class="only-print"')[0]


# --- whose calendar ------------------------------------------------------------------------------------------


def test_mine_is_her_own_calendar(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    page = text_of(browser_of(shop.ana).get(reverse("calendar")))
    assert "Lea Noir" in page
    assert "Paris Opéra" in page


def test_mine_of_head_office_is_the_first_of_the_store(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    browser.post(reverse("choose-store"), {"store": shop.store.pk})
    assert "<title>Ana Roy" in text_of(browser.get(reverse("calendar")))


def test_mine_without_any_calendar_says_so(shop: Shop, browser_of: Any) -> None:
    empty = Store.objects.create(name="Aachen", time_zone="Europe/Berlin")
    browser = browser_of(shop.helene)
    browser.post(reverse("choose-store"), {"store": empty.pk})
    assert "No calendar here yet" in text_of(browser.get(reverse("calendar")))


def test_mine_goes_to_the_person_picked(shop: Shop, browser_of: Any) -> None:
    answer = browser_of(shop.marc).get(reverse("calendar"), {"staff": shop.bo.pk, "day": "2026-05-07", "view": "week"})
    assert answer.url == f"/calendar/{shop.bo.pk}/?staff={shop.bo.pk}&day=2026-05-07&view=week"


@pytest.mark.parametrize(("person", "staff"), [("ana", "bo"), ("charlie", "ana"), ("bo", "marc"), ("marc", "charlie")])
def test_calendar_of_somebody_she_may_not_open_is_not_found(
    shop: Shop, browser_of: Any, person: str, staff: str
) -> None:
    browser = browser_of(getattr(shop, person))
    assert browser.get(reverse("calendar-staff", args=[getattr(shop, staff).pk])).status_code == 404


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 40])
def test_calendar_of_nobody_is_not_found(shop: Shop, browser_of: Any, pk: str) -> None:
    assert browser_of(shop.marc).get(f"/calendar/{pk}/").status_code == 404
    if pk != "0":  # that is no choice at all, and shows her own
        assert browser_of(shop.marc).get(f"/calendar/?staff={pk}", follow=True).status_code == 404


def test_manager_opens_and_picks_every_calendar_of_her_store(shop: Shop, page_of: Any) -> None:
    page = page_of(shop.marc)
    picker = page.split("<select")[1].split("</select>")[0]
    assert re.findall(r">([^<>]+)</option>", picker) == ["Ana Roy", "Bo Lind", "Marc Petit"]


def test_associate_has_nobody_to_pick(shop: Shop, page_of: Any) -> None:
    assert "<select" not in page_of(shop.ana)


def test_calendar_needs_a_log_in(shop: Shop, client: Any) -> None:
    assert client.get(reverse("calendar")).status_code == 302


# --- what is drawn -------------------------------------------------------------------------------------------


def test_day_draws_an_event_at_its_time(shop: Shop, page_of: Any) -> None:
    Store.objects.update(weekly_hours=[{"weekday": 2, "start": "09:00", "end": "18:00"}])
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling, shop.fitting])
    grid = grid_of(page_of(shop.ana))
    assert '<li class="at h3 m0 dh1 dm6">' in grid
    assert "<b>11:00</b>" in grid
    assert "Styling, Fitting" in grid
    assert "Paris time, UTC+2" in grid


def test_day_has_no_style_attributes_or_handlers(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page_of(shop.ana))


def test_event_that_can_be_moved_says_where_to(shop: Shop, page_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW - HOUR, [shop.styling], presence="no_show")
    grid = grid_of(page_of(shop.ana))
    assert re.findall(r'data-move="([^"]+)"', grid) == [reverse("booking-move", args=[booking.pk])]
    assert f'data-staff-id="{shop.ana.pk}"' in grid


def test_columns_carry_the_instants_of_their_hours(shop: Shop, page_of: Any) -> None:
    starts = re.search(r'data-starts="([^"]+)"', page_of(shop.ana)).group(1).split()  # type: ignore[union-attr]
    assert int(starts[0]) == dt.datetime(2026, 5, 6, 6, 0, tzinfo=dt.UTC).timestamp()
    assert len(starts) == 11


def test_booking_not_accepted_yet_is_drawn_as_such(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status="sending", remote_id=None)
    grid = grid_of(page_of(shop.ana))
    assert 'data-status="sending"' in grid
    assert "Not confirmed yet" in grid
    assert 'data-status="confirmed"' not in grid


def test_open_move_is_drawn_with_where_it_goes(shop: Shop, page_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    wanted = {"starts_at": "2026-05-07T08:30:00+00:00", "staff": shop.ana.pk}
    Change.begin(booking=booking, kind="move", wanted=wanted, author=shop.ana.user, author_name="Ana")
    assert "moving to Thu 7 May, 10:30, not confirmed yet" in grid_of(page_of(shop.ana))


def test_cancelled_are_hidden_with_a_count_and_shown_on_request(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status="cancelled")
    page = page_of(shop.ana)
    assert "Show 1 cancelled" in page
    assert "Nothing is booked on this day." in page
    assert "Lea Noir" not in page
    assert "Lea Noir" in page_of(shop.ana, cancelled="1")


def test_week_shows_seven_days_with_today_marked(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + 24 * HOUR, [shop.styling])
    grid = grid_of(page_of(shop.ana, view="week"))
    assert grid.count("data-starts=") == 7
    assert grid.count("data-today") == 1
    assert "Lea Noir" in grid
    assert "4 May – 10 May 2026" in grid


def test_too_many_at_once_point_to_the_list(shop: Shop, page_of: Any) -> None:
    for _ in range(6):
        make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    grid = grid_of(page_of(shop.ana))
    assert ">+3</a>" in grid
    assert "view=list&amp;day=2026-05-06#d2026-05-06" in grid
    assert page_of(shop.ana, view="list").count("Lea Noir") == 6


def test_list_shows_everything_in_order_with_requests_and_notes(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + 24 * HOUR, [shop.fitting])
    make_booking(shop.ana, shop.lea, NOW, [shop.styling], client_request="Ivory", quick_note="Allergic to latex")
    TimeSlot.objects.create(
        store=shop.store, staff=shop.ana, remote_id="1", kind="busy", starts_at=NOW - HOUR, ends_at=NOW
    )
    page = page_of(shop.ana, view="list")
    places = [
        page.index(words) for words in ("Busy", "Styling", "Ivory", "Allergic", "Prefers the quiet room", "Fitting")
    ]
    assert places == sorted(places)
    assert "data-sheet" not in page


def test_day_carries_the_sheet_for_printing(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling], quick_note="Allergic to latex")
    sheet = page_of(shop.ana).split('class="only-print"')[1]
    assert "Allergic to latex" in sheet
    assert "Lea Noir" in sheet


def test_group_event_shows_places_and_its_guests_in_the_list(shop: Shop, page_of: Any) -> None:
    group = GroupEvent.objects.create(
        store=shop.store, staff=shop.ana, remote_id="1", name="Workshop", starts_at=NOW, ends_at=NOW + HOUR, places=8
    )
    booking = make_booking(shop.ana, shop.lea, NOW, [], kind="group_reservation", group_event=group, ends_at=NOW + HOUR)
    page = page_of(shop.ana)
    assert "0 of 8 places taken" in page
    assert "Lea Noir" not in grid_of(page)
    assert f'<a href="{reverse("booking", args=[booking.pk])}">Lea Noir</a>' in page_of(shop.ana, view="list")


def test_calendar_escapes_what_comes_from_outside(shop: Shop, page_of: Any) -> None:
    nasty = make_client(shop.store, "<script>alert(1)</script>", "x")
    make_booking(shop.ana, nasty, NOW, [shop.styling], client_request="<img src=x>", quick_note="<b>")
    page = page_of(shop.ana)
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


# --- clock changes -------------------------------------------------------------------------------------------


def test_repeated_hour_is_labelled_twice_with_its_offset(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), [shop.fitting])
    page = page_of(shop.ana, day="2026-10-25")
    assert "02:00 UTC+2" in page
    assert "02:00 UTC+1" in page
    assert "The clocks go back" in page


def test_skipped_hour_is_not_labelled(shop: Shop, page_of: Any) -> None:
    make_booking(shop.charlie, shop.lea, dt.datetime(2026, 3, 8, 6, 30, tzinfo=dt.UTC), [shop.fitting])
    page = page_of(shop.charlie, shop.charlie, day="2026-03-08")
    hours = page.split('class="hours"')[1].split("</div>")[0]
    assert ">01:00<" in hours
    assert ">02:00<" not in hours
    assert ">03:00<" in hours


# --- asking for a part of it ---------------------------------------------------------------------------------


def test_day_asked_for_is_shown_with_its_neighbours(shop: Shop, page_of: Any) -> None:
    page = page_of(shop.ana, day="2026-05-20")
    assert "Wednesday 20 May" in page
    assert f'href="/calendar/{shop.ana.pk}/?view=day&amp;day=2026-05-19"' in page
    assert f'href="/calendar/{shop.ana.pk}/?view=day&amp;day=2026-05-21"' in page


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30", "\x00", "9" * 5000])
def test_day_that_cannot_be_shown_is_said_and_today_shown(shop: Shop, page_of: Any, day: str) -> None:
    page = page_of(shop.ana, day=day)
    assert "That is not a day we can show" in page
    assert "Wednesday 6 May" in page


@pytest.mark.parametrize(
    "asked", [{"view": "year"}, {"view": "\x00"}, {"looks": "-3"}, {"looks": "9" * 5000}, {"cancelled": "\x00"}]
)
def test_other_nonsense_shows_the_day(shop: Shop, page_of: Any, asked: dict[str, str]) -> None:
    assert "Wednesday 6 May" in page_of(shop.ana, **asked)


@pytest.mark.parametrize("day", ["2000-01-01", "2100-12-31"])
@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_first_and_last_day_can_be_shown(shop: Shop, page_of: Any, day: str, view: str) -> None:
    assert "data-key" in page_of(shop.ana, day=day, view=view)


# --- days that are not mirrored ------------------------------------------------------------------------------


@pytest.fixture
def asking(still_gateway: type[StillGateway], monkeypatch: pytest.MonkeyPatch) -> list[tuple[dt.datetime, dt.datetime]]:
    asked: list[tuple[dt.datetime, dt.datetime]] = []
    monkeypatch.setattr(still_gateway, "ask_days", lambda self, *, staff, start, end: asked.append((start, end)))
    still_gateway.state = Freshness("catching_up", "Booxi", None)
    return asked


def test_day_outside_the_mirror_is_asked_for_and_said(shop: Shop, page_of: Any, asking: list[Any]) -> None:
    page = page_of(shop.ana, day="2026-09-09")
    assert "Asking Booxi for these days." in page
    assert "looks=1" in page
    assert "Nothing is booked" not in page
    assert "Nothing booked" not in page
    assert asking == [shop.store.day_bounds(dt.date(2026, 9, 9))]


def test_poll_waits_without_drawing_or_asking_again(shop: Shop, browser_of: Any, asking: list[Any]) -> None:
    url = reverse("calendar-staff", args=[shop.ana.pk])
    answer = browser_of(shop.ana).get(url, {"day": "2026-09-09", "looks": 7}, headers=HTMX)
    page = text_of(answer)
    assert "looks=8" in page
    assert "data-sheet" not in page
    assert "<html" not in page
    assert asking == []


@pytest.mark.usefixtures("asking")
def test_poll_ends_with_the_calendar_when_it_has_been_read(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, dt.datetime(2026, 9, 9, 8, 0, tzinfo=dt.UTC), [shop.styling])
    StillGateway.state = Freshness("fresh", "Booxi", NOW)
    url = reverse("calendar-staff", args=[shop.ana.pk])
    answer = browser_of(shop.ana).get(url, {"day": "2026-09-09", "looks": 8}, headers=HTMX)
    page = text_of(answer)
    assert answer["HX-Retarget"] == "#calendar"
    assert "Lea Noir" in page
    assert "looks=" not in page
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page


@pytest.mark.usefixtures("asking")
def test_poll_gives_up_after_a_while(shop: Shop, browser_of: Any) -> None:
    url = reverse("calendar-staff", args=[shop.ana.pk])
    page = text_of(browser_of(shop.ana).get(url, {"day": "2026-09-09", "looks": 60}, headers=HTMX))
    assert "It takes longer than usual." in page
    assert "looks=" not in page


def test_day_outside_the_mirror_that_cannot_be_read_is_not_called_empty_alone(shop: Shop, page_of: Any) -> None:
    StillGateway.state = Freshness("unreachable", "Booxi", None)
    assert "Something may be booked that is not shown here." in page_of(shop.ana, day="2026-09-09")


def test_calendar_opens_while_the_booking_system_is_down(shop: Shop, page_of: Any) -> None:
    StillGateway.state = Freshness("unreachable", "Booxi", NOW - HOUR)
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    page = page_of(shop.ana)
    assert "Booxi is not answering; showing 09:00" in page
    assert "Lea Noir" in page


# --- the budget ----------------------------------------------------------------------------------------------


@pytest.fixture
def connected(shop: Shop, settings: Any) -> None:
    """The real gateway, with a mirror read just now."""
    settings.BOOKING_GATEWAY = "integrations.gateway.ProviderGateway"
    connection = Connection.objects.create(name="Booxi", base_url="https://booxi.example")
    StoreLink.objects.create(connection=connection, store=shop.store, external_id="1", near_at=NOW, full_at=NOW)


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("view", ["day", "week", "list"])
@pytest.mark.parametrize("person", ["ana", "marc", "helene"])
@pytest.mark.parametrize("rows", [1, 3, 12])
def test_calendar_costs_the_same_queries_however_much_is_booked(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any, view: str, person: str, rows: int
) -> None:
    for n in range(rows):
        client = make_client(shop.store, f"Person{n}", "Known")
        make_member(shop.store, f"Staff{n}", "More")
        booking = make_booking(shop.ana, client, NOW + n * HOUR / 2, [shop.styling, shop.fitting])
        Change.begin(booking=booking, kind="cancel", author=shop.ana.user, author_name="Ana")
        place = {"store": shop.store, "staff": shop.ana, "remote_id": str(n), "starts_at": NOW, "ends_at": NOW + HOUR}
        group = GroupEvent.objects.create(**place, name="Workshop")
        TimeSlot.objects.create(**place, kind="busy")
        make_booking(shop.ana, client, NOW, [], kind="group_reservation", group_event=group, ends_at=NOW + HOUR)
    browser = browser_of(getattr(shop, person))
    with django_assert_max_num_queries(12):
        page = text_of(browser.get(reverse("calendar-staff", args=[shop.ana.pk]), {"view": view}))
    assert "Person0 Known" in page


def test_calendar_asks_no_booking_system(shop: Shop, page_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    page_of(shop.ana)
    assert StillGateway.calls == []


def test_freshness_is_told_by_the_clock_of_the_calendar(shop: Shop, page_of: Any) -> None:
    StillGateway.state = Freshness("unreachable", "Booxi", NOW - HOUR)
    assert "showing 09:00" in page_of(shop.helene)  # who works in New York
