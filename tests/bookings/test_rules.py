import datetime as dt

import pytest

from bookings import rules
from bookings.models import Change, Kind, Presence, Status
from tests.people import NOW, make_booking

K = Change.Kind
TODAY = NOW + dt.timedelta(hours=2)
TOMORROW = NOW + dt.timedelta(days=1)


def possible(shop, starts_at, **fields):
    return set(rules.possible(make_booking(shop.ana, shop.lea, starts_at, [shop.styling], **fields), now=NOW))


def test_possible_on_the_day_itself(shop):
    assert possible(shop, TODAY) == {K.ARRIVE, K.NO_SHOW, K.COMPLETE, K.MOVE, K.EDIT, K.CANCEL}


def test_possible_on_another_day_leaves_out_presence(shop):
    assert possible(shop, TOMORROW) == {K.MOVE, K.EDIT, K.CANCEL}


def test_possible_day_is_the_stores_own(shop):
    half_past_midnight_in_paris = dt.datetime(2026, 5, 6, 22, 30, tzinfo=dt.UTC)
    assert K.ARRIVE not in possible(shop, half_past_midnight_in_paris)


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.AWAITING_CLIENT])
def test_possible_for_what_waits_is_to_confirm(shop, status):
    assert possible(shop, TODAY, status=status) == {K.CONFIRM, K.MOVE, K.EDIT, K.CANCEL}


def test_possible_after_arrival(shop):
    kinds = possible(shop, TODAY, presence=Presence.ARRIVED)
    assert kinds == {K.COMPLETE, K.UNDO, K.NO_SHOW, K.EDIT}


def test_possible_after_a_no_show(shop):
    assert possible(shop, TODAY, presence=Presence.NO_SHOW) == {K.UNDO, K.ARRIVE}


def test_possible_when_completed_is_only_to_undo(shop):
    assert possible(shop, TODAY, presence=Presence.ARRIVED, is_completed=True) == {K.UNDO}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.UNKNOWN, Status.REFUSED])
def test_possible_is_nothing_at_the_end_of_the_road(shop, status):
    assert possible(shop, TODAY, status=status) == set()


def test_possible_for_a_place_in_a_group_event_is_to_cancel(shop):
    assert possible(shop, TODAY, kind=Kind.GROUP_RESERVATION) == {K.CANCEL}


def test_possible_is_nothing_before_the_provider_has_accepted(shop):
    assert possible(shop, TODAY, remote_id=None) == set()
