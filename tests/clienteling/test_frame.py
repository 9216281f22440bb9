from typing import Any

import pytest

from tests.people import Shop

OUTSIDE = "http://127.0.0.1:8700/"


@pytest.mark.parametrize("is_demo", [True, False])
def test_only_a_demo_leads_to_the_systems_outside(
    shop: Shop, browser_of: Any, still_gateway: Any, settings: Any, is_demo: bool
) -> None:
    settings.DEMO, settings.DEMO_OUTSIDE = is_demo, OUTSIDE if is_demo else ""
    page = browser_of(shop.ana).get("/").text
    assert (f'href="{OUTSIDE}"' in page) is is_demo
    assert ("About this demo" in page) is is_demo
