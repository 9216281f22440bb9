"""`python -m integrations.sandbox`: arguments, the planting of an empty file, and the server."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from integrations.sandbox import world
from integrations.sandbox.app import Sandbox
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.clock import Clock
from integrations.sandbox.http import Refusal
from integrations.sandbox.quota import MODES, Quota
from integrations.sandbox.server import listening
from integrations.sandbox.state import State
from integrations.sandbox.times import from_rfc3339


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        sandbox = assembled(options)
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    serve(sandbox, host=options.host, port=options.port, ready_file=options.ready_file)
    return 0


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=8700, help="0 picks a free one")
    result.add_argument("--state", type=Path, default=Path("var/sandbox.sqlite3"), help="the SQLite file")
    result.add_argument("--reset", action="store_true", help="forget the file and plant again")
    result.add_argument("--today", type=starting_at, help="a date (at this hour of the day) or an RFC 3339 instant")
    result.add_argument("--quota", choices=sorted(MODES), default="vendor")
    result.add_argument("--ready-file", type=Path, help="written with the address once listening")
    told: dict[str, Any] = {"type": address_and_secret, "action": "append", "default": [], "metavar": "URL=SECRET"}
    result.add_argument("--webhook", help="tell Booxi's news to this address, signed with this secret", **told)
    result.add_argument("--crm-webhook", help="tell the CRM's news; the secret is whsec_ and base64", **told)
    result.add_argument("--booker-webhook", help="tell Booker's news, signed with this secret", **told)
    result.add_argument("--seed", type=int, default=1)
    result.add_argument("--stores", type=_positive, default=6)
    result.add_argument("--staff-per-store", type=_positive, default=10)
    result.add_argument("--clients-per-store", type=_positive, default=500)
    result.add_argument("--bookings-per-store", type=_positive, default=5000)
    result.add_argument("--booker-customers", type=_natural, default=5000, help="of the spa brand; 0 for none")
    return result


def starting_at(text: str) -> int:
    """Epoch seconds for the sandbox's clock to start at. ValueError when it is neither a date nor an instant."""
    if "T" in text.upper():
        return from_rfc3339(text)
    hour = datetime.now(UTC).time()
    return int(datetime.combine(date.fromisoformat(text), hour, tzinfo=UTC).timestamp())


def address_and_secret(text: str) -> tuple[str, str]:
    """`URL=SECRET` taken apart at its first `=`, for a secret may end in one. ValueError without both."""
    url, _, secret = text.partition("=")
    if not url or not secret:
        raise ValueError("URL=SECRET")
    return url, secret


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("at least 1")
    return number


def _natural(text: str) -> int:
    return 0 if text == "0" else _positive(text)


def assembled(options: argparse.Namespace) -> Sandbox:
    """The sandbox on its state file, planted when that is empty. ValueError when the file is of another version."""
    state, clock = State(options.state), Clock(starting_at=options.today)
    if options.reset:
        state.erase()
    plan = Plan(
        now=clock.now(),
        seed=options.seed,
        stores=options.stores,
        staff_per_store=options.staff_per_store,
        clients_per_store=options.clients_per_store,
        bookings_per_store=options.bookings_per_store,
        booker_customers=options.booker_customers,
    )
    world.prepare(state, plan)
    sandbox = world.built(state=state, clock=clock, quota=Quota(options.quota))
    _register(sandbox, options)
    return sandbox


def _register(sandbox: Sandbox, options: argparse.Namespace) -> None:
    try:
        told = (("booxi", options.webhook), ("crm", options.crm_webhook), ("booker", options.booker_webhook))
        for source, given in told:
            for url, secret in given:
                sandbox.register({"source": source, "url": url, "secret": secret})
    except Refusal as refusal:
        raise ValueError(f"webhook: {refusal.message}") from refusal


def serve(sandbox: Sandbox, *, host: str, port: int, ready_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = listening(sandbox, host=host, port=port)
    address = f"http://{host}:{server.port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    serving.start()
    sandbox.sender.start()
    sys.stdout.write(f"sandbox listening on {address}\n")
    sys.stdout.flush()
    if ready_file is not None:
        ready_file.write_text(f"{address}\n")
    stop.wait()
    server.shutdown()
    serving.join(timeout=1)
    sandbox.sender.stop()
    sandbox.state.close()


if __name__ == "__main__":
    sys.exit(main())
