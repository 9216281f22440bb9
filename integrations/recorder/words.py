"""Fields and their values in words, with names for ids and the store's clock for moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bookings.models import Booking, Kind, Presence, Status
from bookings.templatetags.shop import when
from clienteling.models import Consent, Store
from integrations.models import Difference
from integrations.recorder.trail import Cast, News, Trail

FIELDS = {
    "starts_at": gettext_lazy("Start"),
    "ends_at": gettext_lazy("End"),
    "staff": gettext_lazy("With"),
    "status": gettext_lazy("Status"),
    "status_text": gettext_lazy("The system's own word"),
    "presence": gettext_lazy("Presence"),
    "is_completed": gettext_lazy("Completed"),
    "kind": gettext_lazy("Kind"),
    "client": gettext_lazy("Client"),
    "group_event": gettext_lazy("Group event"),
    "items": gettext_lazy("Services"),
    "client_request": gettext_lazy("Client request"),
    "quick_note": gettext_lazy("Quick note"),
    "proposed_times": gettext_lazy("Proposed times"),
    "booked_by": gettext_lazy("Booked by"),
    "booked_by_client": gettext_lazy("Booked by the client"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "mobile_phone": gettext_lazy("Mobile phone"),
    "home_phone": gettext_lazy("Other phone"),
    "language": gettext_lazy("Language"),
    "consent": gettext_lazy("What may be kept"),
    "customer_number": gettext_lazy("Number in the customer system"),
}
IN_ORDER = {name: place for place, name in enumerate(FIELDS)}
WHOLE = frozenset({"created", "gone", "merged"})  # not fields: the booking or the client as a whole
CHOICES: dict[str, Any] = {"status": Status, "presence": Presence, "kind": Kind, "consent": Consent}
LINK = "customer_number"  # her link to the customer system: only we write it
YES_NO = {"True": gettext_lazy("yes"), "False": gettext_lazy("no")}


@dataclass(frozen=True, slots=True)
class Fact:
    """One field before and after. `is_kept` False: that it changed is known, what it said is not kept any more."""

    label: str
    before: str
    after: str
    is_kept: bool = True


def label(name: str) -> str:
    return str(FIELDS.get(name, name))


def joined(*parts: str) -> str:
    """Short remarks in a row."""
    return " · ".join(str(part) for part in parts if part)


def to_the_second(moment: dt.datetime) -> str:
    """A local moment, to the second where that tells what came first: "Thu 5 Nov, 14:00:05"."""
    return f"{when(moment)}:{moment:%S}"


def _id(text: str) -> int:
    return int(text) if text.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Words:
    """The words for one trail."""

    trail: Trail
    cast: Cast

    # --- whose, where, when ------------------------------------------------------------------------------

    def booking(self, subject: str) -> Booking | None:
        """The booking that a call or a delivery was about."""
        kind, _colon, pk = subject.partition(":")
        return self.trail.bookings.get(_id(pk)) if kind == "booking" else None

    def store_of(self, one: Difference) -> Store:
        booking = self.trail.bookings.get(one.booking_id or 0)
        return booking.store if booking else self.trail.store

    def local(self, moment: dt.datetime) -> dt.datetime:
        """When something happened: one clock for the whole story, or its order could not be read."""
        return self.trail.store.local(moment)

    def start_of(self, booking: Booking) -> str:
        """When a booking is: on its own store's clock, which is named where the story is told on another."""
        return self.time_in(booking.store, booking.starts_at) if booking.starts_at else _("booking without a time")

    def time_in(self, store: Store, moment: dt.datetime) -> str:
        words = when(store.local(moment))
        return words if store.time_zone == self.trail.store.time_zone else f"{words} ({store.time_zone})"

    def provider(self) -> str:
        return self.trail.connection.name if self.trail.connection else _("The booking system")

    def system(self, one: Difference) -> str:
        return one.connection.name if one.connection else _("the other system")

    def who(self, one: Difference) -> str:
        """Who did it, as far as we know, or the other system tells; people of stores the viewer does not see have no
        name."""
        if self._is_by_a_stranger(one):
            return _("Somebody of another store")
        if one.source == Difference.Source.PERSON:
            return str(one.author or _("Somebody here"))
        if one.said_by_client:
            return _("The client")
        if one.field == LINK:
            return _("We")
        return one.said_by.full_name if one.said_by else self.system(one)

    def _is_by_a_stranger(self, one: Difference) -> bool:
        if one.source == Difference.Source.PERSON:
            return one.author_id in self.cast.strangers
        return one.said_by is not None and not self.cast.seen_in.covers(one.said_by.store_id)

    # --- fields ------------------------------------------------------------------------------------------

    def facts(self, differences: Iterable[Difference]) -> list[Fact]:
        """One line a field. The end is left out beside a new start: it follows."""
        rows = [one for one in differences if one.field not in WHOLE]
        names = {one.field for one in rows}
        rows = [one for one in rows if one.field != "ends_at" or "starts_at" not in names]
        return [self._fact(one) for one in sorted(rows, key=lambda one: IN_ORDER.get(one.field, len(IN_ORDER)))]

    def _fact(self, one: Difference) -> Fact:
        if not one.before and not one.after:
            return Fact(label(one.field), "", "", is_kept=False)
        return Fact(label(one.field), self.value(one, one.before), self.value(one, one.after))

    def value(self, one: Difference, text: str) -> str:
        """A value as it was written down, in words."""
        if not text:
            return _("nothing")
        if one.field in CHOICES:
            return str(dict(CHOICES[one.field].choices).get(text, text))
        if one.field in ("starts_at", "ends_at"):
            return self.time_in(self.store_of(one), dt.datetime.fromisoformat(text))
        if one.field == "proposed_times":
            return _("other times") if text != "[]" else _("nothing")
        return self._name(one.field, text) or str(YES_NO.get(text, text))

    def _name(self, name: str, text: str) -> str:
        """The name behind an id of ours; "" where the field holds none."""
        pk, cast = _id(text), self.cast
        if name in ("staff", "booked_by"):
            return cast.staff[pk].full_name if pk in cast.staff else _("somebody who has left")
        if name == "client":
            return cast.clients[pk].full_name if pk in cast.clients else _("another client")
        return cast.events.get(pk, _("another event")) if name == "group_event" else ""

    # --- places: a time and a person ---------------------------------------------------------------------

    def place(self, values: dict[str, Any], booking: Booking) -> str:
        """As a change of ours has it."""
        text, member = values.get("starts_at"), self.cast.staff.get(values.get("staff") or 0)
        time = self.time_in(booking.store, dt.datetime.fromisoformat(text)) if text else _("no time")
        return _("%(time)s with %(staff)s") % {"time": time, "staff": member.full_name} if member else time

    def place_in(self, news: News, side: str) -> str:
        """As news has it, on the side "before" or "after"; only what differs."""
        found = [self.value(one, getattr(one, side)) for name in ("starts_at", "staff") if (one := news.of(name))]
        return get_text_list(found, str(pgettext_lazy("joins a time and a person", "with")))
