"""The brand's three locations: when they are open, what they offer, and the rooms that host it."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from integrations.sandbox.booker.credentials import LOCATION_IDS
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.times import DAY, wall

WEEK = [
    {"dow": 0, "start": "10:00", "end": "18:00"},
    *({"dow": dow, "start": "09:00", "end": "20:00"} for dow in range(1, 7)),
]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A treatment. `position` is its place in the brand's list; price in cents, recovery in minutes."""

    position: int
    name: str
    category: int
    price: int
    minutes: int
    recovery: int = 0
    is_active: bool = True
    is_online: bool = True
    is_class: bool = False


CATEGORIES = {
    1: ("Massage", 11, "Body"), 2: ("Face", 21, "Skin care"), 3: ("Nails", 31, "Hands and feet"),
    4: ("Hair", 41, "Styling"), 5: ("Make-up", 51, "Looks"),
    6: ("Classes", 61, "Yoga"),
}  # fmt: skip
OFFERS = (
    Offer(position=1, name="Swedish massage", category=1, price=12000, minutes=60, recovery=15),
    Offer(position=2, name="Deep tissue massage", category=1, price=16500, minutes=90, recovery=15),
    Offer(position=3, name="Hot stone massage", category=1, price=14500, minutes=75, recovery=15),
    Offer(position=4, name="Classic facial", category=2, price=9500, minutes=60),
    Offer(position=5, name="Glow peel", category=2, price=8500, minutes=45),
    Offer(position=6, name="Manicure", category=3, price=4000, minutes=45),
    Offer(position=7, name="Pedicure", category=3, price=5500, minutes=60),
    Offer(position=8, name="Blow-dry", category=4, price=5000, minutes=45),
    Offer(position=9, name="Cut and style", category=4, price=9000, minutes=60, is_online=False),
    Offer(position=10, name="Make-up lesson", category=5, price=7000, minutes=30),
    Offer(position=11, name="Seaweed wrap", category=1, price=11000, minutes=60, is_active=False),
)
YOGA = Offer(position=12, name="Morning yoga", category=6, price=2500, minutes=60, is_class=True)
ROOMS = (
    ("Juniper room", (1,)), ("Slate room", (1,)), ("Cedar room", (1, 2)), ("Facial room", (2,)), ("Skin room", (2,)),
    ("Nail bar 1", (3,)), ("Nail bar 2", (3,)), ("Nail bar 3", (3,)), ("Chair 1", (4, 5)), ("Chair 2", (4, 5)),
    ("Chair 3", (4,)), ("Mirror", (5,)),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Place:
    """A location. Its employees, rooms and treatments have ids of its own, told by its number."""

    id: int
    number: int
    city: str
    state: str
    zip: str
    street: str
    zone: ZoneInfo
    zone_label: str
    zone_name: str
    area_code: str

    def treatment_id(self, position: int) -> int:
        return 7000 + self.number * 100 + position

    def room_id(self, position: int) -> int:
        return 9000 + self.number * 100 + position

    def employee_id(self, position: int) -> int:
        return 30000 + self.number * 100 + position

    def price(self, offer: Offer) -> int:
        """Cents; the farther west the dearer."""
        return offer.price + 500 * (self.number - 1)

    def rooms_for(self, offer: Offer) -> list[int]:
        return [self.room_id(number) for number, (_, hosted) in enumerate(ROOMS, start=1) if offer.category in hosted]


_PLACES = (
    ("New York", "NY", "10003", "18 Garden Row", "America/New_York", "(GMT-05:00) Eastern Time (US & Canada)",
     "Eastern Standard Time", "212"),
    ("Chicago", "IL", "60607", "240 Lakeside Walk", "America/Chicago", "(GMT-06:00) Central Time (US & Canada)",
     "Central Standard Time", "312"),
    ("Los Angeles", "CA", "90026", "77 Canyon Steps", "America/Los_Angeles", "(GMT-08:00) Pacific Time (US & Canada)",
     "Pacific Standard Time", "213"),
)  # fmt: skip


def places() -> list[Place]:
    return [
        Place(
            id=LOCATION_IDS[number - 1],
            number=number,
            city=city,
            state=state,
            zip=code,
            street=street,
            zone=ZoneInfo(zone),
            zone_label=label,
            zone_name=name,
            area_code=area,
        )
        for number, (city, state, code, street, zone, label, name, area) in enumerate(_PLACES, start=1)
    ]


def plant(db: sqlite3.Connection, plan: Plan, place: Place) -> None:
    """The location with its treatments, rooms, and what is hosted where."""
    since = plan.midnight - 900 * DAY
    address = {"Street1": place.street, "Street2": "", "City": place.city, "State": place.state, "Zip": place.zip}
    db.execute(
        "INSERT INTO booker_location VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place.id,
            f"Juniper & Slate {place.city}",
            f"juniperslate{place.number}",
            place.zone.key,
            place.zone_label,
            place.zone_name,
            f"desk{place.number}@juniperslate.example",
            f"{place.area_code}5550199",
            json.dumps(address),
            json.dumps(WEEK),
            since,
        ),
    )
    rooms = [
        (place.room_id(number), place.id, name, 1, since, since) for number, (name, _) in enumerate(ROOMS, start=1)
    ]
    db.executemany("INSERT INTO booker_room VALUES (?, ?, ?, ?, ?, ?)", rooms)
    treatments = [_treatment(place, offer, since=since) for offer in (*OFFERS, YOGA)]
    db.executemany(f"INSERT INTO booker_treatment VALUES ({', '.join('?' * 17)})", treatments)  # noqa: S608
    hosts = [(place.treatment_id(offer.position), room) for offer in OFFERS for room in place.rooms_for(offer)]
    db.executemany("INSERT INTO booker_host VALUES (?, ?)", hosts)


