import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.http import QueryDict

from bookings import forms
from bookings.forms import BookForm, Desk, DraftForm, ItemFormSet, MoveForm, MoveOrder, StateForm, WordsForm
from clienteling.models import Consent
from tests.people import NOW, make_booking, make_client, make_service

AT = NOW + dt.timedelta(hours=4)
HUGE = "9" * 5000
HOSTILE = ["\x00", HUGE, "-1", "1.5", "ä", "<script>", "1 OR 1=1", "٣"]


def query(**values) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


@pytest.fixture
def desk(shop, clock):
    return Desk.of(shop.store, shop.ana.user)


@pytest.fixture
def complete(shop):
    return {
        "reference": str(uuid.uuid4()),
        "who": "known",
        "client": str(shop.lea.pk),
        "service": [str(shop.styling.pk), str(shop.fitting.pk)],
        "slot": f"{AT.isoformat()}|{shop.ana.pk}",
    }


def book_form(desk, complete, **changed) -> BookForm:
    return BookForm(query(**complete | changed), desk=desk)


NEWCOMER = {"client": "", "who": "new", "first_name": "Mira", "last_name": "Okafor", "phone": "06 12 34 56 78"}


def test_book_form_takes_services_in_their_order(shop, desk, complete):
    form = book_form(desk, complete)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["service"] == [shop.styling, shop.fitting]
    assert form.cleaned_data["slot"] == forms.Chosen(AT, shop.ana)


def test_book_form_takes_the_same_service_twice(shop, desk, complete):
    form = book_form(desk, complete, service=[str(shop.fitting.pk)] * 2)
    assert form.is_valid()
    assert form.cleaned_data["service"] == [shop.fitting, shop.fitting]


def test_book_form_takes_an_alternative_over_the_time_first_chosen(shop, desk, complete):
    later = AT + dt.timedelta(hours=1)
    form = book_form(desk, complete, instead=f"{later.isoformat()}|{shop.bo.pk}", staff=str(shop.ana.pk))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["slot"] == forms.Chosen(later, shop.bo)


def test_book_form_writes_phones_down_in_one_way(desk, complete):
    form = book_form(desk, complete | NEWCOMER)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["phone"] == "+33612345678"


@pytest.mark.parametrize(("who", "consent"), [("new", Consent.KEPT), ("guest", Consent.BOOKING_ONLY)])
def test_book_form_knows_what_she_agreed_to(desk, complete, who, consent):
    form = book_form(desk, complete | NEWCOMER, who=who)
    assert form.is_valid()
    assert form.consent == consent


def test_book_form_for_somebody_new_forgets_a_client_found_before(shop, desk, complete):
    form = book_form(desk, complete | NEWCOMER, client=str(shop.lea.pk))
    assert form.is_valid()
    assert form.cleaned_data["client"] is None


@pytest.mark.parametrize(
    ("missing", "field"),
    [({"first_name": ""}, "first_name"), ({"last_name": ""}, "last_name"), ({"phone": ""}, "email")],
)
def test_book_form_needs_a_whole_name_and_one_way_to_reach_her(desk, complete, missing, field):
    form = book_form(desk, complete | NEWCOMER, **missing)
    assert list(form.errors) == [field]


@pytest.mark.parametrize(("field", "value"), [("phone", "call me"), ("phone", "123"), ("email", "mira@")])
def test_book_form_says_beside_the_field_what_is_wrong(desk, complete, field, value):
    assert list(book_form(desk, complete | NEWCOMER, **{field: value}).errors) == [field]


@pytest.mark.parametrize("field", ["client", "service", "slot", "staff", "instead"])
@pytest.mark.parametrize("value", HOSTILE)
def test_book_form_turns_hostile_choices_into_errors(desk, complete, field, value):
    form = book_form(desk, complete, **{field: value})
    assert field in form.errors


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone", "client_request", "quick_note"])
def test_book_form_refuses_nul_and_endless_words(desk, complete, field):
    for value in ("a\x00b", "x" * 100_000):
        assert field in book_form(desk, complete | NEWCOMER, **{field: value}).errors


def test_book_form_refuses_what_belongs_to_another_store(shop, desk, complete):
    stranger = make_client(shop.other, "Zoe", "Quill")
    service = make_service(shop.other, "Shave", 20)
    foreign = {
        "client": str(stranger.pk),
        "service": str(service.pk),
        "slot": f"{AT.isoformat()}|{shop.charlie.pk}",
        "staff": str(shop.charlie.pk),
    }
    assert set(book_form(desk, complete, **foreign).errors) == set(foreign)


def test_book_form_refuses_a_time_with_somebody_not_asked_for(shop, desk, complete):
    assert "slot" in book_form(desk, complete, staff=str(shop.bo.pk)).errors


def test_book_form_refuses_more_services_than_fit(shop, desk, complete):
    assert "service" in book_form(desk, complete, service=[str(shop.fitting.pk)] * 11).errors


