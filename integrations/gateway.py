"""What `bookings` asks of a booking system (`bookings/gateway.py`), done with each store's own provider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.gateway import Freshness, Gateway, GatewayError, Misconfigured, Slot
from bookings.models import Change, Service, TimeChange
from clienteling.celery import wake
from clienteling.models import Client, StaffMember, Store, User
from integrations import booker_checks, linking, pull, push, push_time, sweeps, sync
from integrations.crm.registry import open_crm
from integrations.models import ClientLink, ClientPush, Connection, Difference, StaffLink, StoreLink, SyncRun
from integrations.push import service_ids, staff_id
from integrations.switchboard import Purpose, noting_trouble, opened_for_a_person, place_of, subject_of, tells_changes

OPEN = (SyncRun.State.WAITING, SyncRun.State.RUNNING)


class ProviderGateway(Gateway):
    """Each store's own booking system, found through its `StoreLink`."""

    # --- network ----------------------------------------------------------------------------------------

    def availability(
        self,
        *,
        store: Store,
        services: Sequence[Service],
        start: dt.datetime,
        end: dt.datetime,
        staff: StaffMember | None = None,
    ) -> list[Slot]:
        place = place_of(store)
        provider = opened_for_a_person(place.connection)
        slots = noting_trouble(
            place.connection,
            lambda: provider.availability(
                place.ref,
                service_ids(place, [service.pk for service in services]),
                start,
                end,
                [staff_id(place, staff.pk)] if staff else [],
            ),
        )
        people = dict(
            StaffLink.objects.filter(
                connection=place.connection, staff__store=store, staff__is_active=True
            ).values_list("external_id", "staff_id")
        )
        found = [
            Slot(
                slot.starts_at,
                slot.ends_at,
                tuple(people[one] for one in slot.staff_ids if one in people),
                tuple(people[one] for one in slot.helped_ids if one in people),
            )
            for slot in slots
            if start <= slot.starts_at < end
        ]
        return sorted(slot for slot in found if slot.staff_ids)

    def send(self, change: Change) -> None:
        place = place_of(change.booking.store)
        provider = opened_for_a_person(place.connection, subject_of(change.booking))
        noting_trouble(place.connection, lambda: push.send(place, provider, change))

    def send_time(self, change: TimeChange) -> None:
        place = place_of(change.staff.store)
        provider = opened_for_a_person(place.connection)
        noting_trouble(place.connection, lambda: push_time.send(place, provider, change))

    def find_clients(self, *, store: Store, query: str) -> int:
        place = place_of(store)
        provider = opened_for_a_person(place.connection)
        query = query.strip()[:200]
        clients, links = noting_trouble(place.connection, lambda: provider.find_clients(place.link.external_id, query))
        found = pull.apply_clients(place.connection, clients, links)
        for client in found:
            client.know_in(store)
        return len(found)

    # --- our own database ---------------------------------------------------------------------------------

    def freshness(self, *, stores: Sequence[Store]) -> Freshness:
        links = list(
            StoreLink.objects.filter(store__in=stores, connection__is_active=True).select_related("connection")
        )
        if not links:
            return Freshness("unconnected")
        oldest = min(links, key=lambda link: (link.near_at is not None, link.near_at))
        runs = SyncRun.objects.filter(
            Q(store__in=stores) | Q(kind=SyncRun.Kind.CATALOGUE),
            connection__in={link.connection_id for link in links},
            kind__in=sync.SWEEPS,
            state__in=OPEN,
        )
        return _freshness(oldest.connection, oldest.near_at, list(runs))

    def day_freshness(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> Freshness:
        link = (
            StoreLink.objects.filter(store=staff.store, connection__is_active=True).select_related("connection").first()
        )
        if link is None:
            return Freshness("unconnected")
        if _within(link, staff.store, start, end):
            return self.freshness(stores=[staff.store])
        runs = SyncRun.objects.filter(staff=staff, kind=SyncRun.Kind.DAYS, window_start__lte=start, window_end__gte=end)
        done = runs.filter(state=SyncRun.State.DONE).order_by("-finished_at").first()
        return _freshness(link.connection, done.started_at if done else None, list(runs.filter(state__in=OPEN)))

    def history_freshness(self, *, client: Client) -> Freshness:
        links = [link for link in _links_of(client) if not link.module and _has_history(link.connection)]
        if not links:
            return Freshness("unconnected")
        oldest = min(links, key=lambda link: (link.read_at is not None, link.read_at))
        runs = SyncRun.objects.filter(client=client, kind=SyncRun.Kind.HISTORY, state__in=OPEN)
        return _freshness(oldest.connection, oldest.read_at, list(runs), settings.HISTORY_STALE_AFTER)

    def ask_refresh(self, *, store: Store) -> None:
        for link in StoreLink.objects.filter(store=store, connection__is_active=True).select_related("connection"):
            if sync.request(link.connection, sync.refreshing(link), store=store):
                wake("integrations.tasks.work")

    def ask_days(self, *, staff: StaffMember, start: dt.datetime, end: dt.datetime) -> None:
        for link in StoreLink.objects.filter(store=staff.store, connection__is_active=True).select_related(
            "connection"
        ):
            window = (start, end)
            if sync.request(link.connection, SyncRun.Kind.DAYS, store=staff.store, staff=staff, window=window):
                wake("integrations.tasks.work")

    def ask_history(self, *, client: Client) -> None:
        known_in = ClientLink.objects.filter(client=client, module="").values("connection")
        for connection in _with_history().filter(pk__in=known_in):
            if sync.request(connection, SyncRun.Kind.HISTORY, client=client):
                wake("integrations.tasks.work")

    def client_changed(self, *, client: Client, before: Mapping[str, str], author: User | None = None) -> None:
        person = Difference.Source.PERSON
        said_by = StaffMember.objects.filter(user=author).first() if author else None
        with transaction.atomic():
            for name, value in before.items():
                words = {"field": name, "before": value, "after": str(getattr(client, name))}
                Difference.objects.create(client=client, source=person, said_by=said_by, **words)
            ClientPush.objects.spread(client, before)
            if "consent" in before and client.keeps_data:
                linking.consent_given(client)
            linking.wake()

    def client_links(self, *, client: Client) -> list[tuple[str, str]]:
        """A number that the booking system has from the customer system is named once."""
        links = _links_of(client)
        modules = {link.external_id for link in links if link.module}
        return [(_system(link), link.external_id) for link in links if link.external_id not in modules or link.module]

    def mirrored_until(self, *, store: Store) -> tuple[dt.date, dt.date]:
        return sweeps.full_days(store)


def _links_of(client: Client) -> list[ClientLink]:
    """Read once for each `client` at hand: a page asks for them more than once."""
    links = ClientLink.objects.select_related("connection").order_by("module", "pk")
    prefetch_related_objects([client], Prefetch("links", queryset=links))
    return list(client.links.all())


def _has_history(connection: Connection) -> bool:
    """A customer system knows clients, and none of their bookings."""
    return connection.is_active and not connection.is_customer_system


def _with_history() -> QuerySet[Connection]:
    return Connection.objects.booking_systems().filter(is_active=True)


def _system(link: ClientLink) -> str:
    if link.connection.is_customer_system or (link.module and link.connection.crm_id):
        return _("CRM")
    return link.module or link.connection.get_kind_display()


def check(connection: Connection) -> str:
    """Network. "" when the connection works, else a sentence that says what is wrong."""
    try:
        if connection.is_customer_system:
            return _check_crm(connection)
        if connection.kind == Connection.Kind.BOOKER:
            return booker_checks.check(connection)
        provider = opened_for_a_person(connection)
        stores = noting_trouble(connection, provider.stores)
    except Misconfigured as error:
        return str(error)
    except GatewayError as error:
        return f"{connection.get_kind_display()}: {error}"
    connection.note_answer(at=timezone.now())
    return "" if stores else "The key works, but it is not allowed for any store."


def _check_crm(connection: Connection) -> str:
    """Looks for an address that nobody has: any answer proves the key."""
    crm = noting_trouble(connection, lambda: open_crm(connection, Purpose.PERSON))
    noting_trouble(connection, lambda: crm.find(email="nobody@invalid.example"))
    connection.note_answer(at=timezone.now())
    return ""


def _freshness(
    connection: Connection,
    as_of: dt.datetime | None,
    runs: Sequence[SyncRun],
    stale_after: dt.timedelta | None = None,
) -> Freshness:
    name = connection.get_kind_display()
    if connection.trouble:
        return Freshness(connection.trouble, name, as_of)
    done, total = sum(run.done for run in runs), sum(run.total for run in runs)
    usual = settings.CHANGED_STALE_AFTER if tells_changes(connection) else settings.MIRROR_STALE_AFTER
    stale = as_of is None or as_of < timezone.now() - (stale_after or usual)
    return Freshness("catching_up" if stale else "fresh", name, as_of, done, total)


def _within(link: StoreLink, store: Store, start: dt.datetime, end: dt.datetime) -> bool:
    """Whether [start, end) lies in what a full sweep has read."""
    if link.full_from is None or link.full_until is None:
        first, last = sweeps.full_days(store)
    else:
        first, last = link.full_from, link.full_until
    return store.day_bounds(first)[0] <= start and end <= store.day_bounds(last)[1]
