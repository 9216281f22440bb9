"""`manage.py createperson EMAIL`: an account, and a link with which its owner chooses her own password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse

from clienteling.models import StaffMember, User

LOCAL = "http://127.0.0.1:8000"


class Command(BaseCommand):
    help = (
        "Make an account without a password, join it to the staff members with the same log-in e-mail, and print a "
        "link that sets a password once. An account that has a password keeps it: nobody's account can be taken over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="how colleagues know the person")
        parser.add_argument("--head-office", action="store_true", help="sees all stores and the connections")
        parser.add_argument("--support", action="store_true", help="reads settings and logs, no personal data")
        parser.add_argument(
            "--address", help="where people reach this site; default: the first of CSRF_TRUSTED_ORIGINS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = _checked_email(options["email"])
        address = _checked_address(options["address"])
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            marks = {"is_head_office": options["head_office"], "is_support": options["support"]}
            user = User.objects.create_user(email, name=options["name"], **marks)
            self.stdout.write("The account is made.")
        else:
            self.stdout.write("There is an account with this e-mail already; it stays as it is.")
        self.stdout.write(f"Staff members joined to it: {_join_staff(user)}.")
        if user.has_usable_password() or not user.is_active:
            self.stdout.write("No link: the account has a password, or is closed.")
            return
        self.stdout.write(f"To set the password, once:\n{address}{password_path(user)}")


def _checked_email(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise CommandError("This is not an e-mail address.") from error
    return email


def _checked_address(text: str | None) -> str:
    address = (text or next(iter(settings.CSRF_TRUSTED_ORIGINS), LOCAL)).rstrip("/")
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise CommandError("The address must look like https://clienteling.example.com")
    return address


def _join_staff(user: User) -> int:
    """Only staff members who are nobody's yet. Returns how many."""
    return StaffMember.objects.filter(login_email__iexact=user.email, user__isnull=True).update(user=user)


def password_path(user: User) -> str:
    """Good once, and for as long as settings.PASSWORD_RESET_TIMEOUT says (three days)."""
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token})
