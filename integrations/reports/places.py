"""Locations and hours: of locations, and of the people who work there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from integrations.providers import booker_dates as dates
from integrations.providers.booker import M
from integrations.providers.reading import entries, optional_id, text
from integrations.reports import columns as c
from integrations.reports.columns import PLACE, Columns, Row, row_of
from integrations.reports.options import Options
from integrations.reports.source import Location, Source

STRETCH = 31  # days of one question

LOCATIONS: Columns = (
    *c.key("ID", "location_id"),
    *c.texts("AccountName", "BusinessName", "BrandAccountName"),
    *c.lookup("BusinessType"),
    *c.texts("EmailAddress", "Phone"),
    *c.address("Address"),
    *c.text("WebSite", "website"),
    *c.lookup("TimeZone"),
    *c.text("Zone", "iana_time_zone"),
    *c.lookup("CurrencyCode", "currency"),
    *c.flag("IsDistributionPartner"),
    *c.whole("Status"),
    *c.moment("DateCreated"),
)

_HOURS: Columns = (
    *c.flag("IsDefault"),
    *c.text("Date"),
    *c.text("Day", "weekday", limit=12),
    *c.clock("StartTime"),
    *c.clock("EndTime"),
)
LOCATION_SCHEDULES: Columns = (*PLACE, *_HOURS)
EMPLOYEE_SCHEDULES: Columns = (*PLACE, *c.key("Who.ID", "employee_id"), *c.text("Who.Name", "employee_name"), *_HOURS)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def locations(source: Source, options: Options) -> Iterator[Row]:
    """Closed ones too: their orders are still there."""
    wanted = set(options.locations)
    for location in source.all_locations():
        if not wanted or location.id in wanted:
            yield row_of(LOCATIONS, {**location.row, "Zone": str(location.zone)}, location.zone)


def location_schedules(source: Source, options: Options) -> Iterator[Row]:
    path = f"{M}/location/{{id}}/schedule"
    for location in source.locations(options):
        for day in _days(source, path, location.id, location, options, ("LocationDaySchedules",)):
            yield row_of(LOCATION_SCHEDULES, day, location.zone)


def employee_schedules(source: Source, options: Options) -> Iterator[Row]:
    """One question for each person; its path is assumed (section 8)."""
    path = settings.BOOKER_ASSUMED_PATHS["employee_schedule"]
    for location in source.locations(options):
        for employee in source.listed(f"{M}/employees", {}, at=location):
            who = optional_id(employee.get("ID"))
            name = text(employee.get("FullName"), 200) or text(employee.get("DisplayName"), 200)
            if who:
                for day in _days(source, path, who, location, options, ("EmployeeDaySchedules", "DaySchedules")):
                    yield row_of(EMPLOYEE_SCHEDULES, {**day, "Who": {"ID": who, "Name": name}}, location.zone)


def _days(
    source: Source, path: str, external_id: str, location: Location, options: Options, names: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Stretch after stretch; the two dates are wanted even where the usual week is asked for, and ignored then."""
    for first, last in _stretches(source, location, options):
        asked = [
            ("getDefaultDaySchedule", "true" if options.defaults else "false"),
            *((name, _midnight(day, location)) for name, day in (("fromDate", first), ("toDate", last))),
        ]
        body = source.one(path, external_id, location, asked)
        listed: Any = next((body[name] for name in names if body.get(name) is not None), []) if body else []
        for day in entries(listed):
            date = None if options.defaults else dates.read_date(day, "Date")
            about = {"Date": date and date.isoformat(), "Day": _weekday(day, date), "IsDefault": options.defaults}
            yield {**day, **about, "Place": location.place}


def _stretches(source: Source, location: Location, options: Options) -> Iterator[tuple[dt.date, dt.date]]:
    if options.defaults:
        today = source.now.astimezone(location.zone).date()
        yield today, today
        return
    days = options.days(location.zone, source.now)
    first = days.first
    while first <= days.last:
        last = min(days.last, first + dt.timedelta(days=STRETCH - 1))
        yield first, last
        first = last + dt.timedelta(days=1)


def _midnight(day: dt.date, location: Location) -> str:
    return dates.write_legacy(dt.datetime.combine(day, dt.time(), tzinfo=location.zone), location.zone)


def _weekday(day: Mapping[str, Any], date: dt.date | None) -> str:
    """A day's name, or a number from 0 = Sunday (section 7)."""
    raw = day.get("Weekday")
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 6:
        return WEEKDAYS[raw]
    return text(raw, 12) or (date.strftime("%A") if date else "")
