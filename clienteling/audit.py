"""Writing the audit trail: one insert, from wherever the thing is done.

Which session and address it came from is known to the middleware alone, so that actions need no `request`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import models
from django.http import HttpRequest

from clienteling.models import AuditEntry, Client, Deed, Store
from clienteling.permissions import System, person_of

if TYPE_CHECKING:
    from clienteling.permissions import Anybody

SEEN_ONCE_IN = 600  # seconds: a page that refreshes itself is seen once
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def enter(request: HttpRequest) -> Token[HttpRequest | None]:
    return _request.set(request)


def leave(token: Token[HttpRequest | None]) -> None:
    _request.reset(token)


def session_name(key: str | None) -> str:
    """Tells sessions apart; the key that opens one cannot be made from it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""


def record(
    deed: Deed,
    *,
    user: Anybody | None,
    client: Client | int | None = None,
    store: Store | int | None = None,
    about: models.Model | None = None,
    **detail: Any,
) -> None:
    """`detail`: codes and numbers. Never a name, an address or a word of a client."""
    request = _request.get()
    AuditEntry.objects.create(
        deed=deed,
        user=person_of(user),
        user_name=str(user)[:200] if user and user.is_authenticated else "",
        client_id=_pk(client),
        store_id=_pk(store),
        object_type=about._meta.model_name or "" if about else "",
        object_id=_pk(about),
        detail=detail,
        session=_session(user, request),
        address=_address(request) if request else None,
    )


def record_seen(deed: Deed, *, user: Anybody, about: models.Model, **more: Any) -> None:
    """As `record`, but the same page of the same session only once in ten minutes, however often it refreshes."""
    session = _session(user, _request.get())
    if cache.add(f"seen:{deed}:{user.pk}:{session}:{about._meta.model_name}:{about.pk}", 1, SEEN_ONCE_IN):
        record(deed, user=user, about=about, **more)


def forget_old(now: dt.datetime) -> int:
    """The one way an entry goes: it is older than `AUDIT_KEEP_DAYS`."""
    return AuditEntry.objects.forget_before(now - dt.timedelta(days=settings.AUDIT_KEEP_DAYS))


def _session(user: Anybody | None, request: HttpRequest | None) -> str:
    """Of a system: which token it is."""
    if isinstance(user, System):
        return f"token-{user.prefix}"
    return session_name(request.session.session_key) if request else ""


def _pk(one: models.Model | int | None) -> int | None:
    return one if one is None or isinstance(one, int) else one.pk


def _address(request: HttpRequest) -> str | None:
    """The peer's. What a header claims is nobody's proof; "" where the server listens on a socket file."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return None
    return str(address)
