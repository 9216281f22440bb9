"""The store board of 10, 60 and 300 people with 20 bookings each that day, in a store with very many bookings: queries,
bytes, and time beside an empty page, beside the same HTML served from memory, and beside django-appointment's pages
about as many people with that day alone. And free time reckoned from rows."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks import database, pages, rivals
from benchmarks.figures import Figure, median_of, percentile
from benchmarks.pages import EMPTY, Page, Taken
from benchmarks.rivals import Appointments
from benchmarks.sandbox import Sandbox
from bookings import freetime
from bookings.models import Booking, BookingItem, Presence, Service, Status, WorkingHours
from bookings.models.bookings import Kind
from clienteling.models import Client, Role, StaffMember, Store, User
from integrations.models import Connection, StoreLink

PEOPLE = (10, 60, 300)
COMPARED = (10, 60)  # people, with django-appointment
CALENDAR_EVERY = 10  # turns: its calendar takes seconds
A_DAY = 20  # bookings a person
FRAME = 2  # queries of the frame around every page: her places, what waits
MOST_QUERIES = 8
MOST_BYTES = 200  # an event, compressed
REFRESH_QUERIES = 2
WANTED = (50, 30, 12)  # people, days, bookings a day: the common data of the comparisons
ROUNDS = 15
HOURS = [{"weekday": day, "start": "09:00", "end": "19:00"} for day in range(7)]


def measure(sandbox: Sandbox, *, bookings: int) -> list[Figure]:
    """`bookings`: how many each store holds in all. Leaves its own stores behind."""
    boards = {people: _store(f"Board {people}", people=people, days=_days(people, bookings)) for people in PEOPLE}
    crowd = _store("Free time", people=WANTED[0], days=2 * WANTED[1] - 1, a_day=WANTED[2])  # as many ahead as wanted
    database.tidy()
    return [*_board_figures(sandbox, boards, bookings), *_free_figures(crowd)]


def _days(people: int, bookings: int) -> int:
    return max(1, bookings // (people * A_DAY))


# --- the pages ------------------------------------------------------------------------------------------------


def _board_figures(sandbox: Sandbox, stores: dict[int, Store], bookings: int) -> list[Figure]:
    opened = [Page(EMPTY, _manager(stores[PEOPLE[0]]), "/__empty/")]
    for people, store in stores.items():
        user, live = _manager(store), reverse("live", args=["board", store.pk])
        opened += [
            Page(f"{people} people", user, reverse("board"), "Board"),
            Page(f"{people} people, the same HTML from memory", user, f"/__memory/{people}/", "Board"),
            Page(f"{people} people, refresh with nothing new", user, f"{live}?seen={store.stamp}", status=204),
        ]
    taken = {page.name: Taken() for page in opened}
    browsers = pages.browsers_of(opened)
    for people, store in stores.items():
        page = browsers[_manager(store).pk].get(reverse("board"))
        (Path(settings.VAR) / f"memory-{people}.html").write_bytes(page.content)
    for page in opened:
        pages.count(page, browsers[page.user.pk], taken[page.name])  # type: ignore[union-attr]
    sandbox.forget_calls()
    cookies = {pk: pages.cookie(browser) for pk, browser in browsers.items()}
    with rivals.django_appointment(COMPARED, A_DAY) as others, pages.served() as (port, _):
        theirs = [page for people, other in others.items() for page in _theirs(people, other)]
        taken |= {page.name: Taken() for page in theirs}
        pages.time_in_turns([*opened, *theirs], cookies, taken, port)
    calls = sandbox.calls()
    figures = [figure for people in PEOPLE for figure in _about(people, taken, bookings)]
    figures.append(_figure(bookings, "provider calls by all of it", calls, "calls", most=0))
    return [*figures, *_beside(others, taken, bookings)]


def _about(people: int, taken: dict[str, Taken], bookings: int) -> Iterator[Figure]:
    name = f"{people} people"
    page, memory, refresh = (
        taken[f"{name}{more}"] for more in ("", ", the same HTML from memory", ", refresh with nothing new")
    )
    login = taken[EMPTY].queries
    floor = percentile(taken[EMPTY].times, 0.5)
    middle, slow = (percentile(page.times, share) for share in (0.5, 0.95))
    yield _figure(
        bookings, f"{name}: queries of the board itself", page.queries - login - FRAME, "queries", most=MOST_QUERIES
    )
    yield _figure(bookings, f"{name}: p50 (floor: empty page)", middle, "ms", middle / floor)
    yield _figure(bookings, f"{name}: p95 (floor: empty page)", slow, "ms", slow / floor)
    yield _figure(bookings, f"{name}: p95 (floor: from memory)", slow, "ms", slow / percentile(memory.times, 0.95))
    yield _figure(bookings, f"{name}: in the database", page.query_ms, "ms")
    yield _figure(bookings, f"{name}: HTML compressed", page.compressed / 1000, "kB")
    size = page.compressed / (people * A_DAY)
    yield _figure(bookings, f"{name}: compressed, an event", size, "bytes", most=MOST_BYTES if people >= 60 else None)
    quiet = percentile(refresh.times, 0.5)
    yield _figure(bookings, f"{name}: refresh with nothing new (floor: empty page)", quiet, "ms", quiet / floor)
    asked = refresh.queries - login
    yield _figure(bookings, f"{name}: refresh with nothing new", asked, "queries", most=REFRESH_QUERIES)


# --- beside django-appointment ------------------------------------------------------------------------------------


def _theirs(people: int, other: Appointments) -> list[Page]:
    slots, calendar = other.slots, other.calendar
    return [
        Page(f"slots {people}", None, slots.path, slots.words, slots.headers, port=other.port),
        Page(
            f"calendar {people}",
            None,
            calendar.path,
            calendar.words,
            calendar.headers,
            port=other.port,
            every=CALENDAR_EVERY,
        ),
    ]


def _beside(others: dict[int, Appointments], taken: dict[str, Taken], bookings: int) -> list[Figure]:
    if not others:
        left_out = "django-appointment: left out, its environment could not be made"
        return [_figure(bookings, left_out, None, "")]
    return [figure for people, other in others.items() for figure in _compared(people, other, taken, bookings)]


def _compared(people: int, other: Appointments, taken: dict[str, Taken], bookings: int) -> Iterator[Figure]:
    """Theirs knows that one day only, whatever our store holds."""
    ours = taken[f"{people} people"].times
    for what, kind, page in (
        ("slots of one person", "slots", other.slots),
        ("calendar of all", "calendar", other.calendar),
    ):
        name = f"django-appointment {other.version}, {people} people: {what}"
        times = taken[f"{kind} {people}"].times
        yield _figure(bookings, f"{name}: queries", page.queries, "queries")
        for share in (0.5, 0.95):
            spent = percentile(times, share)
            floor = percentile(taken[EMPTY].times, 0.5)
            yield _figure(bookings, f"{name}: p{share * 100:.0f} (floor: empty page)", spent, "ms", spent / floor)
            mine = percentile(ours, share)
            beside = f"  our board, {people} people: p{share * 100:.0f} (floor: its {what})"
            yield _figure(bookings, beside, mine, "ms", mine / spent)
        yield _figure(bookings, f"{name}: compressed", page.compressed / 1000, "kB")


def _manager(store: Store) -> User:
    return User.objects.get(email=f"manager-{store.pk}@bench.test")


# --- free time -------------------------------------------------------------------------------------------------


def _free_figures(store: Store) -> list[Figure]:
    people, days, _a_day = WANTED
    ids = list(StaffMember.objects.filter(store=store).values_list("pk", flat=True))
    start, end = store.day_bounds(store.today(), days)
    rows = freetime.rows_of(store, start, end)
    schedules = dict(WorkingHours.objects.filter(staff__store=store).values_list("staff_id", "schedules"))

    def reckoned() -> freetime.FreeTime:
        return freetime.reckon(
            start=start,
            end=end,
            zone=store.zone,
            weekly_hours=store.weekly_hours,
            schedules=schedules,
            people=ids,
            rows=rows,
        )

    free = reckoned()
    with CaptureQueriesContext(connection) as queries:
        freetime.read(store=store, people=ids, start=start, end=end)
    named = f"{people} people, {days} days, {len(rows):,} bookings"
    return [
        _free(f"{named}: reckoned from rows", _milliseconds(reckoned), "ms"),
        _free(
            f"{named}: read and reckoned",
            _milliseconds(lambda: freetime.read(store=store, people=ids, start=start, end=end)),
            "ms",
        ),
        _free(
            f"{named}: first free hour of each",
            _milliseconds(lambda: [free.soonest(pk, 60, after=start) for pk in ids]),
            "ms",
        ),
        _free(f"{named}: read", len(queries), "queries", most=3),
    ]


def _milliseconds(work: Callable[[], object]) -> float:
    """Median; the first time does not count."""
    spent = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return median_of(spent[1:])


# --- stores to measure with ---------------------------------------------------------------------------------------


def _store(name: str, *, people: int, days: int, a_day: int = A_DAY) -> Store:
    """A store whose people are busy every day, from today on and back again: `people * days * a_day` bookings."""
    store = Store.objects.create(name=name, time_zone="Europe/Paris", country="FR", weekly_hours=HOURS)
    number = f"bench-{store.pk}"
    StoreLink.objects.create(
        connection=Connection.objects.get(), store=store, external_id=number, near_at=timezone.now() + dt.timedelta(1)
    )
    staff = _people(store, people)
    services = [
        Service.objects.create(store=store, name=f"Service {n}", duration=20, price=40, currency="EUR")
        for n in range(12)
    ]
    clients = list(Client.objects.values_list("pk", flat=True)[:500])
    for chunk in range(0, days, 5):
        _book(store, staff, services, clients, range(chunk, min(chunk + 5, days)), a_day)
    store.refresh_from_db()
    return store


def _people(store: Store, people: int) -> list[StaffMember]:
    user = User.objects.create_user(f"manager-{store.pk}@bench.test", name="Manager")
    staff = StaffMember.objects.bulk_create(
        StaffMember(
            store=store,
            user=None if number else user,
            first_name=f"Person {number}",
            last_name="Bench",
            role=Role.ASSOCIATE if number else Role.MANAGER,
        )
        for number in range(people)
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(staff=one, schedules=[{"from": None, "until": None, "hours": HOURS}]) for one in staff
    )
    return staff


def _book(
    store: Store, staff: list[StaffMember], services: list[Service], clients: list[int], days: range, a_day: int
) -> None:
    """Twenty-five minutes apart from nine o'clock on; two services each third time. Odd days lie in the past."""
    numbers = itertools.count()
    opening = store.day_bounds(store.today())[0] + dt.timedelta(hours=9)
    rows = []
    for day, one, place in itertools.product(days, staff, range(a_day)):
        n = next(numbers)
        starts_at = opening + dt.timedelta(days=(day + 1) // 2 * (-1 if day % 2 else 1), minutes=25 * place)
        rows.append(
            Booking(
                store=store,
                staff=one,
                client_id=clients[n % len(clients)] if clients else None,
                remote_id=f"{days.start}-{n}",
                kind=Kind.APPOINTMENT,
                status=Status.CONFIRMED,
                presence=Presence.EXPECTING,
                starts_at=starts_at,
                ends_at=starts_at + dt.timedelta(minutes=20),
            )
        )
    Booking.objects.bulk_create(rows, batch_size=2000)
    BookingItem.objects.bulk_create(
        (
            BookingItem(booking=row, position=position, service=service, name=service.name, duration=20)
            for n, row in enumerate(rows)
            for position, service in enumerate((services[n % 12], services[n % 7])[: 1 + (n % 3 == 0)])
        ),
        batch_size=4000,
    )


def _figure(
    bookings: int, name: str, value: float | None, unit: str, ratio: float | None = None, most: float | None = None
) -> Figure:
    group = f"board, {A_DAY} bookings a person, {bookings:,} in the store"
    return Figure(group=group, name=name, value=value, unit=unit, ratio=ratio, most=most)


def _free(name: str, value: float, unit: str, most: float | None = None) -> Figure:
    return Figure(group="free time", name=name, value=value, unit=unit, most=most)
