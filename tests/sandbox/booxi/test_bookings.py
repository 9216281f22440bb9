from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integrations.sandbox.booxi.rules import IGNORABLE
from tests.sandbox.desk import (
    ANA,
    BRIDAL,
    BROW,
    COLOUR,
    CUT,
    FOREIGN,
    FREE_DAY,
    HELENE,
    LESSON,
    MARAIS,
    MARC,
    OPERA,
    STRANGER,
    WORKSHOP,
    Desk,
    booking_body,
)

TEN = f"{FREE_DAY}T10:00:00Z"
NOON = f"{FREE_DAY}T12:00:00Z"
RANGE = {"from": f"{FREE_DAY}T00:00:00Z", "to": f"{FREE_DAY}T23:59:59Z"}


# ---- POST /booking


def test_create_answers_the_bare_booking(desk: Desk) -> None:
    body = desk.book(TEN, quickNote="Quiet room").body

    assert (body["status"], body["bookingMethod"], body["startsOn"]) == ("Approved", "Appointment", TEN)
    assert body["totalClientTimespan"] == {"start": TEN, "end": f"{FREE_DAY}T10:45:00Z", "duration": 45}
    assert (body["staffId"], body["staffFirstName"], body["quickNote"]) == (ANA, "Ana", "Quiet room")
    assert body["items"][0]["serviceName"] == "Signature Cut"
    assert body["items"][0]["price"]["amount"] == "65.00"
    assert body["client"]["presence"] == "Expecting"
    assert body["createdOn"] == body["modifiedOn"] == "2026-11-20T10:20:00Z"


def test_create_adds_up_durations_and_spacings_except_the_last(desk: Desk) -> None:
    body = desk.book(TEN, items=[{"serviceId": COLOUR}, {"serviceId": CUT}, {"serviceId": COLOUR}]).body

    # 90 + 15, 45, 90: the last spacing is not the client's time.
    assert body["totalClientTimespan"]["duration"] == 240
    assert body["items"][1]["reservedClientTimespan"]["start"] == f"{FREE_DAY}T11:45:00Z"


def test_create_takes_duration_and_price_from_the_item(desk: Desk) -> None:
    item = {"serviceId": CUT, "duration": 75, "price": {"amount": "50.50"}}
    body = desk.book(TEN, items=[item]).body

    assert body["totalClientTimespan"]["duration"] == 75
    assert body["payment"]["total"] == "50.50"


def test_create_reads_an_offset_and_answers_utc(desk: Desk) -> None:
    assert desk.book(f"{FREE_DAY}T11:00:00+01:00").body["startsOn"] == TEN


