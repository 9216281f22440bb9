"""`/__sandbox/webhooks`: who is told, what was told, and a hand on the tap."""

from typing import Any

from werkzeug.wrappers import Request

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.http import Reply
from integrations.sandbox.reading import bad, json_object, query_flag
from integrations.sandbox.webhooks import outbox, registrations

DRAIN_SECONDS = 10.0
DRAIN_SECONDS_MOST = 120.0


def listed(sandbox: Sandbox, request: Request) -> Reply:
    with sandbox.state.reading() as db:
        return Reply(body={"webhooks": registrations.listed(db)})


def register(sandbox: Sandbox, request: Request) -> Reply:
    """`{url, secret, method?, events?, source?, scope?, groupId?, merchantId?, moduleId?, scheme?, header?}`.

    Until the next reset. 400 for an address that is not on this machine.
    """
    values = registrations.from_body(json_object(request), sources=sandbox.listeners)
    with sandbox.state.noting() as db:
        made = registrations.add(db, values)
        row = db.execute("SELECT * FROM webhook_registration WHERE id = ?", (made,)).fetchone()
        return Reply(body=registrations.shape(row), status=201)


def remove(sandbox: Sandbox, request: Request, registration_id: int | None = None) -> Reply:
    with sandbox.state.noting() as db:
        registrations.remove(db, registration_id)
    return listed(sandbox, request)


def log(sandbox: Sandbox, request: Request) -> Reply:
    """The newest deliveries and the counts by state; `?bodies=true` shows what was to be said."""
    with sandbox.state.reading() as db:
        deliveries = outbox.log(db, with_bodies=query_flag(request.args, "bodies"))
        return Reply(body=_state(sandbox, outbox.counts(db)) | {"deliveries": deliveries})


def forget_log(sandbox: Sandbox, request: Request) -> Reply:
    with sandbox.state.noting() as db:
        outbox.forget_log(db)
    return log(sandbox, request)


def flush(sandbox: Sandbox, request: Request) -> Reply:
    """Send everything that waits, at once, and wait until it is sent: `{"seconds": patience}`, 10 unless told."""
    patience = json_object(request).get("seconds", DRAIN_SECONDS) if request.content_length else DRAIN_SECONDS
    is_number = isinstance(patience, int | float) and not isinstance(patience, bool)
    if not is_number or not 0 <= patience <= DRAIN_SECONDS_MOST:
        bad(f"seconds must be a number up to {DRAIN_SECONDS_MOST:.0f}.")
    return Reply(body=_state(sandbox, sandbox.sender.drain(seconds=float(patience))))


def pause(sandbox: Sandbox, request: Request) -> Reply:
    sandbox.sender.pause()
    return _counted(sandbox)


def resume(sandbox: Sandbox, request: Request) -> Reply:
    sandbox.sender.resume()
    return _counted(sandbox)


def _counted(sandbox: Sandbox) -> Reply:
    with sandbox.state.reading() as db:
        return Reply(body=_state(sandbox, outbox.counts(db)))


def _state(sandbox: Sandbox, counts: dict[str, int]) -> dict[str, Any]:
    return {"counts": counts, "paused": sandbox.sender.is_paused}


ROUTES = (
    PanelRoute(method="GET", path="/__sandbox/webhooks", answer=listed),
    PanelRoute(method="POST", path="/__sandbox/webhooks", answer=register),
    PanelRoute(method="DELETE", path="/__sandbox/webhooks", answer=remove),
    PanelRoute(method="DELETE", path="/__sandbox/webhooks/<id:registration_id>", answer=remove),
    PanelRoute(method="GET", path="/__sandbox/webhooks/log", answer=log),
    PanelRoute(method="DELETE", path="/__sandbox/webhooks/log", answer=forget_log),
    PanelRoute(method="POST", path="/__sandbox/webhooks/flush", answer=flush),
    PanelRoute(method="POST", path="/__sandbox/webhooks/pause", answer=pause),
    PanelRoute(method="POST", path="/__sandbox/webhooks/resume", answer=resume),
)
