"""What a location offers: treatments, rooms, products, membership plans."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import dates, gate, listing, places
from integrations.sandbox.booker.failures import envelope, missing
from integrations.sandbox.booker.fields import Body, body_of, flag, part, parts, required_whole, whole
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply

_SORTED_BY = {"Name": "name", "ID": "id", "DateCreated": "created_on", "DateLastModified": "modified_on"}
_LINKS = {
    "EmployeeIDs": "SELECT treatment_id AS one, employee_id AS other FROM booker_performer ORDER BY employee_id",
    "RoomIDs": "SELECT treatment_id AS one, room_id AS other FROM booker_host ORDER BY room_id",
    "Treatments": "SELECT room_id AS one, treatment_id AS other FROM booker_host ORDER BY treatment_id",
}


def _links(db: sqlite3.Connection, name: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row in db.execute(_LINKS[name]):
        found[row["one"]].append(row["other"])
    return found


# ---- rooms


def find_rooms(call: Call) -> Reply:
    body, search = body_of(call), Search("booker_room")
    location_id = places.asked(call, body)
    search.where("location_id = :location", location=location_id)
    search.where(
        "id IN (SELECT room_id FROM booker_host WHERE treatment_id = :treatment)", treatment=whole(body, "TreatmentID")
    )
    search.where("capacity >= :capacity", capacity=whole(body, "MinCapacity"))
    hosted = {} if flag(body, "SkipLoadingTreatments") else _links(call.db, "Treatments")
    zone = places.zone_of(call.db, location_id)
    shaped = listing.one_by_one(lambda row: _room(row, hosted.get(row["id"], []), zone=zone))
    return listing.answer(call, body, search, key="Results", shape=shaped, columns=_SORTED_BY)


def _room(row: sqlite3.Row, hosted: list[int], *, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "ID": row["id"],
        "Name": row["name"],
        "Description": "",
        "Capacity": row["capacity"],
        "LocationID": row["location_id"],
        "Type": places.lookup(1, "Room"),
        "Treatments": hosted,
        **dates.twins("DateCreated", row["created_on"], zone=zone),
        **dates.twins("DateLastModified", row["modified_on"], zone=zone),
    }


# ---- treatments


def find_treatments(call: Call) -> Reply:
    return _found_treatments(call, Search("booker_treatment"))


def find_online(call: Call) -> Reply:
    search = Search("booker_treatment")
    search.where("is_online")
    return _found_treatments(call, search)


def _found_treatments(call: Call, search: Search) -> Reply:
    body = body_of(call)
    location_id = places.asked(call, body)
    search.where("location_id = :location AND is_active", location=location_id)
    search.where("category_id = :category", category=whole(body, "CategoryID"))
    search.where("subcategory_id = :subcategory", subcategory=whole(body, "SubCategoryID"))
    search.where(
        "id IN (SELECT treatment_id FROM booker_performer WHERE employee_id = :employee)",
        employee=whole(body, "EmployeeID"),
    )
    search.where("id IN (SELECT treatment_id FROM booker_host WHERE room_id = :room)", room=whole(body, "RoomID"))
    if flag(body, "ExcludeClassesAndWorkshops"):
        search.where("NOT is_class")
    elif flag(body, "OnlyClassesAndWorkshops"):
        search.where("is_class")
    shaped = _shaper(call.db, body, zone=places.zone_of(call.db, location_id))
    return listing.answer(call, body, search, key="Treatments", shape=shaped, columns=_SORTED_BY)


def _shaper(db: sqlite3.Connection, body: Body, *, zone: ZoneInfo) -> listing.Shaper:
    is_bare = bool(flag(body, "SkipLoadingRoomsAndEmployees"))
    with_employees = bool(flag(body, "IncludeEmployeeTreatment") or flag(body, "includeEmployeeTreatment"))
    people, rooms = ({}, {}) if is_bare else (_links(db, "EmployeeIDs"), _links(db, "RoomIDs"))

    def shaped(rows: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
        return [
            _treatment(
                row, people.get(row["id"], []), rooms.get(row["id"], []), zone=zone, with_employees=with_employees
            )
            for row in rows
        ]

    return shaped


def get_treatment(call: Call, treatment_id: int) -> Reply:
    row = places.owned(call, "treatment", treatment_id, what="treatment")
    shaped = _shaper(call.db, call.args, zone=places.zone_of(call.db, row["location_id"]))
    return Reply(body=envelope(Treatment=shaped([row])[0]))


def addons(call: Call, treatment_id: int) -> Reply:
    places.owned(call, "treatment", treatment_id, what="treatment")
    return Reply(body=envelope(Treatments=[], TotalResultsCount=0))


def _treatment(
    row: sqlite3.Row, employees: list[int], rooms: list[int], *, zone: ZoneInfo, with_employees: bool
) -> dict[str, Any]:
    done_by = [_done_by(row, employee_id) for employee_id in employees]
    return {
        "ID": row["id"],
        "Name": row["name"],
        "DisplayName": row["name"],
        "Description": row["description"],
        "LocationID": row["location_id"],
        "Category": places.lookup(row["category_id"], row["category"]),
        "SubCategory": places.lookup(row["subcategory_id"], row["subcategory"]),
        "Price": places.money(row["price"]),
        "TotalDuration": row["minutes"] + row["recovery"],
        "TreatmentDuration": row["minutes"],
        "MinTreatmentDuration": row["minutes"],
        "MaxTreatmentDuration": row["minutes"],
        "DurationType": places.lookup(1, "Fixed"),
        "IsActive": bool(row["is_active"]),
        "IsDeleted": False,
        "IsClass": bool(row["is_class"]),
        "IsForCouples": False,
        "RequiresTwoTechnicians": False,
        "DoesNotRequireStaff": False,
        "AllowCustomersToBookOnline": bool(row["is_online"]),
        "IsVerifiedVisibleInOnlineBooking": bool(row["is_online"]),
        "AvailableInAdvance": 6,
        "AvailableInAdvanceDateUnitType": places.lookup(3, "Months"),
        "EmployeeIDs": employees,
        "RoomIDs": rooms,
        "EmployeeTreatments": done_by if with_employees else [],
        "EmployeeRecoveryDuration": row["recovery"],
        "RoomRecoveryDuration": row["recovery"],
        "DepositOptions": None,
        "ColorCode": "#7a8f85",
        "ImageURL": None,
        "BillableItemID": row["id"] + 100_000,
        "BrandTreatmentID": row["brand_treatment_id"],
        **dates.twins("DateCreated", row["created_on"], zone=zone),
        **dates.twins("DateLastModified", row["modified_on"], zone=zone),
    }


def _done_by(row: sqlite3.Row, employee_id: int) -> dict[str, Any]:
    """What an employee takes for a treatment: the same as everybody."""
    return {
        "EmployeeID": employee_id,
        "TreatmentID": row["id"],
        "TreatmentDuration": row["minutes"],
        "TotalDuration": row["minutes"] + row["recovery"],
        "ProcessingTimeDuration": 0,
        "FinishTimeDuration": 0,
        "RequestedPrice": places.money(row["price"]),
    }


def categories(call: Call) -> Reply:
    return _lookups(call, "category_id", "category")


def subcategories(call: Call) -> Reply:
    return _lookups(call, "subcategory_id", "subcategory", within=whole(call.args, "category_id"))


def _lookups(call: Call, column: str, name: str, *, within: int | None = None) -> Reply:
    location_id = places.asked(call, {"LocationID": call.args.get("location_id")})
    query = (
        f"SELECT DISTINCT {column}, {name} FROM booker_treatment WHERE location_id = :location AND is_active"  # noqa: S608
        f" AND (:category IS NULL OR category_id = :category) ORDER BY {column}"
    )
    rows = call.db.execute(query, {"location": location_id, "category": within})
    return Reply(body=envelope(LookupOptions=[places.lookup(row[column], row[name]) for row in rows]))


# ---- products, memberships


def find_products(call: Call) -> Reply:
    body, search = body_of(call), Search("booker_product")
    search.where("location_id = :location", location=places.asked(call, body))
    return listing.answer(call, body, search, key="Results", shape=lambda rows: _products(call.db, rows))


def _products(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
    variants: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in db.execute("SELECT * FROM booker_variant ORDER BY id"):
        variants[row["product_id"]].append(_variant(row))
    return [
        {
            "ID": row["id"],
            "Name": row["name"],
            "Description": row["description"],
            "LocationID": row["location_id"],
            "Category": places.lookup(row["id"] % 100, row["category"]),
            "SubCategory": places.lookup(row["id"] % 100 * 10, row["subcategory"]),
            "IsActive": bool(row["is_active"]),
            "ProductVariants": variants[row["id"]],
        }
        for row in rows
    ]


def _variant(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "ID": row["id"],
        "Name": row["name"],
        "SKU": row["sku"],
        "Price": places.money(row["price"]),
        "QuantityInStock": row["stock"],
        "BackbarInventory": row["backbar"],
    }


def update_product(call: Call, product_id: int) -> Reply:
    """`{Product: {ProductVariantsToUpdate: [{ID, BackbarInventory}]}}`: what is left for the spa's own use."""
    places.owned(call, "product", product_id, what="product")
    for entry in parts(part(body_of(call), "Product") or {}, "ProductVariantsToUpdate"):
        values = (required_whole(entry, "BackbarInventory"), required_whole(entry, "ID"), product_id)
        query = "UPDATE booker_variant SET backbar = ? WHERE id = ? AND product_id = ?"
        if not call.db.execute(query, values).rowcount:
            missing("product variant")
    return Reply(body=envelope())


