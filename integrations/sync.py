"""Sweeps: reading a booking system until the mirror is proven right. A `SyncRun` is one sweep and its queue entry.

A run is a row of steps (one store's catalogue, one person's calendar). Each step is read whole, then applied in
one transaction together with the run's progress, so a killed run goes on with the step it was at and leaves
nothing half. Only a run that reached its end moves the store's "proven right at".
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from bookings.gateway import GatewayError, Misconfigured, Refused, Unavailable
from clienteling.models import Client, StaffMember, Store
from integrations.models import Connection, Lost, StoreLink, SyncRun
from integrations.progress import LEASE, Progress
from integrations.providers.base import ClientMerged
from integrations.sweeps import STEPS
from integrations.switchboard import Purpose, counting, open_provider, subject_of, tells_changes

logger = logging.getLogger(__name__)

Kind, State = SyncRun.Kind, SyncRun.State
SWEEPS = (Kind.CATALOGUE, Kind.NEAR, Kind.CHANGED, Kind.FULL, Kind.CLIENTS)  # in the order of their turns
RETRY_AFTER = (5, 15, 60, 300)  # seconds, the last one for ever after
MAX_ATTEMPTS = 8  # without a single step done
REST_AFTER_FAILURE = dt.timedelta(minutes=5)


# --- asking for runs ------------------------------------------------------------------------------------


def request(
    connection: Connection,
    kind: str,
    *,
    store: Store | None = None,
    staff: StaffMember | None = None,
    client: Client | None = None,
    window: tuple[dt.datetime, dt.datetime] | None = None,
) -> bool:
    """Put a run in the queue, unless the same one is waiting or running. Returns whether it is new."""
    about = ":".join(str(one.pk) if one else "" for one in (store, staff, client))
    key = f"{connection.pk}:{kind}:{about}" + (f":{window[0]:%s}:{window[1]:%s}" if window else "")
    if SyncRun.objects.filter(key=key, state__in=[State.WAITING, State.RUNNING]).exists():
        return False
    try:
        with transaction.atomic():
            SyncRun.objects.create(
                connection=connection,
                key=key,
                kind=kind,
                store=store,
                staff=staff,
                client=client,
                window_start=window and window[0],
                window_end=window and window[1],
            )
    except IntegrityError:
        return False
    return True


def request_full(*, connection: Connection, with_clients: bool = True) -> None:
    """Everything again: the catalogue, then each store's days around today, its whole window, the clients in it."""
    request(connection, Kind.CATALOGUE)
    for link in StoreLink.objects.filter(connection=connection, store__is_active=True).select_related("store"):
        request(connection, Kind.NEAR, store=link.store)
        request(connection, Kind.FULL, store=link.store)
        if with_clients and link.full_at and not tells_changes(connection):
            request(connection, Kind.CLIENTS, store=link.store)
    if with_clients and tells_changes(connection):
        request(connection, Kind.CLIENTS)


def request_due(now: dt.datetime) -> None:
    """Queue what has become too old."""
    for connection in Connection.objects.booking_systems().filter(is_active=True):
        resting = _just_failed(connection, now)
        links = StoreLink.objects.filter(connection=connection, store__is_active=True).select_related("store")
        for link in links:
            link.connection = connection
        wanted: list[tuple[str, Store | None]] = []
        if not links or any(_is_due(link.catalogue_at, settings.CATALOGUE_EVERY, now) for link in links):
            wanted.append((Kind.CATALOGUE, None))
        wanted += [due for link in links for due in _due_of(link, now)]
        for kind, store in wanted:
            if (kind, store and store.pk) not in resting:
                request(connection, kind, store=store)


def _due_of(link: StoreLink, now: dt.datetime) -> Iterator[tuple[str, Store | None]]:
    """What of one store is due. Lists that tell changes are short: all clients are listed in one run."""
    are_told = tells_changes(link.connection)
    if link.full_at and are_told:
        if _is_due(link.near_at, settings.CHANGED_EVERY, now):
            yield Kind.CHANGED, link.store
    elif _is_due(link.near_at, settings.MIRROR_NEAR_EVERY, now):
        yield Kind.NEAR, link.store
    if _is_due(link.full_at, settings.MIRROR_FULL_EVERY, now):
        yield Kind.FULL, link.store
    elif _is_due(link.clients_at, settings.CLIENTS_EVERY, now):
        yield Kind.CLIENTS, None if are_told else link.store


def refreshing(link: StoreLink) -> str:
    """What kind of run makes a store's pages fresh again."""
    return Kind.CHANGED if link.full_at and tells_changes(link.connection) else Kind.NEAR


