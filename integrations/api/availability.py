"""Free times, asked of the booking system while the caller waits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.gateway import get_gateway
from bookings.models import Service
from clienteling.models import StaffMember, Store
from clienteling.permissions import Action
from integrations.api.endpoints import Endpoint
from integrations.api.problems import fits_not, not_there
from integrations.api.reading import Id, Ids, Instant, Query

A_WEEK, LONGEST = dt.timedelta(days=7), dt.timedelta(days=28)


class FreeQuery(Query):
    store = Id()
    service = Ids(help_text="In the order they are done; given several times for several services")
    staff = Id(required=False, help_text="With this person only")
    starts_from = Instant(required=False, help_text="Now, if not said; what is past is left out")
    starts_before = Instant(required=False, help_text="A week later, if not said; at most 28 days later")


class SlotShown(serializers.Serializer[Any]):
    starts_at = Instant()
    ends_at = Instant()
    staff = serializers.ListField(child=serializers.IntegerField(), source="staff_ids", help_text="Any of these")


class FreeTimes(serializers.Serializer[Any]):
    results = SlotShown(many=True)


class Availability(Endpoint):
    needs = Action.SEE_STORE

    @extend_schema(operation_id="availability", summary="Free times", parameters=[FreeQuery], responses=FreeTimes)
    def get(self, request: Request) -> Response:
        """**A live call to the booking system**, which allows few of them: ask when somebody is choosing, not to keep a
        copy. Soonest first. What is free here can be taken a moment later; `POST /bookings/` says."""
        said = self.query(FreeQuery)
        store, services, staff = _wanted(self, said)
        start = max(said.get("starts_from", timezone.now()), timezone.now())
        end = said.get("starts_before", start + A_WEEK)
        if end - start > LONGEST:
            raise fits_not("starts_before", f"At most {LONGEST.days} days after starts_from.")
        if end <= start:
            return Response({"results": []})
        slots = get_gateway().availability(store=store, services=services, start=start, end=end, staff=staff)
        return Response({"results": SlotShown(slots, many=True).data})


def _wanted(endpoint: Endpoint, said: dict[str, Any]) -> tuple[Store, list[Service], StaffMember | None]:
    store = Store.objects.for_user(endpoint.system).filter(pk=said["store"]).first()
    if store is None:
        raise not_there("store")
    services = Service.objects.for_user(endpoint.system).filter(store=store).bookable().in_bulk(said["service"])
    if any(pk not in services for pk in said["service"]):
        raise not_there("service")
    staff = None
    if "staff" in said:
        people = StaffMember.objects.for_user(endpoint.system).filter(store=store, is_active=True)
        staff = people.filter(pk=said["staff"]).first()
        if staff is None:
            raise not_there("staff")
    return store, [services[pk] for pk in said["service"]], staff


urlpatterns = [path("availability/", Availability.as_view(), name="availability")]
