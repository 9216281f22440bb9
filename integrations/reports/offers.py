"""What locations offer and sell: treatments, rooms, products, membership plans."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from integrations.providers.booker import M
from integrations.providers.booker_api import Family
from integrations.providers.reading import entries
from integrations.reports import columns as c
from integrations.reports.columns import PLACE, Columns, Row, row_of
from integrations.reports.options import Options
from integrations.reports.source import Source

TREATMENTS: Columns = (
    *c.key("ID", "treatment_id"),
    *PLACE,
    *c.texts("Name", "DisplayName"),
    *c.text("Description", limit=4000),
    *c.lookup("Category"),
    *c.lookup("SubCategory"),
    *c.money("Price"),
    *c.whole("TotalDuration", "total_duration_minutes"),
    *c.whole("TreatmentDuration", "treatment_duration_minutes"),
    *c.whole("MinTreatmentDuration", "min_treatment_duration_minutes"),
    *c.whole("MaxTreatmentDuration", "max_treatment_duration_minutes"),
    *c.whole("EmployeeRecoveryDuration", "employee_recovery_minutes"),
    *c.whole("RoomRecoveryDuration", "room_recovery_minutes"),
    *c.lookup("DurationType"),
    *c.flags("IsActive", "IsDeleted", "IsClass", "IsForCouples", "RequiresTwoTechnicians", "DoesNotRequireStaff"),
    *c.flags("AllowCustomersToBookOnline", "IsVerifiedVisibleInOnlineBooking"),
    *c.whole("AvailableInAdvance"),
    *c.lookup("AvailableInAdvanceDateUnitType"),
    *c.keys("EmployeeIDs", "employee_ids"),
    *c.keys("RoomIDs", "room_ids"),
    *c.key("BillableItemID"),
    *c.key("BrandTreatmentID"),
    *c.moment("DateCreated"),
    *c.moment("DateLastModified"),
)
ROOMS: Columns = (
    *c.key("ID", "room_id"),
    *PLACE,
    *c.text("Name"),
    *c.text("Description", limit=2000),
    *c.whole("Capacity"),
    *c.lookup("Type"),
    *c.keys("Treatments", "treatment_ids"),
    *c.moment("DateCreated"),
    *c.moment("DateLastModified"),
)
PRODUCTS: Columns = (
    *c.key("ID", "product_id"),
    *PLACE,
    *c.text("Name"),
    *c.text("Description", limit=4000),
    *c.lookup("Category"),
    *c.lookup("SubCategory"),
    *c.flag("IsActive"),
    *c.key("Variant.ID", "variant_id"),
    *c.text("Variant.Name", "variant_name"),
    *c.text("Variant.SKU", "variant_sku", limit=100),
    *c.money("Variant.Price", "variant_price"),
    *c.whole("Variant.QuantityInStock", "variant_quantity_in_stock"),
    *c.whole("Variant.BackbarInventory", "variant_backbar_inventory"),
)
MEMBERSHIPS: Columns = (
    *c.key("ID", "membership_id"),
    *PLACE,
    *c.text("Name"),
    *c.text("Description", limit=4000),
    *c.text("Status", limit=60),
    *c.key("Level.ID", "level_id"),
    *c.text("Level.LevelName", "level_name"),
    *c.money("Level.Price", "level_price"),
    *c.key("Benefit.ID", "benefit_id"),
    *c.text("Benefit.Name", "benefit_name"),
    *c.text("Benefit.Status", "benefit_status", limit=60),
    *c.whole("Benefit.FreeItemQuantity", "free_item_quantity"),
    *c.flag("Benefit.IsUnlimited", "is_unlimited"),
    *c.whole("Benefit.DaysTillExpiration", "days_till_expiration"),
    *c.key("Benefit.ExpirationTypeID", "expiration_type_id"),
)


def treatments(source: Source, options: Options) -> Iterator[Row]:
    for location in source.locations(options):
        for row in source.listed(f"{M}/treatments", {}, ("Treatments", "Results"), at=location):
            yield row_of(TREATMENTS, {**row, "Place": location.place}, location.zone)


def rooms(source: Source, options: Options) -> Iterator[Row]:
    for location in source.locations(options):
        for row in source.listed(f"{M}/rooms", {}, at=location):
            yield row_of(ROOMS, {**row, "Place": location.place}, location.zone)


def products(source: Source, options: Options) -> Iterator[Row]:
    """A row for each variant; a product without any has one too."""
    path = settings.BOOKER_ASSUMED_PATHS["products"]
    for location in source.locations(options):
        for row in source.listed(path, {}, ("Results", "Products"), at=location):
            for variant in entries(row.get("ProductVariants")) or [{}]:
                yield row_of(PRODUCTS, {**row, "Place": location.place, "Variant": variant}, location.zone)


def memberships(source: Source, options: Options) -> Iterator[Row]:
    """The plans on offer at each location: a row for each benefit of each level, at least one for a plan."""
    path = settings.BOOKER_ASSUMED_PATHS["memberships"]
    family = Family.CUSTOMER if "/customer/" in path else Family.MERCHANT
    for location in source.locations(options):
        for row in source.listed(path, {}, ("Results", "Memberships"), at=location, family=family):
            for level in entries(row.get("Levels")) or [{}]:
                for benefit in entries(level.get("Benefits")) or [{}]:
                    about = {"Place": location.place, "Level": level, "Benefit": benefit}
                    yield row_of(MEMBERSHIPS, {**row, **about}, location.zone)
