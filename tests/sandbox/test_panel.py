from typing import Any

import pytest

from integrations.sandbox.chaos import FAULTS
from tests.sandbox.desk import FREE_DAY, NOW, NOWHERE, SECRET, Desk


def test_page_shows_faults_and_escapes_them(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "503", "path": "/<b>"})
    page = desk.panel("GET", "/__chaos").body

    assert all(f'<option value="{name}">' in page for name in FAULTS)
    assert "/&lt;b&gt;" in page
    assert "<script" not in page


def test_page_forms_add_clear_and_set_the_quota(desk: Desk) -> None:
    def submit(form: dict[str, str]) -> int:
        return desk.client.post("/__chaos", data=form).status_code

    add = {"action": "add", "fault": "503", "path": "/staff", "method": "", "times": "", "seconds": "2"}
    assert submit(add) == 303
    (fault,) = desk.panel("GET", "/__chaos/faults").body["faults"]
    assert (fault["fault"], fault["path"], fault["method"], fault["times"], fault["seconds"]) == (
        "503",
        "/staff",
        None,
        None,
        2.0,
    )
    assert submit({"action": "clear"}) == 303
    assert desk.panel("GET", "/__chaos/faults").body["faults"] == []
    assert submit({"action": "quota", "mode": "vendor"}) == 303
    assert desk.panel("GET", "/__chaos/quota").body == {"mode": "vendor"}


@pytest.mark.parametrize("form", [{"action": "add"}, {"action": "quota", "mode": "none"}, {}])
def test_page_refuses_forms_it_cannot_read(desk: Desk, form: dict[str, str]) -> None:
    assert desk.client.post("/__chaos", data=form).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "unheard_of"},
        {"fault": "500", "path": "("},
        {"fault": "500", "times": 0},
        {"fault": "500", "seconds": "long"},
        {"fault": "500", "seconds": 10_000},
        {"fault": "500", "method": "LOOK"},
    ],
)
def test_unreadable_fault_is_bad(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.panel("POST", "/__chaos/faults", body=body).status == 400


def test_fault_strikes_its_path_and_method_as_often_as_told(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "503", "path": "/staff", "method": "GET", "times": 2})

    assert desk.partner("GET", "/merchant/501").status == 200
    assert [desk.partner("GET", "/staff/7001").status for _ in range(3)] == [503, 503, 200]


def test_fault_path_is_a_regex_after_the_base(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "500", "path": "/service$", "times": None})

    assert desk.store("GET", "/service").status == 500
    assert desk.partner("GET", "/service/list").status == 200


def test_fault_path_may_begin_with_the_base(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "500", "path": "/booking/v1/staff"})

    assert desk.partner("GET", "/merchant/501").status == 200
    assert desk.partner("GET", "/staff/7001").status == 500


def test_fault_for_ever_stays_until_removed(desk: Desk) -> None:
    fault = desk.panel("POST", "/__chaos/faults", body={"fault": "500", "times": None}).body

    assert [desk.partner("GET", "/merchant/501").status for _ in range(5)] == [500] * 5
    assert desk.panel("DELETE", f"/__chaos/faults/{fault['id']}").status == 200
    assert desk.partner("GET", "/merchant/501").status == 200
    assert desk.panel("DELETE", f"/__chaos/faults/{fault['id']}").status == 404


def test_faults_strike_one_at_a_time_oldest_first(desk: Desk) -> None:
    for name in ("500", "503"):
        desk.panel("POST", "/__chaos/faults", body={"fault": name})

    assert [desk.partner("GET", "/merchant/501").status for _ in range(3)] == [500, 503, 200]


def test_quota_mode_is_changed(desk: Desk) -> None:
    assert desk.panel("POST", "/__chaos/quota", body={"mode": "vendor"}).body == {"mode": "vendor"}
    assert [desk.partner("GET", "/merchant/501").status for _ in range(6)][-1] == 429
    assert desk.panel("POST", "/__chaos/quota", body={"mode": "none"}).status == 400


