"""Booking, and everything that is done with a booking, by another system: once, and with a clear answer."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connections

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from bookings.models import Booking, Change, Status
from clienteling.models import Client, Consent
from clienteling.permissions import Scope
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking, make_client, make_service, make_shop
from tests.systems import Caller, make_caller

HOUR = dt.timedelta(hours=1)
AT = "2026-05-06T12:00:00Z"


def order(shop: Shop, **fields: Any) -> dict[str, Any]:
    said = {
        "store": shop.store.pk,
        "client": shop.lea.pk,
        "services": [shop.styling.pk, shop.fitting.pk],
        "staff": shop.ana.pk,
        "starts_at": AT,
    }
    said |= fields
    return {name: value for name, value in said.items() if value is not None}


def newcomer(**fields: Any) -> dict[str, Any]:
    return {
        "first_name": "Mira",
        "last_name": "Okafor",
        "email": "mira@example.org",
        "consent": "booking_only",
    } | fields


# --- book -------------------------------------------------------------------------------------------------


def test_booking(shop: Shop, caller: Caller) -> None:
    answer = caller.send("bookings/", order(shop, client_request="A mirror", quick_note="VIP"))
    assert answer.status_code == 201
    booking = Booking.objects.get()
    assert answer["Location"] == f"/api/v1/bookings/{booking.pk}/"
    said = answer.json()
    assert (said["id"], said["status"], said["client_request"]) == (booking.pk, "confirmed", "A mirror")
    change = Change.objects.get()
    assert (change.author, change.author_name) == (None, "Shop")


def test_booking_for_somebody_new(shop: Shop, caller: Caller) -> None:
    answer = caller.send("bookings/", order(shop, client=None, new_client=newcomer(phone="06 11 22 33 44")))
    assert answer.status_code == 201
    mira = Client.objects.get(first_name="Mira")
    assert (mira.mobile_phone, mira.consent) == ("+33611223344", Consent.BOOKING_ONLY)
    assert answer.json()["client"] == mira.pk


def test_a_key_is_needed_to_book(shop: Shop, caller: Caller) -> None:
    for key in (None, "é", "a b", "x" * 201):
        answer = caller.send("bookings/", order(shop), key=key)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Booking.objects.exists()


def test_the_same_key_finds_the_first_answer(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    first, again = (caller.send("bookings/", order(shop), key="one") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert still_gateway.calls == ["send"]
    other = caller.send("bookings/", order(shop, staff=shop.bo.pk), key="one")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    arrived = caller.send(f"bookings/{first.json()['id']}/cancel/", key="one")
    assert (arrived.status_code, arrived.json()["code"]) == (422, "key_reused")
    assert Booking.objects.count() == 1


def test_keys_of_two_systems_have_nothing_to_do_with_each_other(shop: Shop, caller: Caller) -> None:
    other = make_caller(name="Till", stores=[shop.store])
    assert caller.send("bookings/", order(shop), key="one").status_code == 201
    assert other.send("bookings/", order(shop, staff=shop.bo.pk, anyway=True), key="one").status_code == 201
    assert Booking.objects.count() == 2


def test_a_refusal_is_the_answer_to_its_key(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    first, again = (caller.send("bookings/", order(shop), key="one") for _ in range(2))
    assert (first.status_code, first.json()["code"]) == (409, "slot_taken")
    assert again.json() == first.json()
    still_gateway.error = None
    assert caller.send("bookings/", order(shop), key="one").status_code == 409
    assert caller.send("bookings/", order(shop), key="two").status_code == 201


def test_somebody_new_is_not_left_behind_by_a_refusal(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    still_gateway.error = Refused(Reason.SLOT_TAKEN)
    assert caller.send("bookings/", order(shop, client=None, new_client=newcomer())).status_code == 409
    assert not Client.objects.filter(first_name="Mira").exists()


@pytest.mark.parametrize("error", [Unavailable("x", maybe_done=True), Misconfigured("x")])
def test_no_answer_is_not_called_booked(shop: Shop, caller: Caller, still_gateway: Any, error: Any) -> None:
    still_gateway.error = error
    answer = caller.send("bookings/", order(shop), key="one")
    assert answer.status_code == 202
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["state"] == "unconfirmed"
    look = caller.get(answer["Location"].removeprefix("/api/v1/")).json()
    assert look == answer.json()
    assert caller.get(f"bookings/{look['booking']}/").json()["status"] == "sending"
    assert caller.send("bookings/", order(shop), key="one").status_code == 202
    assert still_gateway.calls == ["send"]


def test_what_is_asked_for_elsewhere_is_not_looked_at(shop: Shop, caller: Caller) -> None:
    there = make_booking(shop.charlie, make_client(shop.other), NOW, [make_service(shop.other, "Cut", 30)])
    change = Change.begin(booking=there, kind="cancel", author_name="Charlie")
    assert caller.get(f"changes/{change.reference}/").status_code == 404
    assert make_caller(name="All").get(f"changes/{change.reference}/").status_code == 200


def test_nothing_of_another_store_is_booked(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    theirs = make_service(shop.other, "Cut", 30)
    stranger = make_client(shop.other, "CANARY")
    wrongs: list[dict[str, Any]] = [
        {"store": shop.other.pk},
        {"client": stranger.pk},
        {"staff": shop.charlie.pk},
        {"services": [shop.styling.pk, theirs.pk]},
        {"store": shop.other.pk, "client": stranger.pk, "staff": shop.charlie.pk, "services": [theirs.pk]},
    ]
    for wrong in wrongs:
        answer = caller.send("bookings/", order(shop, **wrong))
        missing = caller.send("bookings/", order(shop, **{next(iter(wrong)): _nobody(next(iter(wrong)))}))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_found")
        assert answer.content == missing.content
    assert not Booking.objects.exists()
    assert not Change.objects.exists()
    assert still_gateway.calls == []


def _nobody(name: str) -> Any:
    return [999_999] if name == "services" else 999_999


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"client": None}, 422),
        ({"new_client": newcomer()}, 422),
        ({"client": None, "new_client": newcomer(email="")}, 422),
        ({"client": None, "new_client": newcomer(email="nobody")}, 422),
        ({"client": None, "new_client": newcomer(phone="12")}, 422),
        ({"client": None, "new_client": newcomer(first_name=" ")}, 422),
        ({"client": None, "new_client": newcomer(consent="sold")}, 400),
        ({"client": None, "new_client": newcomer(age=7)}, 400),
        ({"client": None, "new_client": "Mira"}, 400),
        ({"services": []}, 400),
        ({"services": 1}, 400),
        ({"services": ["1"]}, 400),
        ({"services": [True]}, 400),
        ({"store": "1"}, 400),
        ({"store": True}, 400),
        ({"store": None}, 400),
        ({"starts_at": "2026-05-06T12:00:00"}, 400),
        ({"starts_at": 1}, 400),
        ({"client_request": 1}, 400),
        ({"client_request": "x" * 2001}, 400),
        ({"client_request": "\x00"}, 422),
        ({"anyway": "true"}, 400),
        ({"price": 1}, 400),
    ],
)
def test_nonsense_is_not_booked(shop: Shop, caller: Caller, fields: dict[str, Any], code: int) -> None:
    answer = caller.send("bookings/", order(shop, **fields))
    assert answer.status_code == code
    assert not Booking.objects.exists()


def test_the_same_person_at_the_same_time_is_asked_about(shop: Shop, caller: Caller) -> None:
    assert caller.send("bookings/", order(shop)).status_code == 201
    again = caller.send("bookings/", order(shop, staff=shop.bo.pk))
    assert (again.status_code, again.json()["code"]) == (409, "already_booked")
    by_mail = order(shop, client=None, new_client=newcomer(email="LEA.noir@example.org"))
    assert caller.send("bookings/", by_mail).status_code == 409
    assert caller.send("bookings/", order(shop, staff=shop.bo.pk, anyway=True)).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_booking(settings: Any, still_gateway: type[StillGateway], clock: Any) -> None:

    shop = make_shop()
    caller = make_caller(stores=[shop.store])
    body = order(shop, client=None, new_client=newcomer())
    together, answers = threading.Barrier(20), []

    def ask() -> None:
        mine = Caller(caller.secret, caller.token)
        together.wait()
        answers.append(mine.send("bookings/", body, key="one"))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 202}
    booking = Booking.objects.get()
    assert {answer.json().get("booking", answer.json().get("id")) for answer in answers} == {booking.pk}
    assert Client.objects.filter(first_name="Mira").count() == 1
    assert still_gateway.calls.count("send") == 1


# --- change -----------------------------------------------------------------------------------------------


@pytest.fixture
def booking(shop: Shop) -> Booking:
    return make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling])


def test_each_state_has_its_address(shop: Shop, caller: Caller, booking: Booking) -> None:
    path = f"bookings/{booking.pk}/"
    steps = [("arrive", "arrived"), ("complete", "completed"), ("undo", "arrived"), ("undo", "confirmed")]
    for step, state in [*steps, ("no-show", "no_show"), ("undo", "confirmed"), ("cancel", "cancelled")]:
        answer = caller.send(f"{path}{step}/", key=None)
        assert (answer.status_code, answer.json()["state"]) == (200, state), step
    asked = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.REQUESTED)
    assert caller.send(f"bookings/{asked.pk}/confirm/").json()["state"] == "confirmed"


def test_moving(shop: Shop, caller: Caller, booking: Booking) -> None:
    path = f"bookings/{booking.pk}/move/"
    said = caller.send(path, {"starts_at": AT}).json()
    assert (said["starts_at"], said["staff"]) == (AT, shop.ana.pk)
    said = caller.send(path, {"starts_at": AT, "staff": shop.bo.pk}).json()
    assert said["staff"] == shop.bo.pk
    for wrong in (shop.charlie.pk, 999_999):
        assert caller.send(path, {"starts_at": AT, "staff": wrong}).status_code == 422


def test_a_move_is_refused_where_somebody_has_moved_it_since(shop: Shop, caller: Caller, booking: Booking) -> None:
    seen = "2026-05-06T07:59:59Z"
    assert caller.send(f"bookings/{booking.pk}/move/", {"starts_at": AT, "seen": seen}).status_code == 200
    later = {"starts_at": "2026-05-06T14:00:00Z", "seen": seen}
    answer = caller.send(f"bookings/{booking.pk}/move/", later)
    assert (answer.status_code, answer.json()["code"]) == (409, "settled")


def test_editing(shop: Shop, caller: Caller, booking: Booking, still_gateway: Any) -> None:
    path = f"bookings/{booking.pk}/"
    said = caller.send(path, {"quick_note": "Late"}, method="PATCH").json()
    assert said["quick_note"] == "Late"
    items = [
        {"service": shop.fitting.pk, "duration": 45, "price": "12.50"},
        {"service": shop.styling.pk, "duration": 60},
    ]
    assert caller.send(path, {"items": items}, method="PATCH").status_code == 200
    wanted = Change.objects.filter(kind="edit").first()
    assert wanted
    assert [(one["duration"], one["price"]) for one in wanted.wanted["items"]] == [(45, "12.50"), (60, None)]
    assert caller.send(path, {}, method="PATCH").status_code == 200
    assert still_gateway.calls == ["send", "send"]


@pytest.mark.parametrize(
    "item", [{"duration": 0}, {"price": 1}, {"price": "1.234"}, {"price": "1\n"}, {"price": "٣"}, {"service": "x"}]
)
def test_nonsense_is_not_edited(
    shop: Shop, caller: Caller, booking: Booking, still_gateway: Any, item: dict[str, Any]
) -> None:
    items = [{"service": shop.fitting.pk, "duration": 45} | item]
    assert caller.send(f"bookings/{booking.pk}/", {"items": items}, method="PATCH").status_code == 400
    theirs = [{"service": make_service(shop.other, "Cut", 30).pk, "duration": 30}]
    assert caller.send(f"bookings/{booking.pk}/", {"items": theirs}, method="PATCH").status_code == 422
    assert still_gateway.calls == []


def test_what_does_not_fit_is_refused(shop: Shop, caller: Caller, booking: Booking) -> None:
    path = f"bookings/{booking.pk}/"
    assert caller.send(f"{path}undo/").json()["code"] == "not_possible"
    assert caller.send(f"{path}cancel/").status_code == 200
    answer = caller.send(f"{path}arrive/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")


def test_two_changes_at_once_are_not_sent(shop: Shop, caller: Caller, booking: Booking, still_gateway: Any) -> None:
    still_gateway.error = Unavailable("x")
    assert caller.send(f"bookings/{booking.pk}/arrive/", key="a").status_code == 202
    answer = caller.send(f"bookings/{booking.pk}/cancel/", key="b")
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")
    assert caller.send(f"bookings/{booking.pk}/arrive/", key="a").status_code == 202


def test_a_refusal_of_the_booking_system_is_passed_on(
    shop: Shop, caller: Caller, booking: Booking, still_gateway: Any
) -> None:
    for reason in Reason:
        still_gateway.error = Refused(reason)
        answer = caller.send(f"bookings/{booking.pk}/cancel/")
        assert (answer.status_code, answer.json()["code"]) == (409, reason.value)
        assert answer.json()["detail"]


def test_nothing_of_another_store_is_changed(shop: Shop, caller: Caller, still_gateway: Any) -> None:
    there = make_booking(
        shop.charlie, make_client(shop.other), NOW, [make_service(shop.other, "Cut", 30)], status=Status.REQUESTED
    )
    body = {"starts_at": AT, "staff": shop.ana.pk}
    steps = ("confirm", "cancel", "arrive", "no-show", "complete", "undo")
    calls = [(f"bookings/{there.pk}/{step}/", {}) for step in steps]
    calls += [(f"bookings/{there.pk}/move/", body), (f"requests/{there.pk}/give/", body)]
    calls += [(f"requests/{there.pk}/propose/", body), (f"requests/{there.pk}/decline/", {})]
    for path, said in calls:
        assert caller.send(path, said).status_code == 404, path
    assert caller.send(f"bookings/{there.pk}/", {"quick_note": "x"}, method="PATCH").status_code == 404
    assert still_gateway.calls == []


# --- requests ---------------------------------------------------------------------------------------------


@pytest.fixture
def asked(shop: Shop) -> Booking:
    return make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.REQUESTED, booked_at=NOW)


def test_requests_are_given_once(shop: Shop, caller: Caller, asked: Booking) -> None:
    dispatcher = make_caller(name="Desk", stores=[shop.store], scopes=[Scope.WRITE_REQUESTS])
    assert [one["id"] for one in dispatcher.get("requests/").json()["results"]] == [asked.pk]
    body = {"staff": shop.bo.pk, "starts_at": AT}
    answer = dispatcher.send(f"requests/{asked.pk}/give/", body)
    assert (answer.status_code, answer.json()["status"], answer.json()["staff"]) == (200, "confirmed", shop.bo.pk)
    late = caller.send(f"requests/{asked.pk}/give/", body)
    assert (late.status_code, late.json()["code"]) == (409, "not_possible")
    assert "Desk was faster" in late.json()["detail"]
    assert dispatcher.get("requests/").json()["results"] == []


def test_requests_are_declined_and_other_times_proposed(shop: Shop, caller: Caller, asked: Booking) -> None:
    said = caller.send(f"requests/{asked.pk}/propose/", {"staff": shop.bo.pk, "starts_at": AT}).json()
    assert (said["status"], said["starts_at"]) == ("awaiting_client", AT)
    other = make_booking(shop.ana, shop.lea, NOW + HOUR, [shop.styling], status=Status.REQUESTED)
    said = caller.send(f"requests/{other.pk}/decline/", {"reason": "Closed that day"}).json()
    assert (said["status"], said["quick_note"]) == ("cancelled", "Closed that day")


def test_a_request_is_not_given_to_somebody_of_another_store(shop: Shop, caller: Caller, asked: Booking) -> None:
    answer = caller.send(f"requests/{asked.pk}/give/", {"staff": shop.charlie.pk, "starts_at": AT})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "staff")
    assert not Change.objects.exists()
