"""Pages that change by themselves: each names a stamp of what it shows, and asks now and then whether it still holds.

A stamp is read before what it stands for, so that whatever comes between is seen the next time. Asking costs two
queries at most, beside those of the log-in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Sum
from django.urls import reverse

from bookings.models import Booking
from clienteling.models import ClientQuerySet, StaffMember, Store, User
from clienteling.permissions import Action, reach

FRESH = "#fresh"


@dataclass(frozen=True, slots=True)
class Live:
    """`url`: where to ask; `seen`: the stamp of what the page shows; `parts`: selectors of what is replaced."""

    url: str
    seen: str
    parts: str


def _live(scope: str, pk: int, stamp: int | None, *parts: str) -> Live:
    return Live(reverse("live", args=[scope, pk]), str(stamp or 0), ",".join((*parts, FRESH)))


def today(user: User, store: Store) -> Live:
    """Today shows one store, and requests of every store she works in."""
    return _live("today", store.pk, _today_stamp(user, store), "#today")


def calendar(staff: StaffMember) -> Live:
    return _live("calendar", staff.pk, staff.store.stamp, "#calendar")


def board(store: Store) -> Live:
    return _live("board", store.pk, store.stamp, "#board")


def requests(stores: Sequence[Store]) -> Live:
    """What waits in one store, or in all she manages (0)."""
    pk = stores[0].pk if len(stores) == 1 else 0
    return _live("requests", pk, sum(store.stamp for store in stores), "#requests")


def booking(booking: Booking) -> Live:
    return _live("booking", booking.pk, booking.store.stamp, "#booking-page", "#cancel")


def client(pk: int, stamp: int | None) -> Live:
    """`stamp`: as `with_stamp` has annotated it."""
    return _live("client", pk, stamp, "#client-head", "#client-coming", "#facts", "#history")


def with_stamp(clients: ClientQuerySet, user: User) -> ClientQuerySet:
    """`clients` with `stamp`, that of all stores which know them and `user` may see."""
    known = (
        Store.objects.for_user(user, Action.SEE_CLIENTS)
        .filter(knows__client=OuterRef("pk"))
        .order_by()
        .values("knows__client")
    )
    return clients.annotate(stamp=Subquery(known.annotate(total=Sum("stamp")).values("total")))


# --- asking again ------------------------------------------------------------------------------------------


def _today_stamp(user: User, store: Store) -> int:
    """Head office sees requests of all stores: that one came elsewhere can wait for the next minute."""
    if reach(user, Action.SEE_STORE).everywhere:
        return store.stamp
    return sum({member.store_id: member.store.stamp for member in user.memberships}.values())


def _of_today(user: User, pk: int) -> int | None:
    everywhere = reach(user, Action.SEE_STORE).everywhere
    store = Store.objects.for_user(user).filter(pk=pk).first() if everywhere else _hers(user, pk)
    return _today_stamp(user, store) if store else None


def _hers(user: User, pk: int) -> Store | None:
    return next((member.store for member in user.memberships if member.store_id == pk), None)


def _of_calendar(user: User, pk: int) -> int | None:
    people = StaffMember.objects.calendars_for(user).filter(pk=pk)
    return people.values_list("store__stamp", flat=True).first()


def _managed(user: User, action: Action) -> dict[int, int]:
    """Stores where `user` may do `action`, with their stamps."""
    where = reach(user, action)
    if where.everywhere:
        return dict(Store.objects.for_user(user, action).values_list("pk", "stamp"))
    return {member.store_id: member.store.stamp for member in user.memberships if where.covers(member.store_id)}


def _of_board(user: User, pk: int) -> int | None:
    return _managed(user, Action.SEE_STORE_CALENDARS).get(pk)


def _of_requests(user: User, pk: int) -> int | None:
    stamps = _managed(user, Action.DISPATCH_REQUESTS)
    everything = sum(stamps.values()) if stamps else None
    return stamps.get(pk) if pk else everything


def _of_booking(user: User, pk: int) -> int | None:
    return Booking.objects.for_user(user).filter(pk=pk).values_list("store__stamp", flat=True).first()


def _of_client(user: User, pk: int) -> int | None:
    known = Store.objects.for_user(user, Action.SEE_CLIENTS).filter(knows__client=pk)
    stamp: int | None = known.aggregate(total=Sum("stamp"))["total"]
    return stamp


STAMPS: dict[str, Callable[[User, int], int | None]] = {
    "today": _of_today,
    "calendar": _of_calendar,
    "board": _of_board,
    "requests": _of_requests,
    "booking": _of_booking,
    "client": _of_client,
}


def stamp(scope: str, pk: int, *, user: User) -> str | None:
    """The stamp now; None for what `user` may not see or what is not there."""
    found = STAMPS[scope](user, pk) if scope in STAMPS else None
    return None if found is None else str(found)
