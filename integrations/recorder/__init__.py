"""The flight recorder: all that is known to have happened to one booking, or to one client, in order.

Reads only, from our own database: what our people asked for (`Change`), each call and its answer (`ProviderCall`),
each message that came (`WebhookDelivery`), each field that news made different (`Difference`), and for a client
what became of linking her and of telling other systems of her. Starts from rows the viewer may see. Its words name
people: they are for pages only, never for a log.
"""

from dataclasses import dataclass

from bookings.models import Booking
from clienteling.models import Client, Store, User
from integrations.recorder.answers import about_booking, about_client
from integrations.recorder.entries import Entry, entries
from integrations.recorder.trail import cast_of, trail_of_booking, trail_of_client
from integrations.recorder.words import Words

__all__ = ["Entry", "Story", "story_of_booking", "story_of_client"]


@dataclass(frozen=True, slots=True)
class Story:
    """`answer`: the sentence people open it for. `entries`: oldest first. `is_cut`: older ones are left out."""

    answer: str
    entries: list[Entry]
    is_cut: bool


def story_of_booking(booking: Booking, *, user: User) -> Story:
    """`booking` is one that `user` may see, with its store, client, staff and items at hand."""
    trail = trail_of_booking(booking)
    words = Words(trail, cast_of(trail, user=user))
    return Story(about_booking(words, booking), entries(words), trail.is_cut)


def story_of_client(client: Client, *, user: User, store: Store) -> Story:
    """`client` is one that `user` may see; `store`: on whose clock to tell what is not about a booking."""
    trail = trail_of_client(client, user=user, store=store)
    words = Words(trail, cast_of(trail, user=user))
    return Story(about_client(words), entries(words), trail.is_cut)
