"""Pages as a browser gets them: over HTTP from gunicorn, in turns with an empty page behind the same log-in."""

from __future__ import annotations

import datetime as dt
import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from benchmarks.figures import Figure, percentile
from benchmarks.processes import HOST, served
from benchmarks.sandbox import Sandbox
from bookings.models import Booking, GroupEvent, TimeSlot
from clienteling import second_factor
from clienteling.models import Client, StaffMember, User
from integrations import sync
from integrations.models import ClientLink, Connection, SyncRun

WARM_UP = 15
ROUNDS = 120
MOST_QUERIES = 12
EMPTY = "empty page"


@dataclass(slots=True)
class Page:
    """`words`: what must be on it, so that an error page is not measured for a page.

    `user`: None for a page of another server, the one at `port`. `every`: opened in each so-manieth turn only.
    """

    name: str
    user: User | None
    path: str
    words: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    port: int | None = None
    every: int = 1


@dataclass(slots=True)
class Taken:
    """What a page took: milliseconds of each time, queries and milliseconds in the database, bytes."""

    times: list[float] = field(default_factory=list)
    queries: int = 0
    query_ms: float = 0.0
    html: int = 0
    compressed: int = 0


def measure(sandbox: Sandbox) -> list[Figure]:
    pages = _pages(_regular(sandbox))
    taken = {page.name: Taken() for page in pages}
    browsers = browsers_of(pages)
    for page in pages:
        count(page, browsers[page.user.pk], taken[page.name])  # type: ignore[union-attr]
    cookies = {pk: cookie(browser) for pk, browser in browsers.items()}
    sandbox.forget_calls()
    with served() as (port, _):
        time_in_turns(pages, cookies, taken, port)
    calls = sandbox.calls()
    floor = percentile(taken[EMPTY].times, 0.5)
    figures = [figure for page in pages for figure in _figures(page.name, taken[page.name], floor)]
    return [*figures, *_week_figures(pages, taken), _calls(calls, len(pages))]


# --- what is opened ------------------------------------------------------------------------------------


def _regular(sandbox: Sandbox) -> Client:
    """The client with the longest story, her whole history read."""
    link = ClientLink.objects.get(module="", external_id=str(sandbox.story()["lea_noir"]["clientId"]))
    sync.request(Connection.objects.get(), SyncRun.Kind.HISTORY, client=link.client)
    sync.work()
    return link.client


def _pages(regular: Client) -> list[Page]:
    ana, marc = (User.objects.get(email=f"{name}@demo.test") for name in ("ana.roy", "marc.petit"))
    search, calendar, today = reverse("client-search"), reverse("calendar"), reverse("today")
    digits = "+".join(_grouped("0" + regular.mobile_phone[3:]))
    return [
        Page(EMPTY, ana, "/__empty/"),
        Page("client search, name, 25 found", ana, f"{search}?q=ma", "found"),
        Page("client search, name and first name", ana, f"{search}?q=noir+lea", regular.last_name),
        Page("client search, phone", ana, f"{search}?q={digits}", regular.last_name),
        Page("client search, as one types", ana, f"{search}?q=no", regular.last_name, {"HX-Request": "true"}),
        Page("client page", ana, reverse("client", args=[regular.pk]), "Noir"),
        Page("my day", ana, f"{calendar}?view=day"),
        Page("my week", ana, f"{calendar}?view=week"),
        Page("Today", ana, today),
        Page("Today, the whole store", marc, f"{today}?whose=store"),
    ]


def _grouped(phone: str) -> list[str]:
    """As people type it: 06 12 34 56 78."""
    return [phone[at : at + 2] for at in range(0, len(phone), 2)]


def browsers_of(pages: list[Page]) -> dict[int, Browser]:
    users = {page.user.pk: page.user for page in pages if page.user}
    return {pk: logged_in(user) for pk, user in users.items()}


def logged_in(user: User) -> Browser:
    """With a second factor proven, as those who need one have."""
    browser = Browser(SERVER_NAME=HOST)
    browser.force_login(user)
    session = browser.session
    session[second_factor.KEY] = user.pk
    session.save()
    return browser


