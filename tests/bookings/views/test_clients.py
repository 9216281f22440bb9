import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.urls import reverse

import clienteling.settings
from bookings.gateway import Freshness, GatewayError, Misconfigured, Reason, Refused, Unavailable
from bookings.models import Booking, Change, Presence, Status
from clienteling.models import Client, Consent, Note, StaffMember
from integrations.models import ClientLink, Connection, StoreLink
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking, make_client

REAL_GATEWAY = clienteling.settings.BOOKING_GATEWAY
pytestmark = pytest.mark.usefixtures("clock", "still_gateway")
DAY = dt.timedelta(days=1)
HX = {"HX-Request": "true"}
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def text_of(response: Any) -> str:
    """What a person reads: no tags, no runs of space."""
    body = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r"\s+", " ", body)


def found_names(response: Any) -> list[str]:
    return re.findall(r'<bdi class="name">([^<]*)</bdi>', response.content.decode())


class AskedGateway(StillGateway):
    """Notes whose history was asked for; finds one client by asking."""

    asked: list[int] = []

    def ask_history(self, *, client: Client) -> None:
        self.asked.append(client.pk)

    def find_clients(self, *, store: Any, query: str) -> int:
        self._call("find_clients")
        make_client(store, "Zora", "New", email=query)
        return 1


@pytest.fixture
def asked_gateway(settings: Any) -> Any:
    settings.BOOKING_GATEWAY = f"{__name__}.AskedGateway"
    AskedGateway.asked = []
    return AskedGateway


# --- finding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["noir le", "LÉA", "lea.noir@ex", "06 12 34 56 78", "+33 6 12-34", "cust-9"])
def test_search_finds_a_client_by_everything_known_of_her(shop: Shop, browser_of: Any, query: str) -> None:
    Client.objects.filter(pk=shop.lea.pk).update(search_text=shop.lea.text_to_search(["CUST-9"]))
    make_client(shop.store, "Mira", "Okafor", email="mira@example.org", mobile_phone="+33698765432")
    response = browser_of(shop.ana).get(reverse("client-search"), {"q": query})
    assert found_names(response) == ["Lea Noir"]
    assert "06 12 34 56 78" in text_of(response)


def test_search_as_one_types_sends_the_results_alone(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.ana).get(reverse("client-search"), {"q": "lea"}, headers=HX)
    assert found_names(response) == ["Lea Noir"]
    assert "<html" not in response.content.decode()
    assert "1 client found" in text_of(response)


def test_search_shows_strangers_nothing(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.charlie).get(reverse("client-search"), {"q": "lea"})
    assert found_names(response) == []
    assert "Nobody found here" in text_of(response)


def test_search_offers_to_ask_the_booking_system(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.ana).get(reverse("client-search"), {"q": "zora"})
    assert reverse("client-ask") in response.content.decode()
    assert StillGateway.calls == []


def test_search_before_a_word_is_typed_shows_who_comes_today(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + DAY / 24, [shop.styling])
    response = browser_of(shop.ana).get(reverse("client-search"))
    assert found_names(response) == ["Lea Noir"]
    assert "Comes Wed 6 May, 11:00" in text_of(response)


@pytest.mark.parametrize(
    "query", ["a\x00b", "x" * 5000, "%", "'", "\u202e", "\ud800".encode("utf-8", "replace").decode()]
)
def test_search_survives_anything(shop: Shop, browser_of: Any, query: str) -> None:
    response = browser_of(shop.ana).get(reverse("client-search"), {"q": query})
    assert response.status_code == 200
    assert found_names(response) == []


def test_search_says_why_it_did_not_search(shop: Shop, browser_of: Any) -> None:
    for headers in ({}, HX):
        response = browser_of(shop.ana).get(reverse("client-search"), {"q": "x" * 101}, headers=headers)
        assert "at most 100 characters" in text_of(response)


def test_search_escapes_what_outsiders_wrote(shop: Shop, browser_of: Any) -> None:
    make_client(shop.store, NASTY[:90], "Nasty", email=NASTY, mobile_phone=NASTY[:32])
    body = browser_of(shop.ana).get(reverse("client-search"), {"q": "nasty"}).content.decode()
    assert "&lt;script&gt;" in body
    assert "<script>alert" not in body
    assert "<img" not in body


