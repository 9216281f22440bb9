"""A real Celery worker, over the real broker of this run (files, or Redis)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from bookings.models import Booking, Change
from integrations import sync
from integrations.models import Connection, StoreLink, SyncRun
from tests.people import Shop
from tests.vendors import ROOT, Vendor


def database_url() -> str:
    """The test database, as another process would be told of it."""
    given = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    who = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    return f"postgres://{who}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def lane() -> int:
    """Which of the processes of a parallel run this is: each has databases of its own, in Redis too."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What web and worker processes of this test get: the test database, and a broker of their own."""
    redis = os.environ.get("REDIS_URL", "")
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "clienteling.settings",
        "DATABASE_URL": database_url(),
        "CLIENTELING_VAR": str(tmp_path),
        "CELERY_BROKER_URL": f"{redis.rsplit('/', 1)[0]}/{9 + lane()}" if redis else "filesystem://",
        "TMPDIR": str(tmp_path),
        "ALLOW_HTTP_PROVIDERS": "1",
        "SEND_LOOK_AFTER": "1",
    }


@pytest.fixture
def worker(environment: dict[str, str]) -> Any:
    """`worker()` starts one; all are ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "clienteling", "worker", "-B", "-P", "threads", "-c", "2"]
        process = subprocess.Popen(command + ["--loglevel", "WARNING"], env=environment, cwd=ROOT)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def eventually(condition: Any, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.django_db(transaction=True)
def test_a_worker_reads_what_is_due_and_survives_being_killed(
    connection: Connection, vendor: Vendor, worker: Any
) -> None:
    sync.request_full(connection=connection)
    first = worker()
    assert eventually(lambda: SyncRun.objects.filter(state=SyncRun.State.DONE).exists())
    first.kill()
    first.wait()
    # The dead worker's lease would run out by itself; here nobody waits for it.
    SyncRun.objects.exclude(state=SyncRun.State.DONE).update(held_until=timezone.now())
    worker()
    read_whole = StoreLink.objects.filter(full_at__isnull=False)
    assert eventually(lambda: read_whole.count() == 2)
    assert not SyncRun.objects.filter(state=SyncRun.State.FAILED).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_with_a_change_whose_sender_died(
    connection: Connection, vendor: Vendor, worker: Any, shop: Shop
) -> None:
    """The web process was killed after writing the change down: the store is unknown there, and the answer is kept."""
    booking = Booking.objects.create(store=shop.store, client=shop.lea, staff=shop.ana, starts_at=timezone.now())
    change = Change.objects.create(
        booking=booking,
        kind=Change.Kind.BOOK,
        author=shop.ana.user,
        author_name="Ana",
        wanted={"starts_at": timezone.now().isoformat(), "staff": shop.ana.pk, "items": []},
        next_attempt_at=timezone.now(),
    )
    worker()

    def tried() -> bool:
        change.refresh_from_db()
        return change.attempts > 1 and change.state == Change.State.UNCONFIRMED

    assert eventually(tried)
    assert change.reason == "misconfigured"
