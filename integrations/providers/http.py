"""How bytes travel: one held HTTP client a process, a total deadline, a capped body, errors in three kinds.

Knows no provider and no database: who may call when (`Gate`) and who wants to know of calls is handed in.
"""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from bookings.gateway import Unavailable

Params = Sequence[tuple[str, str]]
USER_AGENT = "clienteling/0.1"
TRIES = 3
RETRYABLE = frozenset({429, 500, 502, 503, 504})


class Gate(Protocol):
    """Keeps calls within the provider's quota."""

    def wait(self, *, until: float) -> None:
        """Return when a call may go out; raise Unavailable when none may before `until` (monotonic seconds)."""

    def charge(self) -> None:
        """The last call counted twice."""

    def close(self, *, seconds: float) -> None:
        """The quota is used up: nobody calls for `seconds`."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of one call afterwards. `endpoint` is the path with ids left out."""

    method: str
    endpoint: str
    status: int
    milliseconds: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str] = field(repr=False)


@cache
def held_client() -> httpx.Client:
    """One client for the whole process: a new one per call costs fifty times as much."""
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=20, keepalive_expiry=30)
    return httpx.Client(
        follow_redirects=False,
        limits=limits,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        trust_env=False,
        verify=ssl.create_default_context(),
    )


class Api:
    """Calls to one base address. `deadline`: seconds for everything a call takes, waiting and repeats included."""

    def __init__(
        self, base_url: str, *, gate: Gate, report: Callable[[Call], None], deadline: float, max_body: int
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.gate = gate
        self.report = report
        self.deadline = deadline
        self.max_body = max_body
        held_client()  # built before a place in the budget is granted: building it takes longer than a place lasts

    def call(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        headers: Mapping[str, str],
        params: Params = (),
        body: Any = None,
        form: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """The provider's answer, whatever its status. Only `repeatable` calls (GET by default) are tried again.

        `body` travels as JSON, `form` as a form.

        Raises Unavailable: no answer in time, or one that is not JSON, after what repeats were allowed.
        """
        until = time.monotonic() + self.deadline
        letter = _letter(body, form)
        tries = TRIES if (method == "GET" if repeatable is None else repeatable) else 1
        for attempt in range(1, tries + 1):
            self.gate.wait(until=until)
            try:
                answer = self._once(
                    method, path, endpoint, {**headers, **letter.headers}, params, letter.content, until
                )
            except Unavailable:
                if attempt == tries or not self._pause(attempt, None, until):
                    raise
                continue
            if answer.status not in RETRYABLE or attempt == tries:
                return answer
            if not self._pause(attempt, retry_after(answer), until):
                return answer
        raise Unavailable("no answer")

    def _pause(self, attempt: int, asked: float | None, until: float) -> bool:
        """Wait before the next try; False when there is no time left for it."""
        pause = asked if asked is not None else 0.25 * 2**attempt * random.uniform(0.8, 1.2)  # noqa: S311
        if time.monotonic() + pause > until:
            return False
        time.sleep(pause)
        return True

    def _once(
        self,
        method: str,
        path: str,
        endpoint: str,
        headers: Mapping[str, str],
        params: Params,
        content: bytes | None,
        until: float,
    ) -> Answer:
        started = time.monotonic()
        status, error = 0, ""
        try:
            answer = self._exchange(method, path, headers, params, content, until)
            status = answer.status
            self._mind_quota(answer)
            return answer
        except Unavailable as problem:
            error = str(problem)
            raise
        finally:
            spent = int((time.monotonic() - started) * 1000)
            self.report(Call(method, endpoint, status, spent, error))

    def _mind_quota(self, answer: Answer) -> None:
        if answer.status == 400:
            self.gate.charge()
        if answer.status == 429:
            self.gate.close(seconds=retry_after(answer) or 1.0)

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], params: Params, content: bytes | None, until: float
    ) -> Answer:
        writes = method != "GET"
        left = max(0.1, until - time.monotonic())
        try:
            with held_client().stream(
                method,
                self.base_url + path,
                params=list(params),
                headers=dict(headers),
                content=content,
                timeout=httpx.Timeout(left, connect=min(left, 5.0)),
            ) as response:
                raw = self._read(response, until)
                return Answer(response.status_code, _parsed(raw, response.status_code), dict(response.headers))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("not reachable") from error
        except httpx.TimeoutException as error:
            raise Unavailable("no answer in time", maybe_done=writes) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Unavailable("connection lost", maybe_done=writes) from error
        except _NotJson as error:
            raise Unavailable("unreadable answer", maybe_done=writes) from error

    def _read(self, response: httpx.Response, until: float) -> bytes:
        """The body, given up when it is too long or drips in too slowly."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.max_body:
                raise _NotJson("body too large")
            if time.monotonic() > until:
                raise httpx.ReadTimeout("too slow")
            parts.append(part)
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class _Letter:
    content: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def _letter(body: Any, form: Mapping[str, str] | None) -> _Letter:
    if form is not None:
        return _Letter(urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    if body is None:
        return _Letter()
    return _Letter(json.dumps(body, allow_nan=False).encode(), {"Content-Type": "application/json"})


class _NotJson(Exception):
    """The body cannot be what was asked for."""


def _parsed(raw: bytes, status: int) -> Any:
    """JSON; errors and redirects may carry any body, an answer of success must be JSON."""
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError) as error:
        if status >= 300:
            return None
        raise _NotJson("not JSON") from error


def retry_after(answer: Answer) -> float | None:
    """Seconds the provider asked us to wait, at most ten minutes; None when it named none we can read."""
    raw = answer.headers.get("retry-after", "")
    return min(float(raw), 600.0) if raw.isascii() and raw.isdigit() else None
