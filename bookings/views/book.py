"""Booking an appointment: one page, one form, in the order a conversation goes."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bookings import actions, alternatives, counter
from bookings.forms import BookForm, Chosen, Desk, Draft, DraftForm, ReferenceForm, Who, typed_so_far
from bookings.gateway import REASONS, Reason
from bookings.models import Change
from bookings.offers import Times
from clienteling import audit, contact
from clienteling.frame import current_store
from clienteling.models import Deed, User
from clienteling.permissions import Action, may

# Presses that only change the page. The first ones show it at once and have the times brought after it.
AT_ONCE = ("add", "drop", "up", "down", "with")
STEPS = (*AT_ONCE, "show", "find", "from")
PEOPLE_SHOWN = 8


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    desk = _desk(request)
    if desk is None:
        return render(request, "bookings/book_nowhere.html", status=403)
    if request.method != "POST":
        draft = DraftForm(request.GET, desk=desk).draft()
        form = BookForm(desk=desk, initial={"who": Who.KNOWN})
        return _page(request, desk, draft, form, reference=uuid.uuid4())
    draft = DraftForm(request.POST, desk=desk).draft()
    if _verb(draft) in STEPS:
        return _page(request, desk, draft, _unjudged(request, desk), reference=_reference(request))
    return _book(request, desk, draft)


def _book(request: HttpRequest, desk: Desk, draft: Draft) -> HttpResponse:
    reference, known = counter.latest(_reference(request))
    if known:
        return redirect("booking", known.booking_id)
    form = BookForm(request.POST, desk=desk)
    if not form.is_valid():
        return _page(request, desk, draft, form, reference=reference, status=422)
    change = counter.place(_order(form), store=desk.store, author=desk.user, reference=reference)
    if change.state == Change.State.REFUSED:
        return _refused(request, desk, draft, form, change)
    return redirect("booking", change.booking_id)


def _refused(request: HttpRequest, desk: Desk, draft: Draft, form: BookForm, change: Change) -> HttpResponse:
    """The form again as it was typed, why not, and the nearest times that are really free."""
    wanted: Chosen = form.cleaned_data["slot"]
    day = desk.store.local(wanted.starts_at).date()
    everybody = _ask(desk, replace(draft, first_day=max(day, desk.store.today()), staff=None))
    return _page(
        request,
        desk,
        replace(draft, slot=None, first_day=everybody.first_day),
        form,
        asked=replace(everybody, staff=draft.staff),
        reference=counter.latest(change.reference)[0],
        refusal=REASONS[Reason(change.reason)],
        wanted=wanted,
        alternatives=alternatives.to(wanted.starts_at, wanted.staff, everybody),
        status=409,
    )


@require_POST
def people(request: HttpRequest) -> HttpResponse:
    """Fragment: clients found by what was typed."""
    desk = _desk(request)
    if desk is None:
        return HttpResponse(status=403)
    draft = DraftForm(request.POST, desk=desk).draft()
    context = _people(desk, draft)
    _note_search(desk, context)
    return render(request, "bookings/_book_people.html", context)


def _note_search(desk: Desk, context: dict[str, Any]) -> None:
    if context["query"]:
        audit.record(Deed.SEARCHED, user=desk.user, store=desk.store, found=len(context["found"]))


@require_POST
def times(request: HttpRequest) -> HttpResponse:
    """Fragment: live free times; or, after a press among services and people, these with the times to follow."""
    desk = _desk(request)
    if desk is None:
        return HttpResponse(status=403)
    draft = DraftForm(request.POST, desk=desk).draft()
    form = _unjudged(request, desk)
    if _verb(draft) not in AT_ONCE:
        return render(request, "bookings/_book_when_answer.html", _context(desk, draft, form))
    nothing_yet = Times(desk.store, draft.first_day, desk.people, draft.staff)
    context = _context(desk, draft, form, asked=nothing_yet, times_follow=bool(draft.services), verb=_verb(draft))
    return render(request, "bookings/_book_plan_answer.html", context)


def _desk(request: HttpRequest) -> Desk | None:
    store = current_store(request)
    if store is None or not isinstance(request.user, User) or not may(request.user, Action.CHANGE_OWN_BOOKINGS):
        return None
    return Desk.of(store, request.user)


def _verb(draft: Draft) -> str:
    return draft.step.partition(":")[0]


def _reference(request: HttpRequest) -> uuid.UUID:
    """The form's own. A form without one, which is none of ours, is not taken for any other."""
    form = ReferenceForm(request.POST)
    return form.cleaned_data["reference"] if form.is_valid() else uuid.uuid4()


def _unjudged(request: HttpRequest, desk: Desk) -> BookForm:
    """What was typed so far, with no word yet about what is missing."""
    return BookForm(desk=desk, initial={"who": Who.KNOWN, **typed_so_far(BookForm, request.POST)})


def _order(form: BookForm) -> counter.Order:
    data = form.cleaned_data
    newcomer = counter.Newcomer(
        first_name=data["first_name"],
        last_name=data["last_name"],
        email=data["email"],
        phone=data["phone"],
        consent=form.consent,
    )
    return counter.Order(
        client=data["client"] or newcomer,
        services=data["service"],
        staff=data["slot"].staff,
        starts_at=data["slot"].starts_at,
        client_request=data["client_request"],
        quick_note=data["quick_note"],
    )


# --- What the page shows -------------------------------------------------------------------------------


def _page(
    request: HttpRequest, desk: Desk, draft: Draft, form: BookForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = _context(desk, draft, form, **more)
    _note_search(desk, context)
    return render(request, "bookings/book.html", context, status=status)


def _context(desk: Desk, draft: Draft, form: BookForm, *, asked: Times | None = None, **more: Any) -> dict[str, Any]:
    asked = asked or _ask(desk, draft)
    if draft.slot:
        asked = asked.keeping(draft.slot.starts_at, draft.slot.staff)
    return {
        "form": form,
        "desk": desk,
        "draft": draft,
        "times": asked,
        "shelves": desk.shelves,
        "retention_days": settings.RETENTION_DAYS,
        "keep_until": asked.picked and asked.picked.day + dt.timedelta(days=settings.RETENTION_DAYS),
        "minutes": int(actions.length(draft.services).total_seconds() // 60) if draft.services else 0,
        "price": sum(service.price or 0 for service in draft.services),
        **_people(desk, draft),
        **more,
    }


def _ask(desk: Desk, draft: Draft) -> Times:
    return Times.ask(
        store=desk.store,
        services=draft.services,
        people=desk.people,
        now=timezone.now(),
        first_day=draft.first_day,
        staff=draft.staff,
    )


def _people(desk: Desk, draft: Draft) -> dict[str, Any]:
    """The client chosen, then who else was found."""
    found = desk.find(draft.query, PEOPLE_SHOWN + 2) if draft.query else []
    contact.show_to(desk.user, [draft.client])
    others = [client for client in found if client != draft.client]
    return {
        "store": desk.store,
        "client": draft.client,
        "found": others[:PEOPLE_SHOWN],
        "more_found": len(others) > PEOPLE_SHOWN,
        "query": draft.query,
    }
