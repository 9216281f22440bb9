"""The whole story in Chromium: real pages of a real server, the real gateway, the sandbox over HTTP.

There is no worker: `scene.worker_comes_by()` does what it would do, when the test says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Session
from playwright.sync_api import BrowserContext, Page, expect

from clienteling.models import User
from tests.browser.scene import Scene, furnish
from tests.browser.snapshot import Snapshot
from tests.browser.watch import Watch
from tests.people import NOW
from tests.vendors import Vendor

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
TABLET: dict[str, Any] = {"viewport": {"width": 768, "height": 1024}, "has_touch": True}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PATIENCE_MS = 15_000

# Playwright keeps an event loop in the thread of the tests, to the end of the run: Django would take every query
# there for one inside a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
expect.set_options(timeout=PATIENCE_MS)

# Until its scripts are there nothing of a page can be pressed: a person is slower than a test, which would press what
# they have not taken over yet. (Scripts of a page run before DOMContentLoaded.)
NOTHING_TO_PRESS_YET = """
  const curtain = new CSSStyleSheet();
  curtain.replaceSync("html { pointer-events: none }");
  document.adoptedStyleSheets = [curtain];
  document.addEventListener("DOMContentLoaded", () => (document.adoptedStyleSheets = []));
"""

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session", autouse=True)
def _chromium() -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not at {CHROMIUM}: browser tests are skipped.")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = [*QUIET.split(), "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": quiet}


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


@pytest.fixture(scope="session")
def _furnished(_vendor_process: Vendor, django_db_setup: None, django_db_blocker: Any) -> Snapshot:
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=True):
        furnish(_vendor_process)
        snapshot = Snapshot.take()
        call_command("flush", verbosity=0, interactive=False)
    return snapshot


@pytest.fixture
def scene(_furnished: Snapshot, vendor: Vendor, live_server: Any, vendor_time: object) -> Scene:
    """The sandbox as planted, and our own rows as read from it."""
    _furnished.put_back()
    return Scene.of(vendor)


@pytest.fixture
def watch(live_server: Any) -> Iterator[Watch]:
    """Fails the test for whatever went wrong behind its pages."""
    watch = Watch(live_server.url)
    yield watch
    assert watch.trouble == []


@pytest.fixture
def open_context(
    new_context: Callable[..., BrowserContext], live_server: Any, watch: Watch
) -> Callable[..., BrowserContext]:
    """A browser of its own, far away from the store: the pages must show the store's time all the same."""

    def open_context(**options: Any) -> BrowserContext:
        far_away = {"base_url": live_server.url, "locale": "en-GB", "timezone_id": "America/Los_Angeles"}
        context = new_context(**{**far_away, **LAPTOP, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.clock.set_fixed_time(NOW)
        if options.get("java_script_enabled", True):
            context.add_init_script(NOTHING_TO_PRESS_YET)
        watch.follow(context)
        return context

    return open_context


@pytest.fixture
def open_page(open_context: Callable[..., BrowserContext], live_server: Any) -> OpenPage:
    """`open_page(user, path, **PHONE)`: that page, if any yet, in a browser where `user` is logged in."""

    def open_page(user: User | None, path: str = "", **options: Any) -> Page:
        context = open_context(**options)
        if user:
            context.add_cookies([{**_session(user), "url": live_server.url}])
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    return open_page


def _session(user: User) -> Any:
    session = Session()
    session.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture
def page(open_page: OpenPage, scene: Scene) -> Page:
    """Ana at the counter, no page open yet."""
    return open_page(scene.ana)
