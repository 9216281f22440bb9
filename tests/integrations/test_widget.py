"""The snippet for the shop's web site: whatever is put in, it stays a value."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from clienteling.models import Store
from integrations.models import Connection, StoreLink
from integrations.widget import Visitor, as_javascript, script_of, snippet
from tests.people import Shop

HOSTILE = [
    "CUST-9",
    "'); alert(1); ('",
    '"); alert(1); ("',
    '"><script>alert(1)</script>',
    "</script><script>alert(1)</script>",
    "<!--",
    "&quot;); alert(1); (&quot;",
    "&#39;); alert(1); (&#39;",
    "\\'); alert(1); //",
    "\\u0022); alert(1); //",
    "a\u2028b\u2029c",
    "\nalert(1)\n",
    "${alert(1)}`",
    "Éloïse 東京 \U0001f600",
    "javascript:alert(1)",
]


class Tags(HTMLParser):
    """What a browser makes of it: the elements with their attributes, entities resolved, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def opened_with(html: str) -> dict[str, Any]:
    """The options that a browser would open the widget with: the attribute's value is one call with one literal."""
    tags = Tags(html)
    assert [tag for tag, _ in tags.found] == ["script", "button"]
    button = tags.found[1][1]
    assert set(button) == {"type", "onclick"}
    call = re.fullmatch(r"BookNow\.open\((\{.*\})\)", str(button["onclick"]))
    assert call, button["onclick"]
    return value_of(call.group(1))


def value_of(literal: str) -> dict[str, Any]:
    """What JavaScript makes of it: names without quotes, texts between single quotes, nothing in them but signs
    that mean nothing and \\u escapes. So it is JSON once the quotes are changed."""
    assert literal.isascii()
    assert not set(literal) & set('<>&"`\n\r/();=$')
    assert all(re.fullmatch(r"(?:[A-Za-z0-9 \-_.@+]|\\u[0-9a-f]{4})*", text) for text in literal.split("'")[1::2])
    quoted = re.sub(r"([{ ])(\w+): ", r'\1"\2": ', literal).replace("'", '"')
    options: dict[str, Any] = json.loads(quoted)
    return options


@pytest.mark.parametrize("value", HOSTILE)
def test_snippet_hands_every_value_over_as_it_is(value: str) -> None:
    visitor = Visitor(customer_id=value, first_name=value, last_name=value, email=value, mobile_phone=value)
    html = snippet(base_url="https://api.booxi.eu/booking/v1", merchant_key=value, label=value, visitor=visitor)
    assert opened_with(html) == {
        "apiKey": value,
        "client": {
            "firstName": value,
            "lastName": value,
            "email": value,
            "mobilePhoneNumber": value,
            "customerId": value,
            "skipClientForm": False,
        },
    }
    assert Tags(html).text.strip() == value.strip()


def test_snippet_names_no_client_where_nobody_is_logged_in() -> None:
    html = snippet(base_url="https://api.booxi.eu/booking/v1", merchant_key="k", label="Book", visitor=Visitor())
    assert opened_with(html) == {"apiKey": "k"}


@pytest.mark.parametrize(
    ("address", "script"),
    [
        ("https://api.booxi.com/booking/v1", "https://www.booxi.com/booknow/booknow.js"),
        ("https://api.booxi.eu/booking/v1", "https://www.booxi.eu/booknow/booknow.js"),
        ("http://127.0.0.1:8700/booking/v1", "https://www.booxi.eu/booknow/booknow.js"),
    ],
)
def test_script_is_the_regions(address: str, script: str) -> None:
    assert script_of(address) == script
    assert Tags(snippet(base_url=address, merchant_key="k", label="b", visitor=Visitor())).found[0][1]["src"] == script


def test_as_javascript_can_stand_inside_a_script_element() -> None:
    assert as_javascript({"a": "</x>'&"}) == "{a: '\\u003c\\u002fx\\u003e\\u0027\\u0026'}"


# --- the page -------------------------------------------------------------------------------------------


@pytest.fixture
def booxi(shop: Shop) -> Connection:
    connection = Connection.objects.create(name="Booxi", base_url="https://api.booxi.eu/booking/v1")
    for store, key in ((shop.store, "public-key-101"), (shop.other, "")):
        StoreLink.objects.create(
            connection=connection, store=store, external_id=store.number, secrets={"merchant_key": key} if key else {}
        )
    return connection


def shown(page: Any) -> str:
    """The snippet as a person copies it."""
    found = re.search(r'<pre class="snippet"[^>]*>(.*?)</pre>', page.content.decode(), re.S)
    return Tags(found.group(1)).text if found else ""


def test_page_shows_the_first_store_with_the_guides_example(booxi: Connection, shop: Shop, browser_of: Any) -> None:
    StoreLink.objects.filter(store=shop.other).delete()
    page = browser_of(shop.helene).get(f"/connections/{booxi.pk}/widget/")
    assert opened_with(shown(page)) == {
        "apiKey": "public-key-101",
        "client": {"customerId": "CUSTOMER-123", "skipClientForm": False},
    }
    assert b"data-copy" in page.content


@pytest.mark.parametrize("value", HOSTILE[:4])
def test_page_shows_what_was_typed_and_runs_none_of_it(
    booxi: Connection, shop: Shop, browser_of: Any, value: str
) -> None:
    link = StoreLink.objects.get(store=shop.store)
    page = browser_of(shop.helene).post(
        f"/connections/{booxi.pk}/widget/", {"store": link.pk, "label": "Book", "customer_id": value}
    )
    assert page.status_code == 200
    assert opened_with(shown(page))["client"]["customerId"] == value
    assert b"<script>alert" not in page.content


def test_page_without_a_key_says_where_to_enter_it(booxi: Connection, shop: Shop, browser_of: Any) -> None:
    link = StoreLink.objects.get(store=shop.other)
    page = browser_of(shop.helene).post(f"/connections/{booxi.pk}/widget/", {"store": link.pk, "label": "Book"})
    assert f"/connections/{booxi.pk}/stores/{link.pk}/" in page.content.decode()
    assert not shown(page)


def test_page_is_head_offices(booxi: Connection, shop: Shop, browser_of: Any) -> None:
    assert browser_of(shop.marc).get(f"/connections/{booxi.pk}/widget/").status_code == 404
    crm = Connection.objects.create(name="CRM", kind="crm", base_url="https://crm.example/v1")
    assert browser_of(shop.helene).get(f"/connections/{crm.pk}/widget/").status_code == 404
    Store.objects.all().delete()
    assert browser_of(shop.helene).get(f"/connections/{booxi.pk}/widget/").status_code == 200
