"""What a report may be told: the Details pane of Domo's connector (booker-connector-domo.txt), as kept and checked."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MOST_BACK = 3660  # days
MOST_DAYS = MOST_BACK + 1  # of one report: the whole of that time, today included
MOST_LOCATIONS = 500


class Option(enum.StrEnum):
    """What a report takes. Its period is one option: the pane asks for it in several fields."""

    INCLUDE_EXPIRED = "include_expired"
    LOCATIONS = "locations"
    IGNORE_FREELANCERS = "ignore_freelancers"
    ONLY_ACTIVE = "only_active"
    DEFAULTS = "defaults"
    SUB_REPORT = "sub_report"
    PERIOD = "period"


FLAGS = (Option.INCLUDE_EXPIRED, Option.IGNORE_FREELANCERS, Option.ONLY_ACTIVE, Option.DEFAULTS)


class SubReport(enum.StrEnum):
    NONE = ""
    ITEMS = "items"
    REFUNDS = "refunds"


class Unfit(ValueError):
    """The options do not fit the report, or each other. Says why, in words for whoever chose them."""


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day, or the one that lies `back` days before today; exactly one of both is given."""

    date: dt.date | None = None
    back: int | None = None

    def on(self, today: dt.date) -> dt.date:
        return self.date or today - dt.timedelta(days=self.back or 0)

    @classmethod
    def read(cls, value: object) -> Day:
        """Raises Unfit."""
        if isinstance(value, Mapping) and len(value) == 1:
            back, date = value.get("back"), value.get("date")
            if isinstance(back, int) and not isinstance(back, bool) and 0 <= back <= MOST_BACK:
                return cls(back=back)
            if isinstance(date, str):
                try:
                    return cls(date=dt.date.fromisoformat(date))
                except ValueError:
                    pass
        raise Unfit(f"A day is a date, or a number of days back, up to {MOST_BACK}.")

    def as_json(self) -> dict[str, Any]:
        return {"date": self.date.isoformat()} if self.date else {"back": self.back or 0}


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both included, and the instants that stand for it in a location's own zone."""

    first: dt.date
    last: dt.date
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Options:
    """`start` and `end` are the same day where one day is asked for; None where the report takes no period.

    `locations`: ids, or none for all.
    """

    include_expired: bool = False
    ignore_freelancers: bool = False
    only_active: bool = False
    defaults: bool = False
    locations: tuple[str, ...] = ()
    sub_report: SubReport = SubReport.NONE
    start: Day | None = None
    end: Day | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any], takes: Collection[Option]) -> Options:
        """From JSON. Raises Unfit: an option that the report does not take, a value that it cannot have."""
        allowed = {str(one) for one in takes} - {"period"}
        allowed |= {"start", "end"} if Option.PERIOD in takes else set()
        if others := sorted(set(kept) - allowed):
            raise Unfit(f"The report does not take: {', '.join(name[:40] for name in others[:5])}.")
        found = cls(
            **{name.value: _flag(kept, name.value) for name in FLAGS},
            locations=_locations(kept.get("locations", [])),
            sub_report=_sub_report(kept.get("sub_report", "")),
            start=Day.read(kept["start"]) if "start" in kept else None,
            end=Day.read(kept["end"]) if "end" in kept else None,
        )
        found._check_period(takes)
        return found

    def _check_period(self, takes: Collection[Option]) -> None:
        if Option.PERIOD not in takes or self.defaults:
            return
        if self.start is None or self.end is None:
            raise Unfit("The report wants its first and its last day.")
        first, last = self.start, self.end
        if first.date and last.date:
            _check_span((last.date - first.date).days)
        elif first.back is not None and last.back is not None:
            _check_span(first.back - last.back)

    def as_json(self) -> dict[str, Any]:
        """Only what differs from an option that nobody has touched."""
        kept: dict[str, Any] = {name.value: True for name in FLAGS if getattr(self, name.value)}
        if self.locations:
            kept["locations"] = list(self.locations)
        if self.sub_report:
            kept["sub_report"] = self.sub_report.value
        if self.start and self.end:
            kept |= {"start": self.start.as_json(), "end": self.end.as_json()}
        return kept

    @property
    def moves_with_time(self) -> bool:
        """Whether the same options mean other days tomorrow."""
        return all(day is None or day.date is None for day in (self.start, self.end))

    def days(self, zone: dt.tzinfo, now: dt.datetime) -> Days:
        """The period on the clock of `zone`. Raises Unfit when it ends before it begins, or is too long."""
        if self.start is None or self.end is None:
            raise Unfit("The report wants its first and its last day.")
        today = now.astimezone(zone).date()
        first, last = self.start.on(today), self.end.on(today)
        _check_span((last - first).days)
        midnights = (first, last + dt.timedelta(days=1))
        start, end = (dt.datetime.combine(day, dt.time(), tzinfo=zone) for day in midnights)
        return Days(first, last, start, end)


def _check_span(days: int) -> None:
    """`days` from the first to the last one."""
    if days < 0:
        raise Unfit("The first day lies after the last one.")
    if days >= MOST_DAYS:
        raise Unfit(f"A report covers at most {MOST_DAYS} days.")


def _flag(kept: Mapping[str, Any], name: str) -> bool:
    value = kept.get(name, False)
    if not isinstance(value, bool):
        raise Unfit(f"{name} is true or false.")
    return value


def _locations(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_LOCATIONS:
        raise Unfit("Locations are a list of ids.")
    if not all(isinstance(one, str) and one.isascii() and one.isalnum() and len(one) <= 64 for one in value):
        raise Unfit("Locations are a list of ids.")
    return tuple(dict.fromkeys(value))


def _sub_report(value: object) -> SubReport:
    try:
        return SubReport(str(value))
    except ValueError as error:
        raise Unfit("The sub-report is items or refunds.") from error
