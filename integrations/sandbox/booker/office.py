"""`/booker`: a location's day as the spa's own people see it at Booker, to book, move, check in and cancel."""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from gettext import gettext
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booker import appointments, backstage, clients, customers, employees, frontdesk, places
from integrations.sandbox.booker.appointments import BOOKED, CANCELLED, CHECKED_IN, COMPLETED, CONFIRMED, NO_SHOW
from integrations.sandbox.booker.failures import Failure
from integrations.sandbox.http import Refusal
from integrations.sandbox.markup import Html, el, field, form, joined, page, said, see_other, select, tick
from integrations.sandbox.reading import bad, query_whole
from integrations.sandbox.times import local_day, to_rfc3339, wall, wall_minutes

PATH = "/booker"
_DAY = """
    SELECT * FROM booker_appointment
    WHERE location_id = ? AND starts_at >= ? AND starts_at < ? AND status != 'Cancelled' ORDER BY starts_at, id
"""
_STAFF = "SELECT * FROM booker_employee WHERE location_id = ? AND is_active ORDER BY rank"
_TREATMENTS = "SELECT * FROM booker_treatment WHERE location_id = ? AND is_active AND NOT is_class ORDER BY id"
_LOCATIONS = "SELECT * FROM booker_location ORDER BY id"
Options = list[tuple[object, object]]


# ---- asking


def show(sandbox: Sandbox, request: Request) -> Response:
    done = {"book": gettext("Booked."), "move": gettext("Saved."), "mark": gettext("Marked.")}
    words = done.get(request.args.get("done", ""))
    return _page(sandbox, request, message=said(words) if words else Html(""))


def submit(sandbox: Sandbox, request: Request) -> Response:
    """One of the page's forms; `action` says which. A refusal is shown on the page, nothing is changed."""
    action = request.form.get("action", "")
    try:
        location_id = query_whole(request.form, "locationId") or bad("locationId is required.")
        day = _day_of(request.form.get("day", ""))
        with sandbox.state.writing() as db:
            _work(sandbox, request, db, location_id, action)
    except Failure as failure:
        refusal = backstage.panel_refusal(failure)
        return _page(sandbox, request, message=said(refusal.message, is_alarm=True), status=refusal.status)
    except Refusal as refusal:
        return _page(sandbox, request, message=said(refusal.message, is_alarm=True), status=refusal.status)
    done = "mark" if action in _MARKS else action
    return see_other(f"{PATH}?locationId={location_id}&date={day}&done={done}")


_MARKS = {
    "confirm": CONFIRMED, "checkin": CHECKED_IN, "complete": COMPLETED, "noshow": NO_SHOW, "cancel": CANCELLED,
}  # fmt: skip


def _work(sandbox: Sandbox, request: Request, db: sqlite3.Connection, location_id: int, action: str) -> None:
    zone = places.zone_of(db, location_id)
    if action == "book":
        _book(sandbox, request, db, location_id, zone=zone)
        return
    appointment_id = query_whole(request.form, "appointmentId") or bad("appointmentId is required.")
    if action in _MARKS:
        body: dict[str, Any] = {"status": _MARKS[action]}
    elif action == "move":
        body = _time(request, zone=zone)
    else:
        bad("There is no such action.")
    backstage.alter(sandbox, request, db, appointment_id, body)


def _time(request: Request, *, zone: ZoneInfo) -> dict[str, Any]:
    """`at` (the wall, `YYYY-MM-DDTHH:MM`) and `employeeId`, as far as they are filled in."""
    body: dict[str, Any] = {"anyway": "anyway" in request.form}
    if at := request.form.get("at"):
        body["startsOn"] = to_rfc3339(_instant(at, zone=zone))
    if (employee_id := request.form.get("employeeId")) and employee_id.isdecimal():
        body["employeeId"] = int(employee_id)
    return body


def _book(sandbox: Sandbox, request: Request, db: sqlite3.Connection, location_id: int, *, zone: ZoneInfo) -> None:
    call = backstage.call_of(sandbox, request, db, location_id=location_id)
    given = _time(request, zone=zone)
    treatment_id = query_whole(request.form, "treatmentId") or bad("treatmentId is required.")
    names = ("FirstName", "LastName", "Email", "CellPhone")
    about = {name: value for name in names if (value := request.form.get(name))}
    known = request.form.get("customerId", "")
    if known:
        customer_id = int(customers.living(call, query_whole(request.form, "customerId") or 0)["id"])
    else:
        customer_id = int(clients.make(call, about, location_id=location_id, may_be_double=True)["id"])
    values = {"locationId": location_id, "customerId": customer_id, "treatmentId": treatment_id}
    values["startsAt"] = _instant(request.form.get("at", ""), zone=zone)
    frontdesk.book(call, values | {"employeeId": given.get("employeeId")}, is_checked=not given["anyway"])


