"""The SQL of client search among very many clients: milliseconds, and whether the trigram index is used."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from psycopg import sql

from benchmarks import database
from benchmarks.figures import Figure, median_of
from bookings.finding import MOST_FOUND
from clienteling import names
from clienteling.models import Client, Store, User

INDEX = "client_search"
ROUNDS = 15
SYLLABLES = (
    "ba be bo da de di fa fi ga go ja jo ka ke la le li lo ma me mi mo na ne no pa pe ra re ro sa se ta te vi ya"
)


def measure(*, clients: int) -> list[Figure]:
    """Fills the mirror's clients up to `clients`: nothing else is to be measured in this database afterwards."""
    target = fill(clients)
    database.tidy()
    floor = _milliseconds(Client.objects.filter(pk__in=list(Client.objects.values_list("pk", flat=True)[:MOST_FOUND])))
    figures = [_figure(clients, f"{MOST_FOUND} clients by their keys (the floor)", floor, "ms")]
    for who, email in (("associate", "ana.roy@demo.test"), ("head office", "helene.aurel@demo.test")):
        user = User.objects.get(email=email)
        for what, query in _queries(target):
            figures += _search_figures(clients, f"{what}, {who}", Client.objects.for_user(user).search(query), floor)
    return figures


def _queries(target: Client) -> list[tuple[str, str]]:
    """Ways to look for one client of the many."""
    return [
        ("whole name", f"{target.last_name} {target.first_name}"),
        ("three letters", target.last_name[:3]),
        ("two letters", target.last_name[:2]),
        ("one letter", target.last_name[:1]),
        ("phone", f"0{target.mobile_phone[3:]}"),
        ("e-mail", target.email),
        ("nobody of this name", "zzyzx"),
    ]


def _search_figures(clients: int, name: str, found: Any, floor: float) -> list[Figure]:
    wanted = found[: MOST_FOUND + 1]
    spent = _milliseconds(wanted)
    plan = wanted.explain()
    return [
        _figure(clients, name, spent, "ms", spent / floor),
        _figure(clients, f"{name}: by the trigram index", float(INDEX in plan), "yes=1"),
    ]


def _milliseconds(rows: Any) -> float:
    """Median from asking to the last row read into Django's objects; the first time does not count."""
    return median_of([_once(rows) for _ in range(ROUNDS + 1)][1:])


def _once(rows: Any) -> float:
    began = time.perf_counter()
    list(rows.all())
    return (time.perf_counter() - began) * 1000


def _figure(clients: int, name: str, value: float, unit: str, ratio: float | None = None) -> Figure:
    return Figure(
        group=f"search SQL, {clients:,} clients (floor: by key)", name=name, value=value, unit=unit, ratio=ratio
    )


# --- very many clients ---------------------------------------------------------------------------------


def fill(clients: int) -> Client:
    """Made-up clients up to `clients` in all, spread over the stores. Returns one of the associate's store."""
    store = Store.objects.get(staff__user__email="ana.roy@demo.test")
    missing = clients - Client.objects.count()
    blank = _blank()
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(Client._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, blank))
    )
    with database.opened() as session:
        with session.cursor().copy(into) as copy:
            for row in _rows(missing):
                copy.write_row(tuple((blank | row).values()))
        session.execute(KNOWN_IN)
    return Client.objects.filter(known_in__store=store, language="xx").order_by("pk")[missing // 50]


def plant(number: int) -> None:
    """That many made-up clients, of no store."""
    Client.objects.bulk_create(Client(language="xx", **row) for row in _rows(number))


def _blank() -> dict[str, Any]:
    """Every column but the key, as it is for a client of whom nothing is known."""
    client = Client(language="xx")
    fields = [field for field in Client._meta.concrete_fields if not field.primary_key]
    return {str(field.column): field.get_db_prep_save(getattr(client, field.attname), connection) for field in fields}


# Every client in one of the stores, by turns.
KNOWN_IN = """
    WITH place AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS many FROM clienteling_store)
    INSERT INTO clienteling_clientstore (client_id, store_id)
    SELECT client.id, place.id FROM clienteling_client client JOIN place ON client.id % place.many = place.n
    WHERE client.language = 'xx'
"""


def _rows(number: int) -> Iterator[dict[str, str]]:
    """What differs from client to client, by column."""
    dice = random.Random(1)
    firsts, lasts = _names(dice, 600), _names(dice, 12_000)
    for n in range(number):
        first, last = _drawn(dice, firsts), _drawn(dice, lasts)
        row = {"first_name": first, "last_name": last, "email": f"{first}.{last}.{n}@example.org".lower()}
        row["mobile_phone"] = f"+336{dice.randrange(10**8):08d}"
        row["search_text"] = names.search_text(
            names=[first, last], email=row["email"], phones=[row["mobile_phone"]], external_ids=[f"CUST-{n}"]
        )
        yield row


def _names(dice: random.Random, number: int) -> list[str]:
    syllables = SYLLABLES.split()
    return ["".join(dice.choices(syllables, k=dice.choice((2, 3, 3, 4)))).title() for _ in range(number)]


def _drawn(dice: random.Random, among: list[str]) -> str:
    """As in life: few names are many people's, many names few people's."""
    return among[int(len(among) * dice.random() ** 2)]
