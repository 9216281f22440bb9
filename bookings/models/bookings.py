"""A booking: a client, items, a time, a staff member.

Its status is three facts, as at Booxi (booxi-api.md section 9): `status`, `presence`, `is_completed`.
What a person reads is derived from them (`state`). The booking system is the authority: the fields
here are what it last said, except on a row that it has not accepted yet (`remote_id` is null).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from bookings.models.calendars import GroupEvent, Spans, TimeSlot
from bookings.models.catalogue import Service
from clienteling.models import Client, StaffMember, Store
from clienteling.permissions import Action, hers

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


class Kind(models.TextChoices):
    APPOINTMENT = "appointment", _("Appointment")
    GROUP_RESERVATION = "group_reservation", _("Group event")
    OTHER = "other", _("Other")


class Status(models.TextChoices):
    """Where a booking stands between the shop and the client."""

    SENDING = "sending", _("Not confirmed yet")  # ours alone: the provider has not answered
    REFUSED = "refused", _("Not accepted")  # ours alone: the provider said no
    REQUESTED = "requested", _("Requested")
    AWAITING_CLIENT = "awaiting_client", _("Awaiting client")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown status")


class Presence(models.TextChoices):
    EXPECTING = "expecting", _("Expected")
    ARRIVED = "arrived", _("Arrived")
    NO_SHOW = "no_show", _("No-show")


# What a person reads: key (also the CSS class of the chip), glyph, word.
STATES = {
    "sending": ("…", _("Not confirmed yet")),
    "refused": ("!", _("Not accepted")),
    "requested": ("?", _("Requested")),
    "awaiting_client": ("↗", _("Awaiting client")),
    "confirmed": ("○", _("Confirmed")),
    "arrived": ("◐", _("Arrived")),
    "completed": ("●", _("Completed")),
    "no_show": ("⊘", _("No-show")),
    "cancelled": ("×", _("Cancelled")),
    "unknown": ("~", _("Unknown status")),
}


def state_of(status: str, presence: str, *, is_completed: bool) -> str:
    """The three facts of a booking as one word of `STATES`."""
    if status != Status.CONFIRMED:
        return status
    if is_completed:
        return "completed"
    if presence != Presence.EXPECTING:
        return presence
    return "confirmed"


# What waits for somebody to decide: asked for and not answered; nobody to do it; no time chosen yet.
WAITING = models.Q(kind=Kind.APPOINTMENT) & (
    models.Q(status=Status.REQUESTED)
    | models.Q(status__in=[Status.CONFIRMED, Status.AWAITING_CLIENT], staff__isnull=True)
    | models.Q(status__in=[Status.CONFIRMED, Status.AWAITING_CLIENT], starts_at__isnull=True)
)


class BookingQuerySet(Spans):
    def for_user(self, user: Anybody, action: Action = Action.SEE_CLIENTS) -> BookingQuerySet:
        """Bookings in the stores where `user` may do `action`."""
        return self.filter(store__in=Store.objects.for_user(user, action))

    def changeable_by(self, user: Anybody) -> BookingQuerySet:
        """Bookings `user` may change: in her own calendar, and in every calendar of the stores she manages."""
        own, everybodys = Action.CHANGE_OWN_BOOKINGS, Action.CHANGE_STORE_BOOKINGS
        return self.for_user(user).filter(hers(user, own=own, everybodys=everybodys, staff="staff", store="store"))

    def accepted(self) -> BookingQuerySet:
        """What the booking system knows of."""
        return self.filter(remote_id__isnull=False)

    def live(self) -> BookingQuerySet:
        """What takes somebody's time: neither cancelled nor refused."""
        return self.exclude(status__in=[Status.CANCELLED, Status.REFUSED])

    def upcoming(self, now: dt.datetime) -> BookingQuerySet:
        return self.live().filter(ends_at__gte=now, is_completed=False).exclude(presence=Presence.NO_SHOW)

    def helped_by(self, member: StaffMember, start: dt.datetime, end: dt.datetime) -> BookingQuerySet:
        """Somebody else's, of which `member` gives a part in [start, end): once for each such part, with the part's
        `part_label`, `part_starts_at` and `part_ends_at`."""
        parts = TimeSlot.objects.between(start, end).filter(staff=member)
        return (
            self.live()
            .filter(parts__in=parts)
            .annotate(
                part_label=models.F("parts__label"),
                part_starts_at=models.F("parts__starts_at"),
                part_ends_at=models.F("parts__ends_at"),
            )
        )

    def visits(self) -> BookingQuerySet:
        return self.filter(status=Status.CONFIRMED, presence=Presence.ARRIVED)

    def attended(self, now: dt.datetime) -> BookingQuerySet:
        """What was neither cancelled nor a no-show, and has begun by `now`: visits as segments count them
        (booker-api.md section 9), for not every shop marks arrivals as `visits` asks for. A status we do not know
        counts as booked; a request that nobody answered, and what was never accepted, do not."""
        held = self.filter(status__in=[Status.CONFIRMED, Status.UNKNOWN], starts_at__lt=now)
        return held.exclude(presence=Presence.NO_SHOW)

    def no_shows(self) -> BookingQuerySet:
        return self.filter(status=Status.CONFIRMED, presence=Presence.NO_SHOW)

    def requested(self) -> BookingQuerySet:
        return self.filter(status=Status.REQUESTED)

    def waiting(self, now: dt.datetime) -> BookingQuerySet:
        """What waits for a person and can still be met, longest waiting first (booxi-api.md section 10).

        What asked for a time that has passed is left out: the booking system changes it no more.
        """
        ahead = models.Q(starts_at__isnull=True) | models.Q(starts_at__gte=now)
        return self.accepted().filter(WAITING, ahead).order_by("booked_at", "pk")

    def with_details(self) -> BookingQuerySet:
        """All that a list row shows, in two queries."""
        return self.select_related("client", "staff", "store", "group_event").prefetch_related("items")


