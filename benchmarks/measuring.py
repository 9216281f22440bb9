"""Everything at one size, in the order in which one leaves what the next needs. Runs as a child process."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import board, mirror, pacing, pages, sandbox, searching
from benchmarks.figures import Figure
from clienteling.models import User
from integrations.models import Connection

UNPACED = 1_000_000.0  # calls a second: the budget is asked, and never says no
BOOKINGS = {1: 30_000, 10: 300_000}  # in each store of the board
CLIENTS = 500  # of the board, when no mirror was read
PEOPLE = {"ana.roy@demo.test": False, "marc.petit@demo.test": False, "helene.aurel@demo.test": True}


def main(size: str, clients: str, *parts: str) -> list[dict[str, Any]]:
    """`parts`: of "mirror", "board", "pacing" and "search"; the last two, which no size changes, want the first."""
    is_read = "mirror" in parts
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="clienteling-bench-") as folder:
        with sandbox.running(Path(folder) / "sandbox.sqlite3", size=int(size) if is_read else 0) as vendor:
            _prepare(vendor)
            if is_read:
                figures += mirror.measure(vendor, size=int(size)) + pages.measure(vendor)
            else:
                searching.plant(CLIENTS)
            figures += board.measure(vendor, bookings=BOOKINGS[int(size)]) if "board" in parts else []
            figures += pacing.measure(vendor) if "pacing" in parts else []
        figures += searching.measure(clients=int(clients)) if "search" in parts else []
    return [asdict(figure) for figure in figures]


def _prepare(vendor: sandbox.Sandbox) -> None:
    """The connection, and people the sync will recognise by their e-mail."""
    for email, is_head_office in PEOPLE.items():
        User.objects.create_user(email, name=email.split("@")[0], is_head_office=is_head_office)
    Connection.objects.create(
        name="Sandbox",
        base_url=vendor.base_url,
        secrets={"partner_key": "sandbox-partner-key"},
        module_id="demo_crm",
        pace=UNPACED,
    )
