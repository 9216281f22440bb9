"""Two stores with one of everything in each, every word of it unmistakable; and one person of each kind.

What is found of `there` by somebody of `here` is a leak, and the word says what leaked.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from bookings.models import Booking, Change, GroupEvent, Kind, Segment, Service, Status, TimeChange, TimeSlot
from clienteling.models import ApiToken, Client, Note, Role, StaffMember, Store, User
from clienteling.permissions import Action, Column, Mark, Scope, allows
from integrations.models import (
    ClientLink,
    Connection,
    Difference,
    Linking,
    ReportRun,
    ReportSchedule,
    StoreLink,
    WebhookDelivery,
)
from tests.people import NOW, make_booking, make_client, make_member, make_service

A = Action
TOMORROW = NOW + dt.timedelta(days=1, hours=2)
ALL_WEEK = [{"weekday": day, "start": "08:00", "end": "20:00"} for day in range(7)]
WEBHOOK_SECRET = "whsec-of-the-tests"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks. `column`: hers in the table of permissions; `where`: the one store it holds in, "" for all."""

    name: str
    column: Column | None
    where: str = ""
    is_anonymous: bool = False

    def may(self, action: Action, where: str) -> bool:
        """Read from the table itself, and not by `permissions.may`, which is on trial here."""
        return self.column is not None and allows(self.column, action) and self.where in ("", where)

    def may_somewhere(self, action: Action) -> bool:
        return self.column is not None and allows(self.column, action)

    def __str__(self) -> str:
        return self.name


ANONYMOUS = Who("anonymous", None, is_anonymous=True)
RESTRICTED = Who("restricted associate", Role.RESTRICTED, "here")
ASSOCIATE = Who("associate", Role.ASSOCIATE, "here")
MANAGER = Who("manager", Role.MANAGER, "here")
HEAD_OFFICE = Who("head office", Mark.HEAD_OFFICE)
SUPPORT = Who("support", Mark.SUPPORT)
STORELESS = Who("no store", None)
NEIGHBOUR = Who("manager of the other store", Role.MANAGER, "there")
EVERYBODY = (ANONYMOUS, RESTRICTED, ASSOCIATE, MANAGER, HEAD_OFFICE, SUPPORT, STORELESS, NEIGHBOUR)


@dataclass(frozen=True, slots=True)
class Secret:
    """A word that only those may see who may do one of `actions` in its store."""

    word: str
    what: str
    actions: tuple[Action, ...]


@dataclass(slots=True)
class Place:
    """One of everything. `staff`: a colleague, or for a place called "hers" the person who asks."""

    where: str
    store: Store
    staff: StaffMember
    spare: StaffMember
    service: Service
    client: Client
    booking: Booking
    today: Booking
    request: Booking
    slot: TimeSlot
    change: Change
    time_change: TimeChange
    connection: Connection
    link: StoreLink
    delivery: WebhookDelivery
    linking: Linking
    token: ApiToken
    segment: Segment
    report_run: ReportRun
    report_schedule: ReportSchedule
    bearer: str
    is_hers: bool = False
    secrets: list[Secret] = field(default_factory=list)


@dataclass(slots=True)
class World:
    here: Place
    there: Place
    people: dict[str, User]
    own: dict[str, Place]
    shared: Client

    def places_of(self, who: Who) -> list[Place]:
        own = self.own.get(who.name)
        return [self.here, self.there, *([own] if own else [])]

    def hidden_from(self, who: Who, shown: tuple[Action, ...] = ()) -> list[Secret]:
        """What must not be in any answer to `who`. `shown`: what the page asked for shows on demand."""
        found = []
        for place in (self.here, self.there):
            for secret in place.secrets:
                if not any(who.may(action, place.where) for action in (*secret.actions, *shown)):
                    found.append(secret)
        return found


def word(what: str, where: str) -> str:
    """Letters only: neither escaping nor a search changes it."""
    return f"Qz{what}{where}"


def make_world() -> World:
    crm = Connection.objects.create(name="CRM", kind="crm", base_url="http://127.0.0.1:9/crm", secrets={"crm_key": "k"})
    here, there = _place("here", crm, "+33 6 99 88 77 61"), _place("there", crm, "+33 6 99 88 77 62")
    here.slot.refresh_from_db()
    people = {
        RESTRICTED.name: make_member(here.store, "Rosa", "Own", Role.RESTRICTED).user,
        ASSOCIATE.name: make_member(here.store, "Aldo", "Own", Role.ASSOCIATE).user,
        MANAGER.name: make_member(here.store, "Mona", "Own", Role.MANAGER).user,
        NEIGHBOUR.name: make_member(there.store, "Nils", "Own", Role.MANAGER).user,
        HEAD_OFFICE.name: User.objects.create_user("hoffice@shop.test", name="Hanna Office", is_head_office=True),
        SUPPORT.name: User.objects.create_user("support@shop.test", name="Sam Support", is_support=True),
        STORELESS.name: User.objects.create_user("nowhere@shop.test", name="Nora Nowhere"),
    }
    for user in people.values():
        user.set_password("a password of the tests")  # type: ignore[union-attr]
        user.save()  # type: ignore[union-attr]
    places = {RESTRICTED.name: here, ASSOCIATE.name: here, MANAGER.name: here, NEIGHBOUR.name: there}
    own = {name: _own(people[name], place) for name, place in places.items()}
    return World(here, there, people, own, _shared(here, there))  # type: ignore[arg-type]


