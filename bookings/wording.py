"""What is said about bookings and their changes: whole sentences, ready to be read out to the client.

Times are on the store's clock. The sentences go to pages only, never to a log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bookings.actions import Busy, Settled
from bookings.gateway import REASONS, Reason
from bookings.models import Booking, Change, Kind, Presence, Status
from bookings.models.asked import Asked
from bookings.templatetags.shop import clock, when
from clienteling.models import StaffMember

K = Change.Kind

# Changes of one of these may be the same event as the last one the provider tells of.
SAME_EVENT = dt.timedelta(minutes=2)


def reason(code: str) -> str:
    """Why not, in words."""
    return str(REASONS[Reason(code)]) if code in set(Reason) else str(REASONS[Reason.OTHER])


def about(booking: Booking) -> str:
    """ "Lea's Styling", or the services alone where no client is known."""
    title = booking.title or booking.get_kind_display()
    if booking.client is None:
        return title
    name = booking.client.first_name or booking.client.full_name
    return _("%(client)s's %(services)s") % {"client": name, "services": title}


def booked(booking: Booking) -> str:
    """The booking in one sentence."""
    facts = {"what": about(booking), "when": when(booking.local_start)}
    if not booking.staff:
        return _("%(what)s is booked for %(when)s.") % facts
    return _("%(what)s with %(staff)s is booked for %(when)s.") % {**facts, "staff": booking.staff.full_name}


def proposed(booking: Booking) -> str:
    """Another time, which the client has still to agree to."""
    facts = {"what": about(booking), "when": when(booking.local_start)}
    facts["staff"] = booking.staff.full_name if booking.staff else ""
    return _("%(what)s: %(when)s with %(staff)s is proposed, and waits for the client's answer.") % facts


def done(change: Change, booking: Booking, staff: Mapping[int, StaffMember] | None = None) -> str:
    """What has happened, once the booking system has accepted it."""
    if change.kind == K.MOVE:
        return _moved(change, booking, staff or {})
    sentences = {
        K.BOOK: booked(booking),
        K.EDIT: _("%(what)s is changed."),
        K.CONFIRM: _("%(what)s is confirmed."),
        K.CANCEL: _("%(what)s is cancelled."),
        K.ARRIVE: _("%(who)s has arrived."),
        K.NO_SHOW: _("%(who)s is marked as a no-show."),
        K.COMPLETE: _("%(what)s is completed."),
        K.UNDO: _undone(change),
        K.DISPATCH: booked(booking),
        K.PROPOSE: proposed(booking),
        K.DECLINE: _("%(what)s is declined."),
    }
    return sentences[Change.Kind(change.kind)] % {"what": about(booking), "who": who(booking)}


def _undone(change: Change) -> str:
    if change.wanted.get("presence") == Presence.ARRIVED:
        return _("%(who)s is set back to arrived.")
    return _("%(who)s is set back to expected.")


def who(booking: Booking) -> str:
    return (booking.client.first_name or booking.client.full_name) if booking.client else _("The client")


def _moved(change: Change, booking: Booking, staff: Mapping[int, StaffMember]) -> str:
    member = staff.get(change.wanted.get("staff", 0))
    before, after = (_moment(values, booking) for values in (change.before, change.wanted))
    facts = {"what": about(booking), "after": when(after), "staff": member.full_name if member else ""}
    if before is None:
        return _("%(what)s is set for %(after)s with %(staff)s.") % facts
    same_day = after is not None and before.date() == after.date()
    facts["before"] = clock(before) if same_day else when(before)
    if same_day:
        facts["after"] = clock(after)
    return _("%(what)s is moved from %(before)s to %(after)s with %(staff)s.") % facts


def _moment(values: Mapping[str, str | None], booking: Booking) -> dt.datetime | None:
    """The `starts_at` of a change's values, on the store's clock."""
    text = values.get("starts_at")
    return booking.store.local(dt.datetime.fromisoformat(text)) if text else None


def move_question(booking: Booking, starts_at: dt.datetime, staff: StaffMember) -> str:
    """What is asked before a move is sent: only what differs is said of the new time."""
    before, after = booking.local_start, booking.store.local(starts_at)
    facts = {"what": about(booking), "staff": staff.full_name}
    if before is None:
        return _("%(what)s on %(after)s with %(staff)s?") % {**facts, "after": when(after)}
    same_day = before.date() == after.date()
    facts["before"] = f"{clock(before)} {booking.staff.full_name if booking.staff else ''}".strip()
    facts["after"] = clock(after) if same_day else when(after)
    return _("Move %(what)s from %(before)s to %(after)s %(staff)s?") % facts


def refused(change: Asked) -> str:
    """Why not, for a change the booking system has said no to."""
    if change.state == Change.State.GIVEN_UP:
        return _("The booking system has not answered for a whole day. We have stopped asking: please try again.")
    return reason(change.reason)


def not_confirmed(change: Asked) -> str:
    """What is going on with a change that has no answer yet, and what happens next."""
    if change.reason == "misconfigured":
        return _(
            "The connection to the booking system is not set up right; head office sees why. Nothing is lost: "
            "we go on trying and tell you here."
        )
    return _("The booking system has not answered yet. Nothing is lost: we go on asking and tell you here.")


def settled(change: Change | None) -> str:
    """Who was faster and what came of it; None: it was not done here."""
    if change is None:
        return _("It has been decided meanwhile, in the booking system itself. Here is how it is now.")
    booking = change.booking
    facts = {"name": change.author_name, "when": when(booking.local_start)}
    facts["staff"] = booking.staff.full_name if booking.staff else ""
    sentences = {
        K.DISPATCH: _("%(name)s was faster: it is given to %(staff)s, for %(when)s."),
        K.PROPOSE: _("%(name)s was faster: %(when)s with %(staff)s is proposed to the client."),
        K.DECLINE: _("%(name)s was faster: it is declined."),
        K.CANCEL: _("%(name)s was faster: it is cancelled."),
        K.MOVE: _("%(name)s was faster: it is moved to %(when)s with %(staff)s."),
    }
    other = _("%(name)s was faster and has changed it. Here is how it is now; please look and try again.")
    return sentences.get(K(change.kind), other) % facts


def busy(error: Busy) -> str:
    if isinstance(error, Settled):
        return settled(error.change)
    name = error.change.author_name if error.change else ""
    if not name:
        return _("Somebody is changing this booking right now. Wait a moment, then try again.")
    return _("%(name)s is changing this booking right now. Wait a moment, then try again.") % {"name": name}


def not_yours(booking: Booking) -> str:
    """Who may change a booking, said to somebody who may not."""
    if not booking.staff:
        return _("Only the managers of the store can change this booking.")
    facts = {"name": booking.staff.full_name}
    return _("Only %(name)s and the managers of the store can change this booking.") % facts


def not_from_here() -> str:
    """A change that the store's booking system does not take from outside."""
    return reason(Reason.NOT_SUPPORTED)


