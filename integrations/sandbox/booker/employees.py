"""Who works at a location, and when."""

import json
import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import dates, gate, listing, places
from integrations.sandbox.booker.assumptions import GENDER_IDS
from integrations.sandbox.booker.failures import envelope
from integrations.sandbox.booker.fields import body_of, flag, whole
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.booker.locations import day_schedules
from integrations.sandbox.http import Call, Reply

_SORTED_BY = {
    "Name": "first_name", "FirstName": "first_name", "LastName": "last_name", "DateCreated": "created_on", "ID": "id",
    "Rank": "rank",
}  # fmt: skip


def find(call: Call) -> Reply:
    body, search = body_of(call), Search("booker_employee")
    location_id = places.asked(call, body)
    search.where("location_id = :location", location=location_id)
    if flag(body, "IgnoreFreelancers"):
        search.where("NOT is_freelancer")
    if flag(body, "OnlyIncludeActiveEmployees"):
        search.where("is_active")
    search.where(
        "id IN (SELECT employee_id FROM booker_performer WHERE treatment_id = :treatment)",
        treatment=whole(body, "TreatmentID"),
    )
    zone = places.zone_of(call.db, location_id)
    shaped = listing.one_by_one(lambda row: shape(row, zone=zone))
    return listing.answer(call, body, search, key="Results", shape=shaped, columns=_SORTED_BY)


def get(call: Call, employee_id: int) -> Reply:
    row = places.owned(call, "employee", employee_id, what="employee")
    return Reply(body=envelope(Employee=shape(row, zone=places.zone_of(call.db, row["location_id"]))))


def schedule(call: Call, employee_id: int) -> Reply:
    """An assumed path (section 8), after the location's."""
    row = places.owned(call, "employee", employee_id, what="employee")
    zone = places.zone_of(call.db, row["location_id"])
    days = day_schedules(call, json.loads(row["shifts"]) if row["is_active"] else [], zone=zone)
    return Reply(body=envelope(EmployeeDaySchedules=[{"EmployeeID": employee_id} | day for day in days]))


def full_name(row: sqlite3.Row) -> str:
    return f"{row['first_name']} {row['last_name']}".strip()


def lookup(row: sqlite3.Row) -> dict[str, Any]:
    """How others tell of an employee: a row with `employee_id`, `first_name` and `last_name`."""
    names = {"FirstName": row["first_name"], "LastName": row["last_name"]}
    return places.lookup(row["employee_id"], full_name(row)) | names


def shape(row: sqlite3.Row, *, zone: ZoneInfo) -> dict[str, Any]:
    kind = places.lookup(2, "Freelancer") if row["is_freelancer"] else places.lookup(1, "Employee")
    return {
        "ID": row["id"],
        "DisplayName": row["first_name"],
        "FullName": full_name(row),
        "FirstName": row["first_name"],
        "LastName": row["last_name"],
        "Gender": places.lookup(GENDER_IDS[row["gender"]], row["gender"]),
        "LocationID": row["location_id"],
        "Photo": None,
        "ProfileDescription": "",
        "Rank": row["rank"],
        "Type": kind,
        "Email": row["email"],
        "HomePhone": "",
        "MobilePhone": row["mobile"],
        "MobilePhoneCarrierID": None,
        "NotifyBySMS": False,
        "PreferredPhoneType": None,
        "UserID": None,
        "LockedToRoom": None,
        "Address": None,
        "Status": places.lookup(1, "Active") if row["is_active"] else places.lookup(2, "Inactive"),
        **dates.twins("DateCreated", row["created_on"], zone=zone),
    }


ROUTES = (
    *gate.both("POST", "/employees", find),
    *gate.both("GET", "/employee/<id:employee_id>", get),
    gate.merchant("GET", "/employee/<id:employee_id>/schedule", schedule),
)
