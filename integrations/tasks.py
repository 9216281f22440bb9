"""Doorways for the worker. The queues are tables; these only go and look."""

import datetime as dt

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from integrations import client_pushes, keeping, linking, numbers, sync
from integrations.models import Difference, ProviderCall, SyncRun
from integrations.reports import running, schedules
from integrations.webhooks import processing, retention


@shared_task
def start_due_syncs() -> None:
    """Queue what has become too old, and work while there is something to do."""
    sync.request_due(timezone.now())
    sync.work()


@shared_task
def work() -> None:
    """A wake-up: somebody has just queued a run."""
    sync.work()


@shared_task
def process_deliveries() -> None:
    """A wake-up, and a look every few seconds for what nobody was woken for."""
    if processing.work().wants_reading:
        work.delay()


@shared_task
def link_clients() -> None:
    """A wake-up, and a look every few seconds: who is to be found in the CRM, and what has to be told to whom."""
    linking.work()
    client_pushes.work()


@shared_task
def queue_missed_links() -> None:
    """Whom a sweep brought and no message: a few at a time, so that people at the counter never wait for them."""
    if linking.queue_missed(settings.LINK_AT_ONCE):
        link_clients()


@shared_task
def read_numbers() -> None:
    """What the customer system calls stores, staff and services: a few at a time, as nobody waits for them."""
    numbers.read_due(settings.NUMBERS_AT_ONCE)


@shared_task
def make_reports() -> None:
    """A wake-up, and a look every few seconds: reports that are due by themselves, and those that were asked for."""
    schedules.start_due(timezone.now())
    running.work()


@shared_task
def prune() -> None:
    """Old records of calls, runs and deliveries, files of reports, and copies that may not be kept longer."""
    now = timezone.now()
    keeping.forget_old(now)
    retention.prune_deliveries(now=now)
    story_from = now - dt.timedelta(days=settings.RECORD_KEEP_DAYS)
    ProviderCall.objects.filter(at__lt=now - dt.timedelta(days=7), subject="").delete()
    ProviderCall.objects.filter(at__lt=story_from).delete()
    Difference.objects.filter(at__lt=story_from).delete()
    SyncRun.objects.filter(finished_at__lt=now - dt.timedelta(days=30)).delete()
    running.prune(now)
