"""The vendor sandbox as a process of its own, for tests of everything that talks over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
TODAY = "2026-05-06T08:00:00Z"  # the moment of tests.people.NOW: a Wednesday, 10:00 in Paris
SMALL = {"stores": 2, "staff-per-store": 4, "clients-per-store": 40, "bookings-per-store": 160, "booker-customers": 40}


@dataclass
class Vendor:
    """A running sandbox. `raw` speaks to its control pages, never to what the adapter uses."""

    url: str
    process: subprocess.Popen[str]
    raw: httpx.Client

    @property
    def base_url(self) -> str:
        return f"{self.url}/booking/v1"

    def fault(self, name: str, **options: Any) -> None:
        answer = self.raw.post("/__chaos/faults", json={"fault": name, "times": 1, **options})
        answer.raise_for_status()

    def calm(self) -> None:
        """As it was when planted: no faults, no quota, no calls, the clock at `TODAY`."""
        self.raw.post("/__sandbox/reset").raise_for_status()

    def calls(self) -> list[dict[str, Any]]:
        """The last calls of the adapter, oldest first."""
        found: list[dict[str, Any]] = self.raw.get("/__chaos/calls").json()["calls"]
        return found

    def truth(self, **query: Any) -> list[dict[str, Any]]:
        """Bookings as the vendor has them."""
        found: list[dict[str, Any]] = self.raw.get("/__sandbox/bookings", params=query).json()["bookings"]
        return found

    def booker_account(self) -> dict[str, Any]:
        """What a connection to its Booker needs, for all locations of the brand, by a personal access token."""
        told = self.story()["booker"]
        return {
            "kind": "booker",
            "base_url": self.url,
            "brand_id": str(told["brand_id"]),
            "client_id": told["client_id"],
            "secrets": {
                "client_secret": told["client_secret"],
                "subscription_key": told["subscription_keys"]["all"],
                "personal_access_token": told["personal_access_tokens"]["brand"],
            },
            "pace": 1000.0,
        }

    def story(self) -> dict[str, Any]:
        found: dict[str, Any] = self.raw.get("/__story").json()
        return found


@contextmanager
def running(state: Path, *, today: str = TODAY, quota: str = "off", **sizes: int) -> Iterator[Vendor]:
    """A sandbox on a free port of 127.0.0.1, ended by the way it was started."""
    wanted = SMALL | {name.replace("_", "-"): value for name, value in sizes.items()}
    options = [part for name, value in wanted.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", "integrations.sandbox", "--port", "0", "--state", str(state)]
        + ["--today", today, "--quota", quota, *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.strip().rsplit(" ", 1)[-1]
        assert url.startswith("http://127.0.0.1:"), line
        with httpx.Client(base_url=url, timeout=20, trust_env=False) as raw:
            yield Vendor(url, process, raw)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
