"""One full sync in a process of its own, whose memory and time are nobody else's."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from integrations import sync
from integrations.models import Connection, StoreLink, SyncRun


def main(what: str = "mirror") -> dict[str, float]:
    """`what`: the mirror; everything; what has changed since; or the clients of one store proven right.

    Seconds on the clock, seconds of processor, MB resident at the start and at the highest.
    """
    before = peak_mb()
    began, worked = time.perf_counter(), time.process_time()
    REQUESTS[what]()
    sync.work()
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    unfinished = SyncRun.objects.exclude(state=SyncRun.State.DONE).count()
    assert not unfinished, f"{unfinished} runs are not done"
    return {"seconds": seconds, "processor": processor, "start_mb": before, "peak_mb": peak_mb()}


def _mirror() -> None:
    sync.request_full(connection=Connection.objects.get(), with_clients=False)


def _everything() -> None:
    """The catalogue brings the stores, and what is due of them follows; the clients come last."""
    connection = Connection.objects.get()
    sync.request(connection, SyncRun.Kind.CATALOGUE)
    sync.request(connection, SyncRun.Kind.CLIENTS)


def _changed() -> None:
    for link in StoreLink.objects.select_related("connection", "store"):
        sync.request(link.connection, SyncRun.Kind.CHANGED, store=link.store)


def _clients() -> None:
    link = StoreLink.objects.select_related("connection", "store").order_by("pk")[0]
    sync.request(link.connection, SyncRun.Kind.CLIENTS, store=link.store)


REQUESTS = {"mirror": _mirror, "everything": _everything, "changed": _changed, "clients": _clients}


def peak_mb() -> float:
    """The most memory this process ever held. Linux's own count: getrusage's includes whoever started us."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
