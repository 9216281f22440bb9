"""How people get in: accounts are made by head office, never by signing up. Who came and went is written down."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse

from clienteling import audit
from clienteling.models import Deed, User


class ClosedSignup(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        audit.record(Deed.LOGGED_IN, user=user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """What was typed is kept nowhere: it may be a password in the wrong field."""
        email = credentials.get("email") or ""
        audit.record(Deed.LOGIN_FAILED, user=User.objects.filter(email__iexact=email).first() if email else None)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            audit.record(Deed.LOGGED_OUT, user=request.user)
        super().logout(request)


def closed(request: HttpRequest) -> HttpResponse:
    """In place of a page of allauth's that we do not offer. Nobody gives herself another e-mail: by it a sync finds
    out whose account has which place in a store, and an unproven one would open the place of somebody else."""
    raise Http404
