"""What waits for somebody to decide: requests without a person, and requests without a time (section 10)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from integrations.sandbox.booxi.booking_rows import CLIENT, PENDING_STAFF, Booking
from integrations.sandbox.booxi.seed.diary import Day, Ledger, item_of, row_of
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.booxi.seed.story import Cast
from integrations.sandbox.times import DAY, HOUR, to_rfc3339

OF_EACH_KIND = 2


def plant(ledger: Ledger, plan: Plan, cast: Cast, days: Sequence[Day], *, dice: Random) -> None:
    coming = [day for day in days if 1 < (day.date - plan.today).days <= 12]
    for day in dice.sample(coming, min(OF_EACH_KIND, len(coming))):
        ledger.add(_unassigned(plan, cast, day, dice=dice))
    for day in dice.sample(coming, min(OF_EACH_KIND, len(coming))):
        ledger.add(_unscheduled(plan, cast, day, dice=dice))


def _unassigned(plan: Plan, cast: Cast, day: Day, *, dice: Random) -> dict[str, Any]:
    """A time, and anybody."""
    starts_at = day.instant(900 + 15 * dice.randrange(8))
    return _row(plan, cast, starts_at, cast.services[dice.randrange(10)], dice=dice, is_scheduled=True)


def _unscheduled(plan: Plan, cast: Cast, day: Day, *, dice: Random) -> dict[str, Any]:
    """Two spells the client could come in, for the service booked that way."""
    service = next(service for service in cast.services if service.offer.mode == "ClientTimes")
    first = day.instant(840)
    spells = [{"from": to_rfc3339(start), "to": to_rfc3339(start + 4 * HOUR)} for start in (first, first + DAY)]
    row = _row(plan, cast, first, service, dice=dice, is_scheduled=False)
    return row | {"client_availability": json.dumps(spells)}


def _row(plan: Plan, cast: Cast, starts_at: int, service: Any, *, dice: Random, is_scheduled: bool) -> dict[str, Any]:
    created = plan.midnight - dice.randrange(1, 48) * HOUR
    item = item_of(service)
    booking = Booking(
        merchant_id=cast.store.id,
        status=PENDING_STAFF,
        is_scheduled=is_scheduled,
        starts_at=starts_at,
        ends_at=starts_at,
        busy_until=starts_at,
        staff_id=None,
        client_id=dice.choice(cast.clients),
        items=(item,),
        additional_request="As soon as possible, please",
        created_on=created,
        created_by=CLIENT,
        modified_on=created,
        modified_by=CLIENT,
    ).timed(starts_at=starts_at)
    return row_of(replace(booking, items=()), items=json.dumps([item], ensure_ascii=False))
