"""What head office chooses for a report: only what the report takes (booker-connector-domo.txt, Details pane)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from integrations.models import Connection, ReportFormat, ReportSchedule, StoreLink
from integrations.reports.options import MOST_BACK, Day, Option, Options, SubReport, Unfit
from integrations.reports.registry import Report

t = gettext_lazy
FLAG_LABELS = {
    Option.INCLUDE_EXPIRED: t("Include expired"),
    Option.IGNORE_FREELANCERS: t("Ignore freelancers"),
    Option.ONLY_ACTIVE: t("Only active employees"),
    Option.DEFAULTS: t("The usual week instead of the days of a period"),
}
KINDS = [("back", t("Days back from today")), ("date", t("A date"))]
WEEKDAYS = [t("Monday"), t("Tuesday"), t("Wednesday"), t("Thursday"), t("Friday"), t("Saturday"), t("Sunday")]


def _date(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


def _back(label: Any, initial: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=MOST_BACK, initial=initial, help_text=help_text
    )


class OptionsForm(forms.Form):
    """`options` once it is valid."""

    def __init__(self, *args: Any, report: Report, connections: list[Connection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report = report
        self.connections = {one.pk: one for one in connections}
        self.fields["connection"] = forms.TypedChoiceField(
            label=_("Connection"),
            coerce=int,
            choices=[(one.pk, one.name) for one in connections],
            initial=connections[0].pk if connections else None,
            widget=forms.Select if len(connections) > 1 else forms.HiddenInput,
        )
        if Option.LOCATIONS in report.takes:
            self._add_locations()
        for one, label in FLAG_LABELS.items():
            if one in report.takes:
                self.fields[one.value] = forms.BooleanField(label=label, required=False)
        if Option.SUB_REPORT in report.takes:
            choices = [("", _("None: a row for each order")), ("items", _("Items")), ("refunds", _("Refunds"))]
            help_text = _("Each becomes a row; an order's totals stand on its first row only.")
            self.fields["sub_report"] = forms.ChoiceField(
                label=_("Sub-report"), choices=choices, required=False, help_text=help_text
            )
        if Option.PERIOD in report.takes:
            self._add_period()

    def _add_locations(self) -> None:
        places = StoreLink.objects.filter(connection__in=list(self.connections)).select_related("store")
        choices = {link.external_id: link.store.name for link in places.order_by("store__name", "pk")[:500]}
        self.fields["which"] = forms.ChoiceField(
            label=_("Locations"),
            choices=[("all", _("All locations")), ("chosen", _("Those chosen"))],
            widget=forms.RadioSelect,
            initial="all",
        )
        help_text = "" if choices else _("They are listed here once the connection has been read.")
        self.fields["locations"] = forms.MultipleChoiceField(
            label=_("Which locations"),
            choices=list(choices.items()),
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=help_text,
        )

    def _add_period(self) -> None:
        self.fields["duration"] = forms.ChoiceField(
            label=_("Duration"),
            choices=[("single", _("One day")), ("range", _("From day to day"))],
            widget=forms.RadioSelect,
            initial="single",
            required=Option.DEFAULTS not in self.report.takes,
        )
        days = (
            ("day", _("Day"), _("Days back"), 1, _("0 is today, 1 is yesterday.")),
            ("start", _("First day"), _("Days back to start from"), 7, ""),
            (
                "end",
                _("Last day"),
                _("Days back to end at"),
                1,
                _("With 10 and 5: from ten days ago up to five days ago."),
            ),
        )
        for name, title, back, initial, help_text in days:
            self.fields[f"{name}_kind"] = forms.ChoiceField(
                label=title, choices=KINDS, widget=forms.RadioSelect, initial="back", required=False
            )
            self.fields[f"{name}_back"] = _back(back, initial, help_text)
            self.fields[f"{name}_date"] = _date(_("%(day)s, as a date") % {"day": title})

    # --- for the template: fields in groups ------------------------------------------------------------

    def named(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def location_fields(self) -> list[forms.BoundField]:
        return self.named("which", "locations")

    @property
    def simple_fields(self) -> list[forms.BoundField]:
        return (
            self.named("connection", *FLAG_LABELS, "sub_report")
            if len(self.connections) > 1
            else self.named(*FLAG_LABELS, "sub_report")
        )

    @property
    def duration_field(self) -> forms.BoundField | None:
        return self["duration"] if "duration" in self.fields else None

    @property
    def day_groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        if "duration" not in self.fields:
            return []
        return [(name, self.named(f"{name}_kind", f"{name}_back", f"{name}_date")) for name in ("day", "start", "end")]

    # --- reading --------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        if data.get("which") == "chosen" and not data.get("locations"):
            self.add_error("locations", _("Choose at least one location, or all of them."))
            return data
        kept: dict[str, Any] = {name.value: True for name in FLAG_LABELS if data.get(name.value)}
        if data.get("which") == "chosen":
            kept["locations"] = data["locations"]
        if data.get("sub_report"):
            kept["sub_report"] = data["sub_report"]
        if "duration" in self.fields and not data.get(Option.DEFAULTS.value):
            ends = ("day", "day") if data.get("duration") != "range" else ("start", "end")
            found = [self._day(data, name) for name in ends]
            if all(found):
                kept |= {"start": found[0], "end": found[1]}
        if not self.errors:
            self._accept(kept)
        return data

    def _day(self, data: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        kind = data.get(f"{name}_kind") or "back"
        value = data.get(f"{name}_{kind}")
        if value is None:
            self.add_error(f"{name}_{kind}", _("Say which day."))
            return None
        return {"date": value.isoformat()} if kind == "date" else {"back": value}

    def _accept(self, kept: dict[str, Any]) -> None:
        try:
            self.options: Options = self.report.read(kept)
        except Unfit as error:
            self.add_error(None, str(error))

    @property
    def connection(self) -> Connection:
        return self.connections[self.cleaned_data["connection"]]


class FileForm(OptionsForm):
    """And in which form the file comes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"] = forms.ChoiceField(
            label=_("File"), choices=ReportFormat.choices, initial=ReportFormat.XLSX, required=False
        )

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or ReportFormat.XLSX.value


