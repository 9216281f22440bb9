"""The benchmarks' own reckoning, and each measure that can be taken at toy size. No time is judged."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks import board, child, draining, ingest, mirror, news, pacing, pages, posting, rivals, searching
from benchmarks.__main__ import _parts, main
from benchmarks.figures import Figure, percentile, table, written
from clienteling import names
from clienteling.models import Client
from clienteling.permissions import Action, reach
from integrations.models import Connection, Difference, ProviderCall, StaffLink, WebhookDelivery
from integrations.webhooks.signatures import Letter, is_proven
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking


def figure(value: float, **fields: object) -> Figure:
    return Figure(group="pages", name="Today: queries", value=value, unit="queries", **fields)  # type: ignore[arg-type]


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.5) == 3.0
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.95) == 5.0
    assert percentile([7.0], 1.0) == 7.0


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (12, "12"), (0.01234, "0.0123"), (3.14159, "3.14"), (98765.4, "98,765")]
)
def test_figures_are_written_with_the_digits_that_count(value: float, text: str) -> None:
    assert written(value) == text


def test_table_puts_two_sizes_side_by_side_and_says_what_is_broken() -> None:
    *_, group, row = table({1: [figure(10, most=12)], 10: [figure(15, ratio=2.5, most=12)]}).splitlines()
    assert group == "PAGES"
    assert row.split() == ["Today:", "queries", "queries", "10", "15", "2.50", "<=", "12", "BROKEN", "1.50"]


def test_busiest_second_slides_over_the_borders_of_the_clock() -> None:
    assert pacing.busiest_second([]) == 0
    assert pacing.busiest_second([0.8, 0.9, 1.1, 1.2, 1.79, 1.8]) == 5
    assert pacing.busiest_second([0.0, 1.0, 2.0]) == 1


def test_shortest_run_is_the_closest_that_many_calls_came() -> None:
    assert pacing.shortest_run([0.0, 0.25, 0.5, 0.625, 0.75, 2.0], 3) == 0.25


@pytest.mark.usefixtures("clock")
def test_least_calls_are_a_call_for_each_part_and_one_more_for_each_further_page(shop: Shop) -> None:
    connection = Connection.objects.create(name="Vendor", base_url="http://127.0.0.1:9")
    StaffLink.objects.create(connection=connection, staff=shop.ana, external_id="1")
    empty = mirror.least_for_calendars()
    assert empty == 3, "150 days in parts of 62"
    for _ in range(51):
        make_booking(shop.ana, shop.lea, NOW, [shop.fitting])
    assert mirror.least_for_calendars() == empty + 1
    # Stores; hours; staff of both; categories; services; hours of four people; whom to ask about, once a store.
    assert mirror.least_for_catalogue() == 1 + 2 + 2 + 1 + 1 + 4 + 2
    shop.styling.people.add(shop.ana, shop.bo)
    assert mirror.least_for_catalogue() == 13 + 2, "two people, two services"


@pytest.mark.usefixtures("clock", "still_gateway")
def test_a_page_is_counted_and_another_page_is_not_taken_for_it(
    shop: Shop, settings: object, still_gateway: type[StillGateway]
) -> None:
    settings.ROOT_URLCONF = "benchmarks.urls"  # type: ignore[attr-defined]
    user = shop.ana.user
    assert user is not None
    browser, taken = pages.logged_in(user), {name: pages.Taken() for name in ("empty", "search")}
    pages.count(pages.Page("empty", user, "/__empty/"), browser, taken["empty"])
    pages.count(pages.Page("search", user, "/clients/?q=noir", "Noir"), browser, taken["search"])
    assert 0 < taken["empty"].queries < taken["search"].queries <= pages.MOST_QUERIES
    assert 0 < taken["search"].compressed < taken["search"].html
    with pytest.raises(AssertionError):
        pages.count(pages.Page("search", user, "/clients/?q=noir", "nobody says this"), browser, pages.Taken())


@pytest.mark.usefixtures("clock", "still_gateway")
def test_who_needs_a_second_factor_is_measured_with_it(shop: Shop, settings: object) -> None:
    settings.ROOT_URLCONF = "benchmarks.urls"  # type: ignore[attr-defined]
    settings.MFA_REQUIRED = True  # type: ignore[attr-defined]
    user = shop.marc.user
    assert user is not None
    pages.count(pages.Page("empty", user, "/__empty/"), pages.logged_in(user), pages.Taken())


@pytest.mark.usefixtures("clock")
def test_events_of_a_week_are_her_own_from_monday_to_sunday(shop: Shop) -> None:
    assert shop.ana.user is not None
    for days in (-3, -2, 0, 4, 5):  # NOW is a Wednesday
        make_booking(shop.ana, shop.lea, NOW + dt.timedelta(days=days), [shop.fitting])
    make_booking(shop.bo, shop.lea, NOW, [shop.fitting])
    assert pages.events_of_week(shop.ana.user) == 3


def test_made_up_clients_are_all_different_and_can_be_found() -> None:
    rows = list(searching._rows(200))
    assert set(rows[0]) < set(searching._blank())
    assert len({row["email"] for row in rows}) == 200
    for row in rows:
        for query in (row["last_name"], row["email"], f"0{row['mobile_phone'][3:]}"):
            assert all(term in row["search_text"] for term in names.search_terms(query))


def test_a_process_that_was_started_is_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    child.stop(process)
    assert process.returncode is not None
    child.stop(process)


def test_without_postgresql_it_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--database", "sqlite:///nothing"])
    assert main() == 2
    assert "PostgreSQL" in capsys.readouterr().err


def test_what_could_not_be_measured_is_said_and_not_judged() -> None:
    left_out = Figure(group="webhooks", name="left out: nothing to measure with", value=None, unit="", most=1)
    *_, row = table({1: [left_out], 10: [left_out]}).splitlines()
    assert row.split() == ["left", "out:", "nothing", "to", "measure", "with", "<=", "1"]


@pytest.mark.django_db
def test_an_event_of_the_load_is_kept_with_few_queries() -> None:
    connection = news.plant()
    assert ingest.queries_to_keep(connection) <= ingest.MOST_QUERIES
    head, _, body = posting.requested("/webhooks/abc/", "booxi", 7, ("X-Only-Keep: 1",)).partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert (int(lines["Content-Length"]), lines["X-Only-Keep"]) == (len(body), "1")
    assert is_proven(Letter(lines, body, time.time()), scheme="booxi", header="", secrets=[news.SECRET])
    assert len(posting.requested("/stripe/", "stripe", 7)) == pytest.approx(len(head) + len(body), rel=0.1)


@pytest.mark.django_db
def test_events_of_the_load_are_applied_without_any_question() -> None:
    connection = news.plant()
    for number in range(5):
        body = news.event(f"evt-{number}", news.booking(number)).decode()
        WebhookDelivery.objects.create(connection=connection, event_id=f"evt-{number}", body=body)
    assert draining.main()["taken"] == 5
    assert Difference.objects.filter(field="created").count() == 5
    assert not ProviderCall.objects.exists()


@pytest.mark.usefixtures("clock")
def test_a_store_for_the_board_has_its_bookings_on_as_many_days_as_wanted(db: None) -> None:
    Connection.objects.create(name="Vendor", base_url="http://127.0.0.1:9")
    store = board._store("Board", people=2, days=3, a_day=4)
    assert store.bookings.count() == 2 * 3 * 4
    start, end = store.day_bounds(store.today())
    assert store.bookings.filter(starts_at__gte=start, starts_at__lt=end).count() == 2 * 4
    assert reach(board._manager(store), Action.SEE_STORE_CALENDARS).store_ids == {store.pk}
    free = {figure.name: figure for figure in board._free_figures(store)}
    assert [figure.value for name, figure in free.items() if name.endswith("read")] == [3]


# --- beside others' packages ----------------------------------------------------------------------------


class Answering(BaseHTTPRequestHandler):
    """Somebody else's server: says back what it was asked, and by whom."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:  # noqa: N802 - the name http.server calls
        self.asked.append((self.path, self.headers["Cookie"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_page_of_another_server_is_opened_in_turns_with_ours_and_without_our_cookie(
    monkeypatch: pytest.MonkeyPatch, shop: Shop
) -> None:
    monkeypatch.setattr(pages, "WARM_UP", 1)
    monkeypatch.setattr(pages, "ROUNDS", 4)
    monkeypatch.setattr(Answering, "asked", [], raising=False)
    user = shop.ana.user
    assert user is not None
    ours, theirs = (HTTPServer((pages.HOST, 0), Answering) for _ in range(2))
    for server in (ours, theirs):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    opened = [
        pages.Page("ours", user, "/ours/", "ours"),
        pages.Page("theirs", None, "/theirs/", "theirs", {"Cookie": "sessionid=1"}, port=theirs.server_port, every=2),
    ]
    taken = {page.name: pages.Taken() for page in opened}
    try:
        pages.time_in_turns(opened, {user.pk: "session=2"}, taken, ours.server_port)
    finally:
        for server in (ours, theirs):
            server.shutdown()
            server.server_close()
    mine, others = ("/ours/", "session=2"), ("/theirs/", "sessionid=1")
    assert Answering.asked == [mine, others, mine, mine, others, mine, mine, others]
    assert (len(taken["ours"].times), len(taken["theirs"].times)) == (4, 2), "the first turn does not count"


def other_page(name: str, queries: int) -> rivals.OtherPage:
    return rivals.OtherPage(path=f"/{name}/", headers={}, words=name, queries=queries, html=2000, compressed=500)


def test_our_board_is_set_beside_each_page_of_the_other() -> None:
    other = rivals.Appointments(1, "3.0", slots=other_page("slots", 37), calendar=other_page("calendar", 1003))
    times = {pages.EMPTY: 5.0, "10 people": 20.0, "slots 10": 10.0, "calendar 10": 200.0}
    taken = {name: pages.Taken(times=[spent]) for name, spent in times.items()}
    assert {page.name for page in board._theirs(10, other)} < set(taken)
    figures = board._beside({10: other}, taken, 30_000)
    assert [figure.value for figure in figures if figure.unit == "queries"] == [37, 1003]
    assert [figure.ratio for figure in figures if "our board" in figure.name] == [2, 2, 0.1, 0.1]
    assert len({figure.name for figure in figures}) == len(figures), "the table has one row a name"


def test_a_package_that_cannot_be_had_is_left_out_and_the_table_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def without_an_index(*command: str) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(rivals, "ROOT", tmp_path)
    monkeypatch.setattr(rivals, "_quietly", without_an_index)
    rivals.DJANGO_APPOINTMENT.lock.parent.mkdir()
    rivals.DJANGO_APPOINTMENT.lock.write_text("django-appointment==3.0\n")
    with rivals.django_appointment((10, 60), 20) as others:
        assert others == {}
    (row,) = board._beside(others, {}, 30_000)
    assert "left out" in row.name
    assert row.value is None
    assert not row.is_over


@pytest.mark.parametrize("package", [rivals.DJ_STRIPE, rivals.DJANGO_APPOINTMENT])
def test_what_a_package_needs_is_pinned_by_hash_and_names_no_host(package: rivals.Package) -> None:
    lock = package.lock.read_text()
    assert f"\n{package.name}==" in lock
    assert "://" not in lock
    pinned = lock.replace("\\\n", "").splitlines()
    assert all("--hash=sha256:" in line for line in pinned if line and not line.startswith("#"))


def test_the_board_is_measured_alone_or_with_all_and_what_no_size_changes_only_once() -> None:
    assert _parts("board", is_first=True) == ["board"]
    assert _parts(None, is_first=True) == ["mirror", "pacing", "search", "board"]
    assert _parts(None, is_first=False) == ["mirror", "board"]
    assert _parts("mirror", is_first=False) == ["mirror"]


@pytest.mark.django_db
def test_clients_of_a_board_without_a_mirror_have_names_to_be_written_out() -> None:
    searching.plant(3)
    assert all(client.first_name and client.last_name for client in Client.objects.all())
    assert Client.objects.count() == 3
