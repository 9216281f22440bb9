from __future__ import annotations

import re
from contextlib import suppress

from django.contrib.sessions.models import Session
from playwright.sync_api import Error, Page, Route, expect

from bookings import actions
from bookings.models import Booking
from clienteling.models import Client, Store
from integrations import sync
from integrations.models import Connection, StaffLink, SyncRun
from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene
from tests.browser.test_calendar import TALL, event_of


def booked_elsewhere(scene: Scene, *, place: int = 1) -> Booking:
    """Somebody books with Ana today in the booking system's own calendar, and a sweep finds it."""
    staff = scene.member(scene.ana)
    known = set(Booking.objects.values_list("pk", flat=True))
    _service, slots = scene.offered(staff=staff)
    starts_at = slots[place].starts_at
    body = {
        "staffId": int(StaffLink.objects.get(staff=staff).external_id),
        "startsOn": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    scene.vendor.raw.post("/__sandbox/rival", json=body).raise_for_status()
    sync.request(Connection.objects.get(), SyncRun.Kind.NEAR, store=scene.store)
    sync.work()
    return Booking.objects.exclude(pk__in=known).get(staff=staff, starts_at=starts_at)


def leave_a_mark(page: Page) -> None:
    """A reload would wipe it away."""
    page.evaluate("() => { window.wasHere = true; }")


def is_the_same_page(page: Page) -> bool:
    return bool(page.evaluate("() => window.wasHere === true"))


def test_a_booking_made_elsewhere_appears_on_the_open_calendar(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.ana, "/calendar/")
    leave_a_mark(page)
    booking = booked_elsewhere(scene)
    expect(event_of(page, booking)).to_be_visible()
    assert is_the_same_page(page)


def test_it_appears_in_the_list_and_on_today_as_well(open_page: OpenPage, scene: Scene) -> None:
    listed = open_page(scene.ana, "/calendar/?view=list")
    today = open_page(scene.ana, "/")
    booking = booked_elsewhere(scene)
    for page in (listed, today):
        expect(page.locator(f'main a[href="/bookings/{booking.pk}/"]').first).to_be_visible()


def test_the_page_waits_while_somebody_drags(open_page: OpenPage, scene: Scene) -> None:
    mine = scene.booked(place=3)
    page = open_page(scene.ana, "/calendar/", **TALL)
    box = event_of(page, mine).bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 60, steps=5)
    expect(page.locator(".ghost")).to_be_visible()
    with page.expect_response(lambda answer: "/live/calendar/" in answer.url and answer.status == 200):
        booking = booked_elsewhere(scene, place=0)
    expect(page.locator(".ghost")).to_be_visible()
    expect(event_of(page, booking)).to_have_count(0)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(event_of(page, booking)).to_be_visible()


def test_focus_stays_where_it_is(open_page: OpenPage, scene: Scene) -> None:
    mine = scene.booked(place=3)
    page = open_page(scene.ana, "/calendar/")
    event_of(page, mine).focus()
    booking = booked_elsewhere(scene, place=0)
    expect(event_of(page, booking)).to_be_visible()
    expect(event_of(page, mine)).to_be_focused()


def test_a_note_being_written_survives_news_about_the_client(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.ana, f"/clients/{scene.lea.pk}/")
    page.locator("summary", has_text="note").first.click()
    note = page.locator("textarea[name=body]")
    note.fill("Asks for the window")
    Client.objects.filter(pk=scene.lea.pk).update(last_name="Noir-Blanc")
    Store.objects.filter(knows__client=scene.lea).touch()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir-Blanc")
    expect(note).to_have_value("Asks for the window")


def test_older_bookings_on_their_way_do_not_hit_what_has_been_replaced(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.ana, "/")
    late: list[Route] = []
    page.route("**/history/**", lambda route: late.append(route))
    page.goto(f"/clients/{scene.lea.pk}/")
    expect(page.locator(".reading")).to_be_visible()
    Client.objects.filter(pk=scene.lea.pk).update(last_name="Noir-Blanc")
    Store.objects.filter(knows__client=scene.lea).touch()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir-Blanc")
    assert late
    page.unroute("**/history/**")
    with page.expect_response(lambda answer: "/history/" in answer.url) as answered:
        for route in late:
            with suppress(Error):  # given up
                route.continue_()
    assert answered.value.ok
    page.wait_for_load_state("networkidle")  # whatever is wrong with what came shows on the console by then


def test_a_booking_cancelled_elsewhere_says_so_on_its_open_page(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked(place=2)
    page = open_page(scene.ana, f"/bookings/{booking.pk}/")
    leave_a_mark(page)
    booking.refresh_from_db()
    actions.set_state(booking, kind="cancel", author=scene.marc)
    expect(page.get_by_text("This booking is cancelled.")).to_be_visible()
    assert is_the_same_page(page)


def test_after_the_session_has_ended_nothing_is_left_on_the_screen(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.ana, "/calendar/")
    Session.objects.all().delete()
    expect(page).to_have_url(re.compile("/account/login/"))
