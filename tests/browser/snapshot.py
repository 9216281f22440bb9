"""The rows of our database as they stood at one moment, to be put back into an emptied one."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

OURS = ("clienteling", "bookings", "integrations")


@dataclass(frozen=True)
class Snapshot:
    """Much quicker than reading the booking system again for each test."""

    rows: list[tuple[type[models.Model], list[models.Model]]]

    @classmethod
    def take(cls) -> Snapshot:
        ours = (model for label in OURS for model in apps.get_app_config(label).get_models(include_auto_created=True))
        return cls([(model, list(model._base_manager.all())) for model in ours])

    def put_back(self) -> None:
        """In one transaction: foreign keys are looked at when it ends, so the order does not matter."""
        with transaction.atomic():
            for model, rows in self.rows:
                model._base_manager.bulk_create(rows)
            self._go_on_counting()

    def _go_on_counting(self) -> None:
        """New rows come after those put back; SQLite sees to that by itself."""
        models_here = [model for model, _ in self.rows]
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), models_here):
                cursor.execute(statement)
