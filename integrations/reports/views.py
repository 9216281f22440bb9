"""Reports for head office: which there are, what to ask of one, its first rows, files, and when they are made again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clienteling import audit
from clienteling.models import Deed
from clienteling.permissions import Action, requires
from clienteling.requests import StaffRequest
from integrations.models import ReportRun, ReportSchedule
from integrations.reports import running, schedules
from integrations.reports.files import CONTENT_TYPES, Format
from integrations.reports.forms import FileForm, ScheduleForm, in_words
from integrations.reports.options import Unfit
from integrations.reports.registry import REPORTS, Report
from integrations.views import zone_of

MOST_RUNS, MOST_SCHEDULES = 50, 100
RUN = Action.RUN_REPORTS


@dataclass(frozen=True, slots=True)
class Line:
    """A run or a schedule, with what it makes in words."""

    row: Any
    title: str
    chosen: str


def _line(row: ReportRun | ReportSchedule) -> Line:
    report = REPORTS.get(row.report)
    if report is None:
        return Line(row, row.report, "")
    try:
        return Line(row, str(report.title), in_words(report.read(row.options)))
    except Unfit:
        return Line(row, str(report.title), _("its options no longer fit"))


@require_safe
@requires(RUN)
def reports(request: HttpRequest) -> HttpResponse:
    rows = ReportSchedule.objects.select_related("connection")[:MOST_SCHEDULES]
    context = {
        "reports": REPORTS.values(),
        "schedules": [_line(row) for row in rows],
        "is_connected": bool(running.connections()),
    }
    return render(request, "integrations/reports.html", context | _files(request))


@require_safe
@never_cache
@requires(RUN)
def state(request: HttpRequest) -> HttpResponse:
    """The part of the page that moves while a report is being made."""
    return render(request, "integrations/_report_files.html", _files(request))


def _files(request: HttpRequest) -> dict[str, Any]:
    rows = list(ReportRun.objects.select_related("connection", "requested_by")[:MOST_RUNS])
    return {
        "open_runs": [_line(row) for row in rows if row.state == ReportRun.State.WAITING],
        "past_runs": [_line(row) for row in rows if row.state != ReportRun.State.WAITING],
        "zone": zone_of(request),
    }


def _report_or_404(slug: str) -> Report:
    if slug not in REPORTS:
        raise Http404
    return REPORTS[slug]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(RUN)
def report(request: StaffRequest, slug: str) -> HttpResponse:
    """Its options; then its first rows, or the whole of it as a file."""
    chosen = _report_or_404(slug)
    form = FileForm(request.POST or None, report=chosen, connections=running.connections())
    context: dict[str, Any] = {"form": form, "report": chosen}
    if request.method == "POST" and form.is_valid():
        if request.POST.get("what") == "file":
            return _ordered(request, chosen, form)
        found = running.preview(chosen, form.options, form.connection)
        number = len(found.rows)
        audit.record(Deed.REPORT_SEEN, user=request.user, about=form.connection, report=chosen.slug, number=number)
        context |= {"preview": found, "lines": [list(row.values()) for row in found.rows]}
    return render(request, "integrations/report.html", context, status=422 if form.errors else 200)


def _ordered(request: StaffRequest, chosen: Report, form: FileForm) -> HttpResponse:
    running.order(
        report=chosen,
        options=form.options,
        connection=form.connection,
        format=Format(form.cleaned_data["format"]),
        user=request.user,
    )
    messages.success(request, _("%(report)s: the file is being made, in the background.") % {"report": chosen.title})
    return redirect("reports")


# --- files ---------------------------------------------------------------------------------------------------


@require_POST
@never_cache
@requires(RUN)
def download(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The file. Who took it out is written down."""
    run = get_object_or_404(ReportRun, pk=pk)
    try:
        opened = run.path.open("rb") if run.path else None
    except FileNotFoundError:
        opened = None
    if opened is None:
        messages.error(request, _("That file is no longer there. Have it made again."))
        return redirect("reports")
    audit.record(Deed.REPORT_TAKEN, user=request.user, about=run, report=run.report, number=run.row_count)
    name = f"{run.report}-{run.created_at:%Y-%m-%d}-{run.pk}.{run.format}"
    response = FileResponse(opened, as_attachment=True, filename=name, content_type=CONTENT_TYPES[Format(run.format)])
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@requires(RUN)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    running.cancel(get_object_or_404(ReportRun, pk=pk))
    messages.success(request, _("It is removed."))
    return redirect("reports")


@require_POST
@requires(RUN)
def again(request: StaffRequest, pk: int) -> HttpResponse:
    """One that could not be made, from the start."""
    run = get_object_or_404(ReportRun, pk=pk, state=ReportRun.State.PARKED)
    ReportRun.replay(ReportRun.objects.filter(pk=run.pk, state=ReportRun.State.PARKED))
    audit.record(Deed.REPORT_ORDERED, user=request.user, about=run, report=run.report, format=run.format)
    running.wake_up()
    messages.success(request, _("It is tried again, in the background."))
    return redirect("reports")


# --- again and again -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(RUN)
def schedule(request: StaffRequest, slug: str) -> HttpResponse:
    chosen = _report_or_404(slug)
    zone = zone_of(request)
    initial = {"time_zone": str(zone) if str(zone) != "UTC" else "UTC"}
    form = ScheduleForm(request.POST or None, report=chosen, connections=running.connections(), initial=initial)
    if request.method == "POST" and form.is_valid():
        made = _scheduled(form, timezone.now())
        made.created_by = request.user
        made.save()
        _note(request, made, "added")
        messages.success(request, _("%(report)s is made by itself from now on.") % {"report": chosen.title})
        return redirect("reports")
    context = {"form": form, "report": chosen}
    return render(request, "integrations/report_schedule.html", context, status=422 if form.errors else 200)


def _scheduled(form: ScheduleForm, now: dt.datetime) -> ReportSchedule:
    data = form.cleaned_data
    made = ReportSchedule(
        report=form.report.slug,
        options=form.options.as_json(),
        connection=form.connection,
        **{name: data[name] for name in ("format", "every", "hour", "weekday", "month_day", "time_zone")},
    )
    made.next_at = schedules.next_due(made, now)
    return made


def _note(request: StaffRequest, row: ReportSchedule, what: str) -> None:
    audit.record(Deed.REPORT_SCHEDULED, user=request.user, about=row, report=row.report, what=what)


@require_POST
@requires(RUN)
def schedule_switch(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ReportSchedule, pk=pk)
    schedules.switch(row, on=not row.is_on, now=timezone.now())
    _note(request, row, "off" if row.is_on else "on")
    messages.success(request, _("It is switched off.") if row.is_on else _("It is switched on."))
    return redirect("reports")


@require_POST
@requires(RUN)
def schedule_remove(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ReportSchedule, pk=pk)
    _note(request, row, "removed")
    row.delete()
    messages.success(request, _("It is not made by itself any more. Files that were made stay until they expire."))
    return redirect("reports")
