from __future__ import annotations

import datetime as dt

import pytest

from bookings.templatetags.moments import as_of
from clienteling.models import Store

pytestmark = pytest.mark.usefixtures("clock")
PARIS = Store(name="Paris Opéra", time_zone="Europe/Paris")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (dt.datetime(2026, 5, 6, 7, 40, tzinfo=dt.UTC), "09:40"),
        (dt.datetime(2026, 5, 5, 22, 30, tzinfo=dt.UTC), "00:30"),
        (dt.datetime(2026, 5, 5, 21, 30, tzinfo=dt.UTC), "Tue 5 May, 23:30"),
        (None, ""),
    ],
)
def test_as_of_names_the_day_only_when_it_is_another(moment: dt.datetime | None, words: str) -> None:
    assert as_of(moment, PARIS) == words


def test_as_of_without_a_store_names_the_day(clock: object) -> None:
    assert as_of(dt.datetime(2026, 5, 6, 7, 40, tzinfo=dt.UTC), None) == "Wed 6 May, 07:40"
