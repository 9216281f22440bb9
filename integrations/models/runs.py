"""Sweeps: what is read when, and how far it has come."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models import Client, StaffMember, Store
from integrations.models.connections import Connection


class SyncRun(models.Model):
    """One pull: what it covered, how far it came, what differed. Also the queue of pulls to do."""

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", _("Stores, staff and services")
        NEAR = "near", _("Days around today")
        CHANGED = "changed", _("What has changed")
        FULL = "full", _("Whole window")
        CLIENTS = "clients", _("Clients")
        DAYS = "days", _("Days asked for")
        HISTORY = "history", _("A client's history")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    key = models.CharField(max_length=120, help_text="What it reads; one open run of a key at a time")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="Steps applied: where a killed run goes on")
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    held_until = models.DateTimeField(
        default=timezone.now, help_text="Its worker is alive until then; or: try again then"
    )
    counts: Any = models.JSONField(default=dict, blank=True)
    missing: Any = models.JSONField(
        default=list, blank=True, help_text="Bookings no calendar showed, still to be asked for"
    )
    clients: Any = models.JSONField(
        default=list, blank=True, help_text="External ids of clients that bookings showed otherwise, still to be read"
    )
    calls = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_open_run_of_a_key",
            )
        ]
        indexes = [
            models.Index(fields=["held_until"], condition=models.Q(state__in=["waiting", "running"]), name="run_due"),
            models.Index(fields=["staff", "kind", "-finished_at"], name="run_by_staff"),
            models.Index(fields=["connection", "-created_at"], name="run_by_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
