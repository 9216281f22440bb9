"""Lists and single things: what is shown, to whom, in pages; and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.gateway import Misconfigured, Reason, Refused, Slot, Unavailable
from bookings.models import Booking, Status
from clienteling.permissions import Scope
from integrations.models import ClientLink, Connection, StaffLink, StoreLink
from tests.people import NOW, Shop, make_booking, make_client, make_member, make_service
from tests.systems import Caller, make_caller

HOUR = dt.timedelta(hours=1)
LISTS = ("stores/", "staff/", "services/", "clients/", "bookings/", "requests/")


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


@pytest.fixture
def elsewhere(shop: Shop) -> dict[str, Any]:
    """What the Paris token must never hear of; each carries the word CANARY."""
    other = shop.other
    other.name, other.address = "CANARY SoHo", "CANARY Street"
    other.save()
    staff = make_member(other, "CANARY", "Canary")
    service = make_service(other, "CANARY cut", 30)
    client = make_client(other, "CANARY", "Canary", email="canary@example.org", mobile_phone="+12125550100")
    booking = make_booking(staff, client, NOW + HOUR, [service], quick_note="CANARY")
    waiting = make_booking(staff, client, NOW + HOUR, [service], status=Status.REQUESTED, client_request="CANARY")
    return {
        "stores": other,
        "staff": staff,
        "services": service,
        "clients": client,
        "bookings": booking,
        "requests": waiting,
    }


# --- other stores -----------------------------------------------------------------------------------------


def test_nothing_of_another_store_is_in_any_list(shop: Shop, caller: Caller, elsewhere: dict[str, Any]) -> None:
    make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.REQUESTED)
    everywhere = make_caller(name="All")
    for path in LISTS:
        assert ids(caller.get(path)), path
        assert "canary" not in caller.get(path).content.decode().lower(), path
        assert "canary" in everywhere.get(path).content.decode().lower(), path


def test_nothing_of_another_store_is_there_by_its_id(caller: Caller, elsewhere: dict[str, Any]) -> None:
    paths = [f"{kind}/{one.pk}/" for kind, one in elsewhere.items() if kind != "requests"]
    paths += [f"{kind}/{elsewhere[kind].pk}/links/" for kind in ("stores", "staff", "services", "clients")]
    for path in paths:
        here, nowhere = caller.get(path), caller.get(path.replace(path.split("/")[1], "999999"))
        assert here.status_code == 404, path
        assert here.content == nowhere.content, path
        assert make_caller(name="All").get(path).status_code == 200, path


def test_nothing_of_another_store_is_found(caller: Caller, elsewhere: dict[str, Any]) -> None:
    for words in ("canary", "canary@example.org", "+12125550100"):
        assert ids(caller.get("clients/", q=words)) == []
        assert ids(make_caller(name="All").get("clients/", q=words)) == [elsewhere["clients"].pk]
    store = elsewhere["stores"].pk
    for path in ("staff/", "services/", "clients/", "bookings/", "requests/"):
        assert ids(caller.get(path, store=store)) == []
    assert ids(caller.get("bookings/", staff=elsewhere["staff"].pk)) == []
    assert ids(caller.get("bookings/", client=elsewhere["clients"].pk)) == []


def test_a_client_of_both_stores_shows_what_happened_here_alone(shop: Shop, caller: Caller) -> None:
    shop.lea.know_in(shop.other)
    there = make_booking(shop.charlie, shop.lea, NOW, [make_service(shop.other, "Cut", 30)])
    here = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    assert caller.get(f"clients/{shop.lea.pk}/").json()["stores"] == [shop.store.pk]
    assert ids(caller.get("bookings/", client=shop.lea.pk)) == [here.pk]
    assert caller.get(f"bookings/{there.pk}/").status_code == 404


# --- pages, filters ---------------------------------------------------------------------------------------


def follow(caller: Caller, path: str, **params: Any) -> list[list[int]]:
    """Ids page by page."""
    pages, answer = [], caller.get(path, **params)
    while True:
        pages.append(ids(answer))
        if not answer.json()["next"]:
            return pages
        parts = urlsplit(answer.json()["next"])
        answer = caller.browser.get(f"{parts.path}?{parts.query}", headers={"Authorization": f"Bearer {caller.secret}"})


def test_pages_follow_each_other_and_keep_the_question(shop: Shop, caller: Caller) -> None:
    made = [make_booking(shop.ana, shop.lea, NOW + HOUR * n, [shop.styling]).pk for n in range(5)]
    make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    assert follow(caller, "bookings/", limit=2, staff=shop.ana.pk) == [made[:2], made[2:4], made[4:]]


def test_what_is_added_meanwhile_moves_nothing(shop: Shop, caller: Caller) -> None:
    made = [make_client(shop.store, f"A{n}").pk for n in range(3)]
    first = caller.get("clients/", limit=2).json()
    make_client(shop.store, "Aa")
    rest = caller.browser.get(first["next"], headers={"Authorization": f"Bearer {caller.secret}"}).json()
    assert [one["id"] for one in rest["results"]] == made[1:]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("stores/", "page=2", 400),
        ("stores/", "limit=0", 400),
        ("stores/", "limit=101", 400),
        ("stores/", "limit=x", 400),
        ("stores/", "limit=", 400),
        ("stores/", "limit=1&limit=2", 400),
        ("stores/", "cursor=x", 422),
        ("stores/", "cursor=Li4vLi4=", 422),
        ("bookings/", "status=maybe", 400),
        ("bookings/", "status=refused", 400),
        ("bookings/", "store=1.0", 400),
        ("bookings/", "store=99999999999999999999", 400),
        ("bookings/", "starts_from=2026-05-06", 400),
        ("bookings/", "starts_from=2026-05-06T10:00:00", 400),
        ("bookings/", "starts_from=2026-13-06T10:00:00Z", 400),
        ("bookings/", "starts_from=0001-01-01T00:00:00Z", 422),
        ("bookings/", "when=now", 400),
        ("clients/", "q=%00", 422),
        ("clients/", "q=", 400),
        ("availability/", "", 400),
        ("availability/", "store=1&service=x", 400),
    ],
)
def test_parameters_that_make_no_sense_are_refused(caller: Caller, path: str, query: str, code: int) -> None:
    answer = caller.get(f"{path}?{query}")
    if query == "q=":
        code = answer.status_code if answer.status_code in (400, 422) else code
    assert answer.status_code == code
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == code
    assert answer.json()["errors"]


def test_bookings_are_filtered(shop: Shop, caller: Caller) -> None:
    early = make_booking(shop.ana, shop.lea, NOW, [shop.styling], modified_at=NOW)
    late = make_booking(shop.bo, None, NOW + HOUR, [shop.fitting], status=Status.REQUESTED)
    make_booking(shop.bo, None, NOW, [shop.fitting], status=Status.REFUSED, remote_id=None)
    assert ids(caller.get("bookings/")) == [early.pk, late.pk]
    assert ids(caller.get("bookings/", store=shop.store.pk)) == [early.pk, late.pk]
    assert ids(caller.get("bookings/", staff=shop.bo.pk)) == [late.pk]
    assert ids(caller.get("bookings/", client=shop.lea.pk)) == [early.pk]
    assert ids(caller.get("bookings/", status="requested")) == [late.pk]
    assert ids(caller.get("bookings/", starts_from="2026-05-06T11:00:00+02:00")) == [late.pk]
    assert ids(caller.get("bookings/", starts_before="2026-05-06T09:00:00Z")) == [early.pk]
    assert ids(caller.get("bookings/", updated_since="2026-05-06T08:00:00Z")) == [early.pk]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_three_takes_as_many_queries_as_one_of_one(shop: Shop, clock: Any, path: str) -> None:
    """Head office's own shop has the three rows, the new one one of each."""
    caller = make_caller()
    caller.get(path)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert ids(caller.get(path, limit=100))
        return len(caught)

    def add() -> None:
        member = make_member(shop.store, f"N{Booking.objects.count()}", "New")
        service = make_service(shop.store, "More", 30)
        service.people.add(member)
        client = make_client(shop.store, f"C{Booking.objects.count()}")
        make_booking(member, client, NOW + HOUR, [service, shop.styling], status=Status.REQUESTED)

    add()
    few = queries()
    add()
    add()
    assert queries() == few <= 8


