"""When services can be booked: one service, or several in a row (sections 6.6 and 8)."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.availability import Span, possible_starts, without
from integrations.sandbox.booxi import lookup, services, shapes
from integrations.sandbox.booxi.assumptions import BOOKING_LENGTH_MOST, CALENDAR_RANGE_MOST, SLOT_STEP
from integrations.sandbox.booxi.booking_bodies import ITEMS_MOST, item_for
from integrations.sandbox.booxi.booking_rows import APPOINTMENT, lengths
from integrations.sandbox.booxi.diaries import Diary, diary, performers
from integrations.sandbox.booxi.group_events import SELECT as EVENTS
from integrations.sandbox.booxi.keys import MERCHANT
from integrations.sandbox.booxi.spans import checked, query_span
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import CURSOR_PAGE, page_of, place_of
from integrations.sandbox.reading import (
    bad,
    choice,
    json_object,
    part,
    parts,
    query_whole,
    required_moment,
    required_whole,
    wholes,
)
from integrations.sandbox.times import MINUTE, to_rfc3339


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Services in a row, and how long they take: seconds with the client, then seconds of busy spacing."""

    services: Sequence[sqlite3.Row]
    length: int
    tail: int


def wish_for(rows: Sequence[sqlite3.Row]) -> Wish:
    length, tail = lengths(tuple(item_for(row) for row in rows))
    return Wish(services=rows, length=length * MINUTE, tail=tail * MINUTE)


