"""What fills people's days: lunches, bookings, workshops, extra hours. Nobody is ever in two places at once."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations
from random import Random
from typing import Any

from integrations.sandbox.booxi import booking_rows
from integrations.sandbox.booxi.booking_rows import (
    APPROVED,
    ARRIVED,
    CANCELLED,
    CLIENT,
    EXPECTING,
    NO_SHOW,
    PENDING_CLIENT,
    PENDING_STAFF,
    STAFF,
    Booking,
    lengths,
)
from integrations.sandbox.booxi.seed.catalogue import Service
from integrations.sandbox.booxi.seed.people import Person
from integrations.sandbox.booxi.seed.places import Store
from integrations.sandbox.booxi.seed.plan import DAYS_AHEAD, Plan
from integrations.sandbox.booxi.shapes import price
from integrations.sandbox.times import DAY, MINUTE

QUARTER = 15
NOON = 12 * 60
LUNCH = 60
NOTES = ("", "", "", "", "Prefers the quiet room", "Sensitive skin", "Allergic to nuts", "Brings a friend", "VIP")
REQUESTS = (
    "",
    "",
    "",
    "",
    "A glass of water, please",
    "Same as last time",
    "Je suis pressée",
    "Gift wrapping",
    "静かな席を希望",
)

Minutes = tuple[int, int]
"""A span of one day, in minutes after midnight on the store's wall."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A service, or two in a row, ready to be booked: items as JSON, minutes with the client, busy minutes after."""

    items: str
    length: int
    tail: int


@dataclass(kw_only=True)
class Day:
    """One person's day at the store: what is blocked before any booking, and how many bookings to aim for."""

    person: Person
    date: date
    noon: int
    weight: float
    blocked: list[Minutes] = field(default_factory=list)

    def instant(self, minutes: int) -> int:
        """Epoch seconds. Counted from noon, which is right for any time after the night's clock change."""
        return self.noon + (minutes - NOON) * MINUTE


@dataclass(kw_only=True)
class Ledger:
    """Rows on their way to the tables, numbered as they come."""

    bookings: list[dict[str, Any]] = field(default_factory=list)
    slots: list[tuple[object, ...]] = field(default_factory=list)
    last: int = 0

    def add(self, row: dict[str, Any]) -> None:
        self.last += 1
        row["n"], row["booking_id"] = self.last, booking_rows.public_id(self.last)
        self.bookings.append(row)

    def write(self, db: sqlite3.Connection) -> None:
        booking_rows.insert_many(db, self.bookings)
        db.executemany(
            "INSERT INTO time_slot (merchant_id, staff_id, type, starts_at, ends_at, can_modify, description, label,"
            " availability_tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.slots,
        )
        self.bookings.clear()
        self.slots.clear()


def offered_by(person: Person) -> list[Offered]:
    """What the person can be booked for on an ordinary day: single services often, pairs now and then."""
    everyday = [service for service in person.services if service.is_everyday]
    singles = [_offered(service) for service in everyday]
    pairs = [_offered(*pair) for pair in combinations(everyday, 2) if sum(one.offer.duration for one in pair) <= 75]
    return singles * 4 + pairs


def _offered(*services: Service) -> Offered:
    items = tuple(item_of(service) for service in services)
    length, tail = lengths(items)
    return Offered(items=json.dumps(items, ensure_ascii=False), length=length, tail=tail)


def item_of(service: Service) -> dict[str, Any]:
    """An item as a booking keeps it (the same shape as `booking_bodies.item_for`)."""
    return {
        "serviceId": service.id,
        "serviceName": service.offer.name,
        "duration": service.offer.duration,
        "spacingAfter": service.offer.spacing,
        "isBusySpacingAfter": service.offer.is_busy_spacing,
        "price": price(service.amount, currency=service.store.currency),
    }


# ---- the shape of the days


