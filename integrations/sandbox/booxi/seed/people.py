"""The staff and the clients of each store."""

import json
import sqlite3
import unicodedata
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from integrations.sandbox.booxi import client_rows
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE
from integrations.sandbox.booxi.seed import names
from integrations.sandbox.booxi.seed.catalogue import Service
from integrations.sandbox.booxi.seed.places import Store, add_schedule, weekly
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY

FIRST_STAFF_ID = 7001
FIRST_CLIENT_ID = 1001
STAFF_LEAST = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    """A staff member. Shift in minutes after midnight on the store's wall; `off` are the `dow`s off."""

    id: int
    store: Store
    first_name: str
    last_name: str
    login_email: str
    role: str
    position: str
    has_calendar: bool = True
    status: str = "Online"
    shift: tuple[int, int] = (600, 1170)
    off: tuple[int, ...] = ()
    services: tuple[Service, ...] = field(default=(), repr=False)


DEMO: tuple[dict[str, Any], ...] = (
    {"first_name": "Ana", "last_name": "Roy", "login_email": "ana.roy@demo.test", "role": "Staff",
     "position": "Beauty advisor"},
    {"first_name": "Marc", "last_name": "Petit", "login_email": "marc.petit@demo.test", "role": "Manager",
     "position": "Store manager"},
    {"first_name": "Hélène", "last_name": "Aurel", "login_email": "helene.aurel@demo.test", "role": "Admin",
     "position": "Head office", "has_calendar": False},
)  # fmt: skip
_ROLES = ("Manager", "Supervisor", "RestrictedStaff")


def staff_of(plan: Plan, store: Store, services: list[Service], *, position: int, taken: set[str]) -> list[Person]:
    """The people of a store; the first store's first three are the demo's own, at work every day."""
    generator = plan.random("staff", position)
    first_id = FIRST_STAFF_ID + position * size(plan)
    people = []
    for number in range(size(plan)):
        fixed: dict[str, Any] = {"id": first_id + number, "store": store}
        if position == 0 and number < len(DEMO):
            demo = Person(**fixed, **DEMO[number], shift=(store.opens, store.closes), services=_bookable(services))
            taken.add(demo.login_email)
            people.append(demo)
        else:
            people.append(Person(**fixed, **_anybody(generator, store, services, number=number, taken=taken)))
    return people


def size(plan: Plan) -> int:
    return max(STAFF_LEAST, plan.staff_per_store)


def _bookable(services: list[Service]) -> tuple[Service, ...]:
    return tuple(service for service in services if service.offer.method == "Appointment")


def _anybody(generator: Any, store: Store, services: list[Service], *, number: int, taken: set[str]) -> dict[str, Any]:
    first, last = (generator.choice(pool) for pool in names.BY_COUNTRY[store.country])
    offered = _bookable(services)
    chosen = tuple(service for service in offered if generator.random() < 0.75)
    late = number % 2 * 60
    last_in_even_store = number == 9 and store.number % 2 == 0
    return {
        "first_name": first,
        "last_name": last,
        "login_email": _free_email(first, last, store=store, taken=taken),
        "role": _ROLES[number] if number < len(_ROLES) else "Staff",
        "position": generator.choice(("Beauty advisor", "Stylist", "Colourist", "Make-up artist")),
        "status": "Offline" if last_in_even_store and store.number < 106 else "Online",
        "shift": (store.opens + late, store.closes - 60 + late),
        "off": tuple(generator.sample([dow for dow in range(7) if dow not in store.closed], 1 if store.closed else 2)),
        "services": chosen if len(chosen) >= 4 else offered,
    }  # fmt: skip


def _free_email(first: str, last: str, *, store: Store, taken: set[str]) -> str:
    stem = ascii_name(first, last) or f"staff.{store.number}"
    choices = (f"{stem}{number or ''}@demo.test" for number in count())
    email = next(choice for choice in choices if choice not in taken)
    taken.add(email)
    return email


def ascii_name(first: str, last: str) -> str:
    """`helene.aurel` for Hélène Aurel; empty for names that have no Latin letters."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum() or letter in ".-").strip(".")


def plant_staff(db: sqlite3.Connection, people: list[Person], *, created_on: int) -> None:
    rows = [
        (
            person.id, person.store.id, person.first_name, person.last_name, person.position, person.login_email,
            person.role, person.status, int(person.has_calendar), None, created_on, created_on,
        )
        for person in people
    ]  # fmt: skip
    db.executemany("INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for person in people:
        add_schedule(db, "staff", person.id, hours=weekly(*person.shift, off=person.off))
    offered = [(person.id, service.id) for person in people for service in person.services]
    db.executemany("INSERT INTO staff_service VALUES (?, ?)", offered)
    links = [("staff", person.id, PRIMARY_MODULE, f"EMP-{person.id}", created_on) for person in people]
    link_many(db, links)


# ---- clients


def plant_clients(db: sqlite3.Connection, plan: Plan, store: Store, *, position: int) -> list[int]:
    """Clients of one store, two in three of them known to the CRM; the answer is their ids."""
    generator = plan.random("clients", position)
    first_id = FIRST_CLIENT_ID + position * plan.clients_per_store
    ids = list(range(first_id, first_id + plan.clients_per_store))
    made = [_client(generator, store, client_id, today=plan.midnight) for client_id in ids]
    client_rows.insert_many(db, made)
    links = [("client", key, PRIMARY_MODULE, f"CUST-{key:06d}", plan.midnight - 90 * DAY) for key in ids if key % 3]
    link_many(db, links)
    return ids


def _client(generator: Any, store: Store, client_id: int, *, today: int) -> dict[str, Any]:
    first, last = names.person(generator, country=store.country)
    stem = ascii_name(first, last) or "client"
    mobile = names.mobile(generator, country=store.country) if generator.random() < 0.9 else ""
    created = today - generator.randrange(100, 900) * DAY
    values = client_rows.BLANK | {
        "first_name": first,
        "last_name": last,
        "language": store.language,
        "email": f"{stem}.{client_id}@example.org" if generator.random() < 0.92 or not mobile else "",
        "mobile_phone": names.as_typed(generator, mobile, country=store.country),
        "home_phone": names.home(generator, country=store.country) if generator.random() < 0.2 else "",
        "membership_number": f"M{client_id:07d}" if generator.random() < 0.4 else "",
        "in_mailing_list": generator.random() < 0.5,
        "gender": generator.choice(("Unknown", "Female", "Male", "Other")),
        "date_of_birth": json.dumps(_birth(generator)),
    }
    fixed = {"id": client_id, "merchant_id": store.id, "clientele_id": store.clientele}
    keyed = client_rows.keyed(values, dial_prefix=store.dial)
    return keyed | fixed | {"created_on": created, "modified_on": created}


def _birth(generator: Any) -> dict[str, int] | None:
    if generator.random() < 0.5:
        return None
    year, month, day = generator.randrange(1940, 2006), generator.randrange(1, 13), generator.randrange(1, 29)
    return {"day": day, "month": month, "year": year}


Link = tuple[str, int, str, str, int]
"""Owner kind, owner id, module id, external id, made on (epoch seconds)."""


def link_many(db: sqlite3.Connection, links: list[Link]) -> None:
    rows = [(kind, owner, module, external, "{}", made, made) for kind, owner, module, external, made in links]
    db.executemany("INSERT INTO module_link VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
