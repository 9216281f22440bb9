import datetime as dt
from typing import Any

from django.utils import timezone

from clienteling import privacy
from integrations.models import Connection, WebhookDelivery
from integrations.pull.clients import fold
from integrations.webhooks.retention import prune_deliveries
from tests.people import Shop, make_client

State = WebhookDelivery.State


def make(door: Connection, state: str, days: int, **fields: Any) -> WebhookDelivery:
    number = WebhookDelivery.objects.count()
    return WebhookDelivery.objects.create(
        connection=door,
        event_id=f"evt-{number}",
        body='{"client": "Lea"}',
        state=state,
        finished_at=None if state == State.WAITING else timezone.now() - dt.timedelta(days=days),
        **fields,
    )


def test_what_is_done_is_deleted_after_two_weeks_and_what_is_parked_later(door: Connection) -> None:
    kept = [make(door, State.DONE, 13), make(door, State.PARKED, 89), make(door, State.WAITING, 0)]
    make(door, State.DONE, 15)
    make(door, State.PARKED, 91)
    assert prune_deliveries(now=timezone.now()) == 2
    assert list(WebhookDelivery.objects.order_by("pk")) == kept


def test_what_waits_is_never_deleted(door: Connection) -> None:
    make(door, State.WAITING, 0, received_at=timezone.now() - dt.timedelta(days=400))
    assert prune_deliveries(now=timezone.now()) == 0


def test_a_forgotten_clients_deliveries_lose_their_text(door: Connection, shop: Shop) -> None:
    about = make(door, State.DONE, 1, client=shop.lea)
    other = make(door, State.DONE, 1)
    privacy.forget(shop.lea, at=timezone.now())
    about.refresh_from_db()
    other.refresh_from_db()
    assert (about.body, bool(other.body)) == ("", True)


def test_a_merged_clients_deliveries_move_along(door: Connection, shop: Shop) -> None:
    double = make_client(shop.store)
    about = make(door, State.DONE, 1, client=double)
    fold(double, into=shop.lea)
    about.refresh_from_db()
    assert about.client == shop.lea
