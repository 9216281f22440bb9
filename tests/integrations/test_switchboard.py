from django.utils import timezone

from bookings import actions
from bookings.models import Booking
from clienteling.models import User
from integrations import sync
from integrations.models import Connection, ProviderCall, SyncRun
from integrations.switchboard import subject_of
from tests.vendors import Vendor


def coming(number: int) -> list[Booking]:
    rows = Booking.objects.accepted().live().filter(starts_at__gt=timezone.now(), kind="appointment")
    return list(rows.exclude(staff=None).order_by("starts_at", "pk")[:number])


def subjects(endpoint: str) -> set[str]:
    return set(ProviderCall.objects.filter(endpoint=endpoint).values_list("subject", flat=True))


def test_calls_that_send_a_change_are_recorded_as_being_about_the_booking(mirror: Connection, vendor: Vendor) -> None:
    (booking,) = coming(1)
    author = User.objects.create_user("helene@shop.test", is_head_office=True)
    ProviderCall.objects.all().delete()
    actions.edit(booking, author=author, quick_note="Window seat")
    calls = ProviderCall.objects.order_by("pk").values_list("method", "endpoint", "subject")
    assert [(method, endpoint) for method, endpoint, _ in calls] == [("GET", "/booking/{id}"), ("PUT", "/booking/{id}")]
    assert {subject for *_, subject in calls} == {f"booking:{booking.pk}"}


def test_a_sweep_asks_about_single_bookings_by_name_and_about_calendars_without(
    mirror: Connection, vendor: Vendor
) -> None:
    first, second = coming(2)
    for booking in (first, second):
        vendor.raw.post(f"/__sandbox/booking/{booking.remote_id}", json={"status": "Cancelled"}).raise_for_status()
    ProviderCall.objects.all().delete()
    sync.request(mirror, SyncRun.Kind.NEAR, store=first.store)
    sync.request(mirror, SyncRun.Kind.NEAR, store=second.store)
    sync.work()
    assert subjects("/calendar") == {""}
    assert subjects("/booking/{id}") == {subject_of(first), subject_of(second)}


def test_reading_a_clients_history_is_recorded_as_being_about_her(mirror: Connection) -> None:
    client = coming(1)[0].client
    assert client
    ProviderCall.objects.all().delete()
    sync.request(mirror, SyncRun.Kind.HISTORY, client=client)
    sync.work()
    assert set(ProviderCall.objects.values_list("subject", flat=True)) == {f"client:{client.pk}"}


def test_no_call_is_recorded_with_personal_data(mirror: Connection) -> None:
    client = coming(1)[0].client
    assert client
    sync.request(mirror, SyncRun.Kind.HISTORY, client=client)
    sync.work()
    for call in ProviderCall.objects.all():
        kept = " ".join([call.endpoint, call.error, call.subject, call.purpose])
        assert client.last_name not in kept
        assert "@" not in kept
