"""`/widget`: the little booking form that a shop puts on its web site (section 13), for demos without a shop."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import gettext
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booxi import booking_shapes, bookings, consents, lookup, rules, services
from integrations.sandbox.booxi.assumptions import WIDGET_CHANNEL
from integrations.sandbox.booxi.availability import starts_by_staff, wish_for
from integrations.sandbox.booxi.backstage import call_of
from integrations.sandbox.booxi.booking_rows import APPOINTMENT, APPROVED, CLIENT
from integrations.sandbox.booxi.office import STORES, Options
from integrations.sandbox.http import Call, Refusal
from integrations.sandbox.markup import Html, el, field, form, joined, page, said, see_other, select, tick
from integrations.sandbox.reading import bad, query_moment, query_text, query_whole
from integrations.sandbox.times import local_day, to_rfc3339, wall

CLIENT_FIELDS = ("customerId", "firstName", "lastName", "email", "mobilePhoneNumber")
"""What the shop's page may hand over about who is logged in there (the widget's ClientData)."""

_SERVICES = """
    SELECT * FROM service WHERE merchant_id = ? AND booking_method = 'Appointment' AND status = 'Online'
        AND time_selection_mode = 'TimeSlot' ORDER BY id
"""
_STAFF = "SELECT * FROM staff WHERE merchant_id = ? AND has_calendar AND status = 'Online' ORDER BY id"
_LOAD = """
    SELECT count(*) FROM booking WHERE staff_id = ? AND status != 'Cancelled' AND starts_at >= ? AND starts_at < ?
"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What has been chosen so far: the store, and maybe a service, a person, a day on the store's wall."""

    store: sqlite3.Row
    service: sqlite3.Row | None
    staff_id: int | None
    day: date

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.store["time_zone"])

    @property
    def span(self) -> tuple[int, int]:
        """The day, epoch seconds; both ends may be a start, so it ends a second before midnight."""
        return wall(self.day, 0, zone=self.zone), wall(self.day, 1440, zone=self.zone) - 1


def show(sandbox: Sandbox, request: Request) -> Response:
    with sandbox.state.reading() as db:
        booked = query_text(request.args, "booked")
        message = _booked(db, booked) if booked else Html("")
        return _page(db, request, now=sandbox.clock.now(), message=message)


def submit(sandbox: Sandbox, request: Request) -> Response:
    """Book what the form asks for. A refusal is shown above the form, which keeps what was typed."""
    try:
        with sandbox.state.writing() as db:
            choice = _chosen(db, request, now=sandbox.clock.now())
            call = call_of(sandbox, request, db, merchant_id=choice.store["id"])
            booking_id = book(call, choice, request.form)
    except Refusal as refusal:
        with sandbox.state.reading() as db:
            message = said(refusal.message, is_alarm=True)
            return _page(db, request, now=sandbox.clock.now(), message=message, status=refusal.status)
    return see_other(f"/widget?merchantId={choice.store['id']}&booked={booking_id}")


def _chosen(db: sqlite3.Connection, request: Request, *, now: int) -> Choice:
    values = _filled(request)
    store = lookup.known(db, "merchant", query_whole(values, "merchantId") or bad("merchantId is required."))
    service_id = query_whole(values, "serviceId")
    service = services.named(db, service_id) if service_id is not None else None
    if service_id is not None and (service is None or service["merchant_id"] != store["id"]):
        bad("The service is not one of the store's.")
    try:
        today = local_day(now, zone=ZoneInfo(store["time_zone"]))
        day = date.fromisoformat(values["date"]) if "date" in values else today
    except ValueError as problem:
        raise Refusal(400, "The date is not readable.") from problem
    return Choice(store=store, service=service, staff_id=query_whole(values, "staffId"), day=day)


def _filled(request: Request) -> Any:
    """What was sent, without what was left empty."""
    kept = (request.form if request.method == "POST" else request.args).copy()
    for name in [name for name, value in kept.items() if not value]:
        kept.pop(name)
    return kept


# ---- booking


