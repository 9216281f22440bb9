"""What head office types to connect Booker (booker-api.md section 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations import access
from integrations.forms import OTHER, KeyField, known_key, plain_id, safe_address
from integrations.models import Connection
from integrations.providers.booker import HOSTS, SIGN_IN

MOST_TOKEN = 4000
# Ids are integers on the wire (section 7); they travel in paths and bodies.
location_ids = RegexValidator(
    r"^\s*[0-9]+(\s*,\s*[0-9]+)*\s*\Z", _("Enter the number, or numbers with commas between.")
)
SCOPES = [
    ("merchant", _("The business itself (merchant)")),
    ("customer", _("As a client sees it (customer)")),
    ("customer merchant", _("Both")),
]
REQUIRED = ("client_secret", "subscription_key")
OPTIONAL: dict[str, str | Promise] = {
    "subscription_key_merchant": _("Subscription key of merchant calls"),
    "subscription_key_customer": _("Subscription key of customer calls"),
    "subscription_key_availability": _("Subscription key of availability calls"),
    "personal_access_token": _("Personal access token"),
}
SIGNED_IN = "refresh_token"
# What has to be asked for again with other credentials.
DECIDING = ("client_id", "scope", "location_id", "brand_id")


def listed(ids: str) -> str:
    return ",".join(one.strip() for one in ids.split(",") if one.strip())


def check_places(form: forms.ModelForm) -> None:
    """A location, or a brand, or some of a brand's locations."""
    where, brand = form.cleaned_data.get("location_id", ""), form.cleaned_data.get("brand_id", "")
    if form.has_error("location_id") or form.has_error("brand_id"):
        return
    if not where and not brand:
        form.add_error("location_id", _("Enter the location id. With a brand id it may stay empty: all its locations."))
    if "," in where and not brand:
        form.add_error("location_id", _("Several locations need the id of the brand they belong to."))


