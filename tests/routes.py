"""Every route, who may use it, and how it is asked: one row each.

To add a route, add a row with its name and what it needs:
    an Action           whoever may do that, in the store of what the address is about (`at`), else anywhere
    ANYBODY             whoever is logged in
    PUBLIC              also who is not
    OUTSIDE             another system, which proves itself otherwise
    NOBODY              nobody, unless by `own`
`own` is what suffices for what stands in her own calendar, or is her own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clienteling.permissions import Action
from integrations.models import Connection
from tests.places import TOMORROW, Place, Who, reference

A = Action
ANYBODY, PUBLIC, OUTSIDE, NOBODY = "anybody logged in", "public", "the system outside", "nobody"
Words = Callable[[Place], dict[str, Any]]


def nothing(place: Place) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    name: str
    needs: Action | str
    at: Words | None = None  # the arguments of its address; what they name belongs to a store
    of_store: bool = True  # False: what the address names is of no store (a connection, an account)
    own: Action | str = ""
    get: Words | None = None  # the query; None: it is not read
    post: Words | None = None  # what is sent; None: nothing can be sent
    sees: Action | None = None  # who may see what it is about, but not do this, is told so with 403
    refused: int = 404
    anonymous: int = 302  # to the log-in
    leads_out: bool = False  # ends at the log-in for everybody
    shows: tuple[Action, ...] = ()  # what it shows on demand to whoever may do this
    empty: bool = False  # what is sent is not enough to change anything
    maybe: bool = False  # 404 also for whom it is open: there may be nothing of the kind
    strict: bool = False  # what is sent has to be of a store of hers, or there is nothing here
    foreign: tuple[str, ...] = ()  # fields that name things of a store
    cases: tuple[Row, ...] = ()  # the same route, asked otherwise

    @property
    def all_cases(self) -> tuple[Row, ...]:
        return (self, *self.cases)

    @property
    def offers(self) -> set[str]:
        """The methods that one or the other case is asked with."""
        cases = BY_NAME[self.name].all_cases
        return {m for case in cases for m, build in (("GET", case.get), ("POST", case.post)) if build}

    def is_for(self, who: Who, place: Place) -> bool:
        """Whether the table of permissions lets `who` do this with what is of `place`."""
        if self.needs in (ANYBODY, PUBLIC):
            return self.needs == PUBLIC or not who.is_anonymous
        if place.is_hers and self.own and (self.own == ANYBODY or who.may(Action(self.own), place.where)):
            return True
        return isinstance(self.needs, Action) and who.may(self.needs, place.where)

    def differs_by_place(self, place: Place) -> bool:
        """Whether asking about `place` is anything else than asking about another one."""
        if place.is_hers:
            return bool(self.own)
        plain = (None, nothing)
        return self.of_store and not (self.at in plain and self.get in plain and self.post in plain)

    def opens_for(self, who: Who, place: Place) -> bool:
        """Whether the address answers at all."""
        if ((self.at or self.strict) and self.of_store) or self.needs in (ANYBODY, PUBLIC):
            return self.is_for(who, place)
        actions = [one for one in (self.needs, self.own) if isinstance(one, Action)]
        return any(who.may_somewhere(action) for action in actions)


# --- what addresses name ----------------------------------------------------------------------------------


def of(*names: str, **fixed: Any) -> Words:
    """`pk` of the part of the place named first, `link_pk` of the second."""
    keys = ("pk", "link_pk")
    return lambda place: dict(zip(keys, (getattr(place, name).pk for name in names), strict=False)) | fixed


def live(scope: str, name: str) -> Words:
    return of(name, scope=scope)


def account(place: Place) -> dict[str, Any]:
    return {"pk": place.staff.user_id}


# --- what is sent -----------------------------------------------------------------------------------------


def slot_of(place: Place, at: dt.datetime) -> str:
    return f"{at.isoformat()}|{place.staff.pk}"


def order(place: Place) -> dict[str, Any]:
    return {
        "reference": reference(),
        "who": "known",
        "client": place.client.pk,
        "service": place.service.pk,
        "staff": place.staff.pk,
        "slot": slot_of(place, TOMORROW + dt.timedelta(days=2)),
    }


def press(place: Place) -> dict[str, Any]:
    return {"reference": reference(), "seen": place.booking.modified_at.isoformat()}


def moved(place: Place) -> dict[str, Any]:
    at = TOMORROW + dt.timedelta(days=3)
    return press(place) | {"starts_at": at.isoformat(), "staff": place.staff.pk}


def moved_by_slot(place: Place) -> dict[str, Any]:
    return press(place) | {"slot": slot_of(place, TOMORROW + dt.timedelta(days=3))}


def edited(place: Place) -> dict[str, Any]:
    rows = {"items-TOTAL_FORMS": 1, "items-INITIAL_FORMS": 1}
    item = {"items-0-service": place.service.pk, "items-0-duration": 45, "items-0-price": "40"}
    return press(place) | rows | item | {"client_request": "Another", "quick_note": "Another"}


def decision(place: Place) -> dict[str, Any]:
    seen = place.request.modified_at.isoformat()
    return {"reference": reference(), "seen": seen, "slot": slot_of(place, TOMORROW + dt.timedelta(hours=3))}


def decisions(place: Place) -> dict[str, Any]:
    pk = place.request.pk
    return {"request": pk, **{f"{pk}-{name}": value for name, value in decision(place).items()}}


def proposal(place: Place) -> dict[str, Any]:
    return decision(place) | {"slot": slot_of(place, TOMORROW + dt.timedelta(days=2))}


def time(place: Place) -> dict[str, Any]:
    words = {"kind": "busy", "day": "2026-05-09", "start": "12:00", "end": "13:00", "label": "Training"}
    return {"reference": reference(), "staff": place.staff.pk, **words}


def in_store(place: Place) -> dict[str, Any]:
    return {"store": place.store.pk}


def booxi(place: Place) -> dict[str, Any]:
    return {"name": "Another", "region": "eu", "partner_key": "another-key", "is_active": "on"}


def booker(place: Place) -> dict[str, Any]:
    keys = {"client_id": "another", "client_secret": "another-secret", "subscription_key": "another-key"}
    where = {"name": "Another", "environment": "staging", "location_id": "10001", "scope": "merchant"}
    return where | keys | {"is_active": "on"}


def customer_system(place: Place) -> dict[str, Any]:
    return {"name": "Another", "address": "https://crm.example.com", "crm_key": "another-key", "is_active": "on"}


def webhook_settings(place: Place) -> dict[str, Any]:
    return {"webhook_method": "POST", "webhook_scheme": Connection.Scheme.BOOXI, "webhook_secret": "another-secret"}


def words(**fixed: Any) -> Words:
    return lambda place: fixed


def room_report(place: Place) -> dict[str, Any]:
    return {"what": "file", "format": "csv", "which": "all", "connection": place.report_run.connection_id}


def room_schedule(place: Place) -> dict[str, Any]:
    more = {"every": "day", "weekday": 0, "month_day": 1, "hour": 6, "time_zone": "UTC"}
    return room_report(place) | more


def draft(place: Place) -> dict[str, Any]:
    return {
        "client": place.client.pk,
        "service": place.service.pk,
        "staff": place.staff.pk,
        "q": place.client.last_name,
    }


def change_booking(name: str, **more: Any) -> Row:
    """Of a booking: her own, or any of a store she manages. Who sees it but may not change it is told so."""
    given: dict[str, Any] = {"at": of("booking"), "own": A.CHANGE_OWN_BOOKINGS, "sees": A.SEE_CLIENTS} | more
    return Row(name, A.CHANGE_STORE_BOOKINGS, **given)


def press_of(kind: str, name: str, **more: Any) -> Row:
    return change_booking("booking-change", at=of(name, kind=kind), post=press, **more)


def setting(name: str, needs: Action = A.MANAGE_CONNECTIONS, **more: Any) -> Row:
    """Of head office, or of support: what is no store's."""
    return Row(name, needs, **{"of_store": False, **more})


