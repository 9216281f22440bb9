"""Clients on sites where they book themselves: their logins, and the membership they buy there."""

import hmac
import sqlite3
from typing import Any

from integrations.sandbox.booker import clients, credentials, customers, gate, places, tokens
from integrations.sandbox.booker.assumptions import RULE_BROKEN, TOKEN_SECONDS
from integrations.sandbox.booker.auth import digest
from integrations.sandbox.booker.credentials import CUSTOMER
from integrations.sandbox.booker.failures import Failure, bad, envelope
from integrations.sandbox.booker.fields import Body, body_of, required_text, required_whole
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.times import DAY

Json = dict[str, Any]


def create(call: Call) -> Reply:
    """A client who can log in: e-mail and password are wanted."""
    body = body_of(call)
    location_id, password = places.asked(call, body), required_text(body, "Password")
    name = required_text(body, "Email")
    row = clients.make(call, body, location_id=location_id, login_name=name)
    call.db.execute("INSERT OR REPLACE INTO booker_login VALUES (?, ?, ?)", (row["id"], name.lower(), digest(password)))
    return clients.created(call, row)


def log_in(call: Call) -> Reply:
    """`{access_token, expires_in, error, error_description, Customer}`; a wrong password is an error with HTTP 200."""
    body = body_of(call)
    if not is_client(body):
        return Reply(body=no_login("invalid_client", "The client is not known."))
    row = _login(call.db, required_text(body, "Email"), required_text(body, "Password"))
    if row is None:
        return Reply(body=no_login("invalid_grant", "The e-mail address and the password do not fit."))
    token = tokens.issued(scope="customer", user=None, location_id=None, now=call.now, customer_id=row["id"])
    return Reply(body=with_login(token) | {"Customer": customers.whole(call.db, row, now=call.now)})


def is_client(body: Body) -> bool:
    """Whether a JSON body brings the application's id and secret."""
    secret = str(body.get("client_secret") or "")
    fits = hmac.compare_digest(secret.encode(), credentials.CLIENT_SECRET.encode())
    return body.get("client_id") == credentials.CLIENT_ID and fits


def with_login(token: str) -> Json:
    return {"access_token": token, "expires_in": TOKEN_SECONDS, "error": None, "error_description": None}


def no_login(error: str, description: str) -> Json:
    return {"access_token": None, "expires_in": 0, "error": error, "error_description": description, "Customer": None}


def _login(db: sqlite3.Connection, name: str, password: str) -> sqlite3.Row | None:
    query = (
        "SELECT booker_customer.* FROM booker_customer JOIN booker_login ON customer_id = booker_customer.id"
        " WHERE name = ? AND digest = ? AND NOT is_deleted"
    )
    row: sqlite3.Row | None = db.execute(query, (name.lower(), digest(password))).fetchone()
    return row


def buy_membership(call: Call) -> Reply:
    """`{MembershipProgramID, CustomerID, PaymentItem}`: a year of it from now on; no card is charged."""
    body = body_of(call)
    location_id = places.asked(call, body)
    bought = places.row_of(call.db, "plan", required_whole(body, "MembershipProgramID"), what="membership")
    owner = customers.living(call, required_whole(body, "CustomerID"))
    call.db.execute(
        "INSERT INTO booker_membership (customer_id, plan_id, card, starts_on, expires_on, is_cancelled, earned, used,"
        " sold_at) VALUES (?, ?, ?, ?, ?, 0, ?, 0, ?)",
        (owner["id"], bought["id"], f"JS-{owner['id']}", call.now, call.now + 365 * DAY, bought["visits"], location_id),
    )
    clients.update(call.db, dict(owner), now=call.now)
    return Reply(body=envelope())


def log_out(call: Call) -> Reply:
    return Reply(body=envelope())


def change_password(call: Call) -> Reply:
    """`{CustomerID, Email, OldPassword, NewPassword}`."""
    body = body_of(call)
    row = _login(call.db, required_text(body, "Email"), required_text(body, "OldPassword"))
    if row is None or row["id"] != required_whole(body, "CustomerID"):
        raise Failure(RULE_BROKEN, "The old password is not right.")
    update = "UPDATE booker_login SET digest = ? WHERE customer_id = ?"
    call.db.execute(update, (digest(required_text(body, "NewPassword")), row["id"]))
    return Reply(body=envelope())


def forget_password(call: Call) -> Reply:
    """`{Email, Firstname}`: the mail with a key that would now be sent is not."""
    required_text(body_of(call), "Email")
    return Reply(body=envelope())


def reset_password(call: Call) -> Reply:
    """`{Key, Password}`: nobody was ever sent a key."""
    required_text(body_of(call), "Key")
    bad("Key", "Is not known, or has expired")


ROUTES = (
    gate.customer("POST", "/customer/account", create, writes=True),
    Route(method="POST", path="/v4.1/customer/customer/login", answer=log_in, key=CUSTOMER),
    gate.customer("GET", "/logout", log_out),
    gate.customer("POST", "/logout", log_out),
    gate.customer("POST", "/customer/password", change_password, writes=True),
    gate.customer("POST", "/forgot_password/custom", forget_password),
    gate.customer("POST", "/password/reset", reset_password),
    gate.customer("POST", "/membership/purchase", buy_membership, writes=True),
)
