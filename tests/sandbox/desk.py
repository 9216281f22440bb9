"""A seat at the sandbox's counter: asks it things in process, with the right key, at a time that stands still."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.test import Client

from integrations.sandbox import world
from integrations.sandbox.booxi.seed.plan import Plan
from integrations.sandbox.clock import Clock
from integrations.sandbox.quota import Quota
from integrations.sandbox.state import State
from integrations.sandbox.times import from_rfc3339

NOW = "2026-11-20T10:20:00Z"
PLAN = Plan(
    now=from_rfc3339(NOW),
    stores=3,
    staff_per_store=4,
    clients_per_store=60,
    bookings_per_store=300,
    booker_customers=60,
)
PARTNER = {"Booxi-PartnerKey": "sandbox-partner-key"}
CRM = {"Authorization": "Bearer sandbox-crm-key"}
SECRET = "a secret between two"
STANDARD_SECRET = "whsec_c2FuZGJveC1zdGFuZGFyZC1zZWNyZXQ="
NOWHERE = "http://127.0.0.1:9/hook"  # Nothing answers on the discard port; nothing is sent without a flush.
STRANGER = {"Booxi-PartnerKey": "sandbox-partner-key-stranger"}
OPERA, MARAIS, MAYFAIR, FOREIGN = 501, 502, 503, 401
ANA, MARC, HELENE = 7001, 7002, 7003
CUT, COLOUR, BROW, LESSON, BRIDAL, PREVIEW, WORKSHOP = 9001, 9002, 9007, 9009, 9012, 9013, 9014
# A Tuesday past everything the seed plants: nobody at Opéra has anything to do but be at work, 09:30 to 20:00 (UTC+1).
FREE_DAY = "2027-01-19"


class StoppedClock(Clock):
    """Says the same time until it is set."""

    def __init__(self, instant: int) -> None:
        self._instant = instant

    def now(self) -> int:
        return self._instant

    def set(self, instant: int) -> None:
        self._instant = instant

    def start_again(self) -> None:
        self._instant = PLAN.now


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> str | None:
        return self.body.get("error")


def merchant_key(merchant_id: int) -> dict[str, str]:
    return {"Booxi-APIKey": f"sandbox-merchant-{merchant_id}"}


class Desk:
    """One sandbox on one state file."""

    def __init__(self, path: Path, *, quota: str = "off") -> None:
        self.state, self.clock, self.quota = State(path), StoppedClock(PLAN.now), Quota(quota)
        self.sandbox = world.built(state=self.state, clock=self.clock, quota=self.quota)
        self.client = Client(self.sandbox)

    def at(self, instant: str) -> None:
        self.clock.set(from_rfc3339(instant))

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, query: Any = None, body: Any = None
    ) -> Answer:
        """One call. `body` is sent as JSON, or as it is when it is bytes; lists in `query` repeat their key."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        arguments = MultiDict({name: value for name, value in (query or {}).items() if value is not None})
        response = self.client.open(
            path, method=method, headers=headers or {}, query_string=arguments or None, data=data
        )
        text = response.get_data(as_text=True)
        parsed = json.loads(text) if response.mimetype == "application/json" else text
        return Answer(response.status_code, parsed, dict(response.headers))

    def partner(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Answer:
        return self.ask(method, f"/booking/v1{path}", headers=PARTNER, query=query, body=body)

    def store(self, method: str, path: str, *, query: Any = None, body: Any = None, merchant_id: int = OPERA) -> Answer:
        return self.ask(method, f"/booking/v1{path}", headers=merchant_key(merchant_id), query=query, body=body)

    def panel(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Answer:
        return self.ask(method, path, query=query, body=body)

    def crm(self, method: str, path: str, *, query: Any = None, body: Any = None, **headers: str) -> Answer:
        headers = CRM | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, f"/crm/v1{path}", headers=headers, query=query, body=body)

    def submit(self, path: str, /, **form: str) -> Answer:
        """A page's form, as a browser sends it; redirects are not followed."""
        response = self.client.post(path, data=form)
        return Answer(response.status_code, response.get_data(as_text=True), dict(response.headers))

    # ---- what tests do over and over

    def listen(self, url: str, **options: Any) -> int:
        """Register for webhooks; the answer is the registration's id."""
        answer = self.panel("POST", "/__sandbox/webhooks", body={"url": url, "secret": SECRET} | options)
        assert answer.status == 201, answer.body
        made: int = answer.body["id"]
        return made

    def told(self) -> list[Any]:
        """What is in the outbox or has been sent, oldest first, each with its `body` read."""
        found = self.panel("GET", "/__sandbox/webhooks/log", query={"bodies": "true"}).body["deliveries"]
        return [entry | {"body": json.loads(entry["body"])} for entry in found]

    def flush(self, **options: Any) -> Any:
        answer = self.panel("POST", "/__sandbox/webhooks/flush", body=options)
        assert answer.status == 200, answer.body
        return answer.body["counts"]

    def story(self) -> Any:
        return self.panel("GET", "/__story").body

    def book(self, starts_on: str, *, query: Any = None, **changes: Any) -> Answer:
        """Léa Noir with Ana Roy for a cut, unless told otherwise."""
        return self.partner("POST", "/booking", query=query, body=booking_body(starts_on) | changes)

    def booked(self, starts_on: str, **changes: Any) -> str:
        answer = self.book(starts_on, **changes)
        assert answer.status == 200, answer.body
        booking_id: str = answer.body["bookingId"]
        return booking_id

    def change(self, booking_id: str, *, query: Any = None, **body: Any) -> Answer:
        return self.partner("PUT", f"/booking/{booking_id}", query=query, body=body)

    def truth(self, booking_id: str) -> Any:
        return self.panel("GET", f"/__sandbox/booking/{booking_id}").body

    def slots(self, *service_ids: int, start: str, end: str, only: list[int] | None = None) -> list[Any]:
        body = {
            "searchMode": "verbose",
            "merchantId": OPERA,
            "range": {"startsOn": start, "endsOn": end},
            "bookingItems": [{"serviceId": service_id} for service_id in service_ids],
        }
        answer = self.store("POST", "/availability/search", body=body | ({"onlyIncludeStaffs": only} if only else {}))
        assert answer.status == 200, answer.body
        slots: list[Any] = answer.body["availability"]["bookingTimeSlots"]
        return slots


def booking_body(starts_on: str) -> dict[str, Any]:
    return {
        "merchantId": OPERA,
        "bookingMethod": "Appointment",
        "status": "Approved",
        "startsOn": starts_on,
        "staffId": ANA,
        "items": [{"serviceId": CUT}],
        "client": {"firstName": "Lea", "lastName": "Noir", "email": "lea.noir@example.org"},
    }
