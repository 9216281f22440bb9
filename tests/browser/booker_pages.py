"""The way to Booker as head office goes it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.scene import Scene


def sign_in_at_booker(page: Page, scene: Scene) -> None:
    """From the empty form, over Booker's sign-in, back to the page of a connection named Juniper & Slate."""
    told = scene.vendor.story()["booker"]
    page.get_by_label("Name").fill("Juniper & Slate")
    page.get_by_role("radio", name="Another address").check()
    page.get_by_role("textbox", name="Address optional", exact=True).fill(scene.vendor.url)
    page.get_by_label("Location id").fill("10001")
    page.get_by_label("Client id").fill(told["client_id"])
    page.get_by_label("Client secret").fill(told["client_secret"])
    page.get_by_label("Subscription key", exact=True).fill(told["subscription_keys"]["all"])
    page.get_by_role("button", name="Save, and sign in at Booker").click()
    page.get_by_role("button", name="Go to Booker").click()
    page.get_by_label("User").fill(told["sign_in"]["user"])
    page.get_by_label("Password").fill(told["sign_in"]["password"])
    page.get_by_role("button", name="Allow access").click()
    expect(page.get_by_text("Juniper & Slate is connected. Its stores are read now.")).to_be_visible()
