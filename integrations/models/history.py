"""What changed, field by field: who said so, and when. Forgotten with the client it is about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Change
from clienteling.models import Client, StaffMember
from integrations.models.connections import Connection
from integrations.models.runs import SyncRun
from integrations.models.webhooks import WebhookDelivery


class Difference(models.Model):
    """One field of a booking or a client that news made different, or would have, had it been newer."""

    class Source(models.TextChoices):
        PERSON = "person", _("Here")
        WEBHOOK = "webhook", _("By webhook")
        SWEEP = "sweep", _("Found by a sweep")
        CRM = "crm", _("From the CRM")

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, null=True, related_name="differences")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True, related_name="differences")
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    applied = models.BooleanField(default=True, help_text="False: older than what we hold, kept for the record")
    said_at = models.DateTimeField(null=True, help_text="When the other side changed it")
    said_by = models.ForeignKey(StaffMember, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    said_by_client = models.BooleanField(default=False, help_text="She changed it herself")
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=10, choices=Source.choices)
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, related_name="+")
    run = models.ForeignKey(SyncRun, on_delete=models.SET_NULL, null=True, related_name="+")
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.SET_NULL, null=True, related_name="+")
    change = models.ForeignKey(Change, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [
            models.Index(fields=["booking", "-at"], name="difference_by_booking"),
            models.Index(fields=["client", "-at"], name="difference_by_client"),
            models.Index(fields=["-at"], name="difference_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.pk}"
