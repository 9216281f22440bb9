"""What can be booked in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from clienteling.models import StaffMember, Store

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


class ServiceCategory(models.Model):
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="service_categories")
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """Where services are given, in stores whose booking system tells."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="rooms")
    remote_id = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    capacity = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    services = models.ManyToManyField("bookings.Service", related_name="rooms", blank=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=["store", "remote_id"], name="room_once_per_store")]

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    def for_user(self, user: Anybody) -> ServiceQuerySet:
        return self.filter(store__in=Store.objects.for_user(user))

    def bookable(self) -> ServiceQuerySet:
        """What staff may book one to one: active, and not only sold as places in a group event."""
        return self.filter(is_active=True, is_group=False)


class Service(models.Model):
    """Something bookable. The same service in another store is another row."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="services")
    category = models.ForeignKey(ServiceCategory, on_delete=models.SET_NULL, null=True, blank=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    duration = models.PositiveIntegerField(help_text="minutes")
    spacing_after = models.PositiveIntegerField(default=0, help_text="minutes kept free after it")
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    is_active = models.BooleanField(default=True)
    is_online = models.BooleanField(default=True, help_text="Clients can book it themselves")
    is_group = models.BooleanField(default=False, help_text="Sold as places in a group event")
    people = models.ManyToManyField(
        StaffMember, related_name="services", blank=True, help_text="Who does it, as far as the provider tells"
    )

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
