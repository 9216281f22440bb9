"""The full sync: how fast, in how much memory, with how many calls; and again with nothing changed."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Sum

from benchmarks import child, database
from benchmarks.figures import Figure, median_of
from benchmarks.sandbox import Sandbox
from bookings.models import Booking, GroupEvent, Service, ServiceCategory, TimeSlot
from clienteling.models import StaffMember, Store
from integrations.models import ClientLink, ProviderCall, StaffLink
from integrations.providers.booxi import MAX_CALENDAR, MAX_PAGE, parts
from integrations.sweeps import full_days

PAGE = 50  # rows of a page with a cursor (booxi-api.md section 4)
MOST_MB = 120
PATIENCE = 1500  # seconds
ROUNDS = {1: 2, 10: 1}


def measure(sandbox: Sandbox, *, size: int) -> list[Figure]:
    """Leaves the mirror read, tidied and proven twice."""
    first, copies = _first(sandbox, rounds=ROUNDS[size])
    calls = sandbox.calls()
    waited = _waited()
    database.tidy()
    figures = _first_figures(first, copies, waited) + _calls_figures(calls)
    figures += _again_figures(sandbox, median_of([one["seconds"] for one in first]))
    return figures + _clients_figures(sandbox)


def _first(sandbox: Sandbox, *, rounds: int) -> tuple[list[dict[str, float]], list[float]]:
    """Syncs into an empty mirror, and after each the same rows by COPY."""
    syncs, copies = [], []
    for _ in range(rounds):
        database.forget_the_mirror()
        sandbox.forget_calls()
        with database.kept_known():
            syncs.append(child.run("reading", seconds=PATIENCE))
        copies += [database.copy_seconds(), database.copy_seconds()]
    return syncs, copies


def _waited() -> float:
    """Seconds a sync spent waiting for answers."""
    return float(ProviderCall.objects.aggregate(total=Sum("milliseconds"))["total"]) / 1000


def _first_figures(syncs: list[dict[str, float]], copies: list[float], waited: float) -> list[Figure]:
    seconds, rows = median_of([one["seconds"] for one in syncs]), database.rows_held()
    floor = median_of(copies)
    last = syncs[-1]
    peak = max(one["peak_mb"] for one in syncs)
    return [
        _figure("first sync", "rows in the mirror afterwards", rows, "rows"),
        _figure("first sync", "time (floor: the same rows by COPY)", seconds, "s", seconds / floor),
        _figure("first sync", "rate (floor: COPY)", rows / seconds, "rows/s", rows / seconds / (rows / floor)),
        _figure("first sync", "COPY into the same tables, indexes included", rows / floor, "rows/s"),
        _figure("first sync", "share of the time waiting for answers", 100 * waited / last["seconds"], "%"),
        _figure("first sync", "share of the time on our own processor", 100 * last["processor"] / last["seconds"], "%"),
        _figure("first sync", "most memory (floor: before it)", peak, "MB", peak / last["start_mb"], MOST_MB),
    ]


def _again_figures(sandbox: Sandbox, first: float) -> list[Figure]:
    mirror, books = database.rows_written()
    sandbox.forget_calls()
    again = child.run("reading", seconds=PATIENCE)
    mirror_after, books_after = database.rows_written()
    calls, seconds = sandbox.calls(), again["seconds"]
    books_a_call = (books_after - books) / calls
    return [
        _figure("second sync, nothing changed", "rows written to the mirror", mirror_after - mirror, "rows", most=0),
        _figure("second sync, nothing changed", "rows written for bookkeeping, a call", books_a_call, "rows"),
        _figure("second sync, nothing changed", "calls", calls, "calls"),
        _figure("second sync, nothing changed", "time (floor: the first)", seconds, "s", seconds / first),
        _figure("second sync, nothing changed", "most memory", again["peak_mb"], "MB", most=MOST_MB),
    ]


def _clients_figures(sandbox: Sandbox) -> list[Figure]:
    """Whether a client still is who she was is asked once a day, one by one: no list tells."""
    sandbox.forget_calls()
    proven = child.run("reading", "clients", seconds=PATIENCE)
    asked, calls = ClientLink.objects.exclude(proven_at=None).count(), sandbox.calls()
    return [
        _figure("a store's clients proven right", "clients", asked, "clients"),
        _figure("a store's clients proven right", "calls (floor: one a client)", calls, "calls", calls / asked),
        _figure("a store's clients proven right", "time", proven["seconds"], "s"),
    ]


def _figure(
    group: str, name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None
) -> Figure:
    return Figure(group=group, name=name, value=value, unit=unit, ratio=ratio, most=most)


# --- calls ---------------------------------------------------------------------------------------------


def _calls_figures(calls: int) -> list[Figure]:
    catalogue, calendars = least_for_catalogue(), least_for_calendars()
    least = catalogue + calendars
    used = dict(ProviderCall.objects.values_list("endpoint").annotate(Count("pk")).order_by())
    calendar = used.get("/calendar", 0)
    return [
        _figure("first sync", "calls used (floor: the least possible)", calls, "calls", calls / least),
        _figure("first sync", "  for calendars", calendar, "calls", calendar / calendars),
        _figure("first sync", "  for the catalogue", calls - calendar, "calls", (calls - calendar) / catalogue),
    ]


def least_for_catalogue() -> int:
    """Stores by the hundred; for each its hours, what it lists by pages, each person's hours, and who does what."""
    stores = Store.objects.count()
    lists = sum(_pages(model) for model in (StaffMember, ServiceCategory, Service))
    pairs = sum(1 + _least_for_pairs(store) for store in Store.objects.all())
    return math.ceil(stores / MAX_PAGE) + stores + lists + StaffMember.objects.count() + pairs


def _least_for_pairs(store: Store) -> int:
    """By person or by service, beside the one call that tells whose there are."""
    people = StaffMember.objects.filter(store=store, services__isnull=False).distinct().count()
    return min(people, Service.objects.filter(store=store, is_online=True).bookable().count())


def _pages(model: Any) -> int:
    """Pages it takes to list every store's rows."""
    counts = model.objects.values("store").annotate(n=Count("pk")).order_by().values_list("n", flat=True)
    return sum(math.ceil(count / PAGE) for count in counts)


def least_for_calendars() -> int:
    """Every person's calendar over the mirrored window, once: in the longest parts the vendor allows, page by page."""
    return sum(_pages_of(store, start, end) for store in Store.objects.all() for start, end in _parts(store))


def _parts(store: Store) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    first, last = full_days(store)
    return parts(*store.day_bounds(first, (last - first).days + 1), MAX_CALENDAR)


def _pages_of(store: Store, start: dt.datetime, end: dt.datetime) -> int:
    """An empty calendar takes a call as well."""
    entries: Counter[int] = Counter()
    for rows in (Booking.objects.live().filter(kind="appointment"), GroupEvent.objects, TimeSlot.objects):
        inside = rows.filter(store=store, starts_at__lt=end, ends_at__gt=start).order_by()
        entries.update(dict(inside.values_list("staff").annotate(n=Count("pk"))))
    people = StaffLink.objects.filter(staff__store=store).values_list("staff", flat=True)
    return sum(max(1, math.ceil(entries[person] / PAGE)) for person in people)
