"""Who works at a location and who comes there."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from integrations.sandbox.booker.seed.places import OFFERS, Offer, Place
from integrations.sandbox.booxi.seed import names
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY

FIRST_CUSTOMER_ID = 500_001
FIRST_MEMBERSHIP_ID = 40_001

Week = list[dict[str, Any]]
_EARLY: Week = [{"dow": dow, "start": "09:30", "end": "17:30"} for dow in range(2, 7)]
_LATE: Week = [{"dow": dow, "start": "11:00", "end": "19:00"} for dow in (1, 3, 4, 5)]
_LATE += [{"dow": 0, "start": "10:00", "end": "18:00"}]
_WEEKEND: Week = [{"dow": dow, "start": "10:00", "end": "18:00"} for dow in (0, 6)]
SHIFTS = {"early": _EARLY, "late": _LATE, "weekend": _WEEKEND}


@dataclass(frozen=True, kw_only=True)
class Worker:
    """An employee. `categories` is what she does, `shift` names her week in SHIFTS."""

    id: int
    categories: tuple[int, ...]
    shift: str
    is_freelancer: bool = False
    is_active: bool = True

    @property
    def hours(self) -> dict[int, tuple[int, int]]:
        """Minutes after midnight at which she begins and ends, by day of the week (0 is Sunday)."""
        return {entry["dow"]: (_minutes(entry["start"]), _minutes(entry["end"])) for entry in SHIFTS[self.shift]}

    @property
    def offers(self) -> list[Offer]:
        return [offer for offer in OFFERS if offer.category in self.categories and offer.is_active]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


_WORKERS: tuple[tuple[tuple[int, ...], str, bool, bool], ...] = (
    ((1, 2), "early", False, True), ((3, 4), "late", False, True), ((1,), "late", False, True),
    ((2, 5), "early", False, True), ((3,), "early", False, True), ((4, 5), "early", False, True),
    ((2, 3), "late", False, True), ((1,), "weekend", True, True), ((4,), "weekend", True, True),
    ((1, 2), "early", False, False), ((3,), "weekend", True, False),
)  # fmt: skip


def workers(place: Place) -> list[Worker]:
    return [
        Worker(id=place.employee_id(number), categories=does, shift=shift, is_freelancer=freelance, is_active=is_active)
        for number, (does, shift, freelance, is_active) in enumerate(_WORKERS, start=1)
    ]


# Two who log in to the demo, by the id they have wherever they work.
_LOGINS = {
    30101: ("June", "Park", "june.park@demo.test"),
    30201: ("Otis", "Reed", "otis.reed@demo.test"),
}


def plant_workers(db: sqlite3.Connection, plan: Plan, place: Place, staff: list[Worker]) -> None:
    dice, since = plan.random("booker-staff", place.number), plan.midnight - 800 * DAY
    for number, worker in enumerate(staff):
        first, last = names.person(dice, country="US")
        email = f"employee{worker.id}@juniperslate.example"
        first, last, email = _LOGINS.get(worker.id, (first, last, email))
        row = (
            worker.id,
            place.id,
            first,
            last or "Stone",
            dice.choice(("Female", "Male")),
            email,
            phone(dice),
            number + 1,
            worker.is_freelancer,
            worker.is_active,
            json.dumps(SHIFTS[worker.shift]),
            since,
            since,
        )
        db.execute(f"INSERT INTO booker_employee VALUES ({', '.join('?' * 13)})", row)  # noqa: S608
    done = [(place.treatment_id(offer.position), worker.id) for worker in staff for offer in worker.offers]
    db.executemany("INSERT INTO booker_performer VALUES (?, ?)", done)


def phone(dice: Random) -> str:
    """Ten digits, reserved for fiction."""
    return names.mobile(dice, country="US").removeprefix("+1")


# ---- customers

CUSTOMER_COLUMNS = (
    "id", "location_id", "first_name", "last_name", "email", "cell_phone", "home_phone", "work_phone", "gender",
    "birthday", "address", "record_type", "is_active", "allows_email", "allows_promotion", "allows_sms",
    "is_to_be_forgotten", "login_name", "referred_by", "origination", "email_key", "cell_key", "home_key", "work_key",
    "created_on", "modified_on",
)  # fmt: skip
INSERT_CUSTOMER = (
    f"INSERT INTO booker_customer ({', '.join(CUSTOMER_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(':' + name for name in CUSTOMER_COLUMNS)})"
)
_TWINS = {"email": "email_key", "cell_phone": "cell_key", "home_phone": "home_key", "work_phone": "work_key"}


def digits(text: str) -> str:
    """The last ten digits: how a North American number is looked for."""
    return "".join(letter for letter in text if letter.isdigit() and letter.isascii())[-10:]


def with_keys(row: dict[str, Any]) -> dict[str, Any]:
    """The row and what its e-mail and numbers are found by."""
    keys = {key: digits(row[name]) for name, key in _TWINS.items() if name != "email"}
    return row | keys | {"email_key": row["email"].strip().lower()}


def blank(customer_id: int, location_id: int, *, now: int) -> dict[str, Any]:
    """A customer nobody knows anything about yet."""
    texts = dict.fromkeys(("email", "cell_phone", "home_phone", "work_phone", "birthday", "login_name"), "")
    return texts | {
        "id": customer_id,
        "location_id": location_id,
        "first_name": "",
        "last_name": "",
        "gender": "Unspecified",
        "address": "{}",
        "record_type": "Customer",
        "is_active": True,
        "allows_email": True,
        "allows_promotion": False,
        "allows_sms": False,
        "is_to_be_forgotten": False,
        "referred_by": None,
        "origination": "Front desk",
        "created_on": now,
        "modified_on": now,
    }


def customers(plan: Plan, all_places: list[Place], *, first_id: int, count: int) -> Iterator[dict[str, Any]]:
    """That many people, spread over the locations in turn."""
    dice = plan.random("booker-customers", first_id)
    for customer_id in range(first_id, first_id + count):
        place = all_places[customer_id % len(all_places)]
        yield with_keys(_customer(plan, place, customer_id, dice))


def _customer(plan: Plan, place: Place, customer_id: int, dice: Random) -> dict[str, Any]:
    first, last = names.person(dice, country="US")
    created_on = plan.midnight - dice.randrange(2, 800) * DAY - dice.randrange(DAY)
    chance = dice.random()
    row = blank(customer_id, place.id, now=created_on) | {
        "first_name": first,
        "last_name": last,
        "email": "" if chance < 0.06 else f"{_ascii(first)}.{_ascii(last) or 'x'}{customer_id}@example.com",
        "cell_phone": "" if 0.06 < chance < 0.14 else phone(dice),
        "home_phone": phone(dice) if chance > 0.9 else "",
        "gender": "Female" if chance < 0.7 else "Male" if chance < 0.95 else "Unspecified",
        "birthday": f"{dice.randrange(1945, 2006)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
        "address": _address(place, dice),
        "record_type": "Lead" if dice.random() < 0.03 else "Customer",
        "is_active": dice.random() > 0.04,
        "allows_promotion": chance < 0.5,
        "allows_sms": chance > 0.4,
        "referred_by": customer_id - 3 if chance > 0.97 and customer_id - 3 >= FIRST_CUSTOMER_ID else None,
        "origination": "Online booking" if chance < 0.3 else "Front desk",
        "modified_on": min(plan.now, created_on + dice.randrange(1, 400) * DAY),
    }
    return row | ({"birthday": ""} if dice.random() < 0.5 else {})


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def _address(place: Place, dice: Random) -> str:
    street = f"{dice.randrange(1, 400)} {dice.choice(('Elm', 'Maple', 'Hill', 'Lake', 'Park'))} Street"
    return json.dumps(
        {"Street1": street, "Street2": "", "City": place.city, "State": place.state, "Zip": place.zip},
        ensure_ascii=False,
    )


# ---- memberships and notes

PLANS = (
    (801, "Monthly massage", "One massage a month", 81, "Cedar", 9900, 12, False),
    (802, "Glow club", "A facial a month, products at ten per cent off", 82, "Juniper", 7900, 12, False),
    (803, "Everything", "As often as you like", 83, "Slate", 24900, 0, True),
)
NOTES = ("Prefers the quiet room", "Allergic to almond oil", "Likes tea, no sugar", "Came with her sister last time")


SERIES = ((901, "Five massages", 1, 55000, 5), (902, "Ten manicures", 3, 36000, 10))


def plant_plans(db: sqlite3.Connection) -> None:
    db.executemany("INSERT INTO booker_plan VALUES (?, ?, ?, ?, ?, ?, ?, ?)", PLANS)
    db.executemany("INSERT INTO booker_series VALUES (?, ?, ?, ?, ?)", SERIES)


def memberships(plan: Plan, people: Iterable[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """Rows of booker_membership: one customer in eight is a member, one in sixteen was one."""
    dice, number = plan.random("booker-members"), FIRST_MEMBERSHIP_ID
    for person in people:
        chance = dice.random()
        if chance > 3 / 16:
            continue
        is_over = chance < 1 / 16
        starts_on = plan.midnight - dice.randrange(400 if is_over else 10, 700 if is_over else 340) * DAY
        earned = dice.randrange(1, 13)
        yield (
            number,
            person["id"],
            dice.choice(PLANS)[0],
            f"JS{number}",
            starts_on,
            starts_on + 365 * DAY,
            None,
            is_over and dice.random() < 0.3,
            earned,
            dice.randrange(earned + 1),
            person["location_id"],
        )
        number += 1


def notes(plan: Plan, people: Iterable[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """Rows of booker_note without their id."""
    dice = plan.random("booker-notes")
    for person in people:
        if dice.random() < 0.2:
            yield (person["id"], dice.choice(NOTES), "Front desk", plan.midnight - dice.randrange(1, 300) * DAY)
