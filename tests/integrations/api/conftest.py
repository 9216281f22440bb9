from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from tests.people import Shop
from tests.systems import Caller, make_caller


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def caller(shop: Shop, clock: Any, still_gateway: Any) -> Caller:
    """A system with every scope in the Paris store."""
    return make_caller(stores=[shop.store])
