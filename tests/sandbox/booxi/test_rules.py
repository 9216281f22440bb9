"""The status model: what may become what, on which day, and under which name the rest is refused."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.desk import ANA, CUT, FREE_DAY, MARC, OPERA, Desk

TEN = f"{FREE_DAY}T10:00:00Z"
NOON = f"{FREE_DAY}T12:00:00Z"
BEFORE, DURING, AFTER = f"{FREE_DAY}T09:00:00Z", f"{FREE_DAY}T10:10:00Z", f"{FREE_DAY}T15:00:00Z"
NEXT_DAY = "2027-01-20T09:00:00Z"
ARRIVE: dict[str, Any] = {"client": {"presence": "Arrived"}}
NO_SHOW: dict[str, Any] = {"client": {"presence": "NoShow"}}
EXPECT: dict[str, Any] = {"client": {"presence": "Expecting"}}
COMPLETE: dict[str, Any] = {"status": "Approved", "isCompleted": True, "client": {"presence": "Arrived"}}
CANCEL: dict[str, Any] = {"status": "Cancelled"}


@pytest.fixture
def booking_id(desk: Desk) -> str:
    """A booking at ten, and the clock an hour before it."""
    made = desk.booked(TEN)
    desk.at(BEFORE)
    return made


def requested(desk: Desk, **more: Any) -> str:
    body = {"merchantId": OPERA, "serviceId": CUT, "clientId": 1001} | more
    made: str = desk.panel("POST", "/__sandbox/request", body=body).body["bookingId"]
    return made


def standing(answer: Any) -> tuple[str, str, bool]:
    return answer.body["status"], answer.body["client"]["presence"], answer.body["isCompleted"]


def test_arrival_no_show_and_back(desk: Desk, booking_id: str) -> None:
    assert standing(desk.change(booking_id, **ARRIVE)) == ("Approved", "Arrived", False)
    assert standing(desk.change(booking_id, **NO_SHOW)) == ("Approved", "NoShow", False)
    assert standing(desk.change(booking_id, **EXPECT)) == ("Approved", "Expecting", False)


@pytest.mark.parametrize("instant", [BEFORE, DURING, AFTER])
def test_completion_any_time_of_the_day(desk: Desk, booking_id: str, instant: str) -> None:
    desk.at(instant)

    assert standing(desk.change(booking_id, **COMPLETE)) == ("Approved", "Arrived", True)


@pytest.mark.parametrize("presence", [{}, EXPECT, NO_SHOW])
def test_completion_without_arrival_is_bad(desk: Desk, booking_id: str, presence: dict[str, Any]) -> None:
    assert desk.change(booking_id, isCompleted=True, **presence).status == 400


@pytest.mark.parametrize("body", [ARRIVE, NO_SHOW, COMPLETE])
@pytest.mark.parametrize("instant", ["2027-01-18T10:00:00Z", NEXT_DAY])
def test_presence_on_another_day_is_not_today(desk: Desk, booking_id: str, instant: str, body: dict[str, Any]) -> None:
    desk.at(instant)

    assert desk.change(booking_id, **body).error == "BookingNotToday"
    assert desk.change(booking_id, query={"ignoreError": "BookingNotToday"}, **body).status == 200


def test_today_is_the_stores_day_not_utcs(desk: Desk) -> None:
    answer = desk.book("2027-01-19T23:30:00Z", query={"ignoreError": "StaffNotAvailable"})
    desk.at("2027-01-20T10:00:00Z")

    # Half past midnight in Paris: the twentieth there, still the nineteenth in UTC.
    assert desk.change(answer.body["bookingId"], **ARRIVE).status == 200


@pytest.mark.parametrize("body", [CANCEL, EXPECT, {"quickNote": "Later"}, {"startsOn": NOON}, {"isCompleted": False}])
def test_completed_booking_refuses_changes(desk: Desk, booking_id: str, body: dict[str, Any]) -> None:
    desk.change(booking_id, **COMPLETE)

    assert desk.change(booking_id, **body).error == "BookingIsCompleted"


def test_completed_booking_reopens_when_ignored(desk: Desk, booking_id: str) -> None:
    desk.change(booking_id, **COMPLETE)
    answer = desk.change(booking_id, query={"ignoreError": "BookingIsCompleted"}, isCompleted=False)

    assert standing(answer) == ("Approved", "Arrived", False)


def test_completing_again_changes_nothing_and_is_no_conflict(desk: Desk, booking_id: str) -> None:
    desk.change(booking_id, **COMPLETE)

    assert desk.change(booking_id, **COMPLETE).status == 200


@pytest.mark.parametrize(
    "body",
    [
        CANCEL,
        {"startsOn": "2027-01-20T12:00:00Z"},
        {"staffId": MARC},
        {"items": [{"serviceId": CUT, "duration": 60}]},
        {"client": {"additionalRequest": "Tea"}},
    ],
)
def test_passed_booking_refuses_changes_of_substance(desk: Desk, booking_id: str, body: dict[str, Any]) -> None:
    desk.at(NEXT_DAY)

    assert desk.change(booking_id, **body).error == "BookingHasPassed"
    ignored = {"ignoreError": ["BookingHasPassed", "TimeTooEarly", "StaffNotAvailable"]}
    assert desk.change(booking_id, query=ignored, **body).status == 200


def test_passed_booking_still_takes_notes_and_no_show_the_same_day(desk: Desk, booking_id: str) -> None:
    desk.at(AFTER)

    assert desk.change(booking_id, quickNote="Called twice").status == 200
    assert desk.change(booking_id, **NO_SHOW).status == 200


def test_running_booking_has_not_passed(desk: Desk, booking_id: str) -> None:
    desk.at(DURING)

    assert desk.change(booking_id, startsOn=NOON).status == 200


@pytest.mark.parametrize(("presence", "error"), [(ARRIVE, "ClientPresenceArrived"), (NO_SHOW, "ClientPresenceNoShow")])
@pytest.mark.parametrize("body", [CANCEL, {"startsOn": NOON}])
def test_leaving_after_presence_is_refused_for_good(
    desk: Desk, booking_id: str, presence: dict[str, Any], error: str, body: dict[str, Any]
) -> None:
    desk.change(booking_id, **presence)

    assert desk.change(booking_id, **body).error == error
    assert desk.change(booking_id, query={"ignoreError": error}, **body).status == 400
    assert desk.change(booking_id, **(body | EXPECT)).status == 200


def test_cancelled_by_client_refuses_changes_unless_ignored(desk: Desk, booking_id: str) -> None:
    desk.change(booking_id, modifiedBy="Client", **CANCEL)

    assert desk.change(booking_id, status="Approved").error == "BookingIsCanceledByClient"
    assert desk.change(booking_id, query={"ignoreError": "BookingIsCanceledByClient"}, status="Approved").status == 200


def test_cancelled_by_staff_comes_back_if_the_time_is_free(desk: Desk, booking_id: str) -> None:
    desk.change(booking_id, **CANCEL)
    assert desk.change(booking_id, status="Approved").status == 200
    desk.change(booking_id, **CANCEL)
    desk.booked(TEN)

    assert desk.change(booking_id, status="Approved").error == "StaffNotAvailable"


def test_arrival_of_a_cancelled_booking_is_not_scheduled(desk: Desk, booking_id: str) -> None:
    desk.change(booking_id, **CANCEL)

    assert desk.change(booking_id, **ARRIVE).error == "BookingNotScheduled"


@pytest.mark.parametrize("status", ["PendingStaffApproval", "PendingClientApproval"])
def test_approved_does_not_go_back_to_pending(desk: Desk, booking_id: str, status: str) -> None:
    assert desk.change(booking_id, status=status).status == 400


def test_move_into_the_past_is_too_early_and_far_ahead_too_late(desk: Desk, booking_id: str) -> None:
    assert desk.change(booking_id, startsOn="2027-01-18T10:00:00Z").error == "TimeTooEarly"
    assert desk.change(booking_id, startsOn="2029-06-01T10:00:00Z").error == "TimeTooLate"


# ---- requests


def test_request_is_approved_with_a_person_and_a_time(desk: Desk) -> None:
    booking_id = requested(desk, clientAvailability=[{"from": TEN, "to": AFTER}])

    assert desk.change(booking_id, status="Approved").error == "BookingNotScheduled"
    assert desk.change(booking_id, status="Approved", staffId=ANA).error == "BookingNotScheduled"
    answer = desk.change(booking_id, status="Approved", staffId=ANA, startsOn=NOON, modifiedByStaffId=MARC)
    assert (answer.body["status"], answer.body["isScheduled"], answer.body["startsOn"]) == ("Approved", True, NOON)


def test_request_with_a_time_only_lacks_a_person(desk: Desk) -> None:
    booking_id = requested(desk, startsOn=TEN)

    assert desk.change(booking_id, status="Approved").error == "BookingNotScheduled"
    assert desk.change(booking_id, status="Approved", staffId=ANA).status == 200


def test_request_goes_to_somebody_who_is_free(desk: Desk) -> None:
    booking_id = requested(desk, startsOn=TEN)
    desk.booked(TEN)

    assert desk.change(booking_id, status="Approved", staffId=ANA).error == "StaffNotAvailable"
    assert desk.change(booking_id, status="Approved", staffId=MARC).status == 200


def test_request_goes_to_the_client_and_on(desk: Desk) -> None:
    booking_id = requested(desk, startsOn=TEN, staffId=ANA)

    assert desk.change(booking_id, status="PendingClientApproval").body["status"] == "PendingClientApproval"
    assert desk.change(booking_id, status="PendingStaffApproval").status == 400
    assert desk.change(booking_id, status="Approved").status == 200


def test_request_is_declined(desk: Desk) -> None:
    assert desk.change(requested(desk, startsOn=TEN), status="Cancelled").body["status"] == "Cancelled"


def test_request_has_no_presence_yet(desk: Desk) -> None:
    booking_id = requested(desk, startsOn=TEN, staffId=ANA)
    desk.at(BEFORE)

    assert desk.change(booking_id, **ARRIVE).error == "BookingNotScheduled"


# ---- whatever happens


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["Approved", "Cancelled", "PendingClientApproval", "PendingStaffApproval"]),
        "isCompleted": st.booleans(),
        "client": st.sampled_from([ARRIVE["client"], NO_SHOW["client"], EXPECT["client"]]),
        "startsOn": st.sampled_from([TEN, NOON, NEXT_DAY, f"{FREE_DAY}T10:30:00Z"]),
        "staffId": st.sampled_from([ANA, MARC]),
        "modifiedBy": st.sampled_from(["Staff", "Client"]),
    },
)
MOMENTS = st.sampled_from([BEFORE, DURING, AFTER, NEXT_DAY])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(MOMENTS, CHANGES), max_size=6))
def test_no_sequence_of_changes_reaches_an_impossible_state(
    desk: Desk, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    desk.at("2026-11-20T10:20:00Z")
    booking_id = desk.book(TEN, query={"rules": "None"}).body["bookingId"]
    for instant, body in steps:
        desk.at(instant)
        answer = desk.change(booking_id, **body)
        assert answer.status in (200, 400, 409)
        kept = desk.truth(booking_id)
        if kept["isCompleted"]:
            assert (kept["status"], kept["client"]["presence"]) == ("Approved", "Arrived")
        if kept["status"] != "Approved":
            assert kept["client"]["presence"] == "Expecting"
    desk.panel("POST", f"/__sandbox/booking/{booking_id}", body={"status": "Cancelled"})
