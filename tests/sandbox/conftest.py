import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.sandbox import world
from integrations.sandbox.state import State
from tests.sandbox.desk import PLAN, Desk
from tests.sandbox.listener import Listener, listening
from tests.sandbox.processes import Running, running


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small planted world, to be copied and never written."""
    path = tmp_path_factory.mktemp("planted") / "sandbox.sqlite3"
    state = State(path)
    world.prepare(state, PLAN)
    state.close()  # The last connection to go brings everything into the main file: copying it copies the world.
    return path


def copied(planted: Path, folder: Path) -> Path:
    """A copy of the world, and of what it goes back to on reset."""
    path = Path(shutil.copy(planted, folder / "sandbox.sqlite3"))
    shutil.copy(State(planted).pristine, State(path).pristine)
    return path


@pytest.fixture
def desk(planted: Path, tmp_path: Path) -> Iterator[Desk]:
    """A world of one's own, quota off, at ten twenty UTC on Friday 20 November 2026."""
    made = Desk(copied(planted, tmp_path))
    yield made
    made.state.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody on this machine who hears webhooks."""
    with listening() as made:
        yield made


@pytest.fixture(scope="session")
def _process(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = copied(planted, tmp_path_factory.mktemp("process"))
    with running(path) as process:
        yield process


@pytest.fixture
def process(_process: Running) -> Iterator[Running]:
    """The real thing, over HTTP, shared by the run; every test finds it without faults and without quota."""
    _process.calm()
    yield _process
    _process.calm()
