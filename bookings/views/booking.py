"""One booking: all about it, and what may be done with it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bookings import actions, alternatives, counter, live, localtime, wording
from bookings.forms import (
    Desk,
    ItemFormSet,
    MoveForm,
    MoveOrder,
    StateForm,
    WordsForm,
    item_rows,
    plain_breaks,
    typed_so_far,
)
from bookings.gateway import get_gateway
from bookings.models import Booking, Change, Service, Status, TimeSlot
from bookings.offers import Other, Times
from clienteling import audit, contact
from clienteling.models import Deed, StaffMember, User

K = Change.Kind
SERVICES = "items__service__category"
CHANGES_SHOWN = 30
JUST_BOOKED = dt.timedelta(minutes=10)
# Presses that need nothing but the press, with the words on their buttons.
PRESSES = {
    K.CONFIRM: pgettext_lazy("button", "Confirm"),
    K.ARRIVE: pgettext_lazy("button", "Arrived"),
    K.COMPLETE: pgettext_lazy("button", "Complete"),
    K.NO_SHOW: pgettext_lazy("button", "No-show"),
    K.UNDO: pgettext_lazy("button", "Undo"),
}
UNDO_WORDS = {
    "completed": pgettext_lazy("button", "Not completed after all"),
    "arrived": pgettext_lazy("button", "Back to expected"),
    "no_show": pgettext_lazy("button", "Back to expected"),
}


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    booking = _booking(request, pk)
    who = {"client": booking.client_id, "store": booking.store_id}
    audit.record_seen(Deed.BOOKING_SEEN, user=request.user, about=booking, **who)
    return render(request, "bookings/booking.html", _context(request, booking))


@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment, asked for while a change is open; once it is answered the whole page is fetched again."""
    booking = _booking(request, pk)
    waiting = booking.changes.open().first()
    if waiting is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "bookings/_booking_waiting.html", {"booking": booking, **_waiting(waiting)})


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Confirm, cancel, arrived, no-show, complete, undo. Only cancelling has a page of its own, which asks first."""
    kind = kind.replace("-", "_")
    if kind not in (*PRESSES, K.CANCEL):
        raise Http404
    booking = _booking(request, pk)
    if not booking.is_changeable:
        return _not_yours(request, booking)
    if request.method == "POST":
        return _change(request, booking, kind)
    if kind != K.CANCEL:
        return HttpResponseNotAllowed(["POST"])
    return render(request, "bookings/booking_cancel.html", _context(request, booking))


def _change(request: HttpRequest, booking: Booking, kind: str) -> HttpResponse:
    form = StateForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That page was out of date. Please try again."))
        return redirect("booking", booking.pk)
    data = form.cleaned_data
    result = counter.attempt(
        booking,
        kind=kind,
        reference=data["reference"],
        send=lambda reference: actions.set_state(
            booking, kind=kind, author=_user(request), seen_at=data["seen"], reference=reference
        ),
    )
    _tell(request, result, booking)
    return redirect(_next(request, data["next"], booking))


def _tell(
    request: HttpRequest, result: counter.Attempt, booking: Booking, staff: dict[int, StaffMember] | None = None
) -> None:
    if result.refusal or result.change is None:
        messages.error(request, result.refusal)
    elif result.change.is_open:
        messages.warning(request, wording.not_confirmed(result.change))
    else:
        messages.success(request, wording.done(result.change, booking, staff))


# --- Move ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """From a drag or by keyboard. Nothing is sent before it was shown what changes."""
    booking = _booking(request, pk, SERVICES)
    if not booking.is_changeable:
        return _not_yours(request, booking)
    desk = _desk(request, booking)
    if request.method == "POST":
        return _move(request, booking, desk)
    if K.MOVE not in counter.possible(booking):
        messages.error(request, wording.why_not(booking, K.MOVE))
        return redirect("booking", booking.pk)
    form = MoveForm(request.GET, booking=booking, people=desk.people)
    if form.is_valid() and form.cleaned_data.get("starts_at"):
        return _move_page(request, booking, form, reference=uuid.uuid4())
    return _times_page(request, booking, desk, form)


def _move(request: HttpRequest, booking: Booking, desk: Desk) -> HttpResponse:
    form = MoveOrder(request.POST, booking=booking, people=desk.people)
    if not form.is_valid():
        return _times_page(request, booking, desk, form, status=422)
    wanted = form.cleaned_data
    result = counter.attempt(
        booking,
        kind=K.MOVE,
        reference=wanted["reference"],
        seen_at=wanted["seen"],
        send=lambda reference: actions.move(
            booking,
            starts_at=wanted["starts_at"],
            staff=wanted["staff"],
            author=_user(request),
            seen_at=wanted["seen"],
            reference=reference,
        ),
    )
    if result.refusal:
        return _not_moved(request, booking, desk, form, result)
    _tell(request, result, booking, desk.people)
    return redirect(_next(request, wanted["next"], booking))


def _not_moved(
    request: HttpRequest, booking: Booking, desk: Desk, form: MoveForm, result: counter.Attempt
) -> HttpResponse:
    """The question again, why not, and where the booking system said no the nearest times that are really free."""
    wanted, instead = form.cleaned_data, None
    if result.change:
        booking = _booking(request, booking.pk, SERVICES)
        day = max(booking.store.local(wanted["starts_at"]).date(), booking.store.today())
        everybody = _ask(booking, desk, first_day=day, staff=None)
        instead = alternatives.to(wanted["starts_at"], wanted["staff"], everybody)
    more = {"reference": result.reference, "refusal": result.refusal, "alternatives": instead}
    return _move_page(request, booking, form, status=409, **more)


def _move_page(
    request: HttpRequest, booking: Booking, form: MoveForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """From there to here, side by side."""
    wanted = form.cleaned_data
    twice = localtime.is_ambiguous(wanted["starts_at"], booking.store.zone)
    context = {
        "booking": booking,
        "store": booking.store,
        "wanted": wanted,
        "wanted_end": wanted["starts_at"] + dt.timedelta(minutes=booking.minutes),
        "wanted_offset": twice and localtime.offset_label(wanted["starts_at"], booking.store.zone),
        "unchanged": (wanted["starts_at"], wanted["staff"]) == (booking.starts_at, booking.staff),
        "question": wording.move_question(booking, wanted["starts_at"], wanted["staff"]),
        "seen": booking.modified_at.isoformat(),
        "leave": _next(request, wanted.get("next", ""), booking),
        **more,
    }
    return render(request, "bookings/booking_move.html", context, status=status)


def _times_page(
    request: HttpRequest, booking: Booking, desk: Desk, form: MoveForm, *, status: int = 200
) -> HttpResponse:
    """Live free times to choose from, and a day and time to be typed."""
    given = form.cleaned_data.get
    today = booking.store.today()
    # Whoever does it now, unless somebody else or anyone was asked for.
    staff = given("staff") if "staff" in form.data else booking.staff
    start = given("day") or (booking.local_start.date() if booking.local_start else today)
    times = _ask(booking, desk, first_day=max(start, today), staff=staff)
    context = {
        "booking": booking,
        "store": booking.store,
        "form": form,
        "judged": form.wants_a_time or request.method == "POST",
        "people": desk.people.values(),
        "staff": staff,
        "times": times,
        "can_ask": _has_known_services(booking),
        "about": wording.about(booking),
        "next": given("next") or "",
        "leave": _next(request, given("next") or "", booking),
    }
    return render(request, "bookings/booking_times.html", context, status=status)


def _ask(booking: Booking, desk: Desk, *, first_day: dt.date, staff: StaffMember | None) -> Times:
    services, others = _shared(booking, staff) if _has_known_services(booking) else ([], [])
    return Times.ask(
        store=booking.store,
        services=services,
        others=others,
        people=desk.people,
        now=timezone.now(),
        first_day=first_day,
        staff=staff,
    )


def _shared(booking: Booking, staff: StaffMember | None) -> tuple[list[Service], list[Other]]:
    """The services that its own person begins with; and in their turn those of colleagues, and what is hers after them
    (nobody is asked about that where anyone may have it)."""
    given = {part.label: part for part in _parts(booking)}
    own: list[Service] = []
    others: list[Other] = []
    moment = first = booking.starts_at or timezone.now()
    for number, item in enumerate(booking.item_list):
        part = given.pop(item.name, None) if number else None
        moment = part.starts_at if part else moment
        who = part.staff if part else staff
        if item.service and not part and not others:
            own.append(item.service)
        elif item.service and who:
            others.append(Other(item.service, who, moment - first))
        moment += dt.timedelta(minutes=item.duration + item.spacing_after)
    return own, others


def _parts(booking: Booking) -> list[TimeSlot]:
    """What colleagues give of it."""
    return list(booking.parts.select_related("staff")) if len(booking.item_list) > 1 else []


# --- Edit ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Services, their lengths and prices, and the words."""
    booking = _booking(request, pk, SERVICES)
    if not booking.is_changeable:
        return _not_yours(request, booking)
    desk = _desk(request, booking)
    if request.method == "POST":
        return _edit(request, booking, desk)
    if K.EDIT not in counter.possible(booking):
        messages.error(request, wording.why_not(booking, K.EDIT))
        return redirect("booking", booking.pk)
    words = WordsForm(initial={"client_request": booking.client_request, "quick_note": booking.quick_note})
    items = _items(desk, initial=_rows(booking))
    return _edit_page(request, booking, desk, words, items, reference=uuid.uuid4())


