"""Whatever happens on the way, the next pass leaves no difference between Booker and the mirror."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, Room, TimeSlot
from clienteling import names
from clienteling.models import Client, Store
from integrations import keeping, pull, sync
from integrations.models import (
    AccessToken,
    ClientLink,
    Connection,
    ProviderCall,
    ServiceLink,
    StoreLink,
    SyncRun,
    WebhookDelivery,
)
from integrations.models.webhooks import WebhookDelivery as Delivery
from integrations.switchboard import Purpose, open_provider, ref_of
from integrations.webhooks import processing
from tests.vendors import Vendor

Kind = SyncRun.Kind
LIVE = "/__sandbox/booker/appointments"


def run_all(*, tries: int = 30) -> None:
    """Everything that is queued, to its end; what had to wait is due at once."""
    for _ in range(tries):
        sync.work()
        waiting = SyncRun.objects.filter(state__in=["waiting", "running"])
        if not waiting:
            break
        waiting.update(held_until=timezone.now())
    assert set(SyncRun.objects.values_list("state", flat=True)) <= {"done"}, list(
        SyncRun.objects.exclude(state="done").values_list("kind", "error")
    )


def whole_pass(connection: Connection) -> Counter[str]:
    SyncRun.objects.all().delete()
    sync.request_full(connection=connection)
    run_all()
    return sum((Counter(run.counts) for run in SyncRun.objects.all()), Counter())


def hourly_pass(connection: Connection) -> Counter[str]:
    SyncRun.objects.all().delete()
    for link in StoreLink.objects.filter(connection=connection).select_related("store"):
        sync.request(connection, Kind.CHANGED, store=link.store)
    run_all()
    return sum((Counter(run.counts) for run in SyncRun.objects.all()), Counter())


@pytest.fixture
def spa(booker: Connection, vendor_time: Any, settings: Any) -> Connection:
    """The sandbox's brand, read whole; nobody in full."""
    settings.CLIENT_DETAILS_AT_ONCE = 0
    sync.request(booker, Kind.CATALOGUE)
    run_all()
    whole_pass(booker)
    ProviderCall.objects.all().delete()
    return booker


# --- both sides in one form --------------------------------------------------------------------------------


def window(store: Store) -> tuple[dt.datetime, dt.datetime]:
    today = store.today()
    return store.day_bounds(today - dt.timedelta(days=89), 148)


def theirs(vendor: Vendor, link: StoreLink) -> dict[str, tuple[Any, ...]]:
    start, end = window(link.store)
    rows = vendor.raw.get(LIVE, params={"locationId": link.external_id}).json()["appointments"]
    found = {}
    for row in rows:
        starts_at = dt.datetime.fromisoformat(row["raw"]["startsOn"])
        if start <= starts_at < end:
            parts = row["AppointmentTreatments"]
            found[str(row["ID"])] = (
                starts_at,
                dt.datetime.fromisoformat(row["raw"]["endsOn"]),
                str(row["CustomerID"]),
                str(parts[0]["EmployeeID"]),
                tuple(str(one["TreatmentID"]) for one in parts),
                row["raw"]["status"] == "Cancelled",
                row["raw"]["status"] == "No Show",
                row["raw"]["status"] == "Completed",
                row["Notes"] or "",
            )
    return found


def ours(link: StoreLink) -> dict[str, tuple[Any, ...]]:
    start, end = window(link.store)
    rows = Booking.objects.filter(store=link.store, starts_at__gte=start, starts_at__lt=end)
    found = {}
    for row in rows.select_related("client", "staff").prefetch_related("items__service__links", "staff__links"):
        client = row.client.links.filter(module="", connection=link.connection).first() if row.client else None
        found[row.remote_id or ""] = (
            row.starts_at,
            row.ends_at,
            client.external_id if client else "",
            row.staff.links.get().external_id if row.staff else "",
            tuple(item.service.links.get().external_id for item in row.item_list if item.service),
            row.status == "cancelled",
            row.presence == "no_show",
            row.is_completed,
            row.quick_note,
        )
    return found


