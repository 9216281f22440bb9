"""Booker's JSON as records (booker-api.md section 7). Only ids are indispensable; all else may be missing."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clienteling.names import international_phone
from integrations.providers import booker_dates as dates
from integrations.providers.reading import (
    Unreadable,
    each,
    entries,
    flag,
    identifier,
    members,
    money,
    optional_id,
    text,
    unknown_fields,
    whole,
)
from integrations.records import (
    Batch,
    BookingRecord,
    CategoryRecord,
    ClientRecord,
    ItemRecord,
    RoomRecord,
    ServiceRecord,
    SlotRecord,
    StaffRecord,
    StoreRecord,
    TimeSlotRecord,
)

GRID = 15  # minutes between permitted starts, where an answer names none (section 5.3)
MOST_STARTS = 2000  # of one block
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_LONGER = frozenset({"inactive", "deleted", "terminated"})  # employees' Status.Name, assumed
LOCATION_TERMINATED = 5  # section 7, Location
COUNTRIES = {"united states": "US", "usa": "US", "canada": "CA", "united kingdom": "GB", "france": "FR"}
# What Status.Name may be called, beside the flags that decide (section 7: no full list is known).
CANCELLED_WORDS = frozenset({"cancelled", "canceled"})
REQUESTED_WORDS = frozenset({"requested", "pending", "waitlist"})
COMPLETED_WORDS = frozenset({"completed", "closed", "paid"})

APPOINTMENT_FIELDS = frozenset(  # what needs no keeping as it came
    "ID LocationID Status IsCancelled IsNoShow IsCancelledOrNoShow Confirmable StartDateTime StartDateTimeOffset"
    " EndDateTime EndDateTimeOffset DateCreated DateCreatedOffset DateBooked DateBookedOffset DateCheckIn"
    " DateCheckInOffset DateNoShow DateNoShowOffset DateLastModified DateLastModifiedOffset CustomerID Customer"
    " CustomerFirstName CustomerLastName CustomerEmail CustomerMobilePhone CustomerHomePhone CustomerWorkPhone"
    " EmployeeID Employee EmployeeFirstName EmployeeLastName TreatmentID Treatment TreatmentName Room RoomName"
    " AppointmentTreatments Notes IsCheckedInInService IsServiceComplete IsWebBooking CanCancel CanCheckin"
    " CanTakePayment UserAppointmentPermissions AppointmentIconFlags Source Type FinalTotal".split()
)


@dataclass(frozen=True, slots=True)
class Where:
    """A location, as far as reading depends on it: whose clock, and whose phone numbers."""

    zone: dt.tzinfo
    region: str


def address_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return members(entry.get("Address"))


def store(entry: dict[str, Any]) -> StoreRecord:
    address = address_of(entry)
    country = text(members(address.get("Country")).get("Name") or address.get("Country"), 60)
    lines = [text(address.get(name), 100) for name in ("Street1", "Street2", "Zip", "City", "State")]
    return StoreRecord(
        external_id=identifier(entry.get("ID")),
        name=text(entry.get("BusinessName"), 150) or text(entry.get("AccountName"), 150) or text(entry.get("ID")),
        number=text(entry.get("AccountName"), 40),
        time_zone=dates.zone_name(members(entry.get("TimeZone"))),
        currency=(text(members(entry.get("CurrencyCode")).get("Name") or entry.get("CurrencyCode"), 3)).upper(),
        country=region(address),
        address=", ".join(part for part in [*lines, country] if part)[:300],
        phone=text(entry.get("Phone"), 32),
    )


def region(address: Mapping[str, Any]) -> str:
    name = text(members(address.get("Country")).get("Name") or address.get("Country"), 60)
    return name.upper() if len(name) == 2 else COUNTRIES.get(name.lower(), "US")


def where(entry: dict[str, Any]) -> Where:
    """Of a location's own description."""
    return Where(zoneinfo.ZoneInfo(dates.zone_name(members(entry.get("TimeZone")))), region(address_of(entry)))


