"""The door: prove, keep, answer. What it means is found out later (integrations/webhooks/processing.py)."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations.models import Connection, WebhookDelivery
from integrations.webhooks import failures
from integrations.webhooks.envelopes import NotAnEvent, decoded, id_of, type_of
from integrations.webhooks.signatures import Letter, is_proven, signed_id
from integrations.webhooks.waking import bell

logger = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024
RETRY_AFTER = "10"  # seconds
REMEMBERED_FOR = 2.0  # seconds
NEEDED = ("pk", "secrets", "webhook_method", "webhook_scheme", "webhook_header", "is_active")


_remembered: dict[str, tuple[Connection | None, float]] = {}


@csrf_exempt
@login_not_required
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """200 kept (or known already), 401 not proven, 404 no such endpoint or switched off, 405, 413, 400 no event.

    503 when it could not be kept: never a 2xx for what is not in the database.
    """
    try:
        return _received(request, token)
    except UnreadablePostError:
        return _answer(400, "It broke off.")
    except DatabaseTrouble as error:
        logger.warning("a delivery could not be kept: %s", type(error).__name__)
        return HttpResponse("Try again.\n", status=503, content_type="text/plain", headers={"Retry-After": RETRY_AFTER})


def _received(request: HttpRequest, token: str) -> HttpResponse:
    connection, secrets = _found(token)
    if connection is None or not secrets:
        return _answer(404, "There is nothing here.")
    if request.method == "HEAD":
        return HttpResponse()
    if request.method != connection.webhook_method:
        return _answer(405, "Not like this.", Allow=f"{connection.webhook_method}, HEAD")
    body = body_of(request)
    if body is None:
        return _answer(413, f"At most {MOST_BYTES} bytes.")
    letter = Letter(request.headers, body, timezone.now().timestamp())
    scheme, header = connection.webhook_scheme, connection.webhook_header
    if not is_proven(letter, scheme=scheme, header=header, secrets=secrets):
        failures.note(connection)
        return _answer(401, "The signature is missing, wrong or too old.")
    return _kept(connection, letter, signed_id(letter, scheme=scheme, header=header))


def _found(token: str) -> tuple[Connection | None, list[str]]:
    """The connection behind an address, remembered for a moment: a burst looks it up once, and whoever switches it
    off or drops a secret waits that long at most."""
    found, until = _remembered.get(token, (None, 0.0))
    if until <= time.monotonic():
        found = Connection.objects.filter(webhook_token=token, is_active=True).only(*NEEDED).order_by().first()
        if found is None:
            _remembered.pop(token, None)  # strangers are not remembered: there is no end of them
        else:
            _remembered[token] = (found, time.monotonic() + REMEMBERED_FOR)
    return found, secrets_of(found) if found else []


def secrets_of(connection: Connection) -> list[str]:
    """The secret in use and, while one is being replaced, the one before. None at all: the endpoint is off."""
    found = (connection.secrets.get(name, "") for name in ("webhook_secret", "webhook_secret_old"))
    return [secret for secret in found if secret.strip()]


def _kept(connection: Connection, letter: Letter, event_id: str) -> HttpResponse:
    try:
        envelope = decoded(letter.body)
    except NotAnEvent:
        return _answer(400, "That is no JSON object.")
    if event_id:
        envelope = {**envelope, "id": event_id}
    delivery = WebhookDelivery(
        connection=connection,
        event_id=id_of(envelope, letter.body),
        event_type=type_of(envelope),
        body=letter.body.decode(),
    )
    if delivery.keep():
        bell.press()
    return _answer(200, "Kept.")


def body_of(request: HttpRequest) -> bytes | None:
    """The raw body, read no further than allowed, whatever length was announced; None when there is more."""
    announced = request.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > MOST_BYTES:
        return None
    stream: Any = request
    if isinstance(request, WSGIRequest) and not announced and request.environ.get("wsgi.input_terminated"):
        # Sent in chunks: Django takes a missing length for an empty body, the server knows where it ends.
        stream = request.environ["wsgi.input"]
    parts: list[bytes] = []
    size = 0
    try:
        while size <= MOST_BYTES and (part := stream.read(MOST_BYTES + 1 - size)):
            parts.append(part)
            size += len(part)
    except OSError as error:
        raise UnreadablePostError(*error.args) from error
    return b"".join(parts) if size <= MOST_BYTES else None


def _answer(status: int, words: str, **headers: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain", headers=headers)
