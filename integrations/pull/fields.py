"""Which system is right about a field of a client: the one that changed it last.

A field's time is kept on the client where anybody has said when it was changed (`Client.field_times`); before that,
it is the time of the booking system's record of her.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from clienteling import names
from clienteling.models import Client
from integrations.models import ClientPush, Connection, Difference
from integrations.pull.writing import as_text

PHONES = ("mobile_phone", "home_phone")
MOST_PUSHES = 20


@dataclass(slots=True)
class Verdicts:
    """What is to be written, and what was said too late. Both by field name."""

    newer: dict[str, str] = field(default_factory=dict)
    older: dict[str, str] = field(default_factory=dict)


def weigh(
    connection: Connection,
    client: Client,
    values: Mapping[str, str],
    times: Mapping[str, dt.datetime],
    *,
    else_since: dt.datetime | None = None,
    empty_wins_ties: bool = True,
) -> Verdicts:
    """Judge what `connection` says about `client`, field by field. A field without a time has just been said.

    `else_since`: how old our values are taken to be where nobody has said. `empty_wins_ties`: an empty value of the
    same second as ours is taken as well, as from the booking system, which is the authority.
    """
    found = Verdicts()
    for name, value in values.items():
        if is_same(name, getattr(client, name), value):
            continue
        ours, theirs = time_of(client, name) or else_since, times.get(name)
        if ours and theirs and _is_late(ours, theirs, ties_lose=not (value or empty_wins_ties)):
            found.older[name] = value
        elif not _is_echo(connection, client, name, value):
            found.newer[name] = value
    return found


def _is_late(ours: dt.datetime, theirs: dt.datetime, *, ties_lose: bool) -> bool:
    """In whole seconds: that is how systems tell each other the time."""
    held = ours.replace(microsecond=0)
    return theirs < held or (ties_lose and theirs == held)


def _is_echo(connection: Connection, client: Client, name: str, value: str) -> bool:
    return _has_not_heard_yet(connection, client, name, value) or _is_our_word(connection, client, name, value)


def is_same(name: str, ours: str, theirs: str) -> bool:
    """Whether nothing is news: case means nothing in an e-mail address, punctuation nothing in a phone number."""
    if ours == theirs:
        return True
    if name == "email":
        return ours.strip().casefold() == theirs.strip().casefold()
    return name in PHONES and bool(ours) and _number(ours) == _number(theirs)


def _number(phone: str) -> str:
    return names.digits(names.international_phone(phone))


def time_of(client: Client, name: str) -> dt.datetime | None:
    """When `name` was last changed, as far as anybody said; UTC."""
    if name == "consent":
        return client.consent_at
    kept = client.field_times.get(name)
    return dt.datetime.fromisoformat(kept) if kept else client.details_at


def stamp(client: Client, times: Mapping[str, dt.datetime], *, unchanged_since: dt.datetime | None) -> None:
    """Remember when fields were changed, unsaved; all others stay as old as they were."""
    kept = dict(client.field_times)
    if unchanged_since:
        rest = ("first_name", "last_name", "email", "mobile_phone", "home_phone", "language", "quick_note")
        kept = {name: unchanged_since.isoformat() for name in rest} | kept
    client.field_times = kept | {name: at.isoformat() for name, at in times.items()}


def _has_not_heard_yet(connection: Connection, client: Client, name: str, value: str) -> bool:
    """Somebody else changed the field, `connection` is still to be told, and says what stood there before.

    Its record is newer than the change only because something else in it was changed.
    """
    waiting = ClientPush.objects.filter(connection=connection, client=client, kind="update", state="waiting")
    if not any(name in fields for fields in waiting.values_list("fields", flat=True)):
        return False
    last = Difference.objects.filter(client=client, field=name, applied=True).order_by("-at", "-pk").first()
    return last is not None and last.connection_id != connection.pk and is_same(name, last.before, value)


def _is_our_word(connection: Connection, client: Client, name: str, value: str) -> bool:
    """What we told `connection`, in its own spelling: taking it for news would go to and fro for ever."""
    if not value or names.plain(getattr(client, name)) != names.plain(value):
        return False
    told = ClientPush.objects.filter(connection=connection, client=client, state="done").order_by("-finished_at")
    return any(name in fields for fields in told.values_list("fields", flat=True)[:MOST_PUSHES])


def late_differences(client: Client, found: Verdicts, times: Mapping[str, dt.datetime]) -> list[str]:
    """Of what was said too late, what has not been recorded before: reading it again is no second event."""
    if not found.older:
        return []
    known = set(
        Difference.objects.filter(client=client, applied=False, field__in=found.older).values_list(
            "field", "after", "said_at"
        )
    )
    return [name for name, value in found.older.items() if (name, as_text(value), times.get(name)) not in known]
