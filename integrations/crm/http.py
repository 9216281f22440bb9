"""The CRM that speaks `openapi.yaml`: our own small contract, for any customer system that can be taught it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bookings.gateway import Misconfigured, Reason, Refused, Unavailable
from clienteling.names import international_phone
from integrations.crm.base import Crm, CustomerMerged, CustomerRecord, Duplicates
from integrations.providers.http import Answer, Api, Params, retry_after
from integrations.providers.reading import Unreadable, each, entries, identifier, language, members, moment, text

# Our names for what the contract calls these, and how long each may be.
NAMES = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "home_phone",
    "mobile": "mobile_phone",
    "language": "language",
}
LONGEST = {"first_name": 100, "last_name": 100, "email": 254, "home_phone": 32, "mobile_phone": 32, "language": 8}
PHONES = ("home_phone", "mobile_phone")
THEIRS = {ours: theirs for theirs, ours in NAMES.items()}
MOST_IDS, MOST_ID = 20, 100


def customer(entry: dict[str, Any]) -> CustomerRecord:
    """A Customer of the contract. Raises Unreadable when it has no id."""
    consent = entry.get("consent")
    stamps = {name: moment(value) for name, value in members(entry.get("field_times")).items()}
    return CustomerRecord(
        external_id=identifier(entry.get("id"), MOST_ID),
        values={ours: _value(ours, entry[theirs]) for theirs, ours in NAMES.items() if theirs in entry},
        consent=consent if isinstance(consent, bool) else None,
        modified_at=moment(entry.get("updated_at")),
        times={NAMES.get(name, name): at for name, at in stamps.items() if at and (name in NAMES or name == "consent")},
    )


def _value(name: str, raw: object) -> str:
    if name == "language":
        return language(raw)
    value = text(raw, LONGEST[name])
    return international_phone(value) if name in PHONES and value else value


class HttpCrm(Crm):
    def __init__(self, api: Api, *, key: str) -> None:
        self.api = api
        self.key = key

    def find(self, *, external_id: str = "", email: str = "", phone: str = "") -> list[CustomerRecord]:
        asked = [(name, value) for name, value in (("external_id", external_id), ("email", email), ("phone", phone))]
        given = [(name, value) for name, value in asked if value]
        if len(given) != 1:
            raise ValueError("one thing to look for")
        body = self._answer("GET", "/customers", "/customers", params=given, missing_is_empty=True)
        return each(customer, entries(members(body).get("customers")))[0]

    def read(self, customer_id: str) -> CustomerRecord:
        return self._customer(self._answer("GET", _path(customer_id), "/customers/{id}"))

    def create(
        self, values: Mapping[str, str], *, consent: bool, key: str, allow_duplicate: bool = False
    ) -> CustomerRecord:
        body = _body(values, consent)
        if allow_duplicate:
            body["allow_duplicate"] = True
        headers = {"Idempotency-Key": key}
        return self._customer(self._answer("POST", "/customers", "/customers", body=body, headers=headers))

    def update(self, customer_id: str, values: Mapping[str, str], *, consent: bool | None = None) -> CustomerRecord:
        body = _body(values, consent)
        return self._customer(self._answer("PATCH", _path(customer_id), "/customers/{id}", body=body))

    def erase(self, customer_id: str) -> None:
        self._answer("DELETE", _path(customer_id), "/customers/{id}", missing_is_empty=True)

    # --- the wire -------------------------------------------------------------------------------------

    def _answer(
        self,
        method: str,
        path: str,
        endpoint: str,
        *,
        params: Params = (),
        body: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        missing_is_empty: bool = False,
    ) -> Any:
        """Everything is repeatable: creating has its key, and the rest says how things shall be."""
        answer = self.api.call(
            method,
            path,
            endpoint=endpoint,
            headers={"Authorization": f"Bearer {self.key}", **(headers or {})},
            params=params,
            body=body,
            repeatable=True,
        )
        if missing_is_empty and answer.status == 404:
            return {}
        return _judged(answer, writes=method != "GET")

    def _customer(self, body: object) -> CustomerRecord:
        try:
            return customer(members(body))
        except Unreadable as error:
            raise Unavailable("unreadable customer", maybe_done=True) from error


def _body(values: Mapping[str, str], consent: bool | None) -> dict[str, Any]:
    """Numbers that are not E.164 are left out: the contract has no others."""
    body: dict[str, Any] = {THEIRS[name]: value for name, value in values.items() if _is_sayable(name, value)}
    return body if consent is None else {**body, "consent": consent}


def _is_sayable(name: str, value: str) -> bool:
    return name not in PHONES or not value or value.startswith("+")


def _path(customer_id: str) -> str:
    """An id as one path segment; anything that could leave it is refused before it is sent."""
    if not customer_id or not all(char.isalnum() or char in "-_.~" for char in customer_id) or ".." in customer_id:
        raise Refused(Reason.INVALID)
    return f"/customers/{customer_id}"


REFUSED_KEYS = {
    401: "The customer system does not accept the key. Check that it was copied whole and is still valid.",
    403: "The customer system knows the key, but does not allow it to do this.",
}


def _judged(answer: Answer, *, writes: bool) -> Any:
    """The body of a success; every other answer as an error named for what happens next."""
    if 200 <= answer.status < 300:
        return answer.body
    body = members(answer.body)
    if 300 <= answer.status < 400:
        merged = _id(body.get("merged_into"))
        raise CustomerMerged(merged) if merged else Unavailable("unexpected redirect", maybe_done=writes)
    if answer.status in REFUSED_KEYS:
        raise Misconfigured(REFUSED_KEYS[answer.status])
    if answer.status == 429 or answer.status >= 500 or answer.status < 200:
        raise Unavailable(f"error {answer.status}", maybe_done=writes, retry_after=retry_after(answer))
    if answer.status == 409 and text(body.get("error"), 60) == "duplicate":
        raise Duplicates(_ids(body.get("ids")))
    raise Refused(Reason.GONE if answer.status == 404 else Reason.INVALID)


def _ids(value: object) -> list[str]:
    found = [_id(one) for one in value[:MOST_IDS]] if isinstance(value, list) else []
    return [one for one in found if one]


def _id(value: object) -> str:
    try:
        return identifier(value, MOST_ID)
    except Unreadable:
        return ""
