"""From what was sent to what is to be booked, out of what the token reaches."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError

from bookings import counter
from bookings.forms import Desk, phone_number, twin_of
from bookings.models import Service
from clienteling.models import Client, Consent, Store
from clienteling.permissions import Action
from integrations.api.endpoints import Endpoint
from integrations.api.problems import conflict, fits_not, not_there


def order_of(endpoint: Endpoint, said: dict[str, Any]) -> tuple[counter.Order, Store, bool]:
    """What was asked for, out of what the token reaches: everything else is not there."""
    stores = Store.objects.for_user(endpoint.system, Action.CHANGE_STORE_BOOKINGS)
    store = stores.filter(pk=said["store"]).first()
    if store is None:
        raise not_there("store")
    desk = Desk.of(store, endpoint.system)
    if said["staff"] not in desk.people:
        raise not_there("staff")
    order = counter.Order(
        client=_who(desk, said),
        services=_services(desk, said["services"]),
        staff=desk.people[said["staff"]],
        starts_at=said["starts_at"],
        client_request=said.get("client_request", ""),
        quick_note=said.get("quick_note", ""),
    )
    return order, store, said.get("anyway", False)


def _services(desk: Desk, ids: list[int]) -> list[Service]:
    if any(pk not in desk.services for pk in ids):
        raise not_there("services")
    return [desk.services[pk] for pk in ids]


def _who(desk: Desk, said: dict[str, Any]) -> Client | counter.Newcomer:
    if ("client" in said) == ("new_client" in said):
        raise fits_not("client", "Either client or new_client.")
    if "new_client" in said:
        return _newcomer(desk.store, said["new_client"])
    found: Client | None = desk.clients.filter(pk=said["client"]).first()
    if found is None:
        raise not_there("client")
    return found


def _newcomer(store: Store, said: dict[str, Any]) -> counter.Newcomer:
    email, typed = said.get("email", ""), said.get("phone", "")
    if not email and not typed:
        raise fits_not("new_client", "An e-mail address or a phone number is needed.")
    try:
        phone = phone_number(typed, store) if typed else ""
    except ValidationError:
        raise fits_not("new_client.phone", "This does not look like a phone number.") from None
    return counter.Newcomer(said["first_name"], said["last_name"], email, phone, Consent(said["consent"]))


def refuse_twin(order: counter.Order, store: Store, reference: uuid.UUID) -> None:
    """As on the Book page: the same person at the same time is more likely a mistake than a wish."""
    who: dict[str, Any] = {"client": order.client}
    if isinstance(order.client, counter.Newcomer):
        who = {"client": None, "email": order.client.email, "phone": order.client.phone}
    if twin_of(store, order.starts_at, who, reference=reference):
        raise conflict("already_booked", "She already has an appointment at that very time; see anyway.")
