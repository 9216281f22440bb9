import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, GroupEvent, Service, TimeSlot
from clienteling.models import Client, Role, StaffMember, Store
from integrations import sync
from integrations.models import ClientLink, Connection, ProviderCall, StaffLink, StoreLink, SyncRun
from tests.vendors import Vendor


def facts() -> dict[str, list[tuple[Any, ...]]]:
    """Everything the mirror holds, to compare before and after."""
    return {
        "bookings": list(Booking.objects.order_by("pk").values_list()),
        "clients": list(Client.objects.order_by("pk").values_list()),
        "staff": list(StaffMember.objects.order_by("pk").values_list()),
        "slots": list(TimeSlot.objects.order_by("pk").values_list()),
    }


def full_again(connection: Connection) -> Counter[str]:
    SyncRun.objects.all().delete()
    sync.request_full(connection=connection)
    sync.work()
    return sum((Counter(run.counts) for run in SyncRun.objects.all()), Counter())


def live_truth(vendor: Vendor) -> dict[str, dict[str, Any]]:
    """The vendor's appointments a calendar shows, by id."""
    return {
        row["bookingId"]: row
        for row in vendor.truth()
        if row["bookingMethod"] == "Appointment" and row["status"] != "Cancelled" and row.get("staffId")
    }


def test_first_sync_brings_everything_in_the_window(mirror: Connection, vendor: Vendor) -> None:
    assert not SyncRun.objects.exclude(state=SyncRun.State.DONE).exists()
    assert Store.objects.count() == 2
    assert Store.objects.get(number="101").time_zone == "Europe/Paris"
    assert Store.objects.get(number="101").weekly_hours
    ana = StaffMember.objects.get(login_email="ana.roy@demo.test")
    assert ana.role == Role.ASSOCIATE
    assert StaffMember.objects.get(login_email="marc.petit@demo.test").role == Role.MANAGER
    assert Service.objects.filter(store=ana.store, spacing_after__gt=0).exists()
    assert GroupEvent.objects.exists()
    link = StoreLink.objects.get(store=ana.store)
    start, _ = ana.store.day_bounds(link.full_from)
    _, end = ana.store.day_bounds(link.full_until)
    held = {row.remote_id: row for row in Booking.objects.filter(store=ana.store, kind="appointment")}
    for booking_id, row in live_truth(vendor).items():
        if row["merchantId"] == int(link.external_id) and start.isoformat() <= row["startsOn"] < end.isoformat():
            assert booking_id in held
            assert held[booking_id].starts_at.strftime("%Y-%m-%dT%H:%M:%SZ") == row["startsOn"]


def test_a_run_knows_what_it_has_cost(mirror: Connection) -> None:
    SyncRun.objects.all().delete()
    ProviderCall.objects.all().delete()
    sync.request_full(connection=mirror)
    sync.work()
    assert sum(run.calls for run in SyncRun.objects.all()) == ProviderCall.objects.count() > 0


def test_another_sync_with_nothing_changed_writes_nothing(mirror: Connection) -> None:
    full_again(mirror)  # reads for the first time what calendars do not show of clients
    before = facts()
    counts = full_again(mirror)
    assert set(counts) == {"bookings seen"}
    assert facts() == before


def test_sync_sees_what_was_moved_cancelled_and_made_elsewhere(mirror: Connection, vendor: Vendor) -> None:
    ana = StaffMember.objects.get(login_email="ana.roy@demo.test")
    now = timezone.now()
    first, second = Booking.objects.accepted().filter(staff=ana, starts_at__gt=now, status="confirmed")[:2]
    vendor.raw.post(f"/__sandbox/booking/{first.remote_id}", json={"status": "Cancelled"}).raise_for_status()
    vendor.raw.post(f"/__sandbox/booking/{second.remote_id}", json={"quickNote": "Window seat"}).raise_for_status()
    full_again(mirror)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.status == "cancelled"
    assert second.quick_note == "Window seat"


