import re

from tests.sandbox.desk import ANA, CUT, FREE_DAY, MARC, NOWHERE, OPERA, Desk

TEN = f"{FREE_DAY}T09:00:00Z"
TEN_ON_THE_WALL = f"{FREE_DAY}T10:00"


def form(**fields: str) -> dict[str, str]:
    return {"merchantId": str(OPERA), "day": FREE_DAY} | fields


def new(**fields: str) -> dict[str, str]:
    asked = form(action="book", serviceId=str(CUT), staffId=str(ANA), at=TEN_ON_THE_WALL)
    return asked | {"firstName": "Mira", "lastName": "<Okafor>", "email": "mira@example.org"} | fields


def bookings(desk: Desk) -> list[dict[str, object]]:
    query = {"merchantId": OPERA, "from": f"{FREE_DAY}T00:00:00Z", "to": f"{FREE_DAY}T23:00:00Z"}
    found: list[dict[str, object]] = desk.panel("GET", "/__sandbox/bookings", query=query).body["bookings"]
    return found


def test_day_shows_everybody_and_their_bookings(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]
    page = desk.panel("GET", "/calendar", query={"merchantId": OPERA, "date": lea["startsOn"][:10]}).body

    assert "<h2>Ana Roy</h2>" in page
    assert lea["bookingId"] in page
    assert "Lea Noir" in page
    assert "<script" not in page


def test_page_without_a_store_shows_one_today(desk: Desk) -> None:
    page = desk.panel("GET", "/calendar")

    assert page.status == 200
    assert 'value="2026-11-20"' in page.body


def test_booking_is_made_as_the_staff_would(desk: Desk) -> None:
    desk.listen(NOWHERE)
    answer = desk.submit("/calendar", **new())

    assert (answer.status, answer.headers["Location"]) == (
        303,
        f"/calendar?merchantId={OPERA}&date={FREE_DAY}&done=book",
    )
    (made,) = bookings(desk)
    assert (made["startsOn"], made["staffId"], made["createdBy"]) == (TEN, ANA, "Staff")
    assert [entry["type"] for entry in desk.told()] == ["client.created", "appointment.created"]
    page = desk.panel("GET", answer.headers["Location"]).body
    assert "Mira &lt;Okafor&gt;" in page
    assert "Booked." in page


def test_booking_for_a_known_client(desk: Desk) -> None:
    client_id = desk.story()["lea_noir"]["clientId"]
    desk.submit("/calendar", **new(clientId=str(client_id)))

    assert bookings(desk)[0]["client"]["id"] == client_id  # type: ignore[index]


def test_refusal_is_shown_and_may_be_overruled(desk: Desk) -> None:
    desk.booked(TEN)
    refused = desk.submit("/calendar", **new())
    assert (refused.status, "StaffNotAvailable" in refused.body, len(bookings(desk))) == (409, True, 1)
    assert 'role="alert"' in refused.body

    assert desk.submit("/calendar", **new(anyway="yes")).status == 303
    assert len(bookings(desk)) == 2


def test_booking_is_moved_marked_and_cancelled(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    moved = form(action="move", bookingId=booking_id, at=f"{FREE_DAY}T11:30", staffId=str(MARC))
    assert desk.submit("/calendar", **moved).status == 303
    assert (desk.truth(booking_id)["startsOn"], desk.truth(booking_id)["staffId"]) == (f"{FREE_DAY}T10:30:00Z", MARC)

    early = desk.submit("/calendar", **form(action="arrive", bookingId=booking_id))
    assert (early.status, "BookingNotToday" in early.body) == (409, True)
    assert desk.submit("/calendar", **form(action="cancel", bookingId=booking_id)).status == 303
    assert (desk.truth(booking_id)["status"], desk.truth(booking_id)["modifiedBy"]) == ("Cancelled", "Staff")
    assert booking_id not in desk.panel("GET", "/calendar", query={"merchantId": OPERA, "date": FREE_DAY}).body


def test_request_without_a_person_is_given_to_one(desk: Desk) -> None:
    request = {"merchantId": OPERA, "serviceId": CUT, "startsOn": TEN, "clientId": 1001}
    booking_id = desk.panel("POST", "/__sandbox/request", body=request).body["bookingId"]
    page = desk.panel("GET", "/calendar", query={"merchantId": OPERA, "date": FREE_DAY}).body
    assert re.search(r"Waiting for somebody.*" + booking_id, page, re.DOTALL)

    confirm = form(action="confirm", bookingId=booking_id, at=TEN_ON_THE_WALL, staffId=str(ANA))
    assert desk.submit("/calendar", **confirm).status == 303
    assert (desk.truth(booking_id)["status"], desk.truth(booking_id)["staffId"]) == ("Approved", ANA)


def test_unreadable_forms_are_bad(desk: Desk) -> None:
    for fields in (
        {"action": "dance"},
        {"action": "book", "at": "noon"},
        {"action": "cancel", "bookingId": "?"},
        {"action": "book", "serviceId": "x" * 300},
    ):
        assert desk.submit("/calendar", **form(**fields)).status in (400, 404), fields
    assert desk.panel("GET", "/calendar", query={"date": "soon"}).status == 400
    assert desk.panel("GET", "/calendar", query={"merchantId": "999"}).status == 404


def test_every_field_has_its_label(desk: Desk) -> None:
    desk.booked(TEN)
    page = desk.panel("GET", "/calendar", query={"merchantId": OPERA, "date": FREE_DAY}).body

    labels = re.findall(r"<label>.*?</label>", page, re.DOTALL)
    shown = re.findall(r"<(?:input|select)(?! type=\"hidden\")[^>]*>", page)
    assert sum(len(re.findall(r"<(?:input|select)", label)) for label in labels) == len(shown)