def _edit(request: HttpRequest, booking: Booking, desk: Desk) -> HttpResponse:
    words = WordsForm(request.POST)
    is_right = words.is_valid()
    step = words.cleaned_data.get("step", "")
    seen = words["seen"].value()
    reference = words.cleaned_data.get("reference") or uuid.uuid4()
    if step:
        typed = WordsForm(initial=typed_so_far(WordsForm, request.POST))
        items = _items(desk, initial=item_rows(request.POST, step, desk.services))
        return _edit_page(request, booking, desk, typed, items, reference=reference, seen=seen)
    items = _items(desk, request.POST) if _has_known_services(booking) else None
    if not is_right or (items is not None and not items.is_valid()):
        return _edit_page(request, booking, desk, words, items, reference=reference, seen=seen, status=422)
    return _send_edit(request, booking, desk, words, items)


def _send_edit(request: HttpRequest, booking: Booking, desk: Desk, words: WordsForm, items: Any) -> HttpResponse:
    changed = _changed(booking, words, items)
    data = words.cleaned_data
    if not changed and counter.latest(data["reference"])[1] is None:
        messages.info(request, _("Nothing was changed."))
        return redirect("booking", booking.pk)
    result = counter.attempt(
        booking,
        kind=K.EDIT,
        reference=data["reference"],
        send=lambda reference: actions.edit(
            booking, author=_user(request), seen_at=data["seen"], reference=reference, **changed
        ),
    )
    booking = _booking(request, booking.pk, SERVICES)
    if result.refusal:
        more = {"reference": result.reference, "refusal": result.refusal}
        return _edit_page(request, booking, desk, words, items, status=409, **more)
    _tell(request, result, booking)
    return redirect("booking", booking.pk)


