"""A booking as it is answered, and what is sent to make or to change one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings import counter
from bookings.forms import MAX_MINUTES
from bookings.models import Booking, BookingItem, Change
from bookings.models.bookings import STATES
from clienteling.models import Consent
from integrations.api.reading import Email, Id, Ids, Instant, Money, Note, Number, Strict, Words

K = Change.Kind
SEEN = "`modified_at` as you last read it: refused where somebody has moved the booking since"


class ItemShown(serializers.ModelSerializer[BookingItem]):
    class Meta:
        model = BookingItem
        fields = ("service", "name", "duration", "price", "currency")
        read_only_fields = fields


class BookingShown(serializers.ModelSerializer[Booking]):
    client_name = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=list(STATES), read_only=True, help_text="The three facts in one word")
    proposed_times = serializers.SerializerMethodField(help_text="[[from, to], ...], proposed by the client")
    items = ItemShown(many=True, source="item_list", read_only=True)
    is_waiting = serializers.BooleanField(read_only=True, help_text="Waits for a person: see requests")
    possible = serializers.SerializerMethodField(help_text="What makes sense to be done with it now")

    class Meta:
        model = Booking
        fields = (
            *("id", "store", "staff", "client", "client_name", "kind", "state", "status", "presence", "is_completed"),
            *("is_waiting", "possible", "starts_at", "ends_at", "proposed_times", "items"),
            *("client_request", "quick_note", "booked_at", "booked_by_client", "modified_at"),
        )
        read_only_fields = fields

    def get_client_name(self, booking: Booking) -> str:
        return booking.client.full_name if booking.client else ""

    @extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "string"}}})
    def get_proposed_times(self, booking: Booking) -> list[Any]:
        return list(booking.proposed_times)

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": [kind.value for kind in K]}})
    def get_possible(self, booking: Booking) -> list[str]:
        return [str(kind) for kind in counter.possible(booking)]


def read(rows: Any) -> Any:
    """With all that is shown of each, in two queries."""
    return rows.with_details().prefetch_related("items")


class NewcomerRead(Strict):
    """First and last name, and one way to reach her."""

    first_name = Words(max_length=100)
    last_name = Words(max_length=100)
    email = Email(max_length=254, required=False, allow_blank=True)
    phone = Words(max_length=32, required=False, allow_blank=True)
    consent = serializers.ChoiceField(
        choices=Consent.choices, help_text="What her data may be kept for; booking_only: forgotten after the visit"
    )


class OrderRead(Strict):
    """`client` or `new_client`."""

    store = Id()
    client = Id(required=False)
    new_client = NewcomerRead(required=False)
    services = Ids(help_text="In the order they are done")
    staff = Id(help_text="Who is to do it: `staff` of a free time, see availability")
    starts_at = Instant()
    client_request = Note(help_text="What she asks for")
    quick_note = Note(help_text="For the staff")
    anyway = serializers.BooleanField(
        required=False, help_text="Book although she has an appointment at that very time"
    )

    def validate_anyway(self, value: bool) -> bool:
        if not isinstance(self.initial_data.get("anyway"), bool):
            raise serializers.ValidationError("true or false.", code="invalid")
        return value


class ItemRead(Strict):
    service = Id()
    duration = Number(min_value=1, max_value=MAX_MINUTES, help_text="minutes")
    price = Money(required=False, allow_null=True)


class SeenRead(Strict):
    seen = Instant(required=False, help_text=SEEN)


class EditRead(SeenRead):
    items = serializers.ListField(child=ItemRead(), min_length=1, max_length=10, required=False)
    client_request = Note()
    quick_note = Note()


class MoveRead(SeenRead):
    starts_at = Instant()
    staff = Id(required=False, help_text="Whoever does it now, if not said")
