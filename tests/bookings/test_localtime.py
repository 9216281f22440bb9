import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bookings import localtime
from clienteling.models import Store

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
HALF_PAST_TWO = dt.time(2, 30)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def test_instants_is_one_on_an_ordinary_day():
    assert localtime.instants(dt.date(2026, 11, 5), dt.time(14), PARIS) == [utc(2026, 11, 5, 13)]


@pytest.mark.parametrize(("day", "zone"), [(dt.date(2026, 3, 29), PARIS), (dt.date(2026, 3, 8), NEW_YORK)])
def test_instants_is_none_where_the_clocks_jump_over_the_time(day, zone):
    assert localtime.instants(day, HALF_PAST_TWO, zone) == []


def test_instants_is_two_where_the_clocks_go_back():
    found = localtime.instants(dt.date(2026, 10, 25), HALF_PAST_TWO, PARIS)
    assert found == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)]


def test_instants_of_new_york_come_twice_an_hour_earlier():
    found = localtime.instants(dt.date(2026, 11, 1), dt.time(1, 30), NEW_YORK)
    assert found == [utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30)]


def test_instants_right_after_the_change_is_one():
    assert localtime.instants(dt.date(2026, 10, 25), dt.time(3), PARIS) == [utc(2026, 10, 25, 2)]
    assert localtime.instants(dt.date(2026, 3, 29), dt.time(3), PARIS) == [utc(2026, 3, 29, 1)]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (utc(2026, 10, 25, 0, 30), True),
        (utc(2026, 10, 25, 1, 30), True),
        (utc(2026, 10, 25, 2, 30), False),
        (utc(2026, 3, 29, 1, 0), False),
    ],
)
def test_is_ambiguous_for_both_halves_of_the_doubled_hour(moment, expected):
    assert localtime.is_ambiguous(moment, PARIS) is expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [(PARIS, "UTC+2"), (NEW_YORK, "UTC-4"), (KOLKATA, "UTC+5:30"), (ZoneInfo("UTC"), "UTC")],
)
def test_offset_label_names_the_distance_from_utc(zone, expected):
    assert localtime.offset_label(utc(2026, 7, 1), zone) == expected


def test_zone_words_name_the_city_and_its_offset_then() -> None:
    paris, soho, utc_store = (Store(time_zone=zone) for zone in ("Europe/Paris", "America/New_York", "UTC"))
    assert localtime.zone_words(paris, dt.datetime(2026, 5, 6, tzinfo=dt.UTC)) == "Paris time, UTC+2"
    assert localtime.zone_words(soho, dt.datetime(2026, 1, 6, tzinfo=dt.UTC)) == "New York time, UTC-5"
    assert localtime.zone_words(soho) == "New York time"
    assert localtime.zone_words(utc_store, dt.datetime(2026, 1, 6, tzinfo=dt.UTC)) == "UTC"
