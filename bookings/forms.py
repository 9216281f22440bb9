"""What people type on the Book page and the booking page, and what may come of it.

Choices are checked against what was read for the page (`Desk`), so that a foreign id is an error beside its
field and no further query.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from bookings import finding, localtime
from bookings.actions import Item
from bookings.models import Booking, Service
from clienteling import names
from clienteling.models import Client, Consent, StaffMember, Store

if TYPE_CHECKING:
    from clienteling.permissions import Author

MAX_SERVICES = 10
MAX_WORDS = 2000
MAX_MINUTES = 24 * 60
FARTHEST = dt.timedelta(days=2 * 366)
FIRST_INSTANT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LAST_INSTANT = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody stands who books: a store, its services and its people, read once."""

    store: Store
    user: Author
    services: dict[int, Service]
    people: dict[int, StaffMember]

    @classmethod
    def of(cls, store: Store, user: Author) -> Desk:
        services = Service.objects.for_user(user).filter(store=store).bookable().select_related("category")
        people = StaffMember.objects.bookable_by(user).filter(store=store)
        return cls(
            store=store,
            user=user,
            services={service.pk: service for service in services.order_by("category__name", "name", "pk")},
            people={member.pk: member for member in people},
        )

    @property
    def shelves(self) -> list[tuple[str, list[Service]]]:
        """The services by category; those of none come last."""
        found: dict[str, list[Service]] = {}
        for service in self.services.values():
            found.setdefault(service.category.name if service.category else "", []).append(service)
        return sorted(found.items(), key=lambda shelf: not shelf[0])

    def find(self, query: str, most: int) -> list[Client]:
        return finding.clients_by(query, self.clients, user=self.user, stores=[self.store], most=most)

    @property
    def clients(self) -> Any:
        return Client.objects.for_user(self.user).filter(anonymised_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A time with a person, as picked from what was offered."""

    starts_at: dt.datetime
    staff: StaffMember


# --- Fields ------------------------------------------------------------------------------------------


class InstantField(forms.Field):
    """An ISO 8601 moment with its offset; becomes aware UTC."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": _("This is not a time we understand. Please choose again.")}

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            # In an address a plus sign reaches us as a space.
            moment = parse_datetime(str(value)[:40].replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not FIRST_INSTANT <= moment < LAST_INSTANT:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment.astimezone(dt.UTC)


class StaffField(forms.Field):
    """One of the people of a store by our id."""

    default_error_messages = {"invalid": _("Choose one of the people of this store.")}

    def __init__(self, *, people: dict[int, StaffMember], **kwargs: Any) -> None:
        self.people = people
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> StaffMember | None:
        if value in self.empty_values:
            return None
        member = self.people.get(_id(value))
        if member is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return member


class ServicesField(forms.Field):
    """Services in the order they are done; the same one may come twice."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": _("Choose at least one service."),
        "invalid": _("One of the services is not offered in this store."),
        "too_many": _("That is too much for one appointment."),
    }

    def __init__(self, *, services: dict[int, Service], **kwargs: Any) -> None:
        self.services = services
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[Service]:
        ids = [_id(one) for one in value or [] if one not in self.empty_values]
        if len(ids) > MAX_SERVICES:
            raise forms.ValidationError(self.error_messages["too_many"], code="too_many")
        if any(pk not in self.services for pk in ids):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return [self.services[pk] for pk in ids]


class SlotField(InstantField):
    """ "<instant>|<staff id>", as offers.Offer.value writes it."""

    default_error_messages = {"required": _("Choose a time.")}

    def __init__(self, *, people: dict[int, StaffMember], **kwargs: Any) -> None:
        self.people = people
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Chosen | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        moment, _sep, pk = str(value)[:80].partition("|")
        starts_at = super().to_python(moment)
        member = self.people.get(_id(pk))
        if starts_at is None or member is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return Chosen(starts_at, member)


class NearDateField(forms.DateField):
    """A day that can sensibly be asked for."""

    widget = forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")

    def validate(self, value: dt.date | None) -> None:
        super().validate(value)
        if value and abs(value - timezone.now().date()) > FARTHEST:
            raise forms.ValidationError(_("Choose a day within the next two years."), code="far")


def _id(value: Any) -> int:
    """A row's id out of a form; 0, which no row has, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1


class WordsField(forms.CharField):
    """A few lines of text, with line breaks as we keep them: browsers send theirs as two characters."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=MAX_WORDS, **kwargs)

    def to_python(self, value: Any) -> str:
        return plain_breaks(super().to_python(value) or "")


def plain_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _reference() -> forms.UUIDField:
    """Made with the form; the browser must not put an old one back into a new page."""
    return forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))


# --- Book --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """How far a booking has come. Nothing in it needs to be complete, or right."""

    step: str
    client: Client | None
    services: list[Service]
    staff: StaffMember | None
    first_day: dt.date
    slot: Chosen | None
    query: str


class DraftForm(forms.Form):
    """Reads whatever is there already; what cannot be understood counts as not chosen."""

    def __init__(self, data: QueryDict, *, desk: Desk) -> None:
        super().__init__(data)
        self.desk = desk
        hidden = forms.HiddenInput
        self.fields["step"] = forms.CharField(required=False, max_length=30)
        self.fields["client"] = forms.ModelChoiceField(desk.clients, required=False, widget=hidden)
        self.fields["service"] = ServicesField(services=desk.services, required=False)
        self.fields["staff"] = StaffField(people=desk.people, required=False)
        self.fields["day"] = NearDateField(required=False)
        self.fields["slot"] = SlotField(people=desk.people, required=False)
        self.fields["q"] = forms.CharField(required=False, max_length=100)

    def draft(self) -> Draft:
        """What was chosen, with the step applied that was pressed."""
        self.is_valid()
        given = self.cleaned_data.get
        step = given("step") or ""
        return Draft(
            step=step,
            client=given("client"),
            services=after_step(given("service") or [], step, self.desk.services),
            staff=given("staff"),
            first_day=self._first_day(given("day"), step),
            slot=given("slot"),
            query=given("q") or "",
        )

    def _first_day(self, day: dt.date | None, step: str) -> dt.date:
        verb, _sep, date = step.partition(":")
        if verb == "from":
            day = _date(date) or day
        return max(day or self.desk.store.today(), self.desk.store.today())


def _date(text: str) -> dt.date | None:
    try:
        return NearDateField().clean(text)
    except forms.ValidationError:
        return None


def after_step(services: list[Service], step: str, catalogue: dict[int, Service]) -> list[Service]:
    """The services after one press: "add:<service id>", "drop:<position>", "up:<position>", "down:<position>"."""
    verb, _sep, number = step.partition(":")
    if verb == "add" and _id(number) in catalogue and len(services) < MAX_SERVICES:
        return [*services, catalogue[_id(number)]]
    return rearranged(services, verb, _position(number))


def rearranged(rows: Sequence[Any], verb: str, at: int) -> list[Any]:
    """`rows` with the one at `at` dropped, or changed with its neighbour."""
    found = list(rows)
    if verb == "drop" and 0 <= at < len(found):
        del found[at]
    target = {"up": at - 1, "down": at + 1}.get(verb, -1)
    if 0 <= at < len(found) and 0 <= target < len(found):
        found[at], found[target] = found[target], found[at]
    return found


class Who:
    """Whom the booking is for."""

    KNOWN = "known"
    NEW = "new"
    GUEST = "guest"
    CHOICES = ((KNOWN, _("Find a client")), (NEW, _("New client")), (GUEST, _("Keep nothing")))


class BookForm(forms.Form):
    """A whole booking."""

    reference = _reference()
    who = forms.ChoiceField(choices=Who.CHOICES, widget=forms.RadioSelect)
    first_name = forms.CharField(
        label=_("First name"), max_length=100, error_messages={"required": _("Enter her first name.")}
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=100, error_messages={"required": _("Enter her last name.")}
    )
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(
        label=_("Mobile phone"), required=False, max_length=32, widget=forms.TextInput(attrs={"type": "tel"})
    )
    client_request = WordsField(label=_("What she asks for"))
    quick_note = WordsField(label=_("Quick note for colleagues"))
    anyway = forms.BooleanField(label=_("Book it all the same"), required=False)

    def __init__(self, data: QueryDict | None = None, *, desk: Desk, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.desk = desk
        self.twin: Booking | None = None
        self.fields["client"] = forms.ModelChoiceField(
            desk.clients,
            required=False,
            error_messages={"invalid_choice": _("We do not find this client here. Please search again.")},
        )
        self.fields["service"] = ServicesField(services=desk.services)
        self.fields["staff"] = StaffField(people=desk.people, required=False)
        self.fields["slot"] = SlotField(people=desk.people, required=False)
        self.fields["instead"] = SlotField(people=desk.people, required=False)
        if self.is_bound and self["who"].value() == Who.KNOWN:
            self.fields["first_name"].required = self.fields["last_name"].required = False
        for name in ("first_name", "last_name", "email", "phone"):
            # It is the client's data that is typed here, not that of the person at the keyboard.
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return phone_number(typed, self.desk.store) if typed else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("who") == Who.KNOWN:
            self._check_known(data)
        elif data.get("who"):
            self._check_newcomer(data)
        self._check_slot(data)
        self._check_twin(data)
        return data

    def _check_known(self, data: dict[str, Any]) -> None:
        if not data.get("client") and "client" not in self.errors:
            self.add_error("client", _("Choose a client, or enter a new one."))

    def _check_newcomer(self, data: dict[str, Any]) -> None:
        """First and last name and one way to reach her: booxi-api.md section 6.1."""
        data["client"] = None
        reachable = data.get("email") or data.get("phone")
        if not reachable and not {"email", "phone"} & set(self.errors):
            self.add_error("email", _("Enter an e-mail address or a phone number."))

    def _check_slot(self, data: dict[str, Any]) -> None:
        chosen = data.get("instead") or data.get("slot")
        if not chosen and not {"slot", "instead"} & set(self.errors):
            self.add_error("slot", _("Choose a time."))
        elif chosen and not data.get("instead") and data.get("staff") not in (None, chosen.staff):
            words = _("The time you chose is with %(one)s, and you asked for %(other)s. Please choose a time again.")
            people = {"one": chosen.staff.full_name, "other": data["staff"].full_name}
            self.add_error("slot", forms.ValidationError(words, params=people))
        data["slot"] = chosen

    def _check_twin(self, data: dict[str, Any]) -> None:
        """A page that was fetched anew has a new reference; the same person at the same time gives it away."""
        if self.errors or data.get("anyway"):
            return
        self.twin = twin_of(self.desk.store, data["slot"].starts_at, data, reference=data["reference"])
        if self.twin:
            self.add_error(None, _("She already has an appointment at that very time."))

    @property
    def consent(self) -> Consent:
        return Consent.KEPT if self.cleaned_data["who"] == Who.NEW else Consent.BOOKING_ONLY


def twin_of(store: Store, starts_at: dt.datetime, who: dict[str, Any], *, reference: uuid.UUID) -> Booking | None:
    """Her other appointment in `store` at that very time, of `who`: client, or else e-mail and phone."""
    theirs = Booking.objects.filter(store=store, starts_at=starts_at).live().exclude(changes__reference=reference)
    return theirs.filter(_is_her(who)).first()


def _is_her(data: dict[str, Any]) -> Q:
    """The client found; or, for one who was typed, anybody with that e-mail address or phone number."""
    if data["client"]:
        return Q(client=data["client"])
    by_email = Q(client__email__iexact=data["email"]) if data["email"] else Q()
    by_phone = Q(client__mobile_phone=data["phone"]) if data["phone"] else Q()
    return by_email | by_phone


def phone_number(typed: str, store: Store) -> str:
    """E.164, or a ValidationError where it cannot be a number."""
    number = names.international_phone(typed, store.country)
    if not number.startswith("+") or not number[1:].isdigit():
        raise forms.ValidationError(_("This does not look like a phone number."), code="invalid")
    return number


def typed_so_far(form_class: type[forms.Form], data: QueryDict) -> dict[str, str]:
    """What was typed, to be shown again as it is without judging it yet."""
    wanted = [name for name in form_class.base_fields if name in data]
    return {name: str(data[name]).replace("\x00", "")[:MAX_WORDS] for name in wanted}


class ReferenceForm(forms.Form):
    """The reference alone, which decides whether anything else is read."""

    reference = _reference()


# --- A booking that is there -------------------------------------------------------------------------


class StateForm(forms.Form):
    """One press of Confirm, Arrived and so on."""

    reference = _reference()
    seen = InstantField(required=False)
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class MoveForm(forms.Form):
    """Where to: an instant (from a drag or an offered time), or a day and a time of the store's clock."""

    starts_at = InstantField(required=False)
    day = NearDateField(label=_("Day"), required=False)
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    offset = forms.CharField(required=False, max_length=10)
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, booking: Booking, people: dict[int, StaffMember]) -> None:
        super().__init__(data)
        self.booking = booking
        self.fields["staff"] = StaffField(people=people, required=False)
        self.two_times: list[tuple[str, str]] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("day") and data.get("time") and not data.get("starts_at"):
            data["starts_at"] = self._resolve(data["day"], data["time"])
        if data.get("starts_at") and "staff" not in self.errors:
            data["staff"] = data.get("staff") or self.booking.staff
            if data["staff"] is None:
                self.add_error("staff", _("Choose who is to do it."))
        return data

    def _resolve(self, day: dt.date, time: dt.time) -> dt.datetime | None:
        found = localtime.instants(day, time, self.booking.store.zone)
        if not found:
            self.add_error("time", _("This time does not exist on that day: the clocks go forward over it."))
            return None
        return found[0] if len(found) == 1 else self._one_of(found)

    def _one_of(self, found: list[dt.datetime]) -> dt.datetime | None:
        labels = {localtime.offset_label(moment, self.booking.store.zone): moment for moment in found}
        wanted = self.cleaned_data.get("offset")
        if wanted in labels:
            return labels[wanted]
        before, after = labels
        self.two_times = [
            (before, _("The first one (%(offset)s)") % {"offset": before}),
            (after, _("The second one (%(offset)s)") % {"offset": after}),
        ]
        self.add_error("time", _("The clocks go back that night: this time comes twice. Choose which one."))
        return None

    @property
    def wants_a_time(self) -> bool:
        """Whether anything was asked for beyond opening the page."""
        return any(self.data.get(name) for name in ("starts_at", "time"))


