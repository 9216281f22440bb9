"""How one talks to Booker (booker-api.md sections 1 to 4): keys, tokens and their end, envelopes, pages."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from integrations.providers.http import Answer, Api, Params, retry_after
from integrations.providers.reading import entries, members, optional_id, text, whole

SUBSCRIPTION = "Ocp-Apim-Subscription-Key"
MOST_RENEWALS = 2  # for one call; a key that is wrong looks like a token that has ended
MAX_PAGES = 20_000  # a provider that never ends is garbage
DEAD_TOKEN = "invalid access token"  # noqa: S105 section 3.1, word for word
CODE_TOKEN, CODE_ARGUMENTS, CODE_ACCOUNT = 1000, 200, 13

# What an ErrorMessage must hold to mean one of our reasons; section 3.1 knows the rooms' only, the rest is assumed.
WORDS = (
    ("room", Reason.RESOURCE_TAKEN),
    ("not found", Reason.GONE),
    ("does not exist", Reason.GONE),
    ("not available", Reason.SLOT_TAKEN),
    ("unavailable", Reason.SLOT_TAKEN),
    ("already booked", Reason.SLOT_TAKEN),
    ("conflict", Reason.SLOT_TAKEN),
    ("in the past", Reason.HAS_PASSED),
    ("already cancel", Reason.CHANGED_MEANWHILE),
    ("cancellation window", Reason.TOO_LATE),
)
ACCOUNT_WORDS = {CODE_ACCOUNT: Reason.ID_TAKEN}


class Family(enum.StrEnum):
    """Subscription keys are issued for each (section 1)."""

    MERCHANT = "merchant"
    CUSTOMER = "customer"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True)
class Keys:
    """A subscription key for each family of calls; `every` serves those without one of their own."""

    every: str = field(default="", repr=False)
    own: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, family: Family) -> str:
        key = self.own.get(family) or self.every
        if not key:
            raise Misconfigured("A subscription key is missing. Booker shows it under Profile.")
        return key


@dataclass(frozen=True, slots=True)
class Page:
    """`total`: rows of all pages, 0 where that was not told."""

    rows: list[dict[str, Any]]
    total: int


class Tokens(Protocol):
    """Who keeps access tokens. Both talk to Booker where they must; they raise Unavailable and Misconfigured."""

    def current(self, location: str = "") -> str:
        """One that is good for a while; `location`: for the calls about it, where tokens are bound to one."""

    def renew(self, stale: str, location: str = "") -> str:
        """Another one than `stale`, which Booker no longer takes."""


class BookerApi:
    def __init__(self, api: Api, *, keys: Keys, tokens: Tokens, page_size: int = 100) -> None:
        self.api = api
        self.keys = keys
        self.tokens = tokens
        self.page_size = page_size

    # --- v4.1: envelopes ----------------------------------------------------------------------------------

    def read(
        self, path: str, params: Params = (), *, endpoint: str, location: str = "", family: Family = Family.MERCHANT
    ) -> dict[str, Any]:
        """GET. The body of a success. Raises Unavailable, Refused, Misconfigured."""

        def ask(token: str) -> Answer:
            asked = [("access_token", token), *params]
            return self.api.call("GET", path, endpoint=endpoint, headers=self._headers(family, token), params=asked)

        return self._opened(ask, location, writes=False)

    def find(
        self, path: str, body: Mapping[str, Any], *, location: str = "", family: Family = Family.MERCHANT
    ) -> dict[str, Any]:
        """A POST that only reads, so it may be repeated."""
        return self._sent("POST", path, body, endpoint=path, location=location, family=family, writes=False)

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        endpoint: str,
        location: str = "",
        family: Family = Family.MERCHANT,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        return self._sent(
            method, path, body, endpoint=endpoint, location=location, family=family, writes=not repeatable
        )

    def _sent(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        endpoint: str,
        location: str,
        family: Family,
        writes: bool,
    ) -> dict[str, Any]:
        def ask(token: str) -> Answer:
            return self.api.call(
                method,
                path,
                endpoint=endpoint,
                headers=self._headers(family, token),
                body={"access_token": token, **body},
                repeatable=not writes,
            )

        return self._opened(ask, location, writes=writes)

    def _headers(self, family: Family, token: str) -> dict[str, str]:
        return {SUBSCRIPTION: self.keys.of(family), "Authorization": f"Bearer {token}"}

    def _opened(self, ask: Any, location: str, *, writes: bool) -> dict[str, Any]:
        """An empty object is a passing fault (section 3.1): a reader asks once more, a writer must look first."""
        answer = self._with_token(ask, location)
        if answer.body == {} and not writes:
            answer = self._with_token(ask, location)
        return judged(answer, writes=writes)

    def _with_token(self, ask: Any, location: str) -> Answer:
        """A token that has ended did nothing, so with another one even a write is asked again."""
        token = self.tokens.current(location)
        for _ in range(MOST_RENEWALS):
            answer: Answer = ask(token)
            if not _is_dead(answer):
                return answer
            token = self.tokens.renew(token, location)
        answer = ask(token)
        if _is_dead(answer):
            raise Misconfigured("Booker does not accept the subscription key, or no access token it has just given.")
        return answer

    def pages(
        self,
        path: str,
        body: Mapping[str, Any],
        names: Sequence[str],
        *,
        location: str = "",
        family: Family = Family.MERCHANT,
    ) -> Iterator[Page]:
        """Page by page; `names`: under which of these keys the rows come.

        A page may be shorter than asked for before the end (section 4): only an empty one, or the total, ends it.
        """
        read = 0
        last = ""
        for number in range(1, MAX_PAGES + 1):
            asked = {**body, "UsePaging": True, "PageNumber": number, "PageSize": self.page_size}
            page = self.find(path, asked, location=location, family=family)
            found = next((page[name] for name in names if page.get(name) is not None), None)
            if not isinstance(found, list):
                raise Unavailable("unreadable page")
            if not found:
                return
            if (mark := repr(found[0])) == last:
                raise Unavailable("the same page came twice")
            last = mark
            read += len(found)
            total = whole(page.get("TotalResultsCount"), 0, 10**9)
            yield Page(entries(found), total)
            if 0 < total <= read:
                return
        raise Unavailable("too many pages")

    # --- v5: plain JSON -----------------------------------------------------------------------------------

    def plain(self, path: str, params: Params, *, endpoint: str, location: str = "") -> Any:
        """GET of the availability family."""

        def ask(token: str) -> Answer:
            headers = self._headers(Family.AVAILABILITY, token)
            return self.api.call("GET", path, endpoint=endpoint, headers=headers, params=params)

        answer = self._with_token(ask, location)
        if 200 <= answer.status < 300:
            return answer.body
        judged(answer, writes=False)
        raise Unavailable("unreadable answer")


def _is_dead(answer: Answer) -> bool:
    """The three faces of a token that has ended (section 3.1)."""
    body = members(answer.body)
    if answer.status == 401 or body.get("ErrorCode") == CODE_TOKEN:
        return True
    return any(text(body.get(name)).lower() == DEAD_TOKEN for name in ("ErrorMessage", "error"))


def judged(answer: Answer, *, writes: bool) -> dict[str, Any]:
    """The body of a success, every other answer as an error named for what happens next.

    A validation error may come with any status (section 3.1), so the body is read first.
    """
    body = members(answer.body)
    if "IsSuccess" in body:
        if body["IsSuccess"] is True and answer.status < 400:
            return body
        if answer.status < 500 and answer.status not in (401, 403, 429):
            raise Refused(_reason(body))
    _raise_for(answer, writes=writes)
    # Neither a success nor an error: `{}`, or something that is no envelope.
    raise Unavailable("empty answer", maybe_done=writes)


def _raise_for(answer: Answer, *, writes: bool) -> None:
    """For a status that says it all; gateway bodies are in no envelope."""
    if answer.status in (401, 403):
        raise Misconfigured("Booker knows the key, but it is not allowed for this. Ask Booker for merchant access.")
    if answer.status == 404:
        raise Refused(Reason.GONE)
    if answer.status == 429:
        raise Unavailable("over quota", retry_after=retry_after(answer) or 1.0)
    if 400 <= answer.status < 500:
        raise Refused(Reason.INVALID)
    if not 200 <= answer.status < 300:
        raise Unavailable(f"error {answer.status}", maybe_done=writes, retry_after=retry_after(answer))


def _reason(body: Mapping[str, Any]) -> Reason:
    """Codes are few and mostly unknown (section 3.1): what the message says decides, then the code."""
    code = body.get("ErrorCode")
    said = text(body.get("ErrorMessage"), 500)
    said = " ".join([said, *(text(one.get("ErrorMessage"), 200) for one in entries(body.get("ArgumentErrors"))[:10])])
    if code in ACCOUNT_WORDS:
        return ACCOUNT_WORDS[code]
    named = next((reason for words, reason in WORDS if words in said.lower()), None)
    return named or (Reason.INVALID if code == CODE_ARGUMENTS else Reason.OTHER)


def payload(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What an answer is about: under its name, or bare. Unavailable when it has no id."""
    found = members(body.get(name)) or dict(body)
    if not (optional_id(found.get("ID")) or optional_id(found.get(f"{name}ID"))):
        raise Unavailable("unreadable answer")
    return found
