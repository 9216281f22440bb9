"""What was asked of the sandbox: counters, and the last calls. No bodies, no keys, no ids."""

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

REMEMBERED = 500


@dataclass(frozen=True, kw_only=True)
class Record:
    """One call. `path` is the template; `status` is None when no answer was sent; `at` is RFC 3339."""

    method: str
    path: str
    status: int | None
    at: str
    key: str | None
    fault: str | None


class Calls:
    """Thread-safe, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int | None]] = Counter()
        self._last: deque[Record] = deque(maxlen=REMEMBERED)

    def note(self, record: Record) -> None:
        with self._lock:
            self._counts[record.method, record.path, record.status] += 1
            self._last.append(record)

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()
            self._last.clear()

    def report(self) -> dict[str, Any]:
        """`{"total", "statuses", "endpoints": [{"method", "path", "total", "statuses"}], "calls"}`, oldest first."""
        with self._lock:
            counts, last = dict(self._counts), [asdict(record) for record in self._last]
        return {
            "total": sum(counts.values()),
            "statuses": _by_status(counts),
            "endpoints": _by_endpoint(counts),
            "calls": last,
        }


Counts = dict[tuple[str, str, int | None], int]


def _by_status(counts: Counts) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (_, _, status), count in counts.items():
        totals[_named(status)] += count
    return dict(totals)


def _by_endpoint(counts: Counts) -> list[dict[str, Any]]:
    endpoints: dict[tuple[str, str], dict[str, int]] = {}
    for (method, path, status), count in sorted(counts.items(), key=str):
        endpoints.setdefault((method, path), {})[_named(status)] = count
    return [
        {"method": method, "path": path, "total": sum(statuses.values()), "statuses": statuses}
        for (method, path), statuses in endpoints.items()
    ]


def _named(status: int | None) -> str:
    return str(status) if status is not None else "no answer"
