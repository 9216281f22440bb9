"""What may be done with a booking in the state it is in.

The table follows booxi-api.md section 9 (status matrix) and its assumed transitions; the provider has the
last word, this only spares people buttons that cannot work.
"""

from __future__ import annotations

import datetime as dt

from bookings.models import Booking, Change, Kind, Status

K = Change.Kind
ANY_TIME = (K.MOVE, K.EDIT, K.CANCEL)
ALLOWED: dict[str, tuple[str, ...]] = {
    "requested": (K.CONFIRM, *ANY_TIME),
    "awaiting_client": (K.CONFIRM, *ANY_TIME),
    "confirmed": (K.ARRIVE, K.NO_SHOW, K.COMPLETE, *ANY_TIME),
    "arrived": (K.COMPLETE, K.UNDO, K.NO_SHOW, K.EDIT),  # cancelling or moving needs her back at expected first
    "no_show": (K.UNDO, K.ARRIVE),
    "completed": (K.UNDO,),
}
ON_THE_DAY = (K.ARRIVE, K.NO_SHOW, K.COMPLETE)
# Decisions about what waits for a person; proposing another time needs a request that was not answered yet.
DECISIONS = (K.DISPATCH, K.PROPOSE, K.DECLINE)
MOVABLE = frozenset(state for state, kinds in ALLOWED.items() if K.MOVE in kinds)


def possible(booking: Booking, *, now: dt.datetime) -> list[str]:
    """The kinds of change that make sense for `booking` at `now`, in the order people use them."""
    if not booking.is_accepted:
        return []
    kinds = tuple(kind for kind in ALLOWED.get(booking.state, ()) if kind not in booking.store.limits)
    if booking.kind != Kind.APPOINTMENT:
        # booxi-api.md section 14, "PUT scope": for reservations only cancelling is certain.
        return [kind for kind in kinds if kind == K.CANCEL]
    if booking.starts_at is None:
        # Booxi refuses what has no time yet (BookingNotScheduled): choosing one comes first.
        kinds = tuple(kind for kind in kinds if kind != K.CONFIRM)
    if not _is_on_the_day(booking, now=now):
        kinds = tuple(kind for kind in kinds if kind not in ON_THE_DAY)
    return list(kinds)


def _is_on_the_day(booking: Booking, *, now: dt.datetime) -> bool:
    """Booxi refuses arrivals and no-shows on another day (BookingNotToday)."""
    return bool(booking.local_start and booking.local_start.date() == booking.store.local(now).date())


def decisions(booking: Booking) -> list[str]:
    """What may be decided about `booking` while it waits for a person."""
    if not booking.is_waiting:
        return []
    kinds = [kind for kind in DECISIONS if kind not in booking.store.limits]
    return [kind for kind in kinds if kind != K.PROPOSE or booking.status == Status.REQUESTED]


def is_movable(state: str, kind: str, *, is_accepted: bool) -> bool:
    """Whether `possible` would name a move, for rows that are no `Booking`."""
    return is_accepted and kind == Kind.APPOINTMENT and state in MOVABLE
