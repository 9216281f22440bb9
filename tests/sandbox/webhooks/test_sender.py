import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from integrations.sandbox.webhooks import outbox, sender
from integrations.sandbox.webhooks.garbage import BODIES
from tests.sandbox.desk import FREE_DAY, NOWHERE, SECRET, STANDARD_SECRET, Desk
from tests.sandbox.listener import Heard, Listener

TEN, NOON, TWO = (f"{FREE_DAY}T{hour}:00:00Z" for hour in (10, 12, 14))


def fault(desk: Desk, name: str, **how: Any) -> None:
    answer = desk.panel("POST", "/__chaos/faults", body={"fault": name} | how)
    assert answer.status == 201, answer.body


def is_signed(heard: Heard) -> bool:
    parts = dict(part.split("=", 1) for part in heard.headers["Booxi-Signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + heard.body, hashlib.sha256).hexdigest()
    return parts["v1"] == wanted


def log(desk: Desk) -> list[tuple[str, int, int | None]]:
    return [(entry["state"], entry["tries"], entry["status"]) for entry in desk.told()]


def test_event_is_sent_signed(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)

    assert desk.flush() == {"waiting": 0, "sent": 1, "dropped": 0, "given_up": 0}
    (heard,) = listener.heard
    assert (heard.method, heard.path, heard.headers["Content-Type"]) == ("POST", "/hook", "application/json")
    assert is_signed(heard)
    assert heard.headers["Booxi-Signature"].startswith("t=1795170000,")  # NOW, on the sandbox's clock
    assert heard.said["content"]["booking"]["bookingId"] == booking_id


def test_method_header_and_scheme_are_the_registrations(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url + "?a=b", method="PUT", scheme="static", header="X-Mine")
    desk.booked(TEN)
    desk.flush()

    (heard,) = listener.heard
    assert (heard.method, heard.path, heard.headers["X-Mine"]) == ("PUT", "/hook?a=b", SECRET)


def test_crm_signs_as_the_official_library_does(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url, source="crm", secret=STANDARD_SECRET)
    desk.crm("PATCH", "/customers/CUST-9", body={"language": "en"})
    desk.flush()

    (heard,) = listener.heard
    identifier, stamp = heard.headers["webhook-id"], heard.headers["webhook-timestamp"]
    at = datetime.fromtimestamp(int(stamp), UTC)
    wanted = Webhook(STANDARD_SECRET).sign(identifier, at, heard.body.decode())
    assert heard.headers["webhook-signature"] == wanted


def test_refused_one_is_tried_again_later(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url)
    listener.answers += [503]
    desk.booked(TEN)

    assert desk.flush(seconds=0.2)["waiting"] == 1
    assert log(desk) == [("waiting", 1, 503)]
    assert desk.flush()["waiting"] == 0
    assert len(set(listener.ids)) == 1
    assert log(desk) == [("sent", 2, 200)]


def test_nobody_there_is_tried_again_and_given_up(desk: Desk) -> None:
    desk.listen(NOWHERE)
    desk.booked(TEN)
    for _ in range(len(outbox.BACK_OFF) + 1):
        desk.flush(seconds=0)
        assert desk.sandbox.sender._send_one()

    assert log(desk) == [("given_up", len(outbox.BACK_OFF) + 1, None)]
    assert desk.flush()["waiting"] == 0


def test_news_of_one_booking_keeps_its_order(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url)
    listener.answers += [500]
    first = desk.booked(TEN)
    desk.change(first, quickNote="a")
    desk.booked(NOON)
    assert desk.flush(seconds=0.2) == {"waiting": 2, "sent": 1, "dropped": 0, "given_up": 0}
    desk.flush()

    about = [one.said["content"]["booking"] for one in listener.heard]
    assert [booking["quickNote"] for booking in about if booking["bookingId"] == first] == ["", "", "a"]


def test_pause_holds_everything_back(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url)
    assert desk.panel("POST", "/__sandbox/webhooks/pause").body["paused"]
    desk.booked(TEN)

    assert desk.panel("POST", "/__sandbox/webhooks/flush").status == 409
    assert not desk.sandbox.sender._send_one()
    desk.panel("POST", "/__sandbox/webhooks/resume")
    assert desk.flush()["sent"] == 1


@pytest.mark.parametrize("seconds", [-1, "long", 1000, True])
def test_flush_waits_a_readable_time(desk: Desk, seconds: Any) -> None:
    assert desk.panel("POST", "/__sandbox/webhooks/flush", body={"seconds": seconds}).status == 400


def test_log_is_forgotten_but_not_what_waits(desk: Desk, listener: Listener) -> None:
    desk.listen(listener.url)
    desk.booked(TEN)
    desk.flush()
    desk.booked(NOON)
    desk.panel("DELETE", "/__sandbox/webhooks/log")

    assert log(desk) == [("waiting", 0, None)]


def test_log_does_not_grow_for_ever(desk: Desk, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "REMEMBERED", 3)
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    for number in range(6):
        desk.change(booking_id, quickNote=str(number))
    desk.flush()

    assert len(desk.told()) == 3
    assert len(listener.heard) == 7


def test_silent_listener_is_not_waited_for_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk.listen(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        desk.booked(TEN)
        desk.flush(seconds=0.3)

    assert log(desk)[0][0] == "waiting"
    assert log(desk)[0][2] is None


# ---- chaos


def test_twice_is_one_event_sent_twice(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_twice")
    desk.listen(listener.url)
    desk.booked(TEN)
    desk.booked(NOON)
    desk.flush()

    assert sorted(listener.ids.count(one) for one in set(listener.ids)) == [1, 2]


def test_late_one_is_overtaken(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_late", seconds=600, path="appointment.created")
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    desk.change(booking_id, quickNote="x")
    while desk.sandbox.sender._send_one():
        pass
    assert listener.types == ["appointment.updated"]
    desk.flush()

    assert listener.types == ["appointment.updated", "appointment.created"]


def test_out_of_order_one_comes_after_the_next(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_out_of_order")
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    desk.change(booking_id, quickNote="x")
    desk.change(booking_id, quickNote="y")
    desk.flush()

    notes = [one.said["content"]["booking"]["quickNote"] for one in listener.heard]
    assert sorted(notes) == ["", "x", "y"]
    assert notes.index("x") < notes.index("")


def test_out_of_order_one_without_a_next_is_sent_all_the_same(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_out_of_order")
    desk.listen(listener.url)
    desk.booked(TEN)
    assert not desk.sandbox.sender._send_one()

    assert desk.flush()["sent"] == 1


def test_dropped_one_is_never_sent(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_dropped", times=1)
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    desk.change(booking_id, quickNote="x")

    assert desk.flush() == {"waiting": 0, "sent": 1, "dropped": 1, "given_up": 0}
    assert listener.types == ["appointment.updated"]


def test_a_share_is_dropped(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_dropped", share=0.3)
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    for number in range(60):
        desk.change(booking_id, quickNote=str(number))
    counts = desk.flush()

    assert 8 < counts["dropped"] < 30
    assert counts["sent"] == 61 - counts["dropped"] == len(listener.heard)


def test_wrong_signature_is_wrong_once(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_wrong_signature")
    desk.listen(listener.url)
    listener.answers += [401]
    desk.booked(TEN)
    desk.flush()
    desk.flush()

    assert [is_signed(one) for one in listener.heard] == [False, True]


def test_garbage_is_signed_and_gives_way_to_the_event(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_garbage", kind="deep")
    desk.listen(listener.url)
    listener.answers += [400]
    desk.booked(TEN)
    desk.flush()
    desk.flush()

    assert listener.heard[0].body == BODIES["deep"]
    assert all(is_signed(one) for one in listener.heard)
    assert listener.heard[1].type == "appointment.created"


def test_garbage_goes_through_its_kinds(desk: Desk, listener: Listener) -> None:
    fault(desk, "webhook_garbage", times=None)
    desk.listen(listener.url)
    booking_id = desk.booked(TEN)
    for number in range(len(BODIES) - 1):
        desk.change(booking_id, quickNote=str(number))
    desk.flush()

    assert [one.body for one in listener.heard] == list(BODIES.values())


def test_webhook_faults_leave_the_api_alone(desk: Desk) -> None:
    fault(desk, "webhook_dropped", times=None)

    assert desk.partner("GET", "/merchant/501").status == 200
    assert desk.panel("GET", "/__chaos/faults").body["faults"][0]["times"] is None


def test_garbage_kinds_are_known(desk: Desk) -> None:
    answer = desk.panel("POST", "/__chaos/faults", body={"fault": "webhook_garbage", "kind": "glitter"})

    assert answer.status == 400
    assert json.loads(BODIES["wrong_types"])["type"] == 17
