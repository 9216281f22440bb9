"""Everything about webhooks, with a Redis of this process's environment. Runs as a child process."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from benchmarks import ingest, killing, understanding


def main() -> list[dict[str, Any]]:
    figures = ingest.measure(os.environ["REDIS_URL"]) + understanding.measure() + killing.measure()
    return [asdict(figure) for figure in figures]
