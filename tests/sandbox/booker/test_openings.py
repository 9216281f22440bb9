from typing import Any

import pytest

from tests.sandbox.booker.spa import BLOW_DRY, CHICAGO, FACIAL, FIRST, FOURTH, FREE_DAY, MASSAGE, NEW_YORK, SECOND, Spa

MORNING, EVENING = f"{FREE_DAY}T00:00:00-05:00", f"{FREE_DAY}T23:59:59-05:00"


def blocks(spa: Spa, service_id: int = MASSAGE, **query: Any) -> list[Any]:
    asked = {"locationIds[]": NEW_YORK, "fromDateTime": MORNING, "toDateTime": EVENING, "serviceId": service_id}
    answer = spa.free("GET", "/availability/availability", query=asked | query)
    assert answer.status == 200, answer.body
    ((service,),) = [category["services"] for category in answer.body[0]["serviceCategories"]]
    found: list[Any] = service["availability"]
    return found


def starts(spa: Spa, service_id: int = MASSAGE) -> set[str]:
    """Wall-clock times at which the treatment can begin that day."""
    found: set[str] = set()
    for block in blocks(spa, service_id):
        at, last = (block[name][11:16] for name in ("startDateTime", "endDateTime"))
        minutes, end = (int(text[:2]) * 60 + int(text[3:]) for text in (at, last))
        found |= {f"{one // 60:02d}:{one % 60:02d}" for one in range(minutes, end + 1, 15)}
    return found


def booked(spa: Spa, treatment_id: int, employee_id: int, at: str, **more: Any) -> None:
    entry = {"TreatmentID": treatment_id, "EmployeeID": employee_id, "StartTimeOffset": f"{FREE_DAY}T{at}:00-05:00"}
    answer = spa.merchant(
        "POST", "/appointment", Customer={"ID": 500001}, AppointmentTreatmentDTOs=[entry | more], LocationID=NEW_YORK
    )
    assert answer.body["IsSuccess"], answer.body


def test_tree_has_hours_categories_and_services(spa: Spa) -> None:
    query = {"locationIds": NEW_YORK, "fromDateTime": MORNING, "toDateTime": EVENING}
    (tree,) = spa.free("GET", "/availability/availability", query=query).body

    assert (tree["locationId"], tree["startTimeInterval"]) == (NEW_YORK, 15)
    assert tree["locationHours"] == [{"open": f"{FREE_DAY}T09:00:00-05:00", "close": f"{FREE_DAY}T20:00:00-05:00"}]
    assert [category["serviceCategoryName"] for category in tree["serviceCategories"]][:2] == ["Massage", "Face"]


def test_first_and_last_start_keep_to_the_shift(spa: Spa) -> None:
    # Only the first employee gives massages on Tuesdays, 09:30 to 17:30.
    (block,) = blocks(spa, includeEmployees="true")

    assert block == {
        "startDateTime": f"{FREE_DAY}T09:30:00-05:00",
        "endDateTime": f"{FREE_DAY}T16:30:00-05:00",
        "employees": [FIRST],
    }


def test_booking_takes_the_time_and_the_recovery(spa: Spa) -> None:
    booked(spa, MASSAGE, FIRST, "12:00")
    free = starts(spa)

    # Sixty minutes and fifteen of recovery, before it as after it.
    assert {"10:45", "13:15"} <= free
    assert not {"11:00", "12:00", "13:00"} & free


def test_two_facials_at_once_need_two_people_and_rooms(spa: Spa) -> None:
    booked(spa, FACIAL, FIRST, "12:00")
    assert "12:00" in starts(spa, FACIAL)
    booked(spa, FACIAL, FOURTH, "12:00")
    assert "12:00" not in starts(spa, FACIAL)


def test_room_that_is_taken_takes_the_time(spa: Spa) -> None:
    for room_id, (treatment_id, employee_id) in {9103: (FACIAL, FIRST), 9104: (FACIAL, FOURTH)}.items():
        booked(spa, treatment_id, employee_id, "15:00", RoomID=room_id)
    assert "15:00" not in starts(spa, FACIAL)


