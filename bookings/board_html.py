"""The board's columns as HTML, written out here rather than in a template: with sixty people there are a thousand
events and more, and formatting strings is ten times faster than printing them by template tags.

Only what comes from people is escaped, and all of that is. The classes are those of the calendar (calendar.css).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.board import NOBODY, Clock, Column, Line, Placed, Sheet


def columns(sheet: Sheet, *, list_url: str, day: str, opens_slots: bool) -> SafeString:
    """All columns; `list_url`: where what had no room can be seen; `day`: ISO, for the links of names.

    `opens_slots`: busy and extra time lead to their pages.
    """
    pages = Pages(list_url, day, opens_slots=opens_slots)
    starts = " ".join(str(int(moment.timestamp())) for moment in sheet.starts)
    now = f'<i class="at now {sheet.now.css}" data-now></i>' if sheet.now else ""
    return mark_safe("".join(_column(one, pages, starts, now, sheet.clocks) for one in sheet.columns))  # noqa: S308


class Pages:
    """Addresses, reversed once: reversing a route a line is the cost of a long page."""

    def __init__(self, list_url: str, day: str, *, opens_slots: bool) -> None:
        self.list_url = escape(list_url)
        self.day = escape(day)
        self._booking = reverse("booking", args=[0])
        self._calendar = reverse("calendar-staff", args=[0])
        self._slot = reverse("time-slot", args=[0]) if opens_slots else ""

    def booking(self, pk: int) -> str:
        return self._booking.replace("/0/", f"/{pk}/")

    def guests(self, staff_id: int) -> str:
        """The day of who gives a group event, as a list: with those who come."""
        address = self._calendar.replace("/0/", f"/{staff_id}/")
        return f"{address}?view=list&amp;day={self.day}#d{self.day}"

    def slot(self, pk: int) -> str:
        """ "" where nobody may open it."""
        return self._slot.replace("/0/", f"/{pk}/")

    def week(self, pk: int) -> str:
        address = self._calendar.replace("/0/", f"/{pk}/")
        return f"{address}?view=week&amp;day={self.day}"


def _column(column: Column, pages: Pages, starts: str, now: str, clocks: Clock) -> str:
    pk, name = column.staff_id, escape(column.name)
    link = name if pk == NOBODY else f'<a class="subtle" href="{pages.week(pk)}">{name}</a>'
    ground = "".join(_ground(one, pages, clocks) for one in column.ground)
    opened = "".join(f'<i class="at open {box.css}"></i>' for box in column.open)
    events = "".join(_event(one, pages, clocks) for one in column.events)
    return (
        f'<section class="day" aria-labelledby="who-{pk}">'
        f'<h2 class="day-head" id="who-{pk}" data-staff="{column.colour}">'
        f'<span class="board-name">{link}</span><span class="board-note" data-tone="{column.note.tone}">'
        f"{escape(column.note.words)}</span></h2>"
        f'<div class="day-sheet" data-staff="{column.colour}" data-staff-id="{pk}" data-label="{name}" '
        f'data-starts="{starts}">'
        f"{opened}{ground}{now}"
        f'<ol class="events">{events}{_more(column, pages, name)}</ol></div></section>'
    )


def _ground(one: Placed, pages: Pages, clocks: Clock) -> str:
    line, url = one.line, pages.slot(one.line.pk)
    words = f"{clocks(line.starts_at)}–{clocks(line.ends_at)} {escape(line.who)}"
    inside = f'<a href="{url}">{words}</a>' if url else f"<span>{words}</span>"
    return f'<p class="at ground {one.box.css}">{inside}</p>'


def _event(one: Placed, pages: Pages, clocks: Clock) -> str:
    line = one.line
    body = (
        f'<span class="first"><b>{clocks(line.starts_at)}</b> <span class="who">{escape(line.who)}</span></span>'
        f'<span class="second">{escape(line.what)}</span>'
    )
    until = f'<span class="visually-hidden"> {clocks(line.ends_at)} {escape(line.status_label)}</span>'
    if line.kind == "group" and line.staff_id != NOBODY:
        url = pages.guests(line.staff_id)
        return f'<li class="at {one.box.css}"><a class="event" href="{url}" data-kind="group">{body}{until}</a></li>'
    waiting = f'<span class="under-way">{escape(line.under_way)}</span>' if line.under_way else ""
    if line.kind != "booking":
        url = pages.slot(line.pk)
        tag, link = ("a", f' href="{url}"') if url else ("div", "")
        inside = f'<{tag} class="event"{link} data-kind="{line.kind}">{body}{waiting}{until}</{tag}>'
        return f'<li class="at {one.box.css}">{inside}</li>'
    url, status = pages.booking(line.pk), "sending" if line.under_way else line.status
    marks = (' data-from-before=""' if one.from_before else "") + (' data-goes-on=""' if one.goes_on else "")
    if line.can_move and not one.from_before:
        marks += f' data-move="{url}move/" aria-keyshortcuts="m"'
    return (
        f'<li class="at {one.box.css}"><a class="event" href="{url}" data-status="{status}"{marks}>{body}{waiting}'
        f'<i class="glyph" aria-hidden="true" data-status="{status}"></i>{until}</a></li>'
    )


def _more(column: Column, pages: Pages, name: str) -> str:
    found = []
    for more in column.more:
        words = ngettext("%(n)d more of %(name)s, in the list", "%(n)d more of %(name)s, in the list", more.count)
        label = words % {"n": more.count, "name": name}
        found.append(
            f'<li class="at {more.box.css}"><a class="more" href="{pages.list_url}" aria-label="{label}">'
            f"+{more.count}</a></li>"
        )
    return "".join(found)


def rows(lines: Sequence[Line], names: dict[int, str], clocks: Clock) -> SafeString:
    """The list: everything in order of time, with who does it."""
    pages = Pages("", "", opens_slots=False)
    return mark_safe("".join(_row(line, names, pages, clocks) for line in lines))  # noqa: S308


def _row(line: Line, names: dict[int, str], pages: Pages, clocks: Clock) -> str:
    staff = escape(names.get(line.staff_id, _("Nobody yet")))
    note = f'<span class="row-note">{escape(line.what)}</span>' if line.what else ""
    if line.under_way:
        note += f'<span class="row-note under-way">{escape(line.under_way)}</span>'
    status = (
        f'<span class="status" data-status="{line.status}">{escape(line.status_label)}</span>' if line.status else ""
    )
    body = (
        f'<span class="row-lead list-time"><b>{clocks(line.starts_at)}</b> '
        f'<span class="muted small">–{clocks(line.ends_at)}</span></span>'
        f'<span class="row-body"><span class="name">{escape(line.who)}</span>{note}'
        f'<span class="row-note">{staff}</span></span><span class="row-trail">{status}</span>'
    )
    if line.kind != "booking":
        return f'<li><div class="row wraps">{body}</div></li>'
    url = pages.booking(line.pk)
    move = f' data-move="{url}move/" aria-keyshortcuts="m"' if line.can_move else ""
    return f'<li><a class="row wraps" href="{url}"{move}>{body}</a></li>'
