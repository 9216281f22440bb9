"""`/auth/connect/authorize`: where a spa's user signs in and lets an application in, or does not (section 2.1)."""

import secrets
import sqlite3
from gettext import gettext
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.booker import credentials
from integrations.sandbox.booker.assumptions import CODE_SECONDS, REDIRECT_HOSTS
from integrations.sandbox.booker.auth import digest, scope_of
from integrations.sandbox.booker.credentials import User
from integrations.sandbox.booker.failures import OAuthError
from integrations.sandbox.http import Refusal
from integrations.sandbox.markup import Html, el, field, joined, page, said

PATH = "/auth/connect/authorize"
_KEPT = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")
_USUAL_SCOPE = "openid profile userinfo offline_access merchant"


def show(sandbox: Sandbox, request: Request) -> Response:
    """The form. Until client and address are known to be right nobody is sent anywhere (400)."""
    _require_client(request.args)
    problem = _problem(request.args)
    if problem:
        return _back(request.args, error=problem)
    return _page(request.args)


def submit(sandbox: Sandbox, request: Request) -> Response:
    """Back to the application with a code, or with `access_denied`; a wrong password shows the form again."""
    asked = request.form
    _require_client(asked)
    if asked.get("answer") != "allow":
        return _back(asked, error="access_denied")
    user = credentials.user_by_password(asked.get("user", ""), asked.get("password", ""))
    problem = _problem(asked)
    if problem:
        return _back(asked, error=problem)
    if user is None:
        return _page(asked, message=said(gettext("That user and password do not fit."), is_alarm=True))
    with sandbox.state.noting() as db:
        code = _code(db, asked, user, now=sandbox.clock.now())
    return _back(asked, code=code)


def _require_client(asked: MultiDict[str, str]) -> None:
    if asked.get("client_id") != credentials.CLIENT_ID:
        raise Refusal(400, "The client is not known.")
    try:
        where = urlsplit(asked.get("redirect_uri", ""))
    except ValueError as problem:
        raise Refusal(400, "The redirect_uri is not readable.") from problem
    if where.scheme != "http" or where.hostname not in REDIRECT_HOSTS or where.username is not None:
        raise Refusal(400, "The redirect_uri is not one of the client's.")


def _problem(asked: MultiDict[str, str]) -> str | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if asked.get("code_challenge_method", "S256") != "S256":
        return "invalid_request"
    try:
        scope_of(asked, usual=_USUAL_SCOPE)
    except OAuthError as problem:
        return problem.error
    return None


def _code(db: sqlite3.Connection, asked: MultiDict[str, str], user: User, *, now: int) -> str:
    code = secrets.token_urlsafe(24)
    db.execute(
        "INSERT INTO booker_code VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (
            digest(code),
            user.id,
            scope_of(asked, usual=_USUAL_SCOPE),
            asked.get("redirect_uri", ""),
            asked.get("code_challenge", ""),
            now + CODE_SECONDS,
        ),
    )
    return code


def _back(asked: MultiDict[str, str], **said_: str | None) -> Response:
    given = {name: value for name, value in said_.items() if value}
    if "state" in asked:
        given["state"] = asked["state"]
    where = asked["redirect_uri"]
    joint = "&" if urlsplit(where).query else "?"
    return Response(status=302, headers={"Location": f"{where}{joint}{urlencode(given)}"})


def _page(asked: MultiDict[str, str], *, message: Html | str = "") -> Response:
    kept = (el("input", type="hidden", name=name, value=asked[name]) for name in _KEPT if name in asked)
    form = el(
        "form",
        *kept,
        field(gettext("User"), "user", type="email", autocomplete="username", value=asked.get("user", "")),
        field(gettext("Password"), "password", type="password", autocomplete="current-password"),
        el(
            "p",
            el("button", gettext("Allow access"), name="answer", value="allow"),
            " ",
            el("button", gettext("Deny"), name="answer", value="deny"),
        ),
        method="post",
        action=PATH,
        class_="tall",
    )
    words = gettext("An application asks for access to your spa's clients, appointments and orders.")
    return page(gettext("Sign in with Booker"), message, el("p", words), form, _hint())


def _hint() -> Html:
    """This is a stand-in: who may sign in is no secret."""
    users = (el("li", user.name) for user in credentials.USERS)
    words = gettext("In the sandbox each of these may sign in, with the password {password}:")
    return joined((el("p", words.format(password=credentials.PASSWORD)), el("ul", *users)))


ROUTES = (PanelRoute(method="GET", path=PATH, answer=show), PanelRoute(method="POST", path=PATH, answer=submit))
