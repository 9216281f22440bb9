"""The sandbox as the process it is in real life."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.sandbox.desk import NOW, PARTNER

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30


@dataclass
class Running:
    process: subprocess.Popen[str]
    address: str
    http: httpx.Client

    def calm(self) -> None:
        self.http.delete("/__chaos/faults")
        self.http.delete("/__chaos/calls")
        self.http.post("/__chaos/quota", json={"mode": "off"})

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self.http.request(method, f"/booking/v1{path}", headers=PARTNER, **how)

    def fault(self, name: str, **how: Any) -> None:
        answer = self.http.post("/__chaos/faults", json={"fault": name} | how)
        assert answer.status_code == 201, answer.text

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal; the answer is the exit status. Raises TimeoutExpired when it does not end."""
        self.http.close()
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


def start(state: Path, *more: str) -> Running:
    """A running sandbox on that state file, at NOW, its quota off; RuntimeError when it does not come up."""
    command = [sys.executable, "-m", "integrations.sandbox", "--port", "0", "--state", str(state), "--today", NOW]
    process = subprocess.Popen(
        [*command, "--quota", "off", *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    impatience = threading.Timer(PATIENCE, process.kill)
    impatience.start()
    line = process.stdout.readline()
    impatience.cancel()
    if not line.startswith("sandbox listening on http://127.0.0.1:"):
        process.kill()
        raise RuntimeError(f"the sandbox said {line!r}")
    address = line.split()[-1]
    return Running(process=process, address=address, http=httpx.Client(base_url=address, timeout=10))


@contextmanager
def running(state: Path, *more: str) -> Iterator[Running]:
    made = start(state, *more)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()
        if made.process.stdout is not None:
            made.process.stdout.close()
