"""What each kind of run reads, step by step."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.gateway import Misconfigured, Reason, Refused
from bookings.models import Booking, Status
from bookings.models import Kind as BookingKind
from clienteling import privacy
from clienteling.models import ClientStore, Store
from integrations import keeping, pull
from integrations.models import ClientLink, Connection, StaffLink, StoreLink, SyncRun
from integrations.progress import Progress
from integrations.providers.base import ClientMerged, Provider, StoreRef
from integrations.records import Batch, ClientPage, ScheduleRecord, ServiceRecord, StaffRecord
from integrations.switchboard import calling_about, ref_of

Kind = SyncRun.Kind
EVERYBODY = 0  # where a person is noted beside a booking that no calendar showed


def _catalogue(progress: Progress, provider: Provider) -> Iterator[None]:
    records = provider.stores()
    links = sorted(
        pull.apply_stores(progress.run.connection, records, limits=provider.cannot), key=lambda link: link.pk
    )
    progress.total(len(links))
    for link in links[progress.run.done :]:
        link.connection = progress.run.connection
        store = ref_of(link)
        hours = provider.opening_hours(store) if store.key or not provider.needs_store_key else []
        staff = provider.staff(link.external_id)
        categories = provider.categories(link.external_id)
        services = provider.services(link.external_id)
        offers = _offers(progress, provider, link, services)
        schedules = _schedules(progress, provider, staff)
        rooms = provider.rooms(link.external_id)
        with transaction.atomic():
            outcome = pull.apply_catalogue(link, hours=hours, staff=staff, categories=categories, services=services)
            outcome.counts += pull.apply_work(link, offers=offers, schedules=schedules, rooms=rooms)
            StoreLink.objects.filter(pk=link.pk).update(catalogue_at=timezone.now())
            progress.step(outcome.counts)
        yield


def _offers(
    progress: Progress, provider: Provider, link: StoreLink, services: Sequence[ServiceRecord]
) -> set[tuple[str, str]] | None:
    """Who does what; None where the store's key, which it takes, is not known."""
    store = ref_of(link)
    if provider.needs_store_key and not store.key:
        return None
    progress.hold()
    return provider.offers(store, [one.external_id for one in services if one.is_online and not one.is_group])


def _schedules(progress: Progress, provider: Provider, staff: Sequence[StaffRecord]) -> dict[str, list[ScheduleRecord]]:
    """A call for each person: no list tells the hours of several (booxi-api.md section 6.4)."""
    found = {}
    for one in staff:
        progress.hold()
        found[one.external_id] = provider.schedules(one.external_id)
    return found


def near_window(store: Store) -> tuple[dt.datetime, dt.datetime]:
    return store.day_bounds(store.today() - dt.timedelta(days=1), settings.MIRROR_NEAR_DAYS_AHEAD + 1)


def full_days(store: Store) -> tuple[dt.date, dt.date]:
    """First and last local day that is always mirrored."""
    today = store.today()
    return (
        today - dt.timedelta(days=settings.MIRROR_DAYS_BACK),
        today + dt.timedelta(days=settings.MIRROR_DAYS_AHEAD),
    )


def _near(progress: Progress, provider: Provider) -> Iterator[None]:
    link = _link_of(progress.run)
    started = timezone.now()
    yield from _calendars(progress, provider, link, *near_window(link.store))
    StoreLink.objects.filter(pk=link.pk).update(near_at=started)


def _full(progress: Progress, provider: Provider) -> Iterator[None]:
    link = _link_of(progress.run)
    started = timezone.now()
    first, last = full_days(link.store)
    if limit := keeping.oldest(link.connection, started):
        first = max(first, link.store.local(limit).date() + dt.timedelta(days=1))
    start, end = link.store.day_bounds(first, (last - first).days + 1)
    yield from _calendars(progress, provider, link, start, end)
    proven: dict[str, object] = {"near_at": started, "full_at": started, "full_from": first, "full_until": last}
    if not provider.tells_changes:
        # Whom we met just now we know as she is: a first sync takes no call for each of them.
        proven["clients_at"] = Coalesce("clients_at", Value(started))
    StoreLink.objects.filter(pk=link.pk).update(**proven)


