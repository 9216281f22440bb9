"""Personal data is kept only as consented (booxi-api.md section 13).

A client who agreed to a booking only is anonymised `RETENTION_DAYS` after her last booking, when none is to come.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from clienteling.models import Client, ClientQuerySet, Consent, Store


def due_for_anonymising(now: dt.datetime) -> ClientQuerySet:
    """Booking-only clients whose last booking (or arrival here) is longer ago than the retention period.

    Who has asked for an appointment that has no time yet is still waiting for an answer.
    """
    limit = now - dt.timedelta(days=settings.RETENTION_DAYS)
    candidates = Client.objects.filter(consent=Consent.BOOKING_ONLY, anonymised_at__isnull=True)
    open_request = Q(bookings__ends_at__isnull=True, bookings__status__in=["requested", "awaiting_client"])
    return candidates.annotate(
        last_at=Coalesce(Max("bookings__ends_at"), "created_at"),
        open_requests=Count("bookings", filter=open_request),
    ).filter(last_at__lt=limit, open_requests=0)


def anonymise_due(*, now: dt.datetime, limit: int = 500) -> int:
    """Anonymise who is due. Returns how many. Their words on bookings go with them."""
    return sum(forget(client, at=now) for client in due_for_anonymising(now)[:limit])


def forget(client: Client, *, at: dt.datetime) -> bool:
    """Anonymise one client, with what was written about her on bookings, in changes asked for, and in the record
    of what differed: that something differed stays, what it said goes."""
    with transaction.atomic():
        if not client.anonymise(at=at):
            return False
        client.differences.update(before="", after="")
        client.deliveries.update(body="")
        for booking in client.bookings.all():
            booking.forget_words()
        Store.objects.filter(knows__client=client).touch()
    return True


def anonymise_on(client: Client) -> dt.date | None:
    """The day a booking-only client will be anonymised, None when her data is kept or already gone.

    One query, or none where she was read with `last_booking_at` (bookings/history.py, `with_facts`).
    """
    if client.keeps_data or client.anonymised_at:
        return None
    known = vars(client)
    if "last_booking_at" not in known:
        known |= client.bookings.aggregate(last_booking_at=Max("ends_at"))
    return ((known["last_booking_at"] or client.created_at) + dt.timedelta(days=settings.RETENTION_DAYS)).date()
