from typing import Any

from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.crm import customers
from integrations.sandbox.crm.seed import Acquaintance, _known_as
from integrations.sandbox.state import State
from integrations.sandbox.world import plant
from tests.sandbox.desk import PLAN, Desk

SMALL = Plan(now=PLAN.now, stores=1, staff_per_store=3, clients_per_store=40, bookings_per_store=40)


def example(desk: Desk, kind: str) -> tuple[Any, list[Any]]:
    """A client of that kind at Booxi, and her customers."""
    told = desk.story()["crm"][kind]
    client = desk.partner("GET", f"/client/{told['clientId']}").body
    return client, [desk.crm("GET", f"/customers/{one}").body for one in told["customerIds"]]


def by_email(desk: Desk, client: Any) -> list[str]:
    found = desk.crm("GET", "/customers", query={"email": client["email"]}).body["customers"]
    return [customer["id"] for customer in found]


def test_linked_client_is_a_customer(desk: Desk) -> None:
    client, (customer,) = example(desk, "linked")
    link = desk.partner("GET", f"/client/{client['id']}/moduleLink/demo_crm").body["link"]

    assert (link["externalId"], customer["email"]) == (customer["id"], client["email"])


def test_every_link_leads_to_a_customer(desk: Desk) -> None:
    with desk.state.reading() as db:
        lost = db.execute(
            "SELECT count(*) FROM module_link WHERE owner_kind = 'client' AND module_id = 'demo_crm'"
            " AND external_id NOT IN (SELECT id FROM customer)"
        ).fetchone()[0]

    assert lost == 0


def test_some_match_by_email_or_phone_alone(desk: Desk) -> None:
    client, (customer,) = example(desk, "by_email")
    assert by_email(desk, client) == [customer["id"]]
    assert (customer["phone"], customer["mobile"]) == ("", "")

    client, (customer,) = example(desk, "by_phone")
    assert by_email(desk, client) == []
    found = desk.crm("GET", "/customers", query={"phone": customer["mobile"]}).body["customers"]
    assert customer["id"] in [one["id"] for one in found]


def test_some_are_there_twice_and_some_not_at_all(desk: Desk) -> None:
    client, pair = example(desk, "duplicates")
    assert by_email(desk, client) == [customer["id"] for customer in pair]
    assert len(pair) == 2

    client, nobody = example(desk, "absent")
    assert (nobody, by_email(desk, client)) == ([], [])


def test_the_storys_pair_is_there_twice(desk: Desk) -> None:
    client = desk.partner("GET", f"/client/{desk.story()['duplicate_clients'][0]}").body

    assert len(by_email(desk, client)) == 2


def test_everybody_kept_is_well_formed(desk: Desk) -> None:
    with desk.state.reading() as db:
        rows = db.execute("SELECT * FROM customer").fetchall()

    assert len(rows) > 100
    assert {row["consent"] for row in rows} == {0, 1}
    assert {row["language"] for row in rows} == {"fr", "en"}
    for row in rows:
        assert row["email_key"] == customers.email_key(row["email"])
        assert all(customers.e164(row[name]) == row[name] for name in customers.PHONES)


def test_same_plan_plants_the_same_customers(tmp_path: Any) -> None:
    worlds = []
    for name in ("a", "b"):
        state = State(tmp_path / name)
        with state.noting() as db:
            plant(db, SMALL)
            worlds.append([tuple(row) for row in db.execute("SELECT * FROM customer ORDER BY n")])
        state.close()

    assert worlds[0] == worlds[1] != []


def test_client_without_contact_is_absent() -> None:
    blank = {"first_name": "A", "last_name": "", "email": "", "phone": "", "mobile": "", "language": "fr"}
    kinds = {
        _known_as(Acquaintance(client_id=number, customer_id="", values=blank, since=0))[0] for number in range(60)
    }

    assert kinds == {"absent"}
