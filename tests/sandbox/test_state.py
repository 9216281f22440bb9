from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "deeper" / "state.sqlite3")
    with made.writing() as db:
        db.execute("CREATE TABLE counter (value INTEGER)")
        db.execute("INSERT INTO counter VALUES (0)")
    return made


def value(state: State) -> int:
    with state.reading() as db:
        number: int = db.execute("SELECT value FROM counter").fetchone()[0]
    return number


def test_what_a_writer_read_still_holds_when_it_writes(state: State) -> None:
    def raise_by_one(_: int) -> None:
        with state.writing() as db:
            seen = db.execute("SELECT value FROM counter").fetchone()[0]
            db.execute("UPDATE counter SET value = ?", (seen + 1,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(raise_by_one, range(200)))

    assert value(state) == 200


def test_two_processes_write_in_turn(state: State) -> None:
    both = (state, State(state.path))  # Each with a lock of its own, as two processes would have.

    def raise_by_one(number: int) -> None:
        with both[number % 2].writing() as db:
            seen = db.execute("SELECT value FROM counter").fetchone()[0]
            db.execute("UPDATE counter SET value = ?", (seen + 1,))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(raise_by_one, range(100)))

    assert value(state) == 100


def test_failed_writing_changes_nothing(state: State) -> None:
    def fail_half_way() -> None:
        with state.writing() as db:
            db.execute("UPDATE counter SET value = 5")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()

    assert value(state) == 0


def test_reading_keeps_nothing(state: State) -> None:
    with state.reading() as db:
        db.execute("UPDATE counter SET value = 5")

    assert value(state) == 0


def test_erase_forgets_everything(state: State) -> None:
    state.close()
    state.erase()

    with state.reading() as db:
        tables = db.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == []


# ---- going back


def test_restore_brings_back_what_was_kept(state: State) -> None:
    state.keep_pristine()
    with state.writing() as db:
        db.execute("UPDATE counter SET value = 5")
        db.execute("CREATE TABLE another (value INTEGER)")
    state.restore()

    assert value(state) == 0
    with state.reading() as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 1


def test_restore_leaves_a_reader_its_view(state: State) -> None:
    state.keep_pristine()
    with state.writing() as db:
        db.execute("UPDATE counter SET value = 5")
    other = State(state.path)
    with other.reading() as db:
        before = db.execute("SELECT value FROM counter").fetchone()[0]
        state.restore()
        assert db.execute("SELECT value FROM counter").fetchone()[0] == before == 5

    assert value(other) == 0


def test_erase_forgets_what_was_kept_too(state: State) -> None:
    state.keep_pristine()
    state.close()
    state.erase()

    assert not state.pristine.exists()


# ---- telling of a commit


def test_before_commit_writes_along_or_not_at_all(state: State) -> None:
    def fail(db: object) -> bool:
        raise RuntimeError("no")

    state.before_commit = lambda db: bool(db.execute("UPDATE counter SET value = value * 10"))
    with state.writing() as db:
        db.execute("UPDATE counter SET value = 5")
    assert value(state) == 50

    state.before_commit = fail
    with pytest.raises(RuntimeError), state.writing() as db:
        db.execute("UPDATE counter SET value = 7")
    assert value(state) == 50


def test_after_commit_is_told_once_it_is_kept(state: State) -> None:
    seen: list[int] = []
    state.before_commit = lambda db: db.execute("SELECT value FROM counter").fetchone()[0] > 0
    state.after_commit = lambda: seen.append(value(State(state.path)))
    with state.writing() as db:
        db.execute("UPDATE counter SET value = -1")
    with state.writing() as db:
        db.execute("UPDATE counter SET value = 5")
    with state.noting() as db:
        db.execute("UPDATE counter SET value = 6")

    assert seen == [5]
