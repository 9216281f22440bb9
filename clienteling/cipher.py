"""The key ring for secrets at rest: written with the newest key, read with older ones too."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def key_ring() -> MultiFernet:
    keys = settings.CREDENTIAL_KEYS or [_derived_key(settings.SECRET_KEY)]
    return MultiFernet([Fernet(key) for key in keys])


def _derived_key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.blake2b(secret.encode(), digest_size=32, person=b"credentials").digest())
