"""Whether a request comes from where it says. Everything here looks at raw bytes; nothing is parsed before."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from standardwebhooks.webhooks import Webhook

from integrations.models import Connection

Scheme = Connection.Scheme

TOLERANCE = 300  # seconds, both ways, where a scheme has a time (booxi-api.md section 12, assumed)
MOST_SIGNATURES = 10  # in one header; who rotates sends two

# The header each scheme looks at when the connection names none. Standard Webhooks has three, with this start.
HEADERS = {
    Scheme.BOOXI: "Booxi-Signature",  # booxi-api.md section 12, assumed
    Scheme.STANDARD: "webhook",
    Scheme.HMAC_HEX: "X-Signature",
    Scheme.HMAC_BASE64: "X-Signature",
    Scheme.STATIC: "X-Webhook-Secret",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What came: the headers under any case, the body as it was on the wire, and when, in Unix seconds."""

    headers: Mapping[str, str]
    body: bytes
    at: float


def is_proven(letter: Letter, *, scheme: str, header: str, secrets: Iterable[str]) -> bool:
    """Whether one of `secrets` vouches for `letter`. Never raises; no secret proves nothing."""
    check = CHECKS[Scheme(scheme)]
    name = header or HEADERS[Scheme(scheme)]
    return any(check(letter, name, secret) for secret in secrets if secret)


def signed_id(letter: Letter, *, scheme: str, header: str) -> str:
    """The event's id where the scheme carries it in a header, under the signature; else ""."""
    if scheme != Scheme.STANDARD:
        return ""
    return letter.headers.get(f"{header or HEADERS[Scheme.STANDARD]}-id", "")


def _booxi(letter: Letter, name: str, secret: str) -> bool:
    """`t=<unix>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>`."""
    parts = [part.strip().partition("=") for part in letter.headers.get(name, "").split(",")[:MOST_SIGNATURES]]
    stamps = [value for key, _, value in parts if key == "t"]
    if len(stamps) != 1 or not _is_recent(stamps[0], letter.at):
        return False
    wanted = _hmac(secret, stamps[0].encode() + b"." + letter.body).hex()
    return any(_same(wanted, value.lower()) for key, _, value in parts if key == "v1")


def _standard(letter: Letter, name: str, secret: str) -> bool:
    """The official library, one signature at a time: it stops at the first that it cannot read."""
    given = {f"webhook-{part}": letter.headers.get(f"{name}-{part}", "") for part in ("id", "timestamp")}
    signatures = letter.headers.get(f"{name}-signature", "").split()[:MOST_SIGNATURES]
    return any(_library_agrees(letter.body, given | {"webhook-signature": one}, secret) for one in signatures)


def _library_agrees(body: bytes, headers: dict[str, str], secret: str) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except Exception:  # it lets errors of base64, of Unicode and of unpacking through; each means "no"
        return False
    return True


def _hex(letter: Letter, name: str, secret: str) -> bool:
    given = letter.headers.get(name, "").strip().lower().removeprefix("sha256=")
    return _same(_hmac(secret, letter.body).hex(), given)


def _base64(letter: Letter, name: str, secret: str) -> bool:
    given = letter.headers.get(name, "").strip().removeprefix("sha256=")
    return _same(base64.b64encode(_hmac(secret, letter.body)).decode(), given)


def _static(letter: Letter, name: str, secret: str) -> bool:
    return _same(secret, letter.headers.get(name, "").strip().removeprefix("Bearer "))


CHECKS: dict[Scheme, Callable[[Letter, str, str], bool]] = {
    Scheme.BOOXI: _booxi,
    Scheme.STANDARD: _standard,
    Scheme.HMAC_HEX: _hex,
    Scheme.HMAC_BASE64: _base64,
    Scheme.STATIC: _static,
}


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, hashlib.sha256)


def _same(wanted: str, given: str) -> bool:
    """In constant time. As bytes, because the comparison refuses text beyond ASCII."""
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _is_recent(stamp: str, now: float) -> bool:
    """`stamp`: Unix seconds in ASCII digits."""
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(int(stamp) - now) <= TOLERANCE