def _instant(at: str, *, zone: ZoneInfo) -> int:
    try:
        moment = datetime.strptime(at[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 (a time on the spa's wall)
    except ValueError as problem:
        raise Refusal(400, "The time is not readable.") from problem
    return wall(moment.date(), wall_minutes(f"{moment:%H:%M}"), zone=zone)


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as problem:
        raise Refusal(400, "The date is not readable.") from problem


# ---- the page


def _page(sandbox: Sandbox, request: Request, *, message: Html, status: int = 200) -> Response:
    with sandbox.state.reading() as db:
        locations = db.execute(_LOCATIONS).fetchall()
        wanted = query_whole(request.values, "locationId") or locations[0]["id"]
        location = next((row for row in locations if row["id"] == wanted), None)
        if location is None:
            raise Refusal(404, "There is no such location.")
        zone = ZoneInfo(location["time_zone"])
        asked = request.values.get("date") or request.values.get("day")
        day = _day_of(asked) if asked else local_day(sandbox.clock.now(), zone=zone)
        content = joined((message, _choice(locations, location, day), _location_day(sandbox, db, location, day)))
    title = gettext("Booker: {location}").format(location=location["name"])
    return page(title, content, links=(("/", gettext("Sandbox")),), status=status)


def _choice(locations: list[sqlite3.Row], location: sqlite3.Row, day: date) -> Html:
    fields = (
        select(gettext("Location"), "locationId", _named(locations), chosen=location["id"]),
        field(gettext("Day"), "date", value=day.isoformat(), type="date", required=True),
    )
    near = ((day - timedelta(days=1), gettext("Day before")), (day + timedelta(days=1), gettext("Day after")))
    links = (el("a", words, href=f"{PATH}?locationId={location['id']}&date={other}") for other, words in near)
    return joined((form(PATH, *fields, button=gettext("Show"), method="get"), el("p", *_spaced(links))))


def _named(rows: Iterable[sqlite3.Row]) -> Options:
    return [(row["id"], row["name"]) for row in rows]


def _spaced(parts: Iterable[object]) -> list[object]:
    return [one for part in parts for one in (part, " ")]


def _location_day(sandbox: Sandbox, db: sqlite3.Connection, location: sqlite3.Row, day: date) -> Html:
    zone = ZoneInfo(location["time_zone"])
    span = (wall(day, 0, zone=zone), wall(day, 1440, zone=zone))
    rows = db.execute(_DAY, (location["id"], *span)).fetchall()
    shapes = appointments.shapes(db, rows, now=sandbox.clock.now())
    people: Options = [(row["id"], employees.full_name(row)) for row in db.execute(_STAFF, (location["id"],))]
    sections = [_new(location, day, people, _named(db.execute(_TREATMENTS, (location["id"],))))]
    for employee_id, name in people:
        own = [
            shape for shape in shapes if employee_id in [one["EmployeeID"] for one in shape["AppointmentTreatments"]]
        ]
        entries = [_entry(shape, people, day) for shape in own]
        sections.append(el("section", el("h2", name), *(entries or [el("p", gettext("Nothing that day."))])))
    return joined(sections)


def _entry(shape: dict[str, Any], people: Options, day: date) -> Html:
    start, end = (shape[name][11:16] for name in ("StartDateTimeOffset", "EndDateTimeOffset"))
    whom = f"{shape['CustomerFirstName']} {shape['CustomerLastName']}".strip() or gettext("(no name)")
    title = el("h3", el("time", f"{start}-{end}", datetime=shape["StartDateTimeOffset"]), " ", whom)
    done = ", ".join(f"{one['TreatmentName']} ({one['RoomName']})" for one in shape["AppointmentTreatments"])
    facts = el("p", f"{done} · {shape['Status']['Name']} · {shape['BookingNumber']}")
    return el("article", title, facts, _change(shape, people, day, whom))


def _change(shape: dict[str, Any], people: Options, day: date, whom: str) -> Html:
    """One form with a button for each thing that can be done; it is named after the client for who cannot see."""
    is_open = shape["Status"]["Name"] in (BOOKED, CONFIRMED, CHECKED_IN)
    words = {
        "move": gettext("Save"),
        "confirm": gettext("Confirm"),
        "checkin": gettext("Check in"),
        "complete": gettext("Complete"),
        "noshow": gettext("No-show"),
        "cancel": gettext("Cancel"),
    }
    buttons = [
        el("button", label, name="action", value=action, aria_label=f"{label}: {whom}")
        for action, label in words.items()
        if is_open or action not in ("move", "confirm")
    ]
    fields = (
        field(gettext("Time"), "at", value=shape["StartDateTimeOffset"][:16], type="datetime-local"),
        select(gettext("With"), "employeeId", people, chosen=shape["EmployeeID"]),
        el("p", tick(gettext("Even if it is refused"), "anyway")),
    )
    hidden = {"locationId": shape["LocationID"], "day": day.isoformat(), "appointmentId": shape["ID"]}
    kept = (el("input", type="hidden", name=name, value=value) for name, value in hidden.items())
    made = el("form", *kept, *(fields if is_open else ()), el("p", *_spaced(buttons)), method="post", action=PATH)
    return el("details", el("summary", gettext("Change"), el("span", f" {whom}")), made)


def _new(location: sqlite3.Row, day: date, people: Options, treatments: Options) -> Html:
    fields = (
        select(gettext("Treatment"), "treatmentId", treatments),
        select(gettext("With"), "employeeId", [("", gettext("anybody")), *people]),
        field(gettext("Time"), "at", value=f"{day}T12:00", type="datetime-local", required=True),
        field(gettext("First name"), "FirstName", autocomplete="off"),
        field(gettext("Last name"), "LastName", autocomplete="off"),
        field(gettext("E-mail"), "Email", type="email", autocomplete="off"),
        field(gettext("Mobile"), "CellPhone", type="tel", autocomplete="off"),
        field(gettext("Or client number"), "customerId", inputmode="numeric"),
    )
    hidden: dict[str, object] = {"locationId": location["id"], "day": day.isoformat(), "action": "book"}
    made = form(PATH, *fields, button=gettext("Book"), hidden=hidden, class_="tall")
    return el("details", el("summary", gettext("New appointment")), made)


ROUTES = (
    PanelRoute(method="GET", path=PATH, answer=show),
    PanelRoute(method="POST", path=PATH, answer=submit),
)
