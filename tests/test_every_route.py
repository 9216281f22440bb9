"""Nobody gets at what is not hers: every route, each role, what is of her store and of another, reading and writing.

What is expected is reckoned from the table of permissions. Each request is undone after it was looked at.
"""

from __future__ import annotations

import hashlib
import html
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import pytest
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.db import connection as database
from django.db import transaction
from django.http import HttpResponseNotFound
from django.test import Client as Browser
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bookings.gateway import Unavailable
from clienteling import urls
from clienteling.models import Note
from clienteling.permissions import COLUMNS, TABLE, Action
from integrations.providers.http import Api
from tests.gateways import StillGateway
from tests.people import NOW
from tests.places import (
    ANONYMOUS,
    ASSOCIATE,
    EVERYBODY,
    HEAD_OFFICE,
    MANAGER,
    NEIGHBOUR,
    RESTRICTED,
    STORELESS,
    SUPPORT,
    Place,
    Who,
    World,
    make_world,
)
from tests.routes import BY_NAME, OUTSIDE, PUBLIC, ROWS, Row, nothing

# So that there is a database; each test is undone within the world of all of them.
pytestmark = pytest.mark.django_db

CASES = [case for row in ROWS for case in row.all_cases]
NO_DIGIT = re.compile(r"[\s\u00a0\u202f.-]")
LOGIN = "/account/login/"
# Written by whatever is asked: sessions, who did what, and when a token was used. That entries are true is tested in
# tests/clienteling.
NOT_COUNTED = {"django_session", "clienteling_auditentry", "usersessions_usersession", "clienteling_apitoken"}
WRITES = re.compile(r'^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)"?', re.IGNORECASE)


# --- the table and the URL configuration --------------------------------------------------------------------


