"""Records in: the one way provider data enters the mirror, whether a sweep, a person or a webhook brought it.

Every function takes whole batches, compares with what we hold, and writes only what differs, in one transaction
each. Appliers of one connection take turns (a lock on its row), so none works from what another is changing.
News older than what we hold changes nothing.
"""

from integrations.pull.bookings import Names, adopt, apply_bookings, apply_last_word, mark_gone, names_in
from integrations.pull.calendars import adopt_time_slot, apply_calendar, remove_time_slot
from integrations.pull.catalogue import apply_catalogue, apply_stores
from integrations.pull.clients import apply_clients, fold, merge_client, mirror_module_link, set_module_link
from integrations.pull.work import apply_work
from integrations.pull.writing import News, Outcome, Verdict, take_turn

__all__ = [
    "Names",
    "News",
    "Outcome",
    "Verdict",
    "adopt",
    "adopt_time_slot",
    "apply_bookings",
    "apply_calendar",
    "apply_catalogue",
    "apply_clients",
    "apply_last_word",
    "apply_stores",
    "apply_work",
    "fold",
    "mark_gone",
    "merge_client",
    "mirror_module_link",
    "names_in",
    "remove_time_slot",
    "set_module_link",
    "take_turn",
]
