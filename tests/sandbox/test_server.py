import socket

import httpx
import pytest

from tests.sandbox.desk import PARTNER
from tests.sandbox.processes import Running


def raw(process: Running, request: bytes) -> bytes:
    """Everything the server says to these bytes until it hangs up."""
    host, port = process.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_connection_is_kept_alive(process: Running) -> None:
    with httpx.Client(base_url=process.address, headers=PARTNER) as client:
        locals_ = set()
        for _ in range(5):
            with client.stream("GET", "/booking/v1/merchant/501") as answer:
                locals_.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
                answer.read()

    assert len(locals_) == 1


def test_bodies_are_read_even_when_nobody_wants_them(process: Running) -> None:
    with httpx.Client(base_url=process.address, headers=PARTNER) as client:
        assert client.request("GET", "/booking/v1/merchant/501", content=b"x" * 1000).status_code == 200
        assert client.request("POST", "/booking/v1/nothing", content=b"x" * 1000).status_code == 404
        assert client.get("/booking/v1/merchant/501").status_code == 200


def test_chunked_bodies_are_read(process: Running) -> None:
    answer = process.http.post("/__chaos/quota", content=iter([b'{"mo', b'de": "off"}']))

    assert answer.json() == {"mode": "off"}


def test_overlong_bodies_are_refused(process: Running) -> None:
    head = b"POST /booking/v1/booking HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"

    answer = raw(process, head)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" in answer


@pytest.mark.parametrize("length", [b"-1", b"many", b"1e3", b"9" * 30])
def test_unreadable_lengths_are_refused(process: Running, length: bytes) -> None:
    head = b"POST /booking/v1/booking HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"

    assert raw(process, head).startswith(b"HTTP/1.1 413")


def test_two_requests_at_once_on_one_connection_get_two_answers(process: Running) -> None:
    request = b"GET /__sandbox/health HTTP/1.1\r\nHost: x\r\n\r\n"

    assert raw(process, request * 2).count(b'"status":"ok"') == 2


def test_head_has_no_body(process: Running) -> None:
    answer = raw(process, b"HEAD /__sandbox/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: " in answer
