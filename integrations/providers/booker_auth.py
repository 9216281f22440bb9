"""Getting Booker's access tokens (booker-api.md section 2). Knows no database: who keeps tokens calls this."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from bookings.gateway import Misconfigured, Unavailable
from integrations.providers.booker_api import SUBSCRIPTION
from integrations.providers.http import Answer, Api, retry_after
from integrations.providers.reading import members, text, whole

TOKEN_PATH, CONTEXT_PATH = "/v5/auth/connect/token", "/v5/auth/context/update"  # noqa: S105
SIGN_IN_PATH, SIGN_IN_TOKEN_PATH = "/auth/connect/authorize", "/auth/connect/token"  # noqa: S105 section 2.1, R3
SIGN_IN_SCOPES = "openid profile userinfo offline_access"
LIFETIME = 1800  # seconds, where an answer does not say (section 2.1, assumed)
LONGEST = 24 * 3600
MOST_TOKEN = 8000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What head office was given, and what signing in has brought since."""

    client_id: str
    scope: str
    client_secret: str = field(default="", repr=False)
    personal_access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    brand_id: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """`seconds`: how long the access token is good for; `refresh` replaces the one that was used up for it."""

    access: str = field(repr=False)
    seconds: int = LIFETIME
    refresh: str = field(default="", repr=False)

    @property
    def location_id(self) -> str:
        """Where the token is bound to, as it says itself; "" where it does not. Nobody's proof: the way of asking
        depends on it and nothing else."""
        return text(_claims(self.access).get("location_id"), 64)


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return members(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (ValueError, RecursionError):
        return {}


def grant(api: Api, key: str, credentials: Credentials) -> Granted:
    """By what is there: a sign-in's refresh token, a personal access token, or the client alone (section 2.1).

    A refresh token that is worth nothing any more, such as that of a worker killed before it could keep the next one,
    gives way to the personal access token where there is one.

    Raises Unavailable, and Misconfigured with the reason in words where Booker does not accept them.
    """
    fields = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    fields["scope"] = credentials.scope
    if credentials.refresh_token:
        refresh = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        answer = _asked(api, TOKEN_PATH, key, fields | refresh)
        if not (credentials.personal_access_token and members(answer.body).get("error") == "invalid_grant"):
            return _granted(answer)
    if credentials.personal_access_token:
        # The portal may show it URL-encoded (section 2.1, R7): decoded once before it is encoded as a form.
        token = unquote(credentials.personal_access_token)
        fields |= {"grant_type": "personal_access_token", "personal_access_token": token}
    else:
        fields |= {"grant_type": "client_credentials"}
    return _granted(_asked(api, TOKEN_PATH, key, fields))


def sign_in_address(base: str, *, client_id: str, scope: str, redirect_uri: str, state: str, challenge: str) -> str:
    """Where a merchant signs in and allows access (section 2.1, R3); PKCE by S256."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "scope": f"{SIGN_IN_SCOPES} {scope}",
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{base.rstrip('/')}{SIGN_IN_PATH}?{urlencode(asked)}"


def redeem(api: Api, key: str, credentials: Credentials, *, code: str, verifier: str, redirect_uri: str) -> Granted:
    """The tokens for the code that a sign-in came back with. `api` is the way to the sign-in host."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _granted(_asked(api, SIGN_IN_TOKEN_PATH, key, fields))


def _asked(api: Api, path: str, key: str, fields: Mapping[str, str]) -> Answer:
    """Never repeated by itself: a refresh token may be used once only."""
    return api.call("POST", path, endpoint=path, headers={SUBSCRIPTION: key}, form=fields)


def _granted(answer: Answer) -> Granted:
    body = members(answer.body)
    access = text(body.get("access_token"), MOST_TOKEN)
    if 200 <= answer.status < 300 and access:
        seconds = whole(body.get("expires_in"), LIFETIME, LONGEST)
        return Granted(access, seconds, text(body.get("refresh_token"), MOST_TOKEN))
    if answer.status == 429 or answer.status >= 500 or 200 <= answer.status < 300:
        raise Unavailable(f"no token, answer {answer.status}", retry_after=retry_after(answer))
    raise Misconfigured(REFUSALS.get(text(body.get("error"), 60), REFUSALS[""]))


# RFC 6749 section 5.2, in words for who set the connection up.
REFUSALS = {
    "": "Booker does not accept the credentials. Check each of them, and that the subscription key is still valid.",
    "invalid_client": "Booker does not know the client id, or the client secret is wrong.",
    "invalid_grant": "Booker no longer accepts the personal access token, or the sign-in. Enter it, or sign in, again.",
    "invalid_scope": "Booker does not allow this scope for these credentials.",
    "unauthorized_client": "These credentials are not allowed to connect in this way.",
}


def for_location(api: Api, key: str, access: str, *, location_id: str, brand_id: str) -> str:
    """A location's token from a brand's (section 2.2): the answer is the token itself, or an object that holds it."""
    params = [("locationId", location_id), *([("brandId", brand_id)] if brand_id else [])]
    headers = {SUBSCRIPTION: key, "Authorization": f"Bearer {access}"}
    answer = api.call("POST", CONTEXT_PATH, endpoint=CONTEXT_PATH, headers=headers, params=params, repeatable=True)
    body = answer.body
    token = text(body if isinstance(body, str) else members(body).get("access_token"), MOST_TOKEN)
    if 200 <= answer.status < 300 and token:
        return token
    if answer.status == 429 or answer.status >= 500 or 200 <= answer.status < 300:
        raise Unavailable(f"no token, answer {answer.status}", retry_after=retry_after(answer))
    raise Misconfigured("Booker does not let these credentials work for this location. Check location and brand.")
