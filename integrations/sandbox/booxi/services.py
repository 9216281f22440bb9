"""Services and their categories (section 6.5)."""

import sqlite3
from typing import Any

from integrations.sandbox.booxi import listing, lookup, shapes
from integrations.sandbox.booxi.booking_rows import APPOINTMENT, RESERVATION
from integrations.sandbox.booxi.keys import MERCHANT, PARTNER
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import offset_page
from integrations.sandbox.reading import query_choice, query_text, query_whole

SELECT = (
    "SELECT service.*, category.name AS category_name FROM service JOIN category ON category.id = service.category_id"
)
METHODS = (APPOINTMENT, RESERVATION, "Rental")


def own(call: Call, service_id: int) -> sqlite3.Row:
    """A service the caller may see, with its category's name."""
    lookup.own(call, "service", service_id)
    return named(call.db, service_id)


def named(db: sqlite3.Connection, service_id: int) -> sqlite3.Row:
    found: sqlite3.Row = db.execute(f"{SELECT} WHERE service.id = ?", (service_id,)).fetchone()
    return found


def online(call: Call) -> Reply:
    """GET /service: what the store of the key offers online, optionally by one person."""
    conditions = ["service.merchant_id = :merchant", "service.status = 'Online'"]
    values: dict[str, Any] = {"merchant": call.caller.merchant_id}
    if (staff_id := query_whole(call.args, "staffId")) is not None:
        conditions.append("service.id IN (SELECT service_id FROM staff_service WHERE staff_id = :staff)")
        values["staff"] = staff_id
    if method := query_choice(call.args, "bookingMethod", METHODS):
        conditions.append("service.booking_method = :method")
        values["method"] = method
    rows = call.db.execute(f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY service.id", values).fetchall()
    keywords = (query_text(call.args, "keywords") or "").casefold()
    return offset_page(call, [row for row in rows if keywords in row["name"].casefold()], shape=shapes.service_short)


def listed(call: Call) -> Reply:
    """GET /service/list: every service, whatever its status."""
    return listing.answer(
        call,
        kind="service",
        select=SELECT,
        name="services",
        shape=shapes.service,
        filters=(
            listing.Filter("merchantId", "service.merchant_id = :merchantId", whole=True),
            listing.Filter("serviceCategoryId", "service.category_id = :serviceCategoryId", whole=True),
            listing.Filter("bookingMethod", "service.booking_method = :bookingMethod", allowed=METHODS),
            listing.Filter("status", "service.status = :status", allowed=("Online", "Offline")),
            listing.Filter("tags", "(',' || service.tags || ',') LIKE ('%,' || :tags || ',%')"),
        ),
    )


def show(call: Call, service_id: int) -> Reply:
    return Reply(body=shapes.service(own(call, service_id)))


def online_categories(call: Call) -> Reply:
    rows = call.db.execute(
        "SELECT * FROM category WHERE merchant_id = ? ORDER BY id", (call.caller.merchant_id,)
    ).fetchall()
    keywords = (query_text(call.args, "keywords") or "").casefold()
    return offset_page(call, [row for row in rows if keywords in row["name"].casefold()], shape=shapes.category_short)


def listed_categories(call: Call) -> Reply:
    return listing.answer(
        call,
        kind="category",
        select="SELECT category.* FROM category",
        name="serviceCategories",
        shape=shapes.category,
        filters=(listing.Filter("merchantId", "category.merchant_id = :merchantId", whole=True),),
    )


def show_category(call: Call, category_id: int) -> Reply:
    return Reply(body=shapes.category(lookup.own(call, "category", category_id)))


ROUTES = (
    Route(method="GET", path="/service", answer=online, key=MERCHANT),
    Route(method="GET", path="/service/list", answer=listed, key=PARTNER),
    Route(method="GET", path="/service/<id:service_id>", answer=show, key=PARTNER),
    Route(method="GET", path="/serviceCategory", answer=online_categories, key=MERCHANT),
    Route(method="GET", path="/serviceCategory/list", answer=listed_categories, key=PARTNER),
    Route(method="GET", path="/serviceCategory/<id:category_id>", answer=show_category, key=PARTNER),
)
