"""Links to settle, numbers, and the form of a customer system, as head office sees them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from clienteling.models import Client, User
from integrations import numbers
from integrations.models import Connection, Linking, ServiceLink, StaffLink, StoreLink
from integrations.providers.base import Owner
from tests.customers import Customers, number_there
from tests.integrations.test_linking import look_for
from tests.people import Shop
from tests.vendors import Vendor

KEY = "abcdefghijklmnopqrstuvwxyz1234"
PARTNER = {"Booxi-PartnerKey": "sandbox-partner-key"}


@pytest.fixture
def office(db: None, browser_of: Any) -> Browser:
    browser: Browser = browser_of(User.objects.create_user("helene@shop.test", name="Hélène", is_head_office=True))
    return browser


@pytest.fixture
def parked(linked: Connection, customers: Customers) -> Linking:
    return look_for(linked, customers.example("duplicates")[0])


# --- links to settle ------------------------------------------------------------------------------------


def test_the_list_names_who_is_to_be_settled(office: Browser, parked: Linking) -> None:
    page = office.get("/connections/settle/").content.decode()
    assert parked.client.full_name in page
    assert f"/connections/settle/{parked.pk}/" in page
    assert "Links to settle" in office.get("/connections/").content.decode()


def test_the_list_makes_as_many_queries_for_many_as_for_one(
    office: Browser, parked: Linking, django_assert_max_num_queries: Any
) -> None:
    others = Client.objects.exclude(pk=parked.client_id)[:20]
    Linking.objects.bulk_create(
        Linking(
            connection=parked.connection,
            client=client,
            external_id=f"x{client.pk}",
            state="parked",
            outcome="several",
            candidates=["CUST-9"],
            finished_at=parked.finished_at,
        )
        for client in others
    )
    with django_assert_max_num_queries(8):
        page = office.get("/connections/settle/").content.decode()
    assert page.count("/connections/settle/") > 20


def test_one_shows_both_sides_with_one_call_a_pair(office: Browser, parked: Linking, vendor: Vendor) -> None:
    vendor.raw.delete("/__chaos/calls")
    page = office.get(f"/connections/settle/{parked.pk}/").content.decode()
    assert vendor.calls() == []
    assert all(f"/connections/settle/{parked.pk}/{place}/" in page for place in range(2))
    answer = office.get(f"/connections/settle/{parked.pk}/0/", headers={"HX-Request": "true"})
    assert len(vendor.calls()) == 1
    fragment = answer.content.decode()
    assert "<html" not in fragment
    assert fragment.count(parked.client.email) == 2
    assert "data-same" in fragment
    assert answer["Cache-Control"].startswith("max-age=0")


def test_a_pair_opens_as_a_page_without_script(office: Browser, parked: Linking) -> None:
    page = office.get(f"/connections/settle/{parked.pk}/1/").content.decode()
    assert "<html" in page
    assert 'name="candidate" value="1"' in page


def test_a_pair_whose_customer_is_gone_says_so(office: Browser, parked: Linking, customers: Customers) -> None:
    customers.call("DELETE", f"/customers/{parked.candidates[0]}").raise_for_status()
    assert "no such customer" in office.get(f"/connections/settle/{parked.pk}/0/").content.decode()
    customers.vendor.fault("500", path="/v1/customers", times=9)
    assert "has not answered" in office.get(f"/connections/settle/{parked.pk}/1/").content.decode()


def test_hostile_customers_are_shown_as_text(office: Browser, parked: Linking, customers: Customers) -> None:
    customers.change(parked.candidates[0], last_name="<script>alert(1)</script>")
    page = office.get(f"/connections/settle/{parked.pk}/0/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_deciding_and_undoing_by_the_page(office: Browser, parked: Linking, vendor: Vendor) -> None:
    where = f"/connections/settle/{parked.pk}/"
    answer = office.post(where, {"decision": "link", "candidate": "1"}, follow=True)
    assert f"Settled: {parked.client.full_name}" in answer.content.decode()
    assert number_there(vendor, parked.external_id) == parked.candidates[1]
    assert office.get(where, follow=True).redirect_chain
    answer = office.post(f"{where}undo/", follow=True)
    assert "as they were before" in answer.content.decode()
    assert number_there(vendor, parked.external_id) == ""


@pytest.mark.parametrize(
    "posted", [{}, {"decision": "undo"}, {"decision": "x"}, {"decision": "link", "candidate": "-1"}]
)
def test_nonsense_decides_nothing(office: Browser, parked: Linking, posted: dict[str, str]) -> None:
    assert office.post(f"/connections/settle/{parked.pk}/", posted).status_code == 404
    assert Linking.objects.get().state == "parked"


def test_a_candidate_that_is_not_in_the_list_decides_nothing(office: Browser, parked: Linking) -> None:
    office.post(f"/connections/settle/{parked.pk}/", {"decision": "link", "candidate": "7"})
    assert Linking.objects.get().state == "parked"


def test_everybody_else_finds_nothing(parked: Linking, shop: Shop, browser_of: Any) -> None:
    manager = browser_of(shop.marc)
    pk = parked.connection_id
    for path in ("settle/", f"settle/{parked.pk}/", f"settle/{parked.pk}/0/", f"{pk}/links/", "new/customers/"):
        assert manager.get(f"/connections/{path}").status_code == 404
    assert manager.post(f"/connections/settle/{parked.pk}/", {"decision": "leave"}).status_code == 404
    assert manager.post(f"/connections/settle/{parked.pk}/undo/").status_code == 404
    assert Linking.objects.get().state == "parked"


# --- numbers --------------------------------------------------------------------------------------------

OWNERS = [("store", StoreLink, "merchant"), ("staff", StaffLink, "staff"), ("service", ServiceLink, "service")]


def stands_there(vendor: Vendor, path: str, external_id: str) -> str:
    answer = vendor.raw.get(f"/booking/v1/{path}/{external_id}/moduleLink/demo_crm", headers=PARTNER)
    return answer.json()["link"]["externalId"] if answer.status_code == 200 else ""


@pytest.mark.parametrize(("kind", "links", "path"), OWNERS)
def test_a_number_is_written_there_and_here_and_found_by(
    office: Browser, mirror: Connection, vendor: Vendor, kind: str, links: Any, path: str
) -> None:
    link = links.objects.filter(connection=mirror).order_by("pk").first()
    where = f"/connections/{mirror.pk}/links/{kind}/{link.pk}/"
    assert office.get(where).status_code == 200
    office.post(where, {"number": "NR-7"})
    link.refresh_from_db()
    assert link.module_external_id == stands_there(vendor, path, link.external_id) == "NR-7"
    links.objects.update(module_external_id="")
    page = office.get(f"/connections/{mirror.pk}/links/", {"kind": kind, "number": "NR-7"}).content.decode()
    assert page.count('class="row wraps"') == 1
    assert where in page
    link.refresh_from_db()
    assert link.module_external_id == "NR-7"
    office.post(where, {"number": ""})
    assert stands_there(vendor, path, link.external_id) == ""


def test_the_page_of_a_number_reads_what_stands_there(office: Browser, mirror: Connection, vendor: Vendor) -> None:
    link = StaffLink.objects.filter(connection=mirror).order_by("pk").first()
    assert link
    path = f"/booking/v1/staff/{link.external_id}/moduleLink/demo_crm"
    vendor.raw.put(path, headers=PARTNER, json={"externalId": "EMP-4711", "metadata": {}}).raise_for_status()
    page = office.get(f"/connections/{mirror.pk}/links/staff/{link.pk}/").content.decode()
    assert 'value="EMP-4711"' in page


def test_a_number_that_was_refused_stays_as_it_was(office: Browser, mirror: Connection, vendor: Vendor) -> None:
    link = StaffLink.objects.filter(connection=mirror).order_by("pk").first()
    assert link
    where = f"/connections/{mirror.pk}/links/staff/{link.pk}/"
    vendor.fault("unauthorized", method="PUT")
    assert office.post(where, {"number": "NR-8"}).status_code == 422
    assert office.post(where, {"number": "<b>"}).status_code == 422
    link.refresh_from_db()
    assert link.module_external_id == ""


def test_numbers_are_read_by_and_by(mirror: Connection, vendor: Vendor, office: Browser) -> None:
    store = StoreLink.objects.get(connection=mirror, store__number="101")
    path = f"/booking/v1/merchant/{store.external_id}/moduleLink/demo_crm"
    vendor.raw.put(path, headers=PARTNER, json={"externalId": "SHOP-1", "metadata": {}}).raise_for_status()
    assert "not read yet" in office.get(f"/connections/{mirror.pk}/links/").content.decode()
    vendor.raw.delete("/__chaos/calls")
    assert numbers.read_due(1) == 1
    assert numbers.read_due(1) == 1
    assert len(vendor.calls()) == 2, "one call each, and the longest unread first"
    store.refresh_from_db()
    assert store.module_external_id == "SHOP-1"
    page = office.get(f"/connections/{mirror.pk}/links/").content.decode()
    assert "SHOP-1" in page
    assert "not read yet" not in page
    while numbers.read_due(50):
        pass
    assert StaffLink.objects.filter(number_read_at=None, staff__is_active=True).count() == 0
    assert StaffLink.objects.filter(module_external_id="EMP-7001").count() == 1


@pytest.mark.parametrize("kind", ["store", "staff", "service"])
def test_lists_of_numbers_make_as_many_queries_for_many_as_for_one(
    office: Browser, mirror: Connection, django_assert_max_num_queries: Any, kind: str
) -> None:
    where = f"/connections/{mirror.pk}/links/?kind={kind}"
    links = numbers.LINKS[Owner(kind)].objects.filter(connection=mirror)
    others = links.exclude(pk=links.order_by("pk")[0].pk)
    kept = list(others)
    others.delete()
    with django_assert_max_num_queries(9) as one:
        assert office.get(where).content.decode().count('class="row wraps"') == 1
    links.bulk_create(kept)
    with django_assert_max_num_queries(len(one.captured_queries)):
        assert office.get(where).content.decode().count('class="row wraps"') > 1


def test_numbers_wait_while_the_booking_system_is_silent(mirror: Connection, vendor: Vendor) -> None:
    vendor.fault("503", method="GET", times=None)
    assert numbers.read_due(5) == 0
    mirror.refresh_from_db()
    assert mirror.trouble != Connection.Trouble.MISCONFIGURED


def test_numbers_need_a_module(office: Browser, mirror: Connection) -> None:
    Connection.objects.filter(pk=mirror.pk).update(module_id="")
    page = office.get(f"/connections/{mirror.pk}/links/", {"number": "1"}).content.decode()
    assert "no module id" in page
    assert office.get(f"/connections/{mirror.pk}/links/", {"kind": "pet"}).status_code == 404
    assert office.get(f"/connections/{mirror.pk}/links/pet/1/").status_code == 404


# --- the form of a customer system ----------------------------------------------------------------------


def test_a_customer_system_is_connected_and_chosen(office: Browser) -> None:
    filled = {"name": "CRM", "address": "https://crm.example/v1/", "crm_key": KEY, "is_active": "on"}
    assert office.post("/connections/new/customers/", filled).status_code == 302
    crm = Connection.objects.get()
    assert (crm.kind, crm.base_url, crm.webhook_scheme) == ("crm", "https://crm.example/v1", "standard")
    assert crm.secrets == {"crm_key": KEY}
    page = office.get(f"/connections/{crm.pk}/edit/").content.decode()
    assert KEY not in page
    booxi = {"name": "Booxi", "region": "eu", "partner_key": KEY, "is_active": "on", "crm": crm.pk}
    assert office.post("/connections/new/", booxi).status_code == 422
    assert office.post("/connections/new/", booxi | {"module_id": "my_crm"}).status_code == 302
    assert Connection.objects.booking_systems().get().crm == crm
    assert office.get(f"/connections/{crm.pk}/").status_code == 200
    assert office.post(f"/connections/{crm.pk}/sync/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": ""},
        {"address": "ftp://crm.example"},
        {"address": "https://user:pass@crm.example"},
        {"crm_key": ""},
        {"crm_key": "with space"},
        {"name": ""},
    ],
)
def test_a_customer_system_is_refused_with_what_is_wrong(office: Browser, wrong: dict[str, str]) -> None:
    filled = {"name": "CRM", "address": "https://crm.example/v1", "crm_key": KEY, "is_active": "on"}
    assert office.post("/connections/new/customers/", filled | wrong).status_code == 422
    assert not Connection.objects.exists()


def test_a_key_is_not_sent_to_another_address(office: Browser) -> None:
    filled = {"name": "CRM", "address": "https://crm.example/v1", "crm_key": KEY, "is_active": "on"}
    office.post("/connections/new/customers/", filled)
    where = f"/connections/{Connection.objects.get().pk}/edit/"
    assert office.post(where, filled | {"crm_key": "", "address": "https://evil.example/v1"}).status_code == 422
    assert office.post(where, filled | {"crm_key": "", "name": "Customers"}).status_code == 302


def test_checking_a_customer_system_says_whether_it_answers(office: Browser, crm: Connection) -> None:
    where = f"/connections/{crm.pk}/check/"
    assert "the key works" in office.post(where, follow=True).content.decode()
    crm.secrets = {"crm_key": "wrong"}  # type: ignore[assignment]
    crm.save()
    assert "does not accept the key" in office.post(where, follow=True).content.decode()
