"""How far a claimed run has come, written down as it goes; the lease says that its worker is alive."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.utils import timezone

from integrations.models import Lost, SyncRun

LEASE = dt.timedelta(seconds=90)


class Progress:
    """One worker's hold on one run. Every write is conditional on still holding it; all raise Lost."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run

    def total(self, steps: int) -> None:
        """How many steps there are."""
        if self.run.total != steps:
            self.run.total = steps
            self.hold(total=steps)

    def step(
        self, counts: Counter[str], *, missing: list[list[int]] | None = None, clients: Iterable[str] = ()
    ) -> None:
        """One more step done; call it inside the transaction that applied the step."""
        run = self.run
        run.done += 1
        run.counts = dict(Counter(run.counts) + counts)
        run.missing = [*run.missing, *(missing or [])]
        run.clients = sorted({*run.clients, *clients})
        self.hold(done=run.done, counts=run.counts, missing=run.missing, clients=run.clients, attempts=1)

    def note(self, counts: Counter[str]) -> None:
        """What was applied within a step; call it inside the transaction that applied it."""
        self.run.counts = dict(Counter(self.run.counts) + counts)
        self.hold(counts=self.run.counts)

    def hold(self, **fields: object) -> None:
        """Keep the lease, and write `fields` with it. A lease that is still young is not written for its own sake."""
        if not fields and self.run.held_until - timezone.now() > LEASE * 2 / 3:
            return
        until = timezone.now() + LEASE
        held = SyncRun.objects.filter(pk=self.run.pk, held_until=self.run.held_until, state=SyncRun.State.RUNNING)
        if not held.update(held_until=until, **fields):
            raise Lost
        self.run.held_until = until
