"""Reading what a caller of Booker sent. Whatever cannot be read is an argument error that names the field."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request

from integrations.sandbox.booker import dates
from integrations.sandbox.booker.failures import bad
from integrations.sandbox.http import Call
from integrations.sandbox.reading import MAX_ID, json_object

Body = Mapping[str, Any]


def body_of(call: Call) -> dict[str, Any]:
    return object_of(call.request)


def object_of(request: Request) -> dict[str, Any]:
    """The body as an object. What follows it is not read: a public PHP client closes its object twice."""
    return json_object(request, may_trail=True)


def whole(body: Body, name: str) -> int | None:
    """A number, or its digits in a text; None when absent, null or empty."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 17:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= MAX_ID:
        bad(name, "Must be a whole number")
    return value


def required_whole(body: Body, name: str) -> int:
    value = whole(body, name)
    return bad(name, "Required") if value is None else value


def wholes(body: Body, name: str) -> list[int]:
    """A list of numbers; a single one is a list of itself."""
    given = body.get(name)
    listed = given if isinstance(given, list) else [given]
    return [required_whole({name: value}, name) for value in listed if value is not None]


def text(body: Body, name: str, *, most: int = 255) -> str | None:
    """A text without space around it; None when absent or null. A whole number is its digits: some send phones so."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > most:
        bad(name, f"Must be a text of at most {most} characters")
    return value.strip()


def required_text(body: Body, name: str, *, most: int = 255) -> str:
    return text(body, name, most=most) or bad(name, "Required")


def flag(body: Body, name: str) -> bool | None:
    """True or false, also as words (query strings have no others)."""
    value = body.get(name)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if value is not None and not isinstance(value, bool):
        bad(name, "Must be true or false")
    return value


def cents(body: Body, name: str) -> int:
    """Money, `{Amount}` in major units. Required, and not negative."""
    amount = (part(body, name) or bad(name, "Required")).get("Amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < _AMOUNT_MOST:
        bad(name, "Must have an Amount")
    return round(amount * 100)


_AMOUNT_MOST = 1_000_000


def part(body: Body, name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        bad(name, "Must be an object")
    return value


def parts(body: Body, name: str, *, most: int = 100) -> list[dict[str, Any]]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most or not all(isinstance(item, dict) for item in value):
        bad(name, f"Must be a list of at most {most} objects")
    return value


def instant(body: Body, name: str, *, zone: ZoneInfo) -> int | None:
    """A date by its `...Offset` twin if that is there, else by its `/Date()/`, whose digits are read in `zone`."""
    twin = f"{name}Offset"
    if body.get(twin) is not None:
        return offset(body, twin)
    value = body.get(name)
    if value is None:
        return None
    try:
        return dates.from_slash(value if isinstance(value, str) else "", zone=zone)
    except ValueError:
        bad(name, "Must be a /Date(ms)/")


def offset(body: Body, name: str) -> int | None:
    """An ISO 8601 text with a numeric offset."""
    value = body.get(name)
    if value is None:
        return None
    try:
        return dates.from_offset(value if isinstance(value, str) else "")
    except ValueError:
        bad(name, "Must be a date and time with a numeric offset")


def query_offset(call: Call, name: str) -> int | None:
    """As `offset`, from the query; a `+` that was not encoded arrives as a space, and is taken for one."""
    value = call.args.get(name)
    if not value:
        return None
    date, space, zone = value.rpartition(" ")
    return offset({name: f"{date}+{zone}" if space and ":" in date else value}, name)
