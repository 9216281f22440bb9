from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from clienteling.models import Client, Consent
from tests.browser.book_page import bookings_of, choose, last_booking, offered_times, pick_a_time, press_book
from tests.browser.scene import Scene
from tests.browser.watch import Watch


def test_two_services_in_a_row_with_anyone(page: Page, scene: Scene) -> None:
    before = last_booking()
    page.goto("/")
    with page.expect_navigation():
        page.get_by_role("link", name="Book").last.click()
    page.get_by_label("Name, phone, e-mail or CRM id").press_sequentially("lea noir")
    page.get_by_role("radio", name="Lea Noir").check(force=True)
    choose(page, "Personal Styling", "Express Blow-dry")
    expect(page.get_by_role("radio", name="Anyone")).to_be_checked()
    page.get_by_label("What she asks for").fill("Navy suit")
    page.get_by_label("Quick note for colleagues").fill("Quiet room")
    said = pick_a_time(page)
    summary = page.get_by_role("complementary", name="Summary")
    expect(summary).to_contain_text("Lea Noir")
    expect(summary).to_contain_text("Personal Styling, Express Blow-dry · 1 h 15")
    press_book(page)
    expect(page.get_by_role("status").get_by_text("Lea's Personal Styling, Express Blow-dry with")).to_be_visible()
    expect(page.locator(".booking-when")).to_have_text(said)
    (booking,) = bookings_of(scene.lea, before)
    (row,) = scene.live_at_vendor(booking)
    assert len(row["items"]) == 2  # type: ignore[arg-type]
    assert [item.name for item in booking.item_list] == ["Personal Styling", "Express Blow-dry"]
    assert row["quickNote"] == "Quiet room"


def test_when_the_slot_has_gone_one_tap_takes_another(page: Page, scene: Scene, watch: Watch) -> None:
    service, _slots = scene.offered(after=1)
    before = last_booking()
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}")
    page.get_by_label("What she asks for").fill("Navy suit")
    said = pick_a_time(page, 3)
    scene.vendor.fault("slot_taken", path="/booking")
    watch.expects(409)
    press_book(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(f"Not booked: {said.split('–')[0]}")
    expect(alert).to_contain_text("Everything you entered is still here.")
    expect(page.get_by_label("What she asks for")).to_have_value("Navy suit")
    expect(page.get_by_role("radio", name="Lea Noir")).to_be_checked()
    alternative = page.get_by_role("region", name="Free instead").get_by_role("button").first
    time = alternative.locator("strong").inner_text()
    alternative.click()
    expect(page.locator(".read-out")).to_contain_text(time)
    (booking,) = [one for one in bookings_of(scene.lea, before) if one.is_accepted]
    assert booking.client_request == "Navy suit"
    assert len(scene.live_at_vendor(booking)) == 1


def test_a_double_click_books_once(page: Page, scene: Scene) -> None:
    service, _slots = scene.offered(after=1)
    before = last_booking()
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}")
    pick_a_time(page)
    page.get_by_role("complementary", name="Summary").get_by_role("button", name="Book").dblclick()
    expect(page.locator(".read-out")).to_be_visible()
    (booking,) = bookings_of(scene.lea, before)
    assert len(scene.live_at_vendor(booking)) == 1


def test_back_and_book_again_books_once(page: Page, scene: Scene, watch: Watch) -> None:
    """The browser shows the page as it was, or gets a new one: then no other time may seem to be chosen."""
    service, _slots = scene.offered(after=1)
    before = last_booking()
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}")
    said = pick_a_time(page)
    press_book(page)
    expect(page.locator(".read-out")).to_be_visible()
    page.go_back()
    expect(page.locator('[data-sum="when"]')).to_have_text(re.compile(f"^({said}|No time yet)$"))
    watch.expects(422)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        press_book(page)
    (booking,) = bookings_of(scene.lea, before)
    assert len(scene.live_at_vendor(booking)) == 1


def test_reload_of_the_answer_books_once(page: Page, scene: Scene) -> None:
    service, _slots = scene.offered(after=1)
    before = last_booking()
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service.pk}")
    pick_a_time(page)
    press_book(page)
    expect(page.locator(".read-out")).to_be_visible()
    page.reload()
    assert len(bookings_of(scene.lea, before)) == 1


def enter(page: Page, how: str, **details: str) -> None:
    page.get_by_role("radio", name=how).check(force=True)
    for label, value in details.items():
        page.get_by_label(label.replace("_", " ").capitalize()).fill(value)


def test_a_new_client_is_entered_and_booked(page: Page, scene: Scene) -> None:
    page.goto("/bookings/new/")
    enter(page, "New client", first_name="Mira", last_name="Okafor", mobile_phone="06 39 98 12 34")
    expect(page.locator('[data-sum="who"]')).to_have_text("Mira Okafor")
    choose(page, "Beard Ritual")
    pick_a_time(page)
    press_book(page)
    expect(page.locator(".read-out")).to_contain_text("Mira's Beard Ritual")
    client = Client.objects.get(last_name="Okafor")
    assert (client.consent, client.mobile_phone) == (Consent.KEPT, "+33639981234")


def test_a_client_of_whom_nothing_is_kept_is_told_until_when(page: Page, scene: Scene) -> None:
    page.goto("/bookings/new/")
    enter(page, "Keep nothing", first_name="Noor", last_name="Haddad")
    page.get_by_label("E-mail").last.fill("noor@example.test")
    choose(page, "Beard Ritual")
    pick_a_time(page)
    expect(page.get_by_text("Her details serve this appointment only.")).to_be_visible()
    press_book(page)
    expect(page.locator(".read-out")).to_contain_text("Noor's Beard Ritual")
    assert Client.objects.get(last_name="Haddad").consent == Consent.BOOKING_ONLY


def test_what_is_missing_is_said_beside_the_field_and_nothing_is_lost(page: Page, scene: Scene, watch: Watch) -> None:
    page.goto("/bookings/new/")
    enter(page, "New client", first_name="Mira")
    choose(page, "Beard Ritual")
    watch.expects(422)
    press_book(page)
    expect(page.get_by_text("Not booked yet.")).to_be_visible()
    expect(page.get_by_text("Enter her last name.")).to_be_visible()
    expect(page.get_by_text("Choose a time.")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Mira")
    expect(page.get_by_role("region", name="What").get_by_role("listitem")).to_have_count(1)


def test_booking_needs_no_mouse(page: Page, scene: Scene) -> None:
    """Tab, arrows, space and Enter from the first page to the booking."""
    before = last_booking()
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("lea noir")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Lea Noir")).to_be_focused()
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("link", name="Book").and_(page.locator(".primary")))
    page.keyboard.press("Enter")
    shelf = page.get_by_role("button", name="Beard Ritual")
    go_to(page, shelf)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="What").get_by_role("listitem")).to_have_count(1)
    first = offered_times(page).first
    go_to(page, first)
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    go_to(page, page.get_by_role("complementary", name="Summary").get_by_role("button", name="Book"))
    page.keyboard.press("Enter")
    expect(page.locator(".read-out")).to_be_visible()
    assert len(bookings_of(scene.lea, before)) == 1


def go_to(page: Page, target: Locator, most: int = 80) -> None:
    """Press Tab until `target` has the focus."""
    expect(target).to_be_visible()
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"not reached by Tab: {target}")
