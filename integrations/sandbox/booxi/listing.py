"""The `/list` endpoints: everything of the partner's group, filtered, in id order, by cursor (sections 4 and 6)."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from integrations.sandbox.booxi import lookup, module_rules
from integrations.sandbox.http import Call, Reply
from integrations.sandbox.paging import CURSOR_PAGE, page_of, place_of
from integrations.sandbox.reading import query_choice, query_text, query_whole

_OF_GROUP = "(SELECT id FROM merchant WHERE group_id = :group)"


@dataclass(frozen=True)
class Filter:
    """A query parameter, and the condition that it puts on the rows (named like the parameter)."""

    name: str
    condition: str
    whole: bool = False
    allowed: Collection[str] = ()

    def value(self, args: MultiDict[str, str]) -> str | int | None:
        if self.whole:
            return query_whole(args, self.name)
        if self.allowed:
            return query_choice(args, self.name, self.allowed)
        return query_text(args, self.name)


def answer(
    call: Call,
    *,
    kind: str,
    select: str,
    name: str,
    shape: Callable[[sqlite3.Row], dict[str, Any]],
    filters: Sequence[Filter],
    owner: str = "merchant_id",
) -> Reply:
    """A page of `{name: [...], cursor}`. 403 when a merchantId of another group is asked for."""
    place = place_of(call)
    values: dict[str, Any] = {"group": call.caller.group_id, "after": place.after[0] if place.after else 0}
    values["most"] = CURSOR_PAGE + 1
    values |= {item.name: item.value(place.args) for item in filters}
    if (merchant_id := values.get("merchantId")) is not None:
        lookup.merchant(call, merchant_id)
    conditions = [item.condition for item in filters if values[item.name] is not None]
    conditions += [f"{kind}.id > :after", f"{kind}.{owner} IN {_OF_GROUP}"]
    if link := module_rules.asked_link(place.args):
        conditions.append(module_rules.CONDITION.format(kind=kind))
        values |= link | {"kind": kind}
    query = f"{select} WHERE {' AND '.join(conditions)} ORDER BY {kind}.id LIMIT :most"
    page = page_of(place, call.db.execute(query, values).fetchall(), key=lambda row: (row["id"],))
    return page.reply({name: [shape(row) for row in page.rows]})
