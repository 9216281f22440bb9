"""Who gets in: the gateway asks for a subscription key, Booker behind it for an access token (section 2.3)."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from integrations.sandbox.booker import credentials, tokens
from integrations.sandbox.booker.assumptions import ARGUMENTS, CUSTOMER_SCOPES, MERCHANT_SCOPES, NOT_ALLOWED, TOKEN
from integrations.sandbox.booker.credentials import AVAILABILITY, BRAND_ID, MERCHANT, OPEN, OPENED_BY, SUBSCRIPTION_KEYS
from integrations.sandbox.booker.failures import INVALID_TOKEN, Failure, token_expired
from integrations.sandbox.booker.fields import object_of
from integrations.sandbox.http import Call, Caller, Refusal, Reply, Route

Answer = Callable[..., Reply]


def admit(db: sqlite3.Connection, *, headers: Headers, route: Route) -> Caller:
    """401 of the gateway unless `Ocp-Apim-Subscription-Key` brings a key for the route's product."""
    if route.key == OPEN:
        return Caller(key="", kind=OPEN, group_id=BRAND_ID)
    given = headers.get("Ocp-Apim-Subscription-Key", "")
    if not given:
        raise Refusal(401, "Access denied due to missing subscription key.")
    product = SUBSCRIPTION_KEYS.get(given)
    if product is None or product not in OPENED_BY[route.key]:
        raise Refusal(401, "Access denied due to invalid subscription key.")
    return Caller(key=product, kind=route.key, group_id=BRAND_ID)


def route(method: str, path: str, answer: Answer, *, product: str, writes: bool = False) -> Route:
    """A route of one of the products, answered for who brings an access token with one of its scopes."""

    def checked(call: Call, **ids: Any) -> Reply:
        if call.fault is not None:
            _fail(call.fault)
        if call.fault == "empty_object":
            return Reply(body={})
        return answer(replace(call, caller=_caller(call, product=product)), **ids)

    return Route(method=method, path=path, answer=checked, key=product, writes=writes)


def both(method: str, path: str, answer: Answer, *, writes: bool = False) -> tuple[Route, Route]:
    """The same path under /v4.1/merchant and /v4.1/customer."""
    return (
        route(method, f"/v4.1/merchant{path}", answer, product=MERCHANT, writes=writes),
        route(method, f"/v4.1/customer{path}", answer, product=credentials.CUSTOMER, writes=writes),
    )


def merchant(method: str, path: str, answer: Answer, *, writes: bool = False) -> Route:
    return route(method, f"/v4.1/merchant{path}", answer, product=MERCHANT, writes=writes)


def customer(method: str, path: str, answer: Answer, *, writes: bool = False) -> Route:
    return route(method, f"/v4.1/customer{path}", answer, product=credentials.CUSTOMER, writes=writes)


def booking(method: str, path: str, answer: Answer, *, writes: bool = False) -> Route:
    """A third family, which R1 names: the customer side's calls that book, and a hold."""
    return route(method, f"/v4.1/booking{path}", answer, product=credentials.CUSTOMER, writes=writes)


def availability(method: str, path: str, answer: Answer) -> Route:
    return route(method, f"/v5{path}", answer, product=AVAILABILITY)


def is_merchant(call: Call) -> bool:
    """Whether the call came in by the business's own side."""
    return call.caller.kind == MERCHANT


def _fail(fault: str) -> None:
    """What chaos asked for, as far as it needs no work (the three faces of an expired token: section 3.1)."""
    if fault == "expired_token_401":
        raise Refusal(401, "Unauthorized. Access token is missing or invalid.")
    if fault == "expired_token_message":
        raise Failure(NOT_ALLOWED, INVALID_TOKEN)
    if fault == "expired_token_1000":
        raise Failure(TOKEN, "The session has expired.")
    if fault == "argument_error":
        raise Failure(ARGUMENTS, "Invalid arguments", arguments=[("LocationID", "Required")])


def _caller(call: Call, *, product: str) -> Caller:
    claims = tokens.read(access_token(call.request), now=call.now)
    if claims is None:
        raise Refusal(401, "Unauthorized. Access token is missing or invalid.") if _is_v5(call) else token_expired()
    wanted = MERCHANT_SCOPES if product == MERCHANT else CUSTOMER_SCOPES
    if not wanted & set(str(claims.get("scope")).split()):
        raise Failure(NOT_ALLOWED, "The access token's scope does not allow this call.")
    return Caller(key=call.caller.key, kind=product, group_id=BRAND_ID, merchant_id=claims.get("location_id"))


def _is_v5(call: Call) -> bool:
    return call.request.path.startswith("/v5/")


def access_token(request: Request) -> str:
    """The token in the JSON body, the query or the Authorization header, in this order; empty when there is none."""
    found = _in_body(request) or request.args.get("access_token", "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return found or (bearer.strip() if scheme.lower() == "bearer" else "")


def _in_body(request: Request) -> str:
    try:
        found = object_of(request).get("access_token")
    except Refusal:
        return ""
    return found if isinstance(found, str) else ""


def _nothing(call: Call, rest: str) -> Reply:
    raise Refusal(404, "Resource not found")


# Whatever else is asked of Booker is refused by its gateway, in its form.
ELSEWHERE = tuple(
    Route(method=method, path=f"/{version}/<path:rest>", answer=_nothing, key=OPEN)
    for version in ("v4.1", "v5")
    for method in ("GET", "POST", "PUT", "DELETE")
)
