"""What holds of every path: nothing sent by a stranger breaks it; and everything assumed is written down."""

import json
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.sandbox.booker import vendor
from integrations.sandbox.booker.assumptions import ASSUMPTIONS, Assumption
from integrations.sandbox.http import Route
from tests.sandbox.booker.spa import FIRST, FREE_DAY, MASSAGE, MIRA, NEW_YORK, Spa

CALM = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FIELDS = (
    "LocationID", "CustomerID", "ID", "UsePaging", "PageNumber", "PageSize", "SortBy", "Customer", "Email", "Phone",
    "AppointmentTreatmentDTOs", "FromDateLastModified", "FromStartDateOffset", "CustomerRecordType", "Itineraries",
    "ItineraryTimeSlotList", "StartDateTime", "EndDateTime", "ServiceID", "FirstName", "LastName", "fromDateTime",
    "locationId", "ItineraryTimeSlot", "IncompleteAppointmentID", "ClassInstanceID", "Password", "Quantity", "OrderID",
    "ProductVariantID", "PaymentItem", "Product", "SeriesID", "Price", "client_id", "TreatmentSubCategoryIDs",
    "locationId", "Gender", "Address", "DateOfBirth", "Notes", "grant_type",
)  # fmt: skip
LIKELY: tuple[Any, ...] = (
    NEW_YORK, MIRA, 8000005, True, "10001", f"{FREE_DAY}T12:00:00-05:00", "/Date(1800378000000-0500)/", 1, 0, -1, 2**53,
    {"ID": MIRA}, {"FirstName": "A", "LastName": "B"}, [{"SortBy": "Name", "SortDirection": 0}],
    [{"TreatmentID": MASSAGE, "EmployeeID": FIRST, "StartTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}],
    {"TreatmentTimeSlots": [{"TreatmentID": MASSAGE, "StartDateTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}]},
    {"Amount": {"Amount": 1}}, {"Amount": 2.5}, {"ProductVariantsToUpdate": [{"ID": 601011, "BackbarInventory": 1}]},
    [{"Treatments": [{"TreatmentID": MASSAGE}]}], [{"ItineraryProducts": [{"TreatmentId": MASSAGE, "Quantity": 3}]}],
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
VALUES = st.sampled_from(LIKELY) | st.recursive(SCALARS, lambda part: st.lists(part, max_size=2), max_leaves=4)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8)
QUERIES = st.dictionaries(
    st.sampled_from((*FIELDS, "locationIds[]", "fromDate", "toDate", "toDateTime", "serviceId", "booking_number")),
    st.sampled_from(("10001", "1", "", "true", f"{FREE_DAY}T12:00:00-05:00", FREE_DAY, "/Date(1)/", "x", "9" * 16)),
)


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


# The services of v4 are the same calls once more.
ONCE = [route for route in vendor.ROUTES if "<words" not in route.path]


@pytest.mark.parametrize("route", ONCE, ids=name_of)
def test_no_call_is_a_500(spa: Spa, route: Route) -> None:
    path = route.path
    for name, value in (("location_id", NEW_YORK), ("customer_id", MIRA), ("appointment_id", 8000005)):
        path = path.replace(f"<id:{name}>", str(value))
    for name, value in (
        ("employee_id", FIRST),
        ("treatment_id", MASSAGE),
        ("order_id", 6000001),
        ("product_id", 60101),
    ):
        path = path.replace(f"<id:{name}>", str(value))
    path = path.replace("<path:rest>", "merchant/nothing/of/the/kind")
    assert "<" not in path
    headers = spa.key("all") | {"Authorization": f"Bearer {spa.token}"}

    @CALM
    @given(BODIES, QUERIES)
    def tried(body: dict[str, Any], query: dict[str, str]) -> None:
        answer = spa.desk.ask(route.method, path, headers=headers, query=query, body=json.dumps(body).encode())
        assert answer.status < 500, answer.body

    tried()


CARRIED = [entry for entry in ASSUMPTIONS if entry.constant is not None]


@pytest.mark.parametrize("entry", CARRIED, ids=lambda entry: f"{entry.section} {entry.constant}")
def test_named_constant_exists(entry: Assumption) -> None:
    assert hasattr(import_module("integrations.sandbox.booker.assumptions"), str(entry.constant))


def test_no_assumption_is_written_twice() -> None:
    decisions = [entry.decision for entry in ASSUMPTIONS]

    assert len(decisions) == len(set(decisions))
