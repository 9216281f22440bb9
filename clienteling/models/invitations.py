"""Invitations: a link that lets one person in, once, and never into an account that somebody has already."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import models
from django.utils import timezone

from clienteling.models.people import StaffMember, User
from clienteling.permissions import Mark

GOOD_FOR = dt.timedelta(days=7)
KEPT_AFTER = dt.timedelta(days=90)


def digest_of(token: str) -> str:
    """What is kept of a token. It is long and random, so a plain digest gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: dt.datetime) -> InvitationQuerySet:
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)

    def forget_old(self, now: dt.datetime) -> int:
        """Those whose link has long been useless: they name an e-mail address. Returns how many."""
        return self.filter(expires_at__lt=now - KEPT_AFTER).delete()[0]

    def by_token(self, token: str, now: dt.datetime) -> Invitation | None:
        return self.open(now).filter(digest=digest_of(token)).select_related("place__store", "author").first()


class Invitation(models.Model):
    """For the place of a staff member, or for a mark on the account, or both."""

    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True, help_text="Of the token in the link")
    place = models.ForeignKey(StaffMember, on_delete=models.CASCADE, null=True, related_name="invitations")
    mark = models.CharField(max_length=12, choices=Mark.choices, blank=True)
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, help_text="A newer one took its place")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @classmethod
    def make(
        cls, *, email: str, place: StaffMember | None, mark: str, author: User, now: dt.datetime
    ) -> tuple[Invitation, str]:
        """A new one and its token, which is kept nowhere. Open ones for the same place and e-mail are withdrawn."""
        cls.objects.open(now).filter(email__iexact=email, place=place).update(withdrawn_at=now)
        token = secrets.token_urlsafe(32)
        fields = {"place": place, "mark": mark, "author": author, "created_at": now, "expires_at": now + GOOD_FOR}
        return cls.objects.create(email=email.lower(), digest=digest_of(token), **fields), token

    def accept(self, user: User, *, now: dt.datetime) -> bool:
        """Use it up for `user`. Of any number of people only one gets True."""
        opened = type(self).objects.open(now).filter(pk=self.pk)
        return bool(opened.update(accepted_at=now, accepted_by=user))
