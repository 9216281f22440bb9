"""What public programs call beside the usual: series, specials, settings, old searches, and a third family."""

from typing import Any

import pytest

from tests.sandbox.booker.spa import CHICAGO, FACIAL, FREE_DAY, MASSAGE, MIRA, NEW_YORK, TEODOR, Spa, failure

WINDOW = {"StartDateTimeOffset": f"{FREE_DAY}T00:00:00-05:00", "EndDateTimeOffset": f"{FREE_DAY}T23:00:00-05:00"}


# ---- series and specials


def test_series_is_bought_and_hers(spa: Spa) -> None:
    (massages, _) = spa.customer("POST", "/series", LocationID=NEW_YORK).body["Results"]
    body = {"LocationID": NEW_YORK, "CustomerID": TEODOR}
    assert spa.customer("POST", "/series/purchase", SeriesID=massages["ID"], **body).body["IsSuccess"]

    (bought,) = spa.customer("POST", "/customer/series", **body).body["Results"]
    assert (bought["SeriesID"], bought["Series"]["Name"]) == (massages["ID"], massages["Name"])
    assert (bought["QuantityRemaining"], bought["QuantityOriginal"]) == (5, 5)
    assert bought["ExpirationDateOffset"] == "2027-11-20T04:20:00-06:00"  # a year, on her own location's clock


def test_series_that_pays_for_a_treatment(spa: Spa) -> None:
    body = {"LocationID": NEW_YORK, "CustomerID": MIRA}

    (bought,) = spa.merchant("POST", "/customer/series", TreatmentID=MASSAGE, **body).body["Results"]
    assert (bought["QuantityRemaining"], bought["QuantityOriginal"]) == (3, 5)
    assert spa.merchant("POST", "/customer/series", TreatmentID=FACIAL, **body).body["Results"] == []


def test_all_series_of_a_location_in_v5(spa: Spa) -> None:
    headers = spa.key("merchant") | {"Authorization": f"Bearer {spa.token}"}
    (sold,) = spa.desk.ask("GET", f"/v5/internal/locations/{NEW_YORK}/purchased-series", headers=headers).body

    assert (sold["CustomerId"], sold["RemainingQuantity"], sold["QuantityUsed"]) == (MIRA, 3, 2)
    elsewhere = spa.desk.ask("GET", f"/v5/internal/locations/{CHICAGO}/purchased-series", headers=headers)
    assert failure(elsewhere) == (200, 403, False)


def test_special_is_made_and_listed(spa: Spa) -> None:
    dates = {"ApplicableStartDate": "/Date(1796101200000)/", "ApplicableEndDate": "/Date(1796965200000)/"}
    made = spa.merchant("POST", "/special", LocationID=NEW_YORK, CouponCode="WINTER", Name="Winter", **dates)
    assert made.body["IsSuccess"]

    (listed,) = spa.customer("POST", "/specials", LocationID=NEW_YORK).body["Results"]
    assert (listed["CouponCode"], listed["ApplicableStartDateOffset"]) == ("WINTER", "2026-12-01T00:00:00-05:00")
    assert spa.customer("POST", "/specials", LocationID=CHICAGO).body["Results"] == []
    assert failure(spa.merchant("POST", "/special", LocationID=NEW_YORK, CouponCode="X", Name="X")) == (200, 200, False)


# ---- settings


def test_reminders_are_switched(spa: Spa) -> None:
    path = f"/location/{NEW_YORK}/notification_settings"

    def is_on() -> bool:
        settings = spa.merchant("GET", path).body["NotificationSettings"]
        return bool(settings["SendAppointmentReminders"])

    seen = [is_on()]
    for wanted in (True, True, False):
        spa.merchant("PUT", path, NotificationSettings={"SendAppointmentReminders": wanted})
        seen.append(is_on())
    assert seen == [False, True, True, False]


def test_kinds_of_cards(spa: Spa) -> None:
    kinds = spa.customer("GET", f"/location/{NEW_YORK}/creditcard_types").body["LookupOptions"]

    assert [kind["Name"] for kind in kinds if kind["ID"] == 2] == ["Visa"]


@pytest.mark.parametrize("how", ["partial", "geoaware"])
def test_locations_by_other_names(spa: Spa, how: str) -> None:
    usual = spa.customer("POST", "/locations").body

    assert spa.customer("POST", f"/locations/{how}", PageNumber=1, PageSize=5).body == usual


# ---- searches


def searched(spa: Spa, how: str, **body: Any) -> list[Any]:
    answer = spa.customer("POST", f"/availability/{how}", **(WINDOW | body))
    assert answer.body["IsSuccess"], answer.body
    found: list[Any] = answer.body["Results"]
    return found


