"""What waits for a person: each request with who could take it and why, given by one tap, or several at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import actions, counter, freshness, live, wording
from bookings.agenda import waiting_words, wished_times
from bookings.dispatching import Candidate, Floor, Wish, suggest
from bookings.forms import MoveOrder
from bookings.models import Booking, Change
from bookings.request_forms import DeclineForm, GiveForm, RequestsForm, only, people_by_id
from bookings.templatetags.shop import when
from bookings.views.floor import managed_stores, people_of, waiting, waiting_one
from clienteling.models import StaffMember, Store
from clienteling.permissions import Action
from clienteling.requests import StaffRequest

K = Change.Kind
MOST_LISTED = 100
MOST_AT_ONCE = 20  # each is two calls to the booking system
WARN_AFTER, TROUBLE_AFTER = dt.timedelta(hours=2), dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One request in the list. `age`: "", warn or trouble; `asks`: what keeps it waiting, in words."""

    booking: Booking
    waiting: str
    age: str
    wished: str
    asks: str
    url: str
    is_shown: bool = False


def _row(booking: Booking, *, now: dt.datetime, url: str = "", is_shown: bool = False) -> Row:
    span = now - booking.booked_at
    age = "trouble" if span >= TROUBLE_AFTER else "warn" if span >= WARN_AFTER else ""
    return Row(booking, waiting_words(span), age, wished_times(booking), _asks(booking), url, is_shown)


def _asks(booking: Booking) -> str:
    if booking.staff:
        return _("asks for %(name)s") % {"name": booking.staff.full_name}
    return _("proposes times, anyone") if booking.starts_at is None else _("anyone")


# --- the inbox -------------------------------------------------------------------------------------------


@require_safe
def inbox(request: StaffRequest) -> HttpResponse:
    stores = managed_stores(request, Action.DISPATCH_REQUESTS)
    form = RequestsForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    shown = only(stores, asked.get("store"))
    marker, now = live.requests(shown), timezone.now()
    found = list(waiting(request.user, shown).with_details()[:MOST_LISTED])
    chosen = next((one for one in found if one.pk == asked.get("request")), found[0] if found else None)
    store = shown[0].pk if len(shown) == 1 else None
    rows = [_row(one, now=now, url=_url(store=store, request=one.pk), is_shown=one == chosen) for one in found]
    fresh = freshness.of_store(chosen.store if chosen else shown[0])
    context = {
        "rows": rows,
        "stores": [(one.pk, one.name, one.pk == store) for one in stores],
        "store": store,
        "live": marker,
        "fresh": fresh,
        "is_picked": bool(asked.get("request") and chosen and chosen.pk == asked["request"]),
        "can_suggest": len(found) > 1,
        "suggest_url": f"{reverse('requests-suggest')}{f'?store={store}' if store else ''}",
        "list_url": _url(store=store),
        **(_chosen(chosen, now) if chosen else {}),
    }
    return render(request, "bookings/requests.html", context)


def _url(**query: Any) -> str:
    kept = {name: value for name, value in query.items() if value}
    return f"{reverse('requests')}?{urlencode(kept)}" if kept else reverse("requests")


def _chosen(booking: Booking, now: dt.datetime) -> dict[str, Any]:
    wish = Wish.of(booking)
    can, cannot = Floor.read(booking.store, [wish], now=now).candidates(wish)
    return {
        "chosen": booking,
        "row": _row(booking, now=now),
        "proposed": [(booking.store.local(first), booking.store.local(last)) for first, last in wish.spells],
        "is_proposed": not wish.is_fixed,
        "can": [_with_reference(one) for one in can],
        "cannot": cannot,
        "seen": booking.modified_at.isoformat(),
        "decline_form": DeclineForm(initial={"reference": uuid.uuid4()}, auto_id="decline_%s"),
        "can_propose": K.PROPOSE in counter.possible(booking),
        "under_way": booking.changes.open().first(),
    }


