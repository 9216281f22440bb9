"""What a delivery says, in our words (booxi-api.md section 12). Hostile until proven harmless, signed or not."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from integrations.providers import booxi_reading
from integrations.providers.reading import Unreadable, each, entries, identifier, members, moment, optional_id, text
from integrations.records import BookingRecord, ClientLinkRecord, ClientRecord

MOST_ID, MOST_TYPE = 200, 100
MOST_ENTRIES = 50


class NotAnEvent(Exception):
    """A body that is no JSON object."""


def decoded(body: bytes | str) -> dict[str, Any]:
    """The JSON object in `body`. Raises NotAnEvent: not UTF-8, not JSON (NaN is not), too deep, numbers too long."""
    try:
        words = body if isinstance(body, str) else body.decode()
        found = json.loads(words, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent from error
    if not isinstance(found, dict):
        raise NotAnEvent
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def id_of(envelope: Mapping[str, Any], body: bytes) -> str:
    """By what the same event is known again; one without an id that can be stored, by its very words."""
    for name in ("messageId", "id", "eventId"):
        found = text(envelope.get(name), MOST_ID + 1)
        # What had to be cleaned or cut could be the id of another event by now.
        if found and len(found) <= MOST_ID and found == str(envelope[name]):
            return found
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def type_of(envelope: Mapping[str, Any]) -> str:
    """Where a message has an id of its own, `eventId` names its kind (booker-api.md section 10)."""
    names = ("type", "eventType", *(("eventId",) if "messageId" in envelope else ()))
    return next((found for name in names if (found := text(envelope.get(name), MOST_TYPE))), "")


class About(enum.StrEnum):
    BOOKING = "booking"
    CLIENT = "client"
    CLIENT_GONE = "client_gone"
    CLIENT_MERGED = "client_merged"
    CONSENT = "consent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether a client agreed to her data being kept. `at`: when she said so, None when that is not told."""

    client_id: str
    agreed: bool
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news. `is_whole`: `booking` lacks nothing."""

    about: About
    booking: BookingRecord | None = None
    is_whole: bool = False
    links: tuple[ClientLinkRecord, ...] = ()
    client: ClientRecord | None = None
    client_id: str = ""
    new_client_id: str = ""
    agreements: tuple[Agreement, ...] = ()


def booxi_event(envelope: Mapping[str, Any]) -> Event:
    """Raises Unreadable when it is of a kind that we know but lacks what that kind is about."""
    kind = type_of(envelope).lower()
    content = members(envelope.get("content")) or members(envelope.get("eventContent"))
    if kind.startswith(("appointment.", "reservation.")):
        return _booking(envelope, content)
    if kind.startswith("client.") or "consent" in kind:
        return _client(kind, content, moment(envelope.get("createdOn")))
    return Event(About.UNKNOWN)


def _booking(envelope: Mapping[str, Any], content: dict[str, Any]) -> Event:
    entry = members(content.get("booking")) or members(content.get("reservation"))
    if "merchantId" not in entry and "merchantId" in envelope:
        entry = {**entry, "merchantId": envelope["merchantId"]}
    record = booxi_reading.booking(entry)
    client_id = record.client.external_id if record.client else ""
    return Event(
        About.BOOKING,
        booking=record,
        is_whole=_is_whole(entry),
        links=_links(content),
        agreements=_agreements(content, client_id),
    )


def _links(content: dict[str, Any]) -> tuple[ClientLinkRecord, ...]:
    return tuple(each(booxi_reading.client_link, entries(content.get("clientLinks"))[:MOST_ENTRIES])[0])


NEEDED = frozenset({"status", "modifiedOn", "items", "client"})


def _is_whole(entry: dict[str, Any]) -> bool:
    """Whether applying it loses nothing: the sample of section 12 shows a booking without its length."""
    if not entry.keys() >= NEEDED or moment(entry.get("modifiedOn")) is None:
        return False
    if entry.get("isScheduled") is False:
        return True
    items = entries(entry.get("items"))
    timed = "totalClientTimespan" in entry or (items and all("duration" in item for item in items))
    return bool(timed) and moment(entry.get("startsOn")) is not None


def _client(kind: str, content: dict[str, Any], at: dt.datetime | None) -> Event:
    entry = members(content.get("client"))
    if kind.endswith(".merged"):
        new_id = _first_id(content, "newClientId", "intoClientId", "into", "mergedInto")
        old_id = _first_id(content, "oldClientId", "fromClientId", "from", "clientId") or optional_id(entry.get("id"))
        if not new_id or not old_id:
            raise Unreadable("no two clients")
        return Event(About.CLIENT_MERGED, client_id=old_id, new_client_id=new_id)
    client_id = _first_id(content, "clientId") or optional_id(entry.get("id")) or identifier(content.get("id"))
    if kind.endswith(".deleted"):
        return Event(About.CLIENT_GONE, client_id=client_id)
    said = _agreements(content, client_id, else_at=at)
    if "consent" in kind:
        return Event(About.CONSENT, client_id=client_id, agreements=said)
    record = booxi_reading.client({"id": client_id, **entry})
    return Event(About.CLIENT, client=record, client_id=client_id, links=_links(content), agreements=said)


def _first_id(content: dict[str, Any], *names: str) -> str:
    return next((found for name in names if (found := optional_id(content.get(name)))), "")


def _agreements(content: dict[str, Any], client_id: str, else_at: dt.datetime | None = None) -> tuple[Agreement, ...]:
    """What that client said, where it is put in words we know: the fields are not documented (section 13)."""
    rows = [*entries(content.get("consent")), *entries(content.get("consents"))][:MOST_ENTRIES]
    found = []
    for row in rows:
        agreed = _agreed(row)
        if agreed is not None and (optional_id(row.get("clientId")) or client_id) == client_id:
            found.append(Agreement(client_id, agreed, moment(row.get("changedOn")) or else_at))
    return tuple(found)


def _agreed(row: dict[str, Any]) -> bool | None:
    for name in ("granted", "isGranted", "agreed", "accepted"):
        if isinstance(row.get(name), bool):
            return bool(row[name])
    return STATUSES.get(text(row.get("status"), 40).lower())


STATUSES = {"granted": True, "accepted": True, "revoked": False, "withdrawn": False, "refused": False}
