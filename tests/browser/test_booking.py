from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bookings.models import Booking
from tests.browser.scene import Scene
from tests.browser.watch import Watch


def state_at_vendor(scene: Scene, booking: Booking) -> tuple[str, str, bool]:
    row = scene.vendor.raw.get(f"/__sandbox/booking/{booking.remote_id}").json()
    return row["status"], row["client"]["presence"], row["isCompleted"]


def test_she_arrives_is_served_and_every_step_can_be_taken_back(page: Page, scene: Scene) -> None:
    booking = scene.booked()
    page.goto(f"/bookings/{booking.pk}/")
    status = page.locator(".page-head .status")
    expect(status).to_have_text("Confirmed")
    steps = [
        ("Arrived", "Arrived", "Lea has arrived."),
        ("Complete", "Completed", "is completed."),
        ("Not completed after all", "Arrived", "Lea is set back to arrived."),
        ("Back to expected", "Confirmed", "Lea is set back to expected."),
        ("No-show", "No-show", "Lea is marked as a no-show."),
        ("Back to expected", "Confirmed", "Lea is set back to expected."),
    ]
    for button, state, words in steps:
        page.get_by_role("button", name=button, exact=True).click()
        expect(status).to_have_text(state)
        expect(page.locator(".toast")).to_contain_text(words)
    assert state_at_vendor(scene, booking) == ("Approved", "Expecting", False)
    expect(page.get_by_role("region", name="Who did what").get_by_role("listitem")).to_have_count(7)


def test_cancelling_asks_first_and_says_what_can_be_done_then(page: Page, scene: Scene) -> None:
    booking = scene.booked()
    page.goto(f"/bookings/{booking.pk}/")
    page.get_by_role("link", name="Cancel the booking").click()
    dialog = page.get_by_role("dialog", name="Cancel this booking?")
    expect(dialog).to_contain_text("cannot be brought back")
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()
    assert state_at_vendor(scene, booking)[0] == "Approved"
    page.get_by_role("link", name="Cancel the booking").click()
    dialog.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("This booking is cancelled.")).to_be_visible()
    assert state_at_vendor(scene, booking)[0] == "Cancelled"
    page.get_by_role("link", name="Book again").click()
    expect(page.get_by_role("radio", name="Lea Noir")).to_be_checked()


@pytest.mark.parametrize("path", ["/", "/clients/{client}/"])
def test_arrived_is_one_tap_from_today_and_from_the_client(page: Page, scene: Scene, path: str) -> None:
    booking = scene.booked()
    page.goto(path.format(client=scene.lea.pk))
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("^Arrived")).first.click()
    expect(page.locator(".toast")).to_contain_text("Lea has arrived.")
    expect(page).to_have_url(re.compile(re.escape(path.format(client=scene.lea.pk)) + "$"))
    assert state_at_vendor(scene, booking)[1] == "Arrived"


def test_words_services_length_and_price_are_changed(page: Page, scene: Scene) -> None:
    booking = scene.booked(after=1)
    page.goto(f"/bookings/{booking.pk}/")
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Minutes").fill("30")
    page.get_by_label("Price").fill("99.50")
    page.get_by_label("What she asks for").fill("Grey suit")
    page.get_by_text("Add another service").click()
    page.get_by_role("button", name="Brow Shaping").click()
    expect(page.get_by_label("Minutes")).to_have_count(2)
    expect(page.get_by_label("What she asks for")).to_have_value("Grey suit")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("is changed.")
    items = page.locator(".booking-items tbody tr")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("30 min")
    expect(items.first).to_contain_text("99.50")
    expect(page.get_by_role("region", name="What she asks for")).to_contain_text("Grey suit")
    (row,) = scene.live_at_vendor(booking)
    assert len(row["items"]) == 2  # type: ignore[arg-type]


def test_a_double_click_changes_once(page: Page, scene: Scene) -> None:
    booking = scene.booked()
    page.goto(f"/bookings/{booking.pk}/")
    page.get_by_role("button", name="Arrived").dblclick()
    expect(page.locator(".page-head .status")).to_have_text("Arrived")
    assert booking.changes.filter(kind="arrive").count() == 1


def test_somebody_elses_change_is_not_overwritten(page: Page, scene: Scene, watch: Watch) -> None:
    booking = scene.booked(after=1)
    page.goto(f"/bookings/{booking.pk}/edit/")
    page.get_by_label("Quick note for colleagues").fill("From us")
    scene.vendor.raw.post(
        f"/__sandbox/booking/{booking.remote_id}", json={"quickNote": "From Booxi"}
    ).raise_for_status()
    watch.expects(409)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Not changed.")
    expect(page.get_by_label("Quick note for colleagues")).to_have_value("From us")
    page.goto(f"/bookings/{booking.pk}/")
    expect(page.get_by_role("region", name="Quick note for colleagues")).to_contain_text("From Booxi")
