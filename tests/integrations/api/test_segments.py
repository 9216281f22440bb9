"""Segments over the API: those of the token's stores, and who is in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Segment
from clienteling.models import AuditEntry, Deed
from clienteling.permissions import Scope
from tests.people import NOW, Shop, make_booking, make_client, make_service
from tests.systems import Caller, make_caller

DAY = dt.timedelta(days=1)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


@pytest.fixture
def made(shop: Shop) -> dict[str, Segment]:
    values: dict[str, Any] = {"name": "Lately", "criteria": {"days_max": 30}}
    stores = {"here": shop.store, "there": shop.other, "everywhere": None}
    return {where: Segment.objects.create(store=store, **values) for where, store in stores.items()}


def test_segments_are_those_of_the_tokens_stores(shop: Shop, caller: Caller, made: dict[str, Segment]) -> None:
    assert ids(caller.get("segments/")) == [made["here"].pk]
    everywhere = make_caller(name="All")
    assert ids(everywhere.get("segments/")) == [one.pk for one in made.values()]
    assert ids(everywhere.get("segments/", store=shop.other.pk)) == [made["there"].pk]
    assert caller.get(f"segments/{made['there'].pk}/clients/").status_code == 404
    assert caller.get(f"segments/{made['everywhere'].pk}/clients/").status_code == 404


def test_a_segment_says_what_it_asks_and_how_many_there_were(caller: Caller, made: dict[str, Segment]) -> None:
    for days, number in ((1, 7), (0, 9)):
        made["here"].note_count(NOW.date() - days * DAY, number)
    said = caller.get("segments/").json()["results"][0]
    assert (said["name"], said["criteria"], said["store"]) == ("Lately", {"days_max": 30}, made["here"].store_id)
    assert (said["number"], said["counted_on"]) == (9, "2026-05-06")


def test_clients_of_a_segment(shop: Shop, caller: Caller, made: dict[str, Segment]) -> None:
    """Lea was here; Mira was in New York alone, which is not of this segment."""
    mira = make_client(shop.store, "Mira")
    mira.know_in(shop.other)
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling])
    make_booking(shop.charlie, mira, NOW - DAY, [make_service(shop.other, "Cut", 30)])
    answer = caller.get(f"segments/{made['here'].pk}/clients/")
    assert ids(answer) == [shop.lea.pk]
    assert answer.json()["results"][0]["email"] == "lea.noir@example.org"
    assert ids(make_caller(name="All").get(f"segments/{made['everywhere'].pk}/clients/")) == [shop.lea.pk, mira.pk]
    entry = AuditEntry.objects.filter(deed=Deed.SEARCHED).last()
    assert entry is not None
    assert (entry.object_id, entry.detail) == (
        made["here"].pk,
        {"found": 1, "first": shop.lea.pk, "last": shop.lea.pk},
    )


def test_contact_data_needs_its_scope(shop: Shop, made: dict[str, Segment], clock: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling])
    path = f"segments/{made['here'].pk}/clients/"
    plain = make_caller(stores=[shop.store], scopes=[Scope.READ_SEGMENTS])
    assert plain.get(path).json()["results"][0]["mobile_phone"] is None
    full = make_caller(stores=[shop.store], scopes=[Scope.READ_SEGMENTS, Scope.READ_CONTACT])
    assert full.get(path).json()["results"][0]["mobile_phone"] == "+33612345678"
    other = make_caller(stores=[shop.store], scopes=[Scope.READ_CLIENTS, Scope.READ_CONTACT])
    answer = other.get("segments/")
    assert (answer.status_code, answer.json()["scopes"]) == (403, ["read:segments"])


def test_clients_come_in_pages_in_the_same_few_queries(shop: Shop, caller: Caller, made: dict[str, Segment]) -> None:
    path, seen, counts = f"segments/{made['here'].pk}/clients/", [], []
    for number in range(5):
        make_booking(shop.ana, make_client(shop.store, f"C{number}"), NOW - DAY, [shop.styling])
    address: str | None = path
    while address:
        with CaptureQueriesContext(connection) as caught:
            answer = caller.get(address.partition("/api/v1/")[2] or address, **({} if seen else {"limit": 2}))
        seen += ids(answer)
        counts.append(len(caught))
        address = answer.json()["next"]
    assert len(seen) == len(set(seen)) == 5
    assert max(counts) <= 8


def test_criteria_that_nobody_can_read_are_a_problem(shop: Shop, caller: Caller) -> None:
    broken = Segment.objects.create(name="Broken", store=shop.store, criteria={"nonsense": 1})
    answer = caller.get(f"segments/{broken.pk}/clients/")
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
    assert ids(caller.get("segments/")) == [broken.pk]
