"""Connecting Booker by signing in there (booker-api.md section 2.1, R3): authorization code, bound to the session.

What waits in the session for the answer is sealed: neither the verifier nor the code can be read from its table.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.gateway import Misconfigured, Unavailable
from clienteling.cipher import key_ring
from integrations import access
from integrations.models import Connection
from integrations.providers import booker_auth
from integrations.providers.booker_api import Family
from integrations.switchboard import credentials_of, keys_of, sign_in_api

BEGUN, ANSWERED = "booker_sign_in", "booker_answer"
MINUTES = 10  # to sign in and allow access
MOST_CODE, MOST_STATE, MOST_ERROR = 4000, 200, 60


class NotSignedIn(Exception):
    """Why not, in words for who tried; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that somebody has begun. `begun`: epoch seconds."""

    connection: int
    location_id: str
    brand_id: str
    redirect_uri: str
    begun: float
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What Booker sent the browser back with."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str = ""


def begin(session: SessionBase, connection: Connection, *, location_id: str, brand_id: str, redirect_uri: str) -> str:
    """The address at Booker to go to. One begun before in this session counts no more."""
    pending = Pending(
        connection.pk,
        location_id,
        brand_id,
        redirect_uri,
        timezone.now().timestamp(),
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
    )
    session[BEGUN] = _sealed(asdict(pending))
    session.pop(ANSWERED, None)
    return booker_auth.sign_in_address(
        connection.sign_in_url,
        client_id=connection.client_id,
        scope=connection.scope or "merchant",
        redirect_uri=redirect_uri,
        state=pending.state,
        challenge=_challenge(pending.verifier),
    )


def _challenge(verifier: str) -> str:
    """S256 (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def note_answer(session: SessionBase, *, state: str, code: str, error: str) -> None:
    """Keep what came back, so that it can leave the address bar at once. Nothing is kept for whom nothing is begun."""
    if BEGUN in session:
        session[ANSWERED] = _sealed(
            {"state": state[:MOST_STATE], "code": code[:MOST_CODE], "error": error[:MOST_ERROR]}
        )


def taken(session: SessionBase) -> tuple[Pending | None, Answer | None]:
    """What was begun and what came back; each is found once."""
    begun, answered = _opened(session.pop(BEGUN, "")), _opened(session.pop(ANSWERED, ""))
    return Pending(**begun) if begun else None, Answer(**answered) if answered else None


def _sealed(values: dict[str, Any]) -> str:
    return key_ring().encrypt(json.dumps(values).encode()).decode()


def _opened(token: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(key_ring().decrypt(token.encode()))
    except InvalidToken:
        return None
    return found


def finish(connection: Connection, pending: Pending, answer: Answer) -> str:
    """Network. Have the code redeemed and keep the tokens. Raises NotSignedIn.

    Returns the location that the sign-in is for, as its token says itself; "" where it does not.
    """
    if not hmac.compare_digest(pending.state.encode(), answer.state.encode()):
        raise NotSignedIn(_("The answer does not belong to the sign-in that was begun here."))
    if timezone.now().timestamp() > pending.begun + MINUTES * 60:
        raise NotSignedIn(_("The sign-in took longer than %(minutes)s minutes.") % {"minutes": MINUTES})
    if answer.error or not answer.code:
        raise NotSignedIn(_refusal(answer.error))
    granted = _redeemed(connection, pending, answer.code)
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.location_id, row.brand_id, row.checks = pending.location_id, pending.brand_id, {}
        row.trouble, row.trouble_detail, row.trouble_since = "", "", None
        row.secrets = {name: value for name, value in row.secrets.items() if name != "refresh_token"}
        row.save()
        access.forget(row)
        access.save(row, granted)
    return granted.location_id


def _redeemed(connection: Connection, pending: Pending, code: str) -> booker_auth.Granted:
    try:
        return booker_auth.redeem(
            sign_in_api(connection),
            keys_of(connection).of(Family.MERCHANT),
            credentials_of(connection, connection.secrets),
            code=code,
            verifier=pending.verifier,
            redirect_uri=pending.redirect_uri,
        )
    except Misconfigured as error:
        if str(error) == booker_auth.REFUSALS["invalid_grant"]:
            raise NotSignedIn(
                _("Booker no longer takes this sign-in: it was used before, or took too long.")
            ) from error
        raise NotSignedIn(str(error)) from error
    except Unavailable as error:
        raise NotSignedIn(_("Booker did not answer in time.")) from error


def _refusal(error: str) -> str:
    """RFC 6749 section 4.1.2.1. What the address says is anybody's words, so it is only compared."""
    if error == "access_denied":
        return _("Access was not allowed at Booker.")
    if error == "invalid_scope":
        return booker_auth.REFUSALS["invalid_scope"]
    if error in ("server_error", "temporarily_unavailable"):
        return _("Booker has trouble of its own just now.")
    return _("Booker refused the sign-in. Check the client id, and whether Booker knows our address.")
