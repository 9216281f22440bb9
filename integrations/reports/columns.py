"""Columns of a report: what each is called, and how it is read from Booker's JSON (booker-api.md section 7).

Names are Booker's own in snake case; a lookup makes two (`..._id`, `..._name`), money too (`..._amount`,
`..._currency`). Moments are ISO 8601 with the offset of the location's own zone. What is missing or unreadable is None.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from integrations.providers import booker_dates as dates
from integrations.providers import reading
from integrations.providers.reading import members

Value: TypeAlias = str | int | bool | Decimal | None
Entry: TypeAlias = Mapping[str, Any]
Row: TypeAlias = dict[str, Value]

LONG = 30_000  # characters of a note; a cell of a spreadsheet holds 32,767
MOST_IDS = 2000
BEGINS_A_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Kind(enum.StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    read: Callable[[Entry, dt.tzinfo], Value]


Columns: TypeAlias = tuple[Column, ...]


def row_of(columns: Sequence[Column], entry: Entry, zone: dt.tzinfo) -> Row:
    return {column.name: column.read(entry, zone) for column in columns}


def snake(path: str) -> str:
    return BEGINS_A_WORD.sub("_", path).replace(".", "_").lower()


def _made(path: str, name: str, kind: Kind, convert: Callable[[Entry, str, dt.tzinfo], Value]) -> Column:
    """`path`: members within members, by dots. `convert` gets the innermost object, and which of its members."""
    *outer, last = path.split(".")

    def read(entry: Entry, zone: dt.tzinfo) -> Value:
        for part in outer:
            entry = members(entry.get(part))
        return convert(entry, last, zone)

    return Column(name or snake(path), kind, read)


def text(path: str, name: str = "", *, limit: int = 500) -> Columns:
    return (_made(path, name, Kind.TEXT, lambda entry, key, _zone: reading.text(entry.get(key), limit) or None),)


def texts(*paths: str) -> Columns:
    return tuple(column for path in paths for column in text(path))


def key(path: str, name: str = "") -> Columns:
    """An id. Text, so that no program rounds it."""
    return (_made(path, name, Kind.TEXT, lambda entry, part, _zone: reading.optional_id(entry.get(part)) or None),)


def keys(path: str, name: str) -> Columns:
    """A list of ids, separated by spaces."""

    def joined(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        listed = entry.get(part)
        found = [members(one).get("ID", one) for one in listed[:MOST_IDS]] if isinstance(listed, list) else []
        return " ".join(filter(None, map(reading.optional_id, found))) or None

    return (_made(path, name, Kind.TEXT, joined),)


def whole(path: str, name: str = "") -> Columns:
    return (_made(path, name, Kind.WHOLE, lambda entry, part, _zone: _whole(entry.get(part))),)


def _whole(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15 else None


def flag(path: str, name: str = "") -> Columns:
    def as_told(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        value = entry.get(part)
        return value if isinstance(value, bool) else None

    return (_made(path, name, Kind.FLAG, as_told),)


def flags(*paths: str) -> Columns:
    return tuple(column for path in paths for column in flag(path))


def moment(path: str, name: str = "") -> Columns:
    """From either form on the wire; on the location's clock."""

    def iso(entry: Entry, part: str, zone: dt.tzinfo) -> Value:
        found = dates.read(entry, part, zone)
        try:
            return found.astimezone(zone).isoformat() if found else None
        except OverflowError:
            return None

    return (_made(path, name, Kind.TEXT, iso),)


def day(path: str, name: str = "") -> Columns:
    """A date without a time (section 6)."""

    def iso(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        found = dates.read_date(entry, part)
        return found.isoformat() if found else None

    return (_made(path, name, Kind.TEXT, iso),)


def clock(path: str, name: str = "") -> Columns:
    """`HH:MM`, of a value of which only the clock counts (section 6)."""
    return (_made(path, name, Kind.TEXT, lambda entry, part, _zone: dates.read_clock(entry.get(part)) or None),)


def lookup(path: str, name: str = "") -> Columns:
    """`{ID, Name}`; where it came as a plain word, that is the name."""
    title = name or snake(path)

    def named(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        value = entry.get(part)
        return reading.text(value.get("Name") if isinstance(value, dict) else value, 200) or None

    return (*key(f"{path}.ID", f"{title}_id"), _made(path, f"{title}_name", Kind.TEXT, named))


def money(path: str, name: str = "") -> Columns:
    """`{Amount, CurrencyCode}` in major units; where it came as a plain number, that is the amount."""
    title = name or snake(path)

    def amount(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        value = entry.get(part)
        return reading.money(value.get("Amount") if isinstance(value, dict) else value)

    def currency(entry: Entry, part: str, _zone: dt.tzinfo) -> Value:
        return reading.text(members(entry.get(part)).get("CurrencyCode"), 3).upper() or None

    return (
        _made(path, f"{title}_amount", Kind.AMOUNT, amount),
        _made(path, f"{title}_currency", Kind.TEXT, currency),
    )


def address(path: str, name: str = "") -> Columns:
    title = name or snake(path)
    parts = ("Street1", "Street2", "City", "State", "Zip")
    named = tuple(column for part in parts for column in text(f"{path}.{part}", f"{title}_{part.lower()}", limit=200))
    return (*named, *lookup(f"{path}.Country", f"{title}_country"))


# What the reports put into an entry themselves: which location it was read at.
PLACE: Columns = (*key("Place.ID", "location_id"), *text("Place.Name", "location_name", limit=200))
