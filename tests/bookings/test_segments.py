"""Who meets which criteria, counted in one query each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bookings import segments, tasks
from bookings.criteria import Criteria
from bookings.models import LastVisitRange, Presence, Segment, SegmentCount, ServiceCategory, Status
from bookings.segments import Clock, birthdays_within, by_last_visit
from clienteling import privacy
from clienteling.models import AuditEntry, Client, Consent, Deed
from clienteling.permissions import Reach
from clienteling.profiles import describe
from tests.people import NOW, Shop, make_booking, make_client, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
EVERYWHERE = Reach(True)
PARIS = Clock(NOW, ZoneInfo("Europe/Paris"))
DAY = dt.timedelta(days=1)


def found(where: Reach = EVERYWHERE, clock: Clock = PARIS, **criteria: Any) -> set[str]:
    rows = segments.clients(Criteria(**criteria), where=where, clock=clock)
    names = [client.first_name for client in rows]
    assert len(names) == len(set(names)) == rows.count()
    return set(names)


def came(shop: Shop, name: str, *days_ago: float, **fields: Any) -> Client:
    client = Client.objects.filter(first_name=name).first() or make_client(shop.store, name)
    for days in days_ago:
        make_booking(shop.ana, client, NOW - days * DAY, [shop.styling], **fields)
    return client


# --- visits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "names"),
    [
        (0, 30, {"Anna"}),
        (None, 31, {"Anna", "Bea"}),
        (31, 60, {"Bea"}),
        (31, None, {"Bea", "Cleo"}),
        (61, 90, set()),
        (90, 91, {"Cleo"}),
        (0, 0, set()),
        (2, 2, {"Anna"}),
    ],
)
def test_last_visit(shop: Shop, low: int | None, high: int | None, names: set[str]) -> None:
    came(shop, "Anna", 2, 45)
    came(shop, "Bea", 31)
    came(shop, "Cleo", 91)
    assert found(days_min=low, days_max=high) == names


def test_a_day_is_a_day_on_the_clock(shop: Shop) -> None:
    """At 23:30 in Paris it was 21:30 UTC the same day, and yesterday is one day ago ten hours later."""
    came(shop, "Late")
    make_booking(shop.ana, Client.objects.get(first_name="Late"), NOW - dt.timedelta(hours=10.4), [shop.styling])
    assert found(days_min=1, days_max=1) == {"Late"}
    assert found(days_min=0, days_max=0, clock=Clock(NOW, ZoneInfo("America/New_York"))) == set()
    assert found(days_min=1, days_max=1, clock=Clock(NOW, ZoneInfo("Asia/Tokyo"))) == set()
    assert found(days_min=0, days_max=0, clock=Clock(NOW, ZoneInfo("Asia/Tokyo"))) == {"Late"}


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"presence": Presence.ARRIVED}, True),
        ({"presence": Presence.NO_SHOW}, False),
        ({"status": Status.CANCELLED}, False),
        ({"status": Status.UNKNOWN}, True),
        ({"status": Status.REQUESTED}, False),
        ({"status": Status.REFUSED, "remote_id": None}, False),
    ],
)
def test_what_is_a_visit(shop: Shop, fields: dict[str, Any], counts: bool) -> None:
    came(shop, "Anna", 2, **fields)
    assert ("Anna" in found(days_max=30)) is counts
    assert ("Anna" in found(never=True)) is not counts


def test_what_is_to_come_is_no_visit(shop: Shop) -> None:
    came(shop, "Soon", -1)
    assert found(never=True) == {"Lea", "Soon"}


@pytest.mark.parametrize(
    ("low", "high", "names"),
    [
        (1, None, {"Once", "Thrice"}),
        (2, None, {"Thrice"}),
        (None, 0, {"Lea"}),
        (None, 1, {"Lea", "Once"}),
        (0, 1, {"Lea", "Once"}),
        (3, 3, {"Thrice"}),
        (4, None, set()),
    ],
)
def test_number_of_visits(shop: Shop, low: int | None, high: int | None, names: set[str]) -> None:
    came(shop, "Once", 3)
    came(shop, "Thrice", 3, 5, 9)
    make_booking(shop.ana, None, NOW - DAY, [shop.styling])
    assert found(visits_min=low, visits_max=high) == names


def test_what_she_had(shop: Shop) -> None:
    hair = make_service(shop.store, "Cut", 30)
    hair.category = ServiceCategory.objects.create(store=shop.store, name="Hair")
    hair.save()
    for name, days, service in (("New", 3, hair), ("Old", 200, hair), ("Else", 3, shop.styling)):
        make_booking(shop.ana, make_client(shop.store, name), NOW - days * DAY, [shop.fitting, service])
    assert found(service="Cut") == found(category="Hair") == {"New", "Old"}
    assert found(service="Cut", had_days=90) == found(category="Hair", had_days=3) == {"New"}
    assert found(service="Cut", had_since=dt.date(2026, 5, 3), had_until=dt.date(2026, 5, 3)) == {"New"}
    assert found(service="Cut", had_until=dt.date(2026, 5, 2)) == {"Old"}
    assert found(had_days=90) == {"New", "Else"}
    assert found(service="Nothing") == set()


# --- what a source has told -----------------------------------------------------------------------------------


def test_memberships(shop: Shop) -> None:
    gold = {"source_key": "1", "name": "Gold"}
    for name, values, rows in (
        ("Active", {}, [gold]),
        ("Over", {}, [gold | {"expires_on": dt.date(2026, 5, 5)}]),
        ("Said", {"is_member": True}, None),
        ("Was", {"was_member": True}, None),
        ("Late", {"is_member": True}, [gold | {"is_expired": True}]),
        ("None", {"city": "Lyon"}, []),
    ):
        describe(make_client(shop.store, name), values, rows, at=NOW)
    assert found(membership="active") == {"Active", "Said"}
    assert found(membership="expired") == {"Over", "Was", "Late"}
    assert found(membership="never") == {"Lea", "None"}


def test_spent(shop: Shop) -> None:
    for name, sum_, currency in (("Low", "10", "EUR"), ("High", "900", "EUR"), ("Dollars", "900", "USD")):
        describe(make_client(shop.store, name), {"spent": Decimal(sum_), "currency": currency}, at=NOW)
    assert found(spent_min=Decimal(10), currency="EUR") == {"Low", "High"}
    assert found(spent_min=Decimal("10.01"), currency="EUR") == {"High"}
    assert found(spent_max=Decimal(900), currency="USD") == {"Dollars"}


@pytest.mark.parametrize(
    ("today", "days", "inside", "outside"),
    [
        ("2026-05-06", 0, {506}, {505, 507}),
        ("2026-05-06", 30, {506, 605}, {505, 606}),
        ("2026-12-20", 14, {1220, 1231, 101, 103}, {1219, 104, 601}),
        ("2026-12-31", 0, {1231}, {101}),
        ("2026-02-28", 0, {228, 229}, {227, 301}),
        ("2026-02-20", 8, {228, 229}, {301}),
        ("2026-02-20", 7, {227}, {228, 229}),
        ("2026-03-01", 5, {301}, {229}),
        ("2028-02-28", 0, {228}, {229, 301}),
        ("2028-02-28", 1, {228, 229}, {301}),
        ("2028-02-29", 0, {229}, {228, 301}),
        ("2026-02-27", 2, {227, 228, 229, 301}, {302}),
    ],
)
def test_birthdays(today: str, days: int, inside: set[int], outside: set[int]) -> None:
    first, last = birthdays_within(dt.date.fromisoformat(today), days)

    def is_in(code: int) -> bool:
        return first <= code <= last if first <= last else code >= first or code <= last

    assert {code for code in inside | outside if is_in(code)} == inside


def test_birthdays_of_clients(shop: Shop) -> None:
    for name, day in (("Leap", (1992, 2, 29)), ("New year", (1980, 1, 2)), ("Silvester", (1980, 12, 31))):
        describe(make_client(shop.store, name), {"born_on": dt.date(*day)}, at=NOW)
    silvester = Clock(dt.datetime(2026, 12, 31, 9, tzinfo=dt.UTC))
    assert found(birthday_days=2, clock=silvester) == {"New year", "Silvester"}
    assert found(birthday_days=0, clock=silvester) == {"Silvester"}
    assert found(birthday_days=0, clock=Clock(dt.datetime(2027, 2, 28, 9, tzinfo=dt.UTC))) == {"Leap"}
    assert found(birthday_month=2) == {"Leap"}
    assert found(birthday_month=12) == {"Silvester"}


def test_consent(shop: Shop) -> None:
    contact = {"email": "x@example.org", "mobile_phone": "+33699999999"}
    yes = {"takes_email": True, "takes_sms": True}
    describe(make_client(shop.store, "Yes", **contact), yes, at=NOW)
    describe(make_client(shop.store, "No address"), yes, at=NOW)
    describe(make_client(shop.store, "No offers", **contact), yes | {"takes_promotional_email": False}, at=NOW)
    describe(make_client(shop.store, "No", **contact), {"takes_email": False, "takes_sms": False}, at=NOW)
    describe(make_client(shop.store, "Unknown", **contact), {}, at=NOW)
    make_client(shop.store, "Once", consent=Consent.BOOKING_ONLY)
    assert found(email=True) == {"Yes"}
    assert found(sms=True) == {"Yes", "No offers"}
    assert "Once" not in found(kept=True)
    assert "Lea" in found(kept=True)


# --- whose --------------------------------------------------------------------------------------------------


def test_clients_and_visits_are_those_of_the_stores(shop: Shop) -> None:
    """Lea was in New York yesterday, and in Paris long ago: each sees its own."""
    shop.lea.know_in(shop.other)
    make_booking(shop.ana, shop.lea, NOW - 100 * DAY, [shop.styling])
    make_booking(shop.charlie, shop.lea, NOW - DAY, [make_service(shop.other, "Cut", 30)])
    make_client(shop.other, "Mira")
    here, there = Reach(False, {shop.store.pk}), Reach(False, {shop.other.pk})
    assert found(here, days_max=30) == set()
    assert found(there, days_max=30) == found(days_max=30) == {"Lea"}
    assert found(here, service="Cut") == set()
    assert found(here) == {"Lea"}
    assert found(there) == {"Lea", "Mira"}
    assert found(Reach(False)) == set()


def test_who_is_forgotten_is_in_none(shop: Shop) -> None:
    came(shop, "Gone", 3)
    privacy.forget(Client.objects.get(first_name="Gone"), at=NOW)
    assert found() == {"Lea"}
    assert found(days_max=30) == set()
    assert sum(group.number for group in by_last_visit([30], where=EVERYWHERE, clock=PARIS)) == 1


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"days_min": 31, "days_max": 60},
        {"visits_min": 2, "visits_max": 5, "service": "Styling", "had_days": 90},
        {"membership": "expired", "email": True, "birthday_days": 30},
    ],
)
def test_counting_takes_one_query(shop: Shop, django_assert_num_queries: Any, criteria: dict[str, Any]) -> None:
    rows = segments.clients(Criteria(**criteria), where=EVERYWHERE, clock=PARIS)
    with django_assert_num_queries(1):
        rows.count()
    with django_assert_num_queries(1):
        list(segments.with_visits(rows, where=EVERYWHERE, clock=PARIS).order_by("last_name")[:50])


def test_a_list_says_visits_and_the_last_one(shop: Shop) -> None:
    came(shop, "Anna", 3, 10)
    came(shop, "Anna", 1, status=Status.CANCELLED)
    rows = segments.with_visits(Client.objects.all(), where=EVERYWHERE, clock=PARIS)
    assert {one.first_name: (one.visits, one.last_visit_at) for one in rows} == {
        "Anna": (2, NOW - 3 * DAY),
        "Lea": (0, None),
    }


# --- everybody by last visit ----------------------------------------------------------------------------------


def test_everybody_is_in_exactly_one_group(shop: Shop, django_assert_num_queries: Any) -> None:
    for number, days in enumerate((0.1, 30, 31, 60, 61, 400)):
        came(shop, f"C{number}", days, days + 500)
    with django_assert_num_queries(2):
        groups = by_last_visit([30, 60], where=EVERYWHERE, clock=PARIS)
    assert [(one.low, one.high, one.number) for one in groups] == [
        (0, 30, 2),
        (31, 60, 2),
        (61, None, 2),
        (None, None, 1),
    ]
    assert sum(one.share for one in groups) == pytest.approx(100)
    for group in groups:
        rows = segments.clients(group.criteria, where=EVERYWHERE, clock=PARIS)
        assert rows.count() == group.number


def test_nobody_makes_no_share(db: None) -> None:
    assert {one.share for one in by_last_visit([30], where=EVERYWHERE, clock=PARIS)} == {0.0}


def test_ranges_are_the_usual_ones_until_somebody_sets_others() -> None:
    assert LastVisitRange.objects.limits() == [30, 60, 90, 180, 365]
    LastVisitRange.objects.replace([14, 7, 7])
    assert LastVisitRange.objects.limits() == [7, 14]


# --- saved ones -------------------------------------------------------------------------------------------------


def test_a_saved_segment_is_counted_at_once_and_once_a_day(shop: Shop, clock: Any) -> None:
    made = segments.save(name="All", criteria=Criteria(), store=shop.store, author=shop.helene)
    make_client(shop.store, "More")
    tasks.count_segments()
    assert list(made.counts.values_list("day", "number")) == [(NOW.date(), 1)]
    clock.shift(DAY)
    tasks.count_segments()
    tasks.count_segments()
    assert list(made.counts.values_list("number", flat=True)) == [1, 2]
    assert AuditEntry.objects.get(deed=Deed.SEGMENT_CHANGED).detail == {"what": "saved"}


def test_a_segment_that_nobody_can_read_stops_no_other(shop: Shop) -> None:
    Segment.objects.create(name="Broken", criteria={"nonsense": 1})
    Segment.objects.create(name="Broken too", criteria={"days_min": "x"})
    good = Segment.objects.create(name="Good", store=shop.store)
    tasks.count_segments()
    assert [one.segment for one in SegmentCount.objects.all()] == [good]


def test_who_sees_which_segments(shop: Shop) -> None:
    here, there, everywhere = (
        Segment.objects.create(name="S", store=store) for store in (shop.store, shop.other, None)
    )
    assert list(Segment.objects.for_user(shop.marc.user)) == [here]
    assert list(Segment.objects.for_user(shop.charlie.user)) == [there]
    assert set(Segment.objects.for_user(shop.helene)) == {here, there, everywhere}
    assert not Segment.objects.for_user(shop.ana.user).exists()
