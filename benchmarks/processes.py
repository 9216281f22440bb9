"""gunicorn, Celery and Redis as they are deployed, on free ports of 127.0.0.1, to be measured and to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
Environment = Mapping[str, str]


@dataclass(slots=True)
class Process:
    """Something started in a session of its own, so that nothing of it outlives `stop`.

    `is_quiet`: what it prints is lost: of somebody who is going to be killed, or whose Redis is, it is a great deal.
    """

    command: Sequence[str]
    environment: Environment
    pass_fds: Sequence[int] = ()
    is_quiet: bool = False
    running: subprocess.Popen[bytes] | None = None
    sessions: list[int] = field(default_factory=list)

    def start(self) -> None:
        silence = subprocess.DEVNULL if self.is_quiet else None
        self.running = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=ROOT,
            pass_fds=self.pass_fds,
            start_new_session=True,
            stdout=silence,
            stderr=silence,
        )
        self.sessions.append(self.running.pid)

    @property
    def children(self) -> list[int]:
        """Ids of its direct children; none where this is not Linux."""
        pid = self.running.pid if self.running else 0
        with suppress(OSError):
            return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def kill(self) -> None:
        """SIGKILL to the process itself; its children notice or they do not."""
        if self.running:
            self.running.kill()
            self.running.wait()

    def stop(self) -> None:
        """Asked first; after ten seconds, and whatever was left behind by a kill, by SIGKILL."""
        if self.running and self.running.poll() is None:
            self.running.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.running.wait(10)
        for session in self.sessions:
            with suppress(ProcessLookupError):
                os.killpg(session, signal.SIGKILL)
        if self.running:
            self.running.wait()


@contextmanager
def running(*processes: Process) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.stop()


# --- web ---------------------------------------------------------------------------------------------------


@contextmanager
def served(
    environment: Environment | None = None, *, application: str = "clienteling.wsgi", python: str = sys.executable
) -> Iterator[tuple[int, Process]]:
    """gunicorn as it is deployed: two processes with threads. Yields the port, listened on from the start.

    The port stays ours while gunicorn is killed and started again: who connects meanwhile waits.
    """
    with socket.create_server((HOST, 0), backlog=256) as listener:
        # gunicorn sets it too, but we may connect before it is up: 40 ms an answer, by Nagle and delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        command = [python, "-m", "gunicorn", application, "--bind", f"fd://{listener.fileno()}"]
        options = ["--workers", "2", "--threads", "4", "--keep-alive", "30", "--log-level", "critical"]
        gunicorn = Process([*command, *options], environment or os.environ, [listener.fileno()])
        with running(gunicorn):
            yield listener.getsockname()[1], gunicorn


# --- workers -----------------------------------------------------------------------------------------------


def worker(environment: Environment, *, application: str = "clienteling", processes: int = 2) -> Process:
    options = ["--pool", "prefork", "--concurrency", str(processes), "--without-mingle", "--without-gossip"]
    return Process([*_celery(application), "worker", *options], environment, is_quiet=True)


def beat(environment: Environment) -> Process:
    return Process([*_celery("clienteling"), "beat", "--pidfile", ""], environment, is_quiet=True)


def _celery(application: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", application]


# --- Redis -------------------------------------------------------------------------------------------------


def has_redis() -> bool:
    return shutil.which("redis-server") is not None


@contextmanager
def redis(folder: Path) -> Iterator[tuple[str, Process]]:
    """A Redis of our own that remembers nothing. Yields its address; it answers by then."""
    port = free_port()
    options = ["--port", str(port), "--bind", HOST, "--save", "", "--dir", str(folder)]
    process = Process(["redis-server", *options], os.environ, is_quiet=True)
    with running(process):
        wait_for(port)
        yield f"redis://{HOST}:{port}/0", process


def free_port() -> int:
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 20) -> None:
    """Until somebody listens. Raises OSError when nobody does."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def settings_for(environment: Environment, redis_url: str, **more: Any) -> dict[str, str]:
    """`environment` for processes whose Redis is at `redis_url`."""
    return {**environment, "REDIS_URL": redis_url, "CELERY_BROKER_URL": redis_url, **more}
