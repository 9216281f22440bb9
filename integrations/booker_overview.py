"""What head office is told of a connection to Booker: which calls work, how one gets in, how many calls are left."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from integrations import pacing
from integrations.models import Connection
from integrations.providers.booker import CANNOT, HOSTS
from integrations.switchboard import daily_calls_of, gate_of

FAMILIES: dict[str, tuple[str | Promise, str | Promise]] = {
    "token": (gettext_lazy("Getting in"), gettext_lazy("Client, secret, subscription key and token")),
    "merchant": (gettext_lazy("The business"), gettext_lazy("Stores, staff, appointments, clients")),
    "customer": (gettext_lazy("The client's side"), gettext_lazy("New clients")),
    "availability": (gettext_lazy("Free times"), gettext_lazy("What can be booked when")),
}
WORDS: dict[str, str | Promise] = {
    "arrive": gettext_lazy("arrivals"),
    "no_show": gettext_lazy("no-shows"),
    "complete": gettext_lazy("completed visits"),
    "undo": gettext_lazy("taking those back"),
    "propose": gettext_lazy("proposing another time"),
    "dispatch": gettext_lazy("giving out requests"),
    "decline": gettext_lazy("declining requests"),
    "time_slots": gettext_lazy("busy time"),
    "delete_client": gettext_lazy("deleting clients"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """`at` is None while nobody has looked; `wrong` is "" for what works."""

    name: str | Promise
    use: str | Promise
    at: dt.datetime | None
    wrong: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`made` of `daily` calls on this UTC day, by whoever uses the same key; `daily` 0: any number."""

    environment: str | Promise
    way_in: str
    families: list[Family]
    cannot: str
    made: int
    daily: int

    @property
    def is_spent(self) -> bool:
        return 0 < self.daily <= self.made


def overview_of(connection: Connection) -> Overview:
    """One query."""
    return Overview(
        environment=_environment(connection),
        way_in=_way_in(connection),
        families=[_family(connection.checks.get(key), *words) for key, words in FAMILIES.items()],
        cannot=get_text_list([str(WORDS[one]) for one in CANNOT if one in WORDS], _("and")),
        made=pacing.calls_today(gate_of(connection).key),
        daily=daily_calls_of(connection),
    )


def _family(found: Any, name: str | Promise, use: str | Promise) -> Family:
    if not isinstance(found, dict):
        return Family(name, use, None, "")
    return Family(name, use, parse_datetime(str(found.get("at", ""))), str(found.get("wrong", "")))


def _environment(connection: Connection) -> str | Promise:
    names = {"production": pgettext_lazy("Booker", "Production"), "staging": pgettext_lazy("Booker", "Staging")}
    known = next((name for name, address in HOSTS.items() if address == connection.base_url), "")
    return names.get(known, gettext_lazy("Another address"))


def _way_in(connection: Connection) -> str:
    """The one that is used (`booker_auth.grant`)."""
    if connection.secrets.get("refresh_token"):
        return _("Somebody signed in at Booker")
    if connection.secrets.get("personal_access_token"):
        return _("Personal access token")
    return _("Client id and secret alone")
