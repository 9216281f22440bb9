"""`/v5/auth`: tokens by five grants, and a brand's token turned into a location's (sections 2.1 and 2.2)."""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from integrations.sandbox.booker import credentials, gate, tokens
from integrations.sandbox.booker.assumptions import REFRESH_TOKEN_SECONDS, TOKEN_SECONDS
from integrations.sandbox.booker.credentials import ANY, OPEN, User
from integrations.sandbox.booker.failures import OAuthError
from integrations.sandbox.http import Call, Refusal, Reply, Route

Form = Mapping[str, str]


def token(call: Call) -> Reply:
    """`{access_token, token_type, expires_in, refresh_token?}`; OAuth errors, `invalid_client` first of them."""
    form = call.request.form
    grant = _GRANTS.get(form.get("grant_type", ""))
    if grant is None:
        raise OAuthError("unsupported_grant_type", "The grant type is not supported.")
    if not _is_client(call, form, is_public="code_verifier" in form):
        raise OAuthError("invalid_client", "The client is not known.")
    return Reply(body=grant(call, form), headers={"Cache-Control": "no-store"})


def _is_client(call: Call, form: Form, *, is_public: bool) -> bool:
    """By the form, or by HTTP Basic; who proves a PKCE challenge needs no secret."""
    basic = call.request.authorization
    by_basic = basic is not None and basic.type == "basic" and "client_id" not in form
    given = (
        (basic.username, basic.password) if by_basic and basic else (form.get("client_id"), form.get("client_secret"))
    )
    if given[0] != credentials.CLIENT_ID:
        return False
    secret = given[1]
    return hmac.compare_digest((secret or "").encode(), credentials.CLIENT_SECRET.encode()) or (
        is_public and secret is None
    )


def _answer(*, access_token: str, refresh_token: str | None = None) -> dict[str, object]:
    body: dict[str, object] = {"access_token": access_token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}
    return body | ({"refresh_token": refresh_token} if refresh_token else {})


_SCOPES = frozenset(
    ("public", "merchant", "parter-payment", "internal", "customer", "openid", "profile", "userinfo", "offline_access")
)


def scope_of(form: Form, *, usual: str) -> str:
    """The scopes asked for. `invalid_scope` for one nobody knows."""
    scope = form.get("scope", "").strip() or usual
    if not set(scope.split()) <= _SCOPES:
        raise OAuthError("invalid_scope", "The scope is not known.")
    return scope


def _by_client(call: Call, form: Form) -> dict[str, object]:
    scope = scope_of(form, usual="customer")
    return _answer(access_token=tokens.issued(scope=scope, user=None, location_id=None, now=call.now))


def _by_personal_access_token(call: Call, form: Form) -> dict[str, object]:
    user = credentials.user_by_token(form.get("personal_access_token", ""))
    if user is None:
        raise OAuthError("invalid_grant", "The personal access token is not known.")
    scope = scope_of(form, usual="merchant")
    return _answer(access_token=tokens.issued(scope=scope, user=user, location_id=user.location_id, now=call.now))


def _by_refresh_token(call: Call, form: Form) -> dict[str, object]:
    if call.fault == "refresh_token_used":
        raise OAuthError("invalid_grant", "The refresh token is not known.")
    row = _taken(call, "booker_refresh_token", form.get("refresh_token", ""))
    return _renewable(call, user=_user(row["user_id"]), scope=row["scope"], location_id=row["location_id"])


def _by_code(call: Call, form: Form) -> dict[str, object]:
    row = _taken(call, "booker_code", form.get("code", ""))
    if form.get("redirect_uri", "") != row["redirect_uri"]:
        raise OAuthError("invalid_grant", "The redirect_uri is another.")
    if row["challenge"] and not hmac.compare_digest(_challenge(form.get("code_verifier", "")), row["challenge"]):
        raise OAuthError("invalid_grant", "The code_verifier does not fit.")
    user, scope = _user(row["user_id"]), row["scope"]
    if "offline_access" in scope.split():
        return _renewable(call, user=user, scope=scope, location_id=user.location_id)
    return _answer(access_token=tokens.issued(scope=scope, user=user, location_id=user.location_id, now=call.now))


_GRANTS: dict[str, Callable[[Call, Form], dict[str, object]]] = {
    "client_credentials": _by_client,
    "personal_access_token": _by_personal_access_token,
    "refresh_token": _by_refresh_token,
    "authorization_code": _by_code,
}


def _renewable(call: Call, *, user: User, scope: str, location_id: int | None) -> dict[str, object]:
    fresh = secrets.token_urlsafe(32)
    call.db.execute(
        "INSERT INTO booker_refresh_token VALUES (?, ?, ?, ?, ?, NULL)",
        (digest(fresh), user.id, scope, location_id, call.now + REFRESH_TOKEN_SECONDS),
    )
    access = tokens.issued(scope=scope, user=user, location_id=location_id, now=call.now)
    return _answer(access_token=access, refresh_token=fresh)


def _taken(call: Call, table: str, given: str) -> sqlite3.Row:
    """The row of a refresh token or a code that works once; `invalid_grant` when used, expired or unknown."""
    row = call.db.execute(f"SELECT * FROM {table} WHERE digest = ?", (digest(given),)).fetchone()  # noqa: S608
    if row is None or row["used_on"] is not None or call.now >= row["expires_on"]:
        raise OAuthError("invalid_grant", "It is not known, has expired, or was used before.")
    call.db.execute(f"UPDATE {table} SET used_on = ? WHERE digest = ?", (call.now, row["digest"]))  # noqa: S608
    found: sqlite3.Row = row
    return found


def _user(user_id: int) -> User:
    return next(user for user in credentials.USERS if user.id == user_id)


def user_of(claims: Mapping[str, Any]) -> User | None:
    """Whom a token stands for; nobody for an application's own."""
    return _user(int(claims["sub"])) if "sub" in claims else None


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _challenge(verifier: str) -> str:
    raw = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def update_context(call: Call) -> Reply:
    """The token again, for `locationId`: the body is the new one, a bare JSON string."""
    claims = tokens.read(gate.access_token(call.request), now=call.now)
    if claims is None:
        raise Refusal(401, "Unauthorized. Access token is missing or invalid.")
    location_id, brand_id = call.args.get("locationId", ""), call.args.get("brandId", "")
    if brand_id not in ("", str(credentials.BRAND_ID)) or location_id not in map(str, credentials.LOCATION_IDS):
        raise Refusal(403, "The location is not one of the brand's.")
    user = user_of(claims)
    if user is not None and user.location_id not in (None, int(location_id)):
        raise Refusal(403, "The user may not work at that location.")
    made = tokens.issued(scope=claims["scope"], user=user, location_id=int(location_id), now=call.now)
    return Reply(body=made)


ROUTES = (
    Route(method="POST", path="/v5/auth/connect/token", answer=token, key=ANY, writes=True),
    Route(method="POST", path="/auth/connect/token", answer=token, key=OPEN, writes=True),
    Route(method="POST", path="/v5/auth/context/update", answer=update_context, key=ANY),
)
