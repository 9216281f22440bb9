"""From a `Connection` to a provider one can talk to: keys, pace, deadline, and a record of every call."""

from __future__ import annotations

import enum
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from bookings.gateway import Misconfigured
from bookings.models import Booking
from clienteling.models import Client, Store
from integrations import access
from integrations.links_here import BookerHere
from integrations.models import Connection, ProviderCall, StoreLink
from integrations.pacing import PaceGate
from integrations.providers import booker_auth
from integrations.providers.base import Provider, StoreRef
from integrations.providers.booker import Booker
from integrations.providers.booker_api import BookerApi, Family, Keys
from integrations.providers.booker_reading import Where
from integrations.providers.booxi import Booxi
from integrations.providers.http import Api, Call

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class Purpose(enum.StrEnum):
    """Who waits for a call; also its rank in the budget."""

    PERSON = "person"
    FOLLOW_UP = "follow_up"
    SWEEP = "sweep"


def _booxi(connection: Connection, api: Api) -> Provider:
    key = connection.secrets.get("partner_key", "")
    if not key:
        raise Misconfigured("The partner key is missing or can no longer be read. Enter it again.")
    return Booxi(api, partner_key=key, group_id=connection.group_id, module_id=connection.module_id)


def _booker(connection: Connection, api: Api) -> Provider:
    links = StoreLink.objects.filter(connection=connection).select_related("store")
    return BookerHere(
        connection,
        booker_api(connection, api),
        location_id=connection.location_id,
        brand_id=connection.brand_id,
        reads_purchases=settings.BOOKER_READS_PURCHASES,
        places={link.external_id: Where(link.store.zone, link.store.country) for link in links},
    )


def booker_api(connection: Connection, api: Api) -> BookerApi:
    """The way to Booker with this connection's keys and tokens. Raises Misconfigured."""
    keys = keys_of(connection)
    if not connection.client_id or not connection.secrets.get("client_secret"):
        raise Misconfigured("The client id or secret is missing or can no longer be read. Enter it again.")

    def ask(secrets: Mapping[str, str], own: str, location: str) -> booker_auth.Granted:
        key = keys.of(Family.MERCHANT)
        if own:
            brand = connection.brand_id
            token = booker_auth.for_location(api, key, own, location_id=location, brand_id=brand)
            return booker_auth.Granted(token)
        return booker_auth.grant(api, key, credentials_of(connection, secrets))

    tokens = access.Keeper(connection, ask, bool(connection.brand_id), api.deadline)
    return BookerApi(api, keys=keys, tokens=tokens, page_size=settings.BOOKER_PAGE)


def keys_of(connection: Connection) -> Keys:
    own = {family.value: connection.secrets.get(f"subscription_key_{family}", "") for family in Family}
    return Keys(connection.secrets.get("subscription_key", ""), own)


def credentials_of(connection: Connection, secrets: Mapping[str, str]) -> booker_auth.Credentials:
    return booker_auth.Credentials(
        client_id=connection.client_id,
        client_secret=secrets.get("client_secret", ""),
        scope=connection.scope or "merchant",
        personal_access_token=secrets.get("personal_access_token", ""),
        refresh_token=secrets.get("refresh_token", ""),
        brand_id=connection.brand_id,
    )


PROVIDERS: dict[str, Callable[[Connection, Api], Provider]] = {
    Connection.Kind.BOOXI: _booxi,
    Connection.Kind.BOOKER: _booker,
}
CLASSES: dict[str, type[Provider]] = {Connection.Kind.BOOXI: Booxi, Connection.Kind.BOOKER: Booker}


def tells_changes(connection: Connection) -> bool:
    """Whether lists of its booking system tell what has changed: then those are read, instead of days again."""
    return CLASSES[connection.kind].tells_changes


@dataclass(slots=True)
class Tally:
    calls: int = 0


_subject: ContextVar[str] = ContextVar("subject", default="")
_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def subject_of(row: Booking | Client) -> str:
    """Whom a call or a delivery is about, as its record names them: "booking:12", "client:7"."""
    return f"{row._meta.model_name}:{row.pk}"


@contextmanager
def calling_about(row: Booking | Client) -> Iterator[None]:
    """Every call made inside is recorded as being about `row`, whoever opened the provider."""
    token = _subject.set(subject_of(row))
    try:
        yield
    finally:
        _subject.reset(token)


@contextmanager
def counting() -> Iterator[Tally]:
    """How many calls are made within, to whomever."""
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def open_provider(connection: Connection, purpose: Purpose, subject: str = "") -> Provider:
    """`subject`: whom its calls are about, for the record ("booking:12", "client:7"). Raises Misconfigured."""
    return PROVIDERS[connection.kind](connection, open_api(connection, purpose, subject))


