from __future__ import annotations

import datetime as dt
import html as markup
import re
import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from bookings import actions
from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import Booking, Change, Status
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking, make_client

HOUR = dt.timedelta(hours=1)
TOMORROW = NOW + dt.timedelta(days=1)
NINE_TO_SIX = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(7)]

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def shop(shop: Shop, still_gateway: type[StillGateway]) -> Shop:
    shop.store.weekly_hours = NINE_TO_SIX
    shop.store.save()
    shop.styling.people.add(shop.ana, shop.bo)
    return shop


def request(shop: Shop, *, hours: float = 3, client: Any = None, **fields: Any) -> Booking:
    booking = make_booking(shop.ana, client or shop.lea, TOMORROW, [shop.styling])
    values = {"status": Status.REQUESTED, "staff": None, "booked_at": NOW - hours * HOUR, **fields}
    Booking.objects.filter(pk=booking.pk).update(**values)
    return Booking.objects.get(pk=booking.pk)


def shown(browser: Browser, path: str = "/requests/", status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return markup.unescape(answer.content.decode())


def decision(booking: Booking, **fields: Any) -> dict[str, Any]:
    return {"reference": uuid.uuid4(), "seen": booking.modified_at.isoformat(), **fields}


def slot(booking: Booking, staff: Any, at: dt.datetime = TOMORROW) -> str:
    return f"{at.isoformat()}|{staff.pk}"


def said(answer: Any) -> str:
    return markup.unescape(answer.content.decode())


def test_the_longest_waiting_comes_first_and_ages_visibly(shop: Shop, browser_of: Any) -> None:
    request(shop, hours=0.1, client=make_client(shop.store, "Mo", "Ray"))
    request(shop, hours=3)
    request(shop, hours=30, client=make_client(shop.store, "Mira", "Okafor"))
    html = shown(browser_of(shop.marc))
    assert re.findall(r'data-age="(\w*)"', html) == ["trouble", "warn", ""]
    assert html.index("Mira Okafor") < html.index("Lea Noir") < html.index("Mo Ray")
    assert '<span class="count">3</span>' in html


def test_people_are_shown_with_reasons_and_those_who_cannot_with_why(shop: Shop, browser_of: Any) -> None:
    request(shop, client_request="A navy suit")
    html = shown(browser_of(shop.marc))
    assert "A navy suit" in html
    assert "free Thu 7 May, 10:00" in html
    assert "Give to Ana" in html
    assert "does not do Styling" in html
    assert "its own settings, not here" in html


def test_one_tap_gives_it_with_time_person_and_status_in_one_change(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    path, data = f"/requests/{booking.pk}/give/", decision(booking, slot=slot(booking, shop.bo))
    answer = browser_of(shop.marc).post(path, data, follow=True)
    assert "Lea's Styling with Bo Lind is booked for Thu 7 May, 10:00." in said(answer)
    booking.refresh_from_db()
    assert (booking.staff, booking.status, booking.starts_at) == (shop.bo, Status.CONFIRMED, TOMORROW)
    change = Change.objects.get()
    assert (change.kind, change.wanted["status"], change.before["staff"]) == ("dispatch", "confirmed", None)
    browser_of(shop.marc).post(path, data)
    assert Change.objects.count() == 1, "a second tap finds the first"
    assert StillGateway.calls == ["send"]


def test_the_second_manager_is_told_who_was_faster(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    browser_of(shop.marc).post(f"/requests/{booking.pk}/give/", decision(booking, slot=slot(booking, shop.bo)))
    answer = browser_of(shop.helene).post(
        f"/requests/{booking.pk}/give/", decision(booking, slot=slot(booking, shop.ana)), follow=True
    )
    assert "Marc Petit was faster: it is given to Bo Lind, for Thu 7 May, 10:00." in said(answer)
    assert StillGateway.calls == ["send"]


def test_whoever_read_it_before_is_told_as_well(shop: Shop) -> None:
    """Both have read it while it waited; the second begins after the first is done."""
    booking = request(shop)
    also = Booking.objects.get(pk=booking.pk)
    actions.dispatch(booking, starts_at=TOMORROW, staff=shop.bo, author=shop.marc.user)
    with pytest.raises(actions.Settled) as caught:
        actions.dispatch(also, starts_at=TOMORROW, staff=shop.ana, author=shop.helene)
    assert caught.value.change
    assert caught.value.change.author == shop.marc.user
    assert StillGateway.calls == ["send"]
    assert not Change.objects.open().exists()


def test_a_refusal_is_said_and_the_request_goes_on_waiting(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    StillGateway.error = Refused(Reason.SLOT_TAKEN)
    answer = browser_of(shop.marc).post(
        f"/requests/{booking.pk}/give/", decision(booking, slot=slot(booking, shop.bo)), follow=True
    )
    assert "has just been taken" in said(answer)
    assert "Give to Ana" in said(answer)


def test_without_an_answer_it_is_said_and_nothing_can_be_decided_meanwhile(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    StillGateway.error = Unavailable("no answer")
    answer = browser_of(shop.marc).post(
        f"/requests/{booking.pk}/give/", decision(booking, slot=slot(booking, shop.bo)), follow=True
    )
    assert "we go on asking" in said(answer)
    assert "Marc Petit has decided already" in said(answer)
    assert "Give to Ana" not in said(answer)


def test_declining_keeps_the_reason_in_the_quick_note(shop: Shop, browser_of: Any) -> None:
    booking = request(shop, quick_note="Likes tea")
    answer = browser_of(shop.marc).post(
        f"/requests/{booking.pk}/decline/", decision(booking, reason="Nobody left for Sunday"), follow=True
    )
    assert "Lea's Styling is declined." in said(answer)
    booking.refresh_from_db()
    assert (booking.status, booking.quick_note) == (Status.CANCELLED, "Likes tea\nNobody left for Sunday")


def test_another_time_is_proposed_to_the_client(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    browser, path = browser_of(shop.marc), f"/requests/{booking.pk}/propose/"
    assert "Nearest free times" in shown(browser, path)
    answer = browser.post(path, decision(booking, staff=shop.bo.pk, day="2026-05-08", time="11:30"), follow=True)
    assert "Fri 8 May, 11:30 with Bo Lind is proposed" in said(answer)
    booking.refresh_from_db()
    assert booking.status == Status.AWAITING_CLIENT
    answer = browser.post(path, decision(booking, staff=shop.bo.pk, day="2026-03-29", time="02:30"))
    assert answer.status_code == 422
    assert "does not exist on that day" in said(answer)


def test_several_are_suggested_changed_and_sent_one_by_one(shop: Shop, browser_of: Any) -> None:
    first, second, third = (request(shop, hours=hours) for hours in (9, 6, 3))
    browser = browser_of(shop.marc)
    html = shown(browser, "/requests/suggest/")
    assert html.count(" selected>") == 2, "two people are free then, three requests wait"
    assert "Nobody is free at the time asked for." in html
    assert StillGateway.calls == []
    data: dict[str, Any] = {"request": [first.pk, second.pk, third.pk]}
    wanted = {first: slot(first, shop.bo), second: slot(second, shop.ana), third: ""}
    for booking, value in wanted.items():
        data |= {f"{booking.pk}-{name}": one for name, one in decision(booking, slot=value).items()}
    answer = browser.post("/requests/suggest/", data)
    assert "2 requests given" in said(answer)
    assert "Given to Bo Lind, Thu 7 May, 10:00." in said(answer)
    assert "Left as it is." in said(answer)
    assert Booking.objects.get(pk=third.pk).is_waiting


def test_one_refused_among_several_stops_none_of_the_others(shop: Shop, browser_of: Any) -> None:
    first, second = request(shop, hours=9), request(shop, hours=6)
    actions.dispatch(first, starts_at=TOMORROW, staff=shop.bo, author=shop.helene)
    data: dict[str, Any] = {"request": [first.pk, second.pk, "x"]}
    for booking in (first, second):
        data |= {f"{booking.pk}-{name}": one for name, one in decision(booking, slot=slot(booking, shop.ana)).items()}
    answer = browser_of(shop.marc).post("/requests/suggest/", data)
    assert "Hélène Aurel was faster" in said(answer)
    assert "1 request given" in said(answer)


@pytest.mark.parametrize("what", ["give", "propose", "decline"])
def test_nobody_else_decides(shop: Shop, browser_of: Any, what: str) -> None:
    booking = request(shop)
    for person in (shop.ana, shop.charlie):
        answer = browser_of(person).post(
            f"/requests/{booking.pk}/{what}/", decision(booking, slot=slot(booking, shop.ana))
        )
        assert answer.status_code == 404
    assert browser_of(shop.ana).get("/requests/").status_code == 404
    assert "Lea Noir" not in shown(browser_of(shop.charlie))
    assert Change.objects.count() == 0


def test_somebody_of_another_store_cannot_be_given_anything(shop: Shop, browser_of: Any) -> None:
    booking = request(shop)
    data = decision(booking, slot=slot(booking, shop.charlie))
    answer = browser_of(shop.helene).post(f"/requests/{booking.pk}/give/", data, follow=True)
    assert "out of date" in said(answer)
    assert Change.objects.count() == 0


def test_queries_do_not_grow_with_people_and_requests(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(shop.marc)
    request(shop)
    shown(browser)
    for _ in range(20):
        request(shop, client=make_client(shop.store, "Mo", "Ray"))
    with django_assert_max_num_queries(16):
        shown(browser)


def test_the_frame_counts_for_those_who_run_a_store(shop: Shop, browser_of: Any) -> None:
    request(shop)
    assert 'href="/requests/"' in shown(browser_of(shop.marc), "/clients/")
    assert 'href="/requests/"' not in shown(browser_of(shop.ana), "/clients/")


def test_a_move_from_a_page_that_is_out_of_date_is_not_sent(shop: Shop, browser_of: Any, clock: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, TOMORROW, [shop.styling])
    data = decision(booking, staff=shop.bo.pk)
    browser_of(shop.marc).post(f"/bookings/{booking.pk}/move/", data | {"starts_at": (TOMORROW + HOUR).isoformat()})
    clock.shift(60)
    late = data | {"reference": uuid.uuid4(), "starts_at": (TOMORROW + 2 * HOUR).isoformat()}
    answer = browser_of(shop.helene).post(f"/bookings/{booking.pk}/move/", late)
    assert answer.status_code == 409
    assert "Marc Petit was faster: it is moved to Thu 7 May, 11:00 with Bo Lind." in said(answer)
    assert StillGateway.calls == ["send"]
