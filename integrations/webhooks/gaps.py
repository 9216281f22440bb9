"""What bookings name that we do not know yet."""

from __future__ import annotations

import datetime as dt
import enum

from integrations.models import Connection, SyncRun
from integrations.pull import Names
from integrations.records import BookingRecord


class Need(enum.StrEnum):
    """What a booking waits for."""

    ASK = "ask"  # the provider's own word: on the booking, or on a client who is only an id so far
    CATALOGUE = "catalogue"  # a store, a person or a service that we have not read yet
    NOBODY_KNOWS = "nobody knows"  # a store that is not in the catalogue we have read since


class Gaps:
    """What bookings name and we do not know, by `names`: those that all of them name and we do."""

    def __init__(self, connection: Connection, names: Names) -> None:
        self.connection = connection
        self.stores, self.staff, self.services = names.stores.found, names.staff.found, names.services.found
        self.clients = names.clients

    def need(self, record: BookingRecord, *, since: dt.datetime) -> Need | None:
        """`since`: when the news came. A catalogue read after that knows all there is to know."""
        if self.is_stranger(record):
            return Need.ASK
        if record.store_id in self.stores and not self._has_new_names(record):
            return None
        if not self._was_read(since):
            return Need.CATALOGUE
        return None if record.store_id in self.stores else Need.NOBODY_KNOWS

    def is_stranger(self, record: BookingRecord) -> bool:
        """Its client is an id and nothing else: stored as she is here, she would look anonymised."""
        client = record.client
        return client is not None and client.is_anonymous and client.external_id not in self.clients

    def _has_new_names(self, record: BookingRecord) -> bool:
        unknown_staff = bool(record.staff_id) and record.staff_id not in self.staff
        return unknown_staff or any(one.service_id not in self.services for one in record.items if one.service_id)

    def _was_read(self, since: dt.datetime) -> bool:
        runs = SyncRun.objects.filter(connection=self.connection, kind=SyncRun.Kind.CATALOGUE)
        return runs.filter(state=SyncRun.State.DONE, started_at__gte=since).exists()