def _with_reference(candidate: Candidate) -> tuple[Candidate, uuid.UUID]:
    """A second tap on the same button finds what the first has led to."""
    return candidate, uuid.uuid4()


# --- one decision ------------------------------------------------------------------------------------------


@require_POST
def give(request: StaffRequest, pk: int) -> HttpResponse:
    """One tap: that person, that time, confirmed."""
    booking = waiting_one(request, pk)
    form = GiveForm(request.POST, people=people_by_id(people_of(request.user, booking.store)))
    if not form.is_valid() or not form.cleaned_data["slot"]:
        return _out_of_date(request, pk)
    result = _give(request, booking, form.cleaned_data)
    _tell(request, result, booking)
    return redirect(_url(store=form.cleaned_data["store"], request=pk if result.refusal else None))


def _give(request: StaffRequest, booking: Booking, data: dict[str, Any], *, proposal: bool = False) -> counter.Attempt:
    return counter.attempt(
        booking,
        kind=K.PROPOSE if proposal else K.DISPATCH,
        reference=data["reference"],
        send=lambda reference: actions.dispatch(
            booking,
            starts_at=data["slot"].starts_at,
            staff=data["slot"].staff,
            author=request.user,
            proposal=proposal,
            seen_at=data["seen"],
            reference=reference,
        ),
    )


@require_POST
def decline(request: StaffRequest, pk: int) -> HttpResponse:
    booking = waiting_one(request, pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _out_of_date(request, pk)
    data = form.cleaned_data
    result = counter.attempt(
        booking,
        kind=K.DECLINE,
        reference=data["reference"],
        send=lambda reference: actions.decline(
            booking, reason=data["reason"], author=request.user, seen_at=data["seen"], reference=reference
        ),
    )
    _tell(request, result, booking)
    return redirect(_url(store=data["store"], request=pk if result.refusal else None))


def _out_of_date(request: StaffRequest, pk: int) -> HttpResponse:
    messages.error(request, _("That page was out of date. Please look it over and try again."))
    return redirect(_url(request=pk))


def _tell(request: StaffRequest, result: counter.Attempt, booking: Booking) -> None:
    if result.refusal or result.change is None:
        messages.error(request, result.refusal)
    elif result.change.is_open:
        messages.warning(request, wording.not_confirmed(result.change))
    else:
        booking.refresh_from_db()
        messages.success(request, wording.done(result.change, booking))


# --- another time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A time and a person, as GiveForm reads them."""

    starts_at: dt.datetime
    staff: StaffMember


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest, pk: int) -> HttpResponse:
    """Another time, which the client has to agree to."""
    booking = waiting_one(request, pk)
    if K.PROPOSE not in counter.possible(booking) and request.method != "POST":
        messages.error(request, counter.why_not(booking, K.PROPOSE))
        return redirect(_url())
    people = people_by_id(people_of(request.user, booking.store))
    form = MoveOrder(request.POST or None, booking=booking, people=people)
    if request.method != "POST" or not form.is_valid():
        return _propose_page(request, booking, form, status=422 if form.is_bound else 200)
    data = form.cleaned_data
    slot = Slot(data["starts_at"], data["staff"])
    result = _give(request, booking, {**data, "slot": slot}, proposal=True)
    if result.refusal:
        return _propose_page(request, booking, form, status=409, refusal=result.refusal, reference=result.reference)
    _tell(request, result, booking)
    return redirect(_url())


def _propose_page(
    request: StaffRequest, booking: Booking, form: MoveOrder, *, status: int = 200, **more: Any
) -> HttpResponse:
    wish, now = Wish.of(booking), timezone.now()
    can, cannot = Floor.read(booking.store, [wish], now=now).candidates(wish)
    context = {
        "booking": booking,
        "about": wording.about(booking),
        "row": _row(booking, now=now),
        "form": form,
        "can": can,
        "people": [one.staff for one in (*can, *cannot)],
        "reference": uuid.uuid4(),
        "seen": booking.modified_at.isoformat(),
        "today": booking.store.today(),
        "leave": _url(request=booking.pk),
        **more,
    }
    return render(request, "bookings/request_propose.html", context, status=status)


