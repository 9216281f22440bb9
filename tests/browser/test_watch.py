from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.watch import Watch


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("setTimeout(() => { throw new Error('made up') })", "Error: made up"),
        ("fetch('/nothing/here/')", "answer: 404 GET"),
        ("fetch('http://127.0.0.1:9/')", "Content Security Policy"),
    ],
)
def test_nothing_wrong_behind_a_page_goes_unseen(page: Page, watch: Watch, wrong: str, said: str) -> None:
    page.goto("/clients/")
    page.evaluate(f"() => {{ {wrong}; }}")
    with page.expect_event("console"):
        page.evaluate("() => setTimeout(() => console.info('later'), 100)")
    assert any(said in one for one in watch.trouble), watch.trouble
    watch.trouble.clear()