def _just_failed(connection: Connection, now: dt.datetime) -> set[tuple[str, int | None]]:
    """Sweeps that failed a moment ago: asking again at once, with a wrong key say, would only fail again."""
    failed = SyncRun.objects.filter(connection=connection, state=State.FAILED, finished_at__gt=now - REST_AFTER_FAILURE)
    return set(failed.values_list("kind", "store_id"))


def _is_due(last: dt.datetime | None, every: dt.timedelta, now: dt.datetime) -> bool:
    return last is None or last < now - every


# --- claiming and running -------------------------------------------------------------------------------


def due(now: dt.datetime) -> list[SyncRun]:
    """What can be claimed, people's questions first. One sweep at a time for each connection: they share a key."""
    waiting = SyncRun.objects.filter(state__in=[State.WAITING, State.RUNNING], held_until__lte=now)
    busy = SyncRun.objects.filter(state=State.RUNNING, held_until__gt=now, kind__in=SWEEPS)
    asked = waiting.exclude(kind__in=SWEEPS)
    sweeps = waiting.filter(kind__in=SWEEPS).exclude(connection__in=busy.values("connection"))
    return [
        *asked.order_by("created_at"),
        *sorted(sweeps.select_related("connection"), key=lambda run: (_turn(run), run.created_at, run.pk)),
    ]


def _turn(run: SyncRun) -> float:
    """Where clients are listed they come before the whole window, whose bookings then name people who are known."""
    is_early = run.kind == Kind.CLIENTS and tells_changes(run.connection)
    return SWEEPS.index(Kind.FULL) - 0.5 if is_early else SWEEPS.index(Kind(run.kind))


def claim(run: SyncRun, now: dt.datetime) -> bool:
    """Take `run`. Only one of any number of workers gets True."""
    taken = SyncRun.objects.filter(
        pk=run.pk, held_until=run.held_until, state__in=[State.WAITING, State.RUNNING]
    ).update(
        state=State.RUNNING,
        held_until=now + LEASE,
        attempts=F("attempts") + 1,
        started_at=run.started_at or now,
    )
    if taken:
        run.refresh_from_db()
    return bool(taken)


def work(*, limit: int = 1000, show: Callable[[SyncRun], None] | None = None) -> int:
    """Claim and run what is due until nothing is. Returns how many runs were done."""
    done = 0
    while done < limit:
        now = timezone.now()
        run = next((one for one in due(now) if claim(one, now)), None)
        if run is None:
            break
        carry_out(run, show or (lambda _: None))
        if run.kind == Kind.CATALOGUE:
            request_due(timezone.now())  # it may have brought new stores
        done += 1
    return done


def carry_out(run: SyncRun, show: Callable[[SyncRun], None]) -> None:
    """Run a claimed run to its end, or to an error that says when to try again."""
    purpose = Purpose.SWEEP if run.kind in SWEEPS else Purpose.FOLLOW_UP
    try:
        with counting() as tally:
            provider = open_provider(run.connection, purpose, subject_of(run.client) if run.client else "")
            try:
                for _ in STEPS[run.kind](Progress(run), provider):
                    show(run)
            finally:
                SyncRun.objects.filter(pk=run.pk).update(calls=F("calls") + tally.calls)
        _finish(run)
        show(run)
    except Lost:
        logger.info("run %s was taken over", run.pk)
    except (GatewayError, ClientMerged) as error:
        _postpone(run, error)


def _finish(run: SyncRun) -> None:
    now = timezone.now()
    SyncRun.objects.filter(pk=run.pk, held_until=run.held_until).update(
        state=State.DONE, finished_at=now, error="", missing=[], clients=[], done=F("total")
    )
    run.refresh_from_db()
    run.connection.note_answer(at=now)


def _postpone(run: SyncRun, error: Exception) -> None:
    """Try again later; what fails again and again, or is not set up right, waits for a person or the next due time.

    What was told when to come back is no failure: a day's calls may be used up.
    """
    now = timezone.now()
    asked = error.retry_after if isinstance(error, Unavailable) else None
    if isinstance(error, Misconfigured):
        run.connection.note_trouble(Connection.Trouble.MISCONFIGURED, str(error))
    is_tired = run.attempts >= MAX_ATTEMPTS and asked is None
    hopeless = is_tired or isinstance(error, Misconfigured | Refused)
    pause = dt.timedelta(seconds=max(RETRY_AFTER[min(run.attempts, len(RETRY_AFTER)) - 1], asked or 0))
    SyncRun.objects.filter(pk=run.pk, held_until=run.held_until).update(
        state=State.FAILED if hopeless else State.WAITING,
        held_until=now + pause,
        finished_at=now if hopeless else None,
        error=f"{type(error).__name__}: {error}"[:300],
    )
    logger.warning("run %s (%s) stopped: %s", run.pk, run.kind, type(error).__name__)
