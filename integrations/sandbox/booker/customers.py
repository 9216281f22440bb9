"""The brand's clients: found by everything section 5.1 names, and told in full one at a time."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import dates, gate, listing, places
from integrations.sandbox.booker.assumptions import GENDER_IDS, ORIGINATION_IDS, RECORD_TYPES
from integrations.sandbox.booker.failures import bad, envelope, missing
from integrations.sandbox.booker.fields import Body, body_of, flag, instant, required_whole, text
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.booker.seed.people import digits
from integrations.sandbox.http import Call, Reply

_SORTED_BY = {
    "Name": "first_name", "FirstName": "first_name", "LastName": "last_name", "Email": "email_key", "ID": "id",
    "CustomerID": "id", "DateCreated": "created_on", "DateLastModified": "modified_on",
}  # fmt: skip
_PHONES = "(cell_key = :phone OR home_key = :phone OR work_key = :phone)"
_FULL_NAME = (
    r"(first_name LIKE :anyname ESCAPE '\' OR last_name LIKE :anyname ESCAPE '\'"
    r" OR first_name || ' ' || last_name LIKE :anyname ESCAPE '\')"
)
_STATS = """
    SELECT min(CASE WHEN status = 'Completed' THEN starts_at END) AS first,
        max(CASE WHEN status = 'Completed' THEN starts_at END) AS last
    FROM booker_appointment WHERE customer_id = ?
"""
_SALES = """
    SELECT coalesce(sum(CASE WHEN kind = 'Treatment' THEN price * quantity END), 0) AS services,
        coalesce(sum(CASE WHEN kind = 'Product' THEN price * quantity END), 0) AS retail
    FROM booker_order_item JOIN booker_order ON booker_order.id = order_id WHERE customer_id = ?
"""
_MEMBERSHIPS = """
    SELECT booker_membership.*, name, description, level_id, level, fee, is_unlimited, visits FROM booker_membership
    JOIN booker_plan ON booker_plan.id = plan_id WHERE customer_id = ? ORDER BY booker_membership.id