def starts_by_staff(
    db: sqlite3.Connection, wish: Wish, *, span: Span, now: int, only: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Every (start, staff id) that could be booked with a start inside `span`, in order."""
    pairs: list[tuple[int, int]] = []
    for found in _diaries(db, wish, span=span, only=only):
        starts = possible_starts(
            found.work,
            found.busy,
            length=wish.length,
            tail=wish.tail,
            step=SLOT_STEP,
            earliest=max(span[0], now),
            latest=span[1],
        )
        pairs += [(start, found.staff_id) for start in starts]
    return sorted(pairs)


def _diaries(db: sqlite3.Connection, wish: Wish, *, span: Span, only: Sequence[int]) -> list[Diary]:
    people = performers(db, service_ids=[service["id"] for service in wish.services], only=only)
    reach = (span[0], span[1] + wish.length + wish.tail)
    return [diary(db, staff=person, span=reach) for person in people]


# ---- POST /availability/search


def search(call: Call) -> Reply:
    """Starts for several services in a row, each with who could do them (searchMode `verbose`)."""
    body = json_object(call.request)
    merchant = lookup.merchant(call, required_whole(body, "merchantId"))
    if not merchant["is_online"]:
        bad("The merchant is not active.")
    choice(body, "searchMode", ("verbose",)) or bad("searchMode is required.")
    period = part(body, "range") or bad("range is required.")
    asked = (required_moment(period, "startsOn"), required_moment(period, "endsOn"))
    span = checked(asked, most=CALENDAR_RANGE_MOST)
    entries = parts(body, "bookingItems", most=ITEMS_MOST) or bad("bookingItems is required.")
    wish = wish_for([_bookable(call, required_whole(entry, "serviceId")) for entry in entries])
    if wish.length > BOOKING_LENGTH_MOST:
        bad("The services take longer than a day.")
    only = wholes(body, "onlyIncludeStaffs") or []
    return Reply(body={"availability": _found(call, wish, span=span, only=only)})


def _bookable(call: Call, service_id: int) -> sqlite3.Row:
    service = lookup.row(call.db, "service", service_id)
    if service is None or service["merchant_id"] != call.caller.merchant_id:
        bad(f"Service {service_id} is not one of the merchant's.")
    if service["booking_method"] != APPOINTMENT:
        bad(f"Service {service_id} is not booked by appointment.")
    return services.named(call.db, service_id)


def _found(call: Call, wish: Wish, *, span: Span, only: Sequence[int]) -> dict[str, Any]:
    if any(service["time_selection_mode"] == "ClientTimes" for service in wish.services):
        ranges = _ranges(call, wish, span=span, only=only)
        return {"timeSelectionMode": "ClientTimes", "bookingTimeRanges": ranges}
    by_start: dict[int, list[int]] = defaultdict(list)
    for start, staff_id in starts_by_staff(call.db, wish, span=span, now=call.now, only=only):
        by_start[start].append(staff_id)
    slots = [_slot(wish, start, by_start[start]) for start in sorted(by_start)]
    return {"timeSelectionMode": "TimeSlot", "bookingTimeSlots": slots}


def _slot(wish: Wish, start: int, staff_ids: list[int]) -> dict[str, Any]:
    return {
        "startsOn": to_rfc3339(start),
        "staffSelectionMode": wish.services[0]["staff_selection_mode"],
        "staffIds": staff_ids,
        "items": [
            {
                "serviceId": service["id"],
                "duration": service["duration"],
                "spacingAfter": service["spacing_after"],
                "isBusySpacingAfter": bool(service["is_busy_spacing_after"]),
            }
            for service in wish.services
        ],
    }


def _ranges(call: Call, wish: Wish, *, span: Span, only: Sequence[int]) -> list[dict[str, Any]]:
    """Unbroken free time long enough for the services, cut to the range asked for."""
    people: dict[Span, list[int]] = defaultdict(list)
    for found in _diaries(call.db, wish, span=span, only=only):
        for start, end in without(found.work, found.busy):
            start, end = max(start, span[0], call.now), min(end, span[1])
            if end - start >= wish.length:
                people[start, end].append(found.staff_id)
    return [
        {"startsOn": to_rfc3339(start), "endsOn": to_rfc3339(end), "staffIds": people[start, end]}
        for start, end in sorted(people)
    ]


# ---- GET /service/{serviceId}/availability


def of_service(call: Call, service_id: int) -> Reply:
    """Starts for one service, one entry for each person; places at events for a group service."""
    place = place_of(call)
    service = services.own(call, service_id)
    span = query_span(place.args, most=CALENDAR_RANGE_MOST)
    staff_id = query_whole(place.args, "staffId")
    offered = _appointments if service["booking_method"] == APPOINTMENT else _places
    entries = offered(call, service, span=span, only=[] if staff_id is None else [staff_id])
    if place.after is not None:
        after = tuple(place.after)
        entries = [entry for entry in entries if (entry[0], entry[1]["staffId"]) > after]
    page = page_of(place, entries[: CURSOR_PAGE + 1], key=lambda entry: (entry[0], entry[1]["staffId"]))
    body = {
        "staffSelectionMode": service["staff_selection_mode"],
        "timeSelectionMode": service["time_selection_mode"],
        "serviceAvailability": [entry for _, entry in page.rows],
    }
    return page.reply(body)


Entry = tuple[int, dict[str, Any]]


def _appointments(call: Call, service: sqlite3.Row, *, span: Span, only: Sequence[int]) -> list[Entry]:
    wish = wish_for([service])
    pairs = starts_by_staff(call.db, wish, span=span, now=call.now, only=only)
    return [(start, _entry(service, start, staff_id)) for start, staff_id in pairs]


def _entry(service: sqlite3.Row, start: int, staff_id: int) -> dict[str, Any]:
    return {
        "start": to_rfc3339(start),
        "end": to_rfc3339(start + service["duration"] * MINUTE),
        "serviceId": service["id"],
        "staffId": staff_id,
        "timeSelectionMode": service["time_selection_mode"],
        "duration": service["duration"],
        "price": shapes.price(service["amount"], currency=service["currency"]),
    }


def _places(call: Call, service: sqlite3.Row, *, span: Span, only: Sequence[int]) -> list[Entry]:
    rows = call.db.execute(
        f"{EVENTS} WHERE group_event.service_id = ? AND group_event.starts_at BETWEEN ? AND ?"
        " ORDER BY group_event.starts_at, group_event.staff_id",
        (service["id"], max(span[0], call.now), span[1]),
    )
    entries = []
    for row in rows:
        left = row["capacity"] - row["attendee_count"]
        if left > 0 and (not only or row["staff_id"] in only):
            places = {"groupEventId": row["id"], "capacity": row["capacity"], "placesLeft": left}
            entries.append((row["starts_at"], _entry(service, row["starts_at"], row["staff_id"]) | places))
    return entries


ROUTES = (
    Route(method="POST", path="/availability/search", answer=search, key=MERCHANT),
    Route(method="GET", path="/service/<id:service_id>/availability", answer=of_service, key=MERCHANT),
)
