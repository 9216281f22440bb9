"""When something was true, in the fewest words that leave no doubt."""

from __future__ import annotations

import datetime as dt

from django import template

from bookings.templatetags.shop import clock, when
from clienteling.models import Store

register = template.Library()


@register.filter
def as_of(moment: dt.datetime | None, store: Store | None) -> str:
    """ "12:03" for today on the store's clock, "Thu 5 Nov, 12:03" for another day; UTC where there is no store."""
    if moment is None:
        return ""
    if not store:
        return when(moment)
    local = store.local(moment)
    return clock(local) if local.date() == store.today() else when(local)