def why_not(booking: Booking, kind: str) -> str:
    """Why a change of `kind` is not offered for `booking` as it stands."""
    if not booking.is_accepted:
        return _("The booking system has not accepted this booking, so there is nothing to change yet.")
    if booking.kind != Kind.APPOINTMENT:
        return _("A place in a group event can only be cancelled here.")
    if kind in booking.store.limits:
        return _(
            "Arrivals, no-shows and completed visits: this store’s booking system takes them only in its own calendar."
        )
    if kind in (K.ARRIVE, K.NO_SHOW, K.COMPLETE) and booking.state == "confirmed":
        return reason(Reason.NOT_TODAY)
    if booking.starts_at is None:
        return reason(Reason.NOT_SCHEDULED)
    if booking.is_completed:
        return reason(Reason.IS_COMPLETED)
    if booking.status == Status.CANCELLED:
        return _("It is cancelled. Make a new booking instead.")
    return _("That does not fit: the booking is now “%(state)s”.") % {"state": booking.state_label}


# --- Who did what when ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a booking's story; `moment` on the store's clock. `tone` is "", "warn" or "trouble"."""

    moment: dt.datetime
    who: str
    what: str
    outcome: str = ""
    tone: str = ""


def story(
    booking: Booking, changes: Iterable[Change], staff: Mapping[int, StaffMember], services: Mapping[int, str]
) -> list[Entry]:
    """What we were asked to do with `booking` and what the booking system tells of it, newest first."""
    ours = list(changes)
    entries = [_our_entry(change, booking, staff, services) for change in ours]
    entries += _provider_entries(booking, ours)
    return sorted(entries, key=lambda entry: entry.moment, reverse=True)


def _our_entry(
    change: Change, booking: Booking, staff: Mapping[int, StaffMember], services: Mapping[int, str]
) -> Entry:
    outcome, tone = answer_to(change)
    return Entry(
        moment=booking.store.local(change.created_at),
        who=change.author_name,
        what=asked_for(change, booking, staff, services),
        outcome=outcome,
        tone=tone,
    )


def answer_to(change: Change) -> tuple[str, str]:
    """What the booking system said to `change`, and in which tone that is told."""
    if change.state == Change.State.DONE:
        return _("Accepted"), ""
    if change.is_open:
        return _("Not confirmed yet"), "warn"
    return _("Not accepted: %(why)s") % {"why": refused(change)}, "trouble"


def asked_for(change: Change, booking: Booking, staff: Mapping[int, StaffMember], services: Mapping[int, str]) -> str:
    """What `change` was to do, with people and services by our ids."""
    wanted = change.wanted
    if change.kind == K.UNDO:
        return _("Back to arrived") if wanted.get("presence") == Presence.ARRIVED else _("Back to expected")
    member = staff.get(wanted.get("staff", 0))
    moment = _moment(wanted, booking)
    parts = [when(moment)] if moment else []
    parts += [member.full_name] if member else []
    parts += [services.get(item["service"], "") for item in wanted.get("items", [])]
    if change.kind == K.EDIT:
        parts += [_("client request")] if "client_request" in wanted else []
        parts += [_("quick note")] if "quick_note" in wanted else []
    kind = change.get_kind_display()
    said = [part for part in parts if part]
    return _("%(kind)s: %(details)s") % {"kind": kind, "details": ", ".join(said)} if said else kind


def _provider_entries(booking: Booking, ours: list[Change]) -> list[Entry]:
    if not booking.is_accepted:
        return []
    entries = []
    accepted = [change for change in ours if change.state == Change.State.DONE]
    if not any(change.kind == K.BOOK for change in accepted):
        author = _author(by_client=booking.booked_by_client, member=booking.booked_by)
        entries.append(Entry(booking.store.local(booking.booked_at), author, _("Booked")))
    told = any(abs(booking.modified_at - (change.answered_at or change.created_at)) < SAME_EVENT for change in accepted)
    if not told and booking.modified_at - booking.booked_at > SAME_EVENT:
        author = _author(by_client=booking.modified_by_client, member=booking.modified_by)
        entries.append(Entry(booking.store.local(booking.modified_at), author, _("Changed in the booking system")))
    return entries


def _author(*, by_client: bool, member: StaffMember | None) -> str:
    if by_client:
        return _("The client")
    return member.full_name if member else _("The store")
