"""Customers, what they have bought as members, what was noted about them; employees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from integrations.providers import booker_dates as dates
from integrations.providers.booker import CLIENT_RECORDS, M
from integrations.providers.reading import entries, flag, members, optional_id, text
from integrations.reports import columns as c
from integrations.reports.columns import PLACE, Columns, Row, row_of
from integrations.reports.options import Options
from integrations.reports.source import Location, Source

# All that is still told of somebody who asked to be forgotten (section 7).
_NOT_PERSONAL = frozenset(
    (
        *("ID", "LocationID", "IsActive", "RequestedToBeForgotten", "CustomerRecordType", "Place"),
        *("DateCreated", "DateCreatedOffset", "DateLastModified", "DateLastModifiedOffset"),
    )
)

CUSTOMERS: Columns = (
    *c.key("ID", "customer_id"),
    *PLACE,
    *c.texts("FirstName", "LastName", "Email", "CellPhone", "HomePhone", "WorkPhone", "WorkPhoneExt"),
    *c.address("Address"),
    *c.day("DateOfBirth"),
    *c.day("AnniversaryDate"),
    *c.lookup("Gender"),
    *c.text("Occupation"),
    *c.flags("AllowReceiveEmails", "AllowReceivePromotionalEmails", "AllowReceiveSMS"),
    *c.flags("RequestedToBeForgotten", "IsActive", "IsNewCustomer", "HasUnpaidAppointments"),
    *c.text("BookingAlert", limit=2000),
    *c.text("CheckInAlert", limit=2000),
    *c.text("CheckOutAlert", limit=2000),
    *c.text("MembershipCardNumber"),
    *c.whole("LoyaltyPoints"),
    *c.whole("NumberOfReferrals"),
    *c.key("ReferredByCustomerID"),
    *c.key("PreferredStaffMemberID"),
    *c.key("OriginationID"),
    *c.text("CustomerRecordType", limit=40),
    *c.moment("DateCreated"),
    *c.moment("DateLastModified"),
)

_WHOSE: Columns = (*c.key("ID", "customer_id"), *PLACE, *c.texts("FirstName", "LastName"))
CUSTOMER_MEMBERSHIPS: Columns = (
    *_WHOSE,
    *c.flags("HasMembership", "HasActiveMembership", "HasPastMembership"),
    *c.text("Source", "row_source", limit=10),
    *c.key("It.CustomerMembershipID", "customer_membership_id"),
    *c.key("It.ID", "benefit_or_level_id"),
    *c.text("It.MembershipName", "membership_name"),
    *c.text("It.LevelName", "level_name"),
    *c.text("It.MembershipCardNumber", "membership_card_number"),
    *c.text("It.Status", "status", limit=60),
    *c.flag("It.IsExpired", "is_expired"),
    *c.moment("It.StartDate", "start_date"),
    *c.moment("It.MembershipExpirationDate", "membership_expiration_date"),
    *c.moment("It.SuspendDate", "suspend_date"),
    *c.flag("It.IsUnlimited", "is_unlimited"),
    *c.whole("It.TotalEarnedQuantity", "total_earned_quantity"),
    *c.whole("It.UsedQuantity", "used_quantity"),
    *c.whole("It.ExpiredQuantity", "expired_quantity"),
    *c.whole("It.AvailableQuantity", "available_quantity"),
    *c.lookup("It.PaymentFrequencyType", "payment_frequency_type"),
    *c.moment("It.NextChargeDate", "next_charge_date"),
    *c.moment("It.LastChargeDate", "last_charge_date"),
    *c.whole("It.NumberOfPaymentsMade", "number_of_payments_made"),
    *c.flag("It.HasAutopay", "has_autopay"),
    *c.money("It.SignupFee", "signup_fee"),
    *c.money("It.ProratedFee", "prorated_fee"),
    *c.money("It.TotalFee", "total_fee"),
    *c.money("It.TotalCharged", "total_charged"),
    *c.flag("It.IsPurchasedOnline", "is_purchased_online"),
)
NOTES: Columns = (
    *_WHOSE,
    *c.text("Kind", "kind", limit=10),
    *c.key("It.ID", "note_id"),
    *c.text("It.Text", "text", limit=c.LONG),
    *c.text("It.CreatedByUser", "created_by_user", limit=200),
    *c.moment("It.DateCreated", "date_created"),
)
EMPLOYEES: Columns = (
    *c.key("ID", "employee_id"),
    *PLACE,
    *c.texts("DisplayName", "FullName", "FirstName", "LastName"),
    *c.lookup("Gender"),
    *c.lookup("Type"),
    *c.lookup("Status"),
    *c.whole("Rank"),
    *c.texts("Email", "MobilePhone", "HomePhone"),
    *c.flag("NotifyBySMS"),
    *c.text("ProfileDescription", limit=2000),
    *c.key("UserID"),
    *c.moment("DateCreated"),
)


def customers(source: Source, options: Options) -> Iterator[Row]:
    for location, customer in _modified(source, options):
        yield row_of(CUSTOMERS, customer, location.zone)


def _modified(source: Source, options: Options) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Customers of each location who were modified in the period, on the location's own days (section 4).

    Each is asked for at the location where she belongs; one that is shown at another one as well comes once.
    """
    places = source.chosen(options)
    ids = {one.id for one in places}
    for location in source.each(places):
        days = options.days(location.zone, source.now)
        asked = {
            "FilterByExactLocationID": True,
            "CustomerRecordType": CLIENT_RECORDS,
            "FromDateLastModifiedOffset": dates.write(days.start, location.zone),
            # Windows are taken to include their end (section 4).
            "ToDateLastModifiedOffset": dates.write_last(days.end, location.zone),
            "SortBy": [{"SortBy": "DateCreated", "SortDirection": 0}],
        }
        for row in source.listed(f"{M}/customers", asked, ("Customers", "Results"), at=location):
            customer = _inner(row)
            home = optional_id(customer.get("LocationID"))
            if customer and (home == location.id or home not in ids):
                yield location, _told({**customer, "Place": location.place})


