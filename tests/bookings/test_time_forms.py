import datetime as dt
import uuid

import pytest
from django.http import QueryDict

from bookings.time_forms import MOST_TIMES, RepeatedTimeForm
from tests.people import Shop

pytestmark = pytest.mark.usefixtures("clock")


def form(shop: Shop, **fields: object) -> RepeatedTimeForm:
    given = {
        "reference": uuid.uuid4(),
        "staff": shop.ana.pk,
        "kind": "busy",
        "day": "2026-05-07",
        "start": "12:00",
        "end": "13:00",
    } | fields
    data = QueryDict(mutable=True)
    for name, value in given.items():
        data.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return RepeatedTimeForm(data, store=shop.store, people={shop.ana.pk: shop.ana})


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc]


def test_times_are_those_of_the_stores_clock(shop: Shop) -> None:
    made = form(shop)
    assert made.is_valid(), made.errors
    assert made.wanted.spans == [(utc(2026, 5, 7, 10), utc(2026, 5, 7, 11))]


def test_until_midnight_is_the_end_of_the_day(shop: Shop) -> None:
    made = form(shop, start="18:00", end="00:00")
    assert made.is_valid(), made.errors
    assert made.wanted.spans == [(utc(2026, 5, 7, 16), utc(2026, 5, 7, 22))]


def test_it_may_not_end_before_it_begins(shop: Shop) -> None:
    assert "end" in form(shop, start="13:00", end="12:30").errors


def test_repeated_on_some_days_of_the_week(shop: Shop) -> None:
    made = form(shop, until="2026-05-17", weekdays=[0, 3])  # from a Thursday
    assert made.is_valid(), made.errors
    assert [span[0].day for span in made.wanted.spans] == [7, 11, 14]


def test_over_a_clock_change_it_stays_at_the_same_time_of_day(shop: Shop) -> None:
    made = form(shop, day="2026-10-24", until="2026-10-26", start="09:00", end="10:00")
    assert made.is_valid(), made.errors
    assert [span[0].hour for span in made.wanted.spans] == [7, 8, 8]


def test_an_hour_that_comes_twice_is_meant_whole_and_one_that_does_not_exist_is_refused(shop: Shop) -> None:
    twice = form(shop, day="2026-10-25", start="02:00", end="02:30")
    assert twice.is_valid(), twice.errors
    assert twice.wanted.spans == [(utc(2026, 10, 25, 0), utc(2026, 10, 25, 1, 30))]
    missing = form(shop, day="2027-03-27", until="2027-03-29", start="02:30", end="04:00")
    assert "28 Mar" in str(missing.errors["start"])


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("until", {"until": "2026-05-01"}),
        ("until", {"until": "2026-08-30"}),
        ("weekdays", {"until": "2026-05-08", "weekdays": [0]}),
        ("staff", {"staff": 999_999}),
        ("kind", {"kind": "asleep"}),
        ("day", {"day": "9999-12-31"}),
        ("tags", {"tags": ",".join("abcdefghijk")}),
        ("reference", {"reference": "x"}),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(shop: Shop, field: str, fields: dict[str, object]) -> None:
    assert field in form(shop, **fields).errors


def test_at_most_so_many_at_once(shop: Shop) -> None:
    last = dt.date(2026, 5, 7) + dt.timedelta(days=MOST_TIMES - 1)
    made = form(shop, until=last.isoformat())
    assert made.is_valid(), made.errors
    assert len(made.wanted.spans) == MOST_TIMES
