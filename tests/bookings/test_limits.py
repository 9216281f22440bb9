"""Stores whose booking system does not take everything from outside: what it does not is not offered, and said why."""

from __future__ import annotations

from django.test import Client as Browser
from django.urls import reverse

from bookings import rules
from clienteling.models import Store
from tests.people import NOW, Shop, make_booking

LIMITS = ["arrive", "no_show", "complete", "undo", "time_slots", "client_request"]


def test_buttons_that_cannot_work_are_not_there_and_the_page_says_why(
    shop: Shop, still_gateway: object, clock: object, browser_of: object
) -> None:
    booking = make_booking(shop.ana, shop.lea, starts_at=NOW, services=[shop.styling])
    browser: Browser = browser_of(shop.ana)  # type: ignore[operator]
    page = reverse("booking", args=[booking.pk])
    assert "arrive" in rules.possible(booking, now=NOW)
    assert b"Arrived" in browser.get(page).content
    Store.objects.update(limits=LIMITS)
    booking.store.refresh_from_db()
    assert set(rules.possible(booking, now=NOW)) == {"move", "edit", "cancel"}
    answer = browser.get(page).content.decode()
    assert "only in its own calendar" in answer
    assert "/arrive/" not in answer
    refused = browser.post(reverse("booking-change", args=[booking.pk, "arrive"]), {"reference": ""})
    assert refused.status_code < 500
    booking.refresh_from_db()
    assert booking.presence == "expecting"
    assert "What she asks for" not in browser.get(reverse("booking-edit", args=[booking.pk])).content.decode()


def test_time_is_not_entered_where_it_is_not_taken(
    shop: Shop, still_gateway: object, clock: object, browser_of: object
) -> None:
    browser: Browser = browser_of(shop.ana)  # type: ignore[operator]
    assert reverse("time-slot-new") in browser.get(reverse("calendar")).content.decode()
    Store.objects.update(limits=LIMITS)
    assert reverse("time-slot-new") not in browser.get(reverse("calendar")).content.decode()
    answer = browser.get(reverse("time-slot-new"), follow=True)
    assert "only in its own calendar" in answer.content.decode()
