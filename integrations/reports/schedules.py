"""Reports that are made again and again: when the next one is due, and having it made then."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.db import transaction

from clienteling import audit
from clienteling.models import Deed
from integrations.models import ReportRun, ReportSchedule

Every = ReportSchedule.Every


def next_due(schedule: ReportSchedule, after: dt.datetime) -> dt.datetime:
    """The first moment after `after` at which the clock of its time zone shows its hour, on a day of its kind.

    An hour that a clock change leaves out counts as the one after it.
    """
    zone = zoneinfo.ZoneInfo(schedule.time_zone)
    today = after.astimezone(zone).date()
    for number in range(33):  # a month and a day
        day = today + dt.timedelta(days=number)
        moment = dt.datetime.combine(day, dt.time(schedule.hour), tzinfo=zone).astimezone(dt.UTC)
        if moment > after and _suits(schedule, day):
            return moment
    raise ValueError("no such day within a month")


def _suits(schedule: ReportSchedule, day: dt.date) -> bool:
    if schedule.every == Every.WEEK:
        return day.weekday() == schedule.weekday
    return schedule.every == Every.DAY or day.day == schedule.month_day


def start_due(now: dt.datetime) -> int:
    """Queue what is due, once however many ask, and once however many times were missed. Returns how many."""
    due = ReportSchedule.objects.filter(is_on=True, next_at__lte=now, connection__is_active=True)
    return sum(_start(schedule, now) for schedule in due.select_related("connection"))


def _start(schedule: ReportSchedule, now: dt.datetime) -> bool:
    with transaction.atomic():
        mine = ReportSchedule.objects.filter(pk=schedule.pk, is_on=True, next_at=schedule.next_at)
        if not mine.update(next_at=next_due(schedule, now), last_at=now):
            return False
        run = ReportRun.objects.create(
            report=schedule.report,
            options=schedule.options,
            connection=schedule.connection,
            format=schedule.format,
            schedule=schedule,
            created_at=now,
        )
        audit.record(
            Deed.REPORT_ORDERED,
            user=None,
            about=run,
            report=run.report,
            format=run.format,
            schedule=schedule.pk,
        )
    return True


def switch(schedule: ReportSchedule, *, on: bool, now: dt.datetime) -> None:
    """What was missed while it was off is not made up for."""
    ReportSchedule.objects.filter(pk=schedule.pk).update(is_on=on, next_at=next_due(schedule, now))
