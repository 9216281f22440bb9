"""Who may run a store's day: the one place that the board and the requests ask."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from bookings.models import Booking
from clienteling.frame import current_store, stores_of
from clienteling.models import StaffMember, Store, User
from clienteling.permissions import Action, reach
from clienteling.requests import StaffRequest


def managed_stores(request: StaffRequest, action: Action = Action.SEE_STORE_CALENDARS) -> list[Store]:
    """The stores where she may do `action`: those she manages, all for head office. 404 for everybody else."""
    where = reach(request.user, action)
    stores = [store for store in stores_of(request) if where.covers(store)]
    if not stores:
        raise Http404
    return stores


def managed_store(request: StaffRequest) -> Store:
    """The store she works in now, or the first one she manages."""
    stores = managed_stores(request)
    now = current_store(request)
    return now if now in stores and now is not None else stores[0]


def people_of(user: User, store: Store) -> list[StaffMember]:
    """Whose calendars stand on the board. One query."""
    return list(StaffMember.objects.calendars_for(user).filter(store=store))


def waiting(user: User, stores: list[Store]) -> Any:
    """What waits for a person in `stores`, longest first."""
    return Booking.objects.changeable_by(user).filter(store__in=stores).waiting(timezone.now())


def waiting_one(request: StaffRequest, pk: int) -> Booking:
    """A booking of her stores with all that is shown of it, whether or not it still waits: she is told if not."""
    rows = Booking.objects.changeable_by(request.user).filter(
        store__in=managed_stores(request, Action.DISPATCH_REQUESTS)
    )
    return get_object_or_404(rows.with_details().prefetch_related("items__service"), pk=pk)


def count_waiting(user: User) -> int:
    """For the frame: how many wait in the stores she runs."""
    rows = Booking.objects.changeable_by(user).filter(reach(user, Action.DISPATCH_REQUESTS).where("store"))
    return rows.waiting(timezone.now()).order_by().count()
