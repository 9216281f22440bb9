"""How big a world to plant, and around which day."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS_AHEAD = 45
DAYS_BACK = 75


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The same plan plants the same world. `now` (epoch seconds) only decides what of today is already over."""

    now: int
    seed: int = 1
    stores: int = 6
    staff_per_store: int = 10
    clients_per_store: int = 500
    bookings_per_store: int = 5000
    booker_customers: int = 5000

    @property
    def today(self) -> date:
        """The day in Paris, where the first store is."""
        return datetime.fromtimestamp(self.now, ZoneInfo("Europe/Paris")).date()

    @property
    def midnight(self) -> int:
        """The start of today in UTC, epoch seconds: what does not depend on the hour is reckoned from here."""
        return int(datetime.combine(self.today, time(), tzinfo=UTC).timestamp())

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.days_back)

    @property
    def days_back(self) -> int:
        """75 days, or as many more as it takes to fit the bookings into people's days."""
        a_day = max(1, self.staff_per_store - 1) * 5
        return max(DAYS_BACK, self.bookings_per_store // a_day)

    def random(self, *topic: object) -> random.Random:
        """A generator of its own for each topic: more of one thing does not change another."""
        return random.Random(":".join(map(str, (self.seed, *topic))))  # noqa: S311