def _place(where: str, crm: Connection, phone: str) -> Place:
    store = Store.objects.create(
        name=word("store", where),
        number=f"n{where}",
        time_zone="Europe/Paris",
        country="FR",
        weekly_hours=ALL_WEEK,
        phone=word("storephone", where),
    )
    staff = make_member(store, word("first", where), word("staff", where))
    spare = StaffMember.objects.create(store=store, first_name=word("spare", where), last_name="Spare")
    service = make_service(store, word("service", where), 60)
    service.people.add(staff)
    client = make_client(
        store,
        word("clientfirst", where),
        word("clientlast", where),
        email=f"qzmail{where}@example.org",
        mobile_phone=phone.replace(" ", ""),
        quick_note=word("clientnote", where),
    )
    Note.objects.create(client=client, store=store, author_name="Somebody", body=word("note", where))
    connection = Connection.objects.create(
        name=f"Booxi {where}",
        base_url="http://127.0.0.1:9",
        crm=crm,
        secrets={"partner_key": "key-of-the-tests", "webhook_secret": WEBHOOK_SECRET},
    )
    ClientLink.objects.create(connection=connection, client=client, external_id=f"555{where}")
    client.search_text = client.text_to_search([f"crm{where}777"])
    client.save()
    booking = _booking(staff, client, service, where, TOMORROW)
    GroupEvent.objects.create(
        store=store,
        staff=staff,
        remote_id=f"g{where}",
        name=word("event", where),
        starts_at=NOW + dt.timedelta(hours=5),
        ends_at=NOW + dt.timedelta(hours=6),
        places=5,
    )
    return Place(
        where=where,
        store=store,
        staff=staff,
        spare=spare,
        service=service,
        client=client,
        booking=booking,
        today=_booking(staff, client, service, where, NOW + dt.timedelta(hours=1)),
        request=_booking(staff, client, service, where, TOMORROW + dt.timedelta(hours=3), status=Status.REQUESTED),
        slot=_slot(staff, word("label", where), hours=4),
        change=_change(booking, staff.user),
        time_change=_time_change(staff),
        connection=connection,
        link=StoreLink.objects.create(connection=connection, store=store, external_id=f"50{store.pk}"),
        delivery=_delivery(connection, booking, where),
        linking=_linking(connection, client),
        segment=Segment.objects.create(name=word("segment", where), store=store, criteria={"days_max": 30}),
        **_reports(where),
        **_token(store),
        secrets=_secrets(where, phone),
    )


def _secrets(where: str, phone: str) -> list[Secret]:
    clients, contact = (A.SEE_CLIENTS,), (A.SEE_CONTACT,)
    store, calendars = (A.SEE_STORE,), (A.SEE_STORE_CALENDARS,)
    kinds = {
        "clientfirst": clients,
        "clientlast": clients,
        "clientnote": clients,
        "note": clients,
        "request": clients,
        "quick": clients,
        "label": calendars,
        "event": store,
        "service": store,
        "first": store,
        "staff": store,
        "spare": store,
        # Which stores a connection reads is a setting of it, and no personal data.
        "store": (A.SEE_STORE, A.SEE_LOGS),
        "storephone": store,
        "body": (A.SEE_BODIES,),
        "difference": clients,
        "segment": (A.SEE_SEGMENTS,),
    }
    found = [Secret(word(what, where), f"{what} of {where}", actions) for what, actions in kinds.items()]
    found.append(Secret(f"qzmail{where}@", f"e-mail of {where}", contact))
    found.append(Secret(phone.replace(" ", "")[-9:], f"phone of {where}", contact))
    found.append(Secret(f"crm{where}777", f"customer number of {where}", clients))
    return found


def _booking(staff: StaffMember, client: Client, service: Service, where: str, at: dt.datetime, **more: Any) -> Booking:
    words = {"client_request": word("request", where), "quick_note": word("quick", where)}
    return make_booking(staff, client, at, [service], **words, booked_at=NOW - dt.timedelta(hours=5), **more)


