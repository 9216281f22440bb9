"""The telling: a few threads that take what is due from the outbox and send it, in order for each subject."""

import http.client
import sqlite3
import threading
import time
from urllib.parse import urlsplit

from integrations.sandbox.clock import Clock
from integrations.sandbox.http import Refusal
from integrations.sandbox.state import State
from integrations.sandbox.webhooks import outbox, signing
from integrations.sandbox.webhooks.garbage import BODIES
from integrations.sandbox.webhooks.signing import Letter

THREADS = 4
PATIENCE = 5.0
"""Seconds a listener has to answer (section 12 of booxi-api.md, an assumption)."""
LOOKED_AT = 100
IDLE_MOST = 60.0
DRAIN_STEP = 0.02


class Sender:
    """Sends from the outbox of one state file. Without `start` it only sends when asked to `drain`."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.is_paused = False
        self._state, self._clock = state, clock
        self._lock = threading.Lock()
        self._busy: set[tuple[int, str]] = set()
        self._news = threading.Event()
        self._is_stopping = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; one that waits for a listener is left behind, its delivery still in the outbox."""
        self._is_stopping = True
        self.wake()
        for thread in self._threads:
            thread.join(timeout=0.2)

    def wake(self) -> None:
        self._news.set()

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self.wake()

    def drain(self, *, seconds: float) -> dict[str, int]:
        """Send everything that waits, now, and whatever that leads to; the counts by state when done or out of time.

        409 while paused.
        """
        if self.is_paused:
            raise Refusal(409, "Sending is paused.")
        with self._state.noting() as db:
            outbox.hurry(db)
        self.wake()
        until = time.monotonic() + seconds
        while (counts := self._counts())[outbox.WAITING] and time.monotonic() < until:
            if not self._send_one():
                time.sleep(DRAIN_STEP)
        return counts

    def _counts(self) -> dict[str, int]:
        with self._state.reading() as db:
            return outbox.counts(db)

    def _work(self) -> None:
        while not self._is_stopping:
            if not self._send_one():
                self._news.wait(self._idle_seconds())
                self._news.clear()
        self._state.close()

    def _idle_seconds(self) -> float:
        with self._state.reading() as db:
            until_next = outbox.next_due(db)
        return IDLE_MOST if until_next is None else min(until_next + 0.01, IDLE_MOST)

    def _send_one(self) -> bool:
        row = self._claimed()
        if row is None:
            return False
        try:
            status = post(row, at=self._clock.now())
            with self._state.noting() as db:
                outbox.settle(db, row, status=status, now=self._clock.now())
        finally:
            with self._lock:
                self._busy.discard(_subject(row))
        return True

    def _claimed(self) -> sqlite3.Row | None:
        """The oldest delivery that is due and whose subject no other thread is busy with."""
        with self._lock:
            if self.is_paused:
                return None
            with self._state.reading() as db:
                rows = outbox.due(db, most=LOOKED_AT)
            row = next((row for row in rows if _subject(row) not in self._busy), None)
            if row is not None:
                self._busy.add(_subject(row))
            return row


def _subject(row: sqlite3.Row) -> tuple[int, str]:
    return row["registration_id"], row["subject"]


def post(row: sqlite3.Row, *, at: int) -> int | None:
    """Send one delivery, signed as of `at` (sandbox clock); the status of the answer, or None without one."""
    where = urlsplit(row["url"])
    path = where.path or "/"
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=PATIENCE)
    try:
        body = _body(row)
        connection.request(
            row["method"], f"{path}?{where.query}" if where.query else path, body, _headers(row, body, at)
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _body(row: sqlite3.Row) -> bytes:
    """The event; at the first try the garbage that chaos put in its place."""
    name, _, kind = row["fault"].partition(":")
    is_garbage = name == "webhook_garbage" and not row["tries"]
    return BODIES[kind] if is_garbage else row["body"].encode()


def _headers(row: sqlite3.Row, body: bytes, at: int) -> dict[str, str]:
    is_wrong = row["fault"] == "webhook_wrong_signature" and not row["tries"]
    secret = signing.wrong_secret(row["scheme"]) if is_wrong else row["secret"]
    letter = Letter(id=row["event_id"], at=at, body=body)
    proof = signing.headers(row["scheme"], secret=secret, header=row["header"], letter=letter)
    return {"Content-Type": "application/json", "User-Agent": "sandbox-webhooks"} | proof
