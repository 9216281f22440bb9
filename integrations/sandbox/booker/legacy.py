"""v4 as it was before the gateway: two services that ask for no subscription key (section 1).

What follows CustomerService.svc is what follows /v4.1/customer, and BusinessService.svc is /v4.1/merchant; older
programs write these names in any mixture of upper and lower case. Tokens come by calls of their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.sandbox.booker import auth, credentials, dates, gate, tokens
from integrations.sandbox.booker.accounts import is_client, no_login, with_login
from integrations.sandbox.booker.assumptions import NOT_KNOWN
from integrations.sandbox.booker.credentials import OPEN
from integrations.sandbox.booker.failures import Failure, OAuthError, envelope, missing
from integrations.sandbox.booker.fields import body_of, required_text
from integrations.sandbox.http import Call, Reply, Route

_SERVICES = {"/v4.1/customer": "CustomerService.svc", "/v4.1/merchant": "BusinessService.svc"}


def consumer_token(call: Call) -> Reply:
    return _token(call, scope="customer")


def business_token(call: Call) -> Reply:
    """For the application alone: without a location, so that it finds locations and little else."""
    return _token(call, scope="merchant")


def _token(call: Call, *, scope: str) -> Reply:
    """`?client_id&client_secret&grant_type=client_credentials`."""
    if not is_client(call.args):
        raise OAuthError("invalid_client", "The client is not known.")
    return Reply(body=with_login(tokens.issued(scope=scope, user=None, location_id=None, now=call.now)))


def account_login(call: Call) -> Reply:
    """`{AccountName, UserName, Password, client_id, client_secret}`: a token for the business; errors with HTTP 200."""
    body = body_of(call)
    if not is_client(body):
        return Reply(body=no_login("invalid_client", "The client is not known."))
    user = credentials.user_by_password(required_text(body, "UserName"), required_text(body, "Password"))
    query = "SELECT id FROM booker_location WHERE account_name = ?"
    account = required_text(body, "AccountName").lower()
    place = call.db.execute(query, (account,)).fetchone()
    if user is None or (place is None and account != credentials.BRAND_ACCOUNT):
        return Reply(body=no_login("invalid_grant", "The account, the user and the password do not fit."))
    location_id = user.location_id if place is None else place["id"]
    if user.location_id not in (None, location_id):
        return Reply(body=no_login("invalid_grant", "The user may not work at that location."))
    return Reply(body=with_login(tokens.issued(scope="merchant", user=user, location_id=location_id, now=call.now)))


def user(call: Call) -> Reply:
    """Who has logged in, and where."""
    claims = tokens.read(gate.access_token(call.request), now=call.now) or {}
    found = auth.user_of(claims) or missing("user")
    about: dict[str, Any] = {
        "ID": found.id,
        "Username": found.name,
        "Email": found.name,
        "FirstName": "Front",
        "LastName": "Desk",
        "EmployeeID": None,
        "IsAdministrator": found.location_id is None,
        "RoleNames": claims["roles"],
    }
    place = {"LocationID": call.caller.merchant_id, "BrandID": credentials.BRAND_ID}
    return Reply(body=envelope(User=about, **place))


def server_information(call: Call) -> Reply:
    """How many hours the server's clock, which is New York's, is ahead of UTC."""
    shift = datetime.fromtimestamp(call.now, dates.EASTERN).utcoffset()
    return Reply(body=envelope(ServerTimeZoneOffset=shift.total_seconds() / 3600 if shift else 0))


def elsewhere(call: Call, rest: str) -> Reply:
    raise Failure(NOT_KNOWN, "The stand-in does not know this operation.")


ROUTES = (
    gate.merchant("GET", "/user", user),
    *gate.both("GET", "/server_information", server_information),
)
_OWN = (
    Route(method="GET", path="/v4.1/customer/access_token", answer=consumer_token, key=OPEN),
    Route(method="GET", path="/v4.1/merchant/access_token", answer=business_token, key=OPEN),
    Route(method="POST", path="/v4.1/merchant/accountlogin", answer=account_login, key=OPEN),
    *(
        Route(method=method, path=f"{family}/<path:rest>", answer=elsewhere, key=OPEN)
        for family in _SERVICES
        for method in ("GET", "POST", "PUT", "DELETE")
    ),
)


def aliases(of: Iterable[Route]) -> Iterator[Route]:
    """Each route of the two families again, under its service; and what the services alone have."""
    for route in (*of, *_OWN):
        for family, service in _SERVICES.items():
            if route.path.startswith(f"{family}/"):
                path = f'/<words("webservice4/json/{service}"):service>{route.path.removeprefix(family)}'
                yield replace(route, path=path, answer=_without_service(route), key=OPEN)


def _without_service(route: Route) -> Any:
    return lambda call, service, **ids: route.answer(call, **ids)
