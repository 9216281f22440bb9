"""What the app costs, measured against the vendor sandbox on PostgreSQL. On demand; no test is timed.

    DATABASE_URL=postgres://user@127.0.0.1/postgres ./run bench [--size 1|10|both] [--clients N] [--json FILE]
    DATABASE_URL=postgres://user@127.0.0.1/postgres ./run bench --only mirror|board [--size 1|10|both]
    DATABASE_URL=postgres://user@127.0.0.1/postgres ./run bench --only webhooks|booker|reports

A database of its own (`clienteling_bench_<pid>`) is made on that server and dropped at the end; nothing else there
is touched. The role must be allowed to make databases and the extension pg_trgm. Everything listens on 127.0.0.1 only
and is ended by the command itself. Size 1 is 6 stores, 60 staff, 3,000 clients and 30,000 bookings; size 10 is ten
times the stores, each as busy as before. One takes about three minutes, both about fifteen, and webhooks, with a
Redis of their own and an environment for dj-stripe, another six. The board, beside django-appointment in an environment
of its own, is measured in stores of 30,000 bookings at size 1 and of 300,000 at size 10. Reports of 1,000,000 rows are
made only when they are named: they take the better part of an hour.

Read ratios, not milliseconds: each is to a floor measured in turns with it, in the same run. What must hold on any
machine (queries, bytes, rows written, calls, memory) stands in the column "must"; where it does not, the table says
so and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import child, database, processes
from benchmarks.figures import SIZES, Figure, table

CHOICES = {"1": (1,), "10": (10,), "both": SIZES}
PATIENCE = {1: 1200, 10: 2700}  # seconds, for a machine that is busy with other things
AT_BOOKER = 7200
APART = ("webhooks", "booker", "reports")  # what does not depend on the size of the mirror
MANAGING = 600  # seconds; static files are compressed as well


def main() -> int:
    options = _parser().parse_args()
    if not options.database.startswith(("postgres://", "postgresql://")):
        sys.stderr.write("Give a PostgreSQL server by --database or DATABASE_URL: postgres://user@127.0.0.1/postgres\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    measured: dict[int, list[Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="clienteling-bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "CLIENTELING_VAR": folder, "LOG_LEVEL": "ERROR"}
        _manage("collectstatic", "--noinput", "--verbosity", "0")
        for size in CHOICES[options.size] if options.only not in APART else ():
            parts = _parts(options.only, is_first=not measured)
            measured[size] = _measured(options.database, size, [str(options.clients), *parts])
        if options.only in (None, "webhooks"):
            measured.setdefault(CHOICES[options.size][0], []).extend(_webhooks(options.database, Path(folder)))
        if options.only in (None, "booker"):
            measured.setdefault(CHOICES[options.size][0], []).extend(_at_booker(options.database, "booker"))
        if options.only == "reports":
            measured.setdefault(CHOICES[options.size][0], []).extend(_at_booker(options.database, "reports"))
    about = machine(options.database)
    print(f"\n{about}\n\n{table(measured)}")
    if options.json:
        figures = {str(size): [_plain(one) for one in found] for size, found in measured.items()}
        options.json.write_text(json.dumps({"machine": about, "figures": figures}, indent=1) + "\n")
    return int(any(figure.is_over for found in measured.values() for figure in found))


def _parts(only: str | None, *, is_first: bool) -> list[str]:
    """What is measured at one size. Pacing and search do not depend on it: they are measured at the first alone."""
    if only == "board":
        return ["board"]
    return ["mirror", *(["pacing", "search"] if is_first else []), *([] if only else ["board"])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=sorted(CHOICES), default="1", help="one size, or both side by side")
    parser.add_argument("--only", choices=["mirror", "board", *APART], help="leave the others out")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""), help="the server, as postgres://...")
    parser.add_argument("--clients", type=int, default=100_000, help="how many to search among; try 1000000")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    return parser


def _measured(server: str, size: int, arguments: list[str]) -> list[Figure]:
    """Everything at one size, in a database and a process of its own."""
    sys.stderr.write(f"Measuring at {size}x ...\n")
    with _database(server):
        found = child.run("measuring", str(size), *arguments, seconds=PATIENCE[size])
    return [Figure(**one) for one in found]


def _webhooks(server: str, folder: Path) -> list[Figure]:
    """What does not depend on the size of the mirror, with a Redis that may be killed."""
    if not processes.has_redis():
        return [Figure(group="webhooks", name="left out: redis-server is not here", value=None, unit="")]
    sys.stderr.write("Measuring webhooks ...\n")
    with _database(server), processes.redis(folder) as (address, _):
        os.environ["REDIS_URL"] = address
        found = child.run("webhooks", seconds=PATIENCE[1])
    return [Figure(**one) for one in found]


def _at_booker(server: str, name: str) -> list[Figure]:
    """What has a size of its own: the mirror of a brand at Booker, and reports from there."""
    sys.stderr.write(f"Measuring {name} ...\n")
    with _database(server):
        found = child.run(name, seconds=AT_BOOKER)
    return [Figure(**one) for one in found]


@contextmanager
def _database(server: str) -> Iterator[None]:
    """`DATABASE_URL` names a new one on `server` with all tables, for this process and those it starts."""
    with database.throw_away(server) as address:
        os.environ["DATABASE_URL"] = address
        _manage("migrate", "--verbosity", "0")
        yield


def _manage(*arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, timeout=MANAGING)


def _plain(figure: Figure) -> dict[str, object]:
    return {name: getattr(figure, name) for name in Figure.__slots__}


def machine(server: str) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, "
        f"PostgreSQL {database.version(server)}"
    )


if __name__ == "__main__":
    sys.exit(main())
