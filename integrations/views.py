"""Connections to booking systems, for head office: what works, what does not and why, what was read and asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clienteling import audit
from clienteling.frame import current_store
from clienteling.models import Deed
from clienteling.permissions import Action, requires
from integrations import decisions, gateway, sync
from integrations.booker_forms import OPTIONAL, REQUIRED, BookerForm
from integrations.booker_overview import overview_of as booker_overview_of
from integrations.crm.overview import CONTRACT, overview_of
from integrations.forms import ConnectionForm, CustomerSystemForm, StoreKeyForm
from integrations.models import Connection, ProviderCall, StoreLink, SyncRun, WebhookDelivery
from integrations.switchboard import CLASSES, pace_of
from integrations.webhooks.door import door_of

FORMS: dict[str, type[BookerForm | ConnectionForm | CustomerSystemForm]] = {
    Connection.Kind.BOOXI: ConnectionForm,
    Connection.Kind.BOOKER: BookerForm,
    Connection.Kind.CRM: CustomerSystemForm,
}
MOST_STORES, MOST_RUNS, MOST_CALLS = 500, 20, 30
OPEN = (SyncRun.State.WAITING, SyncRun.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection does, in plain words. `since`: the moment the words are about."""

    tone: str
    words: str
    since: dt.datetime | None = None
    why: str = ""


def health_of(connection: Connection) -> Health:
    if not connection.is_active:
        return Health("", _("Switched off"))
    if connection.trouble == Connection.Trouble.MISCONFIGURED:
        return Health("trouble", _("Not set up right since"), connection.trouble_since, connection.trouble_detail)
    if connection.trouble == Connection.Trouble.UNREACHABLE:
        return Health("warn", _("Not answering since"), connection.trouble_since, connection.trouble_detail)
    if connection.answered_at is None:
        return Health("info", _("Not asked yet"))
    return Health("good", _("Working; last answer"), connection.answered_at)


def zone_of(request: HttpRequest) -> dt.tzinfo:
    """Head office reads the clock of the store it looks at."""
    store = current_store(request)
    return store.zone if store else dt.UTC


@require_safe
@requires(Action.SEE_LOGS)
def connections(request: HttpRequest) -> HttpResponse:
    stores = StoreLink.objects.filter(connection=OuterRef("pk")).order_by().values("connection")
    counted = Subquery(stores.annotate(number=Count("pk")).values("number"))
    rows = [(row, health_of(row)) for row in Connection.objects.annotate(stores=Coalesce(counted, 0))]
    context = {"rows": rows, "zone": zone_of(request), "to_settle": decisions.to_settle().count()}
    context["parked"] = WebhookDelivery.objects.filter(state=WebhookDelivery.State.PARKED).count()
    return render(request, "integrations/connections.html", context)


@require_safe
@requires(Action.SEE_LOGS)
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection, pk=pk)
    context = _state_of(request, found) | {"door": door_of(request, found)}
    return render(request, "integrations/connection.html", context)


