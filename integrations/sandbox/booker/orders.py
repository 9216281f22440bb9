"""Orders with their items and refunds (section 7; items and refunds as it proposes)."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import customers, dates, employees, gate, listing, places
from integrations.sandbox.booker.assumptions import ORDER_STATUS_IDS
from integrations.sandbox.booker.failures import envelope
from integrations.sandbox.booker.fields import body_of, flag, instant, whole
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply

_SORTED_BY = {"DateCreated": "created_on", "ID": "id", "OrderNumber": "id", "DatePaid": "paid_on"}
_KINDS = {"Treatment": 1, "Product": 2}
_SELECT = {
    "booker_order_item": (
        "SELECT booker_order_item.*, first_name, last_name FROM booker_order_item"
        " LEFT JOIN booker_employee ON booker_employee.id = employee_id"
    ),
    "booker_refund": "SELECT * FROM booker_refund",
}
Json = dict[str, Any]


def find(call: Call) -> Reply:
    return _found(call, is_slim=False)


def find_partial(call: Call) -> Reply:
    """Without client, items and refunds."""
    return _found(call, is_slim=True)


def _found(call: Call, *, is_slim: bool) -> Reply:
    body, search = body_of(call), Search("booker_order")
    location_id = places.asked(call, body)
    zone = places.zone_of(call.db, location_id)
    search.where("location_id = :location", location=location_id)
    search.where("customer_id = :customer", customer=whole(body, "CustomerID"))
    start, end = (instant(body, f"{end}DateCreated", zone=zone) for end in ("From", "To"))
    search.between("created_on", start=start, end=end)

    def shaped(rows: Sequence[sqlite3.Row]) -> list[Json]:
        return _shapes(call.db, rows, zone=zone, without=_PARTS if is_slim else ())

    return listing.answer(call, body, search, key="Results", shape=shaped, columns=_SORTED_BY)


_PARTS = ("Customer", "Items", "Refunds")


def get(call: Call, order_id: int) -> Reply:
    row = places.owned(call, "order", order_id, what="order")
    without = list(_PARTS) if flag(call.args, "returnPartialObjectOrder") else []
    without += ["Customer"] if flag(call.args, "excludeCustomerObject") else []
    return told(call, row, without=without)


def told(call: Call, row: sqlite3.Row, *, without: Sequence[str] = ()) -> Reply:
    zone = places.zone_of(call.db, row["location_id"])
    return Reply(body=envelope(Order=_shapes(call.db, [row], zone=zone, without=without)[0]))


def _shapes(
    db: sqlite3.Connection, rows: Sequence[sqlite3.Row], *, zone: ZoneInfo, without: Sequence[str]
) -> list[Json]:
    ids = [row["id"] for row in rows]
    items, refunds = (_parts(db, table, ids) for table in ("booker_order_item", "booker_refund"))
    guests = customers.named(db, {row["customer_id"] for row in rows})
    made = []
    for row in rows:
        one = _shape(row, zone=zone) | {
            "Customer": guests.get(row["customer_id"]),
            "Items": [_item(item) for item in items[row["id"]]],
            "Refunds": [_refund(refund, zone=zone) for refund in refunds[row["id"]]],
        }
        made.append({name: value for name, value in one.items() if name not in without})
    return made


def _parts(db: sqlite3.Connection, table: str, order_ids: Sequence[int]) -> dict[int, list[sqlite3.Row]]:
    found: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for start in range(0, len(order_ids), 500):
        some = order_ids[start : start + 500]
        query = f"{_SELECT[table]} WHERE order_id IN ({', '.join('?' * len(some))}) ORDER BY 1"
        for row in db.execute(query, some):
            found[row["order_id"]].append(row)
    return found


def _shape(row: sqlite3.Row, *, zone: ZoneInfo) -> Json:
    return {
        "ID": row["id"],
        "OrderNumber": f"JS-{row['id']}",
        "LocationID": row["location_id"],
        "CustomerID": row["customer_id"] or None,
        "AppointmentID": row["appointment_id"],
        "Status": places.lookup(ORDER_STATUS_IDS[row["status"]], row["status"]),
        **dates.twins("DateCreated", row["created_on"], zone=zone),
        **dates.twins("DateCompleted", row["completed_on"], zone=zone),
        **dates.twins("DatePaid", row["paid_on"], zone=zone),
        "IsCompleted": row["completed_on"] is not None,
        "SavedInProgress": row["completed_on"] is None,
        "TotalBeforeTaxes": places.money(row["before_taxes"]),
        "FinalTotal": places.money(row["total"]),
    }


def _item(row: sqlite3.Row) -> Json:
    price = places.money(row["price"])
    return {
        "ID": row["id"],
        "Name": row["name"],
        "Quantity": row["quantity"],
        "Type": places.lookup(_KINDS[row["kind"]], row["kind"]),
        "TreatmentID": row["treatment_id"],
        "ProductVariantID": row["variant_id"],
        "EmployeeID": row["employee_id"],
        "EmployeeName": employees.full_name(row) if row["first_name"] else None,
        "DynamicPrice": {"OriginalPrice": price, "Discount": places.money(0), "FinalPrice": price},
    }


def _refund(row: sqlite3.Row, *, zone: ZoneInfo) -> Json:
    about = {"ID": row["id"], "OrderItemID": row["item_id"], "Amount": places.money(row["amount"])}
    return about | dates.twins("DateRefunded", row["refunded_on"], zone=zone)


ROUTES = (
    gate.merchant("POST", "/orders", find),
    gate.merchant("POST", "/orders/partial", find_partial),
    *gate.both("GET", "/order/<id:order_id>", get),
    gate.customer("POST", "/order/<id:order_id>", get),
)