# --- several at once -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One request on the page of suggestions; `outcome` once it was sent, `tone` good, warn or trouble."""

    row: Row
    options: list[Candidate] = field(default_factory=list)
    chosen: str = ""
    reasons: list[str] = field(default_factory=list)
    reference: uuid.UUID = field(default_factory=uuid.uuid4)
    seen: str = ""
    outcome: str = ""
    tone: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def suggest_all(request: StaffRequest) -> HttpResponse:
    """A fair share-out of what waits, to be looked over; then each is sent for itself, with what became of it."""
    stores = managed_stores(request, Action.DISPATCH_REQUESTS)
    form = RequestsForm(request.POST if request.method == "POST" else request.GET)
    shown = only(stores, form.cleaned_data.get("store") if form.is_valid() else None)
    sent = _send_several(request) if request.method == "POST" else []
    found = [] if sent else list(waiting(request.user, shown).with_details()[:MOST_AT_ONCE])
    context = {
        "sent": sent,
        "lines": _suggested(found, timezone.now()),
        "store": shown[0].pk if len(shown) == 1 else None,
        "several_stores": len(stores) > 1,
        "done": sum(line.tone == "good" for line in sent),
        "leave": _url(store=shown[0].pk if len(shown) == 1 else None),
        "most": MOST_AT_ONCE,
        "is_full": len(found) == MOST_AT_ONCE,
    }
    return render(request, "bookings/requests_suggest.html", context)


def _suggested(bookings: Sequence[Booking], now: dt.datetime) -> list[Line]:
    """Store by store, each store's people read once."""
    lines: dict[int, Line] = {}
    stores: dict[int, Store] = {one.store_id: one.store for one in bookings}
    for pk, store in stores.items():
        wishes = [Wish.of(one) for one in bookings if one.store_id == pk]
        for found in suggest(Floor.read(store, wishes, now=now), wishes):
            booking, chosen = found.wish.booking, found.chosen
            lines[booking.pk] = Line(
                row=_row(booking, now=now),
                options=found.options,
                chosen=chosen.value if chosen else "",
                reasons=chosen.reasons if chosen else [],
                seen=booking.modified_at.isoformat(),
            )
    return [lines[one.pk] for one in bookings]


def _send_several(request: StaffRequest) -> list[Line]:
    """One by one, in the order of the page; one that is refused stops none of the others."""
    numbers = [text for text in request.POST.getlist("request") if text.isdecimal() and len(text) < 19]
    found = []
    for pk in dict.fromkeys(map(int, numbers[:MOST_AT_ONCE])):
        booking = waiting_one(request, pk)
        people = people_by_id(people_of(request.user, booking.store))
        form = GiveForm(request.POST, people=people, prefix=str(pk))
        found.append(_sent(request, booking, form))
    return found


def _sent(request: StaffRequest, booking: Booking, form: GiveForm) -> Line:
    row = _row(booking, now=timezone.now(), url=_url(request=booking.pk))
    if not form.is_valid():
        return Line(row, outcome=_("Not understood: left as it is."), tone="trouble")
    if not form.cleaned_data["slot"]:
        return Line(row, outcome=_("Left as it is."))
    result = _give(request, booking, form.cleaned_data)
    if result.refusal or result.change is None:
        return Line(row, outcome=result.refusal, tone="trouble")
    if result.change.is_open:
        return Line(row, outcome=wording.not_confirmed(result.change), tone="warn")
    slot = form.cleaned_data["slot"]
    words = {"name": slot.staff.full_name, "when": when(booking.store.local(slot.starts_at))}
    return Line(row, outcome=_("Given to %(name)s, %(when)s.") % words, tone="good")
