from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.sandbox.times import from_rfc3339, to_rfc3339
from tests.sandbox.desk import (
    ANA,
    BRIDAL,
    BROW,
    COLOUR,
    CUT,
    FREE_DAY,
    HELENE,
    LESSON,
    MARAIS,
    MARC,
    OPERA,
    WORKSHOP,
    Desk,
)

DAY = {"start": f"{FREE_DAY}T00:00:00Z", "end": f"{FREE_DAY}T23:00:00Z"}
PARIS = ZoneInfo("Europe/Paris")


def starts(slots: list[Any]) -> list[str]:
    return [slot["startsOn"] for slot in slots]


def test_search_offers_every_quarter_of_the_shift(desk: Desk) -> None:
    found = starts(desk.slots(CUT, **DAY, only=[ANA]))

    # 09:30 to 20:00 in Paris, three quarters of an hour each: the last begins at 19:15.
    assert (found[0], found[-1], len(found)) == (f"{FREE_DAY}T08:30:00Z", f"{FREE_DAY}T18:15:00Z", 40)
    gaps = {from_rfc3339(later) - from_rfc3339(earlier) for earlier, later in zip(found, found[1:], strict=False)}
    assert gaps == {900}


def test_search_names_items_in_order_and_who_could(desk: Desk) -> None:
    slot = desk.slots(COLOUR, BROW, **DAY, only=[ANA, MARC])[0]

    assert slot["staffIds"] == [ANA, MARC]
    assert slot["items"] == [
        {"serviceId": COLOUR, "duration": 90, "spacingAfter": 15, "isBusySpacingAfter": True},
        {"serviceId": BROW, "duration": 15, "spacingAfter": 0, "isBusySpacingAfter": True},
    ]


def test_search_leaves_out_the_busy_person_only(desk: Desk) -> None:
    desk.booked(f"{FREE_DAY}T10:00:00Z")
    by_start = {slot["startsOn"]: slot["staffIds"] for slot in desk.slots(CUT, **DAY, only=[ANA, MARC])}

    assert by_start[f"{FREE_DAY}T10:30:00Z"] == [MARC]
    assert by_start[f"{FREE_DAY}T10:45:00Z"] == [ANA, MARC]


def test_search_knows_opening_hours_and_days_off(desk: Desk) -> None:
    sunday = {"start": "2027-01-17T00:00:00Z", "end": "2027-01-17T23:00:00Z"}
    body = {
        "searchMode": "verbose",
        "merchantId": MARAIS,
        "range": {"startsOn": sunday["start"], "endsOn": sunday["end"]},
        "bookingItems": [{"serviceId": 9015}],
    }
    answer = desk.store("POST", "/availability/search", merchant_id=MARAIS, body=body)

    assert answer.body["availability"]["bookingTimeSlots"] == []


def test_search_never_offers_who_has_no_calendar(desk: Desk) -> None:
    assert desk.slots(CUT, **DAY, only=[HELENE]) == []


def test_search_offers_nothing_past(desk: Desk) -> None:
    found = starts(desk.slots(CUT, start="2026-11-20T00:00:00Z", end="2026-11-20T23:00:00Z"))

    assert found
    assert min(found) >= "2026-11-20T10:30:00Z"


def test_search_keeps_to_the_range_both_ends_included(desk: Desk) -> None:
    found = starts(desk.slots(CUT, start=f"{FREE_DAY}T11:00:00+01:00", end=f"{FREE_DAY}T11:30:00+01:00", only=[ANA]))

    assert found == [f"{FREE_DAY}T10:00:00Z", f"{FREE_DAY}T10:15:00Z", f"{FREE_DAY}T10:30:00Z"]


def test_search_sees_slots_of_both_kinds(desk: Desk) -> None:
    for kind, start, end in (("Busy", "08:30", "18:00"), ("Available", "21:00", "21:45")):
        body = {"staffId": ANA, "type": kind, "start": f"{FREE_DAY}T{start}:00Z", "end": f"{FREE_DAY}T{end}:00Z"}
        assert desk.partner("POST", "/timeSlot", body=body).status == 200

    assert starts(desk.slots(CUT, **DAY, only=[ANA])) == [
        f"{FREE_DAY}T{hour}:00Z" for hour in ("18:00", "18:15", "21:00")
    ]


def test_search_of_client_times_answers_ranges(desk: Desk) -> None:
    desk.booked(f"{FREE_DAY}T12:00:00Z")
    body = {
        "searchMode": "verbose",
        "merchantId": OPERA,
        "range": {"startsOn": DAY["start"], "endsOn": DAY["end"]},
        "bookingItems": [{"serviceId": BRIDAL}],
        "onlyIncludeStaffs": [ANA],
    }
    found = desk.store("POST", "/availability/search", body=body).body["availability"]

    assert found["timeSelectionMode"] == "ClientTimes"
    assert [(entry["startsOn"][11:16], entry["endsOn"][11:16]) for entry in found["bookingTimeRanges"]] == [
        ("08:30", "12:00"),
        ("12:45", "19:00"),
    ]
    assert {tuple(entry["staffIds"]) for entry in found["bookingTimeRanges"]} == {(ANA,)}


