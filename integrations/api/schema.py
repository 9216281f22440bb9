"""The OpenAPI description: what drf-spectacular reads off the endpoints, and what is the same for all of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["title", "status", "code", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For machines: stays the same"},
        "detail": {"type": "string", "description": "For people"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "scopes": {"type": "array", "items": {"type": "string"}, "description": "With scope_missing: any one of these"},
        "change": {"type": "string", "format": "uuid", "description": "With a refusal: what was asked for"},
    },
}
ALWAYS = {
    "400": "Not understood: `errors` says where",
    "401": "No token, or a wrong one",
    "403": "The token lacks a scope",
    "404": "There is none, or the token does not reach it",
    "405": "Not with this method",
    "406": "Only JSON is spoken",
    "422": "Understood, but it does not fit: `errors` says where",
    "429": "Too many requests: `Retry-After` says how long to wait",
}
WITH_A_BODY = {
    "409": "Refused: `code` says why",
    "413": "Too large",
    "415": "Only JSON is understood",
    "503": "The booking system does not answer: `Retry-After`",
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Made by you, new for each thing you want once. Sent again with the same body it finds the first "
    "answer; with another body it is refused (422).",
)
NEEDS_KEY = OpenApiParameter(
    KEY.name,
    KEY.type,
    KEY.location,
    required=True,
    description=KEY.description,
)
CALLS = {"POST", "PUT", "PATCH", "DELETE"}


def described(method: Any, **words: Any) -> Any:
    """`method` under a description of its own: one that several endpoints share would keep the last one's."""

    def called(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer: Response = method(self, request, *args, **kwargs)
        return answer

    called.__doc__ = method.__doc__
    return extend_schema(**words)(called)


@cache
def paged(kind: type[serializers.BaseSerializer[Any]]) -> Any:
    """One page of a list."""
    name = kind.__name__.removesuffix("Shown")
    fields = {
        "results": kind(many=True),
        "next": serializers.URLField(allow_null=True, help_text="The next page; null on the last one"),
    }
    return inline_serializer(f"{name}Page", fields)


class Described(AutoSchema):
    """Tags by the first word of the path; no guesses about lists, which `paged` describes."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]


class StrictInWords(OpenApiSerializerExtension):
    target_class = "integrations.api.reading.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        found = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**found, "additionalProperties": False}


def with_problems(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """What may go wrong everywhere, written once."""
    parts = result["components"]
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    every = {**ALWAYS, **WITH_A_BODY}
    parts["responses"] = {
        f"Problem{status}": {"description": words, "content": content} for status, words in every.items()
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            calls = method.upper() in CALLS or "live call" in operation.get("description", "")
            for status in {**ALWAYS, **(WITH_A_BODY if calls else {})}:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    return result
