"""How many requests were turned away for their signature. Counted beside the database: refusing writes nothing."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from integrations.models import Connection

logger = logging.getLogger(__name__)

HOURS = 24


def note(connection: Connection) -> None:
    """One more. Not counting it is better than not answering."""
    key = _key(connection.pk, timezone.now())
    try:
        cache.add(key, 0, timeout=(HOURS + 1) * 3600)
        cache.incr(key)
    except (RedisError, OSError, ValueError):
        logger.warning("a wrong signature could not be counted")


def lately(connections: Iterable[Connection]) -> int:
    """In the last 24 hours, for all of `connections`."""
    now = timezone.now()
    hours = [now - dt.timedelta(hours=number) for number in range(HOURS)]
    keys = [_key(connection.pk, hour) for connection in connections for hour in hours]
    try:
        return sum(cache.get_many(keys).values())
    except (RedisError, OSError):
        return 0


def _key(pk: int, moment: dt.datetime) -> str:
    return f"webhook-failures:{pk}:{moment:%Y%m%d%H}"
