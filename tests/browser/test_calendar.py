from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from bookings.models import Booking
from clienteling.models import StaffMember
from tests.browser.book_page import offered_times
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.scene import Scene
from tests.browser.watch import Watch

# All of a day at once: near the edge of the screen the page comes along with what is dragged.
TALL = {"viewport": {"width": 1280, "height": 1500}}
GRIP = 6  # pixels below the upper edge of an event

# Where an instant (epoch seconds) is on the screen.
PLACE = """at => {
  for (const column of document.querySelectorAll("[data-sheet] [data-starts]")) {
    const starts = column.dataset.starts.split(" ").map(Number);
    const hour = starts.findIndex(start => start <= at && at < start + 3600);
    if (hour < 0) continue;
    const box = column.getBoundingClientRect();
    const row = hour + (at - starts[hour]) / 3600;
    return {x: box.left + box.width / 2, y: box.top + box.height * row / starts.length};
  }
}"""


def event_of(page: Page, booking: Booking) -> Locator:
    return page.locator(f'[data-sheet] a.event[href="/bookings/{booking.pk}/"]')


def place_of(page: Page, moment: dt.datetime) -> tuple[float, float]:
    place = page.evaluate(PLACE, moment.timestamp())
    return place["x"], place["y"] + GRIP


def drag_with_mouse(page: Page, booking: Booking, moment: dt.datetime) -> None:
    box = event_of(page, booking).bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + GRIP)
    page.mouse.down()
    page.mouse.move(*place_of(page, moment), steps=6)
    expect(page.locator(".ghost")).to_be_visible()


def confirm_the_move(page: Page, scene: Scene, booking: Booking, moment: dt.datetime) -> None:
    local = scene.store.local(moment)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{local:%H:%M} Ana Roy?")
    booking.refresh_from_db()
    assert booking.starts_at != moment, "nothing is sent before it was shown"
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("is moved from")
    booking.refresh_from_db()
    assert booking.starts_at == moment
    assert len(scene.live_at_vendor(booking)) == 1


