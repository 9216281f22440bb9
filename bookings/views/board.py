"""The store board: one day, every person a column; or the same day as a list. Asks no booking system."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bookings import board, board_html, calendars, freshness, live, periods
from bookings.gateway import get_gateway
from bookings.localtime import zone_words
from bookings.periods import DAY, EARLIEST, LATEST, LIST, Period, long_day
from bookings.templatetags.shop import clock
from bookings.views.floor import managed_store, people_of
from clienteling.models import StaffMember, Store, User
from clienteling.permissions import Action, may
from clienteling.requests import StaffRequest

MOST_PICKED = 500
# Shown in the list of keys (static/js/calendar.js).
KEYS = (
    (("←", "→"), gettext_lazy("Day before, after")),
    (("t",), gettext_lazy("Back to today")),
    (("d", "w", "l"), gettext_lazy("Day, one person's week, list")),
    (("m",), gettext_lazy("Move the appointment in focus")),
)


class ManyIds(forms.TypedMultipleChoiceField):
    """Our ids, any number of them; what is none is left out."""

    def __init__(self) -> None:
        super().__init__(required=False, coerce=int)

    def to_python(self, value: Any) -> list[str]:
        return [text for text in (value or [])[:MOST_PICKED] if str(text).isdecimal() and len(str(text)) < 19]

    def valid_value(self, value: Any) -> bool:
        return True


class BoardForm(forms.Form):
    """What part of the board. What makes no sense is left out and said so."""

    day = forms.DateField(required=False, validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)])
    view = forms.ChoiceField(choices=((DAY, DAY), (LIST, LIST)), required=False)
    cancelled = forms.BooleanField(required=False)
    staff = ManyIds()
    service = ManyIds()


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the board. `staff`, `services`: those picked, empty for all."""

    store: Store
    day: dt.date
    view: str
    cancelled: bool
    staff: list[int]
    services: list[int]
    now: dt.datetime

    def url(self, **other: Any) -> str:
        asked = {
            "view": self.view if self.view != DAY else "",
            "day": self.day.isoformat() if self.day != self.store.today() else "",
            "cancelled": int(self.cancelled),
            "staff": self.staff,
            "service": self.services,
        } | other
        kept = {name: value for name, value in asked.items() if value}
        return f"{reverse('board')}?{urlencode(kept, doseq=True)}"


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    store = managed_store(request)
    form = BoardForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    look = Look(
        store=store,
        day=asked.get("day") or store.today(),
        view=asked.get("view") or DAY,
        cancelled=bool(asked.get("cancelled")),
        staff=asked.get("staff") or [],
        services=asked.get("service") or [],
        now=timezone.now(),
    )
    return render(request, "bookings/board.html", _context(request, look, form))


def _context(request: StaffRequest, look: Look, form: BoardForm) -> dict[str, Any]:
    store, marker = look.store, live.board(look.store)
    everybody = people_of(request.user, store)
    picked = [person for person in everybody if person.pk in set(look.staff)] or everybody
    day = board.read(store=store, user=request.user, day=look.day, people=picked, with_cancelled=look.cancelled)
    fresh = freshness.of_store(store)
    first, last = get_gateway().mirrored_until(store=store)
    time_url = _time_url(request.user, look)
    return {
        "look": look,
        "form": form,
        "live": marker,
        "fresh": fresh,
        "known": freshness.is_known(fresh),
        "outside": not first <= look.day <= last,
        "title": long_day(look.day),
        "zone": zone_words(store, store.day_bounds(look.day)[0]),
        "clock_change": periods.clock_change_words(store, [look.day]),
        "people": [(person.pk, person.full_name, person.pk in look.staff) for person in everybody],
        "services": [(pk, name, n, pk in look.services) for pk, name, n in day.services],
        "cancelled": day.cancelled,
        "page_keys": KEYS,
        "time_url": time_url,
        **_links(look, picked),
        **_contents(look, _matching(day, look), picked, opens_slots=bool(time_url)),
    }


def _matching(day: board.Day, look: Look) -> board.Day:
    """Only appointments with one of the services picked; what else takes time stays."""
    if not look.services:
        return day
    wanted = set(look.services)
    lines = [line for line in day.lines if line.kind != "booking" or line.services & wanted]
    return board.Day(day.day, lines, day.cancelled, day.services, day.hours)


def _time_url(user: User, look: Look) -> str:
    """Where busy and extra time is entered, for who may; "" for everybody else."""
    if not may(user, Action.MANAGE_STORE_TIME, look.store) or calendars.NO_TIME_SLOTS in look.store.limits:
        return ""
    return f"{reverse('time-slot-new')}?{urlencode({'day': look.day.isoformat()})}"


def _contents(look: Look, day: board.Day, people: list[StaffMember], *, opens_slots: bool) -> dict[str, Any]:
    sheet = board.draw(day, look.store, people, now=look.now)
    if look.view == LIST:
        names = {person.pk: person.full_name for person in people}
        return {"sheet": None, "lines": len(day.lines), "rows": board_html.rows(day.lines, names, sheet.clocks)}
    iso = look.day.isoformat()
    return {
        "sheet": sheet,
        "lines": len(day.lines),
        "hours": [(n, clock(moment.astimezone(look.store.zone))) for n, moment in enumerate(sheet.starts)],
        "now_words": clock(look.store.local(look.now)),
        "free_now": sum(column.note.tone == "free" for column in sheet.columns),
        "columns": board_html.columns(sheet, list_url=look.url(view=LIST), day=iso, opens_slots=opens_slots),
    }


def _links(look: Look, people: list[StaffMember]) -> dict[str, Any]:
    period = Period(DAY, look.day)
    is_today = look.day == look.store.today()
    week = reverse("calendar-staff", args=[people[0].pk]) if people else reverse("calendar")
    return {
        "before_url": look.url(day=period.before.isoformat()),
        "after_url": look.url(day=period.after.isoformat()),
        "today_url": look.url(day=""),
        "is_today": is_today,
        "day_url": look.url(view=""),
        "week_url": f"{week}?{urlencode({'view': 'week', 'day': look.day.isoformat()})}",
        "list_url": look.url(view=LIST),
        "everything_url": look.url(staff=[], service=[]),
        "cancelled_url": look.url(cancelled="" if look.cancelled else 1),
    }
