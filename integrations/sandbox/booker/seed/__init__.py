"""A spa brand with a past and a future, planted around today. The same plan plants the same brand."""

import json
import sqlite3
from typing import Any

from integrations.sandbox.booker import credentials, schema
from integrations.sandbox.booker.seed import diary, people, places, story
from integrations.sandbox.booker.seed.diary import Ledger
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.state import run_script


def is_planted(db: sqlite3.Connection) -> bool:
    """Whether the file already holds the brand. ValueError when an older sandbox planted it."""
    run_script(db, schema.TABLES[:1])
    found = db.execute("SELECT value FROM meta WHERE name = 'booker'").fetchone()
    if found is not None and found["value"] != schema.VERSION:
        raise ValueError("The state file is of another version: start again with --reset.")
    return found is not None


def told(db: sqlite3.Connection) -> dict[str, Any]:
    """Ids and credentials worth telling."""
    found = db.execute("SELECT value FROM meta WHERE name = 'booker_story'").fetchone()
    names: dict[str, Any] = json.loads(found["value"]) if found else {}
    return names | credentials.told()


def plant(db: sqlite3.Connection, plan: Plan) -> None:
    """Fill empty tables. Without customers there are no appointments either, nor anybody to tell of."""
    run_script(db, schema.TABLES)
    all_places = places.places()
    staff = {place.id: people.workers(place) for place in all_places}
    for place in all_places:
        places.plant(db, plan, place)
        places.plant_classes(db, plan, place)
        places.plant_products(db, place)
        people.plant_workers(db, plan, place, staff[place.id])
    people.plant_plans(db)
    names = _plant_people(db, plan, all_places, staff) if plan.booker_customers else {}
    run_script(db, schema.INDEXES)
    values = (("booker", schema.VERSION), ("booker_story", json.dumps(names)))
    db.executemany("INSERT INTO meta VALUES (?, ?)", values)


def _plant_people(db: sqlite3.Connection, plan: Plan, all_places: list[places.Place], staff: Any) -> dict[str, Any]:
    ledger, cast = Ledger(), list(story.cast(plan, all_places))
    first_id = people.FIRST_CUSTOMER_ID + len(cast)
    count = max(len(all_places), plan.booker_customers - len(cast))
    crowd = list(people.customers(plan, all_places, first_id=first_id, count=count))
    db.executemany(people.INSERT_CUSTOMER, cast + crowd)
    db.executemany(f"INSERT INTO booker_membership VALUES ({', '.join('?' * 11)})", people.memberships(plan, crowd))  # noqa: S608
    insert = "INSERT INTO booker_note (customer_id, text, author, created_on) VALUES (?, ?, ?, ?)"
    db.executemany(insert, people.notes(plan, crowd))
    names: dict[str, Any] = story.plant(db, plan, all_places, staff, ledger)
    days = diary.usual_days(plan)
    for place in all_places:
        guests = [row["id"] for row in crowd if row["location_id"] == place.id]
        wanted = round(len(guests) * diary.PER_CUSTOMER)
        diary.fill(ledger, plan, place, staff[place.id], guests, wanted=wanted, days=days)
    ledger.write(db)
    return names
