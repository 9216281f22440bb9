"""People and their roles, for head office; and the door for who is invited."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clienteling import people, second_factor
from clienteling.models import Invitation, StaffMember, User
from clienteling.people_forms import InviteForm, JoinForm, MarksForm, PeopleFilter, RoleForm
from clienteling.permissions import COLUMNS, TABLE, Action, requires
from clienteling.requests import StaffRequest

logger = logging.getLogger(__name__)
PAGE = 50
MOST_SESSIONS = 20


@require_safe
@requires(Action.MANAGE_PEOPLE)
def accounts(request: StaffRequest) -> HttpResponse:
    return _list(request, "accounts")


@require_safe
@requires(Action.MANAGE_PEOPLE)
def without_account(request: StaffRequest) -> HttpResponse:
    """Who works in a store by what the booking system says, and cannot log in yet."""
    return _list(request, "without")


def _list(request: StaffRequest, tab: str) -> HttpResponse:
    form = PeopleFilter(request.GET, user=request.user)
    rows = form.accounts() if tab == "accounts" else form.without_account()
    number = form.number if form.is_valid() else 1
    start = (number - 1) * PAGE
    found = list(rows[start : start + PAGE + 1])
    asked = urlencode({name: request.GET[name] for name in ("q", "store") if request.GET.get(name)})
    context = {"form": form, "tab": tab, "rows": found[:PAGE], "has_more": len(found) > PAGE}
    context |= {"page": number, "asked": asked}
    return render(request, "clienteling/people.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.MANAGE_PEOPLE)
def person(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(User, pk=pk)
    places = found.staff_members.select_related("store").order_by("store__name", "pk")
    context = {
        "person": found,
        "places": [(place, RoleForm(place=place)) for place in places],
        "sessions": UserSession.objects.filter(user=found).order_by("-created_at")[:MOST_SESSIONS],
        "marks": MarksForm(initial={"is_head_office": found.is_head_office, "is_support": found.is_support}),
        "has_factor": second_factor.has_one(found),
        "is_self": found == request.user,
        "table": [(action.label, answers) for action, answers in TABLE.items()],
        "columns": COLUMNS,
    }
    return render(request, "clienteling/person.html", context)


@require_safe
@requires(Action.MANAGE_PEOPLE)
def place(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody in a store who has no account: her role, and inviting her."""
    found = _place(pk)
    if found.user_id:
        return redirect("person", pk=found.user_id)
    return _place_page(request, found, InviteForm(place=found))


def _place_page(request: StaffRequest, found: StaffMember, form: InviteForm, status: int = 200) -> HttpResponse:
    invitations = found.invitations.open(timezone.now()).select_related("author")
    context = {"place": found, "role": RoleForm(place=found), "form": form, "invitations": list(invitations)}
    return render(request, "clienteling/place.html", context, status=status)