def book(call: Call, choice: Choice, given: Any) -> str:
    """The public id of the booking made. 400 without consent, 409 when the time has gone."""
    if choice.service is None:
        bad(gettext("Choose a service first."))
    if given.get("consent") != "yes":
        bad(gettext("Please agree to the terms and the privacy policy: without that nothing can be booked."))
    starts_at = query_moment(given, "startsOn")
    body = {
        "merchantId": choice.store["id"],
        "bookingMethod": APPOINTMENT,
        "status": APPROVED,
        "createdBy": CLIENT,
        "acquisitionChannel": WIDGET_CHANNEL,
        "startsOn": to_rfc3339(starts_at),
        "staffId": _least_busy(call, choice, starts_at),
        "items": [{"serviceId": choice.service["id"]}],
        "client": _client(given),
    }
    booking = bookings.make(call, body, checks=rules.Checks())
    _consent(call, booking.client_id)
    return booking.booking_id


def _client(given: Any) -> dict[str, str]:
    client = {name: value for name in CLIENT_FIELDS if (value := query_text(given, name))}
    request = query_text(given, "additionalRequest")
    return client | ({"additionalRequest": request} if request else {})


def _least_busy(call: Call, choice: Choice, starts_at: int) -> int:
    """Whoever is free then and has the fewest bookings that day (section 10). 409 when nobody is."""
    free = [staff_id for start, staff_id in starts(call.db, choice, now=call.now) if start == starts_at]
    if not free:
        raise Refusal(409, gettext("That time has just gone. Please choose another."), error="StaffNotAvailable")
    return min(free, key=lambda staff_id: (_load(call.db, staff_id, choice), staff_id))


def _load(db: sqlite3.Connection, staff_id: int, choice: Choice) -> int:
    return int(db.execute(_LOAD, (staff_id, *choice.span)).fetchone()[0])


def _consent(call: Call, client_id: int) -> None:
    before = consents.of_client(call.db, client_id)
    if before is None or not before["granted"]:
        consents.write(call.db, client_id, is_granted=True, source=consents.WIDGET, now=call.now)


def offered(db: sqlite3.Connection, merchant_id: int) -> list[sqlite3.Row]:
    """The services of a store that can be booked on its web site."""
    return db.execute(_SERVICES, (merchant_id,)).fetchall()


def starts(db: sqlite3.Connection, choice: Choice, *, now: int) -> Sequence[tuple[int, int]]:
    if choice.service is None:
        return ()
    only = [choice.staff_id] if choice.staff_id is not None else []
    return starts_by_staff(db, wish_for([choice.service]), span=choice.span, now=now, only=only)


# ---- the page


def _page(db: sqlite3.Connection, request: Request, *, now: int, message: Html, status: int = 200) -> Response:
    if not request.values.get("merchantId"):
        return _stores(db)
    choice, given = _chosen(db, request, now=now), _given(request)
    parts = [message, _what(db, choice, given)]
    if choice.service is not None:
        parts.append(_when(choice, sorted({start for start, _ in starts(db, choice, now=now)}), given))
    return page(gettext("Book at {store}").format(store=choice.store["name"]), *parts, status=status)


def _stores(db: sqlite3.Connection) -> Response:
    links = [
        el("li", el("a", row["name"], href=f"/widget?merchantId={row['id']}")) for row in db.execute(STORES).fetchall()
    ]
    return page(gettext("Book at which store?"), el("ul", *links), links=(("/", gettext("Sandbox")),))


def _given(request: Request) -> dict[str, str]:
    """What the shop's page handed over, or the visitor typed: shown again as it came."""
    names = (*CLIENT_FIELDS, "additionalRequest", "startsOn")
    return {name: value[:500] for name in names if (value := request.values.get(name))}


