"""The `from` and `to` of a query (section 5)."""

from werkzeug.datastructures import MultiDict

from integrations.sandbox.availability import Span
from integrations.sandbox.reading import bad, query_moment
from integrations.sandbox.times import DAY


def query_span(args: MultiDict[str, str], *, most: int) -> Span:
    """`from` and `to`, epoch seconds. 400 when reversed, or longer than `most` seconds."""
    return checked((query_moment(args, "from"), query_moment(args, "to")), most=most)


def checked(span: Span, *, most: int) -> Span:
    start, end = span
    if end < start:
        bad("The end comes before the start.")
    if end - start > most:
        bad(f"The range is longer than {most // DAY} days.")
    return span
