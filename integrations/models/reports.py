"""Reports that are made, or were: which, of what, how far, where the file is. And when to make them again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models import User
from integrations.models.connections import Connection
from integrations.models.work import Work


class ReportFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")
    PARQUET = "parquet", _("Parquet")


class ReportSchedule(models.Model):
    """A report that is made again and again. `next_at`: when the next one is due."""

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    report = models.CharField(max_length=40)
    options: Any = models.JSONField(default=dict, blank=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=10, choices=ReportFormat.choices, default=ReportFormat.XLSX)
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.DAY)
    hour = models.PositiveSmallIntegerField(default=6, validators=[MaxValueValidator(23)])
    weekday = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(6)], help_text="0 = Monday; for every week"
    )
    month_day = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(28)], help_text="For every month"
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    is_on = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=["next_at"], condition=models.Q(is_on=True), name="report_schedule_due")]

    def __str__(self) -> str:
        return f"{self.report} {self.every} {self.pk}"


class ReportRun(Work):
    """One file to be made, then the file. Days are counted back from `created_at`, however late it is made."""

    LEASE: ClassVar[dt.timedelta] = dt.timedelta(minutes=5)
    MOST_TRIES: ClassVar[int] = 6
    BACK_OFF: ClassVar[Any] = (30, 120, 600, 1800, 3600)

    report = models.CharField(max_length=40)
    options: Any = models.JSONField(default=dict, blank=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=10, choices=ReportFormat.choices)
    schedule = models.ForeignKey(ReportSchedule, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True, help_text="Somebody is at it since then")
    row_count = models.PositiveBigIntegerField(default=0, help_text="Written so far")
    total = models.PositiveBigIntegerField(null=True, blank=True, help_text="Entries to read, where that is known")
    share = models.PositiveSmallIntegerField(default=0, help_text="How far it has come, in thousandths")
    file = models.CharField(max_length=100, blank=True, help_text="Its name in REPORTS_DIR; empty: none, or expired")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes")

    class Meta:
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="report_run_due"),
            models.Index(fields=["finished_at"], name="report_run_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.WAITING and self.started_at is not None and self.due_at > timezone.now()

    @property
    def path(self) -> Path | None:
        return Path(settings.REPORTS_DIR) / self.file if self.file else None

    @property
    def expires_at(self) -> dt.datetime | None:
        return self.finished_at and self.finished_at + dt.timedelta(days=settings.REPORT_KEEP_DAYS)
