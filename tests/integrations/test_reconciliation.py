"""With some webhooks or none at all, one sweep makes the mirror true again, and a second one writes nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, GroupEvent, Service, TimeSlot
from clienteling import names, privacy
from clienteling.models import Client, StaffMember, Store
from integrations import pull, sync
from integrations.models import ClientLink, Connection, Difference, ServiceLink, StaffLink, StoreLink, SyncRun
from integrations.switchboard import Purpose, open_provider, ref_of
from integrations.webhooks import waking
from tests.integrations.test_sync import facts
from tests.integrations.webhooks.sending import SECRET, tell
from tests.vendors import Vendor

PARTNER = {"Booxi-PartnerKey": "sandbox-partner-key"}
STATUSES = {
    "PendingStaffApproval": "requested",
    "PendingClientApproval": "awaiting_client",
    "Approved": "confirmed",
    "Cancelled": "cancelled",
}
PRESENCES = {"Expecting": "expecting", "Arrived": "arrived", "NoShow": "no_show"}
Facts = dict[str, Any]


def sweep(connection: Connection) -> Counter[str]:
    SyncRun.objects.exclude(state__in=["waiting", "running"]).delete()
    sync.request_full(connection=connection)
    sync.work()
    assert set(SyncRun.objects.values_list("state", flat=True)) == {SyncRun.State.DONE}
    return sum((Counter(run.counts) for run in SyncRun.objects.all()), Counter())


# --- what both sides hold, in one form ---------------------------------------------------------------------


def ask(vendor: Vendor, path: str, **query: Any) -> Any:
    return vendor.raw.get(f"/booking/v1{path}", params=query, headers=PARTNER)


def listed(vendor: Vendor, path: str, name: str, **query: Any) -> list[Facts]:
    """Every page of a list."""
    page = ask(vendor, path, **query).json()
    rest = listed(vendor, path, name, cursor=page["cursor"]) if page.get("cursor") else []
    return [*page[name], *rest]


def stamp(moment: dt.datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def bookings_there(vendor: Vendor) -> dict[str, Facts]:
    return {row["bookingId"]: _booking_there(row) for row in vendor.truth()}


def _booking_there(row: Facts) -> Facts:
    client = row["client"]
    return {
        "store": str(row["merchantId"]),
        "status": STATUSES[row["status"]],
        "presence": PRESENCES[client["presence"]],
        "is_completed": row["isCompleted"],
        "start": row.get("startsOn", ""),
        "end": row.get("totalClientTimespan", {}).get("end", ""),
        "staff": str(row["staffId"] or ""),
        "client": str(client["id"]),
        "items": [(str(item["serviceId"]), item["serviceName"], item["duration"]) for item in row["items"]],
        "request": client["additionalRequest"],
        "note": row.get("quickNote", ""),
    }


def links(model: Any, owner: str, **more: Any) -> dict[int, str]:
    return dict(model.objects.filter(**more).values_list(f"{owner}_id", "external_id"))


def bookings_here() -> dict[str, Facts]:
    stores, staff, services = links(StoreLink, "store"), links(StaffLink, "staff"), links(ServiceLink, "service")
    clients = links(ClientLink, "client", module="")
    rows = Booking.objects.accepted().prefetch_related("items")
    return {
        row.remote_id or "": {
            "store": stores[row.store_id],
            "status": row.status,
            "presence": row.presence,
            "is_completed": row.is_completed,
            "start": stamp(row.starts_at),
            "end": stamp(row.ends_at),
            "staff": staff.get(row.staff_id or 0, ""),
            "client": clients.get(row.client_id or 0, ""),
            "items": [(services.get(item.service_id or 0, ""), item.name, item.duration) for item in row.item_list],
            "request": row.client_request,
            "note": row.quick_note,
        }
        for row in rows
    }


def is_shown(row: Facts, window: tuple[str, str]) -> bool:
    """Whether the provider's calendars show it to somebody who has never heard of it (booxi-api.md section 10)."""
    is_live = row["status"] != "cancelled" and row["staff"] and row["start"]
    return bool(is_live) and window[0] <= row["start"] < window[1]


WORDS = {"request", "note"}  # of somebody deleted there: forgotten here, though her bookings there still have them