def _place(pk: int) -> StaffMember:
    return get_object_or_404(StaffMember.objects.select_related("store"), pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def role(request: StaffRequest, pk: int) -> HttpResponse:
    found = _place(pk)
    form = RoleForm(request.POST, place=found)
    if not form.is_valid():
        raise Http404
    people.set_role(found, form.cleaned_data["role"], author=request.user)
    messages.success(request, _("%(name)s: the role in %(store)s is saved.") % {"name": found, "store": found.store})
    return redirect("place", pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def marks(request: StaffRequest, pk: int) -> HttpResponse:
    found = _somebody_else(request, pk)
    form = MarksForm(request.POST)
    form.is_valid()
    people.set_marks(found, **form.cleaned_data, author=request.user)
    messages.success(request, _("%(name)s: saved.") % {"name": found})
    return redirect("person", pk=pk)


def _somebody_else(request: StaffRequest, pk: int) -> User:
    """Nobody takes her own head office away or shuts herself out: so somebody of head office is always left."""
    if pk == request.user.pk:
        raise Http404
    return get_object_or_404(User, pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def end_sessions(request: StaffRequest, pk: int) -> HttpResponse:
    found = _somebody_else(request, pk)
    people.end_sessions(found, author=request.user)
    messages.success(request, _("%(name)s is logged out everywhere.") % {"name": found})
    return redirect("person", pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def forget_factors(request: StaffRequest, pk: int) -> HttpResponse:
    found = _somebody_else(request, pk)
    people.forget_factors(found, author=request.user)
    messages.success(request, _("%(name)s sets up a new second factor at the next log-in.") % {"name": found})
    return redirect("person", pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    found = _somebody_else(request, pk)
    people.close_account(found, author=request.user)
    messages.success(request, _("The account of %(name)s is closed.") % {"name": found})
    return redirect("person", pk=pk)


@require_POST
@requires(Action.MANAGE_PEOPLE)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    found = _somebody_else(request, pk)
    people.open_account(found, author=request.user)
    messages.success(request, _("The account of %(name)s is open again.") % {"name": found})
    return redirect("person", pk=pk)


# --- inviting ----------------------------------------------------------------------------------------------


@require_POST
@requires(Action.MANAGE_PEOPLE)
def invite_to_place(request: StaffRequest, pk: int) -> HttpResponse:
    found = _place(pk)
    form = InviteForm(request.POST, place=found)
    if found.user_id or not found.is_active:
        raise Http404
    if not form.is_valid():
        return _place_page(request, found, form, status=422)
    _invite(request, email=form.cleaned_data["email"], place=found, mark="")
    return redirect("place", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_PEOPLE)
def invite(request: StaffRequest) -> HttpResponse:
    """To head office or support. Who works in a store is invited from her place there."""
    form = InviteForm(request.POST or None, place=None)
    if request.method == "POST" and form.is_valid():
        _invite(request, email=form.cleaned_data["email"], place=None, mark=form.cleaned_data["mark"])
        return redirect("people")
    return render(request, "clienteling/invite.html", {"form": form}, status=422 if form.errors else 200)


def _invite(request: StaffRequest, *, email: str, place: StaffMember | None, mark: str) -> None:
    made, token = people.invite(email=email, place=place, mark=mark, author=request.user)
    try:
        people.send(made, link=request.build_absolute_uri(reverse("join", args=[token])))
    except OSError as error:
        logger.warning("invitation %s could not be sent: %s", made.pk, type(error).__name__)
        messages.error(
            request, _("The e-mail could not be sent. Please try again; an earlier link is not good any more.")
        )
        return
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": email})


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link uses nothing up: mail programs open links by themselves."""
    invitation = Invitation.objects.by_token(token, timezone.now())
    if invitation is None:
        return render(request, "clienteling/join_over.html", status=410)
    if isinstance(request.user, User):
        return _join_as_oneself(request, invitation, request.user)
    if people.account_for(invitation):
        return render(request, "clienteling/join_log_in.html", {"invitation": invitation, "next": request.path})
    return _join_as_newcomer(request, invitation)


def _join_as_oneself(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    is_hers = user.email.lower() == invitation.email.lower()
    if request.method != "POST" or not is_hers:
        context = {"invitation": invitation, "is_hers": is_hers}
        return render(request, "clienteling/join_confirm.html", context, status=200 if is_hers else 403)
    if not people.join(invitation, user):
        return render(request, "clienteling/join_over.html", status=410)
    messages.success(request, _("Welcome. Everything is set up."))
    return redirect("today")


def _join_as_newcomer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        words: dict[str, Any] = form.cleaned_data
        if people.join_as_newcomer(invitation, name=words["name"], password=words["password1"]) is None:
            return render(request, "clienteling/join_over.html", status=410)
        messages.success(request, _("Your account is made. Log in with your e-mail and the password you chose."))
        return redirect("account_login")
    context = {"form": form, "invitation": invitation}
    return render(request, "clienteling/join.html", context, status=422 if form.errors else 200)
