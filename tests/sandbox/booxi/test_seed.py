import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.sandbox.booxi import booking_rows, seed
from integrations.sandbox.booxi.schema import TABLES
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.booxi.seed.story import nearest_change
from integrations.sandbox.state import State
from integrations.sandbox.times import DAY, MINUTE, from_rfc3339
from tests.sandbox.desk import ANA, PLAN, Desk

NAMES = [statement.split()[5] for statement in TABLES]
FULL = Plan(now=PLAN.now)


def contents(path: Path, plan: Plan) -> dict[str, list[tuple[Any, ...]]]:
    state = State(path)
    with state.writing() as db:
        seed.plant(db, plan)
        found = {name: [tuple(row) for row in db.execute(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in NAMES}  # noqa: S608
    state.close()
    return found


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """The world in its usual size."""
    state = State(tmp_path_factory.mktemp("full") / "sandbox.sqlite3")
    with state.writing() as db:
        seed.plant(db, FULL)
    with state.reading() as db:
        yield db
    state.close()


def count(db: sqlite3.Connection, query: str, **values: Any) -> int:
    number: int = db.execute(f"SELECT count(*) FROM {query}", values).fetchone()[0]  # noqa: S608
    return number


def test_same_plan_plants_the_same_world(tmp_path: Path) -> None:
    assert contents(tmp_path / "a", PLAN) == contents(tmp_path / "b", PLAN)


def test_another_seed_plants_another_world(tmp_path: Path) -> None:
    assert contents(tmp_path / "a", PLAN)["booking"] != contents(tmp_path / "b", replace(PLAN, seed=2))["booking"]


def test_the_hour_decides_only_what_shows_today(tmp_path: Path) -> None:
    morning, evening = (
        contents(tmp_path / name, replace(PLAN, now=from_rfc3339(f"2026-11-20T{name}:00Z")))
        for name in ("10:20", "14:40")
    )

    for name in ("merchant", "staff", "service", "client", "time_slot", "module_link"):
        assert morning[name] == evening[name]
    start = booking_rows.COLUMNS.index("starts_at")
    past = [[row for row in world["booking"] if row[start] < PLAN.midnight - DAY] for world in (morning, evening)]
    assert past[0] == past[1]


def test_usual_size_is_as_promised(full: sqlite3.Connection) -> None:
    assert count(full, "merchant WHERE group_id = 20") == 6
    assert count(full, "(SELECT DISTINCT time_zone FROM merchant)") >= 4
    assert count(full, "staff") >= 60
    assert count(full, "service") >= 40
    assert count(full, "client") >= 3000
    assert count(full, "booking") >= 30_000


def test_no_two_live_appointments_of_a_person_overlap(full: sqlite3.Connection) -> None:
    query = """
        (
            SELECT starts_at, lag(busy_until) OVER (PARTITION BY staff_id ORDER BY starts_at) AS before FROM (
                SELECT staff_id, starts_at, busy_until FROM booking
                WHERE method = 'Appointment' AND status != 'Cancelled' AND is_scheduled AND staff_id IS NOT NULL
                UNION ALL SELECT staff_id, starts_at, ends_at FROM group_event
            )
        ) WHERE before > starts_at
    """

    assert count(full, query) == 0


def test_no_live_appointment_meets_a_busy_slot(full: sqlite3.Connection) -> None:
    query = """
        booking JOIN time_slot ON time_slot.staff_id = booking.staff_id AND time_slot.type = 'Busy'
            AND time_slot.starts_at < booking.ends_at AND time_slot.ends_at > booking.starts_at
        WHERE booking.status != 'Cancelled' AND booking.method = 'Appointment'
    """

    assert count(full, query) == 0


def test_statuses_fit_their_time(full: sqlite3.Connection) -> None:
    now, past = FULL.now, "booking WHERE ends_at < :yesterday AND status = 'Approved' AND presence = :presence"

    coming = "booking WHERE starts_at > :now AND (is_completed OR presence != 'Expecting')"
    assert count(full, coming, now=now) == 0
    assert count(full, past, yesterday=now - DAY, presence="Expecting") == 0
    assert count(full, past, yesterday=now - DAY, presence="NoShow") > 0
    assert count(full, "booking WHERE status LIKE 'Pending%' AND starts_at < :now", now=now) == 0
    assert count(full, "booking WHERE status = 'PendingStaffApproval' AND staff_id IS NULL") > 0
    assert count(full, "booking WHERE NOT is_scheduled") > 0
    assert count(full, "booking WHERE created_on > :now OR modified_on > :now", now=now) == 0


def test_public_ids_are_all_different(full: sqlite3.Connection) -> None:
    assert count(full, "(SELECT DISTINCT booking_id FROM booking)") == count(full, "booking")
    assert len({booking_rows.public_id(n) for n in range(200_000)}) == 200_000


def test_names_come_in_many_kinds(full: sqlite3.Connection) -> None:
    for condition in ("first_name LIKE '%é%'", "last_name LIKE '%-%'", "last_name = ''", "length(last_name) > 60",
                      "first_name GLOB '*[ء-ي]*'", "first_name GLOB '*[一-龠]*'", "mobile_phone LIKE '0%'",
                      "mobile_phone LIKE '+%'", "email = ''"):  # fmt: skip
        assert count(full, f"client WHERE {condition}") > 0, condition


def test_many_stores_can_be_planted(tmp_path: Path) -> None:
    plan = replace(PLAN, stores=14, clients_per_store=20, bookings_per_store=40)
    world = contents(tmp_path / "a", plan)

    assert len(world["merchant"]) == 15
    assert len({row[5] for row in world["staff"]}) == len(world["staff"])


def test_more_bookings_than_days_reach_further_back(tmp_path: Path) -> None:
    plan = replace(PLAN, stores=1, bookings_per_store=4000)
    world = contents(tmp_path / "a", plan)

    assert len(world["booking"]) >= 4000
    assert plan.days_back > 75


def test_second_start_plants_nothing(tmp_path: Path) -> None:
    state = State(tmp_path / "a")
    with state.writing() as db:
        assert not seed.is_planted(db)
        seed.plant(db, PLAN)
    with state.writing() as db:
        assert seed.is_planted(db)
        db.execute("UPDATE meta SET value = 'older' WHERE name = 'schema'")
    with pytest.raises(ValueError, match="--reset"), state.writing() as db:
        seed.is_planted(db)
    state.close()


@pytest.mark.parametrize(
    ("today", "day", "hours"),
    [("2026-11-20", "2026-10-25", 25), ("2026-03-01", "2026-03-29", 23), ("2027-03-29", "2027-03-28", 23)],
)
def test_nearest_change_of_the_clocks(today: str, day: str, hours: int) -> None:
    from_paris = Plan(now=from_rfc3339(f"{today}T10:00:00Z"))
    found = nearest_change(from_paris, ZoneInfo("Europe/Paris"))

    assert (found[0].isoformat(), found[1]) == (day, hours)


# ---- the story


def told(desk: Desk, name: str) -> Any:
    return desk.truth(desk.story()[name]["bookingId"])


def test_somebody_is_late_right_now(desk: Desk) -> None:
    late = told(desk, "late_client")

    assert PLAN.now - 45 * MINUTE <= from_rfc3339(late["startsOn"]) <= PLAN.now - 10 * MINUTE
    assert (late["status"], late["client"]["presence"], late["isCompleted"]) == ("Approved", "Expecting", False)


@pytest.mark.parametrize("hour", ["00:30", "03:00", "08:05", "17:45", "23:10"])
def test_somebody_is_late_at_any_hour(tmp_path: Path, hour: str) -> None:
    plan = replace(PLAN, now=from_rfc3339(f"2026-11-20T{hour}:00Z"))
    state = State(tmp_path / "a")
    with state.writing() as db:
        seed.plant(db, plan)
        late = count(
            db,
            "booking WHERE starts_at BETWEEN :early AND :lately AND presence = 'Expecting' AND status = 'Approved'",
            early=plan.now - 45 * MINUTE,
            lately=plan.now - 10 * MINUTE,
        )
    state.close()

    assert late >= 1


def test_story_bookings_are_what_they_are_called(desk: Desk) -> None:
    assert told(desk, "no_show")["client"]["presence"] == "NoShow"
    assert told(desk, "pending_request")["status"] == "PendingStaffApproval"
    assert told(desk, "unassigned_request")["staffId"] is None
    assert told(desk, "unscheduled_request")["isScheduled"] is False
    assert len(told(desk, "unscheduled_request")["clientAvailability"]) == 2


def test_lea_has_a_past_with_ana_and_a_future(desk: Desk) -> None:
    lea = desk.story()["lea_noir"]
    query = {"clientId": lea["clientId"], "from": "2026-08-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}
    bookings = desk.partner("GET", "/booking", query=query).body["bookings"]

    assert len(bookings) > 8
    assert {booking["staffId"] for booking in bookings} == {ANA}
    assert bookings[-1]["bookingId"] == lea["bookingId"]
    assert "2026-11-20T10:20:00Z" < bookings[-1]["startsOn"] < "2026-11-22T00:00:00Z"


def test_somebody_is_due_to_be_anonymized(desk: Desk) -> None:
    client_id = desk.story()["due_for_anonymization"]["clientId"]
    (booking,) = desk.panel("GET", "/__sandbox/bookings", query={"clientId": client_id}).body["bookings"]

    assert booking["startsOn"] < "2025-11-20T00:00:00Z"


def test_somebody_is_known_in_two_stores(desk: Desk) -> None:
    known = desk.story()["client_of_two_stores"]
    found = desk.panel("GET", "/__sandbox/bookings", query={"clientId": known["clientId"]}).body["bookings"]

    assert {booking["merchantId"] for booking in found} == set(known["merchantIds"])


def test_duplicates_share_a_name(desk: Desk) -> None:
    pair = [desk.partner("GET", f"/client/{client_id}").body for client_id in desk.story()["duplicate_clients"]]

    assert pair[0]["firstName"] == pair[1]["firstName"]
    assert pair[0]["lastName"] == pair[1]["lastName"]
    assert pair[0]["email"] != pair[1]["email"]