class PlacesForm(forms.ModelForm):
    """Which locations, asked for before somebody signs in at Booker. What is entered is kept when that went well."""

    class Meta:
        model = Connection
        fields = ("location_id", "brand_id")
        help_texts = {
            "location_id": _("Booker shows it in the settings of the location. Several, with commas: with a brand id."),
            "brand_id": _("Only for accounts of a whole brand."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].validators.append(location_ids)
        self.fields["brand_id"].validators.append(plain_id)

    def clean_location_id(self) -> str:
        return listed(self.cleaned_data["location_id"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        check_places(self)
        return data


class BookerForm(PlacesForm):
    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=[("production", _("Production")), ("staging", _("Staging")), (OTHER, _("Another address"))],
        widget=forms.RadioSelect,
    )
    address = forms.URLField(
        label=_("Address"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("Only for another address, where people sign in as well."),
    )
    client_secret = KeyField(label=_("Client secret"), required=False)
    subscription_key = KeyField(label=_("Subscription key"), required=False)
    subscription_key_merchant = KeyField(label=OPTIONAL["subscription_key_merchant"], required=False)
    subscription_key_customer = KeyField(label=OPTIONAL["subscription_key_customer"], required=False)
    subscription_key_availability = KeyField(label=OPTIONAL["subscription_key_availability"], required=False)
    personal_access_token = KeyField(label=OPTIONAL["personal_access_token"], required=False, max_length=MOST_TOKEN)
    scope = forms.ChoiceField(label=_("Scope"), choices=SCOPES, widget=forms.RadioSelect)
    forget = forms.MultipleChoiceField(
        label=_("Take away"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )

    class Meta(PlacesForm.Meta):
        fields = (  # type: ignore[assignment]
            "name",
            "client_id",
            "location_id",
            "brand_id",
            "crm",
            "module_id",
            "pace",
            "daily_calls",
            "is_active",
        )
        labels = {"pace": _("Calls per second"), "daily_calls": _("Calls a day")}
        help_texts = PlacesForm.Meta.help_texts | {
            "crm": _("Clients who book are found there, or made there, and linked under the module id."),
            "module_id": _("Any name: Booker has no place for your customer numbers, so they are kept here under it."),
            "pace": _("Empty: two, until Booker tells its limit."),
            "daily_calls": _("Used up, the regular reading waits until midnight UTC; people still get through."),
            "is_active": _("Switched off, nothing is read and nothing can be booked in its stores."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored: dict[str, str] = dict(self.instance.secrets) if self.instance.pk else {}
        self.stored_address = self.instance.base_url
        self.stored_choices = {name: getattr(self.instance, name) for name in DECIDING}
        self.stored_choices["scope"] = self.stored_choices["scope"] or SCOPES[0][0]
        for name in (*REQUIRED, *OPTIONAL):
            self.fields[name].help_text = known_key(self.stored.get(name, ""))
        for name in REQUIRED:
            self.fields[name].required = not self.stored.get(name)
        self.fields["client_id"].required = True
        self.fields["module_id"].validators.append(plain_id)
        self.fields["pace"].validators += [MinValueValidator(0.1), MaxValueValidator(1000)]
        self.fields["daily_calls"].validators.append(MinValueValidator(1))
        crm: Any = self.fields["crm"]
        crm.queryset, crm.empty_label = Connection.objects.customer_systems(), _("None")
        self._offer_to_forget()
        self.initial.update(self._place() | {"scope": self.stored_choices["scope"]})

    def _offer_to_forget(self) -> None:
        names = OPTIONAL | {SIGNED_IN: _("The sign-in at Booker")}
        choices = [(name, label) for name, label in names.items() if self.stored.get(name)]
        if choices:
            field: Any = self.fields["forget"]
            field.choices = choices
        else:
            del self.fields["forget"]

    def _place(self) -> dict[str, str]:
        if not self.stored_address:
            return {"environment": "production"}
        named = next((name for name, address in HOSTS.items() if address == self.stored_address), OTHER)
        return {"environment": named, "address": self.stored_address if named == OTHER else ""}

    @property
    def sections(self) -> Iterator[tuple[str | Promise, str | Promise, list[Any]]]:
        """Title, words below it, and fields; the last one is what the first time needs least."""
        for title, words, names in SECTIONS:
            yield title, words, [self[name] for name in names if name in self.fields]

    def clean_address(self) -> str:
        return safe_address(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("environment") == OTHER and not data.get("address") and "address" not in self.errors:
            self.add_error("address", _("Enter the address."))
        if data.get("crm") and not data.get("module_id") and "module_id" not in self.errors:
            self.add_error("module_id", _("Clients are linked under this name: enter one."))
        if self.stored_address and self.target != self.stored_address and not self.errors:
            for name in (*REQUIRED, *OPTIONAL):
                if self.stored.get(name) and not data.get(name) and name not in self.forgotten:
                    self.add_error(name, _("Enter it again: it would be sent to another address than before."))
        return data

    @property
    def target(self) -> str:
        """Where calls go."""
        return HOSTS.get(self.cleaned_data.get("environment", "")) or self.cleaned_data.get("address", "")

    @property
    def forgotten(self) -> set[str]:
        return set(self.cleaned_data.get("forget", ()))

    @property
    def entered(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in (*REQUIRED, *OPTIONAL) if self.cleaned_data.get(name)}

    @property
    def changes_access(self) -> bool:
        """Whether what was wrong before says nothing any more, and what was given before is not used again."""
        other = any(self.cleaned_data[name] != before for name, before in self.stored_choices.items())
        return bool(self.entered or self.forgotten) or other or self.target != self.stored_address

    def _ends_sign_in(self) -> bool:
        """A sign-in belongs to the client and the place it was made with, and gives way to a newer way in."""
        given = {"client_secret", "personal_access_token"} & set(self.entered)
        moved = self.target != self.stored_address
        return bool(given) or moved or self.cleaned_data["client_id"] != self.stored_choices["client_id"]

    def save(self, commit: bool = True) -> Connection:
        row = self.instance
        if row.pk is None:
            row.kind, row.webhook_scheme = Connection.Kind.BOOKER, Connection.Scheme.HMAC_BASE64
        row.base_url = self.target
        row.sign_in_url = SIGN_IN.get(self.cleaned_data["environment"]) or self.target
        row.scope = self.cleaned_data["scope"]
        if self.changes_access:
            row.trouble, row.trouble_detail, row.trouble_since, row.checks = "", "", None, {}
        with transaction.atomic():
            if row.pk:  # a token may have been renewed since the form was opened
                row.lock_secrets()
            gone = self.forgotten - set(self.entered)
            if self._ends_sign_in():
                gone.add(SIGNED_IN)
            kept = {name: value for name, value in row.secrets.items() if name not in gone}
            row.secrets = kept | self.entered
            saved: Connection = super().save(commit)
            if self.changes_access:
                access.forget(saved)
        return saved


SECTIONS: tuple[tuple[str | Promise, str | Promise, tuple[str, ...]], ...] = (
    ("", "", ("name", "environment", "address", "location_id", "brand_id")),
    (
        _("Credentials"),
        _("Booker shows the client and the subscription key on its developer portal."),
        ("client_id", "client_secret", "subscription_key", "personal_access_token", "scope", "forget"),
    ),
    (
        _("Keys of their own"),
        _("Only where Booker gave you one for each kind of call."),
        ("subscription_key_merchant", "subscription_key_customer", "subscription_key_availability"),
    ),
    (_("Clients"), "", ("crm", "module_id")),
    (_("How it is used"), "", ("pace", "daily_calls", "is_active")),
)
