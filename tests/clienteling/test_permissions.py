"""One table says who may do what, and README prints it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.utils import translation

from bookings.models import Booking
from clienteling.models import Client, Role, StaffMember, Store, User
from clienteling.permissions import COLUMNS, TABLE, Action, allows, may, own_places, reach
from tests.people import NOW, Shop, make_booking, make_client, make_member

README = Path(__file__).parents[2] / "README.md"


def fresh(user: Any) -> User:
    """As the next request reads her."""
    return User.objects.get(pk=user.pk)


def table_in_words() -> str:
    with translation.override("en"):
        lines = ["| | " + " | ".join(str(column.label).lower() for column in COLUMNS) + " |"]
        lines.append("|---" * (len(COLUMNS) + 1) + "|")
        for action, answers in TABLE.items():
            words = ("yes" if answer else "no" for answer in answers)
            lines.append(f"| {action.label} | " + " | ".join(words) + " |")
    return "\n".join(lines)


def test_readme_prints_the_table_of_the_code() -> None:
    assert table_in_words() in README.read_text()


def test_every_action_has_a_row() -> None:
    assert list(TABLE) == list(Action)


def test_support_sees_no_personal_data() -> None:
    allowed = {action for action in Action if allows("support", action)}
    assert allowed == {Action.SEE_LOGS, Action.SEE_AUDIT}


def test_a_role_holds_in_its_own_store_only(shop: Shop) -> None:
    marc = fresh(shop.marc.user)
    assert may(marc, Action.CHANGE_STORE_BOOKINGS, shop.store)
    assert may(marc, Action.CHANGE_STORE_BOOKINGS, shop.store.pk)
    assert not may(marc, Action.CHANGE_STORE_BOOKINGS, shop.other)
    assert may(marc, Action.CHANGE_STORE_BOOKINGS)
    assert not may(fresh(shop.ana.user), Action.CHANGE_STORE_BOOKINGS)


def test_a_mark_holds_everywhere(shop: Shop) -> None:
    assert all(may(shop.helene, Action.CHANGE_STORE_BOOKINGS, store) for store in (shop.store, shop.other))
    assert reach(shop.helene, Action.SEE_CLIENTS).everywhere


@pytest.mark.django_db
@pytest.mark.parametrize("action", Action)
def test_nobody_and_closed_accounts_may_nothing(action: Action) -> None:
    closed = User.objects.create_user("gone@shop.test", is_head_office=True, is_support=True, is_active=False)
    assert not may(AnonymousUser(), action)
    assert not may(closed, action)
    assert not own_places(closed, action)


def test_roles_differ_by_store(shop: Shop) -> None:
    """Ana is an associate in Paris and manages New York."""
    there = StaffMember.objects.create(store=shop.other, user=shop.ana.user, first_name="Ana", role=Role.MANAGER)
    ana = fresh(shop.ana.user)
    assert set(StaffMember.objects.calendars_for(ana)) == {shop.ana, there, shop.charlie}
    assert own_places(ana, Action.SEE_OWN_CALENDAR) == [there.pk, shop.ana.pk]
    assert list(Store.objects.for_user(ana, Action.DISPATCH_REQUESTS)) == [shop.other]
    hers = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    colleagues = make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    theirs = make_booking(shop.charlie, make_client(shop.other), NOW, [shop.styling])
    assert set(Booking.objects.changeable_by(ana)) == {hers, theirs}
    assert colleagues in Booking.objects.for_user(ana)


def test_a_lost_role_is_gone_at_the_next_request(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.marc)
    address = f"/calendar/{shop.ana.pk}/"
    assert browser.get(address).status_code == 200
    StaffMember.objects.filter(pk=shop.marc.pk).update(role=Role.ASSOCIATE)
    assert browser.get(address).status_code == 404


def test_a_lost_store_is_gone_at_the_next_request(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.get(f"/clients/{shop.lea.pk}/").status_code == 200
    StaffMember.objects.filter(pk=shop.ana.pk).update(is_active=False)
    assert browser.get(f"/clients/{shop.lea.pk}/").status_code == 404


def test_a_lost_mark_is_gone_at_the_next_request(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    assert browser.get("/connections/").status_code == 200
    User.objects.filter(pk=shop.helene.pk).update(is_head_office=False)
    assert browser.get("/connections/").status_code == 404


def test_a_restricted_associate_books_with_herself_alone(shop: Shop) -> None:
    eve = make_member(shop.store, "Eve", "Sol", Role.RESTRICTED)
    assert list(StaffMember.objects.bookable_by(fresh(eve.user))) == [eve]
    assert set(StaffMember.objects.bookable_by(fresh(shop.ana.user))) == {eve, shop.ana, shop.bo, shop.marc}


def test_conditions_can_be_combined_for_whoever_is_everywhere(shop: Shop) -> None:
    """`Q() | Q(x)` would be `Q(x)`: head office would see less than everything."""
    booking = make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    assert list(Booking.objects.changeable_by(shop.helene)) == [booking]


def test_support_gets_no_rows_of_anything_personal(shop: Shop) -> None:
    make_booking(shop.bo, shop.lea, NOW, [shop.styling])
    support = User.objects.create_user("support@shop.test", is_support=True)
    for rows in (Client.objects, Booking.objects, Store.objects, StaffMember.objects):
        assert not rows.for_user(support).exists()


def test_templates_ask_the_same_table(shop: Shop) -> None:
    template = Template('{% load permissions %}{% if user|may:"see_logs" %}yes{% else %}no{% endif %}')
    assert template.render(Context({"user": shop.helene})) == "yes"
    assert template.render(Context({"user": shop.marc.user})) == "no"
    with pytest.raises(ValueError, match="fly"):
        Template('{% load permissions %}{{ user|may:"fly" }}').render(Context({"user": shop.helene}))
