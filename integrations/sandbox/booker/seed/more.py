"""More of the same, for whoever measures: customers and appointments in bulk, beside what is there already."""

import sqlite3
from datetime import date
from zoneinfo import ZoneInfo

from integrations.sandbox.booker.seed import diary, people, places
from integrations.sandbox.booker.seed.diary import Ledger
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY, MINUTE, local_day, wall

_NEWEST = "SELECT coalesce(max(id), 0) + 1 FROM {}"
_BUSY = """
    SELECT employee_id, room_id, booker_booked.starts_at, busy_until FROM booker_booked
    JOIN booker_appointment ON booker_appointment.id = appointment_id
    WHERE is_live AND location_id = ? AND booker_booked.starts_at BETWEEN ? AND ?
"""


def customers(db: sqlite3.Connection, plan: Plan, count: int) -> int:
    """So many more, spread over the locations; how many there are now."""
    first_id = max(people.FIRST_CUSTOMER_ID, db.execute(_NEWEST.format("booker_customer")).fetchone()[0])
    db.executemany(people.INSERT_CUSTOMER, people.customers(plan, places.places(), first_id=first_id, count=count))
    return int(db.execute("SELECT count(*) FROM booker_customer").fetchone()[0])


def appointments(db: sqlite3.Connection, plan: Plan, wanted: int, *, is_ahead: bool) -> int:
    """About so many more, past ones or such to come, spread over the locations; how many were made."""
    ledger, made, all_places = _ledger(db), 0, places.places()
    for place in all_places:
        share = -(-wanted // len(all_places))
        days = diary.more_days(plan, share, is_ahead=is_ahead)
        query = "SELECT id FROM booker_customer WHERE location_id = ? AND NOT is_deleted ORDER BY id"
        guests = [row["id"] for row in db.execute(query, (place.id,))]
        if guests:
            _note_busy(db, ledger, place, days)
            made += diary.fill(ledger, plan, place, people.workers(place), guests, wanted=share, days=days)
    ledger.write(db)
    return made


def _ledger(db: sqlite3.Connection) -> Ledger:
    tables = ("appointment", "booked", "order", "order_item", "refund")
    names = ("first_appointment", "first_booked", "first_order", "first_item", "first_refund")
    newest = (db.execute(_NEWEST.format(f"booker_{table}")).fetchone()[0] for table in tables)
    return Ledger(**dict(zip(names, newest, strict=True)))


def _note_busy(db: sqlite3.Connection, ledger: Ledger, place: places.Place, days: list[date]) -> None:
    span = (wall(days[0], 0, zone=place.zone), wall(days[-1], 1440, zone=place.zone) + DAY)
    for row in db.execute(_BUSY, (place.id, *span)):
        day, minutes = _on_wall(row["starts_at"], zone=place.zone)
        length = (row["busy_until"] - row["starts_at"]) // MINUTE
        for resource in (row["employee_id"], row["room_id"]):
            ledger.occupy(resource, day, minutes, minutes + length)


def _on_wall(moment: int, *, zone: ZoneInfo) -> tuple[date, int]:
    day = local_day(moment, zone=zone)
    return day, (moment - wall(day, 0, zone=zone)) // MINUTE
