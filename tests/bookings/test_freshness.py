"""What is old is asked for in the background, and only where asking helps."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from bookings import freshness
from bookings.gateway import Freshness
from tests.gateways import StillGateway
from tests.people import NOW, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def asked(still_gateway: type[StillGateway], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was asked for, in order."""
    names: list[str] = []
    monkeypatch.setattr(StillGateway, "ask_refresh", lambda self, *, store: names.append("refresh"))
    monkeypatch.setattr(StillGateway, "ask_days", lambda self, *, staff, start, end: names.append("days"))
    return names


def minutes_ago(count: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(minutes=count)


@pytest.mark.parametrize(
    ("state", "age", "total", "expected"),
    [
        ("fresh", 1, 0, []),
        ("fresh", 60, 0, ["refresh"]),
        ("catching_up", None, 0, ["refresh"]),
        ("catching_up", 60, 12, []),  # being read already
        ("unreachable", 60, 0, ["refresh"]),
        ("misconfigured", 60, 0, []),
        ("unconnected", None, 0, []),
    ],
)
def test_of_store_asks_for_what_is_old(
    shop: Shop, asked: list[str], state: str, age: int | None, total: int, expected: list[str]
) -> None:
    StillGateway.state = Freshness(state, "Booxi", age and minutes_ago(age), 0, total)
    assert freshness.of_store(shop.store) is StillGateway.state
    assert asked == expected


def test_of_store_does_not_ask_when_told_not_to(shop: Shop, asked: list[str]) -> None:
    StillGateway.state = Freshness("catching_up", "Booxi", None)
    freshness.of_store(shop.store, ask=False)
    assert asked == []


@pytest.mark.parametrize(("days_ahead", "outside", "expected"), [(3, False, "refresh"), (61, True, "days")])
def test_of_days_asks_for_days_outside_the_window(
    shop: Shop, asked: list[str], days_ahead: int, outside: bool, expected: str
) -> None:
    StillGateway.state = Freshness("catching_up", "Booxi", None)
    day = NOW.date() + dt.timedelta(days=days_ahead)
    assert freshness.of_days(shop.ana, [day]) == (StillGateway.state, outside)
    assert asked == [expected]


@pytest.mark.parametrize(
    ("fresh", "known"),
    [
        (Freshness("fresh", "Booxi", None), True),
        (Freshness("catching_up", "Booxi", NOW), True),
        (Freshness("catching_up", "Booxi", None), False),
        (Freshness("unreachable", "Booxi", None), False),
        (Freshness("unconnected"), True),
    ],
)
def test_is_known_tells_nothing_booked_from_nothing_read(fresh: Freshness, known: bool) -> None:
    assert freshness.is_known(fresh) is known