class Booking(models.Model):
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="bookings")
    client = models.ForeignKey(Client, on_delete=models.SET_NULL, null=True, related_name="bookings")
    staff = models.ForeignKey(StaffMember, on_delete=models.SET_NULL, null=True, related_name="bookings")
    group_event = models.ForeignKey(
        GroupEvent, on_delete=models.SET_NULL, null=True, blank=True, related_name="reservations"
    )
    remote_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - null: not accepted yet
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.APPOINTMENT)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.SENDING)
    status_text = models.CharField(max_length=64, blank=True, help_text="The provider's word, when it is none of ours")
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.EXPECTING)
    is_completed = models.BooleanField(default=False)
    starts_at = models.DateTimeField(null=True, help_text="null: the client proposed times, none is chosen")
    ends_at = models.DateTimeField(null=True)
    proposed_times = models.JSONField(
        default=list, blank=True, help_text="[[from, to], ...] in UTC, proposed by the client"
    )
    client_request = models.TextField(_("client request"), blank=True, max_length=2000)
    quick_note = models.TextField(_("quick note"), blank=True, max_length=2000)
    booked_at = models.DateTimeField(default=timezone.now)
    booked_by_client = models.BooleanField(default=False)
    booked_by = models.ForeignKey(StaffMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    modified_at = models.DateTimeField(default=timezone.now, help_text="When the booking system last changed it")
    modified_by_client = models.BooleanField(default=False)
    modified_by = models.ForeignKey(StaffMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    extra = models.JSONField(default=dict, blank=True, help_text="Fields of the provider that we do not know")

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = [models.UniqueConstraint(fields=["store", "remote_id"], name="booking_once_per_store")]
        indexes = [
            models.Index(fields=["staff", "starts_at"], name="booking_by_staff"),
            models.Index(fields=["client", "starts_at"], name="booking_by_client"),
            models.Index(fields=["store", "starts_at"], name="booking_by_store"),
            models.Index(fields=["store"], name="booking_requested", condition=models.Q(status="requested")),
            models.Index(fields=["store"], name="booking_waiting", condition=WAITING),
        ]

    def __str__(self) -> str:
        return f"booking {self.pk}"

    @property
    def state(self) -> str:
        """The one word of `STATES` that says how it stands."""
        return state_of(self.status, self.presence, is_completed=self.is_completed)

    @property
    def is_waiting(self) -> bool:
        """`BookingQuerySet.waiting` for a row at hand, whenever its time is."""
        if not self.is_accepted or self.kind != Kind.APPOINTMENT:
            return False
        open_ended = self.staff_id is None or self.starts_at is None
        is_live = self.status in (Status.CONFIRMED, Status.AWAITING_CLIENT)
        return self.status == Status.REQUESTED or (is_live and open_ended)

    @property
    def state_glyph(self) -> str:
        return STATES[self.state][0]

    @property
    def state_label(self) -> str:
        return str(STATES[self.state][1])

    def forget_words(self) -> None:
        """Remove what was written about the client, here, in the changes asked for and in the record of differences."""
        words = ("client_request", "quick_note")
        type(self).objects.filter(pk=self.pk).update(client_request="", quick_note="", extra={})
        self.differences.filter(field__in=words).update(before="", after="")
        for change in self.changes.all():
            for kept in (change.wanted, change.before):
                for name in words:
                    kept.pop(name, None)
            change.save(update_fields=["wanted", "before"])

    @property
    def is_accepted(self) -> bool:
        return self.remote_id is not None

    @cached_property
    def item_list(self) -> list[BookingItem]:
        return sorted(self.items.all(), key=lambda item: item.position)

    @property
    def title(self) -> str:
        """What it is about: the services, in order."""
        if self.group_event_id and self.group_event:
            return self.group_event.name
        return ", ".join(item.name for item in self.item_list)

    @property
    def minutes(self) -> int:
        if not self.starts_at or not self.ends_at:
            return sum(item.duration for item in self.item_list)
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def price(self) -> Decimal | None:
        prices = [item.price for item in self.item_list if item.price is not None]
        return sum(prices, Decimal()) if prices else None

    @property
    def currency(self) -> str:
        return next((item.currency for item in self.item_list if item.currency), "")

    @property
    def local_start(self) -> dt.datetime | None:
        return self.starts_at and self.store.local(self.starts_at)

    @property
    def local_end(self) -> dt.datetime | None:
        return self.ends_at and self.store.local(self.ends_at)


class BookingItem(models.Model):
    """One service of a booking, in the order it is done."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True)
    name = models.CharField(max_length=200)
    duration = models.PositiveIntegerField(help_text="minutes")
    spacing_after = models.PositiveIntegerField(default=0, help_text="minutes kept free after it")
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    room = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("booking", "position")
        constraints = [models.UniqueConstraint(fields=["booking", "position"], name="one_item_per_position")]

    def __str__(self) -> str:
        return self.name