def differences(vendor: Vendor, connection: Connection) -> list[str]:
    found = []
    for link in StoreLink.objects.filter(connection=connection).select_related("store", "connection"):
        there, here = theirs(vendor, link), ours(link)
        for key in sorted(there.keys() | here.keys()):
            # One that was cancelled before we ever saw it is no loss.
            if here.get(key) != there.get(key) and not (key not in here and there[key][5]):
                found.append(f"{key}: {here.get(key)} is {there.get(key)} there")
    return found + client_differences(vendor, connection)


def client_differences(vendor: Vendor, connection: Connection) -> list[str]:
    rows = {str(row["ID"]): row for row in vendor.raw.get("/__sandbox/booker/customers").json()["customers"]}
    found = []
    for link in ClientLink.objects.filter(connection=connection, module="").select_related("client"):
        row = rows[link.external_id]
        if row["isDeleted"] or row["RequestedToBeForgotten"]:
            found += [] if link.client.anonymised_at else [f"client {link.external_id} should be forgotten"]
            continue
        shown = (row["FirstName"], row["LastName"], row["Email"].lower())
        phone = row["CellPhone"] and names.international_phone(row["CellPhone"], "US")
        held = link.client
        if (held.first_name, held.last_name, held.email, held.mobile_phone) != (*shown, phone):
            found.append(f"client {link.external_id}")
    known = set(ClientLink.objects.filter(connection=connection, module="").values_list("external_id", flat=True))
    missing = [key for key, row in rows.items() if key not in known and not row["isDeleted"]]
    missing = [key for key in missing if not rows[key]["RequestedToBeForgotten"] and rows[key]["IsActive"]]
    return found + [f"client {key} is not known here" for key in missing]


# --- mischief ----------------------------------------------------------------------------------------------


