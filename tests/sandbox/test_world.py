from pathlib import Path

from integrations.sandbox import world
from integrations.sandbox.state import State
from tests.sandbox.desk import PLAN, Desk

NEWER = ("customer", "customer_request", "webhook_registration", "webhook_delivery", "change_note", "consent")


def customers(state: State) -> int:
    with state.reading() as db:
        found: int = db.execute("SELECT count(*) FROM customer").fetchone()[0]
    return found


def test_file_from_before_the_crm_gets_one(planted: Path, tmp_path: Path) -> None:
    desk = Desk(Path(tmp_path / "old.sqlite3"))
    desk.state.path.write_bytes(planted.read_bytes())
    with desk.state.noting() as db:
        for name in (
            "customer",
            "customer_request",
            "webhook_registration",
            "webhook_delivery",
            "change_note",
            "consent",
        ):
            db.execute(f"DROP TABLE {name}")
        for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {row['name']}")
        db.execute("DELETE FROM meta WHERE name = 'crm'")
    world.prepare(desk.state, PLAN)

    assert customers(desk.state) > 100
    assert desk.state.pristine.exists()
    assert desk.booked("2027-01-19T10:00:00Z")
    desk.state.close()


def test_planted_file_is_left_alone(desk: Desk) -> None:
    booking_id = desk.booked("2027-01-19T10:00:00Z")
    world.prepare(desk.state, PLAN)

    assert desk.truth(booking_id)["bookingId"] == booking_id
    desk.panel("POST", "/__sandbox/reset")
    assert desk.panel("GET", f"/__sandbox/booking/{booking_id}").status == 404


def test_home_leads_everywhere(desk: Desk) -> None:
    home = desk.panel("GET", "/").body

    for path in ("/calendar", "/widget", "/booker", "/crm", "/__chaos"):
        assert f'href="{path}"' in home
        assert desk.panel("GET", path).status == 200


def test_story_tells_of_the_crm(desk: Desk) -> None:
    assert set(desk.story()["crm"]) == {"linked", "by_email", "by_phone", "duplicates", "absent"}
