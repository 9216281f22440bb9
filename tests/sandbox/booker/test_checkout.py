"""Orders as a till writes them."""

from typing import Any

import pytest

from tests.sandbox.booker.spa import MIRA, NEW_YORK, TEODOR, Spa, failure

OIL, OIL_PRODUCT = 601011, 60101  # a bottle for 28.00, twelve of which are on the shelf


def opened(spa: Spa, **more: Any) -> Any:
    return spa.merchant("POST", "/order", LocationID=NEW_YORK, **more).body["Order"]


def filled(spa: Spa, quantity: int = 2) -> Any:
    order = opened(spa)
    body = {"OrderID": order["ID"], "ProductVariantID": OIL, "Quantity": quantity}
    return spa.merchant("PUT", "/order/add_product", **body).body["Order"]


def pay(spa: Spa, order_id: int, amount: float) -> Any:
    item = {"Method": {"ID": 4, "Name": "Cash"}, "Amount": {"Amount": amount}}
    return spa.merchant("POST", f"/order/{order_id}/add_payment", PaymentItem=item)


def bottle(spa: Spa) -> Any:
    products = spa.merchant("POST", "/order/find_products", LocationID=NEW_YORK).body["Results"]
    (variant,) = (one for product in products for one in product["ProductVariants"] if one["ID"] == OIL)
    return variant


def test_order_begins_empty_and_nobodys(spa: Spa) -> None:
    order = opened(spa)

    assert (order["Items"], order["CustomerID"], order["Customer"]) == ([], None, None)
    assert (order["Status"]["Name"], order["SavedInProgress"]) == ("Open", True)
    assert opened(spa, CustomerID=MIRA)["Customer"]["FirstName"] == "Mira"


def test_products_make_the_total(spa: Spa) -> None:
    order = filled(spa)

    assert (order["TotalBeforeTaxes"]["Amount"], order["FinalTotal"]["Amount"]) == (56, 60.48)
    assert (order["Items"][0]["ProductVariantID"], order["Items"][0]["Quantity"]) == (OIL, 2)


def test_price_is_overridden(spa: Spa) -> None:
    order = filled(spa)
    body = {"OrderItemID": order["Items"][0]["ID"], "Price": {"Amount": 10.5}}

    answer = spa.merchant("PUT", f"/order/{order['ID']}/override_price", **body)
    assert answer.body["Order"]["TotalBeforeTaxes"]["Amount"] == 21
    assert failure(spa.merchant("PUT", f"/order/{opened(spa)['ID']}/override_price", **body)) == (200, 200, False)


def test_customer_is_added(spa: Spa) -> None:
    order = filled(spa)
    answer = spa.merchant("POST", f"/order/{order['ID']}/add_customer", Customer={"ID": TEODOR})

    assert answer.body["Order"]["CustomerID"] == TEODOR
    found = spa.found("orders", CustomerID=TEODOR)
    assert order["ID"] in [one["ID"] for one in found]


def test_paid_when_all_of_it_is_paid(spa: Spa) -> None:
    order = filled(spa)

    assert pay(spa, order["ID"], 60).body["Order"]["Status"]["Name"] == "Open"
    paid = pay(spa, order["ID"], 0.48).body["Order"]
    assert (paid["Status"]["Name"], paid["DatePaidOffset"]) == ("Paid", "2026-11-20T05:20:00-05:00")
    assert failure(pay(spa, order["ID"], 1)) == (200, 302, False)


@pytest.mark.parametrize("how", ["place_order", "close"])
def test_placed_once_and_off_the_shelf(spa: Spa, how: str) -> None:
    order = filled(spa)
    assert spa.merchant("POST", f"/order/{order['ID']}/{how}").body["Order"]["IsCompleted"]

    assert bottle(spa)["QuantityInStock"] == 10
    assert failure(spa.merchant("POST", f"/order/{order['ID']}/{how}")) == (200, 302, False)
    assert bottle(spa)["QuantityInStock"] == 10


@pytest.mark.parametrize(
    "change", [{"ProductVariantID": 1}, {"Quantity": 0}, {"Quantity": None}, {"ProductVariantID": 602011}]
)
def test_unreadable_products_are_refused(spa: Spa, change: dict[str, Any]) -> None:
    body = {"OrderID": opened(spa)["ID"], "ProductVariantID": OIL, "Quantity": 1} | change

    assert failure(spa.merchant("PUT", "/order/add_product", **body)) == (200, 200, False)


@pytest.mark.parametrize("amount", [-1, "1", None, True, 10**9])
def test_unreadable_amounts_are_refused(spa: Spa, amount: Any) -> None:
    assert failure(pay(spa, filled(spa)["ID"], amount)) == (200, 200, False)


def test_deposit_changes_nothing(spa: Spa) -> None:
    order = filled(spa)

    assert spa.merchant("POST", f"/order/{order['ID']}/deposit").body["Order"] == order


def test_order_names_who_did_it_and_the_customer_side_reads_it(spa: Spa) -> None:
    sold = next(one for one in spa.found("orders") if one["Items"][0]["EmployeeID"])
    order = spa.customer("POST", f"/order/{sold['ID']}").body["Order"]

    names = {one["ID"]: one["FullName"] for one in spa.found("employees")}
    assert order["Items"][0]["EmployeeName"] == names[order["Items"][0]["EmployeeID"]]


def test_what_is_left_for_the_spas_own_use_is_set(spa: Spa) -> None:
    wanted = {"ID": OIL_PRODUCT, "ProductVariantsToUpdate": [{"ID": OIL, "BackbarInventory": 5}]}

    assert spa.merchant("PUT", f"/product/{OIL_PRODUCT}/update", ID=OIL_PRODUCT, Product=wanted).body["IsSuccess"]
    assert bottle(spa)["BackbarInventory"] == 5
    other = {"ProductVariantsToUpdate": [{"ID": 1, "BackbarInventory": 5}]}
    assert failure(spa.merchant("PUT", f"/product/{OIL_PRODUCT}/update", Product=other)) == (200, 404, False)
