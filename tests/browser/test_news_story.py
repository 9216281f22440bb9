"""What happens elsewhere is here within seconds, exactly once; and who books is one person in all three systems."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from bookings.models import Booking
from clienteling.models import Client
from integrations.models import ClientLink, Connection, Linking, StaffLink, StoreLink, WebhookDelivery
from tests.browser.conftest import LAPTOP, OpenPage
from tests.browser.scene import Scene
from tests.browser.test_calendar import event_of
from tests.browser.test_every_page import WHOLE, look
from tests.browser.test_live import is_the_same_page, leave_a_mark
from tests.customers import client_of, client_there, number_of, number_there

NOVA = {"First name": "Nova", "Last name": "Lindqvist", "E-mail": "nova@example.org", "Mobile": "+33639980777"}
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def crm(scene: Scene, live_server: Any) -> Connection:
    return scene.listen(live_server.url)


@pytest.fixture
def outside(new_context: Callable[..., BrowserContext], scene: Scene) -> Page:
    """A browser in the systems outside: the shop's web site, the CRM."""
    return new_context(base_url=scene.vendor.url, locale="en-GB", **LAPTOP).new_page()


def book_on_the_web_site(outside: Page, scene: Scene, person: dict[str, str]) -> Booking:
    """A visitor books with Ana today, as the widget lets her; returns the booking that came of it here."""
    store, ana = StoreLink.objects.get(store=scene.store), StaffLink.objects.get(staff=scene.member(scene.ana))
    outside.goto(f"/widget?merchantId={store.external_id}")
    outside.get_by_label("With").select_option(ana.external_id)
    outside.get_by_role("button", name="Show times").click()
    outside.get_by_role("radio").last.check()
    for label, value in person.items():
        outside.get_by_label(label).fill(value)
    outside.get_by_role("checkbox").check()
    outside.get_by_role("button", name="Book").click()
    words = outside.get_by_role("status").inner_text()
    scene.news_arrives()
    number = re.search(r"Your number is (\w+)\.", words)
    assert number, words
    return Booking.objects.get(remote_id=number[1])


def test_a_new_person_is_one_and_the_same_everywhere(
    open_page: OpenPage, scene: Scene, crm: Connection, outside: Page, axe: Axe
) -> None:
    found: list[str] = []

    # Somebody books on the shop's web site: Ana's open calendar shows it.
    calendar = open_page(scene.ana, "/calendar/")
    leave_a_mark(calendar)
    booking = book_on_the_web_site(outside, scene, NOVA)
    expect(event_of(calendar, booking)).to_be_visible()
    expect(event_of(calendar, booking)).to_contain_text("Nova Lindqvist")
    assert is_the_same_page(calendar)
    found += look(calendar, axe, WHOLE, "calendar") + look(outside, axe, WHOLE, "widget")

    # She was new to the CRM as well. The link stands at Booxi, here, and on both pages.
    client = booking.client
    assert client
    booxi = Connection.objects.get(kind=Connection.Kind.BOOXI)
    at_booxi = ClientLink.objects.get(client=client, connection=booxi, module="").external_id
    number = number_of(booxi, client)
    assert Linking.objects.get(client=client).outcome == "created"
    assert number
    assert number_there(scene.vendor, at_booxi) == number
    hers = open_page(scene.ana, f"/clients/{client.pk}/")
    expect(hers.get_by_text(f"CRM {number}")).to_be_visible()
    outside.goto(f"/crm/customer/{number}")
    expect(outside.get_by_text(f"Linked to client {at_booxi} (Nova Lindqvist) of Booxi.")).to_be_visible()
    found += look(hers, axe, WHOLE, "client") + look(outside, axe, WHOLE, "the CRM's page")

    # The CRM changes her number: it is on her open page, and at Booxi.
    leave_a_mark(hers)
    later(scene)
    outside.get_by_label("Mobile").fill("+33639980888")
    outside.get_by_role("button", name="Save").click()
    expect(outside.get_by_text("Saved.")).to_be_visible()
    scene.news_arrives()
    expect(hers.get_by_role("link", name="06 39 98 08 88")).to_be_visible()
    assert is_the_same_page(hers)
    assert client_there(scene.vendor, at_booxi)["mobilePhoneNumber"].replace(" ", "") in ("+33639980888", "0639980888")

    # Nothing is left over, and the recorder tells all of it.
    assert not WebhookDelivery.objects.exclude(state=WebhookDelivery.State.DONE).exists()
    assert Client.objects.filter(last_name="Lindqvist").count() == 1
    hers.get_by_role("link", name="The whole story").click()
    tells(
        hers,
        f"Known as Booxi Aurel {at_booxi} and CRM Aurel {number}.",
        "appointment.created",
        "Looked for her in CRM Aurel",
        "Created in the CRM",
        "Linked her to the customer system",
        "customer.updated",
        "+33639980777",
        "+33639980888",
        "To tell Booxi Aurel: Update",
        "Every other system has heard of what changed.",
    )
    found += look(hers, axe, WHOLE, "her story")
    hers.goto(f"/record/booking/{booking.pk}/")
    tells(hers, "The client booked it on Wed 6 May, 10:0", "Nobody has moved it. Booxi Aurel has it as it stands here.")
    tells(hers, "New to us: taken over")
    found += look(hers, axe, WHOLE, "the booking's story")
    assert found == []


