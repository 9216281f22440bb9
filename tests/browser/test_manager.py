"""A manager's morning: the board, three requests handed out, one booking moved by drag and one by keyboard."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from bookings.models import Booking, Status
from bookings.models.bookings import WAITING
from tests.browser.conftest import LAPTOP, TABLET, OpenPage
from tests.browser.scene import Scene
from tests.browser.test_calendar import GRIP, Finger, event_of
from tests.browser.test_every_page import WHOLE, look

# Where an instant (epoch seconds) is on the screen, in the column of one person; scrolled to the middle first.
PLACE = """([staff, at]) => {
  const column = document.querySelector(`[data-starts][data-staff-id="${staff}"]`);
  const starts = column.dataset.starts.split(" ").map(Number);
  const hour = starts.findIndex(start => start <= at && at < start + 3600);
  const row = hour + (at - starts[hour]) / 3600;
  const box = column.getBoundingClientRect();
  return {x: box.left + box.width / 2, y: box.top + box.height * row / starts.length};
}"""


def instant(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def in_the_middle(page: Page, booking: Booking) -> tuple[float, float]:
    """Scroll there, and say where it can be held."""
    event = event_of(page, booking)
    event.evaluate("element => element.scrollIntoView({block: 'center', inline: 'center'})")
    box = event.bounding_box()
    assert box
    return box["x"] + 20, box["y"] + GRIP


def place_of(page: Page, staff_pk: int, moment: dt.datetime) -> tuple[float, float]:
    place = page.evaluate(PLACE, [staff_pk, moment.timestamp()])
    return place["x"], place["y"] + GRIP


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
def test_a_managers_morning(open_page: OpenPage, scene: Scene, axe: Axe, size: dict[str, Any]) -> None:
    Booking.objects.filter(WAITING).delete()
    service, slots = scene.offered(after=1)
    wanted = [slots[0].starts_at, slots[-1].starts_at, scene.offered(after=2)[1][0].starts_at]
    waiting = [scene.requested(service, startsOn=instant(moment)) for moment in wanted]
    page = open_page(scene.marc, "/", **size)

    page.get_by_role("link", name=re.compile("^Board")).locator("visible=true").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May")
    expect(page.locator(".board-note").first).to_be_visible()
    found = look(page, axe, WHOLE, "board")

    page.get_by_role("link", name=re.compile("^Requests")).locator("visible=true").first.click()
    expect(page.locator(".inbox-list li")).to_have_count(3)
    if size is TABLET:  # one of the two at a time
        page.locator(".inbox-list a").first.click()
    expect(page.locator(".people form button").first).to_be_visible()
    found += look(page, axe, WHOLE, "requests")
    page.locator(".people form button").first.click()
    expect(page.locator(".toast")).to_contain_text("is booked for")
    expect(page.locator(".inbox-list li")).to_have_count(2)

    page.get_by_role("link", name="Suggest all").click()
    expect(page.locator(".suggestion")).to_have_count(2)
    found += look(page, axe, WHOLE, "suggestions")
    page.get_by_role("button", name="Give them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 requests given")
    found += look(page, axe, WHOLE, "sent")
    for request in waiting:
        request.refresh_from_db()
        assert (request.status, request.staff is not None) == (Status.CONFIRMED, True)
        assert len(scene.live_at_vendor(request)) == 1
    assert found == []


def test_a_booking_is_dragged_to_another_person(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked(after=1)
    service = booking.item_list[0].service
    marc = scene.member(scene.marc)
    assert service
    people = {pk for slot in scene.free(service, after=1) for pk in slot.staff_ids} - {booking.staff_id}
    taker = next(iter(sorted(people)))
    slot = next(one for one in scene.free(service, after=1) if taker in one.staff_ids)
    page = open_page(
        marc.user, f"/board/?day={scene.today + dt.timedelta(days=1)}", viewport={"width": 1280, "height": 1500}
    )
    page.mouse.move(*in_the_middle(page, booking))
    page.mouse.down()
    page.mouse.move(*place_of(page, taker, slot.starts_at), steps=6)
    expect(page.locator(".ghost")).to_be_visible()
    page.mouse.up()
    name = str(next(one for one in [booking.store.staff.get(pk=taker)]))
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{scene.store.local(slot.starts_at):%H:%M} {name}?")
    expect(page.get_by_text("decided by the booking system's own settings")).to_be_visible()
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("is moved from")
    expect(page).to_have_url(re.compile(r"/board/\?day="))
    booking.refresh_from_db()
    assert (booking.staff_id, booking.starts_at) == (taker, slot.starts_at)
    expect(event_of(page, booking)).to_be_visible()


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
def test_an_hour_is_blocked_and_head_office_sees_who_did_it(
    open_page: OpenPage, scene: Scene, axe: Axe, size: dict[str, Any]
) -> None:
    page = open_page(scene.marc, f"/board/?day={scene.today + dt.timedelta(days=1)}", **size)
    page.get_by_role("link", name="block or add time").click()
    page.get_by_label("Who").select_option(label="Ana Roy")
    page.get_by_label("From", exact=True).fill("07:00")
    page.get_by_label("To", exact=True).fill("08:00")
    page.get_by_label("What it says in the calendar").fill("Stock")
    found = look(page, axe, WHOLE, "time_form")
    page.get_by_role("button", name="Enter it").click()
    expect(page.locator(".toast")).to_contain_text("is in the calendar of Ana Roy")
    page.locator("[data-sheet] a.event", has_text="Stock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")
    found += look(page, axe, WHOLE, "time_slot")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".toast")).to_contain_text("1 time is removed")

    office = open_page(scene.helene, "/audit/", **size)
    rows = office.get_by_role("row", name=re.compile("Marc.*Changed busy or extra time"))
    expect(rows).to_have_count(2)
    assert found == []


def test_a_finger_drags_on_the_board(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked(after=1)
    ana = scene.member(scene.ana)
    target = scene.offered(staff=ana, after=1)[1][1].starts_at
    page = open_page(scene.marc, f"/board/?day={scene.today + dt.timedelta(days=1)}&staff={ana.pk}", **TABLET)
    finger = Finger(page)
    finger.down(*in_the_middle(page, booking))
    expect(page.locator(".ghost")).to_be_visible()
    finger.move(*place_of(page, ana.pk, target))
    expect(page.locator(".ghost b")).to_have_text(f"Ana Roy {scene.store.local(target):%H:%M}")
    finger.up()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{scene.store.local(target):%H:%M} Ana Roy?")


def test_a_booking_is_moved_by_keyboard_alone(open_page: OpenPage, scene: Scene) -> None:
    booking = scene.booked(after=1)
    page = open_page(scene.marc, f"/board/?day={scene.today + dt.timedelta(days=1)}")
    event_of(page, booking).focus()
    with page.expect_navigation():
        page.keyboard.press("m")
    page.get_by_text("Enter a time by hand").press("Enter")
    target = scene.offered(staff=scene.member(scene.ana), after=1)[1][-1].starts_at
    page.get_by_label("Time", exact=True).fill(f"{scene.store.local(target):%H:%M}")
    page.get_by_label("Time", exact=True).press("Tab")
    page.get_by_role("button", name="Go on").press("Enter")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(page.locator(".toast")).to_contain_text("is moved from")
    expect(page).to_have_url(re.compile(r"/board/\?day="))
    booking.refresh_from_db()
    assert booking.starts_at == target


def test_what_happens_elsewhere_appears_on_the_open_board(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.marc, f"/board/?day={scene.today + dt.timedelta(days=1)}")
    page.evaluate("() => { window.wasHere = true; }")
    booking = scene.booked(after=1)
    expect(event_of(page, booking)).to_be_visible()
    assert page.evaluate("() => window.wasHere === true")


def test_names_and_hours_stay_while_columns_scroll(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.marc, "/board/", viewport={"width": 500, "height": 700})
    sheet = page.locator("[data-sheet]")
    before = page.locator(".hours").bounding_box(), page.locator(".day-head").first.bounding_box()
    sheet.evaluate("element => element.scrollTo(200, 200)")
    after = page.locator(".hours").bounding_box(), page.locator(".day-head").first.bounding_box()
    assert before[0]
    assert after[0]
    assert before[1]
    assert after[1]
    assert before[0]["x"] == after[0]["x"]
    assert before[1]["y"] == after[1]["y"]
    assert after[1]["x"] < before[1]["x"]
