"""What becomes of deliveries: how many a second, how soon after they came, and with how many calls."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
from django.urls import reverse

from benchmarks import child, database, news, posting, sandbox
from benchmarks.figures import Figure, percentile
from benchmarks.processes import HOST, running, served, worker
from benchmarks.worker import nothing
from integrations import linking
from integrations.models import ClientLink, Connection, Linking, ProviderCall, WebhookDelivery
from integrations.webhooks import processing

GROUP = "understanding webhooks"
QUEUED = 5_000
WARM_UP, ROUNDS = 10, 150
STRANGERS = 20
Version = dict[str, Any]


def measure() -> list[Figure]:
    """Redis is the one of this process's environment. Leaves nothing waiting."""
    WebhookDelivery.objects.all().delete()
    connection = news.plant()
    figures = [
        _drained(connection, "new bookings", lambda number: {}),
        _drained(connection, "changed bookings", lambda number: {"version": 1}),
        _drained(connection, "older news", lambda number: {"note": "late"}),
    ]
    figures += _soon(connection)
    handled = WebhookDelivery.objects.exclude(state=WebhookDelivery.State.WAITING).count()
    name = f"provider calls for {handled:,} deliveries of whole bookings"
    return [*figures, _figure(name, ProviderCall.objects.count(), "calls", most=0), _linked()]


# --- how many a second -------------------------------------------------------------------------------------


def _drained(connection: Connection, what: str, version: Callable[[int], Version]) -> Figure:
    """`QUEUED` deliveries that wait already, taken by one process."""
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            connection=connection,
            event_id=f"{what} {number}",
            event_type="appointment.updated",
            body=news.event(f"{what} {number}", news.booking(number, **version(number))).decode(),
        )
        for number in range(QUEUED)
    )
    database.tidy()
    found = child.run("draining", seconds=300)
    assert found["taken"] == QUEUED, f"{what}: {found['taken']}"
    return _figure(f"one process, from a full queue: {what}", QUEUED / found["seconds"], "/s")


# --- how soon ----------------------------------------------------------------------------------------------


def _soon(connection: Connection) -> list[Figure]:
    """By a real worker on Redis, in turns with a task that does nothing; both go to the same worker."""
    empty, applied = list[float](), list[float]()
    workers = worker(os.environ, application="benchmarks.worker")
    with served(os.environ) as (port, _), running(workers), database.opened() as session:
        line = HTTPConnection(HOST, port, timeout=60)
        for number in range(WARM_UP + ROUNDS):
            empty.append(_milliseconds(lambda: nothing.delay().get(timeout=60)))
            applied.append(_milliseconds(lambda n=number: _told(line, session, connection, QUEUED + n)))
            time.sleep(random.uniform(0, 0.1))  # news comes at any moment
        line.close()
    return _times("a task that does nothing, there and back (the floor)", empty, empty) + _times(
        "posted, kept, a worker woken, applied (floor: that task)", applied, empty
    )


def _told(line: HTTPConnection, session: psycopg.Connection, connection: Connection, number: int) -> None:
    """One event posted; back as soon as another session sees that it was applied."""
    event_id = f"soon-{number}"
    body = news.event(event_id, news.booking(number))
    headers = {posting.HEADER_NAMES["booxi"]: news.signature(body), "Content-Type": "application/json"}
    line.request("POST", reverse("webhook", args=[connection.webhook_token]), body, headers)
    answer = line.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    done = "SELECT 1 FROM integrations_webhookdelivery WHERE event_id = %s AND state = 'done'"
    until = time.monotonic() + 60
    while not session.execute(done, [event_id]).fetchone():
        assert time.monotonic() < until, "nobody took it"
        time.sleep(0.0005)


def _milliseconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _times(name: str, times: list[float], floor: list[float]) -> list[Figure]:
    found = []
    for word, share in (("p50", 0.5), ("p95", 0.95)):
        value = percentile(times[WARM_UP:], share)
        found.append(_figure(f"{name}: {word}", value, "ms", value / percentile(floor[WARM_UP:], share)))
    return found


# --- with how many calls -----------------------------------------------------------------------------------


def _linked() -> Figure:
    """Bookings of clients whose link has to be written: calls to the booking system, the CRM's not among them."""
    with (
        tempfile.TemporaryDirectory(prefix="clienteling-bench-") as folder,
        sandbox.running(Path(folder) / "sandbox.sqlite3", size=0) as vendor,
    ):
        connection = _connected(vendor)
        people = [_stranger(vendor, connection, number) for number in range(STRANGERS)]
        vendor.forget_calls()
        _heard(connection, people)
        processing.work()
        linking.work()
        asked = vendor.paths()
    done = Linking.objects.filter(connection=connection, state=Linking.State.DONE).count()
    assert done == STRANGERS, f"{done} were linked"
    calls = sum(number for path, number in asked.items() if "customers" not in path)
    name = "  and a delivery whose client has to be linked"
    return _figure(name, calls / STRANGERS, "calls", most=1)


def _connected(vendor: sandbox.Sandbox) -> Connection:
    """A shop of its own, at the sandbox, whose messages have shown links before."""
    WebhookDelivery.objects.all().delete()
    crm = Connection.objects.create(
        name="CRM", kind=Connection.Kind.CRM, base_url=f"{vendor.url}/crm/v1", secrets={"crm_key": "sandbox-crm-key"}
    )
    connection = news.plant()
    connection.base_url, connection.crm, connection.module_id = vendor.base_url, crm, "demo_crm"
    connection.secrets, connection.shows_links = {"partner_key": "sandbox-partner-key"}, True
    connection.save()
    Connection.objects.update(pace=1_000_000.0)
    return connection


def _stranger(vendor: sandbox.Sandbox, connection: Connection, number: int) -> str:
    """Somebody the booking system and we know, and the CRM does not."""
    link = ClientLink.objects.get(connection=connection, external_id=str(news.FIRST_CLIENT + number))
    names = {"firstName": "Guest", "lastName": f"No {number}", "email": f"guest.{number}@example.org"}
    made = vendor.made_client(names)
    link.client.email = names["email"]
    link.client.save(update_fields=["email"])
    link.external_id = made
    link.save(update_fields=["external_id"])
    return made


def _heard(connection: Connection, people: list[str]) -> None:
    for number, external_id in enumerate(people):
        said = news.booking(number)
        said["client"] |= {"id": int(external_id), "email": f"guest.{number}@example.org"}
        body = news.event(f"linked-{number}", said).decode()
        WebhookDelivery.objects.create(connection=connection, event_id=f"linked-{number}", body=body)


def _figure(name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None) -> Figure:
    return Figure(group=GROUP, name=name, value=value, unit=unit, ratio=ratio, most=most)
