"""Taking webhooks in, under gunicorn: ours, in turns with a bare view that inserts one row, and with dj-stripe's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection as database_connection
from django.test import Client as Browser
from django.urls import reverse

from benchmarks import child, database, news, posting
from benchmarks.figures import Figure, median_of, percentile
from benchmarks.processes import served
from benchmarks.rivals import Rival, dj_stripe
from integrations.models import Connection, WebhookDelivery

GROUP = f"taking webhooks in, {posting.LINES} lines (floor: a bare view that inserts one row)"
WARM_UP = 1  # turns
TURNS = 5
SECONDS = 1.5  # a turn
MOST_QUERIES = 3
BARE, OURS = "a bare view that inserts one row (the floor)", "ours: proven, kept, and a worker woken"
TABLE = "CREATE TABLE bench_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)"


@dataclass(slots=True)
class Door:
    """Where events go, and what each turn made of it: answers a second, milliseconds of each."""

    name: str
    port: int
    path: str
    words: str = "booxi"
    headers: tuple[str, ...] = ()
    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    sent: int = 0

    @property
    def rate(self) -> float:
        return median_of(self.rates)

    def turn(self, *, counts: bool) -> None:
        first, seconds = str(self.sent), str(SECONDS)
        arguments = [str(self.port), self.path, self.words, first, seconds, *self.headers]
        taken = child.run("posting", *arguments, seconds=120)
        assert set(taken["statuses"]) == {"200"}, f"{self.name}: {taken['statuses']}"
        self.sent += posting.MOST
        if counts:
            self.rates.append(taken["answers"] / taken["seconds"])
            self.times += taken["ms"]


def measure(redis_url: str) -> list[Figure]:
    """`redis_url`: where the workers that are woken would listen; none does, so that nothing else runs."""
    connection = news.plant()
    path = reverse("webhook", args=[connection.webhook_token])
    queries = queries_to_keep(connection)
    with database.opened() as session:
        session.execute(TABLE)
    with served({**os.environ, "REDIS_URL": redis_url}) as (port, _), dj_stripe() as rival:
        bare, ours = Door(BARE, port, "/__bare/"), Door(OURS, port, path)
        doors = [bare, ours, *_rivals(rival)]
        for number in range(WARM_UP + TURNS):
            for door in doors:
                door.turn(counts=number >= WARM_UP)
    assert WebhookDelivery.objects.count() >= len(ours.times), "each answer stands for a row"
    figures = [figure for door in doors for figure in _figures(door, bare)]
    figures.append(Figure(group=GROUP, name="queries to keep one", value=queries, unit="queries", most=MOST_QUERIES))
    return figures + _beside(ours, doors[2:], rival)


def _rivals(rival: Rival | None) -> list[Door]:
    if rival is None:
        return []
    name = f"dj-stripe {rival.version}"
    return [
        Door(f"{name}, as it is", rival.port, rival.path, "stripe"),
        Door(f"{name}, its callback left empty", rival.port, rival.path, "stripe", ("X-Only-Keep: 1",)),
    ]


def queries_to_keep(connection: Connection) -> int:
    """Of the first event after a while, when the connection has to be looked up as well."""
    asked: list[str] = []

    def note(execute: object, sql: str, *rest: object) -> object:
        asked.append(sql)
        return execute(sql, *rest)  # type: ignore[operator]

    body = news.event("evt_counted", news.booking(0))
    headers = {posting.HEADER_NAMES["booxi"]: news.signature(body)}
    with database_connection.execute_wrapper(note):
        answer = Browser(SERVER_NAME="127.0.0.1").post(
            reverse("webhook", args=[connection.webhook_token]), body, content_type="application/json", headers=headers
        )
    assert answer.status_code == 200
    return len(asked)


def _figures(door: Door, floor: Door) -> list[Figure]:
    middle, slow = (percentile(door.times, share) for share in (0.5, 0.95))
    return [
        _figure(door.name, door.rate, "/s", door.rate / floor.rate),
        _figure("  answered, p50", middle, "ms", middle / percentile(floor.times, 0.5), door),
        _figure("  answered, p95", slow, "ms", slow / percentile(floor.times, 0.95), door),
    ]


def _beside(ours: Door, others: Sequence[Door], rival: Rival | None) -> list[Figure]:
    """How many times dj-stripe's rate ours is; wanted: several times. At the floor: wanted at least 0.7."""
    if rival is None:
        return [Figure(group=GROUP, name="dj-stripe: left out, its environment could not be made", value=None, unit="")]
    return [_figure(f"ours, times that of {door.name}", ours.rate / door.rate, "times") for door in others]


def _figure(name: str, value: float, unit: str, ratio: float | None = None, door: Door | None = None) -> Figure:
    return Figure(group=GROUP, name=f"{name}: {door.name}" if door else name, value=value, unit=unit, ratio=ratio)
