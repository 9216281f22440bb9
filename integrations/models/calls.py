"""Calls made to outside systems, and when the next may be."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models.connections import Connection


class ProviderCall(models.Model):
    """One outbound call, for head office: which endpoint, what came of it, how long. No personal data."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(max_length=12, help_text="person, follow_up or sweep")
    method = models.CharField(max_length=6)
    endpoint = models.CharField(max_length=100, help_text="The path with ids left out")
    status = models.PositiveSmallIntegerField(default=0, help_text="0: no answer")
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=80, blank=True, help_text='Whom it was for: "booking:12", "client:7"')

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [
            models.Index(fields=["connection", "-at"], name="call_by_connection"),
            models.Index(fields=["subject"], condition=~models.Q(subject=""), name="call_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} {self.status}"


class Pace(models.Model):
    """When the next call with one key may go out; shared by every process through the database's own clock.

    `day_calls`: how many went out on `day` (UTC).
    """

    key = models.CharField(max_length=64, unique=True)
    next_at = models.DateTimeField(db_default=Now())
    next_sweep_at = models.DateTimeField(db_default=Now())
    day = models.DateField(null=True)
    day_calls = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.key
