"""The database goes away under a running server and comes back: what senders are told meanwhile."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection

import pytest
from django.db import connection as database

from benchmarks.processes import HOST, served
from integrations.models import Connection, WebhookDelivery
from tests.integrations.test_worker import environment, eventually
from tests.integrations.webhooks.sending import booxi_headers

__all__ = ["environment"]  # a fixture
BODY = b'{"id": "evt-1", "type": "appointment.created"}'

pytestmark = pytest.mark.skipif(database.vendor != "postgresql", reason="needs PostgreSQL (DATABASE_URL)")


@dataclass
class Road:
    """The way to the database, by a port of its own, which can be closed."""

    port: int = 0
    ends: list[socket.socket] = field(default_factory=list)
    listener: socket.socket | None = None

    def open(self) -> None:
        self.listener = socket.create_server((HOST, self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._lead, args=[self.listener], daemon=True).start()

    def close(self) -> None:
        for end in [*self.ends, *([self.listener] if self.listener else [])]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends, self.listener = [], None

    def _lead(self, listener: socket.socket) -> None:
        given = database.settings_dict
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((given["HOST"], int(given["PORT"] or 5432)))
                self.ends += [near, far]
                threading.Thread(target=_carry, args=[near, far], daemon=True).start()


def _carry(near: socket.socket, far: socket.socket) -> None:
    other = {near: far, far: near}
    with suppress(OSError, ValueError):
        while True:
            for one in select.select([near, far], [], [])[0]:
                part = one.recv(65536)
                if not part:
                    near.close()
                    far.close()
                    return
                other[one].sendall(part)


@pytest.fixture
def road() -> Iterator[Road]:
    way = Road()
    way.open()
    yield way
    way.close()


def answered(port: int, connection: Connection) -> tuple[int, str, float]:
    """Status, Retry-After, and seconds until then."""
    line, began = HTTPConnection(HOST, port, timeout=60), time.monotonic()
    line.request("POST", f"/webhooks/{connection.webhook_token}/", BODY, booxi_headers(BODY))
    answer = line.getresponse()
    line.close()
    return answer.status, answer.getheader("Retry-After", ""), time.monotonic() - began


@pytest.mark.django_db(transaction=True)
def test_it_says_so_soon_and_goes_on_by_itself(door: Connection, environment: dict[str, str], road: Road) -> None:
    there = database.settings_dict
    environment["DATABASE_URL"] = f"postgres://{there['USER']}:{there['PASSWORD']}@{HOST}:{road.port}/{there['NAME']}"
    environment["DATABASE_TIMEOUT"] = "1.5"
    with served(environment) as (port, _):
        assert answered(port, door)[0] == 200
        road.close()
        for _ in range(6):  # both processes, with and without a connection in the pool
            status, retry_after, seconds = answered(port, door)
            assert (status, retry_after) == (503, "10")
            assert seconds < 15, "long before the pool's own half minute"
        assert WebhookDelivery.objects.get().repeats == 0
        road.open()
        assert eventually(lambda: answered(port, door)[0] == 200, seconds=40)
