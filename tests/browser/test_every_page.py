"""Every page in every state: axe finds nothing, nothing sticks out on a phone, everything is large enough to tap."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.conftest import LAPTOP, PHONE, OpenPage
from tests.browser.scene import Scene
from tests.browser.states import STATES
from tests.browser.watch import Watch

# The statuses with which pages that refuse something are answered.
REFUSALS = (400, 403, 404, 409, 410, 422, 500)
WHOLE: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# In the dark only colours are others.
CONTRAST: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}

TARGETS = """() => {
  const LEAST = 44 - 0.5;
  const fields = "button, summary, select, textarea, input:not([type=hidden])";
  const wanted = `${fields}, .button, nav a, .menu a, .place, .segments a`;
  const found = [];
  for (const element of document.querySelectorAll(wanted)) {
    if (!element.checkVisibility({opacityProperty: false, visibilityProperty: true})) continue;
    if (element.closest(".visually-hidden, .skip, [inert]") || element.disabled) continue;
    const label = element.matches("[type=checkbox], [type=radio]") && element.labels[0];
    const box = (label || element).getBoundingClientRect();
    const around = getComputedStyle(element, "::before");
    const more = around.position === "absolute" ? -parseFloat(around.top) - parseFloat(around.bottom) : 0;
    if (box.height + Math.max(more || 0, 0) >= LEAST && box.width >= 24) continue;
    found.push(`${element.outerHTML.slice(0, 120)} ${box.width}x${box.height}`);
  }
  return found;
}"""

STICKS_OUT = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > room + 1)
    .map(element => element.outerHTML.slice(0, 120));
}"""


def look(page: Page, axe: Axe, options: dict[str, Any], where: str) -> list[str]:
    page.emulate_media(reduced_motion="reduce")  # colours on their way to others are nobody's to read
    found = axe.run(page, options=options).response["violations"]
    return [
        f"{where}: {one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", STATES)
def test_anybody_can_use(open_page: OpenPage, scene: Scene, watch: Watch, axe: Axe, name: str) -> None:
    watch.expects(*REFUSALS)
    watch.leaves_for(scene.vendor.url)
    who, reach = STATES[name]
    page = open_page(getattr(scene, who) if who else None, has_touch=True)
    reach(page, scene)
    found = []
    for where, size in (("laptop", LAPTOP), ("phone", PHONE)):
        page.set_viewport_size(size["viewport"])
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += look(page, axe, WHOLE, f"{where}, light")
        page.emulate_media(color_scheme="dark")
        found += look(page, axe, CONTRAST, f"{where}, dark")
    found += [f"sticks out: {one}" for one in page.evaluate(STICKS_OUT)]
    found += [f"small: {one}" for one in page.evaluate(TARGETS)]
    assert found == []
