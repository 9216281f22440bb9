"""Booker's own faults, as section 12 asks for them."""

from typing import Any

import pytest

from tests.sandbox.booker.spa import FIRST, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import Desk


def fault(desk: Desk, name: str, **how: Any) -> None:
    answer = desk.panel("POST", "/__chaos/faults", body={"fault": name} | how)
    assert answer.status == 201, answer.body


def test_expired_token_has_three_faces(desk: Desk, spa: Spa) -> None:
    fault(desk, "expired_token_401")
    assert spa.merchant("POST", "/rooms").body["statusCode"] == 401
    fault(desk, "expired_token_message")
    answer = spa.merchant("POST", "/rooms")
    assert (failure(answer), answer.body["ErrorMessage"]) == ((200, 403, False), "invalid access token")
    fault(desk, "expired_token_1000")
    assert failure(spa.merchant("POST", "/rooms")) == (200, 1000, False)

    assert spa.merchant("POST", "/rooms").body["IsSuccess"]


def test_other_vendors_do_not_use_up_bookers_faults(desk: Desk, spa: Spa) -> None:
    fault(desk, "empty_object")
    assert desk.partner("GET", "/merchant/501").status == 200

    assert spa.merchant("POST", "/rooms").body == {}


def test_argument_error_names_the_field(desk: Desk, spa: Spa) -> None:
    fault(desk, "argument_error")
    answer = spa.merchant("POST", "/customers")

    assert answer.body["ArgumentErrors"] == [{"ArgumentName": "LocationID", "ErrorMessage": "Required"}]


@pytest.mark.parametrize("name", ["429", "429_retry_after", "503", "unauthorized"])
def test_gateway_speaks_in_its_own_form(desk: Desk, spa: Spa, name: str) -> None:
    fault(desk, name, path="/v4.1")
    answer = spa.merchant("POST", "/rooms")

    assert answer.body["statusCode"] == answer.status
    assert ("Retry-After" in answer.headers) == (name == "429_retry_after")


def test_short_pages_lose_nobody(desk: Desk, spa: Spa) -> None:
    everybody = [one["ID"] for one in spa.found("appointments")]
    fault(desk, "short_page", times=None)
    read: list[int] = []
    number = 0
    while page := spa.found("appointments", UsePaging=True, PageSize=9, PageNumber=(number := number + 1)):
        assert len(page) < 9
        read += [one["ID"] for one in page]

    assert read == everybody


def test_refresh_token_somebody_else_used(desk: Desk, spa: Spa) -> None:
    fault(desk, "refresh_token_used")
    assert spa.customer_token()

    answer = spa.ask_token(grant_type="refresh_token", refresh_token="any")
    assert answer.body["error"] == "invalid_grant"
    assert desk.panel("GET", "/__chaos/faults").body["faults"] == []


@pytest.mark.parametrize("name", ["room_unavailable", "duplicate_client"])
def test_reads_do_not_use_up_faults_of_writes(desk: Desk, spa: Spa, name: str) -> None:
    fault(desk, name)
    assert spa.found("appointments")

    assert [one["fault"] for one in desk.panel("GET", "/__chaos/faults").body["faults"]] == [name]


def test_booking_and_clients_can_be_refused(desk: Desk, spa: Spa) -> None:
    fault(desk, "room_unavailable")
    entry = {"TreatmentID": MASSAGE, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    body = {"Customer": {"ID": MIRA}, "AppointmentTreatmentDTOs": [entry]}
    answer = spa.merchant("POST", "/appointment", **body)
    assert (failure(answer), "room" in answer.body["ErrorMessage"]) == ((200, 301, False), True)
    assert spa.merchant("POST", "/appointment", **body).body["IsSuccess"]

    fault(desk, "duplicate_client")
    names = {"FirstName": "Ana", "LastName": "Web"}
    assert failure(spa.merchant("POST", "/customer", **names)) == (200, 13, False)
    assert spa.merchant("POST", "/customer", **names).body["IsSuccess"]


@pytest.mark.parametrize("side", ["merchant", "customer"])
def test_rival_is_faster(desk: Desk, spa: Spa, side: str) -> None:
    fault(desk, "slot_taken")
    entry = {"TreatmentID": MASSAGE, "EmployeeID": FIRST, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    slots = [{"TreatmentTimeSlots": [entry | {"StartDateTimeOffset": entry["StartTimeOffset"]}]}]
    path = "/appointment" if side == "merchant" else "/appointment/create"
    body = {"AppointmentTreatmentDTOs": [entry]} if side == "merchant" else {"ItineraryTimeSlotList": slots}
    answer = getattr(spa, side)("POST", path, LocationID=NEW_YORK, Customer={"ID": MIRA}, **body)

    assert failure(answer) == (200, 300, False)
    (theirs,) = spa.found("appointments", EmployeeID=FIRST, FromStartDateOffset=f"{FREE_DAY}T00:00:00-05:00")
    assert theirs["CustomerID"] != MIRA
