"""`/calendar`: a store's day as Booxi's own people see it, to move, confirm, cancel and book without our app."""

import sqlite3
from datetime import date, datetime, timedelta
from gettext import gettext
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booxi import booking_shapes, bookings, lookup, rules
from integrations.sandbox.booxi.backstage import call_of
from integrations.sandbox.booxi.booking_rows import (
    APPOINTMENT,
    APPROVED,
    ARRIVED,
    CANCELLED,
    PENDING_CLIENT,
    PENDING_STAFF,
)
from integrations.sandbox.booxi.diaries import zone_of
from integrations.sandbox.http import Refusal
from integrations.sandbox.markup import Html, el, field, form, joined, page, said, see_other, select, tick
from integrations.sandbox.reading import Body, bad, query_whole
from integrations.sandbox.times import local_day, to_rfc3339, wall, wall_minutes

_DAY = f"""
    {booking_shapes.SELECT} WHERE booking.merchant_id = :merchant AND booking.status != 'Cancelled'
        AND booking.is_scheduled AND booking.starts_at < :end AND booking.ends_at > :start
    ORDER BY booking.starts_at, booking.n
"""
_WAITING = f"""
    {booking_shapes.SELECT} WHERE booking.merchant_id = :merchant AND booking.status = 'PendingStaffApproval'
        AND (NOT booking.is_scheduled OR booking.staff_id IS NULL) ORDER BY booking.starts_at, booking.n LIMIT 50
"""
_STAFF = "SELECT * FROM staff WHERE merchant_id = ? AND has_calendar ORDER BY id"
_SERVICES = "SELECT * FROM service WHERE merchant_id = ? AND booking_method = 'Appointment' ORDER BY id"
STORES = "SELECT * FROM merchant ORDER BY group_id, id"
Options = list[tuple[object, object]]


# ---- asking


def show(sandbox: Sandbox, request: Request) -> Response:
    done = {
        "book": gettext("Booked."),
        "move": gettext("Saved."),
        "confirm": gettext("Confirmed."),
        "arrive": gettext("The client is here."),
        "cancel": gettext("Cancelled."),
    }
    words = done.get(request.args.get("done", ""))
    return _page(sandbox, request, message=said(words) if words else Html(""))


def submit(sandbox: Sandbox, request: Request) -> Response:
    """One of the page's forms; `action` says which. A refusal is shown on the page, nothing is changed."""
    action = request.form.get("action", "")
    try:
        work = _ACTIONS.get(action) or bad("There is no such action.")
        with sandbox.state.writing() as db:
            merchant_id = query_whole(request.form, "merchantId") or bad("merchantId is required.")
            work(sandbox, request, db, merchant_id)
    except Refusal as refusal:
        message = said(f"{refusal.error or ''} {refusal.message}".strip(), is_alarm=True)
        return _page(sandbox, request, message=message, status=refusal.status)
    day = request.form.get("day", "")[:10]
    return see_other(f"/calendar?merchantId={merchant_id}&date={_day_of(day) if day else ''}&done={action}")


def _book(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int) -> None:
    names = ("firstName", "lastName", "email", "mobilePhoneNumber")
    client: dict[str, Any] = {name: given for name in names if (given := request.form.get(name))}
    if (client_id := query_whole(_filled(request), "clientId")) is not None:
        client = {"id": client_id}
    body = {
        "merchantId": merchant_id,
        "bookingMethod": APPOINTMENT,
        "status": APPROVED,
        "items": [{"serviceId": query_whole(request.form, "serviceId")}],
        "client": client,
    } | _time(request, db, merchant_id)
    bookings.make(call_of(sandbox, request, db, merchant_id=merchant_id), body, checks=_checks(request))


def _move(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int) -> None:
    _alter(sandbox, request, db, merchant_id, _time(request, db, merchant_id))


def _confirm(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int) -> None:
    _alter(sandbox, request, db, merchant_id, _time(request, db, merchant_id) | {"status": APPROVED})


def _arrive(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int) -> None:
    _alter(sandbox, request, db, merchant_id, {"client": {"presence": ARRIVED}})


def _cancel(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int) -> None:
    _alter(sandbox, request, db, merchant_id, {"status": CANCELLED})


_ACTIONS = {"book": _book, "move": _move, "confirm": _confirm, "arrive": _arrive, "cancel": _cancel}


