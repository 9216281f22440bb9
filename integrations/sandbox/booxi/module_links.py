"""What another system calls one of our clients, people, services or stores (section 7)."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from integrations.sandbox.booxi import lookup, services, shapes
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.booxi.module_rules import require_module
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.reading import json_object, text, texts

_SELECT = "SELECT * FROM module_link WHERE owner_kind = ? AND owner_id = ? AND module_id = ?"
_CLASH = """
    SELECT 1 FROM module_link JOIN client ON client.id = owner_id WHERE owner_kind = 'client' AND module_id = :module
        AND external_id = :external AND owner_id != :owner AND merged_into IS NULL AND is_deleted = 0
        AND clientele_id = (SELECT clientele_id FROM client WHERE id = :owner)
"""


def write(
    db: sqlite3.Connection,
    *,
    kind: str,
    owner_id: int,
    module_id: str,
    external_id: str,
    metadata: dict[str, str],
    now: int,
) -> None:
    """Set a link, keeping the day it was first made. An empty `external_id` removes it."""
    if not external_id:
        db.execute(
            "DELETE FROM module_link WHERE owner_kind = ? AND owner_id = ? AND module_id = ?",
            (kind, owner_id, module_id),
        )
        return
    db.execute(
        "INSERT INTO module_link VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner_kind, owner_id, module_id) DO UPDATE"
        " SET external_id = excluded.external_id, metadata = excluded.metadata, modified_on = excluded.modified_on",
        (kind, owner_id, module_id, external_id, json.dumps(metadata, ensure_ascii=False), now, now),
    )


def of_client(db: sqlite3.Connection, client_id: int) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM module_link WHERE owner_kind = 'client' AND owner_id = ?", (client_id,))
    return [shapes.module_link(row) for row in rows]


Finder = Callable[[Call, int], sqlite3.Row]
Shaper = Callable[[sqlite3.Row], dict[str, Any]]


def _routes(kind: str, path: str, *, find: Finder, shape: Shaper) -> list[Route]:
    def read(call: Call, owner_id: int, module_id: str) -> Reply:
        owner = find(call, owner_id)
        require_module(module_id)
        return _answer(call.db, kind, owner, module_id=module_id, shape=shape)

    def replace(call: Call, owner_id: int, module_id: str) -> Reply:
        owner = find(call, owner_id)
        require_module(module_id)
        _write_from_body(call, kind, owner_id=owner_id, module_id=module_id)
        return _answer(call.db, kind, owner, module_id=module_id, shape=shape, required=False)

    where = f"/{path}/<id:owner_id>/moduleLink/<module_id>"
    return [
        Route(method="GET", path=where, answer=read, key=PARTNER),
        Route(method="PUT", path=where, answer=replace, key=PARTNER, writes=True),
    ]


def _write_from_body(call: Call, kind: str, *, owner_id: int, module_id: str) -> None:
    body = json_object(call.request)
    external_id = text(body, "externalId", most=100) or ""
    clash = {"module": module_id, "external": external_id, "owner": owner_id}
    if kind == "client" and external_id and call.db.execute(_CLASH, clash).fetchone():
        raise Refusal(409, "Another client has that external id.", error="InvalidExternalId")
    write(
        call.db,
        kind=kind,
        owner_id=owner_id,
        module_id=module_id,
        external_id=external_id,
        metadata=texts(body, "metadata") or {},
        now=call.now,
    )


def _answer(
    db: sqlite3.Connection, kind: str, owner: sqlite3.Row, *, module_id: str, shape: Shaper, required: bool = True
) -> Reply:
    link = db.execute(_SELECT, (kind, owner["id"], module_id)).fetchone()
    if link is None and required:
        raise Refusal(404, "There is no link for this module.")
    return Reply(body={"link": shapes.module_link(link) if link else None, kind: shape(owner)})


ROUTES = (
    *_routes("client", "client", find=lookup.own_client, shape=shapes.client),
    *_routes("staff", "staff", find=lambda call, key: lookup.own(call, "staff", key), shape=shapes.staff),
    *_routes("service", "service", find=services.own, shape=shapes.service),
    *_routes("merchant", "merchant", find=lookup.merchant, shape=shapes.merchant),
)
