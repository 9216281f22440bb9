"""What can be asked of clients. One form reads it, whether it comes from a page or from what was saved."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import models
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

MOST_DAYS = 3650
MOST_VISITS = 10_000
MOST_AHEAD = 180  # days of birthdays to come: half a year, so that "next" has a meaning
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


class MembershipIs(models.TextChoices):
    ACTIVE = "active", gettext_lazy("Active")
    EXPIRED = "expired", gettext_lazy("Over")
    NEVER = "never", gettext_lazy("None ever")


def _number(label: Any, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most)


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


def _money(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=0, max_digits=12, decimal_places=2)


class CriteriaForm(forms.Form):
    """Every field may be empty; together they narrow."""

    days_min = _number(pgettext_lazy("days", "From"), 0, MOST_DAYS)
    days_max = _number(pgettext_lazy("days", "To"), 0, MOST_DAYS)
    never = forms.BooleanField(label=gettext_lazy("Never came"), required=False)
    visits_min = _number(gettext_lazy("At least"), 0, MOST_VISITS)
    visits_max = _number(gettext_lazy("At most"), 0, MOST_VISITS)
    service = forms.CharField(label=gettext_lazy("Service"), required=False, max_length=200)
    category = forms.CharField(label=gettext_lazy("Any service of"), required=False, max_length=200)
    had_days = _number(gettext_lazy("In the last … days"), 1, MOST_DAYS)
    had_since = _day(gettext_lazy("Or from"))
    had_until = _day(pgettext_lazy("last day of a period", "To"))
    membership = forms.ChoiceField(
        label=gettext_lazy("Membership"),
        required=False,
        choices=[("", gettext_lazy("Any or none")), *MembershipIs.choices],
    )
    spent_min = _money(gettext_lazy("Spent at least"))
    spent_max = _money(gettext_lazy("Spent at most"))
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), required=False)
    birthday_days = _number(gettext_lazy("In the next … days"), 0, MOST_AHEAD)
    birthday_month = forms.TypedChoiceField(
        label=gettext_lazy("Or in"), required=False, coerce=int, empty_value=None,
        choices=[("", gettext_lazy("Any month")), *MONTHS.items()],
    )  # fmt: skip
    kept = forms.BooleanField(label=gettext_lazy("Her details may be kept"), required=False)
    email = forms.BooleanField(label=gettext_lazy("Takes offers by e-mail"), required=False)
    sms = forms.BooleanField(label=gettext_lazy("Takes SMS"), required=False)

    def clean(self) -> dict[str, Any]:
        for least, most in (("days_min", "days_max"), ("visits_min", "visits_max"), ("spent_min", "spent_max")):
            self._ordered(least, most, _("This is less than the other one."))
        self._ordered("had_since", "had_until", _("This day is before the first one."))
        self._one_of(("never",), ("days_min", "days_max"), _("Who never came has no last visit: choose one."))
        came = ("visits_min", "service", "category", "had_days", "had_since", "had_until")
        self._one_of(("never",), came, _("Who never came has had nothing: choose one."))
        self._one_of(("service",), ("category",), _("Choose a service, or any of a category."))
        self._one_of(("had_days",), ("had_since", "had_until"), _("Choose the last days, or a period."))
        self._one_of(("birthday_days",), ("birthday_month",), _("Choose days, or a month."))
        if self._has("spent_min", "spent_max") and not self._has("currency") and "currency" not in self.errors:
            self.add_error("currency", _("Choose the currency."))
        return self.cleaned_data

    def clean_had_since(self) -> dt.date | None:
        return _sensible(self.cleaned_data["had_since"])

    def clean_had_until(self) -> dt.date | None:
        return _sensible(self.cleaned_data["had_until"])

    def _has(self, *names: str) -> bool:
        return any(self.cleaned_data.get(name) not in (None, "", False) for name in names)

    def _ordered(self, least: str, most: str, words: str) -> None:
        low, high = self.cleaned_data.get(least), self.cleaned_data.get(most)
        if low is not None and high is not None and high < low:
            self.add_error(most, words)

    def _one_of(self, some: tuple[str, ...], others: tuple[str, ...], words: str) -> None:
        if self._has(*some) and self._has(*others):
            self.add_error(some[0], words)


def _sensible(day: dt.date | None) -> dt.date | None:
    """Years at which clocks and time zones are certain to work."""
    if day and not FIRST_DAY <= day <= LAST_DAY:
        raise forms.ValidationError(_("Choose a day between 2000 and 2100."))
    return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a `CriteriaForm` has read. Days are whole days on somebody's clock (`bookings.segments.Clock`)."""

    days_min: int | None = None  # days since the last visit
    days_max: int | None = None
    never: bool = False
    visits_min: int | None = None
    visits_max: int | None = None
    service: str = ""  # by name: the same service of another store is another row
    category: str = ""
    had_days: int | None = None  # the period for service and category; alone: any visit then
    had_since: dt.date | None = None
    had_until: dt.date | None = None
    membership: str = ""
    spent_min: Decimal | None = None
    spent_max: Decimal | None = None
    currency: str = ""
    birthday_days: int | None = None
    birthday_month: int | None = None
    kept: bool = False
    email: bool = False
    sms: bool = False

    @classmethod
    def of(cls, form: CriteriaForm) -> Criteria:
        """Of a form that is valid."""
        return cls(**{field.name: form.cleaned_data[field.name] for field in dataclasses.fields(cls)})

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Criteria:
        """What `as_json` has written. ValueError for anything else."""
        form = CriteriaForm(dict(data))
        unknown = set(data) - set(form.fields)
        if unknown or not form.is_valid():
            raise ValueError(f"no criteria: {sorted(unknown or form.errors)}")
        return cls.of(form)

    def as_json(self) -> dict[str, Any]:
        """Only what narrows, in types of JSON."""
        said = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        usual = {field.name: field.default for field in dataclasses.fields(self)}
        told = {name: value for name, value in said.items() if value != usual[name]}
        return {name: str(v) if isinstance(v, Decimal | dt.date) else v for name, v in told.items()}

    def question(self) -> str:
        """The query string of the page that asks the same. No personal data."""
        return urlencode(self.as_json())

    def words(self) -> list[str]:
        """Each criterion as a person would say it."""
        parts = (*self._visit_words(), *self._money_words(), *self._birthday_words(), *self._consent_words())
        return [words for words in parts if words]

    def sentence(self) -> str:
        return ", ".join(self.words()) or _("everybody")

    def _visit_words(self) -> list[str]:
        return [
            _("never came") if self.never else "",
            _last_visit(self.days_min, self.days_max),
            _visits(self.visits_min, self.visits_max),
            self._had_words(),
            {"active": _("active membership"), "expired": _("membership over"), "never": _("never a member")}.get(
                self.membership, ""
            ),
        ]

    def _had_words(self) -> str:
        what = self.service or self.category
        when = _period(self.had_days, self.had_since, self.had_until)
        if not what:
            return _("came %(when)s") % {"when": when} if when else ""
        had = _("had %(what)s") if self.service else _("had something of %(what)s")
        return " ".join(filter(None, [had % {"what": what}, when]))

    def _money_words(self) -> list[str]:
        low, high, currency = self.spent_min, self.spent_max, self.currency
        if low is not None and high is not None:
            return [_("spent %(low)s to %(high)s %(currency)s") % {"low": low, "high": high, "currency": currency}]
        least = low is not None and _("spent at least %(sum)s %(currency)s") % {"sum": low, "currency": currency}
        most = high is not None and _("spent at most %(sum)s %(currency)s") % {"sum": high, "currency": currency}
        return [words for words in (least, most) if words]

    def _birthday_words(self) -> list[str]:
        if self.birthday_days is not None:
            days = self.birthday_days
            if not days:
                return [_("birthday today")]
            text = ngettext("birthday today or tomorrow", "birthday in the next %(days)d days", days)
            return [text % {"days": days}]
        return [_("birthday in %(month)s") % {"month": MONTHS[self.birthday_month]}] if self.birthday_month else []

    def _consent_words(self) -> list[str]:
        return [
            _("details may be kept") if self.kept else "",
            _("takes offers by e-mail") if self.email else "",
            _("takes SMS") if self.sms else "",
        ]


def _last_visit(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return _("last visit %(low)d days ago or longer") % {"low": low}
    if not low:
        return _("last visit at most %(high)d days ago") % {"high": high}
    return _("last visit %(low)d to %(high)d days ago") % {"low": low, "high": high}


def _visits(low: int | None, high: int | None) -> str:
    if low is not None and low == high:
        return ngettext("%(number)d visit", "%(number)d visits", low) % {"number": low}
    if low is not None and high is not None:
        return _("%(low)d to %(high)d visits") % {"low": low, "high": high}
    if low is not None:
        return ngettext("at least %(number)d visit", "at least %(number)d visits", low) % {"number": low}
    if high is not None:
        return ngettext("at most %(number)d visit", "at most %(number)d visits", high) % {"number": high}
    return ""


def _period(days: int | None, since: dt.date | None, until: dt.date | None) -> str:
    if days:
        return ngettext("since yesterday", "in the last %(days)d days", days) % {"days": days}
    if since and until:
        return _("from %(since)s to %(until)s") % {"since": since, "until": until}
    if since:
        return _("since %(since)s") % {"since": since}
    return _("until %(until)s") % {"until": until} if until else ""