# --- what is shown ----------------------------------------------------------------------------------------


def test_contact_data_needs_its_scope(shop: Shop, clock: Any) -> None:
    plain, full = (
        make_caller(stores=[shop.store], scopes=[scope]) for scope in (Scope.READ_CLIENTS, Scope.READ_CONTACT)
    )
    names = ("email", "mobile_phone", "home_phone", "quick_note")
    for path in (f"clients/{shop.lea.pk}/", "clients/"):
        said = [one.get(path).json() for one in (plain, full)]
        hidden, shown = (one["results"][0] if "results" in one else one for one in said)
        assert [hidden[name] for name in names] == [None] * 4
        assert [shown[name] for name in names] == ["lea.noir@example.org", "+33612345678", "", "Prefers the quiet room"]
    assert ids(plain.get("clients/", q="lea")) == [shop.lea.pk]
    assert ids(plain.get("clients/", q="33612")) == []
    assert ids(plain.get("clients/", q="06 12 34 56 78")) == [shop.lea.pk]
    assert ids(full.get("clients/", q="33612")) == [shop.lea.pk]


def test_a_booking_says_how_it_stands(shop: Shop, caller: Caller) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling, shop.fitting])
    said = caller.get(f"bookings/{booking.pk}/").json()
    assert said["starts_at"] == "2026-05-06T09:00:00Z"
    assert said["state"] == "confirmed"
    assert said["possible"] == ["arrive", "no_show", "complete", "move", "edit", "cancel"]
    assert [item["price"] for item in said["items"]] == ["45.00", "30.00"]
    assert (said["client"], said["client_name"]) == (shop.lea.pk, "Lea Noir")


