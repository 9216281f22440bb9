"""Making reports: the first rows for a person who waits, whole files by a worker.

The table is the queue (integrations/models/work.py). A run is claimed with a lease that every question to Booker
renews; a run whose worker was lost begins anew, under another file name, and only who still holds the lease may say
that his file is the one.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.gateway import GatewayError, Misconfigured, Reason, Refused, Unavailable
from clienteling import audit
from clienteling.celery import wake
from clienteling.models import Deed, User
from integrations.models import Connection, Lost, ReportRun
from integrations.pacing import SPENT
from integrations.reports import files
from integrations.reports.columns import Columns, Row
from integrations.reports.options import Options, Unfit
from integrations.reports.registry import REPORTS, Report
from integrations.reports.source import PAUSES, PatientApi, Source
from integrations.switchboard import Purpose, booker_api, open_api

logger = logging.getLogger(__name__)

TOLD_EVERY = 2.0  # seconds between two writings-down of how far a run has come
PREVIEW_ROWS = 25
PREVIEW_SECONDS = 6.0
ORPHANED_AFTER = dt.timedelta(days=1)


def connections() -> list[Connection]:
    """Those that reports can be read from."""
    return list(Connection.objects.filter(kind=Connection.Kind.BOOKER))


def open_source(
    connection: Connection,
    purpose: Purpose,
    *,
    now: dt.datetime,
    beat: Callable[[], None] = lambda: None,
    pauses: Sequence[float] = (),
    page_size: int = 0,
) -> Source:
    """Raises Misconfigured."""
    if connection.kind != Connection.Kind.BOOKER:
        raise Misconfigured(_("Reports are read from Booker only."))
    api = booker_api(connection, open_api(connection, purpose, ""))
    ids = [one.strip() for one in connection.location_id.split(",") if one.strip()]
    if not ids and not connection.brand_id:
        raise Misconfigured(_("The location id is missing."))
    patient = PatientApi(api, beat=beat, pauses=pauses, page_size=page_size)
    return Source(patient, location_ids=ids, brand_id=connection.brand_id, now=now)


def notes_of(report: Report) -> list[str]:
    """What whoever reads the file should know."""
    notes = [str(report.title), str(report.sentence), str(report.note)]
    if report.assumed:
        notes.append(_("Not confirmed by Booker: %(what)s") % {"what": report.assumed})
    return [note for note in notes if note]


def in_words(error: Exception) -> str:
    """What went wrong, for a person; no personal data."""
    if isinstance(error, Refused):
        if error.reason == Reason.GONE:
            return _("Booker has nothing at the address that was asked. If it is an assumed one, it is another.")
        return _("Booker refused what was asked (%(code)s).") % {"code": error.reason.value}
    if isinstance(error, Unavailable):
        if str(error) == SPENT:
            return _("The calls of today are used up: it goes on after midnight UTC.")
        return _("Booker did not answer (%(code)s).") % {"code": error}
    if isinstance(error, Misconfigured | Unfit):
        return str(error)
    return _("The file could not be written (%(code)s).") % {"code": type(error).__name__}


# --- the first rows ------------------------------------------------------------------------------------------


class _Enough(Exception):
    """The person has waited for long enough."""


@dataclass(slots=True)
class Preview:
    """`is_whole`: there are no more rows than these. `trouble`: why it ended early, in words."""

    columns: Columns
    rows: list[Row] = field(default_factory=list)
    is_whole: bool = False
    trouble: str = ""


def preview(report: Report, options: Options, connection: Connection) -> Preview:
    """The first rows now, within a few seconds."""
    found = Preview(report.columns(options))
    until = time.monotonic() + PREVIEW_SECONDS

    def beat() -> None:
        if time.monotonic() > until:
            raise _Enough

    try:
        source = open_source(
            connection, Purpose.PERSON, now=timezone.now(), beat=beat, page_size=min(PREVIEW_ROWS, settings.BOOKER_PAGE)
        )
        for row in report.rows(source, options):
            if len(found.rows) >= PREVIEW_ROWS:
                return found
            found.rows.append(row)
        found.is_whole = True
    except _Enough:
        found.trouble = _("Booker takes its time: this is what came within a few seconds.")
    except (GatewayError, Unfit) as error:
        found.trouble = in_words(error)
    return found


# --- files ---------------------------------------------------------------------------------------------------


def order(
    *, report: Report, options: Options, connection: Connection, format: files.Format, user: User | None
) -> ReportRun:
    """Have a file made. Who wanted it is written down."""
    with transaction.atomic():
        run = ReportRun.objects.create(
            report=report.slug,
            options=options.as_json(),
            connection=connection,
            format=format,
            requested_by=user,
        )
        audit.record(Deed.REPORT_ORDERED, user=user, about=run, report=report.slug, format=format.value)
        transaction.on_commit(wake_up)
    return run


def wake_up() -> None:
    wake("integrations.tasks.make_reports")


def work(*, limit: int = 100) -> int:
    """Make what is due, one after the other, while no more than REPORTS_AT_ONCE are being made. Returns how many."""
    done = 0
    while done < limit:
        busy = ReportRun.objects.filter(
            state=ReportRun.State.WAITING, started_at__isnull=False, due_at__gt=timezone.now()
        )
        if busy.count() >= settings.REPORTS_AT_ONCE:
            break
        claimed = ReportRun.claim(1)
        if not claimed:
            break
        carry_out(claimed[0])
        done += 1
    return done


def carry_out(run: ReportRun) -> None:
    """A claimed run to its end, or to words that say why not."""
    try:
        if run.attempts > ReportRun.MOST_TRIES:
            raise Unfit(_("Every worker that took it up was lost."))
        Making(run).make()
    except Lost:
        logger.info("report run %s was taken over", run.pk)
    except OperationalError:
        raise
    except Exception as error:  # noted on the row, where a person finds it
        _put_off(run, error)


def _put_off(run: ReportRun, error: Exception) -> None:
    logger.warning("report run %s stopped: %s", run.pk, type(error).__name__)
    hopeless = isinstance(error, Misconfigured | Refused | Unfit)
    if isinstance(error, Misconfigured):
        run.connection.note_trouble(Connection.Trouble.MISCONFIGURED, str(error))
    ReportRun.objects.filter(pk=run.pk, due_at=run.due_at).update(started_at=None)
    told = error.retry_after if isinstance(error, Unavailable) else None
    run.postpone(in_words(error), hopeless=hopeless, wait=max(told, float(run.BACK_OFF[0])) if told else None)


class Making:
    """One worker's hold on one run."""

    def __init__(self, run: ReportRun) -> None:
        self.run = run
        self.report = REPORTS.get(run.report)
        self.rows = 0
        self.share = 0
        self.source: Source | None = None
        self.told = time.monotonic()

    def make(self) -> None:
        """Raises Lost when somebody else has taken the run over, else what `in_words` has words for."""
        if self.report is None:
            raise Unfit(_("There is no such report any more."))
        options = self.report.read(self.run.options)
        self._hold(started_at=timezone.now(), row_count=0, total=None, share=0)
        folder = _folder()
        stem = f"{self.run.report}-{self.run.pk}"
        _remove(folder.glob(f"{stem}-*"))  # of workers who were lost
        name = f"{stem}-{secrets.token_hex(4)}.{self.run.format}"
        part = folder / f"{name}.part"
        try:
            self._write(part, self.report, options)
            part.replace(folder / name)
            self._finish(name, (folder / name).stat().st_size)
        except FileNotFoundError as error:
            raise Lost from error  # whoever took over has cleaned up
        except BaseException:
            _remove([part, folder / name])
            raise

    def _write(self, part: Path, report: Report, options: Options) -> None:
        run = self.run
        self.source = open_source(run.connection, Purpose.SWEEP, now=run.created_at, beat=self._beat, pauses=PAUSES)
        with files.writer(files.Format(run.format), part, report.columns(options), notes_of(report)) as out:
            for row in report.rows(self.source, options):
                out.write(row)
                self.rows += 1
            self._hold()

    def _beat(self) -> None:
        if time.monotonic() - self.told >= TOLD_EVERY:
            self._hold()

    def _hold(self, **fields: object) -> None:
        """Keep the lease, and write down how far we are."""
        if self.source:
            progress = self.source.progress
            self.share = max(self.share, min(999, int(progress.share * 1000)))
            trouble = self.source.api.trouble
            fields = {"row_count": self.rows, "share": self.share, "total": progress.total}
            fields["reason"] = in_words(trouble) if trouble else ""
        until = timezone.now() + ReportRun.LEASE
        held = ReportRun.objects.filter(pk=self.run.pk, due_at=self.run.due_at, state=ReportRun.State.WAITING)
        if not held.update(due_at=until, **fields):
            raise Lost
        self.run.due_at = until
        self.told = time.monotonic()

    def _finish(self, name: str, size: int) -> None:
        with transaction.atomic():
            ReportRun.finish([self.run], file=name, size=size, row_count=self.rows, share=1000, started_at=None)


def _folder() -> Path:
    folder = Path(settings.REPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _remove(paths: Sequence[Path] | Iterator[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


# --- what goes -----------------------------------------------------------------------------------------------


def cancel(run: ReportRun) -> None:
    """Whoever is making it finds out at his next question."""
    path = run.path
    run.delete()
    if path:
        _remove([path])


def prune(now: dt.datetime) -> int:
    """Files and runs older than REPORT_KEEP_DAYS, and files that nobody knows of. Returns how many runs went."""
    old = ReportRun.objects.filter(finished_at__lt=now - dt.timedelta(days=settings.REPORT_KEEP_DAYS))
    number = 0
    for run in old.iterator():
        cancel(run)
        number += 1
    folder = Path(settings.REPORTS_DIR)
    if folder.exists():
        known = set(ReportRun.objects.exclude(file="").values_list("file", flat=True))
        before = (now - ORPHANED_AFTER).timestamp()
        _remove([one for one in folder.iterdir() if one.name not in known and one.stat().st_mtime < before])
    return number