def _changed(progress: Progress, provider: Provider) -> Iterator[None]:
    """Clients, then bookings of any day, that have changed since the last time; or since the whole was read.

    Clients first: of whom a booking shows as we know her nobody has to be asked.

    A little is read twice: the provider's clock is not ours, nor do its lists show at once what was just written.
    """
    link = _link_of(progress.run)
    started = progress.run.started_at or timezone.now()
    # The first time: since clients or the window were read whole, whichever was earlier.
    whole = min(filter(None, (link.clients_at, link.full_at)), default=started)
    since = (link.changed_at or whole) - settings.CHANGED_OVERLAP
    progress.total(3)
    news = pull.News(run=progress.run)
    if progress.run.done < 1:
        for page in provider.clients(ref_of(link), since):
            with transaction.atomic():
                pull.apply_clients(link.connection, page.records, news=news)
                progress.note(Counter({"clients seen": len(page.records)}))
        progress.step(Counter())
        yield
    if progress.run.done < 2:
        _changed_bookings(progress, provider, link, since, news)
        progress.step(Counter())
        yield
    StoreLink.objects.filter(pk=link.pk).update(changed_at=started, near_at=started)
    _some_in_full(progress, provider, link)


def _some_in_full(progress: Progress, provider: Provider, link: StoreLink) -> None:
    """Memberships and sums are in a client's own answer alone: a few clients each time, the longest unread first."""
    long_ago = timezone.now() - settings.CLIENT_DETAILS_EVERY
    hers = ClientStore.objects.filter(client=OuterRef("client"), store=link.store)
    due = ClientLink.objects.filter(Q(proven_at=None) | Q(proven_at__lt=long_ago), Exists(hers), module="")
    due = due.filter(connection=link.connection, client__anonymised_at=None)
    oldest = due.order_by(F("proven_at").asc(nulls_first=True), "pk")[: settings.CLIENT_DETAILS_AT_ONCE]
    for external_id in list(oldest.values_list("external_id", flat=True)):
        _read_client(progress.run, provider, external_id)
        progress.hold()


def _changed_bookings(
    progress: Progress, provider: Provider, link: StoreLink, since: dt.datetime, news: pull.News
) -> None:
    for page in provider.changed_bookings(ref_of(link), since):
        with transaction.atomic():
            outcome = pull.apply_bookings(link.connection, page.bookings, news)
            progress.note(outcome.counts)
        for external_id in sorted(outcome.clients):
            _read_client(progress.run, provider, external_id)
            progress.hold()


def _clients(progress: Progress, provider: Provider) -> Iterator[None]:
    """That a client was deleted, emptied or linked anew shows nowhere else."""
    if provider.tells_changes:
        yield from _listed_clients(progress, provider)
    else:
        yield from _one_by_one(progress, provider)


def _listed_clients(progress: Progress, provider: Provider) -> Iterator[None]:
    """Everybody the provider lists, store by store; of whom it does not list it is asked, for she may be gone."""
    connection = progress.run.connection
    links = list(StoreLink.objects.filter(connection=connection, store__is_active=True).select_related("store"))
    started = timezone.now()
    news = pull.News(run=progress.run, first=any(link.clients_at is None for link in links))
    seen: set[str] = set()
    progress.run.done = 0  # pages are no steps that a killed run could leave out
    for link in links:
        for page in provider.clients(ref_of(link)):
            progress.total(max(progress.run.total, progress.run.done + 1, _pages(page)))
            with transaction.atomic():
                pull.apply_clients(connection, page.records, news=news)
                progress.step(Counter({"clients seen": len(page.records)}))
            seen |= {record.external_id for record in page.records}
            yield
    for external_id in _not_listed(connection, seen):
        _read_client(progress.run, provider, external_id)
        ClientLink.objects.filter(connection=connection, module="", external_id=external_id).update(metadata=UNLISTED)
        progress.hold()
    StoreLink.objects.filter(pk__in=[link.pk for link in links]).update(clients_at=started)


UNLISTED = {"unlisted": True}  # on the link of somebody whom no list shows, though she is there


