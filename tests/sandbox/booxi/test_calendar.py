from typing import Any

import pytest

from tests.sandbox.desk import ANA, BRIDAL, CUT, FOREIGN, FREE_DAY, MARC, OPERA, Desk

TEN = f"{FREE_DAY}T10:00:00Z"
RANGE = {"from": f"{FREE_DAY}T00:00:00Z", "to": f"{FREE_DAY}T23:59:59Z"}
ALL = {"eventType": ["Appointment", "GroupEvent", "TimeSlot"], "include": "None", "staffId": ANA}


def calendar(desk: Desk, **query: Any) -> Any:
    answer = desk.partner("GET", "/calendar", query=ALL | RANGE | query)
    assert answer.status == 200, answer.body
    return answer.body


def test_calendar_lists_each_kind_in_order_of_start(desk: Desk) -> None:
    event = desk.store("GET", f"/groupEvent/{desk.story()['group_event']['groupEventId']}").body
    day = event["start"][:10]
    events = calendar(desk, staffId=MARC, **{"from": f"{day}T00:00:00Z", "to": f"{day}T23:59:59Z"})["calendarEvents"]

    assert {"GroupEvent", "TimeSlot"} <= {entry["type"] for entry in events}
    assert [entry["start"] for entry in events] == sorted(entry["start"] for entry in events)
    by_type = {entry["type"]: entry for entry in events}
    assert by_type["GroupEvent"]["groupEventId"] == event["id"]
    assert "timeSlotId" in by_type["TimeSlot"]
    assert "bookingId" not in by_type["TimeSlot"]


def test_calendar_event_points_at_its_booking(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    (event,) = calendar(desk)["calendarEvents"]

    assert event | {"id": 0} == {
        "id": 0,
        "merchantId": OPERA,
        "staffId": ANA,
        "type": "Appointment",
        "start": TEN,
        "end": f"{FREE_DAY}T10:45:00Z",
        "bookingId": booking_id,
    }


def test_calendar_details_follow_include(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    bare = calendar(desk)
    full = calendar(desk, include=["Appointment", "Service", "Staff"])

    assert (bare["bookings"], bare["services"], "staff" in bare) == ([], [], False)
    assert [booking["bookingId"] for booking in full["bookings"]] == [booking_id]
    assert [service["id"] for service in full["services"]] == [CUT]
    assert (full["staff"]["id"], full["timeSlots"]) == (ANA, [])


def test_calendar_filters_by_event_type(desk: Desk) -> None:
    desk.booked(TEN)
    desk.partner(
        "POST", "/timeSlot", body={"staffId": ANA, "type": "Busy", "start": TEN, "end": f"{FREE_DAY}T11:00:00Z"}
    )

    assert [event["type"] for event in calendar(desk, eventType="TimeSlot")["calendarEvents"]] == ["TimeSlot"]
    assert len(calendar(desk, eventType="Appointment,TimeSlot")["calendarEvents"]) == 2


def test_calendar_includes_both_ends_and_what_overlaps(desk: Desk) -> None:
    desk.booked(TEN)

    def found(start: str, end: str) -> int:
        query = {"from": f"{FREE_DAY}T{start}Z", "to": f"{FREE_DAY}T{end}Z"}
        return len(calendar(desk, **query)["calendarEvents"])

    assert found("09:00:00", "10:00:00") == 1
    assert found("10:44:59", "12:00:00") == 1
    assert found("09:00:00", "09:59:59") == 0
    assert found("10:45:00", "12:00:00") == 0


def test_calendar_leaves_out_cancelled_unscheduled_and_unassigned(desk: Desk) -> None:
    desk.change(desk.booked(TEN), status="Cancelled")
    for more in ({"staffId": ANA}, {"startsOn": TEN}):
        body = {"merchantId": OPERA, "serviceId": BRIDAL, "clientId": 1001, "clientAvailability": []} | more
        assert desk.panel("POST", "/__sandbox/request", body=body).status == 200

    assert calendar(desk)["calendarEvents"] == []


def test_calendar_shows_pending_requests(desk: Desk) -> None:
    body = {"merchantId": OPERA, "serviceId": CUT, "staffId": ANA, "startsOn": TEN, "clientId": 1001}
    desk.panel("POST", "/__sandbox/request", body=body)

    assert [booking["status"] for booking in calendar(desk, include="Appointment")["bookings"]] == [
        "PendingStaffApproval"
    ]


def test_calendar_event_ids_differ_across_kinds(desk: Desk) -> None:
    query = {"from": "2026-10-25T00:00:00Z", "to": "2026-11-10T00:00:00Z", "staffId": MARC}
    ids = [event["id"] for event in calendar(desk, **query)["calendarEvents"]]

    assert len(ids) == len(set(ids)) > 10


@pytest.mark.parametrize(
    "query",
    [
        {"from": None},
        {"to": None},
        {"staffId": None},
        {"eventType": None},
        {"include": None},
        {"eventType": "Party"},
        {"include": "Everything"},
        {"from": "yesterday"},
        {"to": "2027-06-01T00:00:00Z"},
        {"staffId": "Ana"},
    ],
)
def test_calendar_refuses_what_it_cannot_read(desk: Desk, query: dict[str, Any]) -> None:
    assert desk.partner("GET", "/calendar", query=ALL | RANGE | query).status == 400


def test_calendar_of_nobody_is_not_found(desk: Desk) -> None:
    assert desk.partner("GET", "/calendar", query=ALL | RANGE | {"staffId": 99}).status == 404


def test_calendar_across_the_clock_change_keeps_the_booking_whole(desk: Desk) -> None:
    told = desk.story()["clock_change"]
    query = {"from": "2026-10-24T22:00:00Z", "to": "2026-10-25T23:00:00Z", "staffId": told["staffId"]}
    events = calendar(desk, eventType="Appointment", **query)["calendarEvents"]

    # 01:15 summer time plus two hours of work is 02:15 winter time: one hour of wall clock.
    assert (events[0]["bookingId"], events[0]["start"], events[0]["end"]) == (
        told["bookingId"],
        "2026-10-24T23:15:00Z",
        "2026-10-25T01:15:00Z",
    )
    assert told["hours"] == 25
    assert FOREIGN not in {event["merchantId"] for event in events}
