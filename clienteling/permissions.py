"""Who may do what: one table, and the few questions everybody asks of it.

A role is had in a store (`StaffMember.role`), so one person may be a manager here and an associate there; a mark is
on the account (`User.is_head_office`, `User.is_support`) and holds everywhere. Booxi's own roles (booxi-api.md
section 10) are mapped to these at each sync. Its partner key bypasses all roles: what is not refused here is not
refused at all.

Pages ask `requires` (a stranger gets 404), querysets `reach`, everybody else `may`. The memberships behind it are
read anew with each request: a role or a store that is lost is gone at the next one.

A system that uses the API (`System`) is nobody's account. What its token is for (`Scope`) is put into the same
actions by `SCOPES`, so that it is asked the same questions as people are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from clienteling.models import Store, User

    Author: TypeAlias = "User | System"  # who asks for something to be done
    Anybody: TypeAlias = "User | AnonymousUser | System"


class Role(models.TextChoices):
    """What somebody is in one store."""

    RESTRICTED = "restricted", _("Restricted associate")
    ASSOCIATE = "associate", _("Associate")
    MANAGER = "manager", _("Manager")


class Mark(models.TextChoices):
    """What somebody is everywhere, beside or without a role in a store."""

    HEAD_OFFICE = "head_office", _("Head office")
    SUPPORT = "support", _("Support")


class Action(models.TextChoices):
    SEE_STORE = "see_store", _("The store: its services and who works there")
    SEE_CLIENTS = "see_clients", _("Clients of the store and their bookings: find, see")
    REVEAL_CONTACT = "reveal_contact", _("Contact data of one client: show on demand, which is logged")
    SEE_CONTACT = "see_contact", _("Contact data of clients: see at once")
    EDIT_CLIENTS = "edit_clients", _("Clients: note, consent")
    SEE_RECORD = "see_record", _("All that happened to a booking or a client")
    SEE_OWN_CALENDAR = "see_own_calendar", _("Own calendar: see")
    CHANGE_OWN_BOOKINGS = (
        "change_own_bookings",
        _("Own calendar: book, move, change, cancel, arrived, no-show, complete"),
    )
    BOOK_FOR_COLLEAGUES = "book_for_colleagues", _("Book for a colleague, or hand over an own booking")
    SEE_STORE_CALENDARS = "see_store_calendars", _("Every calendar of the store: see")
    CHANGE_STORE_BOOKINGS = "change_store_bookings", _("Every booking of the store: change")
    DISPATCH_REQUESTS = "dispatch_requests", _("Requests: hand out, decline, propose another time")
    MANAGE_OWN_TIME = "manage_own_time", _("Own busy and extra time: add, remove")
    MANAGE_STORE_TIME = "manage_store_time", _("Everybody's busy and extra time: add, remove")
    SEE_SEGMENTS = "see_segments", _("Segments of clients: see, count")
    SAVE_SEGMENTS = "save_segments", _("Segments of clients: save, rename, delete")
    EXPORT_SEGMENTS = "export_segments", _("Clients of a segment: take out as a file, which is logged")
    SET_RANGES = "set_ranges", _("Segments by last visit: set the ranges of days")
    SEE_LOGS = "see_logs", _("Connections, deliveries, runs, calls, how true the mirror is: see, without personal data")
    SEE_BODIES = "see_bodies", _("What a delivery says: see, which is logged")
    MANAGE_CONNECTIONS = "manage_connections", _("Connections, keys, numbers, webhooks: set up, read again")
    SET_NUMBERS = "set_numbers", _("Numbers of stores, staff and services in the customer system: set")
    SETTLE_LINKS = "settle_links", _("Links of clients to the customer system: settle")
    MANAGE_TOKENS = "manage_tokens", _("Tokens of other systems: create, revoke")
    RUN_REPORTS = "run_reports", _("Reports of the booking system: see, make files, schedule, which is logged")
    MANAGE_PEOPLE = "manage_people", _("People: invite, roles, end sessions, deactivate")
    SEE_AUDIT = "see_audit", _("Who saw and did what: see (support: without names of clients)")
    EXPORT = "export", _("Who saw and did what: take out as a file")


Column = Role | Mark
COLUMNS: tuple[Column, ...] = (*Role, *Mark)
A = Action
YES, NO = True, False

# The columns are those of COLUMNS. A role's "yes" holds in the store where somebody has it.
TABLE: dict[Action, tuple[bool, bool, bool, bool, bool]] = {
    # ------------------- restricted, associate, manager, head office, support
    A.SEE_STORE: (YES, YES, YES, YES, NO),
    A.SEE_CLIENTS: (YES, YES, YES, YES, NO),
    A.REVEAL_CONTACT: (YES, YES, YES, YES, NO),
    A.SEE_CONTACT: (NO, YES, YES, YES, NO),
    A.EDIT_CLIENTS: (YES, YES, YES, YES, NO),
    A.SEE_RECORD: (NO, YES, YES, YES, NO),
    A.SEE_OWN_CALENDAR: (YES, YES, YES, YES, NO),
    A.CHANGE_OWN_BOOKINGS: (YES, YES, YES, YES, NO),
    A.BOOK_FOR_COLLEAGUES: (NO, YES, YES, YES, NO),
    A.SEE_STORE_CALENDARS: (NO, NO, YES, YES, NO),
    A.CHANGE_STORE_BOOKINGS: (NO, NO, YES, YES, NO),
    A.DISPATCH_REQUESTS: (NO, NO, YES, YES, NO),
    A.MANAGE_OWN_TIME: (NO, YES, YES, YES, NO),
    A.MANAGE_STORE_TIME: (NO, NO, YES, YES, NO),
    A.SEE_SEGMENTS: (NO, NO, YES, YES, NO),
    A.SAVE_SEGMENTS: (NO, NO, YES, YES, NO),
    A.EXPORT_SEGMENTS: (NO, NO, NO, YES, NO),
    A.SET_RANGES: (NO, NO, NO, YES, NO),
    A.SEE_LOGS: (NO, NO, NO, YES, YES),
    A.SEE_BODIES: (NO, NO, NO, YES, NO),
    A.MANAGE_CONNECTIONS: (NO, NO, NO, YES, NO),
    A.SET_NUMBERS: (NO, NO, NO, YES, NO),
    A.SETTLE_LINKS: (NO, NO, NO, YES, NO),
    A.MANAGE_TOKENS: (NO, NO, NO, YES, NO),
    A.RUN_REPORTS: (NO, NO, NO, YES, NO),
    A.MANAGE_PEOPLE: (NO, NO, NO, YES, NO),
    A.SEE_AUDIT: (NO, NO, NO, YES, YES),
    A.EXPORT: (NO, NO, NO, YES, NO),
}


class Scope(models.TextChoices):
    """What the token of another system is for."""

    READ_STORE = "read:store", _("Stores, staff, services and free times: read")
    READ_CLIENTS = "read:clients", _("Clients and bookings: find, read, without contact data")
    READ_CONTACT = "read:contact", _("Contact data and notes of clients: read, and find by a part of them")
    READ_SEGMENTS = "read:segments", _("Segments and who is in them: read, without contact data")
    WRITE_BOOKINGS = "write:bookings", _("Bookings: book, move, change, cancel, arrived, no-show, complete")
    WRITE_REQUESTS = "write:requests", _("Requests: read, give to somebody, propose another time, decline")
    WRITE_LINKS = "write:links", _("Numbers of stores, staff and services in the customer system: set")


# What each scope allows in the stores of its token. Who may change something may also read it.
_READING = frozenset({A.SEE_STORE, A.SEE_CLIENTS})
SCOPES: dict[Scope, frozenset[Action]] = {
    Scope.READ_STORE: frozenset({A.SEE_STORE}),
    Scope.READ_CLIENTS: _READING,
    Scope.READ_CONTACT: _READING | {A.SEE_CONTACT, A.REVEAL_CONTACT},
    Scope.READ_SEGMENTS: _READING | {A.SEE_SEGMENTS},
    Scope.WRITE_BOOKINGS: _READING | {A.CHANGE_OWN_BOOKINGS, A.BOOK_FOR_COLLEAGUES, A.CHANGE_STORE_BOOKINGS},
    Scope.WRITE_REQUESTS: _READING | {A.SEE_STORE_CALENDARS, A.DISPATCH_REQUESTS},
    Scope.WRITE_LINKS: frozenset({A.SEE_STORE, A.SET_NUMBERS}),
}


def allows(column: Column | str, action: Action) -> bool:
    """Whether the table says yes. `column` may be the stored word of a role."""
    return any(yes and one == column for one, yes in zip(COLUMNS, TABLE[action], strict=True))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where somebody may do something: everywhere, in some stores, or (false) nowhere."""

    everywhere: bool
    store_ids: Collection[int] = ()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.store_ids)

    def covers(self, store: Store | int | None) -> bool:
        pk = store if isinstance(store, int) or store is None else store.pk
        return self.everywhere or pk in self.store_ids

    def where(self, field: str) -> models.Q:
        """The condition on the store that `field` names; safe to combine by `|`, which an empty `Q` is not."""
        return ~models.Q(pk__in=[]) if self.everywhere else models.Q(**{f"{field}__in": list(self.store_ids)})


