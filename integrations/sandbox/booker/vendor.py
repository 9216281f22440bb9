"""Booker as one of the sandbox's vendors: its paths (right under the host), its keys, its webhooks."""

from integrations.sandbox.booker import (
    accounts,
    appointments,
    auth,
    booking,
    catalogue,
    checkout,
    classes,
    clients,
    customers,
    elsewhere,
    employees,
    failures,
    gate,
    legacy,
    locations,
    openings,
    orders,
    schema,
    searches,
    series,
    specials,
)
from integrations.sandbox.booker import news as newsroom
from integrations.sandbox.booker.assumptions import WEBHOOK_SCHEME
from integrations.sandbox.http import Route
from integrations.sandbox.webhooks.registrations import Defaults

BASE = ""
SOURCE = schema.SOURCE
METERED = False
LISTENERS = Defaults(scheme=WEBHOOK_SCHEME)

_ROUTES: tuple[Route, ...] = (
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
    *accounts.ROUTES,
    *legacy.ROUTES,
    *checkout.ROUTES,
    *series.ROUTES,
    *specials.ROUTES,
    *searches.ROUTES,
    *elsewhere.ROUTES,
)
ROUTES: tuple[Route, ...] = (
    *_ROUTES,
    *elsewhere.booking_family(_ROUTES),
    *legacy.aliases(_ROUTES),
    *gate.ELSEWHERE,
)

admit = gate.admit
refused = failures.refused
news = newsroom.news
take_slot = booking.take_slot
