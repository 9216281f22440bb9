"""Segments of clients: everybody by last visit, criteria of one's own, saved ones with how many they were over time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import attributes as table
from bookings import segment_chart, segment_export, segments
from bookings.criteria import Criteria
from bookings.models import LastVisitRange, Segment, SegmentCount
from bookings.segment_chart import Chart
from bookings.segment_forms import FindForm, NameForm, PageForm, RangesForm, StoreForm, hidden_of, question_of
from bookings.segments import MOST_SAVED, PAGE_SIZE, Clock, Group
from bookings.templatetags.shop import day
from clienteling import audit, contact
from clienteling.frame import current_store, stores_of
from clienteling.models import Deed, Store
from clienteling.permissions import Action, Reach, reach, requires
from clienteling.requests import StaffRequest

MOST_DAYS_LISTED = 31


def _stores(request: StaffRequest, action: Action = Action.SEE_SEGMENTS) -> list[Store]:
    where = reach(request.user, action)
    return [store for store in stores_of(request) if where.covers(store)]


def _where(request: StaffRequest, store: Store | None, action: Action = Action.SEE_SEGMENTS) -> Reach:
    """`store`, which is one of hers, or all where she may."""
    return Reach(False, {store.pk}) if store else reach(request.user, action)


def _clock(request: StaffRequest, store: Store | None = None) -> Clock:
    place = store or current_store(request)
    return Clock(timezone.now(), place.zone if place else dt.UTC)


# --- everybody, and what was saved ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupRow:
    group: Group
    label: str
    question: str


@dataclass(frozen=True, slots=True)
class SavedRow:
    """`number`: the last one counted; None where there is none yet."""

    segment: Segment
    words: str
    number: int | None
    chart: Chart | None


@require_safe
@requires(Action.SEE_SEGMENTS)
def overview(request: StaffRequest) -> HttpResponse:
    form = StoreForm(request.GET, stores=_stores(request))
    store = form.chosen
    limits = LastVisitRange.objects.limits()
    groups = segments.by_last_visit(limits, where=_where(request, store), clock=_clock(request, store))
    context = {
        "form": form,
        "store": store,
        "total": sum(group.number for group in groups),
        "groups": [GroupRow(one, _label(one), question_of(one.criteria, store)) for one in groups],
        "saved": _saved(request),
        "many_stores": len(form.stores) > 1,
    }
    return render(request, "bookings/segments/overview.html", context, status=422 if form.errors else 200)


def _label(group: Group) -> str:
    if group.low is None:
        return _("Never came")
    if group.high is None:
        return _("Over %(days)d days ago") % {"days": group.low - 1}
    return _("%(low)d to %(high)d days ago") % {"low": group.low, "high": group.high}


def _saved(request: StaffRequest) -> list[SavedRow]:
    rows = Segment.objects.for_user(request.user).select_related("store").prefetch_related(_lately())[:MOST_SAVED]
    return [_saved_row(segment) for segment in rows]


def _lately() -> Prefetch[Any]:
    first = timezone.now().date() - dt.timedelta(days=segment_chart.DAYS)
    return Prefetch("counts", SegmentCount.objects.filter(day__gte=first), to_attr="lately")


def _saved_row(segment: Any) -> SavedRow:
    counts: list[SegmentCount] = segment.lately
    chart = segment_chart.draw(counts, width=120, height=32)
    return SavedRow(segment, _words(segment), counts[-1].number if counts else None, chart)


def _words(segment: Segment) -> str:
    try:
        return segment.asks.sentence()
    except ValueError:
        return _("criteria of another version, which cannot be read")


# --- criteria ----------------------------------------------------------------------------------------------------


@require_safe
@requires(Action.SEE_SEGMENTS)
def find(request: StaffRequest) -> HttpResponse:
    """The whole page, or while somebody changes the criteria, whom they find alone."""
    form = FindForm(request.GET, user=request.user, stores=_stores(request))
    return _find_page(request, form, NameForm())


def _find_page(request: StaffRequest, form: FindForm, name_form: NameForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "name_form": name_form, "stores": len(form.stores)}
    context["path"] = reverse("segments-find")
    if form.is_valid():
        context |= _found(request, form.criteria, _where(request, form.chosen), form.chosen, form.number)
        context |= {"asked": form.question(), "can_save": _may_save(request, form.chosen)}
    is_part = context["is_part"] = request.htmx and not name_form.errors  # type: ignore[attr-defined]
    template = "_found.html" if is_part else "find.html"
    status = 200 if form.is_valid() and not name_form.errors else 422
    response = render(request, f"bookings/segments/{template}", context, status=status)
    if is_part and form.is_valid():
        response["HX-Replace-Url"] = f"{reverse('segments-find')}?{form.question()}"
    return response


def _found(request: StaffRequest, criteria: Criteria, where: Reach, store: Store | None, number: int) -> dict[str, Any]:
    """How many, and one page of them. Three queries with what it writes down; as a search is: how many, not who."""
    clock = _clock(request, store)
    rows = segments.clients(criteria, where=where, clock=clock)
    total = rows.count()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(number, pages)
    ordered = segments.with_visits(rows, where=where, clock=clock).order_by("last_name", "first_name", "pk")
    people = list(ordered[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    contact.show_to(request.user, people)
    audit.record(Deed.SEARCHED, user=request.user, store=store, found=len(people))
    return {
        "criteria": criteria,
        "total": total,
        "people": people,
        "page": page,
        "pages": pages,
        "zone": clock.zone,
        "country": (store or current_store(request) or Store()).country,
    }


def _may_save(request: StaffRequest, store: Store | None) -> bool:
    """In that store; for all stores only who may everywhere."""
    where = reach(request.user, Action.SAVE_SEGMENTS)
    return where.covers(store) if store else where.everywhere


@require_POST
@requires(Action.SAVE_SEGMENTS)
def save(request: StaffRequest) -> HttpResponse:
    form = FindForm(request.POST, user=request.user, stores=_stores(request, Action.SAVE_SEGMENTS))
    name_form = NameForm(request.POST)
    if form.is_valid() and not _may_save(request, form.chosen):
        form.add_error("store", _("Choose the store that the segment is about."))
    if not (form.is_valid() and name_form.is_valid()):
        return _find_page(request, form, name_form)
    made = segments.save(
        name=name_form.cleaned_data["name"], criteria=form.criteria, store=form.chosen, author=request.user
    )
    messages.success(request, _("%(name)s is saved. It is counted every day from now on.") % {"name": made.name})
    return redirect("segment", pk=made.pk)


@require_POST
@never_cache
@requires(Action.EXPORT_SEGMENTS)
def export(request: StaffRequest) -> HttpResponseBase:
    """Whom the criteria find, as a file. That it was taken out is written down, with how many and for which store."""
    form = FindForm(request.POST, user=request.user, stores=_stores(request, Action.EXPORT_SEGMENTS))
    if not form.is_valid():
        return _find_page(request, form, NameForm())
    where, clock = _where(request, form.chosen, Action.EXPORT_SEGMENTS), _clock(request, form.chosen)
    rows = segments.clients(form.criteria, where=where, clock=clock)
    number = min(rows.count(), segment_export.MOST_EXPORTED)
    audit.record(Deed.EXPORTED, user=request.user, store=form.chosen, what="clients", number=number)
    lines = segment_export.lines(rows, user=request.user, where=where, clock=clock)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="clients-{clock.today}.csv"'
    return response


# --- one that was saved --------------------------------------------------------------------------------------------


def _segment_or_404(request: StaffRequest, pk: int, action: Action = Action.SEE_SEGMENTS) -> Any:
    rows = Segment.objects.for_user(request.user, action).select_related("store", "owner")
    return get_object_or_404(rows.prefetch_related(_lately()), pk=pk)


@require_safe
@requires(Action.SEE_SEGMENTS)
def page(request: StaffRequest, pk: int) -> HttpResponse:
    segment = _segment_or_404(request, pk)
    return _segment_page(request, segment, NameForm(initial={"name": segment.name}))


def _segment_page(request: StaffRequest, segment: Any, name_form: NameForm) -> HttpResponse:
    chart = segment_chart.draw(segment.lately)
    context = {
        "segment": segment,
        "name_form": name_form,
        "can_save": _may_save(request, segment.store),
        "chart": chart,
        "change": _change(chart) if chart else "",
        "days": segment.lately[::-1][:MOST_DAYS_LISTED],
    }
    try:
        criteria = segment.asks
    except ValueError:
        return render(request, "bookings/segments/segment.html", context)
    context |= _found(request, criteria, segment.where, segment.store, PageForm(request.GET).number)
    context |= {
        "question": question_of(criteria, segment.store),
        "hidden": hidden_of(criteria, segment.store),
    }
    return render(request, "bookings/segments/segment.html", context, status=422 if name_form.errors else 200)


def _change(chart: Chart) -> str:
    words = {"number": intcomma(abs(chart.change)), "day": day(chart.first.day)}
    if chart.change > 0:
        return _("%(number)s more than on %(day)s") % words
    return (_("%(number)s fewer than on %(day)s") if chart.change else _("As many as on %(day)s")) % words


@require_POST
@requires(Action.SAVE_SEGMENTS)
def rename(request: StaffRequest, pk: int) -> HttpResponse:
    segment = _segment_or_404(request, pk, Action.SAVE_SEGMENTS)
    form = NameForm(request.POST)
    if not form.is_valid():
        return _segment_page(request, segment, form)
    segments.rename(segment, form.cleaned_data["name"], author=request.user)
    return redirect("segment", pk=pk)


@require_POST
@requires(Action.SAVE_SEGMENTS)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    segment = _segment_or_404(request, pk, Action.SAVE_SEGMENTS)
    name = segment.name
    segments.remove(segment, author=request.user)
    messages.success(request, _("The segment %(name)s is deleted. No client was changed.") % {"name": name})
    return redirect("segments")


# --- for head office -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SET_RANGES)
def ranges(request: StaffRequest) -> HttpResponse:
    """The ranges by which everybody is grouped. Saved segments keep the days they were saved with."""
    limits = LastVisitRange.objects.limits()
    form = RangesForm(
        request.POST if request.method == "POST" else None, initial={"limits": ", ".join(map(str, limits))}
    )
    if request.method == "POST" and form.is_valid():
        LastVisitRange.objects.replace(form.cleaned_data["limits"])
        audit.record(Deed.SEGMENT_CHANGED, user=request.user, what="ranges")
        messages.success(request, _("Everybody is grouped anew."))
        return redirect("segments")
    return render(request, "bookings/segments/ranges.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_SEGMENTS)
def attributes(request: StaffRequest) -> HttpResponse:
    available, total = table.numbers()
    context = {"table": table.TABLE, "available": available, "total": total}
    return render(request, "bookings/segments/attributes.html", context)
