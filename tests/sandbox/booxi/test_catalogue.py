"""Stores, people, services, schedules: what is listed, to whom, and how it is narrowed."""

from typing import Any

import pytest

from tests.sandbox.desk import ANA, BRIDAL, CUT, FREE_DAY, HELENE, MARAIS, OPERA, PREVIEW, WORKSHOP, Desk


def ids(answer: Any, name: str) -> list[int]:
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.body[name]]


# ---- stores


def test_own_store_has_opening_hours(desk: Desk) -> None:
    body = desk.store("GET", "/merchant", merchant_id=MARAIS).body

    assert (body["id"], body["timeZone"], body["storeNumber"]) == (MARAIS, "Europe/Paris", "102")
    assert {"dow": 2, "start": "10:00", "end": "19:30"} in body["openHours"]
    assert {0, 1}.isdisjoint({entry["dow"] for entry in body["openHours"]})


def test_store_list_tells_each_stores_own_key(desk: Desk) -> None:
    body = desk.partner("GET", "/merchant/list").body

    assert {item["id"]: item["apiKey"] for item in body["items"]} == {
        501: "sandbox-merchant-501",
        502: "sandbox-merchant-502",
        503: "sandbox-merchant-503",
    }


def test_store_list_of_another_group_is_empty(desk: Desk) -> None:
    assert desk.partner("GET", "/merchant/list", query={"groupId": 90}).body["total"] == 0


def test_store_search_by_external_id(desk: Desk) -> None:
    body = desk.partner("GET", "/merchant/search", query={"moduleId": "demo_crm", "externalId": "STORE-102"}).body

    assert [merchant["id"] for merchant in body["merchants"]] == [MARAIS]
    assert [link["merchantId"] for link in body["merchantLinks"]] == [MARAIS]


def test_store_search_by_group(desk: Desk) -> None:
    assert ids(desk.partner("GET", "/merchant/search", query={"groupId": 20}), "merchants") == [501, 502, 503]


def test_one_store(desk: Desk) -> None:
    assert desk.partner("GET", "/merchant/501").body["name"] == "Paris Opéra"
    assert desk.partner("GET", "/merchant/99").status == 404


# ---- people


def test_online_staff_have_calendars(desk: Desk) -> None:
    found = ids(desk.store("GET", "/staff"), "items")

    assert ANA in found
    assert HELENE not in found


def test_online_staff_by_service(desk: Desk) -> None:
    everybody, able = (
        ids(desk.store("GET", "/staff", query=query, merchant_id=MARAIS), "items")
        for query in ({}, {"serviceId": 9015})
    )
    offering = [
        person
        for person in everybody
        if 9015 in ids(desk.store("GET", "/service", query={"staffId": person}, merchant_id=MARAIS), "items")
    ]

    assert able == offering


def test_staff_list_has_everybody_of_the_store(desk: Desk) -> None:
    body = desk.partner("GET", "/staff/list", query={"merchantId": OPERA}).body

    assert [person["loginEmail"] for person in body["staffs"]][:3] == [
        "ana.roy@demo.test",
        "marc.petit@demo.test",
        "helene.aurel@demo.test",
    ]
    assert [person["userRole"] for person in body["staffs"]][:3] == ["Staff", "Manager", "Admin"]
    assert "merchantId" not in body["staffs"][0]


@pytest.mark.parametrize(
    "query",
    [
        {"loginEmail": "ANA.ROY@demo.test"},
        {"communicationEmail": "ana.roy@demo.test"},
        {"firstName": "ana", "lastName": "roy"},
        {"moduleId": "demo_crm", "externalId": "EMP-7001"},
    ],
)
def test_staff_list_finds_one(desk: Desk, query: dict[str, str]) -> None:
    assert ids(desk.partner("GET", "/staff/list", query=query), "staffs") == [ANA]


@pytest.mark.parametrize("query", [{"status": "Away"}, {"moduleId": "demo_crm"}, {"merchantId": "x"}])
def test_staff_list_refuses_what_it_cannot_read(desk: Desk, query: dict[str, str]) -> None:
    assert desk.partner("GET", "/staff/list", query=query).status == 400


def test_one_staff_member(desk: Desk) -> None:
    assert desk.partner("GET", f"/staff/{ANA}").body["name"] == "Ana Roy"


