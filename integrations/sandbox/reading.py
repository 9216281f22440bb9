"""Reading what a stranger sent. Whatever cannot be read is a 400, never a 500."""

import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from integrations.sandbox.http import MAX_BODY_BYTES, Refusal
from integrations.sandbox.times import from_rfc3339

MAX_ID = 2**53 - 1
MAX_TEXT = 4_000
MAX_DEPTH = 20

Body = Mapping[str, Any]

_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,4})?")


def bad(message: str) -> NoReturn:
    raise Refusal(400, message)


# ---- JSON bodies


def json_object(request: Request, *, may_trail: bool = False) -> dict[str, Any]:
    """The body as an object. 413 when too long, 400 when it is not clean JSON; with `may_trail` only up to its end."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Refusal(413, "The body is too long.")
    try:
        raw = request.get_data(cache=True)
        decoder, given = json.JSONDecoder(parse_constant=_no_constant), raw.decode("utf-8").strip()
        body = decoder.raw_decode(given)[0] if may_trail else decoder.decode(given)
    except (ValueError, RecursionError, HTTPException) as problem:
        raise Refusal(400, "The body is not readable JSON.") from problem
    if not isinstance(body, dict):
        bad("The body must be a JSON object.")
    _require_clean(body, depth=0)
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _require_clean(value: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        bad("The body is nested too deep.")
    if isinstance(value, str):
        require_clean_text(value, what="A text")
    elif isinstance(value, dict):
        for key, item in value.items():
            require_clean_text(key, what="A property name")
            _require_clean(item, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            _require_clean(item, depth=depth + 1)


def require_clean_text(text: str, *, what: str) -> None:
    """400 for NUL characters, lone surrogates, and texts past MAX_TEXT characters."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        bad(f"{what} has characters that cannot be kept.")
    if len(text) > MAX_TEXT:
        bad(f"{what} is too long.")


def text(body: Body, name: str, *, most: int = 255) -> str | None:
    """A text, stripped; None when absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        bad(f"{name} must be a string.")
    if len(value) > most:
        bad(f"{name} is longer than {most} characters.")
    return value.strip()


def flag(body: Body, name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        bad(f"{name} must be true or false.")
    return value


def whole(body: Body, name: str, *, least: int = 0, most: int = MAX_ID) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        bad(f"{name} must be an integer.")
    if not least <= value <= most:
        bad(f"{name} must be between {least} and {most}.")
    return value


def required_whole(body: Body, name: str, *, least: int = 0, most: int = MAX_ID) -> int:
    value = whole(body, name, least=least, most=most)
    if value is None:
        bad(f"{name} is required.")
    return value


def choice(body: Body, name: str, allowed: Collection[str]) -> str | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or value not in allowed):
        bad(f"{name} must be one of {', '.join(sorted(allowed))}.")
    return value


def moment(body: Body, name: str) -> int | None:
    """An RFC 3339 text as epoch seconds; None when absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        bad(f"{name} must be an RFC 3339 string.")
    return _instant(value, name=name)


def required_moment(body: Body, name: str) -> int:
    value = moment(body, name)
    if value is None:
        bad(f"{name} is required.")
    return value


def part(body: Body, name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        bad(f"{name} must be an object.")
    return value


def parts(body: Body, name: str, *, most: int = 50) -> list[dict[str, Any]] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        bad(f"{name} must be an array of objects.")
    if len(value) > most:
        bad(f"{name} has more than {most} entries.")
    return value


def wholes(body: Body, name: str, *, most: int = 500) -> list[int] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, int) and item is not True for item in value):
        bad(f"{name} must be an array of integers.")
    if len(value) > most or not all(0 <= item <= MAX_ID for item in value):
        bad(f"{name} is out of range.")
    return value


def amount(body: Body, name: str) -> str | None:
    """Money: a decimal string such as `45.00`, kept as it was written."""
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or not _AMOUNT.fullmatch(value)):
        bad(f"{name} must be a decimal string.")
    return str(Decimal(value)) if value is not None else None


def texts(body: Body, name: str) -> dict[str, str] | None:
    """A map of string to string."""
    value = part(body, name)
    if value is not None and not all(isinstance(item, str) for item in value.values()):
        bad(f"{name} must map strings to strings.")
    return value


# ---- query strings


def query_text(args: MultiDict[str, str], name: str) -> str | None:
    value = args.get(name)
    if value is not None:
        require_clean_text(value, what=name)
    return value


def query_whole(args: MultiDict[str, str], name: str, *, least: int = 0, most: int = MAX_ID) -> int | None:
    value = query_text(args, name)
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,16}", value, re.ASCII):
        bad(f"{name} must be an integer.")
    return whole({name: int(value)}, name, least=least, most=most)


def query_required_whole(args: MultiDict[str, str], name: str) -> int:
    value = query_whole(args, name)
    if value is None:
        bad(f"{name} is required.")
    return value


def query_moment(args: MultiDict[str, str], name: str) -> int:
    """A required RFC 3339 query value as epoch seconds (`:` may be URL-encoded; `+` must be)."""
    value = query_text(args, name)
    if value is None:
        bad(f"{name} is required.")
    return _instant(value, name=name)


def query_choice(args: MultiDict[str, str], name: str, allowed: Collection[str]) -> str | None:
    return choice({name: query_text(args, name)}, name, allowed)


def query_flag(args: MultiDict[str, str], name: str) -> bool:
    return query_choice(args, name, ("true", "false")) == "true"


def query_list(args: MultiDict[str, str], name: str, allowed: Collection[str]) -> list[str]:
    """A list sent by repeating the key, or separated by commas, or both."""
    values = [item for value in args.getlist(name) for item in value.split(",") if item]
    for value in values:
        choice({name: value}, name, allowed)
    return values


def _instant(value: str, *, name: str) -> int:
    try:
        return from_rfc3339(value)
    except ValueError as problem:
        raise Refusal(400, f"{name} must be an RFC 3339 date-time with an offset.") from problem
