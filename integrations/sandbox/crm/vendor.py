"""The CRM as one of the sandbox's vendors: its base path, its routes, its key, its webhooks."""

from integrations.sandbox.crm import endpoints, keys, schema
from integrations.sandbox.crm import news as newsroom
from integrations.sandbox.http import Call, Route
from integrations.sandbox.webhooks.registrations import Defaults

BASE = "/crm"
SOURCE = schema.SOURCE
METERED = False
LISTENERS = Defaults(scheme="standard")
ROUTES: tuple[Route, ...] = endpoints.ROUTES

admit = keys.admit
refused = keys.refused
news = newsroom.news


def take_slot(call: Call, **ids: object) -> None:
    """A CRM has no slots to take."""