# ---- services


def test_online_services_leave_out_offline_ones(desk: Desk) -> None:
    online = ids(desk.store("GET", "/service"), "items")
    listed = ids(desk.partner("GET", "/service/list", query={"merchantId": OPERA}), "services")

    assert set(listed) - set(online) == {PREVIEW}


def test_online_services_by_person_method_and_keyword(desk: Desk) -> None:
    assert WORKSHOP not in ids(desk.store("GET", "/service", query={"staffId": ANA}), "items")
    assert ids(desk.store("GET", "/service", query={"bookingMethod": "GroupReservation"}), "items") == [WORKSHOP]
    assert ids(desk.store("GET", "/service", query={"keywords": "signature"}), "items") == [CUT]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "Offline"}, [PREVIEW]),
        ({"bookingMethod": "GroupReservation"}, [WORKSHOP]),
        ({"serviceCategoryId": 305}, [9011, BRIDAL, PREVIEW]),
        ({"tags": "free"}, [9010]),
        ({"moduleId": "demo_crm", "externalId": "SKU-9001"}, [CUT]),
    ],
)
def test_service_list_is_narrowed(desk: Desk, query: dict[str, Any], expected: list[int]) -> None:
    assert ids(desk.partner("GET", "/service/list", query={"merchantId": OPERA} | query), "services") == expected


def test_same_service_of_two_stores_shares_its_template(desk: Desk) -> None:
    here, there = (desk.partner("GET", f"/service/{service_id}").body for service_id in (9001, 9015))

    assert here["serviceTemplateId"] == there["serviceTemplateId"]
    assert (here["merchantId"], there["merchantId"]) == (OPERA, MARAIS)


def test_categories_are_listed_both_ways(desk: Desk) -> None:
    listed = ids(desk.partner("GET", "/serviceCategory/list", query={"merchantId": OPERA}), "serviceCategories")

    assert ids(desk.store("GET", "/serviceCategory"), "items") == listed
    assert desk.partner("GET", f"/serviceCategory/{listed[0]}").body["name"] == "Hair"


def test_every_listing_together_is_the_group_and_no_stranger(desk: Desk) -> None:
    merchants = {service["merchantId"] for service in desk.partner("GET", "/service/list").body["services"]}

    assert merchants == {501, 502, 503}


# ---- schedules


@pytest.mark.parametrize("path", ["/merchant/501/schedule", f"/staff/{ANA}/schedule"])
def test_schedules_are_listed_and_shown(desk: Desk, path: str) -> None:
    (schedule,) = desk.partner("GET", path, query={"rangeStart": f"{FREE_DAY}T00:00:00Z"}).body["schedules"]

    assert {"dow": 0, "start": "09:30", "end": "20:00"} in schedule["weeklyHours"]
    assert desk.partner("GET", f"{path}/{schedule['id']}").body == schedule


def test_schedule_of_somebody_else_is_not_found(desk: Desk) -> None:
    (schedule,) = desk.partner("GET", f"/staff/{ANA}/schedule").body["schedules"]

    assert desk.partner("GET", f"/staff/{HELENE}/schedule/{schedule['id']}").status == 404
    assert desk.partner("GET", f"/merchant/501/schedule/{schedule['id']}").status == 404


# ---- group events


def test_group_events_of_a_month(desk: Desk) -> None:
    query = {"from": "2026-11-20T00:00:00Z", "to": "2026-12-20T00:00:00Z"}
    body = desk.store("GET", "/groupEvent", query=query).body

    assert body["total"] >= 4
    assert [event["start"] for event in body["items"]] == sorted(event["start"] for event in body["items"])
    free = desk.store("GET", "/groupEvent", query=query | {"minAvailablePlaces": 1}).body
    assert desk.story()["full_group_event"]["groupEventId"] not in [event["id"] for event in free["items"]]
    assert desk.store("GET", "/groupEvent", query=query | {"staffId": ANA}).body["total"] == 0


def test_group_event_of_another_store_is_not_found(desk: Desk) -> None:
    event_id = desk.story()["group_event"]["groupEventId"]

    assert desk.store("GET", f"/groupEvent/{event_id}", merchant_id=MARAIS).status == 404