def _what(db: sqlite3.Connection, choice: Choice, given: Mapping[str, str]) -> Html:
    services_there: Options = [
        (row["id"], f"{row['name']}, {row['duration']} min, {row['amount']} {row['currency']}")
        for row in offered(db, choice.store["id"])
    ]
    people: Options = [("", gettext("Anyone"))]
    people += [
        (row["id"], f"{row['first_name']} {row['last_name']}") for row in db.execute(_STAFF, (choice.store["id"],))
    ]
    fields = (
        select(gettext("What"), "serviceId", services_there, chosen=choice.service["id"] if choice.service else ""),
        select(gettext("With"), "staffId", people, chosen=choice.staff_id or ""),
        field(gettext("Day"), "date", value=choice.day.isoformat(), type="date", required=True),
    )
    # Only the id goes on in the address; names and contacts the shop's page handed over stay in the form below.
    hidden: dict[str, object] = {"merchantId": choice.store["id"]}
    hidden |= {name: given[name] for name in ("customerId",) if name in given}
    return form("/widget", *fields, button=gettext("Show times"), hidden=hidden, method="get")


def _when(choice: Choice, starts: Sequence[int], given: Mapping[str, str]) -> Html:
    if not starts:
        return joined((el("p", gettext("Nothing is free that day.")), _next_day(choice, given)))
    times = (_time(start, choice, given) for start in starts)
    agreed = gettext("I agree to the terms and the privacy policy; you may keep my details.")
    fields = (
        el("fieldset", el("legend", gettext("Time")), *times),
        *(_person_field(given, *described) for described in _PERSON),
        field(gettext("Anything we should know"), "additionalRequest", value=given.get("additionalRequest", "")),
        el("p", tick(agreed, "consent", required=True)),
    )
    hidden = _so_far(choice, given, day=choice.day)
    return form("/widget", *fields, button=gettext("Book"), hidden=hidden, class_="tall")


_PERSON = (
    (gettext("First name"), "firstName", "text", "given-name"),
    (gettext("Last name"), "lastName", "text", "family-name"),
    (gettext("E-mail"), "email", "email", "email"),
    (gettext("Mobile"), "mobilePhoneNumber", "tel", "tel"),
)


def _person_field(given: Mapping[str, str], label: str, name: str, kind: str, autocomplete: str) -> Html:
    is_required = name != "mobilePhoneNumber"
    return field(label, name, value=given.get(name, ""), type=kind, required=is_required, autocomplete=autocomplete)


def _so_far(choice: Choice, given: Mapping[str, str], *, day: date) -> dict[str, object]:
    """What has been chosen, to go along unseen."""
    return {
        "merchantId": choice.store["id"],
        "serviceId": choice.service["id"] if choice.service else "",
        "staffId": choice.staff_id or "",
        "date": day.isoformat(),
        "customerId": given.get("customerId", ""),
    }


def _time(start: int, choice: Choice, given: Mapping[str, str]) -> Html:
    value = to_rfc3339(start)
    words = f"{datetime.fromtimestamp(start, choice.zone):%H:%M}"
    return tick(words, "startsOn", kind="radio", value=value, required=True, checked=given.get("startsOn") == value)


def _next_day(choice: Choice, given: Mapping[str, str]) -> Html:
    hidden = _so_far(choice, given, day=choice.day + timedelta(days=1))
    return form("/widget", button=gettext("Look at the next day"), hidden=hidden, method="get")


def _booked(db: sqlite3.Connection, booking_id: str) -> Html:
    """What was booked, without saying for whom: the address may be seen by others."""
    booking = bookings.by_public_id(db, booking_id)
    shape, zone = booking_shapes.one(db, booking.n or 0), ZoneInfo(_zone_name(db, booking.merchant_id))
    when = f"{datetime.fromtimestamp(booking.starts_at, zone):%d.%m.%Y, %H:%M}"
    words = gettext("Booked: {service}, {when}, with {person}. Your number is {number}.")
    return said(
        words.format(
            service=", ".join(item["serviceName"] for item in shape["items"]),
            when=when,
            person=shape.get("staffFirstName", gettext("somebody")),
            number=booking.booking_id,
        )
    )


def _zone_name(db: sqlite3.Connection, merchant_id: int) -> str:
    return str(lookup.known(db, "merchant", merchant_id)["time_zone"])


ROUTES = (
    PanelRoute(method="GET", path="/widget", answer=show),
    PanelRoute(method="POST", path="/widget", answer=submit),
)
