import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from clienteling.models import StaffMember, User
from tests.people import Shop

PASSWORD = "a-quiet-room-of-ones-own"


def create(*arguments: str) -> str:
    out = io.StringIO()
    call_command("createperson", *arguments, stdout=out)
    return out.getvalue()


def link_in(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("http"))


@pytest.mark.django_db
def test_createperson_makes_an_account_that_nobody_can_enter_yet() -> None:
    create("New.Person@Example.org", "--name", "New Person", "--head-office")
    user = User.objects.get(email="new.person@example.org")
    assert (user.name, user.is_head_office, user.has_usable_password()) == ("New Person", True, False)


@pytest.mark.django_db
def test_createperson_link_sets_a_password_once() -> None:
    link = link_in(create("new@example.org", "--address", "https://c.example.com/"))
    assert link.startswith("https://c.example.com/account/")
    path = link.removeprefix("https://c.example.com")
    browser = Browser()
    form = browser.get(path, follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)
    again = Browser().get(path, follow=True)
    assert again.context["token_fail"]


def test_createperson_joins_staff_members_who_are_nobodys_yet(shop: Shop) -> None:
    free = StaffMember.objects.create(store=shop.store, first_name="Dan", login_email="Dan@Shop.test")
    taken = StaffMember.objects.create(
        store=shop.other, first_name="Dan", login_email="dan@shop.test", user=shop.ana.user
    )
    assert "joined to it: 1" in create("dan@shop.test")
    free.refresh_from_db()
    taken.refresh_from_db()
    assert free.user == User.objects.get(email="dan@shop.test")
    assert taken.user == shop.ana.user


def test_createperson_never_takes_over_an_account(shop: Shop) -> None:
    user = shop.ana.user
    user.set_password(PASSWORD)
    user.save()
    said = create("ANA.ROY@shop.test", "--name", "Somebody Else", "--head-office")
    user.refresh_from_db()
    assert "http" not in said
    assert user.check_password(PASSWORD)
    assert (user.name, user.is_head_office) == ("Ana Roy", False)
    assert User.objects.filter(email__iexact="ana.roy@shop.test").count() == 1


@pytest.mark.django_db
def test_createperson_gives_another_link_while_no_password_is_set() -> None:
    create("new@example.org")
    assert link_in(create("new@example.org"))


@pytest.mark.django_db
def test_createperson_gives_no_link_to_a_closed_account() -> None:
    User.objects.create_user("new@example.org", is_active=False)
    assert "http" not in create("new@example.org")


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["nobody", "a b@example.org", ""])
def test_createperson_refuses_what_is_no_email(email: str) -> None:
    with pytest.raises(CommandError):
        create(email)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_createperson_refuses_an_address_that_leads_nowhere() -> None:
    with pytest.raises(CommandError):
        create("new@example.org", "--address", "clienteling.example.com")
    assert not User.objects.exists()
