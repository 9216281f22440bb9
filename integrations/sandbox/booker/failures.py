"""How Booker says no: in its own envelope, as an OAuth error, or by the gateway in front of it (section 3)."""

from collections.abc import Iterable
from typing import Any, NoReturn

from integrations.sandbox.booker.assumptions import ARGUMENTS, NOT_FOUND, OK, TOKEN
from integrations.sandbox.http import Refusal, Reply

INVALID_TOKEN = "invalid access token"  # noqa: S105 (a message)


class Failure(Refusal):
    """IsSuccess false, mostly with HTTP 200. `arguments` are pairs of a field's name and what is wrong with it."""

    def __init__(
        self, code: int, message: str, *, arguments: Iterable[tuple[str, str]] = (), status: int = 200
    ) -> None:
        super().__init__(status, message)
        self.code = code
        self.arguments = list(arguments)


class OAuthError(Refusal):
    """`{"error", "error_description"}`."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(status, description, error=error)


def bad(name: str, message: str) -> NoReturn:
    """An argument error about one field."""
    raise Failure(ARGUMENTS, "Invalid arguments", arguments=[(name, message)])


def missing(what: str) -> NoReturn:
    raise Failure(NOT_FOUND, f"The {what} was not found.")


def token_expired() -> Failure:
    return Failure(TOKEN, INVALID_TOKEN)


def envelope(**payload: Any) -> dict[str, Any]:
    """A success and what it brings."""
    return {"IsSuccess": True, "ErrorCode": OK, "ErrorMessage": None, "ArgumentErrors": None} | payload


def refused(refusal: Refusal) -> Reply:
    if isinstance(refusal, Failure):
        errors = [{"ArgumentName": name, "ErrorMessage": message} for name, message in refusal.arguments]
        body: dict[str, Any] = {"IsSuccess": False, "ErrorCode": refusal.code, "ErrorMessage": refusal.message}
        return Reply(body=body | {"ArgumentErrors": errors or None}, status=refusal.status)
    if isinstance(refusal, OAuthError):
        return Reply(body={"error": refusal.error, "error_description": refusal.message}, status=refusal.status)
    gateway = {"statusCode": refusal.status, "message": refusal.message}
    return Reply(body=gateway, status=refusal.status, headers=refusal.headers)
