"""Money, phone numbers, durations and store-local times, as the reader's language writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal
from django import template
from django.templatetags.tz import do_timezone
from django.utils import formats, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from bookings import localtime
from clienteling.models import Store
from clienteling.names import readable_phone

register = template.Library()

# The states whose key differs from the `data-status` of the stylesheet (static/css/base.css).
STATUS_KEYS = {"awaiting_client": "awaiting", "no_show": "no-show"}


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@register.filter
def money(amount: Decimal | int | str | None, currency: str = "") -> str:
    """`{{ amount|money:"EUR" }}`; nothing at all where no amount is known."""
    if amount is None or amount == "":
        return ""
    try:
        value = Decimal(amount)
    except (InvalidOperation, TypeError):
        return ""
    if not value.is_finite():
        return ""
    if not currency:
        return format_decimal(value, format="#,##0.00", locale=_locale())
    return format_currency(value, currency, locale=_locale())


@register.filter
def phone(number: str | None, country: str = "") -> str:
    """`{{ client.phone|phone:store.country }}`: national at home, international abroad."""
    return readable_phone(number, country) if number else ""


@register.filter
def duration(minutes: int | str | None) -> str:
    """`{{ 90|duration }}` is "1 h 30"; nothing where the length is not known."""
    if minutes is None or minutes == "":
        return ""
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)02d") % {"hours": hours, "minutes": rest}


@register.filter
def local(moment: dt.datetime | None, store: Store) -> dt.datetime | str:
    """`moment` on the store's clock. The `date` filter after it does not turn it back into the server's zone."""
    if moment is None:
        return ""
    converted: dt.datetime = do_timezone(moment, store.zone)
    return converted


@register.filter
def zone(store: Store, moment: dt.datetime | None = None) -> str:
    """`localtime.zone_words`: `{{ store|zone }}`, or `{{ store|zone:booking.starts_at }}` with the offset then."""
    return localtime.zone_words(store, moment)


@register.filter
def day(moment: dt.datetime | dt.date | None) -> str:
    """A local day in short: "Thu 5 Nov", with the year where it is not this one. Takes what `local` gives."""
    if not moment:
        return ""
    if moment.year == timezone.now().year:
        return formats.date_format(moment, pgettext("day, format of Django's date filter", "D j M"))
    return formats.date_format(moment, pgettext("day with year, format of Django's date filter", "D j M Y"))


@register.filter
def clock(moment: dt.datetime | None) -> str:
    """A local time of day: "14:00". Takes what `local` gives."""
    if not moment:
        return ""
    return formats.time_format(moment, pgettext("time, format of Django's date filter", "H:i"))


@register.filter
def when(moment: dt.datetime | None) -> str:
    """A local moment in short: "Thu 5 Nov, 14:00". Takes what `local` gives."""
    if not moment:
        return ""
    return pgettext("day and time", "%(day)s, %(time)s") % {"day": day(moment), "time": clock(moment)}


@register.filter
def status_key(state: str) -> str:
    """The `data-status` of a booking's state."""
    return STATUS_KEYS.get(state, state)
