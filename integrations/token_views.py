"""Tokens with which other systems use the API: made, looked at and revoked by head office."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clienteling import audit
from clienteling.models import ApiToken, Deed, Store
from clienteling.permissions import Action, requires
from clienteling.requests import StaffRequest
from integrations.token_forms import TokenForm
from integrations.views import zone_of

MOST_LISTED = 200


@require_safe
@requires(Action.MANAGE_TOKENS)
def tokens(request: StaffRequest) -> HttpResponse:
    """Those in use first."""
    rows = list(ApiToken.objects.prefetch_related("stores")[:MOST_LISTED])
    rows.sort(key=lambda one: bool(one.revoked_at or one.is_over))
    return render(request, "integrations/tokens.html", {"rows": rows, "zone": zone_of(request)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_TOKENS)
def new(request: StaffRequest) -> HttpResponse:
    form = TokenForm(request.POST or None, stores=Store.objects.for_user(request.user, Action.MANAGE_TOKENS))
    if request.method == "POST" and form.is_valid():
        made: ApiToken = form.save(commit=False)
        secret = made.renew()
        made.created_by, made.expires_at = request.user, form.expires_at
        made.save()
        form.save_m2m()
        audit.record(Deed.TOKEN_MADE, user=request.user, about=made, scopes=made.scopes)
        # Not redirected: nothing keeps it, so this answer is the only place where it is ever seen.
        context = {"token": made, "secret": secret, "host": request.build_absolute_uri("/api/v1/")}
        return render(request, "integrations/token_made.html", context)
    return render(request, "integrations/token_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@requires(Action.MANAGE_TOKENS)
def token(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ApiToken.objects.select_related("created_by").prefetch_related("stores"), pk=pk)
    return render(request, "integrations/token.html", {"token": found, "zone": zone_of(request)})


@require_POST
@requires(Action.MANAGE_TOKENS)
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ApiToken, pk=pk)
    if found.revoke(timezone.now()):
        audit.record(Deed.TOKEN_REVOKED, user=request.user, about=found)
        messages.success(request, _("%(name)s is revoked: it is good for nothing from now on.") % {"name": found})
    return redirect("connection-token", pk=pk)