class Mischief:
    """What the spa's own people do, each to another appointment or client."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        now = timezone.now()
        coming = Booking.objects.filter(
            starts_at__gt=now, starts_at__lt=now + dt.timedelta(days=30), status="confirmed"
        )
        self.coming = list(coming.order_by("starts_at", "pk"))
        self.clients = list(ClientLink.objects.filter(module="", client__anonymised_at=None).order_by("-pk"))

    def appointment(self, booking: Booking, **body: Any) -> None:
        answer = self.vendor.raw.post(f"/__sandbox/booker/appointment/{booking.remote_id}", json=body)
        answer.raise_for_status()

    def bookings_change(self) -> None:
        moved, cancelled, noted, missed, done = self.coming[:5]
        later = f"{moved.starts_at + dt.timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
        self.appointment(moved, startsOn=later, anyway=True)
        self.appointment(cancelled, status="Cancelled")
        self.appointment(noted, notes="Prefers the quiet room")
        self.appointment(missed, status="No Show")
        self.appointment(done, status="Completed")
        body = {
            "locationId": int(noted.store.links.get().external_id),
            "customerId": int(self.clients[0].external_id),
            "treatmentId": int(noted.item_list[0].service.links.get().external_id),
            "startsOn": f"{noted.starts_at + dt.timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}",
            "anyway": True,
        }
        self.vendor.raw.post("/__sandbox/booker/appointments", json=body).raise_for_status()

    def clients_change(self) -> None:
        renamed, forgotten = self.clients[1:3]
        for link, body in ((renamed, {"LastName": "Renamed"}), (forgotten, {"RequestedToBeForgotten": True})):
            self.vendor.raw.post(f"/__sandbox/booker/customer/{link.external_id}", json=body).raise_for_status()
        body = {"locationId": 10001, "FirstName": "Quite", "LastName": "New", "Email": "quite.new@spa.example"}
        self.vendor.raw.post("/__sandbox/booker/customers", json=body).raise_for_status()

    def delete_somebody(self) -> None:
        """Whom we have read in full not long ago."""
        link = self.clients[4]
        ClientLink.objects.filter(pk=link.pk).update(proven_at=timezone.now())
        self.vendor.raw.delete(f"/__sandbox/booker/customer/{link.external_id}").raise_for_status()


# --- the passes --------------------------------------------------------------------------------------------


def test_the_brand_is_read_whole_and_right(spa: Connection, vendor: Vendor) -> None:
    assert differences(vendor, spa) == []
    assert set(Store.objects.values_list("time_zone", flat=True)) == {
        "America/New_York",
        "America/Chicago",
        "America/Los_Angeles",
    }
    assert Room.objects.filter(services__isnull=False).exists()
    assert all(store.limits and store.weekly_hours for store in Store.objects.all())
    assert TimeSlot.objects.filter(booking__isnull=False, can_modify=False).exists(), "parts of others take their time"


def test_what_is_older_says_nothing_of_the_parts_of_colleagues_either(spa: Connection, vendor: Vendor) -> None:
    booking = Booking.objects.filter(parts__isnull=False).order_by("pk")[0]
    provider = open_provider(spa, Purpose.SWEEP)
    answer = provider.booking(ref_of(booking.store.links.get()), booking.remote_id or "")
    (told,) = answer.others or ()
    hour = dt.timedelta(hours=1)
    later = replace(told, starts_at=told.starts_at + hour, ends_at=told.ends_at + hour)
    newer = replace(answer, others=(later,), quick_note="Later", modified_at=timezone.now() + dt.timedelta(minutes=5))
    pull.apply_bookings(spa, [newer])
    pull.apply_bookings(spa, [answer])
    assert booking.parts.get().starts_at == later.starts_at


def test_another_pass_with_nothing_changed_writes_nothing(spa: Connection) -> None:
    before = {model: list(model.objects.order_by("pk").values_list()) for model in (Booking, Client, TimeSlot, Room)}
    stamps = list(Store.objects.order_by("pk").values_list("stamp"))
    assert set(whole_pass(spa)) == {"bookings seen", "clients seen"}
    assert before == {model: list(model.objects.order_by("pk").values_list()) for model in before}
    assert list(Store.objects.order_by("pk").values_list("stamp")) == stamps


def test_the_hourly_pass_reads_what_has_changed_and_little_else(spa: Connection, vendor: Vendor) -> None:
    hourly_pass(spa)
    ProviderCall.objects.all().delete()
    with_nothing = hourly_pass(spa)
    assert set(with_nothing) <= {"bookings seen", "clients seen"}, "what changed shortly before is read once more"
    assert ProviderCall.objects.count() <= 2 * 3, "one page of bookings and one of clients for each store"
    mischief = Mischief(vendor)
    mischief.bookings_change()
    mischief.clients_change()
    assert differences(vendor, spa)
    counts = hourly_pass(spa)
    assert differences(vendor, spa) == []
    assert counts["bookings seen"] == 6 + with_nothing["bookings seen"]


def test_the_daily_pass_finds_also_who_was_deleted(spa: Connection, vendor: Vendor) -> None:
    mischief = Mischief(vendor)
    mischief.bookings_change()
    mischief.clients_change()
    mischief.delete_somebody()
    whole_pass(spa)
    assert differences(vendor, spa) == []


class Killed(BaseException):
    """As SIGKILL: nothing of ours handles it."""


@pytest.mark.parametrize("after", [1, 2, 3, 5, 8, 13])
def test_a_sync_killed_anywhere_ends_right(
    booker: Connection, vendor: Vendor, vendor_time: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Every so many applied batches the worker dies, before its step is noted."""
    applied = {"number": 0}

    def dying(original: Any) -> Any:
        def apply(*args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            applied["number"] += 1
            if applied["number"] % after == 0 and applied["number"] < 40:
                raise Killed
            return found

        return apply

    for name in ("apply_calendar", "apply_clients", "apply_catalogue", "apply_bookings"):
        monkeypatch.setattr(pull, name, dying(getattr(pull, name)))
    sync.request(booker, Kind.CATALOGUE)
    for _ in range(60):
        try:
            sync.work()
        except Killed:
            SyncRun.objects.filter(state="running").update(held_until=timezone.now())
            continue
        sync.request_due(timezone.now())
        if not SyncRun.objects.filter(state__in=["waiting", "running"]):
            break
    assert applied["number"] > 6
    assert differences(vendor, booker) == []


FACES = ("expired_token_401", "expired_token_message", "expired_token_1000")


@pytest.mark.parametrize("face", FACES)
def test_a_token_that_expires_anywhere_is_renewed_and_nothing_is_lost(
    booker: Connection, vendor: Vendor, vendor_time: Any, face: str
) -> None:
    sync.request(booker, Kind.CATALOGUE)
    run_all()
    vendor.fault(face, times=6, share=0.25, path="/v4.1/")
    whole_pass(booker)
    assert differences(vendor, booker) == []
    assert AccessToken.objects.filter(connection=booker).count() == 4, "the brand's, and one for each location"


@pytest.mark.parametrize("fault", ["503", "429", "empty_object", "short_page", "reset", "malformed_json"])
def test_faults_on_the_way_change_nothing_in_the_end(
    booker: Connection, vendor: Vendor, vendor_time: Any, settings: Any, fault: str
) -> None:
    settings.PROVIDER_TIMEOUT_BACKGROUND = 3.0
    sync.request(booker, Kind.CATALOGUE)
    run_all()
    vendor.fault(fault, times=None if fault == "short_page" else 8, share=0.3, path="/v4.1/")
    whole_pass(booker)
    assert differences(vendor, booker) == []


def test_what_hints_do_not_tell_the_hourly_pass_does(spa: Connection, vendor: Vendor) -> None:
    """A third of them is lost, the rest comes in any order, some twice."""
    hourly_pass(spa)
    where = {"url": "http://127.0.0.1:9/", "secret": "not-a-secret", "source": "booker"}
    vendor.raw.post("/__sandbox/webhooks/pause").raise_for_status()
    vendor.raw.post("/__sandbox/webhooks", json=where).raise_for_status()
    mischief = Mischief(vendor)
    mischief.bookings_change()
    mischief.clients_change()
    log = vendor.raw.get("/__sandbox/webhooks/log", params={"bodies": "true"}).json()["deliveries"]
    chance = random.Random(7)
    heard = [entry["body"] for entry in log if chance.random() > 0.3]
    assert 3 < len(heard) < len(log)
    chance.shuffle(heard)
    for body in [*heard, *heard[:2]]:
        envelope = json.loads(body)
        row = Delivery(connection=spa, event_id=envelope["messageId"], event_type=envelope["eventId"], body=body)
        row.keep()
    processing.work()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert WebhookDelivery.objects.count() == len(heard)
    hourly_pass(spa)
    assert differences(vendor, spa) == []


def test_copies_are_kept_no_longer_than_allowed(spa: Connection, vendor: Vendor, settings: Any) -> None:
    now = timezone.now()
    old = Booking.objects.filter(ends_at__lt=now - dt.timedelta(days=2)).count()
    assert old > 5
    keeping.forget_old(now)
    assert Booking.objects.filter(ends_at__lt=now - dt.timedelta(days=2)).count() == old, "no limit unless one is set"
    settings.BOOKER_KEEP_DAYS = 2
    coming = Booking.objects.filter(ends_at__gte=now).count()
    assert keeping.forget_old(now) == old
    whole_pass(spa)
    client = Client.objects.filter(bookings__isnull=False)[0]
    sync.request(spa, Kind.HISTORY, client=client)
    run_all()
    assert not Booking.objects.filter(ends_at__lt=now - dt.timedelta(days=2)).exists(), "neither read again"
    assert Booking.objects.filter(ends_at__gte=now).count() == coming


def test_memberships_come_a_few_clients_at_a_time(spa: Connection, vendor: Vendor, settings: Any) -> None:
    member = str(vendor.story()["booker"]["member"])
    settings.CLIENT_DETAILS_AT_ONCE = 10
    ProviderCall.objects.all().delete()
    for _ in range(6):
        hourly_pass(spa)
    hers = Client.objects.get(links__connection=spa, links__module="", links__external_id=member)
    assert hers.memberships.filter(is_expired=False).exists()
    assert hers.profile.born_on
    assert hers.profile.spent is not None
    assert hers.profile.last_purchase_at
    assert hers.profile.last_purchase_item
    in_full = ProviderCall.objects.filter(endpoint="/v4.1/merchant/customer/{id}").count()
    links = ClientLink.objects.filter(client__anonymised_at=None, client__stores__isnull=False).distinct()
    assert not links.filter(proven_at=None).exists()
    assert in_full <= links.count(), "each once, then not for a month"


def test_somebody_known_at_booxi_and_at_booker_is_one_person(
    mirror: Connection, booker: Connection, vendor: Vendor
) -> None:
    known = Client.objects.filter(links__connection=mirror).exclude(email="").exclude(first_name="").order_by("pk")
    same, other = known[0], known[1]
    people = [
        {"FirstName": same.first_name, "LastName": same.last_name.upper(), "Email": same.email},
        {"FirstName": "Somebody", "LastName": "Else", "Email": other.email},
        {"FirstName": other.first_name, "LastName": other.last_name, "Email": "another@spa.example"},
    ]
    for body in people:
        made = vendor.raw.post("/__sandbox/booker/customers", json={"locationId": 10001, **body})
        made.raise_for_status()
    sync.request(booker, Kind.CATALOGUE)
    sync.request(booker, Kind.CLIENTS)
    run_all()
    assert same.links.filter(module="").count() == 2, "two systems, one person"
    assert other.links.filter(module="").count() == 1, "neither the address alone nor the name alone is she"
    assert {store.name for store in same.stores.all()} >= {"Juniper & Slate New York"}


def test_who_is_at_home_elsewhere_is_read_with_the_credentials_of_one_location(
    booker: Connection, vendor: Vendor, vendor_time: Any
) -> None:
    token = vendor.story()["booker"]["personal_access_tokens"]["10001"]
    booker.secrets = {**booker.secrets, "personal_access_token": token}
    booker.location_id, booker.brand_id = "10001", ""
    booker.save()
    guest = str(vendor.story()["booker"]["clients"]["10002"])
    sync.request(booker, Kind.CATALOGUE)
    run_all()
    treatment = ServiceLink.objects.filter(connection=booker, service__is_group=False).order_by("pk")[0]
    body = {"locationId": 10001, "customerId": int(guest), "treatmentId": int(treatment.external_id), "anyway": True}
    starts_on = f"{timezone.now() + dt.timedelta(days=2):%Y-%m-%dT%H:00:00Z}"
    vendor.raw.post("/__sandbox/booker/appointments", json=body | {"startsOn": starts_on}).raise_for_status()
    whole_pass(booker)
    hers = Client.objects.get(links__connection=booker, links__module="", links__external_id=guest)
    sync.request(booker, Kind.HISTORY, client=hers)
    run_all()
    hers.refresh_from_db()
    assert hers.profile.seen_at
    assert hers.links.get().read_at


def test_what_changes_between_the_first_two_lists_is_not_lost(spa: Connection, vendor: Vendor) -> None:
    """Clients are read whole before the window is: the first hour begins with the earlier of the two."""
    now = timezone.now()
    links = StoreLink.objects.filter(connection=spa)
    links.update(clients_at=now - dt.timedelta(minutes=1), full_at=now + dt.timedelta(hours=1), changed_at=None)
    Mischief(vendor).clients_change()
    assert client_differences(vendor, spa)
    hourly_pass(spa)
    assert client_differences(vendor, spa) == []
