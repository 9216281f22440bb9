"""Our accounts with outside systems."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.credentials import SecretsField


def new_token() -> str:
    """The part of a webhook's address that nobody can guess."""
    return secrets.token_urlsafe(32)


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def booking_systems(self) -> ConnectionQuerySet:
        return self.exclude(kind=Connection.Kind.CRM)

    def customer_systems(self) -> ConnectionQuerySet:
        return self.filter(kind=Connection.Kind.CRM)


class Connection(models.Model):
    """Our account with an outside system: a booking provider or a CRM."""

    class Kind(models.TextChoices):
        BOOXI = "booxi", "Booxi"
        BOOKER = "booker", "Booker"
        CRM = "crm", _("Customer system (CRM)")

    class Scheme(models.TextChoices):
        """How its webhooks prove where they come from."""

        BOOXI = "booxi", _("Booxi: time and HMAC")
        STANDARD = "standard", _("Standard Webhooks")
        HMAC_HEX = "hmac_hex", _("HMAC-SHA256 of the body, hexadecimal")
        HMAC_BASE64 = "hmac_base64", _("HMAC-SHA256 of the body, base64")
        STATIC = "static", _("A secret in a header")

    class Trouble(models.TextChoices):
        NONE = "", _("Working")
        UNREACHABLE = "unreachable", _("Not answering")
        MISCONFIGURED = "misconfigured", _("Not set up right")

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("system"), max_length=20, choices=Kind.choices, default=Kind.BOOXI)
    base_url = models.URLField(_("address"), help_text=_("Given by the region, or the sandbox's address"))
    secrets: Any = SecretsField(default=dict, blank=True, editable=False)
    group_id = models.CharField(_("merchant group"), max_length=40, blank=True)
    location_id = models.CharField(_("location id"), max_length=200, blank=True)
    brand_id = models.CharField(_("brand id"), max_length=40, blank=True)
    client_id = models.CharField(_("client id"), max_length=200, blank=True)
    scope = models.CharField(_("scope"), max_length=100, blank=True)
    sign_in_url = models.URLField(_("address of the sign-in"), blank=True)
    module_id = models.CharField(_("CRM module id"), max_length=100, blank=True)
    crm = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"kind": "crm"},
        verbose_name=_("customer system"),
        help_text=_("Where this booking system's clients are linked to, under the module id"),
    )
    shows_links = models.BooleanField(
        default=False, editable=False, help_text="Its webhooks show clients' links: the endpoint is authorised for them"
    )
    webhook_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    webhook_method = models.CharField(max_length=4, choices=[("POST", "POST"), ("PUT", "PUT")], default="POST")
    webhook_scheme = models.CharField(max_length=12, choices=Scheme.choices, default=Scheme.BOOXI)
    webhook_header = models.CharField(max_length=60, blank=True, help_text=_("Empty: the scheme's own header"))
    is_active = models.BooleanField(_("active"), default=True)
    pace = models.FloatField(
        null=True, blank=True, help_text="Calls per second; empty: the provider's documented limit"
    )
    daily_calls = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the regular reading, per day (UTC); empty: as the settings say"
    )
    checks: Any = models.JSONField(
        default=dict, blank=True, editable=False, help_text="What the last check found, by the family of calls"
    )
    trouble = models.CharField(max_length=16, choices=Trouble.choices, blank=True, default="")
    trouble_detail = models.CharField(max_length=300, blank=True)
    trouble_since = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Last answer that made sense, to the minute")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def is_customer_system(self) -> bool:
        return self.kind == self.Kind.CRM

    def lock_secrets(self) -> None:
        """Inside a transaction: `secrets` as they are now, nobody else's to change until it ends. Workers write
        there too, the token that the next renewal takes."""
        self.secrets = type(self).objects.select_for_update().get(pk=self.pk).secrets

    def note_trouble(self, trouble: str, detail: str) -> None:
        """Remember since when and why it does not work."""
        rows = type(self).objects.filter(pk=self.pk)
        rows.filter(trouble="").update(trouble_since=timezone.now())
        rows.update(trouble=trouble, trouble_detail=detail[:300])

    def note_answer(self, *, at: dt.datetime) -> None:
        """It works. Written at most once a minute."""
        due = models.Q(answered_at__isnull=True) | models.Q(answered_at__lt=at - dt.timedelta(minutes=1))
        stale = due | ~models.Q(trouble="")
        type(self).objects.filter(stale, pk=self.pk).update(
            trouble="", trouble_detail="", trouble_since=None, answered_at=at
        )
