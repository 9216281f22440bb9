"""Appointments as they are read: found, by id, by booking number, a client's own."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import customers, dates, employees, gate, listing, places
from integrations.sandbox.booker.assumptions import CANCELLATION_NOTICE, SOURCE_IDS, STATUS_IDS
from integrations.sandbox.booker.failures import bad, envelope
from integrations.sandbox.booker.fields import Body, body_of, flag, instant, query_offset, whole
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply

BOOKED, CONFIRMED, CHECKED_IN, COMPLETED, NO_SHOW, CANCELLED = STATUS_IDS
FIRST_NUMBER = 10_000_000  # a booking number is an id and this
_SORTED_BY = {
    "StartDateTime": "starts_at", "StartDate": "starts_at", "DateCreated": "created_on", "ID": "id",
    "DateLastModified": "modified_on",
}  # fmt: skip
_TREATMENTS = """
    SELECT booker_booked.*, booker_treatment.name AS treatment, minutes, booker_room.name AS room, first_name,
        last_name, class_id
    FROM booker_booked JOIN booker_treatment ON booker_treatment.id = treatment_id
    JOIN booker_room ON booker_room.id = room_id JOIN booker_employee ON booker_employee.id = employee_id
    LEFT JOIN booker_place USING (appointment_id)
    WHERE appointment_id IN ({}) ORDER BY booker_booked.starts_at, booker_booked.id
