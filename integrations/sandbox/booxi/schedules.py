"""When stores open and people work: reading only (sections 6.3 and 6.4)."""

from typing import Any

from integrations.sandbox.booxi import lookup, shapes
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.paging import CURSOR_PAGE, Place, page_of, place_of
from integrations.sandbox.reading import query_moment


def of_merchant(call: Call, merchant_id: int) -> Reply:
    lookup.merchant(call, merchant_id)
    return _listed(call, "merchant", merchant_id)


def of_staff(call: Call, staff_id: int) -> Reply:
    lookup.own(call, "staff", staff_id)
    return _listed(call, "staff", staff_id)


def one_of_merchant(call: Call, merchant_id: int, schedule_id: int) -> Reply:
    lookup.merchant(call, merchant_id)
    return _one(call, "merchant", merchant_id, schedule_id)


def one_of_staff(call: Call, staff_id: int, schedule_id: int) -> Reply:
    lookup.own(call, "staff", staff_id)
    return _one(call, "staff", staff_id, schedule_id)


def _listed(call: Call, kind: str, owner_id: int) -> Reply:
    place = place_of(call)
    values = {
        "kind": kind,
        "owner": owner_id,
        "after": place.after[0] if place.after else 0,
        "most": CURSOR_PAGE + 1,
    } | _range(place)
    rows = call.db.execute(
        "SELECT * FROM schedule WHERE owner_kind = :kind AND owner_id = :owner AND id > :after"
        " AND (starts_on IS NULL OR :end IS NULL OR starts_on <= :end)"
        " AND (ends_on IS NULL OR :start IS NULL OR ends_on >= :start) ORDER BY id LIMIT :most",
        values,
    ).fetchall()
    page = page_of(place, rows, key=lambda row: (row["id"],))
    return page.reply({"schedules": [shapes.schedule(row) for row in page.rows]})


def _range(place: Place) -> dict[str, Any]:
    names = {"start": "rangeStart", "end": "rangeEnd"}
    return {key: query_moment(place.args, name) if name in place.args else None for key, name in names.items()}


def _one(call: Call, kind: str, owner_id: int, schedule_id: int) -> Reply:
    schedule = lookup.known(call.db, "schedule", schedule_id)
    if (schedule["owner_kind"], schedule["owner_id"]) != (kind, owner_id):
        raise Refusal(404, "There is no such schedule.")
    return Reply(body=shapes.schedule(schedule))


ROUTES = (
    Route(method="GET", path="/merchant/<id:merchant_id>/schedule", answer=of_merchant, key=PARTNER),
    Route(
        method="GET",
        path="/merchant/<id:merchant_id>/schedule/<id:schedule_id>",
        answer=one_of_merchant,
        key=PARTNER,
    ),
    Route(method="GET", path="/staff/<id:staff_id>/schedule", answer=of_staff, key=PARTNER),
    Route(method="GET", path="/staff/<id:staff_id>/schedule/<id:schedule_id>", answer=one_of_staff, key=PARTNER),
)
