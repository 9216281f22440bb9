"""Runs: claimed, made, taken up again; what goes wrong on the wire, and what is left in the end."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import timezone

from bookings.gateway import Unavailable
from clienteling.models import AuditEntry, Deed
from integrations import tasks
from integrations.models import AccessToken, Connection, Lost, ReportRun, ReportSchedule
from integrations.reports import running, schedules
from integrations.reports.files import Format
from integrations.reports.registry import REPORTS
from tests.integrations.reports.conftest import ALWAYS, Read, Truth
from tests.vendors import Vendor


@pytest.fixture
def wanted(booker: Connection) -> Any:
    def order(slug: str = "orders", format: Format = Format.CSV, **kept: Any) -> ReportRun:
        report = REPORTS[slug]
        options = report.read((ALWAYS if "period" in report.takes else {}) | kept)
        return running.order(report=report, options=options, connection=booker, format=format, user=None)

    return order


def folder() -> list[str]:
    return sorted(one.name for one in Path(settings.REPORTS_DIR).iterdir()) if settings.REPORTS_DIR.exists() else []


def lines(run: ReportRun) -> int:
    assert run.path
    return run.path.read_text("utf-8-sig").count("\n") - 1


def test_a_file_is_made(wanted: Any, truth: Truth) -> None:
    run = wanted()
    assert running.work() == 1
    run.refresh_from_db()
    number = len(truth.everywhere("/orders"))
    assert (run.state, run.row_count, run.share, run.started_at, run.reason) == ("done", number, 1000, None, "")
    assert lines(run) == number
    assert folder() == [run.file]
    assert run.path
    assert run.size == run.path.stat().st_size
    assert AuditEntry.objects.get(deed=Deed.REPORT_ORDERED).object_id == run.pk


@pytest.mark.parametrize("slug", REPORTS)
def test_each_report_in_each_form(wanted: Any, read: Read, slug: str) -> None:
    """Programs that are not ours find in the files what the rows say."""
    few = {"start": {"back": 20}} if slug.endswith("schedules") else {}
    rows = read(slug, **few)
    assert rows
    runs = {format: wanted(slug, format, **few) for format in Format}
    assert running.work() == 3
    for run in runs.values():
        run.refresh_from_db()
    names = list(rows[0])
    assert pq.read_table(runs[Format.PARQUET].path).to_pylist() == rows
    sheet = openpyxl.load_workbook(runs[Format.XLSX].path)["Rows"]
    header, *found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert header == names
    assert len(found) == len(rows)
    plain = [[float(value) if isinstance(value, Decimal) else value for value in row.values()] for row in rows]
    assert found == plain
    assert lines(runs[Format.CSV]) >= len(rows)


# --- bad days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("short_page", {"times": None}),
        ("429", {"times": 3}),
        ("429_retry_after", {"times": 1, "seconds": 1}),
        ("503", {"times": 4}),
        ("empty_object", {"times": 1}),
        ("reset", {"times": 4}),
        ("html_error", {"times": 4}),
        ("malformed_json", {"times": 2}),
        ("unknown_fields", {"times": None}),
        ("expired_token_401", {"times": 1}),
        ("expired_token_message", {"times": 1}),
        ("expired_token_1000", {"times": 1}),
    ],
)
def test_every_row_comes_for_all_that(
    wanted: Any, truth: Truth, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, fault: str, options: dict[str, Any]
) -> None:
    """In the middle: some pages have been read by then."""
    expected = len(truth.everywhere("/orders"))
    run, pages = wanted(), []
    find = running.PatientApi.find

    def spoiling(self: Any, path: str, *args: Any, **more: Any) -> Any:
        if path.endswith("/orders"):
            pages.append(path)
            if len(pages) == 3:
                vendor.fault(fault, path="/v4.1/merchant/orders", **options)
        return find(self, path, *args, **more)

    monkeypatch.setattr(running.PatientApi, "find", spoiling)
    running.work()
    run.refresh_from_db()
    assert len(pages) > 3
    assert (run.state, run.reason, run.row_count) == ("done", "", expected)
    struck = [call for call in vendor.calls() if call.get("fault") == fault]
    assert struck, "the fault has struck nobody"


def test_a_token_that_ends_in_the_middle(wanted: Any, truth: Truth, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over by our own clock: another one is fetched before the next page."""
    run, pages = wanted(), []
    find = running.PatientApi.find

    def ageing(self: Any, path: str, *args: Any, **more: Any) -> Any:
        pages.append(path)
        if len(pages) == 4:
            AccessToken.objects.update(expires_at=timezone.now())
        return find(self, path, *args, **more)

    monkeypatch.setattr(running.PatientApi, "find", ageing)
    running.work()
    run.refresh_from_db()
    assert (run.state, run.row_count) == ("done", len(truth.everywhere("/orders")))


