"""A location's appointments, past and coming, without two things at once; and what was paid for them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from integrations.sandbox.booker.seed import places
from integrations.sandbox.booker.seed.people import Worker
from integrations.sandbox.booker.seed.places import Offer, Place
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY, HOUR, MINUTE, wall

DAYS_BACK, DAYS_AHEAD = 75, 30
PER_CUSTOMER = 1.5
BUSIEST_DAY = 5
A_DAY_AT_LEAST = 12  # visits a location can take on any day
FIRST_APPOINTMENT_ID = 8_000_001
FIRST_BOOKED_ID = 2_000_001
FIRST_ORDER_ID = 6_000_001

Task = tuple[Offer, Worker]


@dataclass
class Ledger:
    """Rows to be written, and who and what is busy when. Of all locations: ids run on from the first ones."""

    first_appointment: int = FIRST_APPOINTMENT_ID
    first_booked: int = FIRST_BOOKED_ID
    first_order: int = FIRST_ORDER_ID
    first_item: int = FIRST_ORDER_ID
    first_refund: int = FIRST_ORDER_ID
    appointments: list[tuple[object, ...]] = field(default_factory=list)
    booked: list[tuple[object, ...]] = field(default_factory=list)
    orders: list[tuple[object, ...]] = field(default_factory=list)
    items: list[tuple[object, ...]] = field(default_factory=list)
    refunds: list[tuple[object, ...]] = field(default_factory=list)
    _busy: dict[tuple[int, date], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def is_free(self, resource: int, day: date, start: int, end: int) -> bool:
        return not any(begun < end and start < over for begun, over in self._busy[resource, day])

    def occupy(self, resource: int, day: date, start: int, end: int) -> None:
        self._busy[resource, day].append((start, end))

    def write(self, db: Any) -> None:
        for table, rows, width in (
            ("booker_appointment", self.appointments, 14),
            ("booker_booked", self.booked, 11),
            ("booker_order", self.orders, 10),
            ("booker_order_item", self.items, 9),
            ("booker_refund", self.refunds, 5),
        ):
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Treatments one after the other, beginning `minutes` after midnight of `day`, for one customer."""

    place: Place
    day: date
    minutes: int
    tasks: Sequence[Task]
    customer_id: int
    status: str
    is_requested: bool = False
    notes: str = ""
    booked_ago: int = 5 * DAY

    @property
    def length(self) -> int:
        return sum(offer.minutes for offer, _ in self.tasks)


def add(ledger: Ledger, plan: Plan, visit: Visit, dice: Random) -> int | None:
    """Keep the visit, if everybody and a room for each treatment is free then; its id."""
    rooms, minutes, busy = list[int](), visit.minutes, list[tuple[int, int, int]]()
    for offer, worker in visit.tasks:
        end = minutes + offer.minutes + offer.recovery
        room = _room(ledger, visit, offer, minutes, end)
        if room is None or not ledger.is_free(worker.id, visit.day, minutes, end):
            return None
        rooms.append(room)
        busy += [(room, minutes, end), (worker.id, minutes, end)]
        minutes += offer.minutes
    if visit.status != "Cancelled":
        for resource, start, end in busy:
            ledger.occupy(resource, visit.day, start, end)
    return _keep(ledger, plan, visit, rooms, dice)


def _room(ledger: Ledger, visit: Visit, offer: Offer, start: int, end: int) -> int | None:
    rooms = visit.place.rooms_for(offer)
    return next((room for room in rooms if ledger.is_free(room, visit.day, start, end)), None)


def _keep(ledger: Ledger, plan: Plan, visit: Visit, rooms: list[int], dice: Random) -> int:
    appointment_id = ledger.first_appointment + len(ledger.appointments)
    starts_at = at = wall(visit.day, visit.minutes, zone=visit.place.zone)
    for (offer, worker), room in zip(visit.tasks, rooms, strict=True):
        ends_at = at + offer.minutes * MINUTE
        ledger.booked.append(
            (
                ledger.first_booked + len(ledger.booked),
                appointment_id,
                visit.place.treatment_id(offer.position),
                worker.id,
                room,
                at,
                ends_at,
                ends_at + offer.recovery * MINUTE,
                visit.is_requested,
                visit.place.price(offer),
                visit.status != "Cancelled",
            )
        )
        at = ends_at
    created_on = min(starts_at - visit.booked_ago, plan.now - HOUR)
    order_id = _sell(ledger, visit, appointment_id, at, dice) if visit.status == "Completed" else None
    touched = {"Completed": at, "Checked In": starts_at, "No Show": starts_at + HOUR, "Cancelled": created_on + HOUR}
    modified_on = min(touched.get(visit.status, created_on), plan.now)
    ledger.appointments.append(
        (
            appointment_id,
            visit.place.id,
            visit.customer_id,
            visit.status,
            starts_at,
            at,
            visit.notes,
            "Online booking" if dice.random() < 0.3 else "Front desk",
            created_on,
            modified_on,
            starts_at if visit.status in ("Completed", "Checked In") else None,
            modified_on if visit.status == "No Show" else None,
            modified_on if visit.status == "Cancelled" else None,
            order_id,
        )
    )
    return appointment_id