def _alter(sandbox: Sandbox, request: Request, db: sqlite3.Connection, merchant_id: int, body: Body) -> None:
    call = call_of(sandbox, request, db, merchant_id=merchant_id)
    before = bookings.visible(call, request.form.get("bookingId", ""))
    bookings.alter(call, before, body, checks=_checks(request))


def _checks(request: Request) -> rules.Checks:
    """Booxi warns its own people, and lets them do it all the same."""
    return rules.NO_CHECKS if "anyway" in request.form else rules.Checks()


def _time(request: Request, db: sqlite3.Connection, merchant_id: int) -> dict[str, Any]:
    """`at` (the shop's wall, `YYYY-MM-DDTHH:MM`) and `staffId` of a form, as far as they are filled in."""
    body: dict[str, Any] = {}
    if at := request.form.get("at"):
        body["startsOn"] = to_rfc3339(_instant(at, zone=zone_of(db, merchant_id)))
    if (staff_id := query_whole(_filled(request), "staffId")) is not None:
        body["staffId"] = staff_id
    return body


def _filled(request: Request) -> Any:
    """The form without what was left empty."""
    kept = request.form.copy()
    for name in [name for name, value in request.form.items() if not value]:
        kept.pop(name)
    return kept


def _instant(at: str, *, zone: ZoneInfo) -> int:
    try:
        moment = datetime.strptime(at[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 (a time on the shop's wall)
    except ValueError as problem:
        raise Refusal(400, "The time is not readable.") from problem
    return wall(moment.date(), wall_minutes(f"{moment:%H:%M}"), zone=zone)


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise Refusal(400, "The date is not readable.") from problem


# ---- the page


def _page(sandbox: Sandbox, request: Request, *, message: Html, status: int = 200) -> Response:
    with sandbox.state.reading() as db:
        stores = db.execute(STORES).fetchall()
        store = lookup.known(db, "merchant", query_whole(request.values, "merchantId") or _first(stores))
        zone = ZoneInfo(store["time_zone"])
        asked = request.values.get("date") or request.values.get("day")
        day = _day_of(asked) if asked else local_day(sandbox.clock.now(), zone=zone)
        content = joined((message, _choice(stores, store, day), _store_day(db, store, day, zone=zone)))
    title = gettext("Calendar of {store}").format(store=store["name"])
    widget = f"/widget?merchantId={store['id']}"
    return page(title, content, links=(("/", gettext("Sandbox")), (widget, gettext("Widget"))), status=status)


def _first(stores: list[sqlite3.Row]) -> int:
    return int(stores[0]["id"])


def _choice(stores: list[sqlite3.Row], store: sqlite3.Row, day: date) -> Html:
    options: Options = [(row["id"], f"{row['store_number']} {row['name']}") for row in stores]
    fields = (
        select(gettext("Store"), "merchantId", options, chosen=store["id"]),
        field(gettext("Day"), "date", value=day.isoformat(), type="date", required=True),
    )
    near = [
        (day + timedelta(days=step), words) for step, words in ((-1, gettext("Day before")), (1, gettext("Day after")))
    ]
    links = (el("a", words, href=f"/calendar?merchantId={store['id']}&date={other}") for other, words in near)
    return joined((form("/calendar", *fields, button=gettext("Show"), method="get"), el("p", *_spaced(links))))


def _spaced(links: Any) -> list[object]:
    return [part for link in links for part in (link, " ")]


def _store_day(db: sqlite3.Connection, store: sqlite3.Row, day: date, *, zone: ZoneInfo) -> Html:
    span = {"merchant": store["id"], "start": wall(day, 0, zone=zone), "end": wall(day, 1440, zone=zone)}
    rows = db.execute(_DAY, span).fetchall()
    staff = db.execute(_STAFF, (store["id"],)).fetchall()
    people: Options = [(row["id"], _name(row)) for row in staff]
    waiting = db.execute(_WAITING, {"merchant": store["id"]}).fetchall()
    sections = [_section(gettext("Waiting for somebody"), waiting, people, day, zone=zone)] if waiting else []
    for person in staff:
        own = [row for row in rows if row["staff_id"] == person["id"]]
        sections.append(_section(_name(person), own, people, day, zone=zone))
    services: Options = [(row["id"], row["name"]) for row in db.execute(_SERVICES, (store["id"],))]
    return joined((_new(store, day, people, services), *sections))


def _name(row: sqlite3.Row) -> str:
    return f"{row['first_name']} {row['last_name']}".strip()


def _section(title: str, rows: list[sqlite3.Row], people: Options, day: date, *, zone: ZoneInfo) -> Html:
    entries = [_entry(row, people, day, zone=zone) for row in rows]
    return el("section", el("h2", title), *(entries or [el("p", gettext("Nothing that day."))]))


def _entry(row: sqlite3.Row, people: Options, day: date, *, zone: ZoneInfo) -> Html:
    shape = booking_shapes.booking(row)
    start, end = (datetime.fromtimestamp(row[name], zone) for name in ("starts_at", "ends_at"))
    when = f"{start:%H:%M}-{end:%H:%M}" if row["is_scheduled"] else gettext("no time yet")
    services = ", ".join(item["serviceName"] for item in shape["items"])
    title = el("h3", el("time", when, datetime=shape.get("startsOn")), " ", _name(row) or gettext("(no name)"))
    facts = el("p", f"{services} · {_status(row)} · {row['booking_id']}")
    at = f"{start:%Y-%m-%dT%H:%M}" if row["is_scheduled"] else ""
    return el("article", title, facts, _change(row, people, day, at=at))


def _status(row: sqlite3.Row) -> str:
    if row["is_completed"]:
        return gettext("completed")
    if row["status"] != APPROVED:
        return {PENDING_STAFF: gettext("asked for"), PENDING_CLIENT: gettext("waits for the client")}[row["status"]]
    return {ARRIVED: gettext("arrived"), "NoShow": gettext("no-show")}.get(row["presence"], gettext("confirmed"))


def _change(row: sqlite3.Row, people: Options, day: date, *, at: str) -> Html:
    """One form with a button for each thing that can be done; it is named after the client for who cannot see."""
    whom = _name(row)
    fields = (
        field(gettext("Time"), "at", value=at, type="datetime-local"),
        select(gettext("With"), "staffId", [("", gettext("nobody yet")), *people], chosen=row["staff_id"] or ""),
        el("p", tick(gettext("Even if it is refused"), "anyway")),
    )
    buttons = [_button("cancel", gettext("Cancel"), whom)]
    if row["method"] == APPOINTMENT:
        first = ("move", gettext("Save")) if row["status"] == APPROVED else ("confirm", gettext("Confirm"))
        buttons = [_button(*first, whom), _button("arrive", gettext("Arrived"), whom), *buttons]
    hidden = _hidden(row["merchant_id"], day) | {"bookingId": row["booking_id"]}
    kept = (el("input", type="hidden", name=name, value=value) for name, value in hidden.items())
    shown = fields if row["method"] == APPOINTMENT else fields[2:]
    made = el("form", *kept, *shown, el("p", *_spaced(buttons)), method="post", action="/calendar")
    return el("details", el("summary", gettext("Change"), el("span", f" {whom}")), made)


def _button(action: str, words: str, whom: str) -> Html:
    return el("button", words, name="action", value=action, aria_label=f"{words}: {whom}")


def _hidden(merchant_id: int, day: date) -> dict[str, object]:
    return {"merchantId": merchant_id, "day": day.isoformat()}


def _new(store: sqlite3.Row, day: date, people: Options, services: Options) -> Html:
    fields = (
        select(gettext("Service"), "serviceId", services),
        select(gettext("With"), "staffId", people),
        field(gettext("Time"), "at", value=f"{day}T10:00", type="datetime-local", required=True),
        field(gettext("First name"), "firstName", autocomplete="off"),
        field(gettext("Last name"), "lastName", autocomplete="off"),
        field(gettext("E-mail"), "email", type="email", autocomplete="off"),
        field(gettext("Mobile"), "mobilePhoneNumber", type="tel", autocomplete="off"),
        field(gettext("Or client number"), "clientId", inputmode="numeric"),
        el("p", tick(gettext("Even if it is refused"), "anyway")),
    )
    hidden = _hidden(store["id"], day) | {"action": "book"}
    made = form("/calendar", *fields, button=gettext("Book"), hidden=hidden, class_="tall")
    return el("details", el("summary", gettext("New booking")), made)


ROUTES = (
    PanelRoute(method="GET", path="/calendar", answer=show),
    PanelRoute(method="POST", path="/calendar", answer=submit),
)
