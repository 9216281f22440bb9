"""The other side: events as a booking system would word them, signed as it would sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from typing import Any

from django.test import Client as Browser

from integrations.models import Connection, WebhookDelivery
from integrations.webhooks import processing

SECRET = "a-secret-that-was-handed-over"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"a key of Standard Webhooks").decode()
numbers = itertools.count(1)


def digest(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def booxi_headers(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {"Booxi-Signature": f"t={stamp},v1={digest(secret, stamp.encode() + b'.' + body).hex()}"}


def standard_headers(
    body: bytes, *, secret: str = STANDARD_SECRET, event_id: str = "msg_1", at: float | None = None
) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def envelope(kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt-{next(numbers)}",
        "type": kind,
        "createdOn": "2026-05-06T08:00:00Z",
        "merchantId": 501,
        "merchantGroupId": 20,
        "content": content,
    } | more


def post(connection: Connection, body: bytes | dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    """What the door answers to `body`, properly signed unless `headers` say otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = booxi_headers(raw) if headers is None else headers
    return Browser().post(
        f"/webhooks/{connection.webhook_token}/", data=raw, content_type="application/json", headers=given
    )


def tell(connection: Connection, *bodies: dict[str, Any]) -> list[WebhookDelivery]:
    """Post all of `bodies`, then have them understood. What became of each, in order."""
    for body in bodies:
        assert post(connection, body).status_code == 200
    processing.work()
    rows = {row.event_id: row for row in WebhookDelivery.objects.filter(connection=connection)}
    return [rows[body["id"]] for body in bodies]