@dataclass(frozen=True, slots=True)
class System:
    """Another system, by the token it has shown. Stands where a person stands, and is none: it has no account, no role
    and no calendar of its own."""

    pk: int  # the token's
    name: str
    prefix: str
    scopes: Collection[str]
    stores: Reach

    is_authenticated = True
    is_active = True

    def __str__(self) -> str:
        return self.name

    def reach(self, action: Action) -> Reach:
        return self.stores if any(action in SCOPES[Scope(scope)] for scope in self.scopes) else Reach(False)

    def member_in(self, store: Store) -> None:
        """It works in no store."""


def person_of(who: Anybody | None) -> User | None:
    """`who` where it is somebody with an account, for what remembers people."""
    return None if who is None or isinstance(who, System) or not who.is_authenticated else who


def _person(user: Anybody) -> User | None:
    """`user` where it is somebody with an account that is open."""
    if isinstance(user, System):
        return None
    return user if user.is_authenticated and user.is_active else None


def reach(user: Anybody, action: Action) -> Reach:
    if isinstance(user, System):
        return user.reach(action)
    person = _person(user)
    if person is None:
        return Reach(False)
    if any(allows(mark, action) for mark in person.marks):
        return Reach(True)
    return Reach(False, {member.store_id for member in person.memberships if allows(member.role, action)})


def may(user: Anybody, action: Action, store: Store | int | None = None) -> bool:
    """Whether `user` may do `action` in `store` (or its id); without one, whether anywhere at all."""
    found = reach(user, action)
    return bool(found) if store is None else found.covers(store)


def own_places(user: Anybody, action: Action) -> list[int]:
    """Ids of her own `StaffMember` rows, in the stores where her role allows `action`: for her own calendar."""
    person = _person(user)
    return [member.pk for member in person.memberships if allows(member.role, action)] if person else []


def hers(user: Anybody, *, own: Action, everybodys: Action, staff: str, store: str) -> models.Q:
    """The condition on rows that belong to somebody's calendar: her own by `own`, those of whole stores by
    `everybodys`. `staff` and `store` name the fields. Head office's own places are not even read."""
    where = reach(user, everybodys)
    if where.everywhere:
        return where.where(store)
    return models.Q(**{f"{staff}__in": own_places(user, own)}) | where.where(store)


View = Callable[..., HttpResponseBase]


def requires(action: Action) -> Callable[[View], View]:
    """For views: whoever may do `action` nowhere gets 404, as if the page was not there."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, action):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return guard