def test_notice_hides_what_is_too_soon(spa: Spa) -> None:
    spa.desk.at(f"{FREE_DAY}T15:00:00Z")  # ten o'clock in New York

    assert min(starts(spa)) == "12:00"
    headers = spa.key("availability") | {"Authorization": f"Bearer {spa.merchant_token(NEW_YORK)}"}
    query = {"fromDateTime": MORNING, "serviceId": MASSAGE}
    (tree,) = spa.desk.ask("GET", "/v5/availability/2day", headers=headers, query=query).body
    first = tree["serviceCategories"][0]["services"][0]["availability"][0]
    assert first["startDateTime"] == f"{FREE_DAY}T10:00:00-05:00"  # staff needs no notice


@pytest.mark.parametrize("path", ["/availability/2day", "/availability/availability/2day"])
def test_some_days_from_an_instant(spa: Spa, path: str) -> None:
    (tree,) = spa.free("GET", path, query={"locationId": NEW_YORK, "fromDateTime": MORNING}).body

    assert [entry["open"][:10] for entry in tree["locationHours"]] == [FREE_DAY, "2027-01-20"]


def test_one_day_with_a_trailing_slash(spa: Spa) -> None:
    query = {"LocationIds": NEW_YORK, "fromDateTime": f"{FREE_DAY}T12:00:00-05:00", "serviceId[]": [MASSAGE, FACIAL]}
    (tree,) = spa.free("GET", "/realtime_availability/availability/1day/", query=query).body

    assert [one["serviceId"] for entry in tree["serviceCategories"] for one in entry["services"]] == [MASSAGE, FACIAL]
    assert tree["serviceCategories"][0]["services"][0]["availability"][0]["startDateTime"][11:16] == "12:00"


def test_dates_on_which_somebody_has_time(spa: Spa) -> None:
    query = {"locationIds": NEW_YORK, "fromDate": MORNING, "toDate": "2027-01-25T00:00:00-05:00", "employeeId": FIRST}
    found = spa.free("GET", "/realtime_availability/AvailableDates", query=query | {"serviceId": MASSAGE}).body

    assert [day[:10] for day in found["availability"]] == [
        "2027-01-19", "2027-01-20", "2027-01-21", "2027-01-22", "2027-01-23",
    ]  # fmt: skip


R7 = {
    "LocationId": NEW_YORK,
    "Itineraries": [{"ItineraryProducts": [{"TreatmentId": MASSAGE}, {"TreatmentId": FACIAL}]}],
}
R11 = {
    "locationId": NEW_YORK,
    "includeEmployees": True,
    "itineraries": [{"itineraryGuid": "a", "itineraryItems": [{"serviceId": MASSAGE}, {"serviceId": FACIAL}]}],
}


@pytest.mark.parametrize("body", [R7, R11], ids=["R7", "R11"])
def test_itinerary_in_both_dialects(spa: Spa, body: dict[str, Any]) -> None:
    answer = spa.free("POST", "/realtime_availability/itinerary/1day/", body=body | {"fromDateTime": MORNING})
    first = answer.body["itineraryList"][0]["availabilities"][0]
    massage, facial = first["availabilityItems"]

    assert (massage["serviceId"], massage["employeeId"], massage["duration"]) == (MASSAGE, FIRST, 60)
    # Who has just given a massage needs a quarter of an hour: the facial is somebody else's.
    assert (facial["serviceId"], facial["employeeId"]) == (FACIAL, FOURTH)
    assert facial["startDateTime"][11:16] == "10:30"


def test_multiservice_answers_rooms_and_both_dates(spa: Spa) -> None:
    treatments = [{"TreatmentID": FACIAL, "EmployeeID": FIRST}, {"TreatmentID": BLOW_DRY}]
    body = {
        "LocationID": NEW_YORK,
        "StartDateTimeOffset": "2027-01-20T00:00:00-05:00",
        "EndDateTimeOffset": "2027-01-20T23:00:00-05:00",
        "MaxTimesPerDay": 3,
        "Itineraries": [{"IsPackage": False, "Treatments": treatments}],
    }
    (listed,) = spa.customer("POST", "/availability/multiservice", **body).body["ItineraryTimeSlotsLists"]

    assert len(listed["ItineraryTimeSlots"]) == 3
    facial, hair = listed["ItineraryTimeSlots"][0]["TreatmentTimeSlots"]
    assert (facial["EmployeeID"], facial["Duration"]) == (FIRST, 60)
    assert facial["RoomID"] != hair["RoomID"]
    assert hair["EmployeeID"] != SECOND or hair["StartDateTimeOffset"] >= "2027-01-20T11"


