import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from integrations.sandbox.__main__ import parser, starting_at
from integrations.sandbox.state import State
from integrations.sandbox.times import from_rfc3339
from tests.sandbox.desk import CRM, FREE_DAY, booking_body
from tests.sandbox.listener import listening
from tests.sandbox.processes import ROOT, Running, running, start


@pytest.fixture
def state(planted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(planted, tmp_path / "sandbox.sqlite3"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly(state: Path, number: signal.Signals) -> None:
    with running(state) as process:
        process.fault("timeout_before", seconds=600)
        assert process.stop(number) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_bookings_survive_its_end(state: Path, number: signal.Signals) -> None:
    with running(state) as process:
        made = process.ask("POST", "/booking", json=booking_body(f"{FREE_DAY}T10:00:00Z")).json()
        counts = process.http.get("/__sandbox/summary").json()
        process.stop(number)

    with running(state) as process:
        assert process.ask("GET", f"/booking/{made['bookingId']}").json()["booking"] == made
        assert process.http.get("/__sandbox/summary").json() == counts


def test_reset_plants_again(state: Path) -> None:
    small = ("--stores", "1", "--staff-per-store", "3", "--clients-per-store", "20", "--bookings-per-store", "30")
    with running(state, "--reset", *small) as process:
        assert process.http.get("/__sandbox/summary").json()["merchant"] == 2


def test_ready_file_holds_the_address(state: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with running(state, "--ready-file", str(ready)) as process:
        assert ready.read_text() == f"{process.address}\n"


def test_today_starts_the_clock(state: Path) -> None:
    with running(state) as process:
        assert process.http.get("/__sandbox/health").json()["now"][:16] == "2026-11-20T10:20"


def test_second_process_finds_the_port_taken(state: Path) -> None:
    with running(state) as process:
        port = process.address.rsplit(":", 1)[1]
        with pytest.raises(RuntimeError):
            start(state, "--port", port)


def test_date_keeps_the_hour_and_an_instant_is_an_instant() -> None:
    assert starting_at("2026-11-20T10:20:00Z") == from_rfc3339("2026-11-20T10:20:00Z")
    assert 0 <= starting_at("2026-11-20") - from_rfc3339("2026-11-20T00:00:00Z") < 86400


@pytest.mark.parametrize("arguments", [["--today", "soon"], ["--quota", "none"], ["--stores", "0"], ["--port", "x"]])
def test_unreadable_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_it_imports_nothing_of_the_app() -> None:
    code = (
        "import sys, integrations.sandbox.__main__\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "assert not names & {'django', 'clienteling', 'bookings', 'httpx', 'celery'}, names\n"
        "ours = [name for name in sys.modules if name.startswith('integrations.')]\n"
        "assert all(name.startswith('integrations.sandbox') for name in ours), ours\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr


# ---- webhooks


def test_kill_loses_no_event(state: Path) -> None:
    with listening() as listener:
        told = ("--webhook", f"{listener.url}=secret=")
        with running(state, *told) as process:
            process.http.post("/__sandbox/webhooks/pause")
            made = [_booked(process, hour) for hour in range(9, 15)]
            process.stop(signal.SIGKILL)
        assert listener.heard == []

        with running(state, *told) as process:
            counts = process.http.post("/__sandbox/webhooks/flush", json={"seconds": 20}).json()["counts"]
        assert (counts["waiting"], counts["sent"]) == (0, len(made))
        assert {one.said["content"]["booking"]["bookingId"] for one in listener.heard} == set(made)


def _booked(process: Running, hour: int) -> str:
    answer = process.ask("POST", "/booking", json=booking_body(f"{FREE_DAY}T{hour:02d}:00:00Z"))
    assert answer.status_code == 200, answer.text
    booking_id: str = answer.json()["bookingId"]
    return booking_id


def test_events_go_out_by_themselves(state: Path) -> None:
    secret = "whsec_c2VjcmV0"
    with listening() as listener, running(state, "--crm-webhook", f"{listener.url}={secret}") as process:
        process.http.patch("/crm/v1/customers/CUST-9", headers=CRM, json={"language": "en"})
        until = time.monotonic() + 10
        while not listener.heard and time.monotonic() < until:
            time.sleep(0.02)

        assert listener.types == ["customer.updated"]


def test_restart_keeps_one_registration_with_the_new_secret(state: Path) -> None:
    url = "http://127.0.0.1:9/hook"
    for secret in ("old", "new"):
        with running(state, "--webhook", f"{url}={secret}") as process:
            (only,) = process.http.get("/__sandbox/webhooks").json()["webhooks"]
            assert only["url"] == url
    held = State(state)
    with held.reading() as db:
        assert db.execute("SELECT secret FROM webhook_registration").fetchone()["secret"] == "new"
    held.close()


@pytest.mark.parametrize("told", ["http://example.org/=secret", "http://127.0.0.1/hook", "=secret"])
def test_addresses_elsewhere_or_without_a_secret_are_refused(state: Path, told: str) -> None:
    with pytest.raises(RuntimeError):
        start(state, "--webhook", told)


def test_busy_process_tells_each_booking_in_order(state: Path) -> None:
    with listening() as listener, running(state, "--webhook", f"{listener.url}=secret") as process:
        made = [_booked(process, hour) for hour in range(9, 13)]
        for number in range(10):
            for booking_id in made:
                process.ask("PUT", f"/booking/{booking_id}", json={"quickNote": f"{number}"})
        counts = process.http.post("/__sandbox/webhooks/flush", json={}).json()["counts"]

    assert counts == {"waiting": 0, "sent": 44, "dropped": 0, "given_up": 0}
    for booking_id in made:
        about = [one.said["content"]["booking"] for one in listener.heard]
        notes = [booking["quickNote"] for booking in about if booking["bookingId"] == booking_id]
        assert notes == ["", *(str(number) for number in range(10))]
