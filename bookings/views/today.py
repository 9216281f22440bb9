"""Today: the first page after log-in. Everything on it comes from the mirror; opening it asks no booking system."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from bookings import freshness, live
from bookings.agenda import Notice, agenda, notice, request_line, time_notice
from bookings.calendars import (
    bookings_of,
    group_rows,
    other_events,
    partition,
    with_change_under_way,
)
from bookings.localtime import zone_words
from bookings.models import Booking, Change, GroupEvent, TimeChange
from bookings.periods import long_day
from clienteling.frame import STORE_KEY, current_store, stores_of
from clienteling.models import StaffMember, Store, User
from clienteling.permissions import Action, may
from clienteling.requests import StaffRequest

MOST_NOTICES = 10
MOST_REQUESTS = 5
COUNT_REQUESTS_TO = 100
MOST_LOOKS = 100  # how often a page that waits for the mirror looks again by itself


class WhoseForm(forms.Form):
    """Whose day: her own, or everybody's for those who manage the store."""

    whose = forms.ChoiceField(choices=[("mine", "mine"), ("store", "store")], required=False)


class StoreForm(forms.Form):
    def __init__(self, request: StaffRequest) -> None:
        super().__init__(request.POST)
        self.fields["store"] = forms.ModelChoiceField(Store.objects.for_user(request.user))


class NextForm(forms.Form):
    next = forms.CharField(max_length=500, required=False)


class LooksForm(forms.Form):
    looks = forms.IntegerField(min_value=0, max_value=MOST_LOOKS, required=False)

    def count(self) -> int:
        """How often the page has looked already; what is not a number counts as too often."""
        return (self.cleaned_data["looks"] or 0) if self.is_valid() else MOST_LOOKS


@require_safe
def today(request: StaffRequest) -> HttpResponse:
    store = current_store(request)
    if store is None:
        at_systems = may(request.user, Action.SEE_LOGS)
        return redirect("connections") if at_systems else render(request, "bookings/today.html")
    now = timezone.now()
    member = request.user.member_in(store)
    whole_store = _shows_whole_store(request, store, member)
    state = freshness.of_store(store)
    context = {
        "store": store,
        "title": long_day(store.today()),
        "zone": zone_words(store, now),
        "now": now,
        "whole_store": whole_store,
        "has_choice": member is not None and _sees_whole_store(request.user, store),
        "notices": _notices(request),
        "fresh": state,
        "known": freshness.is_known(state),
        "live": live.today(request.user, store),
        **_day(request.user, store, None if whole_store else member, now),
    }
    return render(request, "bookings/today.html", context)


def _sees_whole_store(user: User, store: Store) -> bool:
    return may(user, Action.SEE_STORE_CALENDARS, store)


def _shows_whole_store(request: StaffRequest, store: Store, member: StaffMember | None) -> bool:
    if member is None:
        return True
    form = WhoseForm(request.GET)
    wants = form.is_valid() and form.cleaned_data["whose"] == "store"
    return wants and _sees_whole_store(request.user, store)


def _day(user: User, store: Store, member: StaffMember | None, now: dt.datetime) -> dict[str, Any]:
    """The day of `member`, or of everybody, and the requests that wait. Four queries, five for one person's."""
    start, end = store.day_bounds(store.today())
    owner = Q(staff=member) if member else Q(store=store)
    visible = bookings_of(user).select_related("client", "group_event", "staff")
    rows = list(with_change_under_way(visible.filter(owner).between(start, end)))
    helped = list(with_change_under_way(visible.helped_by(member, start, end))) if member else []
    requests = list(_requests(user, now))
    prefetch_related_objects([*rows, *helped, *requests[:MOST_REQUESTS]], "items")
    for booking in (*rows, *helped):
        booking.store = store  # the same row as each would load for itself
    live, cancelled = partition(rows)
    groups = group_rows(GroupEvent.objects.between(start, end).filter(owner))
    return {
        "agenda": agenda(live, other_events(groups, store), user=user, now=now, helped=helped),
        "cancelled": len(cancelled),
        "requests": [request_line(booking, now=now) for booking in requests[:MOST_REQUESTS]],
        "request_count": len(requests),
    }


def _requests(user: User, now: dt.datetime) -> Any:
    """Requests that can still be met, longest waiting first, from all stores she works in."""
    waiting = Booking.objects.for_user(user).requested().filter(Q(starts_at=None) | Q(starts_at__gte=now))
    return waiting.select_related("client", "store", "group_event").order_by("booked_at")[:COUNT_REQUESTS_TO]


def _notices(request: StaffRequest) -> list[Notice]:
    """Her own changes that were refused later on, or have no answer yet."""
    hers = Change.objects.open() | Change.objects.needing_attention(request.user)
    hers = hers.filter(author=request.user, booking__store__in=stores_of(request))
    rows = hers.select_related("booking__client", "booking__store")[:MOST_NOTICES]
    return [*(notice(change) for change in rows), *_time_notices(request)]


def _time_notices(request: StaffRequest) -> list[Notice]:
    """The same for busy and extra time."""
    hers = TimeChange.objects.open() | TimeChange.objects.needing_attention(request.user)
    hers = hers.filter(author=request.user, staff__store__in=stores_of(request))
    return [time_notice(change) for change in hers.select_related("staff__store")[:MOST_NOTICES]]


@login_not_required
@require_safe
def fresh(request: HttpRequest) -> HttpResponse:
    """The freshness in the header, asked for again and again while the mirror is catching up."""
    if not request.user.is_authenticated:
        # The session has ended meanwhile. The log-in page must not be put into the header of another.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    store = current_store(request)
    if store is None:
        raise Http404
    state = freshness.of_store(store, ask=False)
    response = render(
        request,
        "bookings/_fresh.html",
        {"fresh": state, "looks": LooksForm(request.GET).count() + 1, "most": MOST_LOOKS},
    )
    if state.state != "catching_up":
        response["HX-Trigger"] = "mirror-read"
    return response


@require_POST
def choose_store(request: StaffRequest) -> HttpResponse:
    form = StoreForm(request)
    if not form.is_valid():
        raise Http404
    request.session[STORE_KEY] = form.cleaned_data["store"].pk
    wanted = _safe_next(request)
    # One person's calendar belongs to one store: in another store her own is meant.
    return redirect(reverse("calendar") if wanted.startswith(reverse("calendar")) else wanted)


@require_POST
def dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """She has read that it was refused."""
    change = get_object_or_404(Change.objects.needing_attention(request.user), pk=pk)
    change.dismiss()
    return redirect(_safe_next(request))


def _safe_next(request: StaffRequest) -> str:
    """Where the form wants to go back to, if that is one of our own pages."""
    form = NextForm(request.POST)
    wanted = form.cleaned_data["next"] if form.is_valid() else ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("today")