def entrance(name: str, needs: str = PUBLIC, **more: Any) -> Row:
    """A page of the log-in (allauth's): what is sent is empty."""
    return Row(name, needs, **{"get": nothing, "post": nothing, "empty": True, "of_store": False, **more})


def system(name: str, at: Words | None = None, **more: Any) -> Row:
    """An endpoint of the API: no session opens it, only a token. What a token may see is asked in the same file."""
    return Row(f"api:{name}", OUTSIDE, at, **{"get": nothing, "post": nothing, "leads_out": True, **more})


ROWS: tuple[Row, ...] = (
    # --- other systems
    Row("webhook", OUTSIDE, lambda place: {"token": place.connection.webhook_token}, get=nothing, post=nothing),
    *(system(name) for name in ("stores", "staff", "services", "clients", "bookings", "requests")),
    *(system(name) for name in ("availability", "segments")),
    system("segment-clients", of("segment")),
    *(system(name, of("store")) for name in ("store", "store-links")),
    *(system(name, of("staff")) for name in ("staff-member", "staff-links")),
    *(system(name, of("service")) for name in ("service", "service-links")),
    *(system(f"{name}-number", of(name, "link")) for name in ("store", "staff", "service")),
    *(system(name, of("client")) for name in ("client", "client-links")),
    *(system(name, of("booking")) for name in ("booking", "booking-move")),
    *(
        system(f"booking-{name}", of("booking"))
        for name in ("confirm", "cancel", "arrive", "no_show", "complete", "undo")
    ),
    *(system(name, of("request")) for name in ("request-give", "request-propose", "request-decline")),
    system("change", lambda place: {"reference": place.change.reference}),
    system("nowhere", words(rest="nothing/here/")),
    setting("api:schema", A.SEE_LOGS, get=nothing, anonymous=401, refused=403),  # and for any token
    setting("api:docs", A.SEE_LOGS, get=nothing),
    # --- log-in
    entrance("usersessions_list", ANYBODY),
    entrance("second-factor", ANYBODY, post=None),
    entrance("mfa_authenticate", leads_out=True),
    entrance("mfa_login_webauthn", leads_out=True),
    entrance("mfa_index", ANYBODY, post=None),
    *(entrance(f"mfa_{name}", ANYBODY, maybe=True) for name in ("activate_totp", "deactivate_totp", "reauthenticate")),
    *(entrance(f"mfa_{name}", ANYBODY, maybe=True) for name in ("add_webauthn", "reauthenticate_webauthn")),
    *(entrance(f"mfa_{name}", ANYBODY, at=words(pk=0), maybe=True) for name in ("edit_webauthn", "remove_webauthn")),
    entrance("mfa_list_webauthn", ANYBODY, post=None),
    entrance("mfa_generate_recovery_codes", ANYBODY, maybe=True),
    *(entrance(f"mfa_{name}_recovery_codes", ANYBODY, post=None, maybe=True) for name in ("view", "download")),
    entrance("socialaccount_login_cancelled", post=None, leads_out=True),
    entrance("socialaccount_login_error", post=None, leads_out=True),
    entrance("openid_connect_login", at=words(provider_id="nobody")),
    entrance("openid_connect_callback", at=words(provider_id="nobody")),
    entrance("account_login"),
    entrance("account_logout", leads_out=True),
    entrance("account_inactive", post=None),
    entrance("account_signup"),
    entrance("account_reauthenticate", ANYBODY),
    Row("account_email", NOBODY, get=nothing, post=words(action_add="", email="hoffice2@shop.test")),
    entrance("account_email_verification_sent", post=None),
    entrance("account_change_password", ANYBODY),
    entrance("account_set_password", ANYBODY),
    entrance("account_reset_password"),
    entrance("account_reset_password_done", post=None),
    entrance("account_reset_password_from_key", at=words(uidb36="zzzz", key="x-y")),
    entrance("account_reset_password_from_key_done", post=None),
    entrance("account_confirm_login_code", leads_out=True),
    entrance("account_confirm_email", at=words(key="nothing")),
    Row("lock", ANYBODY, post=nothing, empty=True),
    Row("locked", ANYBODY, get=nothing, post=words(password="wrong"), empty=True),
    Row("switch-person", ANYBODY, post=nothing, empty=True, leads_out=True),
    entrance("join", at=words(token="used-up"), refused=410),
    # --- people and what they did
    setting("people", A.MANAGE_PEOPLE, get=lambda place: {"q": place.staff.last_name, "store": place.store.pk}),
    setting("people-without", A.MANAGE_PEOPLE, get=lambda place: {"q": place.spare.first_name}),
    setting("people-invite", A.MANAGE_PEOPLE, get=nothing, post=words(email="new@shop.test", mark="support")),
    setting("person", A.MANAGE_PEOPLE, at=account, get=nothing),
    setting("person-marks", A.MANAGE_PEOPLE, at=account, post=words(is_head_office="on")),
    setting("person-sessions", A.MANAGE_PEOPLE, at=account, post=nothing),
    setting("person-factors", A.MANAGE_PEOPLE, at=account, post=nothing),
    setting("person-close", A.MANAGE_PEOPLE, at=account, post=nothing),
    setting("person-open", A.MANAGE_PEOPLE, at=account, post=nothing),
    setting("place", A.MANAGE_PEOPLE, at=of("spare"), get=nothing),
    setting("place-role", A.MANAGE_PEOPLE, at=of("spare"), post=words(role="manager")),
    setting("place-invite", A.MANAGE_PEOPLE, at=of("spare"), post=words(email="new@shop.test")),
    setting("audit", A.SEE_AUDIT, get=lambda place: {"client": place.client.pk}),
    setting("audit-export", A.EXPORT, post=nothing, empty=True),
    # --- a day
    Row("today", ANYBODY, get=words(whose="store")),
    Row("choose-store", A.SEE_STORE, post=lambda place: {"store": place.store.pk}, strict=True),
    Row("fresh", A.SEE_STORE, get=nothing, anonymous=204),
    Row(
        "live",
        A.SEE_STORE,
        at=live("today", "store"),
        get=nothing,
        anonymous=200,
        cases=(
            Row("live", A.SEE_STORE_CALENDARS, live("board", "store"), get=nothing, anonymous=200),
            Row("live", A.DISPATCH_REQUESTS, live("requests", "store"), get=nothing, anonymous=200),
            Row("live", A.DISPATCH_REQUESTS, words(scope="requests", pk=0), of_store=False, get=nothing, anonymous=200),
            Row(
                "live",
                A.SEE_STORE_CALENDARS,
                live("calendar", "staff"),
                own=A.SEE_OWN_CALENDAR,
                get=nothing,
                anonymous=200,
            ),
            Row("live", A.SEE_CLIENTS, live("booking", "booking"), get=nothing, anonymous=200),
            Row("live", A.SEE_CLIENTS, live("client", "client"), get=nothing, anonymous=200),
        ),
    ),
    Row("change-dismiss", NOBODY, of("change"), own=ANYBODY, post=nothing),
    Row("calendar", ANYBODY, get=lambda place: {"store": place.store.pk}),
    Row("calendar-staff", A.SEE_STORE_CALENDARS, of("staff"), own=A.SEE_OWN_CALENDAR, get=words(view="week")),
    Row("board", A.SEE_STORE_CALENDARS, get=lambda place: {"staff": place.staff.pk, "service": place.service.pk}),
    # --- clients
    Row(
        "client-search",
        A.SEE_CLIENTS,
        get=lambda place: {"q": place.client.last_name},
        cases=(
            Row("client-search", A.SEE_CLIENTS, get=lambda place: {"q": place.client.email}),
            Row("client-search", A.SEE_CLIENTS, get=lambda place: {"q": place.client.mobile_phone}),
            Row("client-search", A.SEE_CLIENTS, get=lambda place: {"q": f"crm{place.where}777"}),
            Row("client-search", A.SEE_CLIENTS, get=nothing),
        ),
    ),
    Row("client-ask", A.SEE_CLIENTS, post=lambda place: {"q": place.client.last_name}, empty=True),
    Row("client", A.SEE_CLIENTS, of("client"), get=nothing),
    Row("client-history", A.SEE_CLIENTS, of("client"), get=lambda place: {"store": place.store.pk}),
    Row("client-contact", A.REVEAL_CONTACT, of("client"), post=nothing, empty=True, shows=(A.REVEAL_CONTACT,)),
    Row("client-note", A.EDIT_CLIENTS, of("client"), post=words(body="Likes tea")),
    Row("client-consent", A.EDIT_CLIENTS, of("client"), get=nothing, post=words(consent="booking_only")),
    # --- segments of clients
    Row("segments", A.SEE_SEGMENTS, get=nothing, cases=(Row("segments", A.SEE_SEGMENTS, get=in_store),)),
    Row("segments-find", A.SEE_SEGMENTS, get=in_store, cases=(Row("segments-find", A.SEE_SEGMENTS, get=nothing),)),
    Row(
        "segments-save",
        A.SAVE_SEGMENTS,
        post=lambda place: in_store(place) | {"name": "Lapsed", "days_min": 90},
        foreign=("store",),
    ),
    Row("segments-export", A.EXPORT_SEGMENTS, post=in_store, empty=True),
    setting("segments-ranges", A.SET_RANGES, get=nothing, post=words(limits="7, 14")),
    setting("segments-attributes", A.SEE_SEGMENTS, get=nothing),
    Row("segment", A.SEE_SEGMENTS, of("segment"), get=nothing),
    Row("segment-rename", A.SAVE_SEGMENTS, of("segment"), post=words(name="Renamed")),
    Row("segment-remove", A.SAVE_SEGMENTS, of("segment"), post=nothing),
    # --- requests
    Row("requests", A.DISPATCH_REQUESTS, get=lambda place: {"request": place.request.pk, "store": place.store.pk}),
    Row(
        "requests-suggest",
        A.DISPATCH_REQUESTS,
        get=lambda place: {"store": place.store.pk},
        cases=(Row("requests-suggest", A.DISPATCH_REQUESTS, post=decisions, strict=True, foreign=("request",)),),
    ),
    Row("request-give", A.DISPATCH_REQUESTS, of("request"), post=decision, foreign=("slot",)),
    Row("request-propose", A.DISPATCH_REQUESTS, of("request"), get=nothing, post=proposal, foreign=("slot",)),
    Row("request-decline", A.DISPATCH_REQUESTS, of("request"), post=decision),
    # --- busy and extra time
    Row(
        "time-slot-new",
        A.MANAGE_STORE_TIME,
        own=A.MANAGE_OWN_TIME,
        get=lambda place: {"staff": place.staff.pk},
        post=time,
        foreign=("staff",),
    ),
    Row(
        "time-slot",
        A.MANAGE_STORE_TIME,
        of("slot"),
        own=A.MANAGE_OWN_TIME,
        get=nothing,
        post=time,
        foreign=("staff",),
    ),
    Row("time-slot-remove", A.MANAGE_STORE_TIME, of("slot"), own=A.MANAGE_OWN_TIME, post=nothing),
    Row("time-change-dismiss", NOBODY, of("time_change"), own=ANYBODY, post=nothing),
    # --- bookings
    Row(
        "booking-new",
        A.BOOK_FOR_COLLEAGUES,
        own=A.CHANGE_OWN_BOOKINGS,
        get=draft,
        post=order,
        refused=403,
        foreign=("client", "service", "staff", "slot"),
    ),
    Row("booking-new-people", A.CHANGE_OWN_BOOKINGS, post=draft, refused=403, empty=True),
    Row("booking-new-times", A.CHANGE_OWN_BOOKINGS, post=draft, refused=403, empty=True),
    Row("booking", A.SEE_CLIENTS, of("booking"), get=nothing),
    Row("booking-status", A.SEE_CLIENTS, of("booking"), get=nothing),
    change_booking(
        "booking-move",
        get=moved,
        post=moved,
        foreign=("staff",),
        cases=(change_booking("booking-move", post=moved_by_slot, foreign=("slot",)),),
    ),
    change_booking("booking-edit", get=nothing, post=edited, foreign=("items-0-service",)),
    press_of(
        "cancel",
        "booking",
        get=nothing,
        cases=(
            press_of("confirm", "request", own=""),
            press_of("arrive", "today"),
            press_of("no-show", "today"),
            press_of("complete", "today"),
        ),
    ),
    # --- connections
    setting("connection-deliveries", A.SEE_LOGS, get=nothing),
    setting("connection-deliveries-replay", post=lambda place: {"pk": place.delivery.pk}),
    setting("connection-delivery", A.SEE_LOGS, at=of("delivery"), get=nothing),
    setting("connection-delivery-replay", at=of("delivery"), post=nothing),
    setting("connection-delivery-body", A.SEE_BODIES, at=of("delivery"), post=nothing, empty=True),
    setting("connection-webhooks", at=of("connection"), get=nothing, post=webhook_settings),
    setting("connection-webhooks-drop", at=of("connection"), post=words(all="1")),
    setting("connections", A.SEE_LOGS, get=nothing),
    setting("connection-new", get=nothing, post=booxi),
    setting("connection-new-customers", get=nothing, post=customer_system),
    setting("connection-new-booker", get=nothing, post=booker),
    setting("connection-booker-back", PUBLIC, get=words(code="another", state="another")),
    setting("connection-booker-signed-in", get=nothing),
    # The places' own connection is Booxi's: of it there is nothing to sign in to.
    setting("connection-sign-in", at=of("connection"), get=nothing, post=words(location_id="10001"), maybe=True),
    setting("connection-contract", get=nothing),
    setting("connection-settle", A.SETTLE_LINKS, get=nothing),
    setting("connection-settle-one", A.SETTLE_LINKS, at=of("linking"), get=nothing, post=words(decision="leave")),
    setting("connection-settle-undo", A.SETTLE_LINKS, at=of("linking"), post=nothing, empty=True),
    setting("connection-settle-pair", A.SETTLE_LINKS, at=of("linking", place=0), get=nothing),
    setting("connection-truth", A.SEE_LOGS, get=nothing),
    setting("connection-links", at=of("connection"), get=words(kind="store")),
    setting(
        "connection-link",
        A.SET_NUMBERS,
        at=of("connection", "link", kind="store"),
        get=nothing,
        post=words(number="9"),
        empty=True,
    ),
    setting("connection-widget", at=of("connection"), get=nothing, post=nothing, empty=True),
    setting("connection", A.SEE_LOGS, at=of("connection"), get=nothing),
    setting("connection-state", A.SEE_LOGS, at=of("connection"), get=nothing),
    setting("connection-edit", at=of("connection"), get=nothing, post=booxi),
    setting("connection-check", at=of("connection"), post=nothing, empty=True),
    setting("connection-sync", at=of("connection"), post=nothing),
    setting("connection-store-key", at=of("connection", "link"), get=nothing, post=words(merchant_key="another")),
    setting("connection-tokens", A.MANAGE_TOKENS, get=nothing),
    setting("connection-token-new", A.MANAGE_TOKENS, get=nothing, post=words(name="Till", scopes="read:stores")),
    setting("connection-token", A.MANAGE_TOKENS, at=of("token"), get=nothing),
    setting("connection-token-revoke", A.MANAGE_TOKENS, at=of("token"), post=nothing),
    # --- reports of the booking system
    setting("reports", A.RUN_REPORTS, get=nothing),
    setting("reports-state", A.RUN_REPORTS, get=nothing),
    setting("report", A.RUN_REPORTS, at=words(slug="rooms"), get=nothing, post=room_report),
    setting("report-schedule", A.RUN_REPORTS, at=words(slug="rooms"), get=nothing, post=room_schedule),
    setting("report-download", A.RUN_REPORTS, at=of("report_run"), post=nothing, empty=True),
    setting("report-remove", A.RUN_REPORTS, at=of("report_run"), post=nothing),
    setting("report-again", A.RUN_REPORTS, at=of("report_run"), post=nothing),
    setting("report-schedule-switch", A.RUN_REPORTS, at=of("report_schedule"), post=nothing),
    setting("report-schedule-remove", A.RUN_REPORTS, at=of("report_schedule"), post=nothing),
    # --- all that happened
    Row("record-booking", A.SEE_RECORD, of("booking"), get=nothing),
    Row("record-client", A.SEE_RECORD, of("client"), get=nothing),
)
BY_NAME = {row.name: row for row in ROWS}
