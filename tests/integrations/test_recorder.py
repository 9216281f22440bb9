import datetime as dt
from typing import Any

import pytest

from bookings.models import Booking, Change, Status
from clienteling import privacy
from clienteling.models import Client
from integrations import recorder
from integrations.models import (
    ClientLink,
    ClientPush,
    Connection,
    Difference,
    Linking,
    ProviderCall,
    StoreLink,
    WebhookDelivery,
)
from integrations.switchboard import subject_of
from tests.people import NOW, Shop, make_booking

pytestmark = pytest.mark.usefixtures("clock")
TWO = NOW.replace(hour=12)  # 14:00 in Paris


@pytest.fixture
def booxi(shop: Shop) -> Connection:
    connection = Connection.objects.create(name="Booxi Paris", base_url="https://example.test")
    StoreLink.objects.create(connection=connection, store=shop.store, external_id="501")
    return connection


@pytest.fixture
def booking(shop: Shop) -> Booking:
    return make_booking(shop.ana, shop.lea, TWO, [shop.styling], booked_at=NOW - dt.timedelta(days=7))


def moved(shop: Shop, booking: Booking, at: dt.datetime, **fields: Any) -> Change:
    """Marc's wish to have it at 15:15 with Bo."""
    values: dict[str, Any] = {
        "kind": Change.Kind.MOVE,
        "wanted": {"starts_at": (TWO + dt.timedelta(minutes=75)).isoformat(), "staff": shop.bo.pk},
        "before": {"starts_at": TWO.isoformat(), "staff": shop.ana.pk},
        "author": shop.marc.user,
        "author_name": "Marc Petit",
        "created_at": at,
        "state": Change.State.DONE,
        "answered_at": at + dt.timedelta(seconds=2),
    }
    return Change.begin(booking=booking, **values | fields)


def difference(booking: Booking, field: str, before: str, after: str, at: dt.datetime, **more: Any) -> Difference:
    values = {"source": Difference.Source.SWEEP, "at": at, "booking": booking} | more
    return Difference.objects.create(field=field, before=before, after=after, **values)


def told(booking: Booking, connection: Connection, at: dt.datetime, **more: Any) -> WebhookDelivery:
    values = {"state": "done", "outcome": "applied", "event_type": "appointment.updated", "body": "{}"} | more
    return WebhookDelivery.objects.create(
        connection=connection,
        event_id=f"e{WebhookDelivery.objects.count()}",
        received_at=at,
        subject=subject_of(booking),
        **values,
    )


def story(booking: Booking, shop: Shop) -> recorder.Story:
    found = Booking.objects.with_details().get(pk=booking.pk)
    return recorder.story_of_booking(found, user=shop.marc.user)


# --- the answer ----------------------------------------------------------------------------------------


def test_answer_says_that_nobody_moved_it(shop: Shop, booxi: Connection, booking: Booking) -> None:
    assert story(booking, shop).answer == "Nobody has moved it. Booxi Paris has it as it stands here."


def test_answer_says_that_she_booked_it_herself(shop: Shop, booxi: Connection, booking: Booking) -> None:
    Booking.objects.update(booked_by_client=True, booked_at=NOW)
    assert story(booking, shop).answer == (
        "The client booked it on Wed 6 May, 10:00. Nobody has moved it. Booxi Paris has it as it stands here."
    )


def test_head_office_gets_from_the_story_to_the_delivery(
    shop: Shop, booxi: Connection, booking: Booking, browser_of: Any
) -> None:
    address = f"/connections/deliveries/{told(booking, booxi, NOW).pk}/"
    assert address in browser_of(shop.helene).get(f"/record/booking/{booking.pk}/").text
    assert address not in browser_of(shop.marc).get(f"/record/booking/{booking.pk}/").text


