"""What head office types about links."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.forms import plain_id
from integrations.models import Linking
from integrations.providers.base import Owner

Decision = Linking.Decision


class DecisionForm(forms.Form):
    """Which of the candidates she is, or none of them."""

    decision = forms.ChoiceField(
        choices=[(one.value, one.label) for one in (Decision.LINK, Decision.CREATE, Decision.LEAVE)]
    )
    candidate = forms.IntegerField(required=False, min_value=0, max_value=100)

    def __init__(self, *args: Any, candidates: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = candidates

    def clean_candidate(self) -> str:
        """The customer's id by her place in the list: ids stay out of forms and addresses."""
        place = self.cleaned_data["candidate"]
        return self.candidates[place] if place is not None and place < len(self.candidates) else ""


class NumberForm(forms.Form):
    number = forms.CharField(
        label=_("Number"),
        required=False,
        max_length=100,
        validators=[plain_id],
        help_text=_("Empty: it has none."),
    )


KINDS = [(Owner.STORE, _("Stores")), (Owner.STAFF, _("Staff")), (Owner.SERVICE, _("Services"))]
NAMES = {Owner.STORE: _("Store number"), Owner.STAFF: _("Employee id"), Owner.SERVICE: _("Product id")}


class NumberSearchForm(forms.Form):
    """Which kind of number is looked at, and which one is looked for."""

    kind = forms.ChoiceField(choices=KINDS, required=False)
    number = forms.CharField(label=_("Number"), required=False, max_length=100, validators=[plain_id])
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)

    def clean_kind(self) -> Owner:
        return Owner(self.cleaned_data["kind"] or Owner.STORE)

    def clean_page(self) -> int:
        return self.cleaned_data["page"] or 1
