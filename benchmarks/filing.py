"""One report as one file, in a process of its own, whose memory and time are nobody else's."""

from __future__ import annotations

import time

from benchmarks.reading import peak_mb
from integrations.models import Connection, ProviderCall, ReportRun
from integrations.reports import running
from integrations.reports.files import Format
from integrations.reports.options import MOST_BACK
from integrations.reports.registry import REPORTS

EVER = {"start": {"back": MOST_BACK}, "end": {"back": 0}}


def main(name: str, format: str) -> dict[str, float]:
    """Rows and MB of the file; seconds, and how many of them went by waiting; MB resident, at first and at most.

    The file is removed.
    """
    report, connection = REPORTS[name], Connection.objects.get()
    ProviderCall.objects.all().delete()
    before = peak_mb()
    began = time.perf_counter()
    run = running.order(
        report=report, options=report.read(EVER), connection=connection, format=Format(format), user=None
    )
    running.work()
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    assert run.state == ReportRun.State.DONE, run.reason
    waited = sum(ProviderCall.objects.values_list("milliseconds", flat=True).iterator()) / 1000
    found = {"rows": run.row_count, "mb": run.size / 1e6, "seconds": seconds, "waited": waited}
    running.cancel(run)
    return found | {"start_mb": before, "peak_mb": peak_mb()}
