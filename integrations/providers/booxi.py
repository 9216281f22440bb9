"""Booxi (booxi-api.md): which call, which key, which words. Everything assumed about the wire stands here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from clienteling.names import PHONE_LIKE, digits
from integrations.providers import booxi_reading as reading
from integrations.providers.base import ClientMerged, Owner, Provider, StoreRef
from integrations.providers.http import Answer, Api, Params, retry_after
from integrations.providers.reading import (
    LANGUAGES,
    Unreadable,
    each,
    entries,
    identifier,
    members,
    optional_id,
    text,
    whole,
)
from integrations.records import (
    Batch,
    BookingDraft,
    BookingPatch,
    BookingRecord,
    CategoryRecord,
    ClientLinkRecord,
    ClientRecord,
    ItemDraft,
    ScheduleRecord,
    ServiceRecord,
    SlotRecord,
    StaffRecord,
    StoreRecord,
    TimeSlotDraft,
    TimeSlotRecord,
)

REGIONS = {"eu": "https://api.booxi.eu/booking/v1", "na": "https://api.booxi.com/booking/v1"}  # section 1
PARTNER, MERCHANT = "Booxi-PartnerKey", "Booxi-APIKey"  # section 2
MAX_PAGE = 100  # section 4, assumed
MAX_CALENDAR = dt.timedelta(days=62)  # section 5, assumed
MAX_HISTORY = dt.timedelta(days=366)  # section 5, assumed
MAX_PAGES = 2000  # a provider that never ends is garbage
EVENT_TYPES = ("Appointment", "GroupEvent", "TimeSlot")

STATUSES = {
    "requested": "PendingStaffApproval",
    "awaiting_client": "PendingClientApproval",
    "confirmed": "Approved",
    "cancelled": "Cancelled",
}
SLOT_TYPES = {"busy": "Busy", "available": "Available"}
PRESENCES = {"expecting": "Expecting", "arrived": "Arrived", "no_show": "NoShow"}

# Section 11: what each conflict means for the person who asked.
CONFLICTS = {
    "StaffNotAvailable": Reason.SLOT_TAKEN,
    "ResourceNotAvailable": Reason.RESOURCE_TAKEN,
    "BookingUsesResources": Reason.RESOURCE_TAKEN,
    "TimeTooEarly": Reason.TOO_EARLY,
    "TimeTooLate": Reason.TOO_LATE,
    "BookingNotToday": Reason.NOT_TODAY,
    "BookingHasPassed": Reason.HAS_PASSED,
    "BookingIsCompleted": Reason.IS_COMPLETED,
    "BookingNotScheduled": Reason.NOT_SCHEDULED,
    "BookingIsCanceledByClient": Reason.CANCELLED_BY_CLIENT,
    "ClientStatus": Reason.CLIENT_BLOCKED,
    "GroupEventOvercapacity": Reason.FULL,
    "TooManyAttendees": Reason.FULL,
    "ClientPresenceArrived": Reason.PRESENCE,
    "ClientPresenceNoShow": Reason.PRESENCE,
    "InvalidExternalId": Reason.ID_TAKEN,
    "ModificationNotAllowed": Reason.NOT_OURS,
    "StaffWithoutCalendar": Reason.NO_CALENDAR,
}
# Section 7, a client's fields; section 6.4 to 6.6, where each kind of owner is and how a list of them is called.
CLIENT_FIELDS = {
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "mobile_phone": "mobilePhoneNumber",
    "home_phone": "homePhoneNumber",
    "language": "language",
}
OWNERS = {Owner.STORE: "merchant", Owner.STAFF: "staff", Owner.SERVICE: "service"}
LISTS = {
    Owner.STORE: ("/merchant/search", "merchants"),
    Owner.STAFF: ("/staff/list", "staffs"),
    Owner.SERVICE: ("/service/list", "services"),
}


def stamp(moment: dt.datetime) -> str:
    """RFC 3339 in UTC with Z and whole seconds (section 5)."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _batch(page: dict[str, Any]) -> Batch:
    try:
        return reading.batch(page)
    except Unreadable as error:
        raise Unavailable("unreadable page") from error


