"""Find-calls: conditions, the order asked for, and pages (section 4)."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.booker.assumptions import PAGE_SIZE_DEFAULT, PAGE_SIZE_MOST, UNPAGED_MOST
from integrations.sandbox.booker.failures import bad, envelope
from integrations.sandbox.booker.fields import Body, flag, parts, whole
from integrations.sandbox.http import Call, Reply

Shaper = Callable[[Sequence[sqlite3.Row]], list[dict[str, Any]]]


@dataclass
class Search:
    """Rows of one table that meet every condition. Conditions are ours, values are the caller's."""

    table: str
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def where(self, condition: str, **values: Any) -> None:
        """Add a condition; a value of None takes it back: nothing was asked."""
        if None not in values.values():
            self.conditions.append(condition)
            self.values |= values

    def between(self, column: str, *, start: int | None, end: int | None) -> None:
        """Both ends included."""
        self.where(f"{column} >= :{column}_from", **{f"{column}_from": start})
        self.where(f"{column} <= :{column}_to", **{f"{column}_to": end})

    def page(self, db: sqlite3.Connection, *, order: str, limit: int, skip: int) -> tuple[list[sqlite3.Row], int]:
        """The rows of a page, and how many there are on all pages together."""
        where = f"FROM {self.table} WHERE {' AND '.join(self.conditions or ['1'])}"
        total = db.execute(f"SELECT count(*) {where}", self.values).fetchone()[0]
        query = f"SELECT * {where} ORDER BY {order} LIMIT :limit OFFSET :skip"
        return db.execute(query, self.values | {"limit": limit, "skip": skip}).fetchall(), total


def answer(
    call: Call, body: Body, search: Search, *, key: str, shape: Shaper, columns: Mapping[str, str] | None = None
) -> Reply:
    """The page that `body` asks for, under `key`; `columns` are the fields it may be sorted by."""
    limit, skip = _page_of(call, body)
    rows, total = search.page(call.db, order=_order(body, columns or {}), limit=limit, skip=skip)
    return Reply(body=envelope(**{"TotalResultsCount": total, key: shape(rows)}))


def _page_of(call: Call, body: Body) -> tuple[int, int]:
    if not flag(body, "UsePaging"):
        return UNPAGED_MOST, 0
    number, size = whole(body, "PageNumber"), whole(body, "PageSize")
    if number is not None and number < 0:
        bad("PageNumber", "Must be 1 or more")
    size = min(size if size is not None and size > 0 else PAGE_SIZE_DEFAULT, PAGE_SIZE_MOST)
    if call.fault == "short_page":
        size = max(1, size * 2 // 3)
    return size, min(((number or 1) - 1) * size, 2**53)


def _order(body: Body, columns: Mapping[str, str]) -> str:
    """`ORDER BY` of our own columns; 0, `Ascending` or nothing is ascending."""
    terms = []
    for entry in parts(body, "SortBy", most=5):
        column = columns.get(str(entry.get("SortBy")))
        if column is not None:
            down = entry.get("SortDirection") in (1, "1", "Descending")
            terms.append(f"{column} {'DESC' if down else 'ASC'}")
    return ", ".join([*terms, "id"])


def one_by_one(shape: Callable[[sqlite3.Row], dict[str, Any]]) -> Shaper:
    return lambda rows: [shape(row) for row in rows]
