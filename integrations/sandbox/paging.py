"""The two ways of paging: an opaque cursor that carries the query, and offset with limit (booxi-api.md section 4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from integrations.sandbox.http import Call, Reply
from integrations.sandbox.reading import bad, query_whole

CURSOR_PAGE = 50
OFFSET_DEFAULT = 20
OFFSET_MOST = 100

# Not a secret: it only lets a cursor that was tampered with, or made up, be told from ours.
_SEAL = b"sandbox-cursor"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page starts: the query it belongs to, and the key of the last row already given."""

    path: str
    args: MultiDict[str, str]
    after: tuple[Any, ...] | None

    def cursor(self, after: tuple[Any, ...] | None) -> str:
        pairs = [pair for pair in self.args.items(multi=True) if pair[0] != "cursor"]
        return _sealed({"path": self.path, "args": pairs, "after": after})


def place_of(call: Call) -> Place:
    """The place a request asks for. A cursor brings its own query; other arguments are then ignored."""
    cursor = call.args.get("cursor")
    if not cursor:
        return Place(path=call.request.path, args=call.args, after=None)
    content = _unsealed(cursor)
    if content["path"] != call.request.path:
        bad("The cursor belongs to another query.")
    after = tuple(content["after"]) if content["after"] is not None else None
    return Place(path=content["path"], args=MultiDict(tuple(pair) for pair in content["args"]), after=after)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The rows of one page, the cursor of the next (None on the last), and the cursor of this one."""

    rows: list[Any]
    cursor: str | None
    same_page: str

    def reply(self, body: dict[str, Any]) -> Reply:
        return Reply(body=body | {"cursor": self.cursor}, same_page=self.same_page)


def page_of(place: Place, rows: Sequence[Any], *, key: Callable[[Any], tuple[Any, ...]]) -> Page:
    """Cut `rows` (fetched one past the page's size) and name what comes next."""
    more = len(rows) > CURSOR_PAGE
    kept = list(rows[:CURSOR_PAGE])
    following = place.cursor(key(kept[-1])) if more else None
    return Page(rows=kept, cursor=following, same_page=place.cursor(place.after))


def offset_page(call: Call, items: Sequence[Any], *, shape: Callable[[Any], dict[str, Any]]) -> Reply:
    """`{"offset", "limit", "total", "items"}`; only the page's items are shaped."""
    offset = query_whole(call.args, "offset") or 0
    limit = query_whole(call.args, "limit", least=1)
    limit = min(limit or OFFSET_DEFAULT, OFFSET_MOST)
    chosen = [shape(item) for item in items[offset : offset + limit]]
    return Reply(body={"offset": offset, "limit": limit, "total": len(items), "items": chosen})


def _sealed(content: dict[str, Any]) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{packed}.{_seal(packed)}"


def _unsealed(cursor: str) -> dict[str, Any]:
    packed, _, seal = cursor.partition(".")
    if not hmac.compare_digest(seal.encode(errors="replace"), _seal(packed).encode()):
        bad("The cursor is not readable.")
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return content


def _seal(packed: str) -> str:
    return hmac.new(_SEAL, packed.encode(errors="replace"), hashlib.sha256).hexdigest()[:16]
