"""Reading what a provider sent: hostile until proven harmless. Wrong types read as missing, text is made storable."""

from __future__ import annotations

import datetime as dt
import json
import re
import zoneinfo
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

Record = TypeVar("Record")
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


# ISO 639-1 for the three letters that some systems use (booxi-api.md section 1).
LANGUAGES = {
    "eng": "en",
    "fre": "fr",
    "fra": "fr",
    "spa": "es",
    "deu": "de",
    "ita": "it",
    "jpn": "ja",
    "nld": "nl",
}


class Unreadable(Exception):
    """An entry lacks what it cannot do without."""


def members(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[dict[str, Any]]:
    """The objects in a list; an object alone counts as a list of one (booxi-api.md section 14)."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: object, limit: int = 200) -> str:
    """Storable text: no NUL or other control characters, no lone surrogates, at most `limit` characters."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    sound = str(value).encode("utf-8", "replace").decode()
    return UNSTORABLE.sub("", sound).strip()[:limit]


def identifier(value: object, limit: int = 64) -> str:
    """An id, whether it came as number or text. Raises Unreadable when there is none."""
    found = "" if isinstance(value, float) else text(value, limit + 1)
    if not found or len(found) > limit:
        raise Unreadable("no id")
    return found


def optional_id(value: object) -> str:
    try:
        return identifier(value)
    except Unreadable:
        return ""


def whole(value: object, default: int = 0, most: int = 100_000) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        return default
    return value


def flag(value: object) -> bool:
    return value is True


def money(value: object) -> Decimal | None:
    """A decimal string (or number), to two places; None when it is none or absurd."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value)[:32])
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 8:
        return None
    return amount.quantize(Decimal("0.01"))


def moment(value: object) -> dt.datetime | None:
    """An RFC 3339 instant, in UTC and whole seconds. Without an offset it is taken as UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = dt.datetime.fromisoformat(value)
        aware = read if read.tzinfo else read.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def language(value: object) -> str:
    """Two letters, "" for what is none of the languages we know how to write."""
    code = text(value, 8).lower()
    return LANGUAGES.get(code, code[:2] if len(code) == 2 else "")


def zone_name(value: object) -> str:
    """An IANA zone name; a zone nobody knows reads as UTC."""
    name = text(value, 64).replace(" ", "_")
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return "UTC"
    return name


def unknown_fields(entry: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """What an entry has beyond `known`, kept for the day we learn to read it; nothing when it is too large."""
    rest = {text(name, 60): value for name, value in entry.items() if name not in known}
    if not rest:
        return {}
    try:
        kept = json.dumps(rest, ensure_ascii=True, allow_nan=False)
    except (ValueError, RecursionError):
        return {}
    if len(kept) > 4000 or "\\u0000" in kept or "\\ud" in kept:
        return {}
    found: dict[str, Any] = json.loads(kept)
    return found


def each(read: Callable[[dict[str, Any]], Record], rows: Iterable[dict[str, Any]]) -> tuple[list[Record], int]:
    """What could be read of `rows`, and how many could not."""
    found: list[Record] = []
    unreadable = 0
    for row in rows:
        try:
            found.append(read(row))
        except Unreadable:
            unreadable += 1
    return found, unreadable
