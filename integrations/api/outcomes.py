"""What has come of something a system asked for: done, not confirmed yet, or refused."""

from __future__ import annotations

import math
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import wording
from bookings.models import Booking, Change
from clienteling.permissions import Action
from integrations.api.endpoints import Endpoint
from integrations.api.problems import conflict

CODES = {Change.State.REFUSED: "refused", Change.State.GIVEN_UP: "given_up"}


class ChangeShown(serializers.ModelSerializer[Change]):
    """Something that was asked for, and how it stands."""

    state = serializers.ChoiceField(choices=Change.State.choices, read_only=True)
    reason = serializers.CharField(read_only=True, help_text="Why not, or why not yet: a code")
    words = serializers.SerializerMethodField(help_text="The same for people")

    class Meta:
        model = Change
        fields = ("reference", "booking", "kind", "state", "reason", "words", "created_at", "answered_at")
        read_only_fields = fields

    def get_words(self, change: Change) -> str:
        if change.state == Change.State.DONE:
            return ""
        return wording.not_confirmed(change) if change.is_open else wording.refused(change)


class OneChange(Endpoint):
    needs = Action.SEE_CLIENTS

    @extend_schema(operation_id="change", summary="Something that was asked for", responses=ChangeShown)
    def get(self, request: Request, reference: Any) -> Response:
        """How it stands now. An answer of 202 leads here: ask until `state` is neither `sending` nor `unconfirmed`."""
        bookings = Booking.objects.for_user(self.system)
        return Response(ChangeShown(get_object_or_404(Change, reference=reference, booking__in=bookings)).data)


def outcome(change: Change, show: Any, words: str = "") -> Response:
    """201 or 200 with what `show` makes of the booking; 202 while nobody has answered. Raises 409 for what was refused.

    `words` may say better than the code why it was refused.
    """
    if change.is_open:
        wait = (change.next_attempt_at - timezone.now()).total_seconds()
        headers = {"Location": reverse("api:change", args=[change.reference])}
        headers["Retry-After"] = str(min(max(1, math.ceil(wait)), 60))
        return Response(ChangeShown(change).data, 202, headers=headers)
    if change.state != Change.State.DONE:
        code = change.reason or CODES[Change.State(change.state)]
        raise conflict(code, words or wording.refused(change), change=str(change.reference))
    if change.kind != Change.Kind.BOOK:
        return Response(show(change.booking_id))
    return Response(
        show(change.booking_id), 201, headers={"Location": reverse("api:booking", args=[change.booking_id])}
    )


urlpatterns = [path("changes/<uuid:reference>/", OneChange.as_view(), name="change")]
