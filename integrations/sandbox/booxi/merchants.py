"""Stores (section 6.3)."""

import json
from typing import Any

from integrations.sandbox.booxi import listing, lookup, shapes
from integrations.sandbox.booxi.keys import MERCHANT, PARTNER
from integrations.sandbox.booxi.module_rules import asked_link
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import offset_page
from integrations.sandbox.reading import bad, query_whole


def own(call: Call) -> Reply:
    """GET /merchant: the store of the key, with its opening hours."""
    merchant_id = call.caller.merchant_id or 0
    hours = call.db.execute(
        "SELECT weekly_hours FROM schedule WHERE owner_kind = 'merchant' AND owner_id = ? AND starts_on IS NULL",
        (merchant_id,),
    ).fetchone()
    body = shapes.merchant(lookup.merchant(call, merchant_id))
    return Reply(body=body | {"openHours": json.loads(hours["weekly_hours"]) if hours else []})


def listed(call: Call) -> Reply:
    """GET /merchant/list: every store the partner key opens, online or not."""
    group_id = query_whole(call.args, "groupId")
    wanted = call.caller.group_id if group_id is None else group_id
    rows = call.db.execute(
        "SELECT * FROM merchant WHERE group_id = ? AND group_id = ? ORDER BY id", (wanted, call.caller.group_id)
    ).fetchall()
    return offset_page(call, rows, shape=shapes.merchant)


def search(call: Call) -> Reply:
    """GET /merchant/search: stores by what a module calls them, with the links that were asked about."""
    reply = listing.answer(
        call,
        kind="merchant",
        select="SELECT merchant.* FROM merchant",
        name="merchants",
        shape=shapes.merchant,
        filters=(listing.Filter("groupId", "merchant.group_id = :groupId", whole=True),),
        owner="id",
    )
    ids = [merchant["id"] for merchant in reply.body["merchants"]]
    reply.body["merchantLinks"] = _links(call, ids)
    return reply


def _links(call: Call, merchant_ids: list[int]) -> list[dict[str, Any]]:
    link = asked_link(call.args)
    if link is None:
        return []
    rows = call.db.execute(
        "SELECT * FROM module_link WHERE owner_kind = 'merchant' AND module_id = :moduleId"
        " AND external_id = :externalId ORDER BY owner_id",
        link,
    )
    return [shapes.module_link(row) for row in rows if row["owner_id"] in merchant_ids]


def show(call: Call, merchant_id: int) -> Reply:
    if merchant_id == 0:
        bad("merchantId must be positive.")
    return Reply(body=shapes.merchant(lookup.merchant(call, merchant_id)))


ROUTES = (
    Route(method="GET", path="/merchant", answer=own, key=MERCHANT),
    Route(method="GET", path="/merchant/list", answer=listed, key=PARTNER),
    Route(method="GET", path="/merchant/search", answer=search, key=PARTNER),
    Route(method="GET", path="/merchant/<id:merchant_id>", answer=show, key=PARTNER),
)
