"""Other systems that use the API, to test with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as Browser

from clienteling.models import ApiToken, Store
from clienteling.permissions import Scope

API = "/api/v1/"
EVERYTHING = tuple(Scope.values)
numbers = itertools.count(1)


def make_token(
    name: str = "Shop", *, stores: Sequence[Store] = (), scopes: Sequence[str] = EVERYTHING, **fields: Any
) -> tuple[ApiToken, str]:
    """For `stores`, or for every store where there are none; and its secret."""
    token = ApiToken(name=name, scopes=list(scopes), all_stores=not stores, **fields)
    secret = token.renew()
    token.save()
    token.stores.set(stores)
    return token, secret


@dataclass
class Caller:
    """Another system, with its token. Paths are those below `/api/v1/`."""

    secret: str
    token: ApiToken
    browser: Browser = field(default_factory=lambda: Browser(enforce_csrf_checks=True))

    def get(self, path: str, **params: Any) -> Any:
        return self.browser.get(f"{API}{path}", params, headers=self.headers)

    def send(self, path: str, body: Any = None, *, key: str | None = "", method: str = "POST") -> Any:
        """With a new idempotency key, with `key`, or (None) without one."""
        headers = self.headers | ({} if key is None else {"Idempotency-Key": key or f"key-{next(numbers)}"})
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        return self.browser.generic(method, f"{API}{path}", data, "application/json", headers=headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def make_caller(**fields: Any) -> Caller:
    token, secret = make_token(**fields)
    return Caller(secret, token)
