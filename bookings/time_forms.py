"""What people type to keep time busy, or to add time, in somebody's calendar. Times are those of the store's clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext

from bookings import localtime
from bookings.forms import NearDateField, StaffField
from bookings.models import TimeSlot
from bookings.time_slots import Span, Time
from clienteling.models import StaffMember, Store

MOST_TIMES = 60
MOST_TAGS = 10  # booxi-api.md section 6.2: ten tags, a hundred characters in all
MIDNIGHT = dt.time()

TIME = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")


class TimeForm(forms.Form):
    """One stretch of time of one person."""

    reference = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(
        label=_("What for"),
        choices=[
            (TimeSlot.Kind.BUSY, _("Busy: nobody can book it")),
            (TimeSlot.Kind.AVAILABLE, _("Extra time: can be booked outside the usual hours")),
        ],
        widget=forms.RadioSelect,
        initial=TimeSlot.Kind.BUSY,
    )
    day = NearDateField(label=_("Day"))
    start = forms.TimeField(label=_("From"), widget=TIME)
    end = forms.TimeField(label=_("To"), widget=TIME)
    label = forms.CharField(
        label=_("What it says in the calendar"), required=False, max_length=200, help_text=_("Lunch, training, stock")
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=100,
        help_text=_("For extra time that only some services may use; separated by commas."),
    )
    anyway = forms.BooleanField(label=_("Keep it busy all the same"), required=False)

    def __init__(
        self, data: QueryDict | None = None, *, store: Store, people: dict[int, StaffMember], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.store = store
        choices = [(member.pk, member.full_name) for member in people.values()]
        self.fields["staff"] = StaffField(people=people, label=_("Who"), widget=forms.Select(choices=choices))
        self.order_fields(["staff", "kind", "day", "start", "end", "label", "tags"])

    def clean_tags(self) -> str:
        tags = [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(
                ngettext_lazy("At most %(n)d tag.", "At most %(n)d tags.", MOST_TAGS) % {"n": MOST_TAGS}
            )
        return ",".join(tags)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if {"day", "start", "end"} <= data.keys() and data["end"] != MIDNIGHT and data["end"] <= data["start"]:
            self.add_error("end", _("It ends before it begins."))
        if not self.errors:
            start, end = data["start"], data["end"]
            data["spans"] = [span for day in self.days(data) if (span := self._span(day, start, end))]
        return data

    def days(self, data: dict[str, Any]) -> list[dt.date]:
        return [data["day"]]

    def _span(self, day: dt.date, start: dt.time, end: dt.time) -> Span | None:
        """From the first instant the clocks show `start` to the last they show `end`: where the clocks go back
        meanwhile, both times of that hour are meant. Midnight as the end is that of the day after."""
        last_day = day + dt.timedelta(days=1) if end == MIDNIGHT else day
        first = localtime.instants(day, start, self.store.zone)
        last = localtime.instants(last_day, end, self.store.zone)
        for name, found in (("start", first), ("end", last)):
            if not found:
                said = {"day": formats.date_format(day, pgettext("day, format of Django's date filter", "D j M"))}
                self.add_error(name, _("On %(day)s this time does not exist: the clocks go forward over it.") % said)
        return (first[0], last[-1]) if first and last else None

    @property
    def wanted(self) -> Time:
        """What was asked for; of a valid form."""
        data = self.cleaned_data
        return Time(data["staff"], data["kind"], data["spans"], data["label"], data["tags"])


class RepeatedTimeForm(TimeForm):
    """The same on several days."""

    until = NearDateField(label=_("Repeat until"), required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"),
        required=False,
        coerce=int,
        choices=list(WEEKDAYS_ABBR.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every day."),
    )

    def clean_until(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data["until"]
        day = self.cleaned_data.get("day")
        if until and day and until < day:
            raise forms.ValidationError(_("That is before the first day."))
        return until

    def days(self, data: dict[str, Any]) -> list[dt.date]:
        until, weekdays = data.get("until") or data["day"], data.get("weekdays")
        if until == data["day"]:
            return [until]
        every = (data["day"] + dt.timedelta(days=number) for number in range((until - data["day"]).days + 1))
        days = [day for day in every if not weekdays or day.weekday() in weekdays]
        if not days:
            self.add_error("weekdays", _("None of these days comes before the repetition ends."))
        if len(days) > MOST_TIMES:
            self.add_error(
                "until",
                _("That would be %(n)d times; at most %(most)d can be entered at once.")
                % {"n": len(days), "most": MOST_TIMES},
            )
            return []
        return days
