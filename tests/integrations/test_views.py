import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.forms import REGIONS
from integrations.models import Connection, ProviderCall, StoreLink, SyncRun
from tests.people import Shop

KEY = "abcdefghijklmnopqrstuvwxyz1234"
PAGES = ("connection", "connection-state", "connection-edit")
ACTS = ("connection-check", "connection-sync")


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the keys of a test are nobody's business either."""


@pytest.fixture
def answering() -> Iterator[Callable[[str, Any], str]]:
    """`answering(status, body)`: the address of a booking system that always says that."""
    servers = []

    def start(status: str, body: Any) -> str:
        def app(environ: dict[str, Any], respond: Any) -> list[bytes]:
            respond(status, [("Content-Type", "application/json")])
            return [json.dumps(body).encode()]

        server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/booking/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def connection(shop: Shop) -> Connection:
    made = Connection(name="Booxi Europe", base_url=REGIONS["eu"])
    made.secrets = {"partner_key": KEY}  # type: ignore[assignment]
    made.save()
    return made


def linked(connection: Connection, shop: Shop, **fields: Any) -> StoreLink:
    return StoreLink.objects.create(connection=connection, store=shop.store, external_id="501", **fields)


def filled(**fields: str) -> dict[str, str]:
    return {"name": "Booxi", "region": "eu", "partner_key": KEY, "is_active": "on"} | fields


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


@pytest.mark.parametrize("person", ["ana", "marc"])
def test_connections_are_not_there_for_anybody_but_head_office(
    shop: Shop, connection: Connection, browser_of: Any, person: str
) -> None:
    link = linked(connection, shop)
    browser = browser_of(getattr(shop, person))
    addresses = [reverse(name, args=[connection.pk]) for name in PAGES]
    addresses += [reverse("connections"), reverse("connection-new")]
    addresses += [reverse("connection-store-key", args=[connection.pk, link.pk])]
    assert {browser.get(address).status_code for address in addresses} == {404}
    addresses += [reverse(name, args=[connection.pk]) for name in ACTS]
    assert {browser.post(address, filled()).status_code for address in addresses} <= {404, 405}
    assert Connection.objects.count() == 1
    assert not SyncRun.objects.exists()


def test_connections_say_how_each_one_does(shop: Shop, connection: Connection, browser_of: Any) -> None:
    connection.note_answer(at=timezone.now())
    linked(connection, shop)
    Connection.objects.create(name="Wrong", base_url=REGIONS["na"]).note_trouble("misconfigured", "key refused")
    Connection.objects.create(name="Quiet", base_url=REGIONS["na"]).note_trouble("unreachable", "no answer")
    Connection.objects.create(name="Off", base_url=REGIONS["na"], is_active=False)
    Connection.objects.create(name="Fresh", base_url=REGIONS["na"])
    words = words_of(browser_of(shop.helene).get(reverse("connections")))
    for expected in (
        "Working; last answer",
        "Not set up right since",
        "Not answering since",
        "Switched off",
        "Not asked",
    ):
        assert expected in words
    assert "Booxi Europe Booxi · 1 store " in words


def test_connections_start_with_an_invitation(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.helene).get(reverse("connections"))
    assert "No booking system yet" in words_of(response)
    assert reverse("connection-new") in response.content.decode()


def test_connection_is_made_and_read_at_once(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.helene).post(reverse("connection-new"), filled(name="Booxi NA", region="na"))
    made = Connection.objects.get()
    assert response["Location"] == reverse("connection", args=[made.pk])
    assert (made.base_url, made.secrets["partner_key"]) == (REGIONS["na"], KEY)
    assert SyncRun.objects.filter(connection=made, kind=SyncRun.Kind.CATALOGUE).count() == 1


def test_connection_switched_off_is_saved_and_not_read(shop: Shop, browser_of: Any) -> None:
    data = filled()
    del data["is_active"]
    browser_of(shop.helene).post(reverse("connection-new"), data)
    assert not Connection.objects.get().is_active
    assert not SyncRun.objects.exists()


