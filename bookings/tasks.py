"""Doorways for the worker: what is due stands in the database, a lost wake-up loses nothing."""

import logging

from celery import shared_task
from django.utils import timezone

from bookings import actions, segments, time_slots
from bookings.models import Change, TimeChange

logger = logging.getLogger(__name__)


@shared_task
def count_segments(limit: int = 500) -> None:
    """Note once a day how many are in each segment; an hour later whoever was left out has a turn."""
    now = timezone.now()
    for segment in segments.uncounted(now)[:limit]:
        try:
            segments.count(segment, now=now)
        except ValueError:  # saved by another version of this program
            logger.warning("segment %s has criteria nobody can read", segment.pk)


@shared_task
def send_due_changes(limit: int = 20) -> None:
    """Go on with changes that nobody has confirmed, or whose sender has died."""
    now = timezone.now()
    for change in Change.objects.due(now).select_related("booking__store")[:limit]:
        if change.claim(now=now):
            actions.send(change)
    for asked in TimeChange.objects.due(now).select_related("staff__store", "slot")[:limit]:
        if asked.claim(now=now):
            time_slots.send(asked)