@pytest.mark.parametrize("person", ["ana", "marc", "helene"])
def test_search_takes_the_same_few_queries_for_one_and_for_three(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any, person: str
) -> None:
    for number in range(3):
        client = make_client(shop.store, f"Nora{number}")
        make_booking(shop.ana, client, NOW + DAY, [shop.styling])
        make_booking(shop.ana, client, NOW - DAY, [shop.styling], presence=Presence.ARRIVED)
    browser = browser_of(getattr(shop, person))
    counts = []
    for query in ("nora1", "nora", ""):
        with django_assert_max_num_queries(10) as queries:
            browser.get(reverse("client-search"), {"q": query})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_asking_finds_who_only_the_booking_system_knew(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    data = {"q": "zora@example.org"}
    response = browser_of(shop.ana).post(reverse("client-ask"), data, headers=HX)
    assert found_names(response) == ["Zora New"]
    assert "The booking system knows 1 client like this." in text_of(response)


def test_asking_without_script_comes_back_to_the_search(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    response = browser_of(shop.ana).post(reverse("client-ask"), {"q": "zora@example.org"}, follow=True)
    assert found_names(response) == ["Zora New"]
    assert "knows 1 client" in text_of(response)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unavailable("no answer"), "has not answered"),
        (Refused(Reason.INVALID), "Type a whole e-mail address"),
        (Misconfigured("key"), "tell head office"),
        (None, "does not know this client either"),
    ],
)
def test_asking_says_in_words_what_came_of_it(
    shop: Shop, browser_of: Any, error: GatewayError | None, words: str
) -> None:
    StillGateway.error = error
    for headers in (HX, {}):
        response = browser_of(shop.ana).post(reverse("client-ask"), {"q": "zora"}, headers=headers, follow=True)
        assert response.status_code == 200
        assert words in text_of(response)


@pytest.mark.parametrize("query", ["", "a\x00b", "x" * 101])
def test_asking_for_nothing_asks_nobody(shop: Shop, browser_of: Any, query: str) -> None:
    response = browser_of(shop.ana).post(reverse("client-ask"), {"q": query})
    assert response.status_code == 302
    assert StillGateway.calls == []


# --- her page --------------------------------------------------------------------------------------------


def page(shop: Shop, browser_of: Any, person: Any = None, **question: Any) -> Any:
    return browser_of(person or shop.ana).get(reverse("client", args=[shop.lea.pk]), question)


def test_page_tells_who_she_is(shop: Shop, browser_of: Any) -> None:
    Client.objects.filter(pk=shop.lea.pk).update(consent_at=NOW)
    words = text_of(page(shop, browser_of))
    for expected in (
        "Lea Noir",
        "06 12 34 56 78",
        "lea.noir@example.org",
        "Booxi 31",
        "CUST-9",
        "Details may be kept, since 6 May 2026",
        "Prefers the quiet room",
        "Nothing is booked for her",
    ):
        assert expected in words


def test_page_opens_without_asking_anybody(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    AskedGateway.state = Freshness("catching_up", "Booxi", None)
    page(shop, browser_of)
    assert (asked_gateway.calls, asked_gateway.asked) == ([], [])


def test_page_shows_what_is_next_with_what_can_be_done_in_one_tap(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + DAY / 12, [shop.styling, shop.fitting])
    make_booking(shop.ana, shop.lea, NOW + 9 * DAY, [shop.fitting])
    response = page(shop, browser_of)
    words, body = text_of(response), response.content.decode()
    assert "Wed 6 May, 12:00" in words
    assert "Styling, Fitting 1 h 30" in words
    assert "Fri 15 May 10:00" in words
    for kind in ("arrive", "no-show", "complete"):
        assert reverse("booking-change", args=[booking.pk, kind]) in body
    assert reverse("booking-move", args=[booking.pk]) in body
    assert f'name="seen" value="{booking.modified_at.isoformat()}"' in body
    assert len(set(re.findall(r'name="reference" value="([^"]*)"', body))) == 3


def test_one_tap_is_sent_and_comes_back_to_her_page(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + DAY / 12, [shop.styling])
    browser = browser_of(shop.ana)
    body = browser.get(reverse("client", args=[shop.lea.pk])).content.decode()
    address = reverse("booking-change", args=[booking.pk, "arrive"])
    form = body[body.index(f'action="{address}"') :]
    data = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)[:4])
    response = browser.post(address, data)
    assert response["Location"] == reverse("client", args=[shop.lea.pk])
    booking.refresh_from_db()
    assert booking.presence == Presence.ARRIVED


