"""What Booxi refuses, and under which name: the status model and the conflicts of sections 9 and 11."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from integrations.sandbox.booxi.assumptions import BOOKING_AHEAD_MOST, DEFAULT_RULES, LATE_START_GRACE
from integrations.sandbox.booxi.booking_rows import (
    APPROVED,
    ARRIVED,
    CANCELLED,
    CLIENT,
    EXPECTING,
    NO_SHOW,
    PENDING_CLIENT,
    PENDING_STAFF,
    Booking,
)
from integrations.sandbox.http import Call, Refusal
from integrations.sandbox.reading import bad, query_list
from integrations.sandbox.times import local_day

MESSAGES = {
    "BookingIsCompleted": "The booking is completed.",
    "BookingHasPassed": "The booking has passed.",
    "BookingNotScheduled": "The booking has no time, no staff, or no approval yet.",
    "BookingNotToday": "The booking is not today.",
    "BookingIsCanceledByClient": "The booking was cancelled by the client.",
    "TimeTooEarly": "That time is too early.",
    "TimeTooLate": "That time is too late.",
    "ClientStatus": "The client's status does not allow it.",
    "GroupEventOvercapacity": "The group event has no more places for that many.",
    "TooManyAttendees": "The reservation has too many attendees.",
    "StaffNotAvailable": "The staff is not available at that time.",
    "ResourceNotAvailable": "A resource is not available at that time.",
    "BookingUsesResources": "The booking uses resources.",
    "ClientPresenceArrived": "The client has arrived.",
    "ClientPresenceNoShow": "The client did not show.",
}
NOT_IGNORABLE = ("BookingNotScheduled", "BookingUsesResources", "ClientPresenceArrived", "ClientPresenceNoShow")
IGNORABLE = tuple(name for name in MESSAGES if name not in NOT_IGNORABLE)
RULES = ("None", "AttendeeCount", "Availability", "TimeConstraints", "ClientBlocked")
MOVES = {
    PENDING_STAFF: (APPROVED, CANCELLED, PENDING_CLIENT),
    PENDING_CLIENT: (APPROVED, CANCELLED),
    APPROVED: (CANCELLED,),
    CANCELLED: (APPROVED,),
}


@dataclass(frozen=True, kw_only=True)
class Checks:
    """Which rules to check, and which conflicts not to mind."""

    rules: Collection[str] = DEFAULT_RULES
    ignored: Collection[str] = ()

    def refuse(self, error: str) -> None:
        """409 with that error's name, unless it is ignored."""
        if error not in self.ignored:
            raise Refusal(409, MESSAGES[error], error=error)


NO_CHECKS = Checks(rules=(), ignored=tuple(MESSAGES))


def checks_of(call: Call) -> Checks:
    """`rules` and `ignoreError` of the query; each may be repeated."""
    rules = query_list(call.args, "rules", RULES) if "rules" in call.args else DEFAULT_RULES
    return Checks(rules=rules, ignored=query_list(call.args, "ignoreError", IGNORABLE))


@dataclass(frozen=True, kw_only=True)
class Today:
    """The present, at the store: epoch seconds and the zone of its wall clock."""

    now: int
    zone: ZoneInfo

    def day(self, instant: int) -> date:
        return local_day(instant, zone=self.zone)


def check_start(starts_at: int, *, today: Today, checks: Checks) -> None:
    if "TimeConstraints" not in checks.rules:
        return
    if starts_at < today.now - LATE_START_GRACE:
        checks.refuse("TimeTooEarly")
    if starts_at > today.now + BOOKING_AHEAD_MOST:
        checks.refuse("TimeTooLate")


def check_change(before: Booking, after: Booking, *, today: Today, checks: Checks) -> None:
    """Whether `before` may become `after`, apart from anybody's time being free. A change of nothing always may."""
    if before == after:
        return
    _check_still_open(before, after, today=today, checks=checks)
    _check_status(before, after, checks=checks)
    _check_presence(before, after, today=today, checks=checks)
    _check_completion(before, after)
    if after.starts_at != before.starts_at or after.is_scheduled != before.is_scheduled:
        check_start(after.starts_at, today=today, checks=checks)


def holds_time_anew(before: Booking, after: Booking) -> bool:
    """Whether the change asks for time that `before` did not hold: moved, longer, another person, newly approved."""
    if after.status == CANCELLED or not after.is_scheduled or after.staff_id is None:
        return False
    moved = (before.starts_at, before.busy_until, before.staff_id, before.service_ids) != (
        after.starts_at,
        after.busy_until,
        after.staff_id,
        after.service_ids,
    )
    approved = before.status != after.status and after.status == APPROVED
    return moved or approved or not before.is_scheduled


def _check_still_open(before: Booking, after: Booking, *, today: Today, checks: Checks) -> None:
    if before.status == CANCELLED and before.cancelled_by == CLIENT:
        checks.refuse("BookingIsCanceledByClient")
    if before.is_completed:
        checks.refuse("BookingIsCompleted")
    if before.is_scheduled and before.ends_at <= today.now and _changes_substance(before, after):
        checks.refuse("BookingHasPassed")


def _changes_substance(before: Booking, after: Booking) -> bool:
    """Presence, completion and the staff's note may still change once the time has passed; nothing else."""
    return (before.status, before.starts_at, before.staff_id, before.items, before.additional_request) != (
        after.status,
        after.starts_at,
        after.staff_id,
        after.items,
        after.additional_request,
    )


def _check_status(before: Booking, after: Booking, *, checks: Checks) -> None:
    if after.status != before.status and after.status not in MOVES[before.status]:
        bad(f"A booking cannot go from {before.status} to {after.status}.")
    if after.status == APPROVED and (after.staff_id is None or not after.is_scheduled):
        checks.refuse("BookingNotScheduled")
    leaves = after.status == CANCELLED != before.status or after.starts_at != before.starts_at
    if leaves and after.presence == ARRIVED:
        checks.refuse("ClientPresenceArrived")
    if leaves and after.presence == NO_SHOW:
        checks.refuse("ClientPresenceNoShow")


def _check_presence(before: Booking, after: Booking, *, today: Today, checks: Checks) -> None:
    if after.presence in (before.presence, EXPECTING):
        return
    if after.status != APPROVED:
        checks.refuse("BookingNotScheduled")
    if today.day(after.starts_at) != today.day(today.now):
        checks.refuse("BookingNotToday")


def _check_completion(before: Booking, after: Booking) -> None:
    if not after.is_completed or before.is_completed == after.is_completed:
        return
    if after.status != APPROVED or after.presence != ARRIVED:
        bad("Completing a booking needs status Approved and client.presence Arrived.")
