"""What stands in somebody's calendar, read in few queries and put into words once, so that templates only print.

Times in words are store-local. Nothing here asks the booking system.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from django.db.models import Case, CharField, IntegerField, OuterRef, Subquery, Value, When, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import rules
from bookings.models import Booking, Change, GroupEvent, Status, TimeSlot
from bookings.models.bookings import BookingQuerySet
from bookings.templatetags.shop import clock, status_key, when
from clienteling.models import StaffMember, Store, User
from clienteling.permissions import Action, may, own_places

STAFF_COLOURS = 8  # static/css/tokens.css

# What a person reads while the booking system has not answered, by `Change.kind`.
UNDER_WAY = {
    Change.Kind.BOOK: gettext_lazy("not confirmed yet"),
    Change.Kind.EDIT: gettext_lazy("changes not confirmed yet"),
    Change.Kind.CONFIRM: gettext_lazy("confirmation not answered yet"),
    Change.Kind.CANCEL: gettext_lazy("cancellation not confirmed yet"),
    Change.Kind.ARRIVE: gettext_lazy("arrival not confirmed yet"),
    Change.Kind.NO_SHOW: gettext_lazy("no-show not confirmed yet"),
    Change.Kind.COMPLETE: gettext_lazy("completion not confirmed yet"),
    Change.Kind.UNDO: gettext_lazy("change back not confirmed yet"),
    Change.Kind.DISPATCH: gettext_lazy("given, not confirmed yet"),
    Change.Kind.PROPOSE: gettext_lazy("proposal not confirmed yet"),
    Change.Kind.DECLINE: gettext_lazy("decline not confirmed yet"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a calendar. `kind`: booking, group, busy or available; `status`: a `data-status` of base.css."""

    kind: str
    pk: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    time: str
    until: str
    who: str
    what: str = ""
    status: str = ""
    status_label: str = ""
    under_way: str = ""
    url: str = ""
    move_url: str = ""
    client_request: str = ""
    quick_note: str = ""
    client_note: str = ""
    guests: list[Event] = field(default_factory=list)

    @property
    def is_ground(self) -> bool:
        return self.kind == "available"


@dataclass(frozen=True, slots=True)
class Calendar:
    """`events` in order of time; cancelled ones apart."""

    events: list[Event]
    cancelled: list[Event]


def staff_colour(staff_id: int | None) -> int:
    return (staff_id or 0) % STAFF_COLOURS + 1


# --- reading -----------------------------------------------------------------------------------------


def read(*, staff: StaffMember, user: User, start: dt.datetime, end: dt.datetime, now: dt.datetime) -> Calendar:
    """Everything in the calendar of `staff` that touches [start, end). Four queries."""
    bookings = list(with_change_under_way(bookings_of(user).filter(staff=staff).between(start, end)))
    helped = list(with_change_under_way(bookings_of(user).helped_by(staff, start, end)))
    prefetch_related_objects([*bookings, *helped], "items")
    for booking in (*bookings, *helped):
        booking.store = staff.store  # the same row as each would load for itself
    live, cancelled = partition(bookings)
    others = _other_events(staff, start, end, are_open=manages_time(user, staff)) + part_events(helped, now=now)
    alone = seat_guests(booking_events(live, now=now), live, others)
    events = sorted([*(event for event, _booking in alone), *others], key=in_order)
    return Calendar(events, booking_events(cancelled, now=now))


def in_order(event: Event) -> tuple[dt.datetime, dt.datetime]:
    return event.starts_at, event.ends_at


def bookings_of(user: User) -> BookingQuerySet:
    """What `user` may see, without what was never a booking; with what a line shows, except items and store."""
    visible = Booking.objects.for_user(user).exclude(status=Status.REFUSED)
    return visible.select_related("client", "group_event").defer("extra", "client__search_text")


def with_change_under_way(bookings: BookingQuerySet) -> BookingQuerySet:
    """Annotated with the kind and the wishes of the one open change, if there is one."""
    under_way = Change.objects.open().filter(booking=OuterRef("pk")).order_by()
    return bookings.annotate(
        open_kind=Subquery(under_way.values("kind")[:1]), open_wanted=Subquery(under_way.values("wanted")[:1])
    )


def partition(bookings: Iterable[Booking]) -> tuple[list[Booking], list[Booking]]:
    """Live ones, cancelled ones."""
    rows = list(bookings)
    cancelled = [booking for booking in rows if booking.status == Status.CANCELLED]
    return [booking for booking in rows if booking.status != Status.CANCELLED], cancelled


NO_TIME_SLOTS = "time_slots"  # among a store's limits


def manages_time(user: User, staff: StaffMember) -> bool:
    """Whether `user` may enter busy and extra time in the calendar of `staff`, and its booking system takes it."""
    if NO_TIME_SLOTS in staff.store.limits:
        return False
    everybodys = may(user, Action.MANAGE_STORE_TIME, staff.store_id)
    return everybodys or staff.pk in own_places(user, Action.MANAGE_OWN_TIME)


