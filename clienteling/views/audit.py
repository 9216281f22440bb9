"""Who saw and did what: for head office, and without the names of clients for support."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clienteling import audit, spreadsheet
from clienteling.frame import current_store
from clienteling.models import AuditEntry, Client, Deed, User
from clienteling.permissions import Action, Mark, Role, may, requires
from clienteling.requests import StaffRequest

PAGE = 50
MOST_EXPORTED = 50_000
MOST_ID = 2**63 - 1
LATELY = dt.timedelta(days=90)  # what "who saw this client" asks for
FIELDS = ("person", "deed", "client", "since", "until")

# The codes of `AuditEntry.detail`, in words.
CODES = {
    "book": gettext_lazy("booked"),
    "move": gettext_lazy("moved"),
    "edit": gettext_lazy("edited"),
    "confirm": gettext_lazy("confirmed"),
    "cancel": gettext_lazy("cancelled"),
    "arrive": gettext_lazy("arrived"),
    "no_show": gettext_lazy("no-show"),
    "complete": gettext_lazy("completed"),
    "undo": gettext_lazy("back to expected"),
    "note": gettext_lazy("note"),
    "consent": gettext_lazy("consent"),
    "added": gettext_lazy("added"),
    "edited": gettext_lazy("edited"),
    "key": gettext_lazy("a store's key"),
    "contact_data": gettext_lazy("with contact data"),
    "signed_in": gettext_lazy("signed in at the booking system"),
    "read_again": gettext_lazy("had everything read again"),
    "deliveries_again": gettext_lazy("had deliveries done again"),
    "webhooks": gettext_lazy("webhooks"),
    "webhook_secret": gettext_lazy("dropped a webhook secret"),
    "number": gettext_lazy("a number"),
    "as_provider": gettext_lazy("as the booking system says"),
    "password": gettext_lazy("password"),
    "code": gettext_lazy("second factor"),
    "removed": gettext_lazy("removed"),
    "saved": gettext_lazy("saved"),
    "renamed": gettext_lazy("renamed"),
    "ranges": gettext_lazy("the ranges of days since the last visit"),
    "clients": gettext_lazy("clients"),
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
    "idle": gettext_lazy("nobody was there"),
    "age": gettext_lazy("the session was too old"),
    "switch": gettext_lazy("another person took over"),
    **{role.value: role.label for role in Role},
    **{mark.value: mark.label for mark in Mark},
}


class AuditFilter(forms.Form):
    """Which entries: all fields may be empty. Days are those of the active time zone."""

    person = forms.CharField(label=gettext_lazy("Person"), max_length=100, required=False)
    deed = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    client = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        given = data.copy()
        if given.get("client") and not given.get("since"):
            given["since"] = (timezone.localdate() - LATELY).isoformat()
        super().__init__(given)
        self.fields["deed"].choices = [("", _("Everything")), *Deed.choices]  # type: ignore[attr-defined]

    def rows(self) -> Any:
        """Newest first; nothing where the filter makes no sense."""
        if not self.is_valid():
            return AuditEntry.objects.none()
        asked = self.cleaned_data
        rows = AuditEntry.objects.select_related("user", "store").order_by("-pk")
        if asked["person"]:
            named = Q(name__icontains=asked["person"]) | Q(email__icontains=asked["person"])
            of_people = Q(user__in=User.objects.filter(named).values("pk"))
            rows = rows.filter(of_people | Q(user=None, user_name__icontains=asked["person"]))
        if asked["deed"]:
            rows = rows.filter(deed=asked["deed"])
        if asked["client"]:
            rows = rows.filter(client=asked["client"])
        if asked["since"]:
            rows = rows.filter(at__gte=_midnight(asked["since"]))
        if asked["until"]:
            rows = rows.filter(at__lt=_midnight(asked["until"] + dt.timedelta(days=1)))
        return rows

    def question(self) -> str:
        """The query string that asks the same."""
        return urlencode({name: value for name in FIELDS if (value := self.data.get(name))})


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())


class BeforeForm(forms.Form):
    before = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)

    @property
    def key(self) -> int | None:
        return self.cleaned_data["before"] if self.is_valid() else None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a page prints it. `client` is None for those who may not see her name."""

    entry: AuditEntry
    detail: str
    client: Client | None


@require_safe
@never_cache
@requires(Action.SEE_AUDIT)
def page(request: StaffRequest) -> HttpResponse:
    with timezone.override(_zone(request)):
        form = AuditFilter(request.GET)
        rows = _rows(request, form)
    before = BeforeForm(request.GET).key
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    names = may(request.user, Action.SEE_CLIENTS)
    context = {
        "form": form,
        "lines": [_line(entry, names=names) for entry in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "asked": form.question(),
        "about": _about(request, form),
        "zone": _zone(request),
    }
    return render(request, "clienteling/audit.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
@requires(Action.EXPORT)
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The same entries as a file for a spreadsheet, clients as numbers. That it was taken out is an entry itself."""
    with timezone.override(_zone(request)):
        rows = AuditFilter(request.POST).rows()[:MOST_EXPORTED]
    audit.record(Deed.EXPORTED, user=request.user, number=rows.count())
    response = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _zone(request: StaffRequest) -> dt.tzinfo:
    store = current_store(request)
    return store.zone if store else dt.UTC


def _rows(request: StaffRequest, form: AuditFilter) -> Any:
    rows = form.rows()
    return rows.select_related("client", "user", "store") if may(request.user, Action.SEE_CLIENTS) else rows


def _about(request: StaffRequest, form: AuditFilter) -> Client | None:
    """The client whom the page is about, for those who may see her."""
    wanted = form.cleaned_data.get("client")
    return Client.objects.for_user(request.user).filter(pk=wanted).first() if wanted else None


def _line(entry: AuditEntry, *, names: bool) -> Line:
    return Line(entry, _words(entry.detail), entry.client if names and entry.client_id else None)


def _words(detail: dict[str, Any]) -> str:
    """ "associate → manager", "12 found"."""
    if "before" in detail or "after" in detail:
        return f"{_code(detail.get('before'))} → {_code(detail.get('after'))}"
    if "found" in detail:
        found = _("%(number)d found") % {"number": detail["found"]}
        return f"{found}: {detail['first']}–{detail['last']}" if "first" in detail else found
    return ", ".join(_code(value) for value in detail.values())


def _code(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_code(one) for one in value) or "—"
    return str(CODES.get(value, value)) if value else "—"


COLUMNS = ("at", "user", "name", "deed", "detail", "store", "client", "object", "session", "address")


def _csv(rows: Any) -> Iterator[str]:
    yield spreadsheet.line(COLUMNS)
    for row in rows.iterator(chunk_size=1000):
        about = f"{row.object_type} {row.object_id or ''}".strip()
        who = (row.at.isoformat(), row.user_id or "", row.user_name, row.deed, _words(row.detail))
        yield spreadsheet.line((*who, row.store_id or "", row.client_id or "", about, row.session, row.address or ""))
