"""A small shop to test with: two stores, and an outsider who must see nothing of the first."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bookings.models import Booking, BookingItem, Kind, Presence, Service, ServiceCategory, Status, TimeSlot
from clienteling.models import Client, Role, StaffMember, Store, User

counter = itertools.count(1)
NOW = dt.datetime(2026, 5, 6, 8, 0, tzinfo=dt.UTC)  # a Wednesday, 10:00 in Paris


@dataclass
class Shop:
    """`ana` and `bo` are associates, `marc` manages, `helene` is head office, `charlie` works elsewhere."""

    store: Store
    other: Store
    ana: StaffMember
    bo: StaffMember
    marc: StaffMember
    charlie: StaffMember
    helene: User
    styling: Service
    fitting: Service
    lea: Client


def make_member(store: Store, first_name: str, last_name: str, role: str = Role.ASSOCIATE) -> StaffMember:
    email = f"{first_name}.{last_name}@shop.test".lower()
    user = User.objects.create_user(email, name=f"{first_name} {last_name}")
    return StaffMember.objects.create(
        store=store, user=user, first_name=first_name, last_name=last_name, role=role, login_email=email
    )


def make_service(store: Store, name: str, duration: int, price: str = "45.00", spacing: int = 0) -> Service:
    category, _ = ServiceCategory.objects.get_or_create(store=store, name="Studio")
    return Service.objects.create(
        store=store,
        category=category,
        name=name,
        duration=duration,
        spacing_after=spacing,
        price=Decimal(price),
        currency="EUR",
    )


def make_client(store: Store, first_name: str = "Lea", last_name: str = "Noir", **fields: Any) -> Client:
    client = Client.objects.create(first_name=first_name, last_name=last_name, **fields)
    client.know_in(store)
    return client


def make_part(booking: Booking, member: StaffMember, starts_at: dt.datetime, label: str = "Massage") -> TimeSlot:
    """An hour of `booking` that `member` gives."""
    return TimeSlot.objects.create(
        booking=booking,
        store=booking.store,
        staff=member,
        remote_id=f"{booking.remote_id}.{TimeSlot.objects.count()}",
        kind=TimeSlot.Kind.BUSY,
        label=label,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=1),
        can_modify=False,
    )


def make_booking(
    staff: StaffMember,
    client: Client | None,
    starts_at: dt.datetime,
    services: list[Service],
    **fields: Any,
) -> Booking:
    """An accepted, confirmed appointment; `fields` override."""
    minutes = sum(service.duration for service in services)
    values: dict[str, Any] = {
        "store": staff.store,
        "staff": staff,
        "client": client,
        "remote_id": f"B{next(counter)}",
        "kind": Kind.APPOINTMENT,
        "status": Status.CONFIRMED,
        "presence": Presence.EXPECTING,
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(minutes=minutes),
        "modified_at": starts_at - dt.timedelta(days=7),
    }
    booking = Booking.objects.create(**values | fields)
    BookingItem.objects.bulk_create(
        BookingItem(
            booking=booking,
            position=position,
            service=service,
            name=service.name,
            duration=service.duration,
            price=service.price,
            currency=service.currency,
        )
        for position, service in enumerate(services)
    )
    return booking


def make_shop() -> Shop:
    store = Store.objects.create(name="Paris Opéra", number="101", time_zone="Europe/Paris", country="FR")
    other = Store.objects.create(
        name="New York SoHo", number="301", time_zone="America/New_York", country="US", currency="USD"
    )
    lea = make_client(
        store, email="lea.noir@example.org", mobile_phone="+33612345678", quick_note="Prefers the quiet room"
    )
    return Shop(
        store=store,
        other=other,
        ana=make_member(store, "Ana", "Roy"),
        bo=make_member(store, "Bo", "Lind"),
        marc=make_member(store, "Marc", "Petit", Role.MANAGER),
        charlie=make_member(other, "Charlie", "Stone", Role.MANAGER),
        helene=User.objects.create_user("helene@shop.test", name="Hélène Aurel", is_head_office=True),
        styling=make_service(store, "Styling", 60),
        fitting=make_service(store, "Fitting", 30, "30.00"),
        lea=lea,
    )