def _not_listed(connection: Connection, seen: set[str]) -> list[str]:
    """Whom we know and no list has shown: gone, perhaps. Who was found to be there all the same (inactive, a lead)
    is asked for again only now and then."""
    long_ago = timezone.now() - settings.CLIENT_DETAILS_EVERY
    known = ClientLink.objects.filter(connection=connection, module="", client__anonymised_at=None)
    # `exclude` would leave out also those whose metadata have no such key.
    found_lately = known.filter(metadata__unlisted=True, proven_at__gte=long_ago)
    told = seen.union(found_lately.values_list("external_id", flat=True))
    return [one for one in known.values_list("external_id", flat=True).iterator() if one not in told]


def _pages(page: ClientPage) -> int:
    return math.ceil(page.total / max(1, page.size))


def _one_by_one(progress: Progress, provider: Provider) -> Iterator[None]:
    """Every client of the window. Whom this run has proven it does not read again, so it goes on with who is left."""
    link = _link_of(progress.run)
    started = timezone.now()
    first, last = full_days(link.store)
    start, end = link.store.day_bounds(first, (last - first).days + 1)
    hers = Booking.objects.accepted().filter(store=link.store, client=OuterRef("client"))
    unproven = Q(proven_at=None) | Q(proven_at__lt=progress.run.created_at)
    links = ClientLink.objects.filter(unproven, connection=link.connection, module="", client__anonymised_at=None)
    links = links.filter(Exists(hers.filter(starts_at__gte=start, starts_at__lt=end))).order_by("pk")
    waiting = list(links.values_list("external_id", flat=True))
    progress.total(progress.run.done + len(waiting))
    for external_id in waiting:
        _read_client(progress.run, provider, external_id)
        progress.step(Counter())
        yield
    StoreLink.objects.filter(pk=link.pk).update(clients_at=started)


def _link_of(run: SyncRun) -> StoreLink:
    link = StoreLink.objects.filter(connection=run.connection, store=run.store).select_related("store").first()
    if link is None:
        raise Misconfigured("The store is no longer part of this connection.")
    link.connection = run.connection
    return link


def _calendars(
    progress: Progress, provider: Provider, link: StoreLink, start: dt.datetime, end: dt.datetime
) -> Iterator[None]:
    """Every calendar of a store, then what none of them showed, and whom they showed otherwise."""
    if provider.reads_by_store:
        yield from _read_store(progress, provider, link, start, end)
    else:
        yield from _read_everybody(progress, provider, link, start, end)
    hidden = None if provider.reads_by_store else _in_no_calendar(link.store, start, end)
    _ask_for_missing(progress, provider, hidden)
    _ask_for_clients(progress, provider)
    yield


STRETCH = dt.timedelta(days=92)


def _read_store(
    progress: Progress, provider: Provider, link: StoreLink, start: dt.datetime, end: dt.datetime
) -> Iterator[None]:
    """All calendars together, a stretch of days in each step; applied page by page, however many there are."""
    stretches = list(_stretches(start, end))
    progress.total(len(stretches) + 1)
    news = pull.News(run=progress.run, first=link.full_at is None)
    for first, until in stretches[progress.run.done :]:
        seen: set[str] = set()
        missing: list[list[int]] = []
        clients: set[str] = set()
        for page in provider.store_calendar(ref_of(link), first, until):
            with transaction.atomic():
                outcome = pull.apply_bookings(link.connection, page.bookings, news)
                progress.note(outcome.counts + Counter({"entries unreadable": page.unreadable}))
            seen |= {record.external_id for record in page.bookings}
            missing += _told_older(link.store, outcome)
            clients |= outcome.clients
            progress.hold()
        missing += [[pk, EVERYBODY] for pk in _not_seen(link.store, seen, first, until)]
        progress.step(Counter(), missing=missing, clients=clients)
        yield


def _not_seen(store: Store, seen: set[str], start: dt.datetime, end: dt.datetime) -> list[int]:
    """Live bookings of these days that are in no calendar any more: cancelled, moved or gone."""
    held = Booking.objects.accepted().live().filter(store=store, kind=BookingKind.APPOINTMENT)
    rows = held.filter(starts_at__gte=start, starts_at__lt=end).values_list("pk", "remote_id")
    return [pk for pk, remote_id in rows.iterator() if remote_id not in seen]


