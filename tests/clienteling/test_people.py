"""People and roles, for head office; invitations that cannot take over anybody's account."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clienteling import people, tasks
from clienteling.models import AuditEntry, Deed, Invitation, Role, StaffMember, User
from clienteling.permissions import Action, may
from integrations.models import Connection, StaffLink, StoreLink
from integrations.pull.catalogue import apply_catalogue
from integrations.records import StaffRecord
from tests.people import Shop, make_member

pytestmark = pytest.mark.django_db
PASSWORD = "a long counter word"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def eve(shop: Shop) -> StaffMember:
    """Works in Paris by what Booxi says; has no account."""
    return StaffMember.objects.create(
        store=shop.store, first_name="Eve", last_name="Sol", login_email="eve.sol@shop.test"
    )


@pytest.fixture
def office(shop: Shop, browser_of: Any) -> Browser:
    browser: Browser = browser_of(shop.helene)
    return browser


def link_in_mail() -> str:
    found = re.search(r"http://testserver(/join/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def detail_of(deed: Deed) -> dict[str, Any]:
    found: dict[str, Any] = AuditEntry.objects.get(deed=deed).detail
    return found


# --- the list and a person ---------------------------------------------------------------------------------


def every_address(shop: Shop, eve: StaffMember) -> dict[str, list[str]]:
    user, place = shop.bo.user.pk, eve.pk
    posts = [reverse(name, args=[user]) for name in ("person-marks", "person-sessions", "person-close", "person-open")]
    posts += [reverse("place-role", args=[place]), reverse("place-invite", args=[place]), reverse("people-invite")]
    gets = [reverse("people"), reverse("people-without"), reverse("people-invite")]
    gets += [reverse("person", args=[user]), reverse("place", args=[place])]
    return {"get": gets, "post": posts}


@pytest.mark.parametrize("who", ["ana", "marc", "charlie", "support"])
def test_people_are_not_there_for_anybody_but_head_office(
    shop: Shop, eve: StaffMember, browser_of: Any, who: str
) -> None:
    person = User.objects.create_user("s@shop.test", is_support=True) if who == "support" else getattr(shop, who)
    browser = browser_of(person)
    addresses = every_address(shop, eve)
    assert {browser.get(address).status_code for address in addresses["get"]} == {404}
    data = {"role": "manager", "is_head_office": "on", "email": "x@shop.test", "mark": "head_office"}
    assert {browser.post(address, data).status_code for address in addresses["post"]} == {404}
    assert not User.objects.filter(is_head_office=True).exclude(pk=shop.helene.pk).exists()
    assert not Invitation.objects.exists()


def test_head_office_finds_people_by_name_and_store(shop: Shop, eve: StaffMember, office: Browser) -> None:
    page = text_of(office.get(reverse("people"), {"q": "ro"}))
    assert "Ana Roy" in page
    assert "Bo Lind" not in page
    page = text_of(office.get(reverse("people"), {"store": shop.other.pk}))
    assert "Charlie Stone" in page
    assert "Ana Roy" not in page
    assert "Eve Sol" in text_of(office.get(reverse("people-without")))
    assert "Eve Sol" not in text_of(office.get(reverse("people-without"), {"store": shop.other.pk}))


def test_the_list_takes_the_same_few_queries_however_long(
    shop: Shop, office: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_member(shop.store, f"P{number}", "Long")
    # session, person, stores of the frame, stores to choose from, people, their places, the stores of these
    with django_assert_max_num_queries(8):
        page = office.get(reverse("people"))
    assert len(page.context["rows"]) == 50
    assert page.context["has_more"]
    seen = {row.pk for row in page.context["rows"]}
    assert not seen & {row.pk for row in office.get(reverse("people"), {"page": 2}).context["rows"]}


def test_a_role_that_head_office_sets_holds_at_the_next_request(shop: Shop, office: Browser, browser_of: Any) -> None:
    ana = browser_of(shop.ana)
    assert ana.get(reverse("calendar-staff", args=[shop.bo.pk])).status_code == 404
    office.post(reverse("place-role", args=[shop.ana.pk]), {"role": "manager"})
    assert ana.get(reverse("calendar-staff", args=[shop.bo.pk])).status_code == 200
    assert detail_of(Deed.ROLE_CHANGED) == {"before": "associate", "after": "manager"}


def test_a_role_that_does_not_exist_changes_nothing(shop: Shop, office: Browser) -> None:
    assert office.post(reverse("place-role", args=[shop.ana.pk]), {"role": "queen"}).status_code == 404
    shop.ana.refresh_from_db()
    assert (shop.ana.role, shop.ana.role_pinned) == (Role.ASSOCIATE, False)


def synced(shop: Shop, *records: StaffRecord) -> None:
    connection, _ = Connection.objects.get_or_create(name="Booxi", base_url="https://example.org")
    link, _ = StoreLink.objects.get_or_create(connection=connection, store=shop.store, external_id="501")
    for record, member in zip(records, (shop.ana, shop.bo), strict=False):
        StaffLink.objects.get_or_create(connection=connection, staff=member, external_id=record.external_id)
    apply_catalogue(link, hours=[], staff=records, categories=[], services=[])


def as_booxi_says(external_id: str, role: str, email: str = "ana.roy@shop.test") -> StaffRecord:
    return StaffRecord(external_id, "Ana", "Roy", "", email, role, True)


def test_a_role_that_head_office_set_survives_the_sync_until_it_is_handed_back(shop: Shop, office: Browser) -> None:
    office.post(reverse("place-role", args=[shop.ana.pk]), {"role": "manager"})
    synced(shop, as_booxi_says("1", "restricted"))
    shop.ana.refresh_from_db()
    assert shop.ana.role == Role.MANAGER
    office.post(reverse("place-role", args=[shop.ana.pk]), {"role": ""})
    synced(shop, as_booxi_says("1", "restricted"))
    shop.ana.refresh_from_db()
    assert shop.ana.role == Role.RESTRICTED


def test_an_account_joined_by_invitation_survives_the_sync(shop: Shop) -> None:
    StaffMember.objects.filter(pk=shop.ana.pk).update(user_pinned=True)
    synced(shop, as_booxi_says("1", "associate", email="bo.lind@shop.test"))
    shop.ana.refresh_from_db()
    assert shop.ana.user.email == "ana.roy@shop.test"
    StaffMember.objects.filter(pk=shop.ana.pk).update(user_pinned=False)
    synced(shop, as_booxi_says("1", "associate", email="bo.lind@shop.test"))
    shop.ana.refresh_from_db()
    assert shop.ana.user.email == "bo.lind@shop.test"


def test_marks_are_given_and_taken(shop: Shop, office: Browser) -> None:
    office.post(reverse("person-marks", args=[shop.bo.user.pk]), {"is_support": "on"})
    bo = User.objects.get(pk=shop.bo.user.pk)
    assert may(bo, Action.SEE_LOGS)
    assert not may(bo, Action.MANAGE_CONNECTIONS)
    assert detail_of(Deed.MARKS_CHANGED) == {"before": [], "after": ["support"]}


@pytest.mark.parametrize("name", ["person-marks", "person-sessions", "person-close"])
def test_nobody_takes_her_own_head_office_away_or_shuts_herself_out(shop: Shop, office: Browser, name: str) -> None:
    assert office.post(reverse(name, args=[shop.helene.pk])).status_code == 404
    shop.helene.refresh_from_db()
    assert (shop.helene.is_head_office, shop.helene.is_active) == (True, True)


def test_sessions_that_head_office_ends_are_over_at_the_next_request(
    shop: Shop, office: Browser, browser_of: Any
) -> None:
    one, two = browser_of(shop.ana), browser_of(shop.ana)
    office.post(reverse("person-sessions", args=[shop.ana.user.pk]))
    assert {browser.get(reverse("today")).status_code for browser in (one, two)} == {302}
    assert browser_of(User.objects.get(pk=shop.ana.user.pk)).get(reverse("today")).status_code == 200
    assert AuditEntry.objects.filter(deed=Deed.SESSIONS_ENDED, object_id=shop.ana.user.pk).exists()


def test_a_closed_account_is_out_and_its_sessions_stay_over_when_it_opens_again(
    shop: Shop, office: Browser, browser_of: Any
) -> None:
    ana = browser_of(shop.ana)
    office.post(reverse("person-close", args=[shop.ana.user.pk]))
    assert ana.get(reverse("today")).status_code == 302
    office.post(reverse("person-open", args=[shop.ana.user.pk]))
    assert ana.get(reverse("today")).status_code == 302
    assert set(AuditEntry.objects.values_list("deed", flat=True)) == {"account_closed", "account_opened"}


# --- invitations -------------------------------------------------------------------------------------------


def test_somebody_new_is_invited_and_joins_once(shop: Shop, eve: StaffMember, office: Browser) -> None:
    office.post(reverse("place-invite", args=[eve.pk]), {"email": "Eve.Sol@shop.test"})
    assert mail.outbox[0].to == ["eve.sol@shop.test"]
    assert "Paris Opéra" in mail.outbox[0].subject
    link, browser = link_in_mail(), Browser()
    for _ in range(2):  # mail programs look first
        assert browser.get(link).status_code == 200
    answer = browser.post(link, {"name": "Eve Sol", "password1": PASSWORD, "password2": PASSWORD})
    assert answer.url == reverse("account_login")
    user = User.objects.get(email="eve.sol@shop.test")
    eve.refresh_from_db()
    assert (eve.user, eve.user_pinned, user.check_password(PASSWORD)) == (user, True, True)
    assert (user.is_head_office, user.is_staff, user.is_superuser) == (False, False, False)
    again = Browser().post(
        link, {"name": "Mallory", "password1": "another long word", "password2": "another long word"}
    )
    assert again.status_code == 410
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_an_invitation_never_sets_the_password_of_an_account(shop: Shop, eve: StaffMember) -> None:
    """Also not of one that has no password yet."""
    ana = User.objects.get(pk=shop.ana.user.pk)
    _, token = people.invite(email=ana.email.upper(), place=eve, mark="", author=shop.helene)
    browser, link = Browser(), reverse("join", args=[token])
    assert "You have an account already" in text_of(browser.get(link))
    browser.post(link, {"name": "Mallory", "password1": PASSWORD, "password2": PASSWORD})
    ana.refresh_from_db()
    eve.refresh_from_db()
    assert (ana.name, ana.has_usable_password(), eve.user) == ("Ana Roy", False, None)
    assert User.objects.filter(email__iexact=ana.email).count() == 1
    assert browser.get(reverse("today")).status_code == 302


def test_an_account_made_meanwhile_is_not_taken_over(shop: Shop, eve: StaffMember) -> None:
    made, _ = people.invite(email="new@shop.test", place=eve, mark="", author=shop.helene)
    first = User.objects.create_user("new@shop.test", PASSWORD)
    assert people.join_as_newcomer(made, name="Mallory", password="another long word") is None
    first.refresh_from_db()
    made.refresh_from_db()
    assert first.check_password(PASSWORD)
    assert made.accepted_at is None


def test_who_has_an_account_joins_after_log_in(shop: Shop, eve: StaffMember, browser_of: Any) -> None:
    there = StaffMember.objects.create(store=shop.other, first_name="Ana", last_name="Roy")
    _, token = people.invite(email=shop.ana.user.email, place=there, mark="", author=shop.helene)
    browser, link = browser_of(shop.ana), reverse("join", args=[token])
    assert "Join" in text_of(browser.get(link))
    there.refresh_from_db()
    assert there.user is None  # looking is not joining
    assert browser.post(link).url == reverse("today")
    there.refresh_from_db()
    assert there.user == shop.ana.user
    assert may(User.objects.get(pk=shop.ana.user.pk), Action.SEE_CLIENTS, shop.other)


def test_an_invitation_is_for_its_address_alone(shop: Shop, eve: StaffMember, browser_of: Any) -> None:
    made, token = people.invite(email="eve.sol@shop.test", place=eve, mark="", author=shop.helene)
    answer = browser_of(shop.bo).post(reverse("join", args=[token]))
    assert answer.status_code == 403
    assert not people.join(made, shop.bo.user)
    eve.refresh_from_db()
    assert eve.user is None


def test_a_place_that_somebody_has_meanwhile_is_not_taken_from_her(shop: Shop, eve: StaffMember) -> None:
    made, _ = people.invite(email="new@shop.test", place=eve, mark="", author=shop.helene)
    StaffMember.objects.filter(pk=eve.pk).update(user=shop.bo.user)
    assert people.join_as_newcomer(made, name="New", password=PASSWORD) is None
    assert not User.objects.filter(email="new@shop.test").exists()


@pytest.mark.parametrize("why", ["old", "newer", "unknown"])
def test_a_link_that_is_not_good_any_more_says_so(shop: Shop, eve: StaffMember, why: str) -> None:
    _, token = people.invite(email="eve.sol@shop.test", place=eve, mark="", author=shop.helene)
    if why == "newer":
        people.invite(email="Eve.Sol@shop.test", place=eve, mark="", author=shop.helene)
    later = timezone.now() + dt.timedelta(days=7 if why == "old" else 0, seconds=1)
    with time_machine.travel(later, tick=False):
        answer = Browser().get(reverse("join", args=["x" * 43 if why == "unknown" else token]))
    assert answer.status_code == 410
    assert "not good any more" in text_of(answer)


def test_a_mark_comes_with_an_invitation(shop: Shop, office: Browser) -> None:
    office.post(reverse("people-invite"), {"email": "help@shop.test", "mark": "support"})
    browser = Browser()
    browser.post(link_in_mail(), {"name": "Help", "password1": PASSWORD, "password2": PASSWORD})
    user = User.objects.get(email="help@shop.test")
    assert (user.is_support, user.is_head_office) == (True, False)
    assert set(AuditEntry.objects.values_list("deed", flat=True)) == {"invited", "joined"}


def test_the_token_is_kept_nowhere(shop: Shop, eve: StaffMember) -> None:
    made, token = people.invite(email="eve.sol@shop.test", place=eve, mark="", author=shop.helene)
    assert token not in str(Invitation.objects.filter(pk=made.pk).values()[0])


def test_a_weak_or_mistyped_password_is_refused(shop: Shop, eve: StaffMember) -> None:
    _, token = people.invite(email="eve.sol@shop.test", place=eve, mark="", author=shop.helene)
    for one, two in (("short", "short"), (PASSWORD, PASSWORD + "s"), ("eve.sol@shop.test", "eve.sol@shop.test")):
        answer = Browser().post(reverse("join", args=[token]), {"name": "Eve", "password1": one, "password2": two})
        assert answer.status_code == 422
    assert not User.objects.filter(email="eve.sol@shop.test").exists()


def test_a_mail_that_cannot_be_sent_is_said(shop: Shop, eve: StaffMember, office: Browser, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = text_of(office.post(reverse("place-invite", args=[eve.pk]), {"email": "eve.sol@shop.test"}, follow=True))
    assert "could not be sent" in page


def test_nobody_is_invited_to_a_place_that_is_taken_or_over(shop: Shop, eve: StaffMember, office: Browser) -> None:
    StaffMember.objects.filter(pk=eve.pk).update(is_active=False)
    for place in (shop.bo, eve):
        assert office.post(reverse("place-invite", args=[place.pk]), {"email": "x@shop.test"}).status_code == 404
    assert not Invitation.objects.exists()


def test_old_invitations_and_sessions_that_are_over_are_forgotten(
    shop: Shop, eve: StaffMember, browser_of: Any
) -> None:
    people.invite(email="eve.sol@shop.test", place=eve, mark="", author=shop.helene)
    browser_of(shop.ana)
    for days, left in ((1, 1), (96, 1), (98, 0)):
        with time_machine.travel(timezone.now() + dt.timedelta(days=days), tick=False):
            tasks.tidy()
        assert Invitation.objects.count() == left
    assert not Session.objects.exists()
