"""Calls to the provider, one after the other for some seconds, through the shared budget."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from integrations.models import Connection
from integrations.pacing import PaceGate
from integrations.switchboard import Purpose, open_provider

# Somebody at the counter does not call without a pause; an odd one, so that she comes at any moment of the beat.
PERSON_PAUSE = 0.73


@dataclass(slots=True)
class Watched:
    """A gate that remembers when calls went out (seconds since the epoch), and how long each had waited."""

    gate: PaceGate
    sent: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def wait(self, *, until: float) -> None:
        began = time.perf_counter()
        self.gate.wait(until=until)
        self.sent.append(time.time())
        self.waits.append(time.perf_counter() - began)

    def charge(self) -> None:
        self.gate.charge()

    def close(self, *, seconds: float) -> None:
        self.gate.close(seconds=seconds)


def main(purpose: str, seconds: str) -> dict[str, list[float]]:
    """Says that it is ready, waits for a line, then calls for `seconds`."""
    provider = open_provider(Connection.objects.get(), Purpose(purpose))
    watched = Watched(provider.api.gate)  # type: ignore[attr-defined]
    provider.api.gate = watched  # type: ignore[attr-defined]
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        provider.stores()
        if purpose == Purpose.PERSON:
            time.sleep(PERSON_PAUSE)
    return {"sent": watched.sent, "waits": watched.waits}
