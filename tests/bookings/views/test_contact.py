"""Contact data of clients: hidden from restricted associates everywhere, shown on demand, and that is written down."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clienteling.models import AuditEntry, Client, Deed, Role, StaffMember
from tests.people import Shop, make_booking, make_client, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_gateway")]
SECRETS = ("lea.noir@example.org", "lea.noir", "612345678", "06 12 34 56 78", "example.org")


@pytest.fixture
def eve(shop: Shop) -> StaffMember:
    return make_member(shop.store, "Eve", "Sol", Role.RESTRICTED)


@pytest.fixture
def browser(eve: StaffMember, browser_of: Any) -> Browser:
    found: Browser = browser_of(eve)
    return found


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def gives_away(response: Any) -> list[str]:
    assert response.status_code == 200
    return [secret for secret in SECRETS if secret in response.content.decode()]


def pages(shop: Shop, eve: StaffMember) -> list[str]:
    booking = make_booking(eve, shop.lea, timezone.now() + dt.timedelta(hours=1), [shop.styling])
    return [
        reverse("client", args=[shop.lea.pk]),
        reverse("booking", args=[booking.pk]),
        reverse("client-search") + "?q=noir",
        reverse("client-search"),
        reverse("today"),
        reverse("calendar"),
        f"{reverse('booking-new')}?client={shop.lea.pk}&q=noir",
    ]


def test_no_page_shows_it_to_a_restricted_associate(shop: Shop, eve: StaffMember, browser: Browser) -> None:
    for address in pages(shop, eve):
        answer = browser.get(address)
        assert "Lea Noir" in text_of(answer), address
        assert gives_away(answer) == [], address


def test_the_same_pages_show_it_to_an_associate(shop: Shop, eve: StaffMember, browser_of: Any) -> None:
    client, booking, search, *_ = pages(shop, eve)
    for address in (client, booking, search):
        assert "lea.noir@example.org" in gives_away(browser_of(shop.ana).get(address))


def test_fragments_of_the_booking_form_do_not_show_it(shop: Shop, browser: Browser) -> None:
    answer = browser.post(reverse("booking-new-people"), {"q": "noir", "client": shop.lea.pk})
    assert "Lea Noir" in text_of(answer)
    assert gives_away(answer) == []


def test_it_is_shown_on_demand_and_that_is_written_down(shop: Shop, eve: StaffMember, browser: Browser) -> None:
    page = browser.post(reverse("client-contact", args=[shop.lea.pk]))
    assert "lea.noir@example.org" in gives_away(page)
    fragment = browser.post(reverse("client-contact", args=[shop.lea.pk]), headers={"HX-Request": "true"})
    assert "lea.noir@example.org" in gives_away(fragment)
    assert "no-store" in page["Cache-Control"]
    entries = AuditEntry.objects.filter(deed=Deed.CONTACT_SHOWN)
    assert [(entry.user, entry.client) for entry in entries] == [(eve.user, shop.lea)] * 2
    assert gives_away(browser.get(reverse("client", args=[shop.lea.pk]))) == []


def test_looking_needs_a_press(shop: Shop, browser: Browser) -> None:
    assert browser.get(reverse("client-contact", args=[shop.lea.pk])).status_code == 405


def test_another_stores_client_is_not_shown(shop: Shop, browser: Browser) -> None:
    theirs = make_client(shop.other, "Mira", "Okafor", email="mira@example.org")
    assert browser.post(reverse("client-contact", args=[theirs.pk])).status_code == 404
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("query", ["lea.noir@example.org", "06 12 34 56 78", "+33 6 12 34 56 78", "0612345678", "noir"])
def test_a_whole_number_or_address_finds_her(shop: Shop, browser: Browser, query: str) -> None:
    for answer in (
        browser.get(reverse("client-search"), {"q": query}),
        browser.post(reverse("booking-new-people"), {"q": query}),
    ):
        assert "Lea Noir" in text_of(answer)


@pytest.mark.parametrize(
    "query", ["lea.n", "lea.noir@", "06 12 34", "0612 3456", "12 34 56 78", "noir lea.n", "lea 33612345"]
)
def test_a_part_of_it_finds_nobody(shop: Shop, browser: Browser, browser_of: Any, query: str) -> None:
    """Else it could be guessed digit by digit."""
    for address, ask in ((reverse("client-search"), "get"), (reverse("booking-new-people"), "post")):
        assert "Lea Noir" not in text_of(getattr(browser, ask)(address, {"q": query}))
        assert "Lea Noir" in text_of(getattr(browser_of(shop.ana), ask)(address, {"q": query}))


def test_a_client_without_a_name_is_not_called_by_her_address(shop: Shop, browser: Browser) -> None:
    client = make_client(shop.store, "", "", email="lea.noir@example.org")
    assert gives_away(browser.get(reverse("client", args=[client.pk]))) == []


def test_who_is_restricted_in_one_store_sees_it_for_clients_of_the_other(
    shop: Shop, eve: StaffMember, browser: Browser, django_assert_num_queries: Any
) -> None:
    StaffMember.objects.create(store=shop.other, user=eve.user, first_name="Eve", role=Role.ASSOCIATE)
    theirs = make_client(shop.other, "Mira", "Okafor", email="lea.noir@example.org")
    assert gives_away(browser.get(reverse("client", args=[shop.lea.pk]))) == []
    assert "lea.noir@example.org" in gives_away(browser.get(reverse("client", args=[theirs.pk])))
    shop.lea.know_in(shop.other)
    assert "lea.noir@example.org" in gives_away(browser.get(reverse("client", args=[shop.lea.pk])))


def test_the_whole_story_is_not_there_for_a_restricted_associate(shop: Shop, browser: Browser) -> None:
    """It tells what a number was before it was changed."""
    assert browser.get(reverse("record-client", args=[shop.lea.pk])).status_code == 404
    assert "The whole story" not in text_of(browser.get(reverse("client", args=[shop.lea.pk])))


def test_an_anonymised_client_has_nothing_to_show(shop: Shop, browser: Browser) -> None:
    Client.objects.get(pk=shop.lea.pk).anonymise(at=timezone.now())
    assert browser.post(reverse("client-contact", args=[shop.lea.pk])).status_code == 404


def test_a_restricted_associate_cannot_book_with_a_colleague(shop: Shop, eve: StaffMember, browser: Browser) -> None:
    page = text_of(browser.get(reverse("booking-new"), {"client": shop.lea.pk, "service": shop.styling.pk}))
    assert "Eve" in page
    assert "Ana" not in page
