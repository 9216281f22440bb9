"""Clients on their way between systems: who is whom, and what has to be told to whom."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clienteling.models import Client, Consent
from integrations.models.connections import Connection
from integrations.models.links import ClientLink
from integrations.models.work import Work

# Several calls are made for one row, each with a deadline of its own.
CALLS_TAKE = dt.timedelta(seconds=90)


class Linking(Work):
    """Finding who a client of a booking system is in the CRM. Parked with candidates: a person settles it."""

    class Outcome(models.TextChoices):
        NONE = "", _("Not yet")
        FOUND = "found", _("Found in the CRM")
        CREATED = "created", _("Created in the CRM")
        KNOWN = "known", _("Linked already")
        SEVERAL = "several", _("More than one could be she")
        CONFLICT = "conflict", _("Linked to somebody else")
        NOT_KEPT = "not_kept", _("Here for a booking only: not passed on")
        SETTLED = "settled", _("Settled by a person")

    class Decision(models.TextChoices):
        """What a person said is to be done; empty while nobody had to."""

        NONE = "", _("None")
        LINK = "link", _("Link to the one chosen")
        CREATE = "create", _("Create a new customer")
        LEAVE = "leave", _("Leave unlinked")
        UNDO = "undo", _("Put back as before")

    LEASE: ClassVar[dt.timedelta] = CALLS_TAKE

    reference = models.UUIDField(default=uuid.uuid4, help_text="Named when a customer is created, so that it is once")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="linkings")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="linkings")
    external_id = models.CharField(max_length=64, help_text="The booking system's id of the client")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="")
    candidates: Any = models.JSONField(
        default=list, blank=True, help_text="CRM ids that could be she; no personal data"
    )
    is_unlinked_there = models.BooleanField(
        default=False, help_text="The message that brought her would have shown her link, and showed none"
    )
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    chosen = models.CharField(max_length=100, blank=True, help_text="The CRM id that a person chose, or that was made")
    before: Any = models.JSONField(
        default=dict,
        blank=True,
        help_text='For undoing a decision: {"link": her CRM id before, "holder": who had the chosen one, "outcome"}',
    )
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="linking_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="linking_due"),
            models.Index(fields=["client"], name="linking_by_client"),
        ]

    def __str__(self) -> str:
        return f"linking {self.pk}"


class ClientPushQuerySet(models.QuerySet["ClientPush"]):
    def spread(self, client: Client, fields: Iterable[str], *, said_by: ClientLink | None = None) -> int:
        """Tell every other system that knows `client` of the `fields` that changed, within the caller's transaction.

        Who said so is not told: that is what keeps news from going in circles. A customer system hears nothing
        of who is here for a booking only, except that she no longer agrees to more. Returns how many hear of it.
        """
        links = ClientLink.objects.filter(client=client, module="", connection__is_active=True)
        told = 0
        for link in links.select_related("connection").order_by("pk"):
            if said_by is None or link.pk != said_by.pk:
                told += self._tell(link, client, sorted(set(fields) & _shared(link.connection, client)))
        return told

    def _tell(self, link: ClientLink, client: Client, fields: list[str]) -> bool:
        """One row more, unless one that nobody has begun says the same."""
        if not fields or client.anonymised_at:
            return False
        where = {"connection": link.connection, "client": client, "external_id": link.external_id, "kind": "update"}
        # Locked: whoever claims it reads her after what we are about to write.
        untouched = self.select_for_update().filter(**where, state="waiting", attempts=0)
        if any(set(fields) <= set(row.fields) for row in untouched):
            return False
        self.create(**where, fields=fields)
        return True


# What systems tell each other of a client, by our names for it.
SHARED = frozenset({"first_name", "last_name", "email", "mobile_phone", "home_phone", "language"})


def _shared(connection: Connection, client: Client) -> frozenset[str]:
    if connection.kind != Connection.Kind.CRM:
        return SHARED
    return SHARED | {"consent"} if client.consent == Consent.KEPT else frozenset({"consent"})


class ClientPush(Work):
    """Something about a client that one system has to be told. Only names of fields: the values stay on the client."""

    class Kind(models.TextChoices):
        CREATE = "create", _("Create")
        UPDATE = "update", _("Update")
        ERASE = "erase", _("Erase")
        LINK = "link", _("Link")

    LEASE: ClassVar[dt.timedelta] = CALLS_TAKE

    reference = models.UUIDField(default=uuid.uuid4, help_text="Named when she is created, so that it is once")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pushes")
    client = models.ForeignKey(Client, on_delete=models.SET_NULL, null=True, related_name="pushes")
    external_id = models.CharField(max_length=100, blank=True, help_text="Her id there; empty: to be created")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fields: Any = models.JSONField(default=list, blank=True)

    objects = ClientPushQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="push_due"),
            models.Index(fields=["client"], name="push_by_client"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
