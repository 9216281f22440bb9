"""The people and appointments the demo and the tests tell of."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker.seed import diary, people
from integrations.sandbox.booker.seed.diary import Ledger, Visit
from integrations.sandbox.booker.seed.people import Worker
from integrations.sandbox.booker.seed.places import OFFERS, Place
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY, wall

_CAST = (
    ("Mira", "Okafor", "mira.okafor@example.org", "2125550100", "1982-01-21"),
    ("Teodor", "Lind", "teodor.lind@example.org", "3125550101", ""),
    ("Noor", "Haddad", "noor.haddad@example.org", "2135550102", "1990-07-04"),
    ("Ines", "Moreau", "ines.moreau@example.org", "2125550103", ""),
    ("Teo", "Lind", "teodor.lind@example.org", "3125550101", ""),
)


def cast(plan: Plan, all_places: list[Place]) -> Iterator[dict[str, Any]]:
    """The first customers: one with a history in each place, one who left, and one who is known twice."""
    where = (*all_places, all_places[0], all_places[0])
    for number, (place, (first, last, email, cell, birthday)) in enumerate(zip(where, _CAST, strict=True)):
        row = people.blank(people.FIRST_CUSTOMER_ID + number, place.id, now=plan.midnight - 300 * DAY) | {
            "first_name": first,
            "last_name": last,
            "email": email,
            "cell_phone": cell,
            "birthday": birthday,
            "gender": "Female",
            "allows_sms": True,
            "address": json.dumps({"Street1": "1 Elm Street", "City": place.city, "State": place.state}),
        }
        yield people.with_keys(row | {"is_to_be_forgotten": number == 3, "is_active": number != 3})


def plant(db: Any, plan: Plan, all_places: list[Place], staff: dict[int, list[Worker]], ledger: Ledger) -> Any:
    """Their visits; everybody's ids, as `/__story` tells them. To be planted before the ordinary days."""
    told: dict[str, Any] = {"client_with_history": people.FIRST_CUSTOMER_ID, "clients": {}, "free_employee": {}}
    told["forgotten_client"] = people.FIRST_CUSTOMER_ID + 3
    told["twins"] = [people.FIRST_CUSTOMER_ID + 1, people.FIRST_CUSTOMER_ID + 4]
    for number, place in enumerate(all_places):
        guest = people.FIRST_CUSTOMER_ID + number
        told["clients"][str(place.id)] = guest
        told["free_employee"][str(place.id)] = staff[place.id][0].id
        visits = _visits(plan, place, staff[place.id], guest)
        told.setdefault("visits", {})[str(place.id)] = {
            name: diary.add(ledger, plan, visit, plan.random("booker-story", name)) for name, visit in visits
        }
    told["appointment_with_two_treatments"] = told["visits"][str(all_places[0].id)]["two_treatments"]
    for customer, expires in ((0, 120), (1, -40)):
        _membership(db, plan, all_places[customer], people.FIRST_CUSTOMER_ID + customer, expires=expires)
    told["member"], told["former_member"] = people.FIRST_CUSTOMER_ID, people.FIRST_CUSTOMER_ID + 1
    bought = plan.midnight - 30 * DAY
    series = (people.FIRST_CUSTOMER_ID, 901, all_places[0].id, people.FIRST_CUSTOMER_ID, 2, bought)
    db.execute(
        "INSERT INTO booker_bought_series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*series, bought + 365 * DAY, bought)
    )
    note = (people.FIRST_CUSTOMER_ID, "Prefers the quiet room", "Front desk", plan.midnight - 40 * DAY)
    db.execute("INSERT INTO booker_note (customer_id, text, author, created_on) VALUES (?, ?, ?, ?)", note)
    return told


def _membership(db: Any, plan: Plan, place: Place, customer_id: int, *, expires: int) -> None:
    number = 39_000 + customer_id % 1000
    until = plan.midnight + expires * DAY
    row = (number, customer_id, 801, f"JS{number}", until - 365 * DAY, until, None, False, 12, 5, place.id)
    db.execute(f"INSERT INTO booker_membership VALUES ({', '.join('?' * 11)})", row)  # noqa: S608


def _visits(plan: Plan, place: Place, staff: list[Worker], guest: int) -> Iterator[tuple[str, Visit]]:
    first, second = staff[0], staff[3]
    massage, facial, blow_dry = OFFERS[0], OFFERS[3], OFFERS[7]

    def visit(day: date, minutes: int, status: str, **more: Any) -> Visit:
        more.setdefault("tasks", ((massage, first),))
        return Visit(place=place, day=day, minutes=minutes, customer_id=guest, status=status, **more)

    early = _working_days(plan, first)
    yield "completed", visit(early(-60), 600, "Completed")
    yield "last_visit", visit(early(-20), 600, "Completed", notes="Asked for more pressure")
    yield "no_show", visit(early(-40), 600, "No Show")
    yield "cancelled", visit(early(6), 600, "Cancelled")
    two = ((massage, first), (facial, second))
    yield "two_treatments", visit(early(3), 660, "Booked", tasks=two, is_requested=True, notes="Quiet room, please")
    yield "coming", visit(early(10), 600, "Confirmed")
    for name, change in zip(("before_change", "after_change"), _clock_changes(plan.today, place.zone), strict=True):
        status = "Completed" if change < plan.today else "Booked"
        yield name, visit(change, 720, status, tasks=((blow_dry, staff[1]),))


def _working_days(plan: Plan, worker: Worker) -> Any:
    def nearest(days: int) -> date:
        day = plan.today + timedelta(days=days)
        while day.isoweekday() % 7 not in worker.hours:
            day += timedelta(days=1)
        return day

    return nearest


def _clock_changes(today: date, zone: ZoneInfo) -> tuple[date, date]:
    """The last Sunday the clocks changed, and the next."""
    before = next(day for number in range(1, 400) if _changes(day := today - timedelta(days=number), zone))
    after = next(day for number in range(1, 400) if _changes(day := today + timedelta(days=number), zone))
    return before, after


def _changes(day: date, zone: ZoneInfo) -> bool:
    return wall(day, 1440, zone=zone) - wall(day, 0, zone=zone) != DAY
