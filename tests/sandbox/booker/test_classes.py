"""Classes and held times: what takes somebody's time without being her appointment."""

from typing import Any

import pytest

from tests.sandbox.booker.spa import FIRST, FREE_DAY, MASSAGE, MIRA, NEW_YORK, TEODOR, Spa, failure
from tests.sandbox.booker.test_backstage import overlaps

YOGA = 7112
# A Tuesday on which there is yoga at eight, with whom and where it is given.
DAY, TEACHER, STUDIO = "2026-12-01", 30104, 9105


def sessions(spa: Spa, **more: Any) -> list[Any]:
    window = {"FromStartDateTimeOffset": f"{DAY}T00:00:00-05:00", "ToStartDateTimeOffset": f"{DAY}T23:00:00-05:00"}
    answer = spa.customer("POST", "/availability/class", LocationID=NEW_YORK, **(window | more))
    assert answer.body["IsSuccess"], answer.body
    found: list[Any] = answer.body["Results"]
    return found


def take_place(spa: Spa, class_id: int, customer_id: int = MIRA) -> Any:
    body = {"LocationID": NEW_YORK, "ClassInstanceID": class_id, "Customer": {"ID": customer_id}}
    return spa.customer("POST", "/class_appointment/create", **body)


def test_session_tells_its_teacher_and_its_places(spa: Spa) -> None:
    (session,) = sessions(spa)

    assert (session["StartDateTimeOffset"], session["TreatmentDuration"]) == (f"{DAY}T08:00:00-05:00", 60)
    assert (session["Treatment"]["ID"], session["Teacher"]["ID"]) == (YOGA, TEACHER)
    assert (session["TotalCapacity"], session["NumReserved"], session["HasClassFilled"]) == (8, 0, False)
    assert session["Teacher"]["FirstName"]


def test_place_in_a_class_is_an_appointment(spa: Spa) -> None:
    (session,) = sessions(spa)
    made = take_place(spa, session["ID"]).body["Appointment"]

    assert made["AppointmentTreatments"][0]["ClassInstanceID"] == session["ID"]
    assert [one["ID"] for one in spa.found("appointments", OnlyClassAppointments=True)] == [made["ID"]]
    assert [one["ID"] for one in spa.found("appointments", ClassInstanceID=session["ID"])] == [made["ID"]]
    assert sessions(spa)[0]["NumReserved"] == 1


def test_class_takes_so_many_and_no_more(spa: Spa) -> None:
    (session,) = sessions(spa)
    places = [take_place(spa, session["ID"], customer_id) for customer_id in (MIRA, TEODOR) * 4]
    assert all(answer.body["IsSuccess"] for answer in places)
    first, second = (answer.body["Appointment"]["ID"] for answer in places[:2])
    for one in (first, second):
        spa.desk.panel("POST", f"/__sandbox/booker/appointment/{one}", body={"status": "Checked In"})
    assert overlaps(spa.desk) == 0  # it is the class that has teacher and room

    assert failure(take_place(spa, session["ID"])) == (200, 304, False)
    assert sessions(spa, OnlyIfAvailable=True) == []
    spa.merchant("PUT", "/appointment/cancel", ID=first)
    assert sessions(spa, OnlyIfAvailable=True)[0]["NumReserved"] == 7


@pytest.mark.parametrize(("employee_id", "room_id"), [(TEACHER, 9104), (30101, STUDIO)])
def test_teacher_and_room_of_a_class_are_taken(spa: Spa, employee_id: int, room_id: int) -> None:
    entry = {"TreatmentID": 7104, "EmployeeID": employee_id, "RoomID": room_id}

    def booked(at: str) -> Any:
        entries = [entry | {"StartTimeOffset": f"{DAY}T{at}:00-05:00"}]
        return spa.merchant("POST", "/appointment", Customer={"ID": MIRA}, AppointmentTreatmentDTOs=entries)

    assert not booked("08:30").body["IsSuccess"]
    assert booked("09:00").body["IsSuccess"]


def test_class_is_a_treatment_that_cannot_be_had_alone(spa: Spa) -> None:
    assert [one["ID"] for one in spa.found("treatments", "Treatments", OnlyClassesAndWorkshops=True)] == [YOGA]
    without = spa.found("treatments", "Treatments", ExcludeClassesAndWorkshops=True, OnlyClassesAndWorkshops=True)
    assert YOGA not in [one["ID"] for one in without]

    entry = {"TreatmentID": YOGA, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    answer = spa.merchant("POST", "/appointment", Customer={"ID": MIRA}, AppointmentTreatmentDTOs=[entry])
    assert failure(answer) == (200, 300, False)


# ---- held times


def hold(spa: Spa) -> Any:
    return spa.customer("POST", "/appointment/createincomplete", LocationID=NEW_YORK, ItineraryTimeSlot=slot()).body


def slot() -> dict[str, Any]:
    entry = {"TreatmentID": MASSAGE, "EmployeeID": FIRST, "StartDateTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    return {"TreatmentTimeSlots": [entry]}


def book(spa: Spa, **more: Any) -> Any:
    body = {"LocationID": NEW_YORK, "Customer": {"ID": MIRA}, "ItineraryTimeSlotList": [slot()]}
    return spa.customer("POST", "/appointment/create", **body, **more)


def is_offered(spa: Spa) -> bool:
    query = {"locationId": NEW_YORK, "serviceId": MASSAGE, "employeeId": FIRST, "fromDateTime": f"{FREE_DAY}T12:00:00"}
    blocks = spa.free("GET", "/availability/1day", query=query).body[0]["serviceCategories"][0]["services"][0]
    return bool(blocks["availability"][0]["startDateTime"] == f"{FREE_DAY}T12:00:00-05:00")


def test_held_time_is_nobody_elses(spa: Spa) -> None:
    assert is_offered(spa)
    held = hold(spa)

    assert held["Appointment"]["IsHeld"]
    assert not is_offered(spa)
    assert failure(book(spa)) == (200, 300, False)


def test_hold_becomes_the_appointment(spa: Spa) -> None:
    hold_id = hold(spa)["IncompleteAppointmentID"]

    assert book(spa, IncompleteAppointmentID=hold_id).body["Appointment"]["CustomerID"] == MIRA
    assert failure(book(spa, IncompleteAppointmentID=hold_id)) == (200, 404, False)


def test_hold_lapses(spa: Spa) -> None:
    hold(spa)
    spa.desk.at("2026-11-20T10:31:00Z")

    assert is_offered(spa)
    assert book(spa).body["IsSuccess"]


def test_hold_is_let_go(spa: Spa) -> None:
    hold_id = hold(spa)["IncompleteAppointmentID"]
    headers, body = spa.key("customer"), {"access_token": spa.customer_token(), "LocationID": NEW_YORK}
    body |= {"IncompleteAppointmentID": hold_id}

    assert spa.desk.ask("DELETE", "/v4.1/booking/appointment/hold", headers=headers, body=body).body["IsSuccess"]
    assert is_offered(spa)
    assert hold(spa)["IncompleteAppointmentID"] != hold_id  # an old number never lets go of what is another's