@pytest.mark.parametrize("kinds", [[11], 11])
def test_times_of_a_kind_of_treatment_at_several_locations(spa: Spa, kinds: Any) -> None:
    found = searched(spa, "multispamultisubcategory", LocationIDs=[NEW_YORK, CHICAGO], TreatmentSubCategoryIDs=kinds)

    assert {one["Spa"]["ID"] for one in found} == {NEW_YORK, CHICAGO}
    assert {one["Treatment"]["SubCategory"]["ID"] for one in found} == {11}
    first = found[0]
    assert first["AvailableTimes"][0]["StartDateTimeOffset"] == f"{FREE_DAY}T09:30:00-05:00"
    assert first["FirstAvailableTime"] == first["AvailableTimes"][0]


def test_times_at_one_location_and_nearby(spa: Spa) -> None:
    (massage, *_) = searched(
        spa, "service", LocationID=NEW_YORK, TreatmentCategoryID=1, TreatmentSubCategoryID=11, MaxTimesPerTreatment=2
    )
    assert (massage["Treatment"]["ID"], len(massage["AvailableTimes"])) == (MASSAGE, 2)

    near = searched(spa, "multispa", ZipCode="10003", Radius=20, TreatmentCategoryID=3)
    assert len({one["Spa"]["ID"] for one in near}) == 3
    assert {one["Treatment"]["Category"]["Name"] for one in near} == {"Nails"}


def test_found_time_can_be_booked_as_it_is(spa: Spa) -> None:
    (massage, *_) = searched(spa, "service", LocationID=NEW_YORK, TreatmentCategoryID=1)
    slots = [{"TreatmentTimeSlots": [massage["AvailableTimes"][0]]}]
    body = {"LocationID": NEW_YORK, "Customer": {"ID": MIRA}, "ItineraryTimeSlotList": slots}

    made = spa.customer("POST", "/appointment/create", **body).body["Appointment"]
    assert made["StartDateTimeOffset"] == massage["AvailableTimes"][0]["StartDateTimeOffset"]


def test_days_of_an_itinerary(spa: Spa) -> None:
    body = {
        "locationId": NEW_YORK,
        "fromDateTime": f"{FREE_DAY}T00:00:00-05:00",
        "toDateTime": "2027-01-20T23:00:00-05:00",
        "itineraries": [{"itineraryItems": [{"serviceId": str(MASSAGE)}, {"serviceId": str(FACIAL)}]}],
    }
    answer = spa.free("POST", "/realtime_availability/ItineraryDates", body=body)

    assert answer.body["availability"] == [f"{FREE_DAY}T00:00:00-05:00", "2027-01-20T00:00:00-05:00"]


def test_available_dates_of_one_day_from_midnight_to_midnight(spa: Spa) -> None:
    midnight = f"{FREE_DAY}T00:00:00-05:00"
    query = {"locationIds": NEW_YORK, "fromDate": midnight, "toDate": midnight, "serviceId": MASSAGE}

    assert spa.free("GET", "/realtime_availability/AvailableDates", query=query).body["availability"] == [midnight]


# ---- the third family, and what nobody knows


def test_booking_family_does_what_the_customer_side_does(spa: Spa) -> None:
    headers, body = spa.key("customer"), {"access_token": spa.customer_token(), "LocationID": NEW_YORK}
    slot = {"TreatmentID": MASSAGE, "StartDateTimeOffset": f"{FREE_DAY}T12:00:00-05:00"}
    slots = {"ItineraryTimeSlotList": [{"TreatmentTimeSlots": [slot]}], "Customer": {"ID": MIRA}}

    def asked(method: str, path: str, **more: Any) -> Any:
        return spa.desk.ask(method, f"/v4.1/booking{path}", headers=headers, body=body | more).body

    assert len(asked("POST", "/services")["Treatments"]) == 11
    assert len(asked("POST", "/employees")["Results"]) == 11
    assert len(asked("POST", "/locations")["Results"]) == 3
    made = asked("POST", "/appointment/create", **slots)["Appointment"]
    assert asked("PUT", "/appointment/cancel", ID=made["ID"])["Appointment"]["IsCancelled"]


@pytest.mark.parametrize(
    ("side", "method", "path"),
    [
        ("merchant", "PUT", "/order/quantity_in_stock"),
        ("merchant", "POST", "/user"),
        ("customer", "POST", "/itinerary/create"),
        ("customer", "POST", "/appointment/prebooking/totalcost"),
    ],
)
def test_answers_that_no_source_tells_are_not_made_up(spa: Spa, side: str, method: str, path: str) -> None:
    assert failure(getattr(spa, side)(method, path, LocationID=NEW_YORK)) == (200, 501, False)
