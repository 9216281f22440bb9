"""What a person asked to be done with a booking.

A booking has at most one open change, so two people never send two changes of one booking at the same time.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.asked import Asked, AskedQuerySet
from bookings.models.bookings import Booking


class Change(Asked):
    class Kind(models.TextChoices):
        BOOK = "book", _("Book")
        MOVE = "move", _("Move")
        EDIT = "edit", _("Change")
        CONFIRM = "confirm", _("Confirm")
        CANCEL = "cancel", _("Cancel")
        ARRIVE = "arrive", _("Arrived")
        NO_SHOW = "no_show", _("No-show")
        COMPLETE = "complete", _("Complete")
        UNDO = "undo", _("Back to expected")
        DISPATCH = "dispatch", _("Given")
        PROPOSE = "propose", _("Another time proposed")
        DECLINE = "decline", _("Declined")

    FROM_STORE: ClassVar[str] = "bookings__changes"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    wanted = models.JSONField(default=dict, help_text="Fields that should change; see bookings/actions.py")
    before = models.JSONField(default=dict, help_text="The same fields as the person saw them")
    seen_at = models.DateTimeField(null=True, help_text="`modified_at` of the booking the person saw")

    objects = AskedQuerySet.as_manager()

    class Meta(Asked.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=models.Q(state__in=["sending", "unconfirmed"]),
                name="one_open_change_per_booking",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=["sending", "unconfirmed"]),
                name="change_due",
            ),
            models.Index(fields=["author", "-created_at"], name="change_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
