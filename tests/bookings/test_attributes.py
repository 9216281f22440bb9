"""The table of attributes: every place it names is there."""

from __future__ import annotations

import pytest
from django.apps import apps

from bookings.attributes import TABLE, Direction, Have, numbers

ROWS = [attribute for _title, attributes in TABLE for attribute in attributes]
MODELS = {model.__name__: model for model in apps.get_models()}


@pytest.mark.parametrize("attribute", [one for one in ROWS if one.kept], ids=lambda one: one.kept)
def test_it_is_kept_where_the_table_says(attribute: object) -> None:
    model, field = attribute.kept.split(".")  # type: ignore[attr-defined]
    assert MODELS[model]._meta.get_field(field)


def test_what_booker_can_give_is_available() -> None:
    missing = [str(one.name) for one in ROWS if one.have == Have.NO]
    assert missing == ["Comments on the membership", "Referral type", "Tags"]
    assert numbers() == (len(ROWS) - 3, len(ROWS))
    assert all(bool(one.source) == bool(one.kept) for one in ROWS)


def test_contacts_go_both_ways() -> None:
    both = [one.kept for one in ROWS if one.direction == Direction.BOTH]
    assert both == ["Client.first_name", "Client.last_name", "Client.mobile_phone", "Client.email"]
