"""Never a 500, whatever is sent; and what every answer has in common."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.sandbox.booxi.vendor import BASE, ROUTES
from integrations.sandbox.crm import vendor as crm_vendor
from integrations.sandbox.http import Route
from tests.sandbox.booxi.test_keys import path_of
from tests.sandbox.desk import ANA, CRM, CUT, FREE_DAY, PARTNER, Desk, booking_body, merchant_key

WRITES = [route for route in ROUTES if route.method in ("POST", "PUT")]
BOTH = PARTNER | merchant_key(501)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PROPERTIES = (
    "merchantId", "bookingMethod", "status", "startsOn", "staffId", "items", "client", "serviceId", "groupEventId",
    "attendees", "presence", "isCompleted", "quickNote", "modifiedByStaffId", "range", "bookingItems", "searchMode",
    "onlyIncludeStaffs", "type", "start", "end", "externalId", "metadata", "firstName", "email", "dateOfBirth", "id",
)  # fmt: skip
TEN = f"{FREE_DAY}T10:00:00Z"
LIKELY = st.sampled_from([501, ANA, CUT, "Approved", "Appointment", "GroupReservation", TEN, "verbose", 17])
ENTRIES = st.lists(st.dictionaries(st.sampled_from(PROPERTIES), LIKELY))
BODIES = st.dictionaries(st.sampled_from(PROPERTIES), JSON | LIKELY | ENTRIES)
PARAMETERS = (
    "from", "to", "staffId", "clientId", "merchantId", "cursor", "offset", "limit", "eventType", "include", "order",
    "rules", "ignoreError", "moduleId", "externalId", "firstName", "lastName", "email", "phoneNumber", "status",
)  # fmt: skip
WORDS = st.text(max_size=12).filter(str.isprintable) | st.sampled_from(["501", "7001", TEN, "None", "9" * 30])
QUERIES = st.dictionaries(st.sampled_from(PARAMETERS), WORDS, max_size=5)
CALM = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", WRITES, ids=name_of)
def test_no_body_is_a_500(desk: Desk, route: Route) -> None:
    @CALM
    @given(BODIES | JSON)
    def tried(body: Any) -> None:
        answer = desk.ask(route.method, path_of(route), headers=BOTH, body=json.dumps(body).encode())
        assert answer.status < 500, answer.body

    tried()


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_no_query_is_a_500(desk: Desk, route: Route) -> None:
    @CALM
    @given(QUERIES)
    def tried(query: dict[str, str]) -> None:
        answer = desk.ask(route.method, path_of(route), headers=BOTH, query=query)
        assert answer.status < 500, answer.body

    tried()


FORMS = ("/calendar", "/widget", "/crm", "/crm/customer/CUST-9", "/booker", "/auth/connect/authorize", "/__chaos")
FIELDS = (
    "action", "merchantId", "bookingId", "serviceId", "staffId", "at", "day", "date", "startsOn", "firstName", "email",
    "lastName", "consent", "customerId", "clientId", "q", "into", "mobile", "first_name", "fault", "times", "share",
    "locationId", "appointmentId", "treatmentId", "employeeId", "FirstName", "LastName", "client_id", "redirect_uri",
)  # fmt: skip
ANSWERS = [
    "book",
    "move",
    "confirm",
    "cancel",
    "create",
    "save",
    "merge",
    "501",
    "7001",
    "9001",
    "10001",
    "8000005",
    "cancel",
    TEN,
    TEN[:16],
]
TYPED = st.dictionaries(st.sampled_from(FIELDS), WORDS | st.sampled_from(ANSWERS) | st.text(max_size=5))


@pytest.mark.parametrize("path", FORMS)
def test_no_form_is_a_500(desk: Desk, path: str) -> None:
    @CALM
    @given(TYPED)
    def tried(form: dict[str, str]) -> None:
        assert desk.client.post(path, data={**form}).status_code < 500
        assert desk.ask("GET", path, query=form).status < 500

    tried()


CRM_FIELDS = ("first_name", "email", "phone", "mobile", "consent", "language", "allow_duplicate", "into")
CRM_BODIES = st.dictionaries(st.sampled_from(CRM_FIELDS), JSON | st.sampled_from(["CUST-9", "+33639980009", True]))


@pytest.mark.parametrize("route", crm_vendor.ROUTES, ids=name_of)
def test_no_crm_call_is_a_500(desk: Desk, route: Route) -> None:
    path = crm_vendor.BASE + route.path.replace("<customer_id>", "CUST-77")

    @CALM
    @given(CRM_BODIES | JSON, st.dictionaries(st.sampled_from(("email", "phone", "external_id")), WORDS))
    def tried(body: Any, query: dict[str, str]) -> None:
        answer = desk.ask(route.method, path, headers=CRM, query=query, body=json.dumps(body).encode())
        assert answer.status < 500, answer.body

    tried()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1e999, "merchantId": Infinity}',
        b"[" * 100_000,
        b'{"merchantId": ' + b"9" * 5000 + b"}",
        b'{"quickNote": "\\u0000"}',
        b'{"quickNote": "\\ud800"}',
        b'{"a":' * 50 + b"1" + b"}" * 50,
    ],
)
def test_unreadable_body_is_bad(desk: Desk, raw: bytes) -> None:
    assert desk.partner("POST", "/booking", body=raw).status == 400


def test_overlong_body_is_too_large(desk: Desk) -> None:
    assert desk.partner("POST", "/booking", body=b'{"quickNote": "' + b"x" * 1_000_001 + b'"}').status == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/"),
        ("DELETE", "/booking/ABC123"),
        ("PUT", "/booking/ABC123/payment/1"),
        ("GET", "/merchantAvailability"),
        ("POST", "/merchant"),
        ("GET", "/client/-1"),
        ("GET", "/client/" + "9" * 40),
        ("GET", "/client/٣"),
    ],
)
def test_what_is_not_implemented_is_not_found(desk: Desk, method: str, path: str) -> None:
    answer = desk.partner(method, path)

    assert (answer.status, answer.body["code"]) == (404, 404)


def test_answers_are_json(desk: Desk) -> None:
    answer = desk.partner("GET", "/merchant/501")

    assert answer.headers["Content-Type"] == "application/json"
    assert "é" in answer.body["name"]


def test_hostile_text_comes_back_as_it_was(desk: Desk) -> None:
    note = "<script>'; DROP TABLE booking; --\u202e\u200b😀"

    assert desk.book(f"{FREE_DAY}T10:00:00Z", quickNote=note).body["quickNote"] == note


def test_failed_write_leaves_nothing_behind(desk: Desk) -> None:
    desk.booked(f"{FREE_DAY}T10:00:00Z")
    before = desk.panel("GET", "/__sandbox/summary").body
    client = {"firstName": "Nora", "lastName": "Neuve", "email": "nora@example.org"}

    assert desk.book(f"{FREE_DAY}T10:00:00Z", client=client).status == 409
    assert desk.panel("GET", "/__sandbox/summary").body == before


def test_unexpected_failure_names_no_content(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.state.writing() as db:
        db.execute("DROP TABLE staff_service")
    answer = desk.partner("POST", "/booking", body=booking_body(f"{FREE_DAY}T10:00:00Z"))

    assert answer.status == 500
    assert "OperationalError" in capsys.readouterr().err
    assert "staff_service" not in str(answer.body)


def test_every_route_is_written_once() -> None:
    paths = [(route.method, route.path) for route in ROUTES]

    assert len(paths) == len(set(paths))
    assert BASE == "/booking/v1"
