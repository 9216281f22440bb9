"""A line over time: inside its box, level where nothing changes, nothing where there is nothing to compare."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bookings.models import SegmentCount
from bookings.segment_chart import draw

FIRST = dt.date(2026, 1, 1)


def counts(*numbers: int, step: int = 1) -> list[SegmentCount]:
    return [SegmentCount(day=FIRST + dt.timedelta(days=step * n), number=one) for n, one in enumerate(numbers)]


def test_one_day_is_no_line() -> None:
    assert draw(counts()) is None
    assert draw(counts(5)) is None


def test_higher_is_further_up() -> None:
    chart = draw(counts(10, 30, 20), width=108, height=48)
    assert chart is not None
    assert chart.points == "4.0,44.0 54.0,4.0 104.0,24.0"
    assert (chart.low, chart.high, chart.change) == (10, 30, 10)


def test_no_change_is_level() -> None:
    chart = draw(counts(7, 7), width=108, height=48)
    assert chart is not None
    assert chart.points == "4.0,24.0 104.0,24.0"


def test_days_that_are_missing_leave_room() -> None:
    rows = counts(1, 2, 3)
    rows[2].day = FIRST + dt.timedelta(days=10)
    chart = draw(rows, width=108, height=48)
    assert chart is not None
    assert chart.points.split()[1].startswith("14.0,")


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=90))
def test_it_stays_in_its_box(numbers: list[int]) -> None:
    chart = draw(counts(*numbers))
    assert chart is not None
    for spot in chart.points.split():
        x, y = (float(part) for part in spot.split(","))
        assert 0 <= x <= chart.width
        assert 0 <= y <= chart.height
