"""Booker's dates (booker-api.md section 6): two forms of every moment, and a server that speaks Eastern to everybody.

`/Date(ms-0500)/` holds wall-clock digits of the location, written down as if they were Eastern. The `...Offset` twin
beside it is a true instant, and wins where it is there.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from integrations.providers.reading import moment, text

EASTERN = zoneinfo.ZoneInfo("America/New_York")
LEGACY = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Windows-like labels, by what stands in them, and IANA's names. The offset in brackets serves for all others.
ZONES = {
    "eastern time": "America/New_York",
    "central time": "America/Chicago",
    "mountain time": "America/Denver",
    "arizona": "America/Phoenix",
    "pacific time": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "atlantic time": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "puerto rico": "America/Puerto_Rico",
    "saskatchewan": "America/Regina",
    "indiana": "America/Indiana/Indianapolis",
    "london": "Europe/London",
    "dublin": "Europe/Dublin",
    "paris": "Europe/Paris",
    "madrid": "Europe/Paris",
    "berlin": "Europe/Berlin",
    "amsterdam": "Europe/Amsterdam",
    "rome": "Europe/Rome",
    "tokyo": "Asia/Tokyo",
    "hong kong": "Asia/Hong_Kong",
    "singapore": "Asia/Singapore",
    "abu dhabi": "Asia/Dubai",
    "sydney": "Australia/Sydney",
    "brisbane": "Australia/Brisbane",
    "perth": "Australia/Perth",
    "auckland": "Pacific/Auckland",
}
OFFSET = re.compile(r"\((?:GMT|UTC)([+-])(\d{2}):?(\d{2})\)", re.IGNORECASE)


def zone_name(label: Mapping[str, Any]) -> str:
    """The IANA name for `TimeZone {ID, Name, StandardName}`; a zone of its offset alone, or UTC, where unknown."""
    words = " ".join(text(label.get(name), 120) for name in ("Name", "StandardName"))
    for name in (text(label.get("Name"), 120), text(label.get("StandardName"), 120)):
        if "/" in name and name in zoneinfo.available_timezones():
            return name
    found = next((zone for part, zone in ZONES.items() if part in words.lower()), "")
    if found:
        return found
    offset = OFFSET.search(words)
    if not offset or int(offset[2]) > 12 or offset[3] != "00":
        return "UTC"
    # POSIX counts the other way round: Etc/GMT+6 is six hours behind.
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}" if int(offset[2]) else "UTC"


def _wall(value: object) -> dt.datetime | None:
    """The digits a legacy date stands for, without a zone."""
    found = LEGACY.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    try:
        return (EPOCH + dt.timedelta(milliseconds=int(found[1]))).astimezone(EASTERN).replace(tzinfo=None)
    except OverflowError:
        return None


def read(entry: Mapping[str, Any], name: str, zone: dt.tzinfo) -> dt.datetime | None:
    """The moment that `name` and its twin stand for, in UTC and whole seconds; `zone` is the location's."""
    twin = entry.get(f"{name}Offset")
    if isinstance(twin, str) and (aware := _instant(twin, zone)):
        return aware
    value = entry.get(name)
    wall = _wall(value)
    if wall is None:
        return _instant(value, zone) if isinstance(value, str) else None
    return wall.replace(tzinfo=zone, microsecond=0).astimezone(dt.UTC)


def _instant(value: str, zone: dt.tzinfo) -> dt.datetime | None:
    """ISO 8601; without an offset the location's clock is meant."""
    try:
        if len(value) <= 40 and (found := dt.datetime.fromisoformat(value)).tzinfo is None:
            return found.replace(tzinfo=zone, microsecond=0).astimezone(dt.UTC)
    except ValueError:
        return None
    return moment(value)


def read_date(entry: Mapping[str, Any], name: str) -> dt.date | None:
    """A day without a time: Eastern midnight in the old form, the digits as they stand in the twin."""
    for value in (entry.get(f"{name}Offset"), entry.get(name)):
        wall = _wall(value)
        if wall:
            return wall.date()
        if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return dt.date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def read_clock(value: object) -> str:
    """`HH:MM` of a value of which only the clock counts, "" when it is none."""
    wall = _wall(value)
    if wall:
        return wall.strftime("%H:%M")
    raw = text(value, 40)
    found = re.search(r"(?:^|T)(\d{2}:\d{2})", raw)
    return found[1] if found else ""


def write(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """The twin's form: whole seconds and a numeric offset, for the UTC form is refused (section 6, R7)."""
    return moment.astimezone(zone).replace(microsecond=0).isoformat()


def write_legacy(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """The location's wall clock as if it were Eastern."""
    wall = moment.astimezone(zone).replace(tzinfo=EASTERN)
    return f"/Date({int(wall.timestamp()) * 1000})/"


def write_last(end: dt.datetime, zone: dt.tzinfo) -> str:
    """The last moment before `end`: windows are taken to include theirs (section 4)."""
    return write(end.astimezone(dt.UTC) - dt.timedelta(seconds=1), zone)