@pytest.mark.parametrize(
    "changes",
    [
        {"searchMode": None},
        {"searchMode": "ranges"},
        {"range": None},
        {"range": {"startsOn": "2027-01-19", "endsOn": "2027-01-20"}},
        {"range": {"startsOn": "2027-01-20T00:00:00Z", "endsOn": "2027-01-19T00:00:00Z"}},
        {"range": {"startsOn": "2027-01-01T00:00:00Z", "endsOn": "2027-04-01T00:00:00Z"}},
        {"bookingItems": []},
        {"bookingItems": [{"serviceId": 99}]},
        {"bookingItems": [{"serviceId": 9015}]},
        {"bookingItems": [{"serviceId": WORKSHOP}]},
        {"onlyIncludeStaffs": ["Ana"]},
        {"merchantId": None},
    ],
)
def test_search_refuses_what_it_cannot_read(desk: Desk, changes: dict[str, Any]) -> None:
    body: dict[str, Any] = {
        "searchMode": "verbose",
        "merchantId": OPERA,
        "range": {"startsOn": DAY["start"], "endsOn": DAY["end"]},
        "bookingItems": [{"serviceId": CUT}],
    }

    assert desk.store("POST", "/availability/search", body=body | changes).status == 400


def test_service_availability_names_each_person(desk: Desk) -> None:
    query = {"from": f"{FREE_DAY}T10:00:00Z", "to": f"{FREE_DAY}T10:15:00Z"}
    body = desk.store("GET", f"/service/{CUT}/availability", query=query | {"staffId": ANA}).body

    assert body["timeSelectionMode"] == "TimeSlot"
    assert [(entry["start"], entry["end"], entry["staffId"]) for entry in body["serviceAvailability"]] == [
        (f"{FREE_DAY}T10:00:00Z", f"{FREE_DAY}T10:45:00Z", ANA),
        (f"{FREE_DAY}T10:15:00Z", f"{FREE_DAY}T11:00:00Z", ANA),
    ]


def test_service_availability_pages_and_agrees_with_search(desk: Desk) -> None:
    query: dict[str, Any] = {"from": DAY["start"], "to": DAY["end"]}
    found: list[tuple[str, int]] = []
    while True:
        body = desk.store("GET", f"/service/{CUT}/availability", query=query).body
        found += [(entry["start"], entry["staffId"]) for entry in body["serviceAvailability"]]
        assert len(body["serviceAvailability"]) <= 50
        if body["cursor"] is None:
            break
        query = {"cursor": body["cursor"]}

    assert len(found) > 50
    assert found == [(slot["startsOn"], staff) for slot in desk.slots(CUT, **DAY) for staff in slot["staffIds"]]


def test_group_service_availability_is_places(desk: Desk) -> None:
    query = {"from": "2026-11-20T00:00:00Z", "to": "2026-12-20T00:00:00Z"}
    entries = desk.store("GET", f"/service/{WORKSHOP}/availability", query=query).body["serviceAvailability"]
    ids = [entry["groupEventId"] for entry in entries]

    assert desk.story()["group_event"]["groupEventId"] in ids
    assert desk.story()["full_group_event"]["groupEventId"] not in ids
    assert all(0 < entry["placesLeft"] <= entry["capacity"] for entry in entries)


@pytest.mark.parametrize(
    ("change", "opens"), [("2027-03-27", "08:30"), ("2027-03-28", "07:30"), ("2027-10-31", "08:30")]
)
def test_search_follows_the_wall_clock_across_a_change(desk: Desk, change: str, opens: str) -> None:
    desk.at("2027-03-01T09:00:00Z")
    found = starts(desk.slots(CUT, start=f"{change}T03:00:00Z", end=f"{change}T22:00:00Z", only=[ANA]))

    assert found[0] == f"{change}T{opens}:00Z"
    assert len(found) == 40


# ---- what is offered is what can be had


SERVICES = st.lists(st.sampled_from([CUT, COLOUR, BROW, LESSON]), min_size=1, max_size=3)
DAYS = st.dates(date(2026, 11, 20), date(2027, 1, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DAYS, SERVICES, st.data())
def test_no_slot_is_offered_that_a_booking_then_refuses(
    desk: Desk, day: date, service_ids: list[int], data: st.DataObject
) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    slots = desk.slots(*service_ids, start=midnight.isoformat(), end=(midnight + timedelta(days=1)).isoformat())
    if not slots:
        return
    slot = data.draw(st.sampled_from(slots))
    staff_id = data.draw(st.sampled_from(slot["staffIds"]))
    items = [{"serviceId": service_id} for service_id in service_ids]

    answer = desk.book(slot["startsOn"], staffId=staff_id, items=items)

    assert answer.status == 200, answer.body
    assert staff_id not in {
        person
        for again in desk.slots(*service_ids, start=slot["startsOn"], end=slot["startsOn"])
        for person in again["staffIds"]
    }
    desk.change(answer.body["bookingId"], status="Cancelled")  # The next example finds the world as this one did.


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 44), st.sampled_from([CUT, COLOUR, BROW, LESSON]), st.booleans()), max_size=15)
)
def test_live_bookings_of_a_person_never_overlap(desk: Desk, wishes: list[tuple[int, int, bool]]) -> None:
    made: list[str] = []
    opening = from_rfc3339(f"{FREE_DAY}T08:30:00Z")
    for quarter, service_id, moves in wishes:
        start = to_rfc3339(opening + quarter * 900)
        if moves and made:
            desk.change(made[0], startsOn=start, items=[{"serviceId": service_id}])
        else:
            answer = desk.book(start, items=[{"serviceId": service_id}])
            made += [answer.body["bookingId"]] if answer.status == 200 else []

    spans = sorted((kept["starts_at"], kept["busy_until"]) for kept in (desk.truth(key)["raw"] for key in made))
    assert all(first[1] <= second[0] for first, second in zip(spans, spans[1:], strict=False))
    for booking_id in made:
        desk.change(booking_id, status="Cancelled")
