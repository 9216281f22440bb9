"""Head office connects Booker by signing in there, from an empty form to the first stores."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from clienteling.models import Store
from integrations import sync
from integrations.models import Connection
from tests.browser.booker_pages import sign_in_at_booker
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.scene import Scene
from tests.browser.watch import Watch


def test_from_an_empty_form_to_the_first_store(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.leaves_for(scene.vendor.url)
    seen: list[str] = []
    page = open_page(scene.helene, **PHONE)
    page.on("request", lambda request: seen.append(request.url))
    page.goto("/connections/")
    page.get_by_role("link", name="Add a connection").click()
    page.get_by_role("link", name="Booker", exact=True).click()
    sign_in_at_booker(page, scene)
    expect(page).to_have_url(re.compile(r"/connections/\d+/$"))
    expect(page.get_by_text("Somebody signed in at Booker")).to_be_visible()
    ours = [url for url in seen if not url.startswith(scene.vendor.url) and "code=" in url]
    assert len(ours) == 1, "the code is in the one address that Booker sends the browser to"
    sync.work(limit=1)
    page.reload()
    made = Connection.objects.get(kind=Connection.Kind.BOOKER)
    expect(page.get_by_role("rowheader", name=Store.objects.get(links__connection=made).name)).to_be_visible()