@require_safe
@requires(Action.SEE_LOGS)
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while something is being read."""
    found = get_object_or_404(Connection, pk=pk)
    return render(request, "integrations/_state.html", _state_of(request, found))


def _state_of(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    if connection.is_customer_system:
        return _calls_of(request, connection) | {"customers": overview_of(connection)}
    links = StoreLink.objects.filter(connection=connection).select_related("store").order_by("store__name", "pk")
    runs = SyncRun.objects.filter(connection=connection).select_related("store", "staff")
    is_booker, system = connection.kind == Connection.Kind.BOOKER, CLASSES[connection.kind]
    return _calls_of(request, connection) | {
        "booker": booker_overview_of(connection) if is_booker else None,
        "tells_changes": system.tells_changes,
        "needs_store_key": system.needs_store_key,
        "links": [(link, bool(link.secrets.get("merchant_key"))) for link in links[:MOST_STORES]],
        "open_runs": list(runs.filter(state__in=OPEN).order_by("-state", "created_at")[:MOST_RUNS]),
        "past_runs": list(runs.exclude(state__in=OPEN)[:MOST_RUNS]),
    }


def _calls_of(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    calls = ProviderCall.objects.filter(connection=connection)
    return {
        "connection": connection,
        "health": health_of(connection),
        "zone": zone_of(request),
        "calls": list(calls[:MOST_CALLS]),
        "pace": _pace(connection, calls),
    }


def _pace(connection: Connection, calls: Any) -> dict[str, int]:
    """Calls of the last minute and hour, and how many a minute may have."""
    now = timezone.now()
    last_minute = Q(at__gte=now - dt.timedelta(minutes=1))
    counts: dict[str, int] = calls.filter(at__gte=now - dt.timedelta(hours=1)).aggregate(
        minute=Count("pk", filter=last_minute), hour=Count("pk")
    )
    return counts | {"most": round(pace_of(connection) * 60)}


@require_safe
@requires(Action.MANAGE_CONNECTIONS)
def contract(request: HttpRequest) -> FileResponse:
    """What a customer system has to answer, for whoever runs it."""
    name, kind = "customers-openapi.yaml", "application/yaml"
    return FileResponse(CONTRACT.open("rb"), as_attachment=True, filename=name, content_type=kind)


@sensitive_post_parameters("partner_key")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def new(request: HttpRequest) -> HttpResponse:
    return show_form(request, Connection())


@sensitive_post_parameters("crm_key")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def new_customer_system(request: HttpRequest) -> HttpResponse:
    return show_form(request, Connection(kind=Connection.Kind.CRM))


@sensitive_post_parameters("partner_key", "crm_key", *REQUIRED, *OPTIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return show_form(request, get_object_or_404(Connection, pk=pk))


def _note(request: HttpRequest, connection: Connection, what: str) -> None:
    audit.record(Deed.CONNECTION_CHANGED, user=request.user, about=connection, what=what)


def show_form(request: HttpRequest, connection: Connection) -> HttpResponse:
    """The form of the connection's kind; "and sign in" leads to the sign-in, which has everything read afterwards."""
    title = connection.name or _("New connection")
    form = FORMS[connection.kind](request.POST or None, instance=connection)
    if request.method == "POST" and form.is_valid():
        is_new = connection.pk is None
        saved = form.save()
        _note(request, saved, "added" if is_new else "edited")
        messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
        if "sign_in" in request.POST and saved.kind == Connection.Kind.BOOKER:
            return redirect("connection-sign-in", pk=saved.pk)
        if form.changes_access and saved.is_active and not saved.is_customer_system:
            sync.request_full(connection=saved)
        return redirect("connection", pk=saved.pk)
    status = 422 if form.errors else 200
    return render(request, "integrations/form.html", {"form": form, "title": title}, status=status)


@require_POST
@requires(Action.MANAGE_CONNECTIONS)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the booking system now, with the person waiting."""
    found = get_object_or_404(Connection, pk=pk)
    wrong = gateway.check(found)
    if wrong:
        messages.error(request, wrong)
    else:
        works = _("%(name)s answers, and the key works.")
        if found.kind == Connection.Kind.BOOKER:
            works = _("%(name)s answers to every kind of call.")
        messages.success(request, works % {"name": found.name})
    return redirect("connection", pk=pk)


@require_POST
@requires(Action.MANAGE_CONNECTIONS)
def read_again(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection, pk=pk)
    if found.is_customer_system:
        raise Http404
    if not found.is_active:
        messages.warning(request, _("%(name)s is switched off. Switch it on first.") % {"name": found.name})
        return redirect("connection", pk=pk)
    sync.request_full(connection=found)
    _note(request, found, "read_again")
    messages.success(request, _("Everything is read again, in the background."))
    return redirect("connection", pk=pk)


@sensitive_post_parameters("merchant_key")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def store_key(request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
    """A store's own key, where the booking system does not tell it."""
    link = get_object_or_404(StoreLink.objects.select_related("store", "connection"), pk=link_pk, connection=pk)
    form = StoreKeyForm(request.POST or None, instance=link)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(Deed.CONNECTION_CHANGED, user=request.user, store=link.store, about=link.connection, what="key")
        messages.success(request, _("The key of %(store)s is saved.") % {"store": link.store.name})
        return redirect("connection", pk=pk)
    context = {"form": form, "link": link, "is_known": bool(link.secrets.get("merchant_key"))}
    return render(request, "integrations/store_key.html", context, status=422 if form.errors else 200)
