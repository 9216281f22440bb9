"""Specials: coupons that a location hands out. Nobody's price changes by them here."""

import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import dates, gate, listing, places
from integrations.sandbox.booker.failures import bad, envelope
from integrations.sandbox.booker.fields import body_of, instant, required_text
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply


def create(call: Call) -> Reply:
    """`{LocationID, Name, CouponCode, ApplicableStartDate, ApplicableEndDate}`."""
    body = body_of(call)
    location_id = places.asked(call, body)
    zone = places.zone_of(call.db, location_id)
    start, end = (instant(body, f"Applicable{end}Date", zone=zone) for end in ("Start", "End"))
    if start is None or end is None or end < start:
        bad("ApplicableStartDate", "Required, and so is ApplicableEndDate, which must not be before it")
    values = (location_id, required_text(body, "Name"), required_text(body, "CouponCode"), start, end)
    insert = "INSERT INTO booker_special (location_id, name, coupon, starts_on, ends_on) VALUES (?, ?, ?, ?, ?)"
    made = call.db.execute(insert, values).lastrowid
    row = places.row_of(call.db, "special", int(made or 0), what="special")
    return Reply(body=envelope(Special=_shape(row, zone=zone)))


def find(call: Call) -> Reply:
    body, search = body_of(call), Search("booker_special")
    location_id = places.asked(call, body)
    search.where("location_id = :location", location=location_id)
    zone = places.zone_of(call.db, location_id)
    shaped = listing.one_by_one(lambda row: _shape(row, zone=zone))
    return listing.answer(call, body, search, key="Results", shape=shaped, columns={"Name": "name", "ID": "id"})


def _shape(row: sqlite3.Row, *, zone: ZoneInfo) -> dict[str, Any]:
    about = {"ID": row["id"], "LocationID": row["location_id"], "Name": row["name"], "CouponCode": row["coupon"]}
    window = dates.twins("ApplicableStartDate", row["starts_on"], zone=zone)
    return about | {"Description": ""} | window | dates.twins("ApplicableEndDate", row["ends_on"], zone=zone)


ROUTES = (gate.merchant("POST", "/special", create, writes=True), *gate.both("POST", "/specials", find))
