"""Deliveries taken in and applied while everything is being killed: none may be lost, none applied twice.

gunicorn, Celery workers with their pools, the scheduler and a Redis of their own run as they are deployed. Events are
posted over HTTP, in no order and some of them again, and posted once more whenever no 2xx came. Meanwhile processes
get a SIGKILL, every second time all workers at a moment when they hold rows. The same trial runs small in the tests.
"""

from __future__ import annotations

import math
import os
import queue
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg
from django.db.models import Count
from django.urls import reverse

from benchmarks import news, posting
from benchmarks.figures import Figure
from benchmarks.processes import HOST, Environment, Process, beat, redis, served, settings_for, wait_for, worker
from bookings.models import Booking, BookingItem, Status
from integrations.models import Connection, Difference, WebhookDelivery

GROUP = "killed at work: SIGKILL to workers, Redis and gunicorn"
STEPS = 4  # events of a booking with a story
POSTERS = 4
MOST_WAITING = 30.0  # seconds
PATIENCE = 90.0  # seconds after the last event, for all to be applied
PATIENCE_FOR_HANDS = 15.0  # seconds: workers that were killed have to come up again
OUTCOMES = frozenset({"created", "applied", "older"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything; to kill all workers at once counts as one.

    `seconds`: over which the posts are spread; the kills are spread over the posts.
    """

    events: int
    repeats: int
    seconds: float
    workers: int = 2
    worker_kills: int = 0
    redis_kills: int = 0
    flushes: int = 0
    web_kills: int = 0


FULL = Plan(events=2000, repeats=200, seconds=75, worker_kills=34, redis_kills=5, flushes=1, web_kills=6)


@dataclass(frozen=True, slots=True)
class Event:
    """What the provider said of booking `number` at `step`; the last one is what it has."""

    event_id: str
    number: int
    step: int
    is_last: bool

    @property
    def booking(self) -> dict[str, Any]:
        status = "Cancelled" if self.step == STEPS - 1 else "Approved"
        return news.booking(self.number, version=self.step, note=self.event_id, status=status)

    @property
    def body(self) -> bytes:
        kind = "appointment.updated" if self.step else "appointment.created"
        return news.event(self.event_id, self.booking, kind)


def events(number: int) -> list[Event]:
    """Half of them of bookings that have no other; the rest of bookings that are made, moved twice and cancelled."""
    stories = number // (2 * STEPS)
    found = [
        Event(f"story-{story}-{step}", story, step, step == STEPS - 1)
        for story in range(stories)
        for step in range(STEPS)
    ]
    return found + [Event(f"once-{other}", stories + other, 0, True) for other in range(number - len(found))]


# --- what is noted meanwhile -------------------------------------------------------------------------------


@dataclass(slots=True)
class Notes:
    """`answered`: ids that got a 2xx, each time. `again`: posts that had none. `oldest`: seconds."""

    answered: Counter[str] = field(default_factory=Counter)
    posts: int = 0  # that were answered
    again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    in_hand: int = 0  # rows whose holder was killed
    oldest: float = 0.0
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def kept(self, event_id: str) -> None:
        with self.lock:
            self.answered[event_id] += 1
            self.posts += 1


WAITING = """
    SELECT count(*) FILTER (WHERE attempts > 0 AND due_at > now() AND reason = ''),
           coalesce(extract(epoch FROM now() - min(received_at)), 0)
    FROM integrations_webhookdelivery WHERE state = 'waiting'
"""


class Watch:
    """A look at the queue from outside, by a connection of its own."""

    def __init__(self, address: str) -> None:
        self.session = psycopg.connect(address, autocommit=True)

    def look(self) -> tuple[int, float]:
        """Rows in somebody's hands, and seconds that the oldest has been waiting."""
        row = self.session.execute(WAITING).fetchone()
        return (int(row[0]), float(row[1])) if row else (0, 0.0)


# --- posting -----------------------------------------------------------------------------------------------


class Poster(threading.Thread):
    """Posts what it finds in the queue, one after the other, each until it is told that it was kept."""

    def __init__(self, port: int, path: str, letters: queue.Queue[Event], notes: Notes, pause: float) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.letters, self.notes, self.pause = port, path, letters, notes, pause
        self.line: HTTPConnection | None = None

    def run(self) -> None:
        with suppress(queue.Empty):
            while True:
                event = self.letters.get_nowait()
                while not self._kept(event):
                    self.notes.again += 1
                    time.sleep(0.1)
                self.notes.kept(event.event_id)
                time.sleep(self.pause)

    def _kept(self, event: Event) -> bool:
        body = event.body
        try:
            self.line = self.line or HTTPConnection(HOST, self.port, timeout=15)
            self.line.request("POST", self.path, body, {posting.HEADER_NAMES["booxi"]: news.signature(body)})
            answer = self.line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._hang_up()
            return False
        return 200 <= answer.status < 300

    def _hang_up(self) -> None:
        if self.line:
            self.line.close()
        self.line = None


@contextmanager
def posted(plan: Plan, port: int, path: str, notes: Notes, dice: random.Random) -> Iterator[None]:
    """Everything is posted while the block runs, and when it ends it has been."""
    all_of_them = events(plan.events)
    chosen = [*all_of_them, *dice.sample(all_of_them, plan.repeats)]
    dice.shuffle(chosen)
    letters: queue.Queue[Event] = queue.Queue()
    for event in chosen:
        letters.put(event)
    pause = POSTERS * plan.seconds / len(chosen)
    posters = [Poster(port, path, letters, notes, pause) for _ in range(POSTERS)]
    for poster in posters:
        poster.start()
    yield
    for poster in posters:
        poster.join()


# --- killing -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Victims:
    """All that may be killed."""

    workers: list[Process]
    web: Process
    port: int
    redis: Process | None
    redis_url: str
    watch: Watch | None
    notes: Notes
    dice: random.Random

    def workers_at_work(self) -> None:
        """All of them, at a moment when one holds rows: whole, or only the processes of their pools."""
        self._wait_for_hands()
        whole = self.dice.random() < 0.5
        for victim in self.workers:
            self._kill(victim, whole=whole)
        self.notes.kills["all workers at work" if whole else "all their pools at work"] += 1
        self.notes.in_hand += self.watch.look()[0] if self.watch else 0
        for victim in self.workers if whole else []:
            victim.start()

    def worker(self) -> None:
        """One of them at any moment, or one process of its pool: the others go on."""
        victim = self.dice.choice(self.workers)
        children = victim.children
        if children and self.dice.random() < 0.5:
            _kill(self.dice.choice(children))
            self.notes.kills["pool process"] += 1
        else:
            self._kill(victim, whole=True)
            self.notes.kills["worker"] += 1
            victim.start()

    def _kill(self, victim: Process, *, whole: bool) -> None:
        """Its pool, and itself first if `whole`: the pool of one that is gone would finish what it has in hand."""
        children = victim.children
        if whole:
            victim.kill()
        for child in children:
            _kill(child)

    def _wait_for_hands(self) -> None:
        until = time.monotonic() + PATIENCE_FOR_HANDS
        while self.watch and time.monotonic() < until:
            if self.watch.look()[0]:
                break
            time.sleep(0.002)
        time.sleep(
            self.dice.choice((0.0, 0.01, 0.03))
        )  # somewhere between taking a row up and the end of its transaction

    def web_process(self) -> None:
        """gunicorn itself, or one of its processes."""
        children = self.web.children
        if children and self.dice.random() < 0.5:
            _kill(self.dice.choice(children))
        else:
            self.web.kill()
            for child in children:
                _kill(child)  # they would serve on for a moment
            self.web.start()
        self.notes.kills["gunicorn"] += 1

    def redis_server(self) -> None:
        """Gone for a second, and all that it held."""
        assert self.redis is not None
        self.redis.kill()
        time.sleep(self.dice.uniform(0.3, 1.5))
        self.redis.start()
        wait_for(int(self.redis_url.rpartition(":")[2].partition("/")[0]))
        self.notes.kills["Redis"] += 1

    def flush(self) -> None:
        from redis import Redis  # noqa: PLC0415 - this module has a function of that name

        with Redis.from_url(self.redis_url) as session:
            session.flushall()
        self.notes.kills["Redis emptied"] += 1


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def deaths(plan: Plan, victims: Victims) -> list[Callable[[], None]]:
    """In the order in which they happen."""
    found = [
        *[victims.workers_at_work] * math.ceil(plan.worker_kills / 2),
        *[victims.worker] * (plan.worker_kills // 2),
        *[victims.redis_server] * plan.redis_kills,
        *[victims.flush] * plan.flushes,
        *[victims.web_process] * plan.web_kills,
    ]
    victims.dice.shuffle(found)
    return found


def kill_all(plan: Plan, victims: Victims) -> None:
    """Spread over the posts, so that whoever is killed had time to come up, however slow the machine."""
    due = deaths(plan, victims)
    share = (plan.events + plan.repeats) / max(1, len(due))
    for place, death in enumerate(due):
        while victims.notes.posts < (place + 0.5) * share:
            time.sleep(0.002)
        death()


# --- the trial ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of it all; each list names what should not be, and is empty."""

    notes: Notes
    lost: list[str]
    unfinished: list[str]
    twice: list[str]
    wrong: list[str]


def run(plan: Plan, environment: Environment, *, seed: int = 5) -> Verdict:
    """`environment`: of all processes; it names the database that this process uses as well."""
    notes, dice = Notes(), random.Random(seed)
    connection = news.plant()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clienteling-killing-"))
        victims = _started(stack, plan, environment, Path(folder), notes, dice)
        began = time.monotonic()
        stop = threading.Event()
        watcher = _watching(environment, notes, stop) if plan.workers else None
        try:
            _happen(plan, victims, connection, notes)
        finally:
            stop.set()
            if watcher:
                watcher.join()
        notes.seconds = time.monotonic() - began
    return judge(plan, connection, notes)


def _started(
    stack: ExitStack, plan: Plan, environment: Environment, folder: Path, notes: Notes, dice: random.Random
) -> Victims:
    server, url, watch = None, "", None
    if plan.workers:
        url, server = stack.enter_context(redis(folder))
        environment = settings_for(environment, url, CLIENTELING_VAR=str(folder))
        watch = Watch(environment["DATABASE_URL"])
        stack.callback(watch.session.close)
    workers = [worker(environment) for _ in range(plan.workers)]
    for process in [*workers, *([beat(environment)] if plan.workers else [])]:
        stack.callback(process.stop)
        process.start()
    port, web = stack.enter_context(served(environment))
    return Victims(workers, web, port, server, url, watch, notes, dice)


def _happen(plan: Plan, victims: Victims, connection: Connection, notes: Notes) -> None:
    path = reverse("webhook", args=[connection.webhook_token])
    with posted(plan, victims.port, path, notes, victims.dice):
        kill_all(plan, victims)
    until = time.monotonic() + PATIENCE
    while plan.workers and time.monotonic() < until:
        if not WebhookDelivery.objects.filter(connection=connection, state=WebhookDelivery.State.WAITING).exists():
            return
        time.sleep(0.1)


def _watching(environment: Environment, notes: Notes, stop: threading.Event) -> threading.Thread:
    def run() -> None:
        watch = Watch(environment["DATABASE_URL"])
        with watch.session:
            while not stop.wait(0.1):
                notes.oldest = max(notes.oldest, watch.look()[1])

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


# --- the judgement -----------------------------------------------------------------------------------------


def judge(plan: Plan, connection: Connection, notes: Notes) -> Verdict:
    rows = {row.event_id: row for row in WebhookDelivery.objects.filter(connection=connection).defer("body")}
    expected = {event.event_id: event for event in events(plan.events)}
    lost = [event_id for event_id in expected if event_id not in rows or not notes.answered[event_id]]
    if not plan.workers:
        return Verdict(notes, lost, [], [], [])
    unfinished = [
        f"{key}: {row.state} {row.outcome}"
        for key, row in rows.items()
        if row.state != WebhookDelivery.State.DONE or row.outcome not in OUTCOMES
    ]
    return Verdict(notes, lost, unfinished, applied_twice(connection, rows), wrong(connection, expected, rows))


EFFECTS = ("created", "quick_note")  # an event that is applied leaves one of them: each brings a note of its own


def applied_twice(connection: Connection, rows: dict[str, WebhookDelivery]) -> list[str]:
    """Effects that are there more often than they should: not at all where there should be one, counts too."""
    effects = Difference.objects.filter(connection=connection, field__in=EFFECTS, applied=True)
    per_delivery = dict(effects.order_by().values_list("delivery").annotate(Count("pk")))
    found = [
        f"{key}: {row.outcome}, {per_delivery.get(row.pk, 0)} effects"
        for key, row in rows.items()
        if per_delivery.get(row.pk, 0) != (row.outcome in ("created", "applied"))
    ]
    items = BookingItem.objects.filter(booking__store__links__connection=connection)
    doubled = items.order_by().values("booking").annotate(n=Count("pk")).exclude(n=1)
    return [*found, *(f"booking {one['booking']} has {one['n']} items" for one in doubled)]


def wrong(connection: Connection, expected: dict[str, Event], rows: dict[str, WebhookDelivery]) -> list[str]:
    """Where we do not hold what the provider has, where its last word had no effect, where the story has a gap."""
    held = {row.remote_id: row for row in Booking.objects.filter(store__links__connection=connection)}
    last = {event.booking["bookingId"]: event for event in expected.values() if event.is_last}
    found = [f"{key} should not be" for key in held.keys() - last.keys()]
    for key, event in last.items():
        wanted, row = event.booking, held.get(key)
        status = Status.CANCELLED if wanted["status"] == "Cancelled" else Status.CONFIRMED
        if row is None or row.starts_at is None:
            found.append(f"{key} is not here")
            continue
        facts = (row.quick_note, row.status, f"{row.starts_at:%Y-%m-%dT%H:%M:%SZ}")
        if facts != (event.event_id, status, wanted["startsOn"]):
            found.append(f"{key} is {facts}")
        if event.event_id in rows and rows[event.event_id].outcome not in ("created", "applied"):
            found.append(f"{event.event_id} is the last word and was {rows[event.event_id].outcome}")
    return found + _gaps(connection)


def _gaps(connection: Connection) -> list[str]:
    """Each change of a note begins with what the one before left."""
    changes = Difference.objects.filter(connection=connection, field="quick_note", applied=True).order_by("pk")
    notes: dict[int | None, str] = {}
    found = []
    for one in changes:
        if notes.get(one.booking_id, one.before) != one.before:
            found.append(f"booking {one.booking_id}: {notes[one.booking_id]} became {one.before}")
        notes[one.booking_id] = one.after
    return found


# --- figures -----------------------------------------------------------------------------------------------


def measure() -> list[Figure]:
    """The full size. What is found wrong is printed; the table says how much there is."""
    verdict = run(FULL, os.environ)
    notes = verdict.notes
    for what in ("lost", "unfinished", "twice", "wrong"):
        for one in getattr(verdict, what)[:5]:
            sys.stderr.write(f"{what}: {one}\n")
    return [*_deaths(notes), *_results(verdict)]


def _deaths(notes: Notes) -> list[Figure]:
    killed = [_figure(f"killed: {name}", number, "times") for name, number in sorted(notes.kills.items())]
    return [
        _figure("events posted, repeats included", notes.posts, "posts"),
        _figure("  posted once more, for want of a 2xx", notes.again, "posts"),
        *killed,
        _figure("rows that a killed worker had in hand", notes.in_hand, "rows"),
        _figure("time, until all was applied", notes.seconds, "s"),
    ]


def _results(verdict: Verdict) -> list[Figure]:
    unfinished, twice = len(verdict.unfinished), len(verdict.twice)
    return [
        _figure("lost, though a 2xx was given", len(verdict.lost), "events", most=0),
        _figure("not applied in the end", unfinished, "events", most=0),
        _figure("applied twice, or with half an effect", twice, "events", most=0),
        _figure("bookings that are not as the provider has them", len(verdict.wrong), "bookings", most=0),
        _figure("oldest waiting, at any moment", verdict.notes.oldest, "s", most=MOST_WAITING),
    ]


def _figure(name: str, value: float, unit: str, most: float | None = None) -> Figure:
    return Figure(group=GROUP, name=name, value=value, unit=unit, most=most)