def booking_differences(vendor: Vendor) -> list[str]:
    there, here = bookings_there(vendor), bookings_here()
    link = StoreLink.objects.select_related("store").order_by("pk")[0]
    bounds = (link.store.day_bounds(link.full_from)[0], link.store.day_bounds(link.full_until)[1])
    window = (stamp(bounds[0]), stamp(bounds[1]))
    appointments = {row["bookingId"] for row in vendor.truth() if row["bookingMethod"] == "Appointment"}
    missed = [pk for pk in appointments - set(here) if is_shown(there[pk], window)]
    found = [f"{pk} is not here" for pk in missed] + [f"{pk} is not there" for pk in set(here) - set(there)]
    forgotten = set(Booking.objects.filter(client__anonymised_at__isnull=False).values_list("remote_id", flat=True))
    for pk in set(here) & set(there):
        found += [
            f"{pk} {name}: {there[pk][name]!r} there, {here[pk][name]!r} here"
            for name in here[pk].keys() - (WORDS if pk in forgotten else set())
            if here[pk][name] != there[pk][name]
        ]
    return found


def client_differences(vendor: Vendor, connection: Connection) -> list[str]:
    found = []
    for link in (
        ClientLink.objects.filter(module="", client__bookings__isnull=False).distinct().select_related("client")
    ):
        answer = ask(vendor, f"/client/{link.external_id}")
        if answer.status_code == 404:
            found += [] if link.client.anonymised_at else [f"client {link.external_id} was deleted there"]
            continue
        if answer.status_code != 200:
            found.append(f"client {link.external_id} lives on elsewhere")
            continue
        found += _client_differences(link, answer.json())
        module = ask(vendor, f"/client/{link.external_id}/moduleLink/demo_crm")
        there = module.json()["link"]["externalId"] if module.status_code == 200 else ""
        here = ",".join(link.client.links.filter(module="demo_crm").values_list("external_id", flat=True))
        if here != there and (here or link.proven_at):
            found.append(f"client {link.external_id} is {there!r} in the CRM there, {here!r} here")
    return found


def _client_differences(link: ClientLink, row: Facts) -> list[str]:
    client = link.client
    shown = {
        "first_name": row["firstName"],
        "last_name": row["lastName"],
        "email": row["email"].lower(),
        "mobile_phone": row["mobilePhoneNumber"] and names.international_phone(row["mobilePhoneNumber"]),
        "home_phone": row["homePhoneNumber"] and names.international_phone(row["homePhoneNumber"]),
    }
    return [f"client {link.external_id} {name}" for name, value in shown.items() if getattr(client, name) != value]


def slot_differences(vendor: Vendor) -> list[str]:
    found = []
    now = timezone.now()
    span = {"from": stamp(now - dt.timedelta(days=1)), "to": stamp(now + dt.timedelta(days=50))}
    for link in StaffLink.objects.filter(staff__is_active=True).select_related("staff"):
        rows = listed(vendor, "/timeSlot", "timeSlots", staffId=link.external_id, **span)
        there = {(str(row["id"]), row["start"], row["type"].lower()) for row in rows}
        slots = TimeSlot.objects.filter(staff=link.staff, ends_at__gt=span["from"], starts_at__lte=span["to"])
        here = {(slot.remote_id, stamp(slot.starts_at), slot.kind) for slot in slots}
        found += [f"time slot {slot}" for slot in there ^ here]
    return found


def catalogue_differences(vendor: Vendor) -> list[str]:
    found = []
    for store in StoreLink.objects.all():
        staff = listed(vendor, "/staff/list", "staffs", merchantId=store.external_id)
        services = listed(vendor, "/service/list", "services", merchantId=store.external_id)
        people = {link.external_id: link.staff for link in StaffLink.objects.filter(staff__store=store.store)}
        offered = {link.external_id: link.service for link in ServiceLink.objects.filter(service__store=store.store)}
        found += [f"staff {row['id']}" for row in staff if people[str(row["id"])].first_name != row["firstName"]]
        found += [f"service {row['id']}" for row in services if offered[str(row["id"])].name != row["name"]]
    return found


def every_difference(vendor: Vendor, connection: Connection) -> list[str]:
    return [
        *booking_differences(vendor),
        *client_differences(vendor, connection),
        *slot_differences(vendor),
        *catalogue_differences(vendor),
    ]


# --- what happens while nobody tells us --------------------------------------------------------------------


