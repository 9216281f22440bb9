"""The shop as it stands at the start of each browser test: read from the sandbox, a Wednesday in May at 10:00."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bookings import actions, tasks
from bookings.gateway import Slot, get_gateway
from bookings.models import Booking, Change, Service
from clienteling.models import Client, StaffMember, Store, User
from integrations import pull, sync
from integrations import tasks as integration_tasks
from integrations.models import ClientLink, Connection, ServiceLink, StoreLink, WebhookDelivery
from integrations.switchboard import Purpose, open_provider, ref_of
from integrations.webhooks import processing
from tests.customers import KEY as CRM_KEY
from tests.vendors import Vendor

# Secrets that both sides share in these tests.
SECRET, STANDARD_SECRET = "a secret between two", "whsec_c2FuZGJveC1zdGFuZGFyZC1zZWNyZXQ="
ROUNDS = 6
PASSWORD = "a-password-for-tests-2026"
ANA, MARC, HELENE = "ana.roy@demo.test", "marc.petit@demo.test", "helene.aurel@demo.test"


def furnish(vendor: Vendor) -> None:
    """Three people who can log in, and everything the sandbox tells. The sync finds out who works where."""
    User.objects.create_user(ANA, PASSWORD, name="Ana Roy")
    User.objects.create_user(MARC, PASSWORD, name="Marc Petit")
    User.objects.create_user(HELENE, PASSWORD, name="Hélène Aurel", is_head_office=True)
    connection = Connection.objects.create(
        name="Booxi Aurel",
        base_url=vendor.base_url,
        secrets={"partner_key": "sandbox-partner-key"},  # type: ignore[misc]
        module_id="demo_crm",
        pace=1000.0,
    )
    sync.request_full(connection=connection)
    sync.work()


@dataclass(frozen=True)
class Scene:
    """Who and what the tests speak of, looked up anew for each."""

    vendor: Vendor
    ana: User
    marc: User
    helene: User
    store: Store
    lea: Client

    @classmethod
    def of(cls, vendor: Vendor) -> Scene:
        lea = str(vendor.story()["lea_noir"]["clientId"])
        return cls(
            vendor=vendor,
            ana=User.objects.get(email=ANA),
            marc=User.objects.get(email=MARC),
            helene=User.objects.get(email=HELENE),
            store=Store.objects.get(staff__login_email=ANA),
            lea=ClientLink.objects.get(module="", external_id=lea).client,
        )

    @property
    def today(self) -> dt.date:
        return self.store.today()

    def member(self, user: User) -> StaffMember:
        return StaffMember.objects.select_related("store").get(user=user, store=self.store)

    def services(self) -> list[Service]:
        """Bookable ones, the shortest first."""
        return list(Service.objects.filter(store=self.store).bookable().order_by("duration", "pk"))

    def free(self, *services: Service, staff: StaffMember | None = None, after: int = 0, days: int = 1) -> list[Slot]:
        """Live availability of `days` days, from `after` days after today on."""
        start, end = self.store.day_bounds(self.today + dt.timedelta(days=after), days)
        return get_gateway().availability(
            store=self.store, services=services, start=max(start, timezone.now()), end=end, staff=staff
        )

    def offered(
        self, *, staff: StaffMember | None = None, after: int = 0, at_least: int = 4
    ) -> tuple[Service, list[Slot]]:
        """The shortest service with so many free times that day."""
        for service in self.services():
            slots = self.free(service, staff=staff, after=after)
            if len(slots) >= at_least:
                return service, slots
        raise AssertionError("nothing is free that day")

    def booked(
        self, *, user: User | None = None, client: Client | None = None, after: int = 0, place: int = 0
    ) -> Booking:
        """An accepted booking of Lea's (or `client`'s) with Ana (or `user`), at the free time number `place`."""
        staff = self.member(user or self.ana)
        service, slots = self.offered(staff=staff, after=after)
        change = actions.book(
            store=self.store,
            client=client or self.lea,
            services=[service],
            staff=staff,
            starts_at=slots[place].starts_at,
            author=user or self.ana,
        )
        assert change.state == Change.State.DONE, change.reason
        return change.booking

    def requested(self, service: Service, *, client: Client | None = None, **asked: Any) -> Booking:
        """A client asks for `service`; the news of it has come in. `asked`: as the vendor's own form sends it."""
        connection = Connection.objects.get()
        body = {
            "merchantId": int(StoreLink.objects.get(store=self.store).external_id),
            "serviceId": int(ServiceLink.objects.get(service=service).external_id),
            "clientId": int(ClientLink.objects.get(client=client or self.lea, module="").external_id),
            **asked,
        }
        answer = self.vendor.raw.post("/__sandbox/request", json=body).raise_for_status().json()
        external_id = answer.get("booking", answer)["bookingId"]
        record = open_provider(connection, Purpose.FOLLOW_UP).booking(ref_of(self.store.links.get()), external_id)
        pull.apply_bookings(connection, [record])
        return Booking.objects.get(store=self.store, remote_id=external_id)

    def live_at_vendor(self, booking: Booking) -> list[dict[str, object]]:
        """Bookings that are not cancelled, at the same time with the same person, as the booking system has them."""
        start = booking.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ") if booking.starts_at else ""
        rows = self.vendor.truth(clientId=ClientLink.objects.get(client=booking.client, module="").external_id)
        return [row for row in rows if row["startsOn"] == start and row["status"] != "Cancelled"]

    def link_to_crm(self) -> Connection:
        """Clients are looked for in the sandbox's CRM from now on. Returns our account there."""
        crm = Connection.objects.create(
            name="CRM Aurel",
            kind=Connection.Kind.CRM,
            base_url=f"{self.vendor.url}/crm/v1",
            secrets={"crm_key": CRM_KEY, "webhook_secret": STANDARD_SECRET},  # type: ignore[misc]
            webhook_scheme=Connection.Scheme.STANDARD,
            pace=1000.0,
        )
        Connection.objects.booking_systems().update(crm=crm)
        return crm

    def connect_booker(self) -> Connection:
        """Our account with the sandbox's Booker as well; one of its locations is known as our store."""
        connection = Connection.objects.create(name="Booker Juniper", **self.vendor.booker_account())
        StoreLink.objects.create(connection=connection, store=self.store, external_id="10001")
        return connection

    def listen(self, site: str) -> Connection:
        """Both systems tell `site` their news, until the sandbox starts again. Returns our account at the CRM."""
        crm, booxi = self.link_to_crm(), Connection.objects.booking_systems().get()
        booxi.secrets = {**booxi.secrets, "webhook_secret": SECRET}
        booxi.save(update_fields=["secrets"])
        for one in (booxi, crm):
            wanted = {"url": f"{site}/webhooks/{one.webhook_token}/", "secret": one.secrets["webhook_secret"]}
            wanted |= {"source": one.kind, "scheme": one.webhook_scheme}
            self.vendor.raw.post("/__sandbox/webhooks", json=wanted).raise_for_status()
        return crm

    def worker_comes_by(self) -> None:
        """What the worker does within seconds: changes, news, links, then what pages have asked to be read."""
        Change.objects.open().update(next_attempt_at=timezone.now())
        tasks.send_due_changes()
        processing.work()
        integration_tasks.link_clients()
        sync.work()

    def news_arrives(self) -> None:
        """Until neither side has anything left to tell the other; each round is what a second brings."""
        for _round in range(ROUNDS):
            sent = self.vendor.raw.post("/__sandbox/webhooks/flush", json={"seconds": 60}, timeout=70)
            sent.raise_for_status()
            waiting = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).exists()
            self.worker_comes_by()
            if not waiting:
                return
        raise AssertionError("news goes round in circles")
