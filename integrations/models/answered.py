"""What a system asked for under an idempotency key, so that the same key is not taken for something else."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Answered(models.Model):
    """`reference` is that of the `Change` or `TimeChange` which the key led to, and is reckoned from token and key."""

    reference = models.UUIDField(unique=True)
    fingerprint = models.CharField(max_length=64, help_text="Keyed digest of what was asked for")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.reference)
