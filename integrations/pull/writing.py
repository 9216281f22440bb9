"""What every applier shares: taking turns, finding our rows by foreign names, writing only what differs."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from bookings.models import Change
from integrations.models import ClientLink, Connection, Difference, ModuleLink, SyncRun


@dataclass(frozen=True, slots=True)
class News:
    """Where a batch comes from, for the record of differences.

    `certain`: the provider said so just now, so it is right even where its time does not tell which is newer.
    `first`: the first time ever that this is read, when everything is new and nothing is worth recording.
    `deliveries`: external id of a booking -> the delivery that brought it.
    """

    source: str = Difference.Source.SWEEP
    certain: bool = True
    first: bool = False
    run: SyncRun | None = None
    change: Change | None = None
    deliveries: Mapping[str, int] = field(default_factory=dict)

    def difference(self, connection: Connection, external_id: str = "", **fields: Any) -> Difference:
        return Difference(
            source=self.source,
            connection=connection,
            run=self.run,
            change=self.change,
            delivery_id=self.deliveries.get(external_id),
            **fields,
        )


class Verdict(enum.StrEnum):
    """What became of one record."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    OLDER = "older"
    UNSURE = "unsure"  # cannot be told whether it is newer: the provider has to be asked
    UNPLACED = "unplaced"  # of a store that we do not know


@dataclass(slots=True)
class Outcome:
    """What a batch did: `counts` by word ("bookings created", ...), bookings that should have been in it, what
    became of each record, by external id, the external ids of clients who are not as we know them, and for each
    booking its row and its client's."""

    counts: Counter[str] = field(default_factory=Counter)
    missing: list[int] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    clients: set[str] = field(default_factory=set)
    places: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        self.counts.update(other.counts)
        self.missing += other.missing
        self.verdicts |= other.verdicts
        self.clients |= other.clients
        self.places |= other.places


def as_text(value: Any) -> str:
    """A field's value for the record of differences."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return "" if value is None else str(value)[:2000]


def take_turn(connection: Connection) -> None:
    """Wait for other appliers of this connection; held until the transaction ends."""
    list(Connection.objects.select_for_update().filter(pk=connection.pk).order_by().values_list("pk"))


def differences(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    return [name for name, value in values.items() if getattr(row, name) != value]


def amend(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Give `row` the `values` it lacks, unsaved. Returns the names that changed."""
    changed = differences(row, values)
    for name in changed:
        setattr(row, name, values[name])
    return changed


class Ids:
    """external id -> our id, for one kind of link and one connection, looked up once a batch."""

    def __init__(self, model: type[ModuleLink], owner: str, connection: Connection, wanted: Iterable[str]) -> None:
        external_ids = {one for one in wanted if one}
        rows: Any = model._default_manager.filter(connection=connection, external_id__in=external_ids)
        if model is ClientLink:
            rows = rows.filter(module="")
        self.found: dict[str, int] = dict(rows.values_list("external_id", f"{owner}_id"))

    def get(self, external_id: str) -> int | None:
        return self.found.get(external_id)
