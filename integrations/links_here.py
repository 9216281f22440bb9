"""Links of a booking system that has no place for the customer system's numbers: they are kept here alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bookings.gateway import Reason, Refused
from integrations.models import ClientLink, Connection, ServiceLink, StaffLink, StoreLink
from integrations.providers.base import Owner
from integrations.providers.booker import Booker
from integrations.records import ClientRecord

OWNERS: dict[Owner, type[Any]] = {Owner.STORE: StoreLink, Owner.STAFF: StaffLink, Owner.SERVICE: ServiceLink}


class BookerHere(Booker):
    """Booker, with a memory for links that answers as a provider's own would."""

    def __init__(self, connection: Connection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = connection

    def client_link(self, client_id: str, module: str) -> str:
        hers = ClientLink.objects.filter(connection=self.connection, module="", external_id=client_id)
        links = ClientLink.objects.filter(connection=self.connection, module=module, client__in=hers.values("client"))
        return links.values_list("external_id", flat=True).first() or ""

    def put_client_link(self, client_id: str, module: str, external_id: str, metadata: Mapping[str, str]) -> None:
        owner = ClientLink.objects.filter(connection=self.connection, module="", external_id=client_id).first()
        if owner is None:
            raise Refused(Reason.GONE)
        links = ClientLink.objects.filter(connection=self.connection, module=module)
        if external_id and links.filter(external_id=external_id).exclude(client=owner.client_id).exists():
            raise Refused(Reason.ID_TAKEN)
        links.filter(client=owner.client_id).exclude(external_id=external_id).delete()
        if external_id:
            values = {"client_id": owner.client_id, "metadata": dict(metadata)}
            links.update_or_create(connection=self.connection, module=module, external_id=external_id, defaults=values)

    def linked_clients(self, module: str, external_id: str) -> list[ClientRecord]:
        links = ClientLink.objects.filter(connection=self.connection, module=module, external_id=external_id)
        hers = ClientLink.objects.filter(connection=self.connection, module="", client__in=links.values("client"))
        return [self.client(one) for one in hers.values_list("external_id", flat=True)]

    def owner_link(self, owner: Owner, owner_id: str, module: str) -> str:
        links = OWNERS[owner]._default_manager.filter(connection=self.connection, external_id=owner_id)
        return links.values_list("module_external_id", flat=True).first() or ""

    def find_owners(self, owner: Owner, module: str, external_id: str) -> list[str]:
        links = OWNERS[owner]._default_manager.filter(connection=self.connection, module_external_id=external_id)
        return list(links.values_list("external_id", flat=True))
