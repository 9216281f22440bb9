"""What went wrong, as RFC 9457 says it: `application/problem+json`, with a `code` for machines and words for people.

400: it cannot be understood. 422: understood, and about something that is not there or does not fit together. 409: the
booking system or the state of the booking is against it. 503: the booking system has not answered.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from bookings.gateway import REASONS, GatewayError, Misconfigured, Refused

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# Said of a value that has the right form.
FITS_NOT = {
    "not_found",
    "out_of_range",
    "blank",
    "not_an_address",
    "not_a_number",
    "does_not_fit",
    "null_characters_not_allowed",
    "surrogate_characters_not_allowed",
}


class Problem(exceptions.APIException):
    """An answer other than the one asked for. `more` stands beside the usual members."""

    def __init__(self, status: int, code: str, detail: str, *, wait: float | None = None, **more: Any) -> None:
        super().__init__(detail, code)
        self.status_code, self.code, self.wait, self.more = status, code, wait, more


def conflict(code: str, detail: str, **more: Any) -> Problem:
    return Problem(409, code, detail, **more)


def not_there(field: str) -> exceptions.ValidationError:
    """Whether there is none, or only not for this token, is not told."""
    words = "There is none, or this token does not reach it."
    return exceptions.ValidationError({field: [exceptions.ErrorDetail(words, "not_found")]})


def fits_not(field: str, words: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({field: [exceptions.ErrorDetail(words, "does_not_fit")]})


def of_gateway(error: GatewayError) -> Problem:
    """A live call to the booking system that came to nothing."""
    if isinstance(error, Refused):
        return conflict(error.reason.value, str(REASONS[error.reason]))
    if isinstance(error, Misconfigured):
        return Problem(503, "misconfigured", "The connection to the booking system is not set up right.", wait=300)
    wait = getattr(error, "retry_after", None) or 5
    return Problem(503, "unavailable", "The booking system has not answered. Please try again.", wait=wait)


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler."""
    known = _known(error)
    if known is None:
        # The class alone: the text of an error may say who somebody is.
        logger.error("%s in %s", type(error).__name__, type(context.get("view")).__name__)
        known = Problem(500, "error", "Something went wrong on our side.")
    said = body(known.status_code, _code(known), _detail(known), **getattr(known, "more", {}))
    if isinstance(known, exceptions.ValidationError):
        said["errors"] = list(_errors(known.get_full_details()))
        if all(one["code"] in FITS_NOT for one in said["errors"]):
            said |= {"status": 422, "title": HTTPStatus(422).phrase, "code": "does_not_fit"}
    return Response(said, said["status"], headers=_headers(known), content_type=CONTENT_TYPE)


def body(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail, **more}


def _known(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, GatewayError):
        return of_gateway(error)
    if isinstance(error, Http404):
        return exceptions.NotFound("There is none, or this token does not reach it.")
    return exceptions.PermissionDenied() if isinstance(error, PermissionDenied) else None


def _code(error: exceptions.APIException) -> str:
    return getattr(error, "code", "") or str(getattr(error.detail, "code", "invalid"))


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Something in the request is not as it should be; see errors."
    return str(error.detail)


def _errors(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Every message with the place it is about: `items.0.duration`."""
    if isinstance(details, dict) and {"message", "code"} == set(details):
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            where = "" if name == "non_field_errors" else str(name)
            yield from _errors(inner, ".".join(filter(None, [path, where])))
    else:
        for inner in details:
            yield from _errors(inner, path)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, math.ceil(error.wait)))  # type: ignore[attr-defined]
    return headers
