"""`/crm`: the customers, to look at and to change, as the CRM's own people would."""

import sqlite3
from collections.abc import Sequence
from gettext import gettext
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE
from integrations.sandbox.crm import customers, endpoints
from integrations.sandbox.crm.assumptions import ID_MOST
from integrations.sandbox.http import Refusal
from integrations.sandbox.markup import Html, el, field, form, joined, page, said, see_other, table, tick
from integrations.sandbox.reading import bad, query_text

LISTED_MOST = 100
_LIVING = "SELECT * FROM customer WHERE merged_into IS NULL AND NOT is_deleted"
_SOUGHT = f"""
    {_LIVING} AND (first_name || ' ' || last_name || ' ' || email || ' ' || phone || ' ' || mobile || ' ' || id)
        LIKE ? ESCAPE '!' ORDER BY n DESC LIMIT {LISTED_MOST}
"""
_NEWEST = f"{_LIVING} ORDER BY updated_at DESC, n DESC LIMIT {LISTED_MOST}"
# Beside her record, as a vendor's plug-in in the CRM would show it: who she is at Booxi.
_LINKED = """
    SELECT client.id, first_name, last_name FROM module_link JOIN client ON client.id = owner_id
        WHERE owner_kind = 'client' AND module_id = ? AND external_id = ? AND merged_into IS NULL AND NOT is_deleted
        ORDER BY client.id
"""
_LABELS = {
    "first_name": gettext("First name"),
    "last_name": gettext("Last name"),
    "email": gettext("E-mail"),
    "phone": gettext("Phone"),
    "mobile": gettext("Mobile"),
    "language": gettext("Language"),
}
_LINKS = (("/", gettext("Sandbox")), ("/crm", gettext("Customers")))


# ---- all of them


def show(sandbox: Sandbox, request: Request) -> Response:
    with sandbox.state.reading() as db:
        return _list_page(db.execute(_NEWEST).fetchall(), sought="")


def submit(sandbox: Sandbox, request: Request) -> Response:
    """Search (by POST: what is sought for may be somebody's address), or a new customer."""
    if request.form.get("action") == "create":
        return _create(sandbox, request)
    sought = query_text(request.form, "q") or ""
    pattern = "".join(f"!{letter}" if letter in "!%_" else letter for letter in sought.strip())
    with sandbox.state.reading() as db:
        return _list_page(db.execute(_SOUGHT, (f"%{pattern}%",)).fetchall(), sought=sought)


def _create(sandbox: Sandbox, request: Request) -> Response:
    try:
        values = _typed(request)
        if not any(values.values()):
            bad(gettext("A new customer needs at least a name or an address."))
        with sandbox.state.writing() as db:
            made = customers.insert(db, values, now=sandbox.clock.now())
    except Refusal as refusal:
        with sandbox.state.reading() as db:
            message = said(refusal.message, is_alarm=True)
            return _list_page(db.execute(_NEWEST).fetchall(), sought="", message=message, status=refusal.status)
    return see_other(f"/crm/customer/{made['id']}")


def _list_page(rows: Sequence[sqlite3.Row], *, sought: str, message: Html | None = None, status: int = 200) -> Response:
    search = form("/crm", field(gettext("Find"), "q", value=sought, type="search"), button=gettext("Find"))
    new = form("/crm", *_fields({}), button=gettext("Create"), hidden={"action": "create"}, class_="tall")
    names = (gettext("Customer"), gettext("Name"), gettext("E-mail"), gettext("Phones"), gettext("Consent"))
    listed = table(gettext("Customers"), names, [_cells(row) for row in rows])
    made = el("details", el("summary", gettext("New customer")), new)
    return page(gettext("CRM"), message or "", search, made, listed, links=_LINKS[:1], status=status)


def _cells(row: sqlite3.Row) -> Sequence[object]:
    return (
        el("a", row["id"], href=f"/crm/customer/{row['id']}"),
        f"{row['first_name']} {row['last_name']}".strip(),
        row["email"],
        ", ".join(number for number in (row["phone"], row["mobile"]) if number),
        gettext("yes") if row["consent"] else gettext("no"),
    )


# ---- one


def show_one(sandbox: Sandbox, request: Request, customer_id: str) -> Response:
    words = gettext("Saved.") if "saved" in request.args else ""
    with sandbox.state.reading() as db:
        return _one_page(db, customer_id, message=said(words) if words else Html(""))


