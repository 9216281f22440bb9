"""The walk of a long-lived Ruby client (R1 of the reference), over a socket, with nothing of it changed."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.booker.spa import CHICAGO
from tests.sandbox.processes import Running

SLASH = re.compile(r"/Date\((-?\d+)([+-]\d{4})\)/")


class RubyClient:
    """As it works: one subscription key, token by query or body and as Bearer, results found by guessing their key."""

    def __init__(self, http: httpx.Client, credentials: dict[str, Any]) -> None:
        self._http, self._credentials = http, credentials
        self._key = {"Ocp-Apim-Subscription-Key": credentials["subscription_keys"]["all"]}
        self.token = ""

    def sign_in(self) -> None:
        form = {
            "grant_type": "personal_access_token",
            "client_id": self._credentials["client_id"],
            "client_secret": self._credentials["client_secret"],
            "scope": "merchant",
            "personal_access_token": self._credentials["personal_access_tokens"]["brand"],
        }
        answer = self._http.post("/v5/auth/connect/token", data=form, headers=self._key).json()
        assert answer["token_type"] == "Bearer"
        assert answer["expires_in"] > 0
        self.token = answer["access_token"]

    def enter(self, location_id: int) -> None:
        """The answer is the new token, a bare string."""
        where = f"/v5/auth/context/update?locationId={location_id}"
        self.token = self._http.post(where, headers=self.headers).json()

    @property
    def claims(self) -> dict[str, Any]:
        middle = self.token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return found

    @property
    def headers(self) -> dict[str, str]:
        return self._key | {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def get(self, path: str, model: str, **query: Any) -> Any:
        given = query | {"access_token": self.token}
        return self._results(self._http.get(f"/v4.1/merchant{path}", params=given, headers=self.headers), model)

    def send(self, method: str, path: str, model: str, **body: Any) -> Any:
        given = body | {"access_token": self.token}
        answer = self._http.request(method, f"/v4.1/merchant{path}", json=given, headers=self.headers)
        return self._results(answer, model)

    def _results(self, answer: httpx.Response, model: str) -> Any:
        body = answer.json()
        assert answer.status_code == 200
        assert body
        assert not body.get("error")
        assert not body.get("ErrorMessage")
        return next((body[name] for name in ("Results", model, f"{model}s") if body.get(name) is not None), body)

    def pages(self, path: str, model: str, **body: Any) -> list[Any]:
        """Until an empty page, whatever the total says."""
        found: list[Any] = []
        number = 1
        while page := self.send("POST", path, model, UsePaging=True, PageSize=10, PageNumber=number, **body):
            found += page
            number += 1
        return found


def read(text: str, *, zone: ZoneInfo) -> datetime:
    """Eastern digits, read in the location's zone; without a suffix it would be 1970."""
    found = SLASH.fullmatch(text)
    assert found is not None, text
    digits = datetime.fromtimestamp(int(found[1]) / 1000, ZoneInfo("America/New_York")).replace(tzinfo=None)
    return digits.replace(tzinfo=zone)


@pytest.fixture
def ruby(process: Running) -> RubyClient:
    client = RubyClient(process.http, process.http.get("/__story").json()["booker"])
    client.sign_in()
    client.enter(CHICAGO)
    return client


def test_walk_through_a_location(ruby: RubyClient) -> None:
    assert ruby.claims["location_id"] == CHICAGO
    assert isinstance(ruby.claims["exp"], int)

    location = ruby.get(f"/location/{CHICAGO}", "Location")
    assert location["TimeZone"]["Name"] == "(GMT-06:00) Central Time (US & Canada)"
    assert ruby.get(f"/location/{CHICAGO}/online_booking_settings", "OnlineBookingSettings")

    ids = [one["CustomerID"] for one in ruby.pages("/customers", "Customer", LocationID=CHICAGO, CustomerRecordType=1)]
    assert len(ids) == len(set(ids)) > 10

    zone = ZoneInfo("America/Chicago")
    appointments = ruby.pages("/appointments/partial", "Appointment", LocationID=CHICAGO)
    for one in appointments:
        instant = read(one["StartDateTime"], zone=zone).astimezone(UTC)
        assert instant == datetime.fromisoformat(one["StartDateTimeOffset"])
    for path, model in (("/employees", "Employee"), ("/treatments", "Treatment"), ("/orders/partial", "Order")):
        assert ruby.pages(path, model, LocationID=CHICAGO)


