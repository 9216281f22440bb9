"""What a person asked a booking system for, kept until it has answered.

The row is the truth about what is under way; Celery only wakes somebody up to look at it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models import Store, User

# The one who sends holds the row this long; then somebody else may assume that he died.
LEASE = dt.timedelta(seconds=60)
BACK_OFF = (15, 30, 60, 120, 300, 600, 900)  # seconds, the last one for ever after


class AskedQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(state__in=[Asked.State.SENDING, Asked.State.UNCONFIRMED])

    def due(self, now: dt.datetime) -> Self:
        return self.open().filter(next_attempt_at__lte=now).order_by("next_attempt_at")

    def needing_attention(self, user: User) -> Self:
        """What `user` asked for, the booking system refused later on, and she has not put aside."""
        failed = [Asked.State.REFUSED, Asked.State.GIVEN_UP]
        return self.filter(author=user, state__in=failed, dismissed_at__isnull=True)


class Asked(models.Model):
    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        UNCONFIRMED = "unconfirmed", _("Not confirmed yet")
        DONE = "done", _("Accepted")
        REFUSED = "refused", _("Refused")
        GIVEN_UP = "given_up", _("Given up")

    FROM_STORE: ClassVar[str]  # the lookup that leads from a store to such a row

    reference = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Made by the form: a double click finds this row"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SENDING)
    attempts = models.PositiveIntegerField(default=1)
    next_attempt_at = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True, help_text="Why not: a code of bookings/gateway.py")
    answered_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ("-created_at", "-pk")

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.SENDING, self.State.UNCONFIRMED)

    def claim(self, *, now: dt.datetime) -> bool:
        """Take the row for one attempt. Only one of any number of workers gets True."""
        return self._update_open(
            {"next_attempt_at__lte": now}, next_attempt_at=now + LEASE, attempts=models.F("attempts") + 1
        )

    def mark_done(self, *, now: dt.datetime) -> bool:
        return self._answer(state=self.State.DONE, answered_at=now, reason="")

    def mark_unconfirmed(self, *, now: dt.datetime, reason: str, wait: float | None = None) -> bool:
        """Ask again later: after `wait` seconds where the provider said so, else with growing pauses."""
        pause = wait if wait is not None else BACK_OFF[min(self.attempts, len(BACK_OFF)) - 1]
        later = now + max(dt.timedelta(seconds=pause), settings.SEND_LOOK_AFTER)
        return self._answer(state=self.State.UNCONFIRMED, reason=reason, next_attempt_at=later)

    def mark_refused(self, *, now: dt.datetime, reason: str, given_up: bool = False) -> bool:
        """End it. Refused while the person watches (the first attempt), it needs no attention later."""
        state = self.State.GIVEN_UP if given_up else self.State.REFUSED
        dismissed = now if self.attempts <= 1 else None
        return self._answer(state=state, reason=reason, answered_at=now, dismissed_at=dismissed)

    def dismiss(self) -> None:
        """Put it aside, refused: its author has read it."""
        type(self)._default_manager.filter(pk=self.pk, dismissed_at__isnull=True).update(dismissed_at=timezone.now())

    def _update_open(self, condition: dict[str, object], **fields: object) -> bool:
        happened = type(self).objects.open().filter(pk=self.pk, **condition).update(**fields)  # type: ignore[attr-defined]
        self.refresh_from_db()
        return bool(happened)

    def _answer(self, **fields: object) -> bool:
        """As `_update_open`, and open pages of the store show it."""
        with transaction.atomic():
            happened = self._update_open({}, **fields)
            if happened:
                self.show()
        return happened

    def show(self) -> None:
        """Have open pages of the store show how it stands."""
        Store.objects.filter(**{self.FROM_STORE: self.pk}).touch()

    @classmethod
    def begin(cls, **fields: object) -> Self:
        """A new one, held by the caller. IntegrityError when the reference is known, or another one is in its way."""
        asked = cls._default_manager.create(next_attempt_at=timezone.now() + LEASE, **fields)
        asked.show()
        return asked
