"""Access tokens: three-part JWTs, signed, that say whom they stand for and until when (section 2.1)."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from integrations.sandbox.booker import credentials
from integrations.sandbox.booker.assumptions import TOKEN_SECONDS, USER_TYPES
from integrations.sandbox.booker.credentials import User

_HEAD = {"typ": "JWT", "alg": "HS256"}


def issued(*, scope: str, user: User | None, location_id: int | None, now: int, customer_id: int | None = None) -> str:
    """A token for a user, a client of the spa, or the application alone; `now` is epoch seconds."""
    claims: dict[str, Any] = {
        "iss": "sandbox-booker",
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_SECONDS,
        "client_id": credentials.CLIENT_ID,
        "scope": scope,
        "account_name": credentials.BRAND_ACCOUNT,
        "brand_id": credentials.BRAND_ID,
    }
    if user is not None:
        kind = "brand" if user.location_id is None else "location"
        about = {
            "sub": str(user.id),
            "user_name": user.name,
            "name": user.name,
            "user_type": USER_TYPES[kind],
            "roles": [kind],
        }
        claims |= about
    if customer_id is not None:
        claims["customer_id"] = customer_id
    if location_id is not None:
        claims["location_id"] = location_id
    return _signed(claims)


def read(token: str, *, now: int) -> dict[str, Any] | None:
    """The claims of a token that is ours and has not expired."""
    claims = unchecked(token)
    if claims is None or not hmac.compare_digest(_signed(claims).encode(), token.encode()):
        return None
    return claims if now < claims["exp"] else None


def unchecked(token: str) -> dict[str, Any] | None:
    try:
        _, middle, _ = token.split(".")
        claims = json.loads(_decoded(middle))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return claims if isinstance(claims, dict) and isinstance(claims.get("exp"), int) else None


def _signed(claims: dict[str, Any]) -> str:
    said = f"{_encoded(_json(_HEAD))}.{_encoded(_json(claims))}"
    return f"{said}.{_encoded(hmac.digest(credentials.SIGNING_KEY, said.encode(), hashlib.sha256))}"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
