from __future__ import annotations

import pytest

from integrations.models import Connection
from tests.customers import KEY, Customers
from tests.vendors import Vendor


@pytest.fixture
def crm(vendor: Vendor, db: None) -> Connection:
    """Our account with the sandbox's CRM."""
    return Connection.objects.create(
        name="CRM",
        kind=Connection.Kind.CRM,
        base_url=f"{vendor.url}/crm/v1",
        secrets={"crm_key": KEY},
        webhook_scheme=Connection.Scheme.STANDARD,
        pace=1000.0,
    )


@pytest.fixture
def linked(mirror: Connection, crm: Connection) -> Connection:
    """The sandbox's booking system, read whole, with the CRM that its clients are linked to."""
    Connection.objects.filter(pk=mirror.pk).update(crm=crm)
    mirror.crm = crm
    return mirror


@pytest.fixture
def customers(vendor: Vendor, crm: Connection) -> Customers:
    return Customers(vendor, crm)
