"""The description of the API: who reads it, whether it is whole, and whether the API does what it says (Schemathesis).

`SCHEMATHESIS_EXAMPLES` tries more than the suite has time for: 50 takes some minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from bookings.models import Booking, Change, Segment, Service, Status
from clienteling.models import Client, StaffMember, Store
from clienteling.wsgi import application
from integrations.api import urls
from integrations.models import ClientLink, Connection, ServiceLink, StaffLink, StoreLink
from tests.people import NOW, Shop, make_booking
from tests.systems import Caller, make_caller

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "10"))
SCHEMA = "/api/v1/schema/"
# Understood, but it does not fit together or is not there: what a description of single fields cannot say.
ACCEPTABLE = ["2xx", "401", "403", "404", "409", "422"]


THINGS: dict[str, Any] = {
    **dict.fromkeys(("stores", "store"), Store),
    **dict.fromkeys(("clients", "client"), Client),
    **dict.fromkeys(("bookings", "requests"), Booking),
    "staff": StaffMember,
    "services": Service,
    "segments": Segment,
}
LINKS = {"stores": StoreLink, "staff": StaffLink, "services": ServiceLink}


def test_who_may_read_it(shop: Shop, caller: Caller, browser_of: Any, client: Any) -> None:
    assert caller.get("schema/").status_code == 200
    support = shop.bo.user
    support.is_support = True
    support.save()
    for address, stranger in ((SCHEMA, 401), ("/api/v1/docs/", 302)):
        assert browser_of(shop.helene).get(address).status_code == 200
        assert browser_of(support).get(address).status_code == 200
        assert browser_of(shop.marc).get(address).status_code in (403, 404)
        assert client.get(address).status_code == stranger


def test_every_address_is_described(caller: Caller) -> None:
    described = {path.removeprefix("/api/v1/") for path in caller.get("schema/").json()["paths"]}
    ours = {str(one.pattern) for one in urls.urlpatterns if one.name not in ("nowhere", "schema", "docs")}
    ours = {
        path.replace("<int:", "{").replace("<uuid:", "{").replace(">", "}").replace("{pk}", "{id}") for path in ours
    }
    assert described == ours


def test_every_operation_says_what_it_does(caller: Caller) -> None:
    for path in caller.get("schema/").json()["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["security"] == [{"token": []}]


@pytest.fixture
def _connection_stays(db: None) -> Iterator[None]:
    """As Django's own test browser has it: the test's transaction outlives a request."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def system(shop: Shop) -> Caller:
    return make_caller(stores=[shop.store])


@pytest.fixture
def described(_connection_stays: None, shop: Shop, system: Caller, still_gateway: Any, settings: Any) -> Any:
    """The API with something of everything behind it."""
    settings.API_RATE = settings.API_RATE_WRONG = 10**9
    booxi = Connection.objects.create(name="Booxi", base_url="https://example.test")
    StoreLink.objects.create(connection=booxi, store=shop.store, external_id="501")
    StaffLink.objects.create(connection=booxi, staff=shop.ana, external_id="8")
    ServiceLink.objects.create(connection=booxi, service=shop.styling, external_id="7")
    ClientLink.objects.create(connection=booxi, client=shop.lea, external_id="31")
    Segment.objects.create(name="Everybody", store=shop.store)
    for status in (Status.CONFIRMED, Status.REQUESTED):
        make_booking(shop.ana, shop.lea, NOW, [shop.styling], status=status)
    checks = {"positive_data_acceptance": {"expected-statuses": ACCEPTABLE}}
    config = SchemathesisConfig.from_dict({"checks": checks})
    return schemathesis.openapi.from_wsgi(SCHEMA, application, config=config, headers=system.headers)


def operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", GenerationMode)
def test_the_api_does_what_it_says(described: Any, system: Caller, mode: GenerationMode) -> None:
    """No 5xx, no nonsense accepted, nothing right turned away, and every answer as it is described."""
    answers: Counter[int] = Counter()
    for operation in operations(described):

        @hypothesis_settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def trial(case: Any) -> None:
            _aim(case)
            if mode == GenerationMode.POSITIVE:
                _set_the_clock(case)
            answers[case.call_and_validate(headers=system.headers).status_code] += 1

        trial()
    # Or it would prove nothing.
    if mode == GenerationMode.POSITIVE:
        assert answers[200] > len(operations(described)), answers
        assert Change.objects.exists()
    else:
        assert answers[400] > answers[200]


def _aim(case: Any) -> None:
    """At things that are there: else hardly anything would ever be done."""
    kind = case.operation.path.split("/")[3]
    for name, value in list((case.path_parameters or {}).items()):
        case.path_parameters[name] = _near(value, LINKS.get(kind) if name == "link_pk" else THINGS.get(kind))
    if not isinstance(case.body, dict):
        return
    for name in {"store", "staff", "client"} & set(case.body):
        case.body[name] = _near(case.body[name], THINGS[name])
    if isinstance(case.body.get("services"), list):
        case.body["services"] = [_near(one, Service) for one in case.body["services"]]


def _set_the_clock(case: Any) -> None:
    """Most moments that can be written lie outside the years we know."""
    for name in {"starts_at", "seen"} & set(case.body if isinstance(case.body, dict) else ()):
        case.body[name] = "2026-05-06T12:00:00Z"


def _near(value: Any, model: Any) -> Any:
    """One of the first two that are there, for what could be the id of one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1 or model is None:
        return value
    there = list(model.objects.order_by("pk").values_list("pk", flat=True)[:2])
    return there[value % len(there)]
