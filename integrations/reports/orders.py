"""Orders, and their items or refunds.

A sub-report makes one row of each item, which would count an order's totals as often as it has items: they stand on
the first row of an order only, which says so (`is_first_row_of_order`). So every column may be summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.providers import booker_dates as dates
from integrations.providers.booker import M
from integrations.providers.reading import entries, members, optional_id
from integrations.reports import columns as c
from integrations.reports.columns import PLACE, Columns, Row, row_of
from integrations.reports.options import Options, SubReport
from integrations.reports.source import Location, Source

_ORDER: Columns = (
    *c.key("ID", "order_id"),
    *PLACE,
    *c.text("OrderNumber", limit=60),
    *c.key("CustomerID"),
    *c.key("AppointmentID"),
    *c.lookup("Status"),
    *c.flags("IsCompleted", "SavedInProgress"),
    *c.moment("DateCreated"),
    *c.moment("DateCompleted"),
    *c.moment("DatePaid"),
    *c.flag("IsFirst", "is_first_row_of_order"),
    *c.money("Once.TotalBeforeTaxes", "total_before_taxes"),
    *c.money("Once.FinalTotal", "final_total"),
)
_ITEM: Columns = (
    *c.key("Part.ID", "item_id"),
    *c.text("Part.Name", "item_name"),
    *c.whole("Part.Quantity", "item_quantity"),
    *c.lookup("Part.Type", "item_type"),
    *c.key("Part.TreatmentID", "item_treatment_id"),
    *c.key("Part.ProductVariantID", "item_product_variant_id"),
    *c.key("Part.EmployeeID", "item_employee_id"),
    *c.money("Part.DynamicPrice.OriginalPrice", "item_original_price"),
    *c.money("Part.DynamicPrice.Discount", "item_discount"),
    *c.money("Part.DynamicPrice.FinalPrice", "item_final_price"),
)
_REFUND: Columns = (
    *c.key("Part.ID", "refund_id"),
    *c.key("Part.OrderItemID", "refund_order_item_id"),
    *c.money("Part.Amount", "refund"),
    *c.moment("Part.DateRefunded", "refund_date"),
)
# Booker's name of the parts, and their columns.
PARTS: dict[SubReport, tuple[str, Columns]] = {
    SubReport.NONE: ("", ()),
    SubReport.ITEMS: ("Items", _ITEM),
    SubReport.REFUNDS: ("Refunds", _REFUND),
}


def columns(options: Options) -> Columns:
    return (*_ORDER, *PARTS[options.sub_report][1])


def orders(source: Source, options: Options) -> Iterator[Row]:
    """Orders created in the period, on the location's own days. One without items, or refunds, has a row too."""
    wanted, name = columns(options), PARTS[options.sub_report][0]
    for location in source.locations(options):
        days = options.days(location.zone, source.now)
        asked = {
            "FromDateCreatedOffset": dates.write(days.start, location.zone),
            "ToDateCreatedOffset": dates.write_last(days.end, location.zone),
            "SortBy": [{"SortBy": "DateCreated", "SortDirection": 0}],
        }
        for order in source.listed(f"{M}/orders", asked, at=location):
            for index, part in enumerate(_parts(source, order, name, location) or [{}]):
                about = {"Place": location.place, "Part": part, "IsFirst": not index, "Once": {} if index else order}
                yield row_of(wanted, {**order, **about}, location.zone)


def _parts(source: Source, order: dict[str, Any], name: str, location: Location) -> list[dict[str, Any]]:
    """An order of a list that does not tell its parts at all is asked for by itself (section 5.1)."""
    if not name:
        return []
    if name not in order and (found := optional_id(order.get("ID"))):
        body = source.one(f"{M}/order/{{id}}", found, location, [("excludeCustomerObject", "true")]) or {}
        order = members(body.get("Order")) or body
    return entries(order.get(name))
