"""What the stores offer: one list for all of them, as a Head Office would keep it."""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from integrations.sandbox.booxi.booking_rows import APPOINTMENT, RESERVATION
from integrations.sandbox.booxi.seed.places import Store

FIRST_CATEGORY_ID = 301
FIRST_SERVICE_ID = 9001
FIRST_TEMPLATE_ID = 801
CATEGORIES = ("Hair", "Skin", "Make-up", "Fragrance", "Styling", "Workshops")
WORKSHOP_CAPACITY = 8
# Euro prices, and what one euro is in the store's money: plausible is enough.
RATES = {"EUR": Decimal(1), "GBP": Decimal("0.9"), "USD": Decimal("1.1"), "CAD": Decimal("1.5"), "JPY": Decimal(160)}


@dataclass(frozen=True)
class Offer:
    """One service of the list. Minutes, euros; a busy spacing keeps the person for cleaning up."""

    name: str
    category: str
    duration: int
    euros: int
    spacing: int = 0
    is_busy_spacing: bool = True
    method: str = APPOINTMENT
    mode: str = "TimeSlot"
    status: str = "Online"
    tags: str = ""


OFFERS = (
    Offer("Signature Cut", "Hair", 45, 65),
    Offer("Colour & Gloss", "Hair", 90, 120, spacing=15),
    Offer("Express Blow-dry", "Hair", 30, 35),
    Offer("Beard Ritual", "Hair", 15, 20),
    Offer("Radiance Facial", "Skin", 60, 95, spacing=15),
    Offer("Deep Renewal Facial", "Skin", 75, 140, spacing=15),
    Offer("Brow Shaping", "Skin", 15, 25),
    Offer("Evening Make-up", "Make-up", 60, 80),
    Offer("Make-up Lesson", "Make-up", 45, 70, spacing=10, is_busy_spacing=False),
    Offer("Fragrance Consultation", "Fragrance", 30, 0, tags="free,vip"),
    Offer("Personal Styling", "Styling", 45, 0, tags="vip"),
    Offer("Bridal Preparation", "Styling", 120, 260, spacing=15, mode="ClientTimes"),
    Offer("Private Preview", "Styling", 60, 0, status="Offline", tags="vip"),
    Offer("Perfume Workshop", "Workshops", 120, 75, method=RESERVATION, mode="GroupEvent"),
)


@dataclass(frozen=True, kw_only=True)
class Service:
    """An offer at one store."""

    id: int
    store: Store
    offer: Offer
    category_id: int
    amount: str

    @property
    def is_everyday(self) -> bool:
        return self.offer.method == APPOINTMENT and self.offer.mode == "TimeSlot" and self.offer.status == "Online"


def services_of(store: Store, *, position: int) -> list[Service]:
    """The services of the store that is number `position` from 0; ids follow from it."""
    category_id = FIRST_CATEGORY_ID + position * len(CATEGORIES)
    return [
        Service(
            id=FIRST_SERVICE_ID + position * len(OFFERS) + number,
            store=store,
            offer=offer,
            category_id=category_id + CATEGORIES.index(offer.category),
            amount=_amount(offer, currency=store.currency),
        )
        for number, offer in enumerate(OFFERS)
    ]


def _amount(offer: Offer, *, currency: str) -> str:
    amount = offer.euros * RATES[currency]
    return f"{amount:.0f}" if currency == "JPY" else f"{amount:.2f}"


def plant(db: sqlite3.Connection, store: Store, services: list[Service], *, position: int, created_on: int) -> None:
    first = FIRST_CATEGORY_ID + position * len(CATEGORIES)
    rows = [(first + number, store.id, name, "") for number, name in enumerate(CATEGORIES)]
    db.executemany("INSERT INTO category VALUES (?, ?, ?, ?)", rows)
    marks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
    db.executemany(
        "INSERT INTO service VALUES (" + marks + ")",  # noqa: S608
        [_row(service, created_on) for service in services],
    )


def _row(service: Service, created_on: int) -> tuple[object, ...]:
    offer = service.offer
    template_id = FIRST_TEMPLATE_ID + OFFERS.index(offer)
    selection = "OptionalAssignedStaff" if offer.method == APPOINTMENT else "Disabled"
    return (
        service.id, service.store.id, service.category_id, offer.name, f"{offer.name}, {offer.duration} minutes.",
        offer.tags, offer.method, offer.mode, selection, offer.duration, offer.spacing, int(offer.is_busy_spacing), 4,
        service.amount, service.store.currency, offer.status, template_id, created_on, created_on,
    )  # fmt: skip
