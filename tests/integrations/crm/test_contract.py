"""The contract we ship (`openapi.yaml`), our connector and the sandbox's CRM say the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
import yaml

from integrations.crm.base import Crm
from integrations.crm.overview import CONTRACT
from integrations.crm.registry import open_crm
from integrations.models import Connection
from integrations.providers.http import Api
from integrations.switchboard import Purpose
from tests.browser.scene import STANDARD_SECRET
from tests.customers import Customers
from tests.integrations.crm.test_http import LEA

SPEC: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
KNOWN = {"type", "required", "properties", "additionalProperties", "items", "maxItems", "allOf", "const"}
KNOWN |= {"maxLength", "pattern", "format", "default", "description", "examples", "$ref"}


def followed(node: Any) -> Any:
    """`node`, or what its reference means."""
    while isinstance(node, dict) and "$ref" in node:
        found: Any = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def misfits(value: Any, schema: Any, where: str = "body") -> list[str]:
    """What does not fit, by the keywords the contract uses."""
    schema = followed(schema)
    assert set(schema) <= KNOWN, schema
    found = [one for part in schema.get("allOf", ()) for one in misfits(value, part, where)]
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: not {schema['const']}")
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        return [*found, f"{where}: no {schema['type']}"]
    inside = {dict: _in_object, list: _in_list, str: _in_text}.get(type(value))
    return found + (inside(value, schema, where) if inside else [])


def _in_object(value: dict[str, Any], schema: Any, where: str) -> list[str]:
    found = [f"{where}: no {name}" for name in schema.get("required", ()) if name not in value]
    for name, one in value.items():
        part = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        found += misfits(one, part, f"{where}.{name}") if part else []
    return found


def _in_list(value: list[Any], schema: Any, where: str) -> list[str]:
    found = [f"{where}: too many"] if len(value) > schema.get("maxItems", len(value)) else []
    return found + [each for one in value for each in misfits(one, schema.get("items", {}), f"{where}[]")]


def _in_text(value: str, schema: Any, where: str) -> list[str]:
    found = [f"{where}: too long"] if len(value) > schema.get("maxLength", len(value)) else []
    if schema.get("format") == "date-time" and dt.datetime.fromisoformat(value).tzinfo is None:
        found.append(f"{where}: no moment")
    return found


def operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The contract's word for a call: its path there, and what is said of it."""
    for known, there in SPEC["paths"].items():
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", known), path) and method.lower() in there:
            return known, there[method.lower()]
    raise AssertionError(f"the contract knows no {method} {path}")


def body_of(described: dict[str, Any]) -> Any:
    content = followed(described).get("content")
    return content["application/json"]["schema"] if content else None


