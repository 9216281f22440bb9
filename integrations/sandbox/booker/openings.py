"""Availability: v5's trees and dates, its itineraries, and the older calls of v4.1 (section 5.3)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import dates, freetime, gate, places
from integrations.sandbox.booker.assumptions import (
    AVAILABILITY_DAYS_MOST,
    GRID_MINUTES,
    NOTICE_LEAST,
    TREATMENTS_MOST,
)
from integrations.sandbox.booker.failures import bad, envelope, missing
from integrations.sandbox.booker.fields import Body, body_of, flag, instant, parts, required_whole, whole
from integrations.sandbox.booker.freetime import Slot, Week, Wish
from integrations.sandbox.http import Call, Reply
from integrations.sandbox.times import DAY, MINUTE, local_day, wall

Json = dict[str, Any]
LOCATIONS_MOST = 10


# ---- reading queries and bodies of either spelling


class Asked(dict[str, Any]):
    """Fields by their lower-case names; a query's lists by repeating, by `[]` or by commas."""

    def ids(self, *names: str) -> list[int]:
        given: Any = next((self[name] for name in names if self.get(name) not in (None, "", [])), [])
        listed = given if isinstance(given, list) else str(given).split(",")
        return [required_whole({names[0]: value}, names[0]) for value in listed]

    def one(self, *names: str) -> int | None:
        return next(iter(self.ids(*names)), None)


def _asked(call: Call) -> Asked:
    found = Asked()
    for name, values in call.args.lists():
        listed = [item for value in values for item in value.split(",")]
        found[name.removesuffix("[]").lower()] = listed if len(listed) > 1 else listed[0]
    return found


def _lowered(body: Mapping[str, Any]) -> Asked:
    return Asked((name.lower(), value) for name, value in body.items())


def _start(call: Call, asked: Asked, name: str) -> int:
    """An instant, in any of the forms of ISO 8601; without an offset it is on the clock of the first location."""
    value = str(asked.get(name.lower()) or bad(name, "Required"))
    date, space, zone = value.rpartition(" ")
    given = f"{date}+{zone}" if space and _LOST_PLUS.fullmatch(zone) and ":" in date else value
    try:
        found = dates.from_iso(given, zone=_zone(call, asked))
    except ValueError:
        bad(name, "Must be a date and time")
    return found if 0 <= found < _LATEST else bad(name, "Is out of range")


_LOST_PLUS = re.compile(r"\d\d:?\d\d")  # an offset whose `+` was not encoded
_LATEST = 4_000_000_000


def _zone(call: Call, asked: Asked) -> ZoneInfo:
    location_id = asked.one("locationids", "locationid")
    return places.callers_zone(call) if location_id is None else places.zone_of(call.db, location_id)


def _week(call: Call, location_id: int, *, start: int, end: int) -> Week:
    """At most a month; for a client (a token without a location) from when the location's notice allows on."""
    places.row_of(call.db, "location", location_id, what="location")
    end = min(end, start + AVAILABILITY_DAYS_MOST * DAY)
    notice = 0 if call.caller.merchant_id is not None else NOTICE_LEAST
    return freetime.week(call.db, location_id, start=max(start, call.now + notice), end=end, now=call.now)


# ---- v5: trees


def availability(call: Call) -> Reply:
    asked = _asked(call)
    start, end = _start(call, asked, "fromDateTime"), _start(call, asked, "toDateTime")
    return Reply(body=_trees(call, asked, start=start, end=end))


def two_days(call: Call) -> Reply:
    return _some_days(call, 2)


def thirty_days(call: Call) -> Reply:
    return _some_days(call, 30)


def one_day(call: Call) -> Reply:
    return _some_days(call, 1)


def _some_days(call: Call, count: int) -> Reply:
    """From an instant to the end of that day at the location, and the days after it."""
    asked = _asked(call)
    start = _start(call, asked, "fromDateTime") if "fromdatetime" in asked else call.now
    return Reply(body=_trees(call, asked, start=start, days=count))


def _trees(call: Call, asked: Asked, *, start: int, end: int | None = None, days: int = 1) -> list[Json]:
    location_ids = asked.ids("locationids", "locationid") or [call.caller.merchant_id or bad("locationIds", "Required")]
    trees = []
    for location_id in location_ids[:LOCATIONS_MOST]:
        until = _midnight(call, location_id, start, days=days) - 1 if end is None else end
        trees.append(_tree(call, asked, location_id, start=start, end=until))
    return trees


def _midnight(call: Call, location_id: int, start: int, *, days: int) -> int:
    zone = places.zone_of(call.db, location_id)
    return wall(local_day(start, zone=zone), days * 1440, zone=zone)