def test_a_long_silence_is_tried_again_later(wanted: Any, vendor: Vendor) -> None:
    run = wanted()
    vendor.fault("503", times=None, path="/v4.1/merchant/orders")
    running.work()
    run.refresh_from_db()
    assert (run.state, run.started_at, run.file) == ("waiting", None, "")
    assert "did not answer" in run.reason
    assert run.due_at > timezone.now()
    assert folder() == []
    vendor.calm()
    ReportRun.objects.update(due_at=timezone.now())
    running.work()
    run.refresh_from_db()
    assert run.state == "done"
    assert folder() == [run.file]


def test_who_says_when_is_asked_again_then(wanted: Any, vendor_time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_args: Any, **_more: Any) -> None:
        raise Unavailable("over quota", retry_after=5000)

    monkeypatch.setattr(running.PatientApi, "_patiently", silent)
    run = wanted()
    running.work()
    run.refresh_from_db()
    assert 4990 < (run.due_at - timezone.now()).total_seconds() <= 5000


def test_both_forms_of_dates_say_the_same(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the twins, read from `/Date()/` alone: Chicago's and Los Angeles' clocks as if they hung in New York."""
    find = running.PatientApi.find
    slugs = ("orders", "customers", "rooms", "treatments", "employees", "locations")
    usual = {slug: read(slug) for slug in slugs}

    def old(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: old(one) for name, one in value.items() if not name.endswith("Offset")}
        return [old(one) for one in value] if isinstance(value, list) else value

    monkeypatch.setattr(running.PatientApi, "find", lambda self, *args, **more: old(find(self, *args, **more)))
    for slug in slugs:
        assert read(slug) == usual[slug], slug
    assert len({str(row["date_created"])[-6:] for row in usual["orders"]}) > 1, "all in one zone: proves nothing"


def test_what_is_hopeless_says_why(wanted: Any, booker: Connection, settings: Any) -> None:
    settings.BOOKER_ASSUMED_PATHS = settings.BOOKER_ASSUMED_PATHS | {"products": "/v4.1/merchant/nothing_here"}
    one, other = wanted("products"), wanted("rooms", locations=["999999"])
    running.work()
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == ("parked", "parked")
    assert "assumed" in one.reason
    assert "None of the chosen" in other.reason
    Connection.objects.update(is_active=False)
    third = wanted("rooms")
    running.work()
    third.refresh_from_db()
    assert (third.state, third.reason) == ("parked", "The connection is switched off.")
    assert folder() == []


def test_hostile_text_comes_out_as_text(
    wanted: Any, vendor: Vendor, booker: Connection, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = truth.locations[0]["ID"]
    body = {
        "access_token": truth.token(place),
        "LocationID": place,
        "FirstName": '=HYPERLINK("http://x.test")',
        "LastName": "+1+1",
        "CellPhone": "+33 6 12 34 56 78",
        "Email": "formula@example.test",
    }
    made = vendor.raw.post("/v4.1/merchant/customer", json=body, headers=truth.key).json()
    assert made["IsSuccess"], made
    runs = [wanted("customers", format) for format in (Format.CSV, Format.XLSX)]
    running.work()
    for run in runs:
        run.refresh_from_db()
    line = next(line for line in runs[0].path.read_text("utf-8-sig").splitlines() if "formula@example.test" in line)
    assert "\"'=HYPERLINK(" in line
    assert "'+1+1" in line
    assert ",+33 6 12 34 56 78," in line
    sheet = openpyxl.load_workbook(runs[1].path)["Rows"]
    cells = next(row for row in sheet.iter_rows() if any(cell.value == "formula@example.test" for cell in row))
    assert {cell.data_type for cell in cells if cell.value in (body["FirstName"], body["LastName"])} == {"s"}


def test_wrong_types_break_nothing(wanted: Any, vendor: Vendor) -> None:
    run = wanted("treatments")
    vendor.fault("wrong_types", times=None, path="/v4.1/merchant/treatments")
    running.work()
    run.refresh_from_db()
    assert run.state in ("waiting", "parked")
    assert "could not be written" not in run.reason


# --- lost workers --------------------------------------------------------------------------------------------


def test_whoever_was_overtaken_leaves_nothing(wanted: Any, truth: Truth) -> None:
    """A worker who was thought lost comes back when another has made the file."""
    run = wanted()
    (slow,) = ReportRun.claim(1)
    ReportRun.objects.update(due_at=timezone.now())
    assert running.work() == 1
    with pytest.raises(Lost):
        running.Making(slow).make()
    running.carry_out(slow)
    run.refresh_from_db()
    assert run.state == "done"
    assert folder() == [run.file]
    assert lines(run) == len(truth.everywhere("/orders"))


def test_overtaken_at_the_last_moment(wanted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = wanted("rooms")
    finish = running.Making._finish

    def overtaken(self: Any, name: str, size: int) -> None:
        monkeypatch.setattr(running.Making, "_finish", finish)
        ReportRun.objects.update(due_at=timezone.now(), started_at=None)
        assert running.work() == 1
        finish(self, name, size)

    monkeypatch.setattr(running.Making, "_finish", overtaken)
    (claimed,) = ReportRun.claim(1)
    running.carry_out(claimed)
    run.refresh_from_db()
    assert run.state == "done"
    assert folder() == [run.file]


WORKER = """
import django, sys, time
django.setup()
from django.conf import settings
from pathlib import Path
settings.REPORTS_DIR = Path(sys.argv[1])
settings.BOOKER_PAGE = 7
from integrations.reports import files, running
write = files.CsvWriter.write
def slowly(self, row):
    write(self, row)
    self.file.flush()
    print("row", flush=True)
    time.sleep(0.05)
files.CsvWriter.write = slowly
running.work()
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_run_again(wanted: Any, truth: Truth, settings: Any) -> None:
    """A real process, ended by a real signal: one file in the end, the right one."""
    run = wanted()
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(settings.REPORTS_DIR)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _database()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for _row in range(10):
        assert process.stdout.readline() == "row\n"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.file) == ("waiting", 1, "")
    assert len(folder()) == 1, "what the lost worker had begun"
    assert running.work() == 0, "its lease has not ended yet"
    ReportRun.objects.update(due_at=timezone.now())
    assert running.work() == 1
    run.refresh_from_db()
    assert run.state == "done"
    assert folder() == [run.file]
    assert lines(run) == len(truth.everywhere("/orders"))