@pytest.mark.parametrize("missing", ["merchantId", "bookingMethod", "startsOn", "status", "staffId", "items", "client"])
def test_create_without_a_mandatory_field_is_bad(desk: Desk, missing: str) -> None:
    body = {name: value for name, value in booking_body(TEN).items() if name != missing}

    assert desk.partner("POST", "/booking", body=body).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "PendingStaffApproval"},
        {"status": "Whatever"},
        {"bookingMethod": "Rental"},
        {"startsOn": f"{FREE_DAY}T10:00:00"},
        {"items": []},
        {"items": [{"serviceId": WORKSHOP}]},
        {"items": [{"serviceId": CUT, "duration": 0}]},
        {"items": [{"serviceId": CUT, "price": {"amount": 45}}]},
        {"items": [{"serviceId": COLOUR, "duration": 1440}, {"serviceId": CUT}]},
        {"items": [{"serviceId": CUT}] * 11},
        {"client": {"firstName": "Lea", "email": "lea.noir@example.org"}},
        {"client": {"firstName": "Lea", "lastName": "Noir"}},
        {"staffId": 7005},
        {"createdByStaffId": 7005},
        {"quickNote": "x" * 4001},
    ],
)
def test_create_refuses_what_it_cannot_read(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.book(TEN, **changes).status == 400


@pytest.mark.parametrize(
    "changes", [{"staffId": 99}, {"merchantId": 99}, {"items": [{"serviceId": 99}]}, {"client": {"id": 99}}]
)
def test_create_with_an_unknown_id_is_not_found(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.book(TEN, **changes).status == 404


def test_create_for_a_foreign_merchant_is_forbidden(desk: Desk) -> None:
    assert desk.book(TEN, merchantId=FOREIGN).status == 403


def test_create_for_a_taken_time_is_staff_not_available(desk: Desk) -> None:
    desk.booked(TEN)
    answer = desk.book(f"{FREE_DAY}T10:30:00Z")

    assert (answer.status, answer.error, answer.body["code"]) == (409, "StaffNotAvailable", 409)


def test_create_right_after_another_is_accepted(desk: Desk) -> None:
    desk.booked(TEN)

    assert desk.book(f"{FREE_DAY}T10:45:00Z").status == 200


def test_create_during_a_busy_spacing_is_refused_and_during_an_idle_one_accepted(desk: Desk) -> None:
    desk.booked(TEN, items=[{"serviceId": COLOUR}])
    desk.booked(NOON, items=[{"serviceId": LESSON}])

    assert desk.book(f"{FREE_DAY}T11:30:00Z", items=[{"serviceId": BROW}]).error == "StaffNotAvailable"
    assert desk.book(f"{FREE_DAY}T12:45:00Z", items=[{"serviceId": BROW}]).status == 200


def test_create_does_not_run_its_busy_spacing_into_the_next(desk: Desk) -> None:
    desk.booked(NOON)

    assert desk.book(f"{FREE_DAY}T10:30:00Z", items=[{"serviceId": COLOUR}]).error == "StaffNotAvailable"
    assert desk.book(f"{FREE_DAY}T10:15:00Z", items=[{"serviceId": COLOUR}]).status == 200


@pytest.mark.parametrize(("start", "status"), [("08:15", 409), ("08:30", 200), ("18:15", 200), ("18:30", 409)])
def test_create_keeps_to_the_shift(desk: Desk, start: str, status: int) -> None:
    assert desk.book(f"{FREE_DAY}T{start}:00Z").status == status


def test_create_outside_the_shift_works_when_the_conflict_is_ignored(desk: Desk) -> None:
    answer = desk.book(f"{FREE_DAY}T21:00:00Z", query={"ignoreError": "StaffNotAvailable"})

    assert answer.status == 200


def test_create_in_an_available_slot_works_outside_the_shift(desk: Desk) -> None:
    slot = {"staffId": ANA, "type": "Available", "start": f"{FREE_DAY}T20:00:00Z", "end": f"{FREE_DAY}T22:00:00Z"}
    desk.partner("POST", "/timeSlot", body=slot)

    assert desk.book(f"{FREE_DAY}T20:30:00Z").status == 200


def test_create_in_a_busy_slot_is_refused(desk: Desk) -> None:
    desk.partner("POST", "/timeSlot", body={"staffId": ANA, "type": "Busy", "start": TEN, "end": NOON})

    assert desk.book(f"{FREE_DAY}T11:00:00Z").error == "StaffNotAvailable"


def test_create_during_the_persons_group_event_is_refused(desk: Desk) -> None:
    event = desk.store("GET", f"/groupEvent/{desk.story()['group_event']['groupEventId']}").body

    assert desk.book(event["start"], staffId=MARC).error == "StaffNotAvailable"


def test_create_with_somebody_without_a_calendar_is_refused(desk: Desk) -> None:
    assert desk.book(TEN, staffId=HELENE).error == "StaffNotAvailable"


def test_create_over_a_cancelled_booking_is_accepted(desk: Desk) -> None:
    desk.change(desk.booked(TEN), status="Cancelled")

    assert desk.book(TEN).status == 200


def test_create_over_a_pending_request_is_refused(desk: Desk) -> None:
    body = {"merchantId": OPERA, "serviceId": CUT, "staffId": ANA, "startsOn": TEN, "clientId": 1001}
    assert desk.panel("POST", "/__sandbox/request", body=body).status == 200

    assert desk.book(TEN).error == "StaffNotAvailable"


@pytest.mark.parametrize(
    ("start", "error"),
    [
        ("2026-11-19T10:00:00Z", "TimeTooEarly"),
        ("2026-11-20T10:04:00Z", "TimeTooEarly"),
        ("2029-11-21T10:00:00Z", "TimeTooLate"),
    ],
)
def test_create_out_of_time_is_refused_by_name(desk: Desk, start: str, error: str) -> None:
    answer = desk.book(start)

    assert (answer.status, answer.error) == (409, error)


def test_create_for_a_blocked_client_is_client_status(desk: Desk) -> None:
    client = {"id": desk.story()["blocked_client"]}

    assert desk.book(TEN, client=client).error == "ClientStatus"
    assert desk.book(TEN, client=client, query={"ignoreError": "ClientStatus"}).status == 200


def test_rules_name_the_checks_to_make(desk: Desk) -> None:
    desk.booked(TEN)

    assert desk.book(TEN, query={"rules": "TimeConstraints"}).status == 200
    assert desk.book(TEN, query={"rules": ["TimeConstraints", "Availability"]}).status == 409
    assert desk.book("2026-11-19T10:00:00Z", query={"rules": "None"}).status == 200


@pytest.mark.parametrize("name", ["BookingNotScheduled", "ClientPresenceArrived", "Nonsense"])
def test_ignore_error_refuses_names_that_cannot_be_ignored(desk: Desk, name: str) -> None:
    assert desk.book(TEN, query={"ignoreError": name}).status == 400


def test_ignore_error_takes_commas_as_well_as_repeats(desk: Desk) -> None:
    desk.booked(TEN)

    assert desk.book(TEN, query={"ignoreError": ",".join(IGNORABLE)}).status == 200


def test_twenty_at_once_for_one_slot_is_one_booking(desk: Desk) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: desk.book(TEN), range(20)))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 19
    assert {answer.error for answer in answers if answer.status == 409} == {"StaffNotAvailable"}


