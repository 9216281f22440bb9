import datetime as dt

import pytest

from bookings import offers
from bookings.gateway import Misconfigured, Reason, Refused, Slot, Unavailable
from bookings.offers import Times
from clienteling.models import StaffMember, Store
from tests.people import NOW, make_booking

PARIS = Store(pk=1, name="Paris", time_zone="Europe/Paris")
ANA, BO = (StaffMember(pk=pk, store=PARIS, first_name=name) for pk, name in enumerate(("Ana", "Bo"), 1))
PEOPLE = {1: ANA, 2: BO}
MORNING = dt.datetime(2026, 5, 7, 8, tzinfo=dt.UTC)


def slot(at: dt.datetime, *ids: int) -> Slot:
    return Slot(at, at + dt.timedelta(minutes=30), ids)


def test_offers_of_anyone_names_the_least_busy():
    load = {(1, dt.date(2026, 5, 7)): 3, (2, dt.date(2026, 5, 7)): 1}
    found = offers.offers_of([slot(MORNING, 1, 2)], store=PARIS, people=PEOPLE, load=load)
    assert [offer.staff for offer in found] == [BO]


def test_offers_of_equally_busy_people_names_the_one_the_booking_system_named_first():
    found = offers.offers_of([slot(MORNING, 2, 1)], store=PARIS, people=PEOPLE, load={})
    assert [offer.staff for offer in found] == [BO]


def test_offers_of_a_named_person_leaves_the_others_out():
    slots = [slot(MORNING, 1, 2), slot(MORNING + dt.timedelta(hours=1), 2)]
    found = offers.offers_of(slots, store=PARIS, people=PEOPLE, load={}, staff=ANA)
    assert [(offer.staff, offer.starts_at) for offer in found] == [(ANA, MORNING)]


def test_offers_of_the_doubled_hour_say_which_one():
    first = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    found = offers.offers_of(
        [slot(first, 1), slot(first + dt.timedelta(hours=1), 1)], store=PARIS, people=PEOPLE, load={}
    )
    assert [offer.offset for offer in found] == ["UTC+2", "UTC+1"]


def test_days_of_keeps_the_days_without_a_free_time():
    found = offers.offers_of([slot(MORNING, 1)], store=PARIS, people=PEOPLE, load={})
    days = offers.days_of(found, dt.date(2026, 5, 6))
    assert [day.count for day in days] == [0, 1, 0, 0, 0, 0, 0]


def test_day_groups_its_times_by_part_of_the_day():
    at = [MORNING, MORNING + dt.timedelta(hours=2), MORNING + dt.timedelta(hours=9)]  # 10:00, 12:00, 19:00 in Paris
    found = offers.offers_of([slot(one, 1) for one in at], store=PARIS, people=PEOPLE, load={})
    day = offers.days_of(found, dt.date(2026, 5, 7))[0]
    assert [(part.label, len(part.offers)) for part in day.parts] == [("Morning", 1), ("Afternoon", 1), ("Evening", 1)]


def ask(shop, **changed):
    wanted = {
        "store": shop.store,
        "services": [shop.styling],
        "people": {shop.ana.pk: shop.ana, shop.bo.pk: shop.bo},
        "now": NOW,
        "first_day": dt.date(2026, 5, 6),
    }
    return Times.ask(**wanted | changed)


def test_ask_without_services_makes_no_call(shop, clock, still_gateway):
    assert ask(shop, services=[]).days[0].count == 0
    assert still_gateway.calls == []


def test_ask_makes_one_call_when_something_is_free(shop, clock, still_gateway):
    still_gateway.slots = [slot(MORNING, shop.ana.pk)]
    assert ask(shop).first_free.date == dt.date(2026, 5, 7)
    assert still_gateway.calls == ["availability"]


def test_ask_never_offers_the_past(shop, clock, still_gateway):
    still_gateway.slots = [slot(NOW - dt.timedelta(hours=1), shop.ana.pk)]
    assert ask(shop).offers == []


def test_ask_looks_further_when_the_days_shown_are_full(shop, clock, still_gateway):
    still_gateway.slots = [slot(MORNING + dt.timedelta(days=12), shop.ana.pk)]
    times = ask(shop)
    assert times.first_free is None
    assert times.next_free_date == dt.date(2026, 5, 19)
    assert len(still_gateway.calls) == 2


def test_ask_counts_what_people_have_already(shop, clock, still_gateway):
    make_booking(shop.ana, shop.lea, MORNING + dt.timedelta(hours=4), [shop.fitting])
    make_booking(shop.bo, shop.lea, MORNING + dt.timedelta(hours=4), [shop.fitting], status="cancelled")
    still_gateway.slots = [slot(MORNING, shop.ana.pk, shop.bo.pk)]
    assert ask(shop).offers[0].staff == shop.bo


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Unavailable("x"), "unavailable"),
        (Misconfigured("x"), "misconfigured"),
        (Refused(Reason.INVALID), "refused"),
    ],
)
def test_ask_says_in_words_what_went_wrong(shop, clock, still_gateway, error, problem):
    still_gateway.error = error
    times = ask(shop)
    assert times.problem == problem
    assert times.words


def test_keeping_a_choice_keeps_its_person(shop, clock, still_gateway):
    still_gateway.slots = [slot(MORNING, shop.ana.pk, shop.bo.pk)]
    times = ask(shop).keeping(MORNING, shop.bo)
    assert times.picked.staff == shop.bo
    assert [offer.staff for offer in times.offers] == [shop.bo]


def test_keeping_a_choice_that_has_gone_picks_nothing(shop, clock, still_gateway):
    still_gateway.slots = [slot(MORNING, shop.ana.pk)]
    assert ask(shop).keeping(MORNING + dt.timedelta(hours=1), shop.ana).picked is None


def test_earlier_stops_at_today(shop, clock, still_gateway):
    assert ask(shop).earlier is None
    assert ask(shop, first_day=dt.date(2026, 5, 9)).earlier == dt.date(2026, 5, 6)
