from datetime import date
from zoneinfo import ZoneInfo

import pytest

from integrations.sandbox.booker import dates
from integrations.sandbox.times import from_rfc3339

CHICAGO, LOS_ANGELES = ZoneInfo("America/Chicago"), ZoneInfo("America/Los_Angeles")


def test_digits_are_eastern_and_the_instant_is_local() -> None:
    assert dates.from_slash("/Date(1438776000000-0400)/", zone=CHICAGO) == from_rfc3339("2015-08-05T13:00:00Z")
    assert dates.from_slash("/Date(1438776000000)/", zone=CHICAGO) == from_rfc3339("2015-08-05T13:00:00Z")


def test_written_as_the_references_example() -> None:
    instant = from_rfc3339("2026-01-02T15:00:00Z")

    assert dates.slash(instant, zone=CHICAGO) == "/Date(1767362400000-0500)/"
    assert dates.offset(instant, zone=CHICAGO) == "2026-01-02T09:00:00-06:00"


@pytest.mark.parametrize("zone", [CHICAGO, LOS_ANGELES, dates.EASTERN])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-10-31", "2026-11-01", "2026-11-02"])
def test_what_is_written_is_read_back(zone: ZoneInfo, day: str) -> None:
    instant = from_rfc3339(f"{day}T20:30:00Z")

    assert dates.from_slash(dates.slash(instant, zone=zone), zone=zone) == instant
    assert dates.from_offset(dates.offset(instant, zone=zone)) == instant


def test_birthday_is_eastern_midnight() -> None:
    assert dates.day_twins("DateOfBirth", date(1982, 1, 21))["DateOfBirth"] == "/Date(380437200000-0500)/"
    assert dates.day_from_slash("/Date(380437200000-0500)/") == date(1982, 1, 21)


def test_both_forms_of_a_numeric_offset_are_read() -> None:
    assert dates.from_offset("2026-06-11T10:00:00-04:00") == dates.from_offset("2026-06-11T10:00:00-0400")
    assert dates.from_offset("2026-06-11T10:00:00-04:00") == from_rfc3339("2026-06-11T14:00:00Z")


@pytest.mark.parametrize(
    "text", ["2026-06-11T14:00:00.000Z", "2026-06-11T14:00:00Z", "2026-06-11T14:00:00", "2026-06-11", "soon", ""]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        dates.from_offset(text)


@pytest.mark.parametrize("text", ["/Date()/", "/Date(1e9)/", "Date(1)", "1438776000000", "/Date(-99999999999999)/"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Date|range|year"):
        dates.from_slash(text, zone=CHICAGO)
