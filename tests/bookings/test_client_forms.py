import datetime as dt

import pytest
from django.http import QueryDict

from bookings.client_forms import HistoryForm, NoteForm, SearchForm
from bookings.history import Filters
from tests.people import Shop


def asked(shop: Shop, question: str) -> HistoryForm:
    return HistoryForm(QueryDict(question), stores=[shop.store])


def test_history_form_reads_what_is_asked_for(shop: Shop) -> None:
    question = f"store={shop.store.pk}&kind=appointment&since=2026-01-02&until=2026-02-03&order=oldest&page=4"
    assert asked(shop, question).filters == Filters(
        shop.store.pk, "appointment", dt.date(2026, 1, 2), dt.date(2026, 2, 3), oldest_first=True, page=4
    )


@pytest.mark.parametrize(
    "question",
    [
        "",
        "page=0&poll=-1",
        "page=abc",
        "page=" + "9" * 5000,
        "store=999999&kind=party&order=sideways",
        "store=' OR 1=1",
        "since=yesterday&until=2026-02-31",
        "since=0001-01-01&until=9999-12-31",
        "since=%00&kind=%00&store=%00&page=%00",
    ],
)
def test_history_form_leaves_out_what_makes_no_sense(shop: Shop, question: str) -> None:
    form = asked(shop, question)
    assert form.filters == Filters()
    assert form.question(page=1) == ""


def test_history_form_keeps_the_good_beside_the_bad(shop: Shop) -> None:
    form = asked(shop, "kind=appointment&since=never")
    assert form.filters == Filters(kind="appointment")
    assert form.question(page=2) == "kind=appointment&page=2"
    assert "since" in form.errors


def test_history_form_refuses_a_period_that_ends_before_it_begins(shop: Shop) -> None:
    form = asked(shop, "since=2026-05-02&until=2026-05-01")
    assert form.errors["until"] == ["This day is before the first one."]
    assert form.filters == Filters(since=dt.date(2026, 5, 2))


def test_history_form_offers_no_other_stores(shop: Shop) -> None:
    assert asked(shop, f"store={shop.other.pk}").filters.store is None


@pytest.mark.parametrize("query", ["a\x00b", "x" * 101])
def test_search_form_searches_for_nothing_it_cannot_take(query: str) -> None:
    form = SearchForm({"q": query})
    assert form.query == ""
    assert form.errors["q"]


@pytest.mark.parametrize("body", ["", "   ", "a\x00b", "x" * 2001])
def test_note_form_refuses_empty_and_endless_notes(body: str) -> None:
    assert "body" in NoteForm({"body": body}).errors