def patterns(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its name."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name}" if one.name else f"(without a name) {one.pattern}", one


def test_every_route_has_one_row() -> None:
    named = {name for name, _pattern in patterns()}
    without = sorted(named - set(BY_NAME))
    assert not without, f"Say in tests/routes.py who may use these, and how they are asked: {without}"
    gone = sorted(set(BY_NAME) - named)
    assert not gone, f"These rows of tests/routes.py lead nowhere any more, take them out: {gone}"
    twice = [name for name, number in Counter(row.name for row in ROWS).items() if number > 1]
    assert not twice, f"One row for each route; another way to ask goes into its `cases`: {twice}"


def test_rows_say_what_the_guards_say() -> None:
    wrong = []
    for name, pattern in patterns():
        guard, row = getattr(pattern.callback, "action", None), BY_NAME.get(name)
        if guard is not None and row and guard not in (row.needs, row.own):
            wrong.append(f"{row.name}: its view requires {guard}, its row says {row.needs}")
    assert wrong == []


# --- asking ---------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    status: int
    text: str
    location: str
    changed: list[str]

    @property
    def is_login(self) -> bool:
        return self.location.startswith(LOGIN)


@dataclass
class Asking:
    """The world, a browser for each person, and what the tables hold while nothing has happened."""

    world: World
    browsers: dict[str, tuple[Browser, str]]
    sums: dict[str, tuple[int, str]] = field(default_factory=dict)

    def ask(self, who: Who, method: str, path: str, data: dict[str, Any], **headers: Any) -> Answer:
        """Ask, follow where it leads, look what was changed, and undo it."""
        browser, key = self.browsers[who.name]
        browser.cookies.clear()
        if key:
            browser.cookies["clienteling_session"] = key
        written: set[str] = set()

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if found := WRITES.match(sql):
                written.add(found[1].lower())
            return execute(sql, params, many, context)

        with undone(), database.execute_wrapper(watch):
            response = getattr(browser, method.lower())(path, data, headers=headers)
            text, first = seen_in(response), response
            for _hop in range(3 if who is not HEAD_OFFICE else 0):  # from head office nothing is hidden
                target = response.headers.get("Location", "")
                if response.status_code != 302 or not target.startswith("/") or target.startswith(LOGIN):
                    break
                response = browser.get(target)
                text += seen_in(response)
                assert response.status_code < 500, f"{path} leads to {target}: {response.status_code}"
            changed = self.changed(written - NOT_COUNTED)
        return Answer(first.status_code, text, first.headers.get("Location", ""), changed)

    def changed(self, written: set[str]) -> list[str]:
        """Of the tables written to, those that now hold something else."""
        return [table for table in sorted(written) if table not in self.sums or sum_of(table) != self.sums[table]]


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens within is taken back."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined] # durable blocks are let in, as in Django's own tests
    with block:
        yield
        transaction.set_rollback(True)


def seen_in(response: Any) -> str:
    """Whatever reaches the other side, as a person or a program could read it."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    lines = [body.decode("utf-8", "replace"), *(f"{name}: {value}" for name, value in response.headers.items())]
    lines += [str(morsel) for morsel in response.cookies.values()]
    return html.unescape("\n".join(lines)).lower()


TABLES = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def sum_of(table: str) -> tuple[int, str]:
    """How many rows, and a sum over what is in them."""
    rows = sorted(repr(row) for row in TABLES[table]._default_manager.order_by().values_list())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.fixture(scope="module")
def asking(django_db_setup: None, django_db_blocker: Any) -> Iterator[Asking]:
    gateway = override_settings(BOOKING_GATEWAY="tests.gateways.StillGateway")
    with (
        time_machine.travel(NOW, tick=False),
        gateway,
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(Api, "call", no_answer)
        StillGateway.reset()
        cache.clear()
        with undone():
            world = make_world()
            browsers = {who.name: logged_in(world, who) for who in EVERYBODY}
            yield Asking(world, browsers, {table: sum_of(table) for table in TABLES})
    StillGateway.reset()


def no_answer(*_args: Any, **_more: Any) -> None:
    raise Unavailable("no system outside takes part")


def logged_in(world: World, who: Who) -> tuple[Browser, str]:
    browser = Browser(raise_request_exception=False)
    if who.is_anonymous:
        return browser, ""
    browser.force_login(world.people[who.name])
    return browser, browser.cookies["clienteling_session"].value


# --- who gets in ------------------------------------------------------------------------------------------------


def address(row: Row, place: Place) -> str:
    return reverse(row.name, kwargs=row.at(place) if row.at else {})


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Each refusal is a line of the log, and there are thousands."""
    caplog.set_level(logging.ERROR, logger="django.request")


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page for "not found" that costs nothing. The real one is looked at below."""
    monkeypatch.setattr(urls, "handler404", lambda request, exception: HttpResponseNotFound(), raising=False)


def wrong_with(answer: Answer, row: Row, who: Who, place: Place, method: str) -> str:
    """Why `answer` is not as the table has it; "" where it is."""
    if answer.status >= 500:
        return "breaks"
    shut = must_be_shut(answer, row, who, place, method)
    if shut:
        may_see, why = shut
        return "changes something" if answer.changed else "" if may_see else why
    if answer.status == 404 and row.maybe:
        return ""
    if answer.status in (401, 403, 404, 405) or (answer.is_login and not row.leads_out):
        return "" if row.needs == PUBLIC and answer.status != 405 else "shuts out"
    if answer.changed and method == "GET":
        return "changes something by being read"
    return "changes what is not hers" if answer.changed and not row.is_for(who, place) else ""


def must_be_shut(answer: Answer, row: Row, who: Who, place: Place, method: str) -> tuple[bool, str] | None:
    """Whether `answer` shuts the door, and what it does otherwise; None for whom it has to be open."""
    if row.needs == OUTSIDE:
        return answer.status in (401, 404, 405), "lets in who proves nothing"
    if who.is_anonymous and row.needs != PUBLIC:
        is_shut = answer.is_login if row.anonymous == 302 else answer.status in (row.anonymous, 405)
        return is_shut, "lets in a stranger"
    if method not in row.offers:
        return answer.is_login or answer.status in (403, 404, 405), "takes what it does not offer"
    if row.opens_for(who, place):
        return None
    is_told = row.sees is not None and who.may(row.sees, place.where)
    return answer.status == (403 if is_told else row.refused), "lets in"


def echoes(data: dict[str, Any]) -> list[str]:
    """What was typed comes back into the field it was typed in: that alone tells nothing."""
    typed = {str(value).lower() for value in data.values() if len(str(value)) > 4}
    return sorted(typed | {value.lstrip("+") for value in typed}, key=len, reverse=True)


def leaks(answer: Answer, row: Row, who: Who, world: World, typed: dict[str, Any]) -> list[str]:
    text = answer.text if "%" not in answer.text else unquote_plus(answer.text.replace("+", "%2b"))
    for echo in echoes(typed):
        text = text.replace(echo, "")
    digits = NO_DIGIT.sub("", text)
    hidden = world.hidden_from(who, row.shows)
    return [secret.what for secret in hidden if secret.word.lower() in (digits if secret.word.isdigit() else text)]


@pytest.mark.parametrize("who", EVERYBODY, ids=str)
@pytest.mark.usefixtures("nothing_there")
def test_everybody_gets_what_the_table_says_and_nothing_else(asking: Asking, who: Who) -> None:
    cache.clear()
    world, wrong = asking.world, []
    for row in CASES:
        for place in world.places_of(who):
            if place is not world.here and not row.differs_by_place(place):
                continue
            if (place.is_hers and who is NEIGHBOUR) or (place is world.there and who is HEAD_OFFICE and not row.get):
                continue  # as for the manager here; as for head office here
            for method, build in (("GET", row.get), ("POST", row.post)):
                if build is None and (method in row.offers or who not in (ANONYMOUS, MANAGER)):
                    continue  # what is not offered is offered to nobody
                data = (build or nothing)(place)
                answer = asking.ask(who, method, address(row, place), data)
                where = f"{row.name} ({method} {address(row, place)}, of {'her own' if place.is_hers else place.where})"
                trouble = wrong_with(answer, row, who, place, method)
                if trouble:
                    wrong.append(f"{where}: {trouble} ({answer.status} {answer.location} {answer.changed})")
                wrong += [f"{where}: shows {leak}" for leak in leaks(answer, row, who, world, data)]
    assert not wrong, f"For {who}:\n" + "\n".join(wrong)


def test_each_page_asks_for_the_very_action_of_its_row(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """With that action taken from everybody in the table, it is shut for head office as well."""
    wrong, place = [], asking.world.here
    for row in CASES:
        actions = [one for one in (row.needs, row.own) if isinstance(one, Action)]
        with monkeypatch.context() as patch:
            for action in actions:
                patch.setitem(TABLE, action, (False,) * len(COLUMNS))
            for method, build in (("GET", row.get), ("POST", row.post)):
                if build and actions:
                    answer = asking.ask(HEAD_OFFICE, method, address(row, place), build(place))
                    trouble = wrong_with(answer, row, HEAD_OFFICE, place, method)
                    wrong += (
                        [f"{row.name} ({method}) without {actions}: {trouble} ({answer.status})"] if trouble else []
                    )
    assert not wrong, "\n".join(wrong)


# --- what looks like nothing, looks the same as nothing ------------------------------------------------------------

# What differs from one answer to the next whoever asks.
CHANGING = re.compile(
    r'(csrfmiddlewaretoken" value="|nonce="|csrftoken=|"x-csrftoken": ")[^"; ]*|[0-9a-f]{8}-[0-9a-f-]{27}',
    re.IGNORECASE,
)


@pytest.mark.parametrize("who", [RESTRICTED, ASSOCIATE, MANAGER], ids=str)
def test_a_search_for_somebody_of_another_store_is_one_for_nobody(asking: Asking, who: Who) -> None:
    """Found by nothing: neither named nor counted, and not even told apart from who does not exist."""
    client = asking.world.there.client
    known = [client.first_name, client.last_name, client.email, client.mobile_phone, "crmthere777"]
    nobody = ["Qznobodyfirst", "Qznobodylast", "qznobody@example.org", "+33611111111", "crmnobody777"]
    places = [
        ("GET", "/clients/"),
        ("POST", "/bookings/new/people/"),
        ("GET", "/bookings/new/"),
        ("POST", "/clients/ask/"),
    ]
    for method, path in places:
        for wanted, other in zip(known, nobody, strict=True):
            told = [plain(asking.ask(who, method, path, {"q": query}), query) for query in (wanted, other)]
            assert told[0] == told[1], f"{path} tells {wanted} from nobody"


def plain(answer: Answer, query: str) -> str:
    text = unquote_plus(answer.text.replace("+", "%2b")).replace(query.lower(), "")
    return re.sub(r"content-length: \d+", "", CHANGING.sub("", text))


def test_a_search_finds_who_is_hers(asking: Asking) -> None:
    """Or the test above would pass for a search that finds nobody."""
    client = asking.world.here.client
    for query in (client.first_name, client.email, client.mobile_phone, "crmhere777"):
        assert client.last_name.lower() in asking.ask(RESTRICTED, "GET", "/clients/", {"q": query}).text, query


@pytest.mark.parametrize("who", [RESTRICTED, ASSOCIATE, MANAGER, NEIGHBOUR, SUPPORT, STORELESS], ids=str)
def test_what_is_not_there_and_what_is_not_hers_look_the_same(asking: Asking, who: Who) -> None:
    other = asking.world.here if who is NEIGHBOUR else asking.world.there
    for name in ("client", "booking", "calendar-staff", "time-slot", "record-client", "record-booking"):
        path = address(BY_NAME[name], other)
        missing = re.sub(r"\d+", "987654321", path)
        told = [plain(asking.ask(who, "GET", one, {}), one) for one in (path, missing)]
        assert told[0] == told[1], path


# --- a client of both stores -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [RESTRICTED, ASSOCIATE, MANAGER, NEIGHBOUR], ids=str)
def test_of_a_client_of_both_stores_each_sees_its_own_part(asking: Asking, who: Who) -> None:
    world, pk, wrong = asking.world, asking.world.shared.pk, []
    paths = [f"/clients/{pk}/", f"/clients/{pk}/history/", f"/clients/{pk}/consent/", f"/record/client/{pk}/"]
    paths += [f"/clients/?q={world.shared.last_name}", f"/live/client/{pk}/", f"/bookings/new/?client={pk}"]
    for path in paths:
        for headers in ({}, {"hx-request": "true"}):
            answer = asking.ask(who, "GET", path, {}, **headers)
            wrong += [f"{path}: shows {leak}" for leak in leaks(answer, BY_NAME["client"], who, world, {})]
    assert wrong == []
    mine = world.there if who is NEIGHBOUR else world.here
    page = asking.ask(who, "GET", f"/clients/{pk}/", {}).text
    assert f"qznote{mine.where}" in page, "her own part is there"


# --- things of another store in forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [RESTRICTED, ASSOCIATE, MANAGER], ids=str)
def test_things_of_another_store_in_a_form_are_refused_and_leave_nothing(asking: Asking, who: Who) -> None:
    """Each form is right but for one field; with that one right as well it does something, or this proves nothing."""
    world, wrong, proven = asking.world, [], 0
    for row in (case for case in CASES if case.foreign):
        for place in (world.here, world.own[who.name]):
            if row.post is None or not row.is_for(who, place):
                continue
            path, right, other = address(row, place), row.post(place), row.post(world.there)
            if not asking.ask(who, "POST", path, right).changed:
                wrong.append(f"{path}: does nothing with what is right")
            for name in row.foreign:
                mixed = row.post(place) | ({name: other[name]} if row.name != "requests-suggest" else other)
                answer = asking.ask(who, "POST", path, mixed)
                if answer.changed or answer.status >= 500:
                    wrong.append(f"{path}: takes {name} of another store ({answer.status} {answer.changed})")
                wrong += [f"{path} with another {name}: shows {leak}" for leak in leaks(answer, row, who, world, mixed)]
                proven += 1
    assert wrong == []
    assert proven > 5


def test_a_note_is_of_the_store_she_works_in(asking: Asking) -> None:
    """Whatever store a form names besides."""
    world = asking.world
    data = {"body": "Likes tea", "store": world.there.store.pk, "client": world.there.client.pk}
    with undone():
        browser, key = asking.browsers[MANAGER.name]
        browser.cookies["clienteling_session"] = key
        assert browser.post(f"/clients/{world.here.client.pk}/notes/", data).status_code == 302
        note = Note.objects.get(body="Likes tea")
        assert (note.store, note.client) == (world.here.store, world.here.client)


# --- contact data, and the canaries themselves --------------------------------------------------------------------


def test_contact_data_is_shown_on_demand_and_only_then(asking: Asking) -> None:
    """The canaries of `test_everybody` are worth something: they are there for whoever may see them."""
    client = asking.world.here.client
    page, shown = f"/clients/{client.pk}/", f"/clients/{client.pk}/contact/"
    assert client.email not in asking.ask(RESTRICTED, "GET", page, {}).text
    assert client.email in asking.ask(RESTRICTED, "POST", shown, {}).text
    assert client.email in asking.ask(ASSOCIATE, "GET", page, {}).text


def test_head_office_sees_each_canary_somewhere(asking: Asking) -> None:
    """A word that no page shows to anybody would prove nothing by its absence."""
    world = asking.world
    seen = ""
    for place in (world.here, world.there):
        for name in (
            *("client", "booking", "record-booking", "time-slot", "segment", "place", "person", "connection"),
        ):
            seen += asking.ask(HEAD_OFFICE, "GET", address(BY_NAME[name], place), {}).text
        seen += asking.ask(HEAD_OFFICE, "POST", address(BY_NAME["connection-delivery-body"], place), {}).text
        seen += asking.ask(HEAD_OFFICE, "GET", address(BY_NAME["calendar-staff"], place), {}).text
    digits = NO_DIGIT.sub("", seen)
    unseen = [
        secret.what
        for place in (world.here, world.there)
        for secret in place.secrets
        if secret.word.lower() not in (digits if secret.word.isdigit() else seen)
    ]
    assert [what for what in unseen if not what.startswith(("storephone", "customer number"))] == []


# --- other systems: what a token of one store gets -----------------------------------------------------------------

SYSTEMS = [row for row in CASES if row.name.startswith("api:") and row.needs == OUTSIDE]


def test_a_token_of_one_store_gets_nothing_of_another(asking: Asking) -> None:
    here, there, wrong = asking.world.here, asking.world.there, []
    cache.clear()
    secrets = [secret for secret in there.secrets if not secret.what.startswith(("storephone", "body"))]
    for row in SYSTEMS:
        for method in ("GET", "POST"):
            path = address(row, there)
            answer = asking.ask(ANONYMOUS, method, path, {}, authorization=f"Bearer {here.bearer}")
            where = f"{row.name} ({method} {path}): {answer.status}"
            if answer.status >= 500 or answer.changed:
                wrong.append(f"{where} breaks or changes {answer.changed}")
            if row.at and row.name != "api:nowhere" and answer.status not in (400, 404, 405, 415):
                wrong.append(f"{where} answers about what is not its own")
            wrong += [f"{where} shows {one.what}" for one in secrets if one.word.lower() in answer.text]
    assert wrong == []


def test_the_same_token_gets_what_is_of_its_own_store(asking: Asking) -> None:
    here = asking.world.here
    cache.clear()
    read = [row for row in SYSTEMS if row.name in OWN]
    for row in read:
        answer = asking.ask(ANONYMOUS, "GET", address(row, here), {}, authorization=f"Bearer {here.bearer}")
        assert answer.status == 200, row.name
    assert len(read) == len(OWN)


OWN = {f"api:{name}" for name in ("stores", "staff", "services", "clients", "bookings", "requests", "store")}
OWN |= {f"api:{name}" for name in ("staff-member", "service", "client", "booking", "client-links", "store-links")}
