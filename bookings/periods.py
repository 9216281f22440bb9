"""The stretch of days a calendar page shows, in words: its title, its neighbours, the clock it is told by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.daygrid import is_clock_change
from clienteling.models import Store

DAY, WEEK, LIST = "day", "week", "list"
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)  # keeps every sum of dates and zones in range


@dataclass(frozen=True, slots=True)
class Period:
    """One day, or the week (from Monday, as opening hours are told) that `day` is in."""

    view: str
    day: dt.date

    @property
    def first(self) -> dt.date:
        return self.day if self.view == DAY else self.day - dt.timedelta(days=self.day.weekday())

    @property
    def length(self) -> int:
        return 1 if self.view == DAY else 7

    @property
    def days(self) -> list[dt.date]:
        return [self.first + dt.timedelta(days=n) for n in range(self.length)]

    @property
    def before(self) -> dt.date:
        return max(self.day - dt.timedelta(days=self.length), EARLIEST)

    @property
    def after(self) -> dt.date:
        return min(self.day + dt.timedelta(days=self.length), LATEST)

    @property
    def title(self) -> str:
        if self.view == DAY:
            return long_day(self.day)
        first, last = self.days[0], self.days[-1]
        return pgettext("days from, to", "%(first)s – %(last)s") % {
            "first": formats.date_format(first, pgettext("day, format of Django's date filter", "j M")),
            "last": formats.date_format(last, pgettext("day with year, format of Django's date filter", "j M Y")),
        }


def long_day(day: dt.date) -> str:
    """ "Wednesday 6 May", with the year where it is not this one."""
    if day.year == timezone.now().year:
        return formats.date_format(day, pgettext("long day, format of Django's date filter", "l j F"))
    return formats.date_format(day, pgettext("long day with year, format of Django's date filter", "l j F Y"))


def clock_change_words(store: Store, days: list[dt.date]) -> str:
    """Says so when the clocks change on one of `days`, else ""."""
    changing = next((day for day in days if is_clock_change(day, store.zone)), None)
    if changing is None:
        return ""
    start, end = store.day_bounds(changing)
    words = {"day": long_day(changing)}
    if end - start < dt.timedelta(hours=24):
        return _("The clocks go forward on %(day)s: one hour does not exist.") % words
    return _("The clocks go back on %(day)s: one hour comes twice, told apart by its distance from UTC.") % words