def _tree(call: Call, asked: Asked, location_id: int, *, start: int, end: int) -> Json:
    week = _week(call, location_id, start=start, end=end)
    with_employees = bool(flag(asked, "includeemployees"))
    categories: dict[int, Json] = {}
    for wish in _wishes(call, asked, week):
        treatment = week.treatments[wish.treatment_id]
        category = categories.setdefault(
            treatment["category_id"],
            {
                "serviceCategoryId": treatment["category_id"],
                "serviceCategoryName": treatment["category"],
                "services": [],
            },
        )
        service = {"serviceId": treatment["id"], "serviceName": treatment["name"], "duration": treatment["minutes"]}
        blocks = list(_blocks(week, wish, with_employees=with_employees))
        category["services"].append(service | {"requiresStaff": True, "availability": blocks})
    hours = [{"open": _iso(week, opens), "close": _iso(week, closes)} for opens, closes in week.open]
    return {
        "locationId": location_id,
        "startTimeInterval": GRID_MINUTES,
        "locationHours": hours,
        "serviceCategories": list(categories.values()),
        "callToBookAvailability": [],
    }


def _wishes(call: Call, asked: Asked, week: Week) -> list[Wish]:
    """What is asked about: all that is offered, unless told; who has no location is offered what is online."""
    wanted, employee_id = asked.ids("serviceid", "serviceids"), asked.one("employeeid")
    categories, subcategories = asked.ids("categoryids"), asked.ids("subcategoryids")
    return [
        Wish(treatment_id=row["id"], employee_id=employee_id)
        for row in week.treatments.values()
        if (not wanted or row["id"] in wanted)
        and (not categories or row["category_id"] in categories)
        and (not subcategories or row["subcategory_id"] in subcategories)
        and (row["is_online"] or call.caller.merchant_id is not None)
    ]


def _blocks(week: Week, wish: Wish, *, with_employees: bool) -> Iterator[Json]:
    """Runs of starts that the same people can do; a block ends with its last permitted start."""
    runs: list[tuple[int, int, list[int]]] = []
    for start, people in week.starts(wish).items():
        if runs and runs[-1][1] + GRID_MINUTES * MINUTE == start and runs[-1][2] == people:
            runs[-1] = (runs[-1][0], start, people)
        else:
            runs.append((start, start, people))
    for first, last, people in runs:
        block = {"startDateTime": _iso(week, first), "endDateTime": _iso(week, last)}
        yield block | {"employees": people if with_employees else []}


def _iso(week: Week, moment: int) -> str:
    return dates.offset(moment, zone=week.zone)


def available_dates(call: Call) -> Reply:
    """`{availability: [...]}`: the days on which any of what was asked about can begin."""
    asked = _asked(call)
    first, last = (_start(call, asked, name) for name in ("fromDate", "toDate"))
    found: set[str] = set()
    for location_id in asked.ids("locationids", "locationid")[:LOCATIONS_MOST] or bad("locationIds", "Required"):
        start, end = (_midnight(call, location_id, first, days=0), _midnight(call, location_id, last, days=1) - 1)
        week = _week(call, location_id, start=start, end=end)
        starts = (moment for wish in _wishes(call, asked, week) for moment in week.starts(wish))
        days = {local_day(moment, zone=week.zone) for moment in starts}
        found |= {_iso(week, wall(day, 0, zone=week.zone)) for day in days}
    return Reply(body={"availability": sorted(found)})


# ---- v5: itineraries


def itinerary(call: Call) -> Reply:
    """One day's ways to have several treatments in a row, in either dialect."""
    asked = _lowered(body_of(call))
    location_id = asked.one("locationid", "locationids") or bad("locationId", "Required")
    start = _start(call, asked, "fromDateTime")
    week = _week(call, location_id, start=start, end=_midnight(call, location_id, start, days=1) - 1)
    listed = []
    for entry in parts(asked, "itineraries", most=5):
        wishes = list(_itinerary_wishes(_lowered(entry), week))
        found = freetime.itineraries(week, wishes) if wishes else []
        listed.append(
            {
                "itineraryGuid": _lowered(entry).get("itineraryguid"),
                "availabilities": [_way(week, slots) for slots in found],
            }
        )
    return Reply(body={"locationId": location_id, "itineraryList": listed})


def itinerary_dates(call: Call) -> Reply:
    """`{availability: [...]}`: the days on which all the treatments of an itinerary can be had in a row."""
    asked = _lowered(body_of(call))
    location_id = asked.one("locationid", "locationids") or bad("locationId", "Required")
    start, end = (_start(call, asked, name) for name in ("fromDateTime", "toDateTime"))
    week = _week(call, location_id, start=start, end=end)
    days = {
        local_day(slots[0].starts_at, zone=week.zone)
        for entry in parts(asked, "itineraries", most=5)
        if (wishes := list(_itinerary_wishes(_lowered(entry), week)))
        for slots in freetime.itineraries(week, wishes)
    }
    return Reply(body={"availability": [_iso(week, wall(day, 0, zone=week.zone)) for day in sorted(days)]})


def _itinerary_wishes(entry: Asked, week: Week) -> Iterator[Wish]:
    products = parts(entry, "itineraryproducts") or parts(entry, "itineraryitems")
    for product in products[:TREATMENTS_MOST]:
        item = _lowered(product)
        wish = Wish(treatment_id=_treatment_id(item, week), employee_id=item.one("employeeid"))
        yield from [wish] * min(whole(item, "quantity") or 1, TREATMENTS_MOST)


