"""Measured figures, and the one table they are printed as."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SIZES = (1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ratio`: to the floor that `name` tells. `most`: what must not be exceeded; only for what does not drift.

    `value`: None where it could not be measured; `name` says why.
    """

    group: str
    name: str
    value: float | None
    unit: str
    ratio: float | None = None
    most: float | None = None

    @property
    def is_over(self) -> bool:
        return self.most is not None and self.value is not None and self.value > self.most


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (above 0, at most 1) of `values` do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def median_of(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def written(value: float | None) -> str:
    """Three digits that count; whole numbers whole, in groups of three."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


Row = list[str]


def table(measured: dict[int, list[Figure]]) -> str:
    """One row a figure, one pair of columns a size (value, times its floor), and how it grew between two sizes."""
    sizes = sorted(measured)
    by_name = {size: {(one.group, one.name): one for one in measured[size]} for size in sizes}
    names = list(dict.fromkeys(name for size in sizes for name in by_name[size]))
    head = ["", "unit", *(part for size in sizes for part in (f"{size}x", "x floor")), "must"]
    head += ["10x : 1x"] if len(sizes) > 1 else []
    rows = [head]
    group = ""
    for name in names:
        if name[0] != group:
            group = name[0]
            rows += [[], [group.upper()]]
        rows.append(_row(name[1], [by_name[size].get(name) for size in sizes]))
    return _aligned(rows)


def _row(name: str, figures: list[Figure | None]) -> Row:
    known = [one for one in figures if one]
    cells = [name, known[0].unit]
    for one in figures:
        cells += [written(one.value), written(one.ratio)] if one else ["", ""]
    must = "" if known[0].most is None else f"<= {written(known[0].most)}"
    cells.append(f"{must} BROKEN" if any(one.is_over for one in known) else must)
    if len(known) == 2 and known[0].value and known[1].value is not None:
        cells.append(written(known[1].value / known[0].value))
    return cells


def _aligned(rows: list[Row]) -> str:
    widths = [max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(len(rows[0]))]
    return "\n".join(_line(row, widths).rstrip() for row in rows)


def _line(row: Row, widths: list[int]) -> str:
    """Words to the left, numbers to the right."""
    turns: list[Callable[..., str]] = [str.ljust, str.ljust]
    return "  ".join((turns[at] if at < 2 else str.rjust)(cell, widths[at]) for at, cell in enumerate(row))
