"""The second factor: an authenticator app or a passkey, asked of managers, head office and support.

The session remembers for whom it was proven, so that asking costs no query. It forgets when the last one is removed.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.http import HttpRequest

from clienteling import audit
from clienteling.cipher import key_ring
from clienteling.models import Deed, User
from clienteling.permissions import Role

KEY = "second_factor"
# Recovery codes are no factor of their own: they stand in for a lost one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_needed(user: User) -> bool:
    """Whether she is one of those who must have it. Whoever has it is asked for it at log-in anyway."""
    if not settings.MFA_REQUIRED:
        return False
    return bool(user.marks) or any(member.role == Role.MANAGER for member in user.memberships)


def is_proven(request: HttpRequest) -> bool:
    return bool(request.session.get(KEY) == request.user.pk)


def has_one(user: User) -> bool:
    return bool(is_mfa_enabled(user, FACTORS))


class Factors(DefaultMFAAdapter):
    """allauth's adapter, with its secrets encrypted at rest."""

    def get_totp_issuer(self) -> str:
        return "Clienteling"

    def encrypt(self, text: str) -> str:
        return key_ring().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """With a lost key: a secret that no code fits, and head office lets her begin anew."""
        try:
            return key_ring().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one stays with those who need one: they add another first."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(pk=authenticator.pk)
        return not is_needed(authenticator.user) or others.exists()


# --- heard from allauth ------------------------------------------------------------------------------------


def on_proven(sender: object, *, request: HttpRequest, user: User, **_: Any) -> None:
    request.session[KEY] = user.pk


def on_added(sender: object, *, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Whoever sets one up has just proven it. Sessions from before prove it at a new log-in."""
    if authenticator.type in FACTORS:
        request.session[KEY] = user.pk
    _note(user, authenticator, "added")


def on_removed(sender: object, *, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if not has_one(user):
        request.session.pop(KEY, None)
    _note(user, authenticator, "removed")


def on_failed(sender: object, *, user: User, **_: Any) -> None:
    audit.record(Deed.LOGIN_FAILED, user=user, how="code")


def _note(user: User, authenticator: Authenticator, what: str) -> None:
    audit.record(Deed.FACTOR_CHANGED, user=user, about=user, what=what, kind=str(authenticator.type))


def forget(user: User) -> int:
    """Head office, for somebody who has lost hers. Returns how many there were."""
    number, _ = Authenticator.objects.filter(user=user).delete()
    return number
