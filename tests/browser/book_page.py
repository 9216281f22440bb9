"""The Book page as a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Response, expect

from bookings.models import Booking
from clienteling.models import Client


def choose(page: Page, *services: str) -> None:
    """Services in that order; the shelf closes after the first."""
    plan = page.get_by_role("region", name="What")
    for number, service in enumerate(services):
        if number:
            plan.get_by_text("Add another service").click()
        plan.get_by_role("button", name=service).first.click()
        expect(plan.get_by_role("listitem")).to_have_count(number + 1)


def ask_for(page: Page, person: str) -> None:
    """Have `person` do it; the free times that are shown then are hers."""
    with page.expect_response(_tells_times):
        page.get_by_role("radio", name=person).check(force=True)
    expect(page.locator(".htmx-request, .htmx-settling, .htmx-swapping")).to_have_count(0)


def _tells_times(answer: Response) -> bool:
    """Not what was chosen, which comes first, without times."""
    return answer.url.endswith("/bookings/new/times/") and "step=show" in (answer.request.post_data or "")


def offered_times(page: Page) -> Locator:
    """The free times of the day that is shown, on the Book page or on that of a move."""
    page.wait_for_load_state()  # until its style is there, every day is shown
    return page.locator(".day-panel:visible").locator("[name=slot], a.slot")


def pick_a_time(page: Page, number: int = 0) -> str:
    """The free time `number` of the day that is shown; as the summary says it."""
    slot = offered_times(page).nth(number)
    slot.evaluate("slot => slot.scrollIntoView({ block: 'center' })")  # not below the summary on a tablet
    slot.check(force=True)
    said = slot.get_attribute("data-when") or ""
    expect(page.locator('[data-sum="when"]')).to_have_text(said)
    return said


def press_book(page: Page) -> None:
    page.get_by_role("complementary", name="Summary").get_by_role("button", name="Book").click()


def bookings_of(client: Client, since: int = 0) -> list[Booking]:
    return list(Booking.objects.filter(client=client, pk__gt=since))


def last_booking() -> int:
    return Booking.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
