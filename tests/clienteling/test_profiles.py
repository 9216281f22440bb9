"""What a booking system tells about a client: written where it is new, and gone when she is forgotten."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from clienteling import privacy
from clienteling.models import ClientProfile, Membership
from clienteling.profiles import SEEN_EVERY, describe, in_words
from tests.people import NOW, Shop, make_client

pytestmark = pytest.mark.usefixtures("clock")
GOLD: dict[str, Any] = {"source_key": "7", "name": "Gold", "starts_on": dt.date(2026, 1, 1)}
VALUES: dict[str, Any] = {
    "city": "Austin",
    "born_on": dt.date(1982, 1, 21),
    "takes_sms": False,
    "spent": Decimal("9.50"),
}


def test_describe_keeps_what_is_told(shop: Shop) -> None:
    assert describe(shop.lea, VALUES, [GOLD], at=NOW)
    profile = shop.lea.profile
    assert (profile.city, profile.birthday, profile.takes_sms, profile.takes_email) == ("Austin", 121, False, None)
    assert profile.spent == Decimal("9.50")
    assert [one.name for one in shop.lea.memberships.all()] == ["Gold"]


def test_the_same_again_writes_nothing(shop: Shop, django_assert_num_queries: Any) -> None:
    describe(shop.lea, VALUES, [GOLD], at=NOW)
    with django_assert_num_queries(5):  # a savepoint and its end, three that read
        assert not describe(shop.lea, VALUES, [GOLD], at=NOW + SEEN_EVERY / 2)
    assert ClientProfile.objects.get().seen_at == NOW
    assert not describe(shop.lea, VALUES, [GOLD], at=NOW + SEEN_EVERY)
    assert ClientProfile.objects.get().seen_at == NOW + SEEN_EVERY


def test_what_is_not_named_stays(shop: Shop) -> None:
    describe(shop.lea, VALUES, [GOLD], at=NOW)
    assert describe(shop.lea, {"city": "Dallas", "born_on": None}, at=NOW)
    profile = ClientProfile.objects.get()
    assert (profile.city, profile.birthday, profile.takes_sms) == ("Dallas", None, False)
    assert Membership.objects.count() == 1


def test_memberships_are_all_she_has(shop: Shop) -> None:
    describe(shop.lea, {}, [GOLD, {"source_key": "8", "name": "Silver"}], at=NOW)
    assert describe(shop.lea, {}, [GOLD | {"is_expired": True}, {"source_key": "9", "name": "New"}], at=NOW)
    rows = {one.source_key: (one.name, one.is_expired) for one in Membership.objects.all()}
    assert rows == {"7": ("Gold", True), "9": ("New", False)}
    assert describe(shop.lea, {}, [], at=NOW)
    assert not Membership.objects.exists()


def test_text_is_cut_to_what_fits(shop: Shop) -> None:
    describe(shop.lea, {"city": "x" * 500}, [{"source_key": "7", "status": "y" * 500}], at=NOW)
    assert (len(ClientProfile.objects.get().city), len(Membership.objects.get().status)) == (100, 60)


def test_a_field_that_there_is_not_is_a_mistake(shop: Shop) -> None:
    for values, memberships in (({"birthday": 101}, None), ({}, [{"source_key": "7", "client": shop.lea}])):
        with pytest.raises(ValueError, match="no such fields"):
            describe(shop.lea, values, memberships, at=NOW)


def test_forgetting_takes_profile_and_memberships_along(shop: Shop) -> None:
    other = make_client(shop.store, "Mira")
    describe(shop.lea, VALUES, [GOLD], at=NOW)
    describe(other, {"city": "Lyon", "referred_by": shop.lea}, [GOLD], at=NOW)
    assert privacy.forget(shop.lea, at=NOW)
    assert [one.client for one in ClientProfile.objects.all()] == [other]
    assert [one.client for one in Membership.objects.all()] == [other]


def test_news_about_somebody_forgotten_is_not_kept(shop: Shop) -> None:
    known = type(shop.lea).objects.get(pk=shop.lea.pk)
    privacy.forget(shop.lea, at=NOW)
    assert not describe(known, VALUES, [GOLD], at=NOW)
    assert not ClientProfile.objects.exists()
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("fields", "is_active"),
    [
        ({}, True),
        ({"starts_on": dt.date(2026, 5, 7)}, False),
        ({"expires_on": dt.date(2026, 5, 6)}, True),
        ({"expires_on": dt.date(2026, 5, 5)}, False),
        ({"suspended_on": dt.date(2026, 5, 6)}, False),
        ({"suspended_on": dt.date(2026, 5, 7)}, True),
        ({"is_expired": True}, False),
    ],
)
def test_when_a_membership_is_active(shop: Shop, fields: dict[str, Any], is_active: bool) -> None:
    day = NOW.date()
    row = Membership.objects.create(client=shop.lea, source_key="1", **fields)
    assert row.is_active_on(day) is is_active
    assert Membership.objects.active(day).exists() is is_active


@pytest.mark.parametrize(
    ("email", "promotional", "takes"),
    [(None, None, None), (True, None, True), (True, False, False), (None, True, True), (False, True, False)],
)
def test_offers_need_no_refusal(email: bool | None, promotional: bool | None, takes: bool | None) -> None:
    assert ClientProfile(takes_email=email, takes_promotional_email=promotional).takes_offers_by_email is takes


def test_in_words_says_what_is_known_and_nothing_else(shop: Shop, django_assert_num_queries: Any) -> None:
    day = dt.date(2026, 1, 21)
    unknown = type(shop.lea).objects.select_related("profile").get(pk=shop.lea.pk)
    with django_assert_num_queries(0):
        assert in_words(unknown, day=day) == []
    describe(shop.lea, VALUES | {"takes_email": True}, [GOLD | {"expires_on": dt.date(2026, 12, 31)}], at=NOW)
    lea = type(shop.lea).objects.select_related("profile").get(pk=shop.lea.pk)
    with django_assert_num_queries(1):
        said = in_words(lea, day=day)
    assert said == ["Birthday today", "Member: Gold, until 31 Dec 2026", "Austin", "Takes offers by e-mail", "No SMS"]
    assert in_words(lea, day=dt.date(2027, 1, 20))[:2] == ["Birthday 21 January", "Was a member"]


def test_her_page_says_it(shop: Shop, browser_of: Any, still_gateway: Any) -> None:
    describe(shop.lea, VALUES | {"city": "<b>Austin"}, [GOLD], at=NOW)
    page = browser_of(shop.ana).get(f"/clients/{shop.lea.pk}/").text
    assert "Birthday 21 January" in page
    assert "Member: Gold" in page
    assert "&lt;b&gt;Austin" in page
    assert "1982" not in page