def test_book_form_asks_when_she_has_an_appointment_at_that_time(shop, desk, complete):
    twin = make_booking(shop.bo, shop.lea, AT, [shop.fitting])
    form = book_form(desk, complete)
    assert not form.is_valid()
    assert form.twin == twin
    assert book_form(desk, complete, anyway="on").is_valid()


@pytest.mark.parametrize("known_by", [{"email": "MIRA@example.org"}, {"mobile_phone": "+33612345678"}])
def test_book_form_asks_the_same_about_somebody_typed_twice(shop, desk, complete, known_by):
    twin = make_booking(shop.bo, make_client(shop.store, "Mira", "Okafor", **known_by), AT, [shop.fitting])
    form = book_form(desk, complete | NEWCOMER, email="mira@example.org")
    assert not form.is_valid()
    assert form.twin == twin


def test_book_form_does_not_take_people_without_contact_for_each_other(shop, desk, complete):
    make_booking(shop.bo, make_client(shop.store, "Zoe", "Quill"), AT, [shop.fitting])
    assert book_form(desk, complete | NEWCOMER).is_valid()


def test_book_form_does_not_ask_about_a_cancelled_one(shop, desk, complete):
    make_booking(shop.bo, shop.lea, AT, [shop.fitting], status="cancelled")
    assert book_form(desk, complete).is_valid()


def draft(desk, **values):
    return DraftForm(query(**values), desk=desk).draft()


@pytest.mark.parametrize("field", ["client", "service", "slot", "staff", "day", "step", "q"])
@pytest.mark.parametrize("value", HOSTILE)
def test_draft_takes_what_it_cannot_read_as_not_chosen(desk, field, value):
    found = draft(desk, **{field: value})
    assert (found.client, found.services, found.staff, found.slot) == (None, [], None, None)
    assert found.first_day == dt.date(2026, 5, 6)


def test_draft_starts_no_earlier_than_today(desk):
    assert draft(desk, day="2026-01-01").first_day == dt.date(2026, 5, 6)
    assert draft(desk, day="2026-05-20").first_day == dt.date(2026, 5, 20)


def test_draft_step_goes_to_another_day(desk):
    assert draft(desk, day="2026-05-20", step="from:2026-05-27").first_day == dt.date(2026, 5, 27)
    assert draft(desk, day="2026-05-20", step="from:9999-12-31").first_day == dt.date(2026, 5, 20)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("drop:0", ["Fitting"]),
        ("up:1", ["Fitting", "Styling"]),
        ("down:0", ["Fitting", "Styling"]),
        ("up:0", ["Styling", "Fitting"]),
        ("down:1", ["Styling", "Fitting"]),
        ("drop:7", ["Styling", "Fitting"]),
        ("drop:", ["Styling", "Fitting"]),
        (f"drop:{HUGE[:20]}", ["Styling", "Fitting"]),
    ],
)
def test_draft_step_rearranges_the_services(shop, desk, step, expected):
    found = draft(desk, service=[str(shop.styling.pk), str(shop.fitting.pk)], step=step)
    assert [service.name for service in found.services] == expected


def test_draft_step_adds_a_service_of_this_store_only(shop, desk):
    foreign = make_service(shop.other, "Shave", 20)
    assert draft(desk, step=f"add:{shop.styling.pk}").services == [shop.styling]
    assert draft(desk, step=f"add:{foreign.pk}").services == []


def test_desk_offers_what_is_active_and_not_sold_by_the_place(shop, clock):
    for name, fields in (("Old", {"is_active": False}), ("Workshop", {"is_group": True})):
        service = make_service(shop.store, name, 30)
        type(service).objects.filter(pk=service.pk).update(**fields)
    assert [service.name for service in Desk.of(shop.store, shop.ana.user).services.values()] == ["Fitting", "Styling"]


# --- Moving --------------------------------------------------------------------------------------------


@pytest.fixture
def booking(shop, clock):
    return make_booking(shop.ana, shop.lea, AT, [shop.styling])


def move_form(shop, booking, form_class=MoveForm, **values):
    people = {member.pk: member for member in (shop.ana, shop.bo)}
    return form_class(query(**values), booking=booking, people=people)


def test_move_form_keeps_the_person_where_none_is_named(shop, booking):
    form = move_form(shop, booking, starts_at="2026-05-07T08:00:00.000Z")
    assert form.is_valid()
    assert form.cleaned_data["starts_at"] == dt.datetime(2026, 5, 7, 8, tzinfo=dt.UTC)
    assert form.cleaned_data["staff"] == shop.ana


