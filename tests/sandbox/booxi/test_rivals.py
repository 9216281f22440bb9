from typing import Any

from tests.sandbox.desk import ANA, CUT, FREE_DAY, MARC, Desk

TEN, NOON = f"{FREE_DAY}T10:00:00Z", f"{FREE_DAY}T12:00:00Z"


def rivals(desk: Desk, *, staff_id: int = ANA) -> list[Any]:
    query = {"staffId": staff_id, "from": f"{FREE_DAY}T00:00:00Z", "to": f"{FREE_DAY}T23:00:00Z"}
    found: list[Any] = desk.panel("GET", "/__sandbox/bookings", query=query).body["bookings"]
    return [booking for booking in found if booking["createdBy"] == "Client"]


def take_next_slot(desk: Desk) -> None:
    assert desk.panel("POST", "/__chaos/faults", body={"fault": "slot_taken"}).status == 201


def test_slot_is_taken_just_before_a_booking(desk: Desk) -> None:
    take_next_slot(desk)
    answer = desk.book(TEN)

    assert (answer.status, answer.error) == (409, "StaffNotAvailable")
    (rival,) = rivals(desk)
    assert (rival["startsOn"], rival["status"]) == (TEN, "Approved")
    assert rival["client"]["id"] != desk.story()["lea_noir"]["clientId"]
    assert desk.book(NOON).status == 200


def test_slot_is_taken_just_before_a_move(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    take_next_slot(desk)

    assert desk.change(booking_id, startsOn=NOON, staffId=MARC).error == "StaffNotAvailable"
    assert [rival["startsOn"] for rival in rivals(desk, staff_id=MARC)] == [NOON]
    assert desk.truth(booking_id)["startsOn"] == TEN


def test_slot_taken_waits_for_a_call_that_asks_for_time(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    take_next_slot(desk)

    assert desk.change(booking_id, quickNote="Still mine").status == 200
    assert desk.partner("GET", f"/booking/{booking_id}").status == 200
    assert rivals(desk) == []
    assert len(desk.panel("GET", "/__chaos/faults").body["faults"]) == 1


def test_slot_taken_makes_no_rival_on_a_taken_slot(desk: Desk) -> None:
    desk.booked(TEN)
    take_next_slot(desk)

    assert desk.book(TEN, items=[{"serviceId": CUT}]).error == "StaffNotAvailable"
    assert rivals(desk) == []


def test_slot_taken_of_an_unreadable_body_is_just_bad(desk: Desk) -> None:
    take_next_slot(desk)

    assert desk.book("tomorrow").status == 400
    assert rivals(desk) == []
