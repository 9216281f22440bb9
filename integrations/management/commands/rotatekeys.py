"""`manage.py rotatekeys`: secrets at rest are written anew with the newest of CREDENTIAL_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.credentials import rotate_all


class Command(BaseCommand):
    help = "Encrypt every stored secret with the newest of CREDENTIAL_KEYS; then the older ones can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        moved, unreadable = rotate_all()
        self.stdout.write(f"{moved} rows are encrypted with the newest key.")
        if unreadable:
            self.stderr.write(f"{unreadable} rows can be read with none of the keys and were left as they are.")