class Mischief:
    """Sixty changes of every kind, made where they are made in real life: not here."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.random = random.Random(7)
        now = timezone.now()
        rows = Booking.objects.accepted().live().filter(kind="appointment", starts_at__gt=now, is_completed=False)
        self.rows = list(rows.filter(starts_at__lt=now + dt.timedelta(days=30)).exclude(staff=None).order_by("pk"))
        self.random.shuffle(self.rows)

    def take(self, number: int) -> list[Booking]:
        taken, self.rows = self.rows[:number], self.rows[number:]
        assert len(taken) == number, "the sandbox was planted with too few bookings"
        return taken

    def office(self, booking: Booking, **body: Any) -> None:
        self.vendor.raw.post(f"/__sandbox/booking/{booking.remote_id}", json=body).raise_for_status()

    def api(self, method: str, path: str, **body: Any) -> Any:
        answer = self.vendor.raw.request(method, f"/booking/v1{path}", json=body, headers=PARTNER)
        answer.raise_for_status()
        return answer.json()

    def colleague(self, booking: Booking) -> int:
        others = StaffLink.objects.filter(staff__store=booking.store, staff__is_active=True)
        return int(self.random.choice(list(others.exclude(staff=booking.staff))).external_id)

    def client_id(self, booking: Booking) -> int:
        return int(ClientLink.objects.get(client=booking.client, module="").external_id)

    def make_all(self) -> None:
        self.bookings_change()
        self.calendars_change()
        self.clients_change()

    def bookings_change(self) -> None:
        steps: list[tuple[int, Callable[[Booking], Facts]]] = [
            (8, lambda one: {"startsOn": self.later(one, days=1, minutes=15)}),
            (6, lambda one: {"staffId": self.colleague(one)}),
            (4, lambda one: {"staffId": self.colleague(one), "startsOn": self.later(one, days=2)}),
            (2, lambda one: {"startsOn": self.later(one, days=300)}),
            (2, lambda one: {"staffId": None, "status": "PendingStaffApproval"}),
            (7, lambda one: {"status": "Cancelled", "modifiedBy": "Client"}),
            (5, lambda one: {"quickNote": "Window seat", "client": {"additionalRequest": "Nothing wool"}}),
            (2, lambda one: {"client": {"presence": "NoShow"}}),
            (2, lambda one: {"isCompleted": True, "client": {"presence": "Arrived"}}),
            (3, lambda one: {"items": [{"serviceId": self.service(one)}]}),
        ]
        for number, change in steps:
            for booking in self.take(number):
                self.office(booking, **change(booking))
        for booking in self.take(6):
            body = {"staffId": self.colleague(booking), "startsOn": self.later(booking, days=3, hours=1)}
            self.vendor.raw.post("/__sandbox/rival", json=body).raise_for_status()

    def later(self, booking: Booking, **span: int) -> str:
        assert booking.starts_at
        return stamp(booking.starts_at + dt.timedelta(**span))

    def service(self, booking: Booking) -> int:
        """Another one of the same store."""
        others = Service.objects.filter(store=booking.store).bookable().exclude(bookingitem__booking=booking)
        return int(ServiceLink.objects.filter(service__in=others).order_by("pk")[0].external_id)

    def calendars_change(self) -> None:
        people = list(StaffLink.objects.filter(staff__is_active=True, staff__time_slots__isnull=False).distinct())
        start = timezone.now() + dt.timedelta(days=5)
        for link in self.random.sample(people, 4):
            span = {"start": stamp(start), "end": stamp(start + dt.timedelta(hours=2))}
            self.api("POST", "/timeSlot", staffId=int(link.external_id), type="Busy", **span)
        for slot in TimeSlot.objects.filter(starts_at__gt=timezone.now()).order_by("pk")[:3]:
            self.vendor.raw.delete(f"/booking/v1/timeSlot/{slot.remote_id}", headers=PARTNER)
        reservation = Booking.objects.accepted().live().filter(kind="group_reservation", group_event__isnull=False)
        for booking in reservation.filter(starts_at__gt=timezone.now())[:1]:
            self.office(booking, status="Cancelled")
        # As if these had been renamed there: the catalogue cannot be changed through the sandbox.
        StaffMember.objects.filter(pk__in=[link.staff_id for link in people[:2]]).update(first_name="Renamed")
        Service.objects.filter(pk__in=Service.objects.values("pk")[:2]).update(name="Renamed", duration=5)

    def clients_change(self) -> None:
        a, b, c, d, e, f, g = self.take(7)
        self.delete_somebody()
        for gone, kept in ((a, b), (c, d)):
            body = {"fromClientId": self.client_id(gone), "intoClientId": self.client_id(kept)}
            self.vendor.raw.post("/__sandbox/merge-clients", json=body)
        self.vendor.raw.post(f"/__sandbox/anonymise/{self.client_id(e)}").raise_for_status()
        self.api("PUT", f"/client/{self.client_id(f)}", lastName="Renamed", email="renamed@example.test")
        self.api("PUT", f"/client/{self.client_id(g)}/moduleLink/demo_crm", externalId="CUST-777")

    def delete_somebody(self) -> None:
        """A client of the last weeks, without any booking to come, whose page nobody has ever opened."""
        now = timezone.now()
        recent = Booking.objects.filter(kind="appointment", starts_at__gt=now - dt.timedelta(days=60))
        coming = Booking.objects.filter(ends_at__gt=now).values("client")
        hers = ClientLink.objects.filter(module="", read_at=None, client__anonymised_at=None)
        link = hers.filter(client__bookings__in=recent).exclude(client__in=coming).order_by("pk")[0]
        self.vendor.raw.delete(
            f"/booking/v1/client/{link.external_id}?ignoreError=true", headers=PARTNER
        ).raise_for_status()


def read_whole(connection: Connection, clients: list[Client]) -> None:
    """As if their pages had been opened."""
    for client in clients:
        sync.request(connection, SyncRun.Kind.HISTORY, client=client)
    sync.work()


def what_is_said(vendor: Vendor, happen: Callable[[], None]) -> list[Facts]:
    """Every event of the provider about what happens meanwhile, in order. It sends none of them: we do."""
    vendor.raw.post("/__sandbox/webhooks/pause").raise_for_status()
    where = {"url": "http://127.0.0.1:9/", "secret": SECRET, "source": "booxi"}
    vendor.raw.post("/__sandbox/webhooks", json=where).raise_for_status()
    happen()
    log = vendor.raw.get("/__sandbox/webhooks/log", params={"bodies": "true"}).json()["deliveries"]
    return [json.loads(entry["body"]) for entry in log]


@pytest.fixture
def known(mirror: Connection, vendor: Vendor) -> Connection:
    """A mirror in which some clients have been read whole, reservations among their bookings."""
    guests = {row["client"]["id"] for row in vendor.truth() if row["bookingMethod"] != "Appointment"}
    hers = Client.objects.filter(links__module="", links__external_id__in=[str(pk) for pk in guests])
    read_whole(mirror, [*hers.distinct()[:4], *Client.objects.filter(bookings__isnull=False).distinct()[:6]])
    sweep(mirror)
    return mirror


def test_the_mirror_is_true_before_anything_happens(known: Connection, vendor: Vendor) -> None:
    assert every_difference(vendor, known) == []


def test_one_sweep_finds_everything_and_a_second_writes_nothing(known: Connection, vendor: Vendor) -> None:
    Mischief(vendor).make_all()
    assert len(every_difference(vendor, known)) > 60
    stamps = dict(Store.objects.values_list("pk", "stamp"))
    sweep(known)
    assert every_difference(vendor, known) == []
    assert all(store.stamp > stamps[store.pk] for store in Store.objects.all()), "open pages hear of it"

    before, recorded = facts(), Difference.objects.count()
    stamps = dict(Store.objects.values_list("pk", "stamp"))
    counts = sweep(known)
    assert set(counts) == {"bookings seen"}
    assert facts() == before
    assert Difference.objects.count() == recorded
    assert dict(Store.objects.values_list("pk", "stamp")) == stamps


def test_with_a_third_of_the_news_lost_and_the_rest_shuffled_one_sweep_makes_it_true(
    known: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking.bell, "press", lambda: None)
    known.secrets = {**known.secrets, "webhook_secret": SECRET}
    known.save(update_fields=["secrets"])
    chance = random.Random(30)
    Difference.objects.all().delete()
    events = what_is_said(vendor, Mischief(vendor).make_all)
    heard = [event for event in events if chance.random() > 0.3]
    assert 10 < len(heard) < len(events)
    chance.shuffle(heard)
    rows = tell(known, *heard, *chance.sample(heard, 5))
    assert {row.state for row in rows} == {"done"}
    by_webhook = Difference.objects.filter(source=Difference.Source.WEBHOOK).count()
    missed = len(every_difference(vendor, known))
    assert by_webhook > missed > 0

    sweep(known)
    assert every_difference(vendor, known) == []
    assert Difference.objects.filter(source=Difference.Source.SWEEP).exists()
    before, recorded = facts(), Difference.objects.count()
    sweep(known)
    assert (facts(), Difference.objects.count()) == (before, recorded)


def test_a_sweep_records_who_changed_what_and_when(known: Connection, vendor: Vendor) -> None:
    mischief = Mischief(vendor)
    (booking,) = mischief.take(1)
    author = StaffLink.objects.filter(staff__store=booking.store, staff__is_active=True).first()
    wanted = booking.starts_at + dt.timedelta(days=1)
    mischief.office(booking, startsOn=stamp(wanted), modifiedBy="Staff", modifiedByStaffId=int(author.external_id))
    Difference.objects.all().delete()
    sweep(known)
    found = {one.field: one for one in booking.differences.all()}
    assert set(found) == {"starts_at", "ends_at"}
    one = found["starts_at"]
    assert (one.before, one.after) == (booking.starts_at.isoformat(), wanted.isoformat())
    assert (one.source, one.said_by, one.said_by_client) == (Difference.Source.SWEEP, author.staff, False)
    booking.refresh_from_db()
    assert one.said_at == booking.modified_at
    assert one.run is not None


def test_a_booking_with_a_time_that_is_yet_to_come_is_still_proven_right(known: Connection, vendor: Vendor) -> None:
    """Nothing newer could ever be said of it: a clock was wrong once, theirs or ours."""
    (booking,) = Mischief(vendor).take(1)
    vendor.raw.post(f"/__sandbox/booking/{booking.remote_id}", json={"quickNote": "Window"}).raise_for_status()
    Booking.objects.filter(pk=booking.pk).update(modified_at=timezone.now() + dt.timedelta(days=900))
    sweep(known)
    booking.refresh_from_db()
    assert booking.quick_note == "Window"
    assert booking.modified_at < timezone.now() + dt.timedelta(minutes=1)


def test_an_answer_older_than_what_came_meanwhile_changes_nothing(known: Connection, vendor: Vendor) -> None:
    (booking,) = Mischief(vendor).take(1)
    provider = open_provider(known, Purpose.SWEEP)
    asked = Booking.objects.get(pk=booking.pk)
    answer = provider.booking(ref_of(booking.store.links.get()), booking.remote_id or "")
    newer = replace(answer, quick_note="Newer", modified_at=timezone.now() + dt.timedelta(minutes=5))
    pull.apply_bookings(known, [newer])
    assert pull.apply_last_word(known, asked, answer).verdicts == {answer.external_id: pull.Verdict.OLDER}
    booking.refresh_from_db()
    assert booking.quick_note == "Newer"


def test_a_client_deleted_there_is_forgotten_here(known: Connection, vendor: Vendor) -> None:
    recent = Booking.objects.filter(kind="appointment", starts_at__gt=timezone.now() - dt.timedelta(days=60))
    coming = Booking.objects.filter(ends_at__gt=timezone.now()).values("client")
    client = Client.objects.filter(bookings__in=recent, anonymised_at=None).exclude(pk__in=coming)[0]
    read_whole(known, [client])
    link = client.links.get(module="")
    vendor.raw.delete(f"/booking/v1/client/{link.external_id}?ignoreError=true", headers=PARTNER).raise_for_status()
    sweep(known)
    client.refresh_from_db()
    assert client.anonymised_at
    assert client.bookings.exists()
    assert client_differences(vendor, known) == []


def test_what_a_forgotten_client_said_does_not_come_back(known: Connection, vendor: Vendor) -> None:
    """Her bookings there may still have it; what we record of differences must not have it either."""
    (booking,) = Mischief(vendor).take(1)
    words = {"quickNote": "Window", "client": {"additionalRequest": "Nothing wool"}}
    vendor.raw.post(f"/__sandbox/booking/{booking.remote_id}", json=words).raise_for_status()
    sweep(known)
    privacy.forget(Client.objects.get(pk=booking.client_id), at=timezone.now())
    sweep(known)
    booking.refresh_from_db()
    assert (booking.quick_note, booking.client_request, booking.extra) == ("", "", {})
    told = Difference.objects.filter(booking=booking).values_list("before", "after")
    assert not [texts for texts in told if "Window" in texts or "Nothing wool" in texts]


def test_a_cancelled_reservation_is_noticed_by_its_event(known: Connection, vendor: Vendor) -> None:
    rows = Booking.objects.accepted().live().filter(kind="group_reservation", group_event__isnull=False)
    booking = rows.filter(starts_at__gt=timezone.now()).first()
    assert booking, "no reservation was read"
    taken = GroupEvent.objects.get(pk=booking.group_event_id).places_taken
    vendor.raw.post(f"/__sandbox/booking/{booking.remote_id}", json={"status": "Cancelled"}).raise_for_status()
    sweep(known)
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    assert GroupEvent.objects.get(pk=booking.group_event_id).places_taken < taken