def _slot(staff: StaffMember, label: str, hours: int) -> TimeSlot:
    start = NOW + dt.timedelta(hours=hours)
    return TimeSlot.objects.create(
        store=staff.store,
        staff=staff,
        remote_id=f"t{staff.pk}",
        kind="busy",
        label=label,
        starts_at=start,
        ends_at=start + dt.timedelta(minutes=30),
    )


REFUSED: dict[str, Any] = {"state": "refused", "reason": "slot_taken", "next_attempt_at": NOW, "attempts": 2}


def _change(booking: Booking, author: User | None) -> Change:
    return Change.objects.create(booking=booking, kind="move", author=author, author_name="Somebody", **REFUSED)


def _time_change(staff: StaffMember) -> TimeChange:
    span = {"starts_at": NOW, "ends_at": NOW + dt.timedelta(hours=1)}
    return TimeChange.objects.create(
        staff=staff, kind="add", author=staff.user, author_name="Somebody", **span, **REFUSED
    )


def _delivery(connection: Connection, booking: Booking, where: str) -> WebhookDelivery:
    Difference.objects.create(
        booking=booking, field="quick_note", after=word("difference", where), source="webhook", connection=connection
    )
    return WebhookDelivery.objects.create(
        connection=connection,
        event_id=f"e{where}",
        event_type="booking.updated",
        body=f'{{"note": "{word("body", where)}"}}',
        state="parked",
        subject=f"booking:{booking.pk}",
        client=booking.client,
        reason="unknown_store",
        finished_at=NOW,
    )


def _linking(connection: Connection, client: Client) -> Linking:
    return Linking.objects.create(
        connection=connection,
        client=client,
        external_id="31",
        state="parked",
        outcome="several",
        candidates=["CUST-1", "CUST-2"],
        finished_at=timezone.now(),
    )


def _token(store: Store) -> dict[str, Any]:
    """A system that may do everything, in that store."""
    token = ApiToken(name=f"System of {store.number}", scopes=[scope.value for scope in Scope])
    bearer = token.renew()
    token.save()
    token.stores.set([store])
    return {"token": token, "bearer": bearer}


def _reports(where: str) -> dict[str, Any]:
    """Of a booking system, and of no store."""
    booker = Connection.objects.create(
        name=f"Booker {where}",
        kind="booker",
        base_url="http://127.0.0.1:9",
        location_id="1",
        client_id="c",
        secrets={"client_secret": "s", "subscription_key": "k"},
        is_active=False,
    )
    about = {"report": "rooms", "connection": booker}
    return {
        "report_run": ReportRun.objects.create(
            format="csv", state="parked", reason="none", finished_at=timezone.now(), **about
        ),
        "report_schedule": ReportSchedule.objects.create(next_at=TOMORROW, **about),
    }


def _own(user: Any, place: Place) -> Place:
    """`place` again, with what stands in the calendar of `user` herself."""
    member = StaffMember.objects.get(user=user)
    place.service.people.add(member)
    booking = _booking(member, place.client, place.service, place.where, TOMORROW)
    names = {name: getattr(place, name) for name in Place.__slots__}
    return Place(
        **names
        | {
            "staff": member,
            "is_hers": True,
            "booking": booking,
            "today": _booking(member, place.client, place.service, place.where, NOW + dt.timedelta(hours=1)),
            "slot": _slot(member, "Her lunch", hours=4),
            "change": _change(booking, user),
            "time_change": _time_change(member),
            "secrets": [],
        }
    )


def _shared(here: Place, there: Place) -> Client:
    """A client of both stores, with a past in each that the other has no business with."""
    client = make_client(here.store, "Both", "Stores")
    client.know_in(there.store)
    for place in (here, there):
        words = {"client": client, "store": place.store, "author_name": place.staff.full_name}
        Note.objects.create(**words, body=word("note", place.where))
        done: dict[str, Any] = {"presence": "arrived", "is_completed": True}
        _booking(place.staff, client, place.service, place.where, NOW - dt.timedelta(days=9), **done)
        _booking(place.staff, client, place.service, place.where, TOMORROW + dt.timedelta(days=1))
        Difference.objects.create(
            client=client, field="first_name", after="Both", source="webhook", said_by=place.staff, said_at=NOW
        )
        Difference.objects.create(
            client=client, field="consent", after="kept", source="person", author=place.staff.user
        )
        event = GroupEvent.objects.get(store=place.store)
        fields: dict[str, Any] = {"kind": Kind.GROUP_RESERVATION, "group_event": event}
        make_booking(place.staff, client, NOW + dt.timedelta(hours=5), [place.service], **fields)
    return client


def reference() -> str:
    return str(uuid.uuid4())