@pytest.mark.parametrize(("view", "days"), [("day", 0), ("week", 2)])
def test_an_appointment_is_dragged_with_the_mouse(open_page: OpenPage, scene: Scene, view: str, days: int) -> None:
    booking = scene.booked()
    slots = scene.offered(staff=scene.member(scene.ana), after=days)[1]
    target = slots[len(slots) // 2].starts_at
    page = open_page(scene.ana, f"/calendar/?view={view}", **TALL)
    drag_with_mouse(page, booking, target)
    expect(page.locator(".ghost b")).to_contain_text(f"{scene.store.local(target):%H:%M}")
    page.mouse.up()
    confirm_the_move(page, scene, booking, target)


def test_escape_lets_go_of_what_is_dragged(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked()
    page = open_page(scene.ana, "/calendar/", **TALL)
    drag_with_mouse(page, booking, scene.offered()[1][-8].starts_at)
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    expect(page).to_have_url(re.compile("/calendar/$"))


class Finger:
    """One finger on the glass, as the browser gets it from the screen."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def down(self, x: float, y: float) -> None:
        self._touch("touchStart", {"x": x, "y": y})

    def move(self, x: float, y: float) -> None:
        self._touch("touchMove", {"x": x, "y": y})

    def up(self) -> None:
        self._touch("touchEnd")

    def _touch(self, kind: str, *points: dict[str, float]) -> None:
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})


def put_in_the_middle(page: Page, booking: Booking) -> tuple[float, float]:
    """Scroll there, and say where it can be held."""
    event = event_of(page, booking)
    event.evaluate("element => element.scrollIntoView({block: 'center'})")
    box = event.bounding_box()
    assert box
    return box["x"] + 40, box["y"] + GRIP


def test_an_appointment_is_dragged_with_a_finger(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked()
    target = scene.offered(staff=scene.member(scene.ana))[1][1].starts_at
    page = open_page(scene.ana, "/calendar/", **PHONE)
    finger = Finger(page)
    finger.down(*put_in_the_middle(page, booking))
    expect(page.locator(".ghost")).to_be_visible()
    finger.move(*place_of(page, target))
    expect(page.locator(".ghost b")).to_have_text(f"{scene.store.local(target):%H:%M}")
    finger.up()
    confirm_the_move(page, scene, booking, target)


def test_a_finger_that_scrolls_moves_nothing(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked()
    page = open_page(scene.ana, "/calendar/", **PHONE)
    x, y = put_in_the_middle(page, booking)
    before = page.evaluate("scrollY")
    finger = Finger(page)
    finger.down(x, y)
    for step in range(1, 11):
        finger.move(x, y - 20 * step)
    finger.up()
    page.wait_for_function("before => scrollY > before", arg=before)
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page).to_have_url(re.compile("/calendar/$"))


def test_an_appointment_is_moved_by_keyboard_alone(page: Page, scene: Scene) -> None:
    booking = scene.booked()
    page.goto("/calendar/")
    event_of(page, booking).focus()
    with page.expect_navigation():
        page.keyboard.press("m")
    expect(page.get_by_role("heading", level=1)).to_have_text("Move to another time")
    slot = offered_times(page).last
    target = re.search(r"starts_at=([^&]+)", slot.get_attribute("href") or "")
    assert target
    slot.press("Enter")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(page.locator(".toast")).to_contain_text("is moved from")
    booking.refresh_from_db()
    assert booking.starts_at == dt.datetime.fromisoformat(target[1].replace("%3A", ":").replace("%2B", "+"))


def test_a_time_is_entered_by_hand_and_refused_in_words_with_free_ones_beside(
    page: Page, scene: Scene, watch: Watch
) -> None:
    """A taken time: the form comes back, one tap takes a free one."""
    first, second = scene.booked(after=1), scene.booked(after=1, place=3)
    page.goto(f"/bookings/{first.pk}/move/")
    page.get_by_text("Enter a time by hand").click()
    page.get_by_label("Time", exact=True).fill(f"{second.local_start:%H:%M}")
    page.get_by_role("button", name="Go on").click()
    watch.expects(409)
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Not moved.")
    first.refresh_from_db()
    assert first.starts_at != second.starts_at
    page.get_by_role("region", name="Free instead").get_by_role("button").first.click()
    expect(page.locator(".toast")).to_contain_text("is moved from")


def test_keys_lead_through_days_and_views(page: Page, scene: Scene) -> None:
    page.goto("/calendar/")
    for key, title in [
        ("ArrowRight", "Thursday 7 May"),
        ("w", "4 May – 10 May 2026"),
        ("ArrowLeft", "27 Apr – 3 May 2026"),
        ("l", "27 Apr – 3 May 2026"),
        ("t", "4 May – 10 May 2026"),
        ("d", "Wednesday 6 May"),
    ]:
        with page.expect_navigation():
            page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_now_line_stands_at_the_time_of_the_store(page: Page) -> None:
    page.goto("/calendar/")
    expect(page.locator("[data-now-time]")).to_have_text("10:00")
    expect(page.locator("[data-now]")).to_be_visible()
    expect(page.get_by_text("Paris time, UTC+2")).to_be_visible()
    page.goto("/calendar/?day=2026-05-07")
    expect(page.locator("[data-now]")).to_have_count(0)


def test_an_associate_sees_her_own_calendar_alone(page: Page, scene: Scene, watch: Watch) -> None:
    page.goto("/calendar/")
    expect(page.get_by_label("Whose calendar")).to_have_count(0)
    watch.expects(404)
    page.goto(f"/calendar/{scene.member(scene.marc).pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    elsewhere = Booking.objects.exclude(store=scene.store).first()
    assert elsewhere
    page.goto(f"/bookings/{elsewhere.pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_a_manager_opens_every_calendar_of_her_store(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.marc, "/calendar/")
    people = page.get_by_label("Whose calendar")
    assert people.locator("option").count() == StaffMember.objects.filter(store=scene.store, is_active=True).count()
    people.select_option("Ana Roy")
    expect(page.locator(".calendar-who")).to_have_text("Ana Roy")


def test_days_far_away_are_asked_for_and_appear_by_themselves(page: Page, scene: Scene) -> None:
    page.goto("/calendar/?view=list&day=2026-12-01")
    expect(page.get_by_text("Asking Booxi for these days.")).to_be_visible()
    scene.worker_comes_by()
    expect(page.get_by_text("Asking Booxi for these days.")).to_be_hidden()
    expect(page.get_by_text("Nothing booked.").first).to_be_visible()


def test_the_day_is_printed_as_a_list(page: Page, scene: Scene) -> None:
    page.goto("/calendar/")
    page.emulate_media(media="print")
    expect(page.locator("[data-sheet]")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main").first).to_be_hidden()
    expect(page.locator(".list-day")).to_contain_text("Navy suit")
