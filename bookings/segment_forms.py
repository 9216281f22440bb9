"""What people may send to the pages of segments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.criteria import MOST_DAYS, Criteria, CriteriaForm
from bookings.models import Service
from clienteling.models import Store, User

MOST_NAMES = 1000
MOST_PAGES = 100_000
MOST_LIMITS = 12

# The fields as a page groups them: legend, fields.
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("Days since the last visit"), ("days_min", "days_max", "never")),
    (gettext_lazy("Number of visits"), ("visits_min", "visits_max")),
    (gettext_lazy("What she had"), ("service", "category", "had_days", "had_since", "had_until")),
    (gettext_lazy("Birthday"), ("birthday_days", "birthday_month")),
    (gettext_lazy("Membership and spending"), ("membership", "spent_min", "spent_max", "currency")),
    (gettext_lazy("What she agreed to"), ("kept", "email", "sms")),
)


@dataclass(slots=True)
class Group:
    legend: Any
    fields: list[forms.BoundField]
    is_open: bool = False


class StoreForm(forms.Form):
    """Which store; nothing: all of hers."""

    store = forms.TypedChoiceField(label=gettext_lazy("Store"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, stores: Sequence[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set_stores(stores)

    def _set_stores(self, stores: Sequence[Store]) -> None:
        self.stores = {store.pk: store for store in stores}
        field: Any = self.fields["store"]
        field.choices = [("", _("All stores")), *((store.pk, store.name) for store in stores)]

    @property
    def chosen(self) -> Store | None:
        """The store that is asked for, or the only one there is."""
        if len(self.stores) == 1:
            return next(iter(self.stores.values()))
        pk = self.cleaned_data.get("store") if self.is_valid() else None
        return self.stores.get(pk) if pk else None


class FindForm(CriteriaForm, StoreForm):
    """Criteria, in which store, and which page of whom they find."""

    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, stores: Sequence[Store], **kwargs: Any) -> None:
        super().__init__(*args, stores=stores, **kwargs)
        rows = Service.objects.for_user(user).filter(store__in=self.stores).order_by("name")
        names = list(rows.values_list("name", "category__name").distinct()[:MOST_NAMES])
        self._offer("service", dict.fromkeys(service for service, _category in names), _("Any service"))
        self._offer("category", dict.fromkeys(sorted({name for _service, name in names if name})), _("Any category"))
        self._offer("currency", dict.fromkeys(sorted({one.currency for one in stores})), "—")

    def _offer(self, name: str, found: dict[str, None], nothing: str) -> None:
        """A list to choose from. What was asked for stays in it, though nobody offers it any more."""
        asked = str(self.data.get(name) or "") if self.is_bound else ""
        values = dict.fromkeys([*found, *([asked] if asked else [])])
        self.fields[name].widget = forms.Select(choices=[("", nothing), *((one, one) for one in values if one)])

    @property
    def groups(self) -> list[Group]:
        """The first one is open, and whichever narrows or has a fault."""
        found = [Group(legend, [self[name] for name in names]) for legend, names in GROUPS]
        for place, group in enumerate(found):
            group.is_open = any(field.errors or field.data for field in group.fields) or (
                not place and not self.narrows
            )
        return found

    @property
    def narrows(self) -> bool:
        return any(self[name].data for _legend, names in GROUPS for name in names)

    @property
    def criteria(self) -> Criteria:
        return Criteria.of(self)

    @property
    def number(self) -> int:
        return self.cleaned_data.get("page") or 1

    def question(self) -> str:
        """The query string that asks the same, without the page. No personal data."""
        return question_of(self.criteria, self.chosen)

    def hidden(self) -> list[tuple[str, Any]]:
        """The same to be sent by a form with a button of its own."""
        return hidden_of(self.criteria, self.chosen)

    def faults(self) -> list[tuple[str, str]]:
        """Where and what, for where the fields themselves are not drawn anew."""
        legends = {name: str(legend) for legend, names in GROUPS for name in names}
        return [(legends.get(name, ""), str(words)) for name, each in self.errors.items() for words in each]


def question_of(criteria: Criteria, store: Store | None) -> str:
    return urlencode(criteria.as_json() | ({"store": store.pk} if store else {}))


def hidden_of(criteria: Criteria, store: Store | None) -> list[tuple[str, Any]]:
    return [*criteria.as_json().items(), *([("store", store.pk)] if store else [])]


class PageForm(forms.Form):
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)

    @property
    def number(self) -> int:
        return (self.cleaned_data.get("page") if self.is_valid() else None) or 1


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class RangesForm(forms.Form):
    """The last days of the ranges, as a list of numbers."""

    limits = forms.CharField(
        label=gettext_lazy("A range ends after so many days"),
        max_length=120,
        help_text=gettext_lazy(
            "Numbers with commas. 30, 60 makes three ranges: up to 30 days, 31 to 60, and over 60. Who never came is "
            "always a group of her own."
        ),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )

    def clean_limits(self) -> list[int]:
        words = [word for word in re.split(r"[\s,;]+", self.cleaned_data["limits"]) if word]
        if not words or not all(re.fullmatch("[0-9]{1,6}", word) for word in words):
            raise forms.ValidationError(_("Write numbers of days with commas between them, such as 30, 60, 90."))
        limits = [int(word) for word in words]
        if len(limits) > MOST_LIMITS:
            text = ngettext("At most %(most)d number.", "At most %(most)d numbers.", MOST_LIMITS)
            raise forms.ValidationError(text % {"most": MOST_LIMITS})
        if not all(1 <= limit <= MOST_DAYS for limit in limits):
            raise forms.ValidationError(_("Each from 1 to %(most)d days.") % {"most": MOST_DAYS})
        if any(later <= earlier for earlier, later in zip(limits, limits[1:], strict=False)):
            raise forms.ValidationError(_("Each number has to be larger than the one before it."))
        return limits