"""
Json = dict[str, Any]


# ---- finding


def find(call: Call) -> Reply:
    return _found(call, is_slim=False)


def find_partial(call: Call) -> Reply:
    """Without the client, and without the treatments of an appointment."""
    return _found(call, is_slim=True)


def _found(call: Call, *, is_slim: bool) -> Reply:
    body, search = body_of(call), Search("booker_appointment")
    location_id = places.asked(call, body)
    zone = places.zone_of(call.db, location_id)
    search.where("location_id = :location", location=location_id)
    search.where("customer_id = :customer", customer=whole(body, "CustomerID"))
    search.where("status = :status", status=_status(body))
    for field, column in (("EmployeeID", "employee_id"), ("RoomID", "room_id")):
        inside = f"id IN (SELECT appointment_id FROM booker_booked WHERE {column} = :{column})"  # noqa: S608
        search.where(inside, **{column: whole(body, field)})
    if flag(body, "OnlyClassAppointments"):
        search.where("id IN (SELECT appointment_id FROM booker_place)")
    in_class = "id IN (SELECT appointment_id FROM booker_place WHERE class_id = :class)"
    search.where(in_class, **{"class": whole(body, "ClassInstanceID") or None})
    for name, column in (("StartDate", "starts_at"), ("DateLastModified", "modified_on")):
        start, end = (instant(body, f"{end}{name}", zone=zone) for end in ("From", "To"))
        search.between(column, start=start, end=end)

    def shaped(rows: Sequence[sqlite3.Row]) -> list[Json]:
        return shapes(call.db, rows, now=call.now, is_slim=is_slim)

    return listing.answer(call, body, search, key="Results", shape=shaped, columns=_SORTED_BY)


def _status(body: Body) -> str | None:
    wanted = whole(body, "AppointmentStatusID")
    if wanted is None or wanted <= 0:
        return None
    return next((name for name, number in STATUS_IDS.items() if number == wanted), "unknown")


# ---- one, and a client's


def get(call: Call, appointment_id: int) -> Reply:
    return told(call, places.owned(call, "appointment", appointment_id, what="appointment"))


def told(call: Call, row: sqlite3.Row) -> Reply:
    return Reply(body=envelope(Appointment=shapes(call.db, [row], now=call.now)[0]))


def get_by_number(call: Call) -> Reply:
    """`?booking_number=`."""
    number = call.args.get("booking_number", "")
    if not number.isdecimal() or not number.isascii() or len(number) > 16:
        bad("booking_number", "Required")
    return get(call, int(number) - FIRST_NUMBER)


def of_customer(call: Call, customer_id: int) -> Reply:
    """The brand's customer side sees all; a location's token sees the appointments there."""
    customers.living(call, customer_id)
    search = Search("booker_appointment")
    search.where("customer_id = :customer", customer=customer_id)
    search.where("location_id = :location", location=call.caller.merchant_id)
    if flag(call.args, "only_active"):
        search.where("status NOT IN ('Cancelled', 'No Show', 'Completed')")
    search.where("starts_at >= :start", start=query_offset(call, "fromStartDate"))
    rows, _ = search.page(call.db, order="starts_at, id", limit=1000, skip=0)
    return Reply(body=envelope(Appointments=shapes(call.db, rows, now=call.now), TotalResultsCount=len(rows)))


# ---- the shape


def shapes(db: sqlite3.Connection, rows: Sequence[sqlite3.Row], *, now: int, is_slim: bool = False) -> list[Json]:
    """Appointments as the API tells them, with what belongs to them read for all at once."""
    treatments = _treatments(db, [row["id"] for row in rows])
    guests = customers.named(db, {row["customer_id"] for row in rows})
    zones = {row["id"]: ZoneInfo(row["time_zone"]) for row in db.execute("SELECT * FROM booker_location")}
    made = []
    for row in rows:
        one = _shape(row, treatments[row["id"]], guests[row["customer_id"]], zone=zones[row["location_id"]], now=now)
        made.append({name: value for name, value in one.items() if name not in _LEFT_OUT} if is_slim else one)
    return made


_LEFT_OUT = ("Customer", "AppointmentTreatments", "Employee", "Treatment", "Room")


def _treatments(db: sqlite3.Connection, appointment_ids: Sequence[int]) -> dict[int, list[sqlite3.Row]]:
    found: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for start in range(0, len(appointment_ids), 500):
        some = appointment_ids[start : start + 500]
        for row in db.execute(_TREATMENTS.format(", ".join("?" * len(some))), some):
            found[row["appointment_id"]].append(row)
    return found


def _shape(row: sqlite3.Row, treatments: Sequence[sqlite3.Row], guest: Json, *, zone: ZoneInfo, now: int) -> Json:
    status, first = row["status"], treatments[0]
    is_over = status in (CANCELLED, NO_SHOW)
    price = sum(one["price"] for one in treatments)
    return {
        "ID": row["id"],
        "BookingNumber": str(FIRST_NUMBER + row["id"]),
        "LocationID": row["location_id"],
        "Status": places.lookup(STATUS_IDS[status], status),
        "IsCancelled": status == CANCELLED,
        "IsNoShow": status == NO_SHOW,
        "IsCancelledOrNoShow": is_over,
        "Confirmable": status == BOOKED,
        **dates.twins("StartDateTime", row["starts_at"], zone=zone),
        **dates.twins("EndDateTime", row["ends_at"], zone=zone),
        **dates.twins("DateCreated", row["created_on"], zone=zone),
        **dates.twins("DateBooked", row["created_on"], zone=zone),
        **dates.twins("DateLastModified", row["modified_on"], zone=zone),
        **dates.twins("DateCheckIn", row["checked_in_on"], zone=zone),
        **dates.twins("DateNoShow", row["no_show_on"], zone=zone),
        **_about_guest(guest),
        **_about_first(first),
        "AppointmentTreatments": [_treatment(one, zone=zone) for one in treatments],
        "Notes": row["notes"],
        "Source": places.lookup(SOURCE_IDS[row["source"]], row["source"]),
        "Type": places.lookup(1, "Treatment"),
        "IsWebBooking": row["source"] == "Online booking",
        "IsRecurring": False,
        "RecurrenceID": None,
        "GroupID": None,
        "PackageID": None,
        "IsCheckedInInService": status == CHECKED_IN,
        "IsServiceComplete": status == COMPLETED,
        "IsCheckout": status == COMPLETED,
        "OrderID": row["order_id"],
        "OrderStatusID": 2 if row["order_id"] else None,
        "IsOrderPaid": row["order_id"] is not None,
        "IsOrderClosed": row["order_id"] is not None,
        "FinalTotal": places.money(price),
        "CanCancel": not is_over and status != COMPLETED and now < row["starts_at"] - CANCELLATION_NOTICE,
        "CanCheckin": status in (BOOKED, CONFIRMED),
        "CanTakePayment": status == CHECKED_IN,
        "AppointmentIconFlags": {"CheckedIn": status == CHECKED_IN, "Confirmed": status == CONFIRMED},
        "AddOnItems": [],
        "CancellationID": row["id"] if status == CANCELLED else None,
        "IsHeld": False,
        "IsFromWaitList": False,
    }


def _about_guest(guest: Json) -> Json:
    return {
        "CustomerID": guest["ID"],
        "Customer": guest,
        "CustomerFirstName": guest["FirstName"],
        "CustomerLastName": guest["LastName"],
        "CustomerEmail": guest["Email"],
        "CustomerMobilePhone": guest["CellPhone"],
        "CustomerHomePhone": guest["HomePhone"],
        "CustomerWorkPhone": guest["WorkPhone"],
    }


def _about_first(row: sqlite3.Row) -> Json:
    return {
        "EmployeeID": row["employee_id"],
        "Employee": employees.lookup(row),
        "EmployeeFirstName": row["first_name"],
        "EmployeeLastName": row["last_name"],
        "TreatmentID": row["treatment_id"],
        "Treatment": places.lookup(row["treatment_id"], row["treatment"]) | {"Price": places.money(row["price"])},
        "TreatmentName": row["treatment"],
        "Room": places.lookup(row["room_id"], row["room"]),
        "RoomName": row["room"],
    }


def _treatment(row: sqlite3.Row, *, zone: ZoneInfo) -> Json:
    price = {"OriginalPrice": places.money(row["price"]), "Discount": places.money(0)}
    return {
        "ID": row["id"],
        "AppointmentID": row["appointment_id"],
        **dates.twins("StartDateTime", row["starts_at"], zone=zone),
        **dates.twins("EndDateTime", row["ends_at"], zone=zone),
        "TreatmentID": row["treatment_id"],
        "Treatment": places.lookup(row["treatment_id"], row["treatment"]) | {"Price": places.money(row["price"])},
        "TreatmentName": row["treatment"],
        "TreatmentDuration": (row["ends_at"] - row["starts_at"]) // 60,
        "EmployeeID": row["employee_id"],
        "Employee": employees.lookup(row),
        "EmployeeFullName": employees.full_name(row),
        "EmployeeWasRequested": bool(row["was_requested"]),
        "RoomID": row["room_id"],
        "Room": places.lookup(row["room_id"], row["room"]),
        "RoomName": row["room"],
        "DynamicPrice": price | {"FinalPrice": places.money(row["price"])},
        "TagPrice": places.money(row["price"]),
        "ClassInstanceID": row["class_id"],
    }


ROUTES = (
    *gate.both("POST", "/appointments", find),
    gate.merchant("POST", "/appointments/partial", find_partial),
    *gate.both("GET", "/appointment/<id:appointment_id>", get),
    *gate.both("GET", "/appointment", get_by_number),
    *gate.both("GET", "/customer/<id:customer_id>/appointments", of_customer),
)
