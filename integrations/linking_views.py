"""Links to settle, and the numbers of stores, staff and services, for head office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.gateway import REASONS, GatewayError, Misconfigured, Reason, Refused
from clienteling import audit
from clienteling.models import Client, Deed, User
from clienteling.permissions import Action, requires
from integrations import decisions, numbers
from integrations.crm.base import CustomerMerged, CustomerRecord
from integrations.crm.registry import open_crm
from integrations.linking import holder_of
from integrations.linking_forms import KINDS, NAMES, DecisionForm, NumberForm, NumberSearchForm
from integrations.models import Connection, Linking
from integrations.providers.base import Owner
from integrations.pull.fields import is_same
from integrations.switchboard import Purpose, noting_trouble, subject_of
from integrations.views import zone_of

MOST_TO_SETTLE, MOST_SETTLED, PAGE = 100, 20, 100


def _person(request: HttpRequest) -> User:
    """Who asks; LoginRequiredMiddleware lets nobody else in."""
    return request.user  # type: ignore[return-value]


# --- links to settle ------------------------------------------------------------------------------------


@require_safe
@requires(Action.SETTLE_LINKS)
def to_settle(request: HttpRequest) -> HttpResponse:
    rows = decisions.to_settle()
    context = {
        "rows": list(rows[:MOST_TO_SETTLE]),
        "number": rows.count(),
        "settled": list(decisions.settled()[:MOST_SETTLED]),
        "zone": zone_of(request),
    }
    return render(request, "integrations/links_to_settle.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SETTLE_LINKS)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """One client, and who she could be. The customers themselves come by `pair`, one call each."""
    linking = decisions.to_settle().filter(pk=pk).first()
    if linking is None:
        return _already_settled(request, pk)
    if request.method == "POST":
        return _decide(request, linking)
    return render(request, "integrations/link_settle.html", {"linking": linking, "client": linking.client})


def _already_settled(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Linking, pk=pk)
    messages.info(request, _("This one is settled already."))
    return redirect("connection-settle")


def _decide(request: HttpRequest, linking: Linking) -> HttpResponse:
    form = DecisionForm(request.POST, candidates=linking.candidates)
    if not form.is_valid():
        raise Http404
    done = decisions.decide(
        linking_pk=linking.pk,
        decision=form.cleaned_data["decision"],
        chosen=form.cleaned_data["candidate"],
        author=_person(request),
    )
    _note(request, linking, form.cleaned_data["decision"])
    _say(request, done)
    return redirect("connection-settle")


def _note(request: HttpRequest, linking: Linking, decision: str) -> None:
    audit.record(Deed.LINK_SETTLED, user=request.user, about=linking, client=linking.client_id, decision=decision)


def _say(request: HttpRequest, linking: Linking | None) -> None:
    if linking is None:
        messages.warning(request, _("Somebody else was quicker. Here is how it stands now."))
    elif linking.state == Linking.State.DONE:
        messages.success(request, _("Settled: %(name)s.") % {"name": linking.client.full_name})
    elif linking.state == Linking.State.WAITING:
        messages.info(request, _("The other side has not answered yet. It is done as soon as it does."))
    else:
        messages.warning(request, _("It could not be done: %(why)s") % {"why": linking.reason})


@require_POST
@requires(Action.SETTLE_LINKS)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    _note(request, get_object_or_404(Linking, pk=pk), "undo")
    linking = decisions.undo(linking_pk=pk, author=_person(request))
    if linking and linking.state == Linking.State.PARKED:
        messages.success(request, _("The links are as they were before."))
    else:
        _say(request, linking)
    return redirect("connection-settle")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a client and of a customer, side by side."""

    label: str
    ours: str
    theirs: str
    is_same: bool


