"""Calls under further addresses, and calls whose answer no source tells."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from integrations.sandbox.booker import gate
from integrations.sandbox.booker.assumptions import NOT_KNOWN
from integrations.sandbox.booker.failures import Failure
from integrations.sandbox.http import Call, Reply, Route

# The third family of v4.1 and the calls of the customer side that R1 sends there.
_BOOKING = {
    "/appointment/<id:appointment_id>": "/appointment/<id:appointment_id>",
    "/appointment/cancel": "/appointment/cancel",
    "/appointment/create": "/appointment/create",
    "/employees": "/employees",
    "/treatments": "/services",
    "/location/<id:location_id>": "/location/<id:location_id>",
    "/locations": "/locations",
}


def booking_family(of: Iterable[Route]) -> Iterator[Route]:
    for route in of:
        name = _BOOKING.get(route.path.removeprefix("/v4.1/customer"))
        if name is not None and route.path.startswith("/v4.1/customer/"):
            yield replace(route, path=f"/v4.1/booking{name}")


def not_known(call: Call, **ids: int) -> Reply:
    raise Failure(NOT_KNOWN, "The stand-in does not know what Booker answers here.")


ROUTES = (
    gate.merchant("PUT", "/order/quantity_in_stock", not_known),
    gate.merchant("POST", "/order/<id:order_id>/add_special", not_known),
    gate.merchant("POST", "/user", not_known),
    gate.merchant("GET", "/ccwidget/auth", not_known),
    gate.customer("POST", "/itinerary/create", not_known),
    gate.customer("POST", "/appointment/prebooking/totalcost", not_known),
    gate.customer("GET", "/location/<id:location_id>/gift_certificates", not_known),
    gate.customer("GET", "/special/location/<id:location_id>", not_known),
)
