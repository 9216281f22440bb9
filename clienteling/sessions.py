"""How long a log-in lasts, and locking the screen of a shared tablet. Moments are epoch seconds in the session."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

BEGAN, ACTIVE, LOCKED, MISTAKES = "began", "active", "locked", "unlock_mistakes"
TOUCH_EVERY = 60  # seconds: not each request writes the session
MOST_MISTAKES = 5
# Asked by open pages on their own: they keep nobody logged in.
BACKGROUND = ("live", "fresh")


def begin(sender: object, *, request: HttpRequest, **_: Any) -> None:
    """Heard from Django at every log-in, by whatever way."""
    request.session[BEGAN] = request.session[ACTIVE] = time.time()


def why_over(session: SessionBase) -> str:
    """Why the log-in has come to its end: "age", "idle", or "" while it lasts. What never began is over."""
    now = time.time()
    if now - session.get(BEGAN, 0) >= settings.SESSION_LIFETIME.total_seconds():
        return "age"
    if now - session.get(ACTIVE, 0) >= settings.SESSION_IDLE_AFTER.total_seconds():
        return "idle"
    return ""


def is_background(request: HttpRequest) -> bool:
    """Whether a page asked, and not somebody: a poll, or a part that is read again. A press sends a form."""
    match = request.resolver_match
    by_itself = match is not None and match.url_name in BACKGROUND
    return request.method in ("GET", "HEAD") and (by_itself or request.headers.get("HX-Request") == "true")


def touch(session: SessionBase) -> None:
    now = time.time()
    if now - session.get(ACTIVE, 0) >= TOUCH_EVERY:
        session[ACTIVE] = now


def lock(session: SessionBase, *, back_to: str) -> None:
    session[LOCKED] = back_to


def is_locked(session: SessionBase) -> bool:
    return LOCKED in session


def unlock(session: SessionBase) -> str:
    """Returns where she was."""
    session.pop(MISTAKES, None)
    session[ACTIVE] = time.time()
    return str(session.pop(LOCKED, ""))


def count_mistake(session: SessionBase) -> bool:
    """Whether that was one too many."""
    session[MISTAKES] = session.get(MISTAKES, 0) + 1
    return bool(session[MISTAKES] >= MOST_MISTAKES)
