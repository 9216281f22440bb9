"""How far clients are linked to a customer system, for head office."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Q

from integrations import decisions
from integrations.models import ClientLink, ClientPush, Connection, Linking

CONTRACT = Path(__file__).with_name("openapi.yaml")


@dataclass(frozen=True, slots=True)
class Overview:
    """`systems`: the booking systems whose clients are linked there. `failed`, `untold`: parked, for a person."""

    systems: list[Connection]
    linked: int
    waiting: int
    to_settle: int
    failed: int
    untold: int


def overview_of(connection: Connection) -> Overview:
    """Five queries."""
    rows = Linking.objects.filter(connection__crm=connection)
    parked = Q(state=Linking.State.PARKED)
    counts = rows.exclude(state=Linking.State.DONE).aggregate(
        waiting=Count("pk", filter=~parked),
        failed=Count("pk", filter=parked & ~Q(outcome__in=decisions.UNSETTLED)),
    )
    return Overview(
        systems=list(Connection.objects.booking_systems().filter(crm=connection)),
        linked=ClientLink.objects.filter(connection=connection, module="").count(),
        to_settle=decisions.to_settle().filter(connection__crm=connection).count(),
        untold=ClientPush.objects.filter(connection=connection, state=ClientPush.State.PARKED).count(),
        **counts,
    )