def _changed(booking: Booking, words: WordsForm, items: Any) -> dict[str, Any]:
    """Only what differs from what the booking has now."""
    names = [name for name in ("client_request", "quick_note") if name not in booking.store.limits]
    changed = {
        name: words.cleaned_data[name]
        for name in names
        if words.cleaned_data[name] != plain_breaks(getattr(booking, name))
    }
    if items is not None:
        wanted = items.items
        if [(item.service.pk, item.duration, item.price) for item in wanted] != [
            (item.service_id, item.duration, item.price) for item in booking.item_list
        ]:
            changed["items"] = wanted
    return changed


def _has_known_services(booking: Booking) -> bool:
    return all(item.service for item in booking.item_list)


def _rows(booking: Booking) -> list[dict[str, Any]]:
    return [{"service": item.service_id, "duration": item.duration, "price": item.price} for item in booking.item_list]


def _items(desk: Desk, data: Any = None, *, initial: Any = None) -> Any:
    return ItemFormSet(data, initial=initial, prefix="items", form_kwargs={"services": desk.services})


def _edit_page(
    request: HttpRequest,
    booking: Booking,
    desk: Desk,
    words: WordsForm,
    items: Any,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "booking": booking,
        "store": booking.store,
        "words": words,
        "seen": booking.modified_at.isoformat(),
        "items": items if _has_known_services(booking) else None,
        "shelves": desk.shelves,
        "about": wording.about(booking),
        **more,
    }
    return render(request, "bookings/booking_edit.html", context, status=status)


