"""The shared budget of calls: one row a key, one conditional update a call, however many processes ask.

Calls go out evenly spaced instead of in bursts, because a provider that counts "5 in any second" (booxi-api.md
section 3) sees a full bucket plus its refill as nine. People at the counter take the next free place; sweeps wait
a little longer for theirs and use at most four fifths of the pace, so a person never waits for more than one place.
The database's clock is the only one that counts.

Some providers count by the day as well (booker-api.md section 11). The same update counts the day's calls, so the
budget costs nothing; when it is used up sweeps wait for the next day (UTC), and people still get through.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from bookings.gateway import Unavailable
from integrations.models import Pace

SAFETY = 1.1  # answers for the jitter between our clock and the moment a call arrives
SWEEP_SHARE = 0.8
SWEEP_MANNERS = 0.1  # of the interval that a sweep lets a free place stand, for a person who may be about to ask
POLL = 0.02
SPENT = "the calls of today are used up"


def _today() -> dt.date:
    return timezone.now().astimezone(dt.UTC).date()


def _next_day() -> dt.datetime:
    return dt.datetime.combine(_today() + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)


def calls_today(key: str) -> int:
    """Of the UTC day, by whomever."""
    return Pace.objects.filter(key=key, day=_today()).values_list("day_calls", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class PaceGate:
    """The way to one key's budget. `rate` in calls per second; `daily`: calls per day (UTC), 0 for any number."""

    key: str
    rate: float
    sweeps: bool
    daily: int = 0

    @property
    def interval(self) -> dt.timedelta:
        return dt.timedelta(seconds=SAFETY / self.rate)

    def wait(self, *, until: float) -> None:
        """Return when a call may go out. Raises Unavailable when none may before `until`, and RuntimeError
        inside a transaction: nobody talks to a provider while holding the database."""
        while not self._take():
            if self._is_spent():
                raise Unavailable(SPENT, retry_after=(_next_day() - timezone.now()).total_seconds())
            if time.monotonic() > until:
                raise Unavailable("no room in the request budget")
            time.sleep(min(POLL, SAFETY / self.rate))

    def _take(self) -> bool:
        today = _today()
        counted: dict[str, Any] = {
            "day": Value(today),
            "day_calls": Case(When(day=today, then=F("day_calls") + 1), default=Value(1)),
        }
        with transaction.atomic(durable=True):
            if self.sweeps:
                free = Pace.objects.filter(
                    key=self.key, next_at__lte=Now() - self.interval * SWEEP_MANNERS, next_sweep_at__lte=Now()
                )
                if self.daily:
                    free = free.exclude(Q(day=today, day_calls__gte=self.daily))
                pause = {"next_at": Now() + self.interval, "next_sweep_at": Now() + self.interval / SWEEP_SHARE}
                taken = free.update(**pause, **counted)
            else:
                free = Pace.objects.filter(key=self.key, next_at__lte=Now())
                taken = free.update(next_at=Now() + self.interval, **counted)
        if not taken:
            Pace.objects.get_or_create(key=self.key)
        return bool(taken)

    def _is_spent(self) -> bool:
        """Whether sweeps have to wait for the next day."""
        return self.sweeps and bool(self.daily) and calls_today(self.key) >= self.daily

    def charge(self) -> None:
        """A call that ends in 400 counts twice (booxi-api.md section 3)."""
        self._delay(self.interval)

    def close(self, *, seconds: float) -> None:
        """Over quota: nobody calls for `seconds`."""
        self._delay(dt.timedelta(seconds=seconds))

    def _delay(self, pause: dt.timedelta) -> None:
        Pace.objects.filter(key=self.key).update(next_at=Greatest("next_at", Now() + pause))