def _other_events(staff: StaffMember, start: dt.datetime, end: dt.datetime, *, are_open: bool) -> list[Event]:
    """Group events and time slots, in one query. `are_open`: the slots lead to their pages."""
    slots = TimeSlot.objects.between(start, end).alone().filter(staff=staff).order_by()
    rows = group_rows(GroupEvent.objects.between(start, end).filter(staff=staff)).union(
        slots.values_list(
            "pk",
            "kind",
            "label",
            "starts_at",
            "ends_at",
            Case(When(remote_id=None, then=1), default=0),
            Value(0, output_field=IntegerField()),
        ),
        all=True,
    )
    return other_events(rows, staff.store, slot_url=reverse("time-slot", args=[0]) if are_open else "")


def group_rows(groups: Any) -> Any:
    """Group events as the columns that time slots have too; instead of places taken, those have 1 for "not accepted
    yet"."""
    kind = Value("group", output_field=CharField())
    return groups.order_by().values_list("pk", kind, "name", "starts_at", "ends_at", "places_taken", "places")


# --- words -------------------------------------------------------------------------------------------


def booking_events(bookings: Iterable[Booking], *, now: dt.datetime) -> list[Event]:
    pattern = reverse("booking", args=[0])  # made once: reversing two routes a line is the cost of a long page
    return [_booking_event(booking, now, pattern.replace("/0/", f"/{booking.pk}/")) for booking in bookings]


def _booking_event(booking: Booking, now: dt.datetime, url: str) -> Event:
    assert booking.starts_at  # noqa: S101 - `between` finds nothing without a time
    assert booking.ends_at  # noqa: S101
    client = booking.client
    return Event(
        kind="booking",
        pk=booking.pk,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        time=clock(booking.local_start),
        until=clock(booking.local_end),
        who=client.full_name if client else _("No client"),
        what=booking.title,
        status=status_key(booking.state),
        status_label=booking.status_text or booking.state_label,
        under_way=under_way_words(booking),
        url=url,
        move_url=f"{url}move/" if can_move(booking, now=now) else "",
        client_request=booking.client_request,
        quick_note=booking.quick_note,
        client_note=client.quick_note if client else "",
    )


def part_events(helped: Sequence[Booking], *, now: dt.datetime) -> list[Event]:
    """Of `BookingQuerySet.helped_by`: each part, under the client and the state of its booking, which is not hers."""
    return [
        replace(
            event,
            starts_at=booking.part_starts_at,
            ends_at=booking.part_ends_at,
            time=clock(booking.store.local(booking.part_starts_at)),
            until=clock(booking.store.local(booking.part_ends_at)),
            what=booking.part_label or event.what,
            move_url="",
        )
        for booking, event in zip(cast("Sequence[Any]", helped), booking_events(helped, now=now), strict=True)
    ]


def can_move(booking: Booking, *, now: dt.datetime) -> bool:
    return not booking.open_kind and Change.Kind.MOVE in rules.possible(booking, now=now)  # type: ignore[attr-defined]


def under_way_words(booking: Booking) -> str:
    """What was asked for and not answered yet; "" when nothing is open."""
    kind, wanted = booking.open_kind, booking.open_wanted  # type: ignore[attr-defined]
    if not kind:
        return ""
    if kind == Change.Kind.MOVE:
        starts_at = dt.datetime.fromisoformat(wanted["starts_at"])
        return _("moving to %(when)s, not confirmed yet") % {"when": when(booking.store.local(starts_at))}
    return str(UNDER_WAY[kind])


def other_events(rows: Iterable[Sequence[Any]], store: Store, *, slot_url: str = "") -> list[Event]:
    """`slot_url`: the page of the time slot 0, empty where nobody may open one."""
    return [_other_event(row, store, slot_url) for row in rows]


def _other_event(row: Sequence[Any], store: Store, slot_url: str) -> Event:
    pk, kind, label, starts_at, ends_at, taken, places = row
    names = {"busy": _("Busy"), "available": _("Extra availability")}
    return Event(
        kind=kind,
        pk=pk,
        starts_at=starts_at,
        ends_at=ends_at,
        time=clock(store.local(starts_at)),
        until=clock(store.local(ends_at)),
        who=label or names.get(kind, ""),
        what=places_words(taken, places) if kind == "group" else (names[kind] if label else ""),
        under_way=_("not confirmed yet") if kind != "group" and taken else "",
        url=slot_url.replace("/0/", f"/{pk}/") if kind != "group" else "",
    )


def places_words(taken: int, places: int) -> str:
    return ngettext("%(taken)d of %(places)d place taken", "%(taken)d of %(places)d places taken", places) % {
        "taken": taken,
        "places": places,
    }


def seat_guests(events: list[Event], bookings: list[Booking], others: list[Event]) -> list[tuple[Event, Booking]]:
    """Put reservations under their group event; returns the events of all other bookings, each with its booking."""
    groups = {event.pk: event for event in others if event.kind == "group"}
    alone = []
    for event, booking in zip(events, bookings, strict=True):
        group = groups.get(booking.group_event_id or 0)
        if group:
            group.guests.append(event)
        else:
            alone.append((event, booking))
    return alone