def test_page_offers_no_taps_on_the_booking_of_a_colleague(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.bo, shop.lea, NOW + DAY / 12, [shop.styling])
    address = reverse("booking-change", args=[booking.pk, "arrive"])
    assert address not in page(shop, browser_of).content.decode()
    assert address in page(shop, browser_of, shop.marc).content.decode()


def test_page_says_that_a_change_is_not_confirmed_and_offers_no_other(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW + DAY / 12, [shop.styling])
    Change.begin(booking=booking, kind=Change.Kind.MOVE, author=shop.ana.user, author_name="Ana")
    response = page(shop, browser_of)
    assert "A change is not confirmed yet" in text_of(response)
    assert reverse("booking-change", args=[booking.pk, "arrive"]) not in response.content.decode()


def test_page_never_calls_a_booking_made_before_it_is_accepted(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling], status=Status.SENDING, remote_id=None)
    words = text_of(page(shop, browser_of))
    assert "Not confirmed yet" in words
    assert "Confirmed " not in words


def test_page_shows_the_past_by_year(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW - 20 * DAY, [shop.fitting], presence=Presence.ARRIVED, is_completed=True)
    make_booking(shop.bo, shop.lea, NOW - 300 * DAY, [shop.styling], presence=Presence.NO_SHOW)
    words = text_of(page(shop, browser_of))
    assert re.search(r"Visits 1 No-shows 1 Last visit 16 Apr 2026 Usually with Ana", words)
    assert re.search(r"2026 Thu 16 Apr 10:00 Fitting .* Completed €30.00 2025 Thu 10 Jul .* No-show €45.00", words)


def test_page_tells_the_time_zone_of_a_store_with_another_clock(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.charlie, shop.lea, NOW - 2 * DAY, [shop.styling])
    browser = browser_of(shop.helene)
    browser.post(reverse("choose-store"), {"store": shop.store.pk})
    words = text_of(browser.get(reverse("client", args=[shop.lea.pk])))
    assert "04:00" in words
    assert "New York SoHo (New York time)" in words


def test_page_filters_and_turns_pages(shop: Shop, browser_of: Any) -> None:
    for number in range(27):
        make_booking(shop.ana, shop.lea, NOW - (number + 1) * DAY, [shop.fitting])
    first = page(shop, browser_of, order="oldest").content.decode()
    assert first.count("data-status") == 25
    assert "?order=oldest&amp;page=2" in first
    assert page(shop, browser_of, page=2).content.decode().count("data-status") == 2
    assert "Nothing in her history is like this" in text_of(page(shop, browser_of, kind="other"))
    assert "There is no more" in text_of(page(shop, browser_of, page=9))


@pytest.mark.parametrize("name", ["store", "kind", "since", "until", "order", "page", "poll"])
@pytest.mark.parametrize("value", ["\x00", "9" * 5000, "-1", "<b>", "0000-00-00"])
def test_page_survives_any_question(shop: Shop, browser_of: Any, name: str, value: str) -> None:
    browser = browser_of(shop.ana)
    for url in ("client", "client-history"):
        assert browser.get(reverse(url, args=[shop.lea.pk]), {name: value}, headers=HX).status_code == 200


def test_page_is_hidden_from_strangers_in_every_way(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.charlie)
    for name in ("client", "client-history", "client-consent"):
        assert browser.get(reverse(name, args=[shop.lea.pk])).status_code == 404
    for name, data in (("client-note", {"body": "x"}), ("client-consent", {"consent": "booking_only"})):
        assert browser.post(reverse(name, args=[shop.lea.pk]), data).status_code == 404
    shop.lea.refresh_from_db()
    assert shop.lea.consent == Consent.KEPT
    assert not Note.objects.exists()