def test_connection_typed_wrong_comes_back_without_the_key(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.helene).post(reverse("connection-new"), filled(name="", partner_key=KEY))
    assert response.status_code == 422
    assert KEY not in response.content.decode()
    assert not Connection.objects.exists()


def test_no_page_shows_a_secret(shop: Shop, connection: Connection, browser_of: Any) -> None:
    link = linked(connection, shop)
    link.secrets = {"merchant_key": "a-merchant-key-of-its-own"}  # type: ignore[assignment]
    link.save()
    browser = browser_of(shop.helene)
    addresses = [reverse(name, args=[connection.pk]) for name in PAGES] + [reverse("connections")]
    addresses += [reverse("connection-store-key", args=[connection.pk, link.pk])]
    for address in addresses:
        body = browser.get(address).content.decode()
        assert KEY not in body
        assert "a-merchant-key" not in body
    assert "ends in …1234" in browser.get(reverse("connection-edit", args=[connection.pk])).content.decode()


def test_connection_edited_without_a_key_keeps_it(shop: Shop, connection: Connection, browser_of: Any) -> None:
    address = reverse("connection-edit", args=[connection.pk])
    browser_of(shop.helene).post(address, filled(name="Renamed", partner_key=""))
    connection.refresh_from_db()
    assert (connection.name, connection.secrets["partner_key"]) == ("Renamed", KEY)
    assert not SyncRun.objects.exists()


def test_connection_shows_stores_runs_and_calls(shop: Shop, connection: Connection, browser_of: Any) -> None:
    now = timezone.now()
    linked(connection, shop, near_at=now)
    runs = {"connection": connection, "store": shop.store}
    SyncRun.objects.create(**runs, key="1", kind="near", state="done", counts={"bookings created": 12}, calls=7)
    SyncRun.objects.create(**runs, key="2", kind="full", state="failed", error="no <b>answer</b>")
    SyncRun.objects.create(**runs, key="3", kind="full", state="running", done=3, total=20)
    for seconds in (5, 10, 90):
        ProviderCall.objects.create(
            connection=connection,
            at=now - dt.timedelta(seconds=seconds),
            purpose="sweep",
            method="GET",
            endpoint="/calendar",
            status=200,
            milliseconds=41,
        )
    response = browser_of(shop.helene).get(reverse("connection", args=[connection.pk]))
    words, body = words_of(response), response.content.decode()
    for expected in (
        "Paris Opéra",
        "not yet",
        "Days around today",
        "Store's own key",
        "missing Enter",
        "bookings created 12",
        "3 of 20 steps",
        "2 of at most 300",
        "GET /calendar",
    ):
        assert expected in words
    assert '<progress value="3" max="20"' in body
    assert "no &lt;b&gt;answer" in body
    assert reverse("connection-state", args=[connection.pk]) in body


