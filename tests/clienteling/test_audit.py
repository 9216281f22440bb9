"""Who saw, changed and took out what: written down once, never changed."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from bookings.models import Change
from clienteling import audit, tasks
from clienteling.models import AppendOnly, AuditEntry, Deed, User
from integrations.models import Connection, WebhookDelivery
from tests.people import Shop, make_booking, make_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_gateway")]
SECRETS = ("lea.noir@example.org", "612345678", "Lea", "Noir", "Prefers")


@pytest.fixture(autouse=True)
def nothing_seen_yet() -> None:
    cache.clear()


def entries(deed: Deed) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(deed=deed))


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def everything_written() -> str:
    rows = AuditEntry.objects.values_list("user_name", "deed", "object_type", "detail", "session")
    return " ".join(str(row) for row in rows)


# --- only ever added ---------------------------------------------------------------------------------------


@pytest.fixture
def entry(shop: Shop) -> AuditEntry:
    audit.record(Deed.CLIENT_SEEN, user=shop.ana.user, client=shop.lea, store=shop.store, about=shop.lea)
    return AuditEntry.objects.get()


def test_code_cannot_change_or_delete_an_entry(entry: AuditEntry) -> None:
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(deed=Deed.SEARCHED),
        lambda: AuditEntry.objects.bulk_update([entry], ["deed"]),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    assert AuditEntry.objects.get().deed == Deed.CLIENT_SEEN


def test_the_database_itself_refuses_a_change(entry: AuditEntry) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE clienteling_auditentry SET user_name = 'somebody else'")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite only runs the demo")
def test_postgresql_refuses_to_delete_a_young_entry(entry: AuditEntry) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM clienteling_auditentry")


def test_what_is_older_than_we_keep_goes_and_nothing_else(entry: AuditEntry, settings: Any) -> None:
    now = timezone.now()
    AuditEntry.objects.create(deed=Deed.SEARCHED, at=now - dt.timedelta(days=settings.AUDIT_KEEP_DAYS + 1))
    kept = AuditEntry.objects.create(deed=Deed.SEARCHED, at=now - dt.timedelta(days=settings.AUDIT_KEEP_DAYS - 1))
    tasks.tidy()
    assert set(AuditEntry.objects.all()) == {entry, kept}


def test_nothing_younger_than_a_year_is_forgotten(entry: AuditEntry) -> None:
    with pytest.raises(AppendOnly):
        AuditEntry.objects.forget_before(timezone.now() - dt.timedelta(days=364))


def test_an_entry_outlives_what_it_is_about(entry: AuditEntry, shop: Shop) -> None:
    person, client = shop.ana.user.pk, shop.lea.pk
    shop.lea.delete()
    shop.ana.user.delete()
    entry = AuditEntry.objects.get()
    assert (entry.user_id, entry.user_name, entry.client_id) == (person, "Ana Roy", client)


# --- what is written down ----------------------------------------------------------------------------------


def test_a_clients_page_opened_is_written_down_once_however_often_it_refreshes(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    for _ in range(3):
        assert browser.get(reverse("client", args=[shop.lea.pk])).status_code == 200
    (entry,) = entries(Deed.CLIENT_SEEN)
    assert (entry.user, entry.client, entry.store) == (shop.ana.user, shop.lea, shop.store)
    assert (entry.object_type, entry.object_id, entry.address) == ("client", shop.lea.pk, "127.0.0.1")
    assert entry.session == audit.session_name(browser.session.session_key)
    browser_of(shop.ana).get(reverse("client", args=[shop.lea.pk]))
    assert len(entries(Deed.CLIENT_SEEN)) == 2  # another session


def test_what_a_stranger_asked_for_is_not_seen(shop: Shop, browser_of: Any) -> None:
    assert browser_of(shop.charlie).get(reverse("client", args=[shop.lea.pk])).status_code == 404
    assert not entries(Deed.CLIENT_SEEN)


def test_a_search_is_written_down_as_a_number(shop: Shop, browser_of: Any) -> None:
    browser_of(shop.ana).get(reverse("client-search"), {"q": "noir"})
    browser_of(shop.ana).post(reverse("booking-new-people"), {"q": "lea"})
    assert {entry.detail["found"] for entry in entries(Deed.SEARCHED)} == {1}
    assert len(entries(Deed.SEARCHED)) == 2


def test_no_entry_says_who_the_client_is(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, timezone.now() + dt.timedelta(days=1), [shop.styling])
    browser = browser_of(shop.ana)
    browser.get(reverse("client-search"), {"q": "lea.noir@example.org"})
    browser.get(reverse("client", args=[shop.lea.pk]))
    browser.get(reverse("booking", args=[booking.pk]))
    browser.get(reverse("record-client", args=[shop.lea.pk]))
    browser.get(reverse("record-booking", args=[booking.pk]))
    browser.post(reverse("client-note", args=[shop.lea.pk]), {"body": "Lea likes ivory"})
    browser.post(reverse("client-consent", args=[shop.lea.pk]), {"consent": "booking_only"})
    written = everything_written()
    assert not [secret for secret in SECRETS if secret in written]
    deeds = set(AuditEntry.objects.values_list("deed", flat=True))
    assert deeds == {"searched", "client_seen", "booking_seen", "record_seen", "client_changed"}
    assert {entry.detail["what"] for entry in entries(Deed.CLIENT_CHANGED)} == {"note", "consent"}


def test_a_change_of_a_booking_is_written_down_with_what_it_was(shop: Shop, browser_of: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, timezone.now() + dt.timedelta(minutes=5), [shop.styling])
    page = reverse("booking-change", args=[booking.pk, "arrive"])
    reference = "0e6c5f2e-6b0c-4a4e-9b58-6f1d4be2a111"
    browser_of(shop.ana).post(page, {"reference": reference, "seen": booking.modified_at.isoformat(), "next": ""})
    (entry,) = entries(Deed.BOOKING_CHANGED)
    assert (entry.object_id, entry.client, entry.detail) == (booking.pk, shop.lea, {"kind": "arrive"})
    assert Change.objects.get().author == entry.user == shop.ana.user


def test_a_change_of_a_connection_is_written_down(shop: Shop, browser_of: Any) -> None:
    made = Connection(name="Booxi", base_url="https://example.org")
    made.secrets = {"partner_key": "abcdefghijklmnopqrstuvwxyz1234"}  # type: ignore[assignment]
    made.save()
    browser_of(shop.helene).post(reverse("connection-sync", args=[made.pk]))
    (entry,) = entries(Deed.CONNECTION_CHANGED)
    assert (entry.object_id, entry.detail, entry.user) == (made.pk, {"what": "read_again"}, shop.helene)


def test_who_reads_a_delivery_is_written_down(shop: Shop, browser_of: Any) -> None:
    made = Connection.objects.create(name="Booxi", base_url="https://example.org")
    delivery = WebhookDelivery.objects.create(connection=made, event_id="1", body="{}", client=shop.lea)
    browser_of(shop.helene).post(reverse("connection-delivery-body", args=[delivery.pk]))
    assert [entry.client for entry in entries(Deed.BODY_SEEN)] == [shop.lea]


def test_what_a_header_claims_is_not_the_address(shop: Shop, browser_of: Any) -> None:
    browser_of(shop.ana).get(reverse("client", args=[shop.lea.pk]), headers={"X-Forwarded-For": "203.0.113.9"})
    assert entries(Deed.CLIENT_SEEN)[0].address == "127.0.0.1"


# --- the page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ana", "marc", "charlie"])
def test_the_audit_trail_is_not_there_for_stores(shop: Shop, browser_of: Any, person: str) -> None:
    browser = browser_of(getattr(shop, person))
    assert browser.get(reverse("audit")).status_code == 404
    assert browser.post(reverse("audit-export")).status_code == 404


def test_head_office_asks_who_saw_a_client(shop: Shop, browser_of: Any, entry: AuditEntry) -> None:
    mira = make_client(shop.store, "Mira", "Okafor")
    audit.record(Deed.CLIENT_SEEN, user=shop.bo.user, client=mira)
    AuditEntry.objects.create(
        deed=Deed.CLIENT_SEEN, user=shop.marc.user, client=shop.lea, at=timezone.now() - dt.timedelta(days=91)
    )
    page = text_of(browser_of(shop.helene).get(reverse("audit"), {"client": shop.lea.pk}))
    assert "Who saw Lea Noir" in page
    assert "Ana Roy" in page
    assert "Bo Lind" not in page
    assert "Marc Petit" not in page  # longer ago than 90 days
    assert f'href="/audit/?client={shop.lea.pk}"' in text_of(
        browser_of(shop.helene).get(reverse("client", args=[shop.lea.pk]))
    )


def test_support_sees_who_did_what_without_names_of_clients(shop: Shop, browser_of: Any, entry: AuditEntry) -> None:
    support = User.objects.create_user("support@shop.test", is_support=True)
    page = text_of(browser_of(support).get(reverse("audit"), {"client": shop.lea.pk}))
    assert "Ana Roy" in page
    assert f">{shop.lea.pk}<" in page
    assert "Lea" not in page
    assert "Noir" not in page
    assert browser_of(support).post(reverse("audit-export")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"person": "ana.roy"}, {"client_seen"}),
        ({"person": "lind"}, {"searched"}),
        ({"deed": "searched"}, {"searched"}),
        ({"since": "2020-01-01", "until": "2020-01-02"}, {"locked"}),
        ({"since": "2020-01-03"}, {"client_seen", "searched"}),
        ({"person": "nobody"}, set()),
    ],
)
def test_entries_are_filtered(
    shop: Shop, browser_of: Any, entry: AuditEntry, asked: dict[str, str], expected: set[str]
) -> None:
    audit.record(Deed.SEARCHED, user=shop.bo.user, found=3)
    AuditEntry.objects.create(deed=Deed.LOCKED, at=dt.datetime(2020, 1, 2, 12, tzinfo=dt.UTC))
    lines = browser_of(shop.helene).get(reverse("audit"), asked).context["lines"]
    assert {line.entry.deed for line in lines} == expected


@pytest.mark.parametrize("asked", [{"client": "x"}, {"since": "soon"}, {"deed": "flew"}, {"client": "9" * 30}])
def test_nonsense_is_answered_with_nothing(shop: Shop, browser_of: Any, asked: dict[str, str]) -> None:
    response = browser_of(shop.helene).get(reverse("audit"), asked)
    assert (response.status_code, response.context["lines"]) == (422, [])


def test_pages_follow_each_other_by_key_in_a_fixed_number_of_queries(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(shop.helene)
    seen: list[int] = []
    address, pages = reverse("audit"), 0
    AuditEntry.objects.bulk_create(
        AuditEntry(deed=Deed.CLIENT_SEEN, user=shop.ana.user, client=shop.lea, store=shop.store) for _ in range(120)
    )
    while address:
        with django_assert_max_num_queries(5):  # session, person, stores and count of the frame, entries
            response = browser.get(address)
        seen += [line.entry.pk for line in response.context["lines"]]
        following = response.context["next"]
        address, pages = f"{reverse('audit')}?before={following}" if following else "", pages + 1
    assert pages == 3
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 120


def test_an_export_is_written_down_and_safe_to_open(shop: Shop, browser_of: Any, entry: AuditEntry) -> None:
    User.objects.filter(pk=shop.bo.user.pk).update(name="=1+1")
    audit.record(Deed.SEARCHED, user=User.objects.get(pk=shop.bo.user.pk), found=2)
    response = browser_of(shop.helene).post(reverse("audit-export"), {"deed": ""})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows[0][:4] == ["at", "user", "name", "deed"]
    assert {row[2] for row in rows[1:]} >= {"Ana Roy", "'=1+1"}
    assert not [secret for secret in SECRETS if any(secret in cell for row in rows for cell in row)]
    assert [row.detail for row in entries(Deed.EXPORTED)] == [{"number": 2}]


def test_a_role_that_is_lost_takes_the_trail_with_it(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    assert browser.get(reverse("audit")).status_code == 200
    User.objects.filter(pk=shop.helene.pk).update(is_head_office=False, is_support=False)
    assert browser.get(reverse("audit")).status_code == 404


def test_somebody_from_a_store_finds_no_way_to_it(shop: Shop, browser_of: Any) -> None:
    page = text_of(browser_of(shop.marc).get(reverse("client", args=[shop.lea.pk])))
    assert reverse("audit") not in page
