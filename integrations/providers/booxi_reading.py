"""Booxi's JSON as records (booxi-api.md section 7). Only ids are indispensable; all else may be missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from integrations.providers.reading import (
    Unreadable,
    each,
    entries,
    flag,
    identifier,
    language,
    members,
    moment,
    money,
    optional_id,
    text,
    unknown_fields,
    whole,
    zone_name,
)
from integrations.records import (
    Batch,
    BookingRecord,
    CategoryRecord,
    ClientLinkRecord,
    ClientRecord,
    GroupEventRecord,
    ItemRecord,
    ScheduleRecord,
    ServiceRecord,
    SlotRecord,
    StaffRecord,
    StoreRecord,
    TimeSlotRecord,
)

KINDS = {
    "Appointment": "appointment",
    "GroupReservation": "group_reservation",
    "Reservation": "group_reservation",
}
STATUSES = {
    "PendingStaffApproval": "requested",
    "PendingClientApproval": "awaiting_client",
    "Approved": "confirmed",
    "Cancelled": "cancelled",
}
PRESENCES = {"Expecting": "expecting", "Arrived": "arrived", "NoShow": "no_show"}
# Section 13: who manages a store. Admin and Supervisor do at least what a Manager does.
ROLES = {"Admin": "manager", "Supervisor": "manager", "Manager": "manager", "RestrictedStaff": "restricted"}
SLOT_KINDS = {"Busy": "busy", "Available": "available"}
# Country names and codes as stores give them, for reading phone numbers.
COUNTRIES = {
    "france": "FR", "united kingdom": "GB", "united states": "US", "usa": "US", "canada": "CA",
    "japan": "JP", "germany": "DE", "spain": "ES", "italy": "IT", "belgium": "BE", "switzerland": "CH",
}  # fmt: skip

BOOKING_FIELDS = frozenset(
    "bookingId merchantId bookingMethod status isCompleted startsOn totalClientTimespan staffId staffFirstName"
    " staffLastName items location locationText payment createdOn createdBy createdByStaffId modifiedOn modifiedBy"
    " modifiedByStaffId acquisitionChannel isScheduled clientAvailability clientCount client quickNote groupEventId"
    " attendees clientCommunication language".split()
)


def store(entry: dict[str, Any]) -> StoreRecord:
    address = members(entry.get("address"))
    parts = [text(address.get(name), 100) for name in ("street", "postalCode", "city", "state", "country")]
    return StoreRecord(
        external_id=identifier(entry.get("id")),
        name=text(entry.get("name"), 150) or text(entry.get("id")),
        number=text(entry.get("storeNumber"), 40),
        time_zone=zone_name(entry.get("timeZone")),
        currency=text(entry.get("currency"), 3).upper(),
        country=_country(text(address.get("country"), 60)),
        language=language(entry.get("defaultLanguage")),
        address=", ".join(part for part in parts if part)[:300],
        phone=text(entry.get("phoneNumber"), 32),
        key=text(entry.get("apiKey"), 200),
    )


def _country(name: str) -> str:
    return name.upper() if len(name) == 2 else COUNTRIES.get(name.lower(), "")


def weekly_hours(value: object) -> list[dict[str, Any]]:
    """`dow` 0 = Sunday (section 5, assumed) to our 0 = Monday."""
    hours = []
    for row in entries(value):
        day, start, end = whole(row.get("dow"), -1, 6), clock(row.get("start")), clock(row.get("end"))
        if day >= 0 and start and end:
            hours.append({"weekday": (day - 1) % 7, "start": start, "end": end})
    return sorted(hours, key=lambda row: (row["weekday"], row["start"]))


def schedule(entry: dict[str, Any]) -> ScheduleRecord:
    hours = weekly_hours(entry.get("weeklyHours"))
    return ScheduleRecord(moment(entry.get("start")), moment(entry.get("end")), hours)


def clock(value: object) -> str:
    """`HH:MM`, "" when it is none; 24:00 is the end of a day."""
    raw = text(value, 8)[:5]
    if raw == "24:00":
        return raw
    try:
        return dt.time.fromisoformat(raw).strftime("%H:%M") if len(raw) == 5 else ""
    except ValueError:
        return ""


def staff(entry: dict[str, Any]) -> StaffRecord:
    first, last = text(entry.get("firstName"), 100), text(entry.get("lastName"), 100)
    return StaffRecord(
        external_id=identifier(entry.get("id")),
        first_name=first if first or last else text(entry.get("name"), 100),
        last_name=last,
        position=text(entry.get("position"), 150),
        login_email=text(entry.get("loginEmail"), 254).lower(),
        role=ROLES.get(text(entry.get("userRole")), "associate"),
        is_online=text(entry.get("status")) != "Offline",
    )


def category(entry: dict[str, Any]) -> CategoryRecord:
    return CategoryRecord(external_id=identifier(entry.get("id")), name=text(entry.get("name"), 200))


def service(entry: dict[str, Any]) -> ServiceRecord:
    price = members(entry.get("price"))
    return ServiceRecord(
        external_id=identifier(entry.get("id")),
        name=text(entry.get("name"), 200),
        description=text(entry.get("description"), 2000),
        duration=whole(entry.get("duration"), 0, 1440),
        spacing_after=whole(entry.get("spacingAfter"), 0, 1440),
        price=money(price.get("amount")),
        currency=text(price.get("currency"), 3).upper(),
        category_id=optional_id(entry.get("categoryId")),
        is_online=text(entry.get("status")) != "Offline",
        is_group=text(entry.get("bookingMethod")) in ("GroupReservation", "Reservation")
        or text(entry.get("timeSelectionMode")) == "GroupEvent",
    )


def client(entry: dict[str, Any]) -> ClientRecord:
    return ClientRecord(
        external_id=identifier(entry.get("id")),
        first_name=text(entry.get("firstName"), 100),
        last_name=text(entry.get("lastName"), 100),
        email=text(entry.get("email"), 254).lower(),
        mobile_phone=text(entry.get("mobilePhoneNumber"), 32),
        home_phone=text(entry.get("homePhoneNumber"), 32),
        language=language(entry.get("language")),
        quick_note=text(entry.get("quickNote"), 2000),
        store_id=optional_id(entry.get("merchantId")),
        modified_at=moment(entry.get("modifiedOn")),
    )


def client_link(entry: dict[str, Any]) -> ClientLinkRecord:
    return ClientLinkRecord(
        client_id=identifier(entry.get("clientId")),
        module=identifier(entry.get("moduleId"), 100),
        external_id=identifier(entry.get("externalId"), 100),
    )


def _item(entry: dict[str, Any]) -> ItemRecord:
    price = members(entry.get("price"))
    span = members(entry.get("reservedClientTimespan"))
    return ItemRecord(
        service_id=optional_id(entry.get("serviceId")),
        name=text(entry.get("serviceName"), 200),
        duration=whole(entry.get("duration"), whole(span.get("duration"), 0, 1440), 1440),
        spacing_after=whole(entry.get("spacingAfter"), 0, 1440),
        price=money(price.get("amount")),
        currency=text(price.get("currency"), 3).upper(),
    )


def booking(entry: dict[str, Any]) -> BookingRecord:
    status = text(entry.get("status"), 64)
    person = members(entry.get("client"))
    items = tuple(_item(one) for one in entries(entry.get("items"))[:50])
    starts_at, ends_at = _span(entry, items)
    return BookingRecord(
        external_id=identifier(entry.get("bookingId")),
        store_id=identifier(entry.get("merchantId")),
        kind=KINDS.get(text(entry.get("bookingMethod")), "other"),
        status=STATUSES.get(status, "unknown"),
        status_text="" if status in STATUSES else status,
        presence=PRESENCES.get(text(person.get("presence")), "expecting"),
        is_completed=flag(entry.get("isCompleted")),
        starts_at=starts_at,
        ends_at=ends_at,
        staff_id=optional_id(entry.get("staffId")),
        client=client(person) if optional_id(person.get("id")) else None,
        items=items,
        client_request=text(person.get("additionalRequest"), 2000),
        quick_note=text(entry.get("quickNote"), 2000),
        proposed_times=_proposed(entry.get("clientAvailability")),
        group_event_id=optional_id(entry.get("groupEventId")),
        booked_at=moment(entry.get("createdOn")),
        booked_by_client=text(entry.get("createdBy")) == "Client",
        booked_by_id=optional_id(entry.get("createdByStaffId")),
        modified_at=moment(entry.get("modifiedOn")),
        modified_by_client=text(entry.get("modifiedBy")) == "Client",
        modified_by_id=optional_id(entry.get("modifiedByStaffId")),
        extra=unknown_fields(entry, BOOKING_FIELDS),
    )


def _span(entry: dict[str, Any], items: tuple[ItemRecord, ...]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Start and end; the end from the items where the provider names none. Neither for a request without a time."""
    span = members(entry.get("totalClientTimespan"))
    start = moment(entry.get("startsOn")) or moment(span.get("start"))
    if start is None or entry.get("isScheduled") is False:
        return None, None
    end = moment(span.get("end"))
    if end is None or end <= start:
        minutes = sum(item.duration + item.spacing_after for item in items) - (items[-1].spacing_after if items else 0)
        end = start + dt.timedelta(minutes=max(minutes, 5))
    return start, min(end, start + dt.timedelta(days=2))