def test_employee_and_room_can_be_fixed(spa: Spa) -> None:
    body = {
        "ServiceID": MASSAGE,
        "ServiceTypeID": 1,
        "EmployeeID": FIRST,
        "RoomID": 9102,
        "StartDateTime": "/Date(1800334800000)/",  # midnight of FREE_DAY in New York
        "EndDateTime": "/Date(1800417600000)/",
    }
    (listed,) = spa.merchant("POST", "/availability/employee_room", **body).body["ItineraryTimeSlotsLists"]

    assert listed["ItineraryTimeSlots"][0]["StartDateTimeOffset"] == f"{FREE_DAY}T09:30:00-05:00"
    assert {one["TreatmentTimeSlots"][0]["RoomID"] for one in listed["ItineraryTimeSlots"]} == {9102}


def test_unreadable_time_is_an_argument_error(spa: Spa) -> None:
    query = {"locationIds": NEW_YORK, "fromDateTime": "tomorrow", "toDateTime": EVENING}

    assert spa.free("GET", "/availability/availability", query=query).body["ErrorCode"] == 200


def test_without_a_token_v5_is_a_401(spa: Spa) -> None:
    answer = spa.desk.ask("GET", "/v5/availability/availability", headers=spa.key("availability"))

    assert (answer.status, answer.body["statusCode"]) == (401, 401)


@pytest.mark.parametrize(
    "start",
    [
        "2027-01-19T00:00:00-05:00", "2027-01-19T05:00:00.000Z", "2027-01-19 00:00:00 -0500",
        "2027-01-19T10:00:00 05:00", "2027-01-19T00:00:00", "2027-01-19",
    ],
)  # fmt: skip
def test_v5_reads_every_form_of_a_time(spa: Spa, start: str) -> None:
    query = {"locationIds": NEW_YORK, "fromDateTime": start, "toDateTime": EVENING, "serviceId": MASSAGE}
    (tree,) = spa.free("GET", "/availability/availability", query=query).body

    opens = tree["locationHours"][0]["open"]
    first = tree["serviceCategories"][0]["services"][0]["availability"][0]["startDateTime"]
    assert (opens, first) == (f"{FREE_DAY}T09:00:00-05:00", f"{FREE_DAY}T09:30:00-05:00")


def test_a_clock_without_an_offset_is_the_locations(spa: Spa) -> None:
    query = {"locationIds": CHICAGO, "fromDate": FREE_DAY, "toDate": FREE_DAY, "serviceId": 7201}

    answer = spa.free("GET", "/realtime_availability/AvailableDates", query=query)
    assert answer.body["availability"] == [f"{FREE_DAY}T00:00:00-06:00"]


def test_one_day_under_either_name(spa: Spa) -> None:
    query = {"locationId": NEW_YORK, "fromDateTime": MORNING, "includeEmployees": "true"}

    first, second = (spa.free("GET", f"/{name}", query=query).body for name in (
        "availability/1day", "realtime_availability/availability/1day"))  # fmt: skip
    assert first == second
    assert first[0]["serviceCategories"]


def test_key_for_consumers_opens_availability_and_the_business_key_does_not(spa: Spa) -> None:
    query = {"locationId": NEW_YORK, "fromDateTime": MORNING}

    def status(product: str) -> int:
        headers = spa.key(product) | {"Authorization": f"Bearer {spa.customer_token()}"}
        return spa.desk.ask("GET", "/v5/availability/1day", headers=headers, query=query).status

    assert (status("customer"), status("merchant")) == (200, 401)
