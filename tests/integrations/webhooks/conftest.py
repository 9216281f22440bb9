from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection as database

from integrations.models import Connection
from integrations.webhooks import receiving, waking
from tests.integrations.webhooks.sending import SECRET


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nobody is woken in tests that do not ask for it: what would have been sent is counted."""
    heard: list[str] = []
    monkeypatch.setattr(waking.bell, "press", lambda: heard.append("ring"))
    return heard


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test changes counts at once."""
    monkeypatch.setattr(receiving, "REMEMBERED_FOR", 0.0)


@pytest.fixture
def door(db: None) -> Connection:
    """An account whose webhooks are signed as Booxi signs. Nothing is read, and nobody answers there."""
    return Connection.objects.create(
        name="Booxi", base_url="http://127.0.0.1:9/booking/v1", secrets={"webhook_secret": SECRET}
    )


@pytest.fixture
def told(mirror: Connection) -> Connection:
    """The sandbox, read whole into the mirror, whose news are accepted."""
    mirror.secrets = {**mirror.secrets, "webhook_secret": SECRET}
    mirror.save(update_fields=["secrets"])
    return mirror


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def served(transactional_db: None) -> Iterator[str]:
    """The whole application on a port of its own, as a server would run it: "127.0.0.1:port"."""
    application = get_wsgi_application()

    def app(environ: dict[str, Any], respond: Any) -> Any:
        try:
            return application(environ, respond)
        finally:
            database.close()

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)
