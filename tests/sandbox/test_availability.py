from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.availability import (
    Span,
    collides,
    covers,
    merged,
    possible_starts,
    shared,
    weekly_spans,
    without,
)

LIMIT = 200
SPANS = st.lists(st.tuples(st.integers(0, LIMIT), st.integers(0, LIMIT)), max_size=12)
ZONES = st.sampled_from(["Europe/Paris", "Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"])


def moments(spans: list[Span]) -> set[int]:
    return {moment for start, end in spans for moment in range(start, end)}


@given(SPANS)
def test_merged_keeps_the_time_and_leaves_no_overlap(spans: list[Span]) -> None:
    result = merged(spans)

    assert moments(result) == moments(spans)
    assert all(first[1] < second[0] for first, second in zip(result, result[1:], strict=False))


@given(SPANS, SPANS)
def test_shared_is_the_time_in_both(these: list[Span], those: list[Span]) -> None:
    assert moments(shared(these, those)) == moments(these) & moments(those)


@given(SPANS, SPANS)
def test_without_is_the_time_no_hole_covers(spans: list[Span], holes: list[Span]) -> None:
    result = without(spans, holes)

    assert moments(result) == moments(spans) - moments(holes)
    assert result == merged(result)


@given(SPANS, st.integers(0, LIMIT), st.integers(1, 30))
def test_covers_and_collides_agree_with_every_moment(spans: list[Span], start: int, length: int) -> None:
    wanted = set(range(start, start + length))

    assert covers(spans, (start, start + length)) == (wanted <= moments(spans))
    assert collides(merged(spans), (start, start + length)) == bool(wanted & moments(spans))


@given(SPANS, SPANS, st.integers(1, 40), st.integers(0, 20), st.integers(0, LIMIT), st.integers(0, LIMIT))
def test_possible_starts_are_exactly_those_that_fit(
    work: list[Span], busy: list[Span], length: int, tail: int, earliest: int, latest: int
) -> None:
    free, taken = moments(work) - moments(busy), moments(busy)
    fits = [
        start
        for start in range(0, LIMIT + 1, 5)
        if earliest <= start <= latest
        and set(range(start, start + length)) <= free
        and not set(range(start, start + length + tail)) & taken
    ]

    found = possible_starts(work, busy, length=length, tail=tail, step=5, earliest=earliest, latest=latest)

    assert found == fits


@given(ZONES, st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_weekly_spans_keep_wall_clock_hours_whatever_the_clocks_do(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    hours = [{"dow": dow, "start": "09:30", "end": "20:00"} for dow in range(7)]

    spans = weekly_spans(hours, zone=zone, first=day, last=day + timedelta(days=6))

    assert len(spans) == 7
    assert all(end - start == 630 * 60 for start, end in spans)


def test_weekly_spans_of_a_night_shift_shrink_and_stretch_with_the_change() -> None:
    paris = ZoneInfo("Europe/Paris")
    hours = [{"dow": 0, "start": "01:00", "end": "05:00"}]
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    lengths = [
        end - start for day in (spring, autumn) for start, end in weekly_spans(hours, zone=paris, first=day, last=day)
    ]

    assert lengths == [3 * 3600, 5 * 3600]


def test_weekly_spans_count_days_from_sunday() -> None:
    sunday = date(2026, 11, 22)

    spans = weekly_spans(
        [{"dow": 0, "start": "10:00", "end": "11:00"}], zone=ZoneInfo("UTC"), first=sunday, last=sunday
    )

    assert len(spans) == 1
