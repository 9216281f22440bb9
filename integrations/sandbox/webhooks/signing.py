"""How a webhook proves where it comes from: the schemes of booxi-api.md section 12, and Standard Webhooks."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from integrations.sandbox.http import Refusal

STANDARD_PREFIX = "whsec_"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is signed. `at` is epoch seconds on the sandbox's clock."""

    id: str
    at: int
    body: bytes


def booxi(secret: str, header: str, letter: Letter) -> dict[str, str]:
    """`t=<unix>,v1=<hex of HMAC-SHA256 over "<t>.<raw body>">` (section 12, an assumption)."""
    signed = _digest(secret.encode(), b"%d.%s" % (letter.at, letter.body))
    return {header: f"t={letter.at},v1={signed.hex()}"}


def standard(secret: str, header: str, letter: Letter) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`, as the Standard Webhooks specification has them.

    `header` is what the three begin with.
    """
    signed = _digest(standard_key(secret), f"{letter.id}.{letter.at}.".encode() + letter.body)
    return {
        f"{header}-id": letter.id,
        f"{header}-timestamp": str(letter.at),
        f"{header}-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def hmac_hex(secret: str, header: str, letter: Letter) -> dict[str, str]:
    return {header: _digest(secret.encode(), letter.body).hex()}


def hmac_base64(secret: str, header: str, letter: Letter) -> dict[str, str]:
    return {header: base64.b64encode(_digest(secret.encode(), letter.body)).decode()}


def static(secret: str, header: str, letter: Letter) -> dict[str, str]:
    return {header: secret}


Signer = Callable[[str, str, Letter], dict[str, str]]
SCHEMES: dict[str, tuple[str, Signer]] = {
    "booxi": ("Booxi-Signature", booxi),
    "standard": ("webhook", standard),
    "hmac_hex": ("X-Signature", hmac_hex),
    "hmac_base64": ("X-Signature", hmac_base64),
    "static": ("X-Webhook-Secret", static),
}
"""Each scheme's usual header, and its way of signing."""


def headers(scheme: str, *, secret: str, header: str, letter: Letter) -> dict[str, str]:
    """The headers that prove the letter; an empty `header` is the scheme's usual one."""
    usual, sign = SCHEMES[scheme]
    return sign(secret, header or usual, letter)


def wrong_secret(scheme: str) -> str:
    """A secret that nobody agreed on, of the shape the scheme wants."""
    wrong = b"not the secret that was agreed on"
    return STANDARD_PREFIX + base64.b64encode(wrong).decode() if scheme == "standard" else wrong.decode()


def standard_key(secret: str) -> bytes:
    """The key in a `whsec_<base64>` secret. A 400 Refusal when it is not one."""
    try:
        key = base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
    except (ValueError, binascii.Error) as problem:
        raise Refusal(400, "secret must be whsec_ and base64.") from problem
    if not secret.startswith(STANDARD_PREFIX) or not key:
        raise Refusal(400, "secret must be whsec_ and base64.")
    return key


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
