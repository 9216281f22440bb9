"""The vendor sandbox as a process of its own, and its control pages."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks import child

# 6 stores, 60 staff, 30,000 bookings. Ten times that is ten times the stores, so that a person's calendar stays what
# it is in life.
PER_STORE = {"staff-per-store": 10, "clients-per-store": 500, "bookings-per-store": 5000}
STORES = {0: 1, 1: 6, 10: 60}
FEW = {"staff-per-store": 2, "clients-per-store": 20, "bookings-per-store": 20}  # at size 0


@dataclass(frozen=True, slots=True)
class Sandbox:
    url: str
    control: httpx.Client

    @property
    def base_url(self) -> str:
        return f"{self.url}/booking/v1"

    def story(self) -> dict[str, Any]:
        found: dict[str, Any] = self._read("/__story")
        return found

    def forget_calls(self) -> None:
        self.control.delete("/__chaos/calls").raise_for_status()

    def calls(self) -> int:
        """Since they were last forgotten."""
        return int(self._read("/__chaos/calls")["total"])

    def paths(self) -> Counter[str]:
        """Of the last calls (500 at most), how many went to each path."""
        return Counter(call["path"] for call in self._read("/__chaos/calls")["calls"])

    def made_client(self, names: dict[str, str]) -> str:
        """The id of a new client of the first store, made as another of its customers would."""
        headers = {"Booxi-PartnerKey": "sandbox-partner-key"}
        answer = self.control.post("/booking/v1/client", headers=headers, json={"merchantId": 501, **names})
        return str(answer.raise_for_status().json()["id"])

    def refused_over_quota(self) -> int:
        return int(self._read("/__chaos/calls")["statuses"].get("429", 0))

    def busiest_clock_second(self) -> int:
        """Of the last 500 calls, how many were answered within one second of the sandbox's clock."""
        return max(Counter(call["at"] for call in self._read("/__chaos/calls")["calls"]).values(), default=0)

    def set_quota(self, mode: str) -> None:
        self.control.post("/__chaos/quota", json={"mode": mode}).raise_for_status()

    def _read(self, path: str) -> Any:
        return self.control.get(path).raise_for_status().json()


@contextmanager
def running(state: Path, *, size: int) -> Iterator[Sandbox]:
    """A sandbox on a free port of 127.0.0.1, without quota, ended with the block."""
    sizes = {"booker-customers": 0, "stores": STORES[size], **(PER_STORE if size else FEW)}
    options = [part for name, value in sizes.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "integrations.sandbox", "--port", "0", "--state", str(state), "--quota", "off"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().rsplit(" ", 1)[-1]
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as control:
            yield Sandbox(url, control)
    finally:
        child.stop(process)
