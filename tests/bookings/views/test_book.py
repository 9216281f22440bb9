import datetime as dt
import re
import uuid
from dataclasses import replace

import pytest
from django.urls import reverse

from bookings.gateway import Misconfigured, Reason, Refused, Slot, Unavailable
from bookings.models import Booking, Change
from clienteling.models import Client, Consent, User
from tests.people import NOW, make_booking, make_client, make_member, make_service

AT = NOW + dt.timedelta(hours=4)  # Wednesday 14:00 in Paris
HOUR = dt.timedelta(hours=1)
NEW = reverse("booking-new")
TIMES = reverse("booking-new-times")
PEOPLE = reverse("booking-new-people")


@pytest.fixture
def web(shop, clock, still_gateway, browser_of):
    still_gateway.slots = [
        Slot(AT + hours * HOUR, AT + hours * HOUR + dt.timedelta(minutes=90), (shop.ana.pk, shop.bo.pk))
        for hours in (0, 1, 24)
    ]
    return browser_of(shop.ana)


@pytest.fixture
def complete(shop):
    return {
        "step": "book",
        "reference": str(uuid.uuid4()),
        "who": "known",
        "client": shop.lea.pk,
        "service": [shop.styling.pk, shop.fitting.pk],
        "slot": f"{AT.isoformat()}|{shop.ana.pk}",
        "client_request": "Navy suit",
        "quick_note": "Size 38",
    }


NEWCOMER = {"who": "new", "client": "", "first_name": "Mira", "last_name": "Okafor", "email": "mira@example.org"}


def reference_in(page: str) -> str:
    return re.search(r'name="reference" value="([0-9a-f-]{36})"', page)[1]


def test_new_page_makes_no_call_before_a_service_is_chosen(web, still_gateway):
    page = web.get(NEW).content.decode()
    assert "Styling" in page
    assert "Free times are shown as soon as" in page
    assert still_gateway.calls == []


def test_new_page_takes_client_services_and_person_from_the_address(shop, web):
    page = web.get(NEW, {"client": shop.lea.pk, "service": shop.fitting.pk, "staff": shop.bo.pk}).content.decode()
    assert re.search(rf'name="client" value="{shop.lea.pk}" checked', page)
    assert f'name="service" value="{shop.fitting.pk}"' in page
    assert f"|{shop.bo.pk}" in page
    assert f"|{shop.ana.pk}" not in page


def test_new_page_says_when_a_colleague_gives_a_part(shop, web, still_gateway):
    still_gateway.slots = [replace(slot, helped_ids=slot.staff_ids) for slot in still_gateway.slots]
    asked = {"service": [shop.styling.pk, shop.fitting.pk]}
    page = web.get(NEW, asked).content.decode()
    assert f'data-with="with {shop.ana.full_name} and a colleague"' in page
    assert f">{shop.ana.short_name} + 1<" in page


def test_new_page_keeps_days_without_free_times(shop, web):
    page = web.get(NEW, {"service": shop.fitting.pk}).content.decode()
    assert page.count('name="open_day"') == 7
    assert page.count(">none<") == 5


def test_new_page_needs_a_constant_number_of_queries(shop, web, django_assert_max_num_queries):
    params = {"client": shop.lea.pk, "service": shop.fitting.pk}
    with django_assert_max_num_queries(10) as small:
        web.get(NEW, params)
    for number in range(3):
        make_service(shop.store, f"Extra {number}", 20)
        make_member(shop.store, f"Person{number}", "Extra")
        make_booking(shop.ana, shop.lea, AT + number * HOUR, [shop.fitting])
    with django_assert_max_num_queries(len(small.captured_queries)):
        web.get(NEW, params)


def test_new_page_of_a_large_store_lists_its_people_in_a_menu(shop, web):
    assert '<select id="with"' not in web.get(NEW).content.decode()
    for number in range(60):
        make_member(shop.store, f"Person{number}", "Extra")
    page = web.get(NEW, {"staff": shop.bo.pk}).content.decode()
    assert '<select id="with"' in page
    assert f'<option value="{shop.bo.pk}" selected>Bo Lind</option>' in page


def test_new_page_of_somebody_without_a_store_says_so(browser_of, clock, still_gateway, db):
    nobody = User.objects.create_user("nobody@shop.test")
    answer = browser_of(nobody).get(NEW)
    assert answer.status_code == 403
    assert "do not work in a store yet" in answer.content.decode()


def test_people_are_found_without_their_name_in_the_address(shop, web):
    page = web.post(PEOPLE, {"q": "noir lea"}).content.decode()
    assert "Lea Noir" in page
    assert web.get(PEOPLE, {"q": "noir"}).status_code == 405


