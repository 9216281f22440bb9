"""The CRM connector, against the sandbox's CRM over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from integrations import crm as crm_package
from integrations.crm.base import Crm, CustomerMerged, Duplicates
from integrations.crm.http import customer
from integrations.crm.registry import open_crm
from integrations.models import Connection, ProviderCall
from integrations.providers.reading import Unreadable
from integrations.switchboard import Purpose
from tests.customers import Customers

LEA = {"first_name": "Lea", "last_name": "Blau", "email": "lea@blau.example", "mobile_phone": "+33612999003"}


@pytest.fixture
def line(crm: Connection) -> Crm:
    return open_crm(crm, Purpose.FOLLOW_UP, "client:7")


def test_create_then_find_read_change_and_erase(line: Crm) -> None:
    made = line.create(LEA, consent=True, key="k1")
    assert made.values | LEA == made.values
    assert made.consent is True
    for way in ({"email": "LEA@blau.example"}, {"phone": "+33 6 12 99 90 03"}, {"external_id": made.external_id}):
        assert [one.external_id for one in line.find(**way)] == [made.external_id]
    changed = line.update(made.external_id, {"home_phone": "+33199000001"}, consent=False)
    assert (changed.get("home_phone"), changed.get("first_name"), changed.consent) == ("+33199000001", "Lea", False)
    assert changed.times["home_phone"]
    line.erase(made.external_id)
    line.erase(made.external_id)
    with pytest.raises(Refused) as refused:
        line.read(made.external_id)
    assert refused.value.reason == Reason.GONE


def test_create_with_the_same_key_is_once(line: Crm) -> None:
    first, again = (line.create(LEA, consent=True, key="k2", allow_duplicate=True) for _ in range(2))
    assert first.external_id == again.external_id


def test_create_names_those_who_could_be_she(line: Crm) -> None:
    made = line.create(LEA, consent=True, key="k3")
    with pytest.raises(Duplicates) as found:
        line.create(LEA, consent=True, key="k4")
    assert found.value.ids == [made.external_id]


def test_a_merged_customer_says_who_she_is_now(line: Crm, customers: Customers) -> None:
    old, new = (customers.make(first_name=name, email=f"{name}@x.example")["id"] for name in ("a", "b"))
    customers.call("POST", f"/customers/{old}/merge", json={"into": new})
    with pytest.raises(CustomerMerged) as merged:
        line.read(old)
    assert merged.value.new_id == new
    with pytest.raises(CustomerMerged):
        line.update(old, {"first_name": "c"})


def test_find_wants_exactly_one_thing(line: Crm) -> None:
    with pytest.raises(ValueError, match="one thing"):
        line.find(email="a@b.example", phone="+33612999003")
    with pytest.raises(ValueError, match="one thing"):
        line.find()


@pytest.mark.parametrize("number", ["", "../customers", "a/b", "a?b", "..", "a b", "ä" * 3 + "/"])
def test_an_id_never_leaves_its_place_in_the_address(line: Crm, number: str) -> None:
    with pytest.raises(Refused):
        line.read(number)
    assert not ProviderCall.objects.exists()


def test_a_wrong_key_is_head_offices_business(crm: Connection) -> None:
    crm.secrets = {"crm_key": "wrong"}  # type: ignore[assignment]
    with pytest.raises(Misconfigured):
        open_crm(crm, Purpose.FOLLOW_UP).read("CUST-9")


def test_without_a_key_nothing_is_opened(crm: Connection) -> None:
    crm.secrets = {}  # type: ignore[assignment]
    with pytest.raises(Misconfigured):
        open_crm(crm, Purpose.FOLLOW_UP)


@pytest.mark.parametrize("fault", ["503", "malformed_json", "html_error", "wrong_types"])
def test_bad_days_are_unavailable_or_empty_never_worse(line: Crm, customers: Customers, fault: str) -> None:
    customers.vendor.fault(fault, path="/v1/customers", times=5)
    with pytest.raises(Unavailable):
        line.read("CUST-9")


def test_calls_are_recorded_without_personal_data(line: Crm) -> None:
    line.find(email="lea@blau.example")
    call = ProviderCall.objects.get()
    assert (call.method, call.endpoint, call.status, call.subject) == ("GET", "/customers", 200, "client:7")


def test_phones_that_are_not_international_are_not_said(line: Crm) -> None:
    made = line.create(LEA | {"home_phone": "0199"}, consent=True, key="k5")
    assert made.get("home_phone") == ""


def test_customer_reads_what_is_there_and_leaves_out_the_rest() -> None:
    record = customer({"id": 7, "first_name": "Lea", "language": "fre", "updated_at": "2026-05-06T08:00:00Z", "x": 1})
    assert record.external_id == "7"
    assert record.values == {"first_name": "Lea", "language": "fr"}
    assert record.consent is None
    assert "Lea" not in repr(record)


@pytest.mark.parametrize("given", [{}, {"id": None}, {"id": True}, {"id": "x" * 101}, {"id": 1.5}])
def test_customer_without_an_id_is_unreadable(given: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        customer(given)


def test_the_contract_we_ship_names_what_the_connector_uses() -> None:
    contract = yaml.safe_load((Path(str(crm_package.__file__)).parent / "openapi.yaml").read_text())
    assert set(contract["paths"]) == {"/customers", "/customers/{id}", "/customers/{id}/merge"}
    assert set(contract["paths"]["/customers/{id}"]) - {"parameters"} == {"get", "patch", "delete"}
    assert set(contract["webhooks"]) == {f"customer.{what}" for what in ("created", "updated", "deleted", "merged")}
    asked = [one["name"] for one in contract["paths"]["/customers"]["get"]["parameters"]]
    assert asked == ["email", "phone", "external_id"]
