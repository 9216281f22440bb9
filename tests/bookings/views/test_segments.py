"""The pages of segments: what they show to whom, and what they write down."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.urls import reverse

from bookings.models import LastVisitRange, Presence, Segment, SegmentCount
from clienteling.models import AuditEntry, Client, Deed, Role, StaffMember
from clienteling.permissions import TABLE, Action
from clienteling.profiles import describe
from tests.people import NOW, Shop, make_booking, make_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_gateway", "clock")]
DAY = dt.timedelta(days=1)
HX = {"hx-request": "true"}


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def some_segment(shop: Shop, **fields: Any) -> Segment:
    values: dict[str, Any] = {"name": "Regulars", "store": shop.store, "criteria": {"days_max": 30}}
    return Segment.objects.create(**values | fields)


# --- everybody ---------------------------------------------------------------------------------------------------


def test_overview_groups_everybody_of_her_stores(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW - 45 * DAY, [shop.styling])
    make_client(shop.store, "Never")
    make_client(shop.other, "Elsewhere")
    page = text_of(browser_of(shop.marc).get(reverse("segments")))
    assert "2 clients in all" in page
    assert "days_min=31&amp;days_max=60" in page
    assert "3 clients in all" in text_of(browser_of(shop.helene).get(reverse("segments")))
    narrowed = browser_of(shop.helene).get(reverse("segments"), {"store": shop.other.pk})
    assert "1 client in all" in text_of(narrowed)


def test_a_store_that_is_not_hers_is_refused(shop: Shop, browser_of: Any) -> None:
    for name in ("segments", "segments-find"):
        response = browser_of(shop.marc).get(reverse(name), {"store": shop.other.pk})
        assert response.status_code == 422
        assert "SoHo" not in text_of(response)


@pytest.mark.parametrize("person", ["marc", "helene"])
@pytest.mark.parametrize("name", ["segments", "segments-find", "segment"])
def test_pages_take_the_same_few_queries_however_many_there_are(
    shop: Shop, browser_of: Any, django_assert_max_num_queries: Any, person: str, name: str
) -> None:
    browser, counts = browser_of(getattr(shop, person)), []
    for number in range(3):
        for each in range(number + 1):
            client = make_client(shop.store, f"C{number}{each}")
            describe(client, {"city": "Lyon"}, at=NOW)
            make_booking(shop.ana, client, NOW - DAY, [shop.styling])
            made = some_segment(shop)
            made.note_count(NOW.date() - DAY, number)
            made.note_count(NOW.date(), number)
        address = reverse(name, args=[made.pk] if name == "segment" else [])
        with django_assert_max_num_queries(12) as queries:
            assert browser.get(address).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


# --- criteria ------------------------------------------------------------------------------------------------------


def test_find_shows_whom_the_criteria_find(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, make_client(shop.store, "Mira", "Okafor"), NOW - 3 * DAY, [shop.styling])
    browser = browser_of(shop.marc)
    page = text_of(browser.get(reverse("segments-find"), {"days_max": 30}))
    assert "Mira Okafor" in page
    assert "Lea Noir" not in page
    assert "1 client<" in page
    assert "last 3 May" in page.replace("Sun ", "")
    assert AuditEntry.objects.get(deed=Deed.SEARCHED).detail == {"found": 1}


def test_while_the_criteria_change_only_the_found_ones_are_sent(shop: Shop, browser_of: Any) -> None:
    response = browser_of(shop.marc).get(reverse("segments-find"), {"never": "on", "sms": ""}, headers=HX)
    assert "<html" not in response.text
    assert "Lea Noir" in response.text
    assert response["HX-Replace-Url"] == f"/segments/find/?never=True&store={shop.store.pk}"


def test_criteria_that_do_not_fit_are_said_and_find_nobody(shop: Shop, browser_of: Any) -> None:
    for headers in ({}, HX):
        response = browser_of(shop.marc).get(
            reverse("segments-find"), {"days_min": "9", "days_max": "3"}, headers=headers
        )
        assert response.status_code == 422
        assert "Days since the last visit: This is less than the other one." in text_of(response)
        assert "Lea Noir" not in response.text


@pytest.mark.parametrize(
    "query",
    [
        {"days_min": "9" * 30},
        {"service": "a\x00b"},
        {"service": "'\"<script>alert(1)</script>"},
        {"page": "0"},
        {"page": "99999"},
        {"had_since": "9999-12-31"},
        {"spent_min": "1e400", "currency": "EUR"},
        {"store": "x"},
    ],
)
def test_find_survives_anything(shop: Shop, browser_of: Any, query: dict[str, str]) -> None:
    response = browser_of(shop.marc).get(reverse("segments-find"), query)
    assert response.status_code in (200, 422)
    assert "<script>alert" not in response.text


def test_find_offers_what_her_stores_offer(shop: Shop, browser_of: Any) -> None:
    page = browser_of(shop.marc).get(reverse("segments-find")).text
    assert '<option value="Styling">' in page
    assert '<option value="Studio">' in page
    assert '<option value="EUR">' in page
    assert "USD" not in page


def test_a_list_has_pages(shop: Shop, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bookings.views.segments.PAGE_SIZE", 2)
    for number in range(4):
        make_client(shop.store, f"C{number}", "Zed")
    browser = browser_of(shop.marc)
    first = browser.get(reverse("segments-find"), {"kept": "on"}).text
    last = browser.get(reverse("segments-find"), {"kept": "on", "page": 9}).text
    assert "Lea Noir" in first
    assert "Page 1 of 3" in first
    assert f"/segments/find/?kept=True&amp;store={shop.store.pk}&amp;page=2" in first
    assert "C3 Zed" in last
    assert "Page 3 of 3" in last


def test_contact_data_is_shown_to_who_may_see_it(shop: Shop, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = browser_of(shop.marc)
    assert "lea.noir@example.org" in browser.get(reverse("segments-find")).text
    monkeypatch.setitem(TABLE, Action.SEE_CONTACT, (False,) * 5)
    page = browser.get(reverse("segments-find")).text
    assert "Lea Noir" in page
    assert "lea.noir@example.org" not in page


# --- saved ones ------------------------------------------------------------------------------------------------------


def test_saving_counts_at_once_and_leads_to_the_segment(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.marc)
    data = {"name": "  New   ones ", "store": shop.store.pk, "visits_max": 1}
    response = browser.post(reverse("segments-save"), data)
    made = Segment.objects.get()
    assert response["Location"] == reverse("segment", args=[made.pk])
    assert (made.name, made.criteria, made.store) == ("New ones", {"visits_max": 1}, shop.store)
    assert made.owner == shop.marc.user
    assert made.counts.get().number == 1
    page = text_of(browser.get(response["Location"]))
    assert "1 client now" in page
    assert "at most 1 visit" in page


def test_a_manager_saves_for_one_store_and_head_office_for_all(shop: Shop, browser_of: Any) -> None:
    there = StaffMember.objects.create(store=shop.other, user=shop.marc.user, first_name="Marc", role=Role.MANAGER)
    browser = browser_of(shop.marc)
    assert "Choose one store" in browser.get(reverse("segments-find")).text
    response = browser.post(reverse("segments-save"), {"name": "All"})
    assert response.status_code == 422
    assert "Choose the store" in text_of(response)
    assert not Segment.objects.exists()
    there.delete()
    browser.post(reverse("segments-save"), {"name": "All"})
    assert Segment.objects.get().store == shop.store
    Segment.objects.all().delete()
    browser_of(shop.helene).post(reverse("segments-save"), {"name": "All"})
    assert Segment.objects.get().store is None


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 81}, {"days_min": 5, "days_max": 1}])
def test_what_does_not_fit_is_not_saved(shop: Shop, browser_of: Any, wrong: dict[str, Any]) -> None:
    data = {"name": "Good", "store": shop.store.pk} | wrong
    assert browser_of(shop.marc).post(reverse("segments-save"), data).status_code == 422
    assert not Segment.objects.exists()


def test_a_segment_is_renamed_and_deleted(shop: Shop, browser_of: Any) -> None:
    made, browser = some_segment(shop), browser_of(shop.marc)
    assert browser.post(reverse("segment-rename", args=[made.pk]), {"name": ""}).status_code == 422
    browser.post(reverse("segment-rename", args=[made.pk]), {"name": "<b>Friends"})
    page = browser.get(reverse("segment", args=[made.pk])).text
    assert "&lt;b&gt;Friends" in page
    browser.post(reverse("segment-remove", args=[made.pk]))
    assert not Segment.objects.exists()
    whats = [entry.detail["what"] for entry in AuditEntry.objects.filter(deed=Deed.SEGMENT_CHANGED)]
    assert whats == ["removed", "renamed"]


def test_a_chart_says_the_same_in_words_and_in_a_table(shop: Shop, browser_of: Any) -> None:
    made = some_segment(shop)
    for days_ago, number in ((200, 1), (30, 1200), (1, 1150), (0, 1190)):
        SegmentCount.objects.create(segment=made, day=NOW.date() - days_ago * DAY, number=number)
    page = text_of(browser_of(shop.marc).get(reverse("segment", args=[made.pk])))
    assert "10 fewer than on Mon 6 Apr" in page
    assert 'aria-label="From 1,200 on Mon 6 Apr to 1,190 on Wed 6 May; at least 1,150, at most 1,200"' in page
    assert page.count("<polyline") == 1
    assert "style=" not in page
    assert '<th scope="row">Tue 5 May</th><td class="num">1,150</td>' in page


def test_criteria_that_nobody_can_read_are_said_to_be_so(shop: Shop, browser_of: Any) -> None:
    made = some_segment(shop, criteria={"nonsense": 1})
    page = browser_of(shop.marc).get(reverse("segment", args=[made.pk])).text
    assert "cannot be read" in page
    assert "Lea Noir" not in page
    assert "cannot be read" in browser_of(shop.marc).get(reverse("segments")).text


# --- a file ----------------------------------------------------------------------------------------------


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_file_has_everybody_and_is_written_down(shop: Shop, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bookings.segment_export.AT_ONCE", 2)
    for number in range(4):
        make_client(shop.store, f"C{number}")
    make_booking(shop.ana, shop.lea, NOW - DAY, [shop.styling], presence=Presence.ARRIVED)
    describe(shop.lea, {"born_on": dt.date(1982, 1, 21), "takes_sms": False, "city": "Zürich"}, at=NOW)
    response = browser_of(shop.helene).post(reverse("segments-export"), {"store": shop.store.pk})
    assert response.streaming
    assert "no-store" in response["Cache-Control"]
    rows = rows_of(response)
    assert [row["first_name"] for row in rows] == ["Lea", "C0", "C1", "C2", "C3"]
    lea = {name: rows[0][name] for name in ("email", "mobile_phone", "birthday", "takes_sms", "city", "visits")}
    assert lea == {
        "email": "lea.noir@example.org",
        "mobile_phone": "+33612345678",
        "birthday": "1982-01-21",
        "takes_sms": "no",
        "city": "Zürich",
        "visits": "1",
    }
    assert rows[0]["last_visit"] == "2026-05-05"
    entry = AuditEntry.objects.get(deed=Deed.EXPORTED)
    assert (entry.detail, entry.store_id) == ({"what": "clients", "number": 5}, shop.store.pk)


@pytest.mark.parametrize("name", ["=1+1", "+1", "@SUM(A1)", "-2", " =1", "\t=1", "\n=1", "\uff1dcmd()", "+33 6=1"])
def test_no_name_becomes_a_formula(shop: Shop, browser_of: Any, name: str) -> None:
    Client.objects.filter(pk=shop.lea.pk).update(first_name=name)
    rows = rows_of(browser_of(shop.helene).post(reverse("segments-export")))
    assert rows[0]["first_name"] == f"'{name}"
    assert rows[0]["mobile_phone"] == "+33612345678"


def test_a_file_shows_contact_data_only_to_who_may_see_it(
    shop: Shop, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLE, Action.EXPORT_SEGMENTS, (False, False, True, True, False))
    monkeypatch.setitem(TABLE, Action.SEE_CONTACT, (False, False, False, True, False))
    describe(shop.lea, {"street": "1 rue Secrète"}, at=NOW)
    make_client(shop.other, "Elsewhere")
    text = b"".join(browser_of(shop.marc).post(reverse("segments-export")).streaming_content).decode()
    assert "Lea,Noir" in text
    for secret in ("lea.noir@", "612345678", "rue", "Elsewhere"):
        assert secret not in text


def test_only_head_office_takes_clients_out(shop: Shop, browser_of: Any) -> None:
    assert browser_of(shop.marc).post(reverse("segments-export")).status_code == 404
    assert "Take out" not in browser_of(shop.marc).get(reverse("segments-find")).text
    assert "Take out" in browser_of(shop.helene).get(reverse("segments-find")).text


# --- for head office -------------------------------------------------------------------------------------


def test_head_office_sets_the_ranges(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.helene)
    assert 'value="30, 60, 90, 180, 365"' in browser.get(reverse("segments-ranges")).text
    browser.post(reverse("segments-ranges"), {"limits": " 7; 14 "})
    assert LastVisitRange.objects.limits() == [7, 14]
    assert "8 to 14 days ago" in browser.get(reverse("segments")).text
    assert AuditEntry.objects.get(deed=Deed.SEGMENT_CHANGED).detail == {"what": "ranges"}


@pytest.mark.parametrize(
    "limits", ["", "30, 20", "30, 30", "0", "-5", "30, x", "99999", ", ".join(map(str, range(1, 14)))]
)
def test_ranges_that_make_no_sense_are_refused(shop: Shop, browser_of: Any, limits: str) -> None:
    assert browser_of(shop.helene).post(reverse("segments-ranges"), {"limits": limits}).status_code == 422
    assert not LastVisitRange.objects.exists()


def test_a_manager_of_one_store_who_works_in_another_sees_only_her_own(shop: Shop, browser_of: Any) -> None:
    StaffMember.objects.create(store=shop.other, user=shop.marc.user, first_name="Marc", role=Role.ASSOCIATE)
    make_client(shop.other, "Elsewhere")
    page = browser_of(shop.marc).get(reverse("segments-find")).text
    assert "Lea Noir" in page
    assert "Elsewhere" not in page
