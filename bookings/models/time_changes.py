"""What a person asked to be done with busy or extra time in a calendar: add it, put another in its place, remove it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.asked import Asked, AskedQuerySet
from bookings.models.calendars import TimeSlot
from clienteling.models import StaffMember


class TimeChange(Asked):
    """`slot`: the row of ours that it is about; gone once it was removed, or refused before it was ever accepted."""

    class Kind(models.TextChoices):
        ADD = "add", _("Add")
        REMOVE = "remove", _("Remove")

    FROM_STORE: ClassVar[str] = "staff__time_changes"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="time_changes")
    slot = models.ForeignKey(TimeSlot, on_delete=models.SET_NULL, null=True, related_name="changes")
    removes = models.CharField(
        max_length=64, blank=True, help_text="The provider's id of what goes; with Add: of what it takes the place of"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = AskedQuerySet.as_manager()

    class Meta(Asked.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(state__in=["sending", "unconfirmed"]),
                name="one_open_change_per_time_slot",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=["sending", "unconfirmed"]),
                name="time_change_due",
            ),
            models.Index(fields=["author", "-created_at"], name="time_change_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} time {self.reference}"
