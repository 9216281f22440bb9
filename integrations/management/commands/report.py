"""`manage.py report`: one report into a file, or down the pipe, without a worker."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bookings.gateway import GatewayError
from clienteling import audit
from clienteling.models import Deed
from integrations.models import Connection
from integrations.reports import files, running
from integrations.reports.options import FLAGS, Options, Unfit
from integrations.reports.registry import REPORTS, Report
from integrations.reports.source import PAUSES
from integrations.switchboard import Purpose

YES, NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})
# Option of the command -> which days it sets.
DAYS = {
    "date": ("date", "start", "end"),
    "days_back": ("back", "start", "end"),
    "start_date": ("date", "start"),
    "start_days_back": ("back", "start"),
    "end_date": ("date", "end"),
    "end_days_back": ("back", "end"),
}
HELP = (
    "NAME=VALUE, as often as needed: include_expired, ignore_freelancers, only_active, defaults (true or false),"
    " locations (ids, by commas), sub_report (items, refunds), and of the period date, start_date, end_date (ISO) or"
    " days_back, start_days_back, end_days_back"
)


class Command(BaseCommand):
    help = f"Make a report of Booker: {', '.join(REPORTS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=list(REPORTS))
        parser.add_argument("--connection", type=int, help="its id; not needed where there is one connection only")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=HELP)
        parser.add_argument("--format", choices=[one.value for one in files.Format], default="csv")
        parser.add_argument("--output", default="-", metavar="FILE", help="- for standard output (the default)")

    def handle(self, *args: Any, **options: Any) -> None:
        report = REPORTS[options["name"]]
        try:
            chosen = report.read(kept_of(options["option"]))
        except Unfit as error:
            raise CommandError(str(error)) from error
        connection = _connection(options["connection"])
        audit.record(Deed.REPORT_TAKEN, user=None, about=connection, report=report.slug, format=options["format"])
        try:
            number = _make(report, chosen, connection, files.Format(options["format"]), options["output"])
        except (GatewayError, Unfit, OSError) as error:
            raise CommandError(running.in_words(error)) from error
        self.stderr.write(f"{report.slug}: {number} rows")


def kept_of(given: list[str]) -> dict[str, Any]:
    """Options as they are kept. Raises Unfit."""
    kept: dict[str, Any] = {}
    for one in given:
        name, _, value = one.partition("=")
        if name in DAYS:
            form, *which = DAYS[name]
            day: Any = int(value) if form == "back" and value.isascii() and value.isdigit() else value
            kept |= {end: {form: day} for end in which}
        elif name in list(FLAGS) and value.lower() in YES | NO:
            kept[name] = value.lower() in YES
        elif name == "locations":
            kept[name] = [part.strip() for part in value.split(",") if part.strip()]
        elif name == "sub_report":
            kept[name] = value
        else:
            raise Unfit(f"Not an option, or not a value that it has: {name[:40]}")
    return kept


def _connection(pk: int | None) -> Connection:
    rows = [one for one in running.connections() if pk in (None, one.pk)]
    if len(rows) != 1:
        raise CommandError("Say which connection to Booker: --connection ID." if rows else "No such Booker connection.")
    return rows[0]


def _make(report: Report, options: Options, connection: Connection, format: files.Format, output: str) -> int:
    """Beside where it shall be, then put there: a report that broke off leaves nothing behind."""
    target = None if output == "-" else Path(output).resolve()
    folder = target.parent if target else None
    number = 0
    with tempfile.TemporaryDirectory(dir=folder, prefix=".report-") as scratch:
        part = Path(scratch) / f"report.{format.value}"
        source = running.open_source(connection, Purpose.SWEEP, now=timezone.now(), pauses=PAUSES)
        with files.writer(format, part, report.columns(options), running.notes_of(report)) as out:
            for row in report.rows(source, options):
                out.write(row)
                number += 1
        if target:
            part.replace(target)
        else:
            with part.open("rb") as made:
                shutil.copyfileobj(made, sys.stdout.buffer)
                sys.stdout.buffer.flush()
    return number