def is_open(entry: Mapping[str, Any]) -> bool:
    return entry.get("Status") != LOCATION_TERMINATED


def weekly_hours(days: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`Weekday` is a day's name, or a number from 0 = Sunday (section 7)."""
    hours = []
    for day in days:
        raw = day.get("Weekday")
        number = (raw - 1) % 7 if isinstance(raw, int) and 0 <= raw <= 6 else _weekday(text(raw, 12))
        start, end = dates.read_clock(day.get("StartTime")), dates.read_clock(day.get("EndTime"))
        if number is not None and start and end and start != end:
            hours.append({"weekday": number, "start": start, "end": "24:00" if end == "00:00" else end})
    return sorted(hours, key=lambda row: (row["weekday"], row["start"]))


def _weekday(name: str) -> int | None:
    return WEEKDAYS.index(name.lower()) if name.lower() in WEEKDAYS else None


def staff(entry: dict[str, Any]) -> StaffRecord:
    first, last = text(entry.get("FirstName"), 100), text(entry.get("LastName"), 100)
    shown = text(entry.get("DisplayName"), 100) or text(entry.get("FullName"), 100)
    return StaffRecord(
        external_id=identifier(entry.get("ID")),
        first_name=first if first or last else shown,
        last_name=last,
        position=text(members(entry.get("Type")).get("Name") or entry.get("Type"), 150),
        login_email=text(entry.get("Email"), 254).lower(),
        role="associate",
        is_online=text(members(entry.get("Status")).get("Name"), 40).lower() not in NO_LONGER,
    )


def is_employed(entry: Mapping[str, Any]) -> bool:
    return text(members(entry.get("Status")).get("Name"), 40).lower() not in NO_LONGER


def category(entry: Mapping[str, Any], store_id: str) -> CategoryRecord:
    """All locations share a category; here each store has its own."""
    return CategoryRecord(f"{store_id}.{identifier(entry.get('ID'))}", text(entry.get("Name"), 200))


def service(entry: dict[str, Any], store_id: str) -> ServiceRecord:
    category_id = optional_id(members(entry.get("Category")).get("ID"))
    price = members(entry.get("Price"))
    duration = whole(entry.get("TreatmentDuration"), 0, 1440) or whole(entry.get("TotalDuration"), 0, 1440)
    is_sold = entry.get("IsActive") is not False and not flag(entry.get("IsDeleted"))
    return ServiceRecord(
        external_id=identifier(entry.get("ID")),
        name=text(entry.get("DisplayName"), 200) or text(entry.get("Name"), 200),
        description=text(entry.get("Description"), 2000),
        duration=duration if is_sold else 0,
        spacing_after=whole(entry.get("EmployeeRecoveryDuration"), 0, 1440),
        price=money(price.get("Amount")),
        currency=text(price.get("CurrencyCode"), 3).upper(),
        category_id=f"{store_id}.{category_id}" if category_id else "",
        is_online=entry.get("AllowCustomersToBookOnline") is not False,
        # Classes are places in a session; couples need a second client, some treatments a second person.
        is_group=any(flag(entry.get(name)) for name in ("IsClass", "IsForCouples", "RequiresTwoTechnicians")),
    )


def performers(entry: Mapping[str, Any]) -> list[str]:
    """Employees who do a treatment."""
    listed = entry.get("EmployeeIDs")
    ids = [optional_id(one) for one in listed] if isinstance(listed, list) else []
    ids += [optional_id(one.get("EmployeeID")) for one in entries(entry.get("EmployeeTreatments"))]
    return [one for one in dict.fromkeys(ids) if one]


def room(entry: dict[str, Any]) -> RoomRecord:
    listed = entry.get("Treatments")
    hosted = [one.get("ID") if isinstance(one, dict) else one for one in listed] if isinstance(listed, list) else []
    return RoomRecord(
        external_id=identifier(entry.get("ID")),
        name=text(entry.get("Name"), 100),
        capacity=whole(entry.get("Capacity"), 1, 1000),
        service_ids=tuple(found for found in map(optional_id, hosted) if found),
    )


# --- clients -----------------------------------------------------------------------------------------------


def client(entry: dict[str, Any], here: Where) -> ClientRecord:
    """`{CustomerID, Customer: {...}}`, or the inner object alone. Of who wants to be forgotten nothing is kept."""
    inner = members(entry.get("Customer")) or entry
    key = optional_id(inner.get("ID")) or optional_id(entry.get("CustomerID"))
    wants_out = flag(inner.get("RequestedToBeForgotten"))
    named = {} if wants_out else inner
    return ClientRecord(
        external_id=identifier(key),
        first_name=text(named.get("FirstName"), 100),
        last_name=text(named.get("LastName"), 100),
        email=text(named.get("Email"), 254).lower(),
        mobile_phone=_phone(named.get("CellPhone") or named.get("MobilePhone"), here),
        home_phone=_phone(named.get("HomePhone") or named.get("WorkPhone"), here),
        quick_note=text(named.get("BookingAlert"), 2000),
        store_id=optional_id(inner.get("LocationID")) or optional_id(entry.get("LocationID")),
        modified_at=dates.read(inner, "DateLastModified", here.zone),
        profile=None if wants_out else profile(inner, here),
        memberships=None if wants_out else memberships(inner),
    )


def _phone(value: object, here: Where) -> str:
    """Stored as E.164; Booker has national numbers."""
    typed = text(value, 32)
    return international_phone(typed, here.region) if typed else ""


def profile(inner: Mapping[str, Any], here: Where) -> dict[str, Any]:
    """What Booker tells beside name and contact (section 9), by the names of `ClientProfile`. Lists leave out what
    only a customer's own answer has: that is not named then, and stays as it was."""
    address, stats = address_of(inner), members(inner.get("CustomerStats"))
    values: dict[str, Any] = {
        "street": ", ".join(part for name in ("Street1", "Street2") if (part := text(address.get(name), 100))),
        "city": text(address.get("City"), 100),
        "region": text(address.get("State"), 100),
        "postcode": text(address.get("Zip"), 20),
        "country": text(members(address.get("Country")).get("Name") or address.get("Country"), 100),
        "gender": text(members(inner.get("Gender")).get("Name"), 40),
        "born_on": dates.read_date(inner, "DateOfBirth"),
        "takes_email": _told(inner.get("AllowReceiveEmails")),
        "takes_promotional_email": _told(inner.get("AllowReceivePromotionalEmails")),
        "takes_sms": _told(inner.get("AllowReceiveSMS")),
        "input_source": text(inner.get("OriginationID"), 100),
        "is_member": flag(inner.get("HasActiveMembership")),
        "was_member": flag(inner.get("HasPastMembership")),
        "referred_by": optional_id(inner.get("ReferredByCustomerID")),
    }
    if stats:
        total = members(stats.get("TotalSales"))
        values |= {
            "spent": money(total.get("Amount") if total else stats.get("TotalSales")),
            "currency": text(total.get("CurrencyCode"), 3).upper(),
        }
    return values


def last_purchase(orders: Iterable[Mapping[str, Any]], here: Where) -> dict[str, Any]:
    """Of the newest order that was paid or completed (section 9); nothing where there is none."""
    found = [(when, order) for order in orders if (when := _bought_at(order, here))]
    if not found:
        return {}
    when, order = max(found, key=lambda pair: pair[0])
    names = [text(item.get("Name"), 200) for item in entries(order.get("Items"))]
    return {"last_purchase_at": when, "last_purchase_item": next(filter(None, names), "")}


def _bought_at(order: Mapping[str, Any], here: Where) -> dt.datetime | None:
    return dates.read(order, "DatePaid", here.zone) or dates.read(order, "DateCompleted", here.zone)


def _told(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def memberships(inner: Mapping[str, Any]) -> tuple[dict[str, Any], ...] | None:
    """None where they are not told: lists of customers leave them out (section 7, assumed)."""
    if not isinstance(inner.get("AvailableMembershipBenefits"), list):
        return None
    found = {}
    for row in entries(inner["AvailableMembershipBenefits"])[:50]:
        key = optional_id(row.get("CustomerMembershipID")) or optional_id(row.get("ID"))
        if key:
            found[key] = {
                "source_key": key,
                "name": text(row.get("MembershipName"), 200),
                "level": text(row.get("LevelName"), 200),
                "status": text(members(row.get("Status")).get("Name") or row.get("Status"), 60),
                "starts_on": dates.read_date(row, "StartDate"),
                "expires_on": dates.read_date(row, "MembershipExpirationDate"),
                "suspended_on": dates.read_date(row, "SuspendDate"),
                "is_expired": flag(row.get("IsExpired")),
            }
    return tuple(found.values())


def guest(entry: Mapping[str, Any], here: Where) -> ClientRecord | None:
    """Who an appointment is for, as it shows her: her own object, or the fields that stand flat in it."""
    inner = members(entry.get("Customer"))
    inner = members(inner.get("Customer")) or inner
    key = optional_id(entry.get("CustomerID")) or optional_id(inner.get("ID"))
    if not key:
        return None

    def shown(flat: str, *inside: str) -> object:
        return entry.get(flat) or next((inner[name] for name in inside if inner.get(name)), "")

    return ClientRecord(
        external_id=key,
        first_name=text(shown("CustomerFirstName", "FirstName"), 100),
        last_name=text(shown("CustomerLastName", "LastName"), 100),
        email=text(shown("CustomerEmail", "Email"), 254).lower(),
        mobile_phone=_phone(shown("CustomerMobilePhone", "CellPhone", "MobilePhone"), here),
        home_phone=_phone(shown("CustomerHomePhone", "HomePhone"), here),
    )


def number(external_id: str) -> int | str:
    """Booker's ids are integers on the wire; anything else goes as it came."""
    return int(external_id) if external_id.isascii() and external_id.isdigit() else external_id


# --- appointments ------------------------------------------------------------------------------------------


def booking(entry: dict[str, Any], here: Where) -> BookingRecord:
    """One appointment. Her first treatment's employee has the booking; parts of others are told by `others_parts`."""
    zone = here.zone
    treatments = parts(entry)
    starts_at, ends_at = _span(entry, treatments, zone)
    status = text(members(entry.get("Status")).get("Name"), 60)
    return BookingRecord(
        external_id=identifier(entry.get("ID")),
        store_id=identifier(entry.get("LocationID")),
        kind="appointment" if not _is_class(entry, treatments) else "group_reservation",
        status=_status(entry, status),
        status_text="",
        presence=_presence(entry),
        is_completed=flag(entry.get("IsServiceComplete")) or status.lower() in COMPLETED_WORDS,
        starts_at=starts_at,
        ends_at=ends_at,
        staff_id=staff_of(treatments[0], entry) if treatments else _employee(entry),
        client=guest(entry, here),
        items=tuple(_item(part, entry, zone) for part in treatments),
        client_request="",
        quick_note=text(entry.get("Notes"), 2000),
        proposed_times=[],
        group_event_id="",
        booked_at=dates.read(entry, "DateBooked", zone) or dates.read(entry, "DateCreated", zone),
        booked_by_client=flag(entry.get("IsWebBooking")),
        booked_by_id="",
        modified_at=dates.read(entry, "DateLastModified", zone),
        modified_by_client=False,
        modified_by_id="",
        extra=unknown_fields(entry, APPOINTMENT_FIELDS),
        others=tuple(others_parts(entry, zone)),
    )


def parts(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its treatments in the order of the day; an appointment without a list is one itself."""
    rows = entries(entry.get("AppointmentTreatments"))[:50]
    if not rows and (entry.get("TreatmentID") or entry.get("Treatment")):
        return [dict(entry)]
    return sorted(rows, key=lambda row: text(row.get("StartDateTimeOffset") or row.get("StartDateTime"), 40))


def _is_class(entry: Mapping[str, Any], parts: list[dict[str, Any]]) -> bool:
    return bool(entry.get("ClassInstanceID")) or any(part.get("ClassInstanceID") for part in parts)


def _status(entry: Mapping[str, Any], name: str) -> str:
    """By its flags, then by its status' name; what is unknown is booked (section 7)."""
    if flag(entry.get("IsCancelled")) or name.lower() in CANCELLED_WORDS:
        return "cancelled"
    return "requested" if name.lower() in REQUESTED_WORDS else "confirmed"


def _presence(entry: Mapping[str, Any]) -> str:
    if flag(entry.get("IsNoShow")):
        return "no_show"
    checked_in = flag(entry.get("IsCheckedInInService")) or bool(
        entry.get("DateCheckIn") or entry.get("DateCheckInOffset")
    )
    return "arrived" if checked_in else "expecting"


def _employee(entry: Mapping[str, Any]) -> str:
    return optional_id(entry.get("EmployeeID")) or optional_id(members(entry.get("Employee")).get("ID"))


def staff_of(part: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    return _employee(part) or _employee(entry)


def treatment_of(part: Mapping[str, Any]) -> str:
    return optional_id(part.get("TreatmentID")) or optional_id(members(part.get("Treatment")).get("ID"))


def _item(part: Mapping[str, Any], entry: Mapping[str, Any], zone: dt.tzinfo) -> ItemRecord:
    price = members(members(part.get("DynamicPrice")).get("FinalPrice")) or members(part.get("TagPrice"))
    start, end = dates.read(part, "StartDateTime", zone), dates.read(part, "EndDateTime", zone)
    minutes = int((end - start).total_seconds()) // 60 if start and end else 0
    return ItemRecord(
        service_id=treatment_of(part),
        name=text(part.get("TreatmentName"), 200) or text(members(part.get("Treatment")).get("Name"), 200),
        duration=whole(minutes, 0, 1440) or whole(part.get("TreatmentDuration"), 0, 1440),
        price=money(price.get("Amount")),
        currency=text(price.get("CurrencyCode"), 3).upper(),
        room=text(part.get("RoomName"), 100) or text(members(part.get("Room")).get("Name"), 100),
    )


def _span(
    entry: Mapping[str, Any], parts: list[dict[str, Any]], zone: dt.tzinfo
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From its first treatment to its last, for the appointment's own times are not always those."""
    starts = [found for part in [*parts, entry] if (found := dates.read(part, "StartDateTime", zone))]
    ends = [found for part in [*parts, entry] if (found := dates.read(part, "EndDateTime", zone))]
    if not starts:
        return None, None
    start = min(starts)
    end = max([one for one in ends if one > start], default=start + dt.timedelta(minutes=GRID))
    return start, min(end, start + dt.timedelta(days=2))


def others_parts(entry: Mapping[str, Any], zone: dt.tzinfo) -> list[TimeSlotRecord]:
    """Treatments that somebody else than the booking's own person gives: her time is taken all the same."""
    treatments = parts(entry)
    if len(treatments) < 2 or _status(entry, text(members(entry.get("Status")).get("Name"), 60)) == "cancelled":
        return []
    own = staff_of(treatments[0], entry)
    found: list[TimeSlotRecord] = []
    for part in treatments[1:]:
        who = staff_of(part, entry)
        start, end = dates.read(part, "StartDateTime", zone), dates.read(part, "EndDateTime", zone)
        if who and who != own and start and end and end > start:
            key = f"{identifier(entry.get('ID'))}.{optional_id(part.get('ID')) or len(found)}"
            label = text(part.get("TreatmentName"), 200) or text(members(part.get("Treatment")).get("Name"), 200)
            found.append(TimeSlotRecord(key, who, "busy", label, "", start, end, can_modify=False))
    return found


def batch(rows: list[dict[str, Any]], here: Where) -> Batch:
    """Raises Unreadable when no row makes sense: such a page must not be taken for an empty calendar."""
    bookings, bad = each(lambda row: booking(row, here), rows)
    if bad and not bookings:
        raise Unreadable("no entry that makes sense")
    return Batch(bookings, unreadable=bad)


# --- availability ------------------------------------------------------------------------------------------


def starts(body: object, service_id: str, zone: dt.tzinfo) -> dict[dt.datetime, set[str]]:
    """When a service may start, and with whom (section 5.3): a block's end is the last permitted start."""
    found: dict[dt.datetime, set[str]] = {}
    for place in entries(body):
        grid = whole(place.get("startTimeInterval"), GRID, 240) or GRID
        for offered in entries(place.get("serviceCategories")):
            for one in entries(offered.get("services")):
                if optional_id(one.get("serviceId")) == service_id:
                    for block in entries(one.get("availability")):
                        _add_block(found, block, grid, zone)
    return found


def _add_block(found: dict[dt.datetime, set[str]], block: Mapping[str, Any], grid: int, zone: dt.tzinfo) -> None:
    first, last = dates.read(block, "startDateTime", zone), dates.read(block, "endDateTime", zone)
    listed = block.get("employees")
    people = [one.get("id") or one.get("employeeId") if isinstance(one, dict) else one for one in listed or []]
    ids = {one for one in map(optional_id, people) if one}
    moment, tries = first, 0
    while moment and moment <= (last or moment) and tries < MOST_STARTS:
        found.setdefault(moment, set()).update(ids)
        moment, tries = moment + dt.timedelta(minutes=grid), tries + 1


def in_a_row(
    offered: list[dict[dt.datetime, set[str]]],
    services: list[ServiceRecord],
    staff_ids: Iterable[str] = (),
    givers: Mapping[str, set[str]] | None = None,
) -> list[SlotRecord]:
    """Starts at which all `services` can be given, one after the other; `offered`: the starts of each.

    By one person; or by somebody who gives the first, and colleagues for those that she does not give at all
    (`givers`: who gives each service).
    """
    wanted = set(staff_ids)
    found = []
    for start, people in sorted(offered[0].items()):
        able = people & wanted if wanted else set(people)
        free, end = _turns(offered, services, start)
        able = {one for one in able if all(_has_turn(one, turn, givers) for turn in zip(services, free, strict=True))}
        helped = able.difference(able.intersection(*free))
        if able:
            found.append(SlotRecord(start, end, tuple(sorted(able)), tuple(sorted(helped))))
    return found


def _turns(
    offered: list[dict[dt.datetime, set[str]]], services: list[ServiceRecord], start: dt.datetime
) -> tuple[list[set[str]], dt.datetime]:
    """Who is free for each service when its turn comes, and when the last one ends."""
    free, moment, end = [], start, start
    for starts_of, service in zip(offered, services, strict=True):
        free.append(starts_of.get(moment, set()))
        end = moment + dt.timedelta(minutes=service.duration)
        moment = end + dt.timedelta(minutes=service.spacing_after)
    return free, end


def _has_turn(person: str, turn: tuple[ServiceRecord, set[str]], givers: Mapping[str, set[str]] | None) -> bool:
    """Whether she is free for it; or does not give it, and somebody is free who does."""
    service, free = turn
    gives = givers is None or person in givers.get(service.external_id, {person})
    return person in free if gives else bool(free)
