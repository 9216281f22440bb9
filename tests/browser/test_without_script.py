"""What a shop needs all day works where scripts are blocked or have not come."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.book_page import bookings_of, last_booking, offered_times
from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene


@pytest.fixture
def plain(open_page: OpenPage, scene: Scene) -> Page:
    return open_page(scene.ana, java_script_enabled=False)


def test_search_without_script(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("searchbox", name="Find a client").fill("noir lea")
    plain.keyboard.press("Enter")
    plain.get_by_role("link", name="Lea Noir").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Lea Noir")


def test_book_without_script(plain: Page, scene: Scene) -> None:
    before = last_booking()
    plain.goto("/bookings/new/")
    plain.get_by_label("Name, phone, e-mail or CRM id").fill("lea noir")
    plain.get_by_role("button", name="Find", exact=True).click()
    plain.get_by_role("radio", name="Lea Noir").check(force=True)
    plain.get_by_role("button", name="Beard Ritual").click()
    expect(plain.get_by_role("radio", name="Lea Noir")).to_be_checked()
    plain.get_by_text("Add another service").click()
    plain.get_by_role("button", name="Brow Shaping").click()
    offered_times(plain).last.check(force=True)
    plain.get_by_role("button", name="Book", exact=True).click()
    expect(plain.locator(".read-out")).to_contain_text("Lea's Beard Ritual, Brow Shaping")
    (booking,) = bookings_of(scene.lea, before)
    assert len(scene.live_at_vendor(booking)) == 1


def test_move_without_script(plain: Page, scene: Scene) -> None:
    booking = scene.booked(after=1)
    plain.goto(f"/bookings/{booking.pk}/")
    plain.get_by_role("link", name="Move").click()
    offered_times(plain).last.click()
    plain.get_by_role("button", name="Move", exact=True).click()
    expect(plain.get_by_text("is moved from")).to_be_visible()
    before = booking.starts_at
    booking.refresh_from_db()
    assert booking.starts_at != before


def test_arrive_without_script(plain: Page, scene: Scene) -> None:
    booking = scene.booked()
    plain.goto("/")
    line = plain.get_by_role("listitem").filter(has=plain.locator(f'a[href="/bookings/{booking.pk}/"]')).last
    line.get_by_role("button", name=re.compile("^Arrived")).click()
    expect(plain.get_by_text("Lea has arrived.")).to_be_visible()


def test_cancel_without_script(plain: Page, scene: Scene) -> None:
    booking = scene.booked(after=1)
    plain.goto(f"/bookings/{booking.pk}/")
    plain.get_by_role("link", name="Cancel the booking").click()
    plain.get_by_role("button", name="Cancel the booking").click()
    expect(plain.get_by_text("This booking is cancelled.")).to_be_visible()
