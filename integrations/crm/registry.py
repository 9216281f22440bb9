"""From a CRM's `Connection` to a connector one can talk to. Another kind of CRM is one more line in `CONNECTORS`."""

from __future__ import annotations

from collections.abc import Callable

from bookings.gateway import Misconfigured
from integrations.crm.base import Crm
from integrations.crm.http import HttpCrm
from integrations.models import Connection
from integrations.providers.http import Api
from integrations.switchboard import Purpose, open_api


def _http(connection: Connection, api: Api) -> Crm:
    key = connection.secrets.get("crm_key", "")
    if not key:
        raise Misconfigured("The key of the customer system is missing or can no longer be read. Enter it again.")
    return HttpCrm(api, key=key)


CONNECTORS: dict[str, Callable[[Connection, Api], Crm]] = {Connection.Kind.CRM: _http}


def open_crm(connection: Connection, purpose: Purpose, subject: str = "") -> Crm:
    """`subject`: whom its calls are about, for the record ("client:7"). Raises Misconfigured."""
    return CONNECTORS[connection.kind](connection, open_api(connection, purpose, subject))
