"""The vendor's quota, asked for by several workers at once while a person calls too."""

from __future__ import annotations

import subprocess

from benchmarks import child
from benchmarks.figures import Figure, percentile
from benchmarks.sandbox import Sandbox
from integrations.models import Connection
from integrations.pacing import SAFETY
from integrations.switchboard import Purpose

QUOTA = 5  # calls in any second (booxi-api.md section 3)
WORKERS = 4
SECONDS = 20
PATIENCE = SECONDS + 60  # a last call may wait for its turn as long as a call in the background may


def measure(sandbox: Sandbox) -> list[Figure]:
    Connection.objects.update(pace=None)
    sandbox.set_quota("vendor")
    sandbox.forget_calls()
    sweeps, person = _called()
    sent = sorted(moment for one in [*sweeps, person] for moment in one["sent"])
    place, shortest = SAFETY / QUOTA, shortest_run(sent, QUOTA + 1)
    return [
        _figure("calls sent, busiest second of any", busiest_second(sent), "calls", most=QUOTA),
        _figure(f"{QUOTA + 1} calls sent in a row, shortest (floor: a second)", shortest * 1000, "ms", shortest),
        _figure("calls seen, busiest second of the vendor's clock", sandbox.busiest_clock_second(), "calls"),
        _figure("answers 429", sandbox.refused_over_quota(), "calls", most=0),
        _figure(f"calls a second (floor: {QUOTA}/s)", len(sent) / SECONDS, "calls/s", len(sent) / SECONDS / QUOTA),
        _wait("a person's wait for her turn, p50 (floor: one place)", 0.5, person["waits"], place),
        _wait("a person's wait for her turn, longest", 1.0, person["waits"], place),
    ]


def _called() -> tuple[list[dict[str, list[float]]], dict[str, list[float]]]:
    purposes = [*[Purpose.SWEEP] * WORKERS, Purpose.PERSON]
    processes = [child.start("calling", str(purpose), str(SECONDS)) for purpose in purposes]
    try:
        _let_go(processes)
        *sweeps, person = [child.result(process, seconds=PATIENCE) for process in processes]
    finally:
        for process in processes:
            child.stop(process)
    return sweeps, person


def _let_go(processes: list[subprocess.Popen[str]]) -> None:
    """All at once, when all are ready."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def busiest_second(moments: list[float]) -> int:
    """The most of `moments` (in order, seconds) that lie within any one second, its end not included."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def shortest_run(moments: list[float], number: int) -> float:
    """Seconds from the first to the last of the closest `number` moments: what jitter on the way may eat up."""
    return min(last - first for first, last in zip(moments, moments[number - 1 :], strict=False))


def _wait(name: str, share: float, waits: list[float], place: float) -> Figure:
    waited = percentile(waits, share)
    return _figure(name, waited * 1000, "ms", waited / place)


def _figure(name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None) -> Figure:
    return Figure(
        group=f"pacing, {WORKERS} sweeps and a person", name=name, value=value, unit=unit, ratio=ratio, most=most
    )
