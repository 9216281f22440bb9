"""Tokens with which other systems use the API. What each may do is said in `clienteling/permissions.py`."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models.people import Store, User
from clienteling.permissions import Reach, Scope, System

SAYS_WHAT_IT_IS = "clt"  # so that one that was put into a public place by mistake can be searched for
PREFIX_LENGTH = 6


def digest_of(token: str) -> str:
    """A token is 256 random bits: it needs no salt, and nobody can try them all."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def good(self, now: dt.datetime) -> ApiTokenQuerySet:
        """Neither revoked nor over."""
        return self.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now), revoked_at__isnull=True)


class ApiToken(models.Model):
    """The token itself is shown once, when it is made; here is only what it can be told by."""

    name = models.CharField(_("name"), max_length=100, help_text=_("The system that uses it. Bookings carry it."))
    names = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="What its idempotency keys are reckoned with"
    )
    prefix = models.CharField(max_length=12, help_text="How it begins, to be recognised by")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    scopes = models.JSONField(default=list, help_text="Codes of permissions.Scope")
    all_stores = models.BooleanField(_("every store, also those to come"), default=False)
    stores = models.ManyToManyField(Store, related_name="+", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="Last, to the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.name

    def renew(self) -> str:
        """Give it a secret of its own and return that, the only time anybody sees it. Not saved yet."""
        prefix = secrets.token_hex(PREFIX_LENGTH // 2)
        token = f"{SAYS_WHAT_IT_IS}_{prefix}_{secrets.token_urlsafe(32)}"
        self.prefix, self.digest = prefix, digest_of(token)
        return token

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(code).label) for code in self.scopes if code in Scope.values]

    def as_system(self) -> System:
        """Whom the API takes it for. One query, unless it is for every store."""
        ids = [] if self.all_stores else self.stores.filter(is_active=True).values_list("pk", flat=True)
        scopes = [code for code in self.scopes if code in Scope.values]
        return System(self.pk, self.name, self.prefix, scopes, Reach(self.all_stores, frozenset(ids)))

    def note_use(self, now: dt.datetime) -> None:
        """Written at most once a minute."""
        if self.used_at is None or self.used_at < now - dt.timedelta(minutes=1):
            ApiToken.objects.filter(pk=self.pk).update(used_at=now)

    def revoke(self, now: dt.datetime) -> bool:
        """Good for nothing from the next request on. Returns whether it was still good."""
        return bool(ApiToken.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=now))
