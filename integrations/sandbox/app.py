"""The sandbox as a WSGI application: the vendors' paths, and the panels that start with two underscores."""

import re
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import BaseConverter, Map, MapAdapter, Rule
from werkzeug.wrappers import Request, Response

from integrations.sandbox import chaos, wire
from integrations.sandbox.calls import Calls, Record
from integrations.sandbox.chaos import Chaos, Fault
from integrations.sandbox.clock import Clock
from integrations.sandbox.http import Call, Caller, Refusal, Reply, Route, json_response, refusal_reply
from integrations.sandbox.quota import Quota
from integrations.sandbox.state import State
from integrations.sandbox.times import to_rfc3339
from integrations.sandbox.webhooks import outbox, registrations
from integrations.sandbox.webhooks.events import Teller, taken_changes
from integrations.sandbox.webhooks.registrations import Defaults
from integrations.sandbox.webhooks.sender import Sender


class Vendor(Protocol):
    """A stand-in: a module with its base path, its routes, its keys, and its ways.

    `take_slot` lets a rival go first, `refused` words a refusal, `news` tells what changed to those who listen to
    SOURCE. Calls count against the quota when it is METERED.
    """

    BASE: str
    SOURCE: str
    METERED: bool
    LISTENERS: Defaults
    ROUTES: Sequence[Route]
    news: Teller

    def admit(self, db: Any, *, headers: Headers, route: Route) -> Caller: ...

    def take_slot(self, call: Call, **ids: Any) -> None: ...

    def refused(self, refusal: Refusal) -> Reply: ...


@dataclass(frozen=True, kw_only=True)
class PanelRoute:
    """A path of the sandbox's own, answered without key, quota or fault."""

    method: str
    path: str
    answer: Callable[..., Reply | Response]


class _Id(BaseConverter):
    regex = r"[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        return int(value)


class _Words(BaseConverter):
    """Part of a path that some write in capitals and some do not; it may have slashes inside."""

    part_isolating = False

    def __init__(self, map: Map, words: str) -> None:
        super().__init__(map)
        self.regex = f"(?i:{re.escape(words)})"


