"""Whether each family of Booker's calls works (booker-api.md sections 1 and 2): one small question to each."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.utils import timezone

from bookings.gateway import REASONS, GatewayError, Misconfigured, Refused
from integrations.models import Connection
from integrations.providers import booker_dates as dates
from integrations.providers.booker import Booker
from integrations.providers.booker_api import Family
from integrations.providers.booker_reading import number
from integrations.records import StoreRecord
from integrations.switchboard import noting_trouble, opened_for_a_person

TOKEN = "token"  # noqa: S105
NO_STORE = "The key works, but it is not allowed for any location."
WINDOW = dt.timedelta(hours=1)


def check(connection: Connection) -> str:
    """Network. Ask each family and keep what came of it. "" when all work, else the first sentence of what is wrong."""
    found: dict[str, dict[str, str]] = {}
    stores: Sequence[StoreRecord] = ()

    def note(name: str, ask: Callable[[], Any]) -> Any:
        wrong, answer = "", None
        try:
            answer = ask()
        except GatewayError as error:
            wrong = in_words(error)
        found[name] = {"at": timezone.now().isoformat(), "wrong": wrong}
        return answer

    def opened() -> Booker:
        booker = cast(Booker, opened_for_a_person(connection))
        noting_trouble(connection, booker.api.tokens.current)
        return booker

    booker = note(TOKEN, opened)
    if booker:
        stores = note(Family.MERCHANT.value, lambda: _stores(connection, booker)) or ()
    if booker and stores:
        note(Family.CUSTOMER.value, lambda: _customer(booker, stores[0]))
        note(Family.AVAILABILITY.value, lambda: _availability(booker, stores[0]))
    Connection.objects.filter(pk=connection.pk).update(checks=found)
    wrong = next((one["wrong"] for one in found.values() if one["wrong"]), "")
    if not wrong:
        connection.note_answer(at=timezone.now())
    return wrong


def in_words(error: GatewayError) -> str:
    if isinstance(error, Misconfigured):
        return str(error)
    if isinstance(error, Refused):
        return str(REASONS[error.reason])
    return f"Booker: {error}"


def _stores(connection: Connection, booker: Booker) -> Sequence[StoreRecord]:
    stores = noting_trouble(connection, booker.stores)
    if not stores:
        raise Misconfigured(NO_STORE)
    return stores


def _customer(booker: Booker, store: StoreRecord) -> None:
    where, path = store.external_id, "/v4.1/customer/treatments"
    one = {"LocationID": number(where), "UsePaging": True, "PageNumber": 1, "PageSize": 1}
    booker.api.find(path, one, location=where, family=Family.CUSTOMER)


def _availability(booker: Booker, store: StoreRecord) -> None:
    zone, start = zoneinfo.ZoneInfo(store.time_zone), timezone.now()
    window = [("fromDateTime", dates.write(start, zone)), ("toDateTime", dates.write(start + WINDOW, zone))]
    path, where = "/v5/availability/availability", store.external_id
    booker.api.plain(path, [("locationIds[]", where), *window], endpoint=path, location=where)
