"""Single sign-on by OpenID Connect, where the settings name an identity provider: it opens accounts that exist.

It never makes one, and is believed about an e-mail address only where it says that it has verified it.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.shortcuts import redirect

from clienteling.models import User


class OpensAccounts(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The first time somebody comes this way: her account is the one with her e-mail, and stays so."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("today"))  # joining by hand what she likes is nothing we offer
        if sociallogin.is_existing:
            return
        verified = {one.email.lower() for one in sociallogin.email_addresses if one.verified in (True, "true")}
        user = User.objects.filter(email__in=verified, is_active=True).first()
        if user:
            sociallogin.connect(request, user)
