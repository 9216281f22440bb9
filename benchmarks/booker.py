"""Booker at full size: 100,000 clients and 100,000 appointments of a brand, then an hour in which 1 % of them changed.

Runs as a child process.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import child, database, sandbox
from benchmarks.figures import Figure
from bookings.models import Booking, Service
from clienteling.models import Client, StaffMember, Store
from integrations.models import ClientLink, Connection, ProviderCall, SyncRun

CLIENTS = APPOINTMENTS = 100_000
PAGE = 100
CHANGED = 1000  # of each: 1 %
MOST_MB = 160
PATIENCE = 1800  # seconds
UNPACED = 1_000_000.0
# Appointments are planted over years: all of them are to be read. An hour passes in a moment here, so that what is
# read twice, the minutes before the last time, would hold whatever was planted "just now".
ENVIRONMENT = {
    "MIRROR_DAYS_BACK": "4000",
    "MIRROR_DAYS_AHEAD": "120",
    "BOOKER_DAILY_CALLS": "0",
    "CHANGED_OVERLAP_MINUTES": "0",
}


def main() -> list[dict[str, Any]]:
    os.environ.update(ENVIRONMENT)
    with (
        tempfile.TemporaryDirectory(prefix="clienteling-bench-") as folder,
        sandbox.running(Path(folder) / "sandbox.sqlite3", size=0) as vendor,
    ):
        plant(vendor, customers=CLIENTS, appointments=APPOINTMENTS)
        connect(vendor)
        figures = _first(vendor) + _hour(vendor)
    return [asdict(figure) for figure in figures]


def plant(vendor: sandbox.Sandbox, **wanted: int) -> None:
    """So many more of each; the sandbox takes 200,000 at once."""
    vendor.control.post("/__sandbox/booker/plant", json=wanted, timeout=600).raise_for_status()


def connect(vendor: sandbox.Sandbox) -> None:
    told = vendor.story()["booker"]
    Connection.objects.create(
        name="Booker",
        kind=Connection.Kind.BOOKER,
        base_url=vendor.url,
        brand_id=str(told["brand_id"]),
        client_id=told["client_id"],
        secrets={
            "client_secret": told["client_secret"],
            "subscription_key": told["subscription_keys"]["all"],
            "personal_access_token": told["personal_access_tokens"]["brand"],
        },
        pace=UNPACED,
    )


def _first(vendor: sandbox.Sandbox) -> list[Figure]:
    vendor.forget_calls()
    with database.kept_known():
        took = child.run("reading", "everything", seconds=PATIENCE)
    calls, rows = vendor.calls(), database.rows_held()
    database.tidy()
    floor = min(database.copy_seconds(), database.copy_seconds())
    waited = sum(ProviderCall.objects.values_list("milliseconds", flat=True)) / 1000
    rate = rows / took["seconds"]
    return [
        _figure("clients", Client.objects.count(), "clients"),
        _figure("appointments", Booking.objects.count(), "bookings"),
        _figure("rows in the mirror afterwards", rows, "rows"),
        _figure("rate (floor: COPY)", rate, "rows/s", rate / (rows / floor)),
        _figure("time", took["seconds"], "s"),
        _figure("share of the time waiting for answers", 100 * waited / took["seconds"], "%"),
        _figure("most memory (floor: before it)", took["peak_mb"], "MB", took["peak_mb"] / took["start_mb"], MOST_MB),
        _figure("calls used (floor: the least possible)", calls, "calls", calls / _least()),
    ]


def _least() -> int:
    """Lists by the hundred, store by store, and what there is no list of: a store's hours, the tokens."""
    stores = Store.objects.count()
    lists: Counter[str] = Counter()
    for store in Store.objects.all():
        rows = {
            "clients": ClientLink.objects.filter(client__stores=store).count(),
            "appointments": Booking.objects.filter(store=store).count(),
            "staff": StaffMember.objects.filter(store=store).count(),
            "services": Service.objects.filter(store=store).count(),
            "rooms": store.rooms.count(),
        }
        lists.update({name: max(1, math.ceil(number / PAGE)) for name, number in rows.items()})
    # Clients belong to one store each, whichever of them know her.
    lists["clients"] = math.ceil(ClientLink.objects.count() / PAGE)
    return lists.total() + 1 + stores + 1 + stores


def _hour(vendor: sandbox.Sandbox) -> list[Figure]:
    """The pass before takes what the first sync took so long for; then 1 % changes, and only that is read."""
    child.run("reading", "changed", seconds=PATIENCE)
    keys = list(Booking.objects.order_by("-pk").values_list("remote_id", flat=True)[:CHANGED])
    # The first ones came from lists; whom only bookings brought in the end no list will tell of.
    people = list(ClientLink.objects.order_by("pk").values_list("external_id", flat=True)[:CHANGED])
    for key in keys:
        _post(vendor, f"/__sandbox/booker/appointment/{key}", {"notes": "Changed"})
    for key in people:
        _post(vendor, f"/__sandbox/booker/customer/{key}", {"LastName": "Changed"})
    vendor.forget_calls()
    before = ProviderCall.objects.filter(endpoint__contains="/customer/").count()
    SyncRun.objects.all().delete()
    took = child.run("reading", "changed", seconds=PATIENCE)
    seen = sum(Counter(run.counts)["bookings seen"] for run in SyncRun.objects.all())
    told = Client.objects.filter(last_name="Changed").count()
    least = math.ceil(CHANGED / PAGE) * 2 + Store.objects.count() * 2
    in_full = ProviderCall.objects.filter(endpoint__contains="/customer/").count() - before
    return [
        _figure("an hour later: bookings read, of all", 100 * seen / Booking.objects.count(), "%", most=1.5),
        _figure("an hour later: clients known anew", told, "clients"),
        _figure("an hour later: clients read in full beside that", in_full, "clients"),
        _figure("an hour later: calls (floor: the least possible)", vendor.calls(), "calls", vendor.calls() / least),
        _figure("an hour later: time", took["seconds"], "s"),
    ]


def _post(vendor: sandbox.Sandbox, path: str, body: dict[str, str]) -> None:
    vendor.control.post(path, json=body).raise_for_status()


def _figure(name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None) -> Figure:
    return Figure(group="Booker", name=name, value=value, unit=unit, ratio=ratio, most=most)