class ScheduleForm(FileForm):
    """And when it is made again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every"] = forms.ChoiceField(
            label=pgettext_lazy("schedule", "How often"), choices=ReportSchedule.Every.choices, initial="day"
        )
        self.fields["weekday"] = forms.TypedChoiceField(
            label=_("Weekday, for every week"), coerce=int, choices=list(enumerate(WEEKDAYS)), initial=0
        )
        self.fields["month_day"] = forms.TypedChoiceField(
            label=_("Day, for every month"), coerce=int, choices=[(one, one) for one in range(1, 29)], initial=1
        )
        self.fields["hour"] = forms.TypedChoiceField(
            label=_("Hour"), coerce=int, choices=[(one, f"{one:02}:00") for one in range(24)], initial=6
        )
        zones = sorted(one for one in zoneinfo.available_timezones() if "/" in one or one == "UTC")
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("On the clock of"), choices=[(one, one) for one in zones], initial="UTC"
        )

    @property
    def schedule_fields(self) -> list[forms.BoundField]:
        return self.named("every", "weekday", "month_day", "hour", "time_zone", "format")

    def _accept(self, kept: dict[str, Any]) -> None:
        super()._accept(kept)
        if not self.errors and not self.options.moves_with_time:
            self.add_error(None, _("What is made again and again needs days that are counted back from its own day."))


# --- in words ------------------------------------------------------------------------------------------------


def in_words(options: Options) -> str:
    """What was chosen, on one line."""
    parts = []
    if options.start and options.end:
        first, last = _day_words(options.start), _day_words(options.end)
        parts.append(first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last})
    if options.locations:
        number = len(options.locations)
        parts.append(ngettext("%(number)s location", "%(number)s locations", number) % {"number": number})
    parts += [str(label) for name, label in FLAG_LABELS.items() if getattr(options, name.value)]
    if options.sub_report:
        parts.append(_("with items") if options.sub_report == SubReport.ITEMS else _("with refunds"))
    return ", ".join(parts)


def _day_words(day: Day) -> str:
    if day.date:
        return day.date.isoformat()
    back = day.back or 0
    words = {0: _("today"), 1: _("yesterday")}
    return words.get(back) or ngettext("%(number)s day back", "%(number)s days back", back) % {"number": back}
