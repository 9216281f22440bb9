"""Connecting Booker, for head office: the form, and signing in at Booker instead of typing a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from clienteling import audit
from clienteling.models import Deed
from clienteling.permissions import Action, requires
from integrations import signing_in, sync
from integrations.booker_forms import OPTIONAL, REQUIRED, PlacesForm
from integrations.models import Connection
from integrations.views import show_form

SECRETS = (*REQUIRED, *OPTIONAL)


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def new(request: HttpRequest) -> HttpResponse:
    return show_form(request, Connection(kind=Connection.Kind.BOOKER))


def _is_ready(connection: Connection) -> bool:
    """Whether all is there that signing in takes."""
    return bool(connection.client_id and connection.sign_in_url and connection.secrets.get("client_secret"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Which location, then off to Booker."""
    connection = get_object_or_404(Connection, pk=pk, kind=Connection.Kind.BOOKER)
    back = request.build_absolute_uri(reverse("connection-booker-back"))
    form = PlacesForm(request.POST or None, instance=connection)
    is_ready = _is_ready(connection)
    if request.method == "POST" and is_ready and form.is_valid():
        places = {"location_id": form.cleaned_data["location_id"], "brand_id": form.cleaned_data["brand_id"]}
        there = signing_in.begin(request.session, connection, redirect_uri=back, **places)
        return redirect(there)
    context = {"form": form, "connection": connection, "is_ready": is_ready, "back": back}
    status = 422 if form.errors else 200
    return _letting(render(request, "integrations/booker_sign_in.html", context, status=status), connection)


def _letting(response: HttpResponse, connection: Connection) -> HttpResponse:
    """The page's form may lead to where people sign in, which no other page's may."""
    parts = urlsplit(connection.sign_in_url)
    if parts.scheme and parts.netloc:
        response._csp_update = {"form-action": f"{parts.scheme}://{parts.netloc}"}  # type: ignore[attr-defined]
    return response


@login_not_required  # the log-in would put the whole address, code and all, into its own
@require_GET
@never_cache
@sensitive_variables()
def back(request: HttpRequest) -> HttpResponse:
    """Where Booker sends people back to. Code and state leave the address before anything else happens."""
    given = {name: request.GET.get(name, "") for name in ("state", "code", "error")}
    if any(given.values()):
        signing_in.note_answer(request.session, **given)
    return redirect("connection-booker-signed-in")


@require_GET
@never_cache
@requires(Action.MANAGE_CONNECTIONS)
@sensitive_variables()
def signed_in(request: HttpRequest) -> HttpResponse:
    """The other half of it, at an address that says nothing. Only the session that has begun gets anywhere."""
    pending, answer = signing_in.taken(request.session)
    begun = Connection.objects.filter(pk=pending.connection if pending else 0, kind=Connection.Kind.BOOKER)
    connection = begun.first()
    if pending is None or answer is None or connection is None:
        messages.warning(request, _("There is no sign-in to finish here. Begin it from the connection's page."))
        return redirect("connections")
    try:
        where = signing_in.finish(connection, pending, answer)
    except signing_in.NotSignedIn as problem:
        messages.error(request, _("%(why)s Nothing has changed; you can sign in again.") % {"why": problem})
        return redirect("connection-sign-in", pk=connection.pk)
    _welcome(request, Connection.objects.get(pk=connection.pk), where)
    return redirect("connection", pk=connection.pk)


def _welcome(request: HttpRequest, connection: Connection, where: str) -> None:
    audit.record(Deed.CONNECTION_CHANGED, user=request.user, about=connection, what="signed_in")
    values: dict[str, Any] = {"name": connection.name, "where": where, "wanted": connection.location_id}
    if where and not connection.brand_id and where != connection.location_id:
        words = _(
            "You signed in at location %(where)s, but %(wanted)s is connected. If it can not be read, sign in there."
        )
        messages.warning(request, words % values)
    if not connection.secrets.get("refresh_token"):
        words = _("Booker gave access for a short while only. Enter a personal access token as well.")
        messages.warning(request, words)
    if connection.is_active:
        sync.request_full(connection=connection)
        messages.success(request, _("%(name)s is connected. Its stores are read now.") % values)
    else:
        messages.success(request, _("%(name)s is connected, but switched off.") % values)
