"""Every page of the product in every state worth looking at, each reached as a person would reach it."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookings import actions
from bookings.models import Booking, Change, Segment, SegmentCount
from bookings.models.bookings import WAITING
from bookings.views import today
from clienteling import people
from clienteling.models import Client, Role, StaffMember, Store
from clienteling.profiles import describe
from integrations import linking, sync
from integrations.models import (
    ClientLink,
    Connection,
    Difference,
    Linking,
    ProviderCall,
    ReportRun,
    ReportSchedule,
    StoreLink,
    SyncRun,
    WebhookDelivery,
)
from tests.browser.book_page import offered_times
from tests.browser.scene import PASSWORD, Scene
from tests.people import NOW, make_booking
from tests.systems import make_token

Reach = Callable[[Page, Scene], object]
ANYBODY, ANA, MARC, HELENE = "", "ana", "marc", "helene"
# name -> who looks at it, and how it is reached from her first page
STATES: dict[str, tuple[str, Reach]] = {}


def state(who: str) -> Callable[[Reach], Reach]:
    def register(reach: Reach) -> Reach:
        STATES[reach.__name__] = (who, reach)
        return reach

    return register


def at(name: str, who: str, path: str) -> None:
    STATES[name] = (who, lambda page, scene: page.goto(path))


def first_service(scene: Scene) -> int:
    return scene.services()[0].pk


# --- logged out ------------------------------------------------------------------------------------------

at("log_in", ANYBODY, "/account/login/")
at("password_reset", ANYBODY, "/account/password/reset/")
at("password_reset_sent", ANYBODY, "/account/password/reset/done/")
at("password_reset_old_link", ANYBODY, "/account/password/reset/key/1-old-link/")


@state(ANYBODY)
def log_in_refused(page: Page, scene: Scene) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill("nobody@demo.test")
    page.get_by_label("Password", exact=True).fill("not a password of anybody")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


# --- the frame -------------------------------------------------------------------------------------------

at("password_change", ANA, "/account/password/change/")
at("log_out", ANA, "/account/logout/")
at("not_found", ANA, "/clients/999999/")


@state(ANA)
def keys_listed(page: Page, scene: Scene) -> None:
    page.goto("/calendar/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


@state(ANA)
def me_menu(page: Page, scene: Scene) -> None:
    page.goto("/")
    page.get_by_role("button", name="You, log out").click()
    expect(page.get_by_role("link", name="Change password")).to_be_visible()


@state(HELENE)
def store_menu(page: Page, scene: Scene) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("^Store:")).click()
    expect(page.locator("#menu-store")).to_be_visible()


def failing(error: Exception) -> Reach:
    """What a person sees when a page of ours breaks in that way."""

    def reach(page: Page, scene: Scene) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise error

        kept, today.long_day = today.long_day, fail  # type: ignore[assignment]
        try:
            page.goto("/")
        finally:
            today.long_day = kept

    return reach


STATES["bad_request"] = (ANA, failing(SuspiciousOperation("made up")))
STATES["forbidden"] = (ANA, failing(PermissionDenied()))
STATES["server_error"] = (ANA, failing(RuntimeError("made up")))


# --- today and the calendar -------------------------------------------------------------------------------

at("today", ANA, "/")
at("today_whole_store", MARC, "/?whose=store")
at("calendar_day", ANA, "/calendar/")
at("calendar_week", MARC, "/calendar/?view=week")
at("calendar_list", ANA, "/calendar/?view=list&cancelled=1")
at("calendar_far_away", ANA, "/calendar/?day=2026-12-01")
at("calendar_clocks_change", MARC, "/calendar/?view=week&day=2026-03-29")


# --- the board and the requests ---------------------------------------------------------------------------

at("board", MARC, "/board/")
at("board_list", MARC, "/board/?view=list&cancelled=1")
at("board_clocks_change", HELENE, "/board/?day=2026-03-29")


@state(MARC)
def board_crowded(page: Page, scene: Scene) -> None:
    """Overlapping ones, one without an answer, one that has nobody yet, and the list to pick from."""
    ana, services, now = scene.member(scene.ana), scene.services(), timezone.now()
    unconfirmed(scene)
    scene.requested(services[0], startsOn=f"{now + dt.timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}")
    for number in range(5):
        make_booking(ana, scene.lea, now + dt.timedelta(hours=3, minutes=5 * number), services[number : number + 1])
    page.goto("/board/")
    expect(page.locator(".more").first).to_be_visible()
    page.get_by_role("button", name="Pick").click()
    expect(page.get_by_text("Services of the day")).to_be_visible()


def three_requests(scene: Scene) -> None:
    service = scene.services()[0]
    for days in (1, 2, 3):
        scene.requested(service, startsOn=f"{timezone.now() + dt.timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}")


@state(MARC)
def requests_waiting(page: Page, scene: Scene) -> None:
    three_requests(scene)
    page.goto("/requests/")
    page.get_by_text("Decline", exact=True).first.click()
    expect(page.get_by_role("button", name="Decline the request")).to_be_visible()


@state(MARC)
def request_picked(page: Page, scene: Scene) -> None:
    """On a phone the one picked takes the place of the list."""
    three_requests(scene)
    page.goto("/requests/")
    page.locator(".inbox-list a").last.click()
    expect(page.get_by_role("heading", name="Who could take it")).to_be_visible()


@state(HELENE)
def requests_none(page: Page, scene: Scene) -> None:
    Booking.objects.filter(WAITING).delete()
    page.goto("/requests/")
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()


@state(MARC)
def request_proposed(page: Page, scene: Scene) -> None:
    three_requests(scene)
    page.goto("/requests/")
    page.get_by_role("link", name="Propose another time").click()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("alert")).to_be_visible()


@state(MARC)
def requests_suggested(page: Page, scene: Scene) -> None:
    three_requests(scene)
    page.goto("/requests/suggest/")
    expect(page.get_by_role("heading", name="Who takes what")).to_be_visible()


@state(MARC)
def requests_sent(page: Page, scene: Scene) -> None:
    three_requests(scene)
    page.goto("/requests/suggest/")
    page.get_by_role("button", name="Give them").click()
    expect(page.get_by_role("link", name="Back to the requests")).to_be_visible()


@state(ANA)
def today_with_trouble(page: Page, scene: Scene) -> None:
    """A late client, one in the store, an unconfirmed booking, a refused one, and the whole of it out of date."""
    ana, services = scene.member(scene.ana), scene.services()
    now = timezone.now()
    make_booking(ana, scene.lea, now - dt.timedelta(minutes=20), services[:2])
    unconfirmed(scene)
    refused_later(scene)
    StoreLink.objects.update(near_at=now - dt.timedelta(hours=2))
    page.goto("/")
    expect(page.get_by_role("region", name="What needs your attention")).to_be_visible()


@state(ANA)
def today_while_reading(page: Page, scene: Scene) -> None:
    StoreLink.objects.update(near_at=None)
    sync.request_full(connection=Connection.objects.get())
    SyncRun.objects.filter(kind=SyncRun.Kind.NEAR, state=SyncRun.State.WAITING).update(done=2, total=9)
    page.goto("/")
    expect(page.locator("#fresh progress")).to_be_visible()


@state(ANA)
def calendar_crowded(page: Page, scene: Scene) -> None:
    """Short ones, overlapping ones, and more than fit side by side."""
    ana, services, now = scene.member(scene.ana), scene.services(), timezone.now()
    unconfirmed(scene)
    for number in range(7):
        make_booking(ana, scene.lea, now + dt.timedelta(hours=3, minutes=5 * number), services[number : number + 1])
    page.goto("/calendar/?view=week")
    expect(page.locator(".more").first).to_be_visible()


# --- clients ----------------------------------------------------------------------------------------------

at("clients", ANA, "/clients/")
at("clients_found", ANA, "/clients/?q=le")
at("clients_none", ANA, "/clients/?q=zzzz")


@state(ANA)
def client_page(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/")
    expect(page.locator("#history .row").first).to_be_visible()


@state(ANA)
def client_page_filtered(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/?since=2026-05-05&until=2026-05-01")
    page.get_by_text("Add a note").click()


@state(ANA)
def client_consent(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_role("dialog")).to_be_visible()


@state(ANA)
def client_with_a_long_name(page: Page, scene: Scene) -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff-Montmorency"
    Client.objects.filter(pk=scene.lea.pk).update(last_name=name, email=f"{name}@a-very-long-host.example.org".lower())
    page.goto(f"/clients/{scene.lea.pk}/")


@state(ANA)
def client_forgotten(page: Page, scene: Scene) -> None:
    Client.objects.filter(pk=scene.lea.pk).update(
        first_name="", last_name="", email="", mobile_phone="", anonymised_at=timezone.now()
    )
    page.goto(f"/clients/{scene.lea.pk}/")


@state(ANA)
def client_known_well(page: Page, scene: Scene) -> None:
    """Everything a booking system may tell about her."""
    told = {"city": "Paris", "born_on": dt.date(1988, 5, 6), "takes_email": True, "takes_sms": False}
    gold = {"source_key": "1", "name": "Gold", "expires_on": dt.date(2026, 12, 31)}
    describe(scene.lea, told, [gold], at=timezone.now())
    page.goto(f"/clients/{scene.lea.pk}/")
    expect(page.get_by_text("Birthday today")).to_be_visible()


# --- segments ---------------------------------------------------------------------------------------------

at("segments_none_saved", MARC, "/segments/")
at("segments_found", MARC, "/segments/find/?days_max=60&visits_min=1")
at("segments_nobody", HELENE, "/segments/find/?never=on&birthday_days=3")
at("segments_attributes", MARC, "/segments/attributes/")


def saved_segment(scene: Scene, **fields: Any) -> Segment:
    """With a number for each of forty days."""
    values: dict[str, Any] = {"name": "Came lately", "criteria": {"days_max": 60}, "store": scene.store}
    made = Segment.objects.create(owner=scene.marc, **values | fields)
    for days in range(40):
        number = 1180 + 3 * days % 40 + 2 * (40 - days)
        SegmentCount.objects.create(segment=made, day=scene.today - dt.timedelta(days=days), number=number)
    return made


@state(HELENE)
def segments(page: Page, scene: Scene) -> None:
    saved_segment(scene)
    long = "Regulars who have not been seen since the summer and take offers by e-mail, all of them"[:80]
    saved_segment(
        scene, name=long, store=None, criteria={"days_min": 91, "days_max": 365, "visits_min": 3, "email": True}
    )
    saved_segment(scene, name="Of another version", criteria={"nonsense": 1}, store=None)
    page.goto("/segments/")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()


@state(HELENE)
def segment(page: Page, scene: Scene) -> None:
    page.goto(f"/segments/{saved_segment(scene).pk}/")
    for words in ("Day by day", "Rename", "Delete"):
        page.get_by_text(words, exact=True).click()
    expect(page.get_by_role("button", name="Delete the segment")).to_be_visible()


@state(MARC)
def segments_saving(page: Page, scene: Scene) -> None:
    """The list follows the criteria as they are changed."""
    page.goto(f"/segments/find/?store={scene.store.pk}")
    page.get_by_role("group", name="Days since the last visit").get_by_label("To").fill("30")
    page.keyboard.press("Tab")
    expect(page.get_by_text("last visit at most 30 days ago").first).to_be_visible()
    page.get_by_text("Save and count them every day").click()
    expect(page.get_by_label("Name")).to_be_visible()


@state(MARC)
def segments_do_not_fit(page: Page, scene: Scene) -> None:
    page.goto("/segments/find/?days_min=9&days_max=3&never=on&spent_min=4")
    expect(page.get_by_role("alert").first).to_be_visible()


@state(HELENE)
def segments_ranges(page: Page, scene: Scene) -> None:
    page.goto("/segments/ranges/")
    page.get_by_label("A range ends after so many days").fill("30, 20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("larger than the one before")).to_be_visible()


# --- book -------------------------------------------------------------------------------------------------

at("book_empty", ANA, "/bookings/new/")


@state(ANA)
def book_people_found(page: Page, scene: Scene) -> None:
    page.goto("/bookings/new/")
    page.get_by_label("Name, phone, e-mail or CRM id").press_sequentially("le")
    expect(page.get_by_role("radio", name="Lea Noir")).to_be_attached()


@state(ANA)
def book_with_times(page: Page, scene: Scene) -> None:
    service = first_service(scene)
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={service}&service={service}")
    offered_times(page).first.check(force=True)


@state(ANA)
def book_incomplete(page: Page, scene: Scene) -> None:
    page.goto("/bookings/new/")
    page.get_by_role("radio", name="New client").check(force=True)
    page.get_by_label("First name").fill("Mira")
    page.get_by_role("complementary", name="Summary").get_by_role("button", name="Book").click()
    expect(page.get_by_role("alert")).to_be_visible()


@state(ANA)
def book_without_times(page: Page, scene: Scene) -> None:
    scene.vendor.fault("500", times=None)
    page.goto(f"/bookings/new/?client={scene.lea.pk}&service={first_service(scene)}")
    expect(page.get_by_role("alert")).to_be_visible()


@state(ANA)
def book_alternatives(page: Page, scene: Scene) -> None:
    book_with_times(page, scene)
    scene.vendor.fault("slot_taken", path="/booking")
    page.get_by_role("complementary", name="Summary").get_by_role("button", name="Book").click()
    expect(page.get_by_role("region", name="Free instead")).to_be_visible()


# --- a booking ----------------------------------------------------------------------------------------------


def unconfirmed(scene: Scene) -> int:
    scene.vendor.fault("503", path="/booking", method="POST")
    return asked(scene).booking_id


def refused_later(scene: Scene) -> int:
    change = asked(scene)
    Change.objects.filter(pk=change.pk).update(state=Change.State.REFUSED, reason="slot_taken", dismissed_at=None)
    return change.booking_id


def asked(scene: Scene) -> Change:
    """A booking of Lea's with Ana at her last free time, whatever comes of it."""
    ana = scene.member(scene.ana)
    service, slots = scene.offered(staff=ana)
    return actions.book(
        store=scene.store,
        client=scene.lea,
        services=[service],
        staff=ana,
        starts_at=slots[-1].starts_at,
        author=scene.ana,
    )


