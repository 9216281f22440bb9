"""Booker from its sign-in to a spreadsheet: connected, read, booked, moved, cancelled, reported."""

from __future__ import annotations

from io import BytesIO

import openpyxl
from playwright.sync_api import expect

from bookings.models import Booking, Service
from clienteling.models import Client, StaffMember, User
from integrations import sync
from integrations.models import ClientLink, Connection
from integrations.reports import running
from tests.browser.book_page import ask_for, bookings_of, choose, last_booking, offered_times, pick_a_time, press_book
from tests.browser.booker_pages import sign_in_at_booker
from tests.browser.conftest import TABLET, OpenPage
from tests.browser.scene import PASSWORD, Scene
from tests.browser.watch import Watch

JUNE = "june.park@demo.test"


def at_booker(scene: Scene, booking: Booking) -> dict[str, object]:
    answer = scene.vendor.raw.get(f"/__sandbox/booker/appointment/{booking.remote_id}")
    found: dict[str, object] = answer.raise_for_status().json()
    return found


def somebody(connection: Connection) -> Client:
    link = ClientLink.objects.filter(connection=connection, module="", client__anonymised_at=None)
    return link.exclude(client__first_name="").exclude(client__email="").order_by("pk")[0].client


def test_from_the_sign_in_to_a_spreadsheet(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.leaves_for(scene.vendor.url)
    june = User.objects.create_user(JUNE, PASSWORD, name="June Park")
    office = open_page(scene.helene)
    office.goto("/connections/new/booker/")
    sign_in_at_booker(office, scene)
    expect(office.get_by_role("progressbar").first).to_be_visible()
    sync.work()
    expect(office.get_by_role("row").filter(has_text="Stores, staff and services").first).to_be_visible()
    office.reload()
    expect(office.get_by_role("rowheader", name="Juniper & Slate New York")).to_be_visible()

    connection = Connection.objects.get(kind=Connection.Kind.BOOKER)
    client = somebody(connection)
    page = open_page(june, f"/clients/{client.pk}/", **TABLET)
    expect(page.get_by_role("heading", level=1)).to_have_text(client.full_name)
    expect(page.get_by_text("Booker", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Book", exact=True).first.click()
    before = last_booking()
    hers = StaffMember.objects.get(user=june).services.bookable().order_by("duration", "pk")[:2]
    names = [service.name for service in hers]
    choose(page, *names)
    ask_for(page, "June Park")
    said = pick_a_time(page, 2)
    press_book(page)
    expect(page.locator(".booking-when")).to_have_text(said)
    (booking,) = bookings_of(client, before)
    row = at_booker(scene, booking)
    assert [item.name for item in booking.item_list] == names
    assert all(item.room for item in booking.item_list), "each treatment has a room that hosts it"
    assert len(row["AppointmentTreatments"]) == 2  # type: ignore[arg-type]
    assert page.get_by_role("button", name="Arrived").count() == 0
    expect(page.get_by_text("only in its own calendar")).to_be_visible()

    page.get_by_role("link", name="Move", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move to another time")
    offered_times(page).nth(4).click()
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".booking-when")).not_to_have_text(said)
    held = booking.starts_at
    booking.refresh_from_db()
    assert booking.starts_at != held
    assert at_booker(scene, booking)["raw"]["startsOn"] == f"{booking.starts_at:%Y-%m-%dT%H:%M:%SZ}"  # type: ignore[index]

    page.get_by_role("link", name="Cancel the booking").click()
    dialog = page.get_by_role("dialog", name="Cancel this booking?")
    dialog.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("This booking is cancelled.")).to_be_visible()
    assert at_booker(scene, booking)["raw"]["status"] == "Cancelled"  # type: ignore[index]

    before = last_booking()
    page.goto(f"/bookings/new/?client={client.pk}")
    theirs = Service.objects.filter(store=hers[0].store).bookable().exclude(people__user=june).order_by("pk")[0]
    choose(page, hers[0].name, theirs.name)
    ask_for(page, "June Park")
    pick_a_time(page, 2)
    expect(page.get_by_text("with June Park and a colleague")).to_be_visible()
    press_book(page)
    expect(page.get_by_text("is booked for")).to_be_visible()
    (booking,) = bookings_of(client, before)
    part = booking.parts.get()
    expect(page.get_by_text(part.staff.full_name)).to_be_visible()
    given = at_booker(scene, booking)["AppointmentTreatments"]
    assert len({one["EmployeeID"] for one in given}) == 2  # type: ignore[attr-defined]

    office.goto("/reports/orders/")
    office.get_by_label("Sub-report").select_option("items")
    office.get_by_label("From day to day").check()
    office.get_by_label("Days back to start from").fill("200")
    office.get_by_label("Days back to end at").fill("0")
    office.get_by_role("button", name="Make the whole as a file").click()
    running.work()
    office.goto("/reports/")
    with office.expect_download() as saved:
        office.get_by_role("button", name="Download").first.click()
    sheet = openpyxl.load_workbook(BytesIO(saved.value.path().read_bytes()))["Rows"]
    names = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
    assert {"order_id", "item_id", "is_first_row_of_order"} <= set(names)
    assert sheet.max_row > 2
