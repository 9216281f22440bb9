"""Clients of the spa who log in themselves, as sites and apps for consumers let them."""

from typing import Any

from tests.sandbox.booker.spa import MIRA, NEW_YORK, Spa, failure
from tests.sandbox.desk import Answer

ADA = {"LocationID": str(NEW_YORK), "FirstName": "Ada", "LastName": "Web", "Email": "Ada@example.org"}


def join(spa: Spa) -> int:
    answer = spa.customer("POST", "/customer/account", **ADA, Password="first")
    made: int = answer.body["CustomerID"]
    return made


def log_in(spa: Spa, password: str, **more: Any) -> Answer:
    """Without a token: this call is how one is had."""
    who = {"client_id": spa.story["client_id"], "client_secret": spa.story["client_secret"]}
    body = who | {"LocationID": NEW_YORK, "Email": "ada@example.org", "Password": password} | more
    return spa.desk.ask("POST", "/v4.1/customer/customer/login", headers=spa.key("customer"), body=body)


def test_login_brings_a_token_and_herself(spa: Spa) -> None:
    ada = join(spa)
    answer = log_in(spa, "first").body

    assert (answer["error"], answer["Customer"]["CustomerID"]) == (None, ada)
    assert answer["Customer"]["Customer"]["CustomerCreditCards"] == []
    query = {"access_token": answer["access_token"]}
    own = spa.desk.ask("GET", f"/v4.1/customer/customer/{ada}", headers=spa.key("customer"), query=query)
    assert own.body["Customer"]["Customer"]["Email"] == "Ada@example.org"


def test_no_login_is_an_error_with_a_good_status(spa: Spa) -> None:
    join(spa)

    for answer in (
        log_in(spa, "wrong"),
        log_in(spa, "first", Email="x@example.org"),
        log_in(spa, "first", client_id=""),
    ):
        assert (answer.status, answer.body["access_token"]) == (200, None)
        assert answer.body["error"]


def test_own_token_is_no_business_token(spa: Spa) -> None:
    join(spa)
    token = log_in(spa, "first").body["access_token"]

    assert failure(spa.merchant("POST", "/customers", token=token)) == (200, 403, False)


def test_password_is_changed_by_who_knows_the_old_one(spa: Spa) -> None:
    body = {"CustomerID": join(spa), "Email": "ada@example.org", "NewPassword": "second", "LocationID": NEW_YORK}
    assert failure(spa.customer("POST", "/customer/password", OldPassword="wrong", **body)) == (200, 303, False)
    assert (
        failure(spa.customer("POST", "/customer/password", OldPassword="first", **(body | {"CustomerID": MIRA})))[2]
        is False
    )
    assert spa.customer("POST", "/customer/password", OldPassword="first", **body).body["IsSuccess"]

    assert log_in(spa, "first").body["error"]
    assert log_in(spa, "second").body["access_token"]


def test_forgotten_password_sends_nothing(spa: Spa) -> None:
    assert spa.customer("POST", "/forgot_password/custom", Email="ada@example.org", Firstname="Ada").body["IsSuccess"]
    assert failure(spa.customer("POST", "/password/reset", Key="any", Password="second")) == (200, 200, False)


def test_logging_out_is_answered(spa: Spa) -> None:
    assert spa.customer("POST", "/logout").body["IsSuccess"]
    assert spa.customer("GET", "/logout").body["IsSuccess"]


def test_deleted_client_does_not_log_in(spa: Spa) -> None:
    spa.desk.panel("DELETE", f"/__sandbox/booker/customer/{join(spa)}")

    assert log_in(spa, "first").body["error"]


def test_membership_is_bought_and_found(spa: Spa) -> None:
    ada = join(spa)
    bought = {"MembershipProgramID": 802, "CustomerID": ada, "LocationID": NEW_YORK}
    assert spa.customer("POST", "/membership/purchase", **bought).body["IsSuccess"]

    (found,) = spa.customer("POST", "/customer/memberships", CustomerID=ada, LocationID=NEW_YORK).body["Results"]
    assert (found["LevelName"], found["Status"]) == ("Juniper", "Active")
    assert failure(spa.customer("POST", "/membership/purchase", **(bought | {"MembershipProgramID": 1})))[1] == 404