def test_a_killed_sync_goes_on_where_it_was_and_leaves_no_half(
    mirror: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = facts()
    Booking.objects.all().delete()
    TimeSlot.objects.all().delete()
    SyncRun.objects.all().delete()
    store = Store.objects.get(number="101")
    sync.request(mirror, SyncRun.Kind.FULL, store=store)
    run = SyncRun.objects.get()
    assert sync.claim(run, timezone.now())

    class Killed(BaseException):
        """As SIGKILL: nothing of ours handles it."""

    def die_after_two(run: SyncRun) -> None:
        if run.done == 2:
            raise Killed

    with pytest.raises(Killed):
        sync.carry_out(run, die_after_two)
    read = {link.staff_id for link in StaffLink.objects.filter(staff__store=store).order_by("pk")[:2]}
    held = set(Booking.objects.filter(kind="appointment").values_list("staff", flat=True))
    assert held <= read
    assert Booking.objects.count() < len(everything["bookings"])

    vendor.raw.delete("/__chaos/calls")
    assert not sync.work(), "the dead worker's lease still runs"
    SyncRun.objects.update(held_until=timezone.now())
    assert sync.work() == 1
    run.refresh_from_db()
    assert run.state == SyncRun.State.DONE
    asked = {call["path"] for call in vendor.calls()}
    assert asked <= {"/calendar", "/booking/<id:booking_id>", "/booking/<booking_id>"}
    assert Booking.objects.filter(store=store, kind="appointment").live().count() == sum(
        1 for row in live_truth(vendor).values() if row["merchantId"] == 501 and row["bookingId"] in held_ids(store)
    )


def held_ids(store: Store) -> set[str | None]:
    return set(Booking.objects.filter(store=store).values_list("remote_id", flat=True))


def test_two_workers_never_hold_one_run(mirror: Connection) -> None:
    SyncRun.objects.all().delete()
    sync.request_full(connection=mirror)
    run = SyncRun.objects.filter(kind=SyncRun.Kind.CATALOGUE).get()
    twin = SyncRun.objects.get(pk=run.pk)
    now = timezone.now()
    assert sync.claim(run, now)
    assert not sync.claim(twin, now)


def test_asking_twice_queues_once(mirror: Connection) -> None:
    SyncRun.objects.all().delete()
    store = Store.objects.first()
    assert sync.request(mirror, SyncRun.Kind.NEAR, store=store)
    assert not sync.request(mirror, SyncRun.Kind.NEAR, store=store)


def test_history_brings_what_lies_before_the_window_and_the_crm_id(mirror: Connection, vendor: Vendor) -> None:
    lea = ClientLink.objects.get(module="", external_id=str(vendor.story()["lea_noir"]["clientId"])).client
    known = lea.bookings.count()
    sync.request(mirror, SyncRun.Kind.HISTORY, client=lea)
    sync.work()
    assert lea.bookings.count() > known
    assert lea.links.get(module="demo_crm").external_id == "CUST-9"
    assert Client.objects.search("cust-9").get() == lea


def test_a_merged_client_moves_her_bookings_and_notes_along_once(mirror: Connection, vendor: Vendor) -> None:
    store = Store.objects.get(number="101")
    first, second = ClientLink.objects.filter(module="", client__bookings__store=store).distinct().order_by("-pk")[:2]
    kept, gone = first.client, second.client
    gone.notes.create(store=store, author_name="Ana", body="Likes tea")
    bookings = kept.bookings.count() + gone.bookings.count()
    answer = vendor.raw.post(
        "/__sandbox/merge-clients",
        json={"fromClientId": int(second.external_id), "intoClientId": int(first.external_id)},
    )
    answer.raise_for_status()
    sync.request(mirror, SyncRun.Kind.HISTORY, client=gone)
    sync.work()
    assert not Client.objects.filter(pk=gone.pk).exists()
    assert kept.notes.get().body == "Likes tea"
    assert kept.bookings.count() >= bookings


def test_an_anonymised_client_is_forgotten_here_too(mirror: Connection, vendor: Vendor) -> None:
    link = ClientLink.objects.filter(module="").exclude(client__email="").last()
    vendor.raw.post(f"/__sandbox/anonymise/{link.external_id}").raise_for_status()
    sync.request(mirror, SyncRun.Kind.HISTORY, client=link.client)
    sync.work()
    client = Client.objects.get(pk=link.client_id)
    assert client.anonymised_at
    assert (client.first_name, client.last_name, client.email, client.search_text) == ("", "", "", "")


def test_a_wrong_key_shows_head_office_which_connection_and_why(connection: Connection, vendor: Vendor) -> None:
    connection.secrets = {"partner_key": "not-the-key"}
    connection.save()
    sync.request_full(connection=connection)
    sync.work()
    connection.refresh_from_db()
    assert connection.trouble == Connection.Trouble.MISCONFIGURED
    assert "does not accept the key" in connection.trouble_detail
    assert "not-the-key" not in connection.trouble_detail


def test_what_has_just_failed_is_not_asked_for_again_at_once(connection: Connection, vendor: Vendor) -> None:
    connection.secrets = {"partner_key": "not-the-key"}
    connection.save()
    sync.request_full(connection=connection)
    sync.work()
    sync.request_due(timezone.now())
    assert SyncRun.objects.get().state == SyncRun.State.FAILED
    assert len(vendor.calls()) == 1, "a vendor is not asked again and again with a wrong key"
    sync.request_due(timezone.now() + sync.REST_AFTER_FAILURE)
    assert SyncRun.objects.filter(state=SyncRun.State.WAITING).count() == 1
    assert sync.request(connection, SyncRun.Kind.CATALOGUE) is False


def test_the_quota_of_the_vendor_is_never_exceeded(connection: Connection, vendor: Vendor) -> None:
    vendor.raw.post("/__chaos/quota", json={"mode": "vendor"}).raise_for_status()
    Connection.objects.update(pace=None)
    connection.refresh_from_db()
    sync.request(connection, SyncRun.Kind.CATALOGUE)
    sync.work(limit=1)
    assert SyncRun.objects.filter(kind=SyncRun.Kind.CATALOGUE).get().state == SyncRun.State.DONE
    assert not [call for call in vendor.calls() if call["status"] == 429]


def test_clients_are_proven_once_a_day_and_a_killed_run_goes_on_with_whoever_is_left(
    mirror: Connection, vendor: Vendor, settings: Any
) -> None:
    store = Store.objects.get(number="101")
    SyncRun.objects.all().delete()
    sync.request_due(timezone.now())
    assert not SyncRun.objects.filter(kind=SyncRun.Kind.CLIENTS).exists(), "they were met just now"
    tomorrow = timezone.now() + settings.CLIENTS_EVERY
    StoreLink.objects.update(full_at=tomorrow)
    sync.request_due(tomorrow + dt.timedelta(minutes=1))
    run = SyncRun.objects.get(kind=SyncRun.Kind.CLIENTS, store=store)
    SyncRun.objects.exclude(pk=run.pk).delete()

    class Killed(BaseException):
        """As SIGKILL: nothing of ours handles it."""

    def die_after_three(run: SyncRun) -> None:
        if run.done == 3:
            raise Killed

    assert sync.claim(run, timezone.now())
    with pytest.raises(Killed):
        sync.carry_out(run, die_after_three)
    first = set(ClientLink.objects.exclude(proven_at=None).values_list("external_id", flat=True))
    assert len(first) == 3
    total = SyncRun.objects.get().total

    vendor.raw.delete("/__chaos/calls")
    SyncRun.objects.update(held_until=timezone.now())
    assert sync.work() == 1
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (SyncRun.State.DONE, total, total)
    asked = [
        call for call in vendor.calls() if call["path"].startswith("/client/") and "moduleLink" not in call["path"]
    ]
    assert len(asked) == total - 3
    assert StoreLink.objects.get(store=store).clients_at
