"""A table that is a queue: rows are claimed, done in the same transaction as their effect, or parked for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import connection as database
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Lost(Exception):
    """Somebody else holds the row now, or has finished it: undo what was done for it."""


class Work(models.Model):
    """One thing to do. `due_at` is when to try next; while somebody tries, the end of his lease, and his token."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        PARKED = "parked", _("Parked")

    LEASE: ClassVar[dt.timedelta] = dt.timedelta(seconds=10)
    BACK_OFF: ClassVar[Sequence[int]] = (1, 2, 5, 15, 60, 300, 900)  # seconds
    MOST_TRIES: ClassVar[int] = 8

    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it waits or is parked; no personal data")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def claim(cls, limit: int, **conditions: Any) -> list[Self]:
        """Up to `limit` rows that are due, oldest first, held by the caller for `LEASE`. Nobody else gets them."""
        now = timezone.now()
        skip = database.features.has_select_for_update_skip_locked
        with transaction.atomic():
            due = cls._default_manager.filter(state=cls.State.WAITING, due_at__lte=now, **conditions)
            rows = list(due.order_by("due_at", "pk").select_for_update(skip_locked=skip)[:limit])
            held = cls._default_manager.filter(pk__in=[row.pk for row in rows])
            held.update(due_at=now + cls.LEASE, attempts=models.F("attempts") + 1)
        for row in rows:
            row.due_at = now + cls.LEASE
            row.attempts += 1
        return rows

    def hold(self, seconds: float) -> bool:
        """Keep the row for `seconds` from now, before something slow. False: somebody else has it by now."""
        until = timezone.now() + dt.timedelta(seconds=seconds)
        rows = type(self)._default_manager.filter(pk=self.pk, due_at=self.due_at, state=self.State.WAITING)
        if not rows.update(due_at=until):
            return False
        self.due_at = until
        return True

    @classmethod
    def finish(cls, rows: Sequence[Self], **fields: Any) -> None:
        """Mark `rows` done, in the transaction of their effect. Raises Lost unless all are still the caller's."""
        mine = models.Q(pk__in=[])
        for due_at in {row.due_at for row in rows}:
            mine |= models.Q(pk__in=[row.pk for row in rows if row.due_at == due_at], due_at=due_at)
        done = cls._default_manager.filter(mine, state=cls.State.WAITING).update(
            state=cls.State.DONE, finished_at=timezone.now(), reason="", **fields
        )
        if done != len(rows):
            raise Lost

    def postpone(self, reason: str, *, hopeless: bool = False, wait: float | None = None) -> None:
        """Try again later, with growing pauses; parked when `hopeless` or tried often enough."""
        parked = hopeless or self.attempts >= self.MOST_TRIES
        pause = wait if wait is not None else self.BACK_OFF[min(self.attempts, len(self.BACK_OFF)) - 1]
        held = type(self)._default_manager.filter(pk=self.pk, due_at=self.due_at, state=self.State.WAITING)
        held.update(
            state=self.State.PARKED if parked else self.State.WAITING,
            reason=reason[:300],
            due_at=timezone.now() + dt.timedelta(seconds=pause),
            finished_at=timezone.now() if parked else None,
        )

    @classmethod
    def replay(cls, rows: models.QuerySet[Any]) -> int:
        """Have `rows` done again from the start, whatever became of them. Returns how many."""
        return rows.update(state=cls.State.WAITING, attempts=0, due_at=timezone.now(), reason="", finished_at=None)
