"""What waits for a person: read, given to somebody, another time proposed, declined."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import actions
from bookings.models import Booking, Change
from clienteling import audit
from clienteling.models import Deed, StaffMember
from clienteling.permissions import Action
from integrations.api.booking_shapes import BookingShown, SeenRead, read
from integrations.api.bookings import attempted
from integrations.api.catalogue import OfStore
from integrations.api.endpoints import Endpoint, shown
from integrations.api.outcomes import ChangeShown
from integrations.api.problems import not_there
from integrations.api.reading import Id, Instant, Words, read_body
from integrations.api.schema import KEY, paged

K = Change.Kind
ANSWERS: Any = {200: BookingShown, 202: ChangeShown}


class GiveRead(SeenRead):
    staff = Id()
    starts_at = Instant()


class DeclineRead(SeenRead):
    reason = Words(required=False, allow_blank=True, max_length=300, help_text="Kept in the quick note, for the staff")


class Dispatching(Endpoint):
    needs = Action.DISPATCH_REQUESTS

    @property
    def rows(self) -> Any:
        return Booking.objects.for_user(self.system, Action.DISPATCH_REQUESTS)

    def booking(self, pk: int) -> Booking:
        """Whether or not it still waits: if not, that is said."""
        return get_object_or_404(read(self.rows.prefetch_related("items__service")), pk=pk)

    def give(self, request: Request, pk: int, *, proposal: bool) -> Response:
        said = read_body(GiveRead, request)
        booking = self.booking(pk)
        people = StaffMember.objects.calendars_for(self.system).filter(store=booking.store_id)
        staff = people.filter(pk=said["staff"]).first()
        if staff is None:
            raise not_there("staff")
        where: dict[str, Any] = {"starts_at": said["starts_at"], "staff": staff, "proposal": proposal}
        kind = K.PROPOSE if proposal else K.DISPATCH
        return attempted(self, booking, kind, said, lambda more: actions.dispatch(booking, **where, **more))


class Requests(Dispatching):
    @extend_schema(
        operation_id="requests",
        summary="What waits for a person",
        parameters=[OfStore],
        responses=paged(BookingShown),
    )
    def get(self, request: Request) -> Response:
        """Requested and not answered, nobody to do it, or times proposed by the client; as far as it can still be
        met. `booked_at` says since when."""
        query = self.query(OfStore)
        rows = self.rows.filter(store=query["store"]) if "store" in query else self.rows
        answer = self.page(read(rows.waiting(timezone.now())), query, shown(BookingShown))
        audit.record(Deed.SEARCHED, user=self.system, found=len(answer.data["results"]), what="requests")
        return answer


class Give(Dispatching):
    @extend_schema(
        operation_id="give_request",
        summary="Give it to somebody",
        parameters=[KEY],
        request=GiveRead,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: int) -> Response:
        """That person, that time, confirmed, in one change. 409 `not_possible` where it has been decided already."""
        return self.give(request, pk, proposal=False)


class Propose(Dispatching):
    @extend_schema(
        operation_id="propose_request",
        summary="Propose another time",
        parameters=[KEY],
        request=GiveRead,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: int) -> Response:
        """The client has to agree to it. Only for what is `requested`."""
        return self.give(request, pk, proposal=True)


class Decline(Dispatching):
    @extend_schema(
        operation_id="decline_request", summary="Decline", parameters=[KEY], request=DeclineRead, responses=ANSWERS
    )
    def post(self, request: Request, pk: int) -> Response:
        said = read_body(DeclineRead, request)
        booking, reason = self.booking(pk), said.get("reason", "")
        return attempted(self, booking, K.DECLINE, said, lambda more: actions.decline(booking, reason=reason, **more))


urlpatterns = [
    path("requests/", Requests.as_view(), name="requests"),
    path("requests/<int:pk>/give/", Give.as_view(), name="request-give"),
    path("requests/<int:pk>/propose/", Propose.as_view(), name="request-propose"),
    path("requests/<int:pk>/decline/", Decline.as_view(), name="request-decline"),
]
