"""What other systems send, read strictly: nothing is guessed, turned into another type or passed over.

REST framework's own fields take "12" for 12 and 12 for "12", and what they do not know they leave out without a word.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from bookings.forms import FIRST_INSTANT, LAST_INSTANT, MAX_WORDS, plain_breaks
from integrations.api.problems import Problem

MOST_BYTES = 100_000
MOST_ID = 2**63 - 1
MOST_ROWS, ROWS = 100, 50
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
WHOLE = re.compile(r"-?[0-9]{1,19}")


class SmallJson(JSONParser):
    """JSON of a sensible size."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise Problem(413, "too_large", f"At most {MOST_BYTES} bytes.")
        try:
            return json.loads(text.decode(), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON in UTF-8.", code="not_json") from None


def _no_number(word: str) -> None:
    raise ValueError(word)


# --- fields ----------------------------------------------------------------------------------------------


class Words(serializers.CharField):
    """Text, with line breaks as we keep them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return plain_breaks(super().to_internal_value(data))


class Note(Words):
    """What may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, required=False, max_length=MAX_WORDS, **kwargs)


@extend_schema_field(OpenApiTypes.EMAIL)
class Email(Words):
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            if text:
                validate_email(text)
        except ValidationError:
            raise serializers.ValidationError("This is not an e-mail address.", code="not_an_address") from None
        return text


def whole(data: Any) -> int | None:
    """A whole number, if it is one: to JSON 7.0 is the same as 7."""
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data if isinstance(data, int) and not isinstance(data, bool) else None


class Number(serializers.IntegerField):
    """A whole number; in a query string its digits."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and isinstance(self.parent, Query) and WHOLE.fullmatch(data):
            return int(data)
        found = whole(data)
        if found is None:
            self.fail("invalid")
        return found


class Id(Number):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MOST_ID, **kwargs)


ID = {"type": "integer", "minimum": 1, "maximum": MOST_ID}


@extend_schema_field({"type": "array", "items": ID, "minItems": 1, "maxItems": 10})
class Ids(serializers.ListField):
    """Services in the order they are done; the same one may come twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=10, **kwargs)

    def to_internal_value(self, data: Any) -> list[int]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if isinstance(self.parent, Query):
            data = [int(one) if WHOLE.fullmatch(one) else one for one in data]
        found = [one for each in data if (one := whole(each)) is not None and 0 < one <= MOST_ID]
        if len(found) != len(data):
            raise serializers.ValidationError("Whole numbers above zero.", code="invalid")
        return found


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field):
    """A moment with its offset; becomes aware UTC."""

    default_error_messages = {
        "invalid": "A moment with its offset, as 2026-05-06T10:00:00+02:00; in an address the plus sign is %2B.",
        "out_of_range": "From 2000 to 2099.",
    }

    def to_internal_value(self, data: Any) -> dt.datetime:
        if not isinstance(data, str) or not RFC3339.fullmatch(data):
            self.fail("invalid")
        try:
            moment = parse_datetime(data)
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid")
        if not FIRST_INSTANT <= moment < LAST_INSTANT:
            self.fail("out_of_range")
        return moment.astimezone(dt.UTC)

    def to_representation(self, value: dt.datetime) -> str:
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


MONEY = "[0-9]{1,8}([.][0-9]{1,2})?"


@extend_schema_field({"type": ["string", "null"], "pattern": f"^{MONEY}$", "examples": ["45.00"]})
class Money(serializers.Field):
    """An amount in the store's currency as text, so that nothing is rounded on the way. null: the catalogue's."""

    default_error_messages = {"invalid": 'Text such as "45.00".'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not re.fullmatch(MONEY, data):
            self.fail("invalid")
        return Decimal(data).quantize(Decimal("0.01"))

    def to_representation(self, value: Decimal) -> str:
        return str(value)


# --- whole things ----------------------------------------------------------------------------------------


class Strict(serializers.Serializer[Any]):
    """What it does not know is refused, wherever it stands."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            said = [serializers.ErrorDetail("There is no such field.", "unknown")]
            raise serializers.ValidationError({str(name)[:100]: said for name in sorted(unknown)[:10]})
        return super().to_internal_value(data)


class Query(Strict):
    """A query string."""

    @classmethod
    def read(cls, params: QueryDict) -> dict[str, Any]:
        query = cls()
        given: dict[str, Any] = {name: query._said(params, name) for name in params}
        query = cls(data=given)
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)

    def _said(self, params: QueryDict, name: str) -> Any:
        values = params.getlist(name)
        if isinstance(self.fields.get(name), Ids):
            return values
        if len(values) > 1:
            raise serializers.ValidationError({name[:100]: [serializers.ErrorDetail("Only once.", "invalid")]})
        return values[0]


class ListQuery(Query):
    """Which page of a list."""

    cursor = serializers.CharField(required=False, max_length=40, help_text="From `next` of the page before")
    limit = Number(required=False, min_value=1, max_value=MOST_ROWS, help_text=f"Rows a page, {ROWS} if not said")

    def validate_cursor(self, text: str) -> int:
        try:
            found = base64.urlsafe_b64decode(text.encode()).decode()
        except (ValueError, binascii.Error):
            found = ""
        if not WHOLE.fullmatch(found):
            raise serializers.ValidationError("Not a cursor of ours.", code="does_not_fit")
        return min(max(int(found), 0), MOST_ID)


def cursor_after(pk: int) -> str:
    return base64.urlsafe_b64encode(str(pk).encode()).decode()


def read_body(kind: type[Strict], request: Request) -> dict[str, Any]:
    found = kind(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)
