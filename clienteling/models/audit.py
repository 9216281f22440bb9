"""Who saw, changed and took out what, and when. Entries are only ever added.

They hold no personal data of clients: a client is an id, what was searched for is a number of hits. Ids are kept as
plain foreign keys without a constraint: an entry outlives what it is about.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clienteling.models.clients import Client
from clienteling.models.people import Store, User

# The database itself (PostgreSQL) keeps younger entries from being deleted: clienteling/migrations.
KEPT_AT_LEAST = dt.timedelta(days=365)


class AppendOnly(Exception):
    """Somebody's code tried to change or delete an entry."""


class Deed(models.TextChoices):
    CLIENT_SEEN = "client_seen", _("Opened a client's page")
    CONTACT_SHOWN = "contact_shown", _("Had contact data shown")
    RECORD_SEEN = "record_seen", _("Opened all that happened")
    BOOKING_SEEN = "booking_seen", _("Opened a booking")
    SEARCHED = "searched", _("Searched clients")
    BODY_SEEN = "body_seen", _("Read what a delivery says")
    CLIENT_ADDED = "client_added", _("Added a client")
    CLIENT_CHANGED = "client_changed", _("Changed a client")
    BOOKING_CHANGED = "booking_changed", _("Changed a booking")
    SEGMENT_CHANGED = "segment_changed", _("Changed a segment")
    TIME_CHANGED = "time_changed", _("Changed busy or extra time")
    LINK_SETTLED = "link_settled", _("Settled a link")
    CONNECTION_CHANGED = "connection_changed", _("Changed a connection")
    EXPORTED = "exported", _("Took out a file")
    REPORT_SEEN = "report_seen", _("Looked at a report")
    REPORT_ORDERED = "report_ordered", _("Had a report made")
    REPORT_TAKEN = "report_taken", _("Took out a report")
    REPORT_SCHEDULED = "report_scheduled", _("Changed when a report is made")
    TOKEN_MADE = "token_made", _("Made a token for a system")
    TOKEN_REVOKED = "token_revoked", _("Revoked a token")
    INVITED = "invited", _("Invited a person")
    JOINED = "joined", _("Joined by an invitation")
    ROLE_CHANGED = "role_changed", _("Changed a role")
    MARKS_CHANGED = "marks_changed", _("Changed head office or support")
    ACCOUNT_CLOSED = "account_closed", _("Closed an account")
    ACCOUNT_OPENED = "account_opened", _("Opened an account again")
    SESSIONS_ENDED = "sessions_ended", _("Ended sessions")
    FACTOR_CHANGED = "factor_changed", _("Changed a second factor")
    FACTORS_FORGOTTEN = "factors_forgotten", _("Had somebody begin anew with the second factor")
    LOGGED_IN = "logged_in", _("Logged in")
    LOGIN_FAILED = "login_failed", _("Failed to log in")
    LOGGED_OUT = "logged_out", _("Logged out")
    LOCKED = "locked", _("Locked the screen")
    UNLOCKED = "unlocked", _("Unlocked the screen")
    TIMED_OUT = "timed_out", _("Was logged out by time")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Django's own ways to change many rows at once are closed; `forget_before` is the one way out."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def forget_before(self, moment: dt.datetime) -> int:
        """Delete entries older than `moment`, which must be old enough. Returns how many."""
        if moment > timezone.now() - KEPT_AT_LEAST:
            raise AppendOnly
        return models.QuerySet(self.model, using=self.db).filter(at__lt=moment)._raw_delete(self.db)


def _reference(to: type[models.Model] | str) -> Any:
    return models.ForeignKey(
        to, on_delete=models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )


class AuditEntry(models.Model):
    at = models.DateTimeField(default=timezone.now)
    user = _reference(User)
    user_name = models.CharField(max_length=200, blank=True, help_text="As she was called then")
    deed = models.CharField(max_length=20, choices=Deed.choices)
    object_type = models.CharField(max_length=20, blank=True, help_text="booking, connection, person, ...")
    object_id = models.BigIntegerField(null=True)
    store = _reference(Store)
    client = _reference(Client)
    detail: Any = models.JSONField(default=dict, blank=True, help_text="Codes and numbers, no words of anybody")
    session = models.CharField(
        max_length=16, blank=True, help_text="Names the session or the token without being able to use it"
    )
    address = models.GenericIPAddressField(null=True, help_text="The peer's, as the server saw it")

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["client", "-id"], name="audit_by_client", condition=models.Q(client__isnull=False)),
            models.Index(fields=["user", "-id"], name="audit_by_user"),
            models.Index(fields=["deed", "-id"], name="audit_by_deed"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
