"""Everything that waits, understood by one process, as a worker does it when it is woken."""

from __future__ import annotations

import time

from integrations.webhooks import processing


def main() -> dict[str, float]:
    """Deliveries, seconds on the clock and seconds of processor."""
    began, worked = time.perf_counter(), time.process_time()
    taken = processing.work().taken
    return {"taken": taken, "seconds": time.perf_counter() - began, "processor": time.process_time() - worked}
