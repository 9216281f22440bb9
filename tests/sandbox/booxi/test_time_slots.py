from typing import Any

import pytest

from tests.sandbox.desk import ANA, FREE_DAY, HELENE, Desk

START, END = f"{FREE_DAY}T10:00:00Z", f"{FREE_DAY}T12:00:00Z"
BODY = {"staffId": ANA, "type": "Busy", "start": START, "end": END, "description": "Stock count"}


def made(desk: Desk, **changes: Any) -> Any:
    answer = desk.partner("POST", "/timeSlot", body=BODY | changes)
    assert answer.status == 200, answer.body
    return answer.body["timeSlot"]


def test_slot_is_made_shown_listed_and_deleted(desk: Desk) -> None:
    slot = made(desk, availabilityTags="vip, night")

    assert (slot["canModify"], slot["ownerType"], slot["availabilityTags"]) == (True, "Staff", "vip,night")
    assert desk.partner("GET", f"/timeSlot/{slot['id']}").body == {"timeSlot": slot}
    query = {"staffId": ANA, "from": START, "to": END}
    assert desk.partner("GET", "/timeSlot", query=query).body["timeSlots"] == [slot]
    assert desk.partner("GET", "/timeSlot", query=query | {"type": "Available"}).body["timeSlots"] == []
    assert desk.partner("GET", "/timeSlot", query=query | {"availabilityTags": "night"}).body["timeSlots"] == [slot]
    assert desk.partner("DELETE", f"/timeSlot/{slot['id']}").status == 200
    assert desk.partner("GET", f"/timeSlot/{slot['id']}").status == 404


def test_slot_of_another_calendar_is_not_deleted(desk: Desk) -> None:
    query = {"staffId": ANA, "from": "2026-10-20T00:00:00Z", "to": "2026-11-30T00:00:00Z", "type": "Busy"}
    slots = desk.partner("GET", "/timeSlot", query=query).body["timeSlots"]
    fixed = next(slot for slot in slots if not slot["canModify"])
    answer = desk.partner("DELETE", f"/timeSlot/{fixed['id']}")

    assert (answer.status, answer.error) == (409, "ModificationNotAllowed")


def test_slot_for_somebody_without_a_calendar_is_refused(desk: Desk) -> None:
    answer = desk.partner("POST", "/timeSlot", body=BODY | {"staffId": HELENE})

    assert (answer.status, answer.error) == (409, "StaffWithoutCalendar")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": None},
        {"type": "Holiday"},
        {"end": START},
        {"end": "2027-03-01T00:00:00Z"},
        {"start": None},
        {"merchantId": 502},
        {"availabilityTags": ",".join("abcdefghijk")},
        {"availabilityTags": "x" * 101},
    ],
)
def test_unreadable_slot_is_bad(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.partner("POST", "/timeSlot", body=BODY | changes).status == 400


def test_ten_tags_of_a_hundred_characters_are_the_limit(desk: Desk) -> None:
    tags = ",".join(["x" * 9] * 9 + ["y" * 10])

    assert len(tags) == 100
    assert made(desk, availabilityTags=tags)["availabilityTags"] == tags