class Booxi(Provider):
    needs_store_key = True

    def __init__(self, api: Api, *, partner_key: str, group_id: str = "", module_id: str = "") -> None:
        self.api = api
        self.partner_key = partner_key
        self.group_id = group_id
        self.module_id = module_id

    # --- the catalogue --------------------------------------------------------------------------------

    def stores(self) -> list[StoreRecord]:
        found: list[StoreRecord] = []
        read = 0
        for _ in range(MAX_PAGES):
            asked = [("offset", str(read)), ("limit", str(MAX_PAGE))]
            if self.group_id:
                asked.append(("groupId", self.group_id))
            page = members(self._get("/merchant/list", "/merchant/list", asked))
            rows = entries(page.get("items"))
            found += each(reading.store, rows)[0]
            read += len(rows)
            if not rows or read >= whole(page.get("total")):
                break
        return found

    def opening_hours(self, store: StoreRef) -> list[dict[str, Any]]:
        headers = {MERCHANT: self._merchant_key(store.key)}
        return reading.weekly_hours(members(self._get("/merchant", "/merchant", (), headers)).get("openHours"))

    def staff(self, store_id: str) -> list[StaffRecord]:
        return self._listed("/staff/list", "staffs", store_id, reading.staff)

    def categories(self, store_id: str) -> list[CategoryRecord]:
        return self._listed("/serviceCategory/list", "serviceCategories", store_id, reading.category)

    def services(self, store_id: str) -> list[ServiceRecord]:
        return self._listed("/service/list", "services", store_id, reading.service)

    def offers(self, store: StoreRef, service_ids: Sequence[str]) -> set[tuple[str, str]]:
        """By person or by service, whichever takes fewer calls: no list tells all pairs at once (section 6).

        GET /service names services also of people without a calendar, who cannot be booked; GET /staff leaves them out.
        """
        store_key = store.key
        people = self._online("/staff", store_key)
        if len(people) < len(service_ids):
            found = {(one, what) for one in people for what in self._online("/service", store_key, ("staffId", one))}
        else:
            found = {(who, one) for one in service_ids for who in self._online("/staff", store_key, ("serviceId", one))}
        return {(who, what) for who, what in found if what in set(service_ids)}

    def _online(self, path: str, store_key: str, *narrowed: tuple[str, str]) -> list[str]:
        """Ids in the short list at `path`, of what clients can book online."""
        headers = {MERCHANT: self._merchant_key(store_key)}
        found: list[str] = []
        for _ in range(MAX_PAGES):
            asked = [*narrowed, ("offset", str(len(found))), ("limit", str(MAX_PAGE))]
            page = members(self._get(path, path, asked, headers))
            rows = entries(page.get("items"))
            found += [identifier(row.get("id")) for row in rows]
            if not rows or len(found) >= whole(page.get("total")):
                break
        return found

    def schedules(self, staff_id: str) -> list[ScheduleRecord]:
        path = f"/staff/{segment(staff_id)}/schedule"
        pages = self._pages(path, "/staff/{id}/schedule", ())
        return [reading.schedule(row) for page in pages for row in entries(page.get("schedules"))]

    def _listed(self, path: str, name: str, store_id: str, read: Any) -> list[Any]:
        found: list[Any] = []
        for page in self._pages(path, path, [("merchantId", store_id)]):
            found += each(read, [row for row in entries(page.get(name)) if row.get("isTemplate") is not True])[0]
        return found

    # --- calendars and bookings -----------------------------------------------------------------------

    def calendar(self, store: StoreRef, staff_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        include = [("include", kind) for kind in EVENT_TYPES]
        kinds = [("eventType", kind) for kind in EVENT_TYPES]
        for part_start, part_end in parts(start, end, MAX_CALENDAR):
            # `from` and `to` are inclusive (section 5): the last instant belongs to the next part.
            until = part_end - dt.timedelta(seconds=1)
            window = [("from", stamp(part_start)), ("to", stamp(until)), ("staffId", staff_id)]
            for page in self._pages("/calendar", "/calendar", [*window, *kinds, *include]):
                yield _batch(page)

    def bookings_of(self, client_id: str, start: dt.datetime, end: dt.datetime) -> Iterator[Batch]:
        for part_start, part_end in parts(start, end, MAX_HISTORY):
            until = part_end - dt.timedelta(seconds=1)
            asked = [("from", stamp(part_start)), ("to", stamp(until)), ("clientId", client_id)]
            for page in self._pages("/booking", "/booking", asked):
                yield _batch(page)

    def booking(self, store: StoreRef, booking_id: str) -> BookingRecord:
        body = members(self._get(f"/booking/{segment(booking_id)}", "/booking/{id}"))
        return self._booking(body.get("booking", body), maybe_done=False)

    def create_booking(self, draft: BookingDraft) -> BookingRecord:
        body = self._send("POST", "/booking", "/booking", _created(draft))
        return self._booking(members(body).get("booking", body), maybe_done=True)

    def update_booking(self, store: StoreRef, booking_id: str, patch: BookingPatch) -> BookingRecord:
        # Taking a completion back is a change of a completed booking, which must be asked for by name (section 9).
        ignored = [("ignoreError", "BookingIsCompleted")] if patch.is_completed is False else []
        body = self._send("PUT", f"/booking/{segment(booking_id)}", "/booking/{id}", _patched(patch), ignored)
        return self._booking(members(body).get("booking", body), maybe_done=True)

    def _booking(self, body: object, *, maybe_done: bool) -> BookingRecord:
        try:
            return reading.booking(members(body))
        except Unreadable as error:
            raise Unavailable("unreadable booking", maybe_done=maybe_done) from error

    # --- time in calendars (section 6.2) ----------------------------------------------------------------

    def create_time_slot(self, draft: TimeSlotDraft) -> TimeSlotRecord:
        """The API cannot set labels: what a person calls it is the description."""
        wanted = {
            "merchantId": number(draft.store_id),
            "staffId": number(draft.staff_id),
            "type": SLOT_TYPES[draft.kind],
            "start": stamp(draft.starts_at),
            "end": stamp(draft.ends_at),
            "description": draft.label,
            "availabilityTags": draft.tags,
        }
        body = members(self._send("POST", "/timeSlot", "/timeSlot", wanted))
        try:
            return reading.time_slot(members(body.get("timeSlot", body)))
        except Unreadable as error:
            raise Unavailable("unreadable time slot", maybe_done=True) from error

    def delete_time_slot(self, slot_id: str) -> None:
        try:
            self._send("DELETE", f"/timeSlot/{segment(slot_id)}", "/timeSlot/{id}", None, repeatable=True)
        except Refused as error:
            if error.reason != Reason.GONE:
                raise

    # --- availability ---------------------------------------------------------------------------------

    def availability(
        self,
        store: StoreRef,
        service_ids: Sequence[str],
        start: dt.datetime,
        end: dt.datetime,
        staff_ids: Sequence[str] = (),
    ) -> list[SlotRecord]:
        body: dict[str, Any] = {
            "searchMode": "verbose",
            "merchantId": number(store.id),
            "range": {"startsOn": stamp(start), "endsOn": stamp(end)},
            "bookingItems": [{"serviceId": number(one)} for one in service_ids],
        }
        if staff_ids:
            body["onlyIncludeStaffs"] = [number(one) for one in staff_ids]
        headers = {MERCHANT: self._merchant_key(store.key)}
        answer = self.api.call(
            "POST",
            "/availability/search",
            endpoint="/availability/search",
            headers=headers,
            body=body,
            repeatable=True,
        )
        return reading.slots(self._judged(answer))

    # --- clients --------------------------------------------------------------------------------------

    def find_clients(self, store_id: str, query: str) -> tuple[list[ClientRecord], list[ClientLinkRecord]]:
        clients: dict[str, ClientRecord] = {}
        links: list[ClientLinkRecord] = []
        for asked in self._ways_to_find(store_id, query):
            page = members(self._get("/client", "/client", asked, missing_is_empty=True))
            clients |= {one.external_id: one for one in each(reading.client, entries(page.get("clients")))[0]}
            links += each(reading.client_link, entries(page.get("clientLinks")))[0]
            if clients:
                break
        return list(clients.values()), links

    def _ways_to_find(self, store_id: str, query: str) -> list[Params]:
        """Section 6.7: either by module id, or in one store by e-mail, phone, or first and last name as a pair."""
        here = ("merchantId", store_id)
        by_module = [[("moduleId", self.module_id), ("externalId", query)]] if self.module_id else []
        if "@" in query:
            return [[here, ("email", query)]]
        if PHONE_LIKE.fullmatch(query) and len(digits(query)) >= 6:
            return [[here, ("phoneNumber", query)], *by_module]
        names = query.split()
        if len(names) < 2:
            return list(by_module)
        first, last = names[0], " ".join(names[1:])
        return [
            [here, ("firstName", first), ("lastName", last)],
            [here, ("firstName", last), ("lastName", first)],
        ]

    def client(self, client_id: str) -> ClientRecord:
        body = members(self._get(f"/client/{segment(client_id)}", "/client/{id}"))
        try:
            return reading.client(members(body.get("client", body)))
        except Unreadable as error:
            raise Unavailable("unreadable client") from error

    def client_link(self, client_id: str, module: str) -> str:
        path = f"/client/{segment(client_id)}/moduleLink/{segment(module)}"
        body = members(self._get(path, "/client/{id}/moduleLink/{module}", missing_is_empty=True))
        return text(members(body.get("link", body)).get("externalId"), 100)

    def put_client_link(self, client_id: str, module: str, external_id: str, metadata: Mapping[str, str]) -> None:
        path = f"/client/{segment(client_id)}/moduleLink/{segment(module)}"
        body = {"externalId": external_id, "metadata": dict(metadata)}
        # It says how things shall be, so it may be said twice.
        self._send("PUT", path, "/client/{id}/moduleLink/{module}", body, repeatable=True)

    def linked_clients(self, module: str, external_id: str) -> list[ClientRecord]:
        asked = [("moduleId", module), ("externalId", external_id)]
        page = members(self._get("/client", "/client", asked, missing_is_empty=True))
        return each(reading.client, entries(page.get("clients")))[0]

    def create_client(self, store_id: str, values: Mapping[str, str]) -> ClientRecord:
        body = {"merchantId": number(store_id), **_client_fields(values)}
        return self._client(self._send("POST", "/client", "/client", body))

    def update_client(self, client_id: str, values: Mapping[str, str]) -> ClientRecord:
        path = f"/client/{segment(client_id)}"
        return self._client(self._send("PUT", path, "/client/{id}", _client_fields(values), repeatable=True))

    def _client(self, answer: object) -> ClientRecord:
        body = members(answer)
        try:
            return reading.client(members(body.get("client", body)))
        except Unreadable as error:
            raise Unavailable("unreadable client", maybe_done=True) from error

    def delete_client(self, client_id: str) -> None:
        """The conflict has no name (section 6.7): only bookings to come can be meant."""
        try:
            self._send("DELETE", f"/client/{segment(client_id)}", "/client/{id}", None, repeatable=True)
        except Refused as error:
            if error.reason == Reason.OTHER:
                raise Refused(Reason.STILL_BOOKED) from error
            if error.reason != Reason.GONE:
                raise

    # --- numbers of stores, staff and services ----------------------------------------------------------

    def owner_link(self, owner: Owner, owner_id: str, module: str) -> str:
        path = f"/{OWNERS[owner]}/{segment(owner_id)}/moduleLink/{segment(module)}"
        body = members(self._get(path, f"/{OWNERS[owner]}/{{id}}/moduleLink/{{module}}", missing_is_empty=True))
        return text(members(body.get("link", body)).get("externalId"), 100)

    def put_owner_link(self, owner: Owner, owner_id: str, module: str, external_id: str) -> None:
        path = f"/{OWNERS[owner]}/{segment(owner_id)}/moduleLink/{segment(module)}"
        body = {"externalId": external_id, "metadata": {}}
        self._send("PUT", path, f"/{OWNERS[owner]}/{{id}}/moduleLink/{{module}}", body, repeatable=True)

    def find_owners(self, owner: Owner, module: str, external_id: str) -> list[str]:
        path, name = LISTS[owner]
        asked = [("moduleId", module), ("externalId", external_id)]
        rows = [row for page in self._pages(path, path, asked) for row in entries(page.get(name))]
        return [found for found in (optional_id(row.get("id")) for row in rows) if found]

    # --- the wire -------------------------------------------------------------------------------------

    def _merchant_key(self, store_key: str) -> str:
        if not store_key:
            raise Misconfigured("The store's merchant key is not known; Booxi shows it in the business details.")
        return store_key

    def _get(
        self,
        path: str,
        endpoint: str,
        params: Params = (),
        headers: dict[str, str] | None = None,
        *,
        missing_is_empty: bool = False,
    ) -> Any:
        answer = self.api.call(
            "GET", path, endpoint=endpoint, headers=headers or {PARTNER: self.partner_key}, params=params
        )
        if missing_is_empty and answer.status == 404:
            return {}
        return self._judged(answer)

    def _send(
        self,
        method: str,
        path: str,
        endpoint: str,
        body: dict[str, Any] | None,
        params: Params = (),
        *,
        repeatable: bool = False,
    ) -> Any:
        headers = {PARTNER: self.partner_key}
        answer = self.api.call(
            method, path, endpoint=endpoint, headers=headers, params=params, body=body, repeatable=repeatable
        )
        return self._judged(answer, writes=True)

    def _pages(self, path: str, endpoint: str, params: Params) -> Iterator[dict[str, Any]]:
        """Every page of a cursor-paged list. The cursor carries the query; one that comes twice is a loop."""
        seen: set[str] = set()
        asked = params
        for _ in range(MAX_PAGES):
            page = self._get(path, endpoint, asked)
            if not isinstance(page, dict):
                raise Unavailable("unreadable page")
            yield page
            cursor = text(page.get("cursor"), 4000)
            if not cursor:
                return
            if cursor in seen:
                raise Unavailable("the same page came twice")
            seen.add(cursor)
            asked = [("cursor", cursor)]
        raise Unavailable("too many pages")

    def _judged(self, answer: Answer, *, writes: bool = False) -> Any:
        """The body of a success; every other answer as an error named for what happens next."""
        if 200 <= answer.status < 300:
            return answer.body
        body = members(answer.body)
        if 300 <= answer.status < 400:
            merged = optional_id(body.get("newClientId"))
            raise ClientMerged(merged) if merged else Unavailable("unexpected redirect", maybe_done=writes)
        if answer.status in (401, 403):
            raise Misconfigured(REFUSED_KEYS[answer.status])
        if answer.status == 429:
            raise Unavailable("over quota", retry_after=retry_after(answer) or 1.0)
        if answer.status >= 500 or answer.status < 200:
            raise Unavailable(f"error {answer.status}", maybe_done=writes, retry_after=retry_after(answer))
        raise Refused(_reason(answer.status, body))


REFUSED_KEYS = {
    401: "Booxi does not accept the key. Check that it was copied whole and is still valid.",
    403: "Booxi knows the key, but it is not allowed for this store or module. Ask Booxi to authorise it.",
}


def _reason(status: int, body: dict[str, Any]) -> Reason:
    named = CONFLICTS.get(text(body.get("error"), 60))
    if named:
        return named
    if status == 404:
        return Reason.GONE
    return Reason.OTHER if status == 409 else Reason.INVALID


def parts(start: dt.datetime, end: dt.datetime, most: dt.timedelta) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """[start, end) in pieces no longer than `most`."""
    while start < end:
        until = min(start + most, end)
        yield start, until
        start = until


def number(external_id: str) -> int | str:
    """Booxi's ids are integers on the wire; anything else goes as it came."""
    return int(external_id) if external_id.isascii() and external_id.isdigit() else external_id


def segment(external_id: str) -> str:
    """An id as one path segment; anything that could leave it is refused before it is sent."""
    if not external_id or not all(char.isalnum() or char in "-_." for char in external_id) or ".." in external_id:
        raise Refused(Reason.INVALID)
    return external_id


def _items(items: Sequence[ItemDraft]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in items:
        entry: dict[str, Any] = {"serviceId": number(item.service_id)}
        if item.duration is not None:
            entry["duration"] = item.duration
        if item.price is not None:
            entry["price"] = {"amount": str(item.price)}  # section 15, assumed
        found.append(entry)
    return found


def _client(client: ClientRecord, client_request: str) -> dict[str, Any]:
    """By id where Booxi knows her, else what it matches on (section 6.1)."""
    if client.external_id:
        entry: dict[str, Any] = {"id": number(client.external_id)}
    else:
        named = {
            "firstName": client.first_name,
            "lastName": client.last_name,
            "email": client.email,
            "mobilePhoneNumber": client.mobile_phone,
            "homePhoneNumber": client.home_phone,
        }
        entry = {name: value for name, value in named.items() if value}
    if client_request:
        entry["additionalRequest"] = client_request
    return entry


def _client_fields(values: Mapping[str, str]) -> dict[str, str]:
    """Client fields as Booxi calls them; languages are three letters there (section 1)."""
    languages = {ours: theirs for theirs, ours in reversed(LANGUAGES.items())}
    known = {name: value for name, value in values.items() if name in CLIENT_FIELDS}
    if "language" in known:
        known["language"] = languages.get(known["language"], known["language"])
    return {CLIENT_FIELDS[name]: value for name, value in known.items() if value or name != "language"}


def _created(draft: BookingDraft) -> dict[str, Any]:
    """POST /booking; only `Approved` is supported on creation (section 6.1)."""
    body: dict[str, Any] = {
        "merchantId": number(draft.store_id),
        "bookingMethod": "Appointment",
        "status": "Approved",
        "startsOn": stamp(draft.starts_at),
        "staffId": number(draft.staff_id),
        # Durations and prices are the catalogue's: only a change says otherwise.
        "items": _items([ItemDraft(item.service_id) for item in draft.items]),
        "client": _client(draft.client, draft.client_request),
        "createdBy": "Staff",
    }
    if draft.quick_note:
        body["quickNote"] = draft.quick_note
    if draft.author_staff_id:
        body["createdByStaffId"] = number(draft.author_staff_id)
    return body


def _patched(patch: BookingPatch) -> dict[str, Any]:
    """PUT /booking, a partial body (section 6.1); completing needs presence Arrived beside it (section 9)."""
    client: dict[str, Any] = {}
    if patch.presence is not None:
        client["presence"] = PRESENCES[patch.presence]
    if patch.client_request is not None:
        client["additionalRequest"] = patch.client_request
    wanted: dict[str, Any] = {
        "startsOn": patch.starts_at and stamp(patch.starts_at),
        "staffId": patch.staff_id and number(patch.staff_id),
        "items": None if patch.items is None else _items(patch.items),
        "quickNote": patch.quick_note,
        "status": patch.status and STATUSES[patch.status],
        "isCompleted": patch.is_completed,
        "client": client or None,
    }
    body = {name: value for name, value in wanted.items() if value is not None}
    body["modifiedBy"] = "Staff"
    if patch.author_staff_id:
        body["modifiedByStaffId"] = number(patch.author_staff_id)
    return body
