"""What all endpoints have in common: whom they let in, how they page, what they never do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clienteling.permissions import SCOPES, Action, System, may
from integrations.api.problems import Problem
from integrations.api.reading import ROWS, Query, SmallJson, cursor_after
from integrations.api.schema import Described
from integrations.api.throttles import PerToken
from integrations.api.tokens import BearerToken


class Allowed(BasePermission):
    """The same question as pages ask by `requires`; a system is told which scope it lacks."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action: Action = view.needs
        system: Any = request.user
        if may(system, action):
            return True
        if any(action in SCOPES[scope] for scope in SCOPES if scope in system.scopes):
            raise Problem(403, "no_store", "None of the stores of this token is open any more.")
        scopes = sorted(scope.value for scope, actions in SCOPES.items() if action in actions)
        raise Problem(403, "scope_missing", "The token lacks a scope for this.", scopes=scopes)


class Endpoint(APIView):
    """`needs`: what a token must be allowed to do to get in. Where it is allowed is the querysets' question."""

    needs: Action
    authentication_classes = (BearerToken,)
    permission_classes: Any = (Allowed,)
    throttle_classes = (PerToken,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (SmallJson,)
    schema: Any = Described()
    metadata_class = None  # OPTIONS tells nothing that the schema does not

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        view.knows_no_session = True
        return view

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @property
    def system(self) -> System:
        found = self.request.user
        assert isinstance(found, System)  # noqa: S101 - tells the type checker what BearerToken answers
        return found

    def query(self, kind: type[Query]) -> dict[str, Any]:
        return kind.read(self.request.query_params)

    def page(self, rows: QuerySet[Any], query: dict[str, Any], show: Any) -> Response:
        """One page of `rows` by id, each as `show` makes it of the list."""
        most = query.get("limit", ROWS)
        ordered = rows.filter(pk__gt=query.get("cursor", 0)).order_by("pk")
        found = list(ordered[: most + 1])
        return self.page_of(found, most, show)

    def page_of(self, found: list[Any], most: int, show: Any) -> Response:
        """The same of at most `most` + 1 rows at hand."""
        rows = found[:most]
        following = self._address_after(rows[-1].pk) if len(found) > most else None
        return Response({"results": show(rows), "next": following})

    def _address_after(self, pk: int) -> str:
        params = self.request.query_params.copy()
        params["cursor"] = cursor_after(pk)
        return self.request.build_absolute_uri(f"{self.request.path}?{params.urlencode()}")


def shown(kind: type[serializers.BaseSerializer[Any]], **context: Any) -> Any:
    """Rows as `kind` writes them."""

    def show(rows: Iterable[Any]) -> Any:
        return kind(rows, many=True, context=context).data

    return show


class Nowhere(Endpoint):
    """Any other address below `/api/v1/`."""

    permission_classes = ()
    schema = None

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise Problem(404, "not_found", "There is no such address; every address ends in a slash.")

    def get(self, request: Request, rest: str) -> Response:
        return self.http_method_not_allowed(request)
