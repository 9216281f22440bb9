import datetime as dt
import threading
import time

import pytest
import time_machine
from django.db import connection as database
from django.db import transaction

from bookings.gateway import Unavailable
from integrations.models import Pace
from integrations.pacing import PaceGate, calls_today


def gate(*, rate: float = 20.0, sweeps: bool = False) -> PaceGate:
    return PaceGate("k", rate, sweeps)


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


@pytest.mark.django_db(transaction=True)
def test_never_more_than_the_quota_in_any_second_over_many_workers() -> None:
    went: list[float] = []

    def worker(*, sweeps: bool) -> None:
        for _ in range(4):
            gate(sweeps=sweeps).wait(until=soon())
            went.append(time.monotonic())
        database.close()

    threads = [threading.Thread(target=worker, kwargs={"sweeps": number % 2 == 0}) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    went.sort()
    assert len(went) == 24
    # 20 a second, 50 ms apart. A grant and the moment we note it may lie a little apart: one call of slack.
    windows = [sum(1 for other in went if at <= other < at + 1.0) for at in went]
    assert max(windows) <= 21


def test_waiting_inside_a_transaction_is_a_bug_that_shows(db: None) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        gate().wait(until=soon())


def test_a_closed_budget_says_so_in_time(db: None) -> None:
    gate().wait(until=soon())
    gate().close(seconds=60)
    with pytest.raises(Unavailable):
        gate().wait(until=soon(0.1))


def test_a_sweep_leaves_room_for_people(db: None) -> None:
    slow = PaceGate("k", 1.0, sweeps=True)
    slow.wait(until=soon())
    row = Pace.objects.get()
    assert row.next_sweep_at > row.next_at, "after a sweep's call the next place is a person's"


def test_a_call_that_counts_twice_takes_two_places(db: None) -> None:
    slow = PaceGate("k", 1.0, sweeps=False)
    slow.wait(until=soon())
    before = Pace.objects.get().next_at
    time.sleep(0.05)
    slow.charge()
    assert Pace.objects.get().next_at > before


def daily(*, sweeps: bool, calls: int = 2) -> PaceGate:
    return PaceGate("k", 500.0, sweeps, calls)


def test_when_the_day_is_used_up_sweeps_wait_and_people_get_through(db: None) -> None:
    for _ in range(2):
        daily(sweeps=True).wait(until=soon())
    began = time.monotonic()
    with pytest.raises(Unavailable, match="used up") as refused:
        daily(sweeps=True).wait(until=soon(30))
    assert time.monotonic() - began < 10, "it says so at once, instead of waiting for what does not come"
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 24 * 3600
    daily(sweeps=False).wait(until=soon())
    assert calls_today("k") == 3


def test_the_next_day_begins_at_midnight_utc(db: None) -> None:
    # The database's clock decides about the pace; the day is told by ours, which tests can set.
    with time_machine.travel(dt.datetime(2030, 5, 6, 23, 59, tzinfo=dt.UTC), tick=False) as clock:
        for _ in range(2):
            daily(sweeps=True).wait(until=time.monotonic() + 10)
        with pytest.raises(Unavailable) as refused:
            daily(sweeps=True).wait(until=time.monotonic() + 10)
        assert refused.value.retry_after == 60
        clock.shift(60)
        daily(sweeps=True).wait(until=time.monotonic() + 10)
        assert calls_today("k") == 1


def test_without_a_budget_any_number_goes_out(db: None) -> None:
    for _ in range(5):
        daily(sweeps=True, calls=0).wait(until=soon())
    assert calls_today("k") == 5


@pytest.mark.django_db(transaction=True)
def test_the_budget_costs_no_further_update(django_assert_num_queries: object) -> None:
    daily(sweeps=True, calls=9).wait(until=soon())
    time.sleep(0.05)
    with django_assert_num_queries(3):  # type: ignore[operator] # a transaction, one update in it
        daily(sweeps=True, calls=9).wait(until=soon())
