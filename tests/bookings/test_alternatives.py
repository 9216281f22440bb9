"""People and stores here are never saved: choosing alternatives needs no database."""

import datetime as dt

import pytest

from bookings.alternatives import nearest
from bookings.gateway import Slot
from clienteling.models import StaffMember, Store

STORE = Store(pk=1, name="Paris", time_zone="Europe/Paris")
ANA, BO, CY = (StaffMember(pk=pk, store=STORE, first_name=name) for pk, name in enumerate(("Ana", "Bo", "Cy"), 1))
PEOPLE = {member.pk: member for member in (ANA, BO, CY)}
TWO = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)  # 14:00 in Paris


def slot(at: dt.datetime, *people: StaffMember) -> Slot:
    return Slot(at, at + dt.timedelta(hours=1), tuple(member.pk for member in people))


def hours(number: float) -> dt.datetime:
    return TWO + dt.timedelta(hours=number)


def find(*slots: Slot, load: dict | None = None):
    return nearest(list(slots), store=STORE, people=PEOPLE, wanted_at=TWO, staff=ANA, load=load or {})


def pairs(offers) -> list[tuple[str, str]]:
    return [(f"{offer.local_start:%a %H:%M}", offer.staff.first_name) for offer in offers]


def test_nearest_puts_later_times_of_the_same_person_before_earlier_ones():
    found = find(*(slot(hours(number), ANA) for number in (-1, 1, 2, 3)))
    assert pairs(found.same_person) == [("Thu 15:00", "Ana"), ("Thu 16:00", "Ana"), ("Thu 17:00", "Ana")]


def test_nearest_takes_earlier_times_when_nothing_is_left_later():
    found = find(slot(hours(-3), ANA), slot(hours(-1), ANA))
    assert pairs(found.same_person) == [("Thu 11:00", "Ana"), ("Thu 13:00", "Ana")]


def test_nearest_never_offers_the_refused_time_with_the_same_person():
    found = find(slot(TWO, ANA))
    assert not found


def test_nearest_offers_others_at_that_very_time_the_least_busy_first():
    busy = {(BO.pk, dt.date(2026, 5, 7)): 5}
    found = find(slot(TWO, ANA, BO, CY), slot(hours(1), BO), load=busy)
    assert pairs(found.other_people) == [("Thu 14:00", "Cy"), ("Thu 14:00", "Bo")]


def test_nearest_offers_others_around_the_time_when_nobody_has_it():
    found = find(slot(hours(-4), BO), slot(hours(1), BO, CY), slot(hours(-1), CY), slot(hours(2), CY))
    assert pairs(found.other_people) == [("Thu 13:00", "Cy"), ("Thu 15:00", "Bo"), ("Thu 16:00", "Cy")]


def test_nearest_offers_one_time_a_day_on_other_days_with_the_same_person_first():
    found = find(slot(hours(24), BO), slot(hours(27), ANA), slot(hours(48.5), CY), slot(hours(52), CY))
    assert pairs(found.other_days) == [("Fri 17:00", "Ana"), ("Sat 14:30", "Cy")]


def test_nearest_looks_at_the_local_time_of_day_across_a_clock_change():
    saturday_two = dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC)  # 14:00 in summer time
    monday = [dt.datetime(2026, 10, 26, hour, tzinfo=dt.UTC) for hour in (12, 13)]  # 13:00 and 14:00 in winter time
    found = nearest(
        [slot(at, ANA) for at in monday], store=STORE, people=PEOPLE, wanted_at=saturday_two, staff=ANA, load={}
    )
    assert pairs(found.other_days) == [("Mon 14:00", "Ana")]


@pytest.mark.parametrize("group", ["same_person", "other_people", "other_days"])
def test_nearest_offers_three_of_each_at_most(group):
    day = [slot(hours(number / 2), ANA, BO) for number in range(1, 12)]
    later = [slot(hours(24 * number), ANA) for number in range(1, 7)]
    assert len(getattr(find(*day, *later), group)) == 3


def test_nearest_leaves_out_people_who_are_not_of_the_store():
    stranger = StaffMember(pk=99, store=STORE, first_name="Zoe")
    assert not find(slot(TWO, stranger), slot(hours(24), stranger))