def test_reads_changes_and_writes_back(ruby: RubyClient, process: Running) -> None:
    customer_id = process.http.get("/__story").json()["booker"]["clients"][str(CHICAGO)]
    kept = ruby.get(f"/customer/{customer_id}", "Customer")["Customer"]
    base = {name: kept[name] for name in ("FirstName", "LastName", "Email", "CellPhone", "HomePhone", "Address")}
    body = {"CustomerID": customer_id, "LocationID": CHICAGO, "Customer": base | {"HomePhone": "3125550155"}}
    ruby.send("PUT", f"/customer/{customer_id}", "Customer", **body)

    again = ruby.get(f"/customer/{customer_id}", "Customer")["Customer"]
    assert (again["HomePhone"], again["Email"]) == ("3125550155", kept["Email"])


def test_confirms_an_appointment(ruby: RubyClient, process: Running) -> None:
    visits = process.http.get("/__story").json()["booker"]["visits"][str(CHICAGO)]

    assert ruby.send("PUT", "/appointment/confirm", "Appointment", ID=visits["two_treatments"])["ID"]
    assert ruby.get(f"/appointment/{visits['two_treatments']}", "Appointment")["Status"]["Name"] == "Confirmed"


def test_availability_as_a_tree(ruby: RubyClient, process: Running) -> None:
    query = {
        "locationIds[]": [CHICAGO],
        "fromDateTime": "2027-01-19T00:00:00-06:00",
        "toDateTime": "2027-01-19T23:59:59-06:00",
        "includeEmployees": "true",
    }
    headers = {"Ocp-Apim-Subscription-Key": "sandbox-booker-key", "Authorization": f"Bearer {ruby.token}"}
    (tree,) = process.http.get("/v5/availability/availability", params=query, headers=headers).json()

    massage = tree["serviceCategories"][0]["services"][0]
    assert massage["availability"][0]["startDateTime"] == "2027-01-19T09:30:00-06:00"


# ---- what happens below HTTP, and at the same moment


def booking(customer_id: int, at: str) -> dict[str, Any]:
    entry = {"TreatmentID": 7201, "EmployeeID": 30201, "StartTimeOffset": f"2027-01-21T{at}:00-06:00"}
    return {"LocationID": CHICAGO, "Customer": {"ID": customer_id}, "AppointmentTreatmentDTOs": [entry]}


def test_booking_whose_reply_is_lost_is_found_again(ruby: RubyClient, process: Running) -> None:
    customer_id = process.http.get("/__story").json()["booker"]["clients"][str(CHICAGO)]
    process.fault("lost_reply", path="/v4.1/merchant/appointment$", method="POST")
    with pytest.raises(httpx.TransportError):
        ruby.send("POST", "/appointment", "Appointment", **booking(customer_id, "10:00"))

    when = {"FromStartDateOffset": "2027-01-21T10:00:00-06:00", "ToStartDateOffset": "2027-01-21T10:00:00-06:00"}
    (found,) = ruby.send("POST", "/appointments", "Appointment", LocationID=CHICAGO, CustomerID=customer_id, **when)
    assert found["AppointmentTreatments"][0]["EmployeeID"] == 30201


def test_one_of_many_at_once_gets_the_time(ruby: RubyClient, process: Running) -> None:
    customer_id = process.http.get("/__story").json()["booker"]["clients"][str(CHICAGO)]
    body = booking(customer_id, "13:00") | {"access_token": ruby.token}

    def asked(_: int) -> bool:
        with httpx.Client(base_url=process.address, headers=ruby.headers) as client:
            return bool(client.post("/v4.1/merchant/appointment", json=body).json()["IsSuccess"])

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(asked, range(8))) == 1
