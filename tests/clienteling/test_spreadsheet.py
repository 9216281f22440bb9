"""A file for a spreadsheet: nothing in it is reckoned with, and nothing is spoilt."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clienteling.spreadsheet import harmless, line


@pytest.mark.parametrize(
    "cell", ["=1", "+A1", "-1", "@x", " =1", "\ufeff=1", "\u00a0+A1", "\t1", "\r=1", "\uff1d1", "+33-1", "+"]
)
def test_what_begins_like_a_formula_is_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+33612345678", "+33 6 12 34 56 78", "Lea", "", "a=1", "1", "'quoted", "O'Hara"])
def test_what_does_not_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=1))
def test_a_line_is_read_back_as_it_was_but_for_the_apostrophe(cells: list[str]) -> None:
    read = next(csv.reader(io.StringIO(line(cells), newline="")))
    assert read == [harmless(cell) for cell in cells] or cells == [""]