def _proposed(value: object) -> list[list[str]]:
    spans = [(moment(one.get("from")), moment(one.get("to"))) for one in entries(value)[:20]]
    return [[start.isoformat(), end.isoformat()] for start, end in spans if start and end]


def group_event(entry: dict[str, Any]) -> GroupEventRecord:
    start = moment(entry.get("start"))
    if start is None:
        raise Unreadable("no start")
    minutes = whole(entry.get("duration"), 60, 2880)  # no end on the wire: start + duration (section 7)
    return GroupEventRecord(
        external_id=identifier(entry.get("id")),
        staff_id=optional_id(entry.get("staffId")),
        service_id=optional_id(entry.get("serviceId")),
        name=text(entry.get("serviceName"), 200),
        starts_at=start,
        ends_at=start + dt.timedelta(minutes=minutes),
        places=whole(entry.get("attendeeCapacity")),
        places_taken=whole(entry.get("attendeeCount")),
        is_completed=flag(entry.get("isCompleted")),
    )


def time_slot(entry: dict[str, Any]) -> TimeSlotRecord:
    start, end = moment(entry.get("start")), moment(entry.get("end"))
    if start is None or end is None or end <= start:
        raise Unreadable("no time")
    return TimeSlotRecord(
        external_id=identifier(entry.get("id")),
        staff_id=identifier(entry.get("staffId")),
        kind=SLOT_KINDS.get(text(entry.get("type")), "busy"),
        label=text(entry.get("label"), 200) or text(entry.get("description"), 200),
        tags=text(entry.get("availabilityTags"), 100),
        starts_at=start,
        ends_at=min(end, start + dt.timedelta(days=2)),
        can_modify=entry.get("canModify") is not False,
    )


