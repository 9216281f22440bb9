"""The stores of Maison Aurel, their hours, and a stranger's store that no Aurel key opens."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.booxi.keys import MERCHANT, PARTNER

GROUP_ID = 20
GROUP_NAME = "Maison Aurel"
PARTNER_KEY = "sandbox-partner-key"
FIRST_MERCHANT_ID = 501
FIRST_STORE_NUMBER = 101
SHARED_CLIENTELE = 501

STRANGER_GROUP_ID = 90
STRANGER_ID = 401
STRANGER_PARTNER_KEY = "sandbox-partner-key-stranger"


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store to plant. Hours are minutes after midnight on its own wall; `closed` are its `dow`s off (0 is Sunday)."""

    id: int
    number: int
    name: str
    city: str
    country: str
    zone: str
    dial: str
    currency: str
    language: str
    opens: int = 600
    closes: int = 1170
    closed: tuple[int, ...] = ()
    clientele: int = 0

    @property
    def key(self) -> str:
        return f"sandbox-merchant-{self.id}"


_PARIS: dict[str, Any] = {
    "city": "Paris", "country": "FR", "zone": "Europe/Paris", "dial": "+33", "currency": "EUR", "language": "fre",
}  # fmt: skip
_LONDON: dict[str, Any] = {
    "city": "London", "country": "GB", "zone": "Europe/London", "dial": "+44", "currency": "GBP", "language": "eng",
}  # fmt: skip
_NEW_YORK: dict[str, Any] = {
    "city": "New York", "country": "US", "zone": "America/New_York", "dial": "+1", "currency": "USD", "language": "eng",
}  # fmt: skip
_MONTREAL: dict[str, Any] = {
    "city": "Montréal", "country": "CA", "zone": "America/Toronto", "dial": "+1", "currency": "CAD", "language": "fre",
}  # fmt: skip
_TOKYO: dict[str, Any] = {
    "city": "Tokyo", "country": "JP", "zone": "Asia/Tokyo", "dial": "+81", "currency": "JPY", "language": "jpn",
}  # fmt: skip
_KINDS: tuple[dict[str, Any], ...] = (
    _PARIS | {"name": "Paris Opéra", "opens": 570, "closes": 1200},
    _PARIS | {"name": "Paris Marais", "opens": 600, "closes": 1170, "closed": (0, 1)},
    _LONDON | {"name": "London Mayfair", "opens": 600, "closes": 1140, "closed": (0,)},
    _NEW_YORK | {"name": "New York Madison", "opens": 600, "closes": 1200},
    _MONTREAL | {"name": "Montréal Sherbrooke", "opens": 570, "closes": 1080, "closed": (0,)},
    _TOKYO | {"name": "Tokyo Ginza", "opens": 660, "closes": 1200},
)


def stores(count: int) -> list[Store]:
    """The first `count` stores; past the sixth the same six cities come round again, numbered."""
    return [_store(index) for index in range(count)]


def _store(index: int) -> Store:
    kind, again = dict(_KINDS[index % len(_KINDS)]), index // len(_KINDS)
    if again:
        kind["name"] = f"{kind['name']} {again + 1}"
    identifier = FIRST_MERCHANT_ID + index
    # The two Paris stores keep their clients together; everybody else's are the store's own.
    clientele = SHARED_CLIENTELE if index < 2 else identifier
    return Store(id=identifier, number=FIRST_STORE_NUMBER + index, clientele=clientele, **kind)


STRANGER = Store(id=STRANGER_ID, number=1, clientele=STRANGER_ID, **(_PARIS | {"name": "Institut Voisin"}))


def plant(db: sqlite3.Connection, planted: list[Store]) -> None:
    for store in planted:
        _plant_store(db, store, group_id=GROUP_ID, group_name=GROUP_NAME)
    _plant_store(db, STRANGER, group_id=STRANGER_GROUP_ID, group_name=STRANGER.name)
    keys = ((PARTNER_KEY, PARTNER, GROUP_ID, None), (STRANGER_PARTNER_KEY, PARTNER, STRANGER_GROUP_ID, None))
    db.executemany("INSERT INTO api_key VALUES (?, ?, ?, ?)", keys)


def _plant_store(db: sqlite3.Connection, store: Store, *, group_id: int, group_name: str) -> None:
    db.execute(
        "INSERT INTO merchant VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            store.id, group_id, store.clientele, store.name, str(store.number), store.key, store.zone, store.dial,
            store.currency, store.language, 1, json.dumps(_profile(store, group_name), ensure_ascii=False),
        ),
    )  # fmt: skip
    db.execute("INSERT INTO api_key VALUES (?, ?, ?, ?)", (store.key, MERCHANT, group_id, store.id))
    add_schedule(db, "merchant", store.id, hours=weekly(store.opens, store.closes, off=store.closed))


def _profile(store: Store, group_name: str) -> dict[str, Any]:
    return {
        "groupName": group_name,
        "groupCategoryId": 1,
        "groupCategoryName": "Boutiques",
        "address": {"street": f"{store.number} Demo Street", "city": store.city, "state": "", "postalCode": "",
                    "country": store.country},
        "contactFirstName": "",
        "contactLastName": "",
        "phoneNumber": f"{store.dial}5550100",
        "email": f"store-{store.number}@demo.test",
        "tags": "boutique",
        "websiteUrl": "",
        "bookingUrl": "",
        "description": "",
    }  # fmt: skip


def weekly(opens: int, closes: int, *, off: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """The same hours every day of the week but those `off`."""
    start, end = f"{opens // 60:02d}:{opens % 60:02d}", f"{closes // 60:02d}:{closes % 60:02d}"
    return [{"dow": dow, "start": start, "end": end} for dow in range(7) if dow not in off]


def add_schedule(db: sqlite3.Connection, kind: str, owner_id: int, *, hours: list[dict[str, Any]]) -> None:
    db.execute(
        "INSERT INTO schedule (owner_kind, owner_id, name, starts_on, ends_on, weekly_hours)"
        " VALUES (?, ?, 'Regular hours', NULL, NULL, ?)",
        (kind, owner_id, json.dumps(hours)),
    )
