"""The treatments of an appointment as they are sent: what, when, and who gives it (booker-api.md section 5.4)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bookings.gateway import Reason, Refused, Unavailable
from integrations.providers import booker_dates as dates
from integrations.providers import booker_reading as reading
from integrations.providers.reading import optional_id
from integrations.records import ItemDraft


@dataclass(frozen=True, slots=True)
class Part:
    """`own_id`: of the treatment that it replaces. `is_held`: it was with `staff` before, whoever usually gives it."""

    service: str
    staff: str
    start: dt.datetime
    end: dt.datetime
    own_id: str = ""
    is_held: bool = False


def in_a_row(
    items: Sequence[ItemDraft], staff_id: str, starts_at: dt.datetime, spacings: Mapping[str, int]
) -> list[Part]:
    """One after the other, with one person."""
    found: list[Part] = []
    moment = starts_at
    for item in items:
        if not item.duration:
            raise Refused(Reason.INVALID)
        end = moment + dt.timedelta(minutes=item.duration)
        found.append(Part(item.service_id, staff_id, moment, end))
        moment = end + dt.timedelta(minutes=spacings.get(item.service_id, 0))
    return found


def held(row: Mapping[str, Any], zone: dt.tzinfo) -> list[Part]:
    """Those of an appointment, in the order of the day. The first one's person has it."""
    found: list[Part] = []
    for part in reading.parts(row):
        start, end = dates.read(part, "StartDateTime", zone), dates.read(part, "EndDateTime", zone)
        service = reading.treatment_of(part)
        if not (start and end and service):
            raise Unavailable("unreadable appointment")
        own_id = optional_id(part.get("ID")) if part.get("AppointmentID") else ""
        found.append(Part(service, reading.staff_of(part, row), start, end, own_id, is_held=True))
    return found


def shifted(before: Sequence[Part], by: dt.timedelta, staff_id: str | None) -> list[Part]:
    """As they are, earlier or later; those of its own person with `staff_id`, where another is given.

    Raises Unavailable for an appointment that tells no treatments: what would be sent would empty it.
    """
    if not before:
        raise Unavailable("unreadable appointment")
    moved = [replace(part, start=part.start + by, end=part.end + by) for part in before]
    own = before[0].staff
    if staff_id in (None, own):
        return moved
    return [replace(part, staff=staff_id, is_held=False) if part.staff == own else part for part in moved]


def kept(parts: Sequence[Part], before: Sequence[Part]) -> list[Part]:
    """What was among them already, wherever it stands now, stays with the colleague who gives it."""
    left, found = list(before), []
    for part in parts:
        same = next((one for one in left if one.service == part.service), None)
        if same:
            left.remove(same)
            staff = part.staff if same.staff == before[0].staff else same.staff
            part = replace(part, staff=staff, is_held=staff == same.staff)
        found.append(part)
    return found


def is_for_a_colleague(part: Part, own: str, givers: Mapping[str, set[str]]) -> bool:
    """Whether its own person was to give it, and does not."""
    return part.staff == own and not part.is_held and own not in givers.get(part.service, {own})


def chosen(starts: Mapping[dt.datetime, set[str]], moment: dt.datetime, grid: dt.timedelta) -> str:
    """Who can begin at `moment` and has the most time left; "" for nobody.

    Starts come on a grid: at a moment between two of them whoever is listed at both is free.
    """
    free = starts.get(moment)
    if free is None:
        before = max((one for one in starts if moment - grid < one < moment), default=None)
        after = min((one for one in starts if moment < one < moment + grid), default=None)
        free = starts[before] & starts[after] if before and after else set()
    count = Counter(who for people in starts.values() for who in people)
    return min(free, key=lambda who: (-count[who], who), default="")


def dto(part: Part, room: str, zone: dt.tzinfo) -> dict[str, Any]:
    found: dict[str, Any] = {
        "TreatmentID": reading.number(part.service),
        "EmployeeID": reading.number(part.staff),
        "EmployeeWasRequested": True,
        "StartTimeOffset": dates.write(part.start, zone),
        "EndTimeOffset": dates.write(part.end, zone),
    }
    if room:
        found["RoomID"] = reading.number(room)
    if part.own_id:
        found["AppointmentTreatmentID"] = reading.number(part.own_id)
    return found
