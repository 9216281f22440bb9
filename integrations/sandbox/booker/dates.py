"""Booker's dates (booker-api.md section 6): `/Date(ms±hhmm)/` by the Eastern rule, and their ISO twins.

Instants are epoch seconds (UTC) inside. v4.1 is not zone-aware: the digits a location's wall clock shows are written
as if it hung in New York.
"""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")

_SLASH = re.compile(r"/Date\((-?\d{1,14})([+-]\d{4})?\)/")
_LOOSE_OFFSET = re.compile(r" (?=[+-]\d\d:?\d\d$)")
_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,7})?[+-]\d\d:?\d\d")


def slash(instant: int, *, zone: ZoneInfo) -> str:
    """`/Date(ms±hhmm)/` whose Eastern digits are what the wall clock in `zone` shows at that instant."""
    return _as_eastern(datetime.fromtimestamp(instant, zone).replace(tzinfo=None))


def offset(instant: int, *, zone: ZoneInfo) -> str:
    """`2026-01-02T09:00:00-06:00`: a true instant."""
    return datetime.fromtimestamp(instant, zone).isoformat(timespec="seconds")


def twins(name: str, instant: int | None, *, zone: ZoneInfo) -> dict[str, str | None]:
    """A date field and its `...Offset` twin; both null when there is no date."""
    if instant is None:
        return {name: None, f"{name}Offset": None}
    return {name: slash(instant, zone=zone), f"{name}Offset": offset(instant, zone=zone)}


def day_twins(name: str, day: date | None) -> dict[str, str | None]:
    """A date without a time: Eastern midnight."""
    if day is None:
        return {name: None, f"{name}Offset": None}
    moment = datetime.combine(day, time(), tzinfo=EASTERN)
    return {name: _as_eastern(moment.replace(tzinfo=None)), f"{name}Offset": moment.isoformat()}


def clock(day: date, minutes: int) -> str:
    """A time of day (minutes after midnight, 1440 is shown as 0) as a full date; only its clock part counts."""
    return _as_eastern(datetime.combine(day, time(minutes // 60 % 24, minutes % 60)))


def _as_eastern(digits: datetime) -> str:
    moment = digits.replace(tzinfo=EASTERN)
    return f"/Date({int(moment.timestamp()) * 1000}{moment:%z})/"


def from_slash(text: str, *, zone: ZoneInfo) -> int:
    """The instant at which the wall clock in `zone` shows the date's Eastern digits; a suffix changes nothing.

    ValueError when it is no such date.
    """
    return int(_eastern_digits(text).replace(tzinfo=zone).timestamp())


def day_from_slash(text: str) -> date:
    """The calendar day, as read in New York. ValueError when it is no such date."""
    return _eastern_digits(text).date()


def _eastern_digits(text: str) -> datetime:
    found = _SLASH.fullmatch(text)
    if found is None:
        raise ValueError("not a /Date()/")
    try:
        return datetime.fromtimestamp(int(found[1]) // 1000, EASTERN).replace(tzinfo=None)
    except (OverflowError, OSError) as problem:
        raise ValueError("out of range") from problem


def from_offset(text: str) -> int:
    """The instant of an ISO 8601 text with a numeric offset, with or without its colon. ValueError for others.

    The UTC form with `Z` is refused, as R7 of the reference reports.
    """
    if not text.isascii() or not _OFFSET.fullmatch(text):
        raise ValueError("not a date with a numeric offset")
    try:
        return int(datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp())
    except OverflowError as problem:
        raise ValueError("out of range") from problem


def from_iso(text: str, *, zone: ZoneInfo) -> int:
    """The instant of an ISO 8601 text as v5 reads it: without an offset its digits are what the clock in `zone` shows.

    ValueError for what is no such text.
    """
    moment = datetime.fromisoformat(_LOOSE_OFFSET.sub("", text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return int(moment.timestamp())
    except OverflowError as problem:
        raise ValueError("out of range") from problem
