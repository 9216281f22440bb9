"""Segments: which clients somebody wants to keep an eye on, and how many they were day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.criteria import Criteria
from clienteling.models import Store, User
from clienteling.permissions import Action, Reach, reach

if TYPE_CHECKING:
    from clienteling.permissions import Anybody

# The last days of the ranges by which everybody is grouped, where head office has set no others.
USUAL_LIMITS = (30, 60, 90, 180, 365)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def for_user(self, user: Anybody, action: Action = Action.SEE_SEGMENTS) -> SegmentQuerySet:
        """Those of the stores where `user` may do `action`; those of all stores only for who may everywhere."""
        where = reach(user, action)
        return self if where.everywhere else self.filter(store__in=where.store_ids)


class Segment(models.Model):
    """Criteria with a name. It is about one store, its clients and their visits there, or about all stores."""

    name = models.CharField(_("name"), max_length=80)
    criteria: Any = models.JSONField(default=dict, help_text="As `bookings.criteria.Criteria` writes them")
    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, null=True, blank=True, related_name="segments", help_text="null: all stores"
    )
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def asks(self) -> Criteria:
        """ValueError where what is stored are no criteria."""
        return Criteria.read(self.criteria)

    @property
    def where(self) -> Reach:
        return Reach(self.store_id is None, {self.store_id} if self.store_id else ())

    def note_count(self, day: dt.date, number: int) -> None:
        """How many they were on `day`; what stands there already stays."""
        SegmentCount.objects.bulk_create([SegmentCount(segment=self, day=day, number=number)], ignore_conflicts=True)


class SegmentCount(models.Model):
    """How many clients were in a segment on a day. No personal data: it stays when one of them is forgotten."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="counts")
    day = models.DateField(help_text="UTC")
    number = models.PositiveIntegerField()

    class Meta:
        ordering = ("day",)
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="segment_counted_once_a_day")]

    def __str__(self) -> str:
        return f"{self.segment_id} on {self.day}"


class LastVisitRangeQuerySet(models.QuerySet["LastVisitRange"]):
    def limits(self) -> list[int]:
        """The last day of each range, ascending."""
        return list(self.order_by("until").values_list("until", flat=True)) or list(USUAL_LIMITS)

    def replace(self, limits: Iterable[int]) -> None:
        with transaction.atomic():
            self.all().delete()
            LastVisitRange.objects.bulk_create([LastVisitRange(until=limit) for limit in sorted(set(limits))])


class LastVisitRange(models.Model):
    """One range of days since the last visit: from the day after the range before it up to `until`.

    Ranges follow one another, so that everybody is in exactly one: the last one is open, and who never came is alone.
    """

    until = models.PositiveSmallIntegerField(unique=True, help_text="days since the last visit")

    objects = LastVisitRangeQuerySet.as_manager()

    class Meta:
        ordering = ("until",)

    def __str__(self) -> str:
        return f"up to {self.until} days"
