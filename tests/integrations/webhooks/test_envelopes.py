import pytest

from integrations.providers.reading import Unreadable
from integrations.webhooks.envelopes import About, Agreement, booxi_event


@pytest.mark.parametrize(
    ("kind", "content", "about"),
    [
        ("appointment.created", {"booking": {"bookingId": "A", "merchantId": 1}}, About.BOOKING),
        ("Reservation.Updated", {"booking": {"bookingId": "A", "merchantId": 1}}, About.BOOKING),
        ("reservation.created", {"reservation": {"bookingId": "A", "merchantId": 1}}, About.BOOKING),
        ("client.created", {"client": {"id": 1}}, About.CLIENT),
        ("client.deleted", {"clientId": 1}, About.CLIENT_GONE),
        ("client.merged", {"clientId": 1, "newClientId": 2}, About.CLIENT_MERGED),
        ("client.consent", {"clientId": 1}, About.CONSENT),
        ("consent.updated", {"client": {"id": 1}}, About.CONSENT),
        ("invoice.paid", {"booking": {"bookingId": "A"}}, About.UNKNOWN),
    ],
)
def test_booxi_event_is_sorted_by_its_type(kind: str, content: dict[str, object], about: About) -> None:
    for container in ("content", "eventContent"):
        assert booxi_event({"type": kind, container: content}).about == about


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("appointment.created", {"booking": {"merchantId": 1}}),
        ("appointment.created", {"booking": {"bookingId": "A"}}),
        ("client.updated", {"client": {"firstName": "Lea"}}),
        ("client.merged", {"clientId": 1}),
        ("client.consent", {}),
    ],
)
def test_booxi_event_without_what_it_is_about_is_unreadable(kind: str, content: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        booxi_event({"type": kind, "content": content})


def test_booxi_event_takes_the_store_from_the_envelope() -> None:
    event = booxi_event({"type": "appointment.created", "merchantId": 501, "content": {"booking": {"bookingId": "A"}}})
    assert event.booking
    assert event.booking.store_id == "501"
    assert not event.is_whole


@pytest.mark.parametrize(
    ("consent", "agreed"),
    [
        ({"granted": True}, True),
        ({"isGranted": False}, False),
        ({"status": "Revoked"}, False),
        ({"status": "Granted"}, True),
        ({"status": "perhaps"}, None),
        ({"granted": "yes"}, None),
        ({"granted": True, "clientId": 2}, None),
        ("yes", None),
    ],
)
def test_booxi_event_reads_an_agreement_only_where_it_is_plain(consent: object, agreed: bool | None) -> None:
    event = booxi_event({"type": "client.consent", "content": {"clientId": 1, "consent": consent}})
    assert [one.agreed for one in event.agreements] == ([] if agreed is None else [agreed])


def test_booxi_event_of_a_booking_takes_its_clients_agreement_and_no_other() -> None:
    content = {
        "booking": {"bookingId": "A", "merchantId": 1, "client": {"id": 31}},
        "consents": [{"clientId": 31, "granted": True}, {"clientId": 32, "granted": False}],
    }
    event = booxi_event({"type": "appointment.created", "content": content})
    assert event.agreements == (Agreement("31", True),)
