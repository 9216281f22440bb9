"""Keeping access tokens: shared by all workers, renewed a minute before they end, by one of them at a time.

A refresh token may be used once (booker-api.md section 2.1): whoever renews holds a lease while asking, outside of
any transaction, and what comes is saved whole: the new access token and the new refresh token together.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bookings.gateway import Unavailable
from integrations.models import AccessToken, Connection
from integrations.providers.booker_auth import Granted

EARLY = dt.timedelta(seconds=60)
LEASE = dt.timedelta(seconds=40)  # longer than a call may take
POLL = 0.05


@dataclass(frozen=True, slots=True)
class Keeper:
    """Tokens of one connection. `ask(secrets, own, location)` is the network: for a location's token `own` is the
    connection's, else ""."""

    connection: Connection
    ask: Callable[[Mapping[str, str], str, str], Granted]
    by_location: bool
    patience: float

    def current(self, location: str = "") -> str:
        """Raises Unavailable, Misconfigured."""
        return self._other_than("", location)

    def renew(self, stale: str, location: str = "") -> str:
        return self._other_than(stale, location)

    def _other_than(self, stale: str, location: str) -> str:
        place = location if self.by_location else ""
        until = time.monotonic() + self.patience
        while True:
            # Looked up anew each time: whoever changes the credentials takes the row away.
            row, _ = AccessToken.objects.get_or_create(connection=self.connection, location=place)
            access: str = row.secrets.get("access", "")
            is_young = row.expires_at is not None and row.expires_at > timezone.now() + EARLY
            if access and access != stale and is_young:
                return access
            if self._claim(row):
                return self._renewed(row, stale)
            if time.monotonic() > until:
                raise Unavailable("somebody else is still getting an access token")
            time.sleep(POLL)

    def _claim(self, row: AccessToken) -> bool:
        """Take the renewal, unless the token is no longer the one that we have looked at."""
        now = timezone.now()
        free = Q(renewing_until=None) | Q(renewing_until__lt=now)
        same = AccessToken.objects.filter(free, pk=row.pk, expires_at=row.expires_at)
        if not same.update(renewing_until=now + LEASE):
            return False
        row.renewing_until = now + LEASE
        return True

    def _renewed(self, row: AccessToken, stale: str) -> str:
        try:
            base = self._base(row, stale)
            secrets = dict(Connection.objects.get(pk=self.connection.pk).secrets)
            granted = self.ask(secrets, base, row.location)
        except BaseException:
            AccessToken.objects.filter(pk=row.pk, renewing_until=row.renewing_until).update(renewing_until=None)
            raise
        _keep(row, granted, used=secrets.get("refresh_token", ""))
        return granted.access

    def _base(self, row: AccessToken, stale: str) -> str:
        """A location's token is made from the connection's own, which may have ended at the same time."""
        if not row.location:
            return ""
        own = self._other_than("", "")
        return self._other_than(own, "") if stale and not self._is_newer(row) else own

    def _is_newer(self, row: AccessToken) -> bool:
        """Whether the connection's own token came after this location's."""
        own = AccessToken.objects.filter(connection=self.connection, location="").first()
        if row.expires_at is None or own is None:
            return True
        return own.expires_at is not None and own.expires_at > row.expires_at


def _keep(row: AccessToken, granted: Granted, *, used: str) -> None:
    """What a renewal has brought, unless the credentials it was asked with have been changed meanwhile."""
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=row.connection_id)
        AccessToken.objects.filter(pk=row.pk).update(**_values(granted))
        if granted.refresh and connection.secrets.get("refresh_token", "") == used:
            _keep_refresh_token(connection, granted)


def save(connection: Connection, granted: Granted, *, location: str = "") -> None:
    """Both tokens in one transaction: the old refresh token is worth nothing any more."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        AccessToken.objects.update_or_create(connection=connection, location=location, defaults=_values(granted))
        if granted.refresh:
            _keep_refresh_token(row, granted)


def _values(granted: Granted) -> dict[str, Any]:
    expires_at = timezone.now() + dt.timedelta(seconds=granted.seconds)
    return {"secrets": {"access": granted.access}, "expires_at": expires_at, "renewing_until": None}


def _keep_refresh_token(row: Connection, granted: Granted) -> None:
    row.secrets = {**row.secrets, "refresh_token": granted.refresh}
    row.save(update_fields=["secrets"])


def forget(connection: Connection) -> None:
    """Credentials have changed: what was given for the old ones is not used again."""
    AccessToken.objects.filter(connection=connection).delete()
