"""What other systems call our people and places, and the numbers that the customer system's module has for them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.models import Service
from clienteling import audit
from clienteling.models import Client, Deed, StaffMember, Store
from clienteling.permissions import Action
from integrations import numbers
from integrations.api.endpoints import Endpoint
from integrations.api.problems import conflict
from integrations.api.reading import Strict, Words, read_body
from integrations.api.schema import described
from integrations.forms import plain_id
from integrations.models import ClientLink
from integrations.providers.base import Owner

OWNERS: dict[Owner, Any] = {Owner.STORE: Store, Owner.STAFF: StaffMember, Owner.SERVICE: Service}
PLACES = {Owner.STORE: "stores", Owner.STAFF: "staff", Owner.SERVICE: "services"}
STORE_OF = {Owner.STORE: "pk", Owner.STAFF: "store", Owner.SERVICE: "store"}


class LinkShown(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    system = serializers.CharField(source="connection.name", help_text="Which of our accounts with outside systems")
    kind = serializers.CharField(source="connection.kind")
    module = serializers.SerializerMethodField(help_text="Whose name it is, where that is not the system's own")
    external_id = serializers.CharField(help_text="What she, he or it is called there")
    number = serializers.SerializerMethodField(help_text="The customer system's number of a store, person or service")

    def get_module(self, link: Any) -> str:
        return getattr(link, "module", "")

    def get_number(self, link: Any) -> str | None:
        return getattr(link, "module_external_id", None)


class Links(serializers.Serializer[Any]):
    results = LinkShown(many=True)


class NumberRead(Strict):
    number = Words(max_length=100, allow_blank=True, validators=[plain_id], help_text="Empty: it has none")


class ClientLinks(Endpoint):
    needs = Action.SEE_CLIENTS

    @extend_schema(operation_id="client_links", summary="What others call her", responses=Links)
    def get(self, request: Request, pk: int) -> Response:
        client = get_object_or_404(Client.objects.for_user(self.system), pk=pk)
        audit.record_seen(Deed.CLIENT_SEEN, user=self.system, about=client, client=client)
        rows = ClientLink.objects.filter(client=client).select_related("connection").order_by("pk")
        return Response({"results": LinkShown(rows, many=True).data})


def owned(endpoint: Endpoint, owner: Owner, pk: int) -> QuerySet[Any]:
    """Links of one of the token's stores, staff or services, as far as the token may do here what it wants to do."""
    stores = Store.objects.for_user(endpoint.system, endpoint.needs)
    found = get_object_or_404(OWNERS[owner], pk=pk, **{f"{STORE_OF[owner]}__in": stores})
    rows: QuerySet[Any] = numbers.LINKS[owner]._default_manager.filter(**{owner.value: found})
    return rows.select_related("connection").order_by("pk")


class OwnedLinks(Endpoint):
    needs = Action.SEE_STORE
    owner = Owner.STORE

    def get(self, request: Request, pk: int) -> Response:
        """`number` is a copy; the booking system keeps it."""
        return Response({"results": LinkShown(owned(self, self.owner, pk), many=True).data})


class OneNumber(Endpoint):
    needs = Action.SET_NUMBERS
    owner = Owner.STORE

    def put(self, request: Request, pk: int, link_pk: int) -> Response:
        """**A live call to the booking system**, which keeps the number: it is set there, then here."""
        said = read_body(NumberRead, request)
        link = get_object_or_404(owned(self, self.owner, pk), pk=link_pk)
        if not link.connection.module_id:
            raise conflict("no_module", "The connection has no module id: without one nobody keeps numbers.")
        numbers.write(link.connection, self.owner, link, said["number"])
        audit.record(
            Deed.CONNECTION_CHANGED, user=self.system, about=link.connection, what="number", kind=self.owner.value
        )
        return Response(LinkShown(link).data)


def _of(owner: Owner) -> list[Any]:
    """The two addresses of one kind, each described as what it is."""
    word, place = owner.value, PLACES[owner]
    get = described(OwnedLinks.get, operation_id=f"{word}_links", summary="What others call it", responses=Links)
    says: dict[str, Any] = {"request": NumberRead, "responses": LinkShown}
    put = described(OneNumber.put, operation_id=f"set_{word}_number", summary="Set its number", **says)
    many: Any = type(f"{word.title()}Links", (OwnedLinks,), {"owner": owner, "get": get})
    one: Any = type(f"{word.title()}Number", (OneNumber,), {"owner": owner, "put": put})
    return [
        path(f"{place}/<int:pk>/links/", many.as_view(), name=f"{word}-links"),
        path(f"{place}/<int:pk>/links/<int:link_pk>/", one.as_view(), name=f"{word}-number"),
    ]


urlpatterns = [
    path("clients/<int:pk>/links/", ClientLinks.as_view(), name="client-links"),
    *(one for owner in OWNERS for one in _of(owner)),
]
