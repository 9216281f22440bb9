import datetime as dt
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from bookings.templatetags import shop
from clienteling.models import Store

PARIS = Store(name="Paris", time_zone="Europe/Paris", country="FR")
MOMENT = dt.datetime(2026, 11, 5, 13, tzinfo=dt.UTC)


def test_money_follows_the_readers_language():
    assert shop.money(Decimal("1234.5"), "EUR") == "€1,234.50"
    with translation.override("fr"):
        assert shop.money(Decimal("1234.5"), "EUR").replace("\u202f", " ").replace("\xa0", " ") == "1 234,50 €"


@pytest.mark.parametrize("amount", [None, "", "abc", "NaN", "Infinity"])
def test_money_is_nothing_where_no_amount_is_known(amount):
    assert shop.money(amount, "EUR") == ""


def test_money_without_a_currency_is_the_bare_figure():
    assert shop.money(Decimal("45"), "") == "45.00"


def test_money_keeps_a_currency_nobody_knows():
    assert "XQZ" in shop.money(5, "XQZ")


def test_phone_is_national_at_home_and_international_abroad():
    assert shop.phone("+33612345678", "FR") == "06 12 34 56 78"
    assert shop.phone("+33612345678", "US") == "+33 6 12 34 56 78"
    assert shop.phone("", "FR") == ""


def test_phone_that_is_none_is_shown_as_it_stands():
    assert shop.phone("ask her sister", "FR") == "ask her sister"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "0 min"), (45, "45 min"), (60, "1 h"), (65, "1 h 05"), (150, "2 h 30"), (None, ""), ("", "")],
)
def test_duration_reads_as_hours_and_minutes(minutes, expected):
    assert shop.duration(minutes) == expected


def test_local_survives_the_date_filter():
    text = Template('{% load shop %}{{ moment|local:store|date:"H:i" }}').render(
        Context({"moment": MOMENT, "store": PARIS})
    )
    assert text == "14:00"


def test_local_of_nothing_is_nothing():
    assert shop.local(None, PARIS) == ""
    assert shop.clock("") == shop.day("") == shop.when(None) == ""


def test_when_says_day_and_time_in_short(clock):
    assert shop.when(shop.local(MOMENT, PARIS)) == "Thu 5 Nov, 14:00"


def test_day_of_another_year_names_it(clock):
    assert shop.day(dt.date(2027, 1, 1)) == "Fri 1 Jan 2027"


def test_status_key_is_the_stylesheets():
    assert shop.status_key("no_show") == "no-show"
    assert shop.status_key("awaiting_client") == "awaiting"
    assert shop.status_key("confirmed") == "confirmed"