def open_api(connection: Connection, purpose: Purpose, subject: str) -> Api:
    """The way there, with its pace, deadline and record of calls. Raises Misconfigured."""
    if not connection.is_active:
        raise Misconfigured("The connection is switched off.")
    person = purpose == Purpose.PERSON
    return Api(
        connection.base_url,
        gate=gate_of(connection, sweeps=purpose == Purpose.SWEEP),
        report=_recorder(connection, purpose, subject),
        deadline=settings.PROVIDER_TIMEOUT_PERSON if person else settings.PROVIDER_TIMEOUT_BACKGROUND,
        max_body=settings.PROVIDER_MAX_BODY,
    )


def sign_in_api(connection: Connection) -> Api:
    """The way to where people sign in, which is another host with a pace and a record of its own."""
    key = hashlib.sha256(f"{connection.sign_in_url} {connection.client_id}".encode()).hexdigest()[:32]
    return Api(
        connection.sign_in_url,
        gate=PaceGate(key, pace_of(connection), sweeps=False),
        report=lambda call: _keep_call(connection, Purpose.PERSON, call, ""),
        deadline=settings.PROVIDER_TIMEOUT_PERSON,
        max_body=settings.PROVIDER_MAX_BODY,
    )


def gate_of(connection: Connection, *, sweeps: bool = False) -> PaceGate:
    """The budget of the connection's key."""
    return PaceGate(_pace_key(connection), pace_of(connection), sweeps, daily_calls_of(connection))


def daily_calls_of(connection: Connection) -> int:
    """How many calls a day (UTC) may have before its regular reading waits; 0: any number."""
    if connection.daily_calls is not None:
        return connection.daily_calls
    return settings.BOOKER_DAILY_CALLS if connection.kind == Connection.Kind.BOOKER else 0


def pace_of(connection: Connection) -> float:
    """Calls per second."""
    usual = settings.BOOKER_PACE if connection.kind == Connection.Kind.BOOKER else settings.PROVIDER_PACE
    return connection.pace or usual


def _pace_key(connection: Connection) -> str:
    """Two connections with one key share its quota. The key itself is not stored in the clear."""
    names = ("partner_key", "crm_key", "subscription_key", "subscription_key_merchant")
    key = next((connection.secrets[name] for name in names if connection.secrets.get(name)), "")
    secret = f"{connection.base_url} {key}"
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def _recorder(connection: Connection, purpose: Purpose, subject: str) -> Callable[[Call], None]:
    def record(call: Call) -> None:
        _keep_call(connection, purpose, call, subject)
        if tally := _tally.get():
            tally.calls += 1
        now = timezone.now()
        if call.status in (401, 403) or (call.endpoint == booker_auth.TOKEN_PATH and 400 <= call.status < 500):
            return  # whoever asked reports it, with words
        if 0 < call.status < 500:
            connection.note_answer(at=now)
        else:
            connection.note_trouble(Connection.Trouble.UNREACHABLE, call.error or f"error {call.status}")

    return record


def _keep_call(connection: Connection, purpose: Purpose, call: Call, subject: str) -> None:
    ProviderCall.objects.create(
        connection=connection,
        purpose=purpose,
        method=call.method,
        endpoint=call.endpoint,
        status=call.status,
        milliseconds=call.milliseconds,
        error=call.error[:60],
        subject=_subject.get() or subject,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A store as its booking system knows it."""

    connection: Connection
    link: StoreLink

    @property
    def ref(self) -> StoreRef:
        return ref_of(self.link)


def ref_of(link: StoreLink) -> StoreRef:
    return StoreRef(link.external_id, link.secrets.get("merchant_key", ""))


def place_of(store: Store) -> Place:
    """Where `store` is booked. Raises Misconfigured when nowhere."""
    link = StoreLink.objects.filter(store=store, connection__is_active=True).select_related("connection").first()
    if link is None:
        raise Misconfigured("This store is not connected to a booking system.")
    return Place(link.connection, link)


def opened_for_a_person(connection: Connection, subject: str = "") -> Provider:
    return noting_trouble(connection, lambda: open_provider(connection, Purpose.PERSON, subject))


def noting_trouble(connection: Connection, call: Callable[[], Result]) -> Result:
    """What `call` returns; head office learns of a connection that is not set up right."""
    try:
        return call()
    except Misconfigured as error:
        connection.note_trouble(Connection.Trouble.MISCONFIGURED, str(error))
        raise
