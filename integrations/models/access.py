"""Access tokens that we hold at outside systems, beside the credentials they were given for."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.credentials import SecretsField
from integrations.models.connections import Connection


class AccessToken(models.Model):
    """One connection's token, or the one of its calls about one location. `renewing_until`: somebody is at it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    location = models.CharField(max_length=64, blank=True)
    secrets: Any = SecretsField(default=dict, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    renewing_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "location"], name="access_token_once")]

    def __str__(self) -> str:
        return f"access token {self.pk}"
