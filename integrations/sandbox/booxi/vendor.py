"""Booxi as one of the sandbox's vendors: its base path, its routes, its keys, its webhooks."""

from integrations.sandbox.booxi import (
    availability,
    bookings,
    calendar,
    clients,
    group_events,
    keys,
    merchants,
    module_links,
    rivals,
    schedules,
    schema,
    services,
    staff,
    time_slots,
)
from integrations.sandbox.booxi import (
    news as newsroom,
)
from integrations.sandbox.booxi.assumptions import PRIMARY_MODULE, WEBHOOK_SCHEME
from integrations.sandbox.booxi.seed.places import GROUP_ID
from integrations.sandbox.http import Route, refusal_reply
from integrations.sandbox.webhooks.registrations import Defaults

BASE = "/booking/v1"
SOURCE = schema.SOURCE
METERED = True
LISTENERS = Defaults(scheme=WEBHOOK_SCHEME, group_id=GROUP_ID, module_id=PRIMARY_MODULE)

ROUTES: tuple[Route, ...] = (
    *availability.ROUTES,
    *bookings.ROUTES,
    *calendar.ROUTES,
    *clients.ROUTES,
    *group_events.ROUTES,
    *merchants.ROUTES,
    *module_links.ROUTES,
    *schedules.ROUTES,
    *services.ROUTES,
    *staff.ROUTES,
    *time_slots.ROUTES,
)

admit = keys.admit
take_slot = rivals.take_slot
refused = refusal_reply
news = newsroom.news
