"""Faults on demand: what a vendor's API does on its bad days."""

import itertools
import json
import random
import re
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from integrations.sandbox.http import Refusal, Reply, json_response, refusal_reply
from integrations.sandbox.reading import Body, bad, choice, text, whole
from integrations.sandbox.webhooks import garbage
from integrations.sandbox.wire import Wire

ELSEWHERE = "http://elsewhere.invalid"
MEGABYTE = 1_000_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

INSTEAD = {
    "429": "429, and no work done",
    "429_retry_after": "429 with Retry-After (seconds), and no work done",
    "500": "500, and no work done",
    "503": "503, and no work done",
    "unauthorized": "401, as if the key had been withdrawn",
    "redirect": "302 to another host",
    "html_error": "200 with an HTML page in place of JSON",
    "timeout_before": "holds for seconds, then hangs up; no work done",
    "reset": "connection reset before any work",
}
AFTER = {
    "timeout_after_write": "does the work, holds for seconds, hangs up",
    "lost_reply": "does the work, then resets the connection",
    "slow_drip": "answers byte by byte over seconds",
    "malformed_json": "an answer cut in half",
    "wrong_types": "valid JSON with every value of another type",
    "huge_body": "an answer padded to megabytes",
    "unknown_fields": "a field nobody knows in every object",
    "unknown_status": "a status nobody knows in every booking",
    "repeated_cursor": "the cursor of the same page, for ever",
}
BEFORE = {"slot_taken": "a rival books the slot just before a POST or PUT of a booking"}
BOOKER = {
    "expired_token_401": "Booker: 401 of the gateway, as if the access token had expired; no work done",
    "expired_token_message": "Booker: 200 whose ErrorMessage says `invalid access token`; no work done",
    "expired_token_1000": "Booker: 200 with ErrorCode 1000; no work done",
    "argument_error": "Booker: 200 with ErrorCode 200 and an ArgumentError; no work done",
    "empty_object": "Booker: 200 with {} in place of an answer; no work done",
    "short_page": "Booker: pages of two thirds of the size asked for, for as long as it lasts",
    "room_unavailable": "Booker: a booking refused for its room",
    "duplicate_client": "Booker: a new client refused with ErrorCode 13",
    "refresh_token_used": "Booker: a refresh token refused, as if somebody had used it",
}
WEBHOOKS = {
    "webhook_twice": "webhook sent twice, with one id",
    "webhook_late": "webhook sent seconds later; those after it do not wait",
    "webhook_out_of_order": "webhook sent after the next one about the same thing (or after seconds)",
    "webhook_dropped": "webhook never sent",
    "webhook_wrong_signature": "webhook signed with another secret at the first try",
    "webhook_garbage": "garbage, rightly signed, in place of the webhook at the first try (kind says which)",
}
FAULTS = INSTEAD | AFTER | BEFORE | BOOKER | WEBHOOKS
WIRES = {
    "timeout_before": "hold",
    "timeout_after_write": "hold",
    "reset": "reset",
    "lost_reply": "reset",
    "slow_drip": "drip",
}


@dataclass(kw_only=True)
class Fault:
    """One fault asked for. `path` is a prefix or regex of the path after the base (for webhooks, of the event's type);
    `times` None is for ever; `share` is how much of what it could strike it does strike.
    """

    id: int
    fault: str
    path: str = ""
    method: str | None = None
    times: int | None = 1
    seconds: float = 30.0
    megabytes: int = 8
    location: str = ELSEWHERE
    share: float = 1.0
    kind: str | None = None

    @property
    def spoils(self) -> str:
        """What an outbox keeps of a webhook fault: its name, and the kind of garbage."""
        return f"{self.fault}:{self.kind}" if self.kind else self.fault

    @property
    def wire(self) -> Wire | None:
        action = WIRES.get(self.fault)
        return Wire(action=action, seconds=self.seconds) if action else None

    def strikes(self, request: Request, *, base: str) -> bool:
        path = request.path.removeprefix(base)
        if (
            self.fault in WEBHOOKS
            or self.method not in (None, request.method)
            or not re.match(self.path.removeprefix(base), path)
        ):
            return False
        if self.fault in BOOKER:
            return _is_for_booker(self.fault, request)
        return self.fault not in BEFORE or _books_a_time(request, path=path)

    def strikes_event(self, type: str) -> bool:
        return self.fault in WEBHOOKS and re.match(self.path, type) is not None


