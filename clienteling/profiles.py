"""What a booking system tells about a client: `describe` writes what is new and nothing else, `in_words` says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clienteling.models import Client, ClientProfile, Membership
from clienteling.models.profiles import birthday_code

# `seen_at` alone is no reason to write a row more often than this: whole clienteles are read every day.
SEEN_EVERY = dt.timedelta(days=1)
FIELDS = frozenset(
    name
    for field in ClientProfile._meta.fields
    if field.name not in ("client", "birthday", "seen_at")
    for name in (field.name, field.attname)
)
OF_MEMBERSHIP = frozenset(field.name for field in Membership._meta.fields if field.name not in ("id", "client"))


def describe(
    client: Client,
    values: Mapping[str, Any],
    memberships: Iterable[Mapping[str, Any]] | None = None,
    *,
    at: dt.datetime,
) -> bool:
    """Keep what a source told at `at`. Returns whether anything is now otherwise than before.

    `values`: fields of `ClientProfile`; what is not named stays. `memberships`: all she has, each with its
    `source_key`; those not named are removed. None: memberships were not told. Text is taken as cleaned, and cut to
    what fits. Nothing is written about who is forgotten, also not by news that was under way meanwhile.
    ValueError for a field that there is not.
    """
    with transaction.atomic():
        # The row is held, so that nobody forgets her between this question and what is written then.
        kept = Client.objects.select_for_update().filter(pk=client.pk, anonymised_at__isnull=True).first()
        return kept is not None and bool(describe_held([(client, values, memberships)], at=at))


Told = tuple[Client, Mapping[str, Any], Iterable[Mapping[str, Any]] | None]


def describe_held(told: Sequence[Told], *, at: dt.datetime) -> set[int]:
    """As `describe`, for clients whose rows the caller holds and who are not forgotten. Returns who is changed.

    A constant number of queries, and one or two for each whose memberships were told.
    """
    for _client, values, _memberships in told:
        _refuse_unknown(values, FIELDS)
    changed = _write_profiles({client.pk: values for client, values, _memberships in told}, at)
    for client, _values, memberships in told:
        if memberships is not None:
            rows = [dict(one) for one in memberships]
            for row in rows:
                _refuse_unknown(row, OF_MEMBERSHIP)
            if _write_memberships(client, rows):
                changed.add(client.pk)
    return changed


def _refuse_unknown(values: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := set(values) - known:
        raise ValueError(f"no such fields: {sorted(unknown)}")


def _fitting(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    lengths = {field.name: getattr(field, "max_length", None) for field in model._meta.fields}
    return {name: value[: lengths[name]] if isinstance(value, str) else value for name, value in values.items()}


def _changes(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set what differs on `row`; the names of it."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _write_profiles(told: Mapping[int, Mapping[str, Any]], at: dt.datetime) -> set[int]:
    held = ClientProfile.objects.in_bulk(told)
    fresh: list[ClientProfile] = []
    dirty: list[ClientProfile] = []
    changed: set[int] = set()
    names: set[str] = {"birthday", "seen_at"}
    for pk, values in told.items():
        given, row = _fitting(ClientProfile, values), held.get(pk)
        if row is None:
            row = ClientProfile(client_id=pk, seen_at=at, **given)
            fresh.append(row)
            changed.add(pk)
        elif (differing := _changes(row, given)) or at - row.seen_at >= SEEN_EVERY:
            row.seen_at = max(at, row.seen_at)
            dirty.append(row)
            names.update(differing)
            changed |= {pk} if differing else set()
        row.birthday = birthday_code(row.born_on) if row.born_on else None
    ClientProfile.objects.bulk_create(fresh)
    if dirty:
        ClientProfile.objects.bulk_update(dirty, sorted(names), batch_size=100)
    return changed


def _write_memberships(client: Client, told: list[dict[str, Any]]) -> bool:
    given = {row["source_key"]: row for row in (_fitting(Membership, one) for one in told)}
    there = {row.source_key: row for row in Membership.objects.filter(client=client)}
    gone = [row.pk for key, row in there.items() if key not in given]
    if gone:
        Membership.objects.filter(pk__in=gone).delete()
    new = [Membership(client=client, **row) for key, row in given.items() if key not in there]
    Membership.objects.bulk_create(new)
    changed = [key for key, row in there.items() if key in given and _written(row, given[key])]
    return bool(gone or new or changed)


def _written(row: Membership, values: Mapping[str, Any]) -> bool:
    changed = _changes(row, values)
    if changed:
        row.save(update_fields=changed)
    return bool(changed)


def in_words(client: Client, *, day: dt.date) -> list[str]:
    """What is known, each in a few words, as of `day` on the store's clock; nothing where nothing is known.

    One query for her memberships, none where no source has described her (and `client` was read with `profile`).
    """
    profile: ClientProfile | None = getattr(client, "profile", None)
    if profile is None or client.anonymised_at:
        return []
    words = [_birthday(profile.born_on, day), _membership(profile, list(client.memberships.all()), day)]
    return [text for text in (*words, profile.city, *_answers(profile)) if text]


def _birthday(born_on: dt.date | None, day: dt.date) -> str:
    """Without the year: nobody at the counter has to know her age."""
    if born_on is None:
        return ""
    if (born_on.month, born_on.day) == (day.month, day.day):
        return _("Birthday today")
    date = formats.date_format(born_on, pgettext("day and month, format of Django's date filter", "j F"))
    return _("Birthday %(day)s") % {"day": date}


def _membership(profile: ClientProfile, rows: list[Membership], day: dt.date) -> str:
    active = [row for row in rows if row.is_active_on(day)]
    if not active:
        is_member = profile.is_member and not rows
        return _("Member") if is_member else _("Was a member") if rows or profile.was_member else ""
    row = max(active, key=lambda one: one.expires_on or dt.date.max)
    name = " ".join(filter(None, [row.name, row.level if row.level != row.name else ""])) or _("membership")
    if row.expires_on is None:
        return _("Member: %(name)s") % {"name": name}
    until = formats.date_format(row.expires_on, pgettext("day and year, format of Django's date filter", "j M Y"))
    return _("Member: %(name)s, until %(day)s") % {"name": name, "day": until}


def _answers(profile: ClientProfile) -> list[str]:
    """What she agreed to be sent, where she has said."""
    said = {True: (_("Takes offers by e-mail"), _("Takes SMS")), False: (_("No offers by e-mail"), _("No SMS"))}
    answers = (profile.takes_offers_by_email, profile.takes_sms)
    return [said[answer][number] for number, answer in enumerate(answers) if answer is not None]
