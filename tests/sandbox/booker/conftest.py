import pytest

from tests.sandbox.booker.spa import Spa
from tests.sandbox.desk import Desk


@pytest.fixture
def spa(desk: Desk) -> Spa:
    """The New York location's own program, on a Friday at ten twenty UTC (five twenty there)."""
    return Spa(desk)