def days_of(plan: Plan, store: Store, people: list[Person], *, noons: dict[date, int]) -> Iterator[Day]:
    """Every working day of everybody with a calendar, day by day."""
    for number in range(plan.days_back + DAYS_AHEAD + 1):
        day = plan.first_day + timedelta(days=number)
        dow = day.isoweekday() % 7
        for person in people:
            if person.has_calendar and dow not in store.closed and dow not in person.off:
                yield Day(person=person, date=day, noon=noons[day], weight=_weight(day, plan.today))


def _weight(day: date, today: date) -> float:
    """Past days are full; coming days fill up as they come near."""
    ahead = (day - today).days
    return 1.0 if ahead <= 0 else max(0.15, 0.7 - ahead / 80)


def lunch(day: Day) -> Minutes:
    start = NOON + 30 * (day.person.id % 4)
    return start, start + LUNCH


def slot_row(day: Day, kind: str, minutes: Minutes, *, description: str, can_modify: bool = True) -> tuple[object, ...]:
    start, end = (day.instant(moment) for moment in minutes)
    store_id, staff_id = day.person.store.id, day.person.id
    return (store_id, staff_id, kind, start, end, int(can_modify), description, "", "")


def fixed_points(day: Day, *, number: int) -> list[tuple[str, Minutes, str, bool]]:
    """The slots of a day: lunch; every other Friday a late opening; every other Tuesday a meeting from elsewhere."""
    points = [("Busy", lunch(day), "Lunch", True)]
    week = day.date.isocalendar().week
    start, end = day.person.shift
    if day.date.isoweekday() == 5 and (week + number) % 2 == 0 and end == day.person.store.closes:
        points.append(("Available", (end, end + 60), "Late opening", True))
    if day.date.isoweekday() == 2 and (week + number) % 2 == 0:
        points.append(("Busy", (start, start + 30), "Synced from another calendar", False))
    return points


# ---- filling a day


