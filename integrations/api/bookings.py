"""Bookings: read, booked, and everything that people do with a booking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import actions, counter
from bookings.forms import Desk
from bookings.models import Booking, Change, Status
from clienteling import audit
from clienteling.models import Deed, StaffMember
from clienteling.permissions import Action
from integrations.api.booking_shapes import BookingShown, EditRead, MoveRead, OrderRead, SeenRead, read
from integrations.api.endpoints import Endpoint, shown
from integrations.api.keys import reference_of
from integrations.api.orders import order_of, refuse_twin
from integrations.api.outcomes import ChangeShown, outcome
from integrations.api.problems import conflict, fits_not, not_there
from integrations.api.reading import Id, Instant, ListQuery, read_body
from integrations.api.schema import KEY, NEEDS_KEY, described, paged

K = Change.Kind


class BookingQuery(ListQuery):
    store = Id(required=False)
    staff = Id(required=False)
    client = Id(required=False)
    status = serializers.ChoiceField(
        choices=[one for one in Status.choices if one[0] != Status.REFUSED], required=False
    )
    starts_from = Instant(required=False, help_text="Starts at or after")
    starts_before = Instant(required=False, help_text="Starts before")
    updated_since = Instant(
        required=False,
        help_text="Changed in the booking system at or after. News can reach us late: ask with some overlap",
    )


FILTERS = {
    "starts_from": "starts_at__gte",
    "starts_before": "starts_at__lt",
    "updated_since": "modified_at__gte",
    **{name: name for name in ("store", "staff", "client", "status")},
}


class Bookings(Endpoint):
    @property
    def needs(self) -> Action:  # type: ignore[override]
        return Action.CHANGE_STORE_BOOKINGS if self.request.method == "POST" else Action.SEE_CLIENTS

    @extend_schema(
        operation_id="bookings", summary="Bookings", parameters=[BookingQuery], responses=paged(BookingShown)
    )
    def get(self, request: Request) -> Response:
        """From our mirror of the booking system. What it never accepted is left out, what it has not answered yet is
        `sending`."""
        query = self.query(BookingQuery)
        wanted = {lookup: query[name] for name, lookup in FILTERS.items() if name in query}
        rows = Booking.objects.for_user(self.system).exclude(status=Status.REFUSED).filter(**wanted)
        answer = self.page(read(rows), query, shown(BookingShown))
        audit.record(
            Deed.SEARCHED, user=self.system, client=None, store=None, found=len(answer.data["results"]), what="bookings"
        )
        return answer

    @extend_schema(
        operation_id="book",
        summary="Book",
        parameters=[NEEDS_KEY],
        request=OrderRead,
        responses={201: BookingShown, 202: ChangeShown},
    )
    def post(self, request: Request) -> Response:
        """201: the booking system has accepted it. 202: it has not answered yet and we go on asking; the booking is
        not made, `Location` says where to look. 409: refused, with the booking system's reason as `code`."""
        order, store, anyway = order_of(self, read_body(OrderRead, request))
        reference = reference_of(request, required=True)
        known = Change.objects.filter(reference=reference).select_related("booking").first()
        if known is None and not anyway:
            refuse_twin(order, store, reference)
        change = known or counter.place(order, store=store, author=self.system, reference=reference)
        return outcome(change, self.show)

    def show(self, pk: int) -> Any:
        return show_booking(self, pk)


def show_booking(endpoint: Endpoint, pk: int) -> Any:
    return BookingShown(get_object_or_404(read(Booking.objects.for_user(endpoint.system)), pk=pk)).data


# --- one booking -----------------------------------------------------------------------------------------


