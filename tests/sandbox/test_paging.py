from typing import Any

from tests.sandbox.desk import ANA, OPERA, Desk

WINDOW = {"from": "2026-10-01T00:00:00Z", "to": "2026-11-30T00:00:00Z"}
CALENDAR = {"eventType": ["Appointment", "GroupEvent", "TimeSlot"], "include": "None", "staffId": ANA} | WINDOW


def pages(desk: Desk, path: str, query: dict[str, Any]) -> list[Any]:
    """Every page, following the cursor alone."""
    found = [desk.partner("GET", path, query=query).body]
    while found[-1]["cursor"]:
        assert len(found) < 50
        answer = desk.partner("GET", path, query={"cursor": found[-1]["cursor"]})
        assert answer.status == 200, answer.body
        found.append(answer.body)
    return found


def test_cursor_pages_hold_fifty_and_together_everything(desk: Desk) -> None:
    found = pages(desk, "/calendar", CALENDAR)
    ids = [event["id"] for page in found for event in page["calendarEvents"]]

    assert [len(page["calendarEvents"]) for page in found[:-1]] == [50] * (len(found) - 1)
    assert len(found) > 2
    assert len(ids) == len(set(ids))
    starts = [event["start"] for page in found for event in page["calendarEvents"]]
    assert starts == sorted(starts)


def test_cursor_pages_of_history_run_both_ways(desk: Desk) -> None:
    client_id = desk.story()["lea_noir"]["clientId"]
    for day in range(10, 28):
        for hour in (9, 11, 13):
            desk.booked(f"2027-02-{day}T{hour:02d}:00:00Z")
    query = {"clientId": client_id, "from": "2026-09-01T00:00:00Z", "to": "2027-03-01T00:00:00Z"}

    up, down = (
        [
            booking["bookingId"]
            for page in pages(desk, "/booking", query | {"order": order})
            for booking in page["bookings"]
        ]
        for order in ("Ascending", "Descending")
    )

    assert len(up) > 54
    assert up == down[::-1]


def test_cursor_of_another_path_is_refused(desk: Desk) -> None:
    cursor = desk.partner("GET", "/calendar", query=CALENDAR).body["cursor"]

    assert desk.partner("GET", "/staff/list", query={"cursor": cursor}).status == 400


def test_cursor_that_was_altered_is_refused(desk: Desk) -> None:
    cursor = desk.partner("GET", "/calendar", query=CALENDAR).body["cursor"]
    altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]

    assert desk.partner("GET", "/calendar", query={"cursor": altered}).status == 400
    assert desk.partner("GET", "/calendar", query={"cursor": "é€.x"}).status == 400


def test_offset_pages_tell_total_and_place(desk: Desk) -> None:
    body = desk.partner("GET", "/merchant/list", query={"offset": 1, "limit": 1}).body

    assert (body["offset"], body["limit"], body["total"]) == (1, 1, 3)
    assert [merchant["storeNumber"] for merchant in body["items"]] == ["102"]


def test_offset_page_is_twenty_by_default_and_a_hundred_at_most(desk: Desk) -> None:
    assert desk.partner("GET", "/merchant/list").body["limit"] == 20
    assert desk.partner("GET", "/merchant/list", query={"limit": 1000}).body["limit"] == 100


def test_offset_past_the_end_is_an_empty_page(desk: Desk) -> None:
    assert desk.partner("GET", "/merchant/list", query={"offset": 99}).body["items"] == []


def test_filters_of_the_first_page_hold_on_the_next(desk: Desk) -> None:
    query = {"staffId": ANA, "eventType": "Appointment", "include": "None"} | WINDOW
    first = desk.partner("GET", "/calendar", query=query).body
    wanted = {"cursor": first["cursor"], "eventType": "TimeSlot", "staffId": 7002}

    second = desk.partner("GET", "/calendar", query=wanted).body

    assert {event["type"] for event in second["calendarEvents"]} == {"Appointment"}
    assert {event["staffId"] for event in second["calendarEvents"]} == {ANA}
    assert {event["merchantId"] for event in second["calendarEvents"]} == {OPERA}