@pytest.mark.parametrize("pk", [0, 10**18, 10**30])
def test_page_of_nobody_is_not_found(shop: Shop, browser_of: Any, pk: int) -> None:
    assert browser_of(shop.helene).get(f"/clients/{pk}/").status_code == 404


def test_page_wants_a_log_in(shop: Shop, client: Any) -> None:
    response = client.get(reverse("client", args=[shop.lea.pk]))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


def test_page_escapes_what_outsiders_wrote(shop: Shop, browser_of: Any) -> None:
    fields = {"first_name": NASTY[:90], "last_name": NASTY[:90], "email": NASTY, "mobile_phone": NASTY[:32]}
    Client.objects.filter(pk=shop.lea.pk).update(**fields, quick_note=NASTY)
    shop.styling.name = NASTY
    make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling], client_request=NASTY, quick_note=NASTY)
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling])
    Note.objects.create(client=shop.lea, store=shop.store, author_name=NASTY, body=NASTY)
    body = page(shop, browser_of).content.decode()
    assert body.count("&lt;script&gt;") > 6
    assert "<script>alert" not in body
    assert "<img" not in body
    assert 'href="mailto:%3Cscript' in body
    assert 'href="tel:%3Cscript' in body


def test_page_of_a_forgotten_client_shows_no_contact_and_takes_no_notes(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW - 9 * DAY, [shop.styling])
    shop.lea.anonymise(at=NOW)
    response = page(shop, browser_of)
    words, body = text_of(response), response.content.decode()
    assert "Anonymised client" in words
    assert "removed on 6 May 2026" in words
    assert "Styling" in words
    for gone in ("tel:", "mailto:", "CUST-9", reverse("client-note", args=[shop.lea.pk]), "?client="):
        assert gone not in body
    note = browser_of(shop.ana).post(reverse("client-note", args=[shop.lea.pk]), {"body": "x"})
    assert note.status_code == 404


def test_page_hints_at_the_same_person_twice(shop: Shop, browser_of: Any) -> None:
    twin = make_client(shop.store, "Léa", "Noire", email="lea.noir@example.org")
    response = page(shop, browser_of)
    assert "Somebody else has the same e-mail or phone" in text_of(response)
    assert reverse("client", args=[twin.pk]) in response.content.decode()


def test_page_says_when_a_booking_only_client_is_forgotten(shop: Shop, browser_of: Any) -> None:
    Client.objects.filter(pk=shop.lea.pk).update(consent=Consent.BOOKING_ONLY)
    make_booking(shop.ana, shop.lea, NOW - 10 * DAY, [shop.styling])
    assert "For the booking only: removed on 26 May 2026" in text_of(page(shop, browser_of))