def test_a_duplicate_pair_is_settled_and_undone(
    open_page: OpenPage, scene: Scene, crm: Connection, outside: Page, axe: Axe
) -> None:
    found: list[str] = []
    pair = scene.vendor.story()["crm"]["duplicates"]
    at_booxi, candidates = str(pair["clientId"]), pair["customerIds"]
    booxi = Connection.objects.get(kind=Connection.Kind.BOOXI)
    client = client_of(booxi, at_booxi)

    # She books; two customers could be she. Nothing is guessed.
    there = client_there(scene.vendor, at_booxi)
    known = {"First name": there["firstName"], "Last name": there["lastName"], "E-mail": there["email"]}
    book_on_the_web_site(outside, scene, known)
    assert number_there(scene.vendor, at_booxi) == ""

    # Head office is told of it where she looks, and sees both side by side.
    page = open_page(scene.helene, "/connections/")
    found += look(page, axe, WHOLE, "connections")
    page.get_by_role("link", name="Links to settle 1").click()
    found += look(page, axe, WHOLE, "links to settle")
    page.get_by_role("link", name=client.full_name).click()
    for number in candidates:
        expect(page.get_by_role("region", name=number).get_by_role("row", name=re.compile("E-mail"))).to_contain_text(
            client.email
        )
    found += look(page, axe, WHOLE, "one to settle")
    page.get_by_role("button", name=f"She is this customer {candidates[1]}").click()
    expect(page.get_by_text(f"Settled: {client.full_name}.")).to_be_visible()
    found += look(page, axe, WHOLE, "settled")
    assert number_there(scene.vendor, at_booxi) == candidates[1] == number_of(booxi, client)

    # And back again.
    page.get_by_role("button", name=f"Undo {client.full_name}").click()
    expect(page.get_by_text("The links are as they were before.")).to_be_visible()
    expect(page.get_by_role("link", name=client.full_name)).to_be_visible()
    assert number_there(scene.vendor, at_booxi) == "" == number_of(booxi, client)

    page.goto(f"/record/client/{client.pk}/")
    tells(page, "More than one could be she", "Linked her to the customer system", "Took away her link", "Hélène Aurel")
    found += look(page, axe, WHOLE, "her story")
    page.goto("/connections/deliveries/")
    expect(page.get_by_role("row", name=re.compile("appointment.created"))).to_be_visible()
    found += look(page, axe, WHOLE, "deliveries")
    assert found == []


def later(scene: Scene) -> None:
    """A minute passes in the systems outside: who wrote last counts by their clock."""
    now = dt.datetime.fromisoformat(scene.vendor.raw.get("/__sandbox/health").json()["now"])
    moved = {"now": f"{now + MINUTE:%Y-%m-%dT%H:%M:%SZ}"}
    scene.vendor.raw.post("/__sandbox/clock", json=moved).raise_for_status()


def tells(page: Page, *words: str) -> None:
    """The recorder's page says all of it."""
    expect(page.get_by_role("heading", name="The whole story")).to_be_visible()
    for one in words:
        expect(page.locator("main")).to_contain_text(one)
