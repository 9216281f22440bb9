"""`/widget/somebody`: a new person books on the shop's web site, at the press of one button, for demos."""

import json
import re
import sqlite3
import unicodedata
from datetime import timedelta
from gettext import gettext
from random import Random
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booxi import lookup, widget
from integrations.sandbox.booxi.backstage import call_of
from integrations.sandbox.booxi.office import STORES, Options
from integrations.sandbox.booxi.seed import names
from integrations.sandbox.booxi.seed.places import GROUP_ID
from integrations.sandbox.http import Refusal
from integrations.sandbox.markup import Html, form, page, said, see_other, select
from integrations.sandbox.reading import bad, query_text
from integrations.sandbox.times import local_day, to_rfc3339

DAYS_AHEAD = 14
_WITH_LOG_IN = """
    SELECT staff.id, merchant_id, first_name, last_name, name FROM staff JOIN merchant ON merchant.id = merchant_id
        WHERE group_id = ? AND login_email != '' AND has_calendar ORDER BY staff.id LIMIT 3
"""
_PLACE = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?")


def invitation(db: sqlite3.Connection) -> Html:
    """The button, and with whom: those first who can log in to the demo, then each store's anybody."""
    places: Options = [
        (f"{row['merchant_id']}:{row['id']}", f"{row['name']}, {row['first_name']} {row['last_name']}")
        for row in db.execute(_WITH_LOG_IN, (GROUP_ID,))
    ]
    stores = [row for row in db.execute(STORES) if row["group_id"] == GROUP_ID]
    places += [(row["id"], gettext("{store}, anyone").format(store=row["name"])) for row in stores]
    return form(
        "/widget/somebody",
        select(gettext("With"), "place", places),
        button=gettext("Somebody books on the web site now"),
    )


def submit(sandbox: Sandbox, request: Request) -> Response:
    place = _PLACE.fullmatch(query_text(request.form, "place") or "") or bad("place is not readable.")
    merchant_id, staff_id = int(place[1]), int(place[2]) if place[2] else None
    try:
        with sandbox.state.writing() as db:
            call = call_of(sandbox, request, db, merchant_id=merchant_id)
            store = lookup.known(db, "merchant", merchant_id)
            choice, starts_at = _next_free(db, store, staff_id, now=call.now)
            country = json.loads(store["profile"])["address"]["country"]
            visitor = somebody(Random(), country=country)  # noqa: S311 - a name for a demo
            told = {"startsOn": to_rfc3339(starts_at), "consent": "yes"}
            booking_id = widget.book(call, choice, visitor | told)
    except Refusal as refusal:
        message = said(refusal.message, is_alarm=True)
        return page(gettext("Nobody could book"), message, links=(("/", gettext("Sandbox")),), status=refusal.status)
    return see_other(f"/widget?merchantId={merchant_id}&booked={booking_id}")


def somebody(generator: Random, *, country: str) -> dict[str, str]:
    """What a new person would type. Her address is nobody's, and hardly ever somebody's whom the CRM knows."""
    first, last = names.person(generator, country=country)
    number = generator.randrange(10**6)
    letters = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    address = ".".join(re.findall(r"[a-z]+", letters) or ["somebody"])
    return {
        "firstName": first,
        "lastName": last,
        "email": f"{address}.{number:06d}@example.org",
        "mobilePhoneNumber": names.mobile(generator, country=country),
    }


def _next_free(
    db: sqlite3.Connection, store: sqlite3.Row, staff_id: int | None, *, now: int
) -> tuple[widget.Choice, int]:
    """The first free time of any service, from today on. 409 when the store is full."""
    today = local_day(now, zone=ZoneInfo(store["time_zone"]))
    offered = widget.offered(db, store["id"])
    for ahead in range(DAYS_AHEAD):
        for service in offered:
            day = today + timedelta(days=ahead)
            choice = widget.Choice(store=store, service=service, staff_id=staff_id, day=day)
            starts = [start for start, _ in widget.starts(db, choice, now=now)]
            if starts:
                return choice, min(starts)
    raise Refusal(409, gettext("Nothing is free in the next two weeks."))


ROUTES = (PanelRoute(method="POST", path="/widget/somebody", answer=submit),)
