"""Each report against what the sandbox has, asked over its own API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import Connection
from integrations.reports import source
from integrations.reports.columns import Row
from integrations.reports.options import MOST_BACK, Unfit
from integrations.reports.registry import REPORTS
from tests.integrations.reports.conftest import Read, Truth
from tests.people import NOW
from tests.vendors import Vendor


def ids(rows: list[Any], name: str = "ID") -> list[str]:
    return [str(row[name]) for row in rows]


def amount(money: dict[str, Any]) -> Decimal:
    return Decimal(str(money["Amount"])).quantize(Decimal("0.01"))


def test_there_are_twelve() -> None:
    assert len(REPORTS) == 12


def test_locations(read: Read, truth: Truth) -> None:
    rows = read("locations")
    assert ids(rows, "location_id") == ids(truth.locations)
    first = truth.locations[0]
    assert rows[0]["business_name"] == first["BusinessName"]
    assert rows[0]["address_city"] == first["Address"]["City"]
    assert rows[0]["address_country_name"] == "United States"
    assert rows[0]["time_zone_name"] == first["TimeZone"]["Name"]
    assert rows[0]["date_created"] == first["DateCreatedOffset"]


def test_locations_of_the_choice(read: Read, truth: Truth) -> None:
    wanted = str(truth.locations[1]["ID"])
    assert ids(read("locations", locations=[wanted]), "location_id") == [wanted]


def test_employees(read: Read, truth: Truth) -> None:
    rows, found = read("employees"), truth.everywhere("/employees")
    assert ids(rows, "employee_id") == ids(found)
    assert [row["type_name"] for row in rows] == [one["Type"]["Name"] for one in found]
    assert [row["location_id"] for row in rows] == [str(one["LocationID"]) for one in found]


@pytest.mark.parametrize(
    ("option", "field"), [("ignore_freelancers", "IgnoreFreelancers"), ("only_active", "OnlyIncludeActiveEmployees")]
)
def test_employees_fewer(read: Read, truth: Truth, option: str, field: str) -> None:
    rows = read("employees", **{option: True})
    assert ids(rows, "employee_id") == ids(truth.everywhere("/employees", **{field: True}))
    assert len(rows) < len(truth.everywhere("/employees")), "nothing to leave out: the test proves nothing"


def test_rooms_of_one_location(read: Read, truth: Truth) -> None:
    place = truth.locations[0]["ID"]
    rows, found = read("rooms", locations=[str(place)]), truth.all("/rooms", place)
    assert ids(rows, "room_id") == ids(found)
    assert rows[0]["treatment_ids"] == " ".join(map(str, found[0]["Treatments"]))
    assert [row["capacity"] for row in rows] == [one["Capacity"] for one in found]


def test_treatments(read: Read, truth: Truth) -> None:
    rows, found = read("treatments"), truth.everywhere("/treatments", "Treatments")
    assert ids(rows, "treatment_id") == ids(found)
    assert [row["price_amount"] for row in rows] == [amount(one["Price"]) for one in found]
    assert {row["price_currency"] for row in rows} == {"USD"}
    assert [row["category_name"] for row in rows] == [one["Category"]["Name"] for one in found]
    assert [row["employee_ids"] or "" for row in rows] == [" ".join(map(str, one["EmployeeIDs"])) for one in found]


def test_products_a_row_for_each_variant(read: Read, truth: Truth) -> None:
    rows, found = read("products"), truth.everywhere("/order/find_products")
    variants = [(str(one["ID"]), str(part["ID"]), part["SKU"]) for one in found for part in one["ProductVariants"]]
    assert [(row["product_id"], row["variant_id"], row["variant_sku"]) for row in rows] == variants


def test_membership_plans_of_each_location(read: Read, truth: Truth) -> None:
    plans = truth.everywhere("/memberships")
    expected = [
        (one["Name"], level["LevelName"], amount(level["Price"]), benefit["FreeItemQuantity"])
        for one in plans
        for level in one["Levels"]
        for benefit in level["Benefits"]
    ]
    rows = read("memberships")
    got = [(row["name"], row["level_name"], row["level_price_amount"], row["free_item_quantity"]) for row in rows]
    assert got == expected


# --- periods -------------------------------------------------------------------------------------------------


def test_customers(read: Read, truth: Truth) -> None:
    rows, found = read("customers"), truth.customers()
    assert sorted(ids(rows, "customer_id")) == sorted(ids(found))
    by_id = {str(one["ID"]): one for one in found}
    for row in rows:
        one = by_id[str(row["customer_id"])]
        assert row["date_last_modified"] == one["DateLastModifiedOffset"]
        assert row["location_id"] == str(one["LocationID"])
        is_gone = one["RequestedToBeForgotten"]
        assert row["last_name"] == (None if is_gone or not one["LastName"] else one["LastName"].strip())
        assert (row["email"] or "") == ("" if is_gone else one["Email"])
        assert row["date_of_birth"] == (None if is_gone or not one["DateOfBirth"] else one["DateOfBirthOffset"][:10])


def test_a_day_is_the_locations_own(read: Read, truth: Truth) -> None:
    """Whoever was modified on that day by the location's clock, on its first and last second too."""
    found = truth.customers()
    day = max(found, key=lambda one: one["DateLastModifiedOffset"])["DateLastModifiedOffset"][:10]
    expected = sorted(str(one["ID"]) for one in found if one["DateLastModifiedOffset"][:10] == day)
    rows = read("customers", start={"date": day}, end={"date": day})
    assert sorted(ids(rows, "customer_id")) == expected
    assert expected
    assert len(expected) < len(found)


