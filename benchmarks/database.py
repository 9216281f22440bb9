"""The throw-away database, what was written to its tables, and the floor of writing: COPY into the same tables."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# What a sync brings; every other table is bookkeeping.
MIRRORED = (
    "clienteling_store",
    "clienteling_staffmember",
    "clienteling_client",
    "clienteling_clientstore",
    "bookings_servicecategory",
    "bookings_service",
    "bookings_booking",
    "bookings_bookingitem",
    "bookings_groupevent",
    "bookings_timeslot",
    "integrations_categorylink",
    "integrations_servicelink",
    "integrations_stafflink",
    "integrations_clientlink",
)
BLOCK = 1 << 20
ANALYZE_EVERY = 15.0  # seconds


@contextmanager
def throw_away(server: str, suffix: str = "") -> Iterator[str]:
    """The address of a new database on `server` (a postgres:// address), dropped at the end."""
    name = f"clienteling_bench_{os.getpid()}{suffix}"
    made, dropped = sql.SQL("CREATE DATABASE {}"), sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(server, autocommit=True) as maintenance:
        maintenance.execute(made.format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as maintenance:
            maintenance.execute(dropped.format(sql.Identifier(name)))


def version(server: str) -> str:
    """`15.4, autovacuum off`."""
    with psycopg.connect(server) as session:
        rows = [session.execute(f"SHOW {name}").fetchone() for name in ("server_version", "autovacuum")]  # noqa: S608
    (number,), (autovacuum,) = rows[0] or ("",), rows[1] or ("",)
    return f"{number.split()[0]}, autovacuum {autovacuum}"


def opened() -> psycopg.Connection:
    """A connection of our own to the throw-away database, outside Django's pool."""
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def rows_held() -> int:
    """Rows in the mirrored tables."""
    with opened() as session:
        counts = [session.execute(_about("SELECT count(*) FROM {}", table)).fetchone() for table in MIRRORED]
    return sum(count[0] for count in counts if count)


def rows_written() -> tuple[int, int]:
    """Rows inserted, updated and deleted so far: in the mirror, and in everything else.

    The server counts what a session did at the latest when it ends: ask once the writer's process is gone.
    """
    question = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
    with opened() as session:
        counts: dict[str, int] = dict(session.execute(question).fetchall())
    mirror = sum(counts[table] for table in MIRRORED)
    return mirror, sum(counts.values()) - mirror


def forget_the_mirror() -> None:
    """As before the first sync; people and the connection stay."""
    tables = ("clienteling_store", "clienteling_client", "integrations_syncrun", "integrations_providercall")
    with opened() as session:
        session.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def tidy() -> None:
    """What autovacuum does in time: without it the planner would know nothing of the new rows."""
    with opened() as session:
        session.execute("VACUUM ANALYZE")


@contextmanager
def kept_known() -> Iterator[None]:
    """What autovacuum does while a table grows, also where a server was told not to: plans made for empty tables
    read whole tables from the first thousand rows on."""
    over = threading.Event()
    thread = threading.Thread(target=_analyze, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _analyze(over: threading.Event) -> None:
    with opened() as session:
        while not over.wait(ANALYZE_EVERY):
            session.execute("ANALYZE")


def copy_seconds() -> float:
    """How long COPY takes to write the mirror's rows into empty twins of its tables, indexes and checks included."""
    with opened() as session:
        return sum(_copied(session, table) for table in MIRRORED)


def _copied(session: psycopg.Connection, table: str) -> float:
    twin = f"floor_{table}"
    session.execute(_about("CREATE TABLE {} (LIKE {} INCLUDING ALL)", twin, table))
    try:
        with tempfile.TemporaryFile() as rows:
            _unload(session, table, rows)
            rows.seek(0)
            began = time.perf_counter()
            _load(session, twin, rows)
            return time.perf_counter() - began
    finally:
        session.execute(_about("DROP TABLE {}", twin))


def _unload(session: psycopg.Connection, table: str, rows: IO[bytes]) -> None:
    with session.cursor().copy(_about("COPY {} TO STDOUT", table)) as copy:
        for block in copy:
            rows.write(block)


def _load(session: psycopg.Connection, table: str, rows: IO[bytes]) -> None:
    with session.cursor().copy(_about("COPY {} FROM STDIN", table)) as copy:
        while block := rows.read(BLOCK):
            copy.write(block)


def _about(text: str, *tables: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, tables))
