"""Booker's dates in both forms (booker-api.md section 6): every zone, also where a clock goes on or back."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.providers import booker_dates as dates
from integrations.providers import booker_reading as reading

CHICAGO = zoneinfo.ZoneInfo("America/Chicago")
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu")
# 2015 to 2035.
MOMENTS = st.integers(1_420_070_400, 2_051_222_400).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))


def test_the_worked_example_of_the_reference() -> None:
    """08:00 on the wall wherever the spa is; for Chicago that is 13:00 UTC, and not 12:00."""
    entry = {"StartDateTime": "/Date(1438776000000-0400)/"}
    assert dates.read(entry, "StartDateTime", CHICAGO) == dt.datetime(2015, 8, 5, 13, tzinfo=dt.UTC)
    assert dates.read_clock(entry["StartDateTime"]) == "08:00"


def test_a_birthday_is_a_day_wherever_one_reads_it() -> None:
    assert dates.read_date({"DateOfBirth": "/Date(380437200000-0500)/"}, "DateOfBirth") == dt.date(1982, 1, 21)
    twin = {"DateOfBirth": None, "DateOfBirthOffset": "1982-01-21T00:00:00-08:00"}
    assert dates.read_date(twin, "DateOfBirth") == dt.date(1982, 1, 21)


@pytest.mark.parametrize("twin", ["2026-06-11T10:00:00-05:00", "2026-06-11T10:00:00-0500", "2026-06-11T15:00:00Z"])
def test_the_twin_wins_in_every_spelling(twin: str) -> None:
    entry = {"At": "/Date(0-0500)/", "AtOffset": twin}
    assert dates.read(entry, "At", CHICAGO) == dt.datetime(2026, 6, 11, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "garbage", [None, "", 5, [], {}, "/Date()/", "/Date(99999999999999999)/", "tomorrow", "x" * 99]
)
def test_garbage_is_no_date(garbage: Any) -> None:
    assert dates.read({"At": garbage, "AtOffset": garbage}, "At", CHICAGO) is None
    assert dates.read_date({"At": garbage, "AtOffset": garbage}, "At") is None


def _is_plain(moment: dt.datetime, zone: dt.tzinfo) -> bool:
    """Neither here nor in the East does that wall time repeat or not exist: the old form cannot say more."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    found = []
    for place in (zone, dates.EASTERN):
        early, late = (wall.replace(tzinfo=place, fold=fold) for fold in (0, 1))
        found.append(early.utcoffset() == late.utcoffset())
    return all(found)


@given(moment=MOMENTS, name=st.sampled_from(ZONES))
def test_what_is_written_is_read_again(moment: dt.datetime, name: str) -> None:
    zone = zoneinfo.ZoneInfo(name)
    assert dates.read({"AtOffset": dates.write(moment, zone)}, "At", zone) == moment
    assert "Z" not in dates.write(moment, zone), "the UTC form is refused"
    if _is_plain(moment, zone):
        assert dates.read({"At": dates.write_legacy(moment, zone)}, "At", zone) == moment


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ({"Name": "(GMT-06:00) Central Time (US & Canada)"}, "America/Chicago"),
        ({"Name": "(GMT-07:00) Arizona"}, "America/Phoenix"),
        (
            {"StandardName": "Pacific Standard Time", "Name": "(GMT-08:00) Pacific Time (US & Canada)"},
            "America/Los_Angeles",
        ),
        ({"Name": "(GMT+04:00) Somewhere new"}, "Etc/GMT-4"),
        ({"Name": "(GMT-03:00) Somewhere new"}, "Etc/GMT+3"),
        ({"Name": "Europe/Paris"}, "Europe/Paris"),
        ({"Name": "Nowhere"}, "UTC"),
        ({}, "UTC"),
    ],
)
def test_labels_become_zones(label: dict[str, str], name: str) -> None:
    assert dates.zone_name(label) == name
    assert zoneinfo.ZoneInfo(name)


APPOINTMENT: dict[str, Any] = {
    "ID": 8,
    "LocationID": 10002,
    "CustomerID": 5,
    "Status": {"ID": 1, "Name": "Booked"},
    "AppointmentTreatments": [
        {"ID": 1, "TreatmentID": 71, "EmployeeID": 31, "TreatmentName": "Facial"},
        {"ID": 2, "TreatmentID": 74, "EmployeeID": 32, "TreatmentName": "Peel"},
    ],
}


def _timed(form: str, starts: list[dt.datetime]) -> dict[str, Any]:
    """The appointment with its times in one of the two forms; each treatment takes half an hour."""
    write = dates.write if form == "Offset" else dates.write_legacy
    parts = [
        {
            **part,
            f"StartDateTime{form}": write(start, CHICAGO),
            f"EndDateTime{form}": write(start + dt.timedelta(minutes=30), CHICAGO),
        }
        for part, start in zip(APPOINTMENT["AppointmentTreatments"], starts, strict=True)
    ]
    return {**APPOINTMENT, "AppointmentTreatments": parts}


# The days on which clocks change in 2026, at ten in the morning, and one in between.
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-06-11"])
def test_an_appointment_is_the_same_in_both_forms(day: str) -> None:
    first = dt.datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=CHICAGO)
    starts = [first, first + dt.timedelta(minutes=30)]
    here = reading.Where(CHICAGO, "US")
    old, new = (reading.booking(_timed(form, starts), here) for form in ("", "Offset"))
    assert old == new
    assert (new.starts_at, new.ends_at) == (first, first + dt.timedelta(minutes=60))
    assert [item.duration for item in new.items] == [30, 30]
    assert new.staff_id == "31"
    (other,) = new.others or ()
    assert (other.staff_id, other.starts_at) == ("32", starts[1])
