"""Instants as whole epoch seconds (UTC) inside, RFC 3339 outside (booxi-api.md section 5)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def from_rfc3339(text: str) -> int:
    """Epoch seconds of an RFC 3339 text; any offset is read, fractions are dropped. ValueError when it is not one."""
    if not _RFC3339.fullmatch(text) or not text.isascii():
        raise ValueError("not an RFC 3339 date-time")
    try:
        return int(datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp())
    except OverflowError as problem:
        raise ValueError("out of range") from problem


def to_rfc3339(instant: int) -> str:
    """`2026-03-19T14:00:00Z`: UTC, no fraction."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_day(instant: int, *, zone: ZoneInfo) -> date:
    """The calendar day on the shop's wall at that instant."""
    return datetime.fromtimestamp(instant, zone).date()


def wall(day: date, minutes: int, *, zone: ZoneInfo) -> int:
    """Epoch seconds when the wall clock shows `minutes` after midnight of `day`; 1440 is the next midnight.

    A time that a clock change skips is read as the moment just after it; one that happens twice is the first.
    """
    day, minutes = day + timedelta(days=minutes // 1440), minutes % 1440
    return int(datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone).timestamp())


def wall_minutes(text: str) -> int:
    """Minutes after midnight of an `HH:MM` text; `24:00` is allowed as a closing time."""
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
