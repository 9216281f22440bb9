"""What other systems told us, for head office: how it goes, what waits for a person, and to have it done again."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clienteling import audit
from clienteling.models import Deed
from clienteling.permissions import Action, requires
from integrations.delivery_forms import DeliveryFilter, WebhookForm
from integrations.models import Connection, WebhookDelivery
from integrations.views import zone_of
from integrations.webhooks.door import door_of, traffic
from integrations.webhooks.envelopes import NotAnEvent, decoded
from integrations.webhooks.waking import bell

logger = logging.getLogger(__name__)

PAGE = 50
MOST_COUNTED = 10_000
MOST_SHOWN = 50_000  # characters of a body
FILTERS = ("connection", "state", "type", "since", "until")


@require_safe
@requires(Action.SEE_LOGS)
def deliveries(request: HttpRequest) -> HttpResponse:
    with timezone.override(zone_of(request)):
        form = DeliveryFilter(_asked(request.GET))
        rows = form.rows()
    before = request.GET.get("before", "")
    older = rows.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() and len(before) < 19 else rows
    found = list(older.select_related("connection").defer("body").order_by("-pk")[: PAGE + 1])
    matching = rows.order_by()[: MOST_COUNTED + 1].count()
    context = {
        "form": form,
        "rows": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "matching": matching,
        "is_more": matching > MOST_COUNTED,
        "asked": urlencode(_asked(request.GET)),
        "traffic": traffic(list(Connection.objects.only("pk"))),
        "zone": zone_of(request),
    }
    return render(request, "integrations/deliveries.html", context, status=422 if form.errors else 200)


def _asked(given: QueryDict) -> dict[str, str]:
    """What the filter was told, without the rest of the query."""
    return {name: value for name in FILTERS if (value := str(given.get(name, "")))}


@require_safe
@never_cache
@requires(Action.SEE_LOGS)
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _delivery(pk))


@require_POST
@never_cache
@requires(Action.SEE_BODIES)
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """What it says, with the personal data in it. Who looked is written down."""
    row = _delivery(pk)
    logger.info("user %s looked at the body of delivery %s", request.user.pk, row.pk)
    audit.record(Deed.BODY_SEEN, user=request.user, about=row, client=row.client_id)
    return _page(request, row, body=_readable(row.body))


def _delivery(pk: int) -> WebhookDelivery:
    return get_object_or_404(WebhookDelivery.objects.select_related("connection"), pk=pk)


def _page(request: HttpRequest, row: WebhookDelivery, **more: Any) -> HttpResponse:
    context = {"delivery": row, "about": _about(row), "size": len(row.body), "zone": zone_of(request)}
    return render(request, "integrations/delivery.html", context | more)


def _about(row: WebhookDelivery) -> str:
    """The page of what it was about, "" when that is not known."""
    kind, _colon, pk = row.subject.partition(":")
    return reverse(kind, args=[int(pk)]) if kind in ("booking", "client") and pk.isdigit() else ""


def _readable(text: str) -> str:
    """Set out line by line where it can be; as it came where not."""
    try:
        set_out = json.dumps(decoded(text), indent=2, ensure_ascii=False)
    except (NotAnEvent, ValueError, RecursionError):
        set_out = text
    return set_out.encode("utf-8", "replace").decode()[:MOST_SHOWN]


@require_POST
@requires(Action.MANAGE_CONNECTIONS)
def replay(request: HttpRequest) -> HttpResponse:
    """Those ticked, or with `all` every one that matches the filter. Any number of times: the effect is one."""
    with timezone.override(zone_of(request)):
        form = DeliveryFilter(_asked(request.POST))
        rows = form.rows()
    if "all" not in request.POST:
        ticked = [int(pk) for pk in request.POST.getlist("pk") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        rows = WebhookDelivery.objects.filter(pk__in=ticked[:PAGE])
    _told_again(request, WebhookDelivery.told_again(rows))
    return redirect(f"{reverse('connection-deliveries')}?{urlencode(_asked(request.POST))}")


@require_POST
@requires(Action.MANAGE_CONNECTIONS)
def replay_one(request: HttpRequest, pk: int) -> HttpResponse:
    _told_again(request, WebhookDelivery.told_again(WebhookDelivery.objects.filter(pk=_delivery(pk).pk)))
    return redirect("connection-delivery", pk=pk)


def _told_again(request: HttpRequest, number: int) -> None:
    if not number:
        messages.warning(request, _("There was nothing to do again: nothing was chosen, or its text is gone."))
        return
    logger.info("user %s had %s deliveries done again", request.user.pk, number)
    audit.record(Deed.CONNECTION_CHANGED, user=request.user, what="deliveries_again", number=number)
    text = ngettext("%(number)s delivery is done again.", "%(number)s deliveries are done again.", number)
    messages.success(request, text % {"number": number})
    bell.press()


# --- how a connection's webhooks prove themselves -----------------------------------------------------------


@sensitive_post_parameters("webhook_secret")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@requires(Action.MANAGE_CONNECTIONS)
def webhooks(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=pk)
    form = WebhookForm(request.POST or None, instance=connection)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(Deed.CONNECTION_CHANGED, user=request.user, about=connection, what="webhooks")
        messages.success(request, _("The webhooks of %(name)s are set up.") % {"name": connection.name})
        return redirect("connection", pk=pk)
    door = door_of(request, Connection.objects.get(pk=pk))
    context = {"form": form, "connection": connection, "door": door}
    return render(request, "integrations/delivery_door_form.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Action.MANAGE_CONNECTIONS)
def drop_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """The secret before is no longer accepted; with `all`, none is, which closes the door."""
    connection = get_object_or_404(Connection, pk=pk)
    dropped = {"webhook_secret_old"} | ({"webhook_secret"} if "all" in request.POST else set())
    with transaction.atomic():
        connection.lock_secrets()
        connection.secrets = {name: value for name, value in connection.secrets.items() if name not in dropped}
        connection.save(update_fields=["secrets"])
    audit.record(Deed.CONNECTION_CHANGED, user=request.user, about=connection, what="webhook_secret")
    if "all" in request.POST:
        messages.success(request, _("Webhooks of %(name)s are off.") % {"name": connection.name})
    else:
        messages.success(request, _("Only the new secret is accepted now."))
    return redirect("connection", pk=pk)
