"""How much one system may ask. Counted by token, so that no header and no address makes two out of one.

A window is a minute of the clock: one addition in the cache, whatever the rate. Up to twice the rate can fall together
around its edge, which the pages do not notice.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

WINDOW = 60  # seconds


def over(who: str, most: int) -> float:
    """Count one more of `who`. 0.0 while it is within `most` a minute, else the seconds until the next minute."""
    now = time.time()
    key = f"api:{who}:{int(now // WINDOW)}"
    cache.add(key, 0, WINDOW * 2)
    try:
        count = cache.incr(key)
    except ValueError:  # it went between the two: the cache was emptied
        return 0.0
    return WINDOW - now % WINDOW if count > most else 0.0


class PerToken(BaseThrottle):
    def __init__(self) -> None:
        self.seconds = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.seconds = over(f"token:{request.user.pk}", settings.API_RATE)
        return not self.seconds

    def wait(self) -> float:
        return self.seconds


def note_wrong(request: Request) -> None:
    """Somebody has shown a token that is none. Raises Throttled where that happens too often from one address.

    Counted only after it has been looked up: whoever shares the address and has a good one is not shut out. The
    address is the peer's, or the one that so many proxies of ours as are set say (`TRUSTED_PROXY_COUNT`).
    """
    seconds = over(f"wrong:{BaseThrottle().get_ident(request)}", settings.API_RATE_WRONG)
    if seconds:
        raise Throttled(wait=seconds)
