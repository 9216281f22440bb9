from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.models import Change, GroupEvent, Status, TimeSlot, WorkingHours
from tests.people import NOW, Shop, make_booking, make_client, make_member, make_part

HOUR = dt.timedelta(hours=1)
NINE_TO_SIX = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(7)]

pytestmark = pytest.mark.usefixtures("clock", "still_gateway")


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.store.weekly_hours = NINE_TO_SIX
    shop.store.save()
    return shop


def shown(browser: Browser, path: str = "/board/", status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def column(html: str, pk: int) -> str:
    found = re.search(rf'id="who-{pk}".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def test_every_person_is_a_column_with_all_that_stands_there(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling, shop.fitting])
    GroupEvent.objects.create(
        store=shop.store, staff=shop.bo, remote_id="G", name="Workshop", starts_at=NOW, ends_at=NOW + HOUR, places=8
    )
    TimeSlot.objects.create(
        store=shop.store, staff=shop.bo, remote_id="T", kind="busy", starts_at=NOW + 2 * HOUR, ends_at=NOW + 3 * HOUR
    )
    html = shown(browser_of(shop.marc))
    ana, bo = column(html, shop.ana.pk), column(html, shop.bo.pk)
    assert "Lea Noir" in ana
    assert "Styling, Fitting" in ana
    assert f'data-move="/bookings/{booking.pk}/move/"' in ana
    assert "Lea Noir" not in bo
    assert "Workshop" in bo
    assert "0 of 8 places taken" in bo
    assert 'data-kind="busy"' in bo


def test_a_part_that_a_colleague_gives_stands_in_her_column_and_cannot_be_dragged(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling, shop.fitting])
    make_part(booking, shop.bo, NOW + 2 * HOUR, "Fitting")
    for path in ("/board/", f"/board/?staff={shop.bo.pk}"):
        bo = column(shown(browser_of(shop.marc), path), shop.bo.pk)
        assert "Lea Noir" in bo
        assert f'href="/bookings/{booking.pk}/"' in bo
        assert "data-move" not in bo
        assert "busy until" not in bo


def test_names_say_who_is_free_until_when(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW - HOUR / 2, [shop.styling])
    make_booking(shop.bo, shop.lea, NOW + 5 * HOUR, [shop.styling])
    late = [{"from": None, "until": None, "hours": [{"weekday": 2, "start": "14:00", "end": "18:00"}]}]
    WorkingHours.objects.create(staff=shop.marc, schedules=late)
    html = shown(browser_of(shop.marc))
    assert "busy until 10:30" in column(html, shop.ana.pk)
    assert "free until 15:00" in column(html, shop.bo.pk)
    assert "from 14:00" in column(html, shop.marc.pk)
    assert "1 is free now" in html
    tomorrow = shown(browser_of(shop.marc), "/board/?day=2026-05-07")
    assert "09:00–18:00" in column(tomorrow, shop.bo.pk)
    assert "off" in column(tomorrow, shop.marc.pk)


def test_what_people_have_written_is_escaped(shop: Shop, browser_of: Any) -> None:
    evil = make_client(shop.store, "<script>alert(1)</script>", '"onclick=')
    shop.ana.first_name = "<b>Ana"
    shop.ana.save()
    make_booking(shop.ana, evil, NOW + HOUR, [shop.styling])
    for path in ("/board/", "/board/?view=list"):
        html = shown(browser_of(shop.marc), path)
        assert "<script>alert" not in html
        assert "<b>Ana" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_what_has_nobody_yet_has_a_column_of_its_own(shop: Shop, browser_of: Any) -> None:
    request = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.REQUESTED)
    request.staff = None
    request.save()
    html = shown(browser_of(shop.marc))
    assert "Lea Noir" in column(html, 0)
    assert "to hand out" in column(html, 0)


def test_people_and_services_can_be_picked(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    make_booking(shop.ana, make_client(shop.store, "Mo", "Ray"), NOW + 3 * HOUR, [shop.fitting])
    browser = browser_of(shop.marc)
    html = shown(browser, f"/board/?staff={shop.ana.pk}&service={shop.fitting.pk}&staff=nonsense")
    assert f'id="who-{shop.bo.pk}"' not in html
    assert "Mo Ray" in html
    assert "Lea Noir" not in html


def test_the_list_has_the_day_in_order_of_time_and_cancelled_ones_on_demand(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.bo, make_client(shop.store, "Mo", "Ray"), NOW + 2 * HOUR, [shop.fitting])
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.CANCELLED)
    html = shown(browser_of(shop.marc), "/board/?view=list")
    assert "Lea Noir" not in html
    assert "show 1 cancelled" in html
    html = shown(browser_of(shop.marc), "/board/?view=list&cancelled=1")
    assert html.index("Lea Noir") < html.index("Mo Ray")


def test_a_change_without_an_answer_is_said_and_cannot_be_moved_again(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])
    Change.begin(booking=booking, kind=Change.Kind.CANCEL, author=shop.marc.user, author_name="Marc")
    html = column(shown(browser_of(shop.marc)), shop.ana.pk)
    assert "cancellation not confirmed yet" in html
    assert "data-move" not in html


@pytest.mark.parametrize("path", ["/board/?day=1999-01-01", "/board/?day=nonsense&view=pie&staff=9&staff=x&service=-1"])
def test_nonsense_shows_today(shop: Shop, browser_of: Any, path: str) -> None:
    assert "That is not a day we can show" in shown(browser_of(shop.marc), path)


def test_days_on_which_the_clocks_change_are_drawn(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), [shop.styling])
    html = shown(browser_of(shop.marc), "/board/?day=2026-10-25")
    assert "one hour comes twice" in html
    assert "02:30" in column(html, shop.ana.pk)
    starts = re.search(r'data-starts="([^"]+)"', html)
    assert starts
    moments = [int(text) for text in starts[1].split()]
    assert {after - before for before, after in zip(moments, moments[1:], strict=False)} == {3600}


def test_the_board_is_for_those_who_run_the_store(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.charlie, shop.lea, NOW + HOUR, [shop.styling])
    shown(browser_of(shop.ana), status=404)
    assert "Charlie" not in shown(browser_of(shop.marc))
    assert shown(browser_of(shop.helene))


def test_queries_are_the_same_for_any_number_of_people(
    shop: Shop, browser_of: Any, django_assert_num_queries: Any
) -> None:
    """Eight for the board itself; the log-in takes two, the frame two (her places, what waits)."""
    browser = browser_of(shop.marc)
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    for people in (0, 2, 57):
        for number in range(people):
            member = make_member(shop.store, f"P{people}-{number}", "Many")
            make_booking(member, shop.lea, NOW + HOUR, [shop.styling])
        shown(browser)
        with django_assert_num_queries(6 + 4):
            shown(browser)


def test_nothing_new_is_answered_with_nothing(shop: Shop, browser_of: Any, django_assert_max_num_queries: Any) -> None:
    browser = browser_of(shop.marc)
    found = re.search(r'data-live="([^"]+)" data-seen="(\d+)"', shown(browser))
    assert found
    with django_assert_max_num_queries(2 + 2):
        answer = browser.get(f"{found[1]}?seen={found[2]}")
    assert answer.status_code == 204
    make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    type(shop.store).objects.filter(pk=shop.store.pk).touch()
    assert browser.get(f"{found[1]}?seen={found[2]}").json() == {"changed": True}
    assert browser_of(shop.ana).get(f"{found[1]}?seen=0").status_code == 404
