"""Workshops and other events several clients attend (section 6.6)."""

import json
import sqlite3
from typing import Any

from integrations.sandbox.booxi import lookup, shapes
from integrations.sandbox.booxi.assumptions import CALENDAR_RANGE_MOST
from integrations.sandbox.booxi.keys import MERCHANT
from integrations.sandbox.booxi.spans import query_span
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import offset_page
from integrations.sandbox.reading import query_text, query_whole

SELECT = """
    SELECT group_event.*, staff.first_name, staff.last_name, service.name AS service_name, service.amount,
        service.currency, service.category_id, category.name AS category_name,
        (SELECT coalesce(sum(attending), 0) FROM booking
            WHERE group_event_id = group_event.id AND booking.status != 'Cancelled') AS attendee_count
    FROM group_event
    JOIN staff ON staff.id = group_event.staff_id
    JOIN service ON service.id = group_event.service_id
    JOIN category ON category.id = service.category_id
"""


def listed(call: Call) -> Reply:
    """GET /groupEvent: the events of the key's store that start within from..to, both included."""
    start, end = query_span(call.args, most=CALENDAR_RANGE_MOST)
    conditions = ["group_event.merchant_id = :merchant", "group_event.starts_at BETWEEN :start AND :end"]
    values: dict[str, Any] = {"merchant": call.caller.merchant_id, "start": start, "end": end}
    for name, column in (("serviceId", "group_event.service_id"), ("staffId", "group_event.staff_id")):
        if (value := query_whole(call.args, name)) is not None:
            conditions.append(f"{column} = :{name}")
            values[name] = value
    query = f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY group_event.starts_at, group_event.id"
    rows = [row for row in call.db.execute(query, values) if _is_wanted(call, row)]
    return offset_page(call, rows, shape=shapes.group_event)


def _is_wanted(call: Call, row: sqlite3.Row) -> bool:
    keywords = (query_text(call.args, "keywords") or "").casefold()
    places = query_whole(call.args, "minAvailablePlaces") or 0
    return keywords in row["service_name"].casefold() and row["capacity"] - row["attendee_count"] >= places


def show(call: Call, event_id: int) -> Reply:
    lookup.own(call, "group_event", event_id)
    return Reply(body=shapes.group_event(detailed(call.db, event_id)))


def detailed(db: sqlite3.Connection, event_id: int) -> sqlite3.Row:
    """A known event with its people, service and attendance."""
    found: sqlite3.Row = db.execute(f"{SELECT} WHERE group_event.id = ?", (event_id,)).fetchone()
    return found


def many(db: sqlite3.Connection, event_ids: list[int]) -> list[dict[str, Any]]:
    query = f"{SELECT} WHERE group_event.id IN (SELECT value FROM json_each(?)) ORDER BY group_event.id"  # noqa: S608
    rows = db.execute(query, (json.dumps(event_ids),))
    return [shapes.group_event(row) for row in rows]


ROUTES = (
    Route(method="GET", path="/groupEvent", answer=listed, key=MERCHANT),
    Route(method="GET", path="/groupEvent/<id:event_id>", answer=show, key=MERCHANT),
)
