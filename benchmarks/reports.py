"""The Customers report of Booker as a file in each format: of 100,000 rows, then of 1,000,000.

Runs as a child process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import booker, child, sandbox
from benchmarks.figures import Figure
from integrations.reports.files import Format

SIZES = (103_500, 1_035_000)  # customers; about one in thirty of them is none any more
AT_ONCE = 100_000  # customers planted by one call
MOST_MB = 200
MOST_GROWTH = 1.25  # of the memory, while the rows grow tenfold
PATIENCE = 2400  # seconds for one file


def main(*sizes: str) -> list[dict[str, Any]]:
    os.environ.update(booker.ENVIRONMENT)
    with (
        tempfile.TemporaryDirectory(prefix="clienteling-bench-") as folder,
        sandbox.running(Path(folder) / "sandbox.sqlite3", size=0) as vendor,
    ):
        booker.connect(vendor)
        return [asdict(figure) for figure in _figures(vendor, [int(size) for size in sizes] or SIZES)]


def _figures(vendor: sandbox.Sandbox, sizes: list[int] | tuple[int, ...]) -> Iterator[Figure]:
    planted = 0
    fewest: dict[Format, float] = {}
    for size in sizes:
        for done in range(planted, size, AT_ONCE):
            booker.plant(vendor, customers=min(AT_ONCE, size - done))
        planted = size
        for format in Format:
            made = child.run("filing", "customers", format.value, seconds=PATIENCE)
            yield from _told(f"{made['rows']:,.0f} rows as {format.value}", made)
            growth = made["peak_mb"] / fewest.setdefault(format, made["peak_mb"])
            if size > sizes[0]:
                yield _figure(f"{format.value}: memory, x with the fewest rows", growth, "x", most=MOST_GROWTH)


def _told(name: str, made: dict[str, float]) -> list[Figure]:
    peak, start = made["peak_mb"], made["start_mb"]
    return [
        _figure(f"{name}: rate", made["rows"] / made["seconds"], "rows/s"),
        _figure(f"{name}: share of the time waiting for answers", 100 * made["waited"] / made["seconds"], "%"),
        _figure(f"{name}: file", made["mb"], "MB"),
        _figure(f"{name}: most memory (floor: before it)", peak, "MB", peak / start, MOST_MB),
    ]


def _figure(name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None) -> Figure:
    return Figure(group="reports", name=name, value=value, unit=unit, ratio=ratio, most=most)
