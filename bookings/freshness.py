"""How true the mirror is for what a page shows; what is older than it should be is asked for in the background."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from bookings.gateway import Freshness, get_gateway
from clienteling.models import StaffMember, Store


def is_old(fresh: Freshness) -> bool:
    """Whether it is worth asking: not where nobody could answer, and not once more while it is being read."""
    if fresh.state in ("unconnected", "misconfigured") or fresh.total:
        return False
    return fresh.as_of is None or timezone.now() - fresh.as_of > settings.MIRROR_STALE_AFTER


def is_known(fresh: Freshness) -> bool:
    """Whether an empty page means that nothing is booked, rather than that nothing has been read."""
    return fresh.as_of is not None or fresh.state in ("fresh", "unconnected")


def of_store(store: Store, *, ask: bool = True) -> Freshness:
    gateway = get_gateway()
    fresh = gateway.freshness(stores=[store])
    if ask and is_old(fresh):
        gateway.ask_refresh(store=store)
    return fresh


def of_days(staff: StaffMember, days: list[dt.date], *, ask: bool = True) -> tuple[Freshness, bool]:
    """For one calendar, and whether some of `days` are outside the window that is always mirrored."""
    gateway = get_gateway()
    start, end = staff.store.day_bounds(days[0], len(days))
    fresh = gateway.day_freshness(staff=staff, start=start, end=end)
    first, last = gateway.mirrored_until(store=staff.store)
    outside = days[0] < first or days[-1] > last
    if ask and is_old(fresh) and outside:
        gateway.ask_days(staff=staff, start=start, end=end)
    elif ask and is_old(fresh):
        gateway.ask_refresh(store=staff.store)
    return fresh, outside