_BOOKS_AT_BOOKER = r"(POST|PUT) /v4\.1/(merchant/appointment|customer/appointment/create)/?$"
_FOR_BOOKER = {
    "argument_error": r"[A-Z]+ /v4\.1/",
    "empty_object": r"[A-Z]+ /v4\.1/",
    "short_page": r"POST /v4\.1/(merchant|customer)/[a-z]+s(/partial|/online)?/?$",
    "room_unavailable": _BOOKS_AT_BOOKER,
    "duplicate_client": r"POST /v4\.1/(merchant/customer|customer/customer(/account)?)/?$",
    "refresh_token_used": r"POST (/v5)?/auth/connect/token",
}


def _is_for_booker(fault: str, request: Request) -> bool:
    """Whether the call is one that can end so at Booker; a refresh token is only looked for in a refresh."""
    where = _FOR_BOOKER.get(fault, r"[A-Z]+ /v(4\.1|5/(realtime_)?availability)/")
    if not re.match(where, f"{request.method} {request.path}"):
        return False
    return fault != "refresh_token_used" or b"grant_type=refresh_token" in request.get_data(cache=True)


def _books_a_time(request: Request, *, path: str) -> bool:
    if re.match(_BOOKS_AT_BOOKER, f"{request.method} {path}"):
        return True
    if request.method not in ("POST", "PUT") or not re.match(r"/booking(/|$)", path):
        return False
    try:
        body = json.loads(request.get_data(cache=True))
    except (ValueError, RecursionError, HTTPException):
        return False
    return isinstance(body, dict) and ("startsOn" in body or "staffId" in body)


