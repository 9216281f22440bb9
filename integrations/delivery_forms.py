"""What head office types about webhooks: how they prove themselves, and which deliveries to look at."""

from __future__ import annotations

import base64
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from integrations.forms import KeyField, known_key
from integrations.models import Connection, WebhookDelivery
from integrations.providers.reading import text

LATEST = 500  # the types offered are those of so many deliveries

header_name = RegexValidator(r"^[A-Za-z0-9-]+\Z", _("A header's name has letters, digits and dashes only."))


class WebhookForm(forms.ModelForm):
    """The secret goes in and never comes out; the one before stays good until it is dropped."""

    webhook_secret = KeyField(label=_("Secret"), required=False)

    class Meta:
        model = Connection
        fields = ("webhook_method", "webhook_scheme", "webhook_header")
        labels = {
            "webhook_method": _("Sent with"),
            "webhook_scheme": _("Proof"),
            "webhook_header": _("Header of the proof"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = self.instance.secrets.get("webhook_secret", "")
        self.fields["webhook_secret"].help_text = known_key(self.stored)
        self.fields["webhook_secret"].required = not self.stored
        self.fields["webhook_header"].validators.append(header_name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        secret = data.get("webhook_secret") or self.stored
        if data.get("webhook_scheme") == Connection.Scheme.STANDARD and secret and not is_standard(secret):
            self.add_error("webhook_secret", _("A secret of Standard Webhooks is whsec_ and then base64."))
        return data

    def save(self, commit: bool = True) -> Connection:
        new = self.cleaned_data["webhook_secret"]
        with transaction.atomic():
            self.instance.lock_secrets()
            if new and new != self.stored:
                secrets = {**self.instance.secrets, "webhook_secret": new}
                self.instance.secrets = secrets | ({"webhook_secret_old": self.stored} if self.stored else {})
            saved: Connection = super().save(commit)
        return saved


def is_standard(secret: str) -> bool:
    """Whether it can be a secret of Standard Webhooks. The library takes more, other senders do not."""
    given = secret.removeprefix("whsec_")
    try:
        return bool(base64.b64decode(given + "=" * (-len(given) % 4), validate=True))
    except ValueError:
        return False


class DeliveryFilter(forms.Form):
    """Which deliveries: all fields may be empty. Moments are read in the active time zone."""

    connection = forms.ModelChoiceField(
        label=_("Connection"), queryset=Connection.objects.all(), required=False, empty_label=_("All")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    type = forms.ChoiceField(label=_("Type"), required=False)
    since = forms.DateTimeField(label=_("From"), required=False)
    until = forms.DateTimeField(label=_("Until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        latest = WebhookDelivery.objects.order_by("-pk").values_list("event_type", flat=True)[:LATEST]
        types = sorted({one for one in latest if one} | {text(self.data.get("type"), 100)} - {""})
        everything = [("", _("All"))]
        self.fields["state"].choices = [*everything, *WebhookDelivery.State.choices]  # type: ignore[attr-defined]
        self.fields["type"].choices = [*everything, *((one, one) for one in types)]  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            raise ValidationError(_("The end is before the beginning."))
        return data

    def rows(self) -> QuerySet[WebhookDelivery]:
        """The deliveries that match; none where what was typed makes no sense."""
        if not self.is_valid():
            return WebhookDelivery.objects.none()
        conditions = {
            "connection": self.cleaned_data["connection"],
            "state": self.cleaned_data["state"],
            "event_type": self.cleaned_data["type"],
            "received_at__gte": self.cleaned_data["since"],
            "received_at__lt": self.cleaned_data["until"],
        }
        return WebhookDelivery.objects.filter(**{name: value for name, value in conditions.items() if value})