def test_move_form_reads_an_offset_whose_plus_became_a_space(shop, booking):
    form = move_form(shop, booking, starts_at="2026-05-07T10:00:00 02:00")
    assert form.is_valid()
    assert form.cleaned_data["starts_at"] == dt.datetime(2026, 5, 7, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", [*HOSTILE, "2026-05-07T10:00", "0001-01-01T00:00:00Z", "2026-02-30T10:00:00Z"])
def test_move_form_refuses_what_is_no_instant(shop, booking, value):
    assert "starts_at" in move_form(shop, booking, starts_at=value).errors


def test_move_form_needs_a_person_where_there_is_none_yet(shop, booking):
    booking.staff = None
    assert "staff" in move_form(shop, booking, starts_at="2026-05-07T08:00:00Z").errors


def test_move_form_turns_store_time_into_an_instant(shop, booking):
    form = move_form(shop, booking, day="2026-11-05", time="14:00")
    assert form.is_valid()
    assert form.cleaned_data["starts_at"] == dt.datetime(2026, 11, 5, 13, tzinfo=dt.UTC)


def test_move_form_refuses_a_time_that_does_not_exist(shop, booking):
    form = move_form(shop, booking, day="2027-03-28", time="02:30")
    assert "does not exist" in str(form.errors["time"])


def test_move_form_asks_which_of_two_times_is_meant(shop, booking):
    form = move_form(shop, booking, day="2026-10-25", time="02:30")
    assert not form.is_valid()
    assert [value for value, _label in form.two_times] == ["UTC+2", "UTC+1"]
    chosen = move_form(shop, booking, day="2026-10-25", time="02:30", offset="UTC+1")
    assert chosen.is_valid()
    assert chosen.cleaned_data["starts_at"] == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


def test_move_form_asks_again_when_the_answer_is_neither(shop, booking):
    assert "time" in move_form(shop, booking, day="2026-10-25", time="02:30", offset="UTC+9").errors


def test_move_order_needs_a_time(shop, booking):
    assert not move_form(shop, booking, MoveOrder, reference=str(uuid.uuid4())).is_valid()


def test_move_order_takes_an_alternative_over_the_rest(shop, booking):
    slot = f"2026-05-08T08:00:00+00:00|{shop.bo.pk}"
    values = {"reference": str(uuid.uuid4()), "starts_at": "2026-05-07T08:00:00Z", "slot": slot}
    form = move_form(shop, booking, MoveOrder, **values)
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["starts_at"].day, form.cleaned_data["staff"]) == (8, shop.bo)


# --- Changing ------------------------------------------------------------------------------------------


def items(shop, *rows, total=None):
    data = {"items-TOTAL_FORMS": str(len(rows) if total is None else total), "items-INITIAL_FORMS": "0"}
    for number, (service, duration, price) in enumerate(rows):
        data |= {
            f"items-{number}-service": str(service),
            f"items-{number}-duration": duration,
            f"items-{number}-price": price,
        }
    services = {service.pk: service for service in (shop.styling, shop.fitting)}
    return ItemFormSet(query(**data), prefix="items", form_kwargs={"services": services})


def test_items_come_in_order_with_length_and_price(shop):
    found = items(shop, (shop.fitting.pk, "45", "19.9"), (shop.styling.pk, "60", ""))
    assert found.is_valid(), found.errors
    assert [(item.service, item.duration, item.price) for item in found.items] == [
        (shop.fitting, 45, Decimal("19.90")),
        (shop.styling, 60, None),
    ]


@pytest.mark.parametrize(
    "row",
    [
        ("", "30", "5"),
        ("1", "0", "5"),
        ("1", HUGE, "5"),
        ("1", "30", "-1"),
        ("1", "30", "NaN"),
        ("1", "30", HUGE),
        ("1", "1\x00", "5"),
        (HUGE, "30", "5"),
    ],
)
def test_items_refuse_hostile_figures(shop, row):
    service = shop.styling.pk if row[0] == "1" else row[0]
    assert not items(shop, (service, *row[1:])).is_valid()


def test_items_refuse_none_and_empty_ones_and_far_too_many(shop):
    assert not items(shop).is_valid()
    assert not items(shop, ("", "", "")).is_valid()
    assert not items(shop, (shop.styling.pk, "60", ""), total=99999).is_valid()
    assert not items(shop, *[(shop.styling.pk, "60", "")] * 11).is_valid()


def test_item_rows_keep_what_was_typed_through_a_step(shop):
    data = query(**{"items-0-service": str(shop.styling.pk), "items-0-duration": "abc", "items-0-price": "1"})
    rows = forms.item_rows(data, f"add:{shop.fitting.pk}", {shop.fitting.pk: shop.fitting})
    assert [(row["duration"], row["service"]) for row in rows] == [
        ("abc", str(shop.styling.pk)),
        (30, shop.fitting.pk),
    ]
    assert forms.item_rows(data, "drop:0", {}) == []


@pytest.mark.parametrize("form_class", [StateForm, WordsForm])
def test_every_change_needs_its_reference(form_class):
    for value in ("", "\x00", "not one", HUGE):
        assert "reference" in form_class(query(reference=value)).errors
