from typing import Any

import pytest

from tests.sandbox.booker.spa import MIRA, NEW_YORK, Spa, failure

ANA = {
    "LocationID": NEW_YORK,
    "FirstName": "Ana",
    "LastName": "Web",
    "Email": "Ana.Web@example.org",
    "CellPhone": "2125550177",
}


@pytest.mark.parametrize("side", ["merchant", "customer"])
def test_new_client_is_found(spa: Spa, side: str) -> None:
    answer = getattr(spa, side)("POST", "/customer", **ANA)

    (found,) = spa.found("customers", "Customers", Email="ana.web@example.org")
    assert found["CustomerID"] == answer.body["CustomerID"]
    assert found["Customer"]["DateCreatedOffset"] == "2026-11-20T05:20:00-05:00"


def test_phone_may_come_as_a_number(spa: Spa) -> None:
    made = spa.customer("POST", "/customer", **(ANA | {"CellPhone": 2125550177})).body["CustomerID"]

    assert spa.client(made)["CellPhone"] == "2125550177"


def test_taken_email_is_error_thirteen(spa: Spa) -> None:
    answer = spa.customer("POST", "/customer/account", **(ANA | {"Email": "MIRA.Okafor@example.org", "Password": "x"}))

    assert failure(answer) == (200, 13, False)
    assert answer.body["ErrorMessage"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"FirstName": ""}, "FirstName"), ({"Email": "nowhere"}, "Email"), ({"DateOfBirthOffset": "1990"}, "DateOfBirth")],
)
def test_unreadable_clients_are_refused(spa: Spa, changes: dict[str, Any], field: str) -> None:
    answer = spa.merchant("POST", "/customer", **(ANA | changes))

    assert failure(answer) == (200, 200, False)
    assert answer.body["ArgumentErrors"][0]["ArgumentName"] == field


def test_account_wants_a_password(spa: Spa) -> None:
    assert failure(spa.customer("POST", "/customer/account", **ANA)) == (200, 200, False)
    assert spa.customer("POST", "/customer/account", **ANA, Password="x").body["CustomerID"]


def test_merchant_side_replaces_contact_and_keeps_the_rest(spa: Spa) -> None:
    new = {
        "FirstName": "Mira",
        "LastName": "Lind",
        "Email": "mira@example.org",
        "DateOfBirthOffset": "1982-01-22T00:00:00-05:00",
    }
    assert spa.merchant("PUT", f"/customer/{MIRA}", CustomerID=MIRA, LocationID=NEW_YORK, Customer=new).body[
        "IsSuccess"
    ]
    mira = spa.client()

    assert (mira["LastName"], mira["Email"], mira["CellPhone"]) == ("Lind", "mira@example.org", "")
    assert mira["Address"]["City"] == "New York"
    assert mira["DateOfBirthOffset"] == "1982-01-22T00:00:00-05:00"


def test_customer_side_keeps_what_is_not_sent(spa: Spa) -> None:
    answer = spa.customer("PUT", f"/customer/{MIRA}", LocationID=NEW_YORK, LastName="Lind", AllowReceiveSMS=False)
    mira = spa.client()

    assert answer.body["IsSuccess"]
    assert (mira["LastName"], mira["CellPhone"], mira["AllowReceiveSMS"]) == ("Lind", "2125550100", False)


def test_change_is_found_by_when_it_was_made(spa: Spa) -> None:
    spa.desk.at("2026-11-20T10:30:00Z")
    spa.customer("PUT", f"/customer/{MIRA}", LocationID=NEW_YORK, LastName="Lind")

    since = {"FromDateLastModifiedOffset": "2026-11-20T05:30:00-0500"}
    assert [one["CustomerID"] for one in spa.found("customers", "Customers", **since)] == [MIRA]


def test_read_change_write_back_changes_nothing_else(spa: Spa) -> None:
    before = spa.client()
    changed = before | {"CellPhone": "2125550188"}
    spa.merchant("PUT", f"/customer/{MIRA}", CustomerID=MIRA, LocationID=NEW_YORK, Customer=changed)

    touched = {"DateLastModified", "DateLastModifiedOffset"}
    after = spa.client()
    assert {name for name in after if after[name] != changed.get(name)} == touched