# --- the document by itself ---------------------------------------------------------------------------------


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [one for part in node for one in references(part)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if "$ref" in node else []
    return own + [one for part in node.values() for one in references(part)]


def test_document_is_whole() -> None:
    """What OpenAPI 3.1 asks for beyond its shape: every reference leads somewhere, every answer is described."""
    assert SPEC["openapi"].startswith("3.1.")
    assert references(SPEC)
    for reference in references(SPEC):
        assert followed({"$ref": reference})
    for path, there in SPEC["paths"].items():
        given = {one["name"] for one in there.get("parameters", ()) if one["in"] == "path" and one["required"]}
        assert given == set(re.findall(r"\{([a-z]+)\}", path))
        for method in set(there) - {"parameters"}:
            assert there[method]["summary"]
            assert there[method]["responses"]
            assert all(followed(answer)["description"] for answer in there[method]["responses"].values())


# --- the sandbox --------------------------------------------------------------------------------------------


def asked(customers: Customers, method: str, path: str, **options: Any) -> Any:
    """The sandbox's answer, once it has been found to be one that the contract knows."""
    answer = customers.call(method, path, **options)
    _path, known = operation(method, path)
    described = known["responses"].get(str(answer.status_code))
    assert described, f"{method} {path}: {answer.status_code} is not in the contract"
    schema = body_of(described)
    if schema is None:
        assert not answer.content
        return None
    assert misfits(answer.json(), schema) == []
    return answer.json()


def test_sandbox_answers_as_the_contract_says(customers: Customers) -> None:
    lea = {"first_name": "Lea", "email": "lea@blau.example", "mobile": "+33612999003", "consent": True}
    made = asked(customers, "POST", "/customers", json=lea, headers={"Idempotency-Key": "k1"})
    twin = asked(customers, "POST", "/customers", json=lea | {"allow_duplicate": True})
    asked(customers, "POST", "/customers", json=lea)  # 409
    asked(customers, "POST", "/customers", json={})  # 400
    assert len(asked(customers, "GET", "/customers", params={"phone": "+33612999003"})["customers"]) == 2
    asked(customers, "GET", "/customers", params={"email": "nobody@blau.example"})
    asked(customers, "GET", "/customers", params={"external_id": made["id"]})
    asked(customers, "GET", f"/customers/{made['id']}")
    asked(customers, "PATCH", f"/customers/{made['id']}", json={"phone": "+33199000001"})
    asked(customers, "POST", f"/customers/{twin['id']}/merge", json={"into": made["id"]})
    asked(customers, "GET", f"/customers/{twin['id']}", follow_redirects=False)  # 301
    asked(customers, "PATCH", f"/customers/{twin['id']}", json={"phone": ""}, follow_redirects=False)
    asked(customers, "DELETE", f"/customers/{made['id']}")
    for method in ("GET", "PATCH", "DELETE"):
        asked(customers, method, f"/customers/{made['id']}", **({"json": {}} if method == "PATCH" else {}))  # 404


def test_sandbox_refuses_keys_as_the_contract_says(customers: Customers) -> None:
    for method, path in (("GET", "/customers"), ("GET", "/customers/CUST-9")):
        answer = customers.vendor.raw.request(method, f"/crm/v1{path}")
        assert str(answer.status_code) in operation(method, path)[1]["responses"]


def test_sandbox_tells_news_as_the_contract_says(customers: Customers) -> None:
    nowhere = {"url": "http://127.0.0.1:9/hook", "secret": STANDARD_SECRET, "source": "crm", "scheme": "standard"}
    customers.vendor.raw.post("/__sandbox/webhooks", json=nowhere).raise_for_status()
    made, twin = customers.make(first_name="Lea"), customers.make(first_name="Lea", email="lea@blau.example")
    customers.change(made["id"], phone="+33199000001")
    customers.call("POST", f"/customers/{twin['id']}/merge", json={"into": made["id"]})
    customers.call("DELETE", f"/customers/{made['id']}")
    log = customers.vendor.raw.get("/__sandbox/webhooks/log", params={"bodies": "true"}).json()["deliveries"]
    bodies = [json.loads(one["body"]) if isinstance(one["body"], str) else one["body"] for one in log]
    assert {body["type"] for body in bodies} == set(SPEC["webhooks"])
    for body in bodies:
        schema = body_of(SPEC["webhooks"][body["type"]]["post"]["requestBody"])
        assert misfits(body, schema) == []


# --- our connector ------------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What the connector has asked for: method, path, its name of the endpoint, and the rest."""
    made: list[tuple[str, str, str, dict[str, Any]]] = []
    really = Api.call

    def call(self: Api, method: str, path: str, *, endpoint: str, **rest: Any) -> Any:
        made.append((method, path, endpoint, rest))
        return really(self, method, path, endpoint=endpoint, **rest)

    monkeypatch.setattr(Api, "call", call)
    return made


def test_connector_asks_for_nothing_else_than_the_contract(
    crm: Connection, calls: list[tuple[str, str, str, dict[str, Any]]]
) -> None:
    line: Crm = open_crm(crm, Purpose.FOLLOW_UP, "client:7")
    made = line.create(LEA, consent=True, key="k1")
    line.create(LEA, consent=True, key="k2", allow_duplicate=True)
    for way in ({"email": "lea@blau.example"}, {"phone": "+33612999003"}, {"external_id": made.external_id}):
        line.find(**way)
    line.read(made.external_id)
    line.update(made.external_id, {"home_phone": "+33199000001", "language": "fr"}, consent=False)
    line.erase(made.external_id)

    assert len(calls) == 8
    for method, path, endpoint, rest in calls:
        known, described = operation(method, path)
        assert endpoint == known
        named = {one["name"] for one in described.get("parameters", ()) if one["in"] == "query"}
        assert {name for name, _value in rest["params"]} <= named
        needed = {one["name"] for one in described.get("parameters", ()) if one["in"] == "header"}
        assert needed <= set(rest["headers"])
        if rest["body"] is not None:
            fields = SPEC["components"]["schemas"]["Fields"]["properties"]
            assert set(rest["body"]) <= set(fields) | {"allow_duplicate"}
            assert misfits(rest["body"], body_of(described["requestBody"])) == []
