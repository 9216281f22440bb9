from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect
from time_machine import Traveller

from integrations import sync
from integrations.models import Connection, StoreLink, SyncRun
from tests.browser.book_page import bookings_of, last_booking, offered_times, pick_a_time, press_book
from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene
from tests.browser.watch import Watch

NOT_YET = "Not confirmed yet"


@pytest.mark.parametrize("fault", ["lost_reply", "500"])
def test_a_booking_without_an_answer_is_not_confirmed_yet_and_then_is(page: Page, scene: Scene, fault: str) -> None:
    service, _slots = scene.offered(staff=scene.member(scene.ana))
    before = last_booking()
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}&staff={scene.member(scene.ana).pk}")
    pick_a_time(page)
    scene.vendor.fault(fault, path="/booking", method="POST")
    press_book(page)
    expect(page.get_by_role("status").get_by_text(NOT_YET)).to_be_visible()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    (booking,) = bookings_of(scene.lea, before)

    calendar = page.context.new_page()
    calendar.goto("/calendar/")
    event = calendar.locator(f'[data-sheet] a.event[href="/bookings/{booking.pk}/"]')
    expect(event).to_contain_text(re.compile("not confirmed yet", re.IGNORECASE))
    calendar.goto("/")
    expect(calendar.get_by_role("region", name="What needs your attention")).to_contain_text("not confirmed yet")

    scene.worker_comes_by()
    expect(page.locator(".page-head .status")).to_have_text("Confirmed")
    expect(page.get_by_role("status").get_by_text(NOT_YET)).to_be_hidden()
    assert len(scene.live_at_vendor(booking)) == 1


def test_a_move_without_an_answer_shows_where_it_stands(page: Page, scene: Scene) -> None:
    booking = scene.booked(after=1)
    page.goto(f"/bookings/{booking.pk}/move/")
    offered_times(page).last.click()
    scene.vendor.fault("lost_reply", path="/booking", method="PUT")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#booking-waiting")).to_contain_text(f"{NOT_YET}: Move")
    expect(page.locator(".booking-when")).to_contain_text(f"{booking.local_start:%H:%M}")
    scene.worker_comes_by()
    expect(page.locator("#booking-waiting")).to_be_hidden()
    expect(page.locator(".booking-when")).not_to_contain_text(f"{booking.local_start:%H:%M}")


def test_a_refusal_that_comes_later_stays_on_today_until_it_is_put_aside(page: Page, scene: Scene) -> None:
    service, _slots = scene.offered(staff=scene.member(scene.ana))
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}&staff={scene.member(scene.ana).pk}")
    pick_a_time(page)
    scene.vendor.fault("reset", path="/booking", method="POST")
    press_book(page)
    expect(page.get_by_role("status").get_by_text(NOT_YET)).to_be_visible()
    scene.vendor.fault("slot_taken", path="/booking")
    scene.worker_comes_by()
    expect(page.get_by_role("alert")).to_contain_text("Not booked.")
    expect(page.get_by_role("link", name="Choose another time")).to_be_visible()
    page.goto("/")
    notices = page.get_by_role("region", name="What needs your attention")
    expect(notices).to_be_visible()
    notices.get_by_role("button", name="Put aside").click()
    expect(notices).to_be_hidden()


def test_when_booxi_is_down_pages_open_and_say_how_old_they_are(
    page: Page, scene: Scene, vendor_time: Traveller
) -> None:
    scene.vendor.fault("503", times=None)
    vendor_time.shift(dt.timedelta(minutes=25))  # the mirror is old by then, the log-in is not
    page.goto("/")
    expect(page.locator("#fresh")).to_have_text("catching up; showing 10:00")
    scene.worker_comes_by()
    for path in ("/", "/calendar/", "/clients/", f"/clients/{scene.lea.pk}/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("#fresh")).to_contain_text("Booxi is not answering")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir")
    service = scene.services()[0]
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}")
    expect(page.get_by_role("alert")).to_contain_text("The booking system has not answered.")
    scene.vendor.calm()
    page.get_by_role("button", name="Try again").click()
    expect(offered_times(page).first).to_be_attached()


class Stopped(Exception):
    """The worker is killed."""


def test_a_bar_shows_how_far_a_first_reading_has_come(page: Page, scene: Scene) -> None:
    connection = Connection.objects.get()
    StoreLink.objects.update(near_at=None, full_at=None)
    sync.request_full(connection=connection)

    def stop_after_a_step(run: SyncRun) -> None:
        if run.kind == SyncRun.Kind.NEAR and run.store == scene.store and run.done:
            raise Stopped

    with pytest.raises(Stopped):
        sync.work(show=stop_after_a_step)
    page.goto("/")
    expect(page.locator("#fresh").get_by_role("progressbar")).to_be_visible()
    expect(page.locator("#fresh")).to_contain_text("reading from Booxi")
    SyncRun.objects.filter(state=SyncRun.State.RUNNING).update(held_until=dt.datetime(2026, 5, 6, tzinfo=dt.UTC))
    scene.worker_comes_by()
    expect(page.locator("#fresh").get_by_role("progressbar")).to_be_hidden()
    expect(page.locator("#fresh")).to_contain_text("as of 10:00")


def test_a_wrong_key_is_shown_to_head_office_with_the_reason(open_page: OpenPage, scene: Scene) -> None:
    office = open_page(scene.helene, "/connections/")
    office.get_by_role("link", name="Booxi Aurel").click()
    office.get_by_role("link", name="Edit").click()
    office.get_by_label("Partner key").fill("not-the-key-of-anybody")
    office.get_by_role("button", name="Save").click()
    scene.worker_comes_by()
    office.get_by_role("button", name="Check it now").click()
    expect(office.get_by_role("alert")).to_contain_text("key")
    expect(office.locator("#state")).to_contain_text("Not set up right since")
    counter = open_page(scene.ana, "/")
    expect(counter.locator("#fresh")).to_contain_text("Booxi is not set up right; showing 10:00")
    expect(counter.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May")


def test_connections_are_nobody_elses_business(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expects(404)
    page = open_page(scene.marc, "/connections/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