def test_answer_names_who_of_us_moved_it_and_that_it_was_accepted(
    shop: Shop, booxi: Connection, booking: Booking
) -> None:
    moved(shop, booking, NOW)
    answer = story(booking, shop).answer
    assert answer == (
        "Marc Petit asked on Wed 6 May, 10:00 to move it from Wed 6 May, 14:00 with Ana Roy to Wed 6 May, 15:15 with"
        " Bo Lind. Booxi Paris accepted it on Wed 6 May, 10:00."
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Change.State.UNCONFIRMED, "Booxi Paris has not answered yet; we keep asking."),
        (Change.State.REFUSED, "Booxi Paris did not accept it: it stayed where it was."),
    ],
)
def test_answer_says_when_the_other_side_has_not_taken_it(
    shop: Shop, booxi: Connection, booking: Booking, state: str, words: str
) -> None:
    moved(shop, booking, NOW, state=state, answered_at=None, reason="slot_taken")
    assert story(booking, shop).answer.endswith(words)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Difference.Source.WEBHOOK, "Booxi Paris told us on Wed 6 May, 10:00."),
        (Difference.Source.SWEEP, "Nobody told us: we found it ourselves on Wed 6 May, 10:00."),
    ],
)
def test_answer_names_who_moved_it_elsewhere_and_how_we_heard(
    shop: Shop, booxi: Connection, booking: Booking, source: str, words: str
) -> None:
    moved(shop, booking, NOW - dt.timedelta(hours=3))
    said = {"source": source, "connection": booxi, "said_at": NOW - dt.timedelta(minutes=1), "said_by": shop.bo}
    difference(booking, "starts_at", TWO.isoformat(), (TWO + dt.timedelta(hours=1)).isoformat(), NOW, **said)
    difference(booking, "staff", str(shop.ana.pk), str(shop.bo.pk), NOW, **said)
    assert story(booking, shop).answer == (
        "Bo Lind moved it in Booxi Paris on Wed 6 May, 09:59 from Wed 6 May, 14:00 with Ana Roy to Wed 6 May, 15:00"
        f" with Bo Lind. {words}"
    )