def _treatment_id(item: Asked, week: Week) -> int:
    wanted = item.one("treatmentid", "serviceid")
    if wanted not in week.treatments or wanted is None:
        missing("treatment")
    return wanted


def _way(week: Week, slots: Sequence[Slot]) -> Json:
    items = [
        {
            "serviceId": slot.treatment_id,
            "employeeId": slot.employee_id,
            "startDateTime": _iso(week, slot.starts_at),
            "duration": (slot.ends_at - slot.starts_at) // MINUTE,
        }
        for slot in slots
    ]
    return {"startDateTime": _iso(week, slots[0].starts_at), "availabilityItems": items}


# ---- v4.1 (paths inferred)


def multiservice(call: Call) -> Reply:
    body = body_of(call)
    week = old_week(call, body, places.asked(call, body))
    lists = []
    for entry in parts(body, "Itineraries", most=5) or bad("Itineraries", "Required"):
        wishes = [_old_wish(one, week) for one in parts(entry, "Treatments", most=TREATMENTS_MOST)]
        found = freetime.itineraries(week, wishes) if wishes else []
        lists.append(_slot_list(week, _few(week, found, whole(body, "MaxTimesPerDay"))))
    return Reply(body=envelope(ItineraryTimeSlotsLists=lists))


def employee_room(call: Call) -> Reply:
    """One treatment, and the only call that fixes a room."""
    body = body_of(call)
    week = old_week(call, body, places.asked(call, body))
    if flag(body, "IncludeFreelancers") is False:
        for treatment_id, people in week.performers.items():
            week.performers[treatment_id] = [one for one in people if one not in week.freelancers]
    wish = _old_wish({"TreatmentID": body.get("ServiceID")} | {n: body.get(n) for n in ("EmployeeID", "RoomID")}, week)
    wishes = [wish] * min(whole(body, "Quantity") or 1, TREATMENTS_MOST)
    return Reply(body=envelope(ItineraryTimeSlotsLists=[_slot_list(week, freetime.itineraries(week, wishes))]))


def old_week(call: Call, body: Body, location_id: int) -> Week:
    """The location between `StartDateTime` and `EndDateTime`."""
    zone = places.zone_of(call.db, location_id)
    start, end = (instant(body, name, zone=zone) for name in ("StartDateTime", "EndDateTime"))
    if start is None or end is None:
        bad("StartDateTime", "Required, and so is EndDateTime")
    return _week(call, location_id, start=start, end=end)


def _old_wish(entry: Body, week: Week) -> Wish:
    treatment_id = _treatment_id(_lowered({"TreatmentID": required_whole(entry, "TreatmentID")}), week)
    return Wish(treatment_id=treatment_id, employee_id=_wanted(entry, "EmployeeID"), room_id=_wanted(entry, "RoomID"))


def _wanted(entry: Body, name: str) -> int | None:
    """An id; 0 and -1 are nobody in particular."""
    value = whole(entry, name)
    return value if value is not None and value > 0 else None


def _few(week: Week, found: Iterable[list[Slot]], most: int | None) -> list[list[Slot]]:
    """The first so many of each day."""
    counts: dict[object, int] = {}
    kept = []
    for slots in found:
        day = local_day(slots[0].starts_at, zone=week.zone)
        counts[day] = counts.get(day, 0) + 1
        if not most or counts[day] <= most:
            kept.append(slots)
    return kept


def _slot_list(week: Week, found: Iterable[Sequence[Slot]]) -> Json:
    return {"ItineraryTimeSlots": [_old_slot(week, slots) for slots in found]}


def old_treatment(week: Week, slot: Slot) -> Json:
    return {
        **dates.twins("StartDateTime", slot.starts_at, zone=week.zone),
        "Duration": (slot.ends_at - slot.starts_at) // MINUTE,
        "TreatmentID": slot.treatment_id,
        "EmployeeID": slot.employee_id,
        "Employee2ID": None,
        "RoomID": slot.room_id,
        "CurrentPrice": places.money(week.treatments[slot.treatment_id]["price"]),
    }


def _old_slot(week: Week, slots: Sequence[Slot]) -> Json:
    treatments = [old_treatment(week, slot) for slot in slots]
    when = dates.twins("StartDateTime", slots[0].starts_at, zone=week.zone)
    return when | {"IsPackage": False, "PackageID": None, "TreatmentTimeSlots": treatments}


ROUTES = (
    gate.availability("GET", "/availability/availability", availability),
    gate.availability("GET", "/availability/availability/2day", two_days),
    gate.availability("GET", "/availability/availability/30day", thirty_days),
    gate.availability("GET", "/availability/1day", one_day),
    gate.availability("GET", "/availability/2day", two_days),
    gate.availability("GET", "/availability/30day", thirty_days),
    gate.availability("GET", "/realtime_availability/AvailableDates", available_dates),
    gate.availability("GET", "/realtime_availability/availability/1day", one_day),
    gate.availability("POST", "/realtime_availability/itinerary/1day", itinerary),
    gate.availability("POST", "/realtime_availability/ItineraryDates", itinerary_dates),
    *gate.both("POST", "/availability/multiservice", multiservice),
    *gate.both("POST", "/availability/employee_room", employee_room),
)
