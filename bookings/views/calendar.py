"""One person's calendar: a day, a week, or a list. Drawn by the server from the mirror; it asks no booking system."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from bookings import calendars, daygrid, freshness, live, periods
from bookings.localtime import offset_label, zone_words
from bookings.periods import DAY, EARLIEST, LATEST, LIST, WEEK, Period
from bookings.templatetags.shop import clock
from clienteling.frame import current_store
from clienteling.models import StaffMember, User
from clienteling.permissions import Action, own_places
from clienteling.requests import StaffRequest

MOST_LANES = {DAY: 4, WEEK: 3}  # more, and nobody could read them
MOST_LOOKS = 60  # how often a page that waits for the mirror looks again by itself
# Shown in the list of keys (static/js/calendar.js).
KEYS = (
    (("←", "→"), gettext_lazy("Day or week before, after")),
    (("t",), gettext_lazy("Back to today")),
    (("d", "w", "l"), gettext_lazy("Day, week, list")),
    (("m",), gettext_lazy("Move the appointment in focus")),
)
VIEWS = ((DAY, gettext_lazy("Day")), (WEEK, gettext_lazy("Week")), (LIST, gettext_lazy("List")))


class CalendarForm(forms.Form):
    """What part of which calendar. What makes no sense is left out and said so."""

    day = forms.DateField(required=False, validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)])
    view = forms.ChoiceField(choices=VIEWS, required=False)
    cancelled = forms.BooleanField(required=False)
    looks = forms.IntegerField(min_value=0, max_value=MOST_LOOKS, required=False)
    staff = forms.IntegerField(min_value=1, required=False)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a calendar: whose, when, and how."""

    staff: StaffMember
    people: list[StaffMember]
    period: Period
    cancelled: bool
    looks: int
    now: dt.datetime

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        return self.staff.store.day_bounds(self.period.first, self.period.length)

    def url(self, **other: Any) -> str:
        """This calendar with `other` day, view, cancelled or looks."""
        asked = {"view": self.period.view, "day": self.period.day.isoformat(), "cancelled": int(self.cancelled)} | other
        kept = {name: value for name, value in asked.items() if value}
        return f"{reverse('calendar-staff', args=[self.staff.pk])}?{urlencode(kept)}"


@require_safe
def mine(request: StaffRequest) -> HttpResponse:
    """Her own calendar in the store she works in; for those without one, the first they may open."""
    store = current_store(request)
    people = _people(request.user, store=store) if store else []
    form = CalendarForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data.get("staff")
    if asked:
        return redirect(f"{reverse('calendar-staff', args=[asked])}?{request.GET.urlencode()}")
    own = own_places(request.user, Action.SEE_OWN_CALENDAR)
    chosen = next((person for person in people if person.pk in own), people[0] if people else None)
    if chosen is None:
        return render(request, "bookings/calendar_none.html", {"store": store})
    return _calendar(request, chosen, people)


@require_safe
def of_staff(request: StaffRequest, pk: int) -> HttpResponse:
    people = _people(request.user, store__staff__id=pk)
    chosen = next((person for person in people if person.pk == pk), None)
    if chosen is None:
        raise Http404
    return _calendar(request, chosen, people)


def _people(user: User, **where: Any) -> list[StaffMember]:
    """Whose calendars she may open in one store. One query, store included."""
    return list(StaffMember.objects.calendars_for(user).filter(**where).select_related("store"))


def _calendar(request: StaffRequest, staff: StaffMember, people: list[StaffMember]) -> HttpResponse:
    form = CalendarForm(request.GET)
    form.is_valid()
    look = _look(form, staff, people)
    fresh, outside = freshness.of_days(staff, look.period.days, ask=look.looks == 0)
    polled = "HX-Request" in request.headers and look.looks > 0
    context = {"look": look, "fresh": fresh, "outside": outside, "form": form, "most": MOST_LOOKS}
    context["known"] = freshness.is_known(fresh)
    context["poll_url"] = look.url(looks=look.looks + 1)
    context["live"] = live.calendar(staff)
    if polled and fresh.state == "catching_up" and look.looks < MOST_LOOKS:
        return render(request, "bookings/_calendar_wait.html", context)
    context |= _contents(look, request.user)
    if not polled:
        return render(request, "bookings/calendar.html", context)
    response = render(request, "bookings/_calendar.html", context | {"swap": True})
    response["HX-Retarget"], response["HX-Reswap"] = "#calendar", "outerHTML"
    return response


