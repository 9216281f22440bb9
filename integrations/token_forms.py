"""What head office types to make a token for another system."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models import ApiToken, Store
from clienteling.permissions import Scope


class TokenForm(forms.ModelForm):
    """What it is for, where, and how long."""

    DAYS = ((30, _("30 days")), (90, _("90 days")), (365, _("a year")), (730, _("two years")))

    scopes = forms.MultipleChoiceField(
        label=_("What for"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing it may do.")},
    )
    stores = forms.ModelMultipleChoiceField(
        label=_("Stores"),
        queryset=Store.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("One of the stores is not there any more.")},
    )
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=365)

    class Meta:
        model = ApiToken
        fields = ("name", "scopes", "all_stores", "stores")

    def __init__(self, *args: Any, stores: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["stores"]
        field.queryset = stores

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("all_stores")) == bool(data.get("stores")) and "stores" not in self.errors:
            self.add_error("stores", _("Choose some stores, or every store."))
        return data

    @property
    def expires_at(self) -> dt.datetime:
        return timezone.now() + dt.timedelta(days=self.cleaned_data["days"])
