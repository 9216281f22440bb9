import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.providers import booxi_reading, reading
from integrations.providers.reading import Unreadable

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Lea\x00 Noir\x1b ", "Lea Noir"),
        ("a\ud800b", "a?b"),
        ("x" * 500, "x" * 200),
        (12, "12"),
        (True, ""),
        (["Lea"], ""),
        (None, ""),
    ],
)
def test_text_is_storable(sent: object, kept: str) -> None:
    assert reading.text(sent) == kept


@pytest.mark.parametrize("sent", [None, "", [], {}, True, 1.5, "x" * 65])
def test_identifier_refuses_what_is_no_id(sent: object) -> None:
    with pytest.raises(Unreadable):
        reading.identifier(sent)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-05-04T14:00:00Z", dt.datetime(2026, 5, 4, 14, tzinfo=dt.UTC)),
        ("2026-05-04T16:00:00.250+02:00", dt.datetime(2026, 5, 4, 14, tzinfo=dt.UTC)),
        ("2026-05-04T14:00:00", dt.datetime(2026, 5, 4, 14, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1_700_000_000, None),
    ],
)
def test_moment_reads_rfc_3339_or_nothing(sent: object, read: dt.datetime | None) -> None:
    assert reading.moment(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [("45.00", Decimal("45.00")), (45, Decimal("45.00")), ("NaN", None), ("1e99", None), ("x", None), (True, None)],
)
def test_money_is_an_amount_or_nothing(sent: object, read: Decimal | None) -> None:
    assert reading.money(sent) == read


def test_unknown_fields_are_kept_only_when_storable() -> None:
    known = frozenset({"bookingId"})
    assert reading.unknown_fields({"bookingId": "A", "novelty": [1, 2]}, known) == {"novelty": [1, 2]}
    assert reading.unknown_fields({"nul": "\x00"}, known) == {}
    assert reading.unknown_fields({"half": "\ud800"}, known) == {}
    assert reading.unknown_fields({"endless": float("nan")}, known) == {}
    assert reading.unknown_fields({"long": "x" * 5000}, known) == {}


def test_booking_reads_the_three_facts_and_keeps_an_unknown_status() -> None:
    entry = {
        "bookingId": "A1",
        "merchantId": 501,
        "bookingMethod": "Appointment",
        "status": "Sleeping",
        "isCompleted": False,
        "startsOn": "2026-05-04T14:00:00Z",
        "items": [{"serviceId": 9001, "serviceName": "Styling", "duration": 60, "spacingAfter": 15}],
        "client": {"id": 31, "presence": "Arrived", "additionalRequest": "Navy suit"},
    }
    record = booxi_reading.booking(entry)
    assert (record.status, record.status_text, record.presence) == ("unknown", "Sleeping", "arrived")
    assert record.ends_at == dt.datetime(2026, 5, 4, 15, tzinfo=dt.UTC), "the last spacing is not part of it"
    assert record.client is not None
    assert record.client.external_id == "31"


def test_weekly_hours_turn_sunday_first_into_monday_first() -> None:
    rows = [{"dow": 0, "start": "10:00", "end": "16:00"}, {"dow": 1, "start": "09:00", "end": "24:00"}, {"dow": 9}]
    assert booxi_reading.weekly_hours(rows) == [
        {"weekday": 0, "start": "09:00", "end": "24:00"},
        {"weekday": 6, "start": "10:00", "end": "16:00"},
    ]


@given(st.dictionaries(st.sampled_from(sorted(booxi_reading.BOOKING_FIELDS)), json_values, max_size=12))
def test_booking_survives_any_json(entry: dict[str, object]) -> None:
    try:
        record = booxi_reading.booking(entry)
    except Unreadable:
        return
    assert len(record.external_id) <= 64
    assert "\x00" not in record.quick_note
    json.dumps(record.extra, allow_nan=False)


@given(st.dictionaries(st.sampled_from(["calendarEvents", "bookings", "groupEvents", "timeSlots"]), json_values))
def test_batch_survives_any_json(page: dict[str, object]) -> None:
    try:
        batch = booxi_reading.batch(page)
    except Unreadable:
        return
    assert batch.bookings or batch.group_events or batch.time_slots or not batch.unreadable


def test_a_page_of_which_nothing_is_understood_is_no_empty_calendar() -> None:
    assert booxi_reading.batch({"bookings": [], "timeSlots": None}).unreadable == 0
    for page in ({"bookings": "none"}, {"timeSlots": [{"id": "no.612"}]}, {"bookings": [{"bookingId": {}}]}):
        with pytest.raises(Unreadable):
            booxi_reading.batch(page)
