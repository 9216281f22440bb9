"""The people a demo tells of. Their ids are answered by `/__story`."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booxi import booking_rows, client_rows, lookup
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE, RETENTION_DAYS
from integrations.sandbox.booxi.booking_rows import ARRIVED, EXPECTING, NO_SHOW, PENDING_STAFF, Booking
from integrations.sandbox.booxi.seed.catalogue import Service
from integrations.sandbox.booxi.seed.diary import Day, Minutes, item_of
from integrations.sandbox.booxi.seed.names import LONGEST
from integrations.sandbox.booxi.seed.people import Person, link_many
from integrations.sandbox.booxi.seed.places import PARTNER_KEY, STRANGER, STRANGER_PARTNER_KEY, Store
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY, HOUR, MINUTE, to_rfc3339, wall

STRANGER_CLIENT_ID = 900
STRANGER_STAFF_ID = 6001
LEA_TODAY: Minutes = (960, 1020)
LEA_TOMORROW: Minutes = (690, 750)
LEA_EVERY_DAYS = 6
Told = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """One store with everybody in it."""

    store: Store
    services: list[Service]
    staff: list[Person]
    clients: list[int]


def held(plan: Plan, day: Day) -> list[Minutes]:
    """Times of Ana Roy's that are kept for Léa Noir, before anything else is booked."""
    if day.person.login_email != "ana.roy@demo.test":
        return []
    kept = {plan.today: LEA_TODAY, plan.today + timedelta(days=1): LEA_TOMORROW}
    return [kept[day.date]] if day.date in kept else []


def plant(db: sqlite3.Connection, plan: Plan, casts: list[Cast]) -> Told:
    """Everybody the story needs, added to the planted stores; the answer is who and what, by id."""
    home = casts[0]
    told: Told = {
        "now": to_rfc3339(plan.now),
        "keys": _keys(casts),
        "stores": {str(cast.store.number): cast.store.id for cast in casts},
        "staff": {person.login_email: person.id for person in home.staff[:3]},
        "module": PRIMARY_MODULE,
    }
    told["lea_noir"] = _lea(db, plan, home)
    told["duplicate_clients"] = _duplicates(db, plan, home)
    told["merged_client"] = _merged(db, plan, home)
    told["due_for_anonymization"] = _forgotten(db, plan, home)
    told["blocked_client"] = _client(
        db, home, plan, "Blanche", "Bloquée", status="Blocked", email="blanche@example.org"
    )
    told["longest_name"] = _client(db, home, plan, *LONGEST, email="longest.name@example.org")
    told["single_name"] = _client(db, home, plan, "Zendaya", "", email="single.name@example.org")
    told |= _in_two_stores(db, plan, casts)
    told["clock_change"] = _night(db, plan, home)
    told |= _pending(db, home)
    told |= _workshop(db, plan, home)
    _stranger(db, plan)
    told["late_client"] = _late(db, plan, home)
    told["no_show"] = _latest_no_show(db, plan, home)
    return told


def _keys(casts: list[Cast]) -> Told:
    merchants = {str(cast.store.id): cast.store.key for cast in casts}
    return {"partner": PARTNER_KEY, "merchants": merchants, "stranger": STRANGER_PARTNER_KEY}


# ---- helping hands


def _client(db: sqlite3.Connection, cast: Cast, plan: Plan, first: str, last: str, **values: Any) -> int:
    merchant = lookup.known(db, "merchant", cast.store.id)
    named = {"first_name": first, "last_name": last, "language": cast.store.language}
    return client_rows.insert(db, merchant=merchant, values=named | values, now=plan.midnight - 400 * DAY)


def _book(
    db: sqlite3.Connection, plan: Plan, *, service: Service, person: Person, client_id: int, at: int, **more: Any
) -> Booking:
    """A booking put where it is told to be, whatever the rules say."""
    created = min(at, plan.midnight) - 7 * DAY
    booking = Booking(
        merchant_id=person.store.id,
        starts_at=at,
        ends_at=at,
        busy_until=at,
        staff_id=person.id,
        client_id=client_id,
        items=(item_of(service),),
        created_on=created,
        created_by_staff_id=person.id,
        modified_on=created,
        modified_by_staff_id=person.id,
        **more,
    ).timed(starts_at=at)
    return booking_rows.insert(db, booking)


def _over(plan: Plan, at: int) -> Told:
    """How a booking that began at `at` stands: over and completed, or still to come."""
    return {"presence": ARRIVED, "is_completed": True} if at < plan.now else {}


def _ids(booking: Booking) -> Told:
    return {
        "bookingId": booking.booking_id,
        "merchantId": booking.merchant_id,
        "staffId": booking.staff_id,
        "clientId": booking.client_id,
        "startsOn": to_rfc3339(booking.starts_at),
    }


# ---- Léa


