import threading
from collections.abc import Callable

import pytest
from kombu.exceptions import OperationalError

from clienteling.celery import app
from integrations.webhooks import waking
from integrations.webhooks.waking import Bell


class Heard:
    """Counts rings; each waits until it is let go on."""

    def __init__(self) -> None:
        self.rings = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self) -> None:
        self.rings.release()
        self.go_on.acquire(timeout=20)


def rings_within(heard: Heard, seconds: float) -> bool:
    return heard.rings.acquire(timeout=seconds)


def test_a_press_rings_without_waiting_for_it() -> None:
    heard = Heard()
    Bell(heard, pause=0).press()
    assert rings_within(heard, 20)
    heard.go_on.release()


def test_presses_while_it_rings_are_one_more_ring() -> None:
    heard = Heard()
    bell = Bell(heard, pause=0)
    bell.press()
    assert rings_within(heard, 20)
    for _ in range(100):
        bell.press()
    for _ in range(3):
        heard.go_on.release()
    assert rings_within(heard, 20), "a press after a ring has begun is followed by another"
    assert not rings_within(heard, 0.2)


def test_it_goes_on_after_its_thread_was_lost() -> None:
    """After a fork, or an error nobody thought of."""
    heard = Heard()
    bell = Bell(heard, pause=0)
    bell._thread = threading.Thread(target=lambda: None)
    bell._thread.start()
    bell._thread.join()
    bell.press()
    assert rings_within(heard, 20)
    heard.go_on.release()


@pytest.mark.parametrize("error", [OperationalError, ConnectionRefusedError])
def test_a_broker_that_is_down_is_only_mentioned(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(name: str) -> None:
        raise error

    ring: Callable[[], None] = waking._ring
    monkeypatch.setattr(app, "send_task", down)
    ring()
