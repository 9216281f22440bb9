"""Having a worker look soon, without anybody waiting for the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from clienteling.celery import wake

PAUSE = 0.05  # seconds; a hundred deliveries in a moment need one message, not a hundred


class Bell:
    """Calls `ring` soon after each `press`, from a thread of its own; presses while it is busy count as one.

    A press after a commit is always followed by a call that began after it. A press lost with the process costs a
    few seconds: the schedule looks as well.
    """

    def __init__(self, ring: Callable[[], None], pause: float = PAUSE) -> None:
        self._ring = ring
        self._pause = pause
        self._pressed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def press(self) -> None:
        self._pressed.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        """On the first press, and after a fork: threads do not live on in the child."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="webhook-bell", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        while True:
            self._pressed.wait()
            self._pressed.clear()
            self._ring()
            time.sleep(self._pause)


def _ring() -> None:
    wake("integrations.tasks.process_deliveries")


bell = Bell(_ring)
