from typing import Any

import pytest

from tests.sandbox.booker.spa import FACIAL, FIRST, FOURTH, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import NOWHERE, Answer, Desk

NOON = f"{FREE_DAY}T17:00:00Z"  # in New York


NOON_WITH_FIRST = {
    "locationId": NEW_YORK, "customerId": MIRA, "treatmentId": MASSAGE, "employeeId": FIRST, "startsOn": NOON,
}  # fmt: skip


def back(desk: Desk, method: str, path: str, *, query: Any = None, **body: Any) -> Answer:
    return desk.panel(method, f"/__sandbox/booker{path}", query=query, body=body if method == "POST" else None)


def added(desk: Desk, **changes: Any) -> Any:
    answer = back(desk, "POST", "/appointments", **(NOON_WITH_FIRST | changes))
    assert answer.status == 200, answer.body
    return answer.body


def test_live_appointments_of_a_client_and_of_an_employee(desk: Desk, spa: Spa) -> None:
    made = added(desk)
    hers = back(desk, "GET", "/appointments", query={"customerId": MIRA, "live": "true"}).body["appointments"]
    theirs = back(desk, "GET", "/appointments", query={"employeeId": FIRST, "from": NOON}).body["appointments"]

    assert made["ID"] in [one["ID"] for one in hers]
    assert {one["raw"]["status"] for one in hers} <= {"Booked", "Confirmed", "Checked In"}
    assert [one["ID"] for one in theirs] == [made["ID"]]
    assert made["raw"]["startsOn"] == NOON


def test_spa_moves_all_treatments_together(desk: Desk, spa: Spa) -> None:
    two = spa.story["appointment_with_two_treatments"]
    moved = back(desk, "POST", f"/appointment/{two}", startsOn=NOON).body

    first, second = moved["AppointmentTreatments"]
    assert first["StartDateTimeOffset"] == f"{FREE_DAY}T12:00:00-05:00"
    assert second["StartDateTimeOffset"] == first["EndDateTimeOffset"]
    assert spa.appointment(two)["StartDateTimeOffset"] == first["StartDateTimeOffset"]


def test_spa_is_told_when_somebody_is_not_free(desk: Desk, spa: Spa) -> None:
    added(desk)
    other = added(desk, startsOn=f"{FREE_DAY}T20:00:00Z")
    path = f"/appointment/{other['ID']}"

    assert back(desk, "POST", path, startsOn=NOON).status == 409
    assert back(desk, "POST", path, startsOn=NOON, anyway=True).body["raw"]["startsOn"] == NOON


def test_another_person_takes_over(desk: Desk, spa: Spa) -> None:
    made = added(desk, treatmentId=FACIAL)

    assert back(desk, "POST", f"/appointment/{made['ID']}", employeeId=FOURTH).body["EmployeeID"] == FOURTH
    assert back(desk, "POST", f"/appointment/{made['ID']}", employeeId=1).status == 409


@pytest.mark.parametrize(
    ("status", "field"),
    [
        ("Checked In", "IsCheckedInInService"),
        ("No Show", "IsNoShow"),
        ("Completed", "IsServiceComplete"),
        ("Cancelled", "IsCancelled"),
    ],
)
def test_marks_are_seen_and_found_by_when(desk: Desk, spa: Spa, status: str, field: str) -> None:
    made = added(desk)
    desk.at("2026-11-20T10:30:00Z")
    back(desk, "POST", f"/appointment/{made['ID']}", status=status)

    since = {"FromDateLastModifiedOffset": "2026-11-20T05:30:00-05:00"}
    (found,) = spa.found("appointments", **since)
    assert (found["ID"], found[field], found["Status"]["Name"]) == (made["ID"], True, status)


def test_check_in_has_its_time(desk: Desk, spa: Spa) -> None:
    made = added(desk)
    shown = back(desk, "POST", f"/appointment/{made['ID']}", status="Checked In").body

    assert shown["DateCheckInOffset"] == "2026-11-20T05:20:00-05:00"


def test_completion_is_paid(desk: Desk, spa: Spa) -> None:
    made = added(desk)
    shown = back(desk, "POST", f"/appointment/{made['ID']}", status="Completed").body
    (order,) = spa.found("orders", CustomerID=MIRA, FromDateCreatedOffset="2026-11-20T05:00:00-05:00")

    assert shown["OrderID"] == order["ID"]
    assert [item["TreatmentID"] for item in order["Items"]] == [MASSAGE]


def test_no_show_undone_takes_the_time_again(desk: Desk, spa: Spa) -> None:
    made = added(desk)
    back(desk, "POST", f"/appointment/{made['ID']}", status="Cancelled")
    back(desk, "POST", f"/appointment/{made['ID']}", status="Booked")

    assert back(desk, "POST", "/appointments", **NOON_WITH_FIRST).status == 409


# ---- customers


def test_deleted_customer_is_in_no_answer(desk: Desk, spa: Spa) -> None:
    assert back(desk, "DELETE", f"/customer/{MIRA}").body["isDeleted"]

    assert failure(spa.merchant("GET", f"/customer/{MIRA}")) == (200, 404, False)
    assert spa.found("customers", "Customers", Email="mira.okafor@example.org") == []
    first = back(desk, "GET", "/customers", query={"locationId": NEW_YORK}).body["customers"][0]
    assert (first["ID"], first["isDeleted"]) == (MIRA, True)