def test_orders(read: Read, truth: Truth) -> None:
    rows, found = read("orders"), truth.everywhere("/orders")
    assert sorted(ids(rows, "order_id")) == sorted(ids(found))
    totals = {str(one["ID"]): amount(one["FinalTotal"]) for one in found}
    assert {row["order_id"]: row["final_total_amount"] for row in rows} == totals
    assert all(row["is_first_row_of_order"] for row in rows)


def test_orders_of_a_range_counted_back(read: Read, truth: Truth) -> None:
    """From ten days ago to five days ago, both included."""
    rows = read("orders", start={"back": 10}, end={"back": 5})
    expected = sorted(
        str(one["ID"])
        for one in truth.everywhere("/orders")
        if "2026-04-26" <= one["DateCreatedOffset"][:10] <= "2026-05-01"
    )
    assert sorted(ids(rows, "order_id")) == expected
    assert expected


def test_location_schedules(read: Read, truth: Truth) -> None:
    usual = read("location-schedules", defaults=True)
    asked = {"getDefaultDaySchedule": "true", "fromDate": "/Date(1778040000000)/", "toDate": "/Date(1778040000000)/"}
    found = [
        (str(place["ID"]), day["Weekday"])
        for place in truth.locations
        for day in truth.get(f"/location/{place['ID']}/schedule", place["ID"], **asked)["LocationDaySchedules"]
    ]
    assert [(row["location_id"], row["weekday"]) for row in usual] == found
    assert {row["is_default"] for row in usual} == {True}
    assert all(row["date"] is None and row["start_time"] and row["end_time"] for row in usual)


