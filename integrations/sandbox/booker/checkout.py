"""Orders as they are written: opened, filled with products, paid, placed and closed (section 5.2, R2 and R5)."""

import sqlite3
from typing import Any

from integrations.sandbox.booker import clients, gate, orders, places
from integrations.sandbox.booker.assumptions import CANNOT_CHANGE, TAX_PERCENT
from integrations.sandbox.booker.failures import Failure, bad
from integrations.sandbox.booker.fields import body_of, cents, part, required_whole, text, whole
from integrations.sandbox.http import Call, Reply

QUANTITY_MOST = 1000


def create(call: Call) -> Reply:
    """`{LocationID, CustomerID?}`: an open order without items."""
    body = body_of(call)
    location_id = places.asked(call, body)
    customer_id = whole(body, "CustomerID") or 0
    if customer_id:
        places.row_of(call.db, "customer", customer_id, what="customer")
    made = call.db.execute(
        "INSERT INTO booker_order (location_id, customer_id, status, before_taxes, total, created_on)"
        " VALUES (?, ?, 'Open', 0, 0, ?)",
        (location_id, customer_id, call.now),
    )
    return _told(call, int(made.lastrowid or 0))


def add_product(call: Call) -> Reply:
    """`{OrderID, ProductVariantID, Quantity}`."""
    body = body_of(call)
    row = _open(call, required_whole(body, "OrderID"))
    query = (
        "SELECT booker_variant.*, booker_product.name AS product, location_id FROM booker_variant"
        " JOIN booker_product ON booker_product.id = product_id WHERE booker_variant.id = ? AND location_id = ?"
    )
    wanted = (required_whole(body, "ProductVariantID"), row["location_id"])
    variant = call.db.execute(query, wanted).fetchone() or bad("ProductVariantID", "Is not known")
    quantity = whole(body, "Quantity")
    if quantity is None or not 0 < quantity <= QUANTITY_MOST:
        bad("Quantity", f"Must be between 1 and {QUANTITY_MOST}")
    call.db.execute(
        "INSERT INTO booker_order_item (order_id, name, kind, variant_id, quantity, price)"
        " VALUES (?, ?, 'Product', ?, ?, ?)",
        (row["id"], f"{variant['product']} {variant['name']}", variant["id"], quantity, variant["price"]),
    )
    return _reckoned(call, row)


def override_price(call: Call, order_id: int) -> Reply:
    """`{OrderItemID, Price {Amount}}`: another price for each of an item."""
    body = body_of(call)
    row = _open(call, order_id)
    values = (cents(body, "Price"), required_whole(body, "OrderItemID"), row["id"])
    if not call.db.execute("UPDATE booker_order_item SET price = ? WHERE id = ? AND order_id = ?", values).rowcount:
        bad("OrderItemID", "Is not one of the order's")
    return _reckoned(call, row)


def add_customer(call: Call, order_id: int) -> Reply:
    """`{Customer}`: as in a booking, somebody known or somebody new."""
    body = body_of(call)
    row = _open(call, order_id)
    customer_id = clients.guest_of(call, body, location_id=row["location_id"])
    call.db.execute("UPDATE booker_order SET customer_id = ? WHERE id = ?", (customer_id, row["id"]))
    return _told(call, row["id"])


def add_payment(call: Call, order_id: int) -> Reply:
    """`{PaymentItem {Method {ID, Name}, Amount {Amount}}}`; paid in full, the order is Paid."""
    item = part(body_of(call), "PaymentItem") or bad("PaymentItem", "Required")
    row = _open(call, order_id)
    method = text(part(item, "Method") or {}, "Name") or "Other"
    insert = "INSERT INTO booker_payment (order_id, method, amount, paid_on) VALUES (?, ?, ?, ?)"
    call.db.execute(insert, (row["id"], method, cents(item, "Amount"), call.now))
    query = "SELECT sum(amount) AS paid FROM booker_payment WHERE order_id = ?"
    if call.db.execute(query, (row["id"],)).fetchone()["paid"] >= row["total"]:
        call.db.execute("UPDATE booker_order SET status = 'Paid', paid_on = ? WHERE id = ?", (call.now, row["id"]))
    return _told(call, row["id"])


def place(call: Call, order_id: int) -> Reply:
    """Done: what was sold leaves the shelf."""
    row = _unplaced(call, order_id)
    call.db.execute("UPDATE booker_order SET completed_on = ? WHERE id = ?", (call.now, row["id"]))
    query = "SELECT variant_id, quantity FROM booker_order_item WHERE order_id = ? AND variant_id IS NOT NULL"
    for item in call.db.execute(query, (row["id"],)).fetchall():
        update = "UPDATE booker_variant SET stock = max(0, stock - ?) WHERE id = ?"
        call.db.execute(update, (item["quantity"], item["variant_id"]))
    return _told(call, row["id"])


def deposit(call: Call, order_id: int) -> Reply:
    """Nothing: no treatment asks for one."""
    return _told(call, places.owned(call, "order", order_id, what="order")["id"])


def _unplaced(call: Call, order_id: int) -> sqlite3.Row:
    row = places.owned(call, "order", order_id, what="order")
    if row["completed_on"] is not None:
        raise Failure(CANNOT_CHANGE, "The order has been placed and cannot be changed.")
    return row


def _open(call: Call, order_id: int) -> sqlite3.Row:
    """An order that is neither placed nor paid."""
    row = _unplaced(call, order_id)
    if row["status"] != "Open":
        raise Failure(CANNOT_CHANGE, "The order has been paid and cannot be changed.")
    return row


def _reckoned(call: Call, row: sqlite3.Row) -> Reply:
    query = "SELECT coalesce(sum(price * quantity), 0) AS total FROM booker_order_item WHERE order_id = ?"
    total = call.db.execute(query, (row["id"],)).fetchone()["total"]
    values: dict[str, Any] = {"before": total, "total": round(total * (100 + TAX_PERCENT) / 100), "id": row["id"]}
    call.db.execute("UPDATE booker_order SET before_taxes = :before, total = :total WHERE id = :id", values)
    return _told(call, row["id"])


def _told(call: Call, order_id: int) -> Reply:
    return orders.told(call, places.row_of(call.db, "order", order_id, what="order"))


ROUTES = (
    gate.merchant("POST", "/order", create, writes=True),
    gate.merchant("PUT", "/order/add_product", add_product, writes=True),
    gate.merchant("PUT", "/order/<id:order_id>/override_price", override_price, writes=True),
    gate.merchant("POST", "/order/<id:order_id>/add_customer", add_customer, writes=True),
    gate.merchant("POST", "/order/<id:order_id>/add_payment", add_payment, writes=True),
    gate.merchant("POST", "/order/<id:order_id>/place_order", place, writes=True),
    gate.merchant("POST", "/order/<id:order_id>/close", place, writes=True),
    gate.merchant("POST", "/order/<id:order_id>/deposit", deposit),
)
