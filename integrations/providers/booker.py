"""Booker by Mindbody (booker-api.md): which call, which body, which words. Everything assumed about it stands here.

Two things have no counterpart at Booxi: one list holds all calendars of a location, and lists tell what has changed
since a moment (section 4). Several things Booker cannot do from outside (section 5.2): see `CANNOT`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from clienteling.names import PHONE_LIKE, digits
from integrations.providers import booker_dates as dates
from integrations.providers import booker_parts
from integrations.providers import booker_reading as reading
from integrations.providers.base import Owner, Provider, StoreRef
from integrations.providers.booker_api import BookerApi, Family, Page, payload
from integrations.providers.booker_parts import Part
from integrations.providers.booker_reading import number
from integrations.providers.http import Params
from integrations.providers.reading import Unreadable, each, entries, members, optional_id
from integrations.records import (
    Batch,
    BookingDraft,
    BookingPatch,
    BookingRecord,
    CategoryRecord,
    ClientLinkRecord,
    ClientPage,
    ClientRecord,
    ItemDraft,
    RoomRecord,
    ScheduleRecord,
    ServiceRecord,
    SlotRecord,
    StaffRecord,
    StoreRecord,
    TimeSlotDraft,
    TimeSlotRecord,
)

HOSTS = {"production": "https://api.booker.com", "staging": "https://api-staging.booker.com"}  # section 1
SIGN_IN = {
    "production": "https://signin.booker.com",
    "staging": "https://signin-staging.booker.com",
}  # staging: assumed
# Section 5.2: no path was found for these, so they are not offered.
CANNOT = ("arrive", "no_show", "complete", "undo", "propose", "dispatch", "decline", "time_slots", "client_request")
RESOURCE_TYPE = 1  # section 5.4: its meaning is not known, three of four sources send 1
MAX_WINDOW = dt.timedelta(days=366)  # of one question for appointments; assumed
CLIENT_RECORDS = 1  # CustomerRecordType of customers (section 5.1, R1)
MOST_FOUND = 20
MOST_ROOMS_TRIED = 4
CANCELLED_BY_STAFF = {"ID": 2, "Name": "Merchant"}  # AppointmentCancellationType; the id is assumed
CLIENT_FIELDS = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "mobile_phone": "CellPhone",
    "home_phone": "HomePhone",
}
PRIVATE = ("GUID",)  # dropped before a customer is sent back (section 5.4, R8)

M = "/v4.1/merchant"


class Booker(Provider):
    reads_by_store = True
    tells_changes = True
    cannot = CANNOT

    def __init__(
        self,
        api: BookerApi,
        *,
        location_id: str = "",
        brand_id: str = "",
        places: Mapping[str, reading.Where] | None = None,
        reads_purchases: bool = False,
    ) -> None:
        """`places`: what is known of locations; another one is asked for before it is read.

        `reads_purchases`: `client` tells also what she bought last.
        """
        self.reads_purchases = reads_purchases
        self.api = api
        self.location_id = location_id
        self.brand_id = brand_id
        self._places = dict(places or {})
        self._rooms: dict[str, list[RoomRecord]] = {}
        self._treatments: dict[str, list[dict[str, Any]]] = {}

    # --- the catalogue --------------------------------------------------------------------------------

    def stores(self) -> list[StoreRecord]:
        """The location, or every one of the brand."""
        if self.brand_id:
            pages = self.api.pages(f"{M}/locations", {}, ("Results", "Locations"))
            rows = [row for page in pages for row in page.rows]
            wanted = {one.strip() for one in self.location_id.split(",") if one.strip()}
            rows = [row for row in rows if not wanted or optional_id(row.get("ID")) in wanted]
        else:
            if not self.location_id:
                raise Misconfigured("The location id is missing.")
            rows = [self._location(self.location_id)]
        rows = [row for row in rows if reading.is_open(row)]
        self._places |= {optional_id(row.get("ID")): reading.where(row) for row in rows if row.get("TimeZone")}
        return each(reading.store, rows)[0]

    def _location(self, location_id: str) -> dict[str, Any]:
        path = f"{M}/location/{segment(location_id)}"
        body = self.api.read(path, endpoint=f"{M}/location/{{id}}", location=location_id)
        return members(body.get("Location")) or body

    def _where(self, location_id: str) -> reading.Where:
        if location_id not in self._places:
            self._places[location_id] = reading.where(self._location(location_id))
        return self._places[location_id]

    def _zone(self, location_id: str) -> dt.tzinfo:
        return self._where(location_id).zone

    def opening_hours(self, store: StoreRef) -> list[dict[str, Any]]:
        """The usual week; the two dates are asked for and ignored (section 5.1)."""
        now = dt.datetime.now(dt.UTC)
        day = dates.write_legacy(now, self._zone(store.id))
        asked = [("getDefaultDaySchedule", "true"), ("fromDate", day), ("toDate", day)]
        path, endpoint = f"{M}/location/{segment(store.id)}/schedule", f"{M}/location/{{id}}/schedule"
        body = self.api.read(path, asked, endpoint=endpoint, location=store.id)
        return reading.weekly_hours(entries(body.get("LocationDaySchedules")))

    def staff(self, store_id: str) -> list[StaffRecord]:
        rows = self._listed(f"{M}/employees", {"LocationID": number(store_id)}, store_id)
        return each(reading.staff, [row for row in rows if reading.is_employed(row)])[0]

    def categories(self, store_id: str) -> list[CategoryRecord]:
        """Those of the treatments: a list of their own is only known of the old version (section 5.1)."""
        rows = [members(row.get("Category")) for row in self._treated(store_id)]
        found = {one.external_id: one for one in each(lambda row: reading.category(row, store_id), rows)[0]}
        return list(found.values())

    def services(self, store_id: str) -> list[ServiceRecord]:
        return each(lambda row: reading.service(row, store_id), self._treated(store_id))[0]

    def rooms(self, store_id: str) -> list[RoomRecord]:
        if store_id not in self._rooms:
            rows = self._listed(f"{M}/rooms", {"LocationID": number(store_id)}, store_id)
            self._rooms[store_id] = each(reading.room, rows)[0]
        return self._rooms[store_id]

    def offers(self, store: StoreRef, service_ids: Sequence[str]) -> set[tuple[str, str]]:
        """Treatments name who gives them: no further call."""
        wanted = set(service_ids)
        pairs = {
            (who, optional_id(row.get("ID"))) for row in self._treated(store.id) for who in reading.performers(row)
        }
        return {(who, what) for who, what in pairs if what in wanted}

    def schedules(self, staff_id: str) -> list[ScheduleRecord]:
        """Section 5.1: no call for an employee's hours is known, so the store's count."""
        return []

    def _treated(self, store_id: str) -> list[dict[str, Any]]:
        """Read once for categories, services and offers."""
        if store_id not in self._treatments:
            asked = {"LocationID": number(store_id)}
            self._treatments[store_id] = self._listed(f"{M}/treatments", asked, store_id, ("Treatments", "Results"))
        return self._treatments[store_id]

    def _listed(
        self, path: str, body: Mapping[str, Any], store_id: str, names: Sequence[str] = ("Results",)
    ) -> list[dict[str, Any]]:
        return [row for page in self.api.pages(path, body, names, location=store_id) for row in page.rows]

    # --- calendars and appointments -------------------------------------------------------------------

    def calendar(self, store: StoreRef, staff_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        yield from self._appointments(store.id, start, end, {"EmployeeID": number(staff_id)})

    def store_calendar(self, store: StoreRef, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        yield from self._appointments(store.id, start, end, {})

    def _appointments(
        self, location_id: str, start: dt.datetime, end: dt.datetime, narrowed: Mapping[str, Any]
    ) -> Iterator[Batch]:
        here = self._where(location_id)
        zone = here.zone
        while start < end:
            until = min(start + MAX_WINDOW, end)
            window = {
                "FromStartDateOffset": dates.write(start, zone),
                # Whether the end belongs to the window is not known: what comes twice is one.
                "ToStartDateOffset": dates.write(until - dt.timedelta(seconds=1), zone),
            }
            yield from self._found({"LocationID": number(location_id), **narrowed, **window}, location_id, here)
            start = until

    def _found(self, asked: Mapping[str, Any], location_id: str, here: reading.Where) -> Iterator[Batch]:
        for page in self.api.pages(f"{M}/appointments", asked, ("Results", "Appointments"), location=location_id):
            yield _batch(page.rows, here)

    def changed_bookings(self, store: StoreRef, since: dt.datetime) -> Iterator[Batch]:
        """Only the old form of the window is known for appointments (section 4)."""
        here = self._where(store.id)
        asked = {"LocationID": number(store.id), "FromDateLastModified": dates.write_legacy(since, here.zone)}
        yield from self._found(asked, store.id, here)

    def bookings_of(self, client_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        """In one location after the other: a list is always of one. A client's is short, whatever the period."""
        for location, here in self._all_places().items():
            window = {"FromStartDateOffset": dates.write(start, here.zone)}
            window["ToStartDateOffset"] = dates.write(end - dt.timedelta(seconds=1), here.zone)
            asked = {"LocationID": number(location), "CustomerID": number(client_id), **window}
            yield from self._found(asked, location, here)

    def _all_places(self) -> dict[str, reading.Where]:
        if not self._places:
            self.stores()
        return self._places

    def booking(self, store: StoreRef, booking_id: str) -> BookingRecord:
        return self._booking(self._appointment(store, booking_id), maybe_done=False)

    def _appointment(self, store: StoreRef, booking_id: str) -> dict[str, Any]:
        path, endpoint = f"{M}/appointment/{segment(booking_id)}", f"{M}/appointment/{{id}}"
        return payload(self.api.read(path, endpoint=endpoint, location=store.id), "Appointment")

    @property
    def _home(self) -> str:
        """The location that is asked about clients, who belong to all of a brand: its token alone reads none."""
        return self.location_id.split(",")[0].strip() or next(iter(self._all_places()), "")

    def _ours(self, location_id: str) -> str:
        """Where she is at home, if that is one of ours: others are not shown to these credentials."""
        return location_id if location_id in self._all_places() else self._home

    def _booking(self, row: dict[str, Any], *, maybe_done: bool) -> BookingRecord:
        try:
            location = optional_id(row.get("LocationID"))
            if not location:
                raise Unreadable("no location")
            return reading.booking(row, self._where(location))
        except Unreadable as error:
            raise Unavailable("unreadable appointment", maybe_done=maybe_done) from error

    def create_booking(self, draft: BookingDraft) -> BookingRecord:
        zone = self._zone(draft.store_id)
        notes = "\n".join(words for words in (draft.client_request, draft.quick_note) if words)
        body: dict[str, Any] = {
            "LocationID": number(draft.store_id),
            "ResourceTypeID": RESOURCE_TYPE,
            "AppointmentDateOffset": dates.write(draft.starts_at, zone),
            "Customer": self._customer(draft.store_id, draft.client),
            "Notes": notes,
        }
        parts = booker_parts.in_a_row(draft.items, draft.staff_id, draft.starts_at, self._spacings(draft.store_id))
        parts = self._with_colleagues(parts, draft.store_id)
        return self._placed("POST", body, parts, draft.store_id, f"{M}/appointment", without="")

    def update_booking(self, store: StoreRef, booking_id: str, patch: BookingPatch) -> BookingRecord:
        """Read, then the whole of it with the change laid over, or the call made for that change (section 5.2)."""
        if patch.presence is not None or patch.is_completed is not None:
            raise Refused(Reason.NOT_SUPPORTED)
        record: BookingRecord | None = None
        if patch.starts_at or patch.staff_id or patch.items is not None:
            record = self._moved(store, booking_id, patch)
        if patch.quick_note is not None:
            path, endpoint = f"{M}/appointment/{segment(booking_id)}/notes", f"{M}/appointment/{{id}}/notes"
            self._write("PUT", path, {"Notes": patch.quick_note}, endpoint, store.id)
            record = None
        if patch.status in ("confirmed", "cancelled"):
            record = self._decided(store, booking_id, patch.status)
        return record or self.booking(store, booking_id)

    def _moved(self, store: StoreRef, booking_id: str, patch: BookingPatch) -> BookingRecord:
        row = self._appointment(store, booking_id)
        current = self._booking(row, maybe_done=False)
        starts_at = patch.starts_at or current.starts_at
        if starts_at is None:
            raise Refused(Reason.NOT_SCHEDULED)
        zone = self._zone(current.store_id)
        body = {
            "ID": number(booking_id),
            "LocationID": number(current.store_id),
            "ResourceTypeID": RESOURCE_TYPE,
            "AppointmentDateOffset": dates.write(starts_at, zone),
            "Customer": {"ID": number(current.client.external_id)} if current.client else None,
            "Notes": current.quick_note,
        }
        before = booker_parts.held(row, zone)
        if patch.items is None and current.starts_at:
            parts = booker_parts.shifted(before, starts_at - current.starts_at, patch.staff_id)
        else:
            self._refuse_prices(current, patch.items or ())
            spacings = self._spacings(current.store_id)
            staff_id = patch.staff_id or current.staff_id
            parts = booker_parts.kept(booker_parts.in_a_row(patch.items or (), staff_id, starts_at, spacings), before)
        parts = self._with_colleagues(parts, current.store_id)
        return self._placed("PUT", body, parts, current.store_id, f"{M}/appointment", without=booking_id)

    def _refuse_prices(self, current: BookingRecord, items: Sequence[ItemDraft]) -> None:
        """An appointment's treatments have no price that could be sent (section 5.4)."""
        usual = {(one.external_id, one.price) for one in self.services(current.store_id)}
        held = {(one.service_id, one.price) for one in current.items}
        if any(one.price is not None and (one.service_id, one.price) not in usual | held for one in items):
            raise Refused(Reason.NOT_SUPPORTED)

    def _givers(self, location_id: str) -> dict[str, set[str]]:
        """Service -> who gives it, where that is told."""
        told = {optional_id(row.get("ID")): set(reading.performers(row)) for row in self._treated(location_id)}
        return {service: people for service, people in told.items() if people}

    def _with_colleagues(self, parts: list[Part], location_id: str) -> list[Part]:
        """What its person does not give goes to somebody who does, and is free. Raises Refused where nobody is."""
        givers = self._givers(location_id)
        own = parts[0].staff if parts else ""
        return [*parts[:1], *(self._with_colleague(one, own, givers, location_id) for one in parts[1:])]

    def _with_colleague(self, part: Part, own: str, givers: Mapping[str, set[str]], location_id: str) -> Part:
        if not booker_parts.is_for_a_colleague(part, own, givers):
            return part
        zone, grid = self._zone(location_id), dt.timedelta(minutes=reading.GRID)
        midnight = dt.datetime.combine(part.start.astimezone(zone).date() + dt.timedelta(days=1), dt.time(), zone)
        on_grid = part.start - dt.timedelta(minutes=part.start.minute % reading.GRID)
        starts = self._starts(location_id, part.service, on_grid, midnight, zone)
        staff = booker_parts.chosen(starts, part.start, grid)
        if not staff:
            raise Refused(Reason.SLOT_TAKEN)
        return replace(part, staff=staff)

    def _spacings(self, location_id: str) -> dict[str, int]:
        """Service -> minutes that who has given it needs before the next one."""
        return {one.external_id: one.spacing_after for one in self.services(location_id)}

    def _decided(self, store: StoreRef, booking_id: str, status: str) -> BookingRecord:
        what = "confirm" if status == "confirmed" else "cancel"
        body: dict[str, Any] = {"ID": number(booking_id)}
        if what == "cancel":
            body |= {"AppointmentCancellationType": CANCELLED_BY_STAFF, "RequireCancellationReason": False}
        answer = self._write("PUT", f"{M}/appointment/{what}", body, f"{M}/appointment/{what}", store.id)
        found = members(answer.get("Appointment"))
        return self._booking(found, maybe_done=True) if found.get("LocationID") else self.booking(store, booking_id)

    def _write(self, method: str, path: str, body: Mapping[str, Any], endpoint: str, location: str) -> dict[str, Any]:
        """What says how things shall be may be said twice."""
        repeatable = method == "PUT"
        return self.api.write(method, path, body, endpoint=endpoint, location=location, repeatable=repeatable)

    # --- rooms: a treatment needs one that hosts it (section 3.1) ----------------------------------------

    def _placed(
        self,
        method: str,
        body: Mapping[str, Any],
        parts: Sequence[Part],
        location: str,
        path: str,
        *,
        without: str,
    ) -> BookingRecord:
        """Send it with rooms that host its treatments and look free; when one is not after all, with others."""
        zone = self._zone(location)
        taken = self._rooms_taken(location, parts, without)
        refusal = Refused(Reason.RESOURCE_TAKEN)
        for attempt in range(MOST_ROOMS_TRIED):
            rooms = [self._room(location, part, taken, attempt) for part in parts]
            if attempt and not any(rooms):
                break
            asked = [booker_parts.dto(part, room, zone) for part, room in zip(parts, rooms, strict=True)]
            try:
                answer = self.api.write(
                    method, path, {**body, "AppointmentTreatmentDTOs": asked}, endpoint=path, location=location
                )
            except Refused as error:
                if error.reason != Reason.RESOURCE_TAKEN:
                    raise
                refusal = error
                continue
            found = members(answer.get("Appointment"))
            if not optional_id(found.get("ID")):
                raise Unavailable("unreadable answer", maybe_done=True)
            return (
                self._booking(found, maybe_done=True)
                if found.get("LocationID")
                else self.booking(StoreRef(location), str(found["ID"]))
            )
        raise refusal

    def _room(self, location: str, part: Part, taken: Mapping[str, list[tuple[Any, Any]]], attempt: int) -> str:
        """The `attempt`-th room that hosts the treatment, free ones first; "" where none is known to."""
        hosts = [one.external_id for one in self.rooms(location) if part.service in one.service_ids]
        free = [one for one in hosts if not _overlaps(taken.get(one, []), part)]
        ordered = [*free, *(one for one in hosts if one not in free)]
        return ordered[attempt] if attempt < len(ordered) else ""

    def _rooms_taken(self, location: str, parts: Sequence[Part], without: str) -> dict[str, list[tuple[Any, Any]]]:
        """Room -> times of the day at which somebody has it. Nobody is asked where there is no choice."""
        hosted = {part.service for part in parts}
        choices = [sum(1 for room in self.rooms(location) if one in room.service_ids) for one in hosted]
        if max(choices, default=0) < 2:
            return {}
        zone = self._zone(location)
        start, end = min(part.start for part in parts), max(part.end for part in parts)
        asked = {
            "LocationID": number(location),
            "FromStartDateOffset": dates.write(start - dt.timedelta(hours=4), zone),
            "ToStartDateOffset": dates.write(end, zone),
        }
        found: dict[str, list[tuple[Any, Any]]] = {}
        for page in self.api.pages(f"{M}/appointments", asked, ("Results", "Appointments"), location=location):
            for row in page.rows:
                if optional_id(row.get("ID")) != without and row.get("IsCancelled") is not True:
                    _note_rooms(found, row, zone)
        return found

    # --- availability ---------------------------------------------------------------------------------

    def availability(
        self,
        store: StoreRef,
        service_ids: Sequence[str],
        start: dt.datetime,
        end: dt.datetime,
        staff_ids: Sequence[str] = (),
    ) -> list[SlotRecord]:
        """A call for each different service; a row of them is put together here (section 5.3).

        Booker's own question for several services answers one day at a time, and two dialects of it are in use.
        """
        zone = self._zone(store.id)
        known = {one.external_id: one for one in self.services(store.id) if one.duration}
        if any(one not in known for one in service_ids):
            raise Refused(Reason.INVALID)
        offered = {one: self._starts(store.id, one, start, end, zone) for one in dict.fromkeys(service_ids)}
        services = [known[one] for one in service_ids]
        return reading.in_a_row([offered[one] for one in service_ids], services, staff_ids, self._givers(store.id))

    def _starts(
        self, location: str, service_id: str, start: dt.datetime, end: dt.datetime, zone: dt.tzinfo
    ) -> dict[dt.datetime, set[str]]:
        asked: Params = [
            ("locationIds[]", location),
            ("fromDateTime", dates.write(start, zone)),
            ("toDateTime", dates.write(end, zone)),
            ("includeEmployees", "true"),
            ("serviceId", service_id),
        ]
        path = "/v5/availability/availability"
        return reading.starts(self.api.plain(path, asked, endpoint=path, location=location), service_id, zone)

    # --- clients --------------------------------------------------------------------------------------

    def find_clients(self, store_id: str, query: str) -> tuple[list[ClientRecord], list[ClientLinkRecord]]:
        here = self._where(store_id)
        for asked in _ways_to_find(query):
            page = next(self._customers(store_id, asked), None)
            found = each(lambda row: reading.client(row, here), page.rows if page else [])[0]
            if found:
                return found[:MOST_FOUND], []
        return [], []

    def _customers(self, store_id: str, narrowed: Mapping[str, Any]) -> Iterator[Page]:
        asked = {"LocationID": number(store_id), "CustomerRecordType": CLIENT_RECORDS, **narrowed}
        yield from self.api.pages(f"{M}/customers", asked, ("Customers", "Results"), location=store_id)

    def clients(self, store: StoreRef, since: dt.datetime | None = None) -> Iterator[ClientPage]:
        """Who belongs to the location, or has changed since then. By the day they came: a new one moves nobody."""
        here = self._where(store.id)
        order = [{"SortBy": "DateCreated", "SortDirection": 0}]
        asked: dict[str, Any] = {"SortBy": order, "FilterByExactLocationID": True}
        if since:
            asked["FromDateLastModifiedOffset"] = dates.write(since, here.zone)
        for page in self._customers(store.id, asked):
            found, unreadable = each(lambda row: reading.client(row, here), page.rows)
            if unreadable and not found:
                raise Unavailable("unreadable page")
            yield ClientPage(found, len(page.rows), page.total)

    def client(self, client_id: str) -> ClientRecord:
        """With what she bought last, which is another call: her orders where she is at home."""
        record = self._client(self._customer_row(client_id))
        if record.profile is None or not self.reads_purchases:
            return record
        location = self._ours(record.store_id)
        here = self._where(location)
        asked = {
            "LocationID": number(location),
            "CustomerID": number(record.external_id),
            "SortBy": [{"SortBy": "DateCreated", "SortDirection": 1}],  # newest first; 1 is assumed (section 4)
        }
        page = next(self.api.pages(f"{M}/orders", asked, ("Results", "Orders"), location=location), None)
        bought = reading.last_purchase(page.rows if page else [], here)
        return replace(record, profile={**record.profile, **bought})

    def _customer_row(self, client_id: str) -> dict[str, Any]:
        path, endpoint = f"{M}/customer/{segment(client_id)}", f"{M}/customer/{{id}}"
        body = self.api.read(path, endpoint=endpoint, location=self._home)
        return members(body.get("Customer")) or body

    def _client(self, row: dict[str, Any]) -> ClientRecord:
        inner = members(row.get("Customer")) or row
        location = optional_id(inner.get("LocationID")) or optional_id(row.get("LocationID"))
        try:
            return reading.client(row, self._where(self._ours(location)))
        except Unreadable as error:
            raise Unavailable("unreadable client") from error

    def create_client(self, store_id: str, values: Mapping[str, str]) -> ClientRecord:
        """From the customer side: no merchant's call for it is known (section 5.2)."""
        path = "/v4.1/customer/customer"
        body = {"LocationID": number(store_id), **_client_fields(values)}
        answer = self.api.write("POST", path, body, endpoint=path, location=store_id, family=Family.CUSTOMER)
        made = optional_id(answer.get("CustomerID")) or optional_id(members(answer.get("Customer")).get("CustomerID"))
        if not made:
            raise Unavailable("unreadable client", maybe_done=True)
        return self._client(self._customer_row(made))

    def update_client(self, client_id: str, values: Mapping[str, str]) -> ClientRecord:
        """Read, lay the change over, send all back (section 5.2, R1)."""
        row = self._customer_row(client_id)
        inner = members(row.get("Customer")) or row
        kept = {name: value for name, value in inner.items() if name not in PRIVATE}
        body = {
            "CustomerID": number(client_id),
            "LocationID": inner.get("LocationID") or row.get("LocationID"),
            "Customer": {**kept, **_client_fields(values)},
        }
        location = self._ours(optional_id(body["LocationID"]))
        self._write("PUT", f"{M}/customer/{segment(client_id)}", body, f"{M}/customer/{{id}}", location)
        return self._client(self._customer_row(client_id))

    def delete_client(self, client_id: str) -> None:
        raise Refused(Reason.NOT_SUPPORTED)

    def _customer(self, store_id: str, client: ClientRecord) -> dict[str, Any]:
        """By id where Booker knows her; somebody without one becomes a new client, so she is looked for first."""
        known = client.external_id or self._same_person(store_id, client)
        named = {
            "FirstName": client.first_name,
            "LastName": client.last_name,
            "Email": client.email,
            "MobilePhone": national(client.mobile_phone),
            "HomePhone": national(client.home_phone),
        }
        found: dict[str, Any] = {name: value for name, value in named.items() if value}
        return {"ID": number(known), **found} if known else found

    def _same_person(self, store_id: str, client: ClientRecord) -> str:
        """Of that e-mail or phone, and of that name; "" when it is not one alone."""
        name = (client.first_name.casefold(), client.last_name.casefold())
        for query in filter(None, (client.email, client.mobile_phone)):
            found, _ = self.find_clients(store_id, query)
            same = [one for one in found if (one.first_name.casefold(), one.last_name.casefold()) == name]
            if len(same) == 1:
                return same[0].external_id
        return ""

    # --- what Booker has no place for: integrations/links_here.py keeps it --------------------------------

    def client_link(self, client_id: str, module: str) -> str:
        return ""

    def put_client_link(self, client_id: str, module: str, external_id: str, metadata: Mapping[str, str]) -> None:
        """Kept here alone."""

    def linked_clients(self, module: str, external_id: str) -> list[ClientRecord]:
        return []

    def owner_link(self, owner: Owner, owner_id: str, module: str) -> str:
        return ""

    def put_owner_link(self, owner: Owner, owner_id: str, module: str, external_id: str) -> None:
        """Kept here alone."""

    def find_owners(self, owner: Owner, module: str, external_id: str) -> list[str]:
        return []

    def create_time_slot(self, draft: TimeSlotDraft) -> TimeSlotRecord:
        raise Refused(Reason.NOT_SUPPORTED)

    def delete_time_slot(self, slot_id: str) -> None:
        raise Refused(Reason.NOT_SUPPORTED)