def test_connection_looks_again_only_while_something_is_read(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    response = browser_of(shop.helene).get(reverse("connection-state", args=[connection.pk]))
    assert "hx-trigger" not in response.content.decode()


def test_connection_takes_the_same_few_queries_for_one_and_for_three(
    shop: Shop, connection: Connection, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    browser, counts = browser_of(shop.helene), []
    for rows in (1, 3):
        for number in range(rows):
            StoreLink.objects.create(connection=connection, store=shop.store, external_id=f"{rows}-{number}")
            SyncRun.objects.create(connection=connection, key=f"{rows}-{number}", kind="near", store=shop.store)
            SyncRun.objects.create(
                connection=connection, key="x", kind="near", store=shop.other, staff=shop.ana, state="done"
            )
            ProviderCall.objects.create(connection=connection, method="GET", endpoint="/x", purpose="person")
            Connection.objects.create(name="Another", base_url=REGIONS["na"])
        for address in (reverse("connection", args=[connection.pk]), reverse("connections")):
            with django_assert_max_num_queries(13) as queries:  # one of them counts what waits, for the frame
                browser.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_read_again_puts_everything_in_the_queue_once(shop: Shop, connection: Connection, browser_of: Any) -> None:
    linked(connection, shop)
    browser = browser_of(shop.helene)
    for _ in range(2):
        browser.post(reverse("connection-sync", args=[connection.pk]))
    assert sorted(SyncRun.objects.values_list("kind", flat=True)) == ["catalogue", "full", "near"]


def test_read_again_leaves_alone_what_is_switched_off(shop: Shop, connection: Connection, browser_of: Any) -> None:
    Connection.objects.update(is_active=False)
    response = browser_of(shop.helene).post(reverse("connection-sync", args=[connection.pk]), follow=True)
    assert "switched off" in words_of(response)
    assert not SyncRun.objects.exists()


def checked(shop: Shop, connection: Connection, browser_of: Any, base_url: str) -> str:
    Connection.objects.filter(pk=connection.pk).update(base_url=base_url)
    return words_of(browser_of(shop.helene).post(reverse("connection-check", args=[connection.pk]), follow=True))


def test_check_says_that_it_works(shop: Shop, connection: Connection, browser_of: Any, answering: Any) -> None:
    address = answering("200 OK", {"items": [{"id": 501, "name": "Paris"}], "total": 1})
    assert "Booxi Europe answers, and the key works." in checked(shop, connection, browser_of, address)


def test_check_says_that_the_key_is_wrong(shop: Shop, connection: Connection, browser_of: Any, answering: Any) -> None:
    words = checked(shop, connection, browser_of, answering("401 Unauthorized", {}))
    connection.refresh_from_db()
    assert connection.trouble == Connection.Trouble.MISCONFIGURED
    assert connection.trouble_detail in words
    assert "Not set up right since" in words


def test_check_says_that_nobody_answers(shop: Shop, connection: Connection, browser_of: Any, answering: Any) -> None:
    words = checked(shop, connection, browser_of, answering("404 Not Found", "nonsense"))
    assert "the key works" not in words
    assert (
        "banner"
        in browser_of(shop.helene).post(reverse("connection-check", args=[connection.pk]), follow=True).content.decode()
    )


@pytest.mark.parametrize("name", ACTS)
def test_nothing_is_asked_by_opening_a_page(shop: Shop, connection: Connection, browser_of: Any, name: str) -> None:
    browser = browser_of(shop.helene)
    assert browser.get(reverse(name, args=[connection.pk])).status_code == 405
    for page in PAGES:
        browser.get(reverse(page, args=[connection.pk]))
    assert not ProviderCall.objects.exists()


def test_store_key_is_kept_and_never_shown(shop: Shop, connection: Connection, browser_of: Any) -> None:
    link = linked(connection, shop)
    address = reverse("connection-store-key", args=[connection.pk, link.pk])
    response = browser_of(shop.helene).post(address, {"merchant_key": "the-key-of-paris"}, follow=True)
    link.refresh_from_db()
    assert link.secrets["merchant_key"] == "the-key-of-paris"
    assert "the-key-of-paris" not in response.content.decode()


@pytest.mark.parametrize("key", ["", "a b", "a\nb"])
def test_store_key_that_is_none_is_refused(shop: Shop, connection: Connection, browser_of: Any, key: str) -> None:
    link = linked(connection, shop)
    address = reverse("connection-store-key", args=[connection.pk, link.pk])
    assert browser_of(shop.helene).post(address, {"merchant_key": key}).status_code == 422
    link.refresh_from_db()
    assert not link.secrets


def test_store_key_belongs_to_its_own_connection(shop: Shop, connection: Connection, browser_of: Any) -> None:
    link = linked(connection, shop)
    other = Connection.objects.create(name="Other", base_url=REGIONS["na"])
    address = reverse("connection-store-key", args=[other.pk, link.pk])
    assert browser_of(shop.helene).get(address).status_code == 404
