"""Requests a key may still make: sliding windows, as booxi-api.md section 3 gives them."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

from integrations.sandbox.http import Refusal

Window = tuple[int, float]
"""How many requests, in how many seconds."""

MODES: dict[str, tuple[Window, ...]] = {
    "vendor": ((5, 1.0), (300, 60.0)),
    "generous": ((500, 1.0),),
    "off": (),
}


class Quota:
    """Counts per key, in memory: a restart forgives everything."""

    def __init__(self, mode: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._spent: dict[str, deque[float]] = defaultdict(deque)
        self._first_mode = mode
        self.mode = mode

    def start_again(self) -> None:
        """Back to the mode it was made with."""
        self.set_mode(self._first_mode)

    def set_mode(self, mode: str) -> None:
        """`vendor`, `generous` or `off`; what was spent so far is forgotten."""
        with self._lock:
            self.mode = mode
            self._spent.clear()

    def spend(self, key: str) -> None:
        """Count a request; a 429 Refusal, which is not counted, when the key has none left."""
        with self._lock:
            now, spent = self._monotonic(), self._recent(key)
            for most, seconds in MODES[self.mode]:
                if sum(1 for moment in spent if moment > now - seconds) >= most:
                    raise Refusal(429, "Too many requests for this API key.")
            spent.append(now)

    def charge_again(self, key: str) -> None:
        """A call that ended in a 400 counts double."""
        with self._lock:
            self._recent(key).append(self._monotonic())

    def _recent(self, key: str) -> deque[float]:
        spent = self._spent[key]
        longest = max((seconds for _, seconds in MODES[self.mode]), default=0.0)
        while spent and spent[0] <= self._monotonic() - longest:
            spent.popleft()
        return spent
