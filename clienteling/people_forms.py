"""What head office types about people, and what who is invited types about herself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clienteling.models import StaffMember, Store, User
from clienteling.permissions import Action, Mark, Role

MOST_PAGES = 10_000


class PeopleFilter(forms.Form):
    """Which people: by name or e-mail, and by store."""

    q = forms.CharField(label=_("Name or e-mail"), max_length=100, required=False)
    store = forms.ModelChoiceField(label=_("Store"), queryset=Store.objects.none(), required=False)
    page = forms.IntegerField(min_value=1, max_value=MOST_PAGES, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        store: Any = self.fields["store"]
        store.queryset = Store.objects.for_user(user, Action.MANAGE_PEOPLE)
        store.empty_label = _("Every store")

    @property
    def number(self) -> int:
        return self.cleaned_data.get("page") or 1

    def accounts(self) -> QuerySet[User]:
        rows = User.objects.order_by("name", "email", "pk").prefetch_related("staff_members__store")
        return _wanted(rows, self, "staff_members__", "name", "email")

    def without_account(self) -> QuerySet[StaffMember]:
        rows = StaffMember.objects.filter(user=None, is_active=True, store__is_active=True).select_related("store")
        return _wanted(rows, self, "", "login_email")


def _wanted(rows: Any, form: PeopleFilter, place: str, *names: str) -> Any:
    if not form.is_valid():
        return rows.none()
    text, store = form.cleaned_data["q"], form.cleaned_data["store"]
    if text:
        fields = (*names, f"{place}first_name", f"{place}last_name")
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": text})
        rows = rows.filter(pk__in=rows.model.objects.filter(found).values("pk"))
    if store:
        key = "staff_members__in" if place else "pk__in"
        rows = rows.filter(
            pk__in=rows.model.objects.filter(**{key: StaffMember.objects.filter(store=store)}).values("pk")
        )
    return rows


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, data: Any = None, *, place: StaffMember) -> None:
        initial = {"role": place.role if place.role_pinned else ""}
        super().__init__(data, initial=initial, auto_id=f"id_{place.pk}_%s")
        said = _("As the booking system says") if place.role_pinned else _("As the booking system says: %(role)s")
        words = str(said) % {"role": place.get_role_display()}
        self.fields["role"].choices = [("", words), *Role.choices]  # type: ignore[attr-defined]


class MarksForm(forms.Form):
    is_head_office = forms.BooleanField(label=_("Head office: everything in every store"), required=False)
    is_support = forms.BooleanField(label=_("Support: reads settings and logs, no personal data"), required=False)


class InviteForm(forms.Form):
    """For the place of somebody in a store, or for head office or support."""

    email = forms.EmailField(label=_("E-mail"), help_text=_("The link goes there. It is good once, for seven days."))
    mark = forms.ChoiceField(label=_("For"), choices=Mark.choices)

    def __init__(self, data: Any = None, *, place: StaffMember | None) -> None:
        super().__init__(data, initial={"email": place.login_email if place else ""})
        if place:
            del self.fields["mark"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class JoinForm(forms.Form):
    """Name and password of a new account. The e-mail is that of the invitation and cannot be typed."""

    name = forms.CharField(label=_("Your name, as colleagues know you"), max_length=150)
    password1 = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("The password once more"), strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password1(self) -> str:
        password = str(self.cleaned_data["password1"])
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("password1") and data["password1"] != data.get("password2"):
            raise ValidationError(_("The two passwords are not the same."))
        return data