@pytest.mark.parametrize("person", ["ana", "marc", "helene"])
@pytest.mark.parametrize("url", ["client", "client-history"])
def test_page_takes_the_same_few_queries_whatever_she_booked(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any, url: str, person: str
) -> None:
    Client.objects.filter(pk=shop.lea.pk).update(consent=Consent.BOOKING_ONLY)
    browser, counts = browser_of(getattr(shop, person)), []
    for rows in (1, 3):
        for number in range(rows):
            make_booking(shop.ana, shop.lea, NOW + (number + rows) * DAY, [shop.styling, shop.fitting])
            make_booking(shop.bo, shop.lea, NOW - (number + rows) * DAY, [shop.styling])
            make_client(shop.store, "Léa", "Noire", email="lea.noir@example.org")
            Note.objects.create(client=shop.lea, store=shop.store, author=shop.ana.user, author_name="Ana", body="x")
        cache.clear()  # so that each opening of the page is written down, as after ten minutes
        # The real gateway adds three: her links, and how fresh her history is.
        with django_assert_max_num_queries(10) as queries:  # one counts what waits, for the frame
            browser.get(reverse(url, args=[shop.lea.pk]), headers=HX if url != "client" else {})
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("person", ["ana", "helene"])
@pytest.mark.parametrize("is_read", [True, False])
def test_client_pages_keep_within_twelve_queries_with_the_real_gateway(
    shop: Shop, browser_of: Any, settings: Any, django_assert_max_num_queries: Any, person: str, is_read: bool
) -> None:
    settings.BOOKING_GATEWAY = REAL_GATEWAY
    Client.objects.filter(pk=shop.lea.pk).update(consent=Consent.BOOKING_ONLY)
    connection = Connection.objects.create(name="Booxi", base_url="https://booxi.invalid")
    StoreLink.objects.create(connection=connection, store=shop.store, external_id="501", near_at=NOW)
    for module in ("", "demo_crm"):
        read_at = NOW if is_read else None
        ClientLink.objects.create(
            connection=connection, client=shop.lea, module=module, external_id="31", read_at=read_at
        )
    make_booking(shop.ana, shop.lea, NOW + DAY, [shop.styling])
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling])
    browser = browser_of(getattr(shop, person))
    for address in (
        reverse("client", args=[shop.lea.pk]),
        reverse("client-search") + "?q=lea",
        reverse("client-search"),
    ):
        with django_assert_max_num_queries(12):
            assert browser.get(address).status_code == 200


# --- her past, asked for again -----------------------------------------------------------------------------


def fragment(shop: Shop, browser_of: Any, **question: Any) -> Any:
    address = reverse("client-history", args=[shop.lea.pk])
    return browser_of(shop.ana).get(address, question, headers=HX)


def test_history_is_asked_for_where_it_is_old_and_looked_for_again(
    shop: Shop, browser_of: Any, asked_gateway: Any
) -> None:
    AskedGateway.state = Freshness("catching_up", "Booxi", None, done=1, total=4)
    assert "poll=1" in page(shop, browser_of).content.decode()
    body = fragment(shop, browser_of, poll=1).content.decode()
    assert asked_gateway.asked == [shop.lea.pk]
    assert "poll=2" in body
    assert '<progress value="1" max="4"' in body


