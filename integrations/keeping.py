"""How long a copy of a booking system's data may be kept here, where its terms limit that (booker-api.md 11)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from bookings.models import Booking
from clienteling.models import ClientProfile, Membership
from integrations.models import ClientLink, Connection

BATCH = 1000


def keep_days(connection: Connection) -> int:
    """Days after its end that a booking stays in the mirror; 0: no limit."""
    return int(settings.BOOKER_KEEP_DAYS) if connection.kind == Connection.Kind.BOOKER else 0


def oldest(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """What ended before that is neither kept nor read; None: no limit."""
    days = keep_days(connection)
    return now - dt.timedelta(days=days) if days else None


def forget_old(now: dt.datetime) -> int:
    """Bookings whose time is up, and what was told of clients whom nobody has told of since. Returns how many rows.

    The booking system still has all of it: what we lose is the copy.
    """
    gone = 0
    for connection in Connection.objects.booking_systems():
        limit = oldest(connection, now)
        if limit is None:
            continue
        old = Booking.objects.accepted().filter(store__links__connection=connection, ends_at__lt=limit)
        while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            gone += len(pks)
            Booking.objects.filter(pk__in=pks).delete()
        hers = ClientLink.objects.filter(connection=connection, module="").values("client")
        stale = ClientProfile.objects.filter(client__in=hers, seen_at__lt=limit)
        Membership.objects.filter(client__in=stale.values("client")).delete()
        gone += stale.delete()[0]
    return gone
