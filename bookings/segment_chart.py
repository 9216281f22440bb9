"""How many were in a segment, day by day, as a line to draw. The server draws it: no script, no style in the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bookings.models import SegmentCount

DAYS = 90  # how far back a chart looks


@dataclass(frozen=True, slots=True)
class Chart:
    """`points` and `area`: for SVG's polyline and polygon, in a box of `width` by `height`."""

    width: int
    height: int
    points: str
    area: str
    end: tuple[float, float]
    low: int
    high: int
    first: SegmentCount
    last: SegmentCount

    @property
    def change(self) -> int:
        return self.last.number - self.first.number


def draw(counts: Sequence[SegmentCount], *, width: int = 640, height: int = 160) -> Chart | None:
    """Of `counts`, ordered by day; None where there is nothing to compare yet. The scale begins at the lowest number,
    for a change of ten in a thousand is what is looked for: the page says both ends in words."""
    if len(counts) < 2:
        return None
    numbers = [one.number for one in counts]
    low, high = min(numbers), max(numbers)
    inset = 4  # room for the line's own width
    days = _days_between(counts[0].day, counts[-1].day) or 1
    across, down = width - 2 * inset, height - 2 * inset
    spots = [
        (
            round(inset + across * _days_between(counts[0].day, one.day) / days, 1),
            round(inset + down * (1 - (one.number - low) / (high - low)) if high > low else height / 2, 1),
        )
        for one in counts
    ]
    points = " ".join(f"{x},{y}" for x, y in spots)
    area = f"{spots[0][0]},{height} {points} {spots[-1][0]},{height}"
    return Chart(width, height, points, area, spots[-1], low, high, counts[0], counts[-1])


def _days_between(first: dt.date, last: dt.date) -> int:
    return (last - first).days