class OneBooking(Endpoint):
    @property
    def needs(self) -> Action:  # type: ignore[override]
        return Action.CHANGE_STORE_BOOKINGS if self.request.method == "PATCH" else Action.SEE_CLIENTS

    @extend_schema(operation_id="booking", summary="One booking", responses=BookingShown)
    def get(self, request: Request, pk: int) -> Response:
        booking = get_object_or_404(read(Booking.objects.for_user(self.system)), pk=pk)
        who = {"client": booking.client_id, "store": booking.store_id}
        audit.record_seen(Deed.BOOKING_SEEN, user=self.system, about=booking, **who)
        return Response(BookingShown(booking).data)

    @extend_schema(
        operation_id="edit_booking",
        summary="Change services, lengths, prices and words",
        parameters=[KEY],
        request=EditRead,
        responses={200: BookingShown, 202: ChangeShown},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """What is not named stays. `items` are all services of the booking, in order."""
        said = read_body(EditRead, request)
        booking = changeable(self, pk)
        wanted: dict[str, Any] = {name: said[name] for name in ("client_request", "quick_note") if name in said}
        if "items" in said:
            wanted["items"] = _items(self, booking, said["items"])
        if not wanted:
            return Response(BookingShown(booking).data)
        return attempted(self, booking, K.EDIT, said, lambda more: actions.edit(booking, **wanted, **more))


def _items(endpoint: Endpoint, booking: Booking, said: list[dict[str, Any]]) -> list[actions.Item]:
    """Services the store offers, or that the booking has already."""
    desk = Desk.of(booking.store, endpoint.system)
    ours = desk.services | {item.service.pk: item.service for item in booking.item_list if item.service}
    if any(one["service"] not in ours for one in said):
        raise not_there("items")
    return [actions.Item(ours[one["service"]], one["duration"], one.get("price")) for one in said]


def changeable(endpoint: Endpoint, pk: int) -> Booking:
    rows = Booking.objects.changeable_by(endpoint.system).prefetch_related("items__service")
    return get_object_or_404(read(rows), pk=pk)


def attempted(
    endpoint: Endpoint, booking: Booking, kind: str, said: dict[str, Any], send: Callable[[dict[str, Any]], Change]
) -> Response:
    """Do it as a page would, once for each idempotency key, and say what has come of it."""
    seen, reference = said.get("seen"), reference_of(endpoint.request)
    known = Change.objects.filter(reference=reference).select_related("booking").first()
    if known:
        return outcome(known, lambda pk: show_booking(endpoint, pk))
    more = {"author": endpoint.system, "seen_at": seen}
    done = counter.attempt(
        booking, kind=kind, reference=reference, seen_at=seen, send=lambda name: send({**more, "reference": name})
    )
    if done.change is None:
        raise conflict(done.code, done.refusal)
    return outcome(done.change, lambda pk: show_booking(endpoint, pk), done.refusal)


class Changing(Endpoint):
    needs = Action.CHANGE_STORE_BOOKINGS


class Move(Changing):
    @extend_schema(
        operation_id="move_booking",
        summary="Another time, another person, or both",
        parameters=[KEY],
        request=MoveRead,
        responses={200: BookingShown, 202: ChangeShown},
    )
    def post(self, request: Request, pk: int) -> Response:
        said = read_body(MoveRead, request)
        booking = changeable(self, pk)
        staff = _staff(self, booking, said.get("staff"))
        starts_at: dt.datetime = said["starts_at"]
        return attempted(
            self, booking, K.MOVE, said, lambda more: actions.move(booking, starts_at=starts_at, staff=staff, **more)
        )


def _staff(endpoint: Endpoint, booking: Booking, pk: int | None) -> StaffMember:
    """Somebody of the booking's own store."""
    if pk is None and booking.staff is None:
        raise fits_not("staff", "Nobody does it yet: say who.")
    people = StaffMember.objects.bookable_by(endpoint.system).filter(store=booking.store_id)
    found = people.filter(pk=pk or booking.staff_id or 0).first()
    if found is None:
        raise not_there("staff")
    return found


class State(Changing):
    """Confirm, cancel, arrived, no-show, complete, and one step back."""

    kind = ""

    def post(self, request: Request, pk: int) -> Response:
        """`possible` of the booking says whether this makes sense now."""
        said = read_body(SeenRead, request)
        booking = changeable(self, pk)
        return attempted(
            self, booking, self.kind, said, lambda more: actions.set_state(booking, kind=self.kind, **more)
        )


WORDS = {
    K.CONFIRM: "Confirm what was requested",
    K.CANCEL: "Cancel",
    K.ARRIVE: "She has arrived",
    K.NO_SHOW: "She has not come",
    K.COMPLETE: "It is done",
    K.UNDO: "One step back: completed to arrived, arrived or no-show to expected",
}


def _state(kind: Change.Kind) -> Any:
    """An endpoint for one of them, described as what it does."""
    post = described(
        State.post,
        operation_id=f"{kind}_booking",
        summary=WORDS[kind],
        parameters=[KEY],
        request=SeenRead,
        responses={200: BookingShown, 202: ChangeShown},
    )
    made: Any = type(f"{kind.title().replace('_', '')}Booking", (State,), {"kind": kind.value, "post": post})
    return path(f"bookings/<int:pk>/{kind.replace('_', '-')}/", made.as_view(), name=f"booking-{kind}")


urlpatterns = [
    path("bookings/", Bookings.as_view(), name="bookings"),
    path("bookings/<int:pk>/", OneBooking.as_view(), name="booking"),
    path("bookings/<int:pk>/move/", Move.as_view(), name="booking-move"),
    *(_state(kind) for kind in WORDS),
]
