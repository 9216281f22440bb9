from typing import Any

import pytest

from tests.sandbox.desk import ANA, CUT, FREE_DAY, OPERA, Desk

TEN = f"{FREE_DAY}T10:00:00Z"


def changed(desk: Desk, booking_id: str, **body: Any) -> Any:
    answer = desk.panel("POST", f"/__sandbox/booking/{booking_id}", body=body)
    assert answer.status == 200, answer.body
    return answer.body


def test_summary_counts(desk: Desk) -> None:
    before = desk.panel("GET", "/__sandbox/summary").body
    desk.booked(TEN)
    after = desk.panel("GET", "/__sandbox/summary").body

    assert after["booking"] == before["booking"] + 1
    assert after["merchant"] == 4


def test_change_backstage_asks_no_rule_and_moves_modified_on(desk: Desk) -> None:
    desk.booked(TEN)
    booking_id = desk.booked(f"{FREE_DAY}T12:00:00Z")
    after = changed(desk, booking_id, startsOn=TEN, isCompleted=True, client={"presence": "NoShow"})

    assert (after["startsOn"], after["isCompleted"], after["client"]["presence"]) == (TEN, True, "NoShow")
    assert after["modifiedOn"] == "2026-11-20T10:20:01Z"
    assert changed(desk, booking_id, quickNote="x")["modifiedOn"] == "2026-11-20T10:20:02Z"


def test_change_backstage_takes_the_person_away(desk: Desk) -> None:
    after = changed(desk, desk.booked(TEN), staffId=None, status="PendingStaffApproval", isScheduled=False)

    assert (after["staffId"], after["isScheduled"]) == (None, False)


def test_rival_books_even_what_is_taken(desk: Desk) -> None:
    mine = desk.booked(TEN)
    rival = desk.panel("POST", "/__sandbox/rival", body={"staffId": ANA, "startsOn": TEN}).body

    assert rival["bookingId"] != mine
    query = {"staffId": ANA, "from": TEN, "to": f"{FREE_DAY}T11:00:00Z"}
    found = desk.panel("GET", "/__sandbox/bookings", query=query).body["bookings"]
    assert [booking["bookingId"] for booking in found] == [mine, rival["bookingId"]]


def test_bookings_backstage_include_cancelled_ones_and_every_column(desk: Desk) -> None:
    booking_id = desk.booked(TEN)
    desk.change(booking_id, status="Cancelled", modifiedBy="Client")
    query = {"staffId": ANA, "from": TEN, "to": TEN, "status": "Cancelled"}
    (found,) = desk.panel("GET", "/__sandbox/bookings", query=query).body["bookings"]

    assert (found["bookingId"], found["raw"]["cancelled_by"]) == (booking_id, "Client")


def test_merge_moves_bookings_and_links(desk: Desk) -> None:
    lea, (other, _) = desk.story()["lea_noir"]["clientId"], desk.story()["duplicate_clients"]
    booking_id = desk.booked(TEN)
    body = {"fromClientId": lea, "intoClientId": other}
    assert desk.panel("POST", "/__sandbox/merge-clients", body=body).status == 200

    assert desk.truth(booking_id)["client"]["id"] == other
    found = desk.partner("GET", "/client", query={"moduleId": "demo_crm", "externalId": "CUST-9"}).body
    assert [client["id"] for client in found["clients"]] == [other]
    assert desk.partner("GET", f"/client/{lea}").body["newClientId"] == other


def test_merge_in_a_circle_is_refused(desk: Desk) -> None:
    first, second = desk.story()["duplicate_clients"]
    desk.panel("POST", "/__sandbox/merge-clients", body={"fromClientId": first, "intoClientId": second})

    for pair in ((second, first), (first, second), (first, first)):
        body = {"fromClientId": pair[0], "intoClientId": pair[1]}
        assert desk.panel("POST", "/__sandbox/merge-clients", body=body).status == 400


def test_anonymise_keeps_the_id_and_nothing_personal(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]["clientId"]
    booking_id = desk.booked(TEN, quickNote="Quiet room")
    body = desk.panel("POST", f"/__sandbox/anonymise/{lea}").body

    assert (body["id"], body["firstName"], body["email"], body["mobilePhoneNumber"]) == (lea, "", "", "")
    kept = desk.truth(booking_id)
    assert (kept["client"]["id"], kept["client"]["lastName"], kept["quickNote"]) == (lea, "", "")
    assert desk.partner("GET", f"/client/{lea}/moduleLink/demo_crm").status == 404


def test_request_waits_for_staff(desk: Desk) -> None:
    spells = [{"from": TEN, "to": f"{FREE_DAY}T12:00:00Z"}]
    body = {"merchantId": OPERA, "serviceId": CUT, "clientId": 1001, "clientAvailability": spells}
    made = desk.panel("POST", "/__sandbox/request", body=body).body

    assert (made["status"], made["isScheduled"], made["createdBy"]) == ("PendingStaffApproval", False, "Client")
    assert made["clientAvailability"] == spells


def test_clock_is_set(desk: Desk) -> None:
    assert (
        desk.panel("POST", "/__sandbox/clock", body={"now": "2027-01-01T00:00:00Z"}).body["now"]
        == "2027-01-01T00:00:00Z"
    )
    assert desk.panel("GET", "/__sandbox/health").body["now"] == "2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/__sandbox/rival", {"staffId": ANA}),
        ("/__sandbox/rival", {"staffId": 99, "startsOn": TEN}),
        ("/__sandbox/request", {"merchantId": OPERA}),
        ("/__sandbox/request", {"merchantId": OPERA, "serviceId": CUT, "clientId": "x"}),
        ("/__sandbox/merge-clients", {}),
        ("/__sandbox/clock", {"now": "soon"}),
        ("/__sandbox/anonymise/99", {}),
        ("/__sandbox/booking/NOPE00", {}),
        ("/__sandbox/nothing", {}),
    ],
)
def test_backstage_refuses_what_it_cannot_read(desk: Desk, path: str, body: dict[str, Any]) -> None:
    assert desk.panel("POST", path, body=body).status in (400, 404)


def test_assumptions_name_their_section(desk: Desk) -> None:
    entries = desk.panel("GET", "/__sandbox/assumptions").body["assumptions"]

    assert len(entries) > 30
    assert all(entry["section"] and entry["decision"] for entry in entries)


def test_clients_backstage_include_those_who_are_gone(desk: Desk) -> None:
    merged = desk.story()["merged_client"]
    lea = desk.story()["lea_noir"]["clientId"]
    desk.partner("DELETE", "/client/1001", query={"ignoreError": "true"})
    desk.panel("POST", "/__sandbox/consent", body={"clientId": lea, "granted": True})

    def one(client_id: int) -> Any:
        query = {"merchantId": OPERA, "after": client_id - 1}
        return desk.panel("GET", "/__sandbox/clients", query=query).body["clients"][0]

    assert (one(1001)["id"], one(1001)["isDeleted"], one(1001)["links"]) == (1001, True, [])
    assert one(merged["clientId"])["mergedInto"] == merged["newClientId"]
    assert one(lea)["links"][0]["externalId"] == "CUST-9"
    assert (one(lea)["consent"]["granted"], one(lea)["mergedInto"], one(lea)["isAnonymized"]) == (True, None, False)