def _database() -> str:
    told = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def test_not_more_than_allowed_at_once(wanted: Any) -> None:
    wanted("rooms")
    wanted("rooms")
    (held,) = ReportRun.claim(1)
    ReportRun.objects.filter(pk=held.pk).update(started_at=timezone.now())
    assert running.work() == 0


# --- schedules, and what goes ----------------------------------------------------------------------------------


def schedule_of(booker: Connection, **fields: Any) -> ReportSchedule:
    made = ReportSchedule(report="rooms", connection=booker, format="csv", **fields)
    made.next_at = schedules.next_due(made, timezone.now())
    made.save()
    return made


@pytest.mark.parametrize(
    ("fields", "after", "due"),
    [
        ({"every": "day", "hour": 6, "time_zone": "America/Chicago"}, "2026-05-06T08:00", "2026-05-06T11:00"),
        ({"every": "day", "hour": 6, "time_zone": "America/Chicago"}, "2026-05-06T11:00", "2026-05-07T11:00"),
        ({"every": "day", "hour": 2, "time_zone": "Europe/Paris"}, "2026-03-28T12:00", "2026-03-29T01:00"),
        ({"every": "day", "hour": 2, "time_zone": "Europe/Paris"}, "2026-10-24T12:00", "2026-10-25T00:00"),
        ({"every": "week", "hour": 6, "weekday": 0, "time_zone": "UTC"}, "2026-05-06T08:00", "2026-05-11T06:00"),
        ({"every": "month", "hour": 0, "month_day": 28, "time_zone": "UTC"}, "2026-02-28T00:00", "2026-03-28T00:00"),
        ({"every": "month", "hour": 0, "month_day": 1, "time_zone": "UTC"}, "2026-12-31T23:59", "2027-01-01T00:00"),
    ],
)
def test_when_the_next_is_due(fields: dict[str, Any], after: str, due: str) -> None:
    moment = dt.datetime.fromisoformat(f"{after}+00:00")
    found = schedules.next_due(ReportSchedule(report="rooms", **fields), moment)
    assert found == dt.datetime.fromisoformat(f"{due}+00:00")


