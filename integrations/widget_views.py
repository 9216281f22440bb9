"""A page for the shop's web team: the Booking Widget of a store, ready to paste."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clienteling.permissions import Action, requires
from integrations.models import Connection, StoreLink
from integrations.widget import Visitor, script_of, snippet

EXAMPLE = "CUSTOMER-123"  # the guide's


class WidgetForm(forms.Form):
    """Whom the example is for. Posted, never in an address: it may be somebody's name."""

    store = forms.ModelChoiceField(label=_("Store"), queryset=StoreLink.objects.none(), empty_label=None)
    label = forms.CharField(label=_("Words on the button"), max_length=60, initial=_("Book now"))
    customer_id = forms.CharField(
        label=_("Customer id"),
        max_length=100,
        required=False,
        initial=EXAMPLE,
        help_text=_("Your web site puts the id of the customer who is logged in here."),
    )
    first_name = forms.CharField(label=_("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=100, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    mobile_phone = forms.CharField(label=_("Mobile phone"), max_length=32, required=False)

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        links = StoreLink.objects.filter(connection=connection, store__is_active=True).select_related("store")
        field: Any = self.fields["store"]
        field.queryset = links.order_by("store__name", "pk")
        field.label_from_instance = lambda link: link.store.name

    @property
    def link(self) -> StoreLink | None:
        """The store chosen; the first one before anybody has chosen."""
        if self.is_bound:
            return self.cleaned_data.get("store") if self.is_valid() else None
        store: Any = self.fields["store"]
        first: StoreLink | None = store.queryset.first()
        return first

    @property
    def visitor(self) -> Visitor:
        if not self.is_bound:
            return Visitor(customer_id=EXAMPLE)
        names = ("customer_id", "first_name", "last_name", "email", "mobile_phone")
        return Visitor(**{name: self.cleaned_data[name] for name in names})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MANAGE_CONNECTIONS)
def widget(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.booking_systems(), pk=pk)
    form = WidgetForm(request.POST or None, connection=connection)
    link = form.link
    key = link.secrets.get("merchant_key", "") if link else ""
    context = {
        "connection": connection,
        "form": form,
        "link": link,
        "snippet": _snippet(connection, form, key) if key else "",
        "script": script_of(connection.base_url),
    }
    return render(request, "integrations/widget.html", context, status=422 if form.errors else 200)


def _snippet(connection: Connection, form: WidgetForm, key: str) -> str:
    label = form.cleaned_data["label"] if form.is_bound else str(form.fields["label"].initial)
    return snippet(base_url=connection.base_url, merchant_key=key, label=label, visitor=form.visitor)
