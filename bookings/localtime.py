"""From a day and a time on a store's clock to an instant.

On the days the clocks change a local time may not exist, or exist twice: the person is told, never second-guessed.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clienteling.models import Store


def instants(day: dt.date, time: dt.time, zone: ZoneInfo) -> list[dt.datetime]:
    """The instants (UTC) at which clocks in `zone` show `day` and `time`: one, none in spring, two in autumn."""
    shown = dt.datetime.combine(day, time.replace(tzinfo=None))
    found = {_instant(shown, zone, fold) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == shown)


def _instant(shown: dt.datetime, zone: ZoneInfo, fold: int) -> dt.datetime:
    return shown.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)


def is_ambiguous(moment: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` show the time of `moment` twice on that day."""
    shown = moment.astimezone(zone)
    return len(instants(shown.date(), shown.time().replace(fold=0), zone)) > 1


def offset_label(moment: dt.datetime, zone: ZoneInfo) -> str:
    """How far clocks in `zone` are from UTC at `moment`: "UTC+2", "UTC-4:30", "UTC"."""
    offset = moment.astimezone(zone).utcoffset() or dt.timedelta()
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{hours}:{rest:02d}" if rest else f"UTC{sign}{hours}"


def zone_words(store: Store, moment: dt.datetime | None = None) -> str:
    """Whose clock times are told by: "Paris time", and how far from UTC it is at `moment`: "Paris time, UTC+2"."""
    city = store.time_zone.rpartition("/")[2].replace("_", " ")
    if city == "UTC":
        return "UTC"
    if moment is None:
        return _("%(city)s time") % {"city": city}
    return _("%(city)s time, %(offset)s") % {"city": city, "offset": offset_label(moment, store.zone)}