@state(ANA)
def booking_just_made(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(place=-1).pk}/")
    expect(page.locator(".read-out")).to_be_visible()


@state(ANA)
def booking_arrived(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(place=-1).pk}/")
    page.get_by_role("button", name="Arrived").click()
    expect(page.get_by_role("button", name="Back to expected")).to_be_visible()


@state(ANA)
def booking_cancelled(page: Page, scene: Scene) -> None:
    booking = scene.booked(place=-1)
    actions.set_state(booking, kind=Change.Kind.CANCEL, author=scene.ana)
    page.goto(f"/bookings/{booking.pk}/")
    expect(page.get_by_text("This booking is cancelled.")).to_be_visible()


@state(ANA)
def booking_not_confirmed(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{unconfirmed(scene)}/")
    expect(page.locator("#booking-waiting")).to_be_visible()


@state(ANA)
def booking_refused(page: Page, scene: Scene) -> None:
    scene.vendor.fault("slot_taken", path="/booking")
    page.goto(f"/bookings/{asked(scene).booking_id}/")
    expect(page.get_by_role("alert")).to_be_visible()


@state(ANA)
def booking_of_a_colleague(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(user=scene.marc, after=1).pk}/move/")


@state(ANA)
def booking_cancel_dialog(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(place=-1).pk}/")
    page.get_by_role("link", name="Cancel the booking").click()
    expect(page.get_by_role("dialog")).to_be_visible()


@state(ANA)
def booking_cancel_page(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(place=-1).pk}/cancel/")


@state(ANA)
def move_times(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(after=1).pk}/move/?time=25:00")
    page.get_by_text("Enter a time by hand").click()


@state(ANA)
def move_question(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(after=1).pk}/move/")
    offered_times(page).last.click()
    expect(page.get_by_role("region", name="Then")).to_be_visible()


@state(ANA)
def move_refused(page: Page, scene: Scene) -> None:
    move_question(page, scene)
    scene.vendor.fault("slot_taken", path="/booking")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


@state(ANA)
def edit(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(after=1).pk}/edit/")
    page.get_by_text("Add another service").click()
    page.get_by_role("button", name="Brow Shaping").click()
    expect(page.get_by_label("Minutes")).to_have_count(2)


@state(ANA)
def edit_refused(page: Page, scene: Scene) -> None:
    page.goto(f"/bookings/{scene.booked(after=1).pk}/edit/")
    page.get_by_label("Minutes").fill("0")
    page.get_by_label("Price").fill("-3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()


# --- connections ----------------------------------------------------------------------------------------------

at("connections", HELENE, "/connections/")
at("connection_new", HELENE, "/connections/new/")
at("connection_new_booker", HELENE, "/connections/new/booker/")


@state(HELENE)
def connections_none(page: Page, scene: Scene) -> None:
    Connection.objects.all().delete()
    page.goto("/connections/")


@state(HELENE)
def connection(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/")
    page.get_by_text("Show them").click()


@state(HELENE)
def connection_in_trouble(page: Page, scene: Scene) -> None:
    one = Connection.objects.get()
    one.note_trouble(Connection.Trouble.MISCONFIGURED, "Booxi does not know the key. Enter it again.")
    sync.request_full(connection=one)
    running = SyncRun.objects.filter(kind=SyncRun.Kind.NEAR, state=SyncRun.State.WAITING)
    running.update(state=SyncRun.State.RUNNING, done=2, total=9)
    failed = SyncRun.objects.filter(kind=SyncRun.Kind.CATALOGUE)
    failed.update(state=SyncRun.State.FAILED, error="Unavailable: HTTP 503", finished_at=timezone.now())
    page.goto(f"/connections/{one.pk}/")
    expect(page.get_by_role("region", name="Being read now")).to_be_visible()


@state(HELENE)
def connection_refused(page: Page, scene: Scene) -> None:
    page.goto("/connections/new/")
    page.get_by_label("Name").fill("x")
    page.get_by_role("radio", name="Another address").check()
    page.get_by_label("Partner key").fill("a key")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist").first).to_be_visible()


@state(HELENE)
def connection_store_key(page: Page, scene: Scene) -> None:
    link = StoreLink.objects.first()
    assert link
    page.goto(f"/connections/{link.connection_id}/stores/{link.pk}/")


# --- news from outside ----------------------------------------------------------------------------------------


def told(scene: Scene, **fields: Any) -> WebhookDelivery:
    """A delivery of the booking system's, as it was kept."""
    body = json.dumps({"type": "appointment.updated", "booking": {"note": "a word that is very long " * 20}})
    values = {"event_type": "appointment.updated", "event_id": f"evt-{uuid.uuid4().hex}", "body": body} | fields
    return WebhookDelivery.objects.create(connection=Connection.objects.booking_systems().get(), **values)


def everything_told(scene: Scene) -> WebhookDelivery:
    """One delivery of each kind; returns the parked one."""
    now = timezone.now()
    told(scene, state="done", outcome="applied", attempts=1, repeats=3, finished_at=now)
    told(scene, attempts=2, reason="Booxi has not answered.", due_at=now + dt.timedelta(minutes=5))
    return told(scene, state="parked", attempts=8, reason="A field that should be a moment is none.", finished_at=now)


at("deliveries_none", HELENE, "/connections/deliveries/")
at("deliveries_none_found", HELENE, "/connections/deliveries/?state=parked")
at("deliveries_refused", HELENE, "/connections/deliveries/?since=2026-05-06T10:00&until=2026-05-05T10:00")
at("tokens_none", HELENE, "/connections/tokens/")
at("token_new", HELENE, "/connections/tokens/new/")
at("truth_of_nothing", HELENE, "/connections/truth/")
at("settle_none", HELENE, "/connections/settle/")
at("connection_new_customers", HELENE, "/connections/new/customers/")


@state(HELENE)
def connections_with_work(page: Page, scene: Scene) -> None:
    everything_told(scene)
    to_settle(scene)
    page.goto("/connections/")
    expect(page.get_by_role("link", name=re.compile("Deliveries 1"))).to_be_visible()


@state(HELENE)
def deliveries(page: Page, scene: Scene) -> None:
    everything_told(scene)
    page.goto("/connections/deliveries/")
    page.get_by_role("checkbox").first.check()


@state(HELENE)
def deliveries_done_again(page: Page, scene: Scene) -> None:
    everything_told(scene)
    page.goto("/connections/deliveries/?state=parked")
    page.get_by_role("button", name="Do the one that matches again").click()
    expect(page.get_by_text("1 delivery is done again.")).to_be_visible()


@state(HELENE)
def delivery_parked(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/deliveries/{everything_told(scene).pk}/")
    expect(page.get_by_text("Parked after 8 tries")).to_be_visible()


@state(HELENE)
def delivery_body(page: Page, scene: Scene) -> None:
    row = told(scene, state="done", outcome="applied", subject=f"booking:{scene.booked(place=-1).pk}", finished_at=NOW)
    page.goto(f"/connections/deliveries/{row.pk}/")
    page.get_by_role("button", name="Show what it says").click()
    expect(page.locator("pre")).to_contain_text("a word that is very long")


@state(HELENE)
def webhooks_off(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/webhooks/")


@state(HELENE)
def webhooks_rotating(page: Page, scene: Scene) -> None:
    one = Connection.objects.get()
    one.secrets = {**one.secrets, "webhook_secret": "the new one", "webhook_secret_old": "the one before"}
    one.save()
    page.goto(f"/connections/{one.pk}/webhooks/")
    expect(page.get_by_role("button", name="Drop the secret before")).to_be_visible()


@state(HELENE)
def webhooks_refused(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/webhooks/")
    page.get_by_label("Proof", exact=True).select_option("standard")
    page.get_by_label("Secret").fill("no base64!")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist").first).to_be_visible()


# --- links ----------------------------------------------------------------------------------------------------


def to_settle(scene: Scene) -> Linking:
    """Two customers could be her."""
    scene.link_to_crm()
    pair = scene.vendor.story()["crm"]["duplicates"]
    booxi = Connection.objects.booking_systems().get()
    link = ClientLink.objects.get(connection=booxi, module="", external_id=str(pair["clientId"]))
    linking.queue([link])
    linking.work()
    return Linking.objects.get(client=link.client)


@state(HELENE)
def settle_list(page: Page, scene: Scene) -> None:
    row = to_settle(scene)
    page.goto("/connections/settle/")
    expect(page.get_by_role("link", name=row.client.full_name)).to_be_visible()


@state(HELENE)
def settle_one(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/settle/{to_settle(scene).pk}/")
    expect(page.get_by_role("table")).to_have_count(2)


@state(HELENE)
def settle_one_while_the_crm_is_silent(page: Page, scene: Scene) -> None:
    row = to_settle(scene)
    scene.vendor.fault("503", path="/v1/customers", times=None)
    page.goto(f"/connections/settle/{row.pk}/")
    expect(page.locator(".pair [role=status]")).to_have_count(2)


@state(HELENE)
def settle_pair(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/settle/{to_settle(scene).pk}/0/")


@state(HELENE)
def settle_done(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/settle/{to_settle(scene).pk}/")
    page.get_by_role("button", name=re.compile("She is this customer")).first.click()
    expect(page.get_by_role("button", name=re.compile("Undo"))).to_be_visible()


@state(HELENE)
def connection_to_a_crm(page: Page, scene: Scene) -> None:
    crm = to_settle(scene).connection.crm
    assert crm
    page.goto(f"/connections/{crm.pk}/")
    page.get_by_text("Show them").click()
    expect(page.get_by_role("link", name="Download the contract")).to_be_visible()


@state(HELENE)
def numbers(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/links/?kind=staff")


@state(HELENE)
def numbers_found(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/links/")
    page.get_by_role("searchbox", name="Store number").fill("STORE-102")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".row")).to_have_count(1)


@state(HELENE)
def number_refused(page: Page, scene: Scene) -> None:
    link = StoreLink.objects.first()
    assert link
    page.goto(f"/connections/{link.connection_id}/links/store/{link.pk}/")
    page.get_by_label("Store number").fill("no number at all")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_be_visible()


@state(HELENE)
def widget(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{Connection.objects.get().pk}/widget/")
    page.get_by_role("button", name="Copy").click()


@state(HELENE)
def widget_without_a_key(page: Page, scene: Scene) -> None:
    for link in StoreLink.objects.all():
        link.secrets = {}
        link.save()
    page.goto(f"/connections/{Connection.objects.get().pk}/widget/")
    expect(page.get_by_text("The key of this store is not known yet.")).to_be_visible()


# --- reports of the booking system ------------------------------------------------------------------------------

at("reports_unconnected", HELENE, "/reports/")
at("report_unconnected", HELENE, "/reports/orders/")


def reported(scene: Scene) -> Connection:
    """Reports being made, made, and failed; two that are made by themselves."""
    booker = scene.connect_booker()
    now, days = timezone.now(), {"start": {"back": 10}, "end": {"back": 5}}
    orders = {"report": "orders", "options": days | {"sub_report": "items"}, "connection": booker, "format": "xlsx"}
    ReportRun.objects.create(
        **orders, started_at=now, due_at=now + dt.timedelta(hours=9), row_count=48_213, total=90_000, share=530
    )
    ReportRun.objects.create(report="notes", options=days, connection=booker, format="csv")
    told = {"report": "rooms", "connection": booker, "format": "csv", "finished_at": now}
    ReportRun.objects.create(**told, state="parked", reason="Booker refused what was asked (other).")
    made = {"state": "done", "row_count": 1_204, "size": 83_211, "requested_by": scene.helene}
    ReportRun.objects.create(**told, **made, file="rooms-1-x.csv")
    for on in (True, False):
        ReportSchedule.objects.create(**orders, next_at=now, time_zone="America/Chicago", is_on=on)
    return booker


@state(HELENE)
def reports(page: Page, scene: Scene) -> None:
    reported(scene)
    page.goto("/reports/")
    expect(page.get_by_role("progressbar", name="Orders")).to_be_visible()


@state(HELENE)
def report_options(page: Page, scene: Scene) -> None:
    scene.connect_booker()
    page.goto("/reports/orders/")
    page.get_by_label("From day to day").check()
    page.get_by_label("Those chosen").check()
    expect(page.get_by_label("Days back to end at")).to_be_visible()
    expect(page.get_by_role("group", name="Day", exact=True)).to_be_hidden()


@state(HELENE)
def report_first_rows(page: Page, scene: Scene) -> None:
    scene.connect_booker()
    page.goto("/reports/treatments/")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.get_by_text("The file has all of them.")).to_be_visible()


@state(HELENE)
def report_refused(page: Page, scene: Scene) -> None:
    scene.connect_booker()
    page.goto("/reports/orders/")
    page.get_by_label("Those chosen").check()
    page.get_by_role("button", name="Make the whole as a file").click()
    expect(page.get_by_text("Choose at least one location")).to_be_visible()


@state(HELENE)
def report_by_itself(page: Page, scene: Scene) -> None:
    scene.connect_booker()
    page.goto("/reports/employee-schedules/schedule/")
    expect(page.get_by_role("button", name="Have it made")).to_be_visible()


# --- Booker ------------------------------------------------------------------------------------------------------


def booker(scene: Scene) -> Connection:
    """Our account with the sandbox's spa brand, with one store read lately and a check that found something."""
    at = timezone.now()
    found = {"at": at.isoformat(), "wrong": ""}
    made = Connection.objects.create(
        name="Juniper & Slate",
        sign_in_url=scene.vendor.url,
        answered_at=at,
        checks=dict.fromkeys(("token", "merchant", "customer"), found),
        **scene.vendor.booker_account(),
    )
    zone = {"name": "Juniper & Slate, New York", "time_zone": "America/New_York"}
    spa = Store.objects.create(**zone)
    StoreLink.objects.create(connection=made, store=spa, external_id="10001", near_at=at, full_at=at)
    return made


@state(HELENE)
def booker_connection(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{booker(scene).pk}/")
    expect(page.get_by_text("not checked yet")).to_be_visible()


@state(HELENE)
def booker_connection_in_trouble(page: Page, scene: Scene) -> None:
    """A key that is for something else, and a day whose calls are used up."""
    one = booker(scene)
    one.secrets = {**one.secrets, "subscription_key_availability": "of something else altogether"}
    one.save()
    page.goto(f"/connections/{one.pk}/")
    page.get_by_role("button", name="Check it now").click()
    expect(page.get_by_text("does not work")).to_be_visible()
    Connection.objects.filter(pk=one.pk).update(daily_calls=1)
    page.reload()
    expect(page.get_by_text("waits until midnight UTC")).to_be_visible()


@state(HELENE)
def booker_edit(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{booker(scene).pk}/edit/")
    expect(page.get_by_role("checkbox", name="Personal access token")).to_be_visible()


@state(HELENE)
def booker_refused(page: Page, scene: Scene) -> None:
    page.goto("/connections/new/booker/")
    page.get_by_label("Name").fill("x")
    page.get_by_role("radio", name="Another address").check()
    page.get_by_label("Location id").fill("10001, 10002")
    page.get_by_label("Client id").fill("x")
    page.get_by_label("Client secret").fill("two words")
    page.get_by_label("Subscription key", exact=True).fill("x")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist").first).to_be_visible()


@state(HELENE)
def booker_sign_in(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{booker(scene).pk}/sign-in/")


@state(HELENE)
def booker_sign_in_denied(page: Page, scene: Scene) -> None:
    page.goto(f"/connections/{booker(scene).pk}/sign-in/")
    page.get_by_role("button", name="Go to Booker").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Access was not allowed at Booker.")).to_be_visible()


@state(HELENE)
def booker_sign_in_without_a_client(page: Page, scene: Scene) -> None:
    one = booker(scene)
    one.secrets = {}
    one.save()
    page.goto(f"/connections/{one.pk}/sign-in/")


# --- tokens of other systems ------------------------------------------------------------------------------------


@state(HELENE)
def token_made(page: Page, scene: Scene) -> None:
    page.goto("/connections/tokens/new/")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("Bookings: book").check()
    page.get_by_label("Every store").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()


@state(HELENE)
def token_refused(page: Page, scene: Scene) -> None:
    page.goto("/connections/tokens/new/")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator(".errorlist").first).to_be_visible()


@state(HELENE)
def tokens(page: Page, scene: Scene) -> None:
    make_token("Web shop", stores=list(Store.objects.all()))
    make_token("Till", revoked_at=timezone.now())
    page.goto("/connections/tokens/")


@state(HELENE)
def token(page: Page, scene: Scene) -> None:
    made = make_token("Web shop", stores=list(Store.objects.all()), used_at=timezone.now())[0]
    page.goto(f"/connections/tokens/{made.pk}/")


# --- how true it is, and the whole story ----------------------------------------------------------------------


@state(HELENE)
def truth(page: Page, scene: Scene) -> None:
    everything_told(scene)
    for source in Difference.Source:
        Difference.objects.create(client=scene.lea, field="email", before="a@x.test", after="b@x.test", source=source)
    page.goto("/connections/truth/")
    expect(page.locator("svg.shares").first).to_be_visible()


@state(ANA)
def record_of_a_booking(page: Page, scene: Scene) -> None:
    """Moved by us, moved by them, parked news, a call that failed."""
    booking, booxi = scene.booked(after=1), Connection.objects.get()
    actions.set_state(booking, kind=Change.Kind.ARRIVE, author=scene.ana)
    told(scene, state="parked", reason="A field that should be a moment is none.", subject=f"booking:{booking.pk}")
    after = (booking.starts_at + dt.timedelta(hours=1)).isoformat() if booking.starts_at else ""
    news = {"booking": booking, "source": "sweep", "connection": booxi, "said_at": timezone.now()}
    Difference.objects.create(field="starts_at", before=str(booking.starts_at), after=after, **news)
    Difference.objects.create(field="quick_note", before="", after="a word that is very long " * 12, **news)
    failed = {"method": "PUT", "endpoint": "/booking/{id}", "error": "timed out", "subject": f"booking:{booking.pk}"}
    ProviderCall.objects.create(connection=booxi, **failed)
    page.goto(f"/record/booking/{booking.pk}/")
    expect(page.locator(".record > li").nth(3)).to_be_visible()


@state(HELENE)
def record_of_a_client(page: Page, scene: Scene) -> None:
    row = to_settle(scene)
    page.goto(f"/record/client/{row.client_id}/")
    expect(page.get_by_text("More than one could be she")).to_be_visible()


@state(ANA)
def record_empty(page: Page, scene: Scene) -> None:
    page.goto(f"/record/client/{scene.lea.pk}/")


# --- people, what they did, and getting in ------------------------------------------------------------------

at("people", HELENE, "/people/")
at("people_without_account", HELENE, "/people/without-account/")
at("people_nobody_found", HELENE, "/people/?q=nobodylikethis")
at("people_invite", HELENE, "/people/invite/")
at("audit_nothing_found", HELENE, "/audit/?person=nobodylikethis")
at("sessions", ANA, "/account/sessions/")
at("second_factor_none", MARC, "/account/2fa/")


@state(HELENE)
def person(page: Page, scene: Scene) -> None:
    page.goto(f"/people/{scene.marc.pk}/")
    page.get_by_text("What each role may do").click()


@state(HELENE)
def person_without_account(page: Page, scene: Scene) -> None:
    place = StaffMember.objects.filter(user=None, is_active=True).first()
    assert place
    page.goto(f"/people/places/{place.pk}/")
    page.get_by_label("E-mail").fill("somebody.new@demo.test")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("Invited as somebody.new@demo.test")).to_be_visible()


@state(HELENE)
def audit_of_a_client(page: Page, scene: Scene) -> None:
    page.goto(f"/clients/{scene.lea.pk}/")
    page.get_by_role("link", name="Who saw her").click()
    expect(page.get_by_role("cell", name="Opened a client's page")).to_be_visible()


@state(ANYBODY)
def invitation(page: Page, scene: Scene) -> None:
    _, token = people.invite(email="new@demo.test", place=None, mark="support", author=scene.helene)
    page.goto(f"/join/{token}/")
    page.get_by_role("button", name="Make my account").click()


@state(ANYBODY)
def invitation_over(page: Page, scene: Scene) -> None:
    page.goto("/join/nothing/")


@state(ANYBODY)
def invitation_for_an_account(page: Page, scene: Scene) -> None:
    _, token = people.invite(email=scene.ana.email, place=None, mark="support", author=scene.helene)
    page.goto(f"/join/{token}/")


@state(ANA)
def invitation_to_confirm(page: Page, scene: Scene) -> None:
    _, token = people.invite(email=scene.ana.email, place=None, mark="support", author=scene.helene)
    page.goto(f"/join/{token}/")


@state(ANA)
def locked(page: Page, scene: Scene) -> None:
    page.goto("/")
    page.get_by_role("button", name="You, log out").click()
    page.get_by_role("button", name="Lock / switch person").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()


@state(ANA)
def client_contact_hidden(page: Page, scene: Scene) -> None:
    StaffMember.objects.filter(user=scene.ana).update(role=Role.RESTRICTED)
    page.goto(f"/clients/{scene.lea.pk}/")
    expect(page.get_by_text("are hidden")).to_be_visible()


@state(MARC)
def second_factor_app(page: Page, scene: Scene) -> None:
    page.goto("/account/2fa/totp/activate/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Switch it on")).to_be_visible()


@state(MARC)
def second_factor_passkey(page: Page, scene: Scene) -> None:
    page.goto("/account/2fa/webauthn/add/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Add")).to_be_visible()
