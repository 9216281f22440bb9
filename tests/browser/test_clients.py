from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from clienteling.models import Client
from tests.browser.scene import Scene
from tests.people import NOW, make_booking


def find(page: Page, typed: str) -> None:
    page.goto("/clients/")
    page.get_by_role("searchbox", name="Find a client").press_sequentially(typed)


@pytest.mark.parametrize("typed", ["menard lea", "LÉA MÉNARD", "lea.menard"])
def test_search_finds_a_name_as_one_types(page: Page, typed: str) -> None:
    find(page, typed)
    results = page.get_by_role("list", name="Clients found").get_by_role("link")
    expect(results.filter(has_text="Léa Ménard").first).to_contain_text("Paris Opéra")
    expect(results.filter(has_not_text="Ménard")).to_have_count(0)


@pytest.mark.parametrize("typed", ["06 39 98 00 09", "0033639980009", "+33 6.39.98.00.09"])
def test_search_finds_a_phone_number_in_any_form(page: Page, scene: Scene, typed: str) -> None:
    find(page, typed)
    expect(page.get_by_role("list", name="Clients found").get_by_role("link")).to_contain_text("Lea Noir")


def test_slash_leads_to_the_search_from_anywhere_and_arrows_to_the_client(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("noir")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir")


def test_somebody_not_found_here_is_asked_for_at_the_booking_system(page: Page, scene: Scene) -> None:
    Client.objects.filter(pk=scene.lea.pk).delete()
    find(page, "lea.noir@example.org")
    expect(page.get_by_role("heading", name="Nobody found here")).to_be_visible()
    page.get_by_role("button", name="Ask the booking system").click()
    expect(page.get_by_text("The booking system knows 1 client like this.")).to_be_visible()
    page.get_by_role("link", name="Lea Noir").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir")


def open_whole_history(page: Page, scene: Scene) -> None:
    """Her page asks for what is older as soon as it is open; the worker brings it, the page shows it by itself."""
    with page.expect_response(lambda answer: "/history/" in answer.url):
        page.goto(f"/clients/{scene.lea.pk}/")
    expect(page.get_by_text("Older bookings are being read")).to_be_visible()
    scene.worker_comes_by()
    expect(page.get_by_text("Older bookings are being read")).to_be_hidden()


def test_history_comes_in_by_itself_and_can_be_narrowed_and_turned_round(page: Page, scene: Scene) -> None:
    open_whole_history(page, scene)
    rows = page.locator("#history").get_by_role("listitem")
    newest = rows.first.inner_text()
    page.get_by_text("Filter and order").click()
    page.get_by_label("Order").select_option("Oldest first")
    expect(rows.last).to_have_text(newest, use_inner_text=True)
    page.get_by_label("From").fill("2026-05-01")
    page.get_by_label("To optional").fill("2026-05-05")
    expect(rows).to_have_count(1)
    page.get_by_label("Kind").select_option("Group event")
    expect(page.get_by_text("Nothing in her history is like this.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("From")).to_have_value("2026-05-01")


def test_history_has_pages(page: Page, scene: Scene) -> None:
    ana, services = scene.member(scene.ana), scene.services()[:1]
    for week in range(30):
        make_booking(ana, scene.lea, NOW - dt.timedelta(weeks=week + 60), services, is_completed=True)
    open_whole_history(page, scene)
    years = page.locator("#history .year")
    expect(years.first).to_have_text("2026")
    page.get_by_role("link", name="older").click()
    expect(years.first).to_have_text("2024")
    page.get_by_role("link", name="newer").click()
    expect(years.first).to_have_text("2026")


def test_a_note_is_kept_with_its_author(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/")
    page.get_by_text("Add a note").click()
    page.locator("#notes textarea").fill("Prefers <b>still</b> water\nand the window seat")
    page.get_by_role("button", name="Save the note").click()
    note = page.locator("#notes .note")
    expect(note).to_contain_text("Prefers <b>still</b> water")
    expect(note).to_contain_text("Ana Roy, 6 May 2026")


def test_consent_is_asked_for_before_it_changes(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/")
    page.get_by_role("link", name="Change").click()
    page.evaluate("window.isStillHere = true")
    page.get_by_role("dialog").get_by_role("link", name="Leave it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.isStillHere"), "leaving a dialog must not load the page anew"
    page.get_by_role("link", name="Change").click()
    page.get_by_role("dialog").get_by_role("button", name="For the booking only").click()
    expect(page.get_by_text("For the booking only: removed on")).to_be_visible()
