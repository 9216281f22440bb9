"""Log-in is the rule; pages that need none say so themselves."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from clienteling import audit, second_factor, sessions
from clienteling.models import Deed, User

View = Callable[..., HttpResponseBase]
# What a locked session can still do.
WHILE_LOCKED = ("locked", "switch-person", "account_logout")
# What leads to a second factor.
TO_PROVE = (
    "second-factor",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "account_logout",
    "lock",
    *WHILE_LOCKED,
)


class LoginRequired(LoginRequiredMiddleware):
    """A fragment asked for after the session has ended reloads the whole page, which leads to the log-in:
    otherwise the log-in form would appear in the middle of a calendar."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse | HttpResponseBase:
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRefresh()
        return super().handle_no_permission(request, view_func)


def audited(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Lets the audit trail know from which session and address something is done."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = audit.enter(request)
        try:
            return get_response(request)
        finally:
            audit.leave(token)

    return middleware


class Attended:
    """Ends a log-in that nobody attends to or that lasts too long, and shows nothing while the screen is locked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(request.user, User):
            # "Back" on a tablet that was locked or handed over must not bring back what was on the screen.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        if getattr(view, "knows_no_session", False) or not isinstance(request.user, User):
            return None
        why = sessions.why_over(request.session)
        if why:
            audit.record(Deed.TIMED_OUT, user=request.user, why=why)
            logout(request)
            messages.info(request, _("You were logged out, to keep the clients' details safe. Please log in again."))
            return None
        if not sessions.is_background(request):
            sessions.touch(request.session)
        if sessions.is_locked(request.session) and _name_of(request) not in WHILE_LOCKED:
            return _elsewhere(request, "locked")
        return _second_factor(request, request.user, view)


def _second_factor(request: HttpRequest, user: User, view: View) -> HttpResponse | None:
    """Nothing for those who need a second factor before they have one and have proven it in this session."""
    name = _name_of(request)
    is_open = not getattr(view, "login_required", True) and name not in sessions.BACKGROUND
    if is_open or name in TO_PROVE or not second_factor.is_needed(user) or second_factor.is_proven(request):
        return None
    if second_factor.has_one(user):
        logout(request)  # from before she had it: a new log-in asks for it
        return None
    return _elsewhere(request, "second-factor")


def _name_of(request: HttpRequest) -> str:
    return (request.resolver_match and request.resolver_match.url_name) or ""


def _elsewhere(request: HttpRequest, name: str) -> HttpResponse:
    """To the page `name` instead. Whatever a page asked for on its own has the page loaded again, which leads there."""
    if _name_of(request) == "live":
        return JsonResponse({"ended": True})
    if request.headers.get("HX-Request") == "true" or _name_of(request) == "fresh":
        return HttpResponseClientRefresh()
    return redirect(name)