def test_answer_says_that_a_booking_was_never_made(shop: Shop, booxi: Connection, booking: Booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(remote_id=None, status=Status.REFUSED)
    assert "it was never made" in story(booking, shop).answer


# --- the entries ---------------------------------------------------------------------------------------


def test_entries_tell_everything_in_order(shop: Shop, booxi: Connection, booking: Booking) -> None:
    change = moved(shop, booking, NOW, attempts=2)
    at = [NOW + dt.timedelta(seconds=second) for second in range(40)]
    call = {"connection": booxi, "purpose": "person", "subject": subject_of(booking)}
    ProviderCall.objects.create(at=at[1], method="PUT", endpoint="/booking/{id}", error="no answer in time", **call)
    ProviderCall.objects.create(at=at[2], method="GET", endpoint="/booking/{id}", status=200, milliseconds=40, **call)
    difference(booking, "starts_at", TWO.isoformat(), TWO.isoformat(), at[2], change=change, source="person")
    delivery = told(booking, booxi, at[5], repeats=2, outcome="unchanged")
    told(booking, booxi, at[6], state="parked", reason="not JSON", outcome="")
    difference(booking, "presence", "expecting", "arrived", at[20], connection=booxi)
    found = story(booking, shop).entries
    assert [entry.source for entry in found] == ["people", "call", "call", "delivery", "delivery", "sweep"]
    assert found[0].who == "Marc Petit"
    assert found[0].outcome == "Accepted · Wed 6 May, 10:00:02 · 2 tries"
    assert [fact.label for fact in found[0].facts] == ["Start"]
    assert (found[1].outcome, found[1].tone) == ("No answer after 0 ms: no answer in time", "warn")
    assert (found[2].outcome, found[2].tone) == ("Answer 200 after 40 ms", "")
    assert found[3].outcome == "We had it already: nothing changed · came 3 times"
    assert found[3].code == delivery.event_type
    assert found[4].outcome == "Put aside: not JSON"
    assert found[5].facts == [recorder.words.Fact("Presence", "Expected", "Arrived")]


def test_fields_found_together_are_one_entry_and_the_end_follows_the_start(
    shop: Shop, booxi: Connection, booking: Booking
) -> None:
    more = {"connection": booxi, "said_at": NOW, "said_by_client": True}
    later = TWO + dt.timedelta(days=1)
    difference(booking, "ends_at", TWO.isoformat(), later.isoformat(), NOW, **more)
    difference(booking, "starts_at", TWO.isoformat(), later.isoformat(), NOW, **more)
    difference(booking, "quick_note", "", "Window", NOW, **more)
    difference(booking, "status", "confirmed", "cancelled", NOW + dt.timedelta(minutes=5), **more)
    first, second = story(booking, shop).entries
    assert first.who == "The client"
    assert [(fact.label, fact.before, fact.after) for fact in first.facts] == [
        ("Start", "Wed 6 May, 14:00", "Thu 7 May, 14:00"),
        ("Quick note", "nothing", "Window"),
    ]
    assert [(fact.before, fact.after) for fact in second.facts] == [("Confirmed", "Cancelled")]


def test_what_a_delivery_changed_is_told_with_it(shop: Shop, booxi: Connection, booking: Booking) -> None:
    delivery = told(booking, booxi, NOW)
    difference(booking, "quick_note", "a", "b", NOW, source="webhook", delivery=delivery, connection=booxi)
    (entry,) = story(booking, shop).entries
    assert [(fact.before, fact.after) for fact in entry.facts] == [("a", "b")]


def test_somebody_the_viewer_may_not_see_has_no_name(shop: Shop, booxi: Connection, booking: Booking) -> None:
    stranger = Client.objects.create(first_name="Zoe", last_name="Secret")
    difference(booking, "client", str(stranger.pk), str(shop.lea.pk), NOW)
    (entry,) = story(booking, shop).entries
    assert (entry.facts[0].before, entry.facts[0].after) == ("another client", "Lea Noir")


def test_looks_page_after_page_are_told_once_and_sending_each_time(
    shop: Shop, booxi: Connection, booking: Booking
) -> None:
    call = {"connection": booxi, "subject": subject_of(booking), "milliseconds": 10, "at": NOW}
    for _ in range(3):
        ProviderCall.objects.create(method="GET", endpoint="/booking", status=200, **call)
    for _ in range(2):
        ProviderCall.objects.create(method="PUT", endpoint="/booking/{id}", status=503, **call)
    ProviderCall.objects.create(
        method="GET", endpoint="/booking", status=200, **call | {"at": NOW + dt.timedelta(hours=1)}
    )
    assert [entry.outcome for entry in story(booking, shop).entries] == [
        "Answer 200 after 30 ms · 3 times",
        "Answer 503 after 10 ms",
        "Answer 503 after 10 ms",
        "Answer 200 after 10 ms",
    ]


def test_older_news_is_told_as_such(shop: Shop, booxi: Connection, booking: Booking) -> None:
    difference(booking, "quick_note", "new", "old", NOW, applied=False, connection=booxi)
    (entry,) = story(booking, shop).entries
    assert entry.what == "Said something older than what we have, which stays"


# --- pages ---------------------------------------------------------------------------------------------


def test_pages_open_for_who_may_see_and_for_nobody_else(
    shop: Shop, booxi: Connection, booking: Booking, browser_of: Any
) -> None:
    for url in (f"/record/booking/{booking.pk}/", f"/record/client/{shop.lea.pk}/"):
        for person in (shop.ana, shop.marc, shop.helene):
            assert browser_of(person).get(url).status_code == 200
        assert browser_of(shop.charlie).get(url).status_code == 404
        assert browser_of(shop.marc).post(url).status_code == 405


def test_booking_and_client_page_lead_to_the_whole_story(
    shop: Shop, booking: Booking, browser_of: Any, still_gateway: Any
) -> None:
    browser = browser_of(shop.ana)
    assert f"/record/booking/{booking.pk}/" in browser.get(f"/bookings/{booking.pk}/").text
    assert f"/record/client/{shop.lea.pk}/" in browser.get(f"/clients/{shop.lea.pk}/").text


def test_words_from_outside_are_escaped(shop: Shop, booxi: Connection, booking: Booking, browser_of: Any) -> None:
    told(booking, booxi, NOW, event_type="<script>alert(1)</script>", state="parked", reason="<b>no</b>")
    difference(booking, "quick_note", "<i>a</i>", "<i>b</i>", NOW, connection=booxi)
    page = browser_of(shop.ana).get(f"/record/booking/{booking.pk}/").text
    assert "<script>alert" not in page
    assert "<b>no" not in page
    assert "&lt;i&gt;b" in page


@pytest.mark.parametrize("kind", ["booking", "client"])
def test_pages_take_as_many_queries_for_much_as_for_little(
    shop: Shop, booxi: Connection, booking: Booking, browser_of: Any, django_assert_max_num_queries: Any, kind: str
) -> None:
    happen(shop, booxi, booking)
    pk = booking.pk if kind == "booking" else shop.lea.pk
    browser = browser_of(shop.marc)
    with django_assert_max_num_queries(20) as few:
        browser.get(f"/record/{kind}/{pk}/")
    for _ in range(3):
        happen(shop, booxi, booking)
        happen(shop, booxi, make_booking(shop.bo, shop.lea, TWO, [shop.fitting]))
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get(f"/record/{kind}/{pk}/")


def happen(shop: Shop, booxi: Connection, booking: Booking) -> None:
    """One of everything."""
    moved(shop, booking, NOW)
    delivery = told(booking, booxi, NOW)
    difference(booking, "staff", str(shop.ana.pk), str(shop.bo.pk), NOW, delivery=delivery)
    difference(booking, "client", "", str(shop.lea.pk), NOW, connection=booxi)
    Difference.objects.create(client=shop.lea, field="email", before="a@x", after="b@x", source="crm", at=NOW)
    ProviderCall.objects.create(connection=booxi, method="GET", endpoint="/booking/{id}", subject=subject_of(booking))


# --- the client ----------------------------------------------------------------------------------------


def test_story_of_a_client_tells_her_bookings_details_and_links(
    shop: Shop, booxi: Connection, booking: Booking
) -> None:
    crm = Connection.objects.create(name="Shop CRM", kind="crm", base_url="https://crm.example.test")
    Connection.objects.filter(pk=booxi.pk).update(crm=crm)
    happen(shop, booxi, booking)
    ClientLink.objects.create(connection=booxi, client=shop.lea, module="demo_crm", external_id="CUST-9")
    Linking.objects.create(
        connection=booxi, client=shop.lea, external_id="31", state="done", outcome="found", finished_at=NOW
    )
    ClientPush.objects.create(connection=crm, client=shop.lea, kind="update", fields=["email"])
    told_story = recorder.story_of_client(shop.lea, user=shop.marc.user, store=shop.store)
    assert "Known as Shop CRM CUST-9." in told_story.answer
    assert "Has not heard of everything yet: Shop CRM." in told_story.answer
    words = [f"{entry.what} {entry.outcome}" for entry in told_story.entries]
    assert any("Looked for her in Shop CRM Found in the CRM" in line for line in words)
    assert any("To tell Shop CRM: Update E-mail" in line for line in words)
    assert [fact.label for entry in told_story.entries for fact in entry.facts].count("E-mail") == 1


def test_story_of_a_client_names_who_settled_her_link_and_who_undid_it(shop: Shop, booxi: Connection) -> None:
    said = {"client": shop.lea, "field": "customer_number", "source": "person", "author": shop.helene}
    Difference.objects.create(before="", after="CUST-1", at=NOW, **said)
    Difference.objects.create(before="CUST-1", after="", at=NOW + dt.timedelta(minutes=1), **said)
    found = recorder.story_of_client(shop.lea, user=shop.marc.user, store=shop.store).entries
    assert [(entry.who, entry.source) for entry in found] == [("Hélène Aurel", "people")] * 2
    label = "Number in the customer system"
    assert [entry.facts[0] for entry in found] == [
        recorder.words.Fact(label, "nothing", "CUST-1"),
        recorder.words.Fact(label, "CUST-1", "nothing"),
    ]


def test_story_of_a_client_says_who_linked_her_to_what(shop: Shop, booxi: Connection) -> None:
    said = {"client": shop.lea, "field": "customer_number", "source": "crm", "connection": booxi}
    for second, (before, after) in enumerate([("", "CUST-1"), ("CUST-1", "CUST-2"), ("CUST-2", "")]):
        Difference.objects.create(before=before, after=after, at=NOW + dt.timedelta(seconds=second), **said)
    found = recorder.story_of_client(shop.lea, user=shop.marc.user, store=shop.store)
    assert [f"{entry.who}: {entry.what}" for entry in found.entries] == [
        "We: Linked her to the customer system",
        "We: Linked her to another customer",
        "We: Took away her link to the customer system",
    ]
    assert "last changed" not in found.answer, "a link is none of her details"


def test_story_of_a_client_is_told_on_one_clock(shop: Shop, booxi: Connection) -> None:
    """Also what happened to a booking in a store far away, whose own time is named with its zone."""
    shop.lea.know_in(shop.other)
    there = make_booking(shop.charlie, shop.lea, TWO, [shop.styling])
    difference(there, "starts_at", NOW.isoformat(), TWO.isoformat(), NOW, connection=booxi)
    told(there, booxi, NOW)
    found = recorder.story_of_client(shop.lea, user=shop.helene, store=shop.store).entries
    assert {f"{entry.moment:%H:%M}" for entry in found} == {"10:00"}
    assert {entry.about for entry in found} == {"Wed 6 May, 08:00 (America/New_York)"}
    assert [fact.before for entry in found for fact in entry.facts] == ["Wed 6 May, 04:00 (America/New_York)"]


def test_what_is_not_there_is_an_answer_and_no_trouble(shop: Shop, booxi: Connection, booking: Booking) -> None:
    calls = {"connection": booxi, "subject": subject_of(booking), "status": 404, "milliseconds": 3}
    ProviderCall.objects.create(method="GET", endpoint="/booking/{id}", at=NOW, **calls)
    ProviderCall.objects.create(method="PUT", endpoint="/booking/{id}", at=NOW, **calls)
    found = story(booking, shop).entries
    assert [(entry.tone, entry.outcome) for entry in found] == [
        ("", "Nothing there · Answer 404 after 3 ms"),
        ("warn", "Answer 404 after 3 ms"),
    ]


def test_story_of_a_client_leaves_out_bookings_of_stores_the_viewer_does_not_see(shop: Shop, booxi: Connection) -> None:
    shop.lea.know_in(shop.other)
    elsewhere = make_booking(shop.charlie, shop.lea, TWO, [shop.styling])
    difference(elsewhere, "quick_note", "a", "secret", NOW, connection=booxi)
    assert recorder.story_of_client(shop.lea, user=shop.marc.user, store=shop.store).entries == []
    assert recorder.story_of_client(shop.lea, user=shop.charlie.user, store=shop.other).entries


def test_forgetting_a_client_takes_her_words_out_of_the_story(
    shop: Shop, booxi: Connection, booking: Booking, browser_of: Any
) -> None:
    difference(booking, "client_request", "", "Navy suit for the funeral", NOW, connection=booxi)
    Difference.objects.create(client=shop.lea, field="email", before="", after="new@example.org", source="crm")
    privacy.forget(shop.lea, at=NOW)
    browser = browser_of(shop.ana)
    for url in (f"/record/booking/{booking.pk}/", f"/record/client/{shop.lea.pk}/"):
        page = browser.get(url).text
        assert "funeral" not in page
        assert "new@example.org" not in page
        assert "Lea" not in page
        assert "changed; what it said is no longer kept" in page
    assert not Difference.objects.exclude(before="", after="").exists()
