"""The pages, over the sandbox: what they ask, what they show, and what is written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clienteling.models import AuditEntry, Deed, Store, User
from integrations.models import Connection, ProviderCall, ReportRun, ReportSchedule, StoreLink
from integrations.reports import running
from integrations.reports.options import Option
from integrations.reports.registry import REPORTS
from tests.integrations.reports.conftest import Read, Truth
from tests.vendors import Vendor


@pytest.fixture
def office(booker: Connection, browser_of: Callable[..., Browser]) -> Browser:
    return browser_of(User.objects.create_user("office@shop.test", "x", name="Hanna Office", is_head_office=True))


@pytest.fixture
def asked(booker: Connection) -> Callable[..., dict[str, Any]]:
    def words(**more: Any) -> dict[str, Any]:
        usual = {"connection": booker.pk, "which": "all", "format": "csv", "duration": "range"}
        usual |= {"start_kind": "back", "start_back": 3000, "end_kind": "back", "end_back": 0}
        return usual | more

    return words


def known(booker: Connection, truth: Truth) -> None:
    for place in truth.locations:
        store = Store.objects.create(name=place["BusinessName"], number=str(place["ID"]), time_zone="America/Chicago")
        StoreLink.objects.create(connection=booker, store=store, external_id=str(place["ID"]))


def test_the_twelve_are_listed(office: Browser) -> None:
    page = office.get("/reports/").content.decode()
    assert [slug for slug in REPORTS if f'href="/reports/{slug}/"' in page] == list(REPORTS)


FIELDS = {
    Option.INCLUDE_EXPIRED: "include_expired",
    Option.LOCATIONS: "which",
    Option.IGNORE_FREELANCERS: "ignore_freelancers",
    Option.ONLY_ACTIVE: "only_active",
    Option.DEFAULTS: "defaults",
    Option.SUB_REPORT: "sub_report",
    Option.PERIOD: "duration",
}


@pytest.mark.parametrize("slug", REPORTS)
def test_a_form_asks_only_what_the_report_takes(office: Browser, slug: str) -> None:
    page = office.get(f"/reports/{slug}/").content.decode()
    asked = {option for option, name in FIELDS.items() if f'name="{name}"' in page}
    assert asked == REPORTS[slug].takes
    assert office.get(f"/reports/{slug}/schedule/").status_code == 200
    said = page.replace("&#x27;", "'")
    assert str(REPORTS[slug].note) in said
    assert str(REPORTS[slug].assumed) in said


def test_first_rows(office: Browser, asked: Any, read: Read, vendor: Vendor) -> None:
    """A few, soon, for a person; and written down."""
    answer = office.post("/reports/orders/", asked(what="preview", sub_report="items"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("<tr>") == 1 + running.PREVIEW_ROWS
    assert "is_first_row_of_order" in page
    assert str(read("orders", sub_report="items")[0]["order_id"]) in page
    assert AuditEntry.objects.get(deed=Deed.REPORT_SEEN).detail == {"report": "orders", "number": 25}
    assert "no-store" in answer["Cache-Control"]
    assert not ReportRun.objects.exists()
    calls = ProviderCall.objects.filter(endpoint__endswith="/orders", purpose="person")
    assert calls.count() <= 5, "no more pages than the rows need"


def test_first_rows_of_few(office: Browser, asked: Any, read: Read) -> None:
    page = office.post("/reports/locations/", asked(what="preview")).content.decode()
    assert f"That is all: {len(read('locations'))} rows" in page


def test_first_rows_when_nobody_answers(office: Browser, asked: Any, vendor: Vendor) -> None:
    vendor.fault("unauthorized", times=None, path="/v4.1")
    answer = office.post("/reports/rooms/", asked(what="preview"))
    assert answer.status_code == 200
    assert 'role="status"' in answer.content.decode()


def test_a_chosen_location(office: Browser, asked: Any, truth: Truth, booker: Connection) -> None:
    known(booker, truth)
    chosen = str(truth.locations[1]["ID"])
    assert truth.locations[1]["BusinessName"] in office.get("/reports/rooms/").content.decode().replace("&amp;", "&")
    office.post("/reports/rooms/", asked(what="file", which="chosen", locations=[chosen]))
    assert ReportRun.objects.get().options == {"locations": [chosen]}
    refused = office.post("/reports/rooms/", asked(what="file", which="chosen"))
    assert refused.status_code == 422
    assert "Choose at least one location" in refused.content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"duration": "single", "day_kind": "back", "day_back": 3}, {"start": {"back": 3}, "end": {"back": 3}}),
        (
            {"duration": "single", "day_kind": "date", "day_date": "2026-05-01"},
            {"start": {"date": "2026-05-01"}, "end": {"date": "2026-05-01"}},
        ),
        ({"start_back": 10, "end_back": 5}, {"start": {"back": 10}, "end": {"back": 5}}),
        (
            {"start_kind": "date", "start_date": "2026-05-01", "end_back": 0},
            {"start": {"date": "2026-05-01"}, "end": {"back": 0}},
        ),
        ({"start_back": 5, "end_back": 10}, None),
        ({"start_back": ""}, None),
        ({"start_back": -1}, None),
        ({"start_kind": "date", "start_date": "2026-02-30"}, None),
        ({"duration": "for ever"}, None),
    ],
)
def test_days(office: Browser, asked: Any, given: dict[str, Any], kept: dict[str, Any] | None) -> None:
    answer = office.post("/reports/customers/", asked(what="file", **given))
    assert answer.status_code == (302 if kept else 422)
    assert [run.options for run in ReportRun.objects.all()] == ([kept] if kept else [])


def test_the_usual_week_needs_no_days(office: Browser, asked: Any) -> None:
    given = {"connection": asked()["connection"], "which": "all", "defaults": "on", "what": "file", "format": "csv"}
    assert office.post("/reports/location-schedules/", given).status_code == 302
    assert ReportRun.objects.get().options == {"defaults": True}


# --- files ---------------------------------------------------------------------------------------------------


def test_a_file_from_order_to_download(office: Browser, asked: Any, read: Read) -> None:
    assert office.post("/reports/rooms/", asked(what="file")).status_code == 302
    assert "Waiting for its turn" in office.get("/reports/state/").content.decode()
    running.work()
    run = ReportRun.objects.get()
    page = office.get("/reports/").content.decode()
    assert f"/reports/files/{run.pk}/download/" in page
    assert run.file not in page
    answer = office.post(f"/reports/files/{run.pk}/download/")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert body.count("\n") - 1 == len(read("rooms"))
    assert re.fullmatch(r'attachment; filename="rooms-2026-05-06-\d+\.csv"', answer["Content-Disposition"])
    taken = AuditEntry.objects.get(deed=Deed.REPORT_TAKEN)
    assert (taken.object_type, taken.object_id, taken.user_name) == ("reportrun", run.pk, "Hanna Office")
    assert office.post(f"/reports/files/{run.pk}/remove/").status_code == 302
    assert not run.path.exists()  # type: ignore[union-attr]
    assert not ReportRun.objects.exists()
    assert office.post(f"/reports/files/{run.pk}/download/").status_code == 404


def test_a_file_that_is_gone(office: Browser, asked: Any) -> None:
    office.post("/reports/rooms/", asked(what="file"))
    running.work()
    run = ReportRun.objects.get()
    assert run.path
    run.path.unlink()
    answer = office.post(f"/reports/files/{run.pk}/download/", follow=True)
    assert "no longer there" in answer.content.decode()
    assert not AuditEntry.objects.filter(deed=Deed.REPORT_TAKEN).exists()


def test_one_that_failed_is_tried_again(office: Browser, asked: Any, vendor: Vendor) -> None:
    office.post("/reports/rooms/", asked(what="file"))
    vendor.fault("unauthorized", times=None, path="/v4.1")
    running.work()
    assert ReportRun.objects.get().state == "parked"
    assert "Could not be made" in office.get("/reports/").content.decode()
    vendor.calm()
    office.post(f"/reports/files/{ReportRun.objects.get().pk}/again/")
    running.work()
    assert ReportRun.objects.get().state == "done"


def test_removed_while_it_is_made(office: Browser, asked: Any, settings: Any) -> None:
    office.post("/reports/rooms/", asked(what="file"))
    (held,) = ReportRun.claim(1)
    office.post(f"/reports/files/{held.pk}/remove/")
    running.carry_out(held)
    assert not ReportRun.objects.exists()
    assert not settings.REPORTS_DIR.exists() or not list(settings.REPORTS_DIR.iterdir())


# --- schedules -----------------------------------------------------------------------------------------------

WHEN = {"every": "week", "weekday": 0, "month_day": 1, "hour": 7, "time_zone": "America/Chicago"}


def test_a_schedule_from_beginning_to_end(office: Browser, asked: Any) -> None:
    days = {"start_back": 7, "end_back": 1}
    assert office.post("/reports/orders/schedule/", asked(sub_report="refunds", **days, **WHEN)).status_code == 302
    made = ReportSchedule.objects.get()
    assert made.next_at.isoformat() == "2026-05-11T12:00:00+00:00"
    assert made.options == {"start": {"back": 7}, "end": {"back": 1}, "sub_report": "refunds"}
    page = office.get("/reports/").content.decode()
    assert "7 days back to yesterday, with refunds" in page
    for expected in (False, True):
        office.post(f"/reports/schedules/{made.pk}/switch/")
        made.refresh_from_db()
        assert made.is_on is expected
    office.post(f"/reports/schedules/{made.pk}/remove/")
    assert not ReportSchedule.objects.exists()
    noted = AuditEntry.objects.filter(deed=Deed.REPORT_SCHEDULED).order_by("pk")
    assert [entry.detail["what"] for entry in noted] == ["added", "off", "on", "removed"]


def test_a_schedule_of_one_date_makes_no_sense(office: Browser, asked: Any) -> None:
    dates = {"start_kind": "date", "start_date": "2026-05-01"}
    answer = office.post("/reports/orders/schedule/", asked(**dates, **WHEN))
    assert answer.status_code == 422
    assert "counted back" in answer.content.decode()


# --- how much it costs -----------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_one_and_for_many(office: Browser, booker: Connection) -> None:
    user = User.objects.get()

    def cost() -> int:
        with CaptureQueriesContext(
            database,
        ) as found:
            assert office.get("/reports/").status_code == 200
        return len(found)

    def fill(number: int) -> None:
        for place in range(number):
            about = {"report": "rooms", "connection": booker, "format": "csv"}
            ReportSchedule.objects.create(next_at=timezone.now(), **about)
            state = "done" if place % 2 else "waiting"
            ReportRun.objects.create(state=state, finished_at=timezone.now(), requested_by=user, **about)

    fill(2)
    cost()
    few = cost()
    fill(20)
    assert cost() == few


@pytest.mark.parametrize("slug", ["rooms", "orders"])
def test_a_form_costs_the_same_for_many_locations(office: Browser, booker: Connection, truth: Truth, slug: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(database) as found:
            assert office.get(f"/reports/{slug}/").status_code == 200
        return len(found)

    cost()
    none = cost()
    known(booker, truth)
    assert cost() == none


def test_without_a_connection_it_says_so(browser_of: Callable[..., Browser], db: None) -> None:
    browser = browser_of(User.objects.create_user("office@shop.test", "x", name="Hanna", is_head_office=True))
    assert "Booker is not connected" in browser.get("/reports/").content.decode()
    assert "Booker is not connected" in browser.get("/reports/rooms/").content.decode()
    assert browser.post("/reports/rooms/", {"what": "file", "which": "all"}).status_code == 422
    assert browser.get("/reports/nothing/").status_code == 404
