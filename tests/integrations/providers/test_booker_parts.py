"""Who begins when, without a booking system."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bookings.gateway import Unavailable
from integrations.providers import booker_parts

NEW_YORK = ZoneInfo("America/New_York")
TEN = dt.datetime(2026, 5, 6, 14, tzinfo=dt.UTC)
GRID = dt.timedelta(minutes=15)


def told(service: int, employee: int, start: str, end: str) -> dict[str, Any]:
    return {
        "Treatment": {"ID": service},
        "Employee": {"ID": employee},
        "StartDateTimeOffset": f"2026-05-06T{start}:00-04:00",
        "EndDateTimeOffset": f"2026-05-06T{end}:00-04:00",
    }


def test_treatments_are_taken_in_the_order_of_the_day() -> None:
    row = {"AppointmentTreatments": [told(2, 9, "11:00", "12:00"), told(1, 7, "10:00", "11:00")]}
    before = booker_parts.held(row, NEW_YORK)
    assert [(part.service, part.staff) for part in before] == [("1", "7"), ("2", "9")]
    moved = booker_parts.shifted(before, GRID, "5")
    assert [(part.staff, part.start - one.start) for part, one in zip(moved, before, strict=True)] == [
        ("5", GRID),
        ("9", GRID),
    ]


def test_an_appointment_without_treatments_is_not_moved() -> None:
    assert booker_parts.held({"ID": 1, "AppointmentTreatments": []}, NEW_YORK) == []
    with pytest.raises(Unavailable):
        booker_parts.shifted([], GRID, "5")


def test_who_has_the_most_time_left_is_chosen() -> None:
    starts = {TEN: {"1", "2"}, TEN + GRID: {"2"}, TEN + 2 * GRID: {"2", "3"}}
    assert booker_parts.chosen(starts, TEN, GRID) == "2"
    assert booker_parts.chosen(starts, TEN + 3 * GRID, GRID) == ""


def test_between_two_starts_of_the_grid_somebody_is_free_who_is_at_both() -> None:
    starts = {TEN: {"1", "2"}, TEN + GRID: {"2"}}
    assert booker_parts.chosen(starts, TEN + dt.timedelta(minutes=5), GRID) == "2"
    assert booker_parts.chosen(starts, TEN + dt.timedelta(minutes=20), GRID) == ""
