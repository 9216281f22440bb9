"""Idempotency keys: how the same request sent again is told from another one."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from django.utils.crypto import salted_hmac
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from integrations.api.problems import Problem
from integrations.models import Answered

HEADER = "Idempotency-Key"
PLAIN = re.compile(r"[!-~]{1,200}")


def reference_of(request: Request, *, required: bool = False) -> uuid.UUID:
    """What the `Change` is called that this request leads to: by the token and the key, or new where there is no key.

    Raises a Problem where the key has come with another request.
    """
    key = request.headers.get(HEADER)
    if key is None and not required:
        return uuid.uuid4()
    if key is None or not PLAIN.fullmatch(key):
        words = "Up to 200 visible ASCII characters, new for each thing you want once."
        code = "required" if key is None else "invalid"
        raise ValidationError({HEADER: [ErrorDetail(words, code)]})
    token: Any = request.auth
    reference = uuid.uuid5(token.names, key)
    fingerprint = _fingerprint(request)
    row, _is_new = Answered.objects.get_or_create(reference=reference, defaults={"fingerprint": fingerprint})
    if row.fingerprint != fingerprint:
        raise Problem(422, "key_reused", "This idempotency key has come with another request. Make a new one.")
    return reference


def _fingerprint(request: Request) -> str:
    """Of what is asked for. Keyed: nobody who reads the table can try out whom it was about."""
    said = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return salted_hmac("integrations.api.keys", said, algorithm="sha256").hexdigest()