def _stretches(start: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    while start < end:
        yield start, min(start + STRETCH, end)
        start += STRETCH


def _read_everybody(
    progress: Progress, provider: Provider, link: StoreLink, start: dt.datetime, end: dt.datetime
) -> Iterator[None]:
    """One person's calendar in each step."""
    people = list(
        StaffLink.objects.filter(Q(staff__is_active=True), connection=progress.run.connection, staff__store=link.store)
        .select_related("staff")
        .order_by("pk")
    )
    progress.total(len(people) + 1)
    for person in people[progress.run.done :]:
        _read_calendar(progress, provider, link, person, start, end)
        yield


def _read_calendar(
    progress: Progress, provider: Provider, link: StoreLink, person: StaffLink, start: dt.datetime, end: dt.datetime
) -> None:
    batch = Batch()
    for page in provider.calendar(ref_of(link), person.external_id, start, end):
        batch.add(page)
        progress.hold()
    with transaction.atomic():
        news = pull.News(run=progress.run, first=link.full_at is None)
        outcome = pull.apply_calendar(link, person.staff, batch, start=start, end=end, news=news)
        missing = [[pk, person.staff_id] for pk in outcome.missing] + _told_older(link.store, outcome)
        progress.step(outcome.counts, missing=missing, clients=outcome.clients)


def _told_older(store: Store, outcome: pull.Outcome) -> list[list[int]]:
    """Bookings that the provider shows with an older time than ours: read before newer news came, or ours is wrong."""
    older = [key for key, verdict in outcome.verdicts.items() if verdict == pull.Verdict.OLDER]
    held = Booking.objects.filter(store=store, remote_id__in=older, staff__isnull=False) if older else []
    return [[booking.pk, booking.staff_id or 0] for booking in held]


def _in_no_calendar(store: Store, start: dt.datetime, end: dt.datetime) -> Q:
    """Live bookings of the window that no calendar can show: nobody's yet, or of somebody who has left."""
    ownerless = Q(staff=None) | Q(staff__is_active=False)
    in_window = Q(starts_at__gte=start, starts_at__lt=end) | Q(starts_at=None, booked_at__gte=start)
    is_live = ~Q(status__in=[Status.CANCELLED, Status.REFUSED])
    return Q(store=store, kind=BookingKind.APPOINTMENT) & ownerless & in_window & is_live


def _ask_for_missing(progress: Progress, provider: Provider, others: Q | None = None) -> None:
    """Bookings we hold that no calendar showed: ask for each, unless another calendar has shown it since."""
    wanted = others or Q(pk__in=[])
    for staff in {staff for _, staff in progress.run.missing}:
        pks = [pk for pk, one in progress.run.missing if one == staff]
        # A place in a group event is in no calendar, and where all were read together, nothing can have shown it since.
        shown = Q() if staff == EVERYBODY else Q(staff=staff) | Q(kind=BookingKind.GROUP_RESERVATION)
        wanted |= Q(shown, pk__in=pks)
    doubtful = set(progress.run.clients)
    for booking in Booking.objects.accepted().filter(wanted).order_by("pk"):
        progress.hold()
        doubtful |= reread(progress.run.connection, provider, booking, pull.News(run=progress.run))
    progress.run.clients = sorted(doubtful)


def _ask_for_clients(progress: Progress, provider: Provider) -> None:
    for external_id in progress.run.clients:
        progress.hold()
        _read_client(progress.run, provider, external_id)


def reread(connection: Connection, provider: Provider, booking: Booking, news: pull.News) -> set[str]:
    """One booking as the provider has it now; one that it no longer has is cancelled here.

    Returns the external ids of clients who have to be read again.
    """
    try:
        with calling_about(booking):
            record = provider.booking(_ref_of(connection, booking), booking.remote_id or "")
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        pull.mark_gone([booking.pk], connection=connection, news=news)
        return set()
    return pull.apply_last_word(connection, booking, record, news).clients


def _ref_of(connection: Connection, booking: Booking) -> StoreRef:
    links = StoreLink.objects.filter(connection=connection, store=booking.store_id)
    return StoreRef(links.values_list("external_id", flat=True).first() or "")


def _days(progress: Progress, provider: Provider) -> Iterator[None]:
    """One calendar, days that a page asked for."""
    link = _link_of(progress.run)
    person = (
        StaffLink.objects.filter(connection=progress.run.connection, staff=progress.run.staff)
        .select_related("staff")
        .first()
    )
    if person is None or progress.run.window_start is None or progress.run.window_end is None:
        raise Misconfigured("The person is no longer part of this connection.")
    progress.total(1)
    _read_calendar(progress, provider, link, person, progress.run.window_start, progress.run.window_end)
    _ask_for_missing(progress, provider)
    yield


def _history(progress: Progress, provider: Provider) -> Iterator[None]:
    """A client's details, her id in the CRM, and her bookings in every store, oldest window last known first."""
    links = list(
        ClientLink.objects.filter(connection=progress.run.connection, client=progress.run.client, module="").order_by(
            "pk"
        )
    )
    progress.total(len(links))
    for link in links[progress.run.done :]:
        link.external_id = _read_client(progress.run, provider, link.external_id)
        if not link.external_id:
            progress.step(Counter())
            continue
        batch = Batch()
        now = timezone.now()
        years = 1 if link.read_at else settings.HISTORY_YEARS
        ahead = now + dt.timedelta(days=366)
        limit = keeping.oldest(progress.run.connection, now)
        asked = now - dt.timedelta(days=366 * years)
        since = max(asked, limit) if limit else asked
        for page in provider.bookings_of(link.external_id, since, ahead):
            batch.add(page)
            progress.hold()
        news = pull.News(run=progress.run, first=link.read_at is None)
        outcome = pull.apply_bookings(progress.run.connection, batch.bookings, news)
        ClientLink.objects.filter(connection=progress.run.connection, module="", external_id=link.external_id).update(
            read_at=now
        )
        progress.step(outcome.counts)
        yield


def _read_client(run: SyncRun, provider: Provider, external_id: str) -> str:
    """Her details, and her id in the CRM, as the provider has them. Returns the id under which she lives on, "" when
    she does not."""
    connection, asked_at = run.connection, timezone.now()
    links = ClientLink.objects.filter(connection=connection, module="")
    known = links.filter(external_id=external_id, proven_at=None, read_at=None)
    news = pull.News(run=run, first=known.exists())
    try:
        external_id = _describe_client(connection, provider, external_id, news)
    except Refused as error:
        if error.reason != Reason.GONE:
            raise
        _forget_client(connection, external_id)
        return ""
    module = connection.module_id
    crm_id = provider.client_link(external_id, module) if module else ""
    for link in links.filter(external_id=external_id):
        if module:
            pull.mirror_module_link(connection, link.client_id, module, crm_id, asked_at=asked_at, news=news)
    links.filter(external_id=external_id).update(proven_at=asked_at)
    return external_id


def _describe_client(connection: Connection, provider: Provider, external_id: str, news: pull.News) -> str:
    """Returns the id under which she lives on, where she was merged. Raises Refused (GONE) where she was deleted."""
    try:
        pull.apply_clients(connection, [provider.client(external_id)], news=news)
    except ClientMerged as merged:
        pull.merge_client(connection, external_id, merged.new_id, news)
        pull.apply_clients(connection, [provider.client(merged.new_id)], news=news)
        return merged.new_id
    return external_id


def _forget_client(connection: Connection, external_id: str) -> None:
    """Deleted at the provider: nobody may keep her details. Her bookings stay, without them."""
    link = ClientLink.objects.filter(connection=connection, module="", external_id=external_id).first()
    if link:
        privacy.forget(link.client, at=timezone.now())
        ClientLink.objects.filter(pk=link.pk).update(proven_at=timezone.now())


STEPS: dict[str, Callable[[Progress, Provider], Iterator[None]]] = {
    Kind.CATALOGUE: _catalogue,
    Kind.NEAR: _near,
    Kind.FULL: _full,
    Kind.CHANGED: _changed,
    Kind.CLIENTS: _clients,
    Kind.DAYS: _days,
    Kind.HISTORY: _history,
}