def batch(page: dict[str, Any]) -> Batch:
    """One page's entries; a list that is missing is empty. Raises Unreadable when none of them can be understood:
    such a page must not be taken for an empty calendar."""
    lists = [page.get(name) for name in ("bookings", "groupEvents", "timeSlots")]
    if not all(one is None or isinstance(one, list) for one in lists):
        raise Unreadable("no list of entries")
    bookings, bad_bookings = each(booking, entries(lists[0]))
    events, bad_events = each(group_event, entries(lists[1]))
    slots, bad_slots = each(time_slot, entries(lists[2]))
    bad = bad_bookings + bad_events + bad_slots
    if bad and not (bookings or events or slots):
        raise Unreadable("no entry that makes sense")
    return Batch(bookings, events, slots, bad)


def slots(body: object) -> list[SlotRecord]:
    """Section 8. The slot ends with the last service, without the last spacing."""
    found = []
    for row in entries(members(members(body).get("availability")).get("bookingTimeSlots")):
        start = moment(row.get("startsOn"))
        items = entries(row.get("items"))
        people = row.get("staffIds")
        staff_ids = tuple(filter(None, map(optional_id, people if isinstance(people, list) else [])))
        minutes = sum(whole(one.get("duration")) + whole(one.get("spacingAfter")) for one in items)
        minutes -= whole(items[-1].get("spacingAfter")) if items else 0
        if start and staff_ids and minutes > 0:
            found.append(SlotRecord(start, start + dt.timedelta(minutes=minutes), staff_ids))
    return sorted(found, key=lambda slot: slot.starts_at)
