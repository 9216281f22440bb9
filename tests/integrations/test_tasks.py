import datetime as dt

import pytest

from integrations import tasks
from integrations.models import Connection, Difference, ProviderCall
from tests.people import NOW, Shop

pytestmark = pytest.mark.usefixtures("clock")


def test_prune_keeps_what_the_story_of_a_booking_tells_for_longer_than_other_calls(shop: Shop) -> None:
    connection = Connection.objects.create(name="Booxi", base_url="https://example.test")
    for days in (1, 8, 366):
        at = NOW - dt.timedelta(days=days)
        for subject in ("", "booking:1"):
            ProviderCall.objects.create(connection=connection, method="GET", endpoint=str(days), subject=subject, at=at)
        Difference.objects.create(client=shop.lea, field=f"after {days}", source="crm", at=at)
    tasks.prune()
    assert set(ProviderCall.objects.values_list("endpoint", "subject")) == {
        ("1", ""),
        ("1", "booking:1"),
        ("8", "booking:1"),
    }
    assert set(Difference.objects.values_list("field", flat=True)) == {"after 1", "after 8"}
