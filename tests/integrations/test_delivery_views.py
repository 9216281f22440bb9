import datetime as dt
import json
import logging
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from clienteling import privacy
from integrations.models import Connection, WebhookDelivery
from integrations.webhooks import failures, waking
from tests.people import Shop

State = WebhookDelivery.State
SECRET = "a-secret-that-was-handed-over"
PAGES = ("connection-delivery", "connection-webhooks")
ACTS = ("connection-delivery-replay", "connection-delivery-body", "connection-webhooks-drop")


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(waking.bell, "press", lambda: heard.append("ring"))
    return heard


@pytest.fixture
def connection(shop: Shop) -> Connection:
    return Connection.objects.create(
        name="Booxi Europe", base_url="https://api.booxi.eu/booking/v1", secrets={"webhook_secret": SECRET}
    )


def make(connection: Connection, number: int, **fields: Any) -> WebhookDelivery:
    body = json.dumps({"id": f"evt-{number}", "content": {"booking": {"client": {"firstName": "Léa<b>"}}}})
    values = {"event_id": f"evt-{number}", "event_type": "appointment.updated", "body": body} | fields
    return WebhookDelivery.objects.create(connection=connection, **values)


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


LIST = "connection-deliveries"


@pytest.mark.parametrize("person", ["ana", "marc"])
def test_deliveries_are_not_there_for_anybody_but_head_office(
    shop: Shop, connection: Connection, browser_of: Any, person: str
) -> None:
    row = make(connection, 1, state=State.PARKED)
    browser = browser_of(getattr(shop, person))
    for name in PAGES:
        assert browser.get(reverse(name, args=[row.pk])).status_code == 404
    assert browser.get(reverse(LIST)).status_code == 404
    for name in ACTS:
        assert browser.post(reverse(name, args=[row.pk])).status_code == 404
    assert browser.post(reverse("connection-deliveries-replay"), {"all": "1"}).status_code == 404
    row.refresh_from_db()
    assert row.state == State.PARKED


def test_the_list_says_how_it_goes(shop: Shop, connection: Connection, browser_of: Any) -> None:
    make(connection, 1)
    make(connection, 2, state=State.PARKED, reason="It lacks what it is about (no id).", repeats=2)
    make(connection, 3, state=State.DONE, outcome="applied")
    before = failures.lately([connection])
    failures.note(connection)
    words = words_of(browser_of(shop.helene).get(reverse(LIST)))
    assert "In the last minute 3" in words
    assert "and 2 repeats" in words
    assert "Waiting 1 the oldest since" in words
    assert "Parked 1" in words
    assert f"in 24 hours {before + 1}" in words
    assert "It lacks what it is about (no id)." in words
    assert "Léa" not in words


def test_the_list_starts_with_an_explanation(shop: Shop, browser_of: Any) -> None:
    assert "Nothing has come yet" in words_of(browser_of(shop.helene).get(reverse(LIST)))


def shown_in(response: Any) -> set[str]:
    return {row.event_id for row in response.context["rows"]}


