"""What a manager decides about a request, as it is sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bookings.forms import InstantField, SlotField
from clienteling.models import StaffMember, Store


class RequestsForm(forms.Form):
    """Which requests are shown, and whose people beside them."""

    store = forms.IntegerField(min_value=1, required=False)
    request = forms.IntegerField(min_value=1, required=False)


class DecisionForm(forms.Form):
    reference = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    seen = InstantField(required=False)
    store = forms.IntegerField(min_value=1, required=False)


class GiveForm(DecisionForm):
    """To whom, and when. Nothing chosen: left as it is."""

    def __init__(self, data: QueryDict | None = None, *, people: dict[int, StaffMember], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["slot"] = SlotField(people=people, required=False)


class DeclineForm(DecisionForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Kept in the quick note, for the staff: the booking system has no field for it."),
    )


def people_by_id(people: list[StaffMember]) -> dict[int, StaffMember]:
    return {person.pk: person for person in people}


def only(stores: list[Store], pk: int | None) -> list[Store]:
    """The one store asked for, where it is among them; else all."""
    return [store for store in stores if store.pk == pk] or stores