def test_changed_customer_is_found_by_when(desk: Desk, spa: Spa) -> None:
    desk.at("2026-11-20T10:30:00Z")
    back(desk, "POST", f"/customer/{MIRA}", CellPhone="2125550199", RequestedToBeForgotten=True)

    (found,) = spa.found("customers", "Customers", FromDateLastModifiedOffset="2026-11-20T05:30:00-05:00")
    assert found["Customer"]["CellPhone"] == "2125550199"
    assert found["Customer"]["RequestedToBeForgotten"]
    assert found["Customer"]["LastName"] == "Okafor"


def test_notes_and_memberships_are_added(desk: Desk, spa: Spa) -> None:
    customer_id = back(desk, "POST", "/customers", locationId=NEW_YORK, FirstName="Ana", LastName="Web").body["ID"]
    back(desk, "POST", f"/customer/{customer_id}/note", text="Likes tea")
    back(desk, "POST", f"/customer/{customer_id}/membership", planId=802)
    ana = spa.client(customer_id)

    assert [note["Text"] for note in ana["Notes"]] == ["Likes tea"]
    assert (ana["HasActiveMembership"], ana["MembershipLevels"][0]["LevelName"]) == (True, "Juniper")


@pytest.mark.parametrize("path", ["/customer/1", "/customer/1/note", "/customer/1/membership", "/appointment/1"])
def test_nobody_is_a_404(desk: Desk, path: str) -> None:
    assert back(desk, "POST", path, text="x").status == 404


# ---- who works there, and what is offered


def test_employee_leaves_and_has_no_time_any_more(desk: Desk, spa: Spa) -> None:
    back(desk, "POST", f"/employee/{FIRST}", isActive=False)

    assert FIRST not in [one["ID"] for one in spa.found("employees", OnlyIncludeActiveEmployees=True)]
    assert back(desk, "POST", "/appointments", **NOON_WITH_FIRST).status == 409


def test_shifts_and_hours_change(desk: Desk, spa: Spa) -> None:
    week = [{"dow": 2, "start": "08:00", "end": "12:00"}]
    assert back(desk, "POST", f"/employee/{FIRST}", shifts=week).status == 200
    assert back(desk, "POST", f"/location/{NEW_YORK}", hours=week).status == 200
    query = {"getDefaultDaySchedule": "true", "fromDate": "/Date(0)/", "toDate": "/Date(0)/"}

    for path, key in (
        (f"/employee/{FIRST}/schedule", "EmployeeDaySchedules"),
        (f"/location/{NEW_YORK}/schedule", "LocationDaySchedules"),
    ):
        assert [one["Weekday"] for one in spa.merchant("GET", path, query=query).body[key]] == ["Tuesday"]


def test_treatment_changes_and_says_when(desk: Desk, spa: Spa) -> None:
    back(desk, "POST", f"/treatment/{MASSAGE}", name="Long massage", minutes=75, price=15000)
    massage = spa.merchant("GET", f"/treatment/{MASSAGE}").body["Treatment"]

    assert (massage["Name"], massage["TreatmentDuration"], massage["Price"]["Amount"]) == ("Long massage", 75, 150)
    assert massage["DateLastModifiedOffset"] == "2026-11-20T05:20:00-05:00"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/employee/30101", {}),
        ("/employee/30101", {"shifts": [{"dow": 9, "start": "08:00", "end": "12:00"}]}),
        ("/employee/30101", {"shifts": [{"dow": 1, "start": "12:00", "end": "8"}]}),
        ("/treatment/7101", {"minutes": 0}),
    ],
)
def test_unreadable_changes_are_bad(desk: Desk, path: str, body: dict[str, Any]) -> None:
    assert back(desk, "POST", path, **body).status == 400


# ---- more of everything


@pytest.mark.parametrize("ahead", [True, False])
def test_planting_more_tells_nobody_and_overlaps_nowhere(desk: Desk, spa: Spa, ahead: bool) -> None:
    desk.listen(NOWHERE, source="booker")
    before = back(desk, "GET", "/summary").body
    for _ in range(2):
        back(desk, "POST", "/plant", customers=30, appointments=200, ahead=ahead)
    after = back(desk, "GET", "/summary").body

    assert after["customer"] == before["customer"] + 60
    assert before["appointment"] + 300 < after["appointment"] <= before["appointment"] + 402
    assert desk.told() == []
    assert overlaps(desk) == 0


def overlaps(desk: Desk) -> int:
    """Pairs of live treatments that want one person, or one room, at one time."""
    query = (
        "SELECT count(*) FROM booker_booked AS a JOIN booker_booked AS b ON a.id < b.id AND a.is_live AND b.is_live"
        " AND (a.employee_id = b.employee_id OR a.room_id = b.room_id)"
        " AND a.starts_at < b.busy_until AND b.starts_at < a.busy_until"
    )
    with desk.state.reading() as db:
        found: int = db.execute(query).fetchone()[0]
    return found
