"""Stores, staff and services: what changes rarely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction

from bookings.models import Service, ServiceCategory
from clienteling.models import StaffMember, Store, User
from integrations.models import CategoryLink, Connection, ModuleLink, ServiceLink, StaffLink, StoreLink
from integrations.pull.writing import Ids, Outcome, amend, take_turn
from integrations.records import CategoryRecord, ServiceRecord, StaffRecord, StoreRecord


def apply_stores(
    connection: Connection, records: Sequence[StoreRecord], *, limits: Sequence[str] = ()
) -> list[StoreLink]:
    """Stores and their links. A store the provider no longer names stays, inactive: its history is ours to show.

    `limits`: kinds of change that the provider does not take from outside.
    """
    with transaction.atomic():
        take_turn(connection)
        links = {
            link.external_id: link for link in StoreLink.objects.filter(connection=connection).select_related("store")
        }
        for record in records:
            links[record.external_id] = _apply_store(connection, record, links.get(record.external_id), limits)
        gone = [link.store_id for key, link in links.items() if key not in {record.external_id for record in records}]
        Store.objects.filter(pk__in=gone, is_active=True).update(is_active=False)
    return [links[record.external_id] for record in records]


def _apply_store(
    connection: Connection, record: StoreRecord, link: StoreLink | None, limits: Sequence[str]
) -> StoreLink:
    values = {
        "name": record.name,
        "number": record.number,
        "time_zone": record.time_zone,
        "currency": record.currency or "EUR",
        "country": record.country,
        "language": record.language,
        "address": record.address,
        "phone": record.phone,
        "limits": list(limits),
        "is_active": True,
    }
    store = link.store if link else Store()
    changed = amend(store, values)
    if store.pk is None:
        store.save()
    elif changed:
        store.save(update_fields=changed)  # and never `stamp`, which others move on meanwhile
        Store.objects.filter(pk=store.pk).touch()
    if link is None:
        link = StoreLink(connection=connection, store=store, external_id=record.external_id)
    if record.key and link.secrets.get("merchant_key") != record.key:
        link.secrets = {**link.secrets, "merchant_key": record.key}
        link.save()
    elif link.pk is None:
        link.save()
    return link


def apply_catalogue(
    link: StoreLink,
    *,
    hours: list[dict[str, Any]],
    staff: Sequence[StaffRecord],
    categories: Sequence[CategoryRecord],
    services: Sequence[ServiceRecord],
) -> Outcome:
    """Everything about one store that changes rarely."""
    outcome = Outcome()
    with transaction.atomic():
        take_turn(link.connection)
        new_hours = amend(link.store, {"weekly_hours": hours})
        if new_hours:
            link.store.save(update_fields=new_hours)
        outcome.counts += _apply_linked(link, StaffLink, "staff", StaffMember, _staff_values(staff))
        outcome.counts += _apply_linked(link, CategoryLink, "category", ServiceCategory, _category_values(categories))
        ids = Ids(CategoryLink, "category", link.connection, [one.category_id for one in services])
        outcome.counts += _apply_linked(link, ServiceLink, "service", Service, _service_values(services, ids))
        if new_hours or outcome.counts:
            Store.objects.filter(pk=link.store_id).touch()
    return outcome


def _staff_values(records: Sequence[StaffRecord]) -> dict[str, dict[str, Any]]:
    """An account is linked by the log-in e-mail that the booking system vouches for."""
    emails = {record.login_email for record in records if record.login_email}
    users = dict(User.objects.filter(email__in=emails, is_active=True).values_list("email", "pk"))
    return {
        record.external_id: {
            "first_name": record.first_name,
            "last_name": record.last_name,
            "position": record.position,
            "login_email": record.login_email,
            "role": record.role,
            "is_online": record.is_online,
            "is_active": True,
            "user_id": users.get(record.login_email),
        }
        for record in records
    }


# What head office has set for itself, by the mark that says so.
PINS = {"role": "role_pinned", "user_id": "user_pinned"}


def _unpinned(row: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` without those that a sync must leave."""
    return {name: value for name, value in values.items() if not getattr(row, PINS.get(name, ""), False)}


def _category_values(records: Sequence[CategoryRecord]) -> dict[str, dict[str, Any]]:
    return {record.external_id: {"name": record.name} for record in records}


def _service_values(records: Sequence[ServiceRecord], categories: Ids) -> dict[str, dict[str, Any]]:
    return {
        record.external_id: {
            "name": record.name,
            "description": record.description,
            "duration": record.duration,
            "spacing_after": record.spacing_after,
            "price": record.price,
            "currency": record.currency,
            "category_id": categories.get(record.category_id),
            "is_online": record.is_online,
            "is_group": record.is_group,
            "is_active": record.duration > 0,
        }
        for record in records
    }


def _apply_linked(
    link: StoreLink,
    links: type[ModuleLink],
    owner: str,
    model: type[models.Model],
    wanted: Mapping[str, Mapping[str, Any]],
) -> Counter[str]:
    """Rows of `model` in this store that are known by a link each; those no longer named become inactive."""
    counts: Counter[str] = Counter()
    rows = links._default_manager.filter(connection=link.connection, **{f"{owner}__store": link.store})
    known = {row.external_id: getattr(row, owner) for row in rows.select_related(owner)}
    for external_id, values in wanted.items():
        row = known.get(external_id) or model(store=link.store)
        is_new = row.pk is None
        if amend(row, _unpinned(row, values)) or is_new:
            row.save()
            counts[f"{owner} {'created' if is_new else 'changed'}"] += 1
        if is_new:
            links(connection=link.connection, external_id=external_id, **{owner: row}).save()
    for external_id, row in known.items():
        if external_id not in wanted and getattr(row, "is_active", False):
            type(row)._default_manager.filter(pk=row.pk).update(is_active=False)
            counts[f"{owner} removed"] += 1
    return counts
