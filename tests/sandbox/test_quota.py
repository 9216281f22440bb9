import pytest

from integrations.sandbox.http import Refusal
from integrations.sandbox.quota import Quota
from tests.sandbox.desk import Desk


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def spent(quota: Quota, *, most: int = 1000) -> int:
    """How many requests go through before a 429."""
    for count in range(most):
        try:
            quota.spend("key")
        except Refusal:
            return count
    return most


def test_vendor_quota_is_five_a_second() -> None:
    hand = Hand()
    quota = Quota("vendor", monotonic=hand)

    assert spent(quota) == 5
    hand.seconds += 0.99
    assert spent(quota) == 0
    hand.seconds += 0.02
    assert spent(quota) == 5


def test_vendor_quota_is_three_hundred_a_minute() -> None:
    hand = Hand()
    quota = Quota("vendor", monotonic=hand)
    total = 0
    for _ in range(59):
        total += spent(quota)
        hand.seconds += 1.0

    # 59 seconds of 5 leave 5 of the 300.
    assert total == 295
    assert spent(quota) == 5
    hand.seconds += 0.5
    assert spent(quota) == 0


def test_generous_quota_is_five_hundred_a_second() -> None:
    assert spent(Quota("generous", monotonic=Hand())) == 500


def test_quota_off_never_refuses() -> None:
    assert spent(Quota("off", monotonic=Hand())) == 1000


def test_quotas_of_two_keys_are_apart() -> None:
    quota = Quota("vendor", monotonic=Hand())
    spent(quota)

    quota.spend("another key")


def test_bad_request_counts_twice(desk: Desk) -> None:
    desk.sandbox.quota = Quota("vendor", monotonic=Hand())
    statuses = [desk.partner("GET", "/booking").status for _ in range(4)]

    # Three calls of two each are six: the fourth finds nothing left.
    assert statuses == [400, 400, 400, 429]


def test_good_request_counts_once(desk: Desk) -> None:
    desk.sandbox.quota = Quota("vendor", monotonic=Hand())
    statuses = [desk.partner("GET", "/merchant/list").status for _ in range(6)]

    assert statuses == [200] * 5 + [429]


def test_panels_cost_nothing(desk: Desk) -> None:
    desk.sandbox.quota = Quota("vendor", monotonic=Hand())

    assert {desk.panel("GET", "/__sandbox/health").status for _ in range(10)} == {200}
    assert spent(desk.sandbox.quota) == 5


def test_quota_refuses_with_429() -> None:
    quota = Quota("vendor", monotonic=Hand())
    spent(quota)

    with pytest.raises(Refusal) as caught:
        quota.spend("key")
    assert caught.value.status == 429
