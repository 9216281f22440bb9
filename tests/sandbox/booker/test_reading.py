import json
from typing import Any

import pytest

from integrations.sandbox.booker import dates
from tests.sandbox.booker.spa import FIRST, LOS_ANGELES, MASSAGE, MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import Desk

TOMORROW = "2026-11-21T00:00:00-05:00"


def pages(spa: Spa, what: str, key: str, **body: Any) -> list[list[Any]]:
    """Page by page until an empty one, as the Ruby client does it."""
    found: list[list[Any]] = []
    while page := spa.found(what, key, UsePaging=True, PageNumber=len(found) + 1, **body):
        found.append(page)
    return found


def test_pages_hold_everybody_once(spa: Spa) -> None:
    read = pages(spa, "customers", "Customers", PageSize=7, CustomerRecordType="All")
    ids = [entry["CustomerID"] for page in read for entry in page]
    total = spa.merchant("POST", "/customers", CustomerRecordType="All", PageSize=1, UsePaging=True).body

    assert [len(page) for page in read[:-1]] == [7] * (len(read) - 1)
    assert ids == sorted(set(ids))
    assert len(ids) == total["TotalResultsCount"] == 60


def test_page_size_has_a_default_and_a_most(spa: Spa) -> None:
    assert len(spa.found("customers", "Customers", UsePaging=True)) == 10
    assert len(spa.found("customers", "Customers", UsePaging=False, PageNumber=0, PageSize=1)) > 40


@pytest.mark.parametrize("down", [1, "Descending"])
def test_both_dialects_of_sorting(spa: Spa, down: object) -> None:
    def names(direction: object) -> list[str]:
        found = spa.found("customers", "Customers", SortBy=[{"SortBy": "LastName", "SortDirection": direction}])
        return [entry["Customer"]["LastName"] for entry in found]

    assert names(0) == names("Ascending") == sorted(names(0))
    assert names(down) == sorted(names(0), reverse=True)


@pytest.mark.parametrize(
    "criterion",
    [
        {"Email": "MIRA.okafor@example.org"},
        {"Phone": "2125550100"},
        {"FirstNameStart": "mir", "LastNameStart": "OKA"},
        {"FirstOrLastOrFullNameStart": "mira ok"},
    ],
)
def test_clients_are_found_by(spa: Spa, criterion: dict[str, str]) -> None:
    (found,) = spa.found("customers", "Customers", **criterion)

    assert (found["CustomerID"], found["Customer"]["ID"]) == (MIRA, MIRA)
    assert found["Customer"]["DateOfBirth"] == "/Date(380437200000-0500)/"
    assert "Notes" not in found["Customer"]


def test_wildcards_are_letters(spa: Spa) -> None:
    assert spa.found("customers", "Customers", FirstNameStart="%") == []


def test_exact_location_leaves_the_others_out(spa: Spa) -> None:
    own = spa.found("customers", "Customers", FilterByExactLocationID=True)

    assert {entry["Customer"]["LocationID"] for entry in own} == {NEW_YORK}
    assert len(own) < len(spa.found("customers", "Customers"))


@pytest.mark.parametrize("location_id", [NEW_YORK, LOS_ANGELES])
def test_changed_since_reads_both_forms_alike(desk: Desk, location_id: int) -> None:
    spa = Spa(desk, location_id=location_id)
    everybody = spa.found("customers", "Customers", CustomerRecordType=3)
    zone = dates.EASTERN if location_id == NEW_YORK else dates.ZoneInfo("America/Los_Angeles")
    middle = sorted(dates.from_offset(one["Customer"]["DateLastModifiedOffset"]) for one in everybody)[30]

    by_slash = spa.found(
        "customers", "Customers", CustomerRecordType=3, FromDateLastModified=dates.slash(middle, zone=zone)
    )
    by_offset = spa.found(
        "customers", "Customers", CustomerRecordType=3, FromDateLastModifiedOffset=dates.offset(middle, zone=zone)
    )
    assert [one["CustomerID"] for one in by_slash] == [one["CustomerID"] for one in by_offset]
    assert len(by_slash) == 30


@pytest.mark.parametrize("given", ["2026-06-11T14:00:00.000Z", "yesterday", 5])
def test_unreadable_dates_are_argument_errors(spa: Spa, given: object) -> None:
    answer = spa.merchant("POST", "/customers", FromDateLastModifiedOffset=given)

    assert failure(answer) == (200, 200, False)
    assert answer.body["ArgumentErrors"][0]["ArgumentName"] == "FromDateLastModifiedOffset"


def test_one_client_is_told_in_full(spa: Spa) -> None:
    mira = spa.client()

    assert mira["Notes"][0]["Text"] == "Prefers the quiet room"
    assert mira["CustomerStats"]["DateOfLastVisitOffset"] == "2026-11-01T12:00:00-05:00"
    assert mira["HasActiveMembership"]
    assert mira["AvailableMembershipBenefits"][0]["Status"] == "Active"


