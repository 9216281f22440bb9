"""Sending what was asked for, and keeping the answer: the same for bookings and for time in calendars."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from django.conf import settings
from django.utils import timezone

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from bookings.models.asked import Asked

logger = logging.getLogger(__name__)
A = TypeVar("A", bound=Asked)
Ended = TypeVar("Ended", bound=Asked, contravariant=True)


class End(Protocol[Ended]):
    """How something asked for is refused; `given_up`: because nobody has answered for too long."""

    def __call__(self, asked: Ended, /, *, reason: str, given_up: bool = False) -> None: ...


def carry_out(asked: A, deliver: Callable[[A], None], end: End[A]) -> A:
    """Network. Send something open that the caller holds (just begun, or claimed). No transaction open."""
    try:
        deliver(asked)
    except Refused as error:
        end(asked, reason=error.reason)
    except (Unavailable, Misconfigured) as error:
        _keep_trying(asked, error, end)
    else:
        asked.mark_done(now=timezone.now())
    return asked


def _keep_trying(asked: A, error: Unavailable | Misconfigured, end: End[A]) -> None:
    now = timezone.now()
    logger.warning("%s not confirmed, attempt %s: %s", asked.reference, asked.attempts, type(error).__name__)
    if now - asked.created_at > settings.SEND_GIVE_UP_AFTER:
        end(asked, reason=Reason.OTHER, given_up=True)
        return
    wait = error.retry_after if isinstance(error, Unavailable) else None
    reason = "misconfigured" if isinstance(error, Misconfigured) else "unavailable"
    asked.mark_unconfirmed(now=now, reason=reason, wait=wait)
