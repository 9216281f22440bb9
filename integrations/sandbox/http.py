"""What a call is, what an answer is, and what a refusal is: the words every stand-in speaks in."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

MAX_BODY_BYTES = 1_000_000


class Refusal(Exception):
    """An answer that is not a success. Carries everything the vendor's error body needs."""

    def __init__(
        self, status: int, message: str, *, error: str | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error
        self.extra = dict(extra or {})
        self.headers: dict[str, str] = {}


@dataclass(kw_only=True)
class Reply:
    """A JSON answer. `same_page` is the cursor that would give this very page again (for `repeated_cursor`)."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    same_page: str | None = None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whom a key stands for: a store (`merchant_id`) or a group of them."""

    key: str
    kind: str
    group_id: int
    merchant_id: int | None = None


@dataclass(kw_only=True)
class Call:
    """One request being answered, inside one transaction. `now` is epoch seconds on the sandbox's clock.

    `fault` names what chaos wants of the stand-in itself, if anything.
    """

    request: Request
    db: sqlite3.Connection
    caller: Caller
    now: int
    fault: str | None = None

    @property
    def args(self) -> MultiDict[str, str]:
        return self.request.args


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path a vendor answers, the kind of key it takes, and whether it may write."""

    method: str
    path: str
    answer: Callable[..., Reply]
    key: str
    writes: bool = False


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, or nothing at all for a 204."""
    if status == 204:
        return Response(status=204, headers=dict(headers or {}))
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, status=status, mimetype="application/json")
    response.headers.update(headers or {})
    return response


def refusal_reply(refusal: Refusal) -> Reply:
    """`{"message", "code", "error"?}`; `code` mirrors the status (booxi-api.md section 11, an assumption)."""
    body: dict[str, Any] = {"message": refusal.message, "code": refusal.status}
    if refusal.error:
        body["error"] = refusal.error
    return Reply(body=body | refusal.extra, status=refusal.status, headers=refusal.headers)
