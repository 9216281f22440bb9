"""The door, from outside: what is let in, what is turned away, and what is written down."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
from typing import Any

import httpx
import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, WebhookDelivery
from integrations.webhooks import failures, receiving
from tests.integrations.webhooks.sending import (
    SECRET,
    STANDARD_SECRET,
    booxi_headers,
    digest,
    envelope,
    post,
    standard_headers,
)

EVENT = envelope("appointment.updated", {"booking": {"bookingId": "A1", "merchantId": 501}})
BODY = json.dumps(EVENT).encode()
Scheme = Connection.Scheme


def kept() -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.order_by("pk"))


def with_scheme(door: Connection, scheme: str, secret: str = SECRET, header: str = "") -> Connection:
    door.webhook_scheme, door.webhook_header, door.secrets = scheme, header, {"webhook_secret": secret}
    door.save()
    return door


# --- let in ---------------------------------------------------------------------------------------------


def test_a_proven_event_is_kept_whole_and_a_worker_is_woken(door: Connection, rings: list[str]) -> None:
    assert post(door, BODY).status_code == 200
    (row,) = kept()
    assert (row.event_id, row.event_type, row.state) == (EVENT["id"], "appointment.updated", "waiting")
    assert row.body == BODY.decode()
    assert row.connection == door
    assert rings == ["ring"]


def test_keeping_takes_two_queries(door: Connection) -> None:
    with CaptureQueriesContext(
        database,
    ) as queries:
        post(door, BODY)
    assert len(queries) == 2


def test_a_burst_looks_the_connection_up_once(door: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REMEMBERED_FOR", 60.0)
    with CaptureQueriesContext(database) as queries:
        for number in range(5):
            assert post(door, BODY + b" " * number).status_code == 200
    assert len(queries) == 6
    assert post(door, BODY, {}).status_code == 401, "what is remembered is the lock, not that it was opened"


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        (Scheme.HMAC_HEX, {"X-Signature": digest(SECRET, BODY).hex()}),
        (Scheme.HMAC_HEX, {"X-Signature": "sha256=" + digest(SECRET, BODY).hex().upper()}),
        (Scheme.HMAC_BASE64, {"X-Signature": base64.b64encode(digest(SECRET, BODY)).decode()}),
        (Scheme.STATIC, {"X-Webhook-Secret": SECRET}),
    ],
)
def test_each_scheme_lets_in_its_own_proof(door: Connection, scheme: str, headers: dict[str, str]) -> None:
    with_scheme(door, scheme)
    assert post(door, BODY, headers).status_code == 200
    assert post(door, BODY, booxi_headers(BODY)).status_code == 401
    assert post(door, BODY, {}).status_code == 401


def test_standard_webhooks_carry_the_id_in_a_header(door: Connection) -> None:
    with_scheme(door, Scheme.STANDARD, STANDARD_SECRET)
    body = json.dumps({"type": "customer.updated", "timestamp": "2026-05-06T08:00:00Z", "data": {}}).encode()
    assert post(door, body, standard_headers(body, event_id="msg_77")).status_code == 200
    (row,) = kept()
    assert (row.event_id, row.event_type) == ("msg_77", "customer.updated")


def test_the_header_of_the_proof_may_be_another(door: Connection) -> None:
    with_scheme(door, Scheme.HMAC_HEX, header="X-Hub-Signature-256")
    proof = digest(SECRET, BODY).hex()
    assert post(door, BODY, {"X-Signature": proof}).status_code == 401
    assert post(door, BODY, {"X-Hub-Signature-256": f"sha256={proof}"}).status_code == 200


def test_old_and_new_secret_are_good_side_by_side(door: Connection) -> None:
    door.secrets = {"webhook_secret": "the-new-one", "webhook_secret_old": SECRET}  # type: ignore[assignment]
    door.save()
    assert post(door, BODY, booxi_headers(BODY)).status_code == 200
    assert post(door, BODY, booxi_headers(BODY, secret="the-new-one")).status_code == 200
    assert post(door, BODY, booxi_headers(BODY, secret="neither")).status_code == 401


def test_put_where_the_connection_says_so(door: Connection) -> None:
    door.webhook_method = "PUT"
    door.save()
    address = f"/webhooks/{door.webhook_token}/"
    answer = Browser().post(address, BODY, content_type="application/json", headers=booxi_headers(BODY))
    assert (answer.status_code, answer["Allow"]) == (405, "PUT, HEAD")
    answer = Browser().put(address, BODY, content_type="application/json", headers=booxi_headers(BODY))
    assert answer.status_code == 200


def test_head_answers_and_keeps_nothing(door: Connection) -> None:
    assert Browser().head(f"/webhooks/{door.webhook_token}/").status_code == 200
    assert kept() == []


def test_the_same_event_again_finds_the_first_row(door: Connection, rings: list[str]) -> None:
    assert [post(door, BODY).status_code for _ in range(3)] == [200, 200, 200]
    (row,) = kept()
    assert row.repeats == 2
    assert rings == ["ring"]


def test_one_id_at_two_connections_is_two_events(door: Connection) -> None:
    other = Connection.objects.create(name="Other", base_url=door.base_url, secrets={"webhook_secret": SECRET})
    post(door, BODY)
    post(other, BODY)
    assert [row.repeats for row in kept()] == [0, 0]


def test_an_event_without_id_is_known_by_its_words(door: Connection) -> None:
    first, second = ({"type": "appointment.updated", "content": {"n": number}} for number in (1, 2))
    for body in (first, second, first):
        assert post(door, body).status_code == 200
    assert [row.repeats for row in kept()] == [1, 0]


def test_an_id_that_had_to_be_cleaned_is_not_the_id_of_another_event(door: Connection) -> None:
    for event_id in ("evt-", "evt-\x00", "evt-\ud800", "", " "):
        assert post(door, {"id": event_id, "type": "appointment.updated"}).status_code == 200
    assert len(kept()) == 5


@pytest.mark.parametrize("names", [("id", "type"), ("eventId", "eventType")])
def test_both_spellings_of_the_envelope_are_read(door: Connection, names: tuple[str, str]) -> None:
    post(door, {names[0]: "evt-x", names[1]: "appointment.created", "eventContent": {}})
    (row,) = kept()
    assert (row.event_id, row.event_type) == ("evt-x", "appointment.created")


# --- turned away ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [-301, 301, -86_400, 86_400])
def test_a_proof_too_old_or_too_new_is_refused(door: Connection, distance: int) -> None:
    assert post(door, BODY, booxi_headers(BODY, at=time.time() + distance)).status_code == 401
    with_scheme(door, Scheme.STANDARD, STANDARD_SECRET)
    assert post(door, BODY, standard_headers(BODY, at=time.time() + distance)).status_code == 401
    assert kept() == []


@pytest.mark.parametrize("distance", [-290, 290])
def test_clocks_may_differ_a_little(door: Connection, distance: int) -> None:
    assert post(door, BODY, booxi_headers(BODY, at=time.time() + distance)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Booxi-Signature": ""},
        {"Booxi-Signature": "v1=" + "0" * 64},
        {"Booxi-Signature": f"t={int(time.time())}"},
        {"Booxi-Signature": f"t={int(time.time())},t=1,v1=00"},
        {"Booxi-Signature": "t=" + "9" * 400 + ",v1=00"},
        {"Booxi-Signature": "t=\u00b2\u00b3,v1=\u00e9"},
        {"Booxi-Signature": "t=NaN,v1=,v1=,v1="},
        {"Booxi-Signature": "," * 5000},
    ],
)
def test_a_broken_signature_is_refused_and_nothing_is_written(door: Connection, headers: dict[str, str]) -> None:
    with CaptureQueriesContext(database) as queries:
        assert post(door, BODY, headers).status_code == 401
    assert len(queries) == 1
    assert kept() == []


@pytest.mark.parametrize(
    "given",
    [
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,\u00e9"},
        {"webhook-signature": "v2,abc v1,abc,abc"},
        {"webhook-timestamp": "inf"},
        {"webhook-timestamp": "1e400"},
        {"webhook-timestamp": "\u0663"},
        {"webhook-id": ""},
    ],
)
def test_what_the_library_stumbles_over_is_a_refusal(door: Connection, given: dict[str, str]) -> None:
    with_scheme(door, Scheme.STANDARD, STANDARD_SECRET)
    assert post(door, BODY, standard_headers(BODY) | given).status_code == 401


def test_a_body_that_the_library_cannot_read_is_a_refusal(door: Connection) -> None:
    with_scheme(door, Scheme.STANDARD, STANDARD_SECRET)
    assert post(door, b"\xff\xfe", standard_headers(b"\xff\xfe")).status_code == 401


def test_a_secret_the_library_cannot_use_is_a_refusal(door: Connection) -> None:
    with_scheme(door, Scheme.STANDARD, "whsec_a")
    assert post(door, BODY, standard_headers(BODY)).status_code == 401


def test_a_good_signature_beside_one_that_cannot_be_read_is_enough(door: Connection) -> None:
    with_scheme(door, Scheme.STANDARD, STANDARD_SECRET)
    headers = standard_headers(BODY)
    headers["webhook-signature"] = f"v1 v1,%%% {headers['webhook-signature']}"
    assert post(door, BODY, headers).status_code == 200


def test_a_changed_body_is_refused(door: Connection) -> None:
    assert post(door, BODY.replace(b"A1", b"A2"), booxi_headers(BODY)).status_code == 401


def test_an_unknown_address_is_not_there(door: Connection) -> None:
    for address in ("/webhooks/nobody/", f"/webhooks/{door.webhook_token}x/", "/webhooks/a%00b/"):
        assert Browser().post(address, BODY, content_type="application/json").status_code == 404
        assert Browser().head(address).status_code == 404


@pytest.mark.parametrize("secrets", [{}, {"webhook_secret": ""}, {"webhook_secret": "  "}, {"webhook_secret_old": ""}])
def test_without_a_secret_the_door_is_shut_not_open(door: Connection, secrets: dict[str, str]) -> None:
    door.secrets = secrets  # type: ignore[assignment]
    door.save()
    for secret in ("", "  ", SECRET):
        assert post(door, BODY, booxi_headers(BODY, secret=secret)).status_code == 404
    with_scheme(door, Scheme.STATIC, "")
    assert post(door, BODY, {"X-Webhook-Secret": ""}).status_code == 404
    assert kept() == []


def test_a_connection_switched_off_takes_nothing(door: Connection) -> None:
    door.is_active = False
    door.save()
    assert post(door, BODY).status_code == 404
    assert kept() == []


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_another_method_is_refused(door: Connection, method: str) -> None:
    answer = getattr(Browser(), method)(f"/webhooks/{door.webhook_token}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, HEAD")


def test_refusals_are_counted_beside_the_database(door: Connection) -> None:
    before = failures.lately([door])
    post(door, BODY, {})
    post(door, BODY, booxi_headers(BODY, secret="wrong"))
    assert failures.lately([door]) == before + 2


def test_a_count_that_cannot_be_kept_is_no_reason_to_fail(door: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError

    monkeypatch.setattr(failures.cache, "add", broken)
    assert post(door, BODY, {}).status_code == 401


# --- signed garbage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"17",
        b"null",
        b'"text"',
        b'{"id": NaN}',
        b'{"id": -Infinity}',
        b'{"id": "a\x00b"}',
        b"\xff\xfe",
        b'{"id": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        b'{"id": 1, "id"',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_signed_garbage_is_refused_and_nothing_is_written(door: Connection, body: bytes) -> None:
    assert post(door, body).status_code == 400
    assert kept() == []


@pytest.mark.parametrize(
    "body",
    [
        {"id": "a\x00b", "type": "x\x00y"},
        {"id": "a\ud800b", "type": "\udfff"},
        {"id": {"deep": []}, "type": ["a"]},
        {"id": 1.5, "type": 3},
        {"id": True, "type": None},
        {"id": "i" * 5000, "type": "t" * 5000},
        {},
    ],
)
def test_odd_ids_and_types_are_kept_in_a_storable_form(door: Connection, body: dict[str, Any]) -> None:
    assert post(door, body).status_code == 200
    (row,) = kept()
    assert 0 < len(row.event_id) <= 200
    assert len(row.event_type) <= 100
    for words in (row.event_id, row.event_type):
        assert words.encode().decode() == words
        assert "\x00" not in words


# --- too much -------------------------------------------------------------------------------------------


def padded(size: int) -> bytes:
    return b'{"id": "big", "pad": "' + b"x" * (size - 24) + b'"}'


def test_a_body_of_just_the_size_allowed_is_kept(door: Connection) -> None:
    body = padded(receiving.MOST_BYTES)
    assert len(body) == receiving.MOST_BYTES
    assert post(door, body).status_code == 200


def test_a_body_too_large_is_refused(door: Connection) -> None:
    assert post(door, padded(receiving.MOST_BYTES + 1)).status_code == 413
    assert kept() == []


def raw_answer(address: str, head: list[str], body: bytes) -> int:
    """The status of a request written byte by byte, whatever its head claims."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.sendall("\r\n".join([*head, "Host: 127.0.0.1", "Connection: close", "", ""]).encode() + body)
        wire.shutdown(socket.SHUT_WR)
        return int(wire.makefile("rb").readline().split()[1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("claimed", "status"), [(10, 401), (receiving.MOST_BYTES, 200), (receiving.MOST_BYTES + 1, 413), (10**30, 413)]
)
def test_a_length_that_lies_lets_nothing_through(door: Connection, served: str, claimed: int, status: int) -> None:
    """Less announced than comes: what is read is not what was signed. More: what came is what was signed."""
    head = [f"POST /webhooks/{door.webhook_token}/ HTTP/1.1", f"Content-Length: {claimed}"]
    head += [f"{name}: {value}" for name, value in booxi_headers(BODY).items()]
    assert raw_answer(served, head, BODY) == status


class Wire(io.BytesIO):
    """What a server hands on, in small pieces."""

    taken = 0

    def read(self, most: int | None = -1, /) -> bytes:
        part = super().read(min(most or 0, 4096))
        self.taken += len(part)
        return part


@pytest.mark.parametrize(("size", "status"), [(100, 200), (receiving.MOST_BYTES, 200), (receiving.MOST_BYTES * 2, 413)])
def test_a_body_without_a_length_is_read_to_its_end_and_no_further(door: Connection, size: int, status: int) -> None:
    """Sent in chunks: servers that take those apart say that the input ends by itself."""
    body = padded(size)
    wire = Wire(body)
    environ: dict[str, Any] = {"wsgi.input": wire, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    address = f"/webhooks/{door.webhook_token}/"
    answer = Browser().generic("POST", address, headers=booxi_headers(body), **environ)
    assert answer.status_code == status
    assert wire.taken <= receiving.MOST_BYTES + 1


class Cut(io.BytesIO):
    def read(self, most: int | None = -1, /) -> bytes:
        raise OSError("gone")


def test_a_sender_who_breaks_off_is_no_failure_of_ours(door: Connection) -> None:
    environ: dict[str, Any] = {"wsgi.input": Cut(), "CONTENT_LENGTH": "10"}
    assert Browser().generic("POST", f"/webhooks/{door.webhook_token}/", **environ).status_code == 400


# --- when things are down -------------------------------------------------------------------------------


def test_without_a_database_nothing_is_accepted(door: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: WebhookDelivery) -> bool:
        raise OperationalError("down")

    monkeypatch.setattr(WebhookDelivery, "keep", down)
    answer = post(door, BODY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_without_a_database_the_connection_is_not_even_found(door: Connection) -> None:
    def down(execute: Any, sql: str, *args: Any) -> Any:
        raise OperationalError("down")

    with database.execute_wrapper(down):
        answer = post(door, BODY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.django_db(transaction=True)
def test_two_hundred_repeats_at_once_find_one_row(door: Connection) -> None:
    ready = threading.Barrier(20)
    answers: list[int] = []

    def knock() -> None:
        try:
            ready.wait(30)
            answers.extend(post(door, BODY).status_code for _ in range(10))
        finally:
            database.close()

    threads = [threading.Thread(target=knock) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 200
    (row,) = kept()
    assert row.repeats == 199


def test_real_http_comes_through(door: Connection, served: str, transactional_db: None) -> None:
    door.save()
    answer = httpx.post(
        f"http://{served}/webhooks/{door.webhook_token}/", content=BODY, headers=booxi_headers(BODY), trust_env=False
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain"
    assert len(kept()) == 1
