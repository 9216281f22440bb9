"""What people may send to the client pages. GET parameters too: nothing else reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.history import Filters
from bookings.models import Kind
from clienteling.models import Client, Consent, Note, Store

LAST_PAGE = 2000
# A page that waits for the booking system asks this often (every two seconds), then leaves it at that.
MOST_POLLS = 90
EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2100, 1, 1)


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Find a client"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "autocomplete": "off",
                "spellcheck": "false",
                "enterkeyhint": "search",
                "placeholder": _("Name, phone or e-mail"),
                "data-client-search": True,
            }
        ),
    )

    @property
    def query(self) -> str:
        """What is looked for; empty where nothing was typed, or nothing that can be looked for."""
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class HistoryForm(forms.Form):
    """Which part of a client's past is shown. A value that makes no sense is reported and left out."""

    store = forms.TypedChoiceField(label=_("Store"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    since = _day_field(pgettext_lazy("first day of a period", "From"))
    until = _day_field(pgettext_lazy("last day of a period", "To"))
    order = forms.ChoiceField(
        label=_("Order"), required=False, choices=[("", _("Newest first")), ("oldest", _("Oldest first"))]
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE, widget=forms.HiddenInput)
    poll = forms.IntegerField(required=False, min_value=0, max_value=MOST_POLLS, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stores: Iterable[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].choices = [("", _("All stores")), *((store.pk, store.name) for store in stores)]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("All kinds")), *Kind.choices]  # type: ignore[attr-defined]

    def clean_since(self) -> dt.date | None:
        return _sensible(self.cleaned_data["since"])

    def clean_until(self) -> dt.date | None:
        return _sensible(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return self.cleaned_data

    @property
    def filters(self) -> Filters:
        self.is_valid()
        get = self.cleaned_data.get
        return Filters(
            store=get("store"),
            kind=get("kind") or "",
            since=get("since"),
            until=get("until"),
            oldest_first=get("order") == "oldest",
            page=get("page") or 1,
        )

    @property
    def polls(self) -> int:
        """How often this page has asked already."""
        self.is_valid()
        return self.cleaned_data.get("poll") or 0

    @property
    def is_narrowed(self) -> bool:
        """Whether something of the past may be left out."""
        filters = self.filters
        return bool(filters.store or filters.kind or filters.since or filters.until)

    @property
    def narrowing(self) -> str:
        """The same question as a query string, without the page. No personal data."""
        names = ("store", "kind", "since", "until", "order")
        kept = {name: self.cleaned_data.get(name) for name in names if self.is_valid() or name not in self.errors}
        return urlencode({name: value for name, value in kept.items() if value})

    def question(self, *, page: int, poll: int = 0) -> str:
        """`narrowing`, and which page of it, asked for the how-manieth time."""
        more = {name: number for name, number, usual in (("page", page, 1), ("poll", poll, 0)) if number != usual}
        return "&".join(part for part in (self.narrowing, urlencode(more)) if part)


def _sensible(day: dt.date | None) -> dt.date | None:
    """Years at which clocks and time zones are certain to work."""
    if day and not EARLIEST <= day <= LATEST:
        raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
    return day


class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ("body",)
        widgets = {"body": forms.Textarea(attrs={"rows": 3})}


class ConsentForm(forms.ModelForm):
    consent = forms.ChoiceField(choices=Consent.choices, widget=forms.HiddenInput)

    class Meta:
        model = Client
        fields = ("consent",)
