"""When somebody is free: arithmetic on spans of epoch seconds, knowing neither HTTP nor the database."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.times import wall, wall_minutes

Span = tuple[int, int]
"""Start (included) and end (excluded), epoch seconds."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as sorted spans that neither touch nor overlap; empty ones vanish."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def shared(these: Iterable[Span], those: Iterable[Span]) -> list[Span]:
    """The time that is in both."""
    left, right = merged(these), merged(those)
    result: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            result.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return result


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The time of `spans` that no hole covers."""
    result: list[Span] = []
    taken = merged(holes)
    first = 0
    for start, end in merged(spans):
        while first < len(taken) and taken[first][1] <= start:
            first += 1
        for hole_start, hole_end in islice(taken, first, None):
            if hole_start >= end:
                break
            result.append((start, hole_start))
            start = hole_end
        result.append((start, end))
    return merged(result)


def covers(spans: Iterable[Span], span: Span) -> bool:
    """Whether one unbroken piece of `spans` holds all of `span`."""
    return any(start <= span[0] and span[1] <= end for start, end in merged(spans))


def collides(spans: Iterable[Span], span: Span) -> bool:
    """Whether any of `spans` shares a moment with `span`."""
    return any(start < span[1] and span[0] < end for start, end in spans)


def weekly_spans(hours: Sequence[Mapping[str, Any]], *, zone: ZoneInfo, first: date, last: date) -> list[Span]:
    """Wall-clock hours `{dow, start, end}` (dow 0 is Sunday) laid on the days first..last, both included.

    On the day of a clock change a shift keeps its wall-clock ends, and so lasts an hour more or less.
    """
    result: list[Span] = []
    for day in _days(first, last):
        for entry in hours:
            if entry["dow"] == day.isoweekday() % 7:
                start, end = wall_minutes(entry["start"]), wall_minutes(entry["end"])
                result.append((wall(day, start, zone=zone), wall(day, end, zone=zone)))
    return merged(result)


def _days(first: date, last: date) -> Iterator[date]:
    for count in range((last - first).days + 1):
        yield first + timedelta(days=count)


def possible_starts(
    work: Iterable[Span], busy: Iterable[Span], *, length: int, tail: int, step: int, earliest: int, latest: int
) -> list[int]:
    """Starts on the `step` grid, earliest..latest, where `length` seconds fit into work and `tail` more stay clear.

    The tail (cleaning after a service) must not meet anything busy, but may run past closing time.
    """
    taken = merged(busy)
    busy_starts = [start for start, _ in taken]
    result: list[int] = []
    for free_start, free_end in without(work, taken):
        start = _next_on_grid(max(free_start, earliest), step=step)
        while start + length <= free_end and start <= latest:
            if _is_clear(busy_starts, after=start, until=start + length + tail):
                result.append(start)
            start += step
    return result


def _next_on_grid(instant: int, *, step: int) -> int:
    return -(-instant // step) * step


def _is_clear(busy_starts: Sequence[int], *, after: int, until: int) -> bool:
    following = bisect_left(busy_starts, after)
    return following == len(busy_starts) or busy_starts[following] >= until
