import re
from typing import Any

from tests.sandbox.desk import ANA, BRIDAL, CUT, FOREIGN, FREE_DAY, MARC, NOWHERE, OPERA, Desk

TEN = f"{FREE_DAY}T10:00:00Z"


def form(**fields: str) -> dict[str, str]:
    chosen = {"merchantId": str(OPERA), "serviceId": str(CUT), "date": FREE_DAY, "startsOn": TEN, "consent": "yes"}
    person = {"firstName": "Mira", "lastName": "Okafor", "email": "mira@example.org", "mobilePhoneNumber": ""}
    return chosen | person | fields


def page(desk: Desk, **query: Any) -> str:
    answer = desk.panel("GET", "/widget", query={"merchantId": OPERA} | query)
    assert answer.status == 200, answer.body
    body: str = answer.body
    return body


def booked(desk: Desk, **fields: str) -> Any:
    answer = desk.submit("/widget", **form(**fields))
    assert answer.status == 303, answer.body
    return desk.truth(answer.headers["Location"].rsplit("=", 1)[1])


def test_times_are_those_that_can_be_booked(desk: Desk) -> None:
    desk.booked(TEN)
    shown = page(desk, serviceId=CUT, staffId=ANA, date=FREE_DAY)

    times = re.findall(r'name="startsOn" value="([^"]+)"', shown)
    assert TEN not in times
    slots = desk.slots(CUT, start=f"{FREE_DAY}T00:00:00Z", end=f"{FREE_DAY}T22:00:00Z", only=[ANA])
    assert times == [slot["startsOn"] for slot in slots]
    assert "<script" not in shown


def test_booking_is_the_clients_own(desk: Desk) -> None:
    desk.listen(NOWHERE)
    made = booked(desk, staffId=str(ANA), additionalRequest="By the window")

    assert (made["createdBy"], made["acquisitionChannel"], made["startsOn"]) == ("Client", "BookNow", TEN)
    assert (made["staffId"], made["client"]["email"]) == (ANA, "mira@example.org")
    assert made["client"]["additionalRequest"] == "By the window"
    told = desk.told()
    assert [entry["type"] for entry in told] == ["client.created", "appointment.created", "client.consent"]
    assert told[1]["body"]["content"]["consents"][0]["granted"] is True
    assert told[2]["body"]["content"]["consent"]["source"] == "Widget"


def test_known_client_consents_once(desk: Desk) -> None:
    first = booked(desk)
    desk.listen(NOWHERE)
    second = booked(desk, startsOn=f"{FREE_DAY}T12:00:00Z")

    assert second["client"]["id"] == first["client"]["id"]
    assert [entry["type"] for entry in desk.told()] == ["appointment.created"]


def test_customer_id_finds_the_client_whatever_her_name(desk: Desk) -> None:
    made = booked(desk, customerId="CUST-9", email="other@example.org")

    assert made["client"]["id"] == desk.story()["lea_noir"]["clientId"]


def test_unknown_customer_id_is_kept_with_the_new_client(desk: Desk) -> None:
    desk.listen(NOWHERE)
    made = booked(desk, customerId="CUST-NEW")

    (link,) = desk.told()[1]["body"]["content"]["clientLinks"]
    assert (link["clientId"], link["externalId"]) == (made["client"]["id"], "CUST-NEW")


def test_customer_id_of_the_address_goes_into_the_form(desk: Desk) -> None:
    shown = page(desk, serviceId=CUT, date=FREE_DAY, customerId='CUST-"9')

    assert shown.count('name="customerId" value="CUST-&quot;9"') == 2


def test_what_the_shop_hands_over_is_filled_in_but_not_put_in_the_address(desk: Desk) -> None:
    shown = page(desk, serviceId=CUT, date=FREE_DAY, firstName="Mira", email="mira@example.org")

    search = re.search(r"<form[^>]*method=\"get\".*?</form>", shown, re.DOTALL)
    assert search is not None
    assert "mira@example.org" not in search.group()
    assert 'value="mira@example.org"' in shown


def test_nothing_is_booked_without_consent(desk: Desk) -> None:
    before = desk.panel("GET", "/__sandbox/summary").body
    answer = desk.submit("/widget", **form(consent=""))

    assert (answer.status, 'role="alert"' in answer.body) == (400, True)
    assert 'value="Mira"' in answer.body
    assert desk.panel("GET", "/__sandbox/summary").body == before


def test_anyone_is_the_least_busy_who_is_free(desk: Desk) -> None:
    desk.booked(f"{FREE_DAY}T14:00:00Z")
    assert booked(desk)["staffId"] != ANA

    taken = desk.booked(f"{FREE_DAY}T16:00:00Z", staffId=MARC)
    assert taken
    assert booked(desk, startsOn=f"{FREE_DAY}T16:00:00Z", email="b@example.org")["staffId"] != MARC


def test_time_that_has_gone_is_refused(desk: Desk) -> None:
    desk.booked(TEN)
    answer = desk.submit("/widget", **form(staffId=str(ANA)))

    assert (answer.status, "just gone" in answer.body) == (409, True)


def test_confirmation_names_nobody(desk: Desk) -> None:
    answer = desk.submit("/widget", **form())
    shown = desk.panel("GET", answer.headers["Location"]).body

    assert "Booked: Signature Cut, 19.01.2027, 11:00" in shown
    assert "Okafor" not in shown + answer.headers["Location"]


def test_day_without_a_free_time_leads_to_the_next(desk: Desk) -> None:
    shown = page(desk, serviceId=BRIDAL, date="2020-01-01")

    assert "Nothing is free" in shown
    assert 'name="date" value="2020-01-02"' in shown


def test_without_a_store_all_are_offered(desk: Desk) -> None:
    assert "/widget?merchantId=501" in desk.panel("GET", "/widget").body


def test_unreadable_choices_are_bad(desk: Desk) -> None:
    for query in ({"date": "soon"}, {"serviceId": "x"}, {"staffId": "-1"}, {"serviceId": CUT, "merchantId": FOREIGN}):
        assert desk.panel("GET", "/widget", query={"merchantId": OPERA} | query).status == 400, query
    for query in ({"merchantId": 999}, {"serviceId": 999_999}, {"booked": "NOPE"}):
        assert desk.panel("GET", "/widget", query={"merchantId": OPERA} | query).status in (400, 404), query
    for fields in ({"startsOn": "ten"}, {"serviceId": ""}, {"firstName": "\x00"}, {"lastName": ""}, {"email": ""}):
        assert desk.submit("/widget", **form(**fields)).status == 400, fields