@never_cache
@require_safe
@requires(Action.SETTLE_LINKS)
def pair(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Network, one call: the client as we know her, and the customer as the CRM knows her now."""
    linking = decisions.to_settle().filter(pk=pk).first()
    if linking is None or linking.connection.crm is None or place >= len(linking.candidates):
        raise Http404
    audit.record(Deed.CONTACT_SHOWN, user=request.user, about=linking, client=linking.client_id)
    context = {"linking": linking, "client": linking.client, "place": place}
    context |= _side_by_side(linking.connection.crm, linking.client, linking.candidates[place])
    whole = "" if request.htmx else "_page"  # type: ignore[attr-defined]
    return render(request, f"integrations/link_pair{whole}.html", context)


def _side_by_side(crm: Connection, client: Client, number: str) -> dict[str, Any]:
    try:
        customer = noting_trouble(crm, lambda: open_crm(crm, Purpose.PERSON, subject_of(client)).read(number))
    except CustomerMerged as merged:
        return {"number": number, "trouble": _("She was merged into %(number)s.") % {"number": merged.new_id}}
    except Refused as error:
        gone = error.reason == Reason.GONE
        return {"number": number, "trouble": _("The customer system has no such customer.") if gone else str(error)}
    except GatewayError:
        return {"number": number, "trouble": _("The customer system has not answered. Please try again in a moment.")}
    holder = holder_of(crm, number, besides=client)
    return {"number": number, "lines": lines(client, customer), "customer": customer, "holder": holder}


def lines(client: Client, customer: CustomerRecord) -> list[Line]:
    named = [
        ("first_name", _("First name")),
        ("last_name", _("Last name")),
        ("email", _("E-mail")),
        ("mobile_phone", _("Mobile phone")),
        ("home_phone", _("Other phone")),
        ("language", _("Language")),
    ]
    values = [(name, label, getattr(client, name), customer.get(name)) for name, label in named]
    return [
        Line(label, ours, theirs, bool(ours) and is_same(name, ours, theirs)) for name, label, ours, theirs in values
    ]


# --- numbers of stores, staff and services --------------------------------------------------------------


def _booking_system(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.booking_systems(), pk=pk)


@require_safe
@requires(Action.MANAGE_CONNECTIONS)
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """What we hold. With a number: what the booking system says has it."""
    connection = _booking_system(pk)
    form = NumberSearchForm(request.GET)
    if not form.is_valid():
        raise Http404
    owner, number, page = (form.cleaned_data[name] for name in ("kind", "number", "page"))
    rows, trouble = _found(connection, owner, number) if number else (_page_of(connection, owner, page), "")
    context = {
        "connection": connection,
        "rows": [(row, *_named(owner, row)) for row in rows[:PAGE]],
        "kinds": [(kind.value, label, kind == owner) for kind, label in KINDS],
        "kind": owner.value,
        "number_name": NAMES[owner],
        "number": number,
        "trouble": trouble,
        "page": page,
        "has_more": not number and len(rows) > PAGE,
    }
    return render(request, "integrations/links.html", context)


def _page_of(connection: Connection, owner: Owner, page: int) -> list[Any]:
    """One page, and one row more when there is another."""
    start = (page - 1) * PAGE
    return list(numbers.links_of(connection, owner)[start : start + PAGE + 1])


def _found(connection: Connection, owner: Owner, number: str) -> tuple[list[Any], str]:
    if not connection.module_id:
        return [], _("The connection has no module id: without one the booking system keeps no numbers.")
    try:
        return numbers.find(connection, owner, number), ""
    except GatewayError as error:
        return [], _words(error)


def _words(error: GatewayError) -> str:
    if isinstance(error, Refused):
        return str(REASONS[error.reason])
    if isinstance(error, Misconfigured):
        return str(error)
    return _("The booking system has not answered. Please try again in a moment.")


def _named(owner: Owner, link: Any) -> tuple[str, str]:
    """What it is called, and in which store it is."""
    thing = getattr(link, owner.value)
    if owner == Owner.STORE:
        return thing.name, _("store number %(number)s") % {"number": thing.number} if thing.number else ""
    return str(thing), thing.store.name


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SET_NUMBERS)
def link_edit(request: HttpRequest, pk: int, kind: str, link_pk: int) -> HttpResponse:
    """One number: read when the page opens, written when it is saved."""
    connection, owner = _booking_system(pk), _owner(kind)
    link = get_object_or_404(numbers.LINKS[owner], pk=link_pk, connection=connection)
    form = NumberForm(request.POST or None, initial={"number": link.module_external_id})
    if request.method == "POST" and form.is_valid() and _written(request, connection, owner, link, form):
        return redirect(reverse("connection-links", args=[pk]) + "?" + urlencode({"kind": kind}))
    name, place = _named(owner, link)
    form.fields["number"].label = NAMES[owner]
    context = {"connection": connection, "form": form, "name": name, "place": place, "kind": kind}
    if request.method != "POST":
        context["trouble"] = _read(connection, owner, link, form)
    return render(request, "integrations/link_edit.html", context, status=422 if form.errors else 200)


def _owner(kind: str) -> Owner:
    try:
        return Owner(kind)
    except ValueError as error:
        raise Http404 from error


def _read(connection: Connection, owner: Owner, link: Any, form: NumberForm) -> str:
    """The number as it stands there now, into the form; else what went wrong."""
    if not connection.module_id:
        return _("The connection has no module id: without one the booking system keeps no numbers.")
    try:
        form.initial["number"] = numbers.read(connection, owner, link)
    except GatewayError as error:
        return _words(error)
    return ""


def _written(request: HttpRequest, connection: Connection, owner: Owner, link: Any, form: NumberForm) -> bool:
    try:
        numbers.write(connection, owner, link, form.cleaned_data["number"])
    except GatewayError as error:
        form.add_error("number", _words(error))
        return False
    audit.record(Deed.CONNECTION_CHANGED, user=request.user, about=connection, what="number", kind=owner.value)
    messages.success(request, _("The number is saved, here and in the booking system."))
    return True
