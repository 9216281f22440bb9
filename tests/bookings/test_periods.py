from __future__ import annotations

import datetime as dt

import pytest

from bookings.periods import DAY, LATEST, LIST, WEEK, Period, clock_change_words, long_day
from clienteling.models import Store

pytestmark = pytest.mark.usefixtures("clock")
WEDNESDAY = dt.date(2026, 5, 6)
PARIS = Store(name="Paris Opéra", time_zone="Europe/Paris")
NEW_YORK = Store(name="New York SoHo", time_zone="America/New_York")


def test_period_of_a_day_is_that_day() -> None:
    period = Period(DAY, WEDNESDAY)
    assert period.days == [WEDNESDAY]
    assert (period.before, period.after) == (dt.date(2026, 5, 5), dt.date(2026, 5, 7))
    assert period.title == "Wednesday 6 May"


@pytest.mark.parametrize("view", [WEEK, LIST])
def test_period_of_a_week_goes_from_monday_to_sunday(view: str) -> None:
    period = Period(view, WEDNESDAY)
    assert (period.days[0], period.days[-1]) == (dt.date(2026, 5, 4), dt.date(2026, 5, 10))
    assert period.after == dt.date(2026, 5, 13)
    assert period.title == "4 May – 10 May 2026"


def test_period_does_not_run_out_of_dates() -> None:
    assert Period(WEEK, LATEST).after == LATEST


def test_long_day_names_the_year_when_it_is_another() -> None:
    assert long_day(dt.date(2027, 1, 1)) == "Friday 1 January 2027"


@pytest.mark.parametrize(
    ("store", "day", "words"),
    [
        (PARIS, dt.date(2026, 3, 29), "The clocks go forward on Sunday 29 March"),
        (PARIS, dt.date(2026, 10, 25), "The clocks go back on Sunday 25 October"),
        (NEW_YORK, dt.date(2026, 3, 8), "The clocks go forward on Sunday 8 March"),
        (NEW_YORK, dt.date(2026, 11, 1), "The clocks go back on Sunday 1 November"),
    ],
)
def test_clock_change_is_announced_in_its_week(store: Store, day: dt.date, words: str) -> None:
    assert clock_change_words(store, Period(WEEK, day).days).startswith(words)


def test_clock_change_is_not_announced_otherwise() -> None:
    assert clock_change_words(PARIS, Period(WEEK, WEDNESDAY).days) == ""
