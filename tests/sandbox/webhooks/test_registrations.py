from typing import Any

import pytest

from tests.sandbox.desk import FREE_DAY, MARAIS, NOWHERE, OPERA, SECRET, STANDARD_SECRET, Desk

TEN = f"{FREE_DAY}T10:00:00Z"


def listed(desk: Desk) -> list[Any]:
    found: list[Any] = desk.panel("GET", "/__sandbox/webhooks").body["webhooks"]
    return found


def test_registration_says_everything_but_the_secret(desk: Desk) -> None:
    desk.listen(NOWHERE)

    assert listed(desk) == [
        {
            "id": 1,
            "source": "booxi",
            "url": NOWHERE,
            "method": "POST",
            "events": None,
            "scope": "group",
            "groupId": 20,
            "merchantId": None,
            "moduleId": "demo_crm",
            "scheme": "booxi",
            "header": "Booxi-Signature",
        }
    ]


def test_standard_scheme_means_the_crm(desk: Desk) -> None:
    desk.listen(NOWHERE, scheme="standard", secret=STANDARD_SECRET)
    desk.listen(NOWHERE, source="crm", secret=STANDARD_SECRET)

    assert [(one["source"], one["scheme"]) for one in listed(desk)] == [("crm", "standard")] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://127.0.0.1/hook",
        "http://127.0.0.1.example.org/",
        "http://localhost@example.org/",
        "http://u:p@localhost/",
        "http://localhost:0/",
        "http://localhost:99999/",
        "http://[::1",
        "http://localhost/\r\nX: y",
        "file:///etc/passwd",
        "localhost",
        "",
    ],
)
def test_only_this_machine_is_told(desk: Desk, url: str) -> None:
    assert desk.panel("POST", "/__sandbox/webhooks", body={"url": url, "secret": SECRET}).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"secret": ""},
        {"secret": None},
        {"secret": "two\nlines"},
        {"secret": "é"},
        {"scheme": "standard", "secret": "plain"},
        {"scheme": "unheard_of"},
        {"method": "GET"},
        {"events": "some"},
        {"events": [1]},
        {"scope": "merchant"},
        {"scope": "world"},
        {"header": "Two Words"},
        {"source": "fax"},
    ],
)
def test_unreadable_registration_is_bad(desk: Desk, change: dict[str, Any]) -> None:
    assert desk.panel("POST", "/__sandbox/webhooks", body={"url": NOWHERE, "secret": SECRET} | change).status == 400
    assert listed(desk) == []


def test_there_is_an_end_to_registrations(desk: Desk) -> None:
    for _ in range(50):
        desk.listen(NOWHERE)

    assert desk.panel("POST", "/__sandbox/webhooks", body={"url": NOWHERE, "secret": SECRET}).status == 409


def test_removed_one_is_told_nothing_more(desk: Desk) -> None:
    first, second = desk.listen(NOWHERE), desk.listen(NOWHERE)
    desk.booked(TEN)
    assert desk.panel("DELETE", f"/__sandbox/webhooks/{first}").status == 200

    assert {entry["registrationId"] for entry in desk.told()} == {second}
    assert desk.panel("DELETE", f"/__sandbox/webhooks/{first}").status == 404
    assert desk.panel("DELETE", "/__sandbox/webhooks").body == {"webhooks": []}
    assert desk.told() == []


def test_only_wanted_events_are_told(desk: Desk) -> None:
    desk.listen(NOWHERE, events=["appointment.updated"])
    desk.change(desk.booked(TEN), quickNote="x")

    assert [entry["type"] for entry in desk.told()] == ["appointment.updated"]


def test_group_and_merchant_hear_the_same_event_with_one_id(desk: Desk) -> None:
    desk.listen(NOWHERE)
    desk.listen(NOWHERE, scope="merchant", merchantId=OPERA)
    desk.listen(NOWHERE, scope="merchant", merchantId=MARAIS)
    desk.booked(TEN)

    told = desk.told()
    assert [entry["registrationId"] for entry in told] == [1, 2]
    assert len({entry["eventId"] for entry in told}) == 1
    assert told[0]["body"] == told[1]["body"]


def test_another_groups_news_are_not_told(desk: Desk) -> None:
    desk.listen(NOWHERE)
    desk.listen(NOWHERE, groupId=90)
    desk.panel("POST", "/__sandbox/anonymise/900")

    assert [(entry["registrationId"], entry["type"]) for entry in desk.told()] == [(2, "client.updated")]


def test_links_are_shown_only_to_the_authorised_module(desk: Desk) -> None:
    for module in ("demo_crm", "demo_pos", None):
        desk.listen(NOWHERE, moduleId=module)
    desk.booked(TEN)

    shown = [entry["body"]["content"].get("clientLinks") for entry in desk.told()]
    assert [link["externalId"] for link in shown[0]] == ["CUST-9"]
    assert shown[1:] == [[], None]
