"""Webhooks: hints, signed (section 10, an assumption)."""

import base64
import hashlib
import hmac
from typing import Any

from tests.sandbox.booker.spa import FIRST, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa
from tests.sandbox.desk import NOWHERE, SECRET, Desk
from tests.sandbox.listener import Listener


def listen(desk: Desk, url: str = NOWHERE, **options: Any) -> None:
    desk.listen(url, source="booker", **options)


def booked(spa: Spa) -> int:
    entry = {"TreatmentID": MASSAGE, "EmployeeID": FIRST, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    answer = spa.merchant("POST", "/appointment", Customer={"ID": MIRA}, AppointmentTreatmentDTOs=[entry])
    made: int = answer.body["Appointment"]["ID"]
    return made


def test_life_of_an_appointment_is_told(desk: Desk, spa: Spa) -> None:
    listen(desk)
    made = booked(spa)
    spa.merchant("PUT", "/appointment/confirm", ID=made)
    spa.merchant("PUT", f"/appointment/{made}/notes", Notes="Tea")
    spa.merchant("PUT", "/appointment/cancel", ID=made)

    assert [entry["type"] for entry in desk.told()] == [
        "appointment.created", "appointment.confirmed", "appointment.updated", "appointment.cancelled",
    ]  # fmt: skip
    data = {"locationId": NEW_YORK, "appointmentId": made, "customerId": MIRA}
    first = desk.told()[0]
    assert first["body"] == {"messageId": first["eventId"], "eventId": "appointment.created", "eventData": data}


def test_clients_are_told_of(desk: Desk, spa: Spa) -> None:
    listen(desk)
    made = spa.merchant("POST", "/customer", FirstName="Ana", LastName="Web").body["CustomerID"]
    spa.customer("PUT", f"/customer/{MIRA}", LocationID=NEW_YORK, LastName="Lind")

    assert [(entry["type"], entry["body"]["eventData"]) for entry in desk.told()] == [
        ("customer.created", {"locationId": NEW_YORK, "customerId": made}),
        ("customer.updated", {"locationId": NEW_YORK, "customerId": MIRA}),
    ]


def test_deleted_clients_are_not(desk: Desk, spa: Spa) -> None:
    visits = spa.story["visits"][str(NEW_YORK)]
    listen(desk)
    desk.panel("DELETE", f"/__sandbox/booker/customer/{MIRA}")

    told = {(entry["type"], entry["body"]["eventData"]["appointmentId"]) for entry in desk.told()}
    assert told == {("appointment.cancelled", visits[name]) for name in ("two_treatments", "coming", "after_change")}


def test_refused_write_is_no_news(desk: Desk, spa: Spa) -> None:
    booked(spa)
    listen(desk)
    entry = {"TreatmentID": MASSAGE, "EmployeeID": FIRST, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    body = {"Customer": {"FirstName": "A", "LastName": "B"}, "AppointmentTreatmentDTOs": [entry]}
    assert not spa.merchant("POST", "/appointment", **body).body["IsSuccess"]

    assert desk.told() == []


def test_body_is_signed_as_it_is(desk: Desk, spa: Spa, listener: Listener) -> None:
    listen(desk, listener.url)
    booked(spa)
    desk.flush()
    (heard,) = listener.heard

    proof = base64.b64encode(hmac.digest(SECRET.encode(), heard.body, hashlib.sha256)).decode()
    assert heard.headers["X-Signature"] == proof
    assert heard.said["eventId"] == "appointment.created"


def test_one_location_may_be_listened_to(desk: Desk, spa: Spa) -> None:
    listen(desk, scope="merchant", merchantId=10002)
    booked(spa)

    assert desk.told() == []
