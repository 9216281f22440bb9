"""The sandbox's memory: one SQLite file that survives a restart, and a `kill -9`."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 30


class State:
    """Thread-local connections to one file. Writers queue on a lock, then take SQLite's own (BEGIN IMMEDIATE).

    `before_commit` may add to what is being written, so that a change and the news of it are kept together or not
    at all; when it says that there is news, `after_commit` is told once that is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before_commit: Callable[[sqlite3.Connection], bool] = lambda db: False
        self.after_commit: Callable[[], None] = lambda: None
        self._local = threading.local()
        self._writing = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def pristine(self) -> Path:
        """The copy made at planting, which `restore` brings back."""
        return self.path.with_name(self.path.name + ".pristine")

    def erase(self) -> None:
        """Forget everything. Only before the first connection."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.pristine.unlink(missing_ok=True)

    def keep_pristine(self) -> None:
        """Copy the file as it stands; a copy that was cut short is never taken for one."""
        unfinished = self.pristine.with_name(self.pristine.name + ".new")
        unfinished.unlink(missing_ok=True)
        self._connection().execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(self.pristine)

    def restore(self) -> None:
        """Everything as `keep_pristine` found it, in one step: readers see all of the old world or all of the new."""
        with self._writing, closing(sqlite3.connect(self.pristine, timeout=BUSY_SECONDS)) as source:
            source.backup(self._connection())

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the state; nothing written inside is kept."""
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The only writer, from the first read on: what a check saw still holds when the row is inserted."""
        with self.noting() as connection:
            yield connection
            is_news = self.before_commit(connection)
        if is_news:
            self.after_commit()

    @contextmanager
    def noting(self) -> Iterator[sqlite3.Connection]:
        """As `writing`, for what is nobody's news: neither before nor after the commit is anybody told."""
        connection = self._connection()
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection; the others go with their threads."""
        with suppress(AttributeError):
            self._local.connection.close()
            del self._local.connection

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = _open(self.path)
        connection: sqlite3.Connection = self._local.connection
        return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def run_script(connection: sqlite3.Connection, statements: Sequence[str]) -> None:
    """Each statement in turn, inside the caller's transaction (`executescript` would commit it)."""
    for statement in statements:
        connection.execute(statement)
