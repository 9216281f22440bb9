from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.times import from_rfc3339, local_day, to_rfc3339, wall, wall_minutes

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-19T14:00:00Z", "2026-03-19T14:00:00Z"),
        ("2026-03-19t14:00:00z", "2026-03-19T14:00:00Z"),
        ("2026-03-19T09:00:00-05:00", "2026-03-19T14:00:00Z"),
        ("2026-03-19T14:00:00.987654Z", "2026-03-19T14:00:00Z"),
    ],
)
def test_from_rfc3339_reads_any_offset(text: str, utc: str) -> None:
    assert to_rfc3339(from_rfc3339(text)) == utc


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-19", "2026-03-19T14:00:00", "2026-03-19T14:00:00 02:00", "2026-13-01T00:00:00Z", "20260319T140000Z",
     "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "٢٠٢٦-03-19T14:00:00Z", "now"],
)  # fmt: skip
def test_from_rfc3339_refuses_what_is_not_one(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_rfc3339(text)


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_rfc3339_goes_there_and_back(moment: datetime) -> None:
    instant = int(moment.replace(tzinfo=UTC).timestamp())

    assert from_rfc3339(to_rfc3339(instant)) == instant


def test_wall_keeps_the_clock_on_the_wall_across_a_change() -> None:
    before, after = wall(date(2026, 10, 24), 600, zone=PARIS), wall(date(2026, 10, 25), 600, zone=PARIS)

    assert after - before == 25 * 3600


def test_wall_reads_a_skipped_time_as_just_after_it() -> None:
    assert to_rfc3339(wall(date(2026, 3, 29), 150, zone=PARIS)) == "2026-03-29T01:30:00Z"


def test_wall_reads_1440_as_the_next_midnight() -> None:
    assert wall(date(2026, 5, 4), 1440, zone=PARIS) == wall(date(2026, 5, 5), 0, zone=PARIS)


def test_wall_minutes_reads_closing_at_midnight() -> None:
    assert [wall_minutes("09:30"), wall_minutes("24:00")] == [570, 1440]


def test_local_day_is_the_shops_own() -> None:
    instant = from_rfc3339("2026-05-04T23:30:00Z")

    assert local_day(instant, zone=PARIS) == date(2026, 5, 5)
    assert local_day(instant, zone=ZoneInfo("America/New_York")) == date(2026, 5, 4)