def _sell(ledger: Ledger, visit: Visit, appointment_id: int, paid_on: int, dice: Random) -> int:
    order_id = ledger.first_order + len(ledger.orders)
    lines: list[tuple[object, ...]] = [
        (
            offer.name,
            "Treatment",
            visit.place.treatment_id(offer.position),
            None,
            worker.id,
            1,
            visit.place.price(offer),
        )
        for offer, worker in visit.tasks
    ]
    if dice.random() < 0.25:
        variant, name, price = dice.choice(places.variants(visit.place))
        lines.append((name, "Product", None, variant, visit.tasks[0][1].id, dice.choice((1, 1, 2)), price))
    total = 0
    for line in lines:
        ledger.items.append((ledger.first_item + len(ledger.items), order_id, *line))
        total += int(str(line[5])) * int(str(line[6]))
    is_refunded = dice.random() < 0.03
    if is_refunded:
        item_id = ledger.first_item + len(ledger.items) - 1
        amount = int(str(lines[-1][6]))
        ledger.refunds.append((ledger.first_refund + len(ledger.refunds), order_id, item_id, amount, paid_on + HOUR))
    status = "Refunded" if is_refunded else "Paid"
    row = (order_id, visit.place.id, visit.customer_id, appointment_id, status, total, round(total * 1.08))
    ledger.orders.append((*row, paid_on, paid_on, paid_on))
    return order_id


# ---- ordinary days


def usual_days(plan: Plan) -> list[date]:
    return [plan.today + timedelta(days=number) for number in range(-DAYS_BACK, DAYS_AHEAD + 1)]


def more_days(plan: Plan, wanted: int, *, is_ahead: bool) -> list[date]:
    """Enough days for that many visits to a location, before all the usual ones or after them."""
    count = wanted // A_DAY_AT_LEAST + 7
    first = DAYS_AHEAD + 1 if is_ahead else -DAYS_BACK - count
    return [plan.today + timedelta(days=first + number) for number in range(count)]


def fill(
    ledger: Ledger,
    plan: Plan,
    place: Place,
    staff: list[Worker],
    guests: Sequence[int],
    *,
    wanted: int,
    days: Sequence[date],
) -> int:
    """About that many ordinary visits, spread evenly over everybody's days; how many there were."""
    dice = plan.random("booker-diary", place.number, ledger.first_appointment + len(ledger.appointments))
    turns = [(day, worker) for day in days for worker in staff if worker.is_active and _dow(day) in worker.hours]
    share, owed, made = min(BUSIEST_DAY, wanted / max(1, len(turns))), 0.0, 0
    for day, worker in turns:
        owed += share
        count = round(owed + dice.uniform(-0.5, 0.5)) if owed > 0.5 else 0
        owed -= count
        made += _work_day(ledger, plan, place, worker, day, guests, dice=dice, count=min(count, wanted - made))
    return made


def _dow(day: date) -> int:
    return day.isoweekday() % 7


def _work_day(
    ledger: Ledger,
    plan: Plan,
    place: Place,
    worker: Worker,
    day: date,
    guests: Sequence[int],
    *,
    dice: Random,
    count: int,
) -> int:
    minutes, end = worker.hours[_dow(day)]
    made = 0
    while made < count:
        minutes += 15 * dice.randrange(3)
        tasks: list[Task] = [(dice.choice(worker.offers), worker)]
        if dice.random() < 0.15:
            tasks.append((dice.choice(worker.offers), worker))
        if minutes + sum(offer.minutes + offer.recovery for offer, _ in tasks) > end:
            break
        status = _status(plan, place, day, minutes, dice)
        visit = Visit(
            place=place,
            day=day,
            minutes=minutes,
            tasks=tasks[:1] if tasks[0][0].recovery else tasks,
            customer_id=dice.choice(guests),
            status=status,
            is_requested=dice.random() < 0.3,
            booked_ago=dice.randrange(1, 20) * DAY,
        )
        made += add(ledger, plan, visit, dice) is not None
        minutes += -(-(visit.length + tasks[0][0].recovery) // 15) * 15
    return made


def _status(plan: Plan, place: Place, day: date, minutes: int, dice: Random) -> str:
    starts_at, chance = wall(day, minutes, zone=place.zone), dice.random()
    if chance < 0.08:
        return "Cancelled"
    if starts_at + 2 * HOUR < plan.now:
        return "No Show" if chance < 0.13 else "Checked In" if chance < 0.16 else "Completed"
    if starts_at < plan.now:
        return "Checked In"
    return "Confirmed" if chance < 0.3 else "Booked"