def submit_one(sandbox: Sandbox, request: Request, customer_id: str) -> Response:
    """Save, merge or delete. A refusal is shown on the page, nothing is changed."""
    work = _ACTIONS.get(request.form.get("action", ""), _save)
    try:
        with sandbox.state.writing() as db:
            address = work(db, request, customer_id, sandbox.clock.now())
    except Refusal as refusal:
        with sandbox.state.reading() as db:
            message = said(refusal.message, is_alarm=True)
            return _one_page(db, customer_id, message=message, status=refusal.status)
    return see_other(address)


def _save(db: sqlite3.Connection, request: Request, customer_id: str, now: int) -> str:
    customers.change(db, customers.living(db, customer_id), values=_typed(request), now=now)
    return f"/crm/customer/{customer_id}?saved=1"


def _merge(db: sqlite3.Connection, request: Request, customer_id: str, now: int) -> str:
    into = (query_text(request.form, "into") or bad(gettext("Into which customer?"))).strip()[:ID_MOST]
    endpoints.merge_into(db, customer_id, into=into, now=now)
    return f"/crm/customer/{customers.living(db, into)['id']}?saved=1"


def _delete(db: sqlite3.Connection, request: Request, customer_id: str, now: int) -> str:
    customers.delete(db, customers.living(db, customer_id), now=now)
    return "/crm"


_ACTIONS = {"save": _save, "merge": _merge, "delete": _delete}


def _typed(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {name: query_text(request.form, name) or "" for name in customers.TEXTS}
    return customers.values_of(given | {"consent": request.form.get("consent") == "yes"})


def _one_page(db: sqlite3.Connection, customer_id: str, *, message: Html, status: int = 200) -> Response:
    row = customers.row(db, customer_id)
    if row["merged_into"] is not None:
        survivor = customers.surviving_id(db, customer_id)
        gone = el("p", gettext("Merged into"), " ", el("a", survivor, href=f"/crm/customer/{survivor}"))
        return page(customer_id, message, gone, links=_LINKS, status=status)
    address, shape = f"/crm/customer/{customer_id}", customers.shape(row)
    saving = form(address, *_fields(shape), button=gettext("Save"), hidden={"action": "save"}, class_="tall")
    into = field(gettext("Merge into customer"), "into", required=True)
    merging = form(address, into, button=gettext("Merge"), hidden={"action": "merge"})
    deleting = form(address, button=gettext("Delete"), hidden={"action": "delete"})
    times = table(gettext("Last changed"), (gettext("Field"), gettext("When")), sorted(shape["field_times"].items()))
    name = f"{row['first_name']} {row['last_name']}".strip()
    title = f"{name} ({customer_id})" if name else customer_id
    known = _at_booxi(db, customer_id)
    return page(title, message, known, saving, joined((merging, deleting)), times, links=_LINKS, status=status)


def _at_booxi(db: sqlite3.Connection, customer_id: str) -> Html:
    linked = db.execute(_LINKED, (PRIMARY_MODULE, customer_id)).fetchall()
    names = [f"{row['first_name']} {row['last_name']}".strip() for row in linked]
    clients = [f"{row['id']} ({name})" if name else row["id"] for row, name in zip(linked, names, strict=True)]
    if not clients:
        return el("p", gettext("Not linked to a client of Booxi."))
    return el("p", gettext("Linked to client {clients} of Booxi.").format(clients=", ".join(map(str, clients))))


def _fields(shape: dict[str, Any]) -> list[Html]:
    kinds = {"email": "email", "phone": "tel", "mobile": "tel"}
    typed = [
        field(label, name, value=shape.get(name, ""), type=kinds.get(name, "text"), autocomplete="off")
        for name, label in _LABELS.items()
    ]
    agreed = tick(gettext("Agreed that we keep her details"), "consent", checked=bool(shape.get("consent")))
    return [*typed, el("p", agreed)]


ROUTES = (
    PanelRoute(method="GET", path="/crm", answer=show),
    PanelRoute(method="POST", path="/crm", answer=submit),
    PanelRoute(method="GET", path="/crm/customer/<customer_id>", answer=show_one),
    PanelRoute(method="POST", path="/crm/customer/<customer_id>", answer=submit_one),
)