def test_people_of_another_store_are_not_found(shop, web):
    make_client(shop.other, "Zoe", "Quill")
    assert "Quill" not in web.post(PEOPLE, {"q": "quill"}).content.decode()


def test_people_who_were_chosen_stay(shop, web):
    make_client(shop.store, "Noor", "Haddad")
    page = web.post(PEOPLE, {"q": "noor", "client": shop.lea.pk}).content.decode()
    assert page.index("Lea Noir") < page.index("Noor Haddad")


def test_people_with_hostile_names_are_escaped(shop, web):
    make_client(shop.store, "<script>alert(1)</script>", '"onx=')
    page = web.post(PEOPLE, {"q": "<script>"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_times_after_a_press_on_a_service_come_in_a_second_step(shop, web, still_gateway):
    page = web.post(TIMES, {"step": f"add:{shop.styling.pk}"}).content.decode()
    assert "Asking for free times" in page
    assert still_gateway.calls == []
    page = web.post(TIMES, {"step": "show", "service": shop.styling.pk}).content.decode()
    assert page.count('name="slot"') == 3
    assert still_gateway.calls == ["availability"]


def test_times_say_with_whom_and_sum_up(shop, web):
    make_booking(shop.ana, shop.lea, AT + 5 * HOUR, [shop.fitting])
    data = {"step": "show", "service": [shop.styling.pk, shop.fitting.pk], "slot": f"{AT.isoformat()}|{shop.bo.pk}"}
    page = web.post(TIMES, data).content.decode()
    assert "Wed 6 May, 14:00–15:30" in page
    assert "with Bo Lind" in page
    assert "1 h 30" in page
    assert "€75.00" in page


@pytest.mark.parametrize(
    ("error", "words"), [(Unavailable("x"), "has not answered"), (Misconfigured("x"), "tell head office")]
)
def test_times_that_cannot_be_had_leave_the_form_as_it_is(shop, web, still_gateway, error, words):
    still_gateway.error = error
    data = {"step": "show", "service": shop.styling.pk, "client": shop.lea.pk, "quick_note": "Size 38"}
    page = web.post(NEW, data).content.decode()
    assert words in page
    assert "Size 38" in page
    assert "Lea Noir" in page
    assert f'name="service" value="{shop.styling.pk}"' in page


def test_times_offer_the_next_free_day_when_a_week_is_full(shop, web, still_gateway):
    later = AT + dt.timedelta(days=16)
    still_gateway.slots = [Slot(later, later + HOUR, (shop.ana.pk,))]
    page = web.post(TIMES, {"step": "show", "service": shop.styling.pk}).content.decode()
    assert "Next free day: Fri 22 May" in page


def test_step_without_script_keeps_what_was_typed(shop, web):
    data = {"step": f"add:{shop.fitting.pk}", "service": shop.styling.pk, **NEWCOMER, "quick_note": "Size 38"}
    data["reference"] = str(uuid.uuid4())
    page = web.post(NEW, data).content.decode()
    assert "Okafor" in page
    assert "Size 38" in page
    assert reference_in(page) == data["reference"]
    assert not Booking.objects.exists()


def test_book_leads_to_a_page_to_be_read_out(web, complete):
    answer = web.post(NEW, complete, follow=True)
    booking = Booking.objects.get()
    assert answer.redirect_chain == [(reverse("booking", args=[booking.pk]), 302)]
    page = answer.content.decode()
    assert "Lea&#x27;s Styling, Fitting with Ana Roy is booked for Wed 6 May, 14:00." in page
    assert "Book another" in page


def test_book_twice_is_one_booking_and_one_call(web, complete, still_gateway):
    first, second = web.post(NEW, complete), web.post(NEW, complete)
    assert first.url == second.url
    assert Booking.objects.count() == 1
    assert still_gateway.calls == ["send"]


def test_book_for_somebody_new_keeps_what_she_agreed_to(shop, web, complete):
    web.post(NEW, complete | NEWCOMER | {"who": "guest"})
    client = Booking.objects.get().client
    assert (client.full_name, client.consent) == ("Mira Okafor", Consent.BOOKING_ONLY)
    assert list(Client.objects.for_user(shop.bo.user).filter(pk=client.pk)) == [client]


def test_book_without_an_answer_says_not_confirmed_yet(web, complete, still_gateway):
    still_gateway.error = Unavailable("no answer", maybe_done=True)
    page = web.post(NEW, complete, follow=True).content.decode()
    assert "Not confirmed yet" in page
    assert "is booked" not in page
    assert "15 seconds" in page


@pytest.fixture
def refused(web, complete, still_gateway, monkeypatch):
    """The page after the slot had gone."""

    def lose_the_race(self, change):
        self.calls.append("send")
        raise Refused(Reason.SLOT_TAKEN)

    with monkeypatch.context() as patch:
        patch.setattr(still_gateway, "send", lose_the_race)
        return web.post(NEW, complete | NEWCOMER)


def test_book_refused_brings_the_form_back_filled(shop, refused):
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Not booked: Wed 6 May, 14:00 with Ana Roy." in page
    assert "That time has just been taken" in page
    for typed in ("Mira", "Okafor", "mira@example.org", "Navy suit", "Size 38"):
        assert typed in page
    assert f'name="service" value="{shop.styling.pk}"' in page


def test_book_refused_offers_the_nearest_real_times(shop, refused):
    page = refused.content.decode()
    offered = re.findall(r'name="instead" value="([^"]+)"', page)
    assert offered == [
        f"{(AT + HOUR).isoformat()}|{shop.ana.pk}",
        f"{AT.isoformat()}|{shop.bo.pk}",
        f"{(AT + 24 * HOUR).isoformat()}|{shop.ana.pk}",
    ]


def test_book_refused_leaves_no_client_and_no_booking(refused):
    assert not Client.objects.filter(last_name="Okafor").exists()
    assert not Booking.objects.live().exists()


def test_book_an_alternative_is_one_tap(shop, web, complete, refused, still_gateway):
    page = refused.content.decode()
    instead = f"{AT.isoformat()}|{shop.bo.pk}"
    again = complete | NEWCOMER | {"reference": reference_in(page), "instead": instead}
    del again["step"]
    answer = web.post(NEW, again, follow=True)
    assert answer.status_code == 200
    booking = Booking.objects.live().get()
    assert (booking.staff, booking.client.last_name) == (shop.bo, "Okafor")
    assert Client.objects.filter(last_name="Okafor").count() == 1
    assert still_gateway.calls.count("send") == 2


def test_book_refused_then_again_from_an_older_page_is_still_one_booking(shop, web, complete, refused):
    other = complete | NEWCOMER | {"slot": f"{(AT + HOUR).isoformat()}|{shop.ana.pk}"}
    first = web.post(NEW, other)
    second = web.post(NEW, other | {"reference": reference_in(refused.content.decode())})
    assert first.url == second.url
    assert Booking.objects.live().count() == 1


def test_book_a_second_time_at_the_same_time_asks_first(web, complete):
    web.post(NEW, complete)
    reloaded = complete | {"reference": str(uuid.uuid4())}
    answer = web.post(NEW, reloaded)
    assert answer.status_code == 422
    assert "already has an appointment" in answer.content.decode()
    web.post(NEW, reloaded | {"anyway": "on"})
    assert Booking.objects.count() == 2


def test_book_what_is_incomplete_says_what_is_missing_and_keeps_the_rest(web, complete, still_gateway):
    answer = web.post(NEW, complete | {"slot": "", "client": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose a time." in page
    assert "Choose a client, or enter a new one." in page
    assert "Size 38" in page
    assert "send" not in still_gateway.calls


@pytest.mark.parametrize("field", ["client", "service", "slot", "staff", "reference", "who", "instead"])
@pytest.mark.parametrize("value", ["\x00", "9" * 5000, "<script>alert(1)</script>", "٣"])
def test_book_takes_no_harm_from_hostile_input(shop, web, complete, still_gateway, field, value):
    answer = web.post(NEW, complete | {field: value})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.content.decode()
    assert not Change.objects.exists()


def test_book_refuses_what_belongs_to_another_store(shop, web, complete, still_gateway):
    stranger = make_client(shop.other, "Zoe", "Quill")
    shave = make_service(shop.other, "Shave", 20)
    for foreign in (
        {"client": stranger.pk},
        {"service": shave.pk},
        {"slot": f"{AT.isoformat()}|{shop.charlie.pk}"},
    ):
        answer = web.post(NEW, complete | foreign)
        assert answer.status_code == 422
        assert "Quill" not in answer.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "params", [{"client": "\x00"}, {"day": "9" * 5000}, {"service": "x", "staff": "-1", "step": "\x00"}]
)
def test_new_page_takes_no_harm_from_hostile_addresses(web, params):
    assert web.get(NEW, params).status_code == 200


def test_book_needs_somebody_who_is_logged_in(client, db):
    for url in (NEW, TIMES, PEOPLE):
        assert client.post(url).status_code == 302
