"""Who wants to hear what. Only addresses on this machine: the sandbox talks to nobody else."""

import json
import re
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from integrations.sandbox.http import Refusal
from integrations.sandbox.reading import Body, bad, choice, text, whole
from integrations.sandbox.webhooks.signing import SCHEMES, standard_key

HOSTS = ("127.0.0.1", "localhost")
METHODS = ("POST", "PUT")
SCOPES = ("group", "merchant")
EVENTS_MOST = 50
REGISTRATIONS_MOST = 50
URL_MOST = 500

_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_COLUMNS = (
    "source", "url", "method", "events", "group_id", "merchant_id", "secret", "module_id", "scheme", "header",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO webhook_registration ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(':' + name for name in _COLUMNS)})"
)


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a source's registrations are when they do not say: its scheme, its group, the module it may see."""

    scheme: str
    group_id: int | None = None
    module_id: str | None = None


def from_body(body: Body, *, sources: dict[str, Defaults]) -> dict[str, Any]:
    """The columns a registration's body gives. 400 for anything misread.

    Without `source` the scheme decides: whoever asks for Standard Webhooks means the one that speaks them.
    """
    scheme = choice(body, "scheme", SCHEMES)
    source = choice(body, "source", sources) or _speaks(scheme, sources=sources)
    usual = sources[source]
    values: dict[str, Any] = {
        "source": source,
        "url": local(text(body, "url", most=URL_MOST) or bad("url is required.")).geturl(),
        "method": choice(body, "method", METHODS) or "POST",
        "events": _events(body),
        "group_id": usual.group_id,
        "merchant_id": None,
        "secret": _secret(body),
        "module_id": text(body, "moduleId") if "moduleId" in body else usual.module_id,
        "scheme": scheme or usual.scheme,
        "header": _header(body),
    }
    if values["scheme"] == "standard":
        standard_key(values["secret"])
    return values | _scope(body, usual)


def _secret(body: Body) -> str:
    secret = text(body, "secret") or bad("secret is required.")
    if not secret.isascii() or not secret.isprintable():
        bad("secret must be printable ASCII.")
    return secret


def _speaks(scheme: str | None, *, sources: dict[str, Defaults]) -> str:
    speakers = [source for source, usual in sources.items() if usual.scheme == scheme]
    return speakers[0] if speakers else next(iter(sources))


def local(url: str) -> SplitResult:
    """The url taken apart. 400 unless it is http, on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise Refusal(400, "url is not readable.") from problem
    if parts.scheme != "http" or parts.hostname not in HOSTS or port == 0 or parts.username is not None:
        bad("url must be http on 127.0.0.1 or localhost.")
    if not url.isascii() or not url.isprintable() or " " in url:
        bad("url is not readable.")
    return parts


def _events(body: Body) -> str | None:
    events = body.get("events")
    if events in (None, "all"):
        return None
    if not isinstance(events, list) or not all(isinstance(name, str) for name in events) or len(events) > EVENTS_MOST:
        bad("events must be an array of names, or null for all.")
    return json.dumps(events)


def _header(body: Body) -> str:
    header = text(body, "header") or ""
    if header and not _HEADER.fullmatch(header):
        bad("header must be letters, digits and hyphens.")
    return header


def _scope(body: Body, usual: Defaults) -> dict[str, int | None]:
    if choice(body, "scope", SCOPES) == "merchant":
        return {"group_id": None, "merchant_id": whole(body, "merchantId") or bad("merchantId is required.")}
    return {"group_id": whole(body, "groupId") or usual.group_id, "merchant_id": None}


# ---- kept


def add(db: sqlite3.Connection, values: dict[str, Any]) -> int:
    """Keep a new one; 409 when there are too many (the number per group is limited, section 12)."""
    if db.execute("SELECT count(*) FROM webhook_registration").fetchone()[0] >= REGISTRATIONS_MOST:
        raise Refusal(409, "There are too many registrations.")
    return int(db.execute(_INSERT, values).lastrowid or 0)


def put(db: sqlite3.Connection, values: dict[str, Any]) -> None:
    """Keep it in place of the same source's one at the same address, whose deliveries it takes over."""
    found = db.execute(
        "SELECT id FROM webhook_registration WHERE source = :source AND url = :url ORDER BY id LIMIT 1", values
    ).fetchone()
    if found is None:
        add(db, values)
    else:
        db.execute(
            "UPDATE webhook_registration SET secret = :secret, scheme = :scheme, module_id = :module_id WHERE id = :id",
            values | {"id": found["id"]},
        )


def remove(db: sqlite3.Connection, registration_id: int | None = None) -> None:
    """Forget one, or all, with what was still to be told to them. 404 when there is no such one."""
    if registration_id is None:
        db.execute("DELETE FROM webhook_registration")
        db.execute("DELETE FROM webhook_delivery WHERE state = 'waiting'")
        return
    gone = db.execute("DELETE FROM webhook_registration WHERE id = ?", (registration_id,))
    if not gone.rowcount:
        raise Refusal(404, "There is no such registration.")
    db.execute("DELETE FROM webhook_delivery WHERE state = 'waiting' AND registration_id = ?", (registration_id,))


def listed(db: sqlite3.Connection) -> list[dict[str, Any]]:
    return [shape(row) for row in db.execute("SELECT * FROM webhook_registration ORDER BY id")]


def shape(row: sqlite3.Row) -> dict[str, Any]:
    """All of it but the secret."""
    return {
        "id": row["id"],
        "source": row["source"],
        "url": row["url"],
        "method": row["method"],
        "events": json.loads(row["events"]) if row["events"] else None,
        "scope": "merchant" if row["merchant_id"] is not None else "group",
        "groupId": row["group_id"],
        "merchantId": row["merchant_id"],
        "moduleId": row["module_id"],
        "scheme": row["scheme"],
        "header": row["header"] or SCHEMES[row["scheme"]][0],
    }


def wants(row: sqlite3.Row, *, type: str, group_id: int | None, merchant_id: int | None) -> bool:
    """Whether the registration is told of an event of that type, at that store of that group."""
    if row["events"] and type not in json.loads(row["events"]):
        return False
    if row["merchant_id"] is not None:
        return bool(row["merchant_id"] == merchant_id)
    return bool(row["group_id"] == group_id)
