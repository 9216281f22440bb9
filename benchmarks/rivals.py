"""Others' packages from the package index, each in an environment and databases of its own on the same server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import database
from benchmarks.news import SECRET
from benchmarks.posting import ACCOUNT
from benchmarks.processes import ROOT, served

PATIENCE = 300  # seconds, for each step: some fetch, some make a hundred tables


@dataclass(frozen=True, slots=True)
class Package:
    """`project`: of `benchmarks/`, what it runs in."""

    name: str
    project: str

    @property
    def lock(self) -> Path:
        return ROOT / "benchmarks" / f"requirements-{self.project}.txt"

    @property
    def environment(self) -> Path:
        return ROOT / f".venv-{self.project}"


DJ_STRIPE = Package("dj-stripe", "djstripe")
DJANGO_APPOINTMENT = Package("django-appointment", "djappointment")


# --- dj-stripe's webhook -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rival:
    port: int
    path: str
    version: str


@contextmanager
def dj_stripe() -> Iterator[Rival | None]:
    """None when its environment cannot be made, as without a package index."""
    python = environment(DJ_STRIPE)
    if python is None:
        yield None
        return
    with _placed(DJ_STRIPE) as variables:
        path = _said([python, "-m", "benchmarks.djstripe.prepare", SECRET, ACCOUNT], variables)
        version = _said(
            [python, "-c", "from importlib.metadata import version; print(version('dj-stripe'))"], variables
        )
        with served(variables, application="benchmarks.djstripe.wsgi", python=python) as (port, _):
            yield Rival(port, path, version)


# --- django-appointment's pages --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OtherPage:
    """Somebody else's page: how to ask for it, what is on it, what it cost when counted."""

    path: str
    headers: dict[str, str]
    words: str
    queries: int
    html: int
    compressed: int


@dataclass(frozen=True, slots=True)
class Appointments:
    """`slots`: of one person on one day; `calendar`: of everybody, all there is."""

    port: int
    version: str
    slots: OtherPage
    calendar: OtherPage


@contextmanager
def django_appointment(sizes: Sequence[int], a_day: int) -> Iterator[dict[int, Appointments]]:
    """A server for each number of people, with `a_day` bookings each on one day, and no other. Empty when its
    environment cannot be made."""
    python = environment(DJANGO_APPOINTMENT)
    with ExitStack() as stack:
        yield {people: stack.enter_context(_appointments(python, people, a_day)) for people in sizes if python}


@contextmanager
def _appointments(python: str, people: int, a_day: int) -> Iterator[Appointments]:
    with _placed(DJANGO_APPOINTMENT, str(people)) as variables:
        command = [python, "-m", "benchmarks.djappointment.prepare", str(people), str(a_day)]
        found: dict[str, Any] = json.loads(_said(command, variables))
        pages = {name: OtherPage(**page) for name, page in found["pages"].items()}
        with served(variables, application="benchmarks.djappointment.wsgi", python=python) as (port, _):
            yield Appointments(port, found["version"], pages["slots"], pages["calendar"])


# --- environments ------------------------------------------------------------------------------------------------


@contextmanager
def _placed(package: Package, number: str = "") -> Iterator[dict[str, str]]:
    """The variables of its processes, with a database of its own that is dropped at the end."""
    with database.throw_away(os.environ["DATABASE_URL"], suffix=f"_{package.project}{number}") as address:
        settings = f"benchmarks.{package.project}.settings"
        yield {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": settings}


def _said(command: list[str], variables: dict[str, str]) -> str:
    answer = subprocess.run(
        command, env=variables, cwd=ROOT, check=True, timeout=PATIENCE, capture_output=True, text=True
    )
    return answer.stdout.strip()


def environment(package: Package) -> str | None:
    """Its Python, with exactly what the lock says; made when it is not there yet."""
    python, stamp = package.environment / "bin" / "python", package.environment / ".lock-stamp"
    wanted = hashlib.sha256(package.lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return str(python)
    sys.stderr.write(f"Making an environment for {package.name} ...\n")
    try:
        shutil.rmtree(package.environment, ignore_errors=True)
        _quietly(sys.executable, "-m", "venv", str(package.environment))
        _quietly(str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(package.lock))
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"It could not be made ({type(error).__name__}).\n")
        return None
    stamp.write_text(wanted)
    return str(python)


def _quietly(*command: str) -> None:
    subprocess.run(command, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