def test_history_is_not_looked_for_again_for_ever(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    AskedGateway.state = Freshness("catching_up", "Booxi", None)
    body = fragment(shop, browser_of, poll=90).content.decode()
    assert "poll=" not in body
    assert "Open this page again in a while" in body


def test_history_that_is_fresh_is_left_in_peace(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    AskedGateway.state = Freshness("fresh", "Booxi", NOW - dt.timedelta(hours=5))
    assert "poll=" not in fragment(shop, browser_of).content.decode()
    assert asked_gateway.asked == []


@pytest.mark.parametrize("state", ["misconfigured", "unconnected"])
def test_history_is_not_asked_for_where_nobody_could_answer(
    shop: Shop, browser_of: Any, asked_gateway: Any, state: str
) -> None:
    AskedGateway.state = Freshness(state, "Booxi", None)
    assert "poll=" not in fragment(shop, browser_of).content.decode()
    assert asked_gateway.asked == []


def test_history_says_what_may_be_missing_while_nobody_answers(shop: Shop, browser_of: Any) -> None:
    StillGateway.state = Freshness("unreachable", "Booxi", None)
    assert "Older bookings may be missing here" in text_of(page(shop, browser_of))
    StillGateway.state = Freshness("unreachable", "Booxi", NOW - DAY)
    assert "This is her history as of Tue 5 May, 10:00" in text_of(page(shop, browser_of))


def test_history_brings_facts_and_an_address_to_come_back_to(shop: Shop, browser_of: Any) -> None:
    response = fragment(shop, browser_of, kind="appointment", page=1)
    assert 'id="facts" hx-swap-oob="true"' in response.content.decode()
    assert response["HX-Replace-Url"] == f"{reverse('client', args=[shop.lea.pk])}?kind=appointment"


def test_history_without_script_leads_to_the_page(shop: Shop, browser_of: Any, asked_gateway: Any) -> None:
    AskedGateway.state = Freshness("catching_up", "Booxi", None)
    response = browser_of(shop.ana).get(reverse("client-history", args=[shop.lea.pk]), {"page": 2, "kind": "<"})
    assert response["Location"] == f"{reverse('client', args=[shop.lea.pk])}?page=2"
    assert asked_gateway.asked == [shop.lea.pk]


# --- notes and consent -------------------------------------------------------------------------------------


def test_note_is_kept_with_who_wrote_it_where(shop: Shop, browser_of: Any) -> None:
    address = reverse("client-note", args=[shop.lea.pk])
    response = browser_of(shop.ana).post(address, {"body": "Likes the window"}, follow=True)
    note = Note.objects.get()
    assert (note.client, note.store, note.author, note.author_name) == (
        shop.lea,
        shop.store,
        shop.ana.user,
        "Ana Roy",
    )
    assert "Likes the window Ana Roy , 6 May 2026" in text_of(response)
    assert StillGateway.calls == []


@pytest.mark.parametrize("body", ["", "a\x00b", "x" * 2001])
def test_note_that_cannot_be_kept_comes_back_with_a_reason(shop: Shop, browser_of: Any, body: str) -> None:
    response = browser_of(shop.ana).post(reverse("client-note", args=[shop.lea.pk]), {"body": body})
    assert response.status_code == 422
    assert response.context["note_form"].errors["body"][0] in text_of(response)
    assert body[:50] in response.content.decode()
    assert not Note.objects.exists()


def test_notes_of_a_store_she_does_not_work_in_are_not_shown(shop: Shop, browser_of: Any) -> None:
    shop.lea.know_in(shop.other)
    for store, body in ((shop.store, "in Paris"), (shop.other, "in New York")):
        Note.objects.create(client=shop.lea, store=store, author_name="Somebody", body=body)
    words = text_of(page(shop, browser_of))
    assert "in Paris" in words
    assert "in New York" not in words


def test_consent_is_asked_before_it_is_changed(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.ana).get(reverse("client-consent", args=[shop.lea.pk]))
    assert "removed 30 days after her last booking" in text_of(response)
    shop.lea.refresh_from_db()
    assert shop.lea.consent == Consent.KEPT


@pytest.mark.parametrize("choice", [Consent.BOOKING_ONLY, Consent.KEPT])
def test_consent_is_changed_with_its_time(shop: Shop, browser_of: Any, choice: Consent) -> None:
    response = browser_of(shop.ana).post(reverse("client-consent", args=[shop.lea.pk]), {"consent": choice})
    shop.lea.refresh_from_db()
    assert (shop.lea.consent, shop.lea.consent_at) == (choice, NOW)
    assert shop.lea.first_name == "Lea"
    assert len(list(get_messages(response.wsgi_request))) == 1


@pytest.mark.parametrize("choice", ["", "everything", "\x00"])
def test_consent_of_another_kind_changes_nothing(shop: Shop, browser_of: Any, choice: str) -> None:
    browser_of(shop.ana).post(reverse("client-consent", args=[shop.lea.pk]), {"consent": choice})
    shop.lea.refresh_from_db()
    assert (shop.lea.consent, shop.lea.consent_at) == (Consent.KEPT, None)


def test_consent_of_a_forgotten_client_is_not_found(shop: Shop, browser_of: Any) -> None:
    shop.lea.anonymise(at=NOW)
    assert browser_of(shop.ana).get(reverse("client-consent", args=[shop.lea.pk])).status_code == 404


def test_client_pages_can_only_be_written_by_post(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.get(reverse("client-note", args=[shop.lea.pk])).status_code == 405
    assert browser.get(reverse("client-ask")).status_code == 405
    assert browser.post(reverse("client", args=[shop.lea.pk])).status_code == 405


def test_who_works_nowhere_finds_nobody(shop: Shop, browser_of: Any) -> None:
    StaffMember.objects.filter(pk=shop.ana.pk).update(is_active=False)
    browser = browser_of(shop.ana)
    assert found_names(browser.get(reverse("client-search"), {"q": "lea"})) == []
    assert browser.get(reverse("client", args=[shop.lea.pk])).status_code == 404
    assert not Booking.objects.for_user(shop.ana.user).exists()
