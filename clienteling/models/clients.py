"""Clients, what is noted about them, and what they agreed to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clienteling import names
from clienteling.models.people import Store, User
from clienteling.models.profiles import ClientProfile
from clienteling.permissions import Action, Reach, reach

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


class Consent(models.TextChoices):
    """What a client's personal data may be kept for (booxi-api.md section 13)."""

    KEPT = "kept", _("May be kept")
    BOOKING_ONLY = "booking_only", _("For the booking only")


class ClientQuerySet(models.QuerySet["Client"]):
    def for_user(self, user: Anybody, action: Action = Action.SEE_CLIENTS) -> ClientQuerySet:
        """Clients known in a store where `user` may do `action`. A semi-join: no client comes twice."""
        return self.known_where(reach(user, action))

    def known_where(self, where: Reach) -> ClientQuerySet:
        """Clients known in a store that `where` covers."""
        if where.everywhere:
            return self
        if not where:
            return self.none()
        known = ClientStore.objects.filter(client=models.OuterRef("pk"), store__in=where.store_ids)
        return self.filter(models.Exists(known))

    def search(self, query: str) -> ClientQuerySet:
        """By starts of names in any order, e-mail, phone in any format, or a CRM id. All terms must match."""
        terms = names.search_terms(query)
        if not terms:
            return self.none()
        found = self
        for term in terms:
            found = found.filter(search_text__contains=term)
        return found


class Client(models.Model):
    """A person served. She has no contact data once anonymised."""

    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mobile_phone = models.CharField(_("mobile phone"), max_length=32, blank=True)
    home_phone = models.CharField(_("other phone"), max_length=32, blank=True)
    language = models.CharField(max_length=8, blank=True)
    quick_note = models.TextField(blank=True, max_length=2000, help_text="The booking system's note about her")
    consent = models.CharField(max_length=12, choices=Consent.choices, default=Consent.KEPT)
    consent_at = models.DateTimeField(null=True, blank=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)
    details_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the source last changed what we hold; older news does not overwrite",
    )
    field_times: Any = models.JSONField(
        default=dict, blank=True, help_text="Field name -> when it was last changed, where anybody has said"
    )
    stores = models.ManyToManyField(Store, through="ClientStore", related_name="clients")
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClientQuerySet.as_manager()
    contact_shown = False  # whether who looks sees phone and e-mail at once: clienteling/contact.py

    class Meta:
        ordering = ("last_name", "first_name", "pk")
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="client_by_name"),
            models.Index(fields=["email"], name="client_by_email", condition=~models.Q(email="")),
            models.Index(fields=["mobile_phone"], name="client_by_mobile", condition=~models.Q(mobile_phone="")),
            models.Index(fields=["consent"], name="client_booking_only", condition=models.Q(consent="booking_only")),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.search_text and not self.anonymised_at:
            self.search_text = self.text_to_search([])
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        if self.anonymised_at:
            return gettext("Anonymised client")
        return f"{self.first_name} {self.last_name}".strip() or gettext("Client without a name")

    @property
    def initials(self) -> str:
        letters = [part[0] for part in (self.first_name, self.last_name) if part]
        return "".join(letters).upper() or "·"

    @property
    def phone(self) -> str:
        return self.mobile_phone or self.home_phone

    @property
    def keeps_data(self) -> bool:
        return self.consent == Consent.KEPT

    def text_to_search(self, external_ids: list[str]) -> str:
        return names.search_text(
            names=[self.first_name, self.last_name],
            email=self.email,
            phones=[self.mobile_phone, self.home_phone],
            external_ids=external_ids,
        )

    def know_in(self, store: Store) -> None:
        """Record that `store` knows her; harmless when it already does."""
        ClientStore.objects.bulk_create([ClientStore(client=self, store=store)], ignore_conflicts=True)

    def anonymise(self, *, at: dt.datetime) -> bool:
        """Forget who she was, for good, with her profile and her memberships. Returns whether there was anything to
        forget."""
        changed = (
            type(self)
            .objects.filter(pk=self.pk, anonymised_at__isnull=True)
            .update(
                first_name="",
                last_name="",
                email="",
                mobile_phone="",
                home_phone="",
                quick_note="",
                search_text="",
                anonymised_at=at,
            )
        )
        if changed:
            self.notes.all().delete()
            self.memberships.all().delete()
            ClientProfile.objects.filter(client=self).delete()
            self.refresh_from_db()
        return bool(changed)


class ClientStore(models.Model):
    """That a store knows a client: she belongs to it, or has booked there."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="known_in")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="knows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "store"], name="client_known_once_per_store")]

    def __str__(self) -> str:
        return f"{self.client_id} @ {self.store_id}"


class Note(models.Model):
    """What staff want to remember about a client. Ours alone: never sent anywhere."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="notes")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=200)
    body = models.TextField(_("note"), max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=["client", "-created_at"], name="note_by_client")]

    def __str__(self) -> str:
        return f"note {self.pk}"
