"""dj-stripe's two ways with an event: processed in the request (its default), or left to somebody else."""

from typing import Any


def or_processing(trigger: Any, api_key: str) -> None:
    """Its documentation puts the callback there to queue the event; who asks for that with a header gets no more."""
    if trigger.headers.get("X-Only-Keep") is None:
        trigger.process(save=False, api_key=api_key)
