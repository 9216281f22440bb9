"""The whole sandbox put together: every stand-in, every page, and the planting of an empty state."""

import sqlite3
from collections.abc import Iterator
from gettext import gettext
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.sandbox import panel
from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booker import backstage as booker_backstage
from integrations.sandbox.booker import office as booker_office
from integrations.sandbox.booker import schema as booker_schema
from integrations.sandbox.booker import seed as booker_seed
from integrations.sandbox.booker import signin
from integrations.sandbox.booker import vendor as booker
from integrations.sandbox.booxi import backstage, office, passer_by, widget
from integrations.sandbox.booxi import schema as booxi_schema
from integrations.sandbox.booxi import seed as booxi_seed
from integrations.sandbox.booxi import vendor as booxi
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE
from integrations.sandbox.booxi.seed.places import GROUP_ID
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.clock import Clock
from integrations.sandbox.crm import pages as crm_pages
from integrations.sandbox.crm import schema as crm_schema
from integrations.sandbox.crm import seed as crm_seed
from integrations.sandbox.crm import vendor as crm
from integrations.sandbox.crm.seed import Acquaintance
from integrations.sandbox.http import Reply
from integrations.sandbox.markup import el, page
from integrations.sandbox.quota import Quota
from integrations.sandbox.state import State, run_script
from integrations.sandbox.webhooks import panel as webhook_panel
from integrations.sandbox.webhooks import schema as webhook_schema

_WHAT = gettext("It stands in for the systems outside: what is done here is news for the app within seconds.")


def story(sandbox: Sandbox, request: Request) -> Reply:
    """The ids of everybody the demo tells of."""
    with sandbox.state.reading() as db:
        return Reply(body=booxi_seed.told(db) | {"crm": crm_seed.story(db), "booker": booker_seed.told(db)})


def home(sandbox: Sandbox, request: Request) -> Response:
    """Where everything is."""
    places = (
        ("/widget", gettext("Web site"), gettext("Book as a visitor of the shop's web site would")),
        ("/calendar", gettext("Booxi's calendar"), gettext("Book, move, cancel as the store's people do at Booxi")),
        (
            "/booker",
            gettext("Booker's own calendar"),
            gettext("Book, move, check in, cancel as a spa's people do at Booker"),
        ),
        ("/crm", gettext("CRM"), gettext("Find, change, merge, delete customers")),
        ("/__chaos", gettext("Chaos"), gettext("Make calls and webhooks fail; what was told to whom, what was asked")),
    )
    rows = (el("li", el("a", words, href=address), el("br"), what) for address, words, what in places)
    with sandbox.state.reading() as db:
        button = passer_by.invitation(db)
    return page(gettext("Sandbox"), el("p", _WHAT), button, el("ul", *rows, class_="places"))


VENDORS = (booxi, crm, booker)
HOME = PanelRoute(method="GET", path="/", answer=home)
STORY = PanelRoute(method="GET", path="/__story", answer=story)
PANELS = (
    HOME,
    STORY,
    *panel.ROUTES,
    *backstage.ROUTES,
    *office.ROUTES,
    *widget.ROUTES,
    *passer_by.ROUTES,
    *crm_pages.ROUTES,
    *signin.ROUTES,
    *booker_office.ROUTES,
    *booker_backstage.ROUTES,
    *webhook_panel.ROUTES,
)

# Booxi's own words for the stores' languages, and the CRM's (ISO 639-1).
_SHORT_LANGUAGES = {"eng": "en", "fre": "fr", "jpn": "ja"}
_CLIENTS = """
    SELECT client.*, coalesce(external_id, '') AS customer_id FROM client
    JOIN merchant ON merchant.id = client.merchant_id
    LEFT JOIN module_link ON owner_kind = 'client' AND owner_id = client.id AND module_id = ?
    WHERE group_id = ? AND merged_into IS NULL AND is_deleted = 0 AND anonymized_on IS NULL ORDER BY client.id
"""


def built(*, state: State, clock: Clock, quota: Quota) -> Sandbox:
    return Sandbox(state=state, clock=clock, quota=quota, vendors=VENDORS, panels=PANELS)


def prepare(state: State, plan: Plan) -> None:
    """Plant what is not planted yet, and keep a copy to come back to. ValueError for a file of another version."""
    with state.noting() as db:
        planted = plant(db, plan)
    if planted or not state.pristine.exists():
        state.keep_pristine()


def plant(db: sqlite3.Connection, plan: Plan) -> bool:
    """Whether anything was planted. A file from before a stand-in was there gets it added."""
    run_script(db, webhook_schema.TABLES)
    missing = (not booxi_seed.is_planted(db), not crm_seed.is_planted(db), not booker_seed.is_planted(db))
    if missing[0]:
        booxi_seed.plant(db, plan)
    run_script(db, (*booxi_schema.TABLES, *booxi_schema.TRIGGERS))
    if missing[1]:
        crm_seed.plant(db, _acquaintances(db))
    run_script(db, crm_schema.TRIGGERS)
    if missing[2]:
        booker_seed.plant(db, plan)
    run_script(db, booker_schema.TRIGGERS)
    return any(missing)


def _acquaintances(db: sqlite3.Connection) -> Iterator[Acquaintance]:
    twins = booxi_seed.told(db)["duplicate_clients"]
    for row in db.execute(_CLIENTS, (PRIMARY_MODULE, GROUP_ID)):
        yield Acquaintance(
            client_id=row["id"],
            customer_id=row["customer_id"],
            values=_customer(row),
            since=row["created_on"],
            is_double=row["id"] == twins[0],
        )


def _customer(row: sqlite3.Row) -> dict[str, Any]:
    """What the CRM might know of a client; phones are E.164 there, however they were typed at the counter."""
    names = {name: row[name] for name in ("first_name", "last_name", "email")}
    return names | {
        "language": _SHORT_LANGUAGES.get(row["language"], ""),
        "phone": f"+{row['home_key']}" if row["home_key"] else "",
        "mobile": f"+{row['mobile_key']}" if row["mobile_key"] else "",
    }