def test_share_strikes_its_part_and_the_same_ones_again(desk: Desk) -> None:
    def struck() -> list[int]:
        desk.panel("DELETE", "/__chaos/faults")
        desk.panel("POST", "/__chaos/faults", body={"fault": "503", "share": 0.5})
        return [desk.partner("GET", "/merchant/501").status for _ in range(40)]

    first = struck()
    assert 10 < first.count(503) < 30
    assert struck() == first


@pytest.mark.parametrize("share", [0, -1, 1.5, "half", True])
def test_share_is_a_part_of_one(desk: Desk, share: Any) -> None:
    assert desk.panel("POST", "/__chaos/faults", body={"fault": "500", "share": share}).status == 400


def test_page_stops_and_starts_sending(desk: Desk) -> None:
    assert desk.submit("/__chaos", action="pause").status == 303
    assert desk.sandbox.sender.is_paused
    desk.submit("/__chaos", action="resume")
    assert not desk.sandbox.sender.is_paused


def test_page_adds_a_share_in_per_cent(desk: Desk) -> None:
    desk.submit("/__chaos", action="add", fault="webhook_dropped", path="", times="", share="30")

    (fault,) = desk.panel("GET", "/__chaos/faults").body["faults"]
    assert (fault["share"], fault["times"]) == (0.3, None)


# ---- reset


def test_reset_brings_the_planted_world_back(desk: Desk) -> None:
    before = desk.panel("GET", "/__sandbox/summary").body
    booking_id = desk.booked(f"{FREE_DAY}T10:00:00Z")
    desk.crm("DELETE", "/customers/CUST-9")

    assert desk.panel("POST", "/__sandbox/reset").status == 200
    assert desk.panel("GET", "/__sandbox/summary").body == before
    assert desk.partner("GET", f"/booking/{booking_id}").status == 404
    assert desk.crm("GET", "/customers/CUST-9").status == 200


def test_reset_forgets_faults_calls_quota_clock_and_webhooks(desk: Desk) -> None:
    desk.panel("POST", "/__chaos/faults", body={"fault": "500", "times": None})
    desk.panel("POST", "/__chaos/quota", body={"mode": "vendor"})
    desk.panel("POST", "/__sandbox/webhooks/pause")
    desk.listen(NOWHERE)
    desk.at("2027-06-01T00:00:00Z")
    desk.partner("GET", "/merchant/501")
    desk.panel("POST", "/__sandbox/merge-clients", body={"fromClientId": 1001, "intoClientId": 1002})
    desk.panel("POST", "/__sandbox/reset")

    assert desk.panel("GET", "/__chaos/faults").body["faults"] == []
    assert desk.panel("GET", "/__chaos/quota").body == {"mode": "off"}
    assert desk.panel("GET", "/__chaos/calls").body["total"] == 0
    assert desk.panel("GET", "/__sandbox/health").body["now"] == NOW
    assert desk.panel("GET", "/__sandbox/webhooks").body == {"webhooks": []}
    log = desk.panel("GET", "/__sandbox/webhooks/log").body
    assert (log["deliveries"], log["paused"]) == ([], False)


def test_reset_can_be_done_over_and_over(desk: Desk) -> None:
    for _ in range(3):
        desk.booked(f"{FREE_DAY}T10:00:00Z")
        desk.panel("POST", "/__sandbox/reset")


def test_reset_keeps_what_stands_since_the_start(desk: Desk) -> None:
    desk.sandbox.register({"url": NOWHERE, "secret": SECRET})
    desk.panel("DELETE", "/__sandbox/webhooks")
    desk.panel("POST", "/__sandbox/reset")

    (kept,) = desk.panel("GET", "/__sandbox/webhooks").body["webhooks"]
    assert (kept["url"], kept["source"]) == (NOWHERE, "booxi")
