"""Where rows come from: Booker's lists, a page in memory at a time, one location after the other.

Every question is preceded by a `beat`, with which whoever runs the report shows that he is alive, or ends it.
"""

from __future__ import annotations

import datetime as dt
import time
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bookings.gateway import Reason, Refused, Unavailable
from integrations.providers import booker_dates as dates
from integrations.providers.booker import M, segment
from integrations.providers.booker_api import BookerApi, Family
from integrations.providers.booker_reading import is_open, number
from integrations.providers.http import Params
from integrations.providers.reading import members, optional_id, text
from integrations.reports.options import Options, Unfit

Result = TypeVar("Result")
# Seconds before a question that found nobody is asked once more: a long report must outlive a short trouble.
PAUSES: Sequence[float] = (2, 10, 30)
STEP = 5.0  # seconds of a pause between two beats


class PatientApi(BookerApi):
    """Asks again after each of `pauses`, or when it was told to, where nobody answered: even if that is tomorrow,
    because the calls of today are used up. `beat` is called before every question, and while resting; `trouble`: why.
    """

    def __init__(self, api: BookerApi, *, beat: Callable[[], None], pauses: Sequence[float], page_size: int = 0):
        super().__init__(api.api, keys=api.keys, tokens=api.tokens, page_size=page_size or api.page_size)
        self.beat = beat
        self.pauses = pauses
        self.trouble: Unavailable | None = None

    def read(self, *args: Any, **options: Any) -> dict[str, Any]:
        return self._patiently(lambda: BookerApi.read(self, *args, **options))

    def find(self, *args: Any, **options: Any) -> dict[str, Any]:
        return self._patiently(lambda: BookerApi.find(self, *args, **options))

    def _patiently(self, ask: Callable[[], Result]) -> Result:
        for pause in self.pauses:
            self.beat()
            try:
                return ask()
            except Unavailable as error:
                self.trouble = error
                self._rest(max(pause, error.retry_after or 0))
                self.trouble = None
        self.beat()
        return ask()

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, STEP))
            self.beat()


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    name: str
    zone: dt.tzinfo
    row: Mapping[str, Any]

    @property
    def place(self) -> dict[str, str]:
        return {"ID": self.id, "Name": self.name}


@dataclass(slots=True)
class Progress:
    """How far a report has come: locations before the current one, and entries read of it."""

    places: int = 1
    place: int = 0
    read: int = 0
    expected: int = 0
    before: int = 0

    def next_place(self, index: int) -> None:
        self.before += self.read if index else 0
        self.place, self.read, self.expected = index, 0, 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        part = min(1.0, self.read / self.expected) if self.expected else 0.0
        return min(1.0, (self.place + part) / max(1, self.places))

    @property
    def total(self) -> int | None:
        """Entries altogether; None until the last location has told how many it has."""
        return self.before + self.expected if self.expected and self.place + 1 >= self.places else None


class Source:
    """Raises Unavailable, Refused and Misconfigured (bookings/gateway.py), and Unfit for locations that are not there.

    `now`: days are counted back from here. `location_ids`: those of the connection.
    """

    def __init__(self, api: PatientApi, *, location_ids: Sequence[str], brand_id: str, now: dt.datetime) -> None:
        self.api = api
        self.location_ids = tuple(location_ids)
        self.brand_id = brand_id
        self.now = now
        self.progress = Progress()

    # --- locations ------------------------------------------------------------------------------------

    def all_locations(self) -> Iterator[Location]:
        """Of the brand, as far as they belong to the connection; or the connection's one by one."""
        if not self.brand_id:
            self.progress.expected = len(self.location_ids)
            for one in self.location_ids:
                path, endpoint = f"{M}/location/{segment(one)}", f"{M}/location/{{id}}"
                body = self.api.read(path, endpoint=endpoint, location=one)
                self.progress.read += 1
                yield _location(members(body.get("Location")) or body)
            return
        for row in self.listed(f"{M}/locations", {}, ("Results", "Locations")):
            if optional_id(row.get("ID")) and (not self.location_ids or optional_id(row["ID"]) in self.location_ids):
                yield _location(row)

    def locations(self, options: Options) -> Iterator[Location]:
        yield from self.each(self.chosen(options))

    def chosen(self, options: Options) -> list[Location]:
        """Those chosen; or all that are not closed."""
        wanted = set(options.locations)
        found = [one for one in self.all_locations() if (one.id in wanted if wanted else is_open(one.row))]
        if wanted and not found:
            raise Unfit("None of the chosen locations belongs to the connection.")
        return found

    def each(self, places: Sequence[Location]) -> Iterator[Location]:
        """One after the other; `progress` is told."""
        self.progress = Progress(places=len(places))
        for index, location in enumerate(places):
            self.progress.next_place(index)
            yield location

    # --- asking ---------------------------------------------------------------------------------------

    def listed(
        self,
        path: str,
        body: Mapping[str, Any],
        names: Sequence[str] = ("Results",),
        *,
        at: Location | None = None,
        family: Family = Family.MERCHANT,
    ) -> Iterator[dict[str, Any]]:
        """Entry by entry, of all pages; `names`: under which of these keys they come."""
        place = at.id if at else ""
        asked = {"LocationID": number(place), **body} if at else body
        for page in self.api.pages(path, asked, names, location=place, family=family):
            self.progress.expected = page.total
            for row in page.rows:
                yield row
                self.progress.read += 1

    def one(self, path: str, external_id: str, at: Location, params: Params = ()) -> dict[str, Any] | None:
        """What stands at `path`, in which `{id}` is replaced; None when it is gone by now."""
        address = path.replace("{id}", segment(external_id))
        try:
            return self.api.read(address, params, endpoint=path, location=at.id)
        except Refused as error:
            if error.reason == Reason.GONE:
                return None
            raise


def _location(row: Mapping[str, Any]) -> Location:
    name = text(row.get("BusinessName"), 150) or text(row.get("AccountName"), 150)
    zone = zoneinfo.ZoneInfo(dates.zone_name(members(row.get("TimeZone"))))
    return Location(optional_id(row.get("ID")), name, zone, row)
