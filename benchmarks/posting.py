"""A load of signed events over several kept-alive lines, made before the clock starts, for some seconds at most."""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks import news
from benchmarks.processes import HOST

LINES = 8
MOST = 4_000  # events in one turn
HEADER_NAMES = {"booxi": "Booxi-Signature", "stripe": "Stripe-Signature"}
ACCOUNT = "acct_1"


def main(port: str, path: str, words: str, first: str, seconds: str, *headers: str) -> dict[str, Any]:
    """POST events `first` and on to `path`. `words`: "booxi" or "stripe". Milliseconds of each answer, and statuses."""
    events = (requested(path, words, int(first) + number, headers) for number in range(MOST))
    load = Load(int(port), iter(list(events)))
    began = time.perf_counter()
    load.run(until=began + float(seconds))
    spent = time.perf_counter() - began
    return {"answers": sum(load.statuses.values()), "seconds": spent, "statuses": load.statuses, "ms": load.times}


def requested(path: str, words: str, number: int, headers: tuple[str, ...] = ()) -> bytes:
    """One whole request, as it goes over the line."""
    event_id, content = f"evt_{number:08}", news.booking(number, note=f"evt_{number:08}")
    made = news.stripe_event(event_id, ACCOUNT, content) if words == "stripe" else news.event(event_id, content)
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(made)}",
        f"{HEADER_NAMES[words]}: {news.signature(made)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + made


@dataclass(slots=True)
class Line:
    """One connection: what it has heard of the answer to what it asked last, and when that was."""

    socket: socket.socket
    heard: bytearray = field(default_factory=bytearray)
    asked_at: float = 0.0

    def ask(self, request: bytes) -> None:
        self.heard.clear()
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def listen(self) -> int:
        """The status once the answer is whole, else 0. Raises ConnectionError when the other side hangs up."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError
        self.heard += part
        head, found, body = bytes(self.heard).partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return 0
        return int(head[9:12])


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class Load:
    """Each line asks again as soon as it was answered."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.port = port
        self.requests = requests
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []

    def run(self, *, until: float) -> None:
        with selectors.DefaultSelector() as ready:
            lines = [Line(socket.create_connection((HOST, self.port), timeout=30)) for _ in range(LINES)]
            for line in lines:
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(line.socket, selectors.EVENT_READ, line)
                self._go_on(ready, line, until)
            while ready.get_map():
                for key, _ in ready.select(timeout=30):
                    self._hear(ready, key.data, until)
            for line in lines:
                line.socket.close()

    def _hear(self, ready: selectors.BaseSelector, line: Line, until: float) -> None:
        status = line.listen()
        if not status:
            return
        self.statuses[status] += 1
        self.times.append((time.perf_counter() - line.asked_at) * 1000)
        self._go_on(ready, line, until)

    def _go_on(self, ready: selectors.BaseSelector, line: Line, until: float) -> None:
        request = next(self.requests, None) if time.perf_counter() < until else None
        if request is None:
            ready.unregister(line.socket)
        else:
            line.ask(request)
