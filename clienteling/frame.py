"""What the frame around every page needs: where one can go, which store, who one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from clienteling.models import Role, Store, User
from clienteling.permissions import Action, may, reach

STORE_KEY = "store"


@dataclass(frozen=True, slots=True)
class Entry:
    url: str
    label: str
    icon: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class StoreChoice:
    pk: int
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    nav: list[Entry]
    store: Store | None
    stores: list[StoreChoice]
    role_label: str
    initials: str
    demo: bool
    outside: str = ""


def current_store(request: HttpRequest) -> Store | None:
    """The store the person works in now: the one she chose, else her first. None when she has none."""
    stores = stores_of(request)
    chosen = request.session.get(STORE_KEY)
    return next((store for store in stores if store.pk == chosen), stores[0] if stores else None)


def stores_of(request: HttpRequest) -> list[Store]:
    """The stores she may see, read once per request."""
    if not hasattr(request, "_stores"):
        request._stores = _stores_of(request.user)  # type: ignore[attr-defined]
    return request._stores  # type: ignore[attr-defined]


def _stores_of(user: User | AnonymousUser) -> list[Store]:
    where = reach(user, Action.SEE_STORE)
    if where.everywhere or not isinstance(user, User):
        return list(Store.objects.for_user(user))
    return list({member.store_id: member.store for member in user.memberships if where.covers(member.store)}.values())


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        people = settings.DEMO_PEOPLE if settings.DEMO else []
        return {
            "frame": None,
            "frame_demo_people": people,
            "frame_demo_second_factor": settings.MFA_REQUIRED,
            "frame_single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        }
    store = current_store(request)
    choices = [StoreChoice(one.pk, one.name, one == store) for one in stores_of(request)]
    who = (_role_label(user, store), _initials(user))
    return {"frame": Frame(_nav(request, user), store, choices, *who, settings.DEMO, settings.DEMO_OUTSIDE)}


def _nav(request: HttpRequest, user: User) -> list[Entry]:
    match = request.resolver_match
    section = match.url_name if match else ""
    return [
        Entry(reverse(name), label, icon, _belongs(section or "", name), _count(name, user))
        for name, label, icon in _places(user)
    ]


def _places(user: User) -> list[tuple[str, str, str]]:
    """What is pressed most comes first: a phone has room for four."""
    today, calendar = ("today", _("Today"), "today"), ("calendar", _("Calendar"), "calendar")
    clients, book = ("client-search", _("Clients"), "clients"), ("booking-new", _("Book"), "book")
    wanted = [
        (Action.SEE_STORE, today),
        (Action.SEE_CLIENTS, clients),
        (Action.SEE_STORE, calendar),
        (Action.CHANGE_OWN_BOOKINGS, book),
        (Action.SEE_SEGMENTS, ("segments", _("Segments"), "filter")),
        (Action.SEE_LOGS, ("connections", _("Systems"), "connections")),
        (Action.MANAGE_PEOPLE, ("people", _("People"), "people")),
        (Action.SEE_AUDIT, ("audit", _("Audit"), "eye")),
    ]
    if may(user, Action.SEE_STORE_CALENDARS):
        floor = [("board", _("Board"), "board"), ("requests", _("Requests"), "requests")]
        wanted[1:1] = list(zip((Action.SEE_STORE_CALENDARS, Action.DISPATCH_REQUESTS), floor, strict=True))
    else:
        wanted[1], wanted[2] = wanted[2], wanted[1]
    return [place for action, place in wanted if may(user, action)]


def _count(name: str, user: User) -> int:
    """Asked only when it is printed, and once: fragments have no frame, pages print it twice."""
    path = settings.FRAME_COUNTS.get(name)
    return SimpleLazyObject(lambda: import_string(path)(user)) if path else 0  # type: ignore[return-value]


SECTIONS = {
    "client": "client-search",
    "record-client": "client-search",
    "connection": "connections",
    "docs": "connections",
    "report": "connections",
    "person": "people",
    "place": "people",
    "people": "people",
    "calendar": "calendar",
    "booking-new": "booking-new",
    "request": "requests",
    "segment": "segments",
}


def _belongs(url_name: str, entry: str) -> bool:
    """A page belongs to the entry whose name its own URL name starts with."""
    return (
        any(url_name.startswith(start) and target == entry for start, target in SECTIONS.items()) or url_name == entry
    )


def _role_label(user: User, store: Store | None) -> str:
    if user.marks:
        return str(user.marks[0].label)
    member = user.member_in(store) if store else None
    return str(Role(member.role).label) if member else _("No store")


def _initials(user: User) -> str:
    return "".join(word[0] for word in user.name.split()[:2]).upper()
