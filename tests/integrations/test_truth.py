import datetime as dt
import re
from typing import Any

import pytest

from integrations import truth
from integrations.models import Connection, Difference, StoreLink, WebhookDelivery
from tests.people import NOW, Shop, make_booking

pytestmark = pytest.mark.usefixtures("clock")
Source = Difference.Source


@pytest.fixture
def booxi(shop: Shop) -> Connection:
    connection = Connection.objects.create(name="Booxi Paris", base_url="https://example.test")
    StoreLink.objects.create(connection=connection, store=shop.store, external_id="501", full_at=NOW)
    StoreLink.objects.create(connection=connection, store=shop.other, external_id="502")
    return connection


def happened(shop: Shop, source: str, number: int, *, ago: dt.timedelta = dt.timedelta(hours=1), **more: Any) -> None:
    booking = make_booking(shop.ana, shop.lea, NOW, [shop.styling])
    rows = [Difference(booking=booking, field="staff", source=source, at=NOW - ago, **more) for _ in range(number)]
    Difference.objects.bulk_create(rows)


def delivery(booxi: Connection, state: str, at: dt.datetime) -> None:
    name = f"e{WebhookDelivery.objects.count()}"
    WebhookDelivery.objects.create(connection=booxi, event_id=name, body="{}", state=state, received_at=at)


def test_periods_say_what_share_came_by_webhook(shop: Shop, booxi: Connection) -> None:
    happened(shop, Source.WEBHOOK, 3)
    happened(shop, Source.SWEEP, 1)
    happened(shop, Source.PERSON, 4)
    happened(shop, Source.SWEEP, 2, ago=dt.timedelta(days=3))
    happened(shop, Source.SWEEP, 9, ago=dt.timedelta(days=8))
    happened(shop, Source.WEBHOOK, 9, applied=False)
    Difference.objects.create(client=shop.lea, field="customer_number", after="CUST-9", source=Source.CRM, at=NOW)
    day, week = truth.periods(NOW)
    assert (day.told, week.told) == (75, 50)
    assert [(share.source, share.number, share.width) for share in day.shares] == [
        (Source.WEBHOOK, 3, 37.5),
        (Source.SWEEP, 1, 12.5),
        (Source.CRM, 0, 0.0),
        (Source.PERSON, 4, 50.0),
    ]
    assert [share.start for share in day.shares] == [0, 37.5, 50, 50]


def test_periods_of_a_quiet_week_divide_by_nothing(db: None) -> None:
    day, week = truth.periods(NOW)
    assert (day.told, week.told) == (None, None)
    assert {share.width for share in day.shares} == {0.0}


def test_stores_come_stalest_first_with_what_sweeps_found(shop: Shop, booxi: Connection) -> None:
    happened(shop, Source.SWEEP, 2)
    happened(shop, Source.WEBHOOK, 5)
    assert [(link.store, found) for link, found in truth.stores(NOW)] == [(shop.other, 0), (shop.store, 2)]


def test_queue_says_how_long_the_oldest_has_waited(shop: Shop, booxi: Connection) -> None:
    hour = dt.timedelta(hours=1)
    delivery(booxi, "done", NOW - 5 * hour)
    delivery(booxi, "waiting", NOW - 2 * hour)
    delivery(booxi, "waiting", NOW - hour)
    delivery(booxi, "parked", NOW - 3 * hour)
    assert truth.queue() == truth.Queue(waiting=2, oldest=NOW - 2 * hour, parked=1, latest=NOW - hour)


def test_page_shows_the_figures_to_head_office_alone(shop: Shop, booxi: Connection, browser_of: Any) -> None:
    happened(shop, Source.WEBHOOK, 3)
    happened(shop, Source.SWEEP, 1)
    page = browser_of(shop.helene).get("/connections/truth/")
    assert page.status_code == 200
    text = re.sub(r"\s+", " ", page.text)
    assert "75 % came by webhook" in text
    assert '<rect class="is-sweep" x="75.00" y="0" width="25.00" height="4">' in text
    assert "style=" not in text
    for person in (shop.ana, shop.marc):
        assert browser_of(person).get("/connections/truth/").status_code == 404
    assert "/connections/truth/" in browser_of(shop.helene).get("/connections/").text


def test_page_takes_the_same_few_queries_for_much(
    shop: Shop, booxi: Connection, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(shop.helene)
    with django_assert_max_num_queries(10) as few:
        browser.get("/connections/truth/")
    for source in Source.values:
        happened(shop, source, 3)
    delivery(booxi, "waiting", NOW)
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get("/connections/truth/")
