from random import Random

from integrations.sandbox.booxi import passer_by
from tests.sandbox.desk import ANA, MARAIS, NOWHERE, OPERA, Desk


def booked(desk: Desk, place: str) -> dict[str, object]:
    answer = desk.submit("/widget/somebody", place=place)
    assert answer.status == 303, answer.body
    assert "Booked:" in desk.panel("GET", answer.headers["Location"]).body
    found: dict[str, object] = desk.truth(answer.headers["Location"].rsplit("=", 1)[1])
    return found


def test_one_button_is_a_new_person_who_books_herself(desk: Desk) -> None:
    assert f'value="{OPERA}:{ANA}"' in desk.panel("GET", "/").body
    desk.listen(NOWHERE)
    made = booked(desk, f"{OPERA}:{ANA}")

    assert (made["createdBy"], made["staffId"], made["merchantId"]) == ("Client", ANA, OPERA)
    assert [entry["type"] for entry in desk.told()] == ["client.created", "appointment.created", "client.consent"]


def test_she_takes_the_first_free_time_of_anyone(desk: Desk) -> None:
    made, other = booked(desk, str(MARAIS)), booked(desk, str(MARAIS))
    assert made["startsOn"] > "2026-11-20T10:20:00Z"
    assert made["bookingId"] != other["bookingId"]


def test_unknown_places_are_refused(desk: Desk) -> None:
    assert desk.submit("/widget/somebody", place="x").status == 400
    assert desk.submit("/widget/somebody", place="999").status == 404


def test_her_address_is_an_address_in_every_country() -> None:
    for country in ("FR", "GB", "US", "CA", "JP"):
        for seed in range(50):
            given = passer_by.somebody(Random(seed), country=country)
            assert given["email"].isascii()
            assert not given["email"].startswith(".")
            assert given["firstName"]
            assert given["mobilePhoneNumber"].startswith("+")