# --- Shared --------------------------------------------------------------------------------------------


def _booking(request: HttpRequest, pk: int, *more: str) -> Any:
    """What the person may see, with `is_changeable`: whether she may also change it. `more` is prefetched."""
    changeable = Booking.objects.changeable_by(request.user).filter(pk=OuterRef("pk"))
    rows = Booking.objects.for_user(request.user).with_details().select_related("booked_by", "modified_by")
    found = get_object_or_404(rows.prefetch_related(*more).annotate(is_changeable=Exists(changeable)), pk=pk)
    contact.show_to(request.user, [found.client])
    return found


def _desk(request: HttpRequest, booking: Booking) -> Desk:
    """The store's people and services, with those of the booking that are not offered any more."""
    desk = Desk.of(booking.store, _user(request))
    for item in booking.item_list:
        if item.service:
            desk.services.setdefault(item.service.pk, item.service)
    return desk


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _next(request: HttpRequest, target: str, booking: Booking) -> str:
    """Where to go on: `target` where it is a page of ours, else the booking."""
    hosts = {request.get_host()}
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        return target
    return reverse("booking", args=[booking.pk])


def _not_yours(request: HttpRequest, booking: Booking) -> HttpResponse:
    return render(
        request, "bookings/booking_not_yours.html", {"booking": booking, "hint": wording.not_yours(booking)}, status=403
    )


def _waiting(waiting: Change) -> dict[str, Any]:
    """An open change in words, and in how many seconds it is looked at again."""
    seconds = (waiting.next_attempt_at - timezone.now()).total_seconds()
    return {"waiting": waiting, "waiting_words": wording.not_confirmed(waiting), "seconds": max(1, round(seconds))}


def _context(request: HttpRequest, booking: Any) -> dict[str, Any]:
    changes = list(booking.changes.all()[:CHANGES_SHOWN])
    waiting = next((one for one in changes if one.is_open), None)
    possible = counter.possible(booking) if booking.is_changeable and not waiting else []
    return {
        "booking": booking,
        "store": booking.store,
        "parts": _parts(booking),
        "live": live.booking(booking),
        "entries": wording.story(booking, changes, *_names(booking, changes)),
        "possible": possible,
        "presses": _presses(booking, possible),
        "hint": _hint(booking, possible, waiting),
        "reference": uuid.uuid4(),
        "just_booked": _just_booked(request, changes),
        "cancel_reference": uuid.uuid4(),
        "sentence": wording.booked(booking),
        "about": wording.about(booking),
        "proposed": _proposed(booking),
        "again_url": _again_url(booking),
        "day_url": _day_url(booking),
        "why_no_cancel": wording.why_not(booking, K.CANCEL),
        "failed": _failed(booking, changes),
        "fresh": _fresh(booking),
        **(_waiting(waiting) if waiting else {}),
    }