def _inner(row: Mapping[str, Any]) -> dict[str, Any]:
    """`{CustomerID, Customer: {...}}`; empty without an id."""
    inner = members(row.get("Customer")) or dict(row)
    found = optional_id(inner.get("ID")) or optional_id(row.get("CustomerID"))
    return {**inner, "ID": found} if found else {}


def _told(customer: dict[str, Any]) -> dict[str, Any]:
    if not flag(customer.get("RequestedToBeForgotten")):
        return customer
    return {name: value for name, value in customer.items() if name in _NOT_PERSONAL}


def _in_full(source: Source, options: Options) -> Iterator[tuple[Location, dict[str, Any]]]:
    """As `_modified`, each asked for by herself: lists are not known to tell notes and memberships (section 7)."""
    for location, listed in _modified(source, options):
        body = source.one(f"{M}/customer/{{id}}", str(listed["ID"]), location)
        if body:
            customer = _inner(members(body.get("Customer")) or body)
            yield location, _told({**customer, "ID": listed["ID"], "Place": location.place})


# --- memberships ---------------------------------------------------------------------------------------------


def customer_memberships(source: Source, options: Options) -> Iterator[Row]:
    """A row for each benefit, and for each level that none of the benefits is of."""
    path = settings.BOOKER_ASSUMED_PATHS["customer_memberships"]
    for location, customer in _in_full(source, options):
        benefits, levels = _memberships(source, path, location, customer, options)
        named = {text(one.get("LevelName")) for one in benefits}
        others = [one for one in levels if text(one.get("LevelName")) not in named]
        for origin, found in (("benefit", benefits), ("level", others)):
            for one in found:
                if options.include_expired or not _is_expired(one):
                    yield row_of(CUSTOMER_MEMBERSHIPS, {**customer, "Source": origin, "It": one}, location.zone)


def _memberships(
    source: Source, path: str, location: Location, customer: Mapping[str, Any], options: Options
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if not path:
        return entries(customer.get("AvailableMembershipBenefits")), entries(customer.get("MembershipLevels"))
    asked = [("includeExpired", "true" if options.include_expired else "false")]
    body = source.one(path, str(customer["ID"]), location, asked) or {}
    return entries(body.get("Results")), []


def _is_expired(one: Mapping[str, Any]) -> bool:
    status = members(one.get("Status")).get("Name") or one.get("Status")
    return flag(one.get("IsExpired")) or text(status, 40).lower() == "expired"


# --- notes ---------------------------------------------------------------------------------------------------


def notes(source: Source, options: Options) -> Iterator[Row]:
    """Customer notes; progress notes too, once somebody knows where Booker has them (section 13)."""
    path = settings.BOOKER_ASSUMED_PATHS["progress_notes"]
    for location, customer in _in_full(source, options):
        found = [("customer", one) for one in entries(customer.get("Notes"))]
        if path:
            body = source.one(path, str(customer["ID"]), location) or {}
            found += [("progress", one) for one in entries(body.get("Results") or body.get("Notes"))]
        for kind, one in found:
            yield row_of(NOTES, {**customer, "Kind": kind, "It": one}, location.zone)


# --- employees -----------------------------------------------------------------------------------------------


def employees(source: Source, options: Options) -> Iterator[Row]:
    asked = {"IgnoreFreelancers": options.ignore_freelancers, "OnlyIncludeActiveEmployees": options.only_active}
    for location in source.locations(options):
        for row in source.listed(f"{M}/employees", asked, at=location):
            yield row_of(EMPLOYEES, {**row, "Place": location.place}, location.zone)