def _treatment(place: Place, offer: Offer, *, since: int) -> tuple[object, ...]:
    category, subcategory_id, subcategory = CATEGORIES[offer.category]
    return (
        place.treatment_id(offer.position),
        place.id,
        offer.name,
        f"{offer.name}, {offer.minutes} minutes.",
        offer.category,
        category,
        subcategory_id,
        subcategory,
        place.price(offer),
        offer.minutes,
        offer.recovery,
        offer.is_active,
        offer.is_online,
        offer.is_class,
        700 + offer.position,
        since,
        since,
    )


CLASS_DAYS_BACK, CLASS_DAYS_AHEAD, CLASS_PLACES = 7, 60, 8


def plant_classes(db: sqlite3.Connection, plan: Plan, place: Place) -> None:
    """Yoga at eight from Tuesday to Saturday, before anybody's shift begins, so that it is in nobody's way."""
    employee_id, room_id = place.employee_id(4), place.room_id(5)
    for number in range(-CLASS_DAYS_BACK, CLASS_DAYS_AHEAD):
        day = plan.today + timedelta(days=number)
        if day.isoweekday() not in range(2, 7):
            continue
        start, end = (wall(day, minutes, zone=place.zone) for minutes in (480, 480 + YOGA.minutes))
        about = (place.id, place.treatment_id(YOGA.position), employee_id, room_id, start, end, CLASS_PLACES)
        insert = (
            "INSERT INTO booker_class (location_id, treatment_id, employee_id, room_id, starts_at, ends_at, capacity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        db.execute(insert, about)


PRODUCTS = (
    ("Juniper body oil", "Body", "Oils", (("100 ml", 2800), ("250 ml", 5200))),
    ("Slate clay mask", "Face", "Masks", (("50 ml", 3400),)),
    ("Cuticle balm", "Nails", "Care", (("15 ml", 1200), ("30 ml", 1900))),
    ("Cedar shampoo", "Hair", "Care", (("200 ml", 2100),)),
    ("Gift candle", "Home", "Candles", (("One", 3000),)),
)


def variants(place: Place) -> list[tuple[int, str, int]]:
    """Id, name and price (cents) of everything on the location's shelves."""
    return [
        (_variant_id(place, product, number), f"{name} {size}", price)
        for product, (name, _, _, sizes) in enumerate(PRODUCTS, start=1)
        for number, (size, price) in enumerate(sizes, start=1)
    ]


def _variant_id(place: Place, product: int, number: int) -> int:
    return (60000 + place.number * 100 + product) * 10 + number


def plant_products(db: sqlite3.Connection, place: Place) -> None:
    for product, (name, category, subcategory, sizes) in enumerate(PRODUCTS, start=1):
        product_id = 60000 + place.number * 100 + product
        is_active = name != "Gift candle"
        row = (product_id, place.id, name, f"{name}.", category, subcategory, is_active)
        db.execute("INSERT INTO booker_product VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for number, (size, price) in enumerate(sizes, start=1):
            made = (_variant_id(place, product, number), product_id, size, f"JS-{product}-{number}", price, 12, 2)
            db.execute("INSERT INTO booker_variant VALUES (?, ?, ?, ?, ?, ?, ?)", made)
