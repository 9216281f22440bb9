"""The day as the person at the counter needs it: who is late, who is here, who is next, and what wants her attention.

Pure but for the words: rows in, lines out. Times in words are store-local.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import rules, wording
from bookings.calendars import Event, booking_events, part_events, seat_guests, staff_colour
from bookings.models import Booking, Change, TimeChange
from bookings.templatetags.shop import clock, duration, when
from clienteling.models import User
from clienteling.permissions import Action, may, own_places

SOON = dt.timedelta(hours=3)  # further away than this "in 4 h" says less than the time itself
K = Change.Kind

# One tap each, by how a booking stands: what people need then, out of what is possible. The rest is on its page.
BUTTONS: dict[str, tuple[str, ...]] = {
    "later": (K.ARRIVE,),
    "late": (K.ARRIVE, K.NO_SHOW),
    "over": (K.COMPLETE, K.NO_SHOW),
    "here": (K.COMPLETE, K.UNDO),
    "done": (K.UNDO,),
}
LABELS = {
    K.ARRIVE: gettext_lazy("Arrived"),
    K.NO_SHOW: gettext_lazy("No-show"),
    K.COMPLETE: gettext_lazy("Complete"),
    K.UNDO: gettext_lazy("Undo"),
}
NOT_DONE = {
    K.BOOK: gettext_lazy("Not booked: %(who)s, %(when)s"),
    K.MOVE: gettext_lazy("Not moved: %(who)s stays at %(when)s"),
    K.EDIT: gettext_lazy("Not changed: %(who)s, %(when)s"),
    K.CONFIRM: gettext_lazy("Could not be confirmed: %(who)s, %(when)s"),
    K.CANCEL: gettext_lazy("Not cancelled: %(who)s, %(when)s"),
    K.ARRIVE: gettext_lazy("Arrival not recorded: %(who)s, %(when)s"),
    K.NO_SHOW: gettext_lazy("No-show not recorded: %(who)s, %(when)s"),
    K.COMPLETE: gettext_lazy("Not completed: %(who)s, %(when)s"),
    K.UNDO: gettext_lazy("Not set back: %(who)s, %(when)s"),
    K.DISPATCH: gettext_lazy("Not given to anybody: %(who)s, %(to)s"),
    K.PROPOSE: gettext_lazy("Not proposed: %(who)s, %(to)s"),
    K.DECLINE: gettext_lazy("Not declined: %(who)s, %(when)s"),
}
NOT_YET = {
    K.BOOK: gettext_lazy("Booking not confirmed yet: %(who)s, %(when)s"),
    K.MOVE: gettext_lazy("Move not confirmed yet: %(who)s from %(when)s to %(to)s"),
    K.EDIT: gettext_lazy("Changes not confirmed yet: %(who)s, %(when)s"),
    K.CONFIRM: gettext_lazy("Confirmation not answered yet: %(who)s, %(when)s"),
    K.CANCEL: gettext_lazy("Cancellation not confirmed yet: %(who)s, %(when)s"),
    K.ARRIVE: gettext_lazy("Arrival not confirmed yet: %(who)s, %(when)s"),
    K.NO_SHOW: gettext_lazy("No-show not confirmed yet: %(who)s, %(when)s"),
    K.COMPLETE: gettext_lazy("Completion not confirmed yet: %(who)s, %(when)s"),
    K.UNDO: gettext_lazy("Change back not confirmed yet: %(who)s, %(when)s"),
    K.DISPATCH: gettext_lazy("Given, not confirmed yet: %(who)s, %(to)s"),
    K.PROPOSE: gettext_lazy("Proposal not confirmed yet: %(who)s, %(to)s"),
    K.DECLINE: gettext_lazy("Decline not confirmed yet: %(who)s, %(when)s"),
}


TIME_NOT_DONE = {
    TimeChange.Kind.ADD: gettext_lazy("Not entered: %(who)s, %(when)s–%(end)s"),
    TimeChange.Kind.REMOVE: gettext_lazy("Not removed: %(who)s, %(when)s–%(end)s"),
}
TIME_NOT_YET = {
    TimeChange.Kind.ADD: gettext_lazy("Time not confirmed yet: %(who)s, %(when)s–%(end)s"),
    TimeChange.Kind.REMOVE: gettext_lazy("Removal not confirmed yet: %(who)s, %(when)s–%(end)s"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """`slug` as the change page takes it; `reference` makes a second tap find the first."""

    slug: str
    label: str
    reference: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class Line:
    """`timing`: later, late, over, here, done, or "" for what is not agreed yet; `timing_words` say by how much."""

    event: Event
    timing: str = ""
    timing_words: str = ""
    staff: str = ""
    colour: int = 0
    seen: str = ""
    buttons: list[Button] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Agenda:
    """`lines` in order of time; those that are over and done apart, so that the next ones are on top."""

    lines: list[Line]
    done: list[Line]

    def _at(self, timing: str) -> list[Line]:
        return [line for line in self.lines if line.timing == timing]

    @property
    def late(self) -> list[Line]:
        return self._at("late")

    @property
    def here(self) -> list[Line]:
        return self._at("here")

    @property
    def next(self) -> list[Line]:
        """Who comes next; several when they come at the same time."""
        later = self._at("later")
        return [line for line in later if line.event.starts_at == later[0].event.starts_at]


def agenda(
    bookings: Iterable[Booking], others: list[Event], *, user: User, now: dt.datetime, helped: Sequence[Booking] = ()
) -> Agenda:
    """`bookings` with `open_kind` and `open_wanted` (calendars.with_change_under_way), and group events of one day.

    `helped`: those of colleagues of which she gives a part (BookingQuerySet.helped_by); they have no buttons.
    """
    rows = list(bookings)
    alone = seat_guests(booking_events(rows, now=now), rows, others)
    lines = [_line(booking, event, user, now) for event, booking in alone]
    lines += [Line(event) for event in others]
    parts = zip(helped, part_events(helped, now=now), strict=True)
    lines += [_timed(booking, event, now) for booking, event in parts]
    lines.sort(key=lambda line: (line.event.starts_at, line.event.ends_at))
    return Agenda([line for line in lines if line.timing != "done"], [line for line in lines if line.timing == "done"])


def _line(booking: Booking, event: Event, user: User, now: dt.datetime) -> Line:
    line = _timed(booking, event, now)
    seen = booking.modified_at.isoformat()
    return replace(line, seen=seen, buttons=buttons(booking, line.timing, user=user, now=now))


def _timed(booking: Booking, event: Event, now: dt.datetime) -> Line:
    timing = timing_of(booking.state, event, now=now)
    return Line(
        event=event,
        timing=timing,
        timing_words=timing_words(timing, event, now=now),
        staff=booking.staff.full_name if booking.staff else "",
        colour=staff_colour(booking.staff_id),
    )


def timing_of(state: str, event: Event, *, now: dt.datetime) -> str:
    if state in ("completed", "no_show"):
        return "done"
    if state == "arrived":
        return "here"
    if state != "confirmed":
        return ""
    if event.starts_at >= now:
        return "later"
    return "late" if event.ends_at > now else "over"


def timing_words(timing: str, event: Event, *, now: dt.datetime) -> str:
    away = event.starts_at - now
    if timing == "late":
        return _("%(duration)s late") % {"duration": duration(_minutes(-away))}
    if timing == "here" and event.ends_at <= now:
        return _("due to end %(time)s") % {"time": event.until}
    if timing == "over":
        return _("over, not marked")
    if timing == "later" and away < SOON:
        if not _minutes(away):
            return _("now")
        return _("in %(duration)s") % {"duration": duration(_minutes(away))}
    return ""


def _minutes(span: dt.timedelta) -> int:
    """Whole minutes begun: somebody 20 seconds late is not "0 min late"."""
    return max(-int(-span.total_seconds() // 60), 0)


def buttons(booking: Booking, timing: str, *, user: User, now: dt.datetime) -> list[Button]:
    """What one tap can do here; nothing while an answer is awaited, or in a calendar that is not hers to change."""
    if booking.open_kind or not may_change(booking, user):  # type: ignore[attr-defined]
        return []
    possible = rules.possible(booking, now=now)
    kinds = [K(kind) for kind in BUTTONS.get(timing, ()) if kind in possible]
    return [Button(kind.value.replace("_", "-"), str(LABELS[kind])) for kind in kinds]


def may_change(booking: Booking, user: User) -> bool:
    """`Booking.objects.changeable_by` for a row that is visible and at hand."""
    if may(user, Action.CHANGE_STORE_BOOKINGS, booking.store_id):
        return True
    return booking.staff_id in own_places(user, Action.CHANGE_OWN_BOOKINGS)


# --- what wants her attention ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """Something she asked for that was refused later on (`is_open` False) or has no answer yet."""

    url: str
    dismiss_url: str
    is_open: bool
    title: str
    text: str


def notice(change: Change) -> Notice:
    titles = NOT_YET if change.is_open else NOT_DONE
    return Notice(
        url=reverse("booking", args=[change.booking_id]),
        dismiss_url=reverse("change-dismiss", args=[change.pk]),
        is_open=change.is_open,
        title=str(titles[K(change.kind)]) % _facts(change),
        text=_what_next(change),
    )


def time_notice(change: TimeChange) -> Notice:
    store = change.staff.store
    start, end = store.local(change.starts_at), store.local(change.ends_at)
    facts = {"who": change.staff.full_name, "when": when(start), "end": clock(end)}
    words = TIME_NOT_YET if change.is_open else TIME_NOT_DONE
    return Notice(
        url=f"{reverse('calendar-staff', args=[change.staff_id])}?day={start.date().isoformat()}",
        dismiss_url=reverse("time-change-dismiss", args=[change.pk]),
        is_open=change.is_open,
        title=str(words[TimeChange.Kind(change.kind)]) % facts,
        text=wording.not_confirmed(change) if change.is_open else wording.refused(change),
    )


def _facts(change: Change) -> dict[str, str]:
    booking = change.booking
    wanted = change.wanted.get("starts_at")
    to = booking.store.local(dt.datetime.fromisoformat(wanted)) if wanted else booking.local_start
    return {
        "who": booking.client.full_name if booking.client else _("No client"),
        "when": when(booking.local_start) or _("no time yet"),
        "to": when(to),
    }


def _what_next(change: Change) -> str:
    if change.is_open and change.reason == "misconfigured":
        return _("The connection is not set up right; head office sees why. Nothing is lost; we keep trying.")
    if change.is_open:
        return _("The booking system has not answered yet. Nothing is lost; we keep asking and tell you here.")
    if change.state == Change.State.GIVEN_UP:
        return _("The booking system has not answered for a day, and we have stopped asking. Please try again.")
    return wording.reason(change.reason)


# --- requests ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    pk: int
    who: str
    what: str
    wished: str
    waiting: str
    store: str


def request_line(booking: Booking, *, now: dt.datetime) -> Request:
    return Request(
        pk=booking.pk,
        who=booking.client.full_name if booking.client else _("No client"),
        what=booking.title,
        wished=wished_times(booking),
        waiting=waiting_words(now - booking.booked_at),
        store=booking.store.name,
    )


def wished_times(booking: Booking) -> str:
    """The time asked for, or the times proposed: "Thu 5 Nov, 10:00 or Fri 6 Nov, 09:00"."""
    if booking.starts_at:
        return when(booking.local_start)
    starts = [dt.datetime.fromisoformat(proposed[0]) for proposed in booking.proposed_times[:3] if proposed]
    return get_text_list([when(booking.store.local(start)) for start in starts], _("or"))


def waiting_words(span: dt.timedelta) -> str:
    if span >= dt.timedelta(days=2):
        return ngettext("%(days)d day", "%(days)d days", span.days) % {"days": span.days}
    if span >= dt.timedelta(hours=1):
        return _("%(hours)d h") % {"hours": span.total_seconds() // 3600}
    return duration(max(int(span.total_seconds() // 60), 1))
