from typing import Any

import pytest

from tests.sandbox.booker.spa import CHICAGO, FACIAL, FIRST, FOURTH, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import Answer, Desk


def dto(at: str = "12:00", *, treatment_id: int = MASSAGE, employee_id: int = FIRST, **more: Any) -> dict[str, Any]:
    entry = {"TreatmentID": treatment_id, "EmployeeID": employee_id, "StartTimeOffset": f"{FREE_DAY}T{at}:00-05:00"}
    return entry | more


def book(spa: Spa, *entries: dict[str, Any], **more: Any) -> Answer:
    body = {
        "LocationID": spa.location_id,
        "ResourceTypeID": 1,
        "AppointmentDateOffset": f"{FREE_DAY}T00:00:00-05:00",
        "Customer": {"ID": MIRA, "FirstName": "Mira", "LastName": "Okafor"},
        "AppointmentTreatmentDTOs": list(entries or [dto()]),
        "Notes": "Prefers the quiet room",
    }
    return spa.merchant("POST", "/appointment", **(body | more))


def booked(spa: Spa, *entries: dict[str, Any], **more: Any) -> Any:
    answer = book(spa, *entries, **more)
    assert answer.body["IsSuccess"], answer.body
    return answer.body["Appointment"]


def test_booking_is_answered_and_found(spa: Spa) -> None:
    made = booked(spa)

    assert (made["CustomerID"], made["Status"]["Name"], made["Notes"]) == (MIRA, "Booked", "Prefers the quiet room")
    assert made["StartDateTimeOffset"] == f"{FREE_DAY}T12:00:00-05:00"
    assert made["EndDateTimeOffset"] == f"{FREE_DAY}T13:00:00-05:00"
    assert made == spa.appointment(made["ID"])
    assert MASSAGE in [
        one for room in spa.found("rooms") if room["ID"] == made["Room"]["ID"] for one in room["Treatments"]
    ]


def test_several_treatments_are_one_appointment(spa: Spa) -> None:
    made = booked(spa, dto("12:00"), dto("13:00", treatment_id=FACIAL, employee_id=FOURTH))

    assert [part["EmployeeID"] for part in made["AppointmentTreatments"]] == [FIRST, FOURTH]
    assert made["EndDateTimeOffset"] == f"{FREE_DAY}T14:00:00-05:00"


def test_slash_dates_are_eastern_digits_everywhere(desk: Desk) -> None:
    spa = Spa(desk, location_id=CHICAGO)
    noon_in_new_york = "/Date(1800378000000)/"
    entry = {"TreatmentID": 7201, "EmployeeID": 30201, "StartTime": noon_in_new_york}

    assert booked(spa, entry)["StartDateTimeOffset"] == f"{FREE_DAY}T12:00:00-06:00"


@pytest.mark.parametrize("at", ["11:00", "11:30", "12:00", "12:30", "13:00"])
def test_nobody_does_two_things_at_once(spa: Spa, at: str) -> None:
    # A massage takes sixty minutes and fifteen of recovery.
    booked(spa)
    answer = book(spa, dto(at))

    assert failure(answer) == (200, 300, False)
    assert "not available" in answer.body["ErrorMessage"]


def test_own_treatments_may_not_overlap_either(spa: Spa) -> None:
    assert failure(book(spa, dto("12:00"), dto("12:30"))) == (200, 300, False)


def test_room_must_host_the_treatment(spa: Spa) -> None:
    answer = book(spa, dto(RoomID=9106))

    assert failure(answer) == (200, 301, False)
    assert "room is unavailable" in answer.body["ErrorMessage"]


def test_room_must_be_free(spa: Spa) -> None:
    booked(spa, dto(treatment_id=FACIAL, RoomID=9104))

    assert failure(book(spa, dto(treatment_id=FACIAL, employee_id=FOURTH, RoomID=9104))) == (200, 301, False)
    assert booked(spa, dto(treatment_id=FACIAL, employee_id=FOURTH))["Room"]["ID"] != 9104


def test_employee_must_do_the_treatment(spa: Spa) -> None:
    assert failure(book(spa, dto(employee_id=FOURTH))) == (200, 300, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"AppointmentTreatmentDTOs": []}, "AppointmentTreatmentDTOs"),
        ({"AppointmentTreatmentDTOs": [{"TreatmentID": MASSAGE}]}, "StartTimeOffset"),
        ({"AppointmentTreatmentDTOs": [dto(EndTimeOffset=f"{FREE_DAY}T11:00:00-05:00")]}, "EndTimeOffset"),
        ({"AppointmentTreatmentDTOs": [dto(StartTimeOffset=f"{FREE_DAY}T17:00:00.000Z")]}, "StartTimeOffset"),
        ({"Customer": None}, "Customer"),
    ],
)
def test_what_is_missing_is_named(spa: Spa, changes: dict[str, Any], field: str) -> None:
    answer = book(spa, **changes)

    assert failure(answer) == (200, 200, False)
    assert answer.body["ArgumentErrors"][0]["ArgumentName"] == field


def test_customer_without_id_becomes_a_new_client(spa: Spa) -> None:
    stranger = {
        "FirstName": "Mira",
        "LastName": "Okafor",
        "Email": "mira.okafor@example.org",
        "MobilePhone": "2125550100",
    }
    made = booked(spa, Customer=stranger)

    assert made["CustomerID"] != MIRA
    assert made["CustomerMobilePhone"] == "2125550100"
    assert len(spa.found("customers", "Customers", Email="mira.okafor@example.org")) == 2