def _lea(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """A regular of Ana Roy's with a long history, and an appointment today or tomorrow."""
    lea = _client(
        db,
        home,
        plan,
        "Lea",
        "Noir",
        email="lea.noir@example.org",
        mobile_phone="+33639980009",
        quick_note="VIP since 2021",
    )
    link_many(db, [("client", lea, PRIMARY_MODULE, "CUST-9", plan.midnight - 300 * DAY)])
    ana = home.staff[0]
    db.execute(
        "UPDATE booking SET client_id = ? WHERE n IN (SELECT min(n) FROM booking WHERE staff_id = ? AND starts_at < ?"
        " AND method = 'Appointment' GROUP BY (starts_at - ?) / ?)",
        (lea, ana.id, plan.midnight, plan.midnight - 3650 * DAY, LEA_EVERY_DAYS * DAY),
    )
    styling = next(service for service in home.services if service.offer.name == "Personal Styling")
    coming = _book(
        db, plan, service=styling, person=ana, client_id=lea, at=_lea_comes(plan, home),
        additional_request="Navy suit", quick_note="Prefers the quiet room",
    )  # fmt: skip
    return _ids(coming) | {"externalId": "CUST-9"}


def _lea_comes(plan: Plan, home: Cast) -> int:
    zone = ZoneInfo(home.store.zone)
    today = wall(plan.today, LEA_TODAY[0], zone=zone)
    if plan.now < today - HOUR:
        return today
    return wall(plan.today + timedelta(days=1), LEA_TOMORROW[0], zone=zone)


# ---- clients


def _duplicates(db: sqlite3.Connection, plan: Plan, home: Cast) -> list[int]:
    """The same woman twice: once by email, once by phone."""
    return [
        _client(db, home, plan, "Camille", "Duval", email="camille.duval@example.org"),
        _client(db, home, plan, "Camille", "Duval", email="c.duval@example.org", mobile_phone="+33639980011"),
    ]


def _merged(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    old = _client(db, home, plan, "Sophie", "Martin", email="sophie.martin@example.org")
    new = _client(db, home, plan, "Sophie", "Martin-Leroy", email="sophie.ml@example.org", mobile_phone="+33639980012")
    db.execute("UPDATE client SET merged_into = ? WHERE id = ?", (new, old))
    return {"clientId": old, "newClientId": new}


def _forgotten(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """Nothing to come, and the last visit longer ago than data is kept."""
    client_id = _client(db, home, plan, "Odile", "Lointaine", email="odile@example.org", mobile_phone="+33639980013")
    day = plan.today - timedelta(days=RETENTION_DAYS + 30)
    at = wall(day, 660, zone=ZoneInfo(home.store.zone))
    return _ids(
        _book(db, plan, service=home.services[0], person=home.staff[1], client_id=client_id, at=at, **_over(plan, at))
    )


def _in_two_stores(db: sqlite3.Connection, plan: Plan, casts: list[Cast]) -> Told:
    """One client of the shared clientele with visits in both its stores; and one the CRM sees in two clienteles."""
    told: Told = {}
    if len(casts) > 1:
        client_id = casts[0].clients[0]
        number = db.execute(
            "SELECT n FROM booking WHERE merchant_id = ? AND starts_at < ? ORDER BY n LIMIT 1",
            (casts[1].store.id, plan.midnight),
        ).fetchone()
        db.execute("UPDATE booking SET client_id = ? WHERE n = ?", (client_id, number["n"] if number else 0))
        told["client_of_two_stores"] = {"clientId": client_id, "merchantIds": [casts[0].store.id, casts[1].store.id]}
    if len(casts) > 2:
        pair = [_client(db, cast, plan, "Iris", "Voyageur", email="iris@example.org") for cast in (casts[0], casts[2])]
        made = plan.midnight - 200 * DAY
        link_many(db, [("client", client_id, PRIMARY_MODULE, "CUST-77", made) for client_id in pair])
        told["client_linked_twice"] = {"clientIds": pair, "externalId": "CUST-77"}
    return told


def _stranger(db: sqlite3.Connection, plan: Plan) -> None:
    """Somebody at work, and a client, in the store no Aurel key opens."""
    day = plan.midnight
    stranger = (STRANGER_STAFF_ID, STRANGER.id, "Noé", "Voisin", "Stylist", "noe.voisin@demo.test", "Admin", "Online")
    db.execute("INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, NULL, ?, ?)", (*stranger, day, day))
    merchant = lookup.known(db, "merchant", STRANGER.id)
    made = client_rows.insert(
        db,
        merchant=merchant,
        values={"first_name": "Etta", "last_name": "Ranger", "email": "etta@example.org"},
        now=plan.midnight,
    )
    db.execute("UPDATE client SET id = ? WHERE id = ?", (STRANGER_CLIENT_ID, made))


# ---- bookings


def nearest_change(plan: Plan, zone: ZoneInfo) -> tuple[date, int]:
    """The day nearest to today with 23 or 25 hours in that zone, and its length in hours."""
    for away in range(370):
        for day in (plan.today + timedelta(days=away), plan.today - timedelta(days=away)):
            hours = (wall(day, 1440, zone=zone) - wall(day, 0, zone=zone)) // HOUR
            if hours != 24:
                return day, hours
    return plan.today, 24


def _night(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """A private night at the boutique, booked across the change of the clocks."""
    zone = ZoneInfo(home.store.zone)
    day, hours = nearest_change(plan, zone)
    at, marc = wall(day, 75, zone=zone), home.staff[1]
    service = next(service for service in home.services if service.offer.name == "Bridal Preparation")
    client_id = home.clients[1]
    db.execute(
        "INSERT INTO time_slot (merchant_id, staff_id, type, starts_at, ends_at, can_modify, description, label,"
        " availability_tags) VALUES (?, ?, 'Available', ?, ?, 1, 'Private night', '', 'night')",
        (home.store.id, marc.id, wall(day, 60, zone=zone), wall(day, 300, zone=zone)),
    )
    booking = _book(db, plan, service=service, person=marc, client_id=client_id, at=at, **_over(plan, at))
    return _ids(booking) | {"date": day.isoformat(), "hours": hours}


def _pending(db: sqlite3.Connection, home: Cast) -> Told:
    wanted = {
        "pending_request": "staff_id IS NOT NULL",
        "unassigned_request": "staff_id IS NULL AND is_scheduled",
        "unscheduled_request": "NOT is_scheduled",
    }
    told: Told = {}
    for name, condition in wanted.items():
        query = f"SELECT * FROM booking WHERE merchant_id = ? AND status = ? AND {condition} ORDER BY starts_at"  # noqa: S608
        row = db.execute(query, (home.store.id, PENDING_STAFF)).fetchone()
        told[name] = _ids(booking_rows.from_row(row)) if row else None
    return told


def _workshop(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """The next workshop has places; the one after it is full."""
    rows = db.execute(
        "SELECT id FROM group_event WHERE merchant_id = ? AND starts_at > ? ORDER BY starts_at LIMIT 2",
        (home.store.id, plan.now),
    ).fetchall()
    if len(rows) == 2:
        db.execute(
            "UPDATE group_event SET capacity = (SELECT max(1, coalesce(sum(attending), 0)) FROM booking"
            " WHERE group_event_id = group_event.id AND status != 'Cancelled') WHERE id = ?",
            (rows[1]["id"],),
        )
    names = ("group_event", "full_group_event")
    return {name: {"groupEventId": row["id"]} for name, row in zip(names, rows, strict=False)}


def _late(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """Somebody who should have been here some minutes ago: one of today's, or else one made up for it."""
    row = db.execute(
        "SELECT * FROM booking WHERE starts_at BETWEEN ? AND ? AND ends_at > ? AND status = 'Approved'"
        " AND presence = 'Arrived' AND method = 'Appointment' AND merchant_id < ? ORDER BY merchant_id, n LIMIT 1",
        (plan.now - 45 * MINUTE, plan.now - 10 * MINUTE, plan.now, 10**9),
    ).fetchone()
    if row is None:
        return _ids(_made_late(db, plan, home))
    late = replace(booking_rows.from_row(row), presence=EXPECTING, is_completed=False)
    booking_rows.update(db, late)
    return _ids(late)


def _made_late(db: sqlite3.Connection, plan: Plan, home: Cast) -> Booking:
    at = (plan.now - 15 * MINUTE) // (5 * MINUTE) * 5 * MINUTE
    service = next(service for service in home.services if service.offer.name == "Personal Styling")
    return _book(db, plan, service=service, person=_idle(db, home, at), client_id=home.clients[2], at=at)


def _idle(db: sqlite3.Connection, home: Cast, at: int) -> Person:
    for person in _with_calendar(home):
        busy = db.execute(
            "SELECT 1 FROM booking WHERE staff_id = ? AND status != 'Cancelled' AND starts_at < ? AND busy_until > ?",
            (person.id, at + 2 * HOUR, at),
        ).fetchone()
        if busy is None:
            return person
    return home.staff[0]


def _with_calendar(cast: Cast) -> Iterator[Person]:
    return (person for person in cast.staff if person.has_calendar)


def _latest_no_show(db: sqlite3.Connection, plan: Plan, home: Cast) -> Told:
    """The last one of the first store; yesterday's first booking becomes it when chance made none."""
    query = (
        "SELECT * FROM booking"
        " WHERE merchant_id = ? AND method = 'Appointment' AND ends_at <= ? AND status = 'Approved'"
    )
    values = (home.store.id, plan.now)
    row = db.execute(f"{query} AND presence = 'NoShow' ORDER BY starts_at DESC, n LIMIT 1", values).fetchone()
    if row is None:
        row = db.execute(f"{query} ORDER BY starts_at DESC, n LIMIT 1", values).fetchone()
    booking = replace(booking_rows.from_row(row), presence=NO_SHOW, is_completed=False)
    booking_rows.update(db, booking)
    return _ids(booking)
