"""What a booking system tells about a client besides how to reach her: address, birthday, memberships, what she agreed
to be sent (booker-api.md sections 7 and 9). Personal data: gone when she is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

LEAP_BIRTHDAY = 229


def birthday_code(day: dt.date) -> int:
    """Month and day as one number, by which birthdays can be looked for whatever the year: 21 January is 121."""
    return day.month * 100 + day.day


class ClientProfile(models.Model):
    """Written by `clienteling.profiles.describe`. An answer that is null has not been told."""

    client = models.OneToOneField("Client", on_delete=models.CASCADE, primary_key=True, related_name="profile")
    street = models.CharField(_("street"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True, help_text="As the source writes it")
    gender = models.CharField(_("gender"), max_length=40, blank=True, help_text="As the source writes it")
    born_on = models.DateField(_("birthday"), null=True, blank=True)
    birthday = models.PositiveSmallIntegerField(null=True, editable=False, help_text="month * 100 + day of `born_on`")
    takes_email = models.BooleanField(null=True, blank=True)
    takes_promotional_email = models.BooleanField(null=True, blank=True)
    takes_sms = models.BooleanField(null=True, blank=True)
    referred_by = models.ForeignKey("Client", on_delete=models.SET_NULL, null=True, blank=True, related_name="referred")
    input_source = models.CharField(max_length=100, blank=True, help_text="How she came to the source; its own word")
    spent = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="In all, as the source reckons it"
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Of `spent`")
    last_purchase_item = models.CharField(max_length=200, blank=True)
    last_purchase_at = models.DateTimeField(null=True, blank=True)
    is_member = models.BooleanField(default=False, help_text="What the source says itself, without naming memberships")
    was_member = models.BooleanField(default=False)
    seen_at = models.DateTimeField(help_text="When the source told it last, to the day")

    class Meta:
        indexes = [
            models.Index(fields=["birthday"], name="profile_by_birthday", condition=models.Q(birthday__isnull=False)),
            models.Index(
                fields=["currency", "spent"], name="profile_by_spent", condition=models.Q(spent__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"profile of {self.client_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.birthday = birthday_code(self.born_on) if self.born_on else None
        super().save(*args, **kwargs)

    @property
    def takes_offers_by_email(self) -> bool | None:
        """Whether she may be sent offers: no where either answer is no, not known where neither is told."""
        told = [one for one in (self.takes_email, self.takes_promotional_email) if one is not None]
        return all(told) if told else None


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self, day: dt.date) -> MembershipQuerySet:
        """Begun, neither over nor suspended on `day`, by the dates and by what the source says itself."""
        begun = models.Q(starts_on__isnull=True) | models.Q(starts_on__lte=day)
        lasting = models.Q(expires_on__isnull=True) | models.Q(expires_on__gte=day)
        going_on = models.Q(suspended_on__isnull=True) | models.Q(suspended_on__gt=day)
        return self.filter(begun, lasting, going_on, is_expired=False)


class Membership(models.Model):
    """One membership of a client, going on or over. Days are those of the place that sold it."""

    client = models.ForeignKey("Client", on_delete=models.CASCADE, related_name="memberships")
    source_key = models.CharField(max_length=100, help_text="What the source calls it")
    name = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=60, blank=True, help_text="The source's own word")
    starts_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True, help_text="Its last day")
    suspended_on = models.DateField(null=True, blank=True)
    is_expired = models.BooleanField(default=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("-expires_on", "pk")
        constraints = [models.UniqueConstraint(fields=["client", "source_key"], name="membership_once_per_client")]

    def __str__(self) -> str:
        return f"membership {self.pk}"

    def is_active_on(self, day: dt.date) -> bool:
        """As `MembershipQuerySet.active`, for a row at hand."""
        begun = self.starts_on is None or self.starts_on <= day
        lasting = self.expires_on is None or self.expires_on >= day
        going_on = self.suspended_on is None or self.suspended_on > day
        return begun and lasting and going_on and not self.is_expired