def _presses(booking: Booking, possible: list[str]) -> list[tuple[str, str]]:
    """(slug, words) of the buttons, the likeliest first."""
    kinds = [kind for kind in PRESSES if kind in possible]
    words = {**PRESSES, K.UNDO: UNDO_WORDS.get(booking.state, PRESSES[K.UNDO])}
    return [(str(kind).replace("_", "-"), str(words[kind])) for kind in kinds]


# What somebody looks for first in each state.
LOOKED_FOR = {
    "requested": K.CONFIRM,
    "awaiting_client": K.CONFIRM,
    "confirmed": K.ARRIVE,
    "arrived": K.COMPLETE,
    "no_show": K.UNDO,
}


def _hint(booking: Any, possible: list[str], waiting: Change | None) -> str:
    """Why there is no button where somebody might look for one."""
    if waiting or not booking.is_accepted or booking.status == Status.CANCELLED:
        return ""
    if not booking.is_changeable:
        return wording.not_yours(booking)
    kind = LOOKED_FOR.get(booking.state, K.MOVE)
    return "" if kind in possible else wording.why_not(booking, kind)


def _names(booking: Booking, changes: list[Change]) -> tuple[dict[int, StaffMember], dict[int, str]]:
    """People and services that changes speak of, by our ids."""
    staff_ids = {change.wanted["staff"] for change in changes if change.wanted.get("staff")}
    service_ids = {item["service"] for change in changes for item in change.wanted.get("items", [])}
    people = StaffMember.objects.filter(store=booking.store, pk__in=staff_ids) if staff_ids else []
    services = Service.objects.filter(store=booking.store, pk__in=service_ids) if service_ids else []
    return {member.pk: member for member in people}, {service.pk: service.name for service in services}


def _proposed(booking: Booking) -> list[tuple[dt.datetime, dt.datetime]]:
    """Times the client proposed, on the store's clock. What cannot be read as times is left out."""
    found = []
    for span in booking.proposed_times:
        try:
            start, end = (dt.datetime.fromisoformat(text) for text in span)
            found.append((booking.store.local(start), booking.store.local(end)))
        except (TypeError, ValueError):
            continue
    return found


def _again_url(booking: Booking) -> str:
    """The Book page with the same client, services and person."""
    known: list[tuple[str, Any]] = [("service", item.service_id) for item in booking.item_list if item.service_id]
    known += [("client", booking.client_id)] if booking.client_id else []
    return f"{reverse('booking-new')}?{urlencode(known)}"


def _day_url(booking: Any) -> str:
    """The day of the booking in the calendar of who does it, where she may open that; else in her own."""
    day = {"day": booking.local_start.date()} if booking.local_start else {}
    opens_it = booking.is_changeable and booking.staff_id
    url = reverse("calendar-staff", args=[booking.staff_id]) if opens_it else reverse("calendar")
    return f"{url}?{urlencode(day)}"


def _just_booked(request: HttpRequest, changes: list[Change]) -> bool:
    """Whether she has booked it a moment ago and nothing has happened since."""
    newest = changes[0] if changes else None
    return bool(
        newest
        and newest.kind == K.BOOK
        and newest.state == Change.State.DONE
        and newest.author_id == _user(request).pk
        and newest.answered_at
        and timezone.now() - newest.answered_at < JUST_BOOKED
    )


def _failed(booking: Booking, changes: list[Change]) -> str:
    """Why a booking was never made, where that is so."""
    if booking.is_accepted or not changes or changes[0].is_open:
        return ""
    return wording.refused(changes[0])


def _fresh(booking: Booking) -> Any:
    gateway = get_gateway()
    fresh = gateway.freshness(stores=[booking.store])
    if fresh.as_of is None or timezone.now() - fresh.as_of > settings.MIRROR_STALE_AFTER:
        gateway.ask_refresh(store=booking.store)
    return fresh