def test_the_list_is_narrowed_by_state_type_connection_and_time(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    other = Connection.objects.create(name="CRM", kind="crm", base_url="https://crm.test")
    now = timezone.now()
    make(connection, 1, state=State.DONE)
    make(connection, 2, state=State.PARKED)
    make(connection, 3, event_type="client.updated")
    make(other, 4, received_at=now - dt.timedelta(days=3))
    browser = browser_of(shop.helene)
    found = {
        query: shown_in(browser.get(f"{reverse(LIST)}?{query}"))
        for query in ("state=parked", "type=client.updated", f"connection={other.pk}")
    }
    assert list(found.values()) == [{"evt-2"}, {"evt-3"}, {"evt-4"}]
    local = (now - dt.timedelta(days=2)).astimezone(browser.get(reverse(LIST)).context["zone"])
    stamp = local.strftime("%Y-%m-%dT%H:%M")
    assert shown_in(browser.get(reverse(LIST), {"until": stamp})) == {"evt-4"}
    assert shown_in(browser.get(reverse(LIST), {"since": stamp})) == {"evt-1", "evt-2", "evt-3"}


@pytest.mark.parametrize("query", ["state=nonsense", "since=yesterday", "connection=99999", "type=%00", "before=%00x"])
def test_a_filter_typed_wrong_shows_nothing_and_fails_nowhere(
    shop: Shop, connection: Connection, browser_of: Any, query: str
) -> None:
    make(connection, 1)
    response = browser_of(shop.helene).get(f"{reverse(LIST)}?{query}")
    assert response.status_code in (200, 422)


def test_the_list_goes_on_page_by_page_in_a_constant_number_of_queries(
    shop: Shop, connection: Connection, browser_of: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(120):
        make(connection, number)
    browser = browser_of(shop.helene)
    seen: list[str] = []
    address = reverse(LIST)
    while address:
        with django_assert_max_num_queries(16):
            response = browser.get(address)
        seen += [row.event_id for row in response.context["rows"]]
        address = response.context["next"] and f"{reverse(LIST)}?before={response.context['next']}"
    assert seen == [f"evt-{number}" for number in reversed(range(120))]


def test_a_delivery_is_shown_without_personal_data(shop: Shop, connection: Connection, browser_of: Any) -> None:
    row = make(connection, 1, repeats=1, subject="client:1", client=shop.lea)
    response = browser_of(shop.helene).get(reverse("connection-delivery", args=[row.pk]))
    assert "Léa" not in response.content.decode()
    assert "and 1 more time" in words_of(response)
    assert "no-store" in response["Cache-Control"]


def test_what_it_says_is_shown_when_asked_for_and_that_is_written_down(
    shop: Shop, connection: Connection, browser_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    row = make(connection, 1)
    address = reverse("connection-delivery-body", args=[row.pk])
    browser = browser_of(shop.helene)
    assert browser.get(address).status_code == 405
    with caplog.at_level(logging.INFO):
        response = browser.post(address)
    assert "Léa&lt;b&gt;" in response.content.decode()
    assert f"user {shop.helene.pk} looked at the body of delivery {row.pk}" in caplog.text
    assert "Léa" not in caplog.text


@pytest.mark.parametrize("body", ["no json", '{"a": "\\ud800\\u0000"}', '{"a":' * 900 + "1" + "}" * 900])
def test_whatever_it_says_can_be_shown(shop: Shop, connection: Connection, browser_of: Any, body: str) -> None:
    row = make(connection, 1, body=body)
    assert browser_of(shop.helene).post(reverse("connection-delivery-body", args=[row.pk])).status_code == 200


def test_one_is_done_again(shop: Shop, connection: Connection, browser_of: Any, rings: list[str]) -> None:
    row = make(connection, 1, state=State.PARKED, attempts=8, reason="why")
    browser = browser_of(shop.helene)
    response = browser.post(reverse("connection-delivery-replay", args=[row.pk]))
    assert response["Location"] == reverse("connection-delivery", args=[row.pk])
    row.refresh_from_db()
    assert (row.state, row.attempts, row.reason) == (State.WAITING, 0, "")
    assert rings == ["ring"]


def test_those_ticked_are_done_again(shop: Shop, connection: Connection, browser_of: Any) -> None:
    rows = [make(connection, number, state=State.DONE) for number in range(3)]
    response = browser_of(shop.helene).post(
        reverse("connection-deliveries-replay"), {"pk": [rows[0].pk, rows[2].pk, "x", "9" * 30], "state": "done"}
    )
    assert response["Location"] == f"{reverse(LIST)}?state=done"
    assert set(WebhookDelivery.objects.filter(state=State.WAITING)) == {rows[0], rows[2]}


def test_all_that_match_are_done_again_and_no_other(shop: Shop, connection: Connection, browser_of: Any) -> None:
    old = make(connection, 1, state=State.PARKED, received_at=timezone.now() - dt.timedelta(days=5))
    new = make(connection, 2, state=State.PARKED)
    done = make(connection, 3, state=State.DONE)
    since = (timezone.now() - dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    browser_of(shop.helene).post(
        reverse("connection-deliveries-replay"), {"all": "1", "state": "parked", "since": since}
    )
    states = {row.pk: row.state for row in WebhookDelivery.objects.all()}
    assert states == {old.pk: State.PARKED, new.pk: State.WAITING, done.pk: State.DONE}


@pytest.mark.parametrize("state", ["nonsense", "\x00"])
def test_a_filter_that_makes_no_sense_does_nothing_again(
    shop: Shop, connection: Connection, browser_of: Any, state: str
) -> None:
    make(connection, 1, state=State.DONE)
    browser_of(shop.helene).post(reverse("connection-deliveries-replay"), {"all": "1", "state": state})
    assert not WebhookDelivery.objects.filter(state=State.WAITING).exists()


def test_whose_text_is_gone_is_not_done_again(shop: Shop, connection: Connection, browser_of: Any) -> None:
    row = make(connection, 1, state=State.DONE, client=shop.lea)
    privacy.forget(shop.lea, at=timezone.now())
    browser = browser_of(shop.helene)
    browser.post(reverse("connection-delivery-replay", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.body) == (State.DONE, "")
    assert "Its text is gone" in words_of(browser.get(reverse("connection-delivery", args=[row.pk])))


# --- how a connection's webhooks are set up ---------------------------------------------------------------


def filled(**fields: str) -> dict[str, str]:
    return {"webhook_method": "POST", "webhook_scheme": "booxi", "webhook_header": "", "webhook_secret": ""} | fields


def test_the_page_of_a_connection_shows_the_address_and_no_secret(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    row = make(connection, 1)
    response = browser_of(shop.helene).get(reverse("connection", args=[connection.pk]))
    words = words_of(response)
    assert f"http://testserver/webhooks/{connection.webhook_token}/" in words
    assert "Webhooks Open" in words
    assert "Booxi-Signature" in words
    assert reverse("connection-delivery", args=[row.pk]) in response.content.decode()
    assert SECRET not in response.content.decode()


def test_without_a_secret_the_page_says_that_the_door_is_shut(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    Connection.objects.filter(pk=connection.pk).update(secrets={})
    assert "Without a secret nothing is accepted" in words_of(
        browser_of(shop.helene).get(reverse("connection", args=[connection.pk]))
    )


def test_a_new_secret_keeps_the_one_before_until_it_is_dropped(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    browser = browser_of(shop.helene)
    address = reverse("connection-webhooks", args=[connection.pk])
    assert browser.post(address, filled(webhook_secret="the-new-secret")).status_code == 302
    connection.refresh_from_db()
    assert dict(connection.secrets) == {"webhook_secret": "the-new-secret", "webhook_secret_old": SECRET}
    body = browser.get(address).content.decode()
    assert "Drop the secret before" in body
    assert SECRET not in body
    assert "the-new-secret" not in body
    browser.post(reverse("connection-webhooks-drop", args=[connection.pk]))
    connection.refresh_from_db()
    assert dict(connection.secrets) == {"webhook_secret": "the-new-secret"}


def test_an_empty_secret_keeps_it_and_the_same_one_is_no_rotation(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    browser = browser_of(shop.helene)
    for secret in ("", SECRET):
        answer = browser.post(
            reverse("connection-webhooks", args=[connection.pk]),
            filled(webhook_secret=secret, webhook_method="PUT", webhook_scheme="hmac_hex", webhook_header="X-Own"),
        )
        assert answer.status_code == 302
    connection.refresh_from_db()
    assert dict(connection.secrets) == {"webhook_secret": SECRET}
    assert (connection.webhook_method, connection.webhook_header) == ("PUT", "X-Own")


@pytest.mark.parametrize(
    "fields",
    [
        {"webhook_scheme": "standard"},
        {"webhook_scheme": "standard", "webhook_secret": "whsec_a"},
        {"webhook_scheme": "none"},
        {"webhook_header": "X Own"},
        {"webhook_header": "X:\r\nY"},
        {"webhook_secret": "with space"},
        {"webhook_method": "GET"},
    ],
)
def test_what_could_not_work_is_not_saved(
    shop: Shop, connection: Connection, browser_of: Any, fields: dict[str, str]
) -> None:
    answer = browser_of(shop.helene).post(reverse("connection-webhooks", args=[connection.pk]), filled(**fields))
    assert answer.status_code == 422
    before = (connection.webhook_scheme, connection.webhook_header, dict(connection.secrets))
    connection.refresh_from_db()
    assert (connection.webhook_scheme, connection.webhook_header, dict(connection.secrets)) == before


def test_all_secrets_dropped_shuts_the_door_and_leaves_the_keys(
    shop: Shop, connection: Connection, browser_of: Any
) -> None:
    connection.secrets = {**connection.secrets, "partner_key": "key"}  # type: ignore[assignment]
    connection.save()
    browser_of(shop.helene).post(reverse("connection-webhooks-drop", args=[connection.pk]), {"all": "1"})
    connection.refresh_from_db()
    assert dict(connection.secrets) == {"partner_key": "key"}
