"""Segments that people have saved, and who is in them. That somebody was read is written down as a search is."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import segments
from bookings.models import Segment, SegmentCount
from bookings.segments import Clock
from clienteling import audit, contact
from clienteling.models import Client, Deed
from clienteling.permissions import Action
from integrations.api.clients import ClientShown, clients_of
from integrations.api.endpoints import Endpoint, shown
from integrations.api.problems import Problem
from integrations.api.reading import ROWS, Id, ListQuery
from integrations.api.schema import paged


class SegmentShown(serializers.ModelSerializer[Segment]):
    store = serializers.IntegerField(
        source="store_id", allow_null=True, help_text="About its clients and their visits there; null: every store"
    )
    criteria = serializers.SerializerMethodField(help_text="What narrows; empty: everybody")
    number = serializers.IntegerField(allow_null=True, help_text="How many clients were in it when last counted")
    counted_on = serializers.DateField(allow_null=True, help_text="That day, in UTC")

    class Meta:
        model = Segment
        fields = ("id", "name", "store", "criteria", "created_at", "number", "counted_on")
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_criteria(self, segment: Segment) -> Any:
        return segment.criteria


class SegmentQuery(ListQuery):
    store = Id(required=False, help_text="About this store only")


class Segments(Endpoint):
    needs = Action.SEE_SEGMENTS

    @extend_schema(
        operation_id="segments", summary="Segments", parameters=[SegmentQuery], responses=paged(SegmentShown)
    )
    def get(self, request: Request) -> Response:
        """Those about the token's stores; those about every store for a token that reaches every store. They are
        counted once a day."""
        query = self.query(SegmentQuery)
        latest = SegmentCount.objects.filter(segment=OuterRef("pk")).order_by("-day")
        rows = Segment.objects.for_user(self.system).annotate(
            number=Subquery(latest.values("number")[:1]), counted_on=Subquery(latest.values("day")[:1])
        )
        return self.page(rows.filter(store=query["store"]) if "store" in query else rows, query, shown(SegmentShown))


class ClientsOfSegment(Endpoint):
    needs = Action.SEE_SEGMENTS

    @extend_schema(
        operation_id="segment_clients",
        summary="Clients of a segment",
        parameters=[ListQuery],
        responses=paged(ClientShown),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Who is in it now. Days are counted in UTC. Contact data needs read:contact."""
        query = self.query(ListQuery)
        segment = get_object_or_404(Segment.objects.for_user(self.system), pk=pk)
        most = query.get("limit", ROWS)
        rows = self._rows(segment).filter(pk__gt=query.get("cursor", 0)).order_by("pk")
        found: list[Client] = list(rows[: most + 1])
        contact.show_to(self.system, found)
        ends: dict[str, Any] = {"first": found[0].pk, "last": found[:most][-1].pk} if found else {}
        audit.record(
            Deed.SEARCHED, user=self.system, store=segment.store_id, about=segment, found=len(found[:most]), **ends
        )
        return self.page_of(found, most, shown(ClientShown))

    def _rows(self, segment: Segment) -> Any:
        try:
            criteria = segment.asks
        except ValueError:
            raise Problem(
                422, "unreadable", "This segment was saved by another version; somebody must save it anew."
            ) from None
        inside = segments.clients(criteria, where=segment.where, clock=Clock(timezone.now()))
        return clients_of(self).filter(pk__in=inside.values("pk"))


urlpatterns = [
    path("segments/", Segments.as_view(), name="segments"),
    path("segments/<int:pk>/clients/", ClientsOfSegment.as_view(), name="segment-clients"),
]
