"""`manage.py sync`: read the booking systems now, with a bar in the terminal."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations import sync
from integrations.models import Connection, SyncRun

WIDTH = 30


class Command(BaseCommand):
    help = "Read every connected booking system into the mirror; a killed run goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connection", type=int, help="only this connection (its id)")
        parser.add_argument("--due", action="store_true", help="only what is older than it should be")

    def handle(self, *args: Any, **options: Any) -> None:
        connections = Connection.objects.booking_systems().filter(is_active=True)
        if options["connection"]:
            connections = connections.filter(pk=options["connection"])
        if not connections:
            raise CommandError("No active connection. Add one on the Connections page, or run the demo.")
        if options["due"]:
            sync.request_due(timezone.now())
        else:
            for connection in connections:
                sync.request_full(connection=connection)
        began = timezone.now()
        self._work(connections)
        failed = SyncRun.objects.filter(connection__in=connections, state=SyncRun.State.FAILED, finished_at__gte=began)
        if failed:
            raise CommandError("; ".join(sorted({run.error for run in failed})))

    def _work(self, connections: Any) -> None:
        """Until nothing is waiting; runs that somebody else holds, or that wait for another try, are waited for."""
        while True:
            sync.work(show=self._show)
            waiting = SyncRun.objects.filter(
                connection__in=connections, state__in=[SyncRun.State.WAITING, SyncRun.State.RUNNING]
            )
            if not waiting.exists():
                return
            time.sleep(1)

    def _show(self, run: SyncRun) -> None:
        share = run.done / run.total if run.total else 1
        bar = "█" * int(share * WIDTH)
        done = run.state == SyncRun.State.DONE
        where = run.store.name if run.store_id and run.store else run.connection.name
        self.stdout.write(f"\r{run.kind:<10} {where[:28]:<28} {bar:<{WIDTH}} {run.done}/{run.total}", ending="")
        if done:
            told = ", ".join(f"{count} {name}" for name, count in sorted(run.counts.items()))
            self.stdout.write(f"  {told or 'nothing changed'}")
        self.stdout.flush()
