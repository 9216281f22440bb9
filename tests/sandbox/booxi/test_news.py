from typing import Any

import pytest

from tests.sandbox.desk import FREE_DAY, NOW, NOWHERE, OPERA, WORKSHOP, Desk

TEN, NOON = f"{FREE_DAY}T10:00:00Z", f"{FREE_DAY}T12:00:00Z"
NEW = {"firstName": "Mira", "lastName": "Okafor", "email": "mira.okafor@example.org"}


@pytest.fixture(autouse=True)
def _listened(desk: Desk) -> None:
    desk.listen(NOWHERE)


def types(desk: Desk) -> list[str]:
    return [entry["type"] for entry in desk.told()]


def content(desk: Desk) -> Any:
    return desk.told()[-1]["body"]["content"]


def test_envelope_is_that_of_section_12(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    (told,) = desk.told()

    assert told["body"] == {
        "id": told["eventId"],
        "type": "appointment.created",
        "createdOn": NOW,
        "merchantId": OPERA,
        "merchantGroupId": 20,
        "content": told["body"]["content"],
    }
    booking = desk.partner("GET", f"/booking/{booking_id}").body["booking"]
    assert content(desk)["booking"] == booking
    (link,) = content(desk)["clientLinks"]
    assert (link["clientId"], link["externalId"]) == (booking["client"]["id"], "CUST-9")


def test_change_and_cancelling_are_updates(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    desk.change(booking_id, startsOn=NOON)
    desk.change(booking_id, status="Cancelled")

    assert types(desk) == ["appointment.created", "appointment.updated", "appointment.updated"]
    assert content(desk)["booking"]["status"] == "Cancelled"


def test_refused_call_is_no_news(desk: Desk) -> None:
    assert desk.book("2020-01-01T10:00:00Z", client=NEW).status == 409

    assert types(desk) == []


def test_new_person_is_news_before_her_booking(desk: Desk) -> None:
    desk.booked(TEN, client=NEW)

    assert types(desk) == ["client.created", "appointment.created"]
    assert desk.told()[0]["body"]["content"]["client"]["email"] == NEW["email"]
    assert content(desk)["clientLinks"] == []


def test_client_filled_in_by_a_booking_is_news(desk: Desk) -> None:
    first = desk.booked(TEN, client=NEW)
    desk.booked(NOON, client=NEW | {"mobilePhoneNumber": "+33639980777"})

    assert types(desk)[2:] == ["client.updated", "appointment.created"]
    assert first


def test_reservation_has_names_of_its_own(desk: Desk) -> None:
    event = desk.story()["group_event"]["groupEventId"]
    body = {"merchantId": OPERA, "bookingMethod": "GroupReservation", "status": "Approved", "groupEventId": event}
    lea = {"client": {"firstName": "Lea", "lastName": "Noir", "email": "lea.noir@example.org"}}
    made = desk.partner("POST", "/booking", body=body | lea)
    assert made.status == 200, made.body
    desk.change(made.body["bookingId"], status="Cancelled")

    assert types(desk) == ["reservation.created", "reservation.updated"]
    assert content(desk)["booking"]["items"][0]["serviceId"] == WORKSHOP


def test_client_calls_are_news(desk: Desk) -> None:
    made = desk.partner("POST", "/client", body=NEW | {"merchantId": OPERA}).body["id"]
    desk.partner("PUT", f"/client/{made}", body={"mobilePhoneNumber": "+33639980778"})
    assert content(desk)["client"]["mobilePhoneNumber"] == "+33639980778"
    desk.partner("DELETE", f"/client/{made}")

    assert types(desk) == ["client.created", "client.updated", "client.deleted"]
    assert content(desk) == {"clientId": made, "client": {"id": made, "merchantId": OPERA}}


def test_link_is_no_event_of_its_own(desk: Desk) -> None:
    desk.partner("PUT", "/client/1002/moduleLink/demo_crm", body={"externalId": "CUST-X"})

    assert types(desk) == []


def test_merge_names_both_and_tells_of_each_booking_moved(desk: Desk) -> None:
    gone, kept = desk.story()["duplicate_clients"]
    client = {"client": {"id": gone}}
    booking_id = desk.booked(TEN, **client)
    before = len(desk.told())
    desk.panel("POST", "/__sandbox/merge-clients", body={"fromClientId": gone, "intoClientId": kept})

    news = {entry["type"]: entry["body"]["content"] for entry in desk.told()[before:]}
    assert set(news) == {"appointment.updated", "client.merged"}
    assert news["appointment.updated"]["booking"]["bookingId"] == booking_id
    assert news["appointment.updated"]["booking"]["client"]["id"] == kept
    merged = news["client.merged"]
    assert (merged["clientId"], merged["newClientId"], merged["client"]["id"]) == (gone, kept, kept)


def test_anonymised_client_is_news_without_a_name(desk: Desk) -> None:
    desk.panel("POST", f"/__sandbox/anonymise/{desk.story()['due_for_anonymization']['clientId']}")

    assert types(desk)[0] == "client.updated"
    assert desk.told()[0]["body"]["content"]["client"]["firstName"] == ""


def test_consent_is_news_and_goes_along_from_then_on(desk: Desk) -> None:
    client_id = desk.story()["lea_noir"]["clientId"]
    answer = desk.panel("POST", "/__sandbox/consent", body={"clientId": client_id, "granted": False})
    said = {"clientId": client_id, "granted": False, "source": "BackOffice", "changedOn": NOW}
    assert answer.body == {"consent": said}
    assert (types(desk), content(desk)["consent"]) == (["client.consent"], said)
    desk.booked(TEN)

    assert content(desk)["consents"] == [said]


def test_consent_moves_with_a_merge_and_goes_with_the_person(desk: Desk) -> None:
    gone, kept = desk.story()["duplicate_clients"]
    desk.panel("POST", "/__sandbox/consent", body={"clientId": gone, "granted": True})
    desk.panel("POST", "/__sandbox/merge-clients", body={"fromClientId": gone, "intoClientId": kept})
    last = [entry["body"]["content"] for entry in desk.told() if entry["type"] == "client.consent"][-1]
    assert (last["clientId"], last["consent"]["granted"]) == (kept, True)
    desk.panel("POST", f"/__sandbox/anonymise/{kept}")

    assert "consents" not in content(desk)


@pytest.mark.parametrize("body", [{}, {"clientId": 1001}, {"clientId": 1001, "granted": "yes"}, {"granted": True}])
def test_unreadable_consent_is_bad(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.panel("POST", "/__sandbox/consent", body=body).status == 400
    assert types(desk) == []


def test_change_in_the_vendors_calendar_is_news(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    desk.panel("POST", f"/__sandbox/booking/{booking_id}", body={"quickNote": "x"})
    desk.panel("POST", "/__sandbox/rival", body={"staffId": 7001, "startsOn": NOON})

    assert types(desk) == ["appointment.created", "appointment.updated", "appointment.created"]


def test_rival_of_chaos_is_news_too(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "slot_taken"})

    assert desk.book(TEN).error == "StaffNotAvailable"
    assert types(desk) == ["appointment.created"]