def _look(form: CalendarForm, staff: StaffMember, people: list[StaffMember]) -> Look:
    asked = form.cleaned_data
    period = Period(asked.get("view") or DAY, asked.get("day") or staff.store.today())
    looks = MOST_LOOKS if "looks" in form.errors else asked.get("looks") or 0
    return Look(staff, people, period, bool(asked.get("cancelled")), looks, timezone.now())


# --- what the page says ------------------------------------------------------------------------------


def _contents(look: Look, user: User) -> dict[str, Any]:
    start, end = look.bounds
    calendar = calendars.read(staff=look.staff, user=user, start=start, end=end, now=look.now)
    events = calendar.events
    if look.cancelled:
        events = sorted([*events, *calendar.cancelled], key=calendars.in_order)
    return {
        "events": events,
        "cancelled": len(calendar.cancelled),
        "colour": calendars.staff_colour(look.staff.pk),
        "zone": zone_words(look.staff.store, start),
        "clock_change": periods.clock_change_words(look.staff.store, look.period.days),
        "list_days": _list_days(look, events),
        "grid": _grid(look, events) if look.period.view != LIST else None,
        **_links(look, user),
    }


def _links(look: Look, user: User) -> dict[str, Any]:
    period = look.period
    return {
        "views": [(name, label, look.url(view=name), name == period.view) for name, label in VIEWS],
        "before_url": look.url(day=period.before.isoformat()),
        "after_url": look.url(day=period.after.isoformat()),
        "page_keys": KEYS,
        "today_url": look.url(day=""),
        "is_today": look.staff.store.today() in period.days,
        "cancelled_url": look.url(cancelled="" if look.cancelled else 1),
        "again_url": look.url(),
        "time_url": _time_url(look, user),
    }


def _time_url(look: Look, user: User) -> str:
    """Where busy and extra time is entered, for who may."""
    if not calendars.manages_time(user, look.staff):
        return ""
    asked = {"staff": look.staff.pk, "day": look.period.day.isoformat()}
    return f"{reverse('time-slot-new')}?{urlencode(asked)}"


def _list_days(look: Look, events: list[calendars.Event]) -> list[dict[str, Any]]:
    zone, today = look.staff.store.zone, look.staff.store.today()
    return [
        {
            "id": day.isoformat(),
            "title": periods.long_day(day),
            "is_today": day == today,
            "events": [event for event in events if daygrid.parts(event, day, zone)],
        }
        for day in look.period.days
    ]


def _grid(look: Look, events: list[calendars.Event]) -> dict[str, Any]:
    store = look.staff.store
    sheet = daygrid.draw(
        days=look.period.days,
        zone=store.zone,
        weekly_hours=store.weekly_hours,
        events=events,
        limit=MOST_LANES[look.period.view],
        now=look.now,
    )
    return {
        "hours": [(n, _hour_label(sheet, n)) for n in range(len(sheet.hours))],
        "size": len(sheet.hours),
        "now": clock(store.local(look.now)),
        "days": [_grid_day(look, column) for column in sheet.columns],
    }


def _hour_label(sheet: daygrid.Sheet, n: int) -> str:
    """The time at the start of an hour; with its distance from UTC where the clocks show it twice."""
    moment = sheet.labels[n]
    if not sheet.is_twice(n):
        return clock(moment)
    return pgettext("time and its distance from UTC", "%(time)s %(offset)s") % {
        "time": clock(moment),
        "offset": offset_label(moment, moment.tzinfo),  # type: ignore[arg-type]
    }


def _grid_day(look: Look, column: daygrid.Column) -> dict[str, Any]:
    day = column.day
    return {
        "column": column,
        "iso": day.isoformat(),
        "name": formats.date_format(day, pgettext("day of the week, format of Django's date filter", "D")),
        "date": formats.date_format(day, pgettext("day without weekday, format of Django's date filter", "j M")),
        "title": periods.long_day(day),
        "is_today": day == look.staff.store.today(),
        "url": look.url(view=DAY, day=day.isoformat()),
        "list_url": f"{look.url(view=LIST, day=day.isoformat())}#d{day.isoformat()}",
        "starts": " ".join(str(int(moment.timestamp())) if moment else "-" for moment in column.starts),
        "count": len(column.events) + sum(more.count for more in column.more),
    }