def fill(
    ledger: Ledger, day: Day, *, quota: int, offers: list[Offered], clients: list[int], plan: Plan, dice: Random
) -> int:
    """Book up to `quota` appointments into the day; the answer is how many fitted."""
    start, end = day.person.shift
    cursor, made = start + QUARTER * dice.randrange(3), 0
    gap = max(1, (end - start - LUNCH - quota * 50) // max(1, quota) // QUARTER + 1)
    while made < quota:
        offered = dice.choice(offers)
        begin = _first_gap(cursor, offered, blocked=day.blocked, end=end)
        if begin is None:
            return made
        row = _booking(day, offered, begin, client_id=_somebody(clients, dice), plan=plan, dice=dice)
        ledger.add(row)
        made += 1
        if row["status"] != CANCELLED:
            cursor = begin + offered.length + offered.tail + QUARTER * dice.randrange(min(gap, 6) + 1)
            cursor = -(-cursor // QUARTER) * QUARTER
    return made


def _first_gap(cursor: int, offered: Offered, *, blocked: list[Minutes], end: int) -> int | None:
    for blocked_start, blocked_end in blocked:
        if cursor < blocked_end and cursor + offered.length + offered.tail > blocked_start:
            cursor = blocked_end
    return cursor if cursor + offered.length <= end else None


def _somebody(clients: list[int], dice: Random) -> int:
    """Regulars come more often than others."""
    return clients[int(len(clients) * dice.random() ** 1.8)]


def _booking(day: Day, offered: Offered, begin: int, *, client_id: int, plan: Plan, dice: Random) -> dict[str, Any]:
    starts_at = day.instant(begin)
    ends_at = starts_at + offered.length * MINUTE
    fate, note, request = dice.random(), dice.choice(NOTES), dice.choice(REQUESTS)
    created = min(starts_at, plan.midnight) - dice.randrange(1, 30) * DAY + dice.randrange(36) * 600
    made_by = STAFF if dice.random() < 0.6 else CLIENT
    return row_of(
        Booking(
            merchant_id=day.person.store.id,
            starts_at=starts_at,
            ends_at=ends_at,
            busy_until=ends_at + offered.tail * MINUTE,
            staff_id=day.person.id,
            client_id=client_id,
            additional_request=request,
            quick_note=note,
            created_on=created,
            created_by=made_by,
            created_by_staff_id=day.person.id if made_by == STAFF else None,
            modified_on=created,
            **standing(fate, starts_at=starts_at, ends_at=ends_at, is_coming=day.date > plan.today, now=plan.now),
        ),
        items=offered.items,
    )


def row_of(booking: Booking, *, items: str) -> dict[str, Any]:
    """A row whose items are JSON already: thousands of bookings share a few lists."""
    row = {name: getattr(booking, name) for name in booking_rows.COLUMNS}
    if row["is_completed"] or row["presence"] == NO_SHOW:
        row["modified_on"] = row["ends_at"]
    return row | {"items": items, "client_availability": "[]", "attendees": "[]"}


def standing(fate: float, *, starts_at: int, ends_at: int, is_coming: bool, now: int) -> dict[str, Any]:
    """Status, presence and completion. `fate` (0..1) was drawn beforehand, so that the hour only decides what shows."""
    if fate < 0.06:
        return {"status": CANCELLED, "cancelled_by": STAFF if fate < 0.03 else CLIENT}
    if is_coming and fate > 0.96:
        return {"status": PENDING_STAFF if fate > 0.975 else PENDING_CLIENT}
    if fate < 0.11:
        return {"status": APPROVED, "presence": NO_SHOW if ends_at <= now else EXPECTING}
    presence = ARRIVED if starts_at <= now else EXPECTING
    return {"status": APPROVED, "presence": presence, "is_completed": ends_at <= now}


# ---- workshops


def workshops(
    db: sqlite3.Connection,
    ledger: Ledger,
    plan: Plan,
    *,
    service: Service,
    days: list[Day],
    clients: list[int],
    dice: Random,
) -> None:
    """One a week, taught on the given days, with their reservations."""
    for day in days:
        end = service.store.closes - 30
        starts_at, ends_at = day.instant(end - service.offer.duration), day.instant(end)
        day.blocked.append((end - service.offer.duration, end))
        event = db.execute(
            "INSERT INTO group_event (merchant_id, staff_id, service_id, starts_at, ends_at, capacity, is_completed,"
            " created_on) VALUES (?, ?, ?, ?, ?, 8, ?, ?)",
            (
                service.store.id,
                day.person.id,
                service.id,
                starts_at,
                ends_at,
                ends_at <= plan.now,
                plan.midnight - 90 * DAY,
            ),
        )
        for client_id in dice.sample(clients, dice.randrange(1, 4)):
            ledger.add(
                _reservation(day, service, event.lastrowid or 0, starts_at, client_id=client_id, plan=plan, dice=dice)
            )


def _reservation(
    day: Day, service: Service, event_id: int, starts_at: int, *, client_id: int, plan: Plan, dice: Random
) -> dict[str, Any]:
    ends_at = starts_at + service.offer.duration * MINUTE
    created = min(starts_at, plan.midnight) - dice.randrange(1, 20) * DAY
    booking = Booking(
        merchant_id=service.store.id,
        method=booking_rows.RESERVATION,
        starts_at=starts_at,
        ends_at=ends_at,
        busy_until=ends_at,
        staff_id=day.person.id,
        client_id=client_id,
        group_event_id=event_id,
        created_on=created,
        created_by=CLIENT,
        modified_on=created,
        modified_by=CLIENT,
        **standing(0.5, starts_at=starts_at, ends_at=ends_at, is_coming=False, now=plan.now),
    )
    attendees: list[dict[str, Any]] = [{"isRequester": True, "presence": booking.presence}]
    if dice.random() < 0.4:
        attendees.append({"firstName": "Alex", "lastName": "Guest", "isRequester": False, "presence": booking.presence})
    booking = replace(booking, attending=len(attendees))
    row = row_of(booking, items=json.dumps([item_of(service)], ensure_ascii=False))
    return row | {"attendees": json.dumps(attendees)}
