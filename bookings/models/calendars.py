"""What stands in a staff calendar beside appointments. Each lives in exactly one booking system."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.catalogue import Service
from clienteling.models import StaffMember, Store
from clienteling.permissions import Action, hers

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


class Spans(models.QuerySet[Any]):
    def between(self, start: dt.datetime, end: dt.datetime) -> Self:
        """Rows that touch [start, end). Nothing lasts longer than two days, which lets the index bound the search."""
        return self.filter(starts_at__gte=start - dt.timedelta(days=2), starts_at__lt=end, ends_at__gt=start)


class GroupEvent(models.Model):
    """A workshop or class with places, in the calendar of the person who gives it."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="group_events")
    staff = models.ForeignKey(StaffMember, on_delete=models.SET_NULL, null=True, related_name="group_events")
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True)
    remote_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.PositiveIntegerField(default=0)
    places_taken = models.PositiveIntegerField(default=0)
    is_completed = models.BooleanField(default=False)

    objects = Spans.as_manager()

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = [models.UniqueConstraint(fields=["store", "remote_id"], name="group_event_once_per_store")]
        indexes = [models.Index(fields=["staff", "starts_at"], name="group_event_by_staff")]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """When a person works, as the provider tells it. Without a row: nothing is known, the store's hours count."""

    staff = models.OneToOneField(StaffMember, on_delete=models.CASCADE, related_name="working_hours")
    schedules = models.JSONField(
        default=list,
        help_text='[{"from": UTC or null, "until": UTC or null, "hours": as Store.weekly_hours}], all of them count',
    )

    def __str__(self) -> str:
        return f"working hours of {self.staff_id}"


class TimeSlotQuerySet(Spans):
    def alone(self) -> Self:
        """What is no part of a booking."""
        return self.filter(booking__isnull=True)

    def manageable_by(self, user: Anybody) -> Self:
        """What `user` may change or remove: her own, or everybody's of the stores where her role allows that."""
        return self.filter(
            hers(user, own=Action.MANAGE_OWN_TIME, everybodys=Action.MANAGE_STORE_TIME, staff="staff", store="store")
        )


class TimeSlot(models.Model):
    """Time a person is kept busy, or is available beyond her shift."""

    class Kind(models.TextChoices):
        BUSY = "busy", _("Busy")
        AVAILABLE = "available", _("Extra availability")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="time_slots")
    booking = models.ForeignKey(
        "bookings.Booking",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
        help_text="It is a part of this one, which somebody else has",
    )
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="time_slots")
    remote_id = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null: not accepted yet
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=200, blank=True)
    tags = models.CharField(max_length=100, blank=True)
    can_modify = models.BooleanField(default=True, help_text="False: it comes from another calendar")
    series = models.UUIDField(null=True, blank=True, help_text="Made together, repeated over some days")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = TimeSlotQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = [models.UniqueConstraint(fields=["store", "remote_id"], name="time_slot_once_per_store")]
        indexes = [models.Index(fields=["staff", "starts_at"], name="time_slot_by_staff")]

    def __str__(self) -> str:
        return self.label or self.get_kind_display()

    @property
    def is_accepted(self) -> bool:
        return self.remote_id is not None