def test_expired_memberships_are_told_when_asked_for(spa: Spa) -> None:
    path = f"/customer/{spa.story['former_member']}/memberships"

    assert spa.merchant("GET", path).body["Results"] == []
    (gone,) = spa.merchant("GET", path, query={"includeExpired": "true"}).body["Results"]
    assert gone["IsExpired"]


def test_nobody_is_a_failure_of_its_own(spa: Spa) -> None:
    assert failure(spa.merchant("GET", "/customer/1")) == (200, 404, False)


def test_appointment_with_two_treatments(spa: Spa) -> None:
    shown = spa.appointment(spa.story["appointment_with_two_treatments"])
    first, second = shown["AppointmentTreatments"]

    assert shown["StartDateTimeOffset"] == first["StartDateTimeOffset"]
    assert first["EndDateTimeOffset"] == second["StartDateTimeOffset"]
    assert shown["EndDateTimeOffset"] == second["EndDateTimeOffset"]
    assert first["EmployeeID"] != second["EmployeeID"]
    assert (shown["CustomerID"], shown["Status"]["Name"]) == (MIRA, "Booked")
    by_number = spa.merchant("GET", "/appointment/", query={"booking_number": shown["BookingNumber"]})
    assert by_number.body["Appointment"] == shown


def test_appointments_are_found_by_start_and_person(spa: Spa) -> None:
    coming = spa.found("appointments", FromStartDateOffset=TOMORROW)
    hers = spa.found("appointments", FromStartDateOffset=TOMORROW, EmployeeID=FIRST)

    assert all(one["StartDateTimeOffset"] > "2026-11-21" for one in coming)
    assert {one["ID"] for one in hers} < {one["ID"] for one in coming}
    assert all(FIRST in [part["EmployeeID"] for part in one["AppointmentTreatments"]] for one in hers)
    assert {one["Status"]["ID"] for one in spa.found("appointments", AppointmentStatusID=6)} == {6}


def test_slim_appointments_have_no_parts(spa: Spa) -> None:
    slim = spa.found("appointments/partial", CustomerID=MIRA)

    assert {one["CustomerID"] for one in slim} == {MIRA}
    assert "AppointmentTreatments" not in slim[0]


def test_clients_appointments_still_to_come(spa: Spa) -> None:
    answer = spa.merchant(
        "GET", f"/customer/{MIRA}/appointments", query={"only_active": "true", "fromStartDate": TOMORROW}
    )

    visits = spa.story["visits"][str(NEW_YORK)]
    assert {one["ID"] for one in answer.body["Appointments"]} == {
        visits["two_treatments"], visits["coming"], visits["after_change"],
    }  # fmt: skip


def test_orders_have_items_and_refunds(spa: Spa) -> None:
    everything = spa.found("orders")
    order = spa.merchant("GET", f"/order/{everything[0]['ID']}").body["Order"]

    assert order["Items"] == everything[0]["Items"]
    total = sum(item["DynamicPrice"]["FinalPrice"]["Amount"] * item["Quantity"] for item in order["Items"])
    assert order["TotalBeforeTaxes"]["Amount"] == total
    assert "Items" not in spa.found("orders/partial")[0]


def test_employees_are_narrowed(spa: Spa) -> None:
    def ids(**body: Any) -> set[int]:
        return {one["ID"] for one in spa.found("employees", **body)}

    assert len(ids()) > len(ids(OnlyIncludeActiveEmployees=True)) > 0
    assert len(ids()) > len(ids(IgnoreFreelancers=True))
    assert FIRST in ids(TreatmentID=MASSAGE) < ids()


def test_rooms_say_what_they_host(spa: Spa) -> None:
    rooms = spa.found("rooms", TreatmentID=MASSAGE)

    assert rooms
    assert all(MASSAGE in room["Treatments"] for room in rooms)
    assert len(rooms) < len(spa.found("rooms"))


def test_treatments_come_under_their_own_name(spa: Spa) -> None:
    (massage,) = [one for one in spa.found("treatments", "Treatments") if one["ID"] == MASSAGE]

    assert massage["Category"]["Name"] == "Massage"
    assert massage["RoomIDs"]
    assert FIRST in massage["EmployeeIDs"]
    assert len(spa.found("treatments/online", "Treatments")) < len(spa.found("treatments", "Treatments"))


def test_default_schedule_still_wants_dates(spa: Spa) -> None:
    path, day = f"/location/{NEW_YORK}/schedule", "/Date(1795186800000)/"
    assert failure(spa.merchant("GET", path, query={"getDefaultDaySchedule": "true"})) == (200, 200, False)

    query = {"getDefaultDaySchedule": "true", "fromDate": day, "toDate": day}
    week = spa.merchant("GET", path, query=query).body["LocationDaySchedules"]
    assert [entry["Weekday"] for entry in week][:2] == ["Sunday", "Monday"]