def test_schedules_of_days(read: Read) -> None:
    """Of two months, asked for in several stretches: no day is missing and none comes twice."""
    usual = read("location-schedules", defaults=True)
    dated = read("location-schedules", start={"date": "2026-03-01"}, end={"date": "2026-04-30"})
    open_on = {(row["location_id"], row["weekday"]): (row["start_time"], row["end_time"]) for row in usual}
    expected = []
    for place in dict.fromkeys(row["location_id"] for row in usual):
        for number in range(61):
            day = dt.date(2026, 3, 1) + dt.timedelta(days=number)
            if (place, day.strftime("%A")) in open_on:
                expected.append((place, day.isoformat(), *open_on[place, day.strftime("%A")]))
    got = [(row["location_id"], row["date"], row["start_time"], row["end_time"]) for row in dated]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def test_employee_schedules(read: Read, truth: Truth) -> None:
    place = truth.locations[0]["ID"]
    rows = read("employee-schedules", defaults=True, locations=[str(place)])
    asked = {"getDefaultDaySchedule": "true", "fromDate": "/Date(1778040000000)/", "toDate": "/Date(1778040000000)/"}
    expected = [
        (str(one["ID"]), one["FullName"], day["Weekday"])
        for one in truth.all("/employees", place)
        for day in truth.get(f"/employee/{one['ID']}/schedule", place, **asked)["EmployeeDaySchedules"]
    ]
    assert [(row["employee_id"], row["employee_name"], row["weekday"]) for row in rows] == expected
    week = read("employee-schedules", start={"back": 6}, end={"back": 0}, locations=[str(place)])
    assert len(week) == len(rows)
    assert {row["date"] for row in week} <= {f"2026-05-0{day}" for day in range(1, 7)} | {"2026-04-30"}


# --- customer by customer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("expired", [True, False])
def test_customer_memberships(read: Read, truth: Truth, expired: bool) -> None:
    rows = read("customer-memberships", include_expired=expired)
    found = [
        (str(one["ID"]), str(part["CustomerMembershipID"]), part["Status"], part["AvailableQuantity"])
        for one in truth.in_full()
        for part in one["AvailableMembershipBenefits"]
        if expired or not part["IsExpired"]
    ]
    fields = ("customer_id", "customer_membership_id", "status", "available_quantity")
    assert sorted(tuple(row[name] for name in fields) for row in rows) == sorted(found)
    assert found


def test_customer_memberships_by_a_list_of_their_own(read: Read, settings: Any) -> None:
    usual = {row["customer_membership_id"] for row in read("customer-memberships")}
    settings.BOOKER_ASSUMED_PATHS = settings.BOOKER_ASSUMED_PATHS | {
        "customer_memberships": "/v4.1/merchant/customer/{id}/memberships"
    }
    assert {row["customer_membership_id"] for row in read("customer-memberships")} == usual


def test_notes(read: Read, truth: Truth) -> None:
    rows = read("notes")
    found = [
        (str(one["ID"]), str(note["ID"]), note["Text"].strip(), note["DateCreatedOffset"])
        for one in truth.in_full()
        for note in one["Notes"]
        if not one["RequestedToBeForgotten"]
    ]
    got = [(row["customer_id"], row["note_id"], row["text"], row["date_created"]) for row in rows]
    assert sorted(got, key=repr) == sorted(found, key=repr)
    assert found