class Chaos:
    """The faults waiting to strike, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []
        self._dice = random.Random(1)
        self._garbage = itertools.cycle(garbage.BODIES)

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def add(self, body: Body) -> dict[str, Any]:
        """Ask for a fault. 400 when it is not one of FAULTS, or its path is no regex."""
        fault = Fault(id=next(self._numbers), **fault_values(body))
        with self._lock:
            self._faults.append(fault)
        return asdict(fault)

    def clear(self) -> None:
        """No more faults; whom a share strikes begins anew, too."""
        with self._lock:
            self._faults.clear()
            self._dice = random.Random(1)
            self._garbage = itertools.cycle(garbage.BODIES)

    def remove(self, fault_id: int) -> None:
        """404 when there is no such fault (any more)."""
        with self._lock:
            kept = [fault for fault in self._faults if fault.id != fault_id]
            if len(kept) == len(self._faults):
                raise Refusal(404, "There is no such fault.")
            self._faults = kept

    def take(self, request: Request, *, base: str) -> Fault | None:
        """The fault that strikes this request, one time of it used up."""
        return self._taken(lambda fault: fault.strikes(request, base=base))

    def take_event(self, type: str) -> Fault | None:
        """The fault that strikes a webhook of that type, one time of it used up."""
        fault = self._taken(lambda fault: fault.strikes_event(type))
        if fault is not None and fault.fault == "webhook_garbage" and fault.kind is None:
            fault = replace(fault, kind=next(self._garbage))
        return fault

    def _taken(self, strikes: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if strikes(fault) and self._dice.random() < fault.share:
                    self._use(fault)
                    return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)


def fault_values(body: Body) -> dict[str, Any]:
    path = text(body, "path") or ""
    try:
        re.compile(path)
    except re.error as problem:
        raise Refusal(400, "path is not a regular expression.") from problem
    return {
        "fault": choice(body, "fault", FAULTS) or bad("fault is required."),
        "path": path,
        "method": choice(body, "method", METHODS),
        "times": whole(body, "times", least=1) if "times" in body else (None if "share" in body else 1),
        "seconds": _seconds(body),
        "megabytes": whole(body, "megabytes", least=1, most=100) or 8,
        "location": text(body, "location") or ELSEWHERE,
        "share": _share(body),
        "kind": choice(body, "kind", garbage.BODIES),
    }


def _share(body: Body) -> float:
    value = body.get("share")
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        bad("share must be a number above 0, up to 1.")
    return float(value)


def _seconds(body: Body) -> float:
    value = body.get("seconds")
    if value is None:
        return 30.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 600:
        bad("seconds must be a number up to 600.")
    return float(value)


# ---- in place of an answer


def instead(
    fault: Fault, request: Request, *, base: str, refused: Callable[[Refusal], Reply] = refusal_reply
) -> Response:
    """The answer given without doing the work, as `refused` words it. Wire faults send nothing; the body is for callers
    without a wire.
    """
    if fault.fault == "html_error":
        return Response("<!doctype html><title>Sorry</title><h1>Something went wrong</h1>", mimetype="text/html")
    if fault.fault == "redirect":
        where = fault.location + request.full_path.rstrip("?").removeprefix(base)
        return Response(status=302, headers={"Location": where})
    status, message = _REFUSALS.get(fault.fault, (503, "The service is unavailable."))
    refusal = Refusal(status, message)
    if fault.fault == "429_retry_after":
        refusal.headers["Retry-After"] = str(round(fault.seconds))
    reply = refused(refusal)
    return json_response(reply.body, status=reply.status, headers=reply.headers)


_REFUSALS = {
    "429": (429, "Too many requests for this API key."),
    "429_retry_after": (429, "Too many requests for this API key."),
    "500": (500, "An unexpected error occurred."),
    "unauthorized": (401, "The API key is not known."),
}


# ---- an answer, spoilt


def spoilt(fault: Fault, reply: Reply, request: Request) -> Response:
    """The answer after the work was done, as the fault leaves it."""
    if fault.fault == "repeated_cursor":
        reply.body = _with_repeated_cursor(reply, request)
    if fault.fault in _MAPPERS:
        reply.body = _mapped(reply.body, _MAPPERS[fault.fault])
    if fault.fault == "huge_body" and isinstance(reply.body, dict):
        reply.body = reply.body | {"padding": "x" * (fault.megabytes * MEGABYTE)}
    response = json_response(reply.body, status=reply.status, headers=reply.headers)
    if fault.fault == "malformed_json":
        whole_text = response.get_data()
        response.set_data(whole_text[: len(whole_text) // 2])
    return response


def _with_repeated_cursor(reply: Reply, request: Request) -> Any:
    if reply.same_page is None:
        return reply.body
    return reply.body | {"cursor": request.args.get("cursor") or reply.same_page}


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """`change` applied to every object and leaf, innermost first."""
    if isinstance(value, dict):
        return change({name: _mapped(item, change) for name, item in value.items()})
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return change(value)


def _of_wrong_type(value: Any) -> Any:
    if isinstance(value, dict) or value is None:
        return value
    if isinstance(value, bool):
        return "perhaps"
    return f"no.{value}" if isinstance(value, int | float) else {"text": len(json.dumps(value))}


def _with_unknown_field(value: Any) -> Any:
    return value | {"futureField": {"level": 3, "tags": ["new"]}} if isinstance(value, dict) else value


def _with_unknown_status(value: Any) -> Any:
    if isinstance(value, dict) and "bookingMethod" in value and "status" in value:
        return value | {"status": "OnHoldForReview"}
    return value


_MAPPERS: dict[str, Callable[[Any], Any]] = {
    "wrong_types": _of_wrong_type,
    "unknown_fields": _with_unknown_field,
    "unknown_status": _with_unknown_status,
}
