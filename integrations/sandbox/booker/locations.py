"""Locations: what they are called, when they are open, how they may be booked; and their brand."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.booker import credentials, dates, gate, listing, places
from integrations.sandbox.booker.assumptions import AHEAD_MOST, CANCELLATION_NOTICE, GRID_MINUTES, NOTICE_LEAST
from integrations.sandbox.booker.failures import bad, envelope
from integrations.sandbox.booker.fields import body_of, flag, part, text
from integrations.sandbox.booker.listing import Search
from integrations.sandbox.http import Call, Reply
from integrations.sandbox.times import HOUR, MINUTE, local_day, wall_minutes

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
LIVE = 4
_SORTED_BY = {"Name": "name", "ID": "id", "DateCreated": "created_on"}
SCHEDULE_DAYS_MOST = 366


def find(call: Call) -> Reply:
    """The brand's locations; a location's own token finds that one alone."""
    body, search = body_of(call), Search("booker_location")
    if gate.is_merchant(call):
        search.where("id = :own", own=call.caller.merchant_id)
    brand = text(body, "BrandAccountName")
    if brand not in (None, "", credentials.BRAND_ACCOUNT):
        search.where("0")
    return listing.answer(call, body, search, key="Results", shape=listing.one_by_one(shape), columns=_SORTED_BY)


def get(call: Call, location_id: int) -> Reply:
    """The fields at the top, beside the envelope's."""
    places.require(call, location_id)
    return Reply(body=envelope(**shape(places.row_of(call.db, "location", location_id, what="location"))))


def shape(row: sqlite3.Row) -> dict[str, Any]:
    zone = {"ID": row["id"] % 100, "Name": row["zone_label"], "StandardName": row["zone_name"]}
    return {
        "ID": row["id"],
        "AccountName": row["account_name"],
        "BusinessName": row["name"],
        "BrandAccountName": credentials.BRAND_ACCOUNT,
        "BusinessType": places.lookup(1, "Spa"),
        "EmailAddress": row["email"],
        "Phone": row["phone"],
        "Address": places.address(row["address"]),
        "WebSite": "https://juniperslate.example",
        "LogoUrl": None,
        "TimeZone": zone,
        "CurrencyCode": places.CURRENCY,
        "EncryptedLocationID": f"enc-{row['id']}",
        "IsDistributionPartner": False,
        "FirstName": "Front",
        "LastName": "Desk",
        "Status": LIVE,
        **dates.twins("DateCreated", row["created_on"], zone=ZoneInfo(row["time_zone"])),
    }


# ---- schedules


def schedule(call: Call, location_id: int) -> Reply:
    places.require(call, location_id)
    row = places.row_of(call.db, "location", location_id, what="location")
    days = day_schedules(call, json.loads(row["hours"]), zone=ZoneInfo(row["time_zone"]))
    return Reply(body=envelope(LocationDaySchedules=list(days)))


