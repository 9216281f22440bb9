from tests.sandbox.booker.spa import FACIAL, FIRST, FOURTH, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa
from tests.sandbox.desk import NOWHERE, Desk


def form(**fields: str) -> dict[str, str]:
    return {"locationId": str(NEW_YORK), "day": FREE_DAY} | fields


def new(**fields: str) -> dict[str, str]:
    asked = form(action="book", treatmentId=str(MASSAGE), employeeId=str(FIRST), at=f"{FREE_DAY}T12:00")
    return asked | {"FirstName": "Ana", "LastName": "<Web>", "CellPhone": "2125550111"} | fields


def day(spa: Spa) -> list[dict[str, object]]:
    start, end = f"{FREE_DAY}T00:00:00-05:00", f"{FREE_DAY}T23:59:59-05:00"
    return spa.found("appointments", FromStartDateOffset=start, ToStartDateOffset=end)


def test_day_shows_everybody_and_their_appointments(desk: Desk, spa: Spa) -> None:
    shown = spa.appointment(spa.story["appointment_with_two_treatments"])
    query = {"locationId": NEW_YORK, "date": shown["StartDateTimeOffset"][:10]}
    page = desk.panel("GET", "/booker", query=query).body

    assert page.count(shown["BookingNumber"]) == 2  # with each of the two who work
    assert "Mira Okafor" in page
    assert "<script" not in page


def test_appointment_is_made_and_told(desk: Desk, spa: Spa) -> None:
    desk.listen(NOWHERE, source="booker")
    answer = desk.submit("/booker", **new())

    assert (answer.status, answer.headers["Location"]) == (
        303,
        f"/booker?locationId={NEW_YORK}&date={FREE_DAY}&done=book",
    )
    assert [entry["type"] for entry in desk.told()] == ["customer.created", "appointment.created"]
    page = desk.panel("GET", answer.headers["Location"]).body
    assert "Ana &lt;Web&gt;" in page
    assert "Booked." in page


def test_known_client_is_booked(desk: Desk, spa: Spa) -> None:
    desk.submit("/booker", **new(customerId=str(MIRA), employeeId=""))

    assert [one["CustomerID"] for one in day(spa)] == [MIRA]


def test_refusal_is_said_and_changes_nothing(desk: Desk, spa: Spa) -> None:
    desk.submit("/booker", **new())
    again = desk.submit("/booker", **new())

    assert (again.status, 'role="alert"' in again.body) == (409, True)
    assert len(day(spa)) == 1
    assert len(spa.found("customers", "Customers", LastNameStart="<")) == 1


def test_moving_marking_and_cancelling(desk: Desk, spa: Spa) -> None:
    desk.submit("/booker", **new(treatmentId=str(FACIAL)))
    (made,) = day(spa)
    which = form(appointmentId=str(made["ID"]))

    desk.submit("/booker", **which, action="move", at=f"{FREE_DAY}T14:00", employeeId=str(FOURTH))
    (moved,) = day(spa)
    assert (str(moved["StartDateTimeOffset"])[11:16], moved["EmployeeID"]) == ("14:00", FOURTH)

    for action, status in (("confirm", "Confirmed"), ("checkin", "Checked In"), ("cancel", "Cancelled")):
        assert desk.submit("/booker", **which, action=action).status == 303
        assert spa.appointment(int(str(made["ID"])))["Status"]["Name"] == status


def test_unknown_location_is_a_404(desk: Desk) -> None:
    assert desk.panel("GET", "/booker", query={"locationId": 1}).status == 404