# --- options that do not fit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "kept"),
    [
        ("rooms", {"include_expired": True}),
        ("customers", {}),
        ("customers", {"start": {"back": 1}}),
        ("customers", {"start": {"back": 1}, "end": {"back": 2}}),
        ("customers", {"start": {"date": "2026-05-02"}, "end": {"date": "2026-05-01"}}),
        ("customers", {"start": {"date": "2016-05-01"}, "end": {"date": "2026-05-10"}}),
        ("customers", {"start": {"date": "yesterday"}, "end": {"back": 0}}),
        ("customers", {"start": {"back": True}, "end": {"back": 0}}),
        ("orders", {"start": {"back": 1}, "end": {"back": 0}, "sub_report": "tips"}),
        ("employees", {"only_active": "yes"}),
        ("rooms", {"locations": ["../1"]}),
        ("rooms", {"locations": "1"}),
    ],
)
def test_what_does_not_fit_is_refused(slug: str, kept: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        REPORTS[slug].read(kept)


def test_as_many_days_as_may_be_counted_back_are_a_period() -> None:
    options = REPORTS["customers"].read({"start": {"back": MOST_BACK}, "end": {"back": 0}})
    days = options.days(dt.UTC, NOW)
    assert (days.last - days.first).days == MOST_BACK


@pytest.mark.parametrize("slug", REPORTS)
def test_options_come_back_as_they_were_kept(slug: str) -> None:
    report = REPORTS[slug]
    kept: dict[str, Any] = {name: True for name in ("include_expired", "only_active") if name in report.takes}
    if "locations" in report.takes:
        kept["locations"] = ["7", "8"]
    if "period" in report.takes:
        kept |= {"start": {"date": "2026-05-01"}, "end": {"back": 0}}
    assert report.read(kept).as_json() == kept


def test_a_location_that_is_not_there(read: Read) -> None:
    with pytest.raises(Unfit, match="None of the chosen"):
        read("rooms", locations=["999999"])


def test_a_location_alone(read: Read, booker: Connection, vendor: Vendor, truth: Truth) -> None:
    """Without a brand: a personal access token that belongs to one location."""
    told = vendor.story()["booker"]
    place = truth.locations[0]["ID"]
    booker.brand_id, booker.location_id = "", str(place)
    token = next(value for name, value in told["personal_access_tokens"].items() if name != "brand")
    booker.secrets = {**booker.secrets, "personal_access_token": token}
    booker.save()
    rows: list[Row] = read("rooms")
    assert {row["location_id"] for row in rows} == {str(place)}
    assert ids(rows, "room_id") == ids(truth.all("/rooms", place))


# --- what the sandbox does not do -------------------------------------------------------------------------------


Spoil = Callable[[str, dict[str, Any], dict[str, Any]], None]


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch) -> Callable[[Spoil], None]:
    """`spoiled(change)`: `change(path, asked, answered)` for each question that lists something."""
    find = source.PatientApi.find

    def use(change: Spoil) -> None:
        def spoiling(self: Any, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
            asked = dict(body)
            change(path, asked, {})
            answered = find(self, path, asked, **more)
            change(path, {}, answered)
            return answered

        monkeypatch.setattr(source.PatientApi, "find", spoiling)

    return use


def test_a_customer_comes_once_where_every_location_lists_all(read: Read, truth: Truth, spoiled: Any) -> None:
    spoiled(lambda path, asked, answered: asked.pop("FilterByExactLocationID", None))
    rows = read("customers")
    assert sorted(ids(rows, "customer_id")) == sorted(ids(truth.customers()))


def test_a_closed_location_is_asked_nothing_but_what_it_is(read: Read, truth: Truth, spoiled: Any) -> None:
    closed = str(truth.locations[0]["ID"])

    def close(path: str, asked: dict[str, Any], answered: dict[str, Any]) -> None:
        for row in answered.get("Results", []) if path.endswith("/locations") else []:
            row["Status"] = 5 if str(row["ID"]) == closed else row["Status"]

    spoiled(close)
    assert closed in ids(read("locations"), "location_id")
    assert closed not in ids(read("rooms"), "location_id")
    assert closed in ids(read("rooms", locations=[closed]), "location_id"), "unless it is asked for by name"


def test_orders_that_do_not_tell_their_items_are_asked_one_by_one(read: Read, spoiled: Any) -> None:
    usual = read("orders", sub_report="items")

    def slim(path: str, asked: dict[str, Any], answered: dict[str, Any]) -> None:
        for row in answered.get("Results", []) if path.endswith("/orders") else []:
            del row["Items"]

    spoiled(slim)
    assert read("orders", sub_report="items") == usual


def test_whoever_asked_to_be_forgotten_is_a_number(read: Read, truth: Truth, spoiled: Any) -> None:
    someone = next(one for one in truth.customers() if one["Email"] and one["LastName"])

    def forget(path: str, asked: dict[str, Any], answered: dict[str, Any]) -> None:
        for row in answered.get("Customers", []):
            if row["CustomerID"] == someone["ID"]:
                row["Customer"]["RequestedToBeForgotten"] = True

    spoiled(forget)
    (row,) = [row for row in read("customers") if row["customer_id"] == str(someone["ID"])]
    told = {name for name, value in row.items() if value is not None}
    assert told == {
        *("customer_id", "location_id", "location_name", "requested_to_be_forgotten", "is_active"),
        *("customer_record_type", "date_created", "date_last_modified"),
    }