def test_a_schedule_makes_a_file_once(booker: Connection) -> None:
    made = schedule_of(booker, every="day", hour=6)
    tasks.make_reports()
    assert not ReportRun.objects.exists()
    ReportSchedule.objects.update(next_at=timezone.now() - dt.timedelta(days=5))
    stale = ReportSchedule.objects.get()
    tasks.make_reports()
    assert not schedules._start(stale, timezone.now()), "another worker had the same row in hand"
    run = ReportRun.objects.get()
    assert (run.state, run.schedule, run.requested_by) == ("done", made, None)
    made.refresh_from_db()
    assert made.next_at > timezone.now()
    assert AuditEntry.objects.get(deed=Deed.REPORT_ORDERED).detail["schedule"] == made.pk


def test_what_is_switched_off_is_not_made(booker: Connection) -> None:
    made = schedule_of(booker, every="day", hour=6, is_on=False)
    ReportSchedule.objects.update(next_at=timezone.now() - dt.timedelta(days=5))
    assert schedules.start_due(timezone.now()) == 0
    schedules.switch(made, on=True, now=timezone.now())
    assert schedules.start_due(timezone.now()) == 0, "what was missed is not made up for"


def test_files_expire(wanted: Any, settings: Any) -> None:
    old, young = wanted("rooms"), wanted("rooms")
    running.work()
    ReportRun.objects.filter(pk=old.pk).update(
        finished_at=timezone.now() - dt.timedelta(days=settings.REPORT_KEEP_DAYS, seconds=1)
    )
    orphan, new = settings.REPORTS_DIR / "rooms-999-x.csv", settings.REPORTS_DIR / "rooms-998-x.csv.part"
    orphan.write_text("x")
    new.write_text("x")
    before = timezone.now().timestamp() - 2 * 86_400
    os.utime(orphan, (before, before))
    os.utime(new, (timezone.now().timestamp(),) * 2)
    for run in ReportRun.objects.exclude(file=""):
        assert run.path
        os.utime(run.path, (before, before))
    tasks.prune()
    young.refresh_from_db()
    assert list(ReportRun.objects.all()) == [young]
    assert folder() == sorted([young.file, new.name])


# --- the command -----------------------------------------------------------------------------------------------


def test_command(booker: Connection, read: Read, tmp_path: Path, capfdbinary: Any) -> None:
    target = tmp_path / "orders.csv"
    given = ["sub_report=items", "start_days_back=3000", "end_days_back=0"]
    call_command("report", "orders", option=given, output=str(target), stderr=StringIO())
    assert target.read_text("utf-8-sig").count("\n") - 1 == len(read("orders", sub_report="items"))
    assert [one.name for one in tmp_path.iterdir() if one.name != "reports"] == ["orders.csv"]
    assert AuditEntry.objects.get(deed=Deed.REPORT_TAKEN).detail == {"report": "orders", "format": "csv"}
    call_command("report", "rooms", format="parquet", stderr=StringIO())
    assert capfdbinary.readouterr().out[:4] == b"PAR1"


@pytest.mark.parametrize(
    "option", ["colour=red", "locations=1", "start_days_back=1", "days_back=x", "date=2026-02-30", "defaults=2"]
)
def test_command_refuses_what_does_not_fit(booker: Connection, option: str) -> None:
    with pytest.raises(CommandError):
        call_command("report", "customers", option=[option], stderr=StringIO())


def test_nothing_personal_is_logged(
    wanted: Any, vendor: Vendor, caplog: pytest.LogCaptureFixture, truth: Truth
) -> None:
    run = wanted("customers")
    vendor.fault("503", times=None, path="/v4.1/merchant/customers")
    caplog.set_level("DEBUG")
    running.work()
    run.refresh_from_db()
    said = f"{caplog.text} {run.reason}"
    vendor.calm()
    found = [one["Email"] for one in truth.customers() if one["Email"]]
    assert found
    assert not [email for email in found if email in said]
    assert truth.brand not in said
