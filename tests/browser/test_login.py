from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.scene import ANA, PASSWORD, Scene


def test_a_person_logs_in_sees_her_day_and_logs_out(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(None, "/")
    page.get_by_label("Email").fill(ANA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May")
    page.get_by_role("button", name="You, log out").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/clients/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_the_address(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(None, "/")
    page.get_by_label("Email").fill(ANA)
    page.get_by_label("Password", exact=True).fill("not her password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(ANA)
