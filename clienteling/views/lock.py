"""Locking the screen of a shared tablet, and handing it to somebody else."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clienteling import audit, sessions
from clienteling.models import Deed
from clienteling.requests import StaffRequest


class BackForm(forms.Form):
    next = forms.CharField(max_length=500, required=False)


class UnlockForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )


@require_POST
def lock(request: StaffRequest) -> HttpResponse:
    """Nothing of the page stays in sight; she comes back to it."""
    form = BackForm(request.POST)
    wanted = form.cleaned_data["next"] if form.is_valid() else ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    sessions.lock(request.session, back_to=wanted if is_ours else reverse("today"))
    audit.record(Deed.LOCKED, user=request.user)
    return redirect("locked")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def locked(request: StaffRequest) -> HttpResponse:
    if not sessions.is_locked(request.session):
        return redirect("today")
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if request.user.check_password(form.cleaned_data["password"]):
            audit.record(Deed.UNLOCKED, user=request.user)
            return redirect(sessions.unlock(request.session))
        if sessions.count_mistake(request.session):
            return _out(request)
        form.add_error("password", _("This is not the password."))
    context = {"form": form, "person": request.user}
    return render(request, "clienteling/locked.html", context, status=422 if form.errors else 200)


def _out(request: StaffRequest) -> HttpResponse:
    audit.record(Deed.LOGIN_FAILED, user=request.user)
    get_adapter().logout(request)
    messages.warning(request, _("That was wrong too often. Please log in again."))
    return redirect("account_login")


@require_POST
def switch(request: StaffRequest) -> HttpResponse:
    """Somebody else takes the tablet: nothing of the one before her is left."""
    get_adapter().logout(request)
    return redirect("account_login")
