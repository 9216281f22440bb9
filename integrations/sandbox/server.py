"""The sandbox over HTTP/1.1 with keep-alive, on werkzeug's threaded server."""

from io import BytesIO
from typing import Any

from werkzeug.serving import BaseWSGIServer, DechunkedInput, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from integrations.sandbox import wire
from integrations.sandbox.http import MAX_BODY_BYTES

IDLE_SECONDS = 120


class Handler(WSGIRequestHandler):
    """werkzeug closes the connection after every answer; a client that keeps connections is the usual one here.

    Reading the whole body first, and sending headers and body in one write, is what makes keeping them safe.
    """

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        body = self._body(environ)
        if body is None:
            self.close_connection = True
            self.wfile.write(self._bytes(Response("The body is too long.", status=413)))
            return
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        asked = wire.listen(environ)
        response = Response.from_app(self.server.app, environ, buffered=True)
        if asked:
            self._spoil(response, asked[0])
        else:
            self.wfile.write(self._bytes(response))

    def _body(self, environ: dict[str, Any]) -> bytes | None:
        """The whole body, or None when it is too long or its length cannot be told."""
        stream = environ["wsgi.input"]
        if isinstance(stream, DechunkedInput):
            environ.pop("HTTP_TRANSFER_ENCODING")
            body = stream.read(MAX_BODY_BYTES + 1)
            return body if len(body) <= MAX_BODY_BYTES else None
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or len(length) > 9 or int(length) > MAX_BODY_BYTES:
            return None
        body = stream.read(int(length))
        return bytes(body)

    def _spoil(self, response: Response, fault: wire.Wire) -> None:
        self.close_connection = True
        if fault.action == "drip":
            wire.drip(self.wfile.write, self._bytes(response), seconds=fault.seconds)
        elif fault.action == "hold":
            wire.hold(self.connection, seconds=fault.seconds)
        else:
            self.rfile.close()
            wire.reset(self.connection)

    def _bytes(self, response: Response) -> bytes:
        body = response.get_data()
        lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {value}" for name, value in response.headers)]
        lines.append(f"Date: {self.date_time_string()}")
        if "Content-Length" not in response.headers:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return head if self.command == "HEAD" else head + body

    def log(self, type: str, message: str, *args: Any) -> None:
        """Silent: paths may name people, and /__chaos/calls has the rest."""


def listening(app: Any, *, host: str, port: int) -> BaseWSGIServer:
    """A server that is bound, not yet serving; port 0 picks a free one, found at `.port`."""
    server = make_server(host, port, app, threaded=True, request_handler=Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server
