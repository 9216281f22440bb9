"""Parts of a booking that somebody else than its own person gives: her time is taken all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bookings.models import Booking, TimeSlot
from clienteling.models import Store
from integrations.models import Connection, StaffLink
from integrations.pull.writing import Ids, amend
from integrations.records import TimeSlotRecord


def apply_parts(connection: Connection, told: Mapping[Booking, Sequence[TimeSlotRecord]]) -> Counter[str]:
    """In the caller's transaction and turn: exactly these parts of these bookings."""
    if not told:
        return Counter()
    held = {slot.remote_id: slot for slot in TimeSlot.objects.filter(booking__in=told)}
    people = Ids(StaffLink, "staff", connection, {part.staff_id for parts in told.values() for part in parts})
    wanted = {
        part.external_id: {
            "booking_id": booking.pk,
            "store_id": booking.store_id,
            "staff_id": people.get(part.staff_id),
            "kind": part.kind,
            "label": part.label,
            "starts_at": part.starts_at,
            "ends_at": part.ends_at,
            "can_modify": False,
        }
        for booking, parts in told.items()
        for part in parts
        if people.get(part.staff_id)
    }
    changed = [row for key, row in held.items() if key in wanted and amend(row, wanted[key])]
    fresh = [TimeSlot(remote_id=key, **values) for key, values in wanted.items() if key not in held]
    gone = [row for key, row in held.items() if key not in wanted]
    for row in changed:
        row.save()
    TimeSlot.objects.bulk_create(fresh)
    TimeSlot.objects.filter(pk__in=[row.pk for row in gone]).delete()
    if touched := {row.store_id for row in (*changed, *fresh, *gone)}:
        Store.objects.filter(pk__in=touched).touch()
    tally = {"parts created": len(fresh), "parts changed": len(changed), "parts removed": len(gone)}
    return Counter({name: count for name, count in tally.items() if count})
