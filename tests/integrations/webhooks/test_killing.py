"""The kill trial of the benchmarks at a small size: real processes, real kills, nothing lost and nothing done twice."""

from __future__ import annotations

import os

import pytest
from django.db import connection as database

from benchmarks import killing, news, processes
from benchmarks.killing import Plan
from bookings.models import Booking
from integrations.models import Difference, WebhookDelivery
from integrations.webhooks import processing
from tests.integrations.test_worker import environment

__all__ = ["environment"]  # a fixture

needs_servers = pytest.mark.skipif(
    database.vendor != "postgresql" or not os.environ.get("REDIS_URL") or not processes.has_redis(),
    reason="needs PostgreSQL and Redis (DATABASE_URL, REDIS_URL), and redis-server for one that may be killed",
)


@needs_servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_workers_and_redis_are_killed_and_nothing_is_lost_or_done_twice(environment: dict[str, str]) -> None:
    plan = Plan(events=60, repeats=6, seconds=7, worker_kills=4, redis_kills=1, flushes=1)
    verdict = killing.run(plan, environment)
    assert (verdict.lost, verdict.unfinished, verdict.twice, verdict.wrong) == ([], [], [], [])
    assert verdict.notes.oldest <= killing.MOST_WAITING
    kills = verdict.notes.kills
    assert (kills.pop("Redis"), kills.pop("Redis emptied"), kills.total()) == (1, 1, 4)
    repeats = WebhookDelivery.objects.values_list("repeats", flat=True)
    assert sum(repeats) >= 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
def test_the_web_process_is_killed_and_every_2xx_has_its_row(environment: dict[str, str]) -> None:
    verdict = killing.run(Plan(events=120, repeats=12, seconds=5, workers=0, web_kills=3), environment)
    assert verdict.lost == []
    assert verdict.notes.kills["gunicorn"] == 3
    assert verdict.notes.posts == 132
    assert WebhookDelivery.objects.count() == 120


# --- the judge ----------------------------------------------------------------------------------------------

SMALL = Plan(events=16, repeats=0, seconds=0)


@pytest.fixture
def applied(db: None) -> tuple[killing.Connection, killing.Notes]:
    """All events of `SMALL`, in the worst order, as a worker leaves them."""
    connection, notes = news.plant(), killing.Notes()
    for event in reversed(killing.events(SMALL.events)):
        delivery = WebhookDelivery(connection=connection, event_id=event.event_id, body=event.body.decode())
        assert delivery.keep()
        notes.answered[event.event_id] += 1
        processing.work()
    return connection, notes


def test_the_judge_finds_nothing_where_nothing_is_wrong(applied: tuple[killing.Connection, killing.Notes]) -> None:
    verdict = killing.judge(SMALL, *applied)
    assert (verdict.lost, verdict.unfinished, verdict.twice, verdict.wrong) == ([], [], [], [])


def test_the_judge_notices_what_is_lost(applied: tuple[killing.Connection, killing.Notes]) -> None:
    WebhookDelivery.objects.get(event_id="once-1").delete()
    assert killing.judge(SMALL, *applied).lost == ["once-1"]


def test_the_judge_notices_what_was_left(applied: tuple[killing.Connection, killing.Notes]) -> None:
    WebhookDelivery.objects.filter(event_id="once-1").update(state="parked")
    assert killing.judge(SMALL, *applied).unfinished == ["once-1: parked created"]


def test_the_judge_notices_an_effect_without_done_and_done_without_effect(
    applied: tuple[killing.Connection, killing.Notes],
) -> None:
    effect = Difference.objects.get(delivery__event_id="once-1")
    Difference.objects.create(
        booking=effect.booking,
        connection=effect.connection,
        delivery=effect.delivery,
        field="created",
        source=effect.source,
    )
    Difference.objects.filter(delivery__event_id="once-2").delete()
    assert sorted(killing.judge(SMALL, *applied).twice) == ["once-1: created, 2 effects", "once-2: created, 0 effects"]


def test_the_judge_notices_a_booking_that_is_not_as_the_provider_has_it(
    applied: tuple[killing.Connection, killing.Notes],
) -> None:
    Booking.objects.filter(quick_note="once-1").update(status="cancelled")
    Booking.objects.filter(quick_note="once-2").delete()
    assert len(killing.judge(SMALL, *applied).wrong) == 2