class MoveOrder(MoveForm):
    """The same, to be sent now."""

    reference = _reference()
    seen = InstantField(required=False)

    def __init__(self, data: QueryDict | None = None, *, booking: Booking, people: dict[int, StaffMember]) -> None:
        super().__init__(data, booking=booking, people=people)
        self.fields["slot"] = SlotField(people=people, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("slot"):
            data["starts_at"], data["staff"] = data["slot"].starts_at, data["slot"].staff
        if not data.get("starts_at") and not self.errors:
            self.add_error(None, _("Choose a time first."))
        return data


class ServiceField(ServicesField):
    """One service of a store by our id."""

    widget = forms.HiddenInput  # type: ignore[assignment]

    def to_python(self, value: Any) -> Service | None:  # type: ignore[override]
        found = super().to_python([value])
        return found[0] if found else None


class ItemForm(forms.Form):
    """One service of a booking, with its length in minutes and its price in the store's currency."""

    duration = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=MAX_MINUTES)
    price = forms.DecimalField(label=_("Price"), required=False, min_value=0, max_digits=10, decimal_places=2)

    def __init__(self, *args: Any, services: dict[int, Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"] = ServiceField(services=services)

    def clean_price(self) -> Decimal | None:
        price: Decimal | None = self.cleaned_data["price"]
        return None if price is None else price.quantize(Decimal("0.01"))

    @property
    def service_row(self) -> Service | None:
        """The one this row is about, also on a form nobody has sent yet."""
        field = self.fields["service"]
        assert isinstance(field, ServiceField)  # noqa: S101 - tells the type checker what __init__ made
        return field.services.get(_id(self["service"].value()))


class Items(forms.BaseFormSet):
    """The services of a booking, in order."""

    def clean(self) -> None:
        if not self.forms:
            raise forms.ValidationError(_("Choose at least one service."), code="required")
        if not any(self.errors) and not all(form.cleaned_data.get("service") for form in self.forms):
            raise forms.ValidationError(_("Something is missing in one of the services."), code="invalid")

    @property
    def items(self) -> list[Item]:
        return [Item(**form.cleaned_data) for form in self.forms]


ItemFormSet = forms.formset_factory(
    ItemForm, formset=Items, extra=0, max_num=MAX_SERVICES, validate_max=True, absolute_max=MAX_SERVICES + 1
)


def item_rows(data: QueryDict, step: str, services: dict[int, Service]) -> list[dict[str, Any]]:
    """The rows of an `ItemFormSet` as typed, with the step applied that was pressed."""
    count = sum(f"items-{number}-service" in data for number in range(MAX_SERVICES))
    names = ("service", "duration", "price")
    rows = [{name: data.get(f"items-{number}-{name}", "")[:20] for name in names} for number in range(count)]
    verb, _sep, number = step.partition(":")
    added = services.get(_id(number)) if verb == "add" and count < MAX_SERVICES else None
    if added:
        return [*rows, {"service": added.pk, "duration": added.duration, "price": added.price}]
    return rearranged(rows, verb, _position(number))


class WordsForm(forms.Form):
    """The words on a booking, and what every change carries."""

    reference = _reference()
    seen = InstantField(required=False)
    step = forms.CharField(required=False, max_length=30)
    client_request = WordsField(label=_("What she asks for"))
    quick_note = WordsField(label=_("Quick note for colleagues"))
