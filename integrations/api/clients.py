"""Clients: found as on their page, and read. Who is found, and that she was read, is written down as it is there."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import finding
from clienteling import audit, contact
from clienteling.models import Client, ClientStore, Deed, Store
from clienteling.permissions import Action, reach
from integrations.api.endpoints import Endpoint, shown
from integrations.api.reading import ROWS, Id, ListQuery, Words
from integrations.api.schema import paged

HIDDEN = "null unless the token has read:contact for one of her stores"


class ClientShown(serializers.ModelSerializer[Client]):
    email = serializers.SerializerMethodField(help_text=HIDDEN)
    mobile_phone = serializers.SerializerMethodField(help_text=HIDDEN)
    home_phone = serializers.SerializerMethodField(help_text=HIDDEN)
    quick_note = serializers.SerializerMethodField(help_text=HIDDEN)
    stores = serializers.SerializerMethodField(help_text="Which of the token's stores know her")

    class Meta:
        model = Client
        fields = (
            *("id", "first_name", "last_name", "email", "mobile_phone", "home_phone", "language", "quick_note"),
            *("consent", "consent_at", "anonymised_at", "created_at", "stores"),
        )
        read_only_fields = fields

    def get_email(self, client: Client) -> str | None:
        return client.email if client.contact_shown else None

    def get_mobile_phone(self, client: Client) -> str | None:
        return client.mobile_phone if client.contact_shown else None

    def get_home_phone(self, client: Client) -> str | None:
        return client.home_phone if client.contact_shown else None

    def get_quick_note(self, client: Client) -> str | None:
        return client.quick_note if client.contact_shown else None

    @extend_schema_field({"type": "array", "items": {"type": "integer"}})
    def get_stores(self, client: Client) -> list[int]:
        return sorted(row.store_id for row in client.known_in.all())


class ClientQuery(ListQuery):
    q = Words(
        required=False,
        max_length=100,
        help_text="Starts of names in any order, an e-mail address, a phone number in any format, or a customer number",
    )
    store = Id(required=False, help_text="Known in this store")


class Clients(Endpoint):
    needs = Action.SEE_CLIENTS

    @extend_schema(operation_id="clients", summary="Clients", parameters=[ClientQuery], responses=paged(ClientShown))
    def get(self, request: Request) -> Response:
        """All of the token's stores, or those that `q` finds, by id. Without read:contact a part of a phone number or
        of an e-mail address finds nobody."""
        query = self.query(ClientQuery)
        most = query.get("limit", ROWS)
        rows = clients_of(self, query.get("store")).filter(pk__gt=query.get("cursor", 0)).order_by("pk")
        found = self._found(rows, query, most + 1)
        # As a search on the page: how many, not who. First and last say what a reader of everything has read.
        ends: dict[str, Any] = {"first": found[0].pk, "last": found[:most][-1].pk} if found and "q" not in query else {}
        audit.record(Deed.SEARCHED, user=self.system, store=query.get("store"), found=len(found[:most]), **ends)
        return self.page_of(found, most, shown(ClientShown))

    def _found(self, rows: Any, query: dict[str, Any], most: int) -> list[Client]:
        if "q" in query:
            stores = Store.objects.for_user(self.system).filter(**{"pk": query["store"]} if "store" in query else {})[
                :1
            ]
            return finding.clients_by(query["q"], rows, user=self.system, stores=stores, most=most)
        found = list(rows[:most])
        contact.show_to(self.system, found)
        return found


class OneClient(Endpoint):
    needs = Action.SEE_CLIENTS

    @extend_schema(operation_id="client", summary="One client", responses=ClientShown)
    def get(self, request: Request, pk: int) -> Response:
        client = get_object_or_404(clients_of(self), pk=pk)
        contact.show_to(self.system, [client])
        with_contact: dict[str, Any] = {"what": "contact_data"} if client.contact_shown else {}
        audit.record_seen(Deed.CLIENT_SEEN, user=self.system, about=client, client=client, **with_contact)
        return Response(ClientShown(client).data)


def clients_of(endpoint: Endpoint, store: int | None = None) -> Any:
    """Those of the token's stores, each with which of these know her."""
    where = reach(endpoint.system, Action.SEE_CLIENTS).where("store")
    rows = Client.objects.for_user(endpoint.system)
    if store is not None:
        rows = rows.filter(pk__in=ClientStore.objects.filter(where, store=store).values("client"))
    return rows.prefetch_related(Prefetch("known_in", ClientStore.objects.filter(where)))


urlpatterns = [
    path("clients/", Clients.as_view(), name="clients"),
    path("clients/<int:pk>/", OneClient.as_view(), name="client"),
]