def test_same_name_booked_twenty_times_at_once_is_one_client(desk: Desk) -> None:
    client = {"firstName": "Nora", "lastName": "Neuve", "email": "nora@example.org"}
    starts = [f"{FREE_DAY}T{hour:02d}:{minute:02d}:00Z" for hour in range(9, 19) for minute in (0, 30)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda start: desk.book(start, client=client, items=[{"serviceId": BROW}]), starts))

    assert {answer.status for answer in answers if answer.body.get("startsOn") != f"{FREE_DAY}T18:30:00Z"} == {200}
    assert len({answer.body["client"]["id"] for answer in answers}) == 1


# ---- group reservations


def reservation(desk: Desk, *, event: str = "group_event", **changes: Any) -> Any:
    body = {
        "merchantId": OPERA,
        "bookingMethod": "GroupReservation",
        "status": "Approved",
        "groupEventId": desk.story()[event]["groupEventId"],
        "client": {"id": desk.story()["lea_noir"]["clientId"]},
    }
    return desk.partner("POST", "/booking", body=body | changes)


@pytest.mark.parametrize("method", ["GroupReservation", "Reservation"])
def test_reservation_takes_time_and_staff_from_its_event(desk: Desk, method: str) -> None:
    body = reservation(desk, bookingMethod=method).body
    event = desk.store("GET", f"/groupEvent/{body['groupEventId']}").body

    assert (body["bookingMethod"], body["startsOn"]) == ("GroupReservation", event["start"])
    assert (body["staffId"], body["client"]["isAttending"]) == (event["staffId"], True)


def test_reservation_counts_its_attendees(desk: Desk) -> None:
    event_id = desk.story()["group_event"]["groupEventId"]
    before = desk.store("GET", f"/groupEvent/{event_id}").body["attendeeCount"]
    made = reservation(desk, attendees=[{"firstName": "Guy"}, {"firstName": "Gil"}]).body

    assert desk.store("GET", f"/groupEvent/{event_id}").body["attendeeCount"] == before + 3
    desk.change(made["bookingId"], status="Cancelled")
    assert desk.store("GET", f"/groupEvent/{event_id}").body["attendeeCount"] == before


def test_reservation_past_capacity_is_overcapacity(desk: Desk) -> None:
    answer = reservation(desk, event="full_group_event")

    assert (answer.status, answer.error) == (409, "GroupEventOvercapacity")


def test_reservation_for_too_many_is_too_many_attendees(desk: Desk) -> None:
    assert reservation(desk, attendees=[{"firstName": "Guest"}] * 4).error == "TooManyAttendees"


