"""The description of the API, for systems by their token and for head office and support by their log-in."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from clienteling.models import User
from clienteling.permissions import Action, System, may, requires
from integrations.api.tokens import BearerToken


class LoggedIn(BaseAuthentication):
    """Who reads the docs page. Only here, where nothing is done: elsewhere a log-in is no key to the API."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        person = getattr(request._request, "user", None)
        is_asked_by_token = "Authorization" in request.headers
        return None if is_asked_by_token or not isinstance(person, User) else (person, None)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayRead(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.user, System) or may(request.user, Action.SEE_LOGS)


class Schema(SpectacularAPIView):
    """OpenAPI 3.1, as JSON."""

    authentication_classes = (LoggedIn, BearerToken)
    permission_classes = (MayRead,)
    throttle_classes = ()
    renderer_classes = [JSONRenderer]
    metadata_class = None
    schema = None


@require_safe
@csp_update({"img-src": "data:"})  # the icons inside Swagger UI's own style sheet
@requires(Action.SEE_LOGS)
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "integrations/api_docs.html")


urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", page, name="docs"),
]