def find_memberships(call: Call) -> Reply:
    """The plans that are sold, not who bought them."""
    body = body_of(call)
    places.asked(call, body)
    return listing.answer(call, body, Search("booker_plan"), key="Results", shape=listing.one_by_one(_plan))


def _plan(row: sqlite3.Row) -> dict[str, Any]:
    benefit = {
        "ID": row["id"] * 10,
        "Name": row["name"],
        "Description": row["description"],
        "Status": "Active",
        "MembershipLevelID": row["level_id"],
        "FreeItemQuantity": row["visits"],
        "IsUnlimited": bool(row["is_unlimited"]),
        "DaysTillExpiration": 365,
        "ExpirationTypeID": 1,
        "MembershipBenefitItems": [],
    }
    level = {"ID": row["level_id"], "LevelName": row["level"], "Price": places.money(row["fee"]), "Benefits": [benefit]}
    about = {"ID": row["id"], "Name": row["name"], "Description": row["description"], "Status": "Active"}
    return about | {"Levels": [level]}


ROUTES = (
    *gate.both("POST", "/rooms", find_rooms),
    *gate.both("POST", "/treatments", find_treatments),
    *gate.both("POST", "/treatments/online", find_online),
    *gate.both("GET", "/treatment_categories", categories),
    *gate.both("GET", "/treatment_subcategories", subcategories),
    *gate.both("GET", "/treatment/<id:treatment_id>", get_treatment),
    gate.customer("GET", "/treatment/<id:treatment_id>/addons", addons),
    gate.merchant("POST", "/order/find_products", find_products),
    gate.merchant("PUT", "/product/<id:product_id>/update", update_product, writes=True),
    *gate.both("POST", "/memberships", find_memberships),
)
