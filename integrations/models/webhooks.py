"""What other systems told us, kept whole before it is understood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Self

from django.db import connection as database
from django.db import models
from django.db.models.fields import NOT_PROVIDED
from django.db.models.functions import Now
from django.utils import timezone

from clienteling.models import Client
from integrations.models.connections import Connection
from integrations.models.work import Lost, Work


class WebhookDelivery(Work):
    """One verified request. The same event again finds this row and is only counted."""

    # Found by `delivery_once` as well; each index is one more page to write before the sender is answered.
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.CharField(max_length=200)
    event_type = models.CharField(max_length=100, blank=True)
    body = models.TextField(help_text="As it came; pruned after WEBHOOK_KEEP_DAYS because it holds personal data")
    repeats = models.PositiveIntegerField(default=0, db_default=0, help_text="How often the same event came again")
    received_at = models.DateTimeField(db_default=Now())
    subject = models.CharField(max_length=80, blank=True, help_text='What it was about: "booking:12", "client:7"')
    client = models.ForeignKey(
        Client,
        on_delete=models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_index=False,
        help_text="Whose personal data the body holds, once understood: it is emptied when she is forgotten",
    )
    outcome = models.CharField(max_length=20, blank=True, help_text="applied, unchanged, older, read again, unknown")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "event_id"], name="delivery_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["connection", "-received_at"], name="delivery_by_connection"),
            models.Index(fields=["state", "-received_at"], name="delivery_by_state"),
            models.Index(fields=["client"], condition=models.Q(client__isnull=False), name="delivery_by_client"),
            models.Index(fields=["subject"], condition=~models.Q(subject=""), name="delivery_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    def keep(self) -> bool:
        """Insert it, or count one more repeat of the row that is there. One statement. True: it is new.

        The ORM has no "add one on conflict", and a look before the insert would lose a race.
        """
        now = database.ops.adapt_datetimefield_value(self.due_at)
        with database.cursor() as cursor:
            cursor.execute(
                _keep_statement(type(self), database.vendor),
                [self.connection_id, self.event_id, self.event_type, self.body, now, now],
            )
            return bool(cursor.fetchone()[0] == 0)

    @classmethod
    def finish_each(cls, ends: Sequence[tuple[Self, str, str, int | None]]) -> None:
        """Like `finish`, with an outcome, a subject and a client for each row, in one statement.

        Joining a list of values costs a tenth of the ORM's CASE with a branch for each row.
        """
        adapt = database.ops.adapt_datetimefield_value
        values = [[row.pk, outcome, subject, client_id, adapt(row.due_at)] for row, outcome, subject, client_id in ends]
        with database.cursor() as cursor:
            cursor.execute(
                _finish_statement(cls, len(ends)), [adapt(timezone.now()), *(one for row in values for one in row)]
            )
            if cursor.rowcount != len(ends):
                raise Lost

    @classmethod
    def told_again(cls, rows: models.QuerySet[Self]) -> int:
        """Have `rows` understood again, whatever became of them; not those whose body is gone. Returns how many."""
        return cls.replay(rows.exclude(body=""))


TOLD = ("connection_id", "event_id", "event_type", "body", "due_at", "created_at")


@cache
def _keep_statement(model: type[models.Model], vendor: str) -> str:
    """With marks for what is `TOLD`; the rest as it is in a row of which nothing is known, written out.

    Made once: to put it together took longer than to have it done.
    """
    quote = database.ops.quote_name
    table = quote(model._meta.db_table)
    blank = model()
    columns, values = list(TOLD), ["%s"] * len(TOLD)
    for field in model._meta.concrete_fields:
        # The database itself fills in the others.
        if field.column and not field.primary_key and field.db_default is NOT_PROVIDED and field.column not in TOLD:
            columns.append(field.column)
            values.append(_literal(getattr(blank, field.attname)))
    return (
        f"INSERT INTO {table} ({', '.join(map(quote, columns))}) VALUES ({', '.join(values)})"  # noqa: S608 - our own
        f" ON CONFLICT (connection_id, event_id) DO UPDATE SET repeats = {table}.repeats + 1 RETURNING repeats"
    )


def _literal(default: object) -> str:
    """A model's own default in SQL: nothing, a number or a plain word."""
    if default is None:
        return "NULL"
    return str(default) if isinstance(default, int) else f"'{default}'"


def _finish_statement(model: type[models.Model], rows: int) -> str:
    table = database.ops.quote_name(model._meta.db_table)
    return (
        f"UPDATE {table} SET state = 'done', finished_at = %s, reason = '',"  # noqa: S608 - our own names
        " outcome = ended.column2, subject = ended.column3, client_id = CAST(ended.column4 AS bigint)"
        f" FROM (VALUES {', '.join(['(%s, %s, %s, %s, %s)'] * rows)}) AS ended"
        f" WHERE {table}.id = ended.column1 AND {table}.due_at = ended.column5 AND {table}.state = 'waiting'"
    )