def test_reservations_at_once_never_pass_capacity(desk: Desk) -> None:
    event_id = desk.story()["group_event"]["groupEventId"]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: reservation(desk), range(12)))
    event = desk.store("GET", f"/groupEvent/{event_id}").body

    assert event["attendeeCount"] == event["attendeeCapacity"]


def test_reservation_can_only_be_cancelled(desk: Desk) -> None:
    booking_id = reservation(desk).body["bookingId"]

    assert desk.change(booking_id, quickNote="No").status == 400
    assert desk.change(booking_id, status="Cancelled").body["status"] == "Cancelled"


# ---- GET


def test_show_wraps_the_booking(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    body = desk.partner("GET", f"/booking/{booking_id}").body

    assert body["booking"]["bookingId"] == booking_id
    assert body["groupEvents"] == []


def test_show_of_a_reservation_brings_its_event(desk: Desk) -> None:
    made = reservation(desk).body
    body = desk.partner("GET", f"/booking/{made['bookingId']}").body

    assert [event["id"] for event in body["groupEvents"]] == [made["groupEventId"]]


def test_show_of_an_unknown_booking_is_not_found(desk: Desk) -> None:
    assert desk.partner("GET", "/booking/NOPE00").status == 404


def test_show_to_a_stranger_is_forbidden(desk: Desk) -> None:
    assert desk.ask("GET", f"/booking/v1/booking/{desk.booked(TEN)}", headers=STRANGER).status == 403


def test_history_is_the_clients_alone(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]["clientId"]
    desk.booked(TEN)
    desk.booked(NOON, client={"id": 1001})
    body = desk.partner("GET", "/booking", query={"clientId": lea} | RANGE).body

    assert [booking["client"]["id"] for booking in body["bookings"]] == [lea]
    assert body["cursor"] is None


def test_history_includes_both_ends(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]["clientId"]
    desk.booked(TEN)
    desk.booked(NOON)

    body = desk.partner("GET", "/booking", query={"clientId": lea, "from": TEN, "to": NOON}).body

    assert [booking["startsOn"] for booking in body["bookings"]] == [TEN, NOON]


def test_history_filters_by_method_and_merchant(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]["clientId"]
    made = reservation(desk).body
    query = {"clientId": lea, "from": made["startsOn"], "to": made["startsOn"]}

    def ids(**more: Any) -> list[str]:
        return [
            booking["bookingId"] for booking in desk.partner("GET", "/booking", query=query | more).body["bookings"]
        ]

    assert ids() == ids(bookingMethod="GroupReservation") == ids(merchantId=OPERA) == [made["bookingId"]]
    assert ids(bookingMethod="Appointment") == ids(merchantId=MARAIS) == []


@pytest.mark.parametrize(
    "query",
    [
        {"from": None},
        {"to": None},
        {"clientId": None},
        {"from": "2026-01-01"},
        {"from": "2027-02-01T00:00:00Z"},
        {"from": "2025-01-01T00:00:00Z"},
        {"order": "Sideways"},
        {"bookingMethod": "Party"},
        {"clientId": "x"},
    ],
)
def test_history_refuses_what_it_cannot_read(desk: Desk, query: dict[str, Any]) -> None:
    assert desk.partner("GET", "/booking", query={"clientId": 1001} | RANGE | query).status == 400


def test_history_of_a_merged_client_is_the_survivors(desk: Desk) -> None:
    merged = desk.story()["merged_client"]
    booking_id = desk.booked(TEN, client={"id": merged["clientId"]})
    body = desk.partner("GET", "/booking", query={"clientId": merged["clientId"]} | RANGE).body

    assert [(booking["bookingId"], booking["client"]["id"]) for booking in body["bookings"]] == [
        (booking_id, merged["newClientId"])
    ]


# ---- PUT /booking


def test_change_keeps_what_it_does_not_name(desk: Desk) -> None:
    before = desk.book(TEN, quickNote="Quiet room").body
    desk.at("2026-11-20T10:21:00Z")
    after = desk.change(before["bookingId"], client={"additionalRequest": "Navy suit"}).body

    assert after["client"] == before["client"] | {"additionalRequest": "Navy suit"}
    assert after["modifiedOn"] == "2026-11-20T10:21:00Z"
    same = set(before) - {"client", "modifiedOn", "modifiedByStaffId"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_change_replaces_the_items(desk: Desk) -> None:
    booking_id = desk.booked(TEN, items=[{"serviceId": CUT}, {"serviceId": BROW}])
    after = desk.change(booking_id, items=[{"serviceId": COLOUR, "price": {"amount": "99.00"}}]).body

    assert [(item["serviceId"], item["price"]["amount"]) for item in after["items"]] == [(COLOUR, "99.00")]
    assert after["totalClientTimespan"]["duration"] == 90


def test_change_moves_to_another_time_and_person(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    after = desk.change(booking_id, startsOn=NOON, staffId=MARC, modifiedBy="Staff", modifiedByStaffId=ANA).body

    assert (after["startsOn"], after["staffId"], after["staffFirstName"]) == (NOON, MARC, "Marc")
    assert (after["modifiedBy"], after["modifiedByStaffId"]) == ("Staff", ANA)


def test_change_within_its_own_time_does_not_meet_itself(desk: Desk) -> None:
    assert desk.change(desk.booked(TEN), startsOn=f"{FREE_DAY}T10:15:00Z").status == 200


def test_change_into_a_taken_time_is_refused_and_leaves_the_booking(desk: Desk) -> None:
    desk.booked(TEN)
    booking_id = desk.booked(NOON)
    answer = desk.change(booking_id, startsOn=TEN, quickNote="Moved")

    assert answer.error == "StaffNotAvailable"
    kept = desk.truth(booking_id)
    assert (kept["startsOn"], kept["quickNote"]) == (NOON, "")


def test_change_that_grows_into_the_next_is_refused(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    desk.booked(f"{FREE_DAY}T10:45:00Z")

    assert desk.change(booking_id, items=[{"serviceId": CUT, "duration": 60}]).error == "StaffNotAvailable"


def test_change_of_details_does_not_ask_for_the_time_again(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    desk.partner("POST", "/timeSlot", body={"staffId": ANA, "type": "Busy", "start": TEN, "end": NOON})

    assert desk.change(booking_id, quickNote="Late slot").status == 200
    assert desk.change(booking_id, items=[{"serviceId": CUT, "price": {"amount": "1.00"}}]).status == 200
    assert desk.change(booking_id, startsOn=f"{FREE_DAY}T10:15:00Z").error == "StaffNotAvailable"


def test_change_empties_notes_with_null(desk: Desk) -> None:
    booking_id = desk.booked(TEN, quickNote="Quiet room")
    after = desk.change(booking_id, quickNote=None, client={"additionalRequest": None}, status=None).body

    assert (after["quickNote"], after["client"]["additionalRequest"], after["status"]) == ("", "", "Approved")


@pytest.mark.parametrize(
    "body",
    [
        {"modifiedByStaffId": 7005},
        {"staffId": 7005},
        {"client": {"id": 1001}},
        {"items": []},
        {"items": "cut"},
        {"status": "Completed"},
        {"client": {"presence": "Gone"}},
        {"isCompleted": "yes"},
        {"startsOn": 12},
    ],
)
def test_change_refuses_what_it_cannot_read(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.change(desk.booked(TEN), **body).status == 400


def test_two_moves_at_once_into_one_slot_are_one_move(desk: Desk) -> None:
    ids = [desk.booked(f"{FREE_DAY}T{hour:02d}:00:00Z") for hour in range(13, 18)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda booking_id: desk.change(booking_id, startsOn=TEN), ids))

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409]


def test_modified_on_never_goes_back(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    raw = desk.panel("POST", f"/__sandbox/booking/{booking_id}", body={"quickNote": "1"}).body["modifiedOn"]

    assert desk.change(booking_id, quickNote="2").body["modifiedOn"] == raw == "2026-11-20T10:20:01Z"


def test_bridal_preparation_without_a_time_is_no_calendar_matter(desk: Desk) -> None:
    body = {"merchantId": OPERA, "serviceId": BRIDAL, "clientId": 1001}
    made = desk.panel("POST", "/__sandbox/request", body=body).body

    assert "startsOn" not in made
    assert (made["isScheduled"], made["staffId"]) == (False, None)
