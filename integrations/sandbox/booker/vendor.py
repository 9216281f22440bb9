"""Booker as one of the sandbox's vendors: its paths (right under the host), its keys, its webhooks."""

from integrations.sandbox.booker import (
    appointments,
    auth,
    booking,
    catalogue,
    classes,
    clients,
    customers,
    employees,
    failures,
    gate,
    locations,
    openings,
    orders,
    schema,
)
from integrations.sandbox.booker import news as newsroom
from integrations.sandbox.booker.assumptions import WEBHOOK_SCHEME
from integrations.sandbox.http import Route
from integrations.sandbox.webhooks.registrations import Defaults

BASE = ""
SOURCE = schema.SOURCE
METERED = False
LISTENERS = Defaults(scheme=WEBHOOK_SCHEME)

ROUTES: tuple[Route, ...] = (
    *auth.ROUTES,
    *locations.ROUTES,
    *catalogue.ROUTES,
    *employees.ROUTES,
    *customers.ROUTES,
    *appointments.ROUTES,
    *orders.ROUTES,
    *openings.ROUTES,
    *clients.ROUTES,
    *booking.ROUTES,
    *classes.ROUTES,
    *gate.ELSEWHERE,
)

admit = gate.admit
refused = failures.refused
news = newsroom.news
take_slot = booking.take_slot
