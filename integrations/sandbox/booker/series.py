"""Series: so many visits bought at once, what is left of them, and who has some (v4, R8; v5, R1)."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from integrations.sandbox.booker import customers, dates, gate, listing, places
from integrations.sandbox.booker.assumptions import SERIES_SECONDS
from integrations.sandbox.booker.credentials import MERCHANT
from integrations.sandbox.booker.failures import envelope
from integrations.sandbox.booker.fields import body_of, required_whole, whole
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply

_BOUGHT = """
    SELECT booker_bought_series.*, name, category_id, price, quantity FROM booker_bought_series
    JOIN booker_series ON booker_series.id = series_id WHERE {} ORDER BY booker_bought_series.id
"""


def find(call: Call) -> Reply:
    """What can be bought, everywhere in the brand."""
    body = body_of(call)
    places.asked(call, body)
    return listing.answer(call, body, Search("booker_series"), key="Results", shape=listing.one_by_one(_plan))


def _plan(row: sqlite3.Row) -> dict[str, Any]:
    return places.lookup(row["id"], row["name"]) | {
        "Description": "",
        "Price": places.money(row["price"]),
        "Quantity": row["quantity"],
    }


def of_customer(call: Call) -> Reply:
    """`{CustomerID, TreatmentID?}`: hers, or those of them that pay for a treatment."""
    body = body_of(call)
    owner = customers.living(call, required_whole(body, "CustomerID"))
    treatment_id = whole(body, "TreatmentID")
    rows = call.db.execute(_BOUGHT.format("customer_id = ?"), (owner["id"],)).fetchall()
    if treatment_id:
        treatment = places.row_of(call.db, "treatment", treatment_id, what="treatment")
        rows = [row for row in rows if row["category_id"] == treatment["category_id"]]
    zone = places.zone_of(call.db, owner["location_id"])
    found = [
        {
            "ID": row["id"],
            "SeriesID": row["series_id"],
            "Series": places.lookup(row["series_id"], row["name"]),
            "QuantityOriginal": row["quantity"],
            "QuantityRemaining": row["quantity"] - row["used"],
            **dates.twins("ExpirationDate", row["expires_on"], zone=zone),
            "SeriesRedeemableItems": [],
        }
        for row in rows
    ]
    return Reply(body=envelope(Results=found, TotalResultsCount=len(found)))


def buy(call: Call) -> Reply:
    """`{SeriesID, CustomerID, PaymentItem}`; no card is charged."""
    body = body_of(call)
    location_id, series_id = places.asked(call, body), required_whole(body, "SeriesID")
    places.row_of(call.db, "series", series_id, what="series")
    owner = customers.living(call, required_whole(body, "CustomerID"))
    call.db.execute(
        "INSERT INTO booker_bought_series (series_id, location_id, customer_id, used, issued_on, expires_on,"
        " modified_on) VALUES (?, ?, ?, 0, ?, ?, ?)",
        (series_id, location_id, owner["id"], call.now, call.now + SERIES_SECONDS, call.now),
    )
    return Reply(body=envelope())


def bought_at(call: Call, location_id: int) -> Reply:
    """v5: a bare list of all that a location has sold."""
    places.require(call, location_id)
    return Reply(body=list(_told(call, call.db.execute(_BOUGHT.format("location_id = ?"), (location_id,)))))


def _told(call: Call, rows: Iterable[sqlite3.Row]) -> Iterable[dict[str, Any]]:
    for row in rows:
        zone = places.zone_of(call.db, row["location_id"])
        named = {"DateIssued": "issued_on", "ExpirationDate": "expires_on", "DateLastModified": "modified_on"}
        yield {
            "Id": row["id"],
            "CustomerId": row["customer_id"],
            "SeriesId": row["series_id"],
            "SeriesNumber": f"S{row['id']}",
            "OriginalQuantity": row["quantity"],
            "RemainingQuantity": row["quantity"] - row["used"],
            "QuantityUsed": row["used"],
            "Status": "Active" if call.now < row["expires_on"] else "Expired",
            "PurchasePrice": row["price"] / 100,
            **{name: dates.offset(row[column], zone=zone) for name, column in named.items()},
        }


ROUTES = (
    *gate.both("POST", "/series", find),
    *gate.both("POST", "/customer/series", of_customer),
    gate.customer("POST", "/series/purchase", buy, writes=True),
    gate.route("GET", "/v5/internal/locations/<id:location_id>/purchased-series", bought_at, product=MERCHANT),
)
