"""Secrets at rest: encrypted with the newest key, readable with older ones, never shown."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast

from clienteling.cipher import key_ring


def rotate(token: str) -> str:
    """The same secret, encrypted with the newest key."""
    return key_ring().rotate(token.encode()).decode()


class Secrets(dict[str, str]):
    """Named secrets; printing them shows only their names."""

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self))})"

    __str__ = __repr__


class SecretsField(models.TextField):
    """A dictionary of secrets, stored encrypted. An unreadable value (lost key) reads as empty."""

    def from_db_value(self, value: str | None, *args: object) -> Secrets:
        if not value:
            return Secrets()
        try:
            return Secrets(json.loads(key_ring().decrypt(value.encode())))
        except InvalidToken:
            return Secrets()

    def to_python(self, value: Any) -> Secrets:
        return Secrets(value or {})

    def get_prep_value(self, value: Any) -> str:
        return key_ring().encrypt(json.dumps(dict(value or {})).encode()).decode() if value else ""


def rotate_all() -> tuple[int, int]:
    """Every stored secret, encrypted with the newest key. Returns how many rows were, and how many no key reads.

    Each row is changed only while it still holds what was read: whoever writes meanwhile uses the newest key anyway.
    """
    moved = unreadable = 0
    for model in apps.get_models():
        for field in (one for one in model._meta.fields if isinstance(one, SecretsField)):
            raw = model._base_manager.annotate(raw=Cast(field.name, TextField())).exclude(raw="")
            for pk, token in list(raw.values_list("pk", "raw")):
                try:
                    newest = rotate(token)
                except InvalidToken:
                    unreadable += 1
                    continue
                same = model._base_manager.annotate(raw=Cast(field.name, TextField())).filter(pk=pk, raw=token)
                moved += same.update(**{field.name: models.Value(newest, TextField())})
    return moved, unreadable
