"""What outside systems call our people and places."""

from __future__ import annotations

from typing import Any

from django.db import models

from bookings.models import Service
from clienteling.models import Client, StaffMember, Store
from integrations.credentials import SecretsField
from integrations.models.connections import Connection


class ModuleLink(models.Model):
    """The name one outside system has for one of ours (architecture, section 3)."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=100)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.external_id


class NumberedLink(ModuleLink):
    """A link of something that the customer system has a number for as well: employee, product, store."""

    module_external_id = models.CharField(max_length=100, blank=True, help_text="Its number under the module id")
    number_read_at = models.DateTimeField(null=True, blank=True, help_text="When that number was last seen there")

    class Meta(ModuleLink.Meta):
        abstract = True


class StoreLink(NumberedLink):
    """Which of the provider's stores a store is, and how far its mirror goes."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="links")
    secrets: Any = SecretsField(default=dict, blank=True, editable=False)
    catalogue_at = models.DateTimeField(null=True, blank=True, help_text="Catalogue and staff proven right at")
    near_at = models.DateTimeField(null=True, blank=True, help_text="Today and the days around it proven right at")
    full_at = models.DateTimeField(null=True, blank=True, help_text="The whole window proven right at")
    clients_at = models.DateTimeField(null=True, blank=True, help_text="Every client of the window proven right at")
    changed_at = models.DateTimeField(null=True, blank=True, help_text="What changed until then has been read")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="A page asked for a refresh")
    full_from = models.DateField(null=True, blank=True, help_text="First local day of the mirrored window")
    full_until = models.DateField(null=True, blank=True, help_text="Last local day of the mirrored window")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="store_link_once")]


class StaffLink(NumberedLink):
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="staff_link_once")]


class CategoryLink(ModuleLink):
    category = models.ForeignKey("bookings.ServiceCategory", on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="category_link_once")]


class ServiceLink(NumberedLink):
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="service_link_once")]


class ClientLink(ModuleLink):
    """`module`: empty for the provider's own id of the client, else the module (a CRM) the id belongs to."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    module = models.CharField(max_length=100, blank=True)
    read_at = models.DateTimeField(null=True, blank=True, help_text="Details and whole history read at")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="Her page asked for them")
    proven_at = models.DateTimeField(null=True, blank=True, help_text="Details and links proven right at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "module", "external_id"], name="client_link_once")]
