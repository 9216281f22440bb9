"""The sandbox's own clock, which may be set apart from the machine's so that a story stays put."""

from datetime import UTC, datetime


class Clock:
    """Runs at the machine's pace, some whole seconds ahead of it or behind."""

    def __init__(self, *, starting_at: int | None = None) -> None:
        self._starting_at = starting_at
        self._ahead = 0
        self.start_again()

    def now(self) -> int:
        """Epoch seconds."""
        return _machine_now() + self._ahead

    def set(self, instant: int) -> None:
        """Make it `instant` (epoch seconds) now; the clock runs on from there."""
        self._ahead = instant - _machine_now()

    def start_again(self) -> None:
        """Back to the instant it was made for; without one, to the machine's time."""
        self._ahead = 0
        if self._starting_at is not None:
            self.set(self._starting_at)


def _machine_now() -> int:
    return int(datetime.now(UTC).timestamp())
