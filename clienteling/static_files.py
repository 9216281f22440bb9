"""Which static files of packages are collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.staticfiles.finders import AppDirectoriesFinder

UNUSED_APPS = frozenset({"rest_framework"})  # its own pages: the API answers in JSON alone
UNUSED = ("redoc",)  # a second reader of schemas, beside the one that our page loads


class UsedFiles(AppDirectoriesFinder):
    """Leaves out what no page of ours asks for: compressing it would take longer than all the rest."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        names = app_names or [config.name for config in apps.get_app_configs() if config.name not in UNUSED_APPS]
        super().__init__(names, *args, **kwargs)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        return iter(super().list([*(ignore_patterns or ()), *UNUSED]))