def cookie(browser: Browser) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


# --- queries and bytes ---------------------------------------------------------------------------------


def count(page: Page, browser: Browser, taken: Taken) -> None:
    """The second time: what a process learns once is learnt by then."""
    for _ in range(2):
        taken.queries, taken.query_ms = 0, 0.0
        with connection.execute_wrapper(_counting(taken)):
            response = browser.get(page.path, headers=page.headers)
    _check(page, response.status_code, response.content)
    taken.html, taken.compressed = len(response.content), len(gzip.compress(response.content, 6))


def _counting(taken: Taken) -> Callable[..., Any]:
    def run(execute: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            taken.queries += 1
            taken.query_ms += (time.perf_counter() - began) * 1000

    return run


def _check(page: Page, status: int, body: bytes) -> None:
    assert status == page.status, f"{page.name}: {status}"
    assert page.words in body.decode(), f"{page.name}: not what was asked for"


# --- time ----------------------------------------------------------------------------------------------


def time_in_turns(pages: list[Page], cookies: dict[int, str], taken: dict[str, Taken], port: int) -> None:
    """In turns (A, B, C, A, B, C ...), so that what else the machine does hits all alike."""
    lines = {page.port: HTTPConnection(HOST, page.port or port, timeout=60) for page in pages}
    for number in range(WARM_UP + ROUNDS):
        for page in pages:
            if number % page.every:
                continue
            own = {"Cookie": cookies[page.user.pk]} if page.user else {}
            spent = _opened(lines[page.port], page, {**own, **page.headers})
            if number >= WARM_UP:
                taken[page.name].times.append(spent)
    for line in lines.values():
        line.close()


def _opened(line: HTTPConnection, page: Page, headers: dict[str, str]) -> float:
    """Milliseconds from asking to the last byte."""
    began = time.perf_counter()
    line.request("GET", page.path, headers=headers)
    response = line.getresponse()
    body = response.read()
    spent = (time.perf_counter() - began) * 1000
    _check(page, response.status, body)
    return spent


# --- figures -------------------------------------------------------------------------------------------


def _figures(name: str, taken: Taken, floor: float) -> list[Figure]:
    middle, slow = (percentile(taken.times, share) for share in (0.5, 0.95))
    return [
        _figure(f"{name}: p50", middle, "ms", middle / floor),
        _figure(f"{name}: p95", slow, "ms", slow / floor),
        _figure(f"{name}: queries", taken.queries, "queries", most=MOST_QUERIES),
        _figure(f"{name}: in the database", taken.query_ms, "ms"),
        _figure(f"{name}: HTML", taken.html / 1000, "kB"),
        _figure(f"{name}: HTML compressed", taken.compressed / 1000, "kB"),
    ]


def _week_figures(pages: list[Page], taken: dict[str, Taken]) -> list[Figure]:
    week = next(page for page in pages if page.name == "my week")
    events = events_of_week(week.user)
    size = taken["my week"].compressed / max(1, events)
    return [_figure("my week: events", events, "events"), _figure("my week: compressed, an event", size, "bytes")]


def events_of_week(user: User) -> int:
    """Live bookings, group events and time slots in the calendar of `user`, this week of her store."""
    member = StaffMember.objects.select_related("store").get(user=user)
    day = member.store.today()
    start, end = member.store.day_bounds(day - dt.timedelta(days=day.weekday()), 7)
    kinds = (Booking.objects.live(), GroupEvent.objects, TimeSlot.objects)
    return sum(rows.filter(staff=member, starts_at__gte=start, starts_at__lt=end).count() for rows in kinds)


def _calls(calls: int, pages: int) -> Figure:
    return _figure(f"provider calls by opening {pages * (WARM_UP + ROUNDS):,} pages", calls, "calls", most=0)


def _figure(name: str, value: float, unit: str, ratio: float | None = None, most: float | None = None) -> Figure:
    return Figure(group="pages (floor: empty page)", name=name, value=value, unit=unit, ratio=ratio, most=most)
