"""Each fault as a client sees it: over a socket, from the real process."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.sandbox.chaos import BOOKER, FAULTS, WEBHOOKS
from tests.sandbox.desk import ANA, CRM, FREE_DAY, booking_body
from tests.sandbox.processes import Running

WINDOW = {
    "staffId": ANA,
    "from": "2026-10-01T00:00:00Z",
    "to": "2026-11-30T00:00:00Z",
    "eventType": "Appointment",
    "include": "Appointment",
}


def bookings_at(process: Running, instant: str) -> list[Any]:
    query = {"staffId": ANA, "from": instant, "to": instant}
    found: list[Any] = process.http.get("/__sandbox/bookings", params=query).json()["bookings"]
    return found


@pytest.mark.parametrize(("name", "status"), [("429", 429), ("500", 500), ("503", 503), ("unauthorized", 401)])
def test_refusals_do_no_work(process: Running, name: str, status: int) -> None:
    instant = f"{FREE_DAY}T08:30:00Z"
    process.fault(name, path="/booking")
    answer = process.ask("POST", "/booking", json=booking_body(instant))

    assert (answer.status_code, answer.json()["code"]) == (status, status)
    assert "Retry-After" not in answer.headers
    assert bookings_at(process, instant) == []


def test_429_with_retry_after_says_how_long(process: Running) -> None:
    process.fault("429_retry_after", seconds=7)

    assert process.ask("GET", "/merchant/list").headers["Retry-After"] == "7"


def test_redirect_points_to_another_host(process: Running) -> None:
    process.fault("redirect")
    answer = process.ask("GET", "/merchant/501")

    assert (answer.status_code, answer.headers["Location"]) == (302, "http://elsewhere.invalid/merchant/501")


def test_html_error_is_a_200_that_is_no_json(process: Running) -> None:
    process.fault("html_error")
    answer = process.ask("GET", "/merchant/501")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(ValueError):  # noqa: PT011
        answer.json()


def test_timeout_before_does_no_work(process: Running) -> None:
    instant = f"{FREE_DAY}T09:30:00Z"
    process.fault("timeout_before", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        process.ask("POST", "/booking", json=booking_body(instant), timeout=0.3)

    assert bookings_at(process, instant) == []


def test_timeout_before_hangs_up_when_its_time_is_over(process: Running) -> None:
    process.fault("timeout_before", seconds=0.1)
    with pytest.raises(httpx.RemoteProtocolError):
        process.ask("GET", "/merchant/501")


def test_timeout_after_write_has_done_the_work(process: Running) -> None:
    instant = f"{FREE_DAY}T10:30:00Z"
    process.fault("timeout_after_write", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        process.ask("POST", "/booking", json=booking_body(instant), timeout=1.0)

    assert len(bookings_at(process, instant)) == 1


def test_reset_comes_before_any_work(process: Running) -> None:
    instant = f"{FREE_DAY}T11:30:00Z"
    process.fault("reset")
    with pytest.raises(httpx.ReadError):
        process.ask("POST", "/booking", json=booking_body(instant))

    assert bookings_at(process, instant) == []


def test_lost_reply_has_done_the_work(process: Running) -> None:
    instant = f"{FREE_DAY}T12:30:00Z"
    process.fault("lost_reply")
    with pytest.raises(httpx.ReadError):
        process.ask("POST", "/booking", json=booking_body(instant))

    assert len(bookings_at(process, instant)) == 1


def test_slow_drip_arrives_whole_if_one_waits(process: Running) -> None:
    process.fault("slow_drip", seconds=0.2)
    with process.http.stream(
        "GET", "/booking/v1/merchant/501", headers={"Booxi-PartnerKey": "sandbox-partner-key"}
    ) as answer:
        pieces = list(answer.iter_raw())

    assert len(pieces) > 1
    assert b'"id":501' in b"".join(pieces)


def test_malformed_json_is_cut_in_half(process: Running) -> None:
    process.fault("malformed_json")
    answer = process.ask("GET", "/merchant/501")

    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(ValueError):  # noqa: PT011
        answer.json()


def test_wrong_types_keep_the_names(process: Running) -> None:
    plain = process.ask("GET", "/merchant/501").json()
    process.fault("wrong_types")
    spoilt = process.ask("GET", "/merchant/501").json()

    assert set(spoilt) == set(plain)
    assert all(type(spoilt[name]) is not type(plain[name]) for name in ("id", "name", "isAvailableOnline"))


def test_unknown_fields_are_everywhere(process: Running) -> None:
    process.fault("unknown_fields")
    body = process.ask("GET", "/calendar", params=WINDOW).json()

    assert "futureField" in body
    assert "futureField" in body["bookings"][0]["client"]
    assert body["bookings"][0]["bookingId"]


def test_unknown_status_is_only_the_bookings(process: Running) -> None:
    process.fault("unknown_status")
    body = process.ask("GET", "/calendar", params=WINDOW | {"include": ["Appointment", "Staff"]}).json()

    assert {booking["status"] for booking in body["bookings"]} == {"OnHoldForReview"}
    assert body["staff"]["status"] == "Online"


def test_huge_body_is_megabytes(process: Running) -> None:
    process.fault("huge_body", megabytes=3)
    answer = process.ask("GET", "/merchant/501")

    assert len(answer.content) > 3_000_000
    assert answer.json()["id"] == 501


def test_repeated_cursor_never_ends(process: Running) -> None:
    process.fault("repeated_cursor", times=None)
    seen = []
    cursor = None
    for _ in range(3):
        query = {"cursor": cursor} if cursor else WINDOW
        body = process.ask("GET", "/calendar", params=query).json()
        cursor = body["cursor"]
        seen.append((cursor, [event["id"] for event in body["calendarEvents"]]))

    assert cursor
    assert seen[0] == seen[1] == seen[2]


def test_slot_taken_brings_a_real_rival(process: Running) -> None:
    instant = f"{FREE_DAY}T14:30:00Z"
    process.fault("slot_taken")
    answer = process.ask("POST", "/booking", json=booking_body(instant))

    assert (answer.status_code, answer.json()["error"]) == (409, "StaffNotAvailable")
    assert len(bookings_at(process, instant)) == 1


def test_faults_are_noted_with_the_call(process: Running) -> None:
    process.fault("lost_reply")
    with pytest.raises(httpx.ReadError):
        process.ask("GET", "/merchant/501")
    (call,) = process.http.get("/__chaos/calls").json()["calls"]

    assert (call["status"], call["fault"], call["path"]) == (None, "lost_reply", "/merchant/<id:merchant_id>")


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - WEBHOOKS.keys()))
def test_every_fault_has_its_test(name: str) -> None:
    tests = Path(__file__).with_name("booker").joinpath("test_faults.py") if name in BOOKER else Path(__file__)
    assert f'"{name}"' in tests.read_text()


@pytest.mark.parametrize("name", WEBHOOKS)
def test_every_webhook_fault_has_its_test(name: str) -> None:
    assert f'"{name}"' in Path(__file__).with_name("webhooks").joinpath("test_sender.py").read_text()


def test_crm_paths_have_faults_too(process: Running) -> None:
    process.fault("503", path="/crm/v1/customers", method="PATCH")
    process.fault("malformed_json", path="/crm")

    assert process.ask("GET", "/merchant/501").status_code == 200
    how = {"headers": CRM, "json": {"language": "en"}}
    assert process.http.patch("/crm/v1/customers/CUST-9", **how).status_code == 503
    with pytest.raises(ValueError, match="delimiter|Unterminated|Expecting"):
        process.http.get("/crm/v1/customers/CUST-9", headers=CRM).json()
    assert process.http.get("/crm/v1/customers/CUST-9", headers=CRM).json()["id"] == "CUST-9"
