"""Keeping time busy, or adding time, in somebody's calendar; changing and removing that."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bookings import calendars, time_slots, wording
from bookings.models import TimeChange, TimeSlot
from bookings.templatetags.shop import clock, day
from bookings.time_forms import RepeatedTimeForm, TimeForm
from clienteling.frame import current_store
from clienteling.models import StaffMember, Store
from clienteling.permissions import Action, requires
from clienteling.requests import StaffRequest

State = TimeChange.State


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_OWN_TIME)
def new(request: StaffRequest) -> HttpResponse:
    """For one day or repeated; nothing is sent over appointments that stand in the way before she says so."""
    store = _store(request)
    people = _people(request, store)
    if calendars.NO_TIME_SLOTS in store.limits:
        messages.error(request, wording.not_from_here())
        return redirect("calendar")
    if request.method != "POST":
        form = RepeatedTimeForm(store=store, people=people, initial=_initial(request, store, people))
        return _form_page(request, form, title=_("Block or add time"))
    form = RepeatedTimeForm(request.POST, store=store, people=people)
    if not form.is_valid():
        return _form_page(request, form, title=_("Block or add time"), status=422)
    clashes = time_slots.clashes(form.wanted, user=request.user)
    if clashes and not form.cleaned_data["anyway"]:
        return _form_page(request, form, title=_("Block or add time"), clashes=clashes, status=422)
    changes = time_slots.add(form.wanted, author=request.user, reference=form.cleaned_data["reference"])
    _tell_added(request, changes, store)
    return redirect(_calendar_of(form.wanted.staff, changes[0].starts_at, store))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_OWN_TIME)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """One time slot: what it is, and the form that puts another in its place."""
    slot = _slot(request, pk)
    store, people = slot.store, _people(request, slot.store)
    if request.method != "POST":
        form = TimeForm(store=store, people=people, initial=_as_it_is(slot))
        return _slot_page(request, slot, form)
    form = TimeForm(request.POST, store=store, people=people)
    if not form.is_valid():
        return _slot_page(request, slot, form, status=422)
    clashes = time_slots.clashes(form.wanted, user=request.user)
    if clashes and not form.cleaned_data["anyway"]:
        return _slot_page(request, slot, form, clashes=clashes, status=422)
    try:
        asked = time_slots.replace(slot, form.wanted, author=request.user, reference=form.cleaned_data["reference"])
    except time_slots.Busy:
        messages.error(request, _("Somebody is changing this right now. Please look again in a moment."))
        return redirect("time-slot", slot.pk)
    _tell_added(request, [asked], store)
    return redirect(_calendar_of(form.wanted.staff, asked.starts_at, store))


@require_POST
@requires(Action.MANAGE_OWN_TIME)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    """This one, or this and the later ones that were entered with it."""
    slot = _slot(request, pk)
    slots = [slot]
    if slot.series and request.POST.get("which") == "later":
        slots = list(_later_ones(request, slot))
    changes = time_slots.remove(slots, author=request.user)
    _tell_removed(request, changes, slot)
    return redirect(_calendar_of(slot.staff, slot.starts_at, slot.store))


@require_POST
def dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """She has read that it was refused."""
    get_object_or_404(TimeChange.objects.needing_attention(request.user), pk=pk).dismiss()
    return redirect("today")


# --- whose, where ------------------------------------------------------------------------------------


def _store(request: StaffRequest) -> Store:
    store = current_store(request)
    if store is None:
        raise Http404
    return store


def _people(request: StaffRequest, store: Store) -> dict[int, StaffMember]:
    """In whose calendars of `store` she may do this."""
    people = StaffMember.objects.time_managed_by(request.user).filter(store=store)
    found = {member.pk: member for member in people}
    if not found:
        raise Http404
    return found


def _slot(request: StaffRequest, pk: int) -> TimeSlot:
    return get_object_or_404(TimeSlot.objects.manageable_by(request.user).select_related("staff", "store"), pk=pk)


def _later_ones(request: StaffRequest, slot: TimeSlot) -> Any:
    mine = TimeSlot.objects.manageable_by(request.user).select_related("staff", "store")
    return mine.filter(series=slot.series, starts_at__gte=slot.starts_at, remote_id__isnull=False)


def _initial(request: StaffRequest, store: Store, people: dict[int, StaffMember]) -> dict[str, Any]:
    """What the calendar she came from knows: whose, which day, from when."""
    asked = request.GET
    own = {member.pk for member in request.user.memberships}
    first = next((pk for pk in people if pk in own), next(iter(people)))
    staff = int(asked["staff"]) if asked.get("staff", "").isdecimal() and len(asked["staff"]) < 18 else first
    return {
        "reference": uuid.uuid4(),
        "staff": staff if staff in people else first,
        "day": _parsed(parse_date, asked.get("day", "")) or store.today(),
        "start": _parsed(parse_time, asked.get("start", "")),
    }


def _parsed(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


def _as_it_is(slot: TimeSlot) -> dict[str, Any]:
    local = slot.store.local
    return {
        "reference": uuid.uuid4(),
        "staff": slot.staff_id,
        "kind": slot.kind,
        "day": local(slot.starts_at).date(),
        "start": local(slot.starts_at).time(),
        "end": local(slot.ends_at).time(),
        "label": slot.label,
        "tags": slot.tags,
    }


def _calendar_of(staff: StaffMember, moment: dt.datetime, store: Store) -> str:
    return f"{reverse('calendar-staff', args=[staff.pk])}?day={store.local(moment).date().isoformat()}"


# --- what the pages say ------------------------------------------------------------------------------


def _form_page(request: StaffRequest, form: TimeForm, *, title: str, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "store": form.store, **more}
    return render(request, "bookings/time_slot_new.html", context, status=status)


def _slot_page(
    request: StaffRequest, slot: TimeSlot, form: TimeForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    later = _later_ones(request, slot).count() if slot.series else 0
    under_way = TimeChange.objects.open().filter(removes=slot.remote_id or "-", staff=slot.staff_id).exists()
    context = {"form": form, "slot": slot, "store": slot.store, "later": later, **more}
    context["is_open"] = slot.is_accepted and slot.can_modify and not under_way
    context["calendar"] = _calendar_of(slot.staff, slot.starts_at, slot.store)
    return render(request, "bookings/time_slot.html", context, status=status)


def _said(change: TimeChange, store: Store) -> dict[str, str]:
    start, end = store.local(change.starts_at), store.local(change.ends_at)
    return {"who": change.staff.full_name, "day": day(start), "start": clock(start), "end": clock(end)}


def _tell_added(request: StaffRequest, changes: list[TimeChange], store: Store) -> None:
    refused = [one for one in changes if one.state in (State.REFUSED, State.GIVEN_UP)]
    if refused:
        messages.error(request, _("Not entered. %(why)s") % {"why": wording.reason(refused[0].reason)})
    done = [one for one in changes if one.state == State.DONE]
    waiting = len(changes) - len(done) - len(refused)
    if len(changes) == 1 and done:
        said = _("%(day)s, %(start)s–%(end)s is in the calendar of %(who)s.")
        messages.success(request, said % _said(changes[0], store))
    elif done:
        said = ngettext("%(n)d time is in the calendar.", "%(n)d times are in the calendar.", len(done))
        messages.success(request, said % {"n": len(done)})
    if waiting:
        messages.warning(request, _waiting(waiting))


def _waiting(number: int) -> str:
    return ngettext(
        "%(n)d is not confirmed yet. It follows by itself; nothing is lost.",
        "%(n)d are not confirmed yet. They follow by themselves; nothing is lost.",
        number,
    ) % {"n": number}


def _tell_removed(request: StaffRequest, changes: list[TimeChange], slot: TimeSlot) -> None:
    if not changes:
        messages.error(request, _("Somebody is changing this right now. Please look again in a moment."))
        return
    refused = [one for one in changes if one.state in (State.REFUSED, State.GIVEN_UP)]
    if refused:
        messages.error(request, _("Not removed. %(why)s") % {"why": wording.reason(refused[0].reason)})
    done = [one for one in changes if one.state == State.DONE]
    if done:
        said = ngettext("%(n)d time is removed.", "%(n)d times are removed.", len(done))
        messages.success(request, said % {"n": len(done)})
    if waiting := len(changes) - len(done) - len(refused):
        messages.warning(request, _waiting(waiting))
