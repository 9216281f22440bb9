"""Who does what and when: the services each person offers, the hours she works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bookings.models import Room, Service, WorkingHours
from clienteling.models import Store
from integrations.models import ServiceLink, StaffLink, StoreLink
from integrations.pull.writing import amend, take_turn
from integrations.records import RoomRecord, ScheduleRecord


def apply_work(
    link: StoreLink,
    *,
    offers: set[tuple[str, str]] | None,
    schedules: Mapping[str, Sequence[ScheduleRecord]],
    rooms: Sequence[RoomRecord] = (),
) -> Counter[str]:
    """In the caller's transaction. `offers` None: not told, what is known stays."""
    take_turn(link.connection)
    staff = dict(
        StaffLink.objects.filter(connection=link.connection, staff__store=link.store).values_list(
            "external_id", "staff_id"
        )
    )
    counts = _apply_offers(link, offers, staff) if offers is not None else Counter[str]()
    counts += _apply_hours(schedules, staff)
    counts += _apply_rooms(link, rooms)
    if counts:
        Store.objects.filter(pk=link.store_id).touch()
    return counts


def _apply_offers(link: StoreLink, offers: set[tuple[str, str]], staff: Mapping[str, int]) -> Counter[str]:
    services = dict(
        ServiceLink.objects.filter(connection=link.connection, service__store=link.store).values_list(
            "external_id", "service_id"
        )
    )
    wanted = {(services[what], staff[who]) for who, what in offers if who in staff and what in services}
    pairs = Service.people.through.objects
    held = set(pairs.filter(service__store=link.store).values_list("service_id", "staffmember_id"))
    pairs.bulk_create(Service.people.through(service_id=what, staffmember_id=who) for what, who in wanted - held)
    for what, who in held - wanted:
        pairs.filter(service_id=what, staffmember_id=who).delete()
    changed = len(wanted ^ held)
    return Counter({"offers changed": changed} if changed else {})


def _apply_rooms(link: StoreLink, records: Sequence[RoomRecord]) -> Counter[str]:
    held = {row.remote_id: row for row in Room.objects.filter(store=link.store).prefetch_related("services")}
    if not records and not held:
        return Counter()
    services = dict(
        ServiceLink.objects.filter(connection=link.connection, service__store=link.store).values_list(
            "external_id", "service_id"
        )
    )
    changed = 0
    for record in records:
        row = held.get(record.external_id) or Room(store=link.store, remote_id=record.external_id)
        is_new = row.pk is None
        if amend(row, {"name": record.name, "capacity": record.capacity, "is_active": True}) or is_new:
            row.save()
            changed += 1
        hosted = {services[one] for one in record.service_ids if one in services}
        if is_new or {one.pk for one in row.services.all()} != hosted:
            row.services.set(hosted)
            changed += not is_new
    gone = [row.pk for key, row in held.items() if row.is_active and key not in {one.external_id for one in records}]
    changed += Room.objects.filter(pk__in=gone).update(is_active=False) if gone else 0
    return Counter({"rooms changed": changed} if changed else {})


def _apply_hours(schedules: Mapping[str, Sequence[ScheduleRecord]], staff: Mapping[str, int]) -> Counter[str]:
    """Somebody of whom nothing is told loses her row: then the store's hours count."""
    wanted = {
        staff[who]: [_as_json(record) for record in records] for who, records in schedules.items() if who in staff
    }
    rows = {row.staff_id: row for row in WorkingHours.objects.filter(staff__in=wanted)}
    changed = 0
    for pk, hours in wanted.items():
        row = rows.get(pk)
        if (row.schedules if row else []) == hours:
            continue
        changed += 1
        if not hours and row:
            row.delete()
        else:
            WorkingHours.objects.update_or_create(staff_id=pk, defaults={"schedules": hours})
    return Counter({"working hours changed": changed} if changed else {})


def _as_json(record: ScheduleRecord) -> dict[str, Any]:
    return {
        "from": record.starts_at and record.starts_at.isoformat(),
        "until": record.ends_at and record.ends_at.isoformat(),
        "hours": record.hours,
    }