def day_schedules(call: Call, hours: Iterable[Any], *, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """A default week, or each day of `fromDate`..`toDate`; both dates are wanted in either case."""
    first, last = (_day(call, name) for name in ("fromDate", "toDate"))
    if flag(call.args, "getDefaultDaySchedule"):
        return _default_week(hours, today=local_day(call.now, zone=zone))
    if not 0 <= (last - first).days < SCHEDULE_DAYS_MOST:
        bad("toDate", f"Must be within {SCHEDULE_DAYS_MOST} days of fromDate")
    return _dated(list(hours), first, last, zone=zone)


def _day(call: Call, name: str) -> date:
    given = call.args.get(name)
    if not given:
        bad(name, "Required")
    try:
        return dates.day_from_slash(given)
    except ValueError:
        bad(name, "Must be a /Date(ms)/")


def _default_week(hours: Iterable[Any], *, today: date) -> Iterator[dict[str, Any]]:
    for entry in hours:
        yield _entry(entry, today)


def _entry(entry: Any, day: date) -> dict[str, Any]:
    start, end = (dates.clock(day, wall_minutes(entry[name])) for name in ("start", "end"))
    return {"Weekday": DAYS[entry["dow"]], "StartTime": start, "EndTime": end}


def _dated(hours: list[Any], first: date, last: date, *, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for entry in hours:
            if entry["dow"] == day.isoweekday() % 7:
                yield _entry(entry, day) | dates.day_twins("Date", day)


# ---- settings

# The fields that R1's models name, as far as they do not carry a rule of the stand-in's own.
_ONLINE = {
    "NewAppointmentCutOffInterval": NOTICE_LEAST // MINUTE,
    "AppointmentStartTimeInterval": GRID_MINUTES,
    "AllowCancelAppointments": True,
    "SelectTechnician": True,
    "SelectTechnicianGender": True,
    "MaximumResultsPerDay": 100,
    "PaymentMethods": [places.lookup(1, "Credit Card")],
    "RequirePaymentInformation": False,
    "PreAuthorizeCreditCard": False,
    "PreferredAppointmentTimes": [],
    "UsePreferredAppointmentTimes": False,
    "RequireCustomerGender": False,
    "RequireStreetAddress": False,
    "BillingAddressRequired": False,
    "GoogleAnalyticsCode": None,
    "BackgroundImageUrl": None,
    "BusinessLogoUrl": None,
}


def online_booking_settings(call: Call, location_id: int) -> Reply:
    _known(call, location_id)
    settings = {
        "LocationID": location_id,
        "AllowOnlineBooking": True,
        **_ONLINE,
        "MinimumNoticeHours": NOTICE_LEAST // HOUR,
        "MaximumDaysInAdvance": AHEAD_MOST // (24 * HOUR),
        "CancellationNoticeMinutes": CANCELLATION_NOTICE // MINUTE,
        "TimeIntervalMinutes": GRID_MINUTES,
    }
    return Reply(body=envelope(OnlineBookingSettings=settings))


def feature_settings(call: Call, location_id: int) -> Reply:
    _known(call, location_id)
    settings = {"LocationID": location_id, "UseRooms": True, "UseMemberships": True, "UseClasses": False}
    settings |= {"UseFrederick": False, "UsePromote": False}
    return Reply(body=envelope(FeatureSettings=settings))


def payment_settings(call: Call, location_id: int) -> Reply:
    _known(call, location_id)
    settings = {"LocationID": location_id, "RequireCreditCard": False, "CurrencyCode": places.CURRENCY}
    return Reply(body=envelope(PaymentSettings=settings))


def notification_settings(call: Call, location_id: int) -> Reply:
    """What is kept of them; the stand-in sends no messages."""
    _known(call, location_id)
    query = "SELECT 1 FROM booker_reminding WHERE location_id = ?"
    settings = {
        "SendAppointmentReminders": call.db.execute(query, (location_id,)).fetchone() is not None,
        "SendConfirmationAfterBooking": False,
        "SendNoticeHoursBeforeAppointment": 24,
        "NotificationsEmail": None,
        "NotifyAdminOnAppointmentOtherEvent": False,
        "NotifyServiceProviderOnAppointmentOtherEvent": False,
    }
    return Reply(body=envelope(NotificationSettings=settings))


def set_notification_settings(call: Call, location_id: int) -> Reply:
    """`{NotificationSettings: {SendAppointmentReminders}}`, and nothing else."""
    _known(call, location_id)
    wanted = flag(part(body_of(call), "NotificationSettings") or {}, "SendAppointmentReminders")
    if wanted is not None:
        call.db.execute("DELETE FROM booker_reminding WHERE location_id = ?", (location_id,))
    if wanted:
        call.db.execute("INSERT INTO booker_reminding VALUES (?)", (location_id,))
    return Reply(body=envelope())


def card_types(call: Call, location_id: int) -> Reply:
    """By the ids that a client of v4 sends with a card's number."""
    _known(call, location_id)
    names = ("American Express", "Visa", "MasterCard", "Discover")
    return Reply(body=envelope(LookupOptions=[places.lookup(number, name) for number, name in enumerate(names, 1)]))


def _known(call: Call, location_id: int) -> None:
    places.require(call, location_id)
    places.row_of(call.db, "location", location_id, what="location")


def brands(call: Call) -> Reply:
    wanted = call.args.get("accountName", credentials.BRAND_ACCOUNT)
    found = [places.lookup(credentials.BRAND_ID, "Juniper & Slate")] if wanted == credentials.BRAND_ACCOUNT else []
    return Reply(body=envelope(LookupOptions=found))


ROUTES = (
    gate.merchant("GET", "/location/brands", brands),
    *gate.both("POST", "/locations", find),
    *gate.both("POST", "/locations/partial", find),
    *gate.both("POST", "/locations/geoaware", find),
    *gate.both("GET", "/location/<id:location_id>", get),
    *gate.both("GET", "/location/<id:location_id>/schedule", schedule),
    *gate.both("GET", "/location/<id:location_id>/online_booking_settings", online_booking_settings),
    gate.merchant("GET", "/location/<id:location_id>/feature_settings", feature_settings),
    gate.merchant("GET", "/location/<id:location_id>/payment_settings", payment_settings),
    gate.merchant("GET", "/location/<id:location_id>/notification_settings", notification_settings),
    gate.merchant("PUT", "/location/<id:location_id>/notification_settings", set_notification_settings, writes=True),
    *gate.both("GET", "/location/<id:location_id>/creditcard_types", card_types),
)
