"""What head office types to connect a booking system. Keys go in and never come out again."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection, StoreLink

# booxi-api.md section 2.
REGIONS = {
    "eu": "https://api.booxi.eu/booking/v1",
    "na": "https://api.booxi.com/booking/v1",
}
OTHER = "other"
# A key travels in a header: a space or a line break in it would make another header of the rest.
KEY = re.compile(r"[\x21-\x7e]+")
MOST_KEY = 200
# Ids travel in paths and queries.
plain_id = RegexValidator(r"^[A-Za-z0-9._-]+\Z", _("Use letters, digits, dots, dashes and underscores only."))
SHOWN = 4
LONG_ENOUGH_TO_SHOW = 16


def ending(secret: str) -> str:
    """The last letters of a secret, by which its owner knows it again; nothing of one so short that they matter."""
    return secret[-SHOWN:] if len(secret) >= LONG_ENOUGH_TO_SHOW else ""


class KeyField(forms.CharField):
    """A key: shown to nobody, not even to who has just typed it wrong."""

    def __init__(self, *, max_length: int = MOST_KEY, **kwargs: Any) -> None:
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        super().__init__(widget=forms.PasswordInput(attrs=attrs, render_value=False), max_length=max_length, **kwargs)

    def clean(self, value: Any) -> str:
        key: str = super().clean(value)
        if key and not KEY.fullmatch(key):
            raise ValidationError(
                _("A key has no spaces and no accents. Copy it again, without what stands around it.")
            )
        return key


def known_key(secret: str) -> Any:
    """What may be said of a key that is set; printed as it is, so escaped."""
    if not secret:
        return ""
    if ending(secret):
        return _("Set, ends in …%(ending)s. Leave it empty to keep it.") % {"ending": escape(ending(secret))}
    return _("Set. Leave it empty to keep it.")


class ConnectionForm(forms.ModelForm):
    region = forms.ChoiceField(
        label=_("Region"),
        choices=[("eu", _("Europe")), ("na", _("North America")), (OTHER, _("Another address"))],
        widget=forms.RadioSelect,
    )
    address = forms.URLField(
        label=_("Address"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("Only for another address: up to and with the version, such as https://…/booking/v1"),
    )
    partner_key = KeyField(label=_("Partner key"), required=False)

    class Meta:
        model = Connection
        fields = ("name", "group_id", "crm", "module_id", "is_active")
        help_texts = {
            "crm": _("Clients who book are found there, or made there, and linked under the module id."),
            "group_id": _("Only stores of this merchant group. Empty: all stores the key is allowed for."),
            "module_id": _("The name under which the booking system keeps your customer numbers."),
            "is_active": _("Switched off, nothing is read and nothing can be booked in its stores."),
        }

    field_order = ("name", "region", "address", "partner_key", "group_id", "crm", "module_id", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored_key = self.instance.secrets.get("partner_key", "") if self.instance.pk else ""
        self.stored_address = self.instance.base_url
        self.fields["partner_key"].help_text = known_key(self.stored_key)
        self.fields["partner_key"].required = not self.stored_key
        for name in ("group_id", "module_id"):
            self.fields[name].validators.append(plain_id)
        crm: Any = self.fields["crm"]
        crm.queryset, crm.empty_label = Connection.objects.customer_systems(), _("None")
        self.initial.update(self._place())

    def _place(self) -> dict[str, str]:
        if not self.stored_address:
            return {"region": "eu"}
        region = next((name for name, address in REGIONS.items() if address == self.stored_address), OTHER)
        return {"region": region, "address": self.stored_address if region == OTHER else ""}

    def clean_address(self) -> str:
        return safe_address(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("region") == OTHER and not data.get("address") and "address" not in self.errors:
            self.add_error("address", _("Enter the address."))
        if data.get("crm") and not data.get("module_id") and "module_id" not in self.errors:
            self.add_error("module_id", _("Clients are linked under this id: ask the booking system for it."))
        moved = self.stored_address and self.target != self.stored_address
        if moved and self.stored_key and not data.get("partner_key") and not self.errors:
            self.add_error("partner_key", _("Enter the key again: it would be sent to another address than before."))
        return data

    @property
    def target(self) -> str:
        """Where calls go."""
        region = self.cleaned_data.get("region", "")
        return REGIONS.get(region) or self.cleaned_data.get("address", "")

    @property
    def changes_access(self) -> bool:
        """Whether what was wrong before says nothing any more."""
        return bool(self.cleaned_data["partner_key"]) or self.target != self.stored_address

    def save(self, commit: bool = True) -> Connection:
        if self.changes_access:
            self.instance.trouble, self.instance.trouble_detail, self.instance.trouble_since = "", "", None
        self.instance.base_url = self.target
        if self.cleaned_data["partner_key"]:
            self.instance.secrets = {**self.instance.secrets, "partner_key": self.cleaned_data["partner_key"]}
        saved: Connection = super().save(commit)
        return saved


class CustomerSystemForm(forms.ModelForm):
    """A CRM that speaks our contract (`crm/openapi.yaml`)."""

    address = forms.URLField(
        label=_("Address"),
        max_length=200,
        assume_scheme="https",
        help_text=_("Up to and with the version, such as https://…/crm/v1"),
    )
    crm_key = KeyField(label=_("Key"), required=False)

    class Meta:
        model = Connection
        fields = ("name", "is_active")
        help_texts = {"is_active": _("Switched off, nobody is looked for and nothing is told.")}

    field_order = ("name", "address", "crm_key", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored_key = self.instance.secrets.get("crm_key", "") if self.instance.pk else ""
        self.stored_address = self.instance.base_url
        self.fields["crm_key"].help_text = known_key(self.stored_key)
        self.fields["crm_key"].required = not self.stored_key
        self.initial["address"] = self.stored_address

    def clean_address(self) -> str:
        return safe_address(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        moved = self.stored_key and data.get("address") not in (None, self.stored_address)
        if moved and not data.get("crm_key") and not self.errors:
            self.add_error("crm_key", _("Enter the key again: it would be sent to another address than before."))
        return data

    @property
    def changes_access(self) -> bool:
        """Whether what was wrong before says nothing any more."""
        return bool(self.cleaned_data["crm_key"]) or self.cleaned_data["address"] != self.stored_address

    def save(self, commit: bool = True) -> Connection:
        if self.instance.pk is None:
            self.instance.kind, self.instance.webhook_scheme = Connection.Kind.CRM, Connection.Scheme.STANDARD
        if self.changes_access:
            self.instance.trouble, self.instance.trouble_detail, self.instance.trouble_since = "", "", None
        self.instance.base_url = self.cleaned_data["address"]
        if self.cleaned_data["crm_key"]:
            self.instance.secrets = {**self.instance.secrets, "crm_key": self.cleaned_data["crm_key"]}
        saved: Connection = super().save(commit)
        return saved


def safe_address(address: str) -> str:
    """`address` without a slash at its end. Raises ValidationError where a key must not be sent."""
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.ALLOW_HTTP_PROVIDERS):
        raise ValidationError(_("The address must begin with https://, or the key could be read on its way."))
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValidationError(_("Enter the address alone, without a name, a password or a question mark in it."))
    return address.rstrip("/")


class StoreKeyForm(forms.ModelForm):
    """A store's own key, where the booking system does not tell it by itself."""

    merchant_key = KeyField(label=_("Merchant key"))

    class Meta:
        model = StoreLink
        fields = ()

    def save(self, commit: bool = True) -> StoreLink:
        self.instance.secrets = {**self.instance.secrets, "merchant_key": self.cleaned_data["merchant_key"]}
        if commit:
            self.instance.save(update_fields=["secrets"])
        saved: StoreLink = self.instance
        return saved
