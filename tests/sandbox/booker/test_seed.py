import sqlite3
from dataclasses import replace

import pytest

from integrations.sandbox.booker import seed
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import from_rfc3339
from tests.sandbox.booker.test_backstage import overlaps
from tests.sandbox.desk import PLAN, Desk

TABLES = ("customer", "appointment", "booked", "order_item", "membership", "note", "employee")


def planted(plan: Plan) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    seed.plant(db, plan)
    return db


def rows(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for name in TABLES for row in db.execute(f"SELECT * FROM booker_{name} ORDER BY id")]  # noqa: S608


def test_same_plan_plants_the_same() -> None:
    assert rows(planted(PLAN)) == rows(planted(PLAN))
    assert rows(planted(PLAN)) != rows(planted(replace(PLAN, seed=2)))


def test_nobody_and_no_room_is_twice_anywhere(desk: Desk) -> None:
    assert overlaps(desk) == 0


@pytest.mark.parametrize("count", [0, 9, 300])
def test_as_many_customers_as_asked_for(count: int) -> None:
    db = planted(replace(PLAN, booker_customers=count))

    assert db.execute("SELECT count(*) FROM booker_customer").fetchone()[0] == count
    assert (db.execute("SELECT count(*) FROM booker_appointment").fetchone()[0] > 0) == (count > 0)


def test_every_kind_of_appointment_is_there() -> None:
    db = planted(replace(PLAN, booker_customers=600))
    kinds = {row[0] for row in db.execute("SELECT DISTINCT status FROM booker_appointment")}

    assert kinds == {"Booked", "Confirmed", "Checked In", "Completed", "No Show", "Cancelled"}
    assert db.execute("SELECT count(*) FROM booker_refund").fetchone()[0] > 0
    assert db.execute("SELECT count(*) FROM booker_membership WHERE expires_on < ?", (PLAN.now,)).fetchone()[0] > 0


@pytest.mark.parametrize("today", ["2026-03-07", "2026-03-08", "2026-11-01", "2026-12-31", "2028-02-29"])
def test_story_is_whole_on_any_day(today: str) -> None:
    db = planted(replace(PLAN, now=from_rfc3339(f"{today}T05:30:00Z")))
    story = seed.told(db)

    assert all(made for visits in story["visits"].values() for made in visits.values())
    late = db.execute("SELECT count(*) FROM booker_appointment WHERE created_on > starts_at AND status = 'Booked'")
    assert late.fetchone()[0] == 0
