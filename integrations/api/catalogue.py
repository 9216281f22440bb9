"""Stores, who works there, and what can be booked."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.models import Service
from clienteling.models import StaffMember, Store
from clienteling.permissions import Action
from integrations.api.endpoints import Endpoint, shown
from integrations.api.reading import Id, ListQuery
from integrations.api.schema import paged


class HoursShown(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(help_text="0 is Monday")
    start = serializers.CharField(help_text="HH:MM on the store's clock")
    end = serializers.CharField(help_text="HH:MM, 24:00 for midnight")


class StoreShown(serializers.ModelSerializer[Store]):
    weekly_hours = HoursShown(many=True)

    class Meta:
        model = Store
        fields = (
            *("id", "name", "number", "time_zone", "currency", "country", "language", "address", "phone"),
            "weekly_hours",
        )
        read_only_fields = fields


class StaffShown(serializers.ModelSerializer[StaffMember]):
    is_online = serializers.BooleanField(help_text="Clients can book her themselves")

    class Meta:
        model = StaffMember
        fields = ("id", "store", "first_name", "last_name", "position", "is_active", "is_online")
        read_only_fields = fields


class ServiceShown(serializers.ModelSerializer[Service]):
    category = serializers.SerializerMethodField()
    staff = serializers.SerializerMethodField(help_text="Who does it, as far as the booking system tells")

    class Meta:
        model = Service
        fields = (
            *("id", "store", "category", "name", "description", "duration", "spacing_after", "price", "currency"),
            *("is_active", "is_online", "is_group", "staff"),
        )
        read_only_fields = fields

    def get_category(self, service: Service) -> str:
        return service.category.name if service.category else ""

    @extend_schema_field({"type": "array", "items": {"type": "integer"}})
    def get_staff(self, service: Service) -> list[int]:
        return sorted(member.pk for member in service.people.all())


class OfStore(ListQuery):
    store = Id(required=False, help_text="Of this store only")


class InStores(Endpoint):
    needs = Action.SEE_STORE


class Stores(InStores):
    @extend_schema(operation_id="stores", summary="Stores", parameters=[ListQuery], responses=paged(StoreShown))
    def get(self, request: Request) -> Response:
        """The stores of the token."""
        return self.page(Store.objects.for_user(self.system), self.query(ListQuery), shown(StoreShown))


class OneStore(InStores):
    @extend_schema(operation_id="store", summary="One store", responses=StoreShown)
    def get(self, request: Request, pk: int) -> Response:
        return Response(StoreShown(get_object_or_404(Store.objects.for_user(self.system), pk=pk)).data)


class Staff(InStores):
    @extend_schema(operation_id="staff", summary="Staff", parameters=[OfStore], responses=paged(StaffShown))
    def get(self, request: Request) -> Response:
        """Who works in the stores; one person in two stores is two rows. Also who has left: `is_active` is false."""
        query = self.query(OfStore)
        return self.page(_of_store(StaffMember.objects.for_user(self.system), query), query, shown(StaffShown))


class OneOfStaff(InStores):
    @extend_schema(operation_id="staff_member", summary="One of the staff", responses=StaffShown)
    def get(self, request: Request, pk: int) -> Response:
        return Response(StaffShown(get_object_or_404(StaffMember.objects.for_user(self.system), pk=pk)).data)


class Services(InStores):
    @extend_schema(operation_id="services", summary="Services", parameters=[OfStore], responses=paged(ServiceShown))
    def get(self, request: Request) -> Response:
        """What stores offer; the same service in another store is another row. Also what is no longer offered."""
        query = self.query(OfStore)
        return self.page(_of_store(services_of(self), query), query, shown(ServiceShown))


class OneService(InStores):
    @extend_schema(operation_id="service", summary="One service", responses=ServiceShown)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ServiceShown(get_object_or_404(services_of(self), pk=pk)).data)


def services_of(endpoint: Endpoint) -> Any:
    return Service.objects.for_user(endpoint.system).select_related("category").prefetch_related("people")


def _of_store(rows: Any, query: dict[str, Any]) -> Any:
    return rows.filter(store=query["store"]) if "store" in query else rows


urlpatterns = [
    path("stores/", Stores.as_view(), name="stores"),
    path("stores/<int:pk>/", OneStore.as_view(), name="store"),
    path("staff/", Staff.as_view(), name="staff"),
    path("staff/<int:pk>/", OneOfStaff.as_view(), name="staff-member"),
    path("services/", Services.as_view(), name="services"),
    path("services/<int:pk>/", OneService.as_view(), name="service"),
]