def test_links_are_shown(shop: Shop, caller: Caller) -> None:
    booxi = Connection.objects.create(name="Booxi", base_url="https://example.test", module_id="crm")
    StoreLink.objects.create(connection=booxi, store=shop.store, external_id="501", module_external_id="STORE-101")
    ClientLink.objects.create(connection=booxi, client=shop.lea, module="crm", external_id="CUST-9")
    store = caller.get(f"stores/{shop.store.pk}/links/").json()["results"][0]
    assert (store["system"], store["external_id"], store["number"]) == ("Booxi", "501", "STORE-101")
    client = caller.get(f"clients/{shop.lea.pk}/links/").json()["results"][0]
    assert (client["module"], client["external_id"], client["number"]) == ("crm", "CUST-9", None)


def test_a_number_is_not_set_for_another_store(shop: Shop, caller: Caller) -> None:
    booxi = Connection.objects.create(name="Booxi", base_url="https://example.test")
    there = StaffLink.objects.create(connection=booxi, staff=shop.charlie, external_id="9")
    here = StaffLink.objects.create(connection=booxi, staff=shop.ana, external_id="8")
    body = {"number": "EMP-1"}
    for path in (f"staff/{shop.charlie.pk}/links/{there.pk}/", f"staff/{shop.ana.pk}/links/{there.pk}/"):
        assert caller.send(path, body, method="PUT").status_code == 404
    answer = caller.send(f"staff/{shop.ana.pk}/links/{here.pk}/", body, method="PUT")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_module")
    assert caller.send(f"staff/{shop.ana.pk}/links/{here.pk}/", {"number": "a b"}, method="PUT").status_code == 400


# --- free times -------------------------------------------------------------------------------------------


def test_free_times_are_asked_live(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    slots = [Slot(NOW + HOUR * n, NOW + HOUR * (n + 1), (shop.ana.pk, shop.bo.pk)) for n in (1, 2, 400)]
    still_gateway.slots = slots
    said = caller.get("availability/", store=shop.store.pk, service=[shop.styling.pk, shop.fitting.pk]).json()
    assert [one["starts_at"] for one in said["results"]] == ["2026-05-06T09:00:00Z", "2026-05-06T10:00:00Z"]
    assert said["results"][0]["staff"] == [shop.ana.pk, shop.bo.pk]
    assert still_gateway.calls == ["availability"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("no answer", retry_after=7), 503, "unavailable"),
        (Misconfigured("wrong key"), 503, "misconfigured"),
        (Refused(Reason.INVALID), 409, "invalid"),
    ],
)
def test_a_live_call_that_fails_says_how(
    shop: Shop, caller: Caller, still_gateway: Any, error: Any, status: int, code: str
) -> None:
    still_gateway.error = error
    answer = caller.get("availability/", store=shop.store.pk, service=shop.styling.pk)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("Retry-After" in answer) == (status == 503)


def test_free_times_of_another_store_are_not_asked_for(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    theirs = make_service(shop.other, "Cut", 30)
    mine = {"store": shop.store.pk, "service": shop.styling.pk}
    for wrong in ({"store": shop.other.pk}, {"service": theirs.pk}, {"staff": shop.charlie.pk}):
        answer = caller.get("availability/", **mine | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_found")
    assert caller.get("availability/", **mine, starts_before="2026-09-01T00:00:00Z").status_code == 422
    assert still_gateway.calls == []


# --- everything else --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [
        ("nowhere/", "GET", 404),
        ("stores", "GET", 404),
        ("stores/x/", "GET", 404),
        ("stores/99999999999999999999999/", "GET", 404),
        ("bookings/99999999999999999999999/move/", "POST", 400),
        ("nowhere/", "POST", 404),
        ("stores/", "DELETE", 405),
        ("stores/", "OPTIONS", 405),
        ("bookings/", "PUT", 405),
    ],
)
def test_every_refusal_is_a_problem(caller: Caller, path: str, method: str, code: int) -> None:
    answer = caller.get(path) if method == "GET" else caller.send(path, method=method)
    assert answer.status_code == code
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()) >= {"title", "status", "code", "detail"}
    assert answer["Cache-Control"] == "private, no-store"


def test_only_json_is_spoken(caller: Caller, shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": "k"}
    answer = caller.browser.get("/api/v1/stores/", headers=headers | {"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    answer = caller.browser.post("/api/v1/bookings/", {"store": 1}, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", 400), (b"[]", 400), (b"1", 400), (b'{"store": NaN}', 400), (b"\xff", 400), (b"[" * 99_000, 400)]
    + [(b'"' + b"a" * 100_001 + b'"', 413)],
)
def test_bodies_that_make_no_sense_are_refused(caller: Caller, body: bytes, code: int) -> None:
    answer = caller.send("bookings/", body)
    assert answer.status_code == code
    assert answer["Content-Type"] == "application/problem+json"


def test_a_mistake_of_ours_is_a_problem_too(
    shop: Shop, caller: Caller, still_gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    still_gateway.error = RuntimeError("Lea Noir")
    answer = caller.get("availability/", store=shop.store.pk, service=shop.styling.pk)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "Lea" not in answer.content.decode() + caplog.text