def test_dated_schedule_of_an_employee_has_her_days(spa: Spa) -> None:
    query = {"fromDate": "/Date(1795186800000)/", "toDate": "/Date(1795705200000)/"}
    days = spa.merchant("GET", f"/employee/{FIRST}/schedule", query=query).body["EmployeeDaySchedules"]

    assert [entry["Weekday"] for entry in days] == ["Friday", "Saturday", "Tuesday", "Wednesday", "Thursday"]
    assert days[0]["DateOffset"] == "2026-11-20T00:00:00-05:00"


def test_location_names_its_zone_as_windows_does(desk: Desk) -> None:
    spa = Spa(desk, location_id=LOS_ANGELES)
    answer = spa.merchant("GET", f"/location/{LOS_ANGELES}/")

    assert answer.body["TimeZone"]["Name"] == "(GMT-08:00) Pacific Time (US & Canada)"
    assert spa.found("locations")[0]["ID"] == LOS_ANGELES


@pytest.mark.parametrize("what", ["memberships", "order/find_products"])
def test_what_is_sold(spa: Spa, what: str) -> None:
    assert spa.found(what)[0]["Name"]


def test_consumer_side_reads_too(spa: Spa) -> None:
    assert failure(spa.customer("POST", "/treatments")) == (200, 200, False)
    assert spa.customer("POST", "/treatments", LocationID=LOS_ANGELES).body["Treatments"]
    assert len(spa.customer("POST", "/locations", BrandAccountName=spa.story["brand_account"]).body["Results"]) == 3


def test_categories_and_their_parts(spa: Spa) -> None:
    def named(path: str, **query: int) -> list[str]:
        answer = spa.merchant("GET", path, query={"location_id": NEW_YORK} | query)
        return [entry["Name"] for entry in answer.body["LookupOptions"]]

    assert named("/treatment_categories") == ["Massage", "Face", "Nails", "Hair", "Make-up", "Classes"]
    assert named("/treatment_subcategories", category_id=2) == ["Skin care"]


def test_unknown_calls_are_refused_by_the_gateway(spa: Spa) -> None:
    answer = spa.merchant("PUT", "/order/unheard_of")

    assert (answer.status, answer.body["statusCode"]) == (404, 404)


def test_page_nought_is_the_first_page(spa: Spa) -> None:
    first, again = (
        spa.found("customers", "Customers", UsePaging=True, PageSize=3, PageNumber=number) for number in (0, 1)
    )

    assert first == again
    assert len(first) == 3


def test_what_follows_the_body_is_not_read(spa: Spa) -> None:
    body = json.dumps({"LocationID": NEW_YORK, "access_token": spa.token}).encode() + b"}\n}"
    answer = spa.desk.ask("POST", "/v4.1/merchant/treatments", headers=spa.key("merchant"), body=body)

    assert len(answer.body["Treatments"]) == 11


def test_employee_of_an_appointment_has_a_first_and_a_last_name(spa: Spa) -> None:
    appointment = spa.appointment(spa.story["visits"][str(NEW_YORK)]["two_treatments"])
    (worker,) = (one for one in spa.found("employees") if one["ID"] == appointment["EmployeeID"])

    for told in (appointment["Employee"], appointment["AppointmentTreatments"][0]["Employee"]):
        assert (told["FirstName"], told["LastName"]) == (worker["FirstName"], worker["LastName"])
    assert appointment["Treatment"]["Price"]["Amount"] == 120
    assert appointment["Source"]["Name"] in ("Front desk", "Online booking")


def test_settings_hold_what_clients_read(spa: Spa) -> None:
    where = f"/location/{NEW_YORK}"
    online = spa.merchant("GET", f"{where}/online_booking_settings").body["OnlineBookingSettings"]
    features = spa.merchant("GET", f"{where}/feature_settings").body["FeatureSettings"]

    assert (online["AppointmentStartTimeInterval"], online["PaymentMethods"][0]["Name"]) == (15, "Credit Card")
    assert features["UseFrederick"] is False


def test_employees_of_a_treatment_come_with_its_durations(spa: Spa) -> None:
    query = {"includeEmployeeTreatment": "true"}
    treatment = spa.merchant("GET", f"/treatment/{MASSAGE}", query=query).body["Treatment"]

    (first, *_) = treatment["EmployeeTreatments"]
    assert (first["EmployeeID"], first["TreatmentDuration"], first["TotalDuration"]) == (FIRST, 60, 75)
    assert first["RequestedPrice"]["Amount"] == 120
