"""A retail beauty group with a past and a future, planted around today (architecture.md section 6)."""

import json
import sqlite3
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booxi import schema
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE
from integrations.sandbox.booxi.seed import catalogue, diary, people, places, requests, story
from integrations.sandbox.booxi.seed.catalogue import Service
from integrations.sandbox.booxi.seed.diary import Day, Ledger
from integrations.sandbox.booxi.seed.people import Person
from integrations.sandbox.booxi.seed.places import Store
from integrations.sandbox.booxi.seed.plan import DAYS_AHEAD, Plan
from integrations.sandbox.booxi.seed.story import Cast
from integrations.sandbox.state import run_script
from integrations.sandbox.times import DAY, wall


def is_planted(db: sqlite3.Connection) -> bool:
    """Whether the file already holds a world. ValueError when an older sandbox planted it."""
    run_script(db, schema.TABLES[:1])
    found = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if found is not None and found["value"] != schema.VERSION:
        raise ValueError("The state file is of another version: start again with --reset.")
    return found is not None


def told(db: sqlite3.Connection) -> dict[str, Any]:
    """The ids of the people and bookings the demo tells of."""
    found = db.execute("SELECT value FROM meta WHERE name = 'story'").fetchone()
    names: dict[str, Any] = json.loads(found["value"])
    return names


def plant(db: sqlite3.Connection, plan: Plan) -> None:
    """Fill empty tables. One transaction of the caller's: a world that was interrupted never was."""
    run_script(db, schema.TABLES)
    stores = places.stores(plan.stores)
    places.plant(db, stores)
    ledger, taken, casts = Ledger(), set[str](), []
    for position, store in enumerate(stores):
        casts.append(_plant_store(db, plan, store, position=position, ledger=ledger, taken=taken))
    run_script(db, schema.INDEXES)
    names = story.plant(db, plan, casts)
    run_script(db, schema.TRIGGERS)
    values = (("schema", schema.VERSION), ("story", json.dumps(names)))
    db.executemany("INSERT INTO meta VALUES (?, ?)", values)


def _plant_store(
    db: sqlite3.Connection, plan: Plan, store: Store, *, position: int, ledger: Ledger, taken: set[str]
) -> Cast:
    created_on = plan.midnight - 900 * DAY
    services = catalogue.services_of(store, position=position)
    catalogue.plant(db, store, services, position=position, created_on=created_on)
    staff = people.staff_of(plan, store, services, position=position, taken=taken)
    people.plant_staff(db, staff, created_on=created_on)
    _link(db, store, services, created_on=created_on)
    clients = people.plant_clients(db, plan, store, position=position)
    cast = Cast(store=store, services=services, staff=staff, clients=clients)
    days = _prepared_days(db, plan, cast, position=position, ledger=ledger)
    _fill(days, plan, clients, position=position, ledger=ledger)
    requests.plant(ledger, plan, cast, days, dice=plan.random("requests", position))
    ledger.write(db)
    return cast


def _link(db: sqlite3.Connection, store: Store, services: list[Service], *, created_on: int) -> None:
    links = [("merchant", store.id, PRIMARY_MODULE, f"STORE-{store.number}", created_on)]
    links += [("service", one.id, PRIMARY_MODULE, f"SKU-{one.id}", created_on) for one in services]
    people.link_many(db, links)


def _prepared_days(db: sqlite3.Connection, plan: Plan, cast: Cast, *, position: int, ledger: Ledger) -> list[Day]:
    """Everybody's days with what is fixed on them: slots, workshops, and times the story needs."""
    days = list(diary.days_of(plan, cast.store, cast.staff, noons=_noons(plan, cast.store)))
    dice = plan.random("workshops", position)
    taught = _workshop_days(days, cast.staff)
    diary.workshops(db, ledger, plan, service=cast.services[-1], days=taught, clients=cast.clients, dice=dice)
    for day in days:
        _fix(ledger, day)
        day.blocked += story.held(plan, day)
        day.blocked.sort()
    return days


def _noons(plan: Plan, store: Store) -> dict[date, int]:
    zone, count = ZoneInfo(store.zone), plan.days_back + DAYS_AHEAD + 1
    days = (plan.first_day + timedelta(days=number) for number in range(count))
    return {day: wall(day, diary.NOON, zone=zone) for day in days}


def _fix(ledger: Ledger, day: Day) -> None:
    for kind, minutes, description, can_modify in diary.fixed_points(day, number=day.person.id):
        if kind == "Busy" and any(start < minutes[1] and minutes[0] < end for start, end in day.blocked):
            continue
        ledger.slots.append(diary.slot_row(day, kind, minutes, description=description, can_modify=can_modify))
        if kind == "Busy":
            day.blocked.append(minutes)


def _workshop_days(days: list[Day], staff: list[Person]) -> list[Day]:
    """The second person of the store teaches, once a week, on the first of Thu, Wed, Fri, Tue, Sat she works."""
    teacher = staff[1]
    for weekday in (4, 3, 5, 2, 6):
        taught = [day for day in days if day.person is teacher and day.date.isoweekday() == weekday]
        if taught:
            return taught
    return []


def _fill(days: list[Day], plan: Plan, clients: list[int], *, position: int, ledger: Ledger) -> None:
    """Spread the store's bookings over the days by weight; what does not fit one day goes to the next."""
    dice = plan.random("bookings", position)
    offers = {day.person.id: diary.offered_by(day.person) for day in days}
    left, weight = float(plan.bookings_per_store), sum(day.weight for day in days)
    for day in days:
        share = left * day.weight / weight
        quota = int(share + dice.random())
        offered = offers[day.person.id]
        left -= diary.fill(ledger, day, quota=quota, offers=offered, clients=clients, plan=plan, dice=dice)
        weight -= day.weight
