"""The oldest searches for a free time: by kind of treatment, at one location or at several (v4, R1 and R13)."""

from collections.abc import Iterator
from typing import Any

from integrations.sandbox.booker import freetime, gate, locations, openings, places
from integrations.sandbox.booker.assumptions import UNPAGED_MOST
from integrations.sandbox.booker.failures import envelope
from integrations.sandbox.booker.fields import Body, body_of, whole, wholes
from integrations.sandbox.booker.freetime import Week, Wish
from integrations.sandbox.http import Call, Reply

Json = dict[str, Any]


def at_one_location(call: Call) -> Reply:
    """`{LocationID, TreatmentCategoryID?, TreatmentSubCategoryID?}`."""
    body = body_of(call)
    return _found(call, body, [places.asked(call, body)])


def at_several(call: Call) -> Reply:
    """`{LocationIDs, TreatmentSubCategoryIDs}`."""
    body = body_of(call)
    return _found(call, body, wholes(body, "LocationIDs")[: openings.LOCATIONS_MOST])


def nearby(call: Call) -> Reply:
    """`{ZipCode, Radius, ...}`: each of the brand's locations is near."""
    places.require_any(call)
    rows = call.db.execute("SELECT id FROM booker_location ORDER BY id LIMIT ?", (openings.LOCATIONS_MOST,))
    return _found(call, body_of(call), [row["id"] for row in rows])


def _found(call: Call, body: Body, location_ids: list[int]) -> Reply:
    found = [item for location_id in location_ids for item in _at(call, body, location_id)]
    return Reply(body=envelope(Results=found, TotalResultsCount=len(found)))


def _at(call: Call, body: Body, location_id: int) -> Iterator[Json]:
    places.require(call, location_id)
    week = openings.old_week(call, body, location_id)
    spa = locations.shape(places.row_of(call.db, "location", location_id, what="location"))
    most = whole(body, "MaxTimesPerTreatment") or UNPAGED_MOST
    for treatment in week.treatments.values():
        if _is_wanted(body, treatment):
            times = list(_times(week, treatment["id"]))[:most]
            if times:
                yield _item(week, treatment, times) | {"Spa": spa}


def _is_wanted(body: Body, treatment: Any) -> bool:
    category, single = whole(body, "TreatmentCategoryID"), whole(body, "TreatmentSubCategoryID")
    wanted = wholes(body, "TreatmentSubCategoryIDs") or ([single] if single else [])
    return category in (None, treatment["category_id"]) and (not wanted or treatment["subcategory_id"] in wanted)


def _times(week: Week, treatment_id: int) -> Iterator[Json]:
    for (slot,) in freetime.itineraries(week, [Wish(treatment_id=treatment_id)]):
        yield openings.old_treatment(week, slot)


def _item(week: Week, treatment: Any, times: list[Json]) -> Json:
    category = places.lookup(treatment["category_id"], treatment["category"])
    subcategory = places.lookup(treatment["subcategory_id"], treatment["subcategory"])
    about = {"Category": category, "SubCategory": subcategory, "TotalDuration": treatment["minutes"]}
    return {
        "Treatment": places.lookup(treatment["id"], treatment["name"]) | about,
        "CurrentPrice": places.money(treatment["price"]),
        "AvailableTimes": times,
        "FirstAvailableTime": times[0],
    }


ROUTES = (
    *gate.both("POST", "/availability/service", at_one_location),
    *gate.both("POST", "/availability/multispa", nearby),
    *gate.both("POST", "/availability/multispamultisubcategory", at_several),
)
