"""The Booking Widget on the shop's web site (booxi-api.md section 13; the guide, "Using the Booking Widget to Pass
Your CRM Customer ID"): the piece of HTML that opens it for a known customer."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape

# Section 13: the script of each region.
SCRIPTS = {
    "https://api.booxi.com": "https://www.booxi.com/booknow/booknow.js",
    "https://api.booxi.eu": "https://www.booxi.eu/booknow/booknow.js",
}
EUROPE = SCRIPTS["https://api.booxi.eu"]
PLAIN = frozenset(string.ascii_letters + string.digits + " -_.@+")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is looking at the web page, as far as she is logged in there. All of it may be hostile."""

    customer_id: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    mobile_phone: str = field(default="", repr=False)

    def as_options(self) -> dict[str, Any]:
        """ClientData of the widget. What is not known is left out."""
        named = {
            "firstName": self.first_name,
            "lastName": self.last_name,
            "email": self.email,
            "mobilePhoneNumber": self.mobile_phone,
            "customerId": self.customer_id,
        }
        return {name: value for name, value in named.items() if value}


def script_of(base_url: str) -> str:
    """The widget's script for the region that `base_url` belongs to; Europe's for any other address."""
    return next((script for api, script in SCRIPTS.items() if base_url.startswith(api)), EUROPE)


def as_javascript(value: Mapping[str, Any] | str | bool) -> str:
    """A JavaScript literal that can stand in a script and in an attribute between double quotes.

    Names are ours; in texts, all but a few signs that mean nothing to HTML or JavaScript are \\u escapes.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass")
        codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
        return "'" + "".join(chr(code) if chr(code) in PLAIN else f"\\u{code:04x}" for code in codes) + "'"
    members = [f"{name}: {as_javascript(one)}" for name, one in value.items()]
    return "{" + ", ".join(members) + "}"


def snippet(*, base_url: str, merchant_key: str, label: str, visitor: Visitor) -> str:
    """The HTML to paste. Options are a JavaScript literal inside an HTML attribute: its texts are harmless in both."""
    options: dict[str, Any] = {"apiKey": merchant_key}
    known = visitor.as_options()
    if known:
        options["client"] = known | {"skipClientForm": False}
    call = f"BookNow.open({as_javascript(options)})"
    return (
        f'<script src="{escape(script_of(base_url))}" async></script>\n'
        f'<button type="button" onclick="{call}">{escape(label)}</button>'
    )
