"""The chaos panel: a page for people, JSON for tests."""

from collections.abc import Iterable
from gettext import gettext
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.sandbox.app import PanelRoute, Sandbox
from integrations.sandbox.chaos import FAULTS, METHODS
from integrations.sandbox.http import Reply
from integrations.sandbox.markup import Html, el, field, form, joined, see_other, select, table
from integrations.sandbox.markup import page as shown
from integrations.sandbox.quota import MODES
from integrations.sandbox.reading import bad, choice, json_object, required_moment
from integrations.sandbox.times import to_rfc3339
from integrations.sandbox.webhooks import garbage, outbox, registrations

LOG_SHOWN = 100

# ---- JSON


def faults(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body={"faults": sandbox.chaos.listed(), "known": FAULTS})


def add_fault(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body=sandbox.chaos.add(json_object(request)), status=201)


def clear_faults(sandbox: Sandbox, request: Request) -> Reply:
    sandbox.chaos.clear()
    return faults(sandbox, request)


def remove_fault(sandbox: Sandbox, request: Request, fault_id: int) -> Reply:
    sandbox.chaos.remove(fault_id)
    return faults(sandbox, request)


def quota(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body={"mode": sandbox.quota.mode})


def set_quota(sandbox: Sandbox, request: Request) -> Reply:
    sandbox.quota.set_mode(choice(json_object(request), "mode", MODES) or bad("mode is required."))
    return quota(sandbox, request)


def calls(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body=sandbox.calls.report())


def forget_calls(sandbox: Sandbox, request: Request) -> Reply:
    sandbox.calls.forget()
    return calls(sandbox, request)


def health(sandbox: Sandbox, request: Request) -> Reply:
    return Reply(body={"status": "ok", "now": to_rfc3339(sandbox.clock.now())})


def set_clock(sandbox: Sandbox, request: Request) -> Reply:
    """`{"now": RFC 3339}`: the sandbox's clock runs on from there."""
    sandbox.clock.set(required_moment(json_object(request), "now"))
    return health(sandbox, request)


def reset(sandbox: Sandbox, request: Request) -> Reply:
    """The world as it was planted, without faults, calls, or a clock set apart."""
    sandbox.start_again()
    return health(sandbox, request)


# ---- the page


def page(sandbox: Sandbox, request: Request) -> Response:
    return shown(gettext("Chaos"), _page(sandbox), links=(("/", gettext("Sandbox")),))


def submit(sandbox: Sandbox, request: Request) -> Response:
    """The page's forms: one field `action` says which."""
    given, deeds = request.form, {"clear": sandbox.chaos.clear}
    deeds |= {"pause": sandbox.sender.pause, "resume": sandbox.sender.resume}
    deed = deeds.get(given.get("action", ""))
    if deed is not None:
        deed()
    elif given.get("action") == "quota":
        sandbox.quota.set_mode(choice(given, "mode", MODES) or bad("mode is required."))
    else:
        sandbox.chaos.add(_fault_form(given))
    return see_other("/__chaos")


def _fault_form(given: Any) -> dict[str, Any]:
    times, seconds, share = (given.get(name, "") for name in ("times", "seconds", "share"))
    body: dict[str, Any] = {name: given[name] for name in ("fault", "path", "method", "kind") if given.get(name)}
    body["times"] = int(times) if times.isdecimal() and len(times) < 10 else None
    if seconds.isdecimal() and len(seconds) < 10:
        body["seconds"] = int(seconds)
    if share.isdecimal() and len(share) < 4:
        body["share"] = int(share) / 100
    return body


def _page(sandbox: Sandbox) -> Html:
    with sandbox.state.reading() as db:
        listeners, deliveries = registrations.listed(db), outbox.log(db)[-LOG_SHOWN:]
    quotas = select(gettext("Quota"), "mode", _same(MODES), chosen=sandbox.quota.mode)
    is_paused = sandbox.sender.is_paused
    return joined(
        (
            _faults_table(sandbox.chaos.listed()),
            _form("clear", gettext("Remove all faults")),
            el("h2", gettext("A new fault")),
            _form("add", gettext("Add the fault"), *_fault_fields(), class_="tall"),
            el("h2", gettext("Quota")),
            _form("quota", gettext("Set the quota"), quotas),
            el("h2", gettext("Webhooks")),
            _form("resume", gettext("Send again")) if is_paused else _form("pause", gettext("Stop sending")),
            _listeners_table(listeners),
            _deliveries_table(reversed(deliveries)),
            el("h2", gettext("Calls")),
            _calls_table(sandbox.calls.report()["endpoints"]),
        )
    )


def _form(action: str, button: str, *fields: Html, **how: Any) -> Html:
    return form("/__chaos", *fields, button=button, hidden={"action": action}, **how)


def _same(names: Iterable[str]) -> list[tuple[object, object]]:
    return [(name, name) for name in names]


def _fault_fields() -> tuple[Html, ...]:
    return (
        select(gettext("Fault"), "fault", [(name, f"{name}: {words}") for name, words in FAULTS.items()]),
        field(gettext("Path or event type (prefix or regex; empty for all)"), "path"),
        select(gettext("Method"), "method", _same(("", *METHODS))),
        field(gettext("Times (empty for ever)"), "times", value="1", inputmode="numeric"),
        field(gettext("Per cent of what it could strike (empty for all)"), "share", inputmode="numeric"),
        field(gettext("Seconds, for the slow ones"), "seconds", value="30", inputmode="numeric"),
        select(gettext("Kind of garbage"), "kind", _same(("", *garbage.BODIES))),
    )


def _faults_table(rows: list[dict[str, Any]]) -> Html:
    names = ("id", "fault", "method", "path", "times", "share", "seconds")
    return table(gettext("Faults waiting"), names, [[row[name] for name in names] for row in rows])


def _listeners_table(rows: Iterable[dict[str, Any]]) -> Html:
    names = ("id", "source", "scope", "method", "url", "scheme", "moduleId")
    return table(gettext("Who is told"), names, [[row[name] for name in names] for row in rows])


def _deliveries_table(rows: Iterable[dict[str, Any]]) -> Html:
    names = ("id", "madeOn", "type", "subject", "registrationId", "state", "fault", "tries", "status")
    return table(gettext("What was told last"), names, [[row[name] for name in names] for row in rows])


def _calls_table(rows: list[dict[str, Any]]) -> Html:
    names = ("method", "path", "total", "statuses")
    return table(gettext("Calls"), names, [[row[name] for name in names] for row in rows])


ROUTES = (
    PanelRoute(method="GET", path="/__chaos", answer=page),
    PanelRoute(method="POST", path="/__chaos", answer=submit),
    PanelRoute(method="GET", path="/__chaos/faults", answer=faults),
    PanelRoute(method="POST", path="/__chaos/faults", answer=add_fault),
    PanelRoute(method="DELETE", path="/__chaos/faults", answer=clear_faults),
    PanelRoute(method="DELETE", path="/__chaos/faults/<id:fault_id>", answer=remove_fault),
    PanelRoute(method="GET", path="/__chaos/quota", answer=quota),
    PanelRoute(method="POST", path="/__chaos/quota", answer=set_quota),
    PanelRoute(method="GET", path="/__chaos/calls", answer=calls),
    PanelRoute(method="DELETE", path="/__chaos/calls", answer=forget_calls),
    PanelRoute(method="GET", path="/__sandbox/health", answer=health),
    PanelRoute(method="POST", path="/__sandbox/clock", answer=set_clock),
    PanelRoute(method="POST", path="/__sandbox/reset", answer=reset),
)