# ---- changing


def test_put_moves_and_keeps_what_is_not_said(spa: Spa) -> None:
    made = booked(spa)
    spa.desk.at("2026-11-20T10:30:00Z")
    entry = dto("15:00", AppointmentTreatmentID=made["AppointmentTreatments"][0]["ID"])
    moved = spa.merchant("PUT", "/appointment", ID=made["ID"], AppointmentTreatmentDTOs=[entry]).body["Appointment"]

    assert (moved["ID"], moved["StartDateTimeOffset"][11:16], moved["Notes"]) == (made["ID"], "15:00", made["Notes"])
    assert moved["AppointmentTreatments"][0]["ID"] == made["AppointmentTreatments"][0]["ID"]
    assert booked(spa)["ID"] != made["ID"]


def test_put_may_overlap_only_itself(spa: Spa) -> None:
    made, other = booked(spa, dto("12:00")), booked(spa, dto("15:00"))

    answer = spa.merchant("PUT", "/appointment", ID=made["ID"], AppointmentTreatmentDTOs=[dto("12:15")])
    assert answer.body["IsSuccess"]
    answer = spa.merchant("PUT", "/appointment", ID=made["ID"], AppointmentTreatmentDTOs=[dto("14:30")])
    assert failure(answer) == (200, 300, False)
    assert spa.appointment(other["ID"])["StartDateTimeOffset"][11:16] == "15:00"
    assert spa.appointment(made["ID"])["StartDateTimeOffset"][11:16] == "12:15"


def test_cancelling_frees_the_time(spa: Spa) -> None:
    made = booked(spa)
    answer = spa.merchant("PUT", "/appointment/cancel", ID=made["ID"])

    assert answer.body["Appointment"]["IsCancelled"]
    assert answer.body["Appointment"]["Status"] == {"ID": 6, "Name": "Cancelled"}
    assert booked(spa)["ID"] != made["ID"]
    assert spa.merchant("PUT", "/appointment/cancel", ID=made["ID"]).body["IsSuccess"]
    assert failure(spa.merchant("PUT", "/appointment", ID=made["ID"], Notes="x")) == (200, 302, False)


def test_confirming_and_noting(spa: Spa) -> None:
    made = booked(spa)
    assert (
        spa.merchant("PUT", "/appointment/confirm", ID=made["ID"]).body["Appointment"]["Status"]["Name"] == "Confirmed"
    )
    assert spa.merchant("PUT", f"/appointment/{made['ID']}/notes", Notes="Tea").body["IsSuccess"]

    assert spa.appointment(made["ID"])["Notes"] == "Tea"


@pytest.mark.parametrize("how", ["cancel", "confirm"])
def test_changes_are_found_by_when_they_were_made(spa: Spa, how: str) -> None:
    made = booked(spa)
    spa.desk.at("2026-11-20T10:40:00Z")
    assert spa.found("appointments", FromDateLastModifiedOffset="2026-11-20T05:30:00-05:00") == []
    spa.merchant("PUT", f"/appointment/{how}", ID=made["ID"])

    since = {"FromDateLastModified": "/Date(1795171200000)/"}  # 05:40 in New York
    assert [one["ID"] for one in spa.found("appointments", **since)] == [made["ID"]]


# ---- as the client


def as_client(spa: Spa, at: str = "12:00", **more: Any) -> Answer:
    slot = {"TreatmentID": MASSAGE, "StartDateTimeOffset": f"{FREE_DAY}T{at}:00-05:00", "Duration": 60}
    body = {
        "LocationID": NEW_YORK,
        "ItineraryTimeSlotList": [{"IsPackage": False, "TreatmentTimeSlots": [slot | more]}],
        "Customer": {"FirstName": "Ana", "LastName": "Web", "Email": "ana.web@example.org"},
    }
    return spa.customer("POST", "/appointment/create", **body)


def test_client_books_and_cancels(spa: Spa) -> None:
    made = as_client(spa).body["Appointment"]

    assert (made["EmployeeID"], made["IsWebBooking"]) == (FIRST, True)
    assert spa.customer("PUT", "/appointment/cancel", ID=made["ID"]).body["Appointment"]["IsCancelled"]


def test_client_keeps_to_the_rules(spa: Spa) -> None:
    assert failure(as_client(spa, "08:00")) == (200, 300, False)
    assert failure(as_client(spa, TreatmentID=7109, EmployeeID=30106)) == (200, 303, False)
    spa.desk.at(f"{FREE_DAY}T15:30:00Z")
    assert failure(as_client(spa, "12:00")) == (200, 303, False)


def test_client_cancels_in_time_only(spa: Spa) -> None:
    made = as_client(spa).body["Appointment"]
    spa.desk.at(f"{FREE_DAY}T12:00:00Z")

    assert failure(spa.customer("PUT", "/appointment/cancel", ID=made["ID"])) == (200, 303, False)
    spa.token = spa.merchant_token(NEW_YORK)
    assert spa.merchant("PUT", "/appointment/cancel", ID=made["ID"]).body["IsSuccess"]