"""


# ---- finding


def find(call: Call) -> Reply:
    body, search = body_of(call), Search("booker_customer")
    location_id = places.asked(call, body)
    search.where("NOT is_deleted")
    if flag(body, "FilterByExactLocationID"):
        search.where("location_id = :location", location=location_id)
    _narrow(search, body)
    zone = places.zone_of(call.db, location_id)
    for name, column in (("DateLastModified", "modified_on"), ("DateCreated", "created_on")):
        start, end = (instant(body, f"{end}{name}", zone=zone) for end in ("From", "To"))
        search.between(column, start=start, end=end)
    names = {row["id"]: row for row in call.db.execute("SELECT * FROM booker_location")}
    shaped = listing.one_by_one(lambda row: _found(row, location=names[row["location_id"]]))
    return listing.answer(call, body, search, key="Customers", shape=shaped, columns=_SORTED_BY)


def _found(row: sqlite3.Row, *, location: sqlite3.Row) -> dict[str, Any]:
    return {"CustomerID": row["id"], "Customer": shape(row, location=location)}


def _narrow(search: Search, body: Body) -> None:
    search.where("email_key = :email", email=(text(body, "Email") or "").lower() or None)
    search.where(_PHONES, phone=digits(text(body, "Phone") or "") or None)
    search.where(r"first_name LIKE :first ESCAPE '\'", first=_start(body, "FirstNameStart"))
    search.where(r"last_name LIKE :last ESCAPE '\'", last=_start(body, "LastNameStart"))
    search.where(_FULL_NAME, anyname=_start(body, "FirstOrLastOrFullNameStart"))
    search.where("is_active = :active", active=flag(body, "IsActive"))
    kind = _record_type(body)
    if kind != "All":
        search.where("record_type = :kind", kind=kind)


def _start(body: Body, name: str) -> str | None:
    given = text(body, name)
    if not given:
        return None
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in given) + "%"


def _record_type(body: Body) -> str:
    given = body.get("CustomerRecordType")
    if given is None:
        return "Customer"
    kind = RECORD_TYPES.get(given) if isinstance(given, int) else given
    if kind not in RECORD_TYPES.values():
        bad("CustomerRecordType", "Must be Customer, Lead or All")
    return str(kind)


# ---- one client


def living(call: Call, customer_id: int) -> sqlite3.Row:
    """A client who is not deleted; any location of the brand may ask for her. A not-found failure for others."""
    places.require_any(call)
    row = places.row_of(call.db, "customer", customer_id, what="customer")
    if row["is_deleted"]:
        missing("customer")
    return row


def get(call: Call, customer_id: int) -> Reply:
    row = living(call, customer_id)
    return Reply(body=envelope(Customer=whole(call.db, row, now=call.now)))


def whole(db: sqlite3.Connection, row: sqlite3.Row, *, now: int) -> dict[str, Any]:
    """`{CustomerID, LocationID, Customer}` with notes, statistics and memberships."""
    location = places.row_of(db, "location", row["location_id"], what="location")
    zone = ZoneInfo(location["time_zone"])
    about = shape(row, location=location) | _membership_fields(db, row["id"], now=now, zone=zone)
    about["CustomerCreditCards"] = []
    about["Notes"] = notes(db, row["id"], zone=zone)
    about["CustomerStats"] = _stats(db, row["id"], zone=zone)
    return {"CustomerID": row["id"], "LocationID": row["location_id"], "Customer": about}


def notes(db: sqlite3.Connection, customer_id: int, *, zone: ZoneInfo) -> list[dict[str, Any]]:
    query = "SELECT * FROM booker_note WHERE customer_id = ? ORDER BY id"
    return [
        {"ID": row["id"], "Text": row["text"], "CreatedByUser": row["author"]}
        | dates.twins("DateCreated", row["created_on"], zone=zone)
        for row in db.execute(query, (customer_id,))
    ]


def _stats(db: sqlite3.Connection, customer_id: int, *, zone: ZoneInfo) -> dict[str, Any]:
    visits = db.execute(_STATS, (customer_id,)).fetchone()
    sales = db.execute(_SALES, (customer_id,)).fetchone()
    return {
        **dates.twins("DateOfFirstVisit", visits["first"], zone=zone),
        **dates.twins("DateOfLastVisit", visits["last"], zone=zone),
        "TotalServiceSales": places.money(sales["services"]),
        "TotalRetailSales": places.money(sales["retail"]),
        "TotalTips": places.money(0),
        "TotalSales": places.money(sales["services"] + sales["retail"]),
    }


# ---- memberships


def memberships(call: Call, customer_id: int) -> Reply:
    """An assumed path (section 8); expired ones only when `includeExpired` says so."""
    row = living(call, customer_id)
    zone = places.zone_of(call.db, row["location_id"])
    found = [_benefit(one, now=call.now, zone=zone) for one in call.db.execute(_MEMBERSHIPS, (customer_id,))]
    if not flag(call.args, "includeExpired"):
        found = [one for one in found if not one["IsExpired"]]
    return Reply(body=envelope(Results=found, TotalResultsCount=len(found)))


def find_memberships(call: Call) -> Reply:
    """`{CustomerID}`: as `memberships`, for the customer side."""
    return memberships(call, required_whole(body_of(call), "CustomerID"))


def _membership_fields(db: sqlite3.Connection, customer_id: int, *, now: int, zone: ZoneInfo) -> dict[str, Any]:
    rows = db.execute(_MEMBERSHIPS, (customer_id,)).fetchall()
    active = [row for row in rows if _status(row, now=now) == "Active"]
    return {
        "HasMembership": bool(rows),
        "HasActiveMembership": bool(active),
        "HasPastMembership": len(active) < len(rows),
        "MembershipCardNumber": rows[-1]["card"] if rows else "",
        "MembershipLevels": [_level(row, now=now) for row in rows],
        "AvailableMembershipBenefits": [_benefit(row, now=now, zone=zone) for row in rows],
    }


def _status(row: sqlite3.Row, *, now: int) -> str:
    if row["is_cancelled"]:
        return "Cancelled"
    if row["suspended_on"] is not None and row["suspended_on"] <= now:
        return "Suspended"
    return "Active" if now < row["expires_on"] else "Expired"


def _level(row: sqlite3.Row, *, now: int) -> dict[str, Any]:
    return {
        "ID": row["level_id"],
        "LevelName": row["level"],
        "Description": row["description"],
        "HasBenefits": True,
        "IsExternallyManaged": False,
        "Status": _status(row, now=now),
        "SoldBySpaId": row["sold_at"],
        "IsLastTransactionFailed": False,
        "PastDueDate": None,
        "IsSharedMembership": False,
    }


def _benefit(row: sqlite3.Row, *, now: int, zone: ZoneInfo) -> dict[str, Any]:
    is_expired = now >= row["expires_on"]
    left = row["earned"] - row["used"]
    return {
        "ID": row["id"] * 10,
        "CustomerID": row["customer_id"],
        "CustomerMembershipID": row["id"],
        "MembershipName": row["name"],
        "LevelName": row["level"],
        "OnlineDescription": row["description"],
        "MembershipCardNumber": row["card"],
        **dates.twins("StartDate", row["starts_on"], zone=zone),
        **dates.twins("MembershipExpirationDate", row["expires_on"], zone=zone),
        "Status": _status(row, now=now),
        **dates.twins("SuspendDate", row["suspended_on"], zone=zone),
        "IsExpired": is_expired,
        "IsUnlimited": bool(row["is_unlimited"]),
        "TotalEarnedQuantity": row["earned"],
        "UsedQuantity": row["used"],
        "ExpiredQuantity": left if is_expired else 0,
        "AvailableQuantity": 0 if is_expired else left,
        "PaymentFrequencyType": places.lookup(1, "Monthly"),
        **dates.twins("NextChargeDate", None, zone=zone),
        **dates.twins("LastChargeDate", None, zone=zone),
        "NumberOfPaymentsMade": row["earned"],
        "HasAutopay": True,
        "SignupFee": places.money(0),
        "ProratedFee": places.money(0),
        "TotalFee": places.money(row["fee"]),
        "TotalCharged": places.money(row["fee"] * row["earned"]),
        "SharedMemberships": [],
        "IsPurchasedOnline": False,
        "MembershipBenefit": {"ID": row["plan_id"] * 10, "Name": row["name"], "FreeItemQuantity": row["visits"]},
    }


# ---- the shape


def shape(row: sqlite3.Row, *, location: sqlite3.Row) -> dict[str, Any]:
    """A client as FindCustomers tells of her: no notes, statistics or memberships (section 7, an assumption)."""
    zone = ZoneInfo(location["time_zone"])
    return {
        "ID": row["id"],
        "FirstName": row["first_name"],
        "LastName": row["last_name"],
        "Email": row["email"],
        "HomePhone": row["home_phone"],
        "CellPhone": row["cell_phone"],
        "WorkPhone": row["work_phone"],
        "WorkPhoneExt": "",
        "Address": places.address(row["address"]),
        "ShippingAddress": None,
        **dates.day_twins("DateOfBirth", date.fromisoformat(row["birthday"]) if row["birthday"] else None),
        **dates.day_twins("AnniversaryDate", None),
        "Gender": places.lookup(GENDER_IDS[row["gender"]], row["gender"]),
        "Occupation": None,
        "PhotoUrl": None,
        "PreferredCommunicationMethod": None,
        "AllowReceiveEmails": bool(row["allows_email"]),
        "AllowReceivePromotionalEmails": bool(row["allows_promotion"]),
        "AllowReceiveSMS": bool(row["allows_sms"]),
        "RequestedToBeForgotten": bool(row["is_to_be_forgotten"]),
        "LocationID": row["location_id"],
        "LocationName": location["name"],
        "CountryID": places.COUNTRY["ID"],
        "IsActive": bool(row["is_active"]),
        "IsNewCustomer": False,
        "LoginName": row["login_name"],
        "GUID": f"00000000-0000-4000-8000-{row['id']:012d}",
        "PreferredStaffGender": None,
        "PreferredStaffMemberID": None,
        "BookingAlert": None,
        "CheckInAlert": None,
        "CheckOutAlert": None,
        "LoyaltyPoints": 0,
        "HasUnpaidAppointments": False,
        "NumberOfReferrals": 0,
        "ReferredByCustomerID": row["referred_by"],
        "EmergencyContactName": None,
        "EmergencyContactRelationShip": None,
        "EmergencyContactPhone": None,
        "CustomerFieldValues": [],
        "OriginationID": ORIGINATION_IDS[row["origination"]],
        **dates.twins("DateCreated", row["created_on"], zone=zone),
        **dates.twins("DateLastModified", row["modified_on"], zone=zone),
        "CustomerRecordType": row["record_type"],
        "CanBeDeleted": False,
    }


def slim(rows: Sequence[sqlite3.Row]) -> dict[int, dict[str, Any]]:
    """What an appointment or an order tells of its client, by her id."""
    names = ("ID", "FirstName", "LastName", "Email", "CellPhone", "HomePhone", "WorkPhone")
    columns = ("id", "first_name", "last_name", "email", "cell_phone", "home_phone", "work_phone")
    return {row["id"]: {name: row[column] for name, column in zip(names, columns, strict=True)} for row in rows}


def named(db: sqlite3.Connection, customer_ids: set[int]) -> dict[int, dict[str, Any]]:
    marks = ", ".join("?" * len(customer_ids))
    return slim(db.execute(f"SELECT * FROM booker_customer WHERE id IN ({marks})", tuple(customer_ids)).fetchall())  # noqa: S608


ROUTES = (
    *gate.both("POST", "/customers", find),
    *gate.both("GET", "/customer/<id:customer_id>", get),
    gate.merchant("GET", "/customer/<id:customer_id>/memberships", memberships),
    *gate.both("POST", "/customer/memberships", find_memberships),
)