def _batch(rows: list[dict[str, Any]], here: reading.Where) -> Batch:
    try:
        return reading.batch(rows, here)
    except Unreadable as error:
        raise Unavailable("unreadable page") from error


def segment(external_id: str) -> str:
    """An id as one path segment; anything that could leave it is refused before it is sent."""
    if not external_id.isascii() or not external_id.isalnum():
        raise Refused(Reason.INVALID)
    return external_id


def _ways_to_find(query: str) -> list[dict[str, Any]]:
    """Section 5.1: by e-mail, phone (ten digits) or the starts of names."""
    if "@" in query:
        return [{"Email": query}]
    if PHONE_LIKE.fullmatch(query) and len(digits(query)) >= 6:
        whole_number = digits(query)
        return [{"Phone": one} for one in dict.fromkeys((whole_number[-10:], whole_number))]
    names = query.split()
    if len(names) < 2:
        return [{"FirstOrLastOrFullNameStart": query}] if query else []
    first, last = names[0], " ".join(names[1:])
    return [
        {"FirstNameStart": first, "LastNameStart": last},
        {"FirstNameStart": last, "LastNameStart": first},
    ]


def _client_fields(values: Mapping[str, str]) -> dict[str, str]:
    known = {name: value for name, value in values.items() if name in CLIENT_FIELDS}
    return {CLIENT_FIELDS[name]: national(value) if "phone" in name else value for name, value in known.items()}


def national(phone: str) -> str:
    """Ten digits for North America, where Booker has nothing else (section 5.1); other numbers as they are."""
    found = digits(phone)
    return found[1:] if phone.startswith("+1") and len(found) == 11 else phone


def _overlaps(taken: Iterable[tuple[Any, Any]], part: Part) -> bool:
    return any(start < part.end and end > part.start for start, end in taken)


def _note_rooms(found: dict[str, list[tuple[Any, Any]]], row: Mapping[str, Any], zone: dt.tzinfo) -> None:
    for part in entries(row.get("AppointmentTreatments")) or [dict(row)]:
        room = optional_id(part.get("RoomID")) or optional_id(members(part.get("Room")).get("ID"))
        start, end = dates.read(part, "StartDateTime", zone), dates.read(part, "EndDateTime", zone)
        if room and start and end:
            found.setdefault(room, []).append((start, end))