class Sandbox:
    """Everything a request needs. One per process.

    `state`, `clock`, `quota`, `chaos`, `calls` and `sender` are its parts; `listeners` are what each vendor's webhook
    registrations are when they do not say.
    """

    def __init__(
        self,
        *,
        state: State,
        clock: Clock,
        quota: Quota,
        vendors: Sequence[Any],
        panels: Sequence[PanelRoute],
    ) -> None:
        self.state, self.clock, self.quota = state, clock, quota
        self.chaos, self.calls, self.sender = Chaos(), Calls(), Sender(state, clock)
        self.listeners: dict[str, Defaults] = {vendor.SOURCE: vendor.LISTENERS for vendor in vendors}
        self._tellers: dict[str, Teller] = {vendor.SOURCE: vendor.news for vendor in vendors}
        self._standing: list[Mapping[str, Any]] = []
        state.before_commit, state.after_commit = self._publish, self.sender.wake
        self._vendor_paths = _map(
            (vendor.BASE + route.path, route.method, (vendor, route)) for vendor, route in _each(vendors)
        )
        self._panel_paths = _map((panel.path, panel.method, panel) for panel in panels)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        return self.answer(request)(environ, start_response)

    def start_again(self) -> None:
        """Everything as it was planted: the state, and whatever was set, counted or asked for since."""
        self.chaos.clear()
        self.clock.start_again()
        self.quota.start_again()
        self.calls.forget()
        self.state.restore()
        for body in self._standing:
            self._put(body)
        self.sender.resume()

    def register(self, body: Mapping[str, Any]) -> None:
        """A webhook registration that stands: put in place at every start and reset. 400 Refusal when misread."""
        self._put(body)
        self._standing.append(body)

    def _put(self, body: Mapping[str, Any]) -> None:
        values = registrations.from_body(body, sources=self.listeners)
        with self.state.noting() as db:
            registrations.put(db, values)

    def _publish(self, db: sqlite3.Connection) -> bool:
        """Put what the transaction changed in the outbox before it commits; whether anybody is to be told."""
        now, told = self.clock.now(), 0
        for source, changes in taken_changes(db).items():
            events = self._tellers[source](db, changes, now)
            told += outbox.add(db, source=source, events=events, chaos=self.chaos, now=now)
        return told > 0

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/__") or self._is_panel(request):
            return self._panel(request)
        try:
            (vendor, route), ids = _match(self._vendor_paths, request)
        except NotFound:
            self._note(request, path="(unknown)", status=404)
            return _refused(Refusal(404, "There is nothing here."))
        return self._vendor_call(request, vendor=vendor, route=route, ids=ids)

    # ---- the vendors

    def _vendor_call(self, request: Request, *, vendor: Vendor, route: Route, ids: dict[str, Any]) -> Response:
        fault = self.chaos.take(request, base=vendor.BASE)
        if fault is not None and fault.wire is not None:
            wire.ask(request.environ, fault.wire)
        if fault is not None and fault.fault in chaos.INSTEAD:
            response = chaos.instead(fault, request, base=vendor.BASE, refused=vendor.refused)
        else:
            reply = self._reply(request, vendor=vendor, route=route, ids=ids, fault=fault)
            response = chaos.spoilt(fault, reply, request) if fault else _response(reply)
        silent = fault is not None and fault.wire is not None and fault.wire.action != "drip"
        self._note(
            request, path=route.path, status=None if silent else response.status_code, key=route.key, fault=fault
        )
        return response

    def _reply(
        self, request: Request, *, vendor: Vendor, route: Route, ids: dict[str, Any], fault: Fault | None
    ) -> Reply:
        try:
            caller = self._admitted(request, vendor=vendor, route=route)
        except Refusal as refusal:
            return vendor.refused(refusal)
        try:
            if fault is not None and fault.fault == "slot_taken":
                self._worked(request, answer=vendor.take_slot, writes=True, caller=caller, ids=ids)
            name = fault.fault if fault else None
            reply: Reply = self._worked(
                request, answer=route.answer, writes=route.writes, caller=caller, ids=ids, fault=name
            )
            return reply
        except Refusal as refusal:
            if refusal.status == 400 and vendor.METERED:
                self.quota.charge_again(caller.key)
            return vendor.refused(refusal)
        except Exception as problem:
            _report(problem)
            return vendor.refused(Refusal(500, "An unexpected error occurred."))

    def _admitted(self, request: Request, *, vendor: Vendor, route: Route) -> Caller:
        with self.state.reading() as db:
            caller = vendor.admit(db, headers=request.headers, route=route)
        if vendor.METERED:
            self.quota.spend(caller.key)
        return caller

    def _worked(
        self,
        request: Request,
        *,
        answer: Callable[..., Any],
        writes: bool,
        caller: Caller,
        ids: dict[str, Any],
        fault: str | None = None,
    ) -> Any:
        transaction = self.state.writing if writes else self.state.reading
        with transaction() as db:
            return answer(Call(request=request, db=db, caller=caller, now=self.clock.now(), fault=fault), **ids)

    def _note(
        self, request: Request, *, path: str, status: int | None, key: str | None = None, fault: Fault | None = None
    ) -> None:
        at, name = to_rfc3339(self.clock.now()), fault.fault if fault else None
        self.calls.note(Record(method=request.method, path=path, status=status, at=at, key=key, fault=name))

    # ---- the panels

    def _is_panel(self, request: Request) -> bool:
        try:
            _match(self._panel_paths, request)
        except NotFound:
            return False
        return True

    def _panel(self, request: Request) -> Response:
        try:
            panel, ids = _match(self._panel_paths, request)
            answer = panel.answer(self, request, **ids)
        except NotFound:
            return _refused(Refusal(404, "There is nothing here."))
        except Refusal as refusal:
            return _refused(refusal)
        except Exception as problem:
            _report(problem)
            return _refused(Refusal(500, "An unexpected error occurred."))
        return answer if isinstance(answer, Response) else _response(answer)


def _each(vendors: Sequence[Vendor]) -> Iterable[tuple[Vendor, Route]]:
    return ((vendor, route) for vendor in vendors for route in vendor.ROUTES)


def _map(entries: Iterable[tuple[str, str, Any]]) -> Map:
    rules = [Rule(path, methods=[method], endpoint=target) for path, method, target in entries]
    return Map(rules, converters={"id": _Id, "words": _Words}, strict_slashes=False, merge_slashes=False)


def _match(paths: Map, request: Request) -> tuple[Any, dict[str, Any]]:
    """The target of the path and its ids. NotFound for an unknown path, and for a method nobody wrote."""
    adapter: MapAdapter = paths.bind("sandbox")
    try:
        target, ids = adapter.match(request.path, method=request.method)
    except HTTPException as problem:
        raise NotFound from problem
    return target, dict(ids)


def _response(reply: Reply) -> Response:
    return json_response(reply.body, status=reply.status, headers=reply.headers)


def _refused(refusal: Refusal) -> Response:
    return _response(refusal_reply(refusal))


def _report(problem: Exception) -> None:
    """Where it broke, without the message: that may quote what somebody sent."""
    frames = "".join(traceback.format_tb(problem.__traceback__))
    sys.stderr.write(f"{type(problem).__name__}\n{frames}")
