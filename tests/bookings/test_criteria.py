"""Criteria: what is understood, what makes no sense, and how they are said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from bookings.criteria import Criteria, CriteriaForm

FULL: dict[str, Any] = {
    "days_min": 31,
    "days_max": 60,
    "visits_min": 1,
    "visits_max": 9,
    "service": "Styling",
    "had_since": dt.date(2026, 1, 1),
    "had_until": dt.date(2026, 2, 1),
    "membership": "active",
    "spent_min": Decimal("10.50"),
    "currency": "EUR",
    "birthday_month": 5,
    "kept": True,
    "email": True,
    "sms": True,
}


def test_what_is_written_is_read_again() -> None:
    for criteria in (Criteria(), Criteria(**FULL), Criteria(never=True), Criteria(days_min=0, birthday_days=0)):
        assert Criteria.read(criteria.as_json()) == criteria
        form = CriteriaForm(QueryDict(criteria.question()))
        assert form.is_valid(), form.errors
        assert Criteria.of(form) == criteria
    assert Criteria().as_json() == {}


@pytest.mark.parametrize(
    "data",
    [
        {"days_min": 60, "days_max": 31},
        {"days_min": -1},
        {"days_max": 999999999999},
        {"never": True, "days_max": 3},
        {"never": True, "service": "Styling"},
        {"service": "Styling", "category": "Hair"},
        {"had_days": 3, "had_since": "2026-01-01"},
        {"had_since": "2026-02-01", "had_until": "2026-01-01"},
        {"had_since": "0001-01-01"},
        {"birthday_days": 3, "birthday_month": 4},
        {"birthday_month": 13},
        {"birthday_days": 181},
        {"membership": "maybe"},
        {"spent_min": "5"},
        {"spent_min": "NaN", "currency": "EUR"},
        {"currency": "euro"},
        {"service": "a\x00b"},
        {"store": 3},
        {"days_min": {"a": 1}},
    ],
)
def test_nonsense_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no criteria"):
        Criteria.read(data)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "everybody"),
        ({"days_min": 31, "days_max": 60}, "last visit 31 to 60 days ago"),
        ({"days_min": 0, "days_max": 30}, "last visit at most 30 days ago"),
        ({"days_min": 366}, "last visit 366 days ago or longer"),
        ({"never": True}, "never came"),
        ({"visits_min": 1, "visits_max": 1}, "1 visit"),
        ({"visits_min": 3, "kept": True}, "at least 3 visits, details may be kept"),
        ({"service": "Styling", "had_days": 90}, "had Styling in the last 90 days"),
        ({"category": "Hair"}, "had something of Hair"),
        ({"had_since": dt.date(2026, 1, 1)}, "came since 2026-01-01"),
        ({"membership": "expired", "sms": True}, "membership over, takes SMS"),
        ({"spent_min": Decimal(5), "spent_max": Decimal(9), "currency": "EUR"}, "spent 5 to 9 EUR"),
        ({"birthday_month": 5}, "birthday in May"),
        ({"birthday_days": 0}, "birthday today"),
        ({"birthday_days": 14}, "birthday in the next 14 days"),
    ],
)
def test_criteria_in_words(fields: dict[str, Any], words: str) -> None:
    assert Criteria(**fields).sentence() == words
