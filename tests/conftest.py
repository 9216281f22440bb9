from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client as Browser
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from integrations import sync
from integrations.models import Connection
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_shop
from tests.vendors import Vendor, running

# A machine that is busy with other things makes no test wrong.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")


@pytest.fixture
def still_gateway(settings: object) -> Iterator[type[StillGateway]]:
    """Pages with a booking system that answers from memory."""
    settings.BOOKING_GATEWAY = "tests.gateways.StillGateway"  # type: ignore[attr-defined]
    StillGateway.reset()
    yield StillGateway
    StillGateway.reset()


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """A Wednesday in May, 10:00 in Paris, standing still."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture
def browser_of(client: Browser):  # noqa: ANN201
    """`browser_of(user)`: the test browser, logged in as `user` (or as the user of a staff member)."""

    def log_in(person: object) -> Browser:
        browser = Browser()
        browser.force_login(getattr(person, "user", None) or person)  # type: ignore[arg-type]
        return browser

    return log_in


@pytest.fixture(scope="session")
def _vendor_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with running(tmp_path_factory.mktemp("sandbox") / "state.sqlite3") as vendor:
        yield vendor


@pytest.fixture
def vendor(_vendor_process: Vendor) -> Vendor:
    """The sandbox, shared by the whole run and calm at the start of each test: no faults, no quota, no calls yet."""
    _vendor_process.calm()
    return _vendor_process


@pytest.fixture
def connection(vendor: Vendor, db: None) -> Connection:
    """Our account with the sandbox; nothing read yet."""
    return Connection.objects.create(
        name="Sandbox",
        base_url=vendor.base_url,
        secrets={"partner_key": "sandbox-partner-key"},
        module_id="demo_crm",
        pace=1000.0,
    )


@pytest.fixture
def booker(vendor: Vendor, db: None) -> Connection:
    """Our account with the sandbox's Booker, for all locations of the brand; nothing read yet."""
    return Connection.objects.create(name="Booker", daily_calls=1_000_000, **vendor.booker_account())


@pytest.fixture
def vendor_time() -> Iterator[time_machine.Coordinates]:
    """The moment the sandbox was made for, running on."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def mirror(connection: Connection, vendor_time: time_machine.Coordinates) -> Connection:
    """The sandbox, read whole into the mirror."""
    sync.request_full(connection=connection)
    sync.work()
    return connection
