"""The twelve reports, in the order of Domo's menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.reports import offers, orders, people, places
from integrations.reports.columns import Columns, Row
from integrations.reports.options import Option, Options
from integrations.reports.source import Source

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Report:
    """`columns` may depend on the options. `assumed`: what of it nobody has confirmed; `note`: how to read it."""

    slug: str
    title: Words
    sentence: Words
    takes: frozenset[Option]
    columns: Callable[[Options], Columns]
    rows: Callable[[Source, Options], Iterator[Row]]
    assumed: Words = ""
    note: Words = ""

    def read(self, kept: Mapping[str, Any]) -> Options:
        """Raises Unfit."""
        return Options.read(kept, self.takes)


def _fixed(columns: Columns) -> Callable[[Options], Columns]:
    return lambda options: columns


_MODIFIED = _("Each location's days are its own: from midnight to midnight on its clock.")
_ONE_BY_ONE = _("One call for each customer, so it takes a while where many were modified.")

_ALL = (
    Report(
        "customers",
        _("Customers"),
        _("Customers who were modified in a period."),
        frozenset({Option.PERIOD}),
        _fixed(people.CUSTOMERS),
        people.customers,
        note=_MODIFIED,
    ),
    Report(
        "customer-memberships",
        _("Customer memberships"),
        _("What customers who were modified in a period have as members."),
        frozenset({Option.PERIOD, Option.INCLUDE_EXPIRED}),
        _fixed(people.CUSTOMER_MEMBERSHIPS),
        people.customer_memberships,
        note=_ONE_BY_ONE,
    ),
    Report(
        "employees",
        _("Employees"),
        _("Who works at the locations."),
        frozenset({Option.LOCATIONS, Option.IGNORE_FREELANCERS, Option.ONLY_ACTIVE}),
        _fixed(people.EMPLOYEES),
        people.employees,
    ),
    Report(
        "employee-schedules",
        _("Employee schedules"),
        _("When people work: their usual week, or the days of a period."),
        frozenset({Option.LOCATIONS, Option.PERIOD, Option.DEFAULTS}),
        _fixed(places.EMPLOYEE_SCHEDULES),
        places.employee_schedules,
        assumed=_(
            "Where Booker keeps the hours of one person is not documented; the address is taken after that of a"
            " location's hours (BOOKER_ASSUMED_PATHS, employee_schedule)."
        ),
        note=_("One call for each employee and month."),
    ),
    Report(
        "locations",
        _("Locations"),
        _("The locations themselves, closed ones too."),
        frozenset({Option.LOCATIONS}),
        _fixed(places.LOCATIONS),
        places.locations,
    ),
    Report(
        "location-schedules",
        _("Location schedules"),
        _("When locations are open: their usual week, or the days of a period."),
        frozenset({Option.LOCATIONS, Option.PERIOD, Option.DEFAULTS}),
        _fixed(places.LOCATION_SCHEDULES),
        places.location_schedules,
        assumed=_("In which field a day's own date comes is not documented; `Date` is assumed."),
    ),
    Report(
        "memberships",
        _("Memberships"),
        _("The membership plans on offer."),
        frozenset(),
        _fixed(offers.MEMBERSHIPS),
        offers.memberships,
        assumed=_(
            "The address is carried over from an older version, and most fields of a plan are not documented"
            " (BOOKER_ASSUMED_PATHS, memberships)."
        ),
        note=_("A plan that several locations offer has rows for each of them, one for each benefit of a level."),
    ),
    Report(
        "notes",
        _("Notes"),
        _("What was noted about customers who were modified in a period."),
        frozenset({Option.PERIOD}),
        _fixed(people.NOTES),
        people.notes,
        assumed=_(
            "Where Booker keeps progress notes is not known: until it is (BOOKER_ASSUMED_PATHS, progress_notes)"
            " the report has customer notes alone."
        ),
        note=_ONE_BY_ONE,
    ),
    Report(
        "products",
        _("Products"),
        _("What is sold beside treatments."),
        frozenset(),
        _fixed(offers.PRODUCTS),
        offers.products,
        assumed=_("The fields of a product are not documented (BOOKER_ASSUMED_PATHS, products)."),
        note=_("A row for each variant of a product."),
    ),
    Report(
        "orders",
        _("Orders"),
        _("Orders created in a period, with their items or refunds if you like."),
        frozenset({Option.LOCATIONS, Option.PERIOD, Option.SUB_REPORT}),
        orders.columns,
        orders.orders,
        assumed=_("The fields of items and refunds are not documented."),
        note=_(
            "With items or refunds an order has several rows. Its totals stand on the first one only"
            " (is_first_row_of_order), so that they may be summed up."
        ),
    ),
    Report(
        "rooms",
        _("Rooms"),
        _("The rooms of the locations, and which treatments they host."),
        frozenset({Option.LOCATIONS}),
        _fixed(offers.ROOMS),
        offers.rooms,
    ),
    Report(
        "treatments",
        _("Treatments"),
        _("The treatments that locations offer, who gives them and where."),
        frozenset({Option.LOCATIONS}),
        _fixed(offers.TREATMENTS),
        offers.treatments,
    ),
)
REPORTS: dict[str, Report] = {one.slug: one for one in _ALL}
