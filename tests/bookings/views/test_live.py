import datetime as dt
import re
from typing import Any

import pytest

from bookings import actions
from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking
from clienteling import privacy
from clienteling.models import Store
from tests.people import NOW, Shop, make_booking, make_client

pytestmark = pytest.mark.usefixtures("clock", "still_gateway")


@pytest.fixture
def booking(shop: Shop) -> Booking:
    return make_booking(shop.ana, shop.lea, NOW + dt.timedelta(hours=4), [shop.styling])


def pages(shop: Shop, booking: Booking) -> dict[str, str]:
    """Address of each page that changes by itself, by the address it asks at."""
    return {
        f"/live/today/{shop.store.pk}/": "/",
        f"/live/calendar/{shop.ana.pk}/": f"/calendar/{shop.ana.pk}/",
        f"/live/booking/{booking.pk}/": f"/bookings/{booking.pk}/",
        f"/live/client/{shop.lea.pk}/": f"/clients/{shop.lea.pk}/",
    }


def seen_on(page: str) -> tuple[str, str, list[str]]:
    """Where the page asks, the stamp it carries, the selectors of what it replaces."""
    (found,) = re.findall(r'data-live="([^"]+)" data-seen="([^"]*)" data-parts="([^"]+)"', page)
    return found[0], found[1], found[2].split(",")


def test_each_page_knows_where_to_ask_and_has_the_parts_it_replaces(
    shop: Shop, booking: Booking, browser_of: Any
) -> None:
    browser = browser_of(shop.ana)
    for asks, address in pages(shop, booking).items():
        page = browser.get(address).text
        url, _seen, parts = seen_on(page)
        assert url == asks
        assert "js/live.js" in page
        assert [part for part in parts if f'id="{part[1:]}"' not in page] == []


def test_nothing_new_is_said_without_a_body(shop: Shop, booking: Booking, browser_of: Any) -> None:
    Store.objects.filter(pk=shop.store.pk).touch()
    for person in (shop.ana, shop.marc, shop.helene):
        browser = browser_of(person)
        for address in pages(shop, booking).values():
            url, seen, _parts = seen_on(browser.get(address).text)
            answer = browser.get(url, {"seen": seen})
            assert (answer.status_code, answer.content) == (204, b"")
            assert "no-store" in answer["Cache-Control"]


def test_a_change_is_told_to_every_page_that_may_show_it(shop: Shop, booking: Booking, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    seen = {asks: seen_on(browser.get(address).text)[1] for asks, address in pages(shop, booking).items()}
    actions.set_state(booking, kind="cancel", author=shop.marc.user)
    for asks, stamp in seen.items():
        assert browser.get(asks, {"seen": stamp}).json() == {"changed": True}


def test_a_change_in_another_store_is_nobodys_business_here(shop: Shop, booking: Booking, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    seen = {asks: seen_on(browser.get(address).text)[1] for asks, address in pages(shop, booking).items()}
    Store.objects.filter(pk=shop.other.pk).touch()
    for asks, stamp in seen.items():
        assert browser.get(asks, {"seen": stamp}).status_code == 204


def test_today_hears_of_requests_in_the_persons_other_store(shop: Shop, browser_of: Any) -> None:
    shop.charlie.user.staff_members.create(store=shop.store, first_name="Charlie")
    browser = browser_of(shop.charlie)
    url, seen, _parts = seen_on(browser.get("/").text)
    Store.objects.filter(pk=shop.other.pk).touch()
    assert browser.get(url, {"seen": seen}).json() == {"changed": True}


@pytest.mark.parametrize("scope", ["today", "calendar", "booking", "client"])
def test_asking_when_nothing_has_changed_takes_two_queries_beside_the_log_in(
    shop: Shop, booking: Booking, browser_of: Any, django_assert_num_queries: Any, scope: str
) -> None:
    asks = next(asks for asks in pages(shop, booking) if scope in asks)
    for person, most in ((shop.ana, 4), (shop.marc, 4), (shop.helene, 3)):
        browser = browser_of(person)
        with django_assert_num_queries(most if scope != "today" or person is shop.helene else 3):
            browser.get(asks, {"seen": "0"})


def test_who_may_not_see_it_is_not_told(shop: Shop, booking: Booking, browser_of: Any) -> None:
    browser = browser_of(shop.charlie)
    for asks in pages(shop, booking):
        assert browser.get(asks).status_code == 404
    assert browser_of(shop.bo).get(f"/live/calendar/{shop.ana.pk}/").status_code == 404


@pytest.mark.parametrize("url", ["/live/nothing/1/", "/live/booking/999999/", "/live/calendar/99999999999999999999/"])
def test_what_is_not_there_is_not_found(shop: Shop, browser_of: Any, url: str) -> None:
    assert browser_of(shop.helene).get(url).status_code == 404


def test_a_session_that_has_ended_is_told_so_without_a_redirect(shop: Shop, client: Any) -> None:
    assert client.get(f"/live/today/{shop.store.pk}/").json() == {"ended": True}


def test_asking_does_not_prolong_the_session(shop: Shop, browser_of: Any) -> None:
    answer = browser_of(shop.ana).get(f"/live/today/{shop.store.pk}/")
    assert not answer.cookies


# --- what moves the stamp on -----------------------------------------------------------------------------


def stamp(shop: Shop) -> int:
    return Store.objects.get(pk=shop.store.pk).stamp


def test_a_change_moves_the_stamp_when_asked_for_and_when_answered(
    shop: Shop, booking: Booking, still_gateway: Any
) -> None:
    still_gateway.error = Unavailable("no answer")
    change = actions.set_state(booking, kind="cancel", author=shop.marc.user)
    assert stamp(shop) == 2
    still_gateway.error = Refused(Reason.GONE)
    actions.send(change)
    assert stamp(shop) == 3


def test_a_repeated_change_moves_nothing(shop: Shop, booking: Booking) -> None:
    change = actions.set_state(booking, kind="cancel", author=shop.marc.user)
    before = stamp(shop)
    actions.set_state(booking, kind="cancel", author=shop.marc.user, reference=change.reference)
    assert stamp(shop) == before


def test_forgetting_a_client_moves_the_stamp_of_every_store_that_knows_her(shop: Shop) -> None:
    shop.lea.know_in(shop.other)
    privacy.forget(shop.lea, at=NOW)
    assert list(Store.objects.values_list("stamp", flat=True)) == [1, 1]
    privacy.forget(shop.lea, at=NOW)
    assert list(Store.objects.values_list("stamp", flat=True)) == [1, 1]


def test_touch_moves_on_only_the_stores_it_is_asked_to(shop: Shop) -> None:
    make_client(shop.other, "Zoe")
    assert Store.objects.filter(knows__client=shop.lea).touch() == 1
    assert stamp(shop) == 1
    assert Store.objects.get(pk=shop.other.pk).stamp == 0
