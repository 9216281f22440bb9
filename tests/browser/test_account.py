"""Getting in with a passkey, and handing a shared tablet to somebody else."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from clienteling.models import AuditEntry, Deed, Role, StaffMember
from tests.browser.conftest import TABLET, OpenPage
from tests.browser.scene import MARC, PASSWORD, Scene


def with_a_fingerprint_reader(page: Page) -> None:
    """Chromium's own make-believe one, which always knows the finger."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    able = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind | able})


def test_a_manager_sets_up_a_passkey_and_logs_in_with_it(open_page: OpenPage, scene: Scene, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    page = open_page(None, "/")
    with_a_fingerprint_reader(page)
    page.get_by_label("Email").fill(MARC)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="One more lock on your account")).to_be_visible()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name="Go on to work")).to_be_visible()
    assert Authenticator.objects.filter(user=scene.marc, type="webauthn").exists()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May")
    page.get_by_role("button", name="You, log out").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May")


def test_a_locked_tablet_comes_back_where_it_was(open_page: OpenPage, scene: Scene) -> None:
    page = open_page(scene.ana, f"/clients/{scene.lea.pk}/", **TABLET)
    page.get_by_role("button", name="You, log out").click()
    page.get_by_role("button", name="Lock / switch person").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Noir")


def test_contact_data_appears_on_a_tap_and_that_is_written_down(open_page: OpenPage, scene: Scene) -> None:
    StaffMember.objects.filter(user=scene.ana).update(role=Role.RESTRICTED)
    page = open_page(scene.ana, f"/clients/{scene.lea.pk}/", **TABLET)
    expect(page.get_by_role("link", name=scene.lea.email)).to_have_count(0)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name=scene.lea.email)).to_be_visible()
    assert AuditEntry.objects.get(deed=Deed.CONTACT_SHOWN).client == scene.lea
